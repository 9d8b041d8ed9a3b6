//! Trust policies of roles.

use std::collections::BTreeSet;

use serde_json::Value;

use super::evaluator::{Evaluator, Resource, Statements};
use super::permission::Answer;
use super::reduced_policy::ReducedPolicy;
use super::resource_policy::ResourcePolicy;
use super::{ASSUME, AccountPrincipal};
use crate::iam::{Ternary, has_effect, statements, strings};
use model::arn;

/// A role that can be assumed.
pub struct TrustedRole<'a> {
    role: &'a AccountPrincipal,
    policy: ResourcePolicy<'a>,
}

/// The principals of the account that a trust policy may let in.
pub struct Named {
    /// Those whose identity policies allow it.
    pub account: bool,
    pub everyone: bool,
    /// ARNs and patterns of principals.
    pub arns: BTreeSet<String>,
}

impl<'a> TrustedRole<'a> {
    /// `None`: not a role, or nobody can assume it.
    pub fn new(role: &'a AccountPrincipal) -> Option<TrustedRole<'a>> {
        let resource = Resource {
            arn: &role.arn,
            noun: "roles",
            tags: Some(&role.tags),
            task: None,
            container: None,
        };
        let policy = ResourcePolicy {
            action: ASSUME,
            resource,
            name: "the trust policy",
            reduced: ReducedPolicy::new(role.trust.as_ref()?, ASSUME),
        };
        (!policy.reduced.allow.is_empty()).then_some(TrustedRole { role, policy })
    }

    pub fn arn(&self) -> &str {
        &self.role.arn
    }

    /// Whom the Allow statements name.
    pub fn named(&self) -> Named {
        let account = arn::account(&self.role.arn).unwrap_or_default();
        let mut named = Named {
            account: false,
            everyone: false,
            arns: BTreeSet::new(),
        };
        for policy in &self.policy.reduced.allow {
            let principal = &policy["Statement"]["Principal"];
            let names = match principal {
                Value::String(everyone) => vec![everyone.clone()],
                other => strings(&other["AWS"]),
            };
            // What is malformed may be anybody.
            named.account |= !policy.is_object() || principal.is_null();
            for name in names {
                if name == "*" {
                    named.everyone = true;
                } else if name == account || name.ends_with(&format!("::{account}:root")) {
                    named.account = true;
                } else {
                    named.arns.insert(name);
                }
            }
        }
        named
    }

    /// Whether a principal of the account can assume the role.
    pub fn assumable_by(
        &self,
        evaluator: &Evaluator,
        principal: &AccountPrincipal,
        own: &Statements,
    ) -> Answer {
        self.policy.allows(evaluator, principal, own)
    }
}

/// The services, identity providers and other accounts that the trust policy of a role names, in words.
pub fn outsiders(role: &AccountPrincipal) -> Vec<String> {
    let Some(trust) = &role.trust else {
        return Vec::new();
    };
    let account = arn::account(&role.arn);
    let mut names = BTreeSet::new();
    let allow = statements(trust).iter();
    let allow = allow.filter(|statement| has_effect(statement, "Allow") != Ternary::No);
    for statement in allow {
        let principal = &statement["Principal"];
        let services = strings(&principal["Service"]).into_iter();
        names.extend(services.map(|service| format!("service {service}")));
        let providers = strings(&principal["Federated"]).into_iter();
        names.extend(
            providers.map(|provider| format!("identity provider {}", arn::name(&provider))),
        );
        let accounts = strings(&principal["AWS"]).into_iter();
        let accounts = accounts.filter_map(|name| match arn::account(&name) {
            Some(account) => Some(account.to_owned()),
            None => name
                .bytes()
                .all(|byte| byte.is_ascii_digit())
                .then_some(name),
        });
        let others = accounts.filter(|other| account != Some(other.as_str()));
        names.extend(others.map(|other| format!("account {other}")));
    }
    names.into_iter().collect()
}
