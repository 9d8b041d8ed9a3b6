use std::sync::Arc;

use super::address_class::AddressClasses;
use super::network_acl::{AclRules, acl_of, not_read};
use super::route_map::RouteMap;
use super::security_group::{GroupRules, Protocol};
use super::{Direction, Ranges};
use crate::memo::Memo;
use model::facts::{Fact, Network, RouteTable, Unavailable};

/// The rules of a network, each parsed once, however many tasks and services are judged by it.
pub struct Rules<'a> {
    pub network: &'a Network,
    lists: Memo<String, Result<Ranges, Unavailable>>,
    groups: [Memo<Vec<String>, GroupRules>; 3],
    acls: [Memo<String, Result<AclRules, Unavailable>>; 2],
    routes: Memo<String, Result<Arc<RouteMap>, Unavailable>>,
    tables: Memo<String, RouteMap>,
    classes: Memo<String, AddressClasses>,
}

impl<'a> Rules<'a> {
    pub fn of(network: &'a Network) -> Rules<'a> {
        Rules {
            network,
            lists: Memo::default(),
            groups: Default::default(),
            acls: Default::default(),
            routes: Memo::default(),
            tables: Memo::default(),
            classes: Memo::default(),
        }
    }

    /// The addresses of a prefix list.
    pub fn prefix_list(&self, id: &str) -> Arc<Result<Ranges, Unavailable>> {
        self.lists
            .get(id, || match self.network.prefix_lists.get(id) {
                Some(Fact::Known(entries)) => Ok(Ranges::parse(entries.iter().map(String::as_str))),
                Some(Fact::Unavailable(why)) => Err(why.clone()),
                Some(Fact::Absent) | None => Err(Unavailable::not_asked(
                    "ec2:GetManagedPrefixListEntries",
                    format!("the entries of the prefix list {id} were not read"),
                )),
            })
    }

    /// Which callers the security groups of an endpoint admit.
    pub fn ingress(&self, groups: &[String]) -> Arc<GroupRules> {
        let make = || GroupRules::of(self, groups, Direction::In, Protocol::Https);
        self.groups[0].get(groups, make)
    }

    /// Whom the security groups of a task let it call.
    pub fn egress(&self, groups: &[String], protocol: Protocol) -> Arc<GroupRules> {
        let cache = match protocol {
            Protocol::Https => &self.groups[1],
            Protocol::Dns => &self.groups[2],
        };
        let make = || GroupRules::of(self, groups, Direction::Out, protocol);
        cache.get(groups, make)
    }

    /// What the network ACL of a subnet admits.
    pub fn acl(
        &self,
        vpc: &str,
        subnet: &str,
        direction: Direction,
    ) -> Arc<Result<AclRules, Unavailable>> {
        let cache = match direction {
            Direction::In => &self.acls[0],
            Direction::Out => &self.acls[1],
        };
        cache.get(subnet, || {
            let acls = match self.network.network_acls.get(vpc) {
                Some(Fact::Known(acls)) => acls,
                Some(Fact::Unavailable(why)) => return Err(why.clone()),
                Some(Fact::Absent) | None => return Err(not_read(vpc)),
            };
            let acl = acl_of(acls, subnet).ok_or_else(|| not_read(vpc))?;
            Ok(AclRules::of(acl, direction))
        })
    }

    /// Where the routes of a subnet lead.
    pub fn routes(&self, vpc: &str, subnet: &str) -> Arc<Result<Arc<RouteMap>, Unavailable>> {
        self.routes.get(subnet, || {
            let unread = |what| Unavailable::not_asked("ec2:DescribeRouteTables", what);
            let tables = match self.network.route_tables.get(vpc) {
                Some(Fact::Known(tables)) => tables,
                Some(Fact::Unavailable(why)) => return Err(why.clone()),
                Some(Fact::Absent) | None => {
                    return Err(unread(format!("the route tables of {vpc} were not read")));
                }
            };
            let table = RouteTable::of_subnet(tables, subnet)
                .ok_or_else(|| unread(format!("no route table of {subnet} was found")))?;
            Ok(self.tables.get(&*table.id, || RouteMap::of(self, table)))
        })
    }

    /// The classes of task addresses in a VPC.
    pub fn classes(&self, vpc: &str) -> Arc<AddressClasses> {
        self.classes
            .get(vpc, || AddressClasses::of_tasks_in(self, vpc))
    }
}
