//! How tasks reach a service that the exec configuration makes the agent call: KMS, CloudWatch Logs, S3.

use super::crossing::{through_acls, through_own_acl};
use super::endpoint::policy_lets;
use super::goal::goal_by;
use super::link::{Goal, egress_to, endpoint_ingress, routing, task_egress};
use super::name_servers;
use super::placement::{Placement, interface_endpoint};
use crate::arn;
use crate::facts::{Endpoint, Fact, RouteTable, RouteTarget, Unavailable};
use crate::iam::Tri;
use crate::needs::{self, Need};
use crate::reachability::{Gate, Ranges, internet};
use crate::role::logs_write::log_needs;
use crate::tasks::Tasks;
use crate::text;
use crate::world::{Roles, World};

/// A service by the last part of its endpoints' names.
pub type Service = &'static str;

pub enum Reach<'a> {
    ByEndpoint,
    ByInternet,
    Shut(Obstacle<'a>),
    Unseen(Unavailable),
}

/// What is in the way.
#[derive(Clone, PartialEq)]
pub enum Obstacle<'a> {
    /// There is no endpoint that serves the tasks, and no way to the internet.
    NoWay,
    TaskGroups(Goal<'a>),
    NetworkAcls(Goal<'a>),
    EndpointGroups(&'a Endpoint),
    Policy {
        endpoint: &'a Endpoint,
        role: &'a str,
        refused: Vec<&'static str>,
        tasks: Tasks,
    },
}

pub fn reach<'a>(world: &World<'a>, placement: &Placement<'a>, service: Service) -> Reach<'a> {
    let named = interface_endpoint(world, &placement.subnet.vpc, service);
    let is_named = named.known().is_some_and(|endpoint| endpoint.is_in_use());
    let reach = match gateway(world, placement, service) {
        // A private name leads past the gateway, which serves the public addresses.
        _ if is_named => by_name(world, placement, service),
        Ok(Some(gateway)) => by_gateway(world, placement, gateway, service),
        Ok(None) => by_name(world, placement, service),
        Err(why) => Reach::Unseen(why),
    };
    match (reach, placement.proxy(world)) {
        // Its exceptions are known for ssmmessages only.
        (Reach::Shut(_), Some(why)) => Reach::Unseen(why),
        (reach, _) => reach,
    }
}

/// A gateway endpoint in the routes of the subnet.
fn gateway<'a>(
    world: &World<'a>,
    placement: &Placement,
    service: Service,
) -> Result<Option<&'a Endpoint>, Unavailable> {
    let vpc = placement.subnet.vpc.as_str();
    let mut gateways = match world.seen_endpoints_of(vpc, service) {
        Fact::Known(endpoints) => endpoints.into_iter().filter(|one| one.kind == "Gateway"),
        Fact::Absent => return Ok(None),
        Fact::Unavailable(why) => return Err(why),
    };
    let tables = match world.facts.network.route_tables.get(vpc) {
        Some(Fact::Known(tables)) => tables.as_slice(),
        Some(Fact::Unavailable(why)) if gateways.clone().next().is_some() => {
            return Err(why.clone());
        }
        _ => &[],
    };
    let Some(table) = RouteTable::of_subnet(tables, &placement.subnet.id) else {
        return Ok(None);
    };
    Ok(gateways.find(|gateway| {
        let target = RouteTarget::GatewayEndpoint(gateway.id.clone());
        let is_routed = table.routes.iter().any(|route| route.target == target);
        gateway.is_available() && (is_routed || gateway.route_tables.contains(&table.id))
    }))
}

/// Packets to a gateway go to public addresses, past the endpoint's own security groups: it has none.
fn by_gateway<'a>(
    world: &World<'a>,
    placement: &Placement<'a>,
    gateway: &'a Endpoint,
    service: Service,
) -> Reach<'a> {
    let addresses = addresses_of(world, placement, gateway).unwrap_or_else(internet);
    let gates = [
        (
            egress_to(world, placement, addresses, Some(&[])),
            Obstacle::TaskGroups(Goal::Endpoint(gateway)),
        ),
        (
            through_own_acl(world, placement),
            Obstacle::NetworkAcls(Goal::Internet),
        ),
    ];
    first_shut(gates).unwrap_or_else(|| by_policy(world, placement, gateway, service))
}

/// What is in the prefix list that the subnet's route to the gateway names, where it was read.
fn addresses_of(world: &World, placement: &Placement, gateway: &Endpoint) -> Option<Ranges> {
    let network = &world.facts.network;
    let tables = network.route_tables.get(&placement.subnet.vpc)?.known()?;
    let target = RouteTarget::GatewayEndpoint(gateway.id.clone());
    let routes = &RouteTable::of_subnet(tables, &placement.subnet.id)?.routes;
    let route = routes.iter().find(|route| route.target == target)?;
    let entries = network.prefix_lists.get(&route.destination)?.known()?;
    Some(Ranges::parse(entries.iter().map(String::as_str)).somewhere())
}

/// To where the service's public name leads.
fn by_name<'a>(world: &World<'a>, placement: &Placement<'a>, service: Service) -> Reach<'a> {
    let endpoint = interface_endpoint(world, &placement.subnet.vpc, service);
    let goal = match goal_by(world, placement, endpoint) {
        Ok(goal) => goal,
        Err(why) => return Reach::Unseen(why),
    };
    let egress = task_egress(world, placement, &goal);
    let acls = through_acls(world, placement, &goal);
    match &goal {
        Goal::Endpoint(endpoint) => first_shut([
            (egress, Obstacle::TaskGroups(goal.clone())),
            (acls, Obstacle::NetworkAcls(goal.clone())),
            (
                endpoint_ingress(world, placement, endpoint),
                Obstacle::EndpointGroups(endpoint),
            ),
            (routing(world, placement, endpoint), Obstacle::NoWay),
        ])
        .or_else(|| name_servers::doubt(world, placement, endpoint).map(Reach::Unseen))
        .unwrap_or_else(|| by_policy(world, placement, endpoint, service)),
        Goal::Internet if placement.way.is_closed() => Reach::Shut(Obstacle::NoWay),
        Goal::Internet if !placement.way.leads_out() => {
            let vpc = &placement.subnet.vpc;
            Reach::Unseen(Unavailable::not_asked(
                "ec2:DescribeRouteTables",
                format!(
                    "{vpc} shows no endpoint of {service}, and another way could not be followed"
                ),
            ))
        }
        Goal::Internet => first_shut([
            (egress, Obstacle::TaskGroups(goal.clone())),
            (acls, Obstacle::NetworkAcls(goal.clone())),
        ])
        .unwrap_or(Reach::ByInternet),
    }
}

/// `None`: all are open.
fn first_shut<'a, const N: usize>(gates: [(Gate, Obstacle<'a>); N]) -> Option<Reach<'a>> {
    let mut unseen = None;
    for (gate, obstacle) in gates {
        match gate {
            Gate::Open => {}
            Gate::Shut => return Some(Reach::Shut(obstacle)),
            Gate::Partly => {
                unseen.get_or_insert_with(|| {
                    Unavailable::not_asked(
                        "ec2:DescribeNetworkInterfaces",
                        "only some addresses or ports are let through",
                    )
                });
            }
            Gate::Unseen(why) => {
                unseen.get_or_insert(why);
            }
        }
    }
    unseen.map(Reach::Unseen)
}

fn by_policy<'a>(
    world: &World<'a>,
    placement: &Placement<'a>,
    endpoint: &'a Endpoint,
    service: Service,
) -> Reach<'a> {
    if endpoint.policy.is_none() {
        return Reach::ByEndpoint;
    }
    let needs = match needs_of(world, placement, service) {
        Ok(needs) => needs,
        Err(why) => return Reach::Unseen(why),
    };
    let mut unseen = None;
    for (role, alike) in Roles::of(world, &placement.tasks).by_role {
        let mut refused = Vec::new();
        for need in &needs {
            match policy_lets(world, endpoint, role, need.action, &need.resource) {
                Tri::Yes => {}
                Tri::No => refused.push(need.action),
                Tri::Depends(keys) => {
                    let keys: Vec<String> = keys.into_iter().collect();
                    unseen.get_or_insert_with(|| hangs_on(endpoint, role, &keys));
                }
            }
        }
        if !refused.is_empty() {
            return Reach::Shut(Obstacle::Policy {
                endpoint,
                role,
                refused,
                tasks: alike.arns,
            });
        }
    }
    unseen.map_or(Reach::ByEndpoint, Reach::Unseen)
}

fn hangs_on(endpoint: &Endpoint, role: &str, keys: &[String]) -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeVpcEndpoints",
        format!(
            "whether the policy of {} lets {} through hangs on {}",
            endpoint.id,
            arn::name(role),
            text::list(keys)
        ),
    )
}

/// What the endpoint has to let through, on which resources.
fn needs_of(
    world: &World,
    placement: &Placement,
    service: Service,
) -> Result<Vec<Need>, Unavailable> {
    let log = world.exec_log();
    Ok(match service {
        "kms" => match world.key() {
            Fact::Known(key) => vec![needs::decrypt(&key.arn)],
            Fact::Absent => Vec::new(),
            Fact::Unavailable(why) => return Err(why),
        },
        "logs" => log_needs(world, &placement.tasks),
        _ => log.map_or(Vec::new(), |log| needs::s3(&world.facts.partition, log)),
    })
}

impl Obstacle<'_> {
    /// As the end of a sentence about tasks that cannot reach a service.
    pub fn told(&self, placement: &Placement) -> String {
        let target = |goal: &Goal| match goal {
            Goal::Endpoint(endpoint) => endpoint.id.clone(),
            Goal::Internet => "the internet".to_owned(),
        };
        match self {
            Obstacle::NoWay => {
                "there is no endpoint that serves the tasks, and no way out".to_owned()
            }
            Obstacle::TaskGroups(goal) => {
                let groups = placement.groups.known().copied().unwrap_or_default();
                let groups = text::list(groups);
                format!("{groups} does not let the tasks out to {}", target(goal))
            }
            Obstacle::NetworkAcls(goal) => {
                format!("network ACLs stand between the tasks and {}", target(goal))
            }
            Obstacle::EndpointGroups(endpoint) => format!(
                "{} of {} does not let the tasks in",
                text::list(&endpoint.security_groups),
                endpoint.id
            ),
            Obstacle::Policy {
                endpoint,
                role,
                refused,
                ..
            } => format!(
                "the policy of {} does not let {} call {}",
                endpoint.id,
                arn::name(role),
                text::list(refused)
            ),
        }
    }
}
