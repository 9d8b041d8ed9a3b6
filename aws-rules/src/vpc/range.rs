use std::net::IpAddr;
use std::sync::LazyLock;

use ipnet::IpNet;

use super::intervals::{Interval, Intervals};
use model::facts::Subnet;

/// A set of IP addresses. As the other side of a connection it stands for one of them: which, is not known where there
/// are several.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ranges {
    v4: Intervals,
    v6: Intervals,
}

impl Ranges {
    /// Of texts as AWS writes them; what is no range is left out.
    pub fn parse<'t>(texts: impl IntoIterator<Item = &'t str>) -> Ranges {
        texts.into_iter().filter_map(parse).collect()
    }

    /// The addresses of all these sets.
    pub fn union<'r>(sets: impl IntoIterator<Item = &'r Ranges>) -> Ranges {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for set in sets {
            v4.extend(set.v4.iter());
            v6.extend(set.v6.iter());
        }
        Ranges {
            v4: v4.into_iter().collect(),
            v6: v6.into_iter().collect(),
        }
    }

    pub fn of_v4(v4: Intervals) -> Ranges {
        Ranges {
            v4,
            v6: Intervals::default(),
        }
    }

    pub fn v4(&self) -> &Intervals {
        &self.v4
    }

    /// It is not known which of several addresses is meant: a rule for some of them may or may not be for it.
    pub fn is_vague(&self) -> bool {
        self.v4.count().saturating_add(self.v6.count()) > 1
    }

    pub fn is_empty(&self) -> bool {
        self.v4.is_empty() && self.v6.is_empty()
    }

    /// What is left when these addresses are taken away.
    pub fn without(&self, taken: &Ranges) -> Ranges {
        Ranges {
            v4: self.v4.without(&taken.v4),
            v6: self.v6.without(&taken.v6),
        }
    }

    /// The addresses in both.
    pub fn and(&self, other: &Ranges) -> Ranges {
        Ranges {
            v4: self.v4.and(&other.v4),
            v6: self.v6.and(&other.v6),
        }
    }

    /// Whether all addresses of another set are in this one.
    pub fn covers(&self, other: &Ranges) -> bool {
        self.v4.covers_all(&other.v4) && self.v6.covers_all(&other.v6)
    }

    /// Whether any address is in both.
    pub fn meets(&self, other: &Ranges) -> bool {
        self.v4.meets_any(&other.v4) || self.v6.meets_any(&other.v6)
    }
}

impl FromIterator<IpNet> for Ranges {
    fn from_iter<I: IntoIterator<Item = IpNet>>(nets: I) -> Ranges {
        let (mut v4, mut v6) = (Vec::new(), Vec::new());
        for net in nets {
            let of_family = match net {
                IpNet::V4(_) => &mut v4,
                IpNet::V6(_) => &mut v6,
            };
            of_family.push(interval(&net));
        }
        Ranges {
            v4: v4.into_iter().collect(),
            v6: v6.into_iter().collect(),
        }
    }
}

/// A single address, as a set.
pub fn single(address: &str) -> Option<Ranges> {
    let address: IpAddr = address.parse().ok()?;
    Some([IpNet::from(address)].into_iter().collect())
}

/// An address in a subnet; none where it has no IPv4.
pub fn subnet_ranges(subnet: &Subnet) -> Ranges {
    Ranges::parse(subnet.cidr.as_deref())
}

/// An address that AWS may have on the internet: which it is is not known from here.
pub fn internet() -> &'static Ranges {
    static INTERNET: LazyLock<Ranges> = LazyLock::new(all_but_private);
    &INTERNET
}

fn all_but_private() -> Ranges {
    Ranges::parse(["0.0.0.0/0"]).without(&Ranges::parse([
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
        let parse = |texts: &[&str]| Ranges::parse(texts.iter().copied());
        parse(of).without(&parse(taken)) == parse(left)
    }

    #[test]
    fn taking_away() {
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
    fn halves_are_a_whole() {
        let halves = ["0.0.0.0/1", "128.0.0.0/1"];
        assert_eq!(Ranges::parse(halves), Ranges::parse(["0.0.0.0/0"]));
        assert!(Ranges::parse(halves).covers(internet()));
        assert!(!Ranges::parse(["0.0.0.0/1"]).covers(internet()));
    }

    #[test]
    fn the_internet_is_not_private() {
        let private = Ranges::parse(["10.0.0.0/8", "192.168.1.0/24"]);
        assert!(!internet().meets(&private));
        assert!(internet().meets(&Ranges::parse(["52.94.0.0/16"])));
        let all = Ranges::parse(["0.0.0.0/0"]);
        assert!(internet().without(&all).is_empty());
    }
}
