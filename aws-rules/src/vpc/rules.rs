use std::collections::BTreeMap;

use super::known::known;
use super::network_acl::{AclRules, acl_of};
use super::prefix_list::PrefixLists;
use super::route_map::RouteMap;
use super::security_group::{GroupRules, Protocol};
use super::{AddressSet, Direction};
use model::facts::{Fact, Network, RouteTable, Unavailable};

/// The rules of a network. Prefix lists and route tables are parsed once, because they can have thousands of entries.
pub struct NetworkRules<'a> {
    /// The facts that the rules were parsed from.
    pub network: &'a Network,
    prefix_lists: PrefixLists<'a>,
    /// By the ID of the route table.
    route_maps: BTreeMap<&'a str, RouteMap<'a>>,
}

impl<'a> NetworkRules<'a> {
    /// Parses the prefix lists and route tables of a network.
    pub fn new(network: &'a Network) -> NetworkRules<'a> {
        let prefix_lists = PrefixLists::new(network);
        let tables = network.route_tables.values().filter_map(Fact::known);
        let route_maps = tables
            .flatten()
            .map(|table| (&*table.id, RouteMap::new(&prefix_lists, network, table)))
            .collect();
        NetworkRules {
            network,
            prefix_lists,
            route_maps,
        }
    }

    /// The addresses of a prefix list.
    pub fn prefix_list(&self, id: &str) -> Result<&AddressSet, Unavailable> {
        self.prefix_lists.get(id)
    }

    /// The callers that these security groups of an endpoint admit.
    pub fn ingress(&self, groups: &[String]) -> GroupRules {
        let lists = &self.prefix_lists;
        GroupRules::new(self.network, lists, groups, Direction::In, Protocol::Https)
    }

    /// The peers that these security groups of a task let it call.
    pub fn egress(&self, groups: &[String], protocol: Protocol) -> GroupRules {
        let lists = &self.prefix_lists;
        GroupRules::new(self.network, lists, groups, Direction::Out, protocol)
    }

    /// The network ACL of a subnet.
    pub fn acl(
        &self,
        vpc: &str,
        subnet: &str,
        direction: Direction,
    ) -> Result<AclRules, Unavailable> {
        const ACTION: &str = "ec2:DescribeNetworkAcls";
        let unseen = || format!("this account cannot see the network ACLs of {vpc}");
        let acls = known(self.network.network_acls.get(vpc), ACTION, unseen)?;
        let acl = acl_of(acls, subnet).ok_or_else(|| Unavailable::not_asked(ACTION, unseen()))?;
        Ok(AclRules::new(acl, direction))
    }

    /// The routes of a subnet.
    pub fn routes(&self, vpc: &str, subnet: &str) -> Result<&RouteMap<'a>, Unavailable> {
        const ACTION: &str = "ec2:DescribeRouteTables";
        let unread = || format!("the route tables of {vpc} were not read");
        let tables = known(self.network.route_tables.get(vpc), ACTION, unread)?;
        let missing = || format!("no route table of {subnet} was found");
        RouteTable::of_subnet(tables, subnet)
            .and_then(|table| self.route_maps.get(&*table.id))
            .ok_or_else(|| Unavailable::not_asked(ACTION, missing()))
    }
}
