use std::collections::BTreeSet;

use serde_json::Value;

use super::statement::any_applies;
use super::{Principal, Request, Tri};
use crate::facts::{Identity, Outcome};

/// What the policies of a principal come to for one request.
#[derive(Debug, PartialEq, Eq)]
pub enum Effective {
    Decided {
        outcome: Outcome,
        /// `Some(false)`: the permissions boundary does not allow it.
        by_boundary: Option<bool>,
        /// Names of the policies with a statement that decided.
        matched: Vec<String>,
    },
    /// It hangs on these condition keys.
    Undecided(BTreeSet<String>),
}

/// Evaluates identity policies and the boundary: a Deny anywhere decides, and both have to allow.
/// What organizations, sessions and resources say is not in it.
///
/// <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html>
pub fn evaluate(identity: &Identity, request: &Request) -> Effective {
    let applies = |document: &Value, effect| any_applies(document, effect, None, request);
    let everything = identity.policies.iter().chain(&identity.boundary);
    let denying: Vec<(Tri, &str)> = everything
        .map(|policy| (applies(&policy.document, "Deny"), policy.name.as_str()))
        .collect();
    let granting: Vec<(Tri, &str)> = identity
        .policies
        .iter()
        .map(|policy| (applies(&policy.document, "Allow"), policy.name.as_str()))
        .collect();
    let bounded = identity
        .boundary
        .as_ref()
        .map_or(Tri::Yes, |policy| applies(&policy.document, "Allow"));
    let by_boundary = identity.boundary.as_ref().map(|_| bounded != Tri::No);
    let decided = |outcome, matched: Vec<String>| Effective::Decided {
        outcome,
        by_boundary,
        matched,
    };
    let any = |of: &[(Tri, &str)]| Tri::any(of.iter().map(|(tri, _)| tri.clone()));
    let (deny, grant) = (any(&denying), any(&granting));
    if deny == Tri::Yes {
        return decided(Outcome::ExplicitDeny, names(&denying));
    }
    if grant == Tri::No || bounded == Tri::No {
        return decided(Outcome::ImplicitDeny, Vec::new());
    }
    match grant.and(bounded).and(deny.negated()) {
        Tri::Yes => decided(Outcome::Allowed, names(&granting)),
        Tri::No => decided(Outcome::ImplicitDeny, Vec::new()),
        Tri::Depends(keys) => Effective::Undecided(keys),
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
pub fn resource_policy(policy: &Value, principal: &Principal, request: &Request) -> Tri {
    let applies = |effect| any_applies(policy, effect, Some(principal), request);
    applies("Allow").and(applies("Deny").negated())
}

/// Whether a resource's own policy denies it to a principal outright.
pub fn resource_denies(policy: &Value, principal: &Principal, request: &Request) -> Tri {
    any_applies(policy, "Deny", Some(principal), request)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::facts::Policy;

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
        let request = Request::new("ecs:ExecuteCommand", "arn:aws:ecs:r:1:task/c/a", []);
        evaluate(&Identity { policies, boundary }, &request)
    }

    fn is(effective: &Effective, expected: Outcome) -> bool {
        matches!(effective, Effective::Decided { outcome, .. } if *outcome == expected)
    }

    #[test]
    fn a_deny_decides_and_both_have_to_allow() {
        let allow = policy("grant", "Allow", "ecs:*", Value::Null);
        let deny = policy("lock", "Deny", "*", Value::Null);
        let other = policy("other", "Allow", "s3:*", Value::Null);
        assert!(is(&outcome(vec![allow.clone()], None), Outcome::Allowed));
        assert!(is(
            &outcome(vec![other.clone()], None),
            Outcome::ImplicitDeny
        ));
        let denied = outcome(vec![allow.clone(), deny], None);
        assert!(matches!(denied, Effective::Decided { ref matched, .. } if *matched == ["lock"]));
        let bounded = outcome(vec![allow.clone()], Some(other.clone()));
        assert!(matches!(
            bounded,
            Effective::Decided {
                by_boundary: Some(false),
                ..
            }
        ));
        assert!(is(
            &outcome(vec![other], Some(allow)),
            Outcome::ImplicitDeny
        ));
    }

    #[test]
    fn only_keys_that_matter_leave_it_open() {
        let allow = policy("grant", "Allow", "ecs:*", Value::Null);
        let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "false"}});
        let deny = policy("mfa", "Deny", "ecs:*", mfa.clone());
        let elsewhere = policy("s3", "Deny", "s3:*", mfa);
        assert!(is(
            &outcome(vec![allow.clone(), elsewhere], None),
            Outcome::Allowed
        ));
        let open = outcome(vec![allow, deny.clone()], None);
        assert_eq!(
            open,
            Effective::Undecided(["aws:MultiFactorAuthPresent".to_owned()].into())
        );
        assert!(is(&outcome(vec![deny], None), Outcome::ImplicitDeny));
    }

    #[test]
    fn policies_of_resources_name_principals() {
        let request = Request::new("kms:Decrypt", "arn:aws:kms:r:1:key/k", []);
        let role = |itself| Principal {
            arn: "arn:aws:iam::1:role/team/app",
            account: "1",
            itself,
        };
        let says = |principal: Value, itself| {
            let policy = json!({"Statement": [
                {"Effect": "Allow", "Principal": principal, "Action": "kms:*", "Resource": "*"},
            ]});
            resource_policy(&policy, &role(itself), &request)
        };
        assert_eq!(says(json!({"AWS": "arn:aws:iam::1:root"}), false), Tri::Yes);
        assert_eq!(says(json!({"AWS": "arn:aws:iam::1:root"}), true), Tri::No);
        assert_eq!(
            says(json!({"AWS": ["arn:aws:iam::1:role/team/app"]}), true),
            Tri::Yes
        );
        assert_eq!(
            says(json!({"AWS": "arn:aws:iam::1:role/other"}), false),
            Tri::No
        );
        assert_eq!(
            says(json!({"Service": "logs.amazonaws.com"}), false),
            Tri::No
        );
        assert_eq!(says(json!("*"), true), Tri::Yes);
    }
}
