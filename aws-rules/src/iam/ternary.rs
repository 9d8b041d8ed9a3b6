use std::collections::BTreeSet;

/// Yes, no, or dependent on these condition keys and undocumented parts of policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ternary {
    /// Certainly not.
    No,
    /// Certainly.
    Yes,
    /// Either, depending on these: condition keys, or a phrase for what AWS does not document.
    Depends(BTreeSet<String>),
}

impl Ternary {
    /// Depends on one key.
    pub fn depends(key: impl Into<String>) -> Ternary {
        Ternary::Depends(BTreeSet::from([key.into()]))
    }

    /// Depends on a key because AWS does not document this case.
    pub fn unclear(key: &str, case: impl std::fmt::Display) -> Ternary {
        Ternary::depends(format!("{key} ({case})"))
    }

    /// The keys that the answer depends on.
    pub fn keys(&self) -> BTreeSet<String> {
        match self {
            Ternary::Depends(keys) => keys.clone(),
            Ternary::Yes | Ternary::No => BTreeSet::new(),
        }
    }

    /// The negation; what depends stays.
    pub fn negated(self) -> Ternary {
        match self {
            Ternary::Yes => Ternary::No,
            Ternary::No => Ternary::Yes,
            depends => depends,
        }
    }

    /// Both. A `No` decides.
    pub fn and(self, other: Ternary) -> Ternary {
        match (self, other) {
            (Ternary::No, _) | (_, Ternary::No) => Ternary::No,
            (Ternary::Yes, other) | (other, Ternary::Yes) => other,
            (Ternary::Depends(mut keys), Ternary::Depends(more)) => {
                keys.extend(more);
                Ternary::Depends(keys)
            }
        }
    }

    /// Either. A `Yes` decides.
    pub fn or(self, other: Ternary) -> Ternary {
        self.negated().and(other.negated()).negated()
    }

    /// `Yes` for none.
    pub fn all(items: impl IntoIterator<Item = Ternary>) -> Ternary {
        items.into_iter().fold(Ternary::Yes, Ternary::and)
    }

    /// `No` for none.
    pub fn any(items: impl IntoIterator<Item = Ternary>) -> Ternary {
        items.into_iter().fold(Ternary::No, Ternary::or)
    }
}

impl From<bool> for Ternary {
    fn from(yes: bool) -> Ternary {
        if yes { Ternary::Yes } else { Ternary::No }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_undecided_result_lists_the_keys_of_both_operands() {
        let both = Ternary::depends("a").and(Ternary::depends("b"));
        assert_eq!(both.keys(), ["a".to_owned(), "b".to_owned()].into());
        assert_eq!(both.clone().or(Ternary::Yes), Ternary::Yes);
        assert_eq!(both.clone().or(Ternary::No), both);
    }
}
