use super::{Direction, Gate, Ranges};
use crate::facts::{Fact, GroupRule, Network, Unavailable};

/// The other side of a connection, as the rules of a security group may name it.
pub struct Peer<'a> {
    pub ranges: Ranges,
    /// Security groups of its interface; `None`: not known.
    pub groups: Option<&'a [String]>,
}

/// Whether an interface with these security groups may talk TCP with a peer on a port of the one that is
/// called: rules of all groups add up, and answers come back by themselves.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/security-group-rules.html>
pub fn groups_let(
    network: &Network,
    groups: &[String],
    direction: Direction,
    peer: &Peer,
    port: u16,
) -> Gate {
    let fits = |rule: &GroupRule| is_for(rule, &["tcp", "6"], port);
    groups_let_by(network, groups, direction, peer, fits)
}

/// Whether it may ask a DNS server. Amazon's own may always be asked.
/// <https://docs.aws.amazon.com/vpc/latest/userguide/vpc-security-groups.html>
pub fn groups_let_ask(network: &Network, groups: &[String], server: &Peer) -> Gate {
    let fits = |rule: &GroupRule| is_for(rule, &["udp", "17"], DNS);
    groups_let_by(network, groups, Direction::Out, server, fits)
}

const DNS: u16 = 53;

fn groups_let_by(
    network: &Network,
    groups: &[String],
    direction: Direction,
    peer: &Peer,
    fits: impl Fn(&GroupRule) -> bool,
) -> Gate {
    if groups.is_empty() {
        return Gate::Open;
    }
    let mut named = Ranges::default();
    let mut unseen: Option<Unavailable> = None;
    for id in groups {
        let group = match network.security_groups.get(id) {
            Some(Fact::Known(group)) => group,
            Some(Fact::Unavailable(why)) => {
                unseen.get_or_insert(why.clone());
                continue;
            }
            Some(Fact::Absent) | None => {
                unseen.get_or_insert(not_found(id));
                continue;
            }
        };
        let rules = match direction {
            Direction::In => &group.ingress,
            Direction::Out => &group.egress,
        };
        for rule in rules.iter().filter(|rule| fits(rule)) {
            match peer.groups {
                Some(of_peer) if rule.security_groups.iter().any(|id| of_peer.contains(id)) => {
                    return Gate::Open;
                }
                None if !rule.security_groups.is_empty() => {
                    unseen.get_or_insert(unknown_peer());
                }
                Some(_) | None => {}
            }
            named.extend(Ranges::parse(rule.cidrs.iter().map(String::as_str)));
            for list in &rule.prefix_lists {
                match network.prefix_lists.get(list) {
                    Some(Fact::Known(entries)) => {
                        named.extend(Ranges::parse(entries.iter().map(String::as_str)));
                    }
                    Some(Fact::Unavailable(why)) => {
                        unseen.get_or_insert(why.clone());
                    }
                    Some(Fact::Absent) | None => {
                        unseen.get_or_insert(not_read(list));
                    }
                }
            }
        }
    }
    match (peer.ranges.without(&named).is_empty(), unseen) {
        (true, _) if !peer.ranges.is_empty() => Gate::Open,
        (_, Some(why)) => Gate::Unseen(why),
        (_, None) if peer.ranges.is_empty() => Gate::Unseen(no_address()),
        (_, None) if !peer.ranges.meets(&named) => Gate::Shut,
        (_, None) if peer.ranges.is_vague() => Gate::Unseen(vague()),
        (_, None) => Gate::Partly,
    }
}

/// `protocol`: as a word and as a number.
fn is_for(rule: &GroupRule, protocol: &[&str; 2], port: u16) -> bool {
    let of_port = || {
        rule.from_port.is_none_or(|from| from <= port) && rule.to_port.is_none_or(|to| port <= to)
    };
    rule.protocol == "-1" || protocol.contains(&rule.protocol.as_str()) && of_port()
}

fn not_found(group: &str) -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeSecurityGroups",
        format!("security group {group} is not to be seen from this account"),
    )
}

fn not_read(list: &str) -> Unavailable {
    Unavailable::not_asked(
        "ec2:GetManagedPrefixListEntries",
        format!("what is in prefix list {list} could not be read"),
    )
}

pub fn no_address() -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkInterfaces",
        "an IPv4 address on the way is not known, and IPv6 is not followed",
    )
}

pub fn vague() -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkInterfaces",
        "only some addresses are let through, and which one ssmmessages has is not known",
    )
}

fn unknown_peer() -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkInterfaces",
        "the security groups of the interface at the other end are not known",
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::SecurityGroup;

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

    fn gate_from(network: &Network, groups: Option<&[String]>, ranges: &[&str]) -> Gate {
        let peer = Peer {
            ranges: Ranges::parse(ranges.iter().copied()),
            groups,
        };
        groups_let(network, &["sg-1".into()], Direction::In, &peer, 443)
    }

    fn gate(ingress: Vec<GroupRule>) -> Gate {
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
            assert_eq!(gate(vec![from(rule, "10.0.0.0/16")]), Gate::Open);
        }
        let shut = [
            rule("udp", Some((443, 443))),
            rule("tcp", Some((444, 500))),
            rule("tcp", Some((80, 442))),
            rule("icmp", None),
        ];
        for rule in shut {
            assert_eq!(gate(vec![from(rule, "10.0.0.0/16")]), Gate::Shut);
        }
    }

    #[test]
    fn by_range_by_group_by_itself_and_by_prefix_list() {
        assert_eq!(gate(vec![]), Gate::Shut);
        assert_eq!(
            gate(vec![from(rule("-1", None), "10.1.0.0/16")]),
            Gate::Shut
        );
        let by_group = |id: &str| GroupRule {
            security_groups: vec![id.into()],
            ..rule("-1", None)
        };
        assert_eq!(gate(vec![by_group("sg-task")]), Gate::Open);
        assert_eq!(gate(vec![by_group("sg-1")]), Gate::Shut);
        let itself = network(vec![by_group("sg-1")]);
        let same = ["sg-1".to_owned()];
        assert_eq!(gate_from(&itself, Some(&same), &["10.0.0.5"]), Gate::Open);
        let by_list = GroupRule {
            prefix_lists: vec!["pl-1".into()],
            ..rule("-1", None)
        };
        let mut listed = network(vec![by_list]);
        let ask = |network: &Network| gate_from(network, Some(&[]), &["10.0.0.5"]);
        assert!(matches!(ask(&listed), Gate::Unseen(_)));
        let entries = Fact::Known(vec!["10.0.0.0/24".into()]);
        listed.prefix_lists.insert("pl-1".into(), entries);
        assert_eq!(ask(&listed), Gate::Open);
    }

    #[test]
    fn rules_add_up_and_may_cover_a_part() {
        let halves = vec![
            from(rule("-1", None), "10.0.0.0/25"),
            from(rule("-1", None), "10.0.0.128/25"),
        ];
        let all = |rules: Vec<GroupRule>| gate_from(&network(rules), Some(&[]), &["10.0.0.0/24"]);
        assert_eq!(all(halves.clone()), Gate::Open);
        assert_eq!(all(halves[..1].to_vec()), Gate::Partly);
        // Of an address somewhere in a range nobody knows whether it is in the part.
        let peer = Peer {
            ranges: Ranges::parse(["10.0.0.0/24"]).somewhere(),
            groups: Some(&[]),
        };
        let half = network(halves[..1].to_vec());
        let gate = groups_let(&half, &["sg-1".into()], Direction::In, &peer, 443);
        assert!(matches!(gate, Gate::Unseen(_)));
        assert!(
            matches!(gate_from(&half, Some(&[]), &[]), Gate::Unseen(_)),
            "no address is known"
        );
    }

    #[test]
    fn what_cannot_be_read_leaves_it_open() {
        let mut network = network(vec![from(rule("-1", None), "10.0.0.0/16")]);
        let ask = |network: &Network| {
            let peer = Peer {
                ranges: Ranges::parse(["10.0.0.5"]),
                groups: None,
            };
            let groups = ["sg-1".into(), "sg-2".into()];
            groups_let(network, &groups, Direction::In, &peer, 443)
        };
        assert_eq!(ask(&network), Gate::Open, "rules add up");
        let Some(Fact::Known(group)) = network.security_groups.get_mut("sg-1") else {
            unreachable!()
        };
        group.ingress.clear();
        assert!(matches!(ask(&network), Gate::Unseen(_)));
    }

    #[test]
    fn without_groups_nothing_filters() {
        let peer = Peer {
            ranges: Ranges::default(),
            groups: None,
        };
        let gate = groups_let(&Network::default(), &[], Direction::Out, &peer, 443);
        assert_eq!(gate, Gate::Open);
    }
}
