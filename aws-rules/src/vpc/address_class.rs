use std::collections::{BTreeMap, BTreeSet};

use super::intervals::{Interval, Intervals};
use super::rules::NetworkRules;
use super::{AddressSet, Direction};
use model::facts::Fact;

/// The IPv4 addresses, divided into classes that every rule treats alike, so that of the tasks in one class it is enough
/// to judge one.
pub struct AddressClasses {
    /// The first address of each stretch, in order, with the class of the stretch.
    stretches: Vec<(u128, u32)>,
}

impl AddressClasses {
    /// Divides by all rules in a VPC that can name a task's address: inbound rules of endpoints, and the network ACLs
    /// and routes of the subnets of endpoints and NAT gateways.
    pub fn for_tasks_in(rules: &NetworkRules, vpc: &str) -> AddressClasses {
        let network = rules.network;
        let endpoints = network.endpoints.as_ref().and_then(Fact::known);
        let endpoints = endpoints.into_iter().flatten();
        let gateways = network.nat_gateways.get(vpc).and_then(Fact::known);
        let mut subnets: BTreeSet<&str> = BTreeSet::new();
        let mut sets: Vec<Intervals> = Vec::new();
        for endpoint in endpoints.filter(|endpoint| endpoint.vpc == vpc) {
            let interfaces = endpoint.interfaces.iter();
            let interfaces = interfaces.filter_map(|id| network.interfaces.get(id)?.known());
            subnets.extend(interfaces.map(|interface| interface.subnet.as_str()));
            subnets.extend(endpoint.subnets.iter().map(String::as_str));
            let ingress = rules.ingress(&endpoint.security_groups);
            sets.push(ingress.addresses().ipv4().clone());
        }
        let gateways = gateways.into_iter().flatten();
        subnets.extend(gateways.map(|gateway| gateway.subnet.as_str()));
        let mut nets: BTreeSet<Interval> = BTreeSet::new();
        for subnet in subnets {
            for direction in [Direction::In, Direction::Out] {
                let acl = rules.acl(vpc, subnet, direction);
                nets.extend(acl.iter().flat_map(|acl| acl.addresses()));
            }
            let routes = rules.routes(vpc, subnet);
            let parts = routes.iter().flat_map(|routes| &routes.parts);
            sets.extend(parts.map(|(_, part)| part.ipv4().clone()));
        }
        sets.extend(nets.into_iter().map(|net| [net].into_iter().collect()));
        AddressClasses::divide(&sets)
    }

    /// Addresses have the same class if the same sets have them.
    fn divide(sets: &[Intervals]) -> AddressClasses {
        let mut borders: Vec<(u128, usize)> = Vec::new();
        for (number, set) in sets.iter().enumerate() {
            let intervals = set.iter();
            borders.extend(intervals.flat_map(|(from, to)| [(from, number), (to + 1, number)]));
        }
        borders.sort_unstable();
        let mut members: BTreeSet<usize> = BTreeSet::new();
        let mut classes: BTreeMap<BTreeSet<usize>, u32> = BTreeMap::from([(BTreeSet::new(), 0)]);
        let mut stretches = vec![(0, 0)];
        for border in borders.chunk_by(|one, next| one.0 == next.0) {
            for (_, number) in border {
                if !members.remove(number) {
                    members.insert(*number);
                }
            }
            let next = u32::try_from(classes.len()).unwrap_or(u32::MAX);
            let class = *classes.entry(members.clone()).or_insert(next);
            stretches.push((border[0].0, class));
        }
        AddressClasses { stretches }
    }

    /// The class of a single IPv4 address; `None` for IPv6 and for several addresses.
    pub fn class_of(&self, address: &AddressSet) -> Option<u32> {
        let (address, _) = address.ipv4().span().filter(|_| !address.is_ambiguous())?;
        let after = self
            .stretches
            .partition_point(|(first, _)| *first <= address);
        Some(self.stretches[..after].last()?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::single_address;
    use super::*;
    use model::facts::{
        AclEntry, Endpoint, GroupRule, Interface, NatGateway, Network, NetworkAcl, Route,
        RouteTable, RouteTarget, SecurityGroup,
    };

    #[test]
    fn addresses_of_the_same_sets_have_the_same_class() {
        let set = |texts: &[&str]| AddressSet::parse(texts.iter().copied()).ipv4().clone();
        let classes = AddressClasses::divide(&[
            set(&["10.0.0.0/16"]),
            set(&["10.0.0.5", "10.0.0.7", "10.0.0.9"]),
            set(&["0.0.0.0/0"]),
        ]);
        let of = |address: &str| classes.class_of(&single_address(address).unwrap()).unwrap();
        assert_eq!(of("10.0.0.5"), of("10.0.0.9"));
        assert_eq!(of("10.0.0.4"), of("10.0.0.6"));
        assert_eq!(of("192.168.0.1"), of("255.255.255.255"));
        assert_ne!(of("10.0.0.4"), of("10.0.0.5"));
        assert_ne!(of("10.1.0.0"), of("10.0.255.255"));
        let somewhere = AddressSet::parse(["10.0.0.0/24"]);
        assert_eq!(classes.class_of(&somewhere), None);
        let none = AddressClasses::divide(&[]);
        assert_eq!(none.class_of(&single_address("10.0.0.5").unwrap()), Some(0));
    }

    #[test]
    fn every_rule_that_can_name_a_task_of_the_vpc_divides_the_addresses() {
        let group = |id: &str, cidr: &str| SecurityGroup {
            id: id.into(),
            ingress: vec![GroupRule {
                protocol: "-1".into(),
                cidrs: vec![cidr.into()],
                ..GroupRule::default()
            }],
            ..SecurityGroup::default()
        };
        let endpoint = |vpc: &str, group: &str| Endpoint {
            vpc: vpc.into(),
            security_groups: vec![group.into()],
            subnets: vec!["endpoint".into()],
            interfaces: vec!["eni".into()],
            ..Endpoint::default()
        };
        let entry = |egress, cidr: &str| AclEntry {
            egress,
            protocol: "-1".into(),
            cidr: cidr.into(),
            ..AclEntry::default()
        };
        let table = |subnet: &str, destination: &str| RouteTable {
            id: format!("table-of-{subnet}"),
            subnets: vec![subnet.into()],
            routes: vec![Route {
                destination: destination.into(),
                target: RouteTarget::Local,
                blackhole: false,
            }],
            ..RouteTable::default()
        };
        let groups = [group("own", "10.0.1.0/24"), group("other", "10.0.7.0/24")];
        let network = Network {
            endpoints: Some(Fact::Known(vec![
                endpoint("vpc", "own"),
                endpoint("vpc-2", "other"),
            ])),
            interfaces: BTreeMap::from([(
                "eni".into(),
                Fact::Known(Interface {
                    subnet: "interface".into(),
                    ..Interface::default()
                }),
            )]),
            security_groups: groups
                .map(|group| (group.id.clone(), Fact::Known(group)))
                .into(),
            network_acls: BTreeMap::from([(
                "vpc".into(),
                Fact::Known(vec![NetworkAcl {
                    subnets: vec!["endpoint".into()],
                    entries: vec![entry(false, "10.0.2.0/24"), entry(true, "10.0.3.0/24")],
                    ..NetworkAcl::default()
                }]),
            )]),
            nat_gateways: BTreeMap::from([(
                "vpc".into(),
                Fact::Known(vec![NatGateway {
                    subnet: "gateway".into(),
                    ..NatGateway::default()
                }]),
            )]),
            route_tables: BTreeMap::from([(
                "vpc".into(),
                Fact::Known(vec![
                    table("endpoint", "10.0.4.0/24"),
                    table("interface", "10.0.5.0/24"),
                    table("gateway", "10.0.6.0/24"),
                ]),
            )]),
            ..Network::default()
        };
        let classes = AddressClasses::for_tasks_in(&NetworkRules::new(&network), "vpc");
        let of = |address: &str| classes.class_of(&single_address(address).unwrap()).unwrap();
        let of_others = of("10.0.0.1");
        for named in 1..=6 {
            assert_ne!(
                of(&format!("10.0.{named}.1")),
                of_others,
                "10.0.{named}.0/24"
            );
        }
        assert_eq!(of("10.0.7.1"), of_others, "a rule of another VPC");
    }
}
