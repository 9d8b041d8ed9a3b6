//! Who may use a KMS key: the key's policy and the principal's policies decide together, and grants beside them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::fact_index::FactIndex;
use crate::iam_answers::{self, Blocker};
use aws_rules::iam::{
    self, Credentials, Named, Principal, Request, Tri, resource_denies, resource_policy,
};
use model::arn;
use model::check::Check;
use model::facts::{Fact, KmsKey, Unavailable};
use model::finding::{Finding, Subject};
use model::fix::Fix;
use model::text;

/// Whether a principal may do something with a key.
enum Access {
    Allowed(&'static str),
    Refused(Refusal),
    /// It depends on these condition keys.
    Depends(BTreeSet<String>),
    /// Nobody can tell, because of this.
    Unsure(&'static str),
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
    /// ARN of the role's session, where it is known.
    pub session: Option<&'u str>,
}

/// Judges whether a principal may use the cluster's key; `fix` mends a refusal.
pub fn judge(
    index: &FactIndex,
    check: &'static Check,
    subject: Subject,
    wanted: Use,
    fix: impl FnOnce(&KmsKey, Refusal) -> Fix,
) -> Finding {
    let key = match index.key() {
        Fact::Known(key) => key,
        Fact::Absent => {
            return check.skip(
                subject,
                "The cluster encrypts sessions with no KMS key that could be used",
            );
        }
        Fact::Unavailable(why) => return check.unknown(subject, &why),
    };
    let Use { who, what, .. } = &wanted;
    match access(index, &wanted, key) {
        Access::Allowed(how) => check
            .pass(subject, format!("{who} may {what} with the cluster's key"))
            .detail(format!("It may, because {how}.")),
        Access::Refused(refusal) => check
            .fail(
                subject,
                format!("{who} may not {what} with the cluster's key"),
            )
            .detail(sentences([
                Some(refusal.sentence()),
                why_refused(index, &wanted, key, refusal),
                Some(wanted.then.to_owned()),
            ]))
            .group_title(wanted.cause)
            .evidence("key", key.arn.as_str())
            .fix(fix(key, refusal)),
        Access::Depends(keys) => {
            let keys: Vec<String> = keys.into_iter().collect();
            let what = format!(
                "{} is allowed to {what} with the cluster's key",
                text::uncapitalized(who)
            );
            check
                .unknown_because(subject, text::depends_on(&what, &keys))
                .evidence("missingContextKeys", keys)
        }
        Access::Unsure(why) => check.unknown_because(
            subject,
            format!("Whether {who} may {what} with the cluster's key cannot be told: {why}"),
        ),
        Access::Unknown(why) => check.unknown(subject, &why),
    }
}

fn sentences<const N: usize>(sentences: [Option<String>; N]) -> String {
    let sentences: Vec<String> = sentences.into_iter().flatten().collect();
    sentences.join(" ")
}

/// A mistake in the policies that explains the refusal.
fn why_refused(index: &FactIndex, wanted: &Use, key: &KmsKey, refusal: Refusal) -> Option<String> {
    match refusal {
        Refusal::Identity => {
            iam::literal::in_policies_of(index.facts, wanted.principal, &[wanted.action])
        }
        Refusal::KeyPolicy => iam::literal::in_document(key.policy.known()?, &[wanted.action]),
        Refusal::KeyDeny => {
            let policy = key.policy.known()?;
            let has_boundary = iam_answers::has_boundary(index, wanted.principal, policy);
            (has_boundary == Some(true)).then(|| NOT_PRINCIPAL.to_owned())
        }
        Refusal::Blocked(_) => None,
    }
}

/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html>
const NOT_PRINCIPAL: &str = "A Deny with NotPrincipal denies every principal that has a permissions boundary, whatever \
     it names. Use ArnNotEquals on aws:PrincipalArn instead.";

/// <https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html>
fn access(index: &FactIndex, wanted: &Use, key: &KmsKey) -> Access {
    let own = by_identity(index, wanted, &key.arn);
    if let Own::Denied(Some(blocker @ (Blocker::ServiceControlPolicy | Blocker::Deny))) = own.says {
        return Access::Refused(Refusal::Blocked(blocker));
    }
    let policy = match (&key.policy, &own.says) {
        (Fact::Known(policy), _) => policy,
        (Fact::Unavailable(_), Own::Unknown(why)) | (Fact::Unavailable(why), _) => {
            return Access::Unknown(why.clone());
        }
        (Fact::Absent, _) => &Value::Null,
    };
    let asked = Asked {
        index,
        policy,
        wanted,
        key: &key.arn,
    };
    let denied = asked.is_denied();
    if denied == Tri::Yes {
        return Access::Refused(Refusal::KeyDeny);
    }
    let access = match is_of_another_account(wanted.principal, &key.arn) {
        false => within_account(&asked, &own.says, key),
        true => across_accounts(&asked, &own.says, key),
    };
    let denies: BTreeSet<String> = denied
        .depends_on()
        .union(&own.deny_depends_on)
        .cloned()
        .collect();
    match access {
        Access::Allowed(_) if !denies.is_empty() => Access::Depends(denies),
        access => access,
    }
}

/// In the key's own account its policy, the principal's policies or a grant are enough.
fn within_account(asked: &Asked, own: &Own, key: &KmsKey) -> Access {
    let is_bounded = matches!(own, Own::Denied(Some(Blocker::Boundary)));
    let itself = asked.is_allowed(match is_bounded {
        true => Named::Directly,
        false => Named::Itself,
    });
    if itself == Tri::Yes {
        return Access::Allowed("the key's policy names the principal");
    }
    let left_to_it = asked.is_allowed(Named::Anyhow);
    if matches!(own, Own::Allowed) && left_to_it == Tri::Yes {
        return Access::Allowed(
            "its own policies allow it, and the key's policy leaves it to them",
        );
    }
    let granted = granted(asked, key);
    match (&granted, is_bounded) {
        (Granted::Yes, true) => {
            return Access::Unsure(
                "a grant of the key allows it, but the permissions boundary does not",
            );
        }
        (Granted::Yes, false) => return Access::Allowed("a grant of the key allows it"),
        _ => {}
    }
    match (own, itself, left_to_it) {
        (_, Tri::Depends(keys), _) | (Own::Allowed, _, Tri::Depends(keys)) => Access::Depends(keys),
        (Own::Depends(keys), _, Tri::Yes | Tri::Depends(_)) => Access::Depends(keys.clone()),
        (Own::Unknown(why), _, Tri::Yes | Tri::Depends(_)) => Access::Unknown(why.clone()),
        (Own::Denied(Some(blocker)), ..) => granted.or_refused(Refusal::Blocked(*blocker)),
        (_, _, Tri::No) => granted.or_refused(Refusal::KeyPolicy),
        _ => granted.or_refused(Refusal::Identity),
    }
}

/// A key of another account has to allow it, and the principal's policies too.
fn across_accounts(asked: &Asked, own: &Own, key: &KmsKey) -> Access {
    let let_in = asked.is_allowed(Named::Anyhow);
    let granted = match let_in {
        Tri::Yes => Granted::Yes,
        _ => granted(asked, key),
    };
    match (own, &granted, let_in) {
        (Own::Denied(Some(blocker)), ..) => Access::Refused(Refusal::Blocked(*blocker)),
        (Own::Denied(None), Granted::Yes, Tri::No | Tri::Depends(_)) => {
            Access::Unsure("a grant of the key allows it, but no policy of the principal does")
        }
        (Own::Denied(None), ..) => Access::Refused(Refusal::Identity),
        (Own::Unknown(why), Granted::Yes, _) => Access::Unknown(why.clone()),
        (Own::Depends(keys), Granted::Yes, _) => Access::Depends(keys.clone()),
        (Own::Allowed, Granted::Yes, Tri::Yes) => {
            Access::Allowed("its own policies allow it, and so does the key's policy")
        }
        (Own::Allowed, Granted::Yes, _) => Access::Allowed("a grant of the key allows it"),
        (_, _, Tri::Depends(keys)) => Access::Depends(keys),
        (_, _, Tri::Yes | Tri::No) => granted.or_refused(Refusal::KeyPolicy),
    }
}

/// What is only planned has no ARN yet, and is made in the plan's account.
fn is_of_another_account(principal: &str, key: &str) -> bool {
    match (arn::account(principal), arn::account(key)) {
        (Some(principal), Some(key)) => principal != key,
        _ => false,
    }
}

fn account_of(arn: &str) -> &str {
    arn::account(arn).unwrap_or_default()
}

/// What the policies of the principal say.
struct Identity {
    says: Own,
    /// The condition keys on which a Deny of them depends.
    deny_depends_on: BTreeSet<String>,
}

enum Own {
    Allowed,
    Denied(Option<Blocker>),
    Depends(BTreeSet<String>),
    Unknown(Unavailable),
}

fn by_identity(index: &FactIndex, wanted: &Use, key: &str) -> Identity {
    let certain = |says| Identity {
        says,
        deny_depends_on: BTreeSet::new(),
    };
    // No policy of the account binds its root user.
    if wanted.principal.ends_with(":root") {
        return certain(Own::Allowed);
    }
    let Use {
        principal, action, ..
    } = *wanted;
    let not_told = |how: &str| {
        certain(Own::Unknown(Unavailable::not_asked(
            "iam:SimulatePrincipalPolicy",
            format!("the policy simulator {how} about {action}"),
        )))
    };
    match iam_answers::no_answer(index, principal, action) {
        Some(iam_answers::NoAnswer::Unavailable(why)) => return certain(Own::Unknown(why.clone())),
        Some(_) => return not_told("was not asked"),
        None => {}
    }
    let verdict = iam_answers::permission_answer(index, principal, &[(action, key)], |_| true);
    let says = match (
        verdict.denied.len(),
        verdict.undecided.len(),
        verdict.allowed,
    ) {
        (0, 0, 0) => return not_told("gave no answer"),
        (0, 0, _) => Own::Allowed,
        (0, _, _) => Own::Depends(verdict.missing_keys().into_iter().collect()),
        _ => Own::Denied(verdict.blocker()),
    };
    let open = verdict.denied.iter().chain(&verdict.undecided);
    let denies = open.flat_map(|decision| decision.may_be_denied_by());
    Identity {
        says,
        deny_depends_on: denies.cloned().collect(),
    }
}

/// A question to a key's policy.
struct Asked<'a> {
    index: &'a FactIndex<'a>,
    policy: &'a Value,
    wanted: &'a Use<'a>,
    key: &'a str,
}

impl Asked<'_> {
    /// By a statement that names the principal like this.
    fn is_allowed(&self, named: Named) -> Tri {
        resource_policy(
            self.policy,
            &self.principal(named),
            &self.request(),
            self.key,
        )
    }

    fn is_denied(&self) -> Tri {
        let principal = self.principal(Named::Anyhow);
        resource_denies(self.policy, &principal, &self.request(), self.key)
    }

    fn principal(&self, named: Named) -> Principal<'_> {
        Principal {
            arn: self.wanted.principal,
            session: self.wanted.session,
            account: account_of(self.wanted.principal),
            named,
            has_boundary: iam_answers::has_boundary(self.index, self.wanted.principal, self.policy),
        }
    }

    fn request(&self) -> Request<'_> {
        let account = account_of(self.wanted.principal);
        let known = |key: &str, value: &str| (key.to_owned(), vec![value.to_owned()]);
        let credentials = Credentials::of(self.index.facts, self.wanted.principal);
        let mut context = credentials.context(self.wanted.principal);
        context.extend([
            known("aws:RequestedRegion", &self.index.facts.region),
            known("aws:SecureTransport", "true"),
            known("kms:CallerAccount", account),
            ("kms:GranteePrincipal".to_owned(), Vec::new()),
        ]);
        Request::new(self.wanted.action, context).signed_with(credentials)
    }
}

/// What a key's grants say.
enum Granted {
    Yes,
    No,
    /// Only with an encryption context that nobody can foresee.
    Constrained,
    Unknown(Unavailable),
}

impl Granted {
    /// What it comes to where nothing but a grant can allow it.
    fn or_refused(self, refusal: Refusal) -> Access {
        match self {
            Granted::Yes => Access::Allowed("a grant of the key allows it"),
            Granted::No => Access::Refused(refusal),
            Granted::Constrained => {
                Access::Unsure("a grant of the key allows it for certain encryption contexts only")
            }
            Granted::Unknown(why) => Access::Unknown(why),
        }
    }
}

fn granted(asked: &Asked, key: &KmsKey) -> Granted {
    let operation = asked.wanted.action.split(':').nth(1).unwrap_or_default();
    let grants = match &key.grants {
        Fact::Known(grants) => grants,
        Fact::Absent => return Granted::No,
        Fact::Unavailable(why) => return Granted::Unknown(why.clone()),
    };
    let mut for_it = grants.iter().filter(|grant| {
        grant.grantee == asked.wanted.principal && grant.operations.iter().any(|op| op == operation)
    });
    if for_it.clone().any(|grant| !grant.is_constrained) {
        return Granted::Yes;
    }
    match for_it.next() {
        Some(_) => Granted::Constrained,
        None => Granted::No,
    }
}
