use super::AwsService;
use super::endpoint_policy::evaluate_endpoint_policy;
use super::obstacle::{AclRefusals, Obstacle};
use crate::fact_index::Roles;
use crate::log_needs::log_needs;
use crate::prelude::*;
use crate::vpc_path::{
    AclPath, Connections, Destination, Hop, Source, egress_to, name_servers, resolve,
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

/// A call of tasks to a service.
pub struct Call<'p, 'a> {
    pub index: &'p FactIndex<'a>,
    pub source: Source<'p, 'a>,
    pub service: AwsService,
}

impl<'a> Call<'_, 'a> {
    /// Traces the path of the tasks to the service.
    pub fn access(&self) -> ServiceAccess<'a> {
        let named = self
            .source
            .network
            .interface_endpoint(self.vpc(), self.service.name());
        let is_named = named.known().is_some_and(|endpoint| endpoint.is_in_use());
        let access = match self.gateway_endpoint() {
            // The name resolves to the interface endpoint; the gateway serves the public addresses.
            _ if is_named => self.by_name(),
            Ok(Some(gateway)) => self.by_gateway(gateway),
            Ok(None) => self.by_name(),
            Err(why) => ServiceAccess::Unknown(why),
        };
        match (access, self.source.placement.proxy(self.index.facts)) {
            // The proxy's exceptions are known for ssmmessages only.
            (ServiceAccess::Blocked(_), Some(why)) => ServiceAccess::Unknown(why),
            (access, _) => access,
        }
    }

    fn vpc(&self) -> &'a str {
        &self.source.placement.subnet.vpc
    }

    /// The route table of the tasks' subnet, if it was read.
    fn route_table(&self) -> Option<&'a RouteTable> {
        let tables = self.index.facts.network.route_tables.get(self.vpc());
        RouteTable::of_subnet(tables?.known()?, &self.source.placement.subnet.id)
    }

    /// The gateway endpoint in the routes of the subnet.
    fn gateway_endpoint(&self) -> Result<Option<&'a Endpoint>, Unavailable> {
        let (network, vpc) = (self.source.network, self.vpc());
        let mut gateways = match network.visible_endpoints_of(vpc, self.service.name()) {
            Fact::Known(endpoints) => endpoints,
            Fact::Absent => return Ok(None),
            Fact::Unavailable(why) => return Err(why),
        };
        gateways.retain(|endpoint| endpoint.is_gateway());
        if let Some(Fact::Unavailable(why)) = network.facts.network.route_tables.get(vpc)
            && !gateways.is_empty()
        {
            return Err(why.clone());
        }
        let Some(table) = self.route_table() else {
            return Ok(None);
        };
        Ok(gateways.into_iter().find(|gateway| {
            let is_routed = table.routes.iter().any(|route| leads_to(route, gateway));
            gateway.is_available() && (is_routed || gateway.route_tables.contains(&table.id))
        }))
    }

    /// Packets to a gateway endpoint go to public addresses. It has no security groups.
    fn by_gateway(&self, gateway: &'a Endpoint) -> ServiceAccess<'a> {
        let Source {
            network, placement, ..
        } = self.source;
        let routes = self.route_table().map_or(&[][..], |table| &table.routes);
        let route = routes.iter().find(|route| leads_to(route, gateway));
        let addresses = route.and_then(|route| network.rules.prefix_list(&route.destination).ok());
        let addresses = addresses.unwrap_or(public_addresses());
        let path = self.source.acls_of_task_subnet(public_addresses());
        let destination = Destination::Endpoint(gateway);
        let groups = Obstacle::TaskGroups {
            target: destination.describe(),
            destination,
        };
        let hops = [
            (egress_to(network, placement, addresses, Some(&[])), groups),
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
            None => self.by_policy(gateway),
        }
    }

    /// The path to what the service's public name resolves to.
    fn by_name(&self) -> ServiceAccess<'a> {
        let Source {
            network, placement, ..
        } = self.source;
        let vpc = self.vpc();
        let endpoint = network.interface_endpoint(vpc, self.service.name());
        let destination = match resolve(network, placement, endpoint) {
            Ok(destination) => destination,
            Err(why) => return ServiceAccess::Unknown(why),
        };
        let connections = self.source.connections(&destination);
        match &destination {
            Destination::Endpoint(endpoint) => by_connections(&connections, &destination)
                .or_else(|| {
                    name_servers::ambiguity(network, placement, endpoint)
                        .map(ServiceAccess::Unknown)
                })
                .unwrap_or_else(|| self.by_policy(endpoint)),
            Destination::Internet if placement.egress.is_blocked() => {
                ServiceAccess::Blocked(vec![Obstacle::NoRoute])
            }
            Destination::Internet if !placement.egress.reaches_internet() => {
                ServiceAccess::Unknown(Unavailable::not_asked(
                    "ec2:DescribeRouteTables",
                    format!(
                        "{vpc} shows no endpoint of {}, and another path could not be traced",
                        self.service.name()
                    ),
                ))
            }
            Destination::Internet => {
                by_connections(&connections, &destination).unwrap_or(ServiceAccess::OverInternet)
            }
        }
    }

    /// Whether the endpoint's policy allows the task roles what the agent needs.
    fn by_policy(&self, endpoint: &'a Endpoint) -> ServiceAccess<'a> {
        if endpoint.policy.is_none() {
            return ServiceAccess::ThroughEndpoint;
        }
        let permissions = match self.agent_permissions() {
            Ok(permissions) => permissions,
            Err(why) => return ServiceAccess::Unknown(why),
        };
        let mut unknown = None;
        for role in Roles::of(self.index, &self.source.class.tasks)
            .by_role
            .into_keys()
        {
            let mut refused = Vec::new();
            for RequiredPermission {
                action, resource, ..
            } in &permissions
            {
                match evaluate_endpoint_policy(self.index, endpoint, role, action, resource) {
                    Ternary::Yes => {}
                    Ternary::No => refused.push(*action),
                    Ternary::Depends(keys) => {
                        let what =
                            format!("the policy of {} allows {}", endpoint.id, arn::name(role));
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
    fn agent_permissions(&self) -> Result<Vec<RequiredPermission>, Unavailable> {
        Ok(match self.service {
            AwsService::Kms => match self.index.key() {
                Fact::Known(key) => vec![required_permissions::decrypt_key(&key.arn)],
                Fact::Absent => Vec::new(),
                Fact::Unavailable(why) => return Err(why),
            },
            AwsService::Logs => log_needs(self.index, &self.source.class.tasks),
            AwsService::S3 => self.index.exec_log().map_or(Vec::new(), |log| {
                required_permissions::write_bucket(&self.index.facts.partition, log)
            }),
        })
    }
}

fn leads_to(route: &Route, gateway: &Endpoint) -> bool {
    matches!(&route.target, RouteTarget::GatewayEndpoint(id) if *id == gateway.id)
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
