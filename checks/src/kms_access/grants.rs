use super::{Access, KeyUse, Refusal};
use model::facts::{Fact, KmsKey, Unavailable};

/// Whether a grant of the key allows its use.
pub enum GrantAnswer {
    Yes,
    No,
    /// Only with certain encryption contexts; that of a session is unknown.
    Constrained,
    Unknown(Unavailable),
}

impl GrantAnswer {
    /// The access if nothing but a grant can allow it.
    pub fn or_refused(self, refusal: Refusal) -> Access {
        match self {
            GrantAnswer::Yes => Access::Allowed("a grant of the key allows it"),
            GrantAnswer::No => Access::Refused(refusal),
            GrantAnswer::Constrained => {
                Access::Unclear("a grant of the key allows it for certain encryption contexts only")
            }
            GrantAnswer::Unknown(why) => Access::Unknown(why),
        }
    }
}

pub fn evaluate_grants(key_use: &KeyUse, key: &KmsKey) -> GrantAnswer {
    let operation = key_use.action.trim_start_matches("kms:");
    let grants = match &key.grants {
        Fact::Known(grants) => grants.iter(),
        Fact::Absent => return GrantAnswer::No,
        Fact::Unavailable(why) => return GrantAnswer::Unknown(why.clone()),
    };
    let matching = grants.filter(|grant| {
        grant.grantee == key_use.principal && grant.operations.iter().any(|op| op == operation)
    });
    match matching.map(|grant| grant.is_constrained).min() {
        Some(false) => GrantAnswer::Yes,
        Some(true) => GrantAnswer::Constrained,
        None => GrantAnswer::No,
    }
}
