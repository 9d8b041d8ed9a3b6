use super::link::{Goal, resolves_privately, task_egress};
use super::new_endpoint;
use super::placement::Placement;
use crate::check::Check;
use crate::facts::{Endpoint, Fact, RouteTable, RouteTarget, Unavailable};
use crate::finding::{Finding, Severity, Subject};
use crate::reachability::Gate;
use crate::text;
use crate::world::{Group, World};

pub const CHECK: Check = Check {
    id: "network.logging-endpoints",
    title: "The agent reaches KMS and the places that record sessions",
    why: "With a KMS key, a log group or a bucket in the cluster's exec configuration the agent calls those services: KMS before each session, and the others before it too where they have to be encrypted. In a VPC without a way to the internet each needs an endpoint of its own.",
    how: "Interface endpoints of kms and logs with private DNS, and a gateway or interface endpoint of s3, where the subnets have no way out. Their security groups and policies are not looked at.",
    actions: &[
        "ecs:DescribeClusters",
        "ec2:DescribeVpcEndpoints",
        "ec2:DescribeRouteTables",
    ],
    remedy: "Make the endpoints of kms, logs or s3, or give the subnets a way to the internet.",
    docs: &["https://docs.aws.amazon.com/AmazonECS/latest/developerguide/vpc-endpoints.html"],
    explains: &[],
    masks: &[],
    severity: Severity::High,
    run,
};

fn run(world: &World) -> Vec<Finding> {
    world.each_running(&CHECK, |group, _| {
        if let Fact::Unavailable(why) = &world.facts.cluster {
            return vec![CHECK.unknown(group.subject(), why)];
        }
        let needed = needed(world);
        if needed.is_empty() {
            return vec![CHECK.skip(
                group.subject(),
                "The cluster's exec configuration asks for neither KMS nor a place of its own to record sessions",
            )];
        }
        group.placements
            .placed
            .iter()
            .map(|placement| judge(world, group, placement, &needed).on(placement.arns.clone()))
            .collect()
    })
}

/// The services that the agent calls, by the last part of their endpoints' names.
fn needed(world: &World) -> Vec<&'static str> {
    let log = world.exec_log();
    let services = [
        ("kms", world.key_name().is_some()),
        ("logs", log.is_some_and(|log| log.log_group.is_some())),
        ("s3", log.is_some_and(|log| log.bucket.is_some())),
    ];
    services
        .into_iter()
        .filter(|(_, needed)| *needed)
        .map(|(service, _)| service)
        .collect()
}

fn judge(world: &World, group: &Group, placement: &Placement, needed: &[&'static str]) -> Finding {
    let (subnet, vpc) = (&placement.subnet.id, placement.subnet.vpc.as_str());
    let subject = Subject::new("subnet", subnet.as_str()).of_group(group);
    let mut elsewhere: Vec<&str> = Vec::new();
    for service in needed {
        let endpoints = match world.endpoints_of(vpc, service) {
            Fact::Known(endpoints) => endpoints,
            Fact::Absent => Vec::new(),
            Fact::Unavailable(why) => return CHECK.unknown(subject, &why),
        };
        let mut serve = endpoints
            .iter()
            .map(|endpoint| serves(world, endpoint, placement));
        match serve.find(|serves| *serves != Ok(false)) {
            Some(Ok(_)) => {}
            Some(Err(why)) => return CHECK.unknown(subject, &why),
            None => elsewhere.push(service),
        }
    }
    if elsewhere.is_empty() {
        return CHECK.pass(
            subject,
            format!("{vpc} has endpoints for {}", text::list(needed)),
        );
    }
    let names = text::list(&elsewhere);
    if placement.way.leads_out() {
        return match task_egress(world, placement, &Goal::Internet) {
            Gate::Open => CHECK.pass(
                subject,
                format!("{subnet} reaches {names} over the internet"),
            ),
            Gate::Unseen(why) => CHECK.unknown(subject, &why),
            Gate::Partly => CHECK.unsure(
                subject,
                format!("Whether {subnet} reaches {names} over the internet could not be told"),
            ),
            Gate::Shut => {
                let groups = placement
                    .groups
                    .known()
                    .map_or(String::new(), |groups| groups.join(", "));
                let title = format!(
                    "{subnet} cannot reach {names}: {groups} does not let the tasks out to the internet"
                );
                missing(world, placement, subject, title, &elsewhere)
            }
        };
    }
    if !placement.way.is_closed() || super::placement::is_shared(world, placement.subnet) {
        return CHECK.unsure(
            subject,
            format!("{vpc} shows no endpoint for {names}, and whether {subnet} has another way could not be told"),
        );
    }
    let title = format!("{subnet} cannot reach {names}");
    missing(world, placement, subject, title, &elsewhere)
}

/// Without KMS, or without a look at what has to be encrypted, no session starts; otherwise only the record is lost.
fn missing(
    world: &World,
    placement: &Placement,
    subject: Subject,
    title: String,
    services: &[&'static str],
) -> Finding {
    let log = world.exec_log();
    let stops = services.iter().any(|service| match *service {
        "kms" => true,
        "logs" => log.is_some_and(|log| log.log_group_encrypted),
        _ => log.is_some_and(|log| log.bucket_encrypted),
    });
    let vpc = placement.subnet.vpc.as_str();
    let names = text::list(services);
    let finding = match stops {
        true => CHECK.fail(subject, title).detail(format!(
            "{vpc} has no endpoint for {names} that serves the tasks, and the agent has to call there before a session starts."
        )),
        false => CHECK.warn(subject, title).detail(format!(
            "{vpc} has no endpoint for {names} that serves the tasks. Sessions open, perhaps late, and are not recorded."
        )),
    };
    finding
        .cause("The agent cannot reach what the exec configuration needs")
        .evidence("missing", services.to_vec())
        .fix(new_endpoint::here(world, vpc, &[placement], services))
}

/// An interface endpoint that answers for the public name, or a gateway endpoint in the subnet's routes.
fn serves(world: &World, endpoint: &Endpoint, placement: &Placement) -> Result<bool, Unavailable> {
    if endpoint.kind != "Gateway" {
        return Ok(endpoint.is_in_use() && resolves_privately(world, &placement.subnet.vpc));
    }
    if !endpoint.is_available() {
        return Ok(false);
    }
    let tables = match world.facts.network.route_tables.get(&placement.subnet.vpc) {
        Some(Fact::Known(tables)) => tables,
        Some(Fact::Unavailable(why)) => return Err(why.clone()),
        Some(Fact::Absent) | None => return Ok(false),
    };
    let target = RouteTarget::GatewayEndpoint(endpoint.id.clone());
    Ok(
        RouteTable::of_subnet(tables, &placement.subnet.id).is_some_and(|table| {
            endpoint.route_tables.contains(&table.id)
                || table.routes.iter().any(|route| route.target == target)
        }),
    )
}

#[cfg(test)]
mod tests {
    use super::CHECK;
    use crate::facts::{Endpoint, Facts};
    use crate::finding::Status;
    use crate::testing::*;

    fn add_endpoint(facts: &mut Facts, service: &str, kind: &str) {
        let like = endpoint(facts).clone();
        let endpoints = known(facts.network.endpoints.as_mut().unwrap());
        endpoints.push(Endpoint {
            id: format!("vpce-{service}"),
            service: format!("com.amazonaws.us-west-2.{service}"),
            kind: kind.into(),
            ..like
        });
    }

    #[test]
    fn only_what_the_cluster_asks_for_and_only_without_a_way_out() {
        let mut facts = healthy_coder();
        no_way_out(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Skip]);
        let mut facts = with_key();
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass], "there is a NAT");
        no_way_out(&mut facts);
        let finding = &run(&CHECK, &facts)[0];
        assert_eq!(finding.status, Status::Fail);
        assert!(
            finding.fixes[0].commands[0].contains("us-west-2.kms"),
            "{:?}",
            finding.fixes
        );
        add_endpoint(&mut facts, "kms", "Interface");
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn s3_has_gateways() {
        let mut facts = with_bucket(true);
        no_way_out(&mut facts);
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
        add_endpoint(&mut facts, "s3", "Gateway");
        assert_eq!(
            statuses(&CHECK, &facts),
            [Status::Fail],
            "in no route table of the subnet"
        );
        let tables: Vec<String> = facts
            .network
            .route_tables
            .values()
            .flat_map(|tables| tables.known().unwrap())
            .map(|table| table.id.clone())
            .collect();
        known(facts.network.endpoints.as_mut().unwrap())
            .last_mut()
            .unwrap()
            .route_tables = tables;
        assert_eq!(statuses(&CHECK, &facts), [Status::Pass]);
    }

    #[test]
    fn a_record_that_is_lost_stops_no_session() {
        for (encrypted, status) in [(true, Status::Fail), (false, Status::Warn)] {
            let mut facts = with_log_group(encrypted);
            no_way_out(&mut facts);
            assert_eq!(statuses(&CHECK, &facts), [status]);
            let mut facts = with_bucket(encrypted);
            no_way_out(&mut facts);
            assert_eq!(statuses(&CHECK, &facts), [status]);
        }
    }

    #[test]
    fn a_way_out_that_the_security_group_shuts() {
        let mut facts = with_key();
        let of_endpoint = endpoint(&mut facts).security_groups.clone();
        task_group(&mut facts).egress = vec![crate::facts::GroupRule {
            protocol: "-1".into(),
            security_groups: of_endpoint,
            ..Default::default()
        }];
        assert_eq!(statuses(&CHECK, &facts), [Status::Fail]);
    }

    #[test]
    fn unreadable() {
        let mut facts = with_log_group(true);
        no_way_out(&mut facts);
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
