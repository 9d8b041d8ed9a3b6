//! How tasks reach a service that the exec configuration makes the agent call: KMS, CloudWatch Logs, S3.

use std::sync::Arc;

use super::acl_traversal::through_own_subnet;
use super::connection::{Connections, Hop, connections, egress_to};
use super::destination::{Destination, destination_by};
use super::endpoint::policy_lets;
use super::name_servers;
use super::obstacle::Obstacle;
use super::placement::{Placement, TaskClass, interface_endpoint};
use crate::fact_index::{FactIndex, Roles};
use crate::log_needs::log_needs;
use aws_rules::iam::Tri;
use aws_rules::needs::{self, Need};
use aws_rules::vpc::{Ranges, Reachability, internet};
use model::arn;
use model::distinct::distinct;
use model::facts::{Endpoint, Fact, RouteTable, RouteTarget, Unavailable};
use model::text;

/// A service by the last part of its endpoints' names.
pub type Service = &'static str;

#[derive(PartialEq)]
pub enum Reach<'a> {
    ByEndpoint,
    ByInternet,
    Blocked(Vec<Obstacle<'a>>),
    Unknown(Unavailable),
}

pub fn reach<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    class: &TaskClass<'a>,
    service: Service,
) -> Reach<'a> {
    let named = interface_endpoint(index, &placement.subnet.vpc, service);
    let is_named = named.known().is_some_and(|endpoint| endpoint.is_in_use());
    let reach = match gateway(index, placement, service) {
        // A private name leads past the gateway, which serves the public addresses.
        _ if is_named => by_name(index, placement, class, service),
        Ok(Some(gateway)) => by_gateway(index, placement, class, gateway, service),
        Ok(None) => by_name(index, placement, class, service),
        Err(why) => Reach::Unknown(why),
    };
    match (reach, placement.proxy(index)) {
        // Its exceptions are known for ssmmessages only.
        (Reach::Blocked(_), Some(why)) => Reach::Unknown(why),
        (reach, _) => reach,
    }
}

/// A gateway endpoint in the routes of the subnet.
fn gateway<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    service: Service,
) -> Result<Option<&'a Endpoint>, Unavailable> {
    let vpc = placement.subnet.vpc.as_str();
    let mut gateways = match index.seen_endpoints_of(vpc, service) {
        Fact::Known(endpoints) => endpoints.into_iter().filter(|one| one.is_gateway()),
        Fact::Absent => return Ok(None),
        Fact::Unavailable(why) => return Err(why),
    };
    let tables = match index.facts.network.route_tables.get(vpc) {
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
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    class: &TaskClass<'a>,
    gateway: &'a Endpoint,
    service: Service,
) -> Reach<'a> {
    let listed = addresses_of(index, placement, gateway);
    let addresses = listed.as_ref().unwrap_or(internet());
    let path = through_own_subnet(index, placement, class, internet());
    let acls = path.reachability.clone();
    let destination = Destination::Endpoint(gateway);
    let hops = [
        (
            egress_to(index, placement, addresses, Some(&[])),
            Obstacle::TaskGroups {
                target: destination.told(),
                destination,
            },
        ),
        (
            acls,
            Obstacle::NetworkAcls {
                told: path.told(),
                paths: Arc::new(vec![path]),
            },
        ),
    ];
    by_hops(hops).unwrap_or_else(|| by_policy(index, class, gateway, service))
}

/// What is in the prefix list that the subnet's route to the gateway names, where it was read.
fn addresses_of<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    gateway: &Endpoint,
) -> Option<Ranges> {
    let network = &index.facts.network;
    let tables = network.route_tables.get(&placement.subnet.vpc)?.known()?;
    let target = RouteTarget::GatewayEndpoint(gateway.id.clone());
    let routes = &RouteTable::of_subnet(tables, &placement.subnet.id)?.routes;
    let route = routes.iter().find(|route| route.target == target)?;
    let list = index.rules.prefix_list(&route.destination);
    list.as_ref().as_ref().ok().cloned()
}

/// To where the service's public name resolves.
fn by_name<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    class: &TaskClass<'a>,
    service: Service,
) -> Reach<'a> {
    let endpoint = interface_endpoint(index, &placement.subnet.vpc, service);
    let destination = match destination_by(index, placement, endpoint) {
        Ok(destination) => destination,
        Err(why) => return Reach::Unknown(why),
    };
    let connections = connections(index, placement, class, &destination);
    match &destination {
        Destination::Endpoint(endpoint) => by_connections(connections, &destination)
            .or_else(|| name_servers::doubt(index, placement, endpoint).map(Reach::Unknown))
            .unwrap_or_else(|| by_policy(index, class, endpoint, service)),
        Destination::Internet if placement.way.is_closed() => Reach::Blocked(vec![Obstacle::NoWay]),
        Destination::Internet if !placement.way.leads_out() => {
            let vpc = &placement.subnet.vpc;
            Reach::Unknown(Unavailable::not_asked(
                "ec2:DescribeRouteTables",
                format!(
                    "{vpc} shows no endpoint of {service}, and another way could not be followed"
                ),
            ))
        }
        Destination::Internet => {
            by_connections(connections, &destination).unwrap_or(Reach::ByInternet)
        }
    }
}

/// `None`: all hops are open.
fn by_connections<'a>(
    connections: Connections,
    destination: &Destination<'a>,
) -> Option<Reach<'a>> {
    match &connections.reachability {
        Reachability::Open => return None,
        Reachability::Blocked => {}
        Reachability::Partial => return Some(Reach::Unknown(partial())),
        Reachability::Unknown(why) => return Some(Reach::Unknown(why.clone())),
    }
    let target = |hop: Hop| {
        let blocked = connections.blocked_at(hop);
        let whole = match destination {
            Destination::Endpoint(endpoint) => endpoint.id.clone(),
            Destination::Internet => "the internet".to_owned(),
        };
        if connections.is_all(&blocked) {
            return whole;
        }
        let enis = blocked
            .iter()
            .filter_map(|number| connections.enis.get(*number));
        let names: Vec<&str> = enis.map(|eni| eni.name.as_str()).collect();
        format!("{} of {whole}", text::list(&names))
    };
    let blocked = |hop: &Hop| connections.at(*hop) == Reachability::Blocked;
    let hops = [
        Hop::TaskEgress,
        Hop::Acls,
        Hop::EndpointIngress,
        Hop::Routes,
    ];
    let obstacle = |hop: Hop| match (hop, destination) {
        (Hop::Acls, _) => {
            let numbers = connections.blocked_at(hop);
            let paths = connections.acl_paths.iter().enumerate();
            let told = paths
                .filter(|(number, _)| connections.enis.is_empty() || numbers.contains(number))
                .map(|(_, path)| path.told())
                .filter(|told| !told.is_empty());
            Obstacle::NetworkAcls {
                told: text::list(&distinct(told)),
                paths: connections.acl_paths.clone(),
            }
        }
        (Hop::EndpointIngress, Destination::Endpoint(endpoint)) => {
            Obstacle::EndpointGroups(endpoint)
        }
        (Hop::Routes, _) => {
            let told: Vec<String> = connections.diversions().map(str::to_owned).collect();
            Obstacle::Route(text::list(&distinct(told.into_iter())))
        }
        (Hop::TaskEgress | Hop::EndpointIngress, _) => Obstacle::TaskGroups {
            target: target(hop),
            destination: destination.clone(),
        },
    };
    let blocked = hops.into_iter().filter(blocked);
    Some(Reach::Blocked(blocked.map(obstacle).collect()))
}

/// `None`: all are open.
fn by_hops<'a, const N: usize>(hops: [(Reachability, Obstacle<'a>); N]) -> Option<Reach<'a>> {
    let mut unknown = None;
    for (reachability, obstacle) in hops {
        match reachability {
            Reachability::Open => {}
            Reachability::Blocked => return Some(Reach::Blocked(vec![obstacle])),
            Reachability::Partial => {
                unknown.get_or_insert_with(partial);
            }
            Reachability::Unknown(why) => {
                unknown.get_or_insert(why);
            }
        }
    }
    unknown.map(Reach::Unknown)
}

fn partial() -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkInterfaces",
        "only some interfaces or ports work",
    )
}

fn by_policy<'a>(
    index: &FactIndex<'a>,
    class: &TaskClass<'a>,
    endpoint: &'a Endpoint,
    service: Service,
) -> Reach<'a> {
    if endpoint.policy.is_none() {
        return Reach::ByEndpoint;
    }
    let needs = match needs_of(index, class, service) {
        Ok(needs) => needs,
        Err(why) => return Reach::Unknown(why),
    };
    let mut unseen = None;
    for role in Roles::of(index, &class.tasks).by_role.into_keys() {
        let mut refused = Vec::new();
        for need in &needs {
            match policy_lets(index, endpoint, role, need.action, &need.resource) {
                Tri::Yes => {}
                Tri::No => refused.push(need.action),
                Tri::Depends(keys) => {
                    let keys: Vec<String> = keys.into_iter().collect();
                    unseen.get_or_insert_with(|| depends_on(endpoint, role, &keys));
                }
            }
        }
        if !refused.is_empty() {
            return Reach::Blocked(vec![Obstacle::Policy {
                endpoint,
                role,
                refused,
            }]);
        }
    }
    unseen.map_or(Reach::ByEndpoint, Reach::Unknown)
}

fn depends_on(endpoint: &Endpoint, role: &str, keys: &[String]) -> Unavailable {
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
    index: &FactIndex,
    class: &TaskClass,
    service: Service,
) -> Result<Vec<Need>, Unavailable> {
    let log = index.exec_log();
    Ok(match service {
        "kms" => match index.key() {
            Fact::Known(key) => vec![needs::decrypt(&key.arn)],
            Fact::Absent => Vec::new(),
            Fact::Unavailable(why) => return Err(why),
        },
        "logs" => log_needs(index, &class.tasks),
        _ => log.map_or(Vec::new(), |log| needs::s3(&index.facts.partition, log)),
    })
}
