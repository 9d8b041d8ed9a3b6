use std::ops::RangeInclusive;

use super::address_set::{interval, parse};
use super::intervals::Interval;
use super::open_ports::{AclRule, OpenPorts};
use super::{AddressSet, Direction};
use model::facts::NetworkAcl;

/// A range of ports.
pub type Ports = RangeInclusive<u16>;

/// The rules of a network ACL for TCP over IPv4 in one direction. The matching rule with the lowest number decides, and
/// packets that no rule matches are refused.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>
pub struct AclRules {
    /// ID of the ACL.
    pub id: String,
    /// By number.
    rules: Vec<AclRule>,
}

/// The number of the rule that AWS shows as `*`: it refuses what no other rule matches.
const LAST: u32 = 32_767;

impl AclRules {
    pub(super) fn new(acl: &NetworkAcl, direction: Direction) -> AclRules {
        let mut rules = Vec::new();
        for entry in &acl.entries {
            let (from, to) = match entry.protocol.as_str() {
                _ if entry.egress != (direction == Direction::Out) => continue,
                "-1" => (0, u16::MAX),
                "6" | "tcp" => (
                    entry.from_port.unwrap_or(0),
                    entry.to_port.unwrap_or(u16::MAX),
                ),
                _ => continue,
            };
            let Some(net) = parse(&entry.cidr).filter(|net| net.addr().is_ipv4()) else {
                continue;
            };
            rules.push(AclRule {
                number: entry.number,
                allow: entry.allow,
                addresses: interval(&net),
                ports: (from.into(), to.into()),
            });
        }
        rules.sort_by_key(|rule| rule.number);
        AclRules {
            id: acl.id.clone(),
            rules,
        }
    }

    /// The address ranges of the rules.
    pub(super) fn addresses(&self) -> impl Iterator<Item = Interval> {
        self.rules.iter().map(|rule| rule.addresses)
    }

    /// The ports, of those that are asked for, at which the rules admit packets from or to a peer.
    pub fn admit(&self, peer: &AddressSet, ports: &Ports) -> OpenPorts {
        let asked: Interval = ((*ports.start()).into(), (*ports.end()).into());
        OpenPorts::new(&self.rules, peer.ipv4(), [asked].into_iter().collect())
    }

    /// A clause that names the rule by which a peer is refused some of these ports.
    pub fn refusal(&self, peer: &AddressSet, ports: &Ports) -> String {
        let (from, to): Interval = ((*ports.start()).into(), (*ports.end()).into());
        let refuses = |rule: &&AclRule| {
            let has_ports = rule.ports.0 <= to && from <= rule.ports.1;
            !rule.allow && has_ports && peer.ipv4().overlaps(rule.addresses)
        };
        match self.rules.iter().find(refuses) {
            Some(rule) if rule.number < LAST => format!("rule {} denies", rule.number),
            _ => "no rule allows".to_owned(),
        }
    }
}

/// The ACL that is associated with a subnet, else the VPC's default one.
pub fn acl_of<'a>(acls: &'a [NetworkAcl], subnet: &str) -> Option<&'a NetworkAcl> {
    acls.iter()
        .find(|acl| acl.subnets.iter().any(|id| id == subnet))
        .or_else(|| acls.iter().find(|acl| acl.default))
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

    #[test]
    fn a_refusal_names_the_first_rule_that_denies_the_peer_a_port() {
        let acl = NetworkAcl {
            entries: vec![
                entry(1, true, "10.0.0.0/16", Some((80, 80))),
                entry(2, false, "10.9.0.0/16", None),
                entry(3, false, "10.0.0.0/16", Some((22, 22))),
                entry(4, false, "10.0.0.0/16", Some((400, 443))),
                entry(LAST, false, "0.0.0.0/0", None),
            ],
            ..NetworkAcl::default()
        };
        let rules = AclRules::new(&acl, Direction::In);
        let refusal = |ports| rules.refusal(&AddressSet::parse(["10.0.0.0/24"]), &ports);
        assert_eq!(refusal(443..=443), "rule 4 denies");
        assert_eq!(refusal(1..=500), "rule 3 denies");
        assert_eq!(refusal(100..=400), "rule 4 denies");
        assert_eq!(refusal(444..=500), "no rule allows");
    }

    fn reachability(entries: Vec<AclEntry>, ports: Ports) -> Reachability {
        let acl = NetworkAcl {
            entries,
            ..NetworkAcl::default()
        };
        let peer = AddressSet::parse(["10.0.0.0/24"]);
        let rules = AclRules::new(&acl, Direction::In);
        rules.admit(&peer, &ports).reachability()
    }

    #[test]
    fn the_matching_rule_with_the_lowest_number_decides() {
        let allow = |number| entry(number, true, "0.0.0.0/0", None);
        let deny = |number| entry(number, false, "10.0.0.0/16", Some((443, 443)));
        assert_eq!(
            reachability(vec![allow(100), deny(200)], 443..=443),
            Reachability::Open
        );
        assert_eq!(
            reachability(vec![allow(200), deny(100)], 443..=443),
            Reachability::Blocked
        );
        assert_eq!(
            reachability(vec![allow(200), deny(100)], 444..=444),
            Reachability::Open
        );
        assert_eq!(reachability(vec![], 443..=443), Reachability::Blocked);
        let elsewhere = entry(1, false, "10.9.0.0/16", None);
        assert_eq!(
            reachability(vec![elsewhere, allow(2)], 443..=443),
            Reachability::Open
        );
    }

    #[test]
    fn the_other_direction_and_other_protocols_do_not_count() {
        let mut out = entry(1, true, "0.0.0.0/0", None);
        out.egress = true;
        assert_eq!(reachability(vec![out], 443..=443), Reachability::Blocked);
        let mut udp = entry(1, false, "0.0.0.0/0", Some((0, 65535)));
        udp.protocol = "17".into();
        let all = entry(2, true, "0.0.0.0/0", None);
        let ipv6 = entry(1, false, "::/0", None);
        let rules = vec![udp, ipv6, all];
        assert_eq!(reachability(rules, 443..=443), Reachability::Open);
    }

    #[test]
    fn ephemeral_ports_can_be_partly_open() {
        let some = entry(1, true, "0.0.0.0/0", Some((1024, 40000)));
        assert_eq!(
            reachability(vec![some.clone()], 32768..=60999),
            Reachability::Partial
        );
        let rest = entry(2, true, "0.0.0.0/0", Some((40001, 65535)));
        assert_eq!(
            reachability(vec![some, rest], 32768..=60999),
            Reachability::Open
        );
        let remote_desktops = entry(1, false, "0.0.0.0/0", Some((3389, 3389)));
        let rest = entry(2, true, "0.0.0.0/0", None);
        assert_eq!(
            reachability(vec![remote_desktops, rest], 1024..=65535),
            Reachability::Open
        );
        let half = entry(1, true, "10.0.0.0/25", None);
        let half = reachability(vec![half], 443..=443);
        assert!(matches!(half, Reachability::Unknown(_)), "which address?");
    }

    #[test]
    fn an_associated_acl_takes_precedence_over_the_default_one() {
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
