//! What a task's packets meet on their way to a service, hop by hop: for each class of tasks, and for each address to
//! which the name of the service resolves.

use std::ptr;
use std::sync::Arc;

use super::acl_traversal::{self, AclPath};
use super::alternate_resolution::or_unknown_if_resolved_elsewhere;
use super::destination::Destination;
use super::endpoint_eni::{EndpointEni, endpoint_enis};
use super::placement::{Placement, TaskClass};
use crate::fact_index::FactIndex;
use aws_rules::memo::Memo;
use aws_rules::vpc::{Diversion, Peer, Protocol, Ranges, Reachability, diversion, internet};
use model::facts::{Endpoint, Fact, Unavailable};

/// One thing on the path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hop {
    TaskEgress,
    Acls,
    Routes,
    EndpointIngress,
}

/// From a task to one address.
pub struct Connection {
    egress: Reachability,
    acls: Reachability,
    routes: Reachability,
    ingress: Reachability,
    /// The route that leads packets elsewhere, as the end of a sentence.
    pub diverted: Option<String>,
}

/// From the tasks of a class to all addresses of a destination.
pub struct Connections {
    /// The interfaces of the endpoint, one for each connection; none where the destination is the internet.
    pub enis: Arc<Vec<EndpointEni>>,
    pub acl_paths: Arc<Vec<AclPath>>,
    connections: Vec<Connection>,
    /// Whether the tasks reach any of them.
    pub reachability: Reachability,
}

impl Connection {
    fn at(&self, hop: Hop) -> &Reachability {
        match hop {
            Hop::TaskEgress => &self.egress,
            Hop::Acls => &self.acls,
            Hop::Routes => &self.routes,
            Hop::EndpointIngress => &self.ingress,
        }
    }

    fn reachability(&self) -> Reachability {
        [&self.egress, &self.acls, &self.routes, &self.ingress]
            .into_iter()
            .fold(Reachability::Open, |all, hop| all.and(hop.clone()))
    }
}

impl Connections {
    fn of(
        enis: Arc<Vec<EndpointEni>>,
        acl_paths: Arc<Vec<AclPath>>,
        connections: Vec<Connection>,
    ) -> Connections {
        let each = connections.iter().map(Connection::reachability);
        let unknown = || {
            Reachability::Unknown(Unavailable::not_asked(
                "ec2:DescribeNetworkInterfaces",
                "the endpoint's addresses are unknown",
            ))
        };
        Connections {
            reachability: Reachability::any(each).unwrap_or_else(unknown),
            enis,
            acl_paths,
            connections,
        }
    }

    /// What a hop does. Where the tasks reach no address at all, each hop that keeps them from one has a part in it.
    pub fn at(&self, hop: Hop) -> Reachability {
        let all = || self.connections.iter().map(|connection| connection.at(hop));
        let is_blocked = |reachability: &Reachability| *reachability == Reachability::Blocked;
        if is_blocked(&self.reachability) && all().any(is_blocked) {
            return Reachability::Blocked;
        }
        let joined = Reachability::any(all().cloned());
        joined.unwrap_or_else(|| self.reachability.clone())
    }

    /// The addresses from which a hop keeps the tasks, by number.
    pub fn blocked_at(&self, hop: Hop) -> Vec<usize> {
        let all = self.connections.iter().enumerate();
        all.filter(|(_, connection)| *connection.at(hop) == Reachability::Blocked)
            .map(|(number, _)| number)
            .collect()
    }

    /// Whether the tasks are kept from all of them by this hop alone.
    pub fn is_all(&self, numbers: &[usize]) -> bool {
        numbers.len() == self.connections.len()
    }

    pub fn diversions(&self) -> impl Iterator<Item = &str> {
        let all = self.connections.iter();
        all.filter_map(|connection| connection.diverted.as_deref())
    }

    /// For each interface of the endpoint its name, and the first hop that does not let packets through.
    pub fn each(&self) -> impl Iterator<Item = (&EndpointEni, Reachability, Option<Hop>)> {
        const HOPS: [Hop; 4] = [
            Hop::TaskEgress,
            Hop::Acls,
            Hop::Routes,
            Hop::EndpointIngress,
        ];
        let with_connections = self.enis.iter().zip(&self.connections);
        with_connections.map(|(eni, connection)| {
            let reachability = connection.reachability();
            let is_like = |hop: &Hop| {
                reachability != Reachability::Open && *connection.at(*hop) == reachability
            };
            let hop = HOPS.into_iter().find(is_like);
            (eni, reachability, hop)
        })
    }
}

/// What is the same for many tasks and services, judged once.
#[derive(Default)]
pub struct PathCache {
    enis: Memo<String, Vec<EndpointEni>>,
    acls: Memo<AclKey, Vec<AclPath>>,
}

/// Where the facts have the endpoint and the tasks' subnet, the class of the tasks' addresses, and whether they run on
/// Windows.
type AclKey = (usize, usize, Option<u32>, bool);

impl PathCache {
    pub fn enis(&self, index: &FactIndex, endpoint: &Endpoint) -> Arc<Vec<EndpointEni>> {
        self.enis
            .get(&*endpoint.id, || endpoint_enis(index, endpoint))
    }

    fn acls(
        &self,
        index: &FactIndex,
        placement: &Placement,
        class: &TaskClass,
        endpoint: &Endpoint,
    ) -> Arc<Vec<AclPath>> {
        let endpoint_key = ptr::from_ref(endpoint).addr();
        let subnet_key = ptr::from_ref(placement.subnet).addr();
        let key = (endpoint_key, subnet_key, class.id, class.on_windows);
        self.acls.get(&key, || {
            let enis = self.enis(index, endpoint);
            let enis = enis.iter();
            enis.map(|eni| acl_traversal::to_endpoint(index, placement, class, eni))
                .collect()
        })
    }
}

pub fn connections(
    index: &FactIndex,
    placement: &Placement,
    class: &TaskClass,
    destination: &Destination,
) -> Connections {
    match destination {
        Destination::Endpoint(endpoint) => to_endpoint(index, placement, class, endpoint),
        Destination::Internet => to_internet(index, placement, class),
    }
}

fn to_endpoint(
    index: &FactIndex,
    placement: &Placement,
    class: &TaskClass,
    endpoint: &Endpoint,
) -> Connections {
    let enis = index.paths.enis(index, endpoint);
    let acl_paths = index.paths.acls(index, placement, class, endpoint);
    let groups = endpoint.security_groups.as_slice();
    let ingress = index.rules.ingress(groups).admit(&Peer {
        ranges: &class.address,
        groups: placement.groups.known().copied(),
    });
    let connections = enis.iter().zip(&*acl_paths).map(|(eni, acls)| {
        let diversion = diverted(index, placement, class, eni);
        Connection {
            egress: egress_to(index, placement, &eni.addresses, Some(groups)),
            acls: acls.reachability.clone(),
            routes: reachability(&diversion),
            ingress: ingress.clone(),
            diverted: diversion.map(|diversion| diversion.told),
        }
    });
    let connections = connections.collect();
    Connections::of(enis, acl_paths, connections)
}

/// There, and back.
fn diverted(
    index: &FactIndex,
    placement: &Placement,
    class: &TaskClass,
    eni: &EndpointEni,
) -> Option<Diversion> {
    let subnet = placement.subnet;
    diversion(&index.rules, &subnet.vpc, &subnet.id, &eni.addresses).or_else(|| {
        let far = eni.subnet.as_ref().ok()?;
        diversion(&index.rules, &far.vpc, &eni.subnet_id, &class.address)
    })
}

fn reachability(diversion: &Option<Diversion>) -> Reachability {
    let diversion = diversion.as_ref();
    diversion.map_or(Reachability::Open, |diversion| {
        diversion.reachability.clone()
    })
}

fn to_internet(index: &FactIndex, placement: &Placement, class: &TaskClass) -> Connections {
    let egress = or_unknown_if_resolved_elsewhere(
        egress_to(index, placement, internet(), Some(&[])),
        index,
        placement,
        |alternate| egress_to(index, placement, &alternate.addresses, alternate.groups),
    );
    let acl_paths = acl_traversal::to_internet(index, placement, class);
    let acls = or_unknown_if_resolved_elsewhere(
        by_destination(acl_paths.iter().map(|path| path.reachability.clone())),
        index,
        placement,
        |alternate| {
            let peers = &alternate.addresses;
            acl_traversal::through_own_subnet(index, placement, class, peers).reachability
        },
    );
    let mut gateways = placement.way.gateways().into_iter();
    let diversion = gateways.find_map(|id| {
        let gateway = acl_traversal::gateway(index, placement, id)?;
        let vpc = &placement.subnet.vpc;
        diversion(&index.rules, vpc, &gateway.subnet, &class.address)
    });
    let connection = Connection {
        egress,
        acls,
        routes: reachability(&diversion),
        ingress: Reachability::Open,
        diverted: diversion.map(|diversion| diversion.told),
    };
    Connections::of(Arc::default(), Arc::new(acl_paths), vec![connection])
}

/// Of paths that packets take by an address which is not known, unlike those of which any will do.
fn by_destination(paths: impl Iterator<Item = Reachability>) -> Reachability {
    let same = paths.reduce(|one, other| match one == other {
        true => one,
        false => Reachability::Unknown(Unavailable::not_asked(
            "ec2:DescribeNetworkAcls",
            "network ACLs treat the gateways differently to which the routes lead, and which address ssmmessages has is unknown",
        )),
    });
    same.unwrap_or(Reachability::Open)
}

/// Whether the tasks' security groups let them out to these addresses, behind security groups of their own; `None`:
/// behind which is not known.
pub fn egress_to(
    index: &FactIndex,
    placement: &Placement,
    to: &Ranges,
    behind: Option<&[String]>,
) -> Reachability {
    let peer = Peer {
        ranges: to,
        groups: behind,
    };
    by_task_groups(index, placement, Protocol::Https, &peer)
}

/// Whether they let them ask these DNS servers.
pub fn asking(index: &FactIndex, placement: &Placement, servers: &[&str]) -> Reachability {
    let server = Peer {
        ranges: &Ranges::parse(servers.iter().copied()),
        groups: None,
    };
    by_task_groups(index, placement, Protocol::Dns, &server)
}

fn by_task_groups(
    index: &FactIndex,
    placement: &Placement,
    protocol: Protocol,
    peer: &Peer,
) -> Reachability {
    match &placement.groups {
        Fact::Known(groups) => index.rules.egress(groups, protocol).admit(peer),
        Fact::Unavailable(why) => Reachability::Unknown(why.clone()),
        Fact::Absent => Reachability::Unknown(Unavailable::not_asked(
            "ec2:DescribeNetworkInterfaces",
            "the task's network interface was not found",
        )),
    }
}
