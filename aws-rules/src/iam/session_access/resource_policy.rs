//! What the policy of a role or a key decides together with the policies of a principal.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics-single-account.html>

use std::collections::BTreeSet;

use model::arn;
use serde_json::Value;

use super::AccountPrincipal;
use super::evaluator::{Evaluator, Resource, Statements};
use super::permission::{Answer, any_allows, boundary_allows, none_denies};
use super::reduced_policy::ReducedPolicy;
use crate::iam::{Principal, PrincipalMatch, Request, Ternary};

/// The policy of a resource, for one action.
pub struct ResourcePolicy<'a> {
    pub action: &'static str,
    pub resource: Resource<'a>,
    /// What the policy is called among those that allow something.
    pub name: &'static str,
    pub reduced: ReducedPolicy,
}

impl ResourcePolicy<'_> {
    /// Whether the principal may do it.
    pub fn allows(
        &self,
        evaluator: &Evaluator,
        principal: &AccountPrincipal,
        own: &Statements,
    ) -> Answer {
        self.grants(evaluator, principal, own)
            .and(|| self.does_not_deny(evaluator, principal, own))
    }

    /// Whether a statement of the policy lets the principal do it, alone or with the principal's own policies.
    pub fn grants(
        &self,
        evaluator: &Evaluator,
        principal: &AccountPrincipal,
        own: &Statements,
    ) -> Answer {
        evaluator.count_evaluation();
        let request = self.request(evaluator, principal, own);
        let allow = self.reduced.allow.iter();
        let allow: Vec<_> = allow.map(|one| (self.name, one)).collect();
        let names = |matched_by| {
            let principal = named_as(principal, matched_by);
            any_allows(&allow, Some(&principal), &request, self.resource)
        };
        let with_own_policies = names(PrincipalMatch::AccountOrPrincipal)
            .and(|| any_allows(&own.allow, None, &request, self.resource))
            .and(|| boundary_allows(own, &request, self.resource));
        if arn::account(self.resource.arn) != arn::account(&principal.arn) {
            return with_own_policies;
        }
        let by_itself =
            names(PrincipalMatch::Principal).and(|| boundary_allows(own, &request, self.resource));
        let as_user = names(PrincipalMatch::SessionOrUser);
        [as_user, by_itself, with_own_policies]
            .into_iter()
            .filter(|answer| answer.value != Ternary::No)
            .min_by_key(|answer| (answer.value != Ternary::Yes, answer.demands.len()))
            .unwrap_or_else(Answer::no)
    }

    /// Whether neither the policy nor the principal's own policies deny it.
    pub fn does_not_deny(
        &self,
        evaluator: &Evaluator,
        principal: &AccountPrincipal,
        own: &Statements,
    ) -> Answer {
        let request = self.request(evaluator, principal, own);
        let deny: Vec<&Value> = self.reduced.deny.iter().collect();
        let itself = named_as(principal, PrincipalMatch::AccountOrPrincipal);
        none_denies(&own.deny, None, &request, self.resource)
            .and(|| none_denies(&deny, Some(&itself), &request, self.resource))
    }

    fn request(
        &self,
        evaluator: &Evaluator,
        principal: &AccountPrincipal,
        own: &Statements,
    ) -> Request<'static> {
        let keys = self.reduced.keys.iter().map(String::as_str);
        let keys: BTreeSet<&str> = own.keys.iter().copied().chain(keys).collect();
        evaluator.request(principal, self.action, &keys, self.resource)
    }
}

fn named_as(principal: &AccountPrincipal, matched_by: PrincipalMatch) -> Principal<'_> {
    Principal {
        matched_by,
        has_boundary: Some(principal.boundary.is_some()),
        ..Principal::from_arn(&principal.arn)
    }
}
