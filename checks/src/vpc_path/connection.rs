//! The connection from a task to a service, hop by hop.

use super::acl_path::AclPath;
use super::endpoint_eni::EndpointEni;
use aws_rules::vpc::{Reachability, RouteDiversion};
use model::facts::Unavailable;
use model::text;
use strum::IntoEnumIterator;

/// One hop on the path, in the order in which packets meet them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter)]
pub enum Hop {
    /// The security groups of the task.
    TaskEgress,
    Acls,
    Routes,
    /// The security groups of the endpoint.
    EndpointIngress,
}

/// From a task to one address.
pub struct Connection {
    pub egress: Reachability,
    pub acls: Reachability,
    pub ingress: Reachability,
    /// The route that leads packets elsewhere.
    pub diversion: Option<RouteDiversion>,
}

/// From the tasks of one class to all addresses of a destination.
pub struct Connections {
    /// The interfaces of the endpoint, one for each connection; none if the destination is the internet.
    pub enis: Vec<EndpointEni>,
    /// One for each interface of the endpoint, or for each gateway to the internet.
    pub acl_paths: Vec<AclPath>,
    connections: Vec<Connection>,
    /// Whether the tasks reach any of the addresses.
    pub reachability: Reachability,
}

impl Connection {
    fn at(&self, hop: Hop) -> &Reachability {
        match hop {
            Hop::TaskEgress => &self.egress,
            Hop::Acls => &self.acls,
            Hop::Routes => {
                let diversion = self.diversion.as_ref();
                diversion.map_or(&Reachability::Open, |one| &one.reachability)
            }
            Hop::EndpointIngress => &self.ingress,
        }
    }

    fn reachability(&self) -> Reachability {
        let hops = Hop::iter().map(|hop| self.at(hop).clone());
        hops.fold(Reachability::Open, Reachability::and)
    }
}

impl Connections {
    pub fn new(
        enis: Vec<EndpointEni>,
        acl_paths: Vec<AclPath>,
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

    /// What a hop does. If the tasks reach no address at all, each hop that blocks any of them counts as blocked.
    pub fn at(&self, hop: Hop) -> Reachability {
        let all = || self.connections.iter().map(|connection| connection.at(hop));
        let is_blocked = |reachability: &Reachability| *reachability == Reachability::Blocked;
        if is_blocked(&self.reachability) && all().any(is_blocked) {
            return Reachability::Blocked;
        }
        let joined = Reachability::any(all().cloned());
        joined.unwrap_or_else(|| self.reachability.clone())
    }

    /// The indexes of the addresses that a hop blocks.
    pub fn blocked_at(&self, hop: Hop) -> Vec<usize> {
        let all = self.connections.iter().enumerate();
        all.filter(|(_, connection)| *connection.at(hop) == Reachability::Blocked)
            .map(|(index, _)| index)
            .collect()
    }

    /// Whether these are the indexes of all addresses.
    pub fn is_all(&self, indexes: &[usize]) -> bool {
        indexes.len() == self.connections.len()
    }

    /// A noun phrase for the addresses with these indexes; `destination` describes all of them.
    pub fn describe_addresses(&self, indexes: &[usize], destination: String) -> String {
        if self.is_all(indexes) {
            return destination;
        }
        let enis = indexes.iter().filter_map(|index| self.enis.get(*index));
        let names: Vec<&str> = enis.map(|eni| eni.name.as_str()).collect();
        format!("{} of {destination}", text::list(&names))
    }

    /// The network ACLs on the path to the addresses that they block, or on all paths if they block none for certain.
    pub fn refusing_acl_paths(&self) -> impl Iterator<Item = &AclPath> {
        let blocked = self.blocked_at(Hop::Acls);
        let paths = self.acl_paths.iter().enumerate();
        paths
            .filter(move |(index, _)| {
                self.enis.is_empty() || blocked.is_empty() || blocked.contains(index)
            })
            .map(|(_, path)| path)
    }

    /// Descriptions of the routes that lead packets elsewhere.
    pub fn diversions(&self) -> impl Iterator<Item = &str> {
        let all = self.connections.iter();
        let diversions = all.filter_map(|connection| connection.diversion.as_ref());
        diversions.map(|diversion| diversion.description.as_str())
    }

    /// Each interface of the endpoint, with the first hop that does not let all packets through.
    pub fn by_eni(&self) -> impl Iterator<Item = (&EndpointEni, Reachability, Option<Hop>)> {
        let with_connections = self.enis.iter().zip(&self.connections);
        with_connections.map(|(eni, connection)| {
            let reachability = connection.reachability();
            let decides = |hop: &Hop| {
                reachability != Reachability::Open && *connection.at(*hop) == reachability
            };
            let hop = Hop::iter().find(decides);
            (eni, reachability, hop)
        })
    }
}
