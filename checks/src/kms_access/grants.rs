use super::Access;
use aws_rules::iam::{Principal, Ternary};
use model::facts::{Fact, KmsKey};

/// The access that the key's grants give; `None` if no grant is about this use.
pub fn evaluate_grants(principal: &Principal, action: &str, key: &KmsKey) -> Option<Access> {
    let operation = action.trim_start_matches("kms:");
    let grants = match &key.grants {
        Fact::Known(grants) => grants.iter(),
        Fact::Absent => return None,
        Fact::Unavailable(why) => return Some(Access::Unknown(why.clone())),
    };
    let about_use = grants.filter(|grant| grant.operations.iter().any(|op| op == operation));
    let (mut is_constrained, mut depends_on) = (None, Ternary::No);
    for grant in about_use {
        match principal.matches_name(&grant.grantee) {
            Ternary::Yes => {
                let others = is_constrained.unwrap_or(true);
                is_constrained = Some(others && grant.is_constrained);
            }
            answer => depends_on = depends_on.or(answer),
        }
    }
    match (is_constrained, depends_on) {
        (Some(false), _) => Some(BY_GRANT),
        (_, Ternary::Depends(keys)) => Some(Access::Depends(keys)),
        // The encryption context of a session is unknown.
        (Some(true), _) => Some(Access::Unclear(
            "a grant of the key allows it for certain encryption contexts only",
        )),
        (None, _) => None,
    }
}

/// The access that an unconstrained grant gives.
pub const BY_GRANT: Access = Access::Allowed("a grant of the key allows it");
