//! Traces the connections of a class of tasks to a destination.

use std::sync::Arc;

use super::alternate_resolution::or_unknown_if_resolved_elsewhere;
use super::connection::{Connection, Connections};
use super::destination::Destination;
use super::endpoint_eni::{EndpointEni, endpoint_enis};
use super::network_index::{ConnectionKey, NetworkIndex};
use super::placement::{Placement, TaskClass};
use aws_rules::vpc::{
    AddressSet, Peer, Protocol, Reachability, RouteDiversion, find_diversion, public_addresses,
};
use model::facts::{Endpoint, Fact, Unavailable};

/// Tasks of one class, which open connections.
#[derive(Clone, Copy)]
pub struct Source<'p, 'a> {
    pub network: &'p NetworkIndex<'a>,
    pub placement: &'p Placement<'a>,
    pub class: &'p TaskClass<'a>,
}

/// The connections of each class of a placement's tasks.
pub fn connections_by_class<'p, 'a>(
    network: &'p NetworkIndex<'a>,
    placement: &'p Placement<'a>,
    destination: &Destination<'a>,
) -> impl Iterator<Item = (&'p TaskClass<'a>, Arc<Connections>)> {
    let sources = placement.sources(network);
    sources.map(|source| (source.class, source.connections(destination)))
}

impl<'a> Placement<'a> {
    /// The classes of its tasks.
    pub fn sources<'p>(
        &'p self,
        network: &'p NetworkIndex<'a>,
    ) -> impl Iterator<Item = Source<'p, 'a>> {
        self.classes.iter().map(move |class| Source {
            network,
            placement: self,
            class,
        })
    }
}

impl<'a> Source<'_, 'a> {
    /// The connections to a destination.
    pub fn connections(&self, destination: &Destination<'a>) -> Arc<Connections> {
        let trace = || match destination {
            Destination::Endpoint(endpoint) => self.connections_to_endpoint(endpoint),
            Destination::Internet => self.connections_to_internet(),
        };
        let placement = self.placement;
        let Fact::Known(security_groups) = &placement.security_groups else {
            return Arc::new(trace());
        };
        let gateways = placement.egress.gateways().into_iter();
        let key = ConnectionKey {
            subnet: placement.subnet.id.clone(),
            security_groups: security_groups.to_vec(),
            endpoint: match destination {
                Destination::Endpoint(endpoint) => Some(endpoint.id.clone()),
                Destination::Internet => None,
            },
            gateways: gateways.map(str::to_owned).collect(),
            address_class: self.class.id,
            on_windows: self.class.on_windows,
        };
        self.network.cached_connections(key, trace)
    }

    fn connections_to_endpoint(&self, endpoint: &Endpoint) -> Connections {
        let rules = &self.network.rules;
        let enis = endpoint_enis(rules.network, endpoint);
        let groups = endpoint.security_groups.as_slice();
        let ingress = rules.ingress(groups).admit(&Peer {
            addresses: &self.class.address,
            groups: self.placement.security_groups.known().copied(),
        });
        let mut acl_paths = Vec::new();
        let mut connections = Vec::new();
        for eni in &enis {
            let acls = self.acls_to_endpoint(eni);
            connections.push(Connection {
                egress: egress_to(self.network, self.placement, &eni.addresses, Some(groups)),
                acls: acls.reachability.clone(),
                ingress: ingress.clone(),
                diversion: self.diversion_to_eni(eni),
            });
            acl_paths.push(acls);
        }
        Connections::new(enis, acl_paths, connections)
    }

    /// A diversion of requests or of answers.
    fn diversion_to_eni(&self, eni: &EndpointEni) -> Option<RouteDiversion> {
        let (rules, subnet) = (&self.network.rules, self.placement.subnet);
        find_diversion(rules, &subnet.vpc, &subnet.id, &eni.addresses).or_else(|| {
            let far = eni.subnet.as_ref().ok()?;
            find_diversion(rules, &far.vpc, &eni.subnet_id, &self.class.address)
        })
    }

    fn connections_to_internet(&self) -> Connections {
        let (network, placement) = (self.network, self.placement);
        let egress = or_unknown_if_resolved_elsewhere(
            egress_to(network, placement, public_addresses(), Some(&[])),
            network,
            placement,
            |alternate| egress_to(network, placement, &alternate.addresses, alternate.groups),
        );
        let acl_paths = self.acls_to_internet();
        let acls = or_unknown_if_resolved_elsewhere(
            same_or_unknown(acl_paths.iter().map(|path| path.reachability.clone())),
            network,
            placement,
            |alternate| self.acls_of_task_subnet(&alternate.addresses).reachability,
        );
        let mut gateways = placement.egress.gateways().into_iter();
        let diversion = gateways.find_map(|id| {
            let gateway = self.nat_gateway(id)?;
            let vpc = &placement.subnet.vpc;
            find_diversion(&network.rules, vpc, &gateway.subnet, &self.class.address)
        });
        let connection = Connection {
            egress,
            acls,
            ingress: Reachability::Open,
            diversion,
        };
        Connections::new(Vec::new(), acl_paths, vec![connection])
    }
}

/// Joins paths of which an unknown destination address picks one.
fn same_or_unknown(paths: impl Iterator<Item = Reachability>) -> Reachability {
    let same = paths.reduce(|one, other| match one == other {
        true => one,
        false => Reachability::Unknown(Unavailable::not_asked(
            "ec2:DescribeNetworkAcls",
            "network ACLs treat the gateways differently, and the address of ssmmessages decides which gateway its packets take",
        )),
    });
    same.unwrap_or(Reachability::Open)
}

/// Whether the tasks' security groups let HTTPS out to these addresses. `groups`: the security groups there; `None`:
/// unknown.
pub fn egress_to(
    network: &NetworkIndex,
    placement: &Placement,
    addresses: &AddressSet,
    groups: Option<&[String]>,
) -> Reachability {
    let peer = Peer { addresses, groups };
    through_task_groups(network, placement, Protocol::Https, &peer)
}

/// Whether the tasks' security groups let DNS queries out to these servers.
pub fn dns_egress_to(
    network: &NetworkIndex,
    placement: &Placement,
    servers: &[&str],
) -> Reachability {
    let peer = Peer {
        addresses: &AddressSet::parse(servers.iter().copied()),
        groups: None,
    };
    through_task_groups(network, placement, Protocol::Dns, &peer)
}

fn through_task_groups(
    network: &NetworkIndex,
    placement: &Placement,
    protocol: Protocol,
    peer: &Peer,
) -> Reachability {
    match &placement.security_groups {
        Fact::Known(groups) => network.rules.egress(groups, protocol).admit(peer),
        Fact::Unavailable(why) => Reachability::Unknown(why.clone()),
        Fact::Absent => Reachability::Unknown(Unavailable::not_asked(
            "ec2:DescribeNetworkInterfaces",
            "the task's network interface was not found",
        )),
    }
}
