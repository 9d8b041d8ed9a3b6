use super::goal::goal;
use super::link::{Goal, task_egress};
use super::placement::Placement;
use super::{Words, judge_gate};
use crate::check::Check;
use crate::facts::Fact;
use crate::finding::{Finding, Severity, Status, Subject};
use crate::fixes;
use crate::text;
use crate::world::{Group, World};

pub const CHECK: Check = Check {
    id: "network.task-egress",
    title: "The tasks' security groups let them out to ssmmessages",
    why: "The agent opens its channel outwards, on port 443: to the endpoint's addresses, or to the internet where there is no endpoint. A security group without a matching outbound rule drops it silently.",
    how: "The outbound rules of all security groups of the task's interface, by address range, prefix list and referenced group.",
    actions: &[
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSecurityGroups",
        "ec2:GetManagedPrefixListEntries",
        "ec2:DescribeVpcEndpoints",
    ],
    remedy: "Let the tasks' security group out on port 443.",
    docs: &["https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html"],
    explains: &["network.path", "container.agent-running"],
    masks: &[],
    severity: Severity::High,
    run,
};

fn run(world: &World) -> Vec<Finding> {
    world.each_placement(&CHECK, |group, placement| judge(world, group, placement))
}

fn judge(world: &World, group: &Group, placement: &Placement) -> Finding {
    let groups = placement
        .groups
        .known()
        .map_or(String::new(), |groups| groups.join(","));
    let subject = match groups.as_str() {
        "" => Subject::new("subnet", placement.subnet.id.as_str()),
        groups => Subject::new("security-group", groups),
    }
    .of_group(group);
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
    let who = match groups.is_empty() {
        true => "No security group".to_owned(),
        false => text::list(&groups.split(',').collect::<Vec<_>>()),
    };
    let gate = task_egress(world, placement, &goal);
    let words = Words {
        open: match groups.is_empty() {
            true => "No security group keeps the tasks in".to_owned(),
            false => format!("{who} let the tasks out to {target} on port 443"),
        },
        shut: format!("{who} does not let the tasks out to {target} on port 443"),
        partly: format!("{who} lets the tasks out to a part of {target} only"),
        cause: "Security groups do not let the tasks out to ssmmessages",
    };
    let finding = judge_gate(&CHECK, subject, &gate, words).evidence("gate", gate.word());
    match (finding.status, &placement.groups) {
        (Status::Fail, Fact::Known([first, ..])) => finding
            .detail("Outbound rules of all groups of the interface were looked at; none covers it.")
            .fix(fixes::security_group::let_out(
                world.facts,
                first,
                &fixes::security_group::Target::of(&goal),
            )),
        _ => finding,
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::facts::{GroupRule, RouteTarget};
    use crate::finding::Status;
    use crate::testing::*;

    #[test]
    fn all_traffic_out_is_let_out() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn no_rule_for_443() {
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
    fn the_vpc_s_range_is_enough_for_an_endpoint_but_not_for_the_internet() {
        let mut facts = healthy_coder();
        task_group(&mut facts).egress = vec![GroupRule {
            protocol: "tcp".into(),
            from_port: Some(443),
            to_port: Some(443),
            cidrs: vec!["10.0.0.0/16".into()],
            ..GroupRule::default()
        }];
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        no_endpoint(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        no_way_out(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn by_the_endpoint_s_group() {
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
    fn unreadable() {
        let mut facts = healthy_coder();
        for group in facts.network.security_groups.values_mut() {
            *group = denied("ec2:DescribeSecurityGroups");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        let mut facts = healthy_coder();
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        no_endpoint(&mut facts);
        route_out(&mut facts, RouteTarget::Other("tgw-1".into()));
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }
}
