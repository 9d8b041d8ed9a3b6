//! Who may use a KMS key: the key's policy and the principal's policies decide together, and grants beside them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::facts::{Fact, KmsKey, Unavailable};
use crate::iam::{self, Principal, Request, Tri, resource_policy};
use crate::world::World;

/// Whether a principal may do something with a key.
pub enum Access {
    Allowed(&'static str),
    Refused(String),
    /// It hangs on these condition keys.
    Depends(BTreeSet<String>),
    Unknown(Unavailable),
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>
pub fn access(world: &World, principal: &str, action: &str, key: &KmsKey) -> Access {
    let by_identity = by_identity(world, principal, action, &key.arn);
    if let Identity::Denied { outright: true } = by_identity {
        return Access::Refused("A policy of the principal denies it explicitly.".to_owned());
    }
    let policy = match &key.policy {
        Fact::Known(policy) => policy,
        Fact::Unavailable(why) => return without_policy(by_identity, why),
        Fact::Absent => &Value::Null,
    };
    let answer = |itself| says(world, policy, principal, itself, action, &key.arn);
    let (itself, account) = (answer(true), answer(false));
    match (&by_identity, itself, account) {
        (_, Tri::Yes, _) => Access::Allowed("the key's policy names the principal"),
        (Identity::Allowed, _, Tri::Yes) => {
            Access::Allowed("its own policies allow it, and the key's policy leaves it to them")
        }
        (_, Tri::Depends(keys), _) | (Identity::Allowed, _, Tri::Depends(keys)) => {
            Access::Depends(keys)
        }
        (Identity::Depends(keys), _, Tri::Yes | Tri::Depends(_)) => Access::Depends(keys.clone()),
        (Identity::Unknown(why), _, Tri::Yes | Tri::Depends(_)) => Access::Unknown(why.clone()),
        (_, _, Tri::No) => by_grant(
            key,
            principal,
            action,
            "The key's policy does not let the principal use it, and does not leave it to the account's policies.",
        ),
        (Identity::Denied { .. }, _, _) => by_grant(
            key,
            principal,
            action,
            "No policy of the principal allows it, and the key's policy does not name the principal itself.",
        ),
    }
}

enum Identity {
    Allowed,
    Denied { outright: bool },
    Depends(BTreeSet<String>),
    Unknown(Unavailable),
}

fn by_identity(world: &World, principal: &str, action: &str, key: &str) -> Identity {
    match iam::silence(world, principal, action) {
        Some(iam::Silence::Unavailable(why)) => return Identity::Unknown(why.clone()),
        Some(_) => {
            return Identity::Unknown(Unavailable::not_asked(
                "iam:SimulatePrincipalPolicy",
                format!("the policy simulator was not asked about {action}"),
            ));
        }
        None => {}
    }
    let verdict = iam::verdict(world, principal, &[(action, key)], |_| true);
    if !verdict.denied.is_empty() {
        return Identity::Denied {
            outright: verdict.blocker().is_some(),
        };
    }
    if !verdict.undecided.is_empty() {
        return Identity::Depends(verdict.missing_keys().into_iter().collect());
    }
    match verdict.allowed {
        0 => Identity::Unknown(Unavailable::not_asked(
            "iam:SimulatePrincipalPolicy",
            format!("the policy simulator gave no answer about {action}"),
        )),
        _ => Identity::Allowed,
    }
}

fn without_policy(by_identity: Identity, why: &Unavailable) -> Access {
    match by_identity {
        Identity::Unknown(why) => Access::Unknown(why),
        _ => Access::Unknown(why.clone()),
    }
}

fn says(world: &World, policy: &Value, arn: &str, itself: bool, action: &str, key: &str) -> Tri {
    let account = arn.split(':').nth(4).unwrap_or_default();
    let known = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
    let context = [
        known("aws:PrincipalArn", arn),
        known("aws:PrincipalAccount", account),
        known("aws:RequestedRegion", &world.facts.region),
        known("aws:SecureTransport", "true"),
        known("kms:CallerAccount", account),
        // The agent and the client call KMS themselves, not through another service.
        ("kms:ViaService".to_owned(), Vec::new()),
        ("kms:GranteePrincipal".to_owned(), Vec::new()),
    ];
    let principal = Principal {
        arn,
        account,
        itself,
    };
    resource_policy(policy, &principal, &Request::new(action, key, context))
}

fn by_grant(key: &KmsKey, principal: &str, action: &str, refusal: &str) -> Access {
    let operation = action.split(':').nth(1).unwrap_or_default();
    match &key.grants {
        Fact::Known(grants) => {
            let granted = grants.iter().any(|grant| {
                grant.grantee == principal && grant.operations.iter().any(|op| op == operation)
            });
            match granted {
                true => Access::Allowed("a grant of the key allows it"),
                false => Access::Refused(refusal.to_owned()),
            }
        }
        Fact::Absent => Access::Refused(refusal.to_owned()),
        Fact::Unavailable(why) => Access::Unknown(why.clone()),
    }
}
