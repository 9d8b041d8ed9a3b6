use std::collections::BTreeSet;

/// Yes, no, or dependent on the values of these condition keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Tri {
    No,
    Yes,
    Depends(BTreeSet<String>),
}

impl Tri {
    pub fn on(key: impl Into<String>) -> Tri {
        Tri::Depends(BTreeSet::from([key.into()]))
    }

    /// Undecided because of a key, for a reason that AWS does not document away.
    pub fn unclear(key: &str, why: impl std::fmt::Display) -> Tri {
        Tri::on(format!("{key} ({why})"))
    }

    pub fn depends_on(&self) -> BTreeSet<String> {
        match self {
            Tri::Depends(keys) => keys.clone(),
            Tri::Yes | Tri::No => BTreeSet::new(),
        }
    }

    pub fn negated(self) -> Tri {
        match self {
            Tri::Yes => Tri::No,
            Tri::No => Tri::Yes,
            depends => depends,
        }
    }

    pub fn and(self, other: Tri) -> Tri {
        match (self, other) {
            (Tri::No, _) | (_, Tri::No) => Tri::No,
            (Tri::Yes, other) | (other, Tri::Yes) => other,
            (Tri::Depends(mut keys), Tri::Depends(more)) => {
                keys.extend(more);
                Tri::Depends(keys)
            }
        }
    }

    pub fn or(self, other: Tri) -> Tri {
        self.negated().and(other.negated()).negated()
    }

    pub fn all(items: impl IntoIterator<Item = Tri>) -> Tri {
        items.into_iter().fold(Tri::Yes, Tri::and)
    }

    pub fn any(items: impl IntoIterator<Item = Tri>) -> Tri {
        items.into_iter().fold(Tri::No, Tri::or)
    }
}

impl From<bool> for Tri {
    fn from(yes: bool) -> Tri {
        if yes { Tri::Yes } else { Tri::No }
    }
}
