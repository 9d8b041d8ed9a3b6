//! Worlds for unit tests: the healthy fixture, and small ways to break it.

use crate::check::Check;
use crate::facts::*;
use crate::finding::{Finding, Status};
use crate::world::World;

pub const CODER: &str = "coder-production-coder";
pub const CODER_ROLE: &str = "arn:aws:iam::123456789012:role/coder-production-coder-task";

/// The runbook's platform, six services, nothing broken.
pub fn healthy() -> Facts {
    serde_json::from_str(include_str!("../../fixtures/healthy.json")).expect("fixture")
}

/// The same, asked about one service with one task.
pub fn healthy_coder() -> Facts {
    let mut facts = healthy();
    facts.target.services.retain(|wanted| wanted.name == CODER);
    facts
}

pub fn denied<T>(action: &str) -> Fact<T> {
    Fact::Unavailable(Unavailable::new(action, Reason::Denied, "not authorized"))
}

pub fn run(check: &'static Check, facts: &Facts) -> Vec<Finding> {
    (check.run)(&World::new(facts))
}

pub fn statuses(check: &'static Check, facts: &Facts) -> Vec<Status> {
    run(check, facts)
        .iter()
        .map(|finding| finding.status)
        .collect()
}

pub fn known<T>(fact: &mut Fact<T>) -> &mut T {
    match fact {
        Fact::Known(value) => value,
        Fact::Absent | Fact::Unavailable(_) => panic!("the fixture knows this"),
    }
}

pub fn caller(facts: &mut Facts) -> &mut Caller {
    known(&mut facts.caller)
}

pub fn service(facts: &mut Facts) -> &mut Service {
    known(facts.services.get_mut(CODER).expect("service"))
}

/// The one task of the coder service.
pub fn task(facts: &mut Facts) -> &mut Task {
    let arn = known(facts.service_tasks.get_mut(CODER).expect("tasks"))[0].clone();
    known(facts.tasks.get_mut(&arn).expect("task"))
}

/// A new deployment starts; the task still comes from the old one.
pub fn begin_rollout(facts: &mut Facts) {
    let now = facts.taken_at;
    let service = service(facts);
    let mut new = service.deployments[0].clone();
    service.deployments[0].status = "ACTIVE".into();
    new.id = "ecs-svc/1".into();
    new.rollout_state = Some("IN_PROGRESS".into());
    new.created_at = Some(now);
    service.deployments.insert(0, new);
}

pub fn definition(facts: &mut Facts) -> &mut TaskDefinition {
    let arn = task(facts).task_definition.clone();
    known(facts.task_definitions.get_mut(&arn).expect("definition"))
}

/// Asks about the task itself instead of its service.
pub fn name_the_task(facts: &mut Facts) -> String {
    let arn = task(facts).arn.clone();
    facts.target.services.clear();
    facts.target.tasks = vec![arn.clone()];
    arn
}

/// The same task, run by nobody's service.
pub fn make_standalone(facts: &mut Facts) {
    name_the_task(facts);
    let task = task(facts);
    task.group = Some("family:coder".into());
    task.started_by = None;
}

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

pub fn simulate_allowed(facts: &mut Facts, principal: &str, actions: &[&str]) {
    let decisions = actions.iter().map(|action| Decision {
        action: (*action).to_owned(),
        resource: "*".to_owned(),
        outcome: Outcome::Allowed,
        missing_context: Vec::new(),
        allowed_by_boundary: None,
        allowed_by_organization: None,
        matched_policies: Vec::new(),
    });
    facts.simulations.push(Simulation {
        principal: principal.to_owned(),
        actions: actions.iter().map(|action| (*action).to_owned()).collect(),
        resources: vec!["*".to_owned()],
        context: Default::default(),
        decisions: Fact::Known(decisions.collect()),
    });
}

/// The ssmmessages endpoint.
pub fn endpoint(facts: &mut Facts) -> &mut Endpoint {
    let endpoints = facts.network.endpoints.as_mut().expect("endpoints");
    &mut known(endpoints)[0]
}

pub fn no_endpoint(facts: &mut Facts) {
    facts.network.endpoints = Some(Fact::Known(Vec::new()));
}

pub fn no_way_out(facts: &mut Facts) {
    routes(facts, |routes| {
        routes.retain(|route| route.destination != "0.0.0.0/0");
    });
}

pub fn route_out(facts: &mut Facts, target: RouteTarget) {
    routes(facts, |routes| {
        for route in routes {
            if route.destination == "0.0.0.0/0" {
                route.target = target.clone();
            }
        }
    });
}

pub fn subnets(facts: &mut Facts, change: impl Fn(&mut Subnet)) {
    facts
        .network
        .subnets
        .values_mut()
        .for_each(|subnet| change(known(subnet)));
}

pub fn interfaces(facts: &mut Facts, change: impl Fn(&mut Interface)) {
    facts
        .network
        .interfaces
        .values_mut()
        .for_each(|interface| change(known(interface)));
}

fn routes(facts: &mut Facts, change: impl Fn(&mut Vec<Route>)) {
    for tables in facts.network.route_tables.values_mut() {
        for table in known(tables) {
            change(&mut table.routes);
        }
    }
}
