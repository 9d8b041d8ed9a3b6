//! Sends packets one by one through a generated index: slow, plain, and obviously right.

use super::made::*;

/// Addresses that AWS might have on the internet, in both its halves.
const PUBLIC: [u32; 4] = [
    ip(1, 1, 1, 1),
    ip(52, 94, 7, 7),
    ip(99, 77, 0, 1),
    ip(203, 0, 113, 5),
];

/// Stretches of the ephemeral ports that no rule tells apart: the first port of each, and how many they are.
const STRETCHES: [(u16, u32); 4] = [(32768, 7232), (40000, 10000), (50000, 11), (50011, 10989)];

/// Whether a task reaches something.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Arrival {
    Always,
    /// By some interfaces or ports.
    Sometimes,
    Never,
    Unknown,
}

pub fn is_captured(made: &Made) -> bool {
    made.endpoint && made.available && made.private_dns && made.dns
}

pub fn arrival(made: &Made, task: u32) -> Arrival {
    match is_captured(made) {
        true => at_any(made.enis.iter().map(|eni| at_interface(made, task, eni))),
        false => at_public_address(made),
    }
}

fn at_any(all: impl Iterator<Item = Arrival>) -> Arrival {
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

fn at_interface(made: &Made, task: u32, eni: &Eni) -> Arrival {
    let by_ports = over_ports(|port| {
        let there =
            group_lets(&made.egress, eni.address, true) && group_lets(&made.ingress, task, true);
        let acls = eni.subnet == 0
            || acl_lets(&made.acls[0], true, eni.address, 443)
                && acl_lets(&made.acls[eni.subnet], false, task, 443)
                && acl_lets(&made.acls[eni.subnet], true, task, port)
                && acl_lets(&made.acls[0], false, eni.address, port);
        there && acls
    });
    // In the VPC of 10.0.0.0/16 a route for all of 10.0.0.0/8 is not closer than its own.
    let closer = made.closer.filter(|closer| closer.range.1 > 16);
    let closer =
        closer.filter(|closer| within(eni.address, closer.range) || within(task, closer.range));
    match (by_ports, closer) {
        (Arrival::Never, _) => Arrival::Never,
        (_, Some(closer)) if closer.gone => Arrival::Never,
        (_, Some(_)) => Arrival::Unknown,
        (by_ports, None) => by_ports,
    }
}

fn at_public_address(made: &Made) -> Arrival {
    let each = PUBLIC.map(|to| {
        let leaves = match made.out {
            Out::Nat | Out::Gateway { public: true } => true,
            Out::Split(half) => to < 1 << 31 || matches!(half, Half::SameNat | Half::OtherNat),
            Out::Gateway { public: false } | Out::None => false,
        };
        over_ports(|port| {
            leaves
                && group_lets(&made.egress, to, false)
                && acl_lets(&made.acls[0], true, to, 443)
                && acl_lets(&made.acls[0], false, to, port)
        })
    });
    match each.iter().all(|one| *one == each[0]) {
        true => each[0],
        false => Arrival::Unknown,
    }
}

/// One port of a hundred that is refused is no matter: who calls from it calls again, from another.
fn over_ports(arrives: impl Fn(u16) -> bool) -> Arrival {
    let (mut open, mut refused) = (0, 0);
    for (port, count) in STRETCHES {
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

fn group_lets(rules: &[Rule], peer: u32, peer_is_other: bool) -> bool {
    rules.iter().any(|rule| {
        let protocol = matches!(rule.protocol, "-1" | "tcp" | "6");
        let port = rule.protocol == "-1" || (rule.ports.0 <= 443 && 443 <= rule.ports.1);
        let named = match rule.peer {
            Named::Range(base, length) | Named::Listed(base, length) => {
                within(peer, (base, length))
            }
            Named::OtherSGroup => peer_is_other,
            Named::Nobody => false,
        };
        protocol && port && named
    })
}

fn acl_lets(entries: &[Entry], egress: bool, peer: u32, port: u16) -> bool {
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
