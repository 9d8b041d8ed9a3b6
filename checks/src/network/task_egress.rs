use crate::per_hop::judge_hop;
use crate::prelude::*;
use crate::vpc_path::{Hop, HopOutcome, HopTitles, Placement, hop_outcome};

pub const CHECK: Check = Check {
    id: "network.task-egress",
    title: "The tasks' security groups let them out to ssmmessages",
    why: "The agent opens its channel on port 443, to the endpoint's addresses or, without an endpoint, to the internet. A security group without a matching outbound rule drops the packets silently.",
    how: "The outbound rules of all security groups of the task's interface, by address range, prefix list and referenced group.",
    actions: &[
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:GetManagedPrefixListEntries",
        "ec2:DescribeVpcEndpoints",
    ],
    remedy: "Add an outbound rule for port 443 to the tasks' security group.",
    docs: &["https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html"],
    symptoms: &["network.path", "container.agent-running"],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    judge_hop(index, &CHECK, Hop::TaskEgress, subject, judge)
}

fn subject(group: &Group, placement: &Placement) -> Subject {
    match placement.security_groups.known() {
        Some(groups) if !groups.is_empty() => group.subject_of("security-group", groups.join(",")),
        _ => group.subnet_subject(placement),
    }
}

fn judge(index: &FactIndex, outcome: &HopOutcome, subject: Subject) -> Finding {
    let (placement, destination) = (outcome.placement, outcome.destination);
    let groups = placement.known_groups();
    let names = match groups {
        [] => "No security group".to_owned(),
        groups => text::list(groups),
    };
    let target = destination.describe();
    let tasks = outcome.tasks.describe();
    let blocked = outcome.describe_blocked();
    let (lets, does) = match groups {
        [_, _, ..] => ("let", "do"),
        _ => ("lets", "does"),
    };
    let titles = HopTitles {
        open: match groups {
            [] => "No security group filters what the tasks send".to_owned(),
            _ => format!("{names} {lets} {tasks} out to {target} on port 443"),
        },
        blocked: format!("{names} {does} not let {tasks} out to {blocked} on port 443"),
        partial: format!("{names} {lets} {tasks} out to a part of {target} only, not to {blocked}"),
        group: "Security groups do not let the tasks out to ssmmessages",
    };
    let finding = hop_outcome::judge(&CHECK, subject, outcome, titles);
    match (finding.status, groups) {
        (Status::Fail, [first, ..]) => finding
            .detail(format!(
                "{}No outbound rule of these groups covers it.",
                outcome.describe_other_hops()
            ))
            .fix(fixes::security_group::allow_egress(
                index.facts,
                first,
                fixes::security_group::destination_peer(destination),
            )),
        _ => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::{GroupRule, RouteTarget};
    use model::finding::Status;

    #[test]
    fn a_rule_for_all_traffic_passes() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn a_missing_rule_for_port_443_fails() {
        let mut facts = healthy_coder();
        task_group(&mut facts).egress = vec![GroupRule {
            protocol: "tcp".into(),
            from_port: Some(5432),
            to_port: Some(5432),
            cidrs: vec!["10.0.0.0/16".into()],
            ..GroupRule::default()
        }];
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(
            finding.fixes[0].commands[0].contains("authorize-security-group-egress"),
            "{:?}",
            finding.fixes
        );
    }

    #[test]
    fn the_vpc_range_suffices_for_an_endpoint_but_not_for_the_internet() {
        let mut facts = healthy_coder();
        task_group(&mut facts).egress = vec![GroupRule {
            protocol: "tcp".into(),
            from_port: Some(443),
            to_port: Some(443),
            cidrs: vec!["10.0.0.0/16".into()],
            ..GroupRule::default()
        }];
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        remove_endpoints(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        remove_default_routes(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn a_rule_can_name_the_security_group_of_the_endpoint() {
        let mut facts = healthy_coder();
        let of_endpoint = endpoint(&mut facts).security_groups.clone();
        task_group(&mut facts).egress = vec![GroupRule {
            protocol: "-1".into(),
            security_groups: of_endpoint,
            ..GroupRule::default()
        }];
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn unreadable_security_groups_are_unknown() {
        let mut facts = healthy_coder();
        for group in facts.network.security_groups.values_mut() {
            *group = denied("ec2:DescribeSecurityGroups");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        let mut facts = healthy_coder();
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        remove_endpoints(&mut facts);
        set_default_route(&mut facts, RouteTarget::Other("tgw-1".into()));
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }
}
