use super::Reachability;
use super::intervals::Intervals;
use super::network_acl::AclRule;
use super::security_group::vague;

/// The ports that network ACLs admit, of those that are asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenPorts {
    asked: Intervals,
    /// Admitted whichever address the peer has.
    open: Intervals,
    /// Admitted for some of the addresses that it may have; the open ones are among them.
    possible: Intervals,
}

/// One of so many ports may be refused: who calls from it calls again, from another. Rules against single ports, such as
/// that of remote desktops, are common.
const FEW: u128 = 100;

impl OpenPorts {
    /// By rules all of which are for every address that the peer may have.
    pub(super) fn known(rules: &[&AclRule], asked: Intervals) -> OpenPorts {
        let mut left = asked.clone();
        let mut open = Vec::new();
        for rule in rules {
            let ports: Intervals = [rule.ports].into_iter().collect();
            if rule.allow {
                open.extend(left.and(&ports).iter());
            }
            left = left.without(&ports);
            if left.is_empty() {
                break;
            }
        }
        let open: Intervals = open.into_iter().collect();
        OpenPorts {
            possible: open.clone(),
            open,
            asked,
        }
    }

    /// By rules some of which are for a part of those addresses: each stretch of ports that all rules treat alike.
    pub(super) fn by_stretch(rules: &[&AclRule], peer: &Intervals, asked: Intervals) -> OpenPorts {
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
            let (mut left, mut some) = (peer.clone(), false);
            let mut all = true;
            for rule in rules {
                let is_for = rule.ports.0 <= start && start <= rule.ports.1;
                if !is_for || !left.meets(rule.addresses) {
                    continue;
                }
                match rule.allow {
                    true => some = true,
                    false => all = false,
                }
                left = left.without(&[rule.addresses].into_iter().collect());
            }
            if some {
                possible.push((start, end));
                if all && left.is_empty() {
                    open.push((start, end));
                }
            }
        }
        OpenPorts {
            asked,
            open: open.into_iter().collect(),
            possible: possible.into_iter().collect(),
        }
    }

    /// Those that are admitted here and there, of the same that were asked for.
    pub fn and(&self, other: &OpenPorts) -> OpenPorts {
        OpenPorts {
            asked: self.asked.clone(),
            open: self.open.and(&other.open),
            possible: self.possible.and(&other.possible),
        }
    }

    pub fn reachability(&self) -> Reachability {
        let (open, refused) = (self.open.count(), self.asked.without(&self.open).count());
        if refused * FEW < open {
            Reachability::Open
        } else if self.possible.is_empty() {
            Reachability::Blocked
        } else if self.possible == self.open {
            Reachability::Partial
        } else {
            Reachability::Unknown(vague())
        }
    }
}
