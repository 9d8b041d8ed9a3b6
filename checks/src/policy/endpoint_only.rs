use crate::fact_index::FactIndex;
use crate::fixes;
use crate::network_fixes;
use crate::vpc_path::destination::Destination;
use crate::vpc_path::name_servers;
use crate::vpc_path::placement::Placement;
use crate::vpc_path::resolution::by_destination;
use aws_rules::vpc::non_internet_routes;
use model::area::Area;
use model::check::{Check, Inference, OnPlan};
use model::facts::{Fact, Traffic};
use model::finding::{Finding, Severity, Subject};
use model::fix::Fix;

pub const CHECK: Check = Check {
    id: "policy.endpoint-only",
    area: Area::Policy,
    title: "Sessions leave through the VPC endpoint",
    why: "A team may demand that no session's traffic crosses the internet, where a NAT gateway would let it.",
    how: "traffic = \"endpoint\" in the configuration, against where the name of ssmmessages leads in the tasks' VPC.",
    actions: &[
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcs",
        "ec2:DescribeDhcpOptions",
    ],
    remedy: "Create the ssmmessages endpoint, with private DNS.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"],
    explains: &[],
    masks: &[],
    severity: Severity::High,
    on_plan: OnPlan::Judges,
    inference: Inference::Direct,
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    if index.facts.expect.traffic != Some(Traffic::Endpoint) {
        return Vec::new();
    }
    index.each_running(&CHECK, |group, _| {
        let places = &group.placements;
        let mut findings: Vec<Finding> = by_destination(&index.network, places)
            .into_iter()
            .map(|same| {
                let (vpc, placements) = (same.vpc, &same.placements);
                let subject = Subject::new("vpc", vpc).of_service(group.service_name());
                let mut elsewhere = placements
                    .iter()
                    .flat_map(|placement| non_internet_routes(&index.network.rules, placement.subnet));
                match same.destination {
                    Ok(Destination::Endpoint(endpoint)) => {
                        // If both paths are open, the DNS servers decide which one tasks take.
                        let has_other = placements.iter().any(|p| !p.egress.is_blocked());
                        let unseen = name_servers::vpc_ambiguity(&index.network, vpc, endpoint);
                        match unseen.filter(|_| has_other) {
                            Some(why) => CHECK.unknown(subject, &why),
                            None => CHECK.pass(
                                subject,
                                format!("Sessions leave {vpc} through {}, as declared", endpoint.id),
                            ),
                        }
                    }
                    Ok(Destination::Internet) => match elsewhere.next() {
                        Some((route, _)) => CHECK.unknown_because(
                            subject,
                            format!("{route}, and whether an endpoint there serves {vpc} by a private hosted zone was not read"),
                        ),
                        None => CHECK
                        .fail(subject, format!("Sessions do not leave {vpc} through an endpoint"))
                        .detail("traffic = \"endpoint\" in the configuration requires it, and the name of ssmmessages resolves to the internet.")
                        .group_title("Sessions do not leave through an endpoint")
                        .fix(fix(index, vpc, placements)),
                    },
                    Err(why) => CHECK.unknown(subject, &why),
                }
                .on_tasks(placements.iter().flat_map(|p| p.tasks.iter().copied()))
            })
            .collect();
        if let Some((task, why)) = places.unplaced.first() {
            findings.push(CHECK.unknown(group.task_subject(task), why));
        }
        findings
    })
}

/// An existing endpoint is fixed, not replaced.
fn fix(index: &FactIndex, vpc: &str, placements: &[&Placement]) -> Fix {
    let facts = index.facts;
    match index.network.ssmmessages_endpoint(vpc) {
        Fact::Known(endpoint) if !endpoint.is_available() => {
            fixes::endpoint::replace(facts, endpoint)
        }
        Fact::Known(endpoint) if !endpoint.private_dns => {
            fixes::endpoint::enable_private_dns(facts, endpoint)
        }
        Fact::Known(_) if !index.network.resolves_private_names(vpc) => {
            let off = ["enableDnsSupport", "enableDnsHostnames"];
            fixes::endpoint::vpc_dns(facts, vpc, &off)
        }
        _ => network_fixes::endpoint::create_for_placements(index, vpc, placements),
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::{Fact, Traffic};
    use model::finding::Status;

    #[test]
    fn an_endpoint_behind_a_transit_gateway_may_serve() {
        let mut facts = healthy_coder();
        facts.expect.traffic = Some(Traffic::Endpoint);
        no_endpoint(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        let hub = model::facts::RouteTarget::Other("tgw-1".into());
        route(&mut facts, "10.0.0.0/8", hub, false);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn which_way_tasks_take_only_their_dns_servers_know() {
        let mut facts = healthy_coder();
        facts.expect.traffic = Some(Traffic::Endpoint);
        let servers = vec!["10.0.0.53".to_owned()];
        vpc(&mut facts).own_name_servers = Some(Fact::Known(servers));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        no_way_out(&mut facts);
        assert_eq!(
            statuses(&CHECK, &facts),
            [Status::Pass],
            "there is no other"
        );
    }

    #[test]
    fn declared_and_kept_or_broken() {
        let mut facts = healthy_coder();
        no_endpoint(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), []);
        facts.expect.traffic = Some(Traffic::Endpoint);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(finding.fixes[0].commands[0].contains("create-vpc-endpoint"));
        let mut facts = healthy_coder();
        facts.expect.traffic = Some(Traffic::Endpoint);
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
        endpoint(&mut facts).private_dns = false;
        let fix = &run(&CHECK, &facts)[0].fixes[0];
        assert!(fix.commands[0].contains("modify-vpc-endpoint"), "{fix:?}");
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
