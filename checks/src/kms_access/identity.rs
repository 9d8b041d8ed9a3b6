use std::collections::BTreeSet;

use super::KeyUse;
use crate::iam_answers::{Blocker, NoAnswer};
use crate::prelude::*;

/// Whether the principal's policies allow the use of the key.
pub enum IdentityAnswer {
    Allowed,
    Denied(Option<Blocker>),
    Depends(BTreeSet<String>),
    Unknown(Unavailable),
}

/// The answer, and the condition keys that a Deny of the policies depends on.
pub fn evaluate_identity(
    index: &FactIndex,
    key_use: &KeyUse,
    key: &str,
) -> (IdentityAnswer, BTreeSet<String>) {
    let KeyUse {
        principal, action, ..
    } = *key_use;
    let unknown = |how: &str| {
        let why = Unavailable::not_asked(
            "iam:SimulatePrincipalPolicy",
            format!("the policy simulator {how} about {action}"),
        );
        (IdentityAnswer::Unknown(why), BTreeSet::new())
    };
    // No policy of the account limits its root user.
    if principal.ends_with(":root") {
        return (IdentityAnswer::Allowed, BTreeSet::new());
    }
    match iam_answers::no_answer(index, principal, action) {
        Some(NoAnswer::Unavailable(why)) => {
            return (IdentityAnswer::Unknown(why.clone()), BTreeSet::new());
        }
        Some(_) => return unknown("was not asked"),
        None => {}
    }
    let verdict = iam_answers::permission_answer(index, principal, &[(action, key)], |_| true);
    let answer = match (verdict.denied.len(), verdict.undecided.len()) {
        (0, 0) if verdict.allowed == 0 => return unknown("gave no answer"),
        (0, 0) => IdentityAnswer::Allowed,
        (0, _) => IdentityAnswer::Depends(verdict.missing_keys().into_iter().collect()),
        _ => IdentityAnswer::Denied(verdict.blocker()),
    };
    let not_allowed = verdict.denied.iter().chain(&verdict.undecided);
    let deny_keys = not_allowed.flat_map(|decision| decision.may_be_denied_by());
    (answer, deny_keys.cloned().collect())
}
