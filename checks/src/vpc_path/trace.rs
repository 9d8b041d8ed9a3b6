//! Traces the connections of a class of tasks to a destination.

use std::sync::Arc;

use super::acl_traversal;
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

/// The connections of each class of a placement's tasks.
pub fn connections_by_class<'p, 'a>(
    network: &NetworkIndex<'a>,
    placement: &'p Placement<'a>,
    destination: &Destination<'a>,
) -> impl Iterator<Item = (&'p TaskClass<'a>, Arc<Connections>)> {
    let classes = placement.classes.iter();
    classes.map(|class| (class, connections(network, placement, class, destination)))
}

/// The connections of one class of tasks to a destination.
pub fn connections<'a>(
    network: &NetworkIndex<'a>,
    placement: &Placement<'a>,
    class: &TaskClass<'a>,
    destination: &Destination<'a>,
) -> Arc<Connections> {
    let trace = || match destination {
        Destination::Endpoint(endpoint) => to_endpoint(network, placement, class, endpoint),
        Destination::Internet => to_internet(network, placement, class),
    };
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
        address_class: class.id,
        on_windows: class.on_windows,
    };
    network.cached_connections(key, trace)
}

fn to_endpoint(
    network: &NetworkIndex,
    placement: &Placement,
    class: &TaskClass,
    endpoint: &Endpoint,
) -> Connections {
    let rules = &network.rules;
    let enis = endpoint_enis(rules.network, endpoint);
    let groups = endpoint.security_groups.as_slice();
    let ingress = rules.ingress(groups).admit(&Peer {
        addresses: &class.address,
        groups: placement.security_groups.known().copied(),
    });
    let mut acl_paths = Vec::new();
    let mut connections = Vec::new();
    for eni in &enis {
        let acls = acl_traversal::to_endpoint(rules, placement, class, eni);
        connections.push(Connection {
            egress: egress_to(network, placement, &eni.addresses, Some(groups)),
            acls: acls.reachability.clone(),
            ingress: ingress.clone(),
            diversion: diversion_to_eni(network, placement, class, eni),
        });
        acl_paths.push(acls);
    }
    Connections::new(enis, acl_paths, connections)
}

/// A diversion of requests or of answers.
fn diversion_to_eni(
    network: &NetworkIndex,
    placement: &Placement,
    class: &TaskClass,
    eni: &EndpointEni,
) -> Option<RouteDiversion> {
    let subnet = placement.subnet;
    find_diversion(&network.rules, &subnet.vpc, &subnet.id, &eni.addresses).or_else(|| {
        let far = eni.subnet.as_ref().ok()?;
        find_diversion(&network.rules, &far.vpc, &eni.subnet_id, &class.address)
    })
}

fn to_internet<'a>(
    network: &NetworkIndex<'a>,
    placement: &Placement<'a>,
    class: &TaskClass,
) -> Connections {
    let rules = &network.rules;
    let egress = or_unknown_if_resolved_elsewhere(
        egress_to(network, placement, public_addresses(), Some(&[])),
        network,
        placement,
        |alternate| egress_to(network, placement, &alternate.addresses, alternate.groups),
    );
    let acl_paths = acl_traversal::to_internet(rules, placement, class);
    let acls = or_unknown_if_resolved_elsewhere(
        same_or_unknown(acl_paths.iter().map(|path| path.reachability.clone())),
        network,
        placement,
        |alternate| {
            let peers = &alternate.addresses;
            acl_traversal::through_task_subnet(rules, placement, class, peers).reachability
        },
    );
    let mut gateways = placement.egress.gateways().into_iter();
    let diversion = gateways.find_map(|id| {
        let gateway = acl_traversal::nat_gateway(rules.network, placement, id)?;
        let vpc = &placement.subnet.vpc;
        find_diversion(rules, vpc, &gateway.subnet, &class.address)
    });
    let connection = Connection {
        egress,
        acls,
        ingress: Reachability::Open,
        diversion,
    };
    Connections::new(Vec::new(), acl_paths, vec![connection])
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
