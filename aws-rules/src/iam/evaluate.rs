use std::collections::BTreeSet;

use serde_json::Value;

use super::statement::Says;
use super::{Principal, Request, Tri};
use model::facts::{Identity, Outcome, Policy};

/// What the policies of a principal come to for one request.
#[derive(Debug, PartialEq, Eq)]
pub struct Effective {
    /// Not allowed where it depends on something.
    pub outcome: Outcome,
    /// The condition keys on which the outcome depends, and parts of policies that AWS does not document.
    pub depends_on: BTreeSet<String>,
    /// Those on which a Deny depends, also where nothing allows the request anyway.
    pub deny_depends_on: BTreeSet<String>,
    /// `Some(false)`: the permissions boundary does not allow it. `None`: there is none, or it depends on something.
    pub by_boundary: Option<bool>,
    /// Names of the policies with a statement that decided.
    pub matched: Vec<String>,
}

/// What the policies of a principal say of a request, whatever its resource: identity policies and the boundary. A
/// Deny anywhere decides, and both have to allow. What organizations, sessions and resources say is not in it.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
pub struct Policies<'p> {
    /// With the names of the policies.
    denying: Vec<(Says, &'p str)>,
    granting: Vec<(Says, &'p str)>,
    boundary: Option<Says>,
}

impl<'p> Policies<'p> {
    pub fn about(request: &Request, identity: &'p Identity) -> Policies<'p> {
        let says = |policy: &Policy, effect| Says::of(&policy.document, effect, None, request);
        let named = |effect| move |policy: &'p Policy| (says(policy, effect), policy.name.as_str());
        let everything = identity.policies.iter().chain(&identity.boundary);
        let boundary = identity.boundary.as_ref();
        Policies {
            denying: everything.map(named("Deny")).collect(),
            granting: identity.policies.iter().map(named("Allow")).collect(),
            boundary: boundary.map(|policy| says(policy, "Allow")),
        }
    }

    pub fn decide(&self, resource: &str) -> Effective {
        let apply = |policies: &[(Says, &'p str)]| -> Vec<(Tri, &'p str)> {
            let policies = policies.iter();
            policies
                .map(|(says, name)| (says.applies_to(resource), *name))
                .collect()
        };
        let (denying, granting) = (apply(&self.denying), apply(&self.granting));
        let boundary = self.boundary.as_ref();
        let bounded = boundary.map_or(Tri::Yes, |says| says.applies_to(resource));
        let any = |of: &[(Tri, &str)]| Tri::any(of.iter().map(|(tri, _)| tri.clone()));
        let (deny, grant) = (any(&denying), any(&granting));
        let effective = |outcome, matched| Effective {
            outcome,
            depends_on: BTreeSet::new(),
            deny_depends_on: deny.depends_on(),
            by_boundary: boundary.map(|_| bounded != Tri::No),
            matched,
        };
        if deny == Tri::Yes {
            return effective(Outcome::ExplicitDeny, names(&denying));
        }
        let allowed = grant.and(bounded.clone()).and(deny.clone().negated());
        match allowed {
            Tri::Yes => effective(Outcome::Allowed, names(&granting)),
            Tri::No => effective(Outcome::ImplicitDeny, Vec::new()),
            Tri::Depends(keys) => Effective {
                depends_on: keys,
                by_boundary: None,
                ..effective(Outcome::ImplicitDeny, Vec::new())
            },
        }
    }
}

fn names(policies: &[(Tri, &str)]) -> Vec<String> {
    policies
        .iter()
        .filter(|(tri, _)| *tri == Tri::Yes)
        .map(|(_, name)| (*name).to_owned())
        .collect()
}

/// What a resource's own policy says of a principal: allowed, or not, or denied outright.
pub fn resource_policy(
    policy: &Value,
    principal: &Principal,
    request: &Request,
    resource: &str,
) -> Tri {
    let applies = |effect| Says::of(policy, effect, Some(principal), request).applies_to(resource);
    applies("Allow").and(applies("Deny").negated())
}

/// Whether a resource's own policy denies it to a principal outright.
pub fn resource_denies(
    policy: &Value,
    principal: &Principal,
    request: &Request,
    resource: &str,
) -> Tri {
    Says::of(policy, "Deny", Some(principal), request).applies_to(resource)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::iam::Named;

    fn policy(name: &str, effect: &str, action: &str, condition: Value) -> Policy {
        Policy {
            name: name.into(),
            arn: None,
            document: json!({"Version": "2012-10-17", "Statement": {
                "Effect": effect, "Action": action, "Resource": "*", "Condition": condition,
            }}),
        }
    }

    fn outcome(policies: Vec<Policy>, boundary: Option<Policy>) -> Effective {
        let request = Request::new("ecs:ExecuteCommand", []);
        let identity = Identity { policies, boundary };
        Policies::about(&request, &identity).decide("arn:aws:ecs:r:1:task/c/a")
    }

    fn is(effective: &Effective, expected: Outcome) -> bool {
        effective.outcome == expected && effective.depends_on.is_empty()
    }

    #[test]
    fn a_deny_decides_and_both_have_to_allow() {
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
    fn only_keys_that_matter_leave_it_open() {
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
    fn policies_of_resources_name_principals() {
        let request = Request::new("kms:Decrypt", []);
        let role = |named| Principal {
            arn: "arn:aws:iam::1:role/team/app",
            session: None,
            account: "1",
            named,
            has_boundary: None,
        };
        let says = |principal: Value, named| {
            let policy = json!({"Statement": [
                {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"},
            ]});
            resource_policy(&policy, &role(named), &request, "arn:aws:kms:r:1:key/k")
        };
        assert_eq!(
            says(json!({"AWS": "arn:aws:iam::1:root"}), Named::Anyhow),
            Tri::Yes
        );
        assert_eq!(
            says(json!({"AWS": "arn:aws:iam::1:root"}), Named::Itself),
            Tri::No
        );
        assert_eq!(
            says(
                json!({"AWS": ["arn:aws:iam::1:role/team/app"]}),
                Named::Itself
            ),
            Tri::Yes
        );
        assert_eq!(
            says(json!({"AWS": "arn:aws:iam::1:role/other"}), Named::Anyhow),
            Tri::No
        );
        assert_eq!(
            says(json!({"Service": "logs.amazonaws.com"}), Named::Anyhow),
            Tri::No
        );
        assert_eq!(says(json!("*"), Named::Directly), Tri::Yes);
    }

    #[test]
    fn a_deny_spares_only_who_is_named_whole() {
        let request = Request::new("kms:Decrypt", []);
        let role = Principal {
            arn: "arn:aws:iam::1:role/app",
            session: Some("arn:aws:sts::1:assumed-role/app/jane"),
            account: "1",
            named: Named::Anyhow,
            has_boundary: Some(false),
        };
        let denies = |role: &Principal, spared: Value| {
            let policy = json!({"Statement": [
                {"Effect": "Deny", "NotPrincipal": {"AWS": spared}, "Action": "*", "Resource": "*"},
            ]});
            resource_denies(&policy, role, &request, "arn:aws:kms:r:1:key/k")
        };
        let (account, itself) = ("arn:aws:iam::1:root", role.arn);
        let session = "arn:aws:sts::1:assumed-role/app/jane";
        assert_eq!(
            denies(&role, json!(["arn:aws:iam::1:role/other"])),
            Tri::Yes
        );
        assert_eq!(denies(&role, json!([account, itself, session])), Tri::No);
        assert_eq!(denies(&role, json!([account])), Tri::on("NotPrincipal"));
        assert_eq!(
            denies(&role, json!([account, itself])),
            Tri::on("NotPrincipal")
        );
        let bounded = |has_boundary| Principal {
            has_boundary,
            ..role
        };
        let everything = json!([account, itself, session]);
        assert_eq!(denies(&bounded(Some(true)), everything.clone()), Tri::Yes);
        let unknown = denies(&bounded(None), everything);
        assert!(matches!(unknown, Tri::Depends(_)), "{unknown:?}");
    }
}
