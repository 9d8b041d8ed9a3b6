//! What a role may do: asked as the policy simulator would be, answered as far as the policies are known.

use std::collections::BTreeMap;

use ecs_exec_checks::facts::*;
use ecs_exec_checks::iam::{Asker, Credentials};
use ecs_exec_checks::needs::Need;
use ecs_exec_checks::policy_document::TASK_ROLE_ACTIONS;
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
        .map(|pair| (*pair, asker.asking(pair.0, &context)(pair.1)))
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
    let distinct = |items: &mut dyn Iterator<Item = &str>| {
        let mut found: Vec<String> = Vec::new();
        for item in items {
            if !found.iter().any(|known| known == item) {
                found.push(item.to_owned());
            }
        }
        found
    };
    Simulation {
        principal: role.to_owned(),
        actions: distinct(&mut pairs.iter().map(|(action, _)| *action)),
        resources: distinct(&mut pairs.iter().map(|(_, resource)| *resource)),
        context: context.clone(),
        decisions,
        engine: Engine::Offline,
    }
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
