use std::net::IpAddr;
use std::sync::LazyLock;

use ipnet::IpNet;

use super::intervals::{Interval, Intervals};
use model::facts::Subnet;

/// A set of IP addresses. For a peer of a connection, the possible addresses: several if the exact one is unknown.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct AddressSet {
    v4: Intervals,
    v6: Intervals,
}

impl AddressSet {
    /// Parses ranges and single addresses as AWS writes them, without those that are malformed.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> AddressSet {
        texts.into_iter().filter_map(parse).collect()
    }

    /// The addresses of all these sets.
    pub fn union<'r>(sets: impl Iterator<Item = &'r AddressSet> + Clone) -> AddressSet {
        AddressSet {
            v4: sets.clone().flat_map(|set| set.v4.iter()).collect(),
            v6: sets.flat_map(|set| set.v6.iter()).collect(),
        }
    }

    /// A set of IPv4 addresses, given as numbers.
    pub fn from_ipv4(v4: Intervals) -> AddressSet {
        AddressSet {
            v4,
            v6: Intervals::default(),
        }
    }

    /// The IPv4 addresses as numbers.
    pub fn ipv4(&self) -> &Intervals {
        &self.v4
    }

    /// Whether the set has several addresses.
    pub fn is_ambiguous(&self) -> bool {
        self.v4.count().saturating_add(self.v6.count()) > 1
    }

    /// Whether the set has no addresses.
    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// The addresses in this set only.
    pub fn difference(&self, other: &AddressSet) -> AddressSet {
        AddressSet {
            v4: self.v4.difference(&other.v4),
            v6: self.v6.difference(&other.v6),
        }
    }

    /// Whether all addresses of another set are in this one.
    pub fn covers(&self, other: &AddressSet) -> bool {
        self.v4.covers_all(&other.v4) && self.v6.covers_all(&other.v6)
    }

    /// Whether any address is in both.
    pub fn overlaps(&self, other: &AddressSet) -> bool {
        self.v4.overlaps_any(&other.v4) || self.v6.overlaps_any(&other.v6)
    }
}

impl FromIterator<IpNet> for AddressSet {
    fn from_iter<I: IntoIterator<Item = IpNet>>(nets: I) -> AddressSet {
        let nets = nets.into_iter();
        let (v4, v6): (Vec<IpNet>, Vec<IpNet>) = nets.partition(|net| net.addr().is_ipv4());
        AddressSet {
            v4: v4.iter().map(interval).collect(),
            v6: v6.iter().map(interval).collect(),
        }
    }
}

/// A single address, as a set.
pub fn single_address(address: &str) -> Option<AddressSet> {
    let address: IpAddr = address.parse().ok()?;
    Some([IpNet::from(address)].into_iter().collect())
}

/// The IPv4 addresses of a subnet; empty for a subnet with IPv6 only.
pub fn subnet_addresses(subnet: &Subnet) -> AddressSet {
    AddressSet::parse(subnet.cidr.as_deref())
}

/// The public IPv4 addresses: AWS services have some of them on the internet.
pub fn public_addresses() -> &'static AddressSet {
    static PUBLIC: LazyLock<AddressSet> = LazyLock::new(|| {
        AddressSet::parse(["0.0.0.0/0"]).difference(&AddressSet::parse([
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "224.0.0.0/3",
        ]))
    });
    &PUBLIC
}

/// An address range as AWS writes it, or a single address.
pub fn parse(text: &str) -> Option<IpNet> {
    let net = text.parse().ok();
    net.or_else(|| Some(IpNet::from(text.parse::<IpAddr>().ok()?)))
}

/// The addresses of a range, as numbers of its family.
pub fn interval(net: &IpNet) -> Interval {
    match net {
        IpNet::V4(net) => (
            u32::from(net.network()).into(),
            u32::from(net.broadcast()).into(),
        ),
        IpNet::V6(net) => (net.network().into(), net.broadcast().into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_left(of: &[&str], taken: &[&str], left: &[&str]) -> bool {
        let parse = |texts: &[&str]| AddressSet::parse(texts.iter().copied());
        parse(of).difference(&parse(taken)) == parse(left)
    }

    #[test]
    fn difference_removes_addresses() {
        assert!(is_left(&["10.0.0.0/24"], &["10.0.0.0/16"], &[]));
        assert!(is_left(
            &["10.0.0.0/24"],
            &["10.1.0.0/16"],
            &["10.0.0.0/24"]
        ));
        assert!(is_left(
            &["10.0.0.0/24"],
            &["10.0.0.0/25", "10.0.0.192/26"],
            &["10.0.0.128/26"]
        ));
        assert!(is_left(&["10.0.0.5/32"], &["::/0"], &["10.0.0.5/32"]));
        let upper = &["2001:db8:0:0:8000::/65"];
        assert!(is_left(&["2001:db8::/64"], &["2001:db8::/65"], upper));
        assert!(is_left(&["10.0.0.0/31"], &["10.0.0.1"], &["10.0.0.0/32"]));
        assert!(is_left(&["nonsense"], &[], &[]));
        assert!(is_left(&["10.0.0.77/24"], &[], &["10.0.0.0/24"]));
    }

    #[test]
    fn a_subnet_has_the_addresses_of_its_ipv4_range() {
        let mut subnet = Subnet::default();
        assert!(subnet_addresses(&subnet).is_empty());
        subnet.cidr = Some("10.0.0.0/24".into());
        assert_eq!(
            subnet_addresses(&subnet),
            AddressSet::parse(["10.0.0.0/24"])
        );
    }

    #[test]
    fn adjacent_ranges_merge() {
        let halves = ["0.0.0.0/1", "128.0.0.0/1"];
        assert_eq!(AddressSet::parse(halves), AddressSet::parse(["0.0.0.0/0"]));
        assert!(AddressSet::parse(halves).covers(public_addresses()));
        assert!(!AddressSet::parse(["0.0.0.0/1"]).covers(public_addresses()));
    }

    #[test]
    fn private_addresses_are_not_public() {
        let private = AddressSet::parse(["10.0.0.0/8", "192.168.1.0/24"]);
        assert!(!public_addresses().overlaps(&private));
        assert!(public_addresses().overlaps(&AddressSet::parse(["52.94.0.0/16"])));
        let all = AddressSet::parse(["0.0.0.0/0"]);
        assert!(public_addresses().difference(&all).is_empty());
    }
}
