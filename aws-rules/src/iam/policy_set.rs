use std::collections::BTreeSet;

use serde_json::Value;

use super::statement::MatchingStatements;
use super::{Principal, Request, Ternary};
use model::facts::{Identity, Outcome, Policy};

/// The decision of a principal's policies on one request.
#[derive(Debug, PartialEq, Eq)]
pub struct PolicyDecision {
    /// Not allowed if the decision depends on something.
    pub outcome: Outcome,
    /// Condition keys that the outcome depends on, and parts of policies that AWS does not document.
    pub depends_on: BTreeSet<String>,
    /// Those that a Deny depends on, even if nothing allows the request.
    pub deny_depends_on: BTreeSet<String>,
    /// Whether the permissions boundary allows the request. `None`: there is no boundary, or the decision depends.
    pub by_boundary: Option<bool>,
    /// Names of the policies with a statement that decided.
    pub matched: Vec<String>,
}

/// The identity policies and the permissions boundary of a principal, for one request on any resource. A Deny in any of
/// them decides, and both must allow. Organizations, session policies and resource policies are not evaluated here.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
pub struct PolicySet<'p> {
    /// With the names of the policies.
    deny: Vec<(MatchingStatements, &'p str)>,
    allow: Vec<(MatchingStatements, &'p str)>,
    boundary: Option<MatchingStatements>,
}

impl<'p> PolicySet<'p> {
    /// Reduces the policies to the statements that match the request.
    pub fn new(request: &Request, identity: &'p Identity) -> PolicySet<'p> {
        let matching = |policy: &Policy, effect| {
            MatchingStatements::new(&policy.document, effect, None, request)
        };
        let named =
            |effect| move |policy: &'p Policy| (matching(policy, effect), policy.name.as_str());
        let all = identity.policies.iter().chain(&identity.boundary);
        let boundary = identity.boundary.as_ref();
        PolicySet {
            deny: all.map(named("Deny")).collect(),
            allow: identity.policies.iter().map(named("Allow")).collect(),
            boundary: boundary.map(|policy| matching(policy, "Allow")),
        }
    }

    /// Decides on the request for one resource: an ARN, or `*` for an action without resources.
    pub fn decide(&self, resource: &str) -> PolicyDecision {
        let (deny, denying) = apply(&self.deny, resource);
        let (allow, allowing) = apply(&self.allow, resource);
        let boundary = self.boundary.as_ref();
        let bounded = boundary.map(|statements| statements.applies_to(resource));
        let decision = |outcome, matched| PolicyDecision {
            outcome,
            depends_on: BTreeSet::new(),
            deny_depends_on: deny.keys(),
            by_boundary: bounded.as_ref().map(|bounded| *bounded != Ternary::No),
            matched,
        };
        if deny == Ternary::Yes {
            return decision(Outcome::ExplicitDeny, denying);
        }
        let within_boundary = bounded.clone().unwrap_or(Ternary::Yes);
        match allow.and(within_boundary).and(deny.clone().negated()) {
            Ternary::Yes => decision(Outcome::Allowed, allowing),
            Ternary::No => decision(Outcome::ImplicitDeny, Vec::new()),
            Ternary::Depends(keys) => PolicyDecision {
                depends_on: keys,
                by_boundary: None,
                ..decision(Outcome::ImplicitDeny, Vec::new())
            },
        }
    }
}

/// Whether any policy applies to a resource, and the names of those that certainly do.
fn apply(policies: &[(MatchingStatements, &str)], resource: &str) -> (Ternary, Vec<String>) {
    let (mut any, mut names) = (Ternary::No, Vec::new());
    for (statements, name) in policies {
        let applies = statements.applies_to(resource);
        if applies == Ternary::Yes {
            names.push((*name).to_owned());
        }
        any = any.or(applies);
    }
    (any, names)
}

/// Whether a resource policy allows the request and does not deny it.
pub fn evaluate_resource_policy(
    policy: &Value,
    principal: &Principal,
    request: &Request,
    resource: &str,
) -> Ternary {
    let allow = MatchingStatements::new(policy, "Allow", Some(principal), request);
    let denied = resource_policy_denies(policy, principal, request, resource);
    allow.applies_to(resource).and(denied.negated())
}

/// Whether a resource policy denies the request explicitly.
pub fn resource_policy_denies(
    policy: &Value,
    principal: &Principal,
    request: &Request,
    resource: &str,
) -> Ternary {
    MatchingStatements::new(policy, "Deny", Some(principal), request).applies_to(resource)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::iam::PrincipalMatch;

    fn policy(name: &str, effect: &str, action: &str, condition: Value) -> Policy {
        Policy {
            name: name.into(),
            arn: None,
            document: json!({"Version": "2012-10-17", "Statement": {
                "Effect": effect, "Action": action, "Resource": "*", "Condition": condition,
            }}),
        }
    }

    fn outcome(policies: Vec<Policy>, boundary: Option<Policy>) -> PolicyDecision {
        let request = Request::new("ecs:ExecuteCommand", []);
        let identity = Identity { policies, boundary };
        PolicySet::new(&request, &identity).decide("arn:aws:ecs:r:1:task/c/a")
    }

    fn is(effective: &PolicyDecision, expected: Outcome) -> bool {
        effective.outcome == expected && effective.depends_on.is_empty()
    }

    #[test]
    fn a_deny_decides_and_the_boundary_must_allow_too() {
        let allow = policy("grant", "Allow", "ecs:*", json!({}));
        let deny = policy("lock", "Deny", "*", json!({}));
        let other = policy("other", "Allow", "s3:*", json!({}));
        assert!(is(&outcome(vec![allow.clone()], None), Outcome::Allowed));
        assert!(is(
            &outcome(vec![other.clone()], None),
            Outcome::ImplicitDeny
        ));
        let denied = outcome(vec![allow.clone(), deny], None);
        assert_eq!(denied.matched, ["lock"]);
        let bounded = outcome(vec![allow.clone()], Some(other.clone()));
        assert_eq!(bounded.by_boundary, Some(false));
        assert!(is(
            &outcome(vec![other], Some(allow)),
            Outcome::ImplicitDeny
        ));
    }

    #[test]
    fn only_relevant_condition_keys_make_a_decision_depend() {
        let allow = policy("grant", "Allow", "ecs:*", json!({}));
        let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}});
        let deny = policy("mfa", "Deny", "ecs:*", mfa.clone());
        let elsewhere = policy("s3", "Deny", "s3:*", mfa);
        assert!(is(
            &outcome(vec![allow.clone(), elsewhere], None),
            Outcome::Allowed
        ));
        let open = outcome(vec![allow, deny.clone()], None);
        let mfa = ["aws:MultiFactorAuthPresent".to_owned()].into();
        assert_eq!(open.depends_on, mfa);
        assert_eq!(open.deny_depends_on, mfa);
        let nothing_allows = outcome(vec![deny], None);
        assert!(is(&nothing_allows, Outcome::ImplicitDeny));
        assert_eq!(nothing_allows.deny_depends_on, mfa);
    }

    #[test]
    fn resource_policies_match_by_the_account_or_the_principal() {
        let request = Request::new("kms:Decrypt", []);
        let role = |matched_by| Principal {
            arn: "arn:aws:iam::1:role/team/app",
            session: None,
            account: Some("1"),
            matched_by,
            has_boundary: None,
        };
        let says = |principal: Value, matched_by| {
            let policy = json!({"Statement": [
                {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"},
            ]});
            evaluate_resource_policy(
                &policy,
                &role(matched_by),
                &request,
                "arn:aws:kms:r:1:key/k",
            )
        };
        assert_eq!(
            says(
                json!({"AWS": "arn:aws:iam::1:root"}),
                PrincipalMatch::AccountOrPrincipal
            ),
            Ternary::Yes
        );
        assert_eq!(
            says(
                json!({"AWS": "arn:aws:iam::1:root"}),
                PrincipalMatch::Principal
            ),
            Ternary::No
        );
        assert_eq!(
            says(
                json!({"AWS": ["arn:aws:iam::1:role/team/app"]}),
                PrincipalMatch::Principal
            ),
            Ternary::Yes
        );
        assert_eq!(
            says(
                json!({"AWS": "arn:aws:iam::1:role/other"}),
                PrincipalMatch::AccountOrPrincipal
            ),
            Ternary::No
        );
        assert_eq!(
            says(
                json!({"Service": "logs.amazonaws.com"}),
                PrincipalMatch::AccountOrPrincipal
            ),
            Ternary::No
        );
        assert_eq!(
            says(json!("*"), PrincipalMatch::SessionOrUser),
            Ternary::Yes
        );
    }

    #[test]
    fn not_principal_exempts_only_the_account_the_role_and_its_session() {
        let request = Request::new("kms:Decrypt", []);
        let role = Principal {
            arn: "arn:aws:iam::1:role/app",
            session: Some("arn:aws:sts::1:assumed-role/app/jane"),
            account: Some("1"),
            matched_by: PrincipalMatch::AccountOrPrincipal,
            has_boundary: Some(false),
        };
        let denies = |role: &Principal, spared: Value| {
            let policy = json!({"Statement": [
                {"Effect": "Deny", "NotPrincipal": {"AWS": spared}, "Action": "*", "Resource": "*"},
            ]});
            resource_policy_denies(&policy, role, &request, "arn:aws:kms:r:1:key/k")
        };
        let (account, itself) = ("arn:aws:iam::1:root", role.arn);
        let session = "arn:aws:sts::1:assumed-role/app/jane";
        assert_eq!(
            denies(&role, json!(["arn:aws:iam::1:role/other"])),
            Ternary::Yes
        );
        assert_eq!(
            denies(&role, json!([account, itself, session])),
            Ternary::No
        );
        assert_eq!(
            denies(&role, json!([account])),
            Ternary::depends("NotPrincipal")
        );
        assert_eq!(
            denies(&role, json!([account, itself])),
            Ternary::depends("NotPrincipal")
        );
        let bounded = |has_boundary| Principal {
            has_boundary,
            ..role
        };
        let everything = json!([account, itself, session]);
        assert_eq!(
            denies(&bounded(Some(true)), everything.clone()),
            Ternary::Yes
        );
        let unknown = denies(&bounded(None), everything);
        assert!(matches!(unknown, Ternary::Depends(_)), "{unknown:?}");
    }
}
