//! Sends packets one by one through a generated network: slow, but obviously correct.

use super::generator::*;

/// Possible public addresses of AWS in both halves of the internet.
const PUBLIC: [u32; 4] = [
    ip(1, 1, 1, 1),
    ip(52, 94, 7, 7),
    ip(99, 77, 0, 1),
    ip(203, 0, 113, 5),
];

/// Ranges of ephemeral ports that all rules treat alike: the first port, and the number of ports.
const PORT_RANGES: [(u16, u32); 4] = [(32768, 7232), (40000, 10000), (50000, 11), (50011, 10989)];

/// Whether packets of a task arrive.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrival {
    Always,
    /// Only through some interfaces or ports.
    Sometimes,
    Never,
    Unknown,
}

pub fn uses_endpoint(network: &GeneratedNetwork) -> bool {
    network.endpoint && network.available && network.private_dns && network.dns
}

pub fn arrival(network: &GeneratedNetwork, task: u32) -> Arrival {
    match uses_endpoint(network) {
        true => combine(
            network
                .enis
                .iter()
                .map(|eni| arrival_at_interface(network, task, eni)),
        ),
        false => arrival_at_internet(network),
    }
}

fn combine(all: impl Iterator<Item = Arrival>) -> Arrival {
    let all: Vec<Arrival> = all.collect();
    let has = |arrival| all.contains(&arrival);
    if has(Arrival::Sometimes) || has(Arrival::Always) && has(Arrival::Never) {
        Arrival::Sometimes
    } else if has(Arrival::Unknown) {
        Arrival::Unknown
    } else {
        all[0]
    }
}

fn arrival_at_interface(network: &GeneratedNetwork, task: u32, eni: &Eni) -> Arrival {
    let by_ports = arrival_over_ports(|port| {
        let groups_allow = group_allows(&network.egress, eni.address, true)
            && group_allows(&network.ingress, task, true);
        let acls = eni.subnet == 0
            || acl_allows(&network.acls[0], true, eni.address, 443)
                && acl_allows(&network.acls[eni.subnet], false, task, 443)
                && acl_allows(&network.acls[eni.subnet], true, task, port)
                && acl_allows(&network.acls[0], false, eni.address, port);
        groups_allow && acls
    });
    // In a VPC with 10.0.0.0/16, a route for 10.0.0.0/8 is less specific than the local route.
    let specific_route = network
        .specific_route
        .filter(|specific_route| specific_route.range.1 > 16);
    let specific_route = specific_route.filter(|specific_route| {
        within(eni.address, specific_route.range) || within(task, specific_route.range)
    });
    match (by_ports, specific_route) {
        (Arrival::Never, _) => Arrival::Never,
        (_, Some(specific_route)) if specific_route.is_blackhole => Arrival::Never,
        (_, Some(_)) => Arrival::Unknown,
        (by_ports, None) => by_ports,
    }
}

fn arrival_at_internet(network: &GeneratedNetwork) -> Arrival {
    let each = PUBLIC.map(|to| {
        let leaves = match network.internet_route {
            InternetRoute::Nat | InternetRoute::Gateway { public: true } => true,
            InternetRoute::Split(half) => {
                to < 1 << 31 || matches!(half, SecondHalf::SameNat | SecondHalf::OtherNat)
            }
            InternetRoute::Gateway { public: false } | InternetRoute::None => false,
        };
        arrival_over_ports(|port| {
            leaves
                && group_allows(&network.egress, to, false)
                && acl_allows(&network.acls[0], true, to, 443)
                && acl_allows(&network.acls[0], false, to, port)
        })
    });
    match each.iter().all(|one| *one == each[0]) {
        true => each[0],
        false => Arrival::Unknown,
    }
}

/// Less than one refused port in a hundred is harmless: the agent retries from another port.
fn arrival_over_ports(arrives: impl Fn(u16) -> bool) -> Arrival {
    let (mut open, mut refused) = (0, 0);
    for (port, count) in PORT_RANGES {
        match arrives(port) {
            true => open += count,
            false => refused += count,
        }
    }
    match (open, refused) {
        (0, _) => Arrival::Never,
        (open, refused) if refused * 100 < open => Arrival::Always,
        _ => Arrival::Sometimes,
    }
}

fn within(address: u32, (base, length): (u32, u8)) -> bool {
    (0..u32::from(length)).all(|bit| (address ^ base) & (1 << (31 - bit)) == 0)
}

fn group_allows(rules: &[Rule], peer: u32, peer_is_other: bool) -> bool {
    rules.iter().any(|rule| {
        let protocol = matches!(rule.protocol, "-1" | "tcp" | "6");
        let port = rule.protocol == "-1" || (rule.ports.0 <= 443 && 443 <= rule.ports.1);
        let peer_matches = match rule.peer {
            Peer::Range(base, length) | Peer::PrefixList(base, length) => {
                within(peer, (base, length))
            }
            Peer::OtherGroup => peer_is_other,
            Peer::UnusedGroup => false,
        };
        protocol && port && peer_matches
    })
}

fn acl_allows(entries: &[Entry], egress: bool, peer: u32, port: u16) -> bool {
    for number in 0..=100 {
        for entry in entries {
            let port_fits = !entry.tcp || (entry.ports.0 <= port && port <= entry.ports.1);
            if entry.number == number
                && entry.egress == egress
                && port_fits
                && within(peer, entry.range)
            {
                return entry.allow;
            }
        }
    }
    false
}
