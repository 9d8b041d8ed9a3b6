use model::facts::Unavailable;

/// Whether packets get through.
#[derive(Debug, Clone, PartialEq)]
pub enum Reachability {
    /// All packets get through, but for a few ports that are tried again.
    Open,
    /// No packets get through.
    Blocked,
    /// Through some of the ports or interfaces that packets may use, not through all.
    Partial,
    /// The facts do not decide; this is what they lack.
    Unknown(Unavailable),
}

impl Reachability {
    /// Two hops of one path: a blocked hop decides, whatever the other is.
    pub fn and(self, other: Reachability) -> Reachability {
        match (self, other) {
            (Reachability::Blocked, _) | (_, Reachability::Blocked) => Reachability::Blocked,
            (Reachability::Unknown(why), _) | (_, Reachability::Unknown(why)) => {
                Reachability::Unknown(why)
            }
            (Reachability::Partial, _) | (_, Reachability::Partial) => Reachability::Partial,
            (Reachability::Open, Reachability::Open) => Reachability::Open,
        }
    }

    /// Alternative paths, of which packets may take any: open and blocked ones make [`Reachability::Partial`], whatever the
    /// unknown ones are. `None`: there are no paths.
    pub fn any(paths: impl IntoIterator<Item = Reachability>) -> Option<Reachability> {
        let (mut open, mut blocked, mut partial, mut unknown) = (false, false, false, None);
        for path in paths {
            match path {
                Reachability::Open => open = true,
                Reachability::Blocked => blocked = true,
                Reachability::Partial => partial = true,
                Reachability::Unknown(why) => {
                    unknown.get_or_insert(why);
                }
            }
        }
        match (unknown, partial || open && blocked) {
            (_, true) => Some(Reachability::Partial),
            (Some(why), false) => Some(Reachability::Unknown(why)),
            (None, false) if blocked => Some(Reachability::Blocked),
            (None, false) => open.then_some(Reachability::Open),
        }
    }

    /// The word in evidence.
    pub fn word(&self) -> &'static str {
        match self {
            Reachability::Open => "open",
            Reachability::Blocked => "shut",
            Reachability::Partial => "partly open",
            Reachability::Unknown(_) => "not seen",
        }
    }
}

/// The address of an interface on the path is unknown.
pub fn unknown_address() -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkInterfaces",
        "the IPv4 address of an interface on the path is unknown, and IPv6 is not evaluated",
    )
}

/// Rules admit some addresses of a peer whose exact address is unknown.
pub(super) fn ambiguous_address() -> Unavailable {
    Unavailable::not_asked(
        "ec2:DescribeNetworkInterfaces",
        "the rules admit only some of the addresses that the peer can have, and its exact address is unknown",
    )
}

#[cfg(test)]
mod tests {
    use super::Reachability;
    use model::facts::Unavailable;

    fn unknown() -> Reachability {
        Reachability::Unknown(Unavailable::not_asked("a", "b"))
    }

    #[test]
    fn one_blocked_hop_blocks_the_path() {
        use Reachability::{Blocked, Open, Partial};
        assert_eq!(unknown().and(Blocked), Blocked);
        assert_eq!(Open.and(unknown()), unknown());
        assert_eq!(Partial.and(Open), Partial);
    }

    #[test]
    fn every_state_has_an_evidence_word() {
        use Reachability::{Blocked, Open, Partial};
        let words = [Open, Partial, Blocked, unknown()].map(|one| one.word());
        assert_eq!(words, ["open", "partly open", "shut", "not seen"]);
    }

    #[test]
    fn alternative_paths_are_open_partial_or_blocked() {
        use Reachability::{Blocked, Open, Partial};
        assert_eq!(Reachability::any([Open, Blocked]), Some(Partial));
        assert_eq!(Reachability::any([Blocked, Blocked]), Some(Blocked));
        assert_eq!(Reachability::any([Blocked, unknown()]), Some(unknown()));
        assert_eq!(Reachability::any([Open, unknown()]), Some(unknown()));
        let decided = [Open, unknown(), Blocked];
        assert_eq!(Reachability::any(decided), Some(Partial));
        assert_eq!(Reachability::any([Open, Open]), Some(Open));
        assert_eq!(Reachability::any([]), None);
    }
}
