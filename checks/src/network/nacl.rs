use std::sync::Arc;

use super::crossing::{acl_crossings, acls};
use super::goal::goal;
use super::let_through::let_through;
use super::link::Goal;
use super::placement::Placement;
use super::{Words, judge_gate};
use crate::check::Check;
use crate::distinct::distinct;
use crate::finding::{Finding, Severity, Status, Subject};
use crate::fix::Fix;
use crate::made_once::MadeOnce;
use crate::reachability::Gate;
use crate::text;
use crate::world::{Group, World};

pub const CHECK: Check = Check {
    id: "network.nacl",
    title: "Network ACLs let requests out and answers back",
    why: "Network ACLs keep no state: port 443 has to be let out, and the ports from which the agent calls have to be let back in, in the task's subnet and in that of the endpoint or the NAT gateway.",
    how: "The rules of both subnets' network ACLs in the order of their numbers, for TCP to port 443 and back to the ephemeral ports: 32768-60999 on Linux, 1024-65535 of a NAT gateway.",
    actions: &[
        "ec2:DescribeNetworkAcls",
        "ec2:DescribeSubnets",
        "ec2:DescribeNatGateways",
    ],
    remedy: "Let port 443 out and the ephemeral ports back in, by rules before those that refuse.",
    docs: &["https://docs.aws.amazon.com/vpc/latest/userguide/vpc-network-acls.html"],
    explains: &["network.path", "container.agent-running"],
    masks: &[],
    severity: Severity::High,
    run,
};

fn run(world: &World) -> Vec<Finding> {
    let fixes = MadeOnce::default();
    let fix = |vpc: &str| fixes.get(vpc.to_owned(), |vpc| let_through(world, vpc));
    world.each_placement(&CHECK, |group, placement| {
        judge(world, group, placement, fix)
    })
}

fn judge(
    world: &World,
    group: &Group,
    placement: &Placement,
    fix: impl Fn(&str) -> Arc<Fix>,
) -> Finding {
    let subnet = &placement.subnet.id;
    let subject = Subject::new("subnet", subnet.as_str()).of_group(group);
    let goal = match goal(world, placement) {
        Ok(Goal::Internet) if !placement.way.leads_out() => {
            return CHECK.skip(
                subject,
                "There is no known way out whose rules could be judged",
            );
        }
        Ok(goal) => goal,
        Err(why) => return CHECK.unknown(subject, &why),
    };
    let target = match &goal {
        Goal::Endpoint(endpoint) => format!("the endpoint {}", endpoint.id),
        Goal::Internet => "the internet".to_owned(),
    };
    let gate = acls(world, placement, &goal);
    let words = Words {
        open: format!("Network ACLs let {subnet} talk to {target}"),
        shut: format!("Network ACLs keep {subnet} from talking to {target} on port 443"),
        partly: format!("Network ACLs let {subnet} talk to a part of {target} only"),
        cause: "Network ACLs stand in the way of ssmmessages",
    };
    let finding = judge_gate(&CHECK, subject, &gate, words).evidence("gate", gate.word());
    match finding.status {
        Status::Fail => {
            let crossings = acl_crossings(world, placement, &goal).into_iter().flatten();
            let shut = crossings.filter(|crossing| crossing.gate == Gate::Shut);
            let subnets = distinct(shut.map(|crossing| crossing.subnet.to_owned()));
            finding
                .detail(format!(
                    "In {}, either port 443 or the ephemeral ports of the answers are not let through. Rules apply in \
                     the order of their numbers, and the last one refuses the rest.",
                    text::list(&subnets)
                ))
                .evidence("subnets", subnets)
                .fix(fix(&placement.subnet.vpc))
        }
        _ => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::facts::{AclEntry, Fact};
    use crate::finding::Status;
    use crate::testing::*;

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
    fn the_default_acl_lets_everything_through() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn out_and_back() {
        for (egress, from, to) in [(true, 443, 443), (false, 1024, 65535)] {
            let mut facts = healthy_coder();
            // Within one subnet no ACL applies.
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
    fn some_ports_and_other_subnets() {
        let mut facts = healthy_coder();
        let far = endpoint(&mut facts).subnets[1].clone();
        endpoint(&mut facts).subnets = vec![far];
        acl(&mut facts).entries.push(deny(false, 50000, 51000));
        assert_eq!(statuses(&CHECK, &facts), [Status::Warn]);
        let mut facts = healthy_coder();
        let own = subnet_of_task(&mut facts);
        endpoint(&mut facts).subnets = vec![own];
        acl(&mut facts).entries.clear();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn without_an_endpoint_the_internet_counts() {
        let mut facts = healthy_coder();
        no_endpoint(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        acl(&mut facts).entries.push(deny(true, 443, 443));
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        no_way_out(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn in_the_subnet_of_the_nat_gateway() {
        let with = |subnet: &str, refused: &[AclEntry]| {
            let mut facts = healthy_coder();
            no_endpoint(&mut facts);
            let gateway = public_gateway(&mut facts);
            let vpc = vpc(&mut facts).id.clone();
            let gateways = Fact::Known(vec![gateway]);
            facts.network.nat_gateways.insert(vpc.clone(), gateways);
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
                finding.evidence.get("subnets").unwrap().items(),
                ["subnet-own"]
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
    fn unreadable() {
        let mut facts = healthy_coder();
        for acls in facts.network.network_acls.values_mut() {
            *acls = denied("ec2:DescribeNetworkAcls");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
