use std::ops::RangeInclusive;

use ipnet::Ipv4Net;

use super::security_group::{no_address, vague};
use super::{Direction, Gate, Ranges};
use crate::facts::{AclEntry, Fact, Network, NetworkAcl, Unavailable};

pub type Ports = RangeInclusive<u16>;

/// Whether the network ACL of a subnet lets TCP packets from (or to) these addresses through, to any of these
/// ports: the lowest rule that matches decides, and what no rule matches is refused.
///
/// <https://docs.aws.amazon.com/vpc/latest/userguide/nacl-rules.html>
pub fn acl_lets(
    network: &Network,
    vpc: &str,
    subnet: &str,
    direction: Direction,
    peers: &Ranges,
    ports: &Ports,
) -> Gate {
    let acls = match network.network_acls.get(vpc) {
        Some(Fact::Known(acls)) => acls,
        Some(Fact::Unavailable(why)) => return Gate::Unseen(why.clone()),
        Some(Fact::Absent) | None => return Gate::Unseen(not_read(vpc)),
    };
    if peers.is_empty() {
        return Gate::Unseen(no_address());
    }
    match acl_of(acls, subnet) {
        Some(acl) => decide(acl, direction, peers, ports),
        None => Gate::Unseen(not_read(vpc)),
    }
}

/// The ACL that a subnet names, else the VPC's default one.
pub fn acl_of<'a>(acls: &'a [NetworkAcl], subnet: &str) -> Option<&'a NetworkAcl> {
    acls.iter()
        .find(|acl| acl.subnets.iter().any(|id| id == subnet))
        .or_else(|| acls.iter().find(|acl| acl.default))
}

fn decide(acl: &NetworkAcl, direction: Direction, peers: &Ranges, ports: &Ports) -> Gate {
    let mut entries: Vec<&AclEntry> = acl
        .entries
        .iter()
        .filter(|entry| entry.egress == (direction == Direction::Out))
        .filter(|entry| matches!(entry.protocol.as_str(), "-1" | "6" | "tcp"))
        .collect();
    entries.sort_by_key(|entry| entry.number);
    // Mostly the first rule is for everything.
    if let Some(gate) = entries.first().and_then(|first| alone(first, peers, ports)) {
        return gate;
    }
    let parsed = |entry: &AclEntry| Ranges::parse([entry.cidr.as_str()]);
    let entries: Vec<(&AclEntry, Ranges)> = entries
        .into_iter()
        .map(|entry| (entry, parsed(entry)))
        .collect();
    let stretches = stretches(&entries, ports);
    if let [all] = stretches.as_slice() {
        return on_port(&entries, peers, *all.start());
    }
    let gates = stretches
        .into_iter()
        .map(|stretch| (stretch.len(), on_port(&entries, peers, *stretch.start())));
    let (open, others): (Vec<_>, Vec<_>) = gates.partition(|(_, gate)| *gate == Gate::Open);
    let width = |stretches: &[(usize, Gate)]| stretches.iter().map(|(ports, _)| ports).sum();
    let (let_through, refused): (usize, usize) = (width(&open), width(&others));
    if refused * FEW < let_through {
        return Gate::Open;
    }
    Gate::any(open.into_iter().chain(others).map(|(_, gate)| gate))
}

/// What a rule decides that no other comes before, where it is for all these addresses and ports.
fn alone(entry: &AclEntry, peers: &Ranges, ports: &Ports) -> Option<Gate> {
    let is_for_all_ports = is_for(entry, *ports.start()) && is_for(entry, *ports.end());
    let net = match entry.cidr.as_str() {
        "0.0.0.0/0" => Ipv4Net::default(),
        other => other.parse().ok()?,
    };
    let is_for_all = is_for_all_ports && peers.are_within(net);
    is_for_all.then_some(match entry.allow {
        true => Gate::Open,
        false => Gate::Shut,
    })
}

/// One of so many ports may be refused: who calls from it calls again, from another. Rules against single ports, such as
/// that of remote desktops, are common.
const FEW: usize = 100;

/// The stretches of ports that all rules treat alike.
fn stretches(entries: &[(&AclEntry, Ranges)], ports: &Ports) -> Vec<Ports> {
    let mut starts: Vec<u16> = entries
        .iter()
        .flat_map(|(entry, _)| {
            [
                entry.from_port,
                entry.to_port.and_then(|to| to.checked_add(1)),
            ]
        })
        .flatten()
        .filter(|port| ports.contains(port))
        .chain([*ports.start()])
        .collect();
    starts.sort_unstable();
    starts.dedup();
    let ends = starts.iter().skip(1).map(|next| next - 1);
    let ends: Vec<u16> = ends.chain([*ports.end()]).collect();
    let stretches = starts.into_iter().zip(ends);
    stretches.map(|(start, end)| start..=end).collect()
}

fn on_port(entries: &[(&AclEntry, Ranges)], peers: &Ranges, port: u16) -> Gate {
    let mut left = peers.clone();
    let (mut let_some, mut refused_some) = (false, false);
    for (entry, named) in entries.iter().filter(|(entry, _)| is_for(entry, port)) {
        if !left.meets(named) {
            continue;
        }
        match entry.allow {
            true => let_some = true,
            false => refused_some = true,
        }
        left = left.without(named);
    }
    match (let_some, refused_some || !left.is_empty()) {
        (true, false) => Gate::Open,
        (true, true) if peers.is_vague() => Gate::Unseen(vague()),
        (true, true) => Gate::Partly,
        (false, _) => Gate::Shut,
    }
}

fn is_for(entry: &AclEntry, port: u16) -> bool {
    entry.protocol == "-1"
        || (entry.from_port.is_none_or(|from| from <= port)
            && entry.to_port.is_none_or(|to| port <= to))
}

fn not_read(vpc: &str) -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkAcls",
        format!("the network ACLs of {vpc} are not to be seen from this account"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

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

    fn gate(entries: Vec<AclEntry>, ports: Ports) -> Gate {
        let acl = NetworkAcl {
            entries,
            ..NetworkAcl::default()
        };
        let peers = Ranges::parse(["10.0.0.0/24"]);
        decide(&acl, Direction::In, &peers, &ports)
    }

    #[test]
    fn the_lowest_rule_that_matches_decides() {
        let allow = |number| entry(number, true, "0.0.0.0/0", None);
        let deny = |number| entry(number, false, "10.0.0.0/16", Some((443, 443)));
        assert_eq!(gate(vec![allow(100), deny(200)], 443..=443), Gate::Open);
        assert_eq!(gate(vec![allow(200), deny(100)], 443..=443), Gate::Shut);
        assert_eq!(gate(vec![allow(200), deny(100)], 444..=444), Gate::Open);
        assert_eq!(gate(vec![], 443..=443), Gate::Shut);
        let elsewhere = entry(1, false, "10.9.0.0/16", None);
        assert_eq!(gate(vec![elsewhere, allow(2)], 443..=443), Gate::Open);
    }

    #[test]
    fn the_other_direction_and_other_protocols_do_not_count() {
        let mut out = entry(1, true, "0.0.0.0/0", None);
        out.egress = true;
        assert_eq!(gate(vec![out], 443..=443), Gate::Shut);
        let mut udp = entry(1, false, "0.0.0.0/0", Some((0, 65535)));
        udp.protocol = "17".into();
        let all = entry(2, true, "0.0.0.0/0", None);
        assert_eq!(gate(vec![udp, all], 443..=443), Gate::Open);
    }

    #[test]
    fn ephemeral_ports_open_in_part() {
        let some = entry(1, true, "0.0.0.0/0", Some((1024, 40000)));
        assert_eq!(gate(vec![some.clone()], 32768..=60999), Gate::Partly);
        let rest = entry(2, true, "0.0.0.0/0", Some((40001, 65535)));
        assert_eq!(gate(vec![some, rest], 32768..=60999), Gate::Open);
        let remote_desktops = entry(1, false, "0.0.0.0/0", Some((3389, 3389)));
        let rest = entry(2, true, "0.0.0.0/0", None);
        assert_eq!(gate(vec![remote_desktops, rest], 1024..=65535), Gate::Open);
        let half = entry(1, true, "10.0.0.0/25", None);
        assert_eq!(gate(vec![half], 443..=443), Gate::Partly);
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
