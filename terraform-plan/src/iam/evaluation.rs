//! Evaluates what a role allows, as the policy simulator would, as far as the policies are known.

use std::collections::BTreeMap;

use aws_rules::iam::document::TASK_ROLE_ACTIONS;
use aws_rules::iam::{Credentials, PolicyEvaluator};
use aws_rules::required_permissions::RequiredPermission;
use model::arn;
use model::distinct::unique;
use model::facts::*;
use serde_json::json;

use super::attachments::PolicyAttachment;
use super::policy_document_data::{OPEN_KEY, open_condition};
use super::role_policies::RolePolicies;
use crate::resolve::Resolver;
use crate::unavailable::not_shown;

/// What the policies of the plan allow a role.
pub struct PlannedPolicies {
    pub simulations: Vec<Simulation>,
    pub identity: Fact<Identity>,
}

/// Evaluates what a role needs for sessions. If some policies are unknown, decides only what they cannot change.
pub fn evaluate(
    resolver: &Resolver,
    attachments: &[PolicyAttachment],
    role: &str,
    needs: &[RequiredPermission],
) -> PlannedPolicies {
    let policies = RolePolicies::read(resolver, attachments, role);
    let mut pairs: Vec<(&str, &str)> = TASK_ROLE_ACTIONS.map(|action| (action, "*")).to_vec();
    pairs.extend(
        needs
            .iter()
            .map(|need| (need.action, need.resource.as_str())),
    );
    let mut context = BTreeMap::from([
        ("aws:RequestedRegion".to_owned(), resolver.region.to_owned()),
        ("aws:SecureTransport".to_owned(), "true".to_owned()),
    ]);
    let account = arn::account(role).or(resolver.account);
    context.extend(account.map(|id| ("aws:PrincipalAccount".to_owned(), id.to_owned())));
    let evaluator = PolicyEvaluator {
        principal: role,
        credentials: Credentials::Task,
        identity: &with_open_policies(&policies),
    };
    let (open, decided): (Vec<_>, Vec<_>) = pairs
        .iter()
        .map(|pair| {
            (
                *pair,
                evaluator.for_action(pair.0, &context)(&pair.1.into()),
            )
        })
        .partition(|(_, decision)| decision.missing_context.iter().any(|key| key == OPEN_KEY));
    let simulation =
        |pairs: &[(&str, &str)], decisions| simulation(role, pairs, &context, decisions);
    let Some(why) = why_open(&policies).filter(|_| !open.is_empty()) else {
        // The checks evaluate the policies themselves.
        let decisions = not_shown("the policy simulator does not know planned policies");
        return PlannedPolicies {
            simulations: vec![simulation(&pairs, Fact::Unavailable(decisions))],
            identity: Fact::Known(Identity {
                policies: policies.policies,
                boundary: policies.boundary,
            }),
        };
    };
    let mut simulations = Vec::new();
    if !decided.is_empty() {
        let (pairs, decisions): (Vec<_>, Vec<_>) = decided.into_iter().unzip();
        simulations.push(simulation(&pairs, Fact::Known(decisions)));
    }
    let pairs: Vec<(&str, &str)> = open.into_iter().map(|(pair, _)| pair).collect();
    simulations.push(simulation(&pairs, Fact::Unavailable(why.clone())));
    PlannedPolicies {
        simulations,
        identity: Fact::Unavailable(why),
    }
}

fn why_open(policies: &RolePolicies) -> Option<Unavailable> {
    let unread = policies.unread.first().map(|unread| &unread.why);
    let possible = || policies.possible.first().map(|(_, why)| why);
    unread
        .or(policies.unread_boundary.as_ref())
        .or(policies.open.as_ref())
        .or_else(possible)
        .cloned()
}

fn simulation(
    role: &str,
    pairs: &[(&str, &str)],
    context: &BTreeMap<String, String>,
    decisions: Fact<Vec<Decision>>,
) -> Simulation {
    let (actions, resources): (Vec<&str>, Vec<&str>) = pairs.iter().copied().unzip();
    Simulation {
        principal: role.to_owned(),
        actions: unique(actions).into_iter().map(str::to_owned).collect(),
        resources: unique(resources).into_iter().map(str::to_owned).collect(),
        context: context.clone(),
        decisions,
        engine: Engine::Offline,
    }
}

/// The policies, with an open one for those that are unknown: it may allow anything, and deny it if they may.
fn with_open_policies(known: &RolePolicies) -> Identity {
    let open_policy = |effect: &str| Policy {
        name: "not read".to_owned(),
        arn: None,
        document: json!({"Statement": [{
            "Effect": effect, "Action": "*", "Resource": "*", "Condition": open_condition(),
        }]}),
    };
    let mut policies = known.policies.clone();
    policies.extend(known.possible.iter().map(|(policy, _)| policy.clone()));
    if !known.unread.is_empty() {
        policies.push(open_policy("Allow"));
    }
    if known.unread.iter().any(|unread| unread.may_deny) {
        policies.push(open_policy("Deny"));
    }
    Identity {
        policies,
        boundary: match known.unread_boundary {
            Some(_) => Some(open_policy("Allow")),
            None => known.boundary.clone(),
        },
    }
}
