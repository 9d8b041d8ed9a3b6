use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::connection::Connections;
use aws_rules::vpc::{AddressClasses, NetworkRules};
use model::facts::{Endpoint, Fact, Facts, Subnet, Unavailable};

/// The facts about the network, with their parsed rules.
pub struct NetworkIndex<'a> {
    pub facts: &'a Facts,
    pub rules: NetworkRules<'a>,
    /// The classes of task addresses, by VPC.
    pub classes: BTreeMap<&'a str, AddressClasses>,
    /// A cache: services of a fleet share subnets and security groups. Without it 10,000 tasks take several times as
    /// long to judge.
    connections: Mutex<BTreeMap<ConnectionKey, Arc<Connections>>>,
}

/// Everything that decides about a connection.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionKey {
    pub subnet: String,
    pub security_groups: Vec<String>,
    /// ID of the endpoint; `None`: the destination is the internet.
    pub endpoint: Option<String>,
    /// Gateways on the path to the internet.
    pub gateways: Vec<String>,
    pub address_class: Option<u32>,
    pub on_windows: bool,
}

impl<'a> NetworkIndex<'a> {
    pub fn new(facts: &'a Facts) -> NetworkIndex<'a> {
        let rules = NetworkRules::new(&facts.network);
        let subnets = facts.network.subnets.values().filter_map(Fact::known);
        let mut classes = BTreeMap::new();
        for subnet in subnets {
            classes
                .entry(subnet.vpc.as_str())
                .or_insert_with(|| AddressClasses::for_tasks_in(&rules, &subnet.vpc));
        }
        NetworkIndex {
            facts,
            rules,
            classes,
            connections: Mutex::default(),
        }
    }

    /// The connections with this key, from the cache if possible.
    pub fn cached_connections(
        &self,
        key: ConnectionKey,
        trace: impl FnOnce() -> Connections,
    ) -> Arc<Connections> {
        let cache = || {
            self.connections
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
        };
        if let Some(known) = cache().get(&key) {
            return known.clone();
        }
        let traced = Arc::new(trace());
        cache().insert(key, traced.clone());
        traced
    }

    /// The live endpoints of a service in a VPC. If the caller cannot see all endpoints, they are known only if one of
    /// them is in use: no other endpoint can have the service's name then.
    pub fn endpoints_of(&self, vpc: &str, service: &str) -> Fact<Vec<&'a Endpoint>> {
        let concerns = |of: &Option<String>, name: &str| of.as_deref().is_none_or(|of| of == name);
        let mut unseen = self.facts.network.unseen_endpoints.iter();
        let unseen = unseen.find(|one| concerns(&one.vpc, vpc) && concerns(&one.service, service));
        self.visible_endpoints_of(vpc, service)
            .and_then(|visible| match unseen {
                Some(unseen) if !visible.iter().any(|endpoint| endpoint.is_in_use()) => {
                    Fact::Unavailable(unseen.why.clone())
                }
                _ => Fact::Known(visible),
            })
    }

    /// Like [`Self::endpoints_of`], even if there may be endpoints that the caller cannot see.
    pub fn visible_endpoints_of(&self, vpc: &str, service: &str) -> Fact<Vec<&'a Endpoint>> {
        match &self.facts.network.endpoints {
            Some(fact) => fact.as_ref().map(|endpoints| {
                let is_of_service = |endpoint: &Endpoint| {
                    endpoint.vpc == vpc
                        && self.facts.is_endpoint_of(endpoint, service)
                        && endpoint.is_live()
                };
                let endpoints = endpoints.iter();
                endpoints.filter(|one| is_of_service(one)).collect()
            }),
            None => Fact::Unavailable(Unavailable::not_asked(
                "ec2:DescribeVpcEndpoints",
                "the VPC's endpoints were not read",
            )),
        }
    }

    /// The interface endpoint of a service in a VPC, preferably one in use.
    pub fn interface_endpoint(&self, vpc: &str, service: &str) -> Fact<&'a Endpoint> {
        self.endpoints_of(vpc, service).and_then(|endpoints| {
            endpoints
                .into_iter()
                .filter(|endpoint| !endpoint.is_gateway())
                .max_by_key(|endpoint| (endpoint.is_in_use(), endpoint.is_changing()))
                .map_or(Fact::Absent, Fact::Known)
        })
    }

    /// The ssmmessages interface endpoint of a VPC.
    pub fn ssmmessages_endpoint(&self, vpc: &str) -> Fact<&'a Endpoint> {
        self.interface_endpoint(vpc, "ssmmessages")
    }

    /// Whether a subnet belongs to another account, whose endpoints and routes may be invisible to the caller.
    pub fn is_shared(&self, subnet: &Subnet) -> bool {
        match (&subnet.owner, &self.facts.account) {
            (Some(owner), Some(account)) => owner != account,
            _ => false,
        }
    }

    /// Whether the VPC's resolver answers, as far as the facts tell.
    pub fn resolves_names(&self, vpc: &str) -> bool {
        let vpc = self.facts.network.vpcs.get(vpc).and_then(Fact::known);
        vpc.is_none_or(|vpc| vpc.dns_support.known() != Some(&false))
    }

    /// Whether the VPC's resolver answers for private names, as far as the facts tell. AWS allows private DNS of
    /// endpoints only in such VPCs.
    pub fn resolves_private_names(&self, vpc: &str) -> bool {
        let known = self.facts.network.vpcs.get(vpc).and_then(Fact::known);
        self.resolves_names(vpc)
            && known.is_none_or(|known| known.dns_hostnames.known() != Some(&false))
    }
}
