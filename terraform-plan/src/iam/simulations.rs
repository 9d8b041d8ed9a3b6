//! What a role may do: asked as the policy simulator would be, answered as far as the policies are known.

use std::collections::BTreeMap;

use aws_rules::iam::{Asker, Credentials};
use aws_rules::needs::Need;
use aws_rules::policy_document::TASK_ROLE_ACTIONS;
use model::facts::*;
use serde_json::{Value, json};

use super::attached::{Attached, attached};
use super::statements::{UNREAD, unread};
use crate::known::untold;
use crate::resolve::Resolver;

/// What the plan's policies say of a role.
pub struct Judged {
    pub simulations: Vec<Simulation>,
    pub identity: Fact<Identity>,
}

/// Where some policies are not known, only what they cannot change is answered.
pub fn judge(resolver: &Resolver, role: &str, needs: &[Need]) -> Judged {
    let attached = attached(resolver, role);
    let pairs: Vec<(&str, &str)> = TASK_ROLE_ACTIONS
        .map(|action| (action, "*"))
        .into_iter()
        .chain(
            needs
                .iter()
                .map(|need| (need.action, need.resource.as_str())),
        )
        .collect();
    let context = BTreeMap::from([
        ("aws:RequestedRegion".to_owned(), resolver.region.to_owned()),
        ("aws:SecureTransport".to_owned(), "true".to_owned()),
    ]);
    let asker = Asker {
        principal: role,
        credentials: Credentials::Task,
        identity: &stand_in(&attached),
    };
    let (open, settled): (Vec<_>, Vec<_>) = pairs
        .iter()
        .map(|pair| (*pair, asker.asking(pair.0, &context)(&pair.1.into())))
        .partition(|(_, decision)| decision.missing_context.iter().any(|key| key == UNREAD));
    let Some(why) = why_open(&attached).filter(|_| !open.is_empty()) else {
        return Judged {
            simulations: vec![simulation(role, &pairs, &context, later_by_policies())],
            identity: Fact::Known(Identity {
                policies: attached.policies,
                boundary: attached.boundary,
            }),
        };
    };
    let mut simulations = Vec::new();
    if !settled.is_empty() {
        let (pairs, decisions): (Vec<_>, Vec<_>) = settled.into_iter().unzip();
        simulations.push(simulation(role, &pairs, &context, Fact::Known(decisions)));
    }
    let pairs: Vec<(&str, &str)> = open.into_iter().map(|(pair, _)| pair).collect();
    simulations.push(simulation(
        role,
        &pairs,
        &context,
        Fact::Unavailable(why.clone()),
    ));
    Judged {
        simulations,
        identity: Fact::Unavailable(why.clone()),
    }
}

fn why_open(attached: &Attached) -> Option<Unavailable> {
    let unread = attached
        .unread
        .first()
        .or(attached.boundary_unread.as_ref());
    unread
        .map(|unread| unread.why.clone())
        .or_else(|| attached.open.clone())
        .or_else(|| Some(attached.possible.first()?.1.clone()))
}

/// The checks read the policies themselves; this stands where nobody asked a simulator.
fn later_by_policies() -> Fact<Vec<Decision>> {
    Fact::Unavailable(untold(
        "the policy simulator does not know what is only planned",
    ))
}

fn simulation(
    role: &str,
    pairs: &[(&str, &str)],
    context: &BTreeMap<String, String>,
    decisions: Fact<Vec<Decision>>,
) -> Simulation {
    let (actions, resources): (Vec<&str>, Vec<&str>) = pairs.iter().copied().unzip();
    let actions = distinct(actions).into_iter().map(str::to_owned);
    let resources = distinct(resources).into_iter().map(str::to_owned);
    Simulation {
        principal: role.to_owned(),
        actions: actions.collect(),
        resources: resources.collect(),
        context: context.clone(),
        decisions,
        engine: Engine::Offline,
    }
}

/// Each once, in the order in which they come.
fn distinct(items: Vec<&str>) -> Vec<&str> {
    let mut found = Vec::new();
    for item in items {
        if !found.contains(&item) {
            found.push(item);
        }
    }
    found
}

/// The policies, with one in place of those that are not known: it may allow anything, and deny it where they may.
fn stand_in(attached: &Attached) -> Identity {
    let statement = |effect: &str| {
        json!({
            "Effect": effect, "Action": "*", "Resource": "*",
            "Condition": unread(),
        })
    };
    let policy = |statements: Vec<Value>| Policy {
        name: "not read".to_owned(),
        arn: None,
        document: json!({"Statement": statements}),
    };
    let mut policies = attached.policies.clone();
    policies.extend(attached.possible.iter().map(|(policy, _)| policy.clone()));
    if !attached.unread.is_empty() {
        policies.push(policy(vec![statement("Allow")]));
    }
    if attached.unread.iter().any(|unread| unread.may_deny) {
        policies.push(policy(vec![statement("Deny")]));
    }
    Identity {
        policies,
        boundary: match attached.boundary_unread {
            Some(_) => Some(policy(vec![statement("Allow")])),
            None => attached.boundary.clone(),
        },
    }
}
