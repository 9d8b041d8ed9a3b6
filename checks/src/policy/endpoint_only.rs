use crate::network_fixes;
use crate::prelude::*;
use crate::vpc_path::{
    Destination, Placement, PlacementsByDestination, by_destination, name_servers,
};
use aws_rules::vpc::non_internet_routes;

pub const CHECK: Check = Check {
    id: "policy.endpoint-only",
    title: "Sessions leave through the VPC endpoint",
    why: "A team can require that the traffic of sessions does not cross the internet, even if a NAT gateway would route it.",
    how: "traffic = \"endpoint\" in the configuration, compared with what the name of ssmmessages resolves to in the tasks' VPC.",
    actions: &[
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeSubnets",
        "ec2:DescribeVpcAttribute",
        "ec2:DescribeVpcs",
        "ec2:DescribeDhcpOptions",
    ],
    remedy: "Create the ssmmessages endpoint with private DNS.",
    docs: &[aws_pages::VPC_ENDPOINTS],
    severity: Severity::High,
    ..super::DEFAULTS
};

pub fn run(index: &FactIndex) -> Vec<Finding> {
    if index.facts.expect.traffic != Some(Traffic::Endpoint) {
        return Vec::new();
    }
    index.each_running(&CHECK, |group, _| {
        let destinations = by_destination(&index.network, &group.placements).into_iter();
        let judged = destinations.map(|same| {
            let subject = group.subject_of("vpc", same.vpc);
            let placements = same.placements.iter();
            let tasks = placements.flat_map(|placement| placement.tasks.iter().copied());
            judge(index, subject, &same).on_tasks(tasks)
        });
        let unplaced = group.placements.unplaced.first();
        let unplaced = unplaced.map(|(task, why)| CHECK.unknown(group.task_subject(task), why));
        judged.chain(unplaced).collect()
    })
}

fn judge(index: &FactIndex, subject: Subject, same: &PlacementsByDestination) -> Finding {
    let (vpc, placements) = (same.vpc, &same.placements);
    let endpoint = match &same.destination {
        Ok(Destination::Endpoint(endpoint)) => endpoint,
        Ok(Destination::Internet) => return judge_internet(index, subject, vpc, placements),
        Err(why) => return CHECK.unknown(subject, why),
    };
    // If tasks have another open path, the answers of unknown DNS servers decide which one they take.
    let has_other = placements.iter().any(|one| !one.egress.is_blocked());
    if let Some(why) =
        name_servers::vpc_ambiguity(&index.network, vpc, endpoint).filter(|_| has_other)
    {
        return CHECK.unknown(subject, &why);
    }
    let endpoint = &endpoint.id;
    let title = format!("Sessions leave {vpc} through {endpoint}, as the configuration requires");
    CHECK.pass(subject, title)
}

fn judge_internet(
    index: &FactIndex,
    subject: Subject,
    vpc: &str,
    placements: &[&Placement],
) -> Finding {
    let placed = placements.iter();
    let mut elsewhere =
        placed.flat_map(|one| non_internet_routes(&index.network.rules, one.subnet));
    match elsewhere.next() {
        Some((route, _)) => CHECK.unknown_because(
            subject,
            format!("{route}. An endpoint there could serve {vpc} through a private hosted zone, which is not checked"),
        ),
        None => CHECK
            .fail(subject, format!("Sessions do not leave {vpc} through an endpoint"))
            .detail("traffic = \"endpoint\" in the configuration requires it, but the name of ssmmessages resolves to the internet.")
            .group_title("Sessions do not leave through an endpoint")
            .fix(fix(index, vpc, placements)),
    }
}

/// Changes an endpoint that exists but is not used; else creates one.
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
        _ => {
            let placements = placements.iter().copied();
            network_fixes::endpoint::create(index, vpc, "ssmmessages", placements)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::testing::*;
    use model::facts::{Fact, Traffic};
    use model::finding::Status;

    #[test]
    fn an_endpoint_behind_a_transit_gateway_is_unknown() {
        let mut facts = healthy_coder();
        facts.expect.traffic = Some(Traffic::Endpoint);
        remove_endpoints(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        let hub = model::facts::RouteTarget::Other("tgw-1".into());
        route(&mut facts, "10.0.0.0/8", hub, false);
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }

    #[test]
    fn custom_dns_servers_are_unknown_if_there_is_another_path() {
        let mut facts = healthy_coder();
        facts.expect.traffic = Some(Traffic::Endpoint);
        let servers = vec!["10.0.0.53".to_owned()];
        vpc(&mut facts).own_name_servers = Some(Fact::Known(servers));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        remove_default_routes(&mut facts);
        assert_eq!(
            statuses(&CHECK, &facts),
            [Status::Pass],
            "there is no other path"
        );
    }

    #[test]
    fn traffic_outside_the_endpoint_fails_only_if_declared() {
        let mut facts = healthy_coder();
        remove_endpoints(&mut facts);
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
