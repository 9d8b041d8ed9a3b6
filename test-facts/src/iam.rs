//! Changes the decisions of the policy simulator.

use super::known;
use model::facts::*;

/// Changes the decisions on an action (or those with this prefix) and on the resources whose ARN contains `resource`.
pub fn decide(facts: &mut Facts, action: &str, resource: &str, change: impl Fn(&mut Decision)) {
    for simulation in &mut facts.simulations {
        let Fact::Known(decisions) = &mut simulation.decisions else {
            continue;
        };
        for decision in decisions {
            if decision.action.starts_with(action) && decision.resource.contains(resource) {
                change(decision);
            }
        }
    }
}

/// Adds a simulation that allows a principal these actions on `*`.
pub fn simulate_allowed(facts: &mut Facts, principal: &str, actions: &[&str]) {
    let decisions = actions.iter().map(|action| Decision {
        action: (*action).into(),
        resource: "*".into(),
        outcome: Outcome::Allowed,
        missing_context: Vec::new(),
        deny_depends_on: None,
        allowed_by_boundary: None,
        allowed_by_organization: None,
        matched_policies: Vec::new(),
    });
    facts.simulations.push(Simulation {
        principal: principal.to_owned(),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        resources: vec!["*".into()],
        context: Default::default(),
        decisions: Fact::Known(decisions.collect()),
        engine: Engine::Simulator,
    });
}

/// Simulates that the caller is allowed actions, on a resource or on those of the facts whose ARN contains it.
pub fn allow_caller(facts: &mut Facts, actions: &[&str], resource: &str) {
    let caller = facts.caller.known().expect("caller").policy_arn();
    let caller = caller.known().expect("ARN").clone();
    if resource.starts_with("arn:") {
        return allow_on(facts, &caller, actions, resource);
    }
    let tasks: Vec<String> = facts.tasks.keys().cloned().collect();
    for task in tasks.iter().filter(|task| task.contains(resource)) {
        allow_on(facts, &caller, actions, task);
    }
}

/// Adds a simulation that allows a principal these actions on one resource.
pub fn allow_on(facts: &mut Facts, principal: &str, actions: &[&str], resource: &str) {
    simulate_allowed(facts, principal, actions);
    let simulation = facts.simulations.last_mut().expect("simulation");
    simulation.resources = vec![resource.into()];
    for decision in known(&mut simulation.decisions) {
        decision.resource = resource.into();
    }
}
