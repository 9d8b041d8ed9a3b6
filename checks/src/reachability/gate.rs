use crate::facts::Unavailable;

/// Whether a gate lets packets through.
#[derive(Debug, Clone, PartialEq)]
pub enum Gate {
    Open,
    Shut,
    /// Some of the addresses or ports that may be used, not all.
    Partly,
    Unseen(Unavailable),
}

impl Gate {
    /// Two gates on the same way: one that is shut decides, whatever the other is.
    pub fn and(self, other: Gate) -> Gate {
        match (self, other) {
            (Gate::Shut, _) | (_, Gate::Shut) => Gate::Shut,
            (Gate::Unseen(why), _) | (_, Gate::Unseen(why)) => Gate::Unseen(why),
            (Gate::Partly, _) | (_, Gate::Partly) => Gate::Partly,
            (Gate::Open, Gate::Open) => Gate::Open,
        }
    }

    /// Ways beside one another, of which any may be taken. None: nothing stands in the way.
    pub fn any(gates: impl IntoIterator<Item = Gate>) -> Gate {
        gates
            .into_iter()
            .reduce(|one, other| match (one, other) {
                (Gate::Open, Gate::Open) => Gate::Open,
                (Gate::Shut, Gate::Shut) => Gate::Shut,
                (Gate::Unseen(why), _) | (_, Gate::Unseen(why)) => Gate::Unseen(why),
                (_, _) => Gate::Partly,
            })
            .unwrap_or(Gate::Open)
    }

    pub fn word(&self) -> &'static str {
        match self {
            Gate::Open => "open",
            Gate::Shut => "shut",
            Gate::Partly => "partly open",
            Gate::Unseen(_) => "not seen",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Gate;
    use crate::facts::Unavailable;

    #[test]
    fn one_shut_gate_shuts_the_way() {
        let unseen = || Gate::Unseen(Unavailable::not_asked("a", "b"));
        assert_eq!(unseen().and(Gate::Shut), Gate::Shut);
        assert_eq!(Gate::Open.and(unseen()), unseen());
        assert_eq!(Gate::Partly.and(Gate::Open), Gate::Partly);
        assert_eq!(Gate::any([Gate::Open, Gate::Shut]), Gate::Partly);
        assert_eq!(Gate::any([Gate::Shut, Gate::Shut]), Gate::Shut);
        assert_eq!(Gate::any([]), Gate::Open);
    }
}
