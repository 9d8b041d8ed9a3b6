use super::goal::by_goal;
use super::link::{Goal, endpoint_ingress};
use super::placement::Placement;
use super::{Words, judge_gate};
use crate::check::Check;
use crate::distinct::distinct;
use crate::facts::{Endpoint, Fact};
use crate::finding::{Finding, Severity, Status, Subject};
use crate::fixes;
use crate::reachability::Gate;
use crate::text;
use crate::world::{Group, World};

pub const CHECK: Check = Check {
    id: "network.endpoint-security-group",
    title: "The endpoint's security groups let the tasks in",
    why: "An endpoint with private DNS captures the name of ssmmessages for the whole VPC: tasks that its security groups keep out do not reach it another way, not even through a NAT gateway.",
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
        "https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html",
    ],
    explains: &["network.path", "container.agent-running"],
    masks: &[],
    severity: Severity::High,
    run,
};

fn run(world: &World) -> Vec<Finding> {
    world.each_running(&CHECK, |group, _| {
        by_goal(world, &group.placements)
            .into_iter()
            .map(|bound| {
                let vpc = bound.vpc;
                let of_vpc = || Subject::new("vpc", vpc).of_group(group);
                match bound.goal {
                    Ok(Goal::Endpoint(endpoint)) => {
                        judge(world, group, endpoint, &bound.placements)
                    }
                    Ok(Goal::Internet) => CHECK.skip(
                        of_vpc(),
                        format!("{vpc} has no ssmmessages endpoint in use"),
                    ),
                    Err(why) => CHECK.unknown(of_vpc(), &why),
                }
            })
            .collect()
    })
}

fn judge(world: &World, group: &Group, endpoint: &Endpoint, placements: &[&Placement]) -> Finding {
    let subject = Subject::new("endpoint", endpoint.id.as_str()).of_group(group);
    let gates: Vec<(&Placement, Gate)> = placements
        .iter()
        .map(|placement| (*placement, endpoint_ingress(world, placement, endpoint)))
        .collect();
    let shut: Vec<&Placement> = gates
        .iter()
        .filter(|(_, gate)| *gate == Gate::Shut)
        .map(|(placement, _)| *placement)
        .collect();
    // Where some tasks are kept out for certain, that is a failure whatever the others' gates are.
    let gate = match shut.is_empty() {
        true => Gate::any(gates.into_iter().map(|(_, gate)| gate)),
        false => Gate::Shut,
    };
    let id = &endpoint.id;
    let groups = text::list(&endpoint.security_groups);
    let words = Words {
        open: format!("{id} lets the tasks in"),
        shut: format!(
            "The endpoint {id} does not let the tasks in: {groups} has no inbound rule for them on port 443"
        ),
        partly: format!("The endpoint {id} lets only some of the tasks' addresses in"),
        cause: "The endpoint's security groups do not let the tasks in",
    };
    let finding = judge_gate(&CHECK, subject, &gate, words)
        .evidence("securityGroups", endpoint.security_groups.clone())
        .evidence("gate", gate.word());
    match (finding.status, endpoint.security_groups.first()) {
        (Status::Fail, Some(first)) => finding
            .detail(
                "It has private DNS, so the name of ssmmessages leads to it from everywhere in the VPC, \
                 and a NAT gateway does not help.",
            )
            .on_tasks(shut.iter().flat_map(|placement| placement.tasks.iter().copied()))
            .fix(fixes::security_group::let_in(world.facts, first, &sources(&shut))),
        _ => finding,
    }
}

/// By the tasks' own security groups where they are known, else by their subnets.
pub fn sources(placements: &[&Placement]) -> fixes::endpoint::Sources {
    let groups = distinct(
        placements
            .iter()
            .filter_map(|placement| match &placement.groups {
                Fact::Known([first, ..]) => Some(first.clone()),
                _ => None,
            }),
    );
    fixes::endpoint::Sources {
        groups,
        cidrs: distinct(placements.iter().filter_map(|p| p.subnet.cidr.clone())),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::facts::GroupRule;
    use crate::finding::Status;
    use crate::testing::*;

    #[test]
    fn in_by_range_by_group_and_kept_out() {
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
    fn another_way_out_does_not_help() {
        let mut facts = healthy_coder();
        endpoint_group(&mut facts).ingress.clear();
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        endpoint(&mut facts).private_dns = false;
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn some_of_the_addresses() {
        let mut facts = healthy_coder();
        let own = address_of_task(&mut facts);
        endpoint_group(&mut facts).ingress[0].cidrs = vec![format!("{own}/32")];
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        endpoint_group(&mut facts).ingress[0].cidrs = vec!["10.0.9.0/24".into()];
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn unreadable() {
        let mut facts = healthy_coder();
        for group in facts.network.security_groups.values_mut() {
            *group = denied("ec2:DescribeSecurityGroups");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
