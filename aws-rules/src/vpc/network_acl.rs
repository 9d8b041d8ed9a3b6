use std::ops::RangeInclusive;

use super::intervals::Interval;
use super::open_ports::OpenPorts;
use super::range::{interval, parse};
use super::{Direction, Ranges};
use model::facts::{NetworkAcl, Unavailable};

pub type Ports = RangeInclusive<u16>;

/// The rules of a network ACL for TCP over IPv4 in one direction: the lowest number that matches decides, and what no
/// rule matches is refused.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>
pub struct AclRules {
    pub id: String,
    rules: Vec<AclRule>,
}

pub(super) struct AclRule {
    number: u32,
    pub(super) allow: bool,
    pub(super) addresses: Interval,
    pub(super) ports: Interval,
}

/// The number of the rule that AWS shows as `*`: it refuses what no other rule matches.
const LAST: u32 = 32_767;

impl AclRules {
    pub(super) fn of(acl: &NetworkAcl, direction: Direction) -> AclRules {
        let entries = acl.entries.iter();
        let mut rules: Vec<AclRule> = entries
            .filter(|entry| entry.egress == (direction == Direction::Out))
            .filter(|entry| matches!(entry.protocol.as_str(), "-1" | "6" | "tcp"))
            .filter_map(|entry| {
                let net = parse(&entry.cidr).filter(|net| net.addr().is_ipv4())?;
                let ports = match entry.protocol.as_str() {
                    "-1" => (0, u16::MAX),
                    _ => (
                        entry.from_port.unwrap_or(0),
                        entry.to_port.unwrap_or(u16::MAX),
                    ),
                };
                Some(AclRule {
                    number: entry.number,
                    allow: entry.allow,
                    addresses: interval(&net),
                    ports: (ports.0.into(), ports.1.into()),
                })
            })
            .collect();
        rules.sort_by_key(|rule| rule.number);
        AclRules {
            id: acl.id.clone(),
            rules,
        }
    }

    /// Address ranges that rules name.
    pub fn addresses(&self) -> impl Iterator<Item = Interval> {
        self.rules.iter().map(|rule| rule.addresses)
    }

    /// Which of these ports they admit packets to, from or to this address.
    pub fn admit(&self, peer: &Ranges, ports: &Ports) -> OpenPorts {
        let asked: Interval = ((*ports.start()).into(), (*ports.end()).into());
        let meets = |rule: &&AclRule| {
            peer.v4().meets(rule.addresses) && rule.ports.0 <= asked.1 && asked.0 <= rule.ports.1
        };
        let (first, last) = peer.v4().span().unwrap_or_default();
        let is_for_all = |rule: &AclRule| rule.addresses.0 <= first && last <= rule.addresses.1;
        let mut rules: Vec<&AclRule> = Vec::new();
        for rule in self.rules.iter().filter(meets) {
            rules.push(rule);
            // Mostly the first rule is for everything.
            if rule.ports.0 <= asked.0 && asked.1 <= rule.ports.1 && is_for_all(rule) {
                break;
            }
        }
        let asked = [asked].into_iter().collect();
        match rules.iter().all(|rule| is_for_all(rule)) {
            true => OpenPorts::known(&rules, asked),
            false => OpenPorts::by_stretch(&rules, peer.v4(), asked),
        }
    }

    /// The rule that refuses a peer one of these ports, in words.
    pub fn refusal(&self, peer: &Ranges, ports: &Ports) -> String {
        let (from, to): Interval = ((*ports.start()).into(), (*ports.end()).into());
        let mut matching = self.rules.iter().filter(|rule| {
            peer.v4().meets(rule.addresses) && rule.ports.0 <= to && from <= rule.ports.1
        });
        match matching.find(|rule| !rule.allow) {
            Some(rule) if rule.number < LAST => format!("rule {} denies", rule.number),
            _ => "no rule allows".to_owned(),
        }
    }
}

/// The ACL that a subnet names, else the VPC's default one.
pub fn acl_of<'a>(acls: &'a [NetworkAcl], subnet: &str) -> Option<&'a NetworkAcl> {
    acls.iter()
        .find(|acl| acl.subnets.iter().any(|id| id == subnet))
        .or_else(|| acls.iter().find(|acl| acl.default))
}

pub(super) fn not_read(vpc: &str) -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkAcls",
        format!("this account cannot see the network ACLs of {vpc}"),
    )
}

#[cfg(test)]
mod tests {
    use super::super::Reachability;
    use super::*;
    use model::facts::AclEntry;

    fn entry(number: u32, allow: bool, cidr: &str, ports: Option<(u16, u16)>) -> AclEntry {
        AclEntry {
            number,
            egress: false,
            allow,
            protocol: if ports.is_some() { "6" } else { "-1" }.into(),
            cidr: cidr.into(),
            from_port: ports.map(|(from, _)| from),
            to_port: ports.map(|(_, to)| to),
        }
    }

    fn gate(entries: Vec<AclEntry>, ports: Ports) -> Reachability {
        let acl = NetworkAcl {
            entries,
            ..NetworkAcl::default()
        };
        let peer = Ranges::parse(["10.0.0.0/24"]);
        let rules = AclRules::of(&acl, Direction::In);
        rules.admit(&peer, &ports).reachability()
    }

    #[test]
    fn the_lowest_rule_that_matches_decides() {
        let allow = |number| entry(number, true, "0.0.0.0/0", None);
        let deny = |number| entry(number, false, "10.0.0.0/16", Some((443, 443)));
        assert_eq!(
            gate(vec![allow(100), deny(200)], 443..=443),
            Reachability::Open
        );
        assert_eq!(
            gate(vec![allow(200), deny(100)], 443..=443),
            Reachability::Blocked
        );
        assert_eq!(
            gate(vec![allow(200), deny(100)], 444..=444),
            Reachability::Open
        );
        assert_eq!(gate(vec![], 443..=443), Reachability::Blocked);
        let elsewhere = entry(1, false, "10.9.0.0/16", None);
        assert_eq!(
            gate(vec![elsewhere, allow(2)], 443..=443),
            Reachability::Open
        );
    }

    #[test]
    fn the_other_direction_and_other_protocols_do_not_count() {
        let mut out = entry(1, true, "0.0.0.0/0", None);
        out.egress = true;
        assert_eq!(gate(vec![out], 443..=443), Reachability::Blocked);
        let mut udp = entry(1, false, "0.0.0.0/0", Some((0, 65535)));
        udp.protocol = "17".into();
        let all = entry(2, true, "0.0.0.0/0", None);
        assert_eq!(gate(vec![udp, all], 443..=443), Reachability::Open);
    }

    #[test]
    fn ephemeral_ports_open_in_part() {
        let some = entry(1, true, "0.0.0.0/0", Some((1024, 40000)));
        assert_eq!(
            gate(vec![some.clone()], 32768..=60999),
            Reachability::Partial
        );
        let rest = entry(2, true, "0.0.0.0/0", Some((40001, 65535)));
        assert_eq!(gate(vec![some, rest], 32768..=60999), Reachability::Open);
        let remote_desktops = entry(1, false, "0.0.0.0/0", Some((3389, 3389)));
        let rest = entry(2, true, "0.0.0.0/0", None);
        assert_eq!(
            gate(vec![remote_desktops, rest], 1024..=65535),
            Reachability::Open
        );
        let half = entry(1, true, "10.0.0.0/25", None);
        let half = gate(vec![half], 443..=443);
        assert!(matches!(half, Reachability::Unknown(_)), "which address?");
    }

    #[test]
    fn the_subnet_s_own_acl_beats_the_default_one() {
        let own = NetworkAcl {
            id: "acl-1".into(),
            subnets: vec!["subnet-1".into()],
            ..NetworkAcl::default()
        };
        let default = NetworkAcl {
            id: "acl-2".into(),
            default: true,
            ..NetworkAcl::default()
        };
        let acls = [default, own];
        assert_eq!(acl_of(&acls, "subnet-1").unwrap().id, "acl-1");
        assert_eq!(acl_of(&acls, "subnet-2").unwrap().id, "acl-2");
        assert!(acl_of(&acls[1..], "subnet-2").is_none());
    }
}
