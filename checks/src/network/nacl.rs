use crate::network_fixes::network_acl::allow_traffic;
use crate::per_hop::judge_hop;
use crate::prelude::*;
use crate::vpc_path::{AclPath, Hop, HopOutcome, HopTitles, MAX_NAMED, hop_outcome};

pub const CHECK: Check = Check {
    id: "network.nacl",
    title: "Network ACLs allow requests out and answers back in",
    why: "Network ACLs are stateless: they have to allow port 443 out, and the ports from which the agent calls back in, in the task's subnet and in the subnet of the endpoint or the NAT gateway.",
    how: "The rules of both subnets' network ACLs in the order of their numbers, for TCP to port 443 and back to the ephemeral ports: 32768-60999 on Linux, 1024-65535 of a NAT gateway.",
    actions: &[
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeSubnets",
        "ec2:DescribeNatGateways",
    ],
    remedy: "Allow port 443 out and the ephemeral ports back in, with rule numbers below those of the rules that deny.",
    docs: &["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html"],
    symptoms: &["network.path", "container.agent-running"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    judge_hop(index, &CHECK, Hop::Acls, Group::subnet_subject, judge)
}

fn judge(index: &FactIndex, outcome: &HopOutcome, subject: Subject) -> Finding {
    let (placement, destination) = (outcome.placement, outcome.destination);
    let subnet = &placement.subnet.id;
    let tasks = match outcome.tasks.are_all {
        true => subnet.clone(),
        false => format!("{} in {subnet}", outcome.tasks.describe()),
    };
    let target = destination.describe();
    let blocked = outcome.describe_blocked();
    let titles = HopTitles {
        open: format!("Network ACLs allow traffic from {tasks} to {target}"),
        blocked: format!("Network ACLs block traffic from {tasks} to {blocked} on port 443"),
        partial: format!("Network ACLs allow traffic from {tasks} to a part of {target} only"),
        group: "Network ACLs block the path to ssmmessages",
    };
    let finding = hop_outcome::judge(&CHECK, subject, outcome, titles);
    if !matches!(finding.status, Status::Fail | Status::Warn) {
        return finding;
    }
    let refusals = outcome.acl_paths().map(AclPath::describe_refusals);
    let refusals = distinct(refusals.filter(|refusal| !refusal.is_empty()));
    let refusals = text::short_list(&refusals, MAX_NAMED);
    let refusing = outcome.acl_paths().flat_map(AclPath::refusing);
    let subnets = distinct(refusing.map(|traversal| traversal.subnet.clone()));
    let mut refused = unique(outcome.acl_paths().flat_map(AclPath::evidence));
    refused.truncate(10);
    let finding = match finding.status {
        Status::Fail => {
            let other_hops = outcome.describe_other_hops();
            finding
                .detail(format!(
                    "{refusals}. {other_hops}Network ACLs are stateless: requests and answers need a rule each, and of the rules that match the one with the lowest number decides."
                ))
                .fix(allow_traffic(index, &placement.subnet.vpc))
        }
        _ => {
            let detail = format!("{refusals}. {}", finding.detail);
            finding.detail(detail)
        }
    };
    finding
        .evidence("subnets", subnets)
        .evidence("refused", refused)
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::AclEntry;
    use model::finding::Status;

    fn deny(egress: bool, from: u16, to: u16) -> AclEntry {
        AclEntry {
            number: 50,
            egress,
            allow: false,
            protocol: "6".into(),
            cidr: "0.0.0.0/0".into(),
            from_port: Some(from),
            to_port: Some(to),
        }
    }

    #[test]
    fn the_default_acl_allows_everything() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn requests_and_answers_need_rules() {
        for (egress, from, to) in [(true, 443, 443), (false, 1024, 65535)] {
            let mut facts = healthy_coder();
            // ACLs do not filter traffic within a subnet.
            let far = endpoint(&mut facts).subnets[1].clone();
            endpoint(&mut facts).subnets = vec![far];
            acl(&mut facts).entries.push(deny(egress, from, to));
            let finding = &run(&CHECK, &facts)[0];
            assert_eq!(finding.status, Status::Fail, "{egress} {from}");
            let command = &finding.fixes[0].commands[0];
            assert!(command.contains("create-network-acl-entry"), "{command}");
        }
    }

    #[test]
    fn partly_open_ports_warn() {
        let mut facts = healthy_coder();
        let far = endpoint(&mut facts).subnets[1].clone();
        endpoint(&mut facts).subnets = vec![far];
        acl(&mut facts).entries.push(deny(false, 50000, 51000));
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        let mut facts = healthy_coder();
        let own = task_subnet(&mut facts);
        endpoint(&mut facts).subnets = vec![own];
        acl(&mut facts).entries.clear();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn without_an_endpoint_rules_for_the_internet_count() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        acl(&mut facts).entries.push(deny(true, 443, 443));
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        remove_default_routes(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn acls_of_the_nat_gateway_subnet_count() {
        let with = |subnet: &str, refused: &[AclEntry]| {
            let mut facts = healthy_coder();
            remove_endpoints(&mut facts);
            let vpc = add_public_gateway(&mut facts);
            let mut own = acl(&mut facts).clone();
            own.id = "acl-own".into();
            own.default = false;
            own.subnets = vec![subnet.into()];
            own.entries.extend(refused.iter().cloned());
            let acls = facts.network.network_acls.get_mut(&vpc).unwrap();
            acls.known_mut().unwrap().push(own);
            facts
        };
        assert_eq!(statuses(&CHECK, &with("subnet-own", &[])), [Status::Pass]);
        for (egress, from, to) in [
            (true, 443, 443),
            (false, 443, 443),
            (false, 1024, 65535),
            (true, 32768, 60999),
        ] {
            let refused = [deny(egress, from, to)];
            let finding = &run(&CHECK, &with("subnet-own", &refused))[0];
            assert_eq!(finding.status, Status::Fail, "{egress} {from}");
            assert_eq!(
                *finding.evidence.get("subnets").unwrap(),
                serde_json::json!(["subnet-own"])
            );
            let commands = &finding.fixes[0].commands;
            assert!(commands.iter().all(|command| command.contains("acl-own")));
            let elsewhere = with("subnet-other", &refused);
            assert_eq!(statuses(&CHECK, &elsewhere), [Status::Pass]);
        }
        let remote_desktops = [deny(false, 3389, 3389)];
        let healthy = with("subnet-own", &remote_desktops);
        assert_eq!(statuses(&CHECK, &healthy), [Status::Pass]);
        let some = [deny(false, 2000, 3000)];
        assert_eq!(statuses(&CHECK, &with("subnet-own", &some)), [Status::Warn]);
    }

    #[test]
    fn unreadable_acls_are_unknown() {
        let mut facts = healthy_coder();
        for acls in facts.network.network_acls.values_mut() {
            *acls = denied("ec2:DescribeNetworkAcls");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
