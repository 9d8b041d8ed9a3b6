use super::AwsService;
use super::endpoint_policy::evaluate_endpoint_policy;
use super::obstacle::{AclRefusals, Obstacle};
use crate::fact_index::Roles;
use crate::log_needs::log_needs;
use crate::prelude::*;
use crate::vpc_path::{
    AclPath, Connections, Destination, Hop, Placement, TaskClass, connections, egress_to,
    name_servers, resolve, through_task_subnet,
};
use aws_rules::iam::Ternary;
use aws_rules::required_permissions::RequiredPermission;
use aws_rules::vpc::{Reachability, public_addresses};

/// Whether and how tasks reach a service.
#[derive(PartialEq)]
pub enum ServiceAccess<'a> {
    ThroughEndpoint,
    OverInternet,
    Blocked(Vec<Obstacle<'a>>),
    Unknown(Unavailable),
}

/// Traces the path of a class of tasks to a service.
pub fn service_access<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    class: &TaskClass<'a>,
    service: AwsService,
) -> ServiceAccess<'a> {
    let vpc = &placement.subnet.vpc;
    let named = index.network.interface_endpoint(vpc, service.name());
    let is_named = named.known().is_some_and(|endpoint| endpoint.is_in_use());
    let access = match gateway_endpoint(index, placement, service) {
        // The name resolves to the interface endpoint; the gateway serves the public addresses.
        _ if is_named => by_name(index, placement, class, service),
        Ok(Some(gateway)) => by_gateway(index, placement, class, gateway, service),
        Ok(None) => by_name(index, placement, class, service),
        Err(why) => ServiceAccess::Unknown(why),
    };
    match (access, placement.proxy(index.facts)) {
        // The proxy's exceptions are known for ssmmessages only.
        (ServiceAccess::Blocked(_), Some(why)) => ServiceAccess::Unknown(why),
        (access, _) => access,
    }
}

/// The route table of a subnet, if it was read.
fn route_table<'a>(index: &FactIndex<'a>, placement: &Placement) -> Option<&'a RouteTable> {
    let tables = index.facts.network.route_tables.get(&placement.subnet.vpc);
    RouteTable::of_subnet(tables?.known()?, &placement.subnet.id)
}

fn leads_to(route: &Route, gateway: &Endpoint) -> bool {
    matches!(&route.target, RouteTarget::GatewayEndpoint(id) if *id == gateway.id)
}

/// The gateway endpoint in the routes of the subnet.
fn gateway_endpoint<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    service: AwsService,
) -> Result<Option<&'a Endpoint>, Unavailable> {
    let vpc = placement.subnet.vpc.as_str();
    let gateways: Vec<&Endpoint> = match index.network.visible_endpoints_of(vpc, service.name()) {
        Fact::Known(endpoints) => endpoints
            .into_iter()
            .filter(|one| one.is_gateway())
            .collect(),
        Fact::Absent => return Ok(None),
        Fact::Unavailable(why) => return Err(why),
    };
    if let Some(Fact::Unavailable(why)) = index.facts.network.route_tables.get(vpc)
        && !gateways.is_empty()
    {
        return Err(why.clone());
    }
    let Some(table) = route_table(index, placement) else {
        return Ok(None);
    };
    Ok(gateways.into_iter().find(|gateway| {
        let is_routed = table.routes.iter().any(|route| leads_to(route, gateway));
        gateway.is_available() && (is_routed || gateway.route_tables.contains(&table.id))
    }))
}

/// Packets to a gateway endpoint go to public addresses. It has no security groups.
fn by_gateway<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    class: &TaskClass<'a>,
    gateway: &'a Endpoint,
    service: AwsService,
) -> ServiceAccess<'a> {
    let rules = &index.network.rules;
    let routes = route_table(index, placement).map_or(&[][..], |table| &table.routes);
    let route = routes.iter().find(|route| leads_to(route, gateway));
    let addresses = route.and_then(|route| rules.prefix_list(&route.destination).ok());
    let addresses = addresses.unwrap_or(public_addresses());
    let path = through_task_subnet(rules, placement, class, public_addresses());
    let destination = Destination::Endpoint(gateway);
    let groups = Obstacle::TaskGroups {
        target: destination.describe(),
        destination,
    };
    let hops = [
        (
            egress_to(&index.network, placement, addresses, Some(&[])),
            groups,
        ),
        (
            path.reachability.clone(),
            acl_obstacle([&path].into_iter(), [&path]),
        ),
    ];
    let mut unknown = None;
    for (reachability, obstacle) in hops {
        match reachability {
            Reachability::Open => {}
            Reachability::Blocked => return ServiceAccess::Blocked(vec![obstacle]),
            Reachability::Partial => {
                unknown.get_or_insert_with(partly_open);
            }
            Reachability::Unknown(why) => {
                unknown.get_or_insert(why);
            }
        }
    }
    match unknown {
        Some(why) => ServiceAccess::Unknown(why),
        None => by_policy(index, class, gateway, service),
    }
}

/// The path to what the service's public name resolves to.
fn by_name<'a>(
    index: &FactIndex<'a>,
    placement: &Placement<'a>,
    class: &TaskClass<'a>,
    service: AwsService,
) -> ServiceAccess<'a> {
    let network = &index.network;
    let vpc = &placement.subnet.vpc;
    let endpoint = network.interface_endpoint(vpc, service.name());
    let destination = match resolve(network, placement, endpoint) {
        Ok(destination) => destination,
        Err(why) => return ServiceAccess::Unknown(why),
    };
    let connections = connections(network, placement, class, &destination);
    match &destination {
        Destination::Endpoint(endpoint) => by_connections(&connections, &destination)
            .or_else(|| {
                name_servers::ambiguity(network, placement, endpoint).map(ServiceAccess::Unknown)
            })
            .unwrap_or_else(|| by_policy(index, class, endpoint, service)),
        Destination::Internet if placement.egress.is_blocked() => {
            ServiceAccess::Blocked(vec![Obstacle::NoRoute])
        }
        Destination::Internet if !placement.egress.reaches_internet() => {
            ServiceAccess::Unknown(Unavailable::not_asked(
                "ec2:DescribeRouteTables",
                format!(
                    "{vpc} shows no endpoint of {}, and another path could not be traced",
                    service.name()
                ),
            ))
        }
        Destination::Internet => {
            by_connections(&connections, &destination).unwrap_or(ServiceAccess::OverInternet)
        }
    }
}

/// `None`: all hops are open.
fn by_connections<'a>(
    connections: &Connections,
    destination: &Destination<'a>,
) -> Option<ServiceAccess<'a>> {
    match &connections.reachability {
        Reachability::Open => return None,
        Reachability::Blocked => {}
        Reachability::Partial => return Some(ServiceAccess::Unknown(partly_open())),
        Reachability::Unknown(why) => return Some(ServiceAccess::Unknown(why.clone())),
    }
    let hops = [
        Hop::TaskEgress,
        Hop::Acls,
        Hop::EndpointIngress,
        Hop::Routes,
    ];
    let obstacle = |hop: Hop| match (hop, destination) {
        (Hop::Acls, _) => acl_obstacle(connections.refusing_acl_paths(), &connections.acl_paths),
        (Hop::EndpointIngress, Destination::Endpoint(endpoint)) => {
            Obstacle::EndpointGroups(endpoint)
        }
        (Hop::Routes, _) => {
            let diversions = connections.diversions().map(str::to_owned);
            Obstacle::Route(text::list(&distinct(diversions)))
        }
        (Hop::TaskEgress | Hop::EndpointIngress, _) => {
            let name = match destination {
                Destination::Endpoint(endpoint) => endpoint.id.clone(),
                Destination::Internet => "the internet".to_owned(),
            };
            Obstacle::TaskGroups {
                target: connections.describe_addresses(&connections.blocked_at(hop), name),
                destination: destination.clone(),
            }
        }
    };
    let blocked = hops
        .into_iter()
        .filter(|hop| connections.at(*hop) == Reachability::Blocked);
    Some(ServiceAccess::Blocked(blocked.map(obstacle).collect()))
}

/// `refusing`: the paths whose refusals the finding describes. `all`: the paths that the fix opens.
fn acl_obstacle<'p, 'a>(
    refusing: impl Iterator<Item = &'p AclPath>,
    all: impl IntoIterator<Item = &'p AclPath>,
) -> Obstacle<'a> {
    let refusals = refusing.map(AclPath::describe_refusals);
    let refusals = refusals.filter(|refusal| !refusal.is_empty());
    Obstacle::NetworkAcls(AclRefusals {
        description: text::list(&distinct(refusals)),
        traversals: AclPath::refused(all),
    })
}

fn partly_open() -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkInterfaces",
        "only some interfaces or ports work",
    )
}

/// Whether the endpoint's policy allows the task roles what the agent needs.
fn by_policy<'a>(
    index: &FactIndex<'a>,
    class: &TaskClass<'a>,
    endpoint: &'a Endpoint,
    service: AwsService,
) -> ServiceAccess<'a> {
    if endpoint.policy.is_none() {
        return ServiceAccess::ThroughEndpoint;
    }
    let permissions = match agent_permissions(index, class, service) {
        Ok(permissions) => permissions,
        Err(why) => return ServiceAccess::Unknown(why),
    };
    let mut unknown = None;
    for role in Roles::of(index, &class.tasks).by_role.into_keys() {
        let mut refused = Vec::new();
        for RequiredPermission {
            action, resource, ..
        } in &permissions
        {
            match evaluate_endpoint_policy(index, endpoint, role, action, resource) {
                Ternary::Yes => {}
                Ternary::No => refused.push(*action),
                Ternary::Depends(keys) => {
                    let what = format!("the policy of {} allows {}", endpoint.id, arn::name(role));
                    let keys = Vec::from_iter(keys);
                    unknown.get_or_insert_with(|| {
                        Unavailable::not_asked(
                            "ec2:DescribeVpcEndpoints",
                            text::uncapitalized(&text::depends_on(&what, &keys)),
                        )
                    });
                }
            }
        }
        if !refused.is_empty() {
            return ServiceAccess::Blocked(vec![Obstacle::Policy {
                endpoint,
                role,
                refused,
            }]);
        }
    }
    unknown.map_or(ServiceAccess::ThroughEndpoint, ServiceAccess::Unknown)
}

/// What the agent needs of the service.
fn agent_permissions(
    index: &FactIndex,
    class: &TaskClass,
    service: AwsService,
) -> Result<Vec<RequiredPermission>, Unavailable> {
    Ok(match service {
        AwsService::Kms => match index.key() {
            Fact::Known(key) => vec![required_permissions::decrypt_key(&key.arn)],
            Fact::Absent => Vec::new(),
            Fact::Unavailable(why) => return Err(why),
        },
        AwsService::Logs => log_needs(index, &class.tasks),
        AwsService::S3 => index.exec_log().map_or(Vec::new(), |log| {
            required_permissions::write_bucket(&index.facts.partition, log)
        }),
    })
}
