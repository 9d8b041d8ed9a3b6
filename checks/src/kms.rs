//! Who may use a KMS key: the key's policy and the principal's policies decide together, and grants beside them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::arn;
use crate::check::Check;
use crate::facts::{Fact, KmsKey, Unavailable};
use crate::finding::{Finding, Subject};
use crate::fix::Fix;
use crate::iam::{self, Blocker, Principal, Request, Tri, resource_denies, resource_policy};
use crate::text;
use crate::world::World;

/// Whether a principal may do something with a key.
enum Access {
    Allowed(&'static str),
    Refused(Refusal),
    /// It hangs on these condition keys.
    Depends(BTreeSet<String>),
    Unknown(Unavailable),
}

/// What refuses, and so has to be mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// No policy of the principal allows it.
    Identity,
    /// Something above or beside them: a Deny, the boundary, the organization.
    Blocked(Blocker),
    /// The key's policy lets neither the principal nor its account's policies decide.
    KeyPolicy,
    /// The key's policy has a Deny.
    KeyDeny,
}

impl Refusal {
    pub fn sentence(self) -> String {
        match self {
            Refusal::Identity => "No policy of the principal allows it, and the key's policy does not name the principal itself.".to_owned(),
            Refusal::Blocked(blocker) => format!("The principal's {blocker} does not allow it."),
            Refusal::KeyPolicy => "The key's policy does not let the principal use it, and does not leave it to the account's policies.".to_owned(),
            Refusal::KeyDeny => "The key's policy denies it explicitly, which outweighs everything else.".to_owned(),
        }
    }
}

/// What a finding about the use of the cluster's key says.
pub struct Use<'u> {
    /// `Task role web`, `The caller`.
    pub who: String,
    pub action: &'static str,
    /// `decrypt`
    pub what: &'static str,
    /// What comes of it where it is refused.
    pub then: &'static str,
    pub cause: &'static str,
    pub principal: &'u str,
}

/// Judges whether a principal may use the cluster's key; `fix` mends a refusal.
pub fn judge(
    world: &World,
    check: &'static Check,
    subject: Subject,
    wanted: Use,
    fix: impl FnOnce(&KmsKey, Refusal) -> Fix,
) -> Finding {
    let key = match world.key() {
        Fact::Known(key) => key,
        Fact::Absent => {
            return check.skip(
                subject,
                "The cluster encrypts sessions with no KMS key that could be used",
            );
        }
        Fact::Unavailable(why) => return check.unknown(subject, &why),
    };
    let Use { who, what, .. } = wanted;
    match access(world, wanted.principal, wanted.action, key) {
        Access::Allowed(how) => check
            .pass(subject, format!("{who} may {what} with the cluster's key"))
            .detail(format!("It may, because {how}.")),
        Access::Refused(refusal) => check
            .fail(
                subject,
                format!("{who} may not {what} with the cluster's key"),
            )
            .detail(format!("{} {}", refusal.sentence(), wanted.then))
            .cause(wanted.cause)
            .evidence("key", key.arn.as_str())
            .fix(fix(key, refusal)),
        Access::Depends(keys) => {
            let keys: Vec<String> = keys.into_iter().collect();
            let on = text::list(&keys);
            check
                .unsure(
                    subject,
                    format!("{who} may {what} with the cluster's key or not: that hangs on {on}"),
                )
                .evidence("missingContextKeys", keys)
        }
        Access::Unknown(why) => check.unknown(subject, &why),
    }
}

/// <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>
fn access(world: &World, principal: &str, action: &str, key: &KmsKey) -> Access {
    let by_identity = by_identity(world, principal, action, &key.arn);
    if let Identity::Denied {
        blocker: Some(blocker),
    } = by_identity
    {
        return Access::Refused(Refusal::Blocked(blocker));
    }
    let policy = match &key.policy {
        Fact::Known(policy) => policy,
        Fact::Unavailable(why) => return without_policy(by_identity, why),
        Fact::Absent => &Value::Null,
    };
    let asked = Asked {
        world,
        policy,
        arn: principal,
        action,
        key: &key.arn,
    };
    let denied = asked.is_denied();
    if denied == Tri::Yes {
        return Access::Refused(Refusal::KeyDeny);
    }
    let (itself, account) = (asked.is_allowed(true), asked.is_allowed(false));
    // In the key's own account its policy is enough; elsewhere both have to allow.
    let is_own = account_of(principal) == account_of(&key.arn);
    match (&by_identity, itself, account) {
        (_, Tri::Yes, _) if is_own => Access::Allowed("the key's policy names the principal"),
        (Identity::Allowed, _, Tri::Yes) => {
            Access::Allowed("its own policies allow it, and the key's policy leaves it to them")
        }
        (_, Tri::Depends(keys), _) if is_own => Access::Depends(keys),
        (Identity::Allowed, _, Tri::Depends(keys)) => Access::Depends(keys),
        (Identity::Depends(keys), _, Tri::Yes | Tri::Depends(_)) => Access::Depends(keys.clone()),
        (Identity::Unknown(why), _, Tri::Yes | Tri::Depends(_)) => Access::Unknown(why.clone()),
        (_, _, Tri::No) => by_grant(key, principal, action, Refusal::KeyPolicy),
        (Identity::Denied { .. }, _, _) => by_grant(key, principal, action, Refusal::Identity),
    }
}

fn account_of(arn: &str) -> &str {
    arn::account(arn).unwrap_or_default()
}

enum Identity {
    Allowed,
    Denied { blocker: Option<Blocker> },
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
            blocker: verdict.blocker(),
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

/// A question to a key's policy.
struct Asked<'a> {
    world: &'a World<'a>,
    policy: &'a Value,
    /// Of the principal.
    arn: &'a str,
    action: &'a str,
    key: &'a str,
}

impl Asked<'_> {
    /// `itself`: by a statement that names the principal, not only its account.
    fn is_allowed(&self, itself: bool) -> Tri {
        resource_policy(self.policy, &self.principal(itself), &self.request())
    }

    fn is_denied(&self) -> Tri {
        resource_denies(self.policy, &self.principal(false), &self.request())
    }

    fn principal(&self, itself: bool) -> Principal<'_> {
        Principal {
            arn: self.arn,
            account: account_of(self.arn),
            itself,
        }
    }

    fn request(&self) -> Request<'_> {
        let account = account_of(self.arn);
        let known = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
        let context = [
            known("aws:PrincipalArn", self.arn),
            known("aws:PrincipalAccount", account),
            known("aws:RequestedRegion", &self.world.facts.region),
            known("aws:SecureTransport", "true"),
            known("kms:CallerAccount", account),
            // The agent and the client call KMS themselves, not through another service.
            ("kms:ViaService".to_owned(), Vec::new()),
            ("kms:GranteePrincipal".to_owned(), Vec::new()),
        ];
        Request::new(self.action, self.key, context)
    }
}

fn by_grant(key: &KmsKey, principal: &str, action: &str, refusal: Refusal) -> Access {
    let operation = action.split(':').nth(1).unwrap_or_default();
    match &key.grants {
        Fact::Known(grants) => {
            let granted = grants.iter().any(|grant| {
                grant.grantee == principal && grant.operations.iter().any(|op| op == operation)
            });
            match granted {
                true => Access::Allowed("a grant of the key allows it"),
                false => Access::Refused(refusal),
            }
        }
        Fact::Absent => Access::Refused(refusal),
        Fact::Unavailable(why) => Access::Unknown(why.clone()),
    }
}
