use super::{Access, KeyUse};
use model::facts::{Fact, KmsKey};

/// The access that the key's grants give; `None` if no grant is about this use.
pub fn evaluate_grants(key_use: &KeyUse, key: &KmsKey) -> Option<Access> {
    let operation = key_use.action.trim_start_matches("kms:");
    let grants = match &key.grants {
        Fact::Known(grants) => grants.iter(),
        Fact::Absent => return None,
        Fact::Unavailable(why) => return Some(Access::Unknown(why.clone())),
    };
    let matching = grants.filter(|grant| {
        grant.grantee == key_use.principal && grant.operations.iter().any(|op| op == operation)
    });
    let is_constrained = matching.map(|grant| grant.is_constrained).min()?;
    Some(match is_constrained {
        false => BY_GRANT,
        // The encryption context of a session is unknown.
        true => {
            Access::Unclear("a grant of the key allows it for certain encryption contexts only")
        }
    })
}

/// The access that an unconstrained grant gives.
pub const BY_GRANT: Access = Access::Allowed("a grant of the key allows it");
