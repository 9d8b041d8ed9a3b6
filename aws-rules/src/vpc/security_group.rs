use std::collections::BTreeSet;

use super::rules::Rules;
use super::{Direction, Ranges, Reachability};
use model::facts::{Fact, GroupRule, Unavailable};

/// The other side of a connection, as the rules of a security group may name it.
pub struct Peer<'a> {
    pub ranges: &'a Ranges,
    /// Security groups of its interface; `None`: not known.
    pub groups: Option<&'a [String]>,
}

/// What is asked for at the other side.
#[derive(Debug, Clone, Copy)]
pub enum Protocol {
    /// TCP on port 443.
    Https,
    /// UDP on port 53. Amazon's own DNS servers may always be asked.
    /// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html>
    Dns,
}

/// What the rules of security groups admit together in one direction. Rules of all groups of an interface add up, and
/// answers come back by themselves.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>
pub struct GroupRules {
    /// Without security groups nothing filters.
    filters: bool,
    ranges: Ranges,
    groups: BTreeSet<String>,
    /// Why there may be more that they admit.
    unknown: Option<Unavailable>,
}

impl GroupRules {
    pub(super) fn of(
        rules: &Rules,
        groups: &[String],
        direction: Direction,
        protocol: Protocol,
    ) -> GroupRules {
        let mut unknown = None;
        let mut sets = Vec::new();
        let mut texts = Vec::new();
        let mut peers = BTreeSet::new();
        for id in groups {
            let group = match rules.network.security_groups.get(id) {
                Some(Fact::Known(group)) => group,
                Some(Fact::Unavailable(why)) => {
                    unknown.get_or_insert(why.clone());
                    continue;
                }
                Some(Fact::Absent) | None => {
                    unknown.get_or_insert(not_found(id));
                    continue;
                }
            };
            let of_direction = match direction {
                Direction::In => &group.ingress,
                Direction::Out => &group.egress,
            };
            for rule in of_direction.iter().filter(|rule| is_for(rule, protocol)) {
                peers.extend(rule.security_groups.iter().cloned());
                texts.extend(rule.cidrs.iter().map(String::as_str));
                for list in &rule.prefix_lists {
                    let list = rules.prefix_list(list);
                    if let Err(why) = &*list {
                        unknown.get_or_insert(why.clone());
                    }
                    sets.push(list);
                }
            }
        }
        let cidrs = Ranges::parse(texts);
        let lists = sets.iter().filter_map(|list| list.as_ref().as_ref().ok());
        GroupRules {
            filters: !groups.is_empty(),
            ranges: Ranges::union(lists.chain([&cidrs])),
            groups: peers,
            unknown,
        }
    }

    /// The addresses that rules name, by range or by prefix list.
    pub fn ranges(&self) -> &Ranges {
        &self.ranges
    }

    /// Whether they admit a connection with this peer.
    pub fn admit(&self, peer: &Peer) -> Reachability {
        let names_group = |of_peer: &[String]| {
            let mut of_peer = of_peer.iter();
            of_peer.any(|id| self.groups.contains(id))
        };
        if !self.filters || peer.groups.is_some_and(names_group) {
            return Reachability::Open;
        }
        let unknown_peer = || {
            let may_be_named = peer.groups.is_none() && !self.groups.is_empty();
            may_be_named.then(unknown_peer)
        };
        if peer.ranges.is_empty() {
            let unknown = self.unknown.clone().or_else(unknown_peer);
            return Reachability::Unknown(unknown.unwrap_or_else(no_address));
        }
        if self.ranges.covers(peer.ranges) {
            return Reachability::Open;
        }
        match self.unknown.clone().or_else(unknown_peer) {
            Some(why) => Reachability::Unknown(why),
            None if !self.ranges.meets(peer.ranges) => Reachability::Blocked,
            None => Reachability::Unknown(vague()),
        }
    }
}

fn is_for(rule: &GroupRule, protocol: Protocol) -> bool {
    let (names, port) = match protocol {
        Protocol::Https => (["tcp", "6"], super::HTTPS),
        Protocol::Dns => (["udp", "17"], 53),
    };
    let of_port = || {
        rule.from_port.is_none_or(|from| from <= port) && rule.to_port.is_none_or(|to| port <= to)
    };
    rule.protocol == "-1" || names.contains(&rule.protocol.as_str()) && of_port()
}

fn not_found(group: &str) -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeSecurityGroups",
        format!("this account cannot see the security group {group}"),
    )
}

pub fn no_address() -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkInterfaces",
        "the IPv4 address of an interface on the path is unknown, and IPv6 is not evaluated",
    )
}

pub fn vague() -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkInterfaces",
        "the rules admit only some of the addresses that the other side may have, and which one it has is unknown",
    )
}

fn unknown_peer() -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkInterfaces",
        "a rule names security groups, and those of the interface at the other side are unknown",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::facts::{Network, SecurityGroup};

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
        ranges: &[&str],
    ) -> Reachability {
        let own: Vec<String> = own.iter().map(ToString::to_string).collect();
        let rules = Rules::of(network);
        let peer = Peer {
            ranges: &Ranges::parse(ranges.iter().copied()),
            groups,
        };
        let rules = GroupRules::of(&rules, &own, Direction::In, Protocol::Https);
        rules.admit(&peer)
    }

    fn gate_from(network: &Network, groups: Option<&[String]>, ranges: &[&str]) -> Reachability {
        admits(network, &["sg-1"], groups, ranges)
    }

    fn gate(ingress: Vec<GroupRule>) -> Reachability {
        gate_from(&network(ingress), Some(&["sg-task".into()]), &["10.0.0.5"])
    }

    #[test]
    fn protocols_and_ports() {
        let open = [
            rule("-1", None),
            rule("tcp", Some((443, 443))),
            rule("6", Some((0, 65535))),
            rule("tcp", None),
        ];
        for rule in open {
            assert_eq!(gate(vec![from(rule, "10.0.0.0/16")]), Reachability::Open);
        }
        let shut = [
            rule("udp", Some((443, 443))),
            rule("tcp", Some((444, 500))),
            rule("tcp", Some((80, 442))),
            rule("icmp", None),
        ];
        for rule in shut {
            assert_eq!(gate(vec![from(rule, "10.0.0.0/16")]), Reachability::Blocked);
        }
    }

    #[test]
    fn by_range_by_group_by_itself_and_by_prefix_list() {
        assert_eq!(gate(vec![]), Reachability::Blocked);
        assert_eq!(
            gate(vec![from(rule("-1", None), "10.1.0.0/16")]),
            Reachability::Blocked
        );
        let by_group = |id: &str| GroupRule {
            security_groups: vec![id.into()],
            ..rule("-1", None)
        };
        assert_eq!(gate(vec![by_group("sg-task")]), Reachability::Open);
        assert_eq!(gate(vec![by_group("sg-1")]), Reachability::Blocked);
        let itself = network(vec![by_group("sg-1")]);
        let same = ["sg-1".to_owned()];
        assert_eq!(
            gate_from(&itself, Some(&same), &["10.0.0.5"]),
            Reachability::Open
        );
        let by_list = GroupRule {
            prefix_lists: vec!["pl-1".into()],
            ..rule("-1", None)
        };
        let mut listed = network(vec![by_list]);
        let ask = |network: &Network| gate_from(network, Some(&[]), &["10.0.0.5"]);
        assert!(matches!(ask(&listed), Reachability::Unknown(_)));
        let entries = Fact::Known(vec!["10.0.0.0/24".into()]);
        listed.prefix_lists.insert("pl-1".into(), entries);
        assert_eq!(ask(&listed), Reachability::Open);
    }

    #[test]
    fn rules_add_up_and_may_cover_a_part() {
        let halves = vec![
            from(rule("-1", None), "10.0.0.0/25"),
            from(rule("-1", None), "10.0.0.128/25"),
        ];
        let all = |rules: Vec<GroupRule>| gate_from(&network(rules), Some(&[]), &["10.0.0.0/24"]);
        assert_eq!(all(halves.clone()), Reachability::Open);
        // Of an address somewhere in a range nobody knows whether it is in the part.
        let half = network(halves[..1].to_vec());
        let gate = all(halves[..1].to_vec());
        assert!(matches!(gate, Reachability::Unknown(_)));
        assert!(
            matches!(gate_from(&half, Some(&[]), &[]), Reachability::Unknown(_)),
            "no address is known"
        );
    }

    #[test]
    fn what_cannot_be_read_leaves_it_open() {
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
