use std::collections::{BTreeMap, BTreeSet};

use super::intervals::{Interval, Intervals};
use super::rules::Rules;
use super::{Direction, Ranges};
use model::facts::Fact;

/// The IPv4 addresses, divided into classes that every rule treats alike: of tasks in one class it is enough to judge
/// one.
pub struct AddressClasses {
    /// Where each stretch of addresses begins, in order, with its class.
    stretches: Vec<(u128, u32)>,
}

impl AddressClasses {
    /// By all rules in a VPC that may name the address of a task: inbound rules of endpoints, and the network ACLs and
    /// routes of the subnets in which endpoints and NAT gateways are.
    pub(super) fn of_tasks_in(rules: &Rules, vpc: &str) -> AddressClasses {
        let network = rules.network;
        let endpoints = network.endpoints.as_ref().and_then(Fact::known);
        let endpoints = endpoints.into_iter().flatten();
        let endpoints = || endpoints.clone().filter(|endpoint| endpoint.vpc == vpc);
        let gateways = network.nat_gateways.get(vpc).and_then(Fact::known);
        let interfaces = endpoints().flat_map(|endpoint| &endpoint.interfaces);
        let interfaces = interfaces.filter_map(|id| network.interfaces.get(id)?.known());
        let subnets: BTreeSet<&str> = endpoints()
            .flat_map(|endpoint| endpoint.subnets.iter().map(String::as_str))
            .chain(interfaces.map(|interface| interface.subnet.as_str()))
            .chain(
                gateways
                    .into_iter()
                    .flatten()
                    .map(|gateway| gateway.subnet.as_str()),
            )
            .collect();
        let mut sets: Vec<Intervals> = Vec::new();
        for endpoint in endpoints() {
            let groups = &endpoint.security_groups;
            let admitted = rules.ingress(groups);
            sets.push(admitted.ranges().v4().clone());
        }
        let mut nets: BTreeSet<Interval> = BTreeSet::new();
        for subnet in subnets {
            for direction in [Direction::In, Direction::Out] {
                let acl = rules.acl(vpc, subnet, direction);
                nets.extend(acl.iter().flat_map(|acl| acl.addresses()));
            }
            let routes = rules.routes(vpc, subnet);
            let parts = routes.iter().flat_map(|routes| routes.parts());
            sets.extend(parts.map(|(_, ranges)| ranges.v4().clone()));
        }
        sets.extend(nets.into_iter().map(|net| [net].into_iter().collect()));
        AddressClasses::by(&sets)
    }

    fn by(sets: &[Intervals]) -> AddressClasses {
        const BITS: usize = u64::BITS as usize;
        let mut turns: Vec<(u128, usize)> = Vec::new();
        for (number, set) in sets.iter().enumerate() {
            turns.extend(
                set.iter()
                    .flat_map(|(from, to)| [(from, number), (to + 1, number)]),
            );
        }
        turns.sort_unstable();
        let mut members = vec![0_u64; sets.len().div_ceil(BITS)];
        let mut known: BTreeMap<Vec<u64>, u32> = BTreeMap::from([(members.clone(), 0)]);
        let mut stretches = vec![(0, 0)];
        for at_one in turns.chunk_by(|one, next| one.0 == next.0) {
            for (_, number) in at_one {
                members[number / BITS] ^= 1 << (number % BITS);
            }
            let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
            let class = *known.entry(members.clone()).or_insert(next);
            stretches.push((at_one[0].0, class));
        }
        AddressClasses { stretches }
    }

    /// The class of a single IPv4 address; `None` for what is no such address.
    pub fn class_of(&self, address: &Ranges) -> Option<u32> {
        let (address, _) = address.v4().span().filter(|_| !address.is_vague())?;
        let after = self
            .stretches
            .partition_point(|(start, _)| *start <= address);
        Some(self.stretches[..after].last()?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::single;
    use super::*;

    #[test]
    fn addresses_that_rules_treat_alike() {
        let set = |texts: &[&str]| Ranges::parse(texts.iter().copied()).v4().clone();
        let classes = AddressClasses::by(&[
            set(&["10.0.0.0/16"]),
            set(&["10.0.0.5", "10.0.0.7", "10.0.0.9"]),
            set(&["0.0.0.0/0"]),
        ]);
        let of = |address: &str| classes.class_of(&single(address).unwrap()).unwrap();
        assert_eq!(of("10.0.0.5"), of("10.0.0.9"));
        assert_eq!(of("10.0.0.4"), of("10.0.0.6"));
        assert_eq!(of("192.168.0.1"), of("255.255.255.255"));
        assert_ne!(of("10.0.0.4"), of("10.0.0.5"));
        assert_ne!(of("10.1.0.0"), of("10.0.255.255"));
        let somewhere = Ranges::parse(["10.0.0.0/24"]);
        assert_eq!(classes.class_of(&somewhere), None);
        let none = AddressClasses::by(&[]);
        assert_eq!(none.class_of(&single("10.0.0.5").unwrap()), Some(0));
    }
}
