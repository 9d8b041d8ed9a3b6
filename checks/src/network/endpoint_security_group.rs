use crate::fixes::security_group::Sources;
use crate::network_fixes::sources;
use crate::per_endpoint::each_endpoint_in_use;
use crate::prelude::*;
use crate::vpc_path::{AffectedTasks, Destination, Hop, connections_by_class, group_classes};
use aws_rules::vpc::Reachability;

pub const CHECK: Check = Check {
    id: "network.endpoint-security-group",
    title: "The endpoint's security groups let the tasks in",
    why: "An endpoint with private DNS answers to the name of ssmmessages in the whole VPC. Tasks that its security groups block have no other path to ssmmessages, not even through a NAT gateway.",
    how: "The inbound rules of all security groups of the endpoint, against the tasks' addresses and security groups, on port 443.",
    actions: &[
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeSecurityGroups",
        "ec2:DescribeNetworkInterfaces",
        "ec2:GetManagedPrefixListEntries",
    ],
    remedy: "Let the tasks into the endpoint's security group on port 443.",
    docs: &[
        "https://docs.aws.amazon.com/vpc/latest/privatelink/create-interface-endpoint.html",
        aws_pages::VPC_ENDPOINTS,
    ],
    symptoms: &["network.path", "container.agent-running"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    each_endpoint_in_use(index, &CHECK, |_, subject, endpoint, placements| {
        let destination = Destination::Endpoint(endpoint);
        let answers = placements.iter().flat_map(|&placement| {
            let by_class = connections_by_class(&index.network, placement, &destination);
            by_class.map(move |(class, connections)| {
                (class, placement, connections.at(Hop::EndpointIngress))
            })
        });
        let groups = group_classes(answers).into_iter();
        let findings = groups.map(|(reachability, tasks, affected)| {
            let (sources, subject) = (sources(&affected), subject.clone());
            let finding = judge(index, endpoint, &reachability, &tasks, &sources, subject);
            match (tasks.are_all, placements) {
                (true, [one]) => finding.on(one.scope()),
                _ => finding.on_tasks(tasks.tasks()),
            }
        });
        findings.collect()
    })
}

fn judge(
    index: &FactIndex,
    endpoint: &Endpoint,
    reachability: &Reachability,
    tasks: &AffectedTasks,
    sources: &Sources,
    subject: Subject,
) -> Finding {
    let id = &endpoint.id;
    let groups = &endpoint.security_groups;
    let finding = match reachability {
        Reachability::Open => CHECK.pass(subject, format!("{id} lets {} in", tasks.describe())),
        Reachability::Unknown(why) => CHECK.unknown(subject, why),
        Reachability::Blocked | Reachability::Partial => {
            let callers = match (tasks.are_all, tasks.list_addresses().as_str()) {
                (true, _) | (_, "") => "them".to_owned(),
                (false, addresses) => addresses.to_owned(),
            };
            let have = if groups.len() > 1 { "have" } else { "has" };
            let title = format!(
                "The endpoint {id} does not let {} in: {} {have} no inbound rule for {callers} on port 443",
                tasks.describe(),
                text::list(groups),
            );
            let finding = CHECK
                .fail(subject, title)
                .group_title("The endpoint's security groups do not let the tasks in")
                .detail(
                    "It has private DNS, so the name of ssmmessages resolves to it everywhere in the VPC, \
                     and a NAT gateway does not help.",
                );
            let fix =
                |first: &String| fixes::security_group::allow_ingress(index.facts, first, sources);
            tasks
                .add_evidence(finding)
                .fix_some(groups.first().map(fix))
        }
    };
    finding
        .evidence("securityGroups", groups.clone())
        .evidence("gate", reachability.word())
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::GroupRule;
    use model::finding::Status;

    #[test]
    fn rules_admit_tasks_by_range_or_group() {
        let mut facts = healthy_coder();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        endpoint_group(&mut facts).ingress.clear();
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        let command = &finding.fixes[0].commands[0];
        assert!(
            command.contains("authorize-security-group-ingress"),
            "{command}"
        );
        assert!(
            command.contains("--source-group sg-07a5c500000000001"),
            "{command}"
        );
        endpoint_group(&mut facts).ingress = vec![GroupRule {
            protocol: "tcp".into(),
            from_port: Some(443),
            to_port: Some(443),
            security_groups: vec!["sg-07a5c500000000001".into()],
            ..GroupRule::default()
        }];
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn a_nat_gateway_does_not_help() {
        let mut facts = healthy_coder();
        endpoint_group(&mut facts).ingress.clear();
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        endpoint(&mut facts).private_dns = false;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn a_rule_for_some_possible_addresses_is_unknown() {
        let mut facts = healthy_coder();
        let own = task_address(&mut facts);
        endpoint_group(&mut facts).ingress[0].cidrs = vec![format!("{own}/32")];
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        endpoint_group(&mut facts).ingress[0].cidrs = vec!["10.0.9.0/24".into()];
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn unreadable_security_groups_are_unknown() {
        let mut facts = healthy_coder();
        for group in facts.network.security_groups.values_mut() {
            *group = denied("ec2:DescribeSecurityGroups");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
