use std::collections::BTreeSet;

use super::known::known;
use super::prefix_list::PrefixLists;
use super::reachability::{ambiguous_address, unknown_address};
use super::{AddressSet, Direction, Reachability};
use model::facts::{GroupRule, Network, Unavailable};

/// The other side of a connection, as rules of security groups can name it.
pub struct Peer<'a> {
    /// The possible addresses.
    pub addresses: &'a AddressSet,
    /// Security groups of the interface; `None`: unknown.
    pub groups: Option<&'a [String]>,
}

/// The protocol and port of a connection.
#[derive(Debug, Clone, Copy)]
pub enum Protocol {
    /// TCP on port 443.
    Https,
    /// UDP on port 53. Security groups do not filter calls to Amazon's own DNS servers.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html>
    Dns,
}

/// The peers that the security groups of an interface admit in one direction. The rules of all groups add up, and answers
/// need no rule.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>
pub struct GroupRules {
    /// False for an interface without security groups: nothing filters.
    filters: bool,
    addresses: AddressSet,
    groups: BTreeSet<String>,
    /// Why there may be more rules.
    unknown: Option<Unavailable>,
}

impl GroupRules {
    pub(super) fn new(
        network: &Network,
        lists: &PrefixLists,
        groups: &[String],
        direction: Direction,
        protocol: Protocol,
    ) -> GroupRules {
        let mut unknown = Vec::new();
        let mut sets = Vec::new();
        let mut peers = BTreeSet::new();
        for id in groups {
            let unseen = || format!("this account cannot see the security group {id}");
            let fact = network.security_groups.get(id);
            let group = match known(fact, "ec2:DescribeSecurityGroups", unseen) {
                Ok(group) => group,
                Err(why) => {
                    unknown.push(why);
                    continue;
                }
            };
            let rules = match direction {
                Direction::In => &group.ingress,
                Direction::Out => &group.egress,
            };
            for rule in rules.iter().filter(|rule| matches(rule, protocol)) {
                peers.extend(rule.security_groups.iter().cloned());
                sets.push(AddressSet::parse(rule.cidrs.iter().map(String::as_str)));
                for list in &rule.prefix_lists {
                    match lists.get(list) {
                        Ok(addresses) => sets.push(addresses.clone()),
                        Err(why) => unknown.push(why),
                    }
                }
            }
        }
        GroupRules {
            filters: !groups.is_empty(),
            addresses: AddressSet::union(sets.iter()),
            groups: peers,
            unknown: unknown.into_iter().next(),
        }
    }

    /// The addresses that rules name, by range or by prefix list.
    pub(super) fn addresses(&self) -> &AddressSet {
        &self.addresses
    }

    /// Whether the groups admit a connection with a peer.
    pub fn admit(&self, peer: &Peer) -> Reachability {
        let is_named = |groups: &[String]| groups.iter().any(|id| self.groups.contains(id));
        if !self.filters || peer.groups.is_some_and(is_named) {
            return Reachability::Open;
        }
        let unknown = self.unknown.clone().or_else(|| {
            let may_be_named = peer.groups.is_none() && !self.groups.is_empty();
            may_be_named.then(|| {
                Unavailable::not_asked(
                    "ec2:DescribeNetworkInterfaces",
                    "a rule names security groups, and the security groups of the peer's interface are unknown",
                )
            })
        });
        if peer.addresses.is_empty() {
            return Reachability::Unknown(unknown.unwrap_or_else(unknown_address));
        }
        if self.addresses.covers(peer.addresses) {
            return Reachability::Open;
        }
        match unknown {
            Some(why) => Reachability::Unknown(why),
            None if !self.addresses.overlaps(peer.addresses) => Reachability::Blocked,
            None => Reachability::Unknown(ambiguous_address()),
        }
    }
}

/// Whether a rule is for the protocol and its port.
fn matches(rule: &GroupRule, protocol: Protocol) -> bool {
    let (names, port) = match protocol {
        Protocol::Https => (["tcp", "6"], super::HTTPS),
        Protocol::Dns => (["udp", "17"], 53),
    };
    let has_port =
        rule.from_port.is_none_or(|from| from <= port) && rule.to_port.is_none_or(|to| port <= to);
    rule.protocol == "-1" || names.contains(&rule.protocol.as_str()) && has_port
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vpc::NetworkRules;
    use model::facts::{Fact, SecurityGroup};

    fn rule(protocol: &str, ports: Option<(u16, u16)>) -> GroupRule {
        GroupRule {
            protocol: protocol.into(),
            from_port: ports.map(|(from, _)| from),
            to_port: ports.map(|(_, to)| to),
            ..GroupRule::default()
        }
    }

    fn from(rule: GroupRule, cidr: &str) -> GroupRule {
        GroupRule {
            cidrs: vec![cidr.into()],
            ..rule
        }
    }

    fn network(ingress: Vec<GroupRule>) -> Network {
        let mut network = Network::default();
        let group = SecurityGroup {
            id: "sg-1".into(),
            ingress,
            ..SecurityGroup::default()
        };
        network
            .security_groups
            .insert("sg-1".into(), Fact::Known(group));
        network
    }

    fn admits(
        network: &Network,
        own: &[&str],
        groups: Option<&[String]>,
        addresses: &[&str],
    ) -> Reachability {
        let own: Vec<String> = own.iter().map(ToString::to_string).collect();
        let peer = Peer {
            addresses: &AddressSet::parse(addresses.iter().copied()),
            groups,
        };
        NetworkRules::new(network).ingress(&own).admit(&peer)
    }

    fn admits_from(
        network: &Network,
        groups: Option<&[String]>,
        addresses: &[&str],
    ) -> Reachability {
        admits(network, &["sg-1"], groups, addresses)
    }

    fn admits_task(ingress: Vec<GroupRule>) -> Reachability {
        admits_from(&network(ingress), Some(&["sg-task".into()]), &["10.0.0.5"])
    }

    #[test]
    fn rules_match_by_protocol_and_port() {
        let open = [
            rule("-1", None),
            rule("tcp", Some((443, 443))),
            rule("6", Some((0, 65535))),
            rule("tcp", None),
        ];
        for rule in open {
            assert_eq!(
                admits_task(vec![from(rule, "10.0.0.0/16")]),
                Reachability::Open
            );
        }
        let blocked = [
            rule("udp", Some((443, 443))),
            rule("tcp", Some((444, 500))),
            rule("tcp", Some((80, 442))),
            rule("icmp", None),
        ];
        for rule in blocked {
            assert_eq!(
                admits_task(vec![from(rule, "10.0.0.0/16")]),
                Reachability::Blocked
            );
        }
    }

    #[test]
    fn rules_name_ranges_groups_and_prefix_lists() {
        assert_eq!(admits_task(vec![]), Reachability::Blocked);
        assert_eq!(
            admits_task(vec![from(rule("-1", None), "10.1.0.0/16")]),
            Reachability::Blocked
        );
        let by_group = |id: &str| GroupRule {
            security_groups: vec![id.into()],
            ..rule("-1", None)
        };
        assert_eq!(admits_task(vec![by_group("sg-task")]), Reachability::Open);
        assert_eq!(admits_task(vec![by_group("sg-1")]), Reachability::Blocked);
        let itself = network(vec![by_group("sg-1")]);
        let same = ["sg-1".to_owned()];
        assert_eq!(
            admits_from(&itself, Some(&same), &["10.0.0.5"]),
            Reachability::Open
        );
        let by_list = GroupRule {
            prefix_lists: vec!["pl-1".into()],
            ..rule("-1", None)
        };
        let mut listed = network(vec![by_list]);
        let ask = |network: &Network| admits_from(network, Some(&[]), &["10.0.0.5"]);
        assert!(matches!(ask(&listed), Reachability::Unknown(_)));
        let entries = Fact::Known(vec!["10.0.0.0/24".into()]);
        listed.prefix_lists.insert("pl-1".into(), entries);
        assert_eq!(ask(&listed), Reachability::Open);
    }

    #[test]
    fn rules_add_up_and_can_cover_some_addresses_only() {
        let halves = vec![
            from(rule("-1", None), "10.0.0.0/25"),
            from(rule("-1", None), "10.0.0.128/25"),
        ];
        let all = |rules: Vec<GroupRule>| admits_from(&network(rules), Some(&[]), &["10.0.0.0/24"]);
        assert_eq!(all(halves.clone()), Reachability::Open);
        // An unknown address of a range can be inside or outside of the covered part.
        let half = network(halves[..1].to_vec());
        let gate = all(halves[..1].to_vec());
        assert!(matches!(gate, Reachability::Unknown(_)));
        assert!(
            matches!(admits_from(&half, Some(&[]), &[]), Reachability::Unknown(_)),
            "no address is known"
        );
    }

    #[test]
    fn an_unreadable_group_makes_a_refusal_unknown() {
        let mut network = network(vec![from(rule("-1", None), "10.0.0.0/16")]);
        let ask = |network: &Network| admits(network, &["sg-1", "sg-2"], None, &["10.0.0.5"]);
        assert_eq!(ask(&network), Reachability::Open, "rules add up");
        let Some(Fact::Known(group)) = network.security_groups.get_mut("sg-1") else {
            unreachable!()
        };
        group.ingress.clear();
        assert!(matches!(ask(&network), Reachability::Unknown(_)));
    }

    #[test]
    fn without_groups_nothing_filters() {
        let gate = admits(&Network::default(), &[], None, &[]);
        assert_eq!(gate, Reachability::Open);
    }
}
