//! Who can use a KMS key: the key's policy and the principal's policies decide together, and grants besides them.
//!
//! [`judge`] makes the finding. `evaluation` joins the answers of the key's policy (`key_policy`), of the principal's
//! policies (`identity`) and of the grants (`grants`).

mod evaluation;
mod grants;
mod identity;
mod key_policy;

use std::collections::BTreeSet;

use crate::iam_answers::Blocker;
use crate::prelude::*;
use aws_rules::iam::literal_wildcard;

/// The actions whose answers [`judge`] needs.
pub const ACTIONS: [&str; 5] = [
    "ecs:DescribeClusters",
    "kms:DescribeKey",
    "kms:GetKeyPolicy",
    "kms:ListGrants",
    "iam:SimulatePrincipalPolicy",
];

/// Whether a principal is allowed to use a key.
enum Access {
    /// A clause says why.
    Allowed(&'static str),
    Refused(Refusal),
    /// It depends on these condition keys.
    Depends(BTreeSet<String>),
    /// A clause says why the answer is unknown.
    Unclear(&'static str),
    Unknown(Unavailable),
}

/// What refuses the use of a key, and so needs a fix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// No policy of the principal allows it.
    Identity,
    /// A Deny, the boundary or the organization, which outweigh other policies.
    Blocked(Blocker),
    /// The key's policy allows neither the principal nor its account.
    KeyPolicy,
    /// A Deny of the key's policy.
    KeyDeny,
}

impl Refusal {
    fn sentence(self) -> String {
        match self {
            Refusal::Identity => "No policy of the principal allows it, and the key's policy does not name the principal itself.".to_owned(),
            Refusal::Blocked(blocker) => format!("The principal's {blocker} does not allow it."),
            Refusal::KeyPolicy => "The key's policy does not allow the principal to use it, and does not leave the decision to the account's policies.".to_owned(),
            Refusal::KeyDeny => "The key's policy denies it explicitly, which overrides everything else.".to_owned(),
        }
    }
}

/// How a principal uses the cluster's key, and the words of the finding about it.
pub struct KeyUse<'u> {
    /// `Task role web`, `The caller`.
    pub who: String,
    pub action: &'static str,
    /// `decrypt`
    pub verb: &'static str,
    /// A sentence about the consequence of a refusal.
    pub consequence: &'static str,
    pub group_title: &'static str,
    /// ARN of the principal.
    pub principal: &'u str,
    /// ARN of the role's session, if known.
    pub session: Option<&'u str>,
}

/// Judges whether a principal is allowed to use the cluster's key. `fix` changes the principal's own policies, or what
/// blocks them.
pub fn judge(
    index: &FactIndex,
    check: &'static Check,
    subject: Subject,
    key_use: KeyUse,
    fix: impl FnOnce(&KmsKey, Option<Blocker>) -> Fix,
) -> Finding {
    let key = match index.key() {
        Fact::Known(key) => key,
        Fact::Absent => {
            let title = "The cluster encrypts sessions with no KMS key that could be used";
            return check.skip(subject, title);
        }
        Fact::Unavailable(why) => return check.unknown(subject, &why),
    };
    let KeyUse { who, verb, .. } = &key_use;
    let what = format!("{verb} with the cluster's key");
    match evaluation::evaluate(index, &key_use, key) {
        Access::Allowed(reason) => check
            .pass(subject, format!("{who} is allowed to {what}"))
            .detail(format!("It is allowed, because {reason}.")),
        Access::Refused(refusal) => {
            let sentences = [
                Some(refusal.sentence()),
                explain_refusal(index, &key_use, key, refusal),
                Some(key_use.consequence.to_owned()),
            ];
            let sentences: Vec<String> = sentences.into_iter().flatten().collect();
            let fix = match refusal {
                Refusal::Identity => fix(key, None),
                Refusal::Blocked(blocker) => fix(key, Some(blocker)),
                Refusal::KeyPolicy => {
                    fixes::cluster::key_policy(index.facts, key, key_use.principal, key_use.action)
                }
                Refusal::KeyDeny => fixes::cluster::remove_key_deny(key),
            };
            check
                .fail(subject, format!("{who} is not allowed to {what}"))
                .detail(sentences.join(" "))
                .group_title(key_use.group_title)
                .evidence("key", key.arn.as_str())
                .fix(fix)
        }
        Access::Depends(keys) => {
            let keys: Vec<String> = keys.into_iter().collect();
            let what = format!("{} is allowed to {what}", text::uncapitalized(who));
            check
                .unknown_because(subject, text::depends_on(&what, &keys))
                .evidence("missingContextKeys", keys)
        }
        Access::Unclear(reason) => {
            let who = text::uncapitalized(who);
            let title = format!("Cannot determine whether {who} is allowed to {what}: {reason}");
            check.unknown_because(subject, title)
        }
        Access::Unknown(why) => check.unknown(subject, &why),
    }
}

/// A mistake in the policies that explains the refusal.
fn explain_refusal(
    index: &FactIndex,
    key_use: &KeyUse,
    key: &KmsKey,
    refusal: Refusal,
) -> Option<String> {
    let (principal, actions) = (key_use.principal, [key_use.action]);
    match refusal {
        Refusal::Identity => literal_wildcard::find_in_policies(index.facts, principal, &actions),
        Refusal::KeyPolicy => literal_wildcard::find_in_document(key.policy.known()?, &actions),
        Refusal::KeyDeny => {
            let has_boundary = iam_answers::has_boundary(index, principal, key.policy.known()?);
            (has_boundary == Some(true)).then(|| NOT_PRINCIPAL.to_owned())
        }
        Refusal::Blocked(_) => None,
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
const NOT_PRINCIPAL: &str = "A Deny with NotPrincipal denies every principal that has a permissions boundary, whatever \
     it names. Use ArnNotEquals on aws:PrincipalArn instead.";
