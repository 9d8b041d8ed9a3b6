use std::collections::BTreeSet;

use serde_json::Value;

use super::grants::{BY_GRANT, evaluate_grants};
use super::identity::{IdentityAnswer, evaluate_identity};
use super::key_policy::KeyPolicy;
use super::{Access, KeyUse, Refusal};
use crate::iam_answers::Blocker;
use crate::prelude::*;
use aws_rules::iam::{PrincipalMatch, Ternary};

/// <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>
pub fn evaluate(index: &FactIndex, key_use: &KeyUse, key: &KmsKey) -> Access {
    let (identity, identity_deny_keys) = evaluate_identity(index, key_use, &key.arn);
    if let IdentityAnswer::Denied(Some(blocker @ (Blocker::ServiceControlPolicy | Blocker::Deny))) =
        identity
    {
        return Access::Refused(Refusal::Blocked(blocker));
    }
    let document = match (&key.policy, &identity) {
        (Fact::Known(document), _) => document,
        (Fact::Unavailable(_), IdentityAnswer::Unknown(why)) | (Fact::Unavailable(why), _) => {
            return Access::Unknown(why.clone());
        }
        (Fact::Absent, _) => &Value::Null,
    };
    let policy = KeyPolicy {
        index,
        document,
        key_use,
        key: &key.arn,
    };
    let denied = policy.denies();
    if denied == Ternary::Yes {
        return Access::Refused(Refusal::KeyDeny);
    }
    let grants = evaluate_grants(
        &policy.principal(PrincipalMatch::Principal),
        key_use.action,
        key,
    );
    let access = match policy.is_of_other_account() {
        false => within_account(&policy, &identity, grants),
        true => across_accounts(&policy, &identity, grants),
    };
    let deny_keys: BTreeSet<String> = &denied.keys() | &identity_deny_keys;
    match access {
        Access::Allowed(_) if !deny_keys.is_empty() => Access::Depends(deny_keys),
        access => access,
    }
}

/// In the key's account its policy, the principal's policies or a grant suffice.
fn within_account(policy: &KeyPolicy, identity: &IdentityAnswer, grants: Option<Access>) -> Access {
    let is_bounded = matches!(identity, IdentityAnswer::Denied(Some(Blocker::Boundary)));
    let for_principal = policy.allows(match is_bounded {
        true => PrincipalMatch::SessionOrUser,
        false => PrincipalMatch::Principal,
    });
    if for_principal == Ternary::Yes {
        return Access::Allowed("the key's policy names the principal");
    }
    let for_account = policy.allows(PrincipalMatch::AccountOrPrincipal);
    if matches!(identity, IdentityAnswer::Allowed) && for_account == Ternary::Yes {
        return Access::Allowed(
            "its own policies allow it, and the key's policy leaves the decision to them",
        );
    }
    if matches!(grants, Some(Access::Allowed(_))) {
        return match is_bounded {
            true => Access::Unclear(
                "a grant of the key allows it, but the permissions boundary does not",
            ),
            false => BY_GRANT,
        };
    }
    let by_grant_or = |refusal| grants.unwrap_or(Access::Refused(refusal));
    match (identity, for_principal, for_account) {
        (_, Ternary::Depends(keys), _) | (IdentityAnswer::Allowed, _, Ternary::Depends(keys)) => {
            Access::Depends(keys)
        }
        (IdentityAnswer::Depends(keys), _, Ternary::Yes | Ternary::Depends(_)) => {
            Access::Depends(keys.clone())
        }
        (IdentityAnswer::Unknown(why), _, Ternary::Yes | Ternary::Depends(_)) => {
            Access::Unknown(why.clone())
        }
        (IdentityAnswer::Denied(Some(blocker)), ..) => by_grant_or(Refusal::Blocked(*blocker)),
        (_, _, Ternary::No) => by_grant_or(Refusal::KeyPolicy),
        _ => by_grant_or(Refusal::Identity),
    }
}

/// For a key of another account its policy and the principal's policies both have to allow it.
fn across_accounts(
    policy: &KeyPolicy,
    identity: &IdentityAnswer,
    grants: Option<Access>,
) -> Access {
    let by_policy = policy.allows(PrincipalMatch::AccountOrPrincipal);
    let is_granted = by_policy == Ternary::Yes || matches!(grants, Some(Access::Allowed(_)));
    match (identity, is_granted, by_policy) {
        (IdentityAnswer::Denied(Some(blocker)), ..) => Access::Refused(Refusal::Blocked(*blocker)),
        (IdentityAnswer::Denied(None), true, Ternary::No | Ternary::Depends(_)) => {
            Access::Unclear("a grant of the key allows it, but no policy of the principal does")
        }
        (IdentityAnswer::Denied(None), ..) => Access::Refused(Refusal::Identity),
        (IdentityAnswer::Unknown(why), true, _) => Access::Unknown(why.clone()),
        (IdentityAnswer::Depends(keys), true, _) => Access::Depends(keys.clone()),
        (IdentityAnswer::Allowed, true, Ternary::Yes) => {
            Access::Allowed("its own policies and the key's policy allow it")
        }
        (IdentityAnswer::Allowed, true, _) => BY_GRANT,
        (_, _, Ternary::Depends(keys)) => Access::Depends(keys),
        (_, _, Ternary::Yes | Ternary::No) => grants.unwrap_or(Access::Refused(Refusal::KeyPolicy)),
    }
}
