use super::{CHECKS_OF_USED_ENDPOINT, UNUSED_ENDPOINT_SYMPTOMS};
use crate::network_fixes;
use crate::prelude::*;
use crate::vpc_path::Placement;
use aws_rules::vpc::Egress;

pub const CHECK: Check = Check {
    id: "network.endpoint-present",
    title: "The VPC has an ssmmessages endpoint, where tasks need one",
    why: "The agent has to reach ssmmessages on port 443. Tasks without a path to the internet need an interface endpoint in their VPC.",
    how: "ec2:DescribeVpcEndpoints and the route tables of the tasks' subnets: a missing endpoint is a failure only if there is no path to the internet.",
    actions: &[
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeSubnets",
        "ec2:DescribeRouteTables",
    ],
    remedy: "Create the interface endpoint, or give the subnets a route through a NAT gateway.",
    docs: &[
        aws_pages::VPC_ENDPOINTS,
        "https://docs.aws.amazon.com/systems-manager/latest/userguide/setup-create-vpc.html",
    ],
    symptoms: UNUSED_ENDPOINT_SYMPTOMS,
    masks: CHECKS_OF_USED_ENDPOINT,
    severity: Severity::Critical,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    index.each_running(&CHECK, |group, _| {
        let places = &group.placements;
        let mut findings: Vec<Finding> = places
            .by_vpc()
            .into_iter()
            .map(|(vpc, placements)| judge(index, group, vpc, &placements))
            .collect();
        if let Some((task, why)) = places.unplaced.first() {
            findings.push(CHECK.unknown(group.task_subject(task), why));
        }
        findings
    })
}

fn judge(index: &FactIndex, group: &Group, vpc: &str, placements: &[&Placement]) -> Finding {
    let network = &index.network;
    let subject = group.subject_of("vpc", vpc);
    let service = index.facts.endpoint_service("ssmmessages");
    match network.ssmmessages_endpoint(vpc) {
        Fact::Unavailable(why) => return CHECK.unknown(subject, &why),
        Fact::Known(endpoint) => {
            return CHECK
                .pass(subject, format!("{vpc} has {service} ({})", endpoint.id))
                .evidence("endpoint", endpoint.id.as_str())
                .evidence("state", endpoint.state.as_str());
        }
        Fact::Absent => {}
    }
    if let Some(shared) = placements.iter().find(|p| network.is_shared(p.subnet)) {
        let owner = shared.subnet.owner.as_deref().unwrap_or_default();
        let title = format!(
            "{vpc} belongs to account {owner}, whose endpoints may be invisible to this account"
        );
        return CHECK
            .unknown_because(subject, title)
            .evidence("owner", owner);
    }
    match placements.iter().any(|p| p.egress.is_blocked()) {
        true => missing(index, subject, vpc, placements),
        false => not_needed(subject, vpc, placements),
    }
}

fn not_needed(subject: Subject, vpc: &str, placements: &[&Placement]) -> Finding {
    let ways: Option<Vec<String>> = placements
        .iter()
        .map(|placement| describe_gateways(&placement.egress))
        .collect();
    let how = match ways {
        Some(ways) => {
            let ways = distinct(ways.into_iter());
            format!(", and sessions leave through {}", text::list(&ways))
        }
        None => "; network.internet-route says whether tasks have another path".to_owned(),
    };
    CHECK.skip(subject, format!("{vpc} has no ssmmessages endpoint{how}"))
}

/// `None`: packets do not reach the internet.
fn describe_gateways(egress: &Egress) -> Option<String> {
    match egress {
        Egress::Nat(id) => Some(format!("the NAT gateway {id}")),
        Egress::InternetGateway(id) => Some(format!("the internet gateway {id}")),
        Egress::Several(paths) => {
            let ways: Option<Vec<String>> = paths.iter().map(describe_gateways).collect();
            Some(text::list(&ways?))
        }
        _ => None,
    }
}

fn missing(index: &FactIndex, subject: Subject, vpc: &str, placements: &[&Placement]) -> Finding {
    let service = index.facts.endpoint_service("ssmmessages");
    let blocked = placements.iter().copied();
    let blocked: Vec<&Placement> = blocked.filter(|p| p.egress.is_blocked()).collect();
    let ways = distinct(blocked.iter().map(|placement| describe_obstacle(placement)));
    let subnets = distinct(blocked.iter().map(|p| p.subnet.id.clone()));
    // Other tasks of the VPC may reach the internet.
    let place = match blocked.len() == placements.len() {
        true => vpc.to_owned(),
        false => text::list(&subnets),
    };
    CHECK
        .fail(
            subject,
            format!(
                "Tasks in {place} cannot reach ssmmessages: no endpoint, and no path to the internet"
            ),
        )
        .detail(format!(
            "{vpc} has no interface endpoint for {service}, and {}.",
            text::list(&ways)
        ))
        .group_title("The VPC has no ssmmessages endpoint, and no path to the internet")
        .evidence("vpc", vpc)
        .evidence("service", service)
        .evidence("subnets", subnets)
        .fix(network_fixes::endpoint::create_for_vpc(index, vpc, "ssmmessages"))
        .on_tasks(blocked.iter().flat_map(|p| p.tasks.iter().copied()))
}

fn describe_obstacle(placement: &Placement) -> String {
    let subnet = &placement.subnet.id;
    match &placement.egress {
        Egress::NoPublicAddress(gateway) => format!(
            "the route table of {subnet} leads to {gateway}, which requires public addresses, and the tasks have none"
        ),
        Egress::NatWithoutInternet {
            gateway,
            subnet: stranded,
        } => format!(
            "the route table of {subnet} leads to {gateway}, whose own subnet {stranded} has no route to an internet gateway"
        ),
        Egress::Blackhole(target) => {
            format!("the default route of {subnet} leads to {target}, which is gone (blackhole)")
        }
        _ => format!("the route table of {subnet} has no route out of the VPC"),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::{
        denied, healthy_coder, remove_default_routes, remove_endpoints, run, set_default_route,
        statuses, subnets,
    };
    use model::facts::{Fact, RouteTarget};
    use model::finding::Status;

    #[test]
    fn an_endpoint_passes() {
        assert_eq!(statuses(&CHECK, &healthy_coder()), [Status::Pass]);
    }

    #[test]
    fn a_missing_endpoint_fails_without_a_path_to_the_internet() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        remove_default_routes(&mut facts);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        let commands = &finding.fixes[0].commands;
        assert!(commands[0].starts_with("GROUP=$(aws ec2 create-security-group"));
        assert!(
            commands
                .last()
                .unwrap()
                .contains("com.amazonaws.us-west-2.ssmmessages")
        );
    }

    #[test]
    fn a_missing_endpoint_is_skipped_with_a_nat_gateway() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Skip);
        assert!(finding.title.contains("NAT gateway"), "{}", finding.title);
    }

    #[test]
    fn an_endpoint_that_is_being_deleted_is_missing() {
        let mut facts = healthy_coder();
        remove_default_routes(&mut facts);
        let Some(Fact::Known(endpoints)) = &mut facts.network.endpoints else {
            unreachable!()
        };
        for endpoint in endpoints {
            endpoint.state = "deleting".into();
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn a_missing_endpoint_of_a_shared_vpc_is_unknown() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        remove_default_routes(&mut facts);
        subnets(&mut facts, |subnet| {
            subnet.owner = Some("999999999999".into())
        });
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn a_transit_gateway_is_untraceable() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
        set_default_route(&mut facts, RouteTarget::Other("tgw-1".into()));
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
    }

    #[test]
    fn unreadable_endpoints_are_unknown() {
        let mut facts = healthy_coder();
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        let mut facts = healthy_coder();
        for fact in facts.network.subnets.values_mut() {
            *fact = denied("ec2:DescribeSubnets");
        }
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
