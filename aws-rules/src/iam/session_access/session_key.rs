//! The KMS key of the cluster: the client generates each session's data key with the caller's credentials.
//! <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>

use model::facts::{Fact, KmsKey, Unavailable};

use super::evaluator::{Evaluator, Resource};
use super::permission::Answer;
use super::reduced_policy::ReducedPolicy;
use super::resource_policy::ResourcePolicy;
use super::{AccountPrincipal, GENERATE_DATA_KEY};
use crate::iam::{Principal, Ternary};

/// The key that sessions are encrypted with, as far as it could be read.
pub enum SessionKey<'a> {
    Known {
        key: &'a KmsKey,
        policy: ResourcePolicy<'a>,
    },
    Unread(&'a Unavailable),
}

impl<'a> SessionKey<'a> {
    /// `None`: sessions need no key.
    pub fn new(key: &'a Fact<KmsKey>) -> Option<SessionKey<'a>> {
        let key = match key {
            Fact::Known(key) => key,
            Fact::Absent => return None,
            Fact::Unavailable(why) => return Some(SessionKey::Unread(why)),
        };
        let document = match &key.policy {
            Fact::Known(document) => document,
            Fact::Unavailable(why) => return Some(SessionKey::Unread(why)),
            Fact::Absent => &serde_json::Value::Null,
        };
        let resource = Resource {
            arn: &key.arn,
            noun: "keys",
            tags: None,
            task: None,
            container: None,
        };
        let policy = ResourcePolicy {
            action: GENERATE_DATA_KEY,
            resource,
            name: "the key's policy",
            reduced: ReducedPolicy::new(document, GENERATE_DATA_KEY),
        };
        Some(SessionKey::Known { key, policy })
    }

    /// Whether the principal can generate data keys with it.
    pub fn is_usable_by(&self, evaluator: &Evaluator, principal: &AccountPrincipal) -> Answer {
        let answer = match self {
            SessionKey::Unread(why) => Answer::undecided(format!(
                "the key of the cluster, which cannot be read ({why})"
            )),
            SessionKey::Known { key, policy } => {
                let own = evaluator.all_statements(principal, GENERATE_DATA_KEY);
                let by_policy = policy.grants(evaluator, principal, &own);
                let granted = match by_policy.value {
                    Ternary::No => by_grant(key, principal),
                    Ternary::Yes | Ternary::Depends(_) => by_policy,
                };
                granted.and(|| policy.does_not_deny(evaluator, principal, &own))
            }
        };
        // What allows the session is asked for, not what allows its key.
        Answer {
            policies: Vec::new(),
            ..answer
        }
    }
}

/// Whether a grant of the key is for the principal.
fn by_grant(key: &KmsKey, principal: &AccountPrincipal) -> Answer {
    let grants = match &key.grants {
        Fact::Known(grants) => grants.as_slice(),
        Fact::Absent => &[],
        Fact::Unavailable(why) => {
            return Answer::undecided(format!(
                "the grants of {}, which cannot be read ({why})",
                key.arn
            ));
        }
    };
    let itself = Principal::from_arn(&principal.arn);
    let own = grants.iter().filter_map(|grant| {
        let mut operations = grant.operations.iter();
        let is_for_data_keys = operations.any(|operation| operation == "GenerateDataKey");
        let is_for_principal = itself.matches_name(&grant.grantee);
        let is_certain = is_for_principal == Ternary::Yes
            && !grant.is_constrained
            && principal.boundary.is_none();
        (is_for_data_keys && is_for_principal != Ternary::No).then_some(is_certain)
    });
    match own.max() {
        None => Answer::no(),
        Some(true) => Answer::yes(),
        Some(false) => Answer::undecided(format!("a grant of {}", key.arn)),
    }
}
