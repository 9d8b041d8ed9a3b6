use super::Reachability;
use super::intervals::{Interval, Intervals};
use super::reachability::ambiguous_address;

/// A rule of a network ACL.
pub(super) struct AclRule {
    pub number: u32,
    pub allow: bool,
    pub addresses: Interval,
    pub ports: Interval,
}

/// The ports that network ACLs admit, of those that are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenPorts {
    asked: Intervals,
    /// Admitted whichever address the peer has.
    open: Intervals,
    /// Admitted for some of the peer's possible addresses; includes the open ones.
    possible: Intervals,
}

/// Up to one refused port in so many does no harm: the caller tries again from another port. Rules against single ports,
/// such as that of remote desktops, are common.
const HARMLESS_RATIO: u128 = 100;

impl OpenPorts {
    /// `rules`: by number. `peer`: the possible addresses of the peer.
    pub(super) fn new(rules: &[AclRule], peer: &Intervals, asked: Intervals) -> OpenPorts {
        // All rules treat the ports of one stretch alike.
        let mut starts: Vec<u128> = rules
            .iter()
            .flat_map(|rule| [rule.ports.0, rule.ports.1 + 1])
            .filter(|port| asked.covers((*port, *port)))
            .chain(asked.span().map(|(first, _)| first))
            .collect();
        starts.sort_unstable();
        starts.dedup();
        let ends = starts.iter().skip(1).map(|next| next - 1);
        let ends: Vec<u128> = ends.chain(asked.span().map(|(_, last)| last)).collect();
        let (mut open, mut possible) = (Vec::new(), Vec::new());
        for (start, end) in starts.into_iter().zip(ends) {
            let mut undecided = peer.clone();
            let (mut is_allowed, mut is_denied) = (false, false);
            for rule in rules {
                let has_ports = rule.ports.0 <= start && start <= rule.ports.1;
                if has_ports && undecided.overlaps(rule.addresses) {
                    is_allowed |= rule.allow;
                    is_denied |= !rule.allow;
                    undecided = undecided.difference(&[rule.addresses].into_iter().collect());
                }
            }
            if is_allowed {
                possible.push((start, end));
            }
            if is_allowed && !is_denied && undecided.is_empty() {
                open.push((start, end));
            }
        }
        OpenPorts {
            asked,
            open: open.into_iter().collect(),
            possible: possible.into_iter().collect(),
        }
    }

    /// The ports that both admit, of the same ports asked for.
    pub fn intersection(&self, other: &OpenPorts) -> OpenPorts {
        OpenPorts {
            asked: self.asked.clone(),
            open: self.open.intersection(&other.open),
            possible: self.possible.intersection(&other.possible),
        }
    }

    /// Whether packets get through.
    pub fn reachability(&self) -> Reachability {
        let (open, refused) = (self.open.count(), self.asked.difference(&self.open).count());
        if refused * HARMLESS_RATIO < open {
            Reachability::Open
        } else if self.possible.is_empty() {
            Reachability::Blocked
        } else if self.possible == self.open {
            Reachability::Partial
        } else {
            Reachability::Unknown(ambiguous_address())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule(allow: bool, addresses: Interval, ports: Interval) -> AclRule {
        AclRule {
            number: 1,
            allow,
            addresses,
            ports,
        }
    }

    fn set(interval: Interval) -> Intervals {
        [interval].into_iter().collect()
    }

    #[test]
    fn port_ranges_are_adjacent() {
        let rules = [rule(true, (0, 9), (1, 100))];
        let ports = OpenPorts::new(&rules, &set((0, 9)), set((50, 200)));
        assert_eq!(
            (&ports.open, &ports.possible),
            (&set((50, 100)), &set((50, 100)))
        );
    }

    #[test]
    fn a_port_that_is_denied_to_some_addresses_is_not_open() {
        let rules = [rule(false, (0, 4), (1, 1)), rule(true, (0, 9), (1, 1))];
        let ports = OpenPorts::new(&rules, &set((0, 9)), set((1, 1)));
        assert_eq!(
            (&ports.open, &ports.possible),
            (&Intervals::default(), &set((1, 1)))
        );
    }

    #[test]
    fn less_than_one_refused_port_in_a_hundred_is_harmless() {
        let rules = [rule(true, (0, 0), (2, 1000))];
        let of = |last| OpenPorts::new(&rules, &set((0, 0)), set((1, last))).reachability();
        assert_eq!(of(101), Reachability::Partial);
        assert_eq!(of(102), Reachability::Open);
    }
}
