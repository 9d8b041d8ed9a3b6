use super::new_endpoint;
use super::placement::{Placement, placements};
use crate::check::Check;
use crate::facts::{Endpoint, Fact, RouteTable, RouteTarget};
use crate::finding::{Finding, Severity, Subject};
use crate::text;
use crate::world::{Group, World, arns};

pub const CHECK: Check = Check {
    id: "network.logging-endpoints",
    title: "The agent reaches KMS and the places that record sessions",
    why: "With a KMS key, a log group or a bucket in the cluster's exec configuration the agent calls those services before the shell starts. In a VPC without a way to the internet each needs an endpoint of its own.",
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
    world.each_running(&CHECK, |group, tasks| {
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
        placements(world, group, tasks)
            .placed
            .iter()
            .map(|placement| judge(world, group, placement, &needed).on_tasks(arns(&placement.tasks)))
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
    let subject = Subject::new("subnet", subnet).of_service(group.service);
    if placement.way.leads_out() {
        return CHECK.pass(
            subject,
            format!("{subnet} reaches {} over the internet", text::list(needed)),
        );
    }
    let mut missing = Vec::new();
    for service in needed {
        match world.endpoints_of(vpc, service) {
            Fact::Known(endpoints) if endpoints.iter().any(|e| serves(world, e, placement)) => {}
            Fact::Known(_) | Fact::Absent => missing.push(*service),
            Fact::Unavailable(why) => return CHECK.unknown(subject, &why),
        }
    }
    if missing.is_empty() {
        return CHECK.pass(
            subject,
            format!("{vpc} has endpoints for {}", text::list(needed)),
        );
    }
    if !placement.way.is_closed() || super::placement::is_shared(world, placement.subnet) {
        return CHECK.unsure(
            subject,
            format!("{vpc} shows no endpoint for {}, and whether {subnet} has another way could not be told", text::list(&missing)),
        );
    }
    CHECK
        .fail(subject, format!("{subnet} cannot reach {}", text::list(&missing)))
        .detail(format!(
            "{vpc} has no endpoint for {} and {subnet} no way to the internet, and the cluster's exec configuration makes \
             the agent call there before a session starts.",
            text::list(&missing)
        ))
        .cause("The agent cannot reach what the exec configuration needs")
        .evidence("missing", missing.clone())
        .fix(new_endpoint::here(world, vpc, &[placement], &missing))
}

/// An interface endpoint that answers for the public name, or a gateway endpoint in the subnet's routes.
fn serves(world: &World, endpoint: &Endpoint, placement: &Placement) -> bool {
    match endpoint.kind.as_str() {
        "Gateway" => {
            let tables = world.facts.network.route_tables.get(&placement.subnet.vpc);
            endpoint.is_available()
                && tables.and_then(Fact::known).is_none_or(|tables| {
                    RouteTable::of_subnet(tables, &placement.subnet.id).is_some_and(|table| {
                        endpoint.route_tables.contains(&table.id)
                            || table.routes.iter().any(|route| {
                                route.target == RouteTarget::GatewayEndpoint(endpoint.id.clone())
                            })
                    })
                })
        }
        _ => endpoint.is_in_use(),
    }
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
    fn unreadable() {
        let mut facts = with_log_group(false);
        no_way_out(&mut facts);
        facts.network.endpoints = Some(denied("ec2:DescribeVpcEndpoints"));
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
        facts.cluster = denied("ecs:DescribeClusters");
        assert_eq!(statuses(&CHECK, &facts), [Status::Unknown]);
    }
}
