//! What a role may do: asked as the policy simulator would be, answered as far as the policies are known.

use std::collections::BTreeMap;

use ecs_exec_checks::facts::*;
use ecs_exec_checks::iam::{Effective, Request, evaluate};
use ecs_exec_checks::needs::{self, Need, Place, recording_group};
use ecs_exec_checks::policy_document::TASK_ROLE_ACTIONS;
use serde_json::{Value, json};

use super::attached::{Attached, attached};
use super::statements::{UNREAD, unread};
use crate::known::untold;
use crate::resolve::Resolver;

/// What sessions into these containers need of the task role besides ssmmessages.
pub fn needs(
    place: Option<Place>,
    cluster: &Fact<Cluster>,
    key_arn: Option<&str>,
    containers: &[&ContainerDefinition],
) -> Vec<Need> {
    let mut needs: Vec<Need> = key_arn.map(needs::decrypt).into_iter().collect();
    if let (Some(place), Fact::Known(cluster)) = (place, cluster) {
        let exec = cluster.exec_configuration.as_ref();
        let logging = exec.map_or("DEFAULT", |exec| exec.logging.as_str());
        let log = exec.and_then(|exec| exec.log.as_ref());
        for container in containers {
            let group = recording_group(logging, log, container.log.as_ref());
            needs.extend(
                group
                    .into_iter()
                    .flat_map(|group| needs::logs(place, group)),
            );
        }
        if let ("OVERRIDE", Some(log)) = (logging, log) {
            needs.extend(needs::s3(place.partition, log));
        }
    }
    let mut distinct: Vec<Need> = Vec::new();
    for need in needs {
        if !distinct.contains(&need) {
            distinct.push(need);
        }
    }
    distinct
}

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
    let stand_in = stand_in(&attached);
    let (open, settled): (Vec<_>, Vec<_>) = pairs
        .iter()
        .map(|pair| (*pair, decide(&stand_in, *pair, &context)))
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

fn decide(
    identity: &Identity,
    (action, resource): (&str, &str),
    context: &BTreeMap<String, String>,
) -> Decision {
    let context = context
        .iter()
        .map(|(key, value)| (key.clone(), vec![value.clone()]));
    let request = Request::new(action, resource, context);
    let mut decision = Decision {
        action: action.to_owned(),
        resource: resource.to_owned(),
        outcome: Outcome::ImplicitDeny,
        missing_context: Vec::new(),
        allowed_by_boundary: None,
        allowed_by_organization: None,
        matched_policies: Vec::new(),
    };
    match evaluate(identity, &request) {
        Effective::Decided {
            outcome,
            by_boundary,
            matched,
        } => {
            decision.outcome = outcome;
            decision.allowed_by_boundary = by_boundary;
            decision.matched_policies = matched;
        }
        Effective::Undecided(keys) => decision.missing_context = keys.into_iter().collect(),
    }
    decision
}
