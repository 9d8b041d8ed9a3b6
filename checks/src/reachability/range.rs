use std::sync::LazyLock;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::facts::Subnet;

/// A set of IP addresses.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranges {
    nets: Vec<IpNet>,
    /// One of them is meant, and which is not known; otherwise all are.
    any: bool,
}

impl Ranges {
    /// Of texts as AWS writes them; what is no range is left out.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Ranges {
        Ranges::of(texts.into_iter().filter_map(parse).collect())
    }

    fn of(nets: Vec<IpNet>) -> Ranges {
        Ranges { nets, any: false }
    }

    /// One address of these, nobody knows which.
    pub fn somewhere(mut self) -> Ranges {
        self.any = true;
        self
    }

    /// Whether it is not known which of the addresses are meant: what lets a part of them through may let
    /// everything through that matters, or nothing.
    pub fn is_vague(&self) -> bool {
        self.any
    }

    pub fn is_empty(&self) -> bool {
        self.nets.is_empty()
    }

    /// What is left when these addresses are taken away.
    pub fn without(&self, taken: &Ranges) -> Ranges {
        let mut nets = self.nets.clone();
        for &hole in &taken.nets {
            let mut left = Vec::with_capacity(nets.len());
            for net in nets {
                cut(net, hole, &mut left);
            }
            nets = left;
        }
        Ranges {
            nets,
            any: self.any,
        }
    }

    /// Whether all are in this range.
    pub fn are_within(&self, net: Ipv4Net) -> bool {
        let net = IpNet::V4(net);
        self.nets.iter().all(|own| net.contains(own))
    }

    /// Whether any address is in both.
    pub fn meets(&self, other: &Ranges) -> bool {
        self.nets
            .iter()
            .any(|a| other.nets.iter().any(|b| a.contains(b) || b.contains(a)))
    }

    pub fn extend(&mut self, other: Ranges) {
        self.nets.extend(other.nets);
        self.any |= other.any;
    }
}

impl From<Ipv4Net> for Ranges {
    fn from(net: Ipv4Net) -> Ranges {
        Ranges::of(vec![IpNet::V4(net.trunc())])
    }
}

/// A single address, as a range.
pub fn single(address: &str) -> Option<Ranges> {
    let address: std::net::IpAddr = address.parse().ok()?;
    Some(Ranges::of(vec![IpNet::from(address)]))
}

/// An address in a subnet; none where it has no IPv4.
pub fn subnet_ranges(subnet: &Subnet) -> Ranges {
    Ranges::parse(subnet.cidr.as_deref()).somewhere()
}

/// An address that AWS may have on the internet: which it is is not known from here.
pub fn internet() -> Ranges {
    static INTERNET: LazyLock<Ranges> = LazyLock::new(all_but_private);
    INTERNET.clone()
}

fn all_but_private() -> Ranges {
    let all = Ranges::parse(["0.0.0.0/0"]).somewhere();
    all.without(&Ranges::parse([
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "224.0.0.0/3",
    ]))
}

fn parse(text: &str) -> Option<IpNet> {
    text.parse()
        .ok()
        .or_else(|| Some(IpNet::from(text.parse::<std::net::IpAddr>().ok()?)))
        .map(|net: IpNet| net.trunc())
}

/// Adds what is left of a range when another is cut out of it.
fn cut(net: IpNet, hole: IpNet, left: &mut Vec<IpNet>) {
    if hole.contains(&net) {
        return;
    }
    if !net.contains(&hole) {
        left.push(net);
        return;
    }
    for half in halves(net) {
        cut(half, hole, left);
    }
}

fn halves(net: IpNet) -> Vec<IpNet> {
    match net {
        IpNet::V4(net) => v4_halves(net).into_iter().map(IpNet::V4).collect(),
        IpNet::V6(net) => v6_halves(net).into_iter().map(IpNet::V6).collect(),
    }
}

fn v4_halves(net: Ipv4Net) -> Vec<Ipv4Net> {
    net.subnets(net.prefix_len() + 1)
        .map(Iterator::collect)
        .unwrap_or_default()
}

fn v6_halves(net: Ipv6Net) -> Vec<Ipv6Net> {
    net.subnets(net.prefix_len() + 1)
        .map(Iterator::collect)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(of: &[&str], taken: &[&str]) -> Vec<String> {
        let ranges = Ranges::parse(of.iter().copied());
        let left = ranges.without(&Ranges::parse(taken.iter().copied()));
        left.nets.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn cutting() {
        assert_eq!(left(&["10.0.0.0/24"], &["10.0.0.0/16"]), [""; 0]);
        assert_eq!(left(&["10.0.0.0/24"], &["10.1.0.0/16"]), ["10.0.0.0/24"]);
        assert_eq!(
            left(&["10.0.0.0/24"], &["10.0.0.0/25", "10.0.0.192/26"]),
            ["10.0.0.128/26"]
        );
        assert_eq!(left(&["10.0.0.5/32"], &["::/0"]), ["10.0.0.5/32"]);
        assert_eq!(
            left(&["2001:db8::/64"], &["2001:db8::/65"]),
            ["2001:db8:0:0:8000::/65"]
        );
        assert_eq!(left(&["10.0.0.0/31"], &["10.0.0.1"]), ["10.0.0.0/32"]);
        assert_eq!(left(&["nonsense"], &[]), [""; 0]);
    }

    #[test]
    fn the_internet_is_not_private() {
        let private = Ranges::parse(["10.0.0.0/8", "192.168.1.0/24"]);
        assert!(!internet().meets(&private));
        assert!(internet().meets(&Ranges::parse(["52.94.0.0/16"])));
        assert!(internet().without(&Ranges::parse(["0.0.0.0/0"])).is_empty());
    }
}
