use crate::fact_index::{FactIndex, Group};
use crate::fixes;
use crate::vpc_path::connection::Hop;
use crate::vpc_path::destination::{Destination, by_destination};
use crate::vpc_path::hop_outcome::Affected;
use crate::vpc_path::placement::Placement;
use aws_rules::vpc::Reachability;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::distinct::distinct;
use model::facts::{Endpoint, Fact};
use model::finding::{Finding, Severity, Subject};
use model::text;

pub const CHECK: Check = Check {
    id: "network.endpoint-security-group",
    area: Area::Network,
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
    on_plan: OnPlan::Judges,
    inference: Inference::Inferred,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_running(&CHECK, |group, _| {
        by_destination(index, &group.placements)
            .into_iter()
            .flat_map(|same| {
                let vpc = same.vpc;
                let of_vpc = || Subject::new("vpc", vpc).of_service(group.service_name());
                match same.destination {
                    Ok(Destination::Endpoint(endpoint)) => {
                        judge(index, group, endpoint, &same.placements)
                    }
                    Ok(Destination::Internet) => {
                        let title = format!("{vpc} has no ssmmessages endpoint in use");
                        vec![CHECK.skip(of_vpc(), title)]
                    }
                    Err(why) => vec![CHECK.unknown(of_vpc(), &why)],
                }
            })
            .collect()
    })
}

/// Tasks that the endpoint's security groups treat alike.
struct Admission<'p, 'a> {
    reachability: Reachability,
    tasks: Affected<'p, 'a>,
    placements: Vec<&'p Placement<'a>>,
}

fn judge<'a>(
    index: &FactIndex<'a>,
    group: &Group<'a>,
    endpoint: &'a Endpoint,
    placements: &[&Placement<'a>],
) -> Vec<Finding> {
    let destination = Destination::Endpoint(endpoint);
    let mut all: Vec<Admission> = Vec::new();
    for placement in placements {
        for (class, connections) in placement.connections(index, &destination) {
            let reachability = connections.at(Hop::EndpointIngress);
            let is_same = |same: &&mut Admission| same.reachability == reachability;
            match all.iter_mut().find(is_same) {
                Some(same) => {
                    same.tasks.classes.push(class);
                    same.placements.push(placement);
                }
                None => all.push(Admission {
                    reachability,
                    tasks: Affected {
                        classes: vec![class],
                        are_all: false,
                    },
                    placements: vec![placement],
                }),
            }
        }
    }
    if let [only] = all.as_mut_slice() {
        only.tasks.are_all = true;
    }
    let subject = Subject::new("endpoint", endpoint.id.as_str()).of_service(group.service_name());
    all.iter()
        .map(|admission| {
            let finding = of_admission(index, endpoint, admission, subject.clone());
            match (&admission.tasks.are_all, placements) {
                (true, [one]) => finding.on(one.arns.clone()),
                _ => finding.on_tasks(admission.tasks.tasks()),
            }
        })
        .collect()
}

fn of_admission(
    index: &FactIndex,
    endpoint: &Endpoint,
    admission: &Admission,
    subject: Subject,
) -> Finding {
    let id = &endpoint.id;
    let groups = &endpoint.security_groups;
    let tasks = &admission.tasks;
    let finding = match &admission.reachability {
        Reachability::Open => CHECK.pass(subject, format!("{id} lets {} in", tasks.told())),
        Reachability::Unknown(why) => CHECK.unknown(subject, why),
        Reachability::Blocked | Reachability::Partial => {
            let whom = match (tasks.are_all, tasks.told_addresses().as_str()) {
                (true, _) | (_, "") => "them".to_owned(),
                (false, addresses) => addresses.to_owned(),
            };
            let have = if groups.len() > 1 { "have" } else { "has" };
            let title = format!(
                "The endpoint {id} does not let {} in: {} {have} no inbound rule for {whom} on port 443",
                tasks.told(),
                text::list(groups),
            );
            let finding = CHECK
                .fail(subject, title)
                .group_title("The endpoint's security groups do not let the tasks in")
                .detail(
                    "It has private DNS, so the name of ssmmessages leads to it from everywhere in the VPC, \
                     and a NAT gateway does not help.",
                );
            let finding = tasks.evidence(finding);
            let sources = sources(&admission.placements);
            let fix =
                |first: &String| fixes::security_group::allow_ingress(index.facts, first, &sources);
            finding.fix_some(groups.first().map(fix))
        }
    };
    finding
        .evidence("securityGroups", groups.clone())
        .evidence("gate", admission.reachability.word())
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
    use crate::testing::*;
    use model::facts::GroupRule;
    use model::finding::Status;

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
