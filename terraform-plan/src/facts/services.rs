//! The services of the request, with their tasks and task definitions.

use model::facts::*;

use super::live::add_live_tasks;
use crate::ecs::{self, PlannedService};
use crate::request::PlanRequest;
use crate::resolve::Resolver;
use crate::unavailable::{known_after_apply, not_in_plan};

/// Adds the requested services; without a request, those of the plan and of AWS.
pub fn add_services(
    facts: &mut Facts,
    resolver: &Resolver,
    request: &PlanRequest,
    planned: &[PlannedService],
) {
    facts.target.services = targets(resolver, request, planned);
    for target in facts.target.services.clone() {
        match planned.iter().find(|service| service.name == target.name) {
            Some(service) => add_planned(facts, resolver, service),
            None => add_unplanned(facts, resolver, &target.name),
        }
    }
}

fn targets(
    resolver: &Resolver,
    request: &PlanRequest,
    planned: &[PlannedService],
) -> Vec<ServiceTarget> {
    if !request.services.is_empty() {
        return request.services.clone();
    }
    let whole = |service: &PlannedService| ServiceTarget {
        name: service.name.clone(),
        ..ServiceTarget::default()
    };
    let mut targets: Vec<ServiceTarget> = planned.iter().map(whole).collect();
    for other in resolver
        .live
        .into_iter()
        .flat_map(|live| &live.target.services)
    {
        match targets.iter_mut().find(|target| target.name == other.name) {
            Some(known) => known.clone_from(other),
            None if is_deleted(resolver, &request.cluster_name, &other.name) => {}
            None => targets.push(other.clone()),
        }
    }
    targets
}

/// Whether the plan deletes a service, or replaces it by one with another name.
fn is_deleted(resolver: &Resolver, cluster: &str, name: &str) -> bool {
    let plan = resolver.plan;
    resolver.before("aws_ecs_service").any(|service| {
        service.has_text("name", name)
            && ecs::cluster_of(resolver, service).as_deref() == Ok(cluster)
            && plan
                .resources
                .at_address(&service.address)
                .is_none_or(|after| after.is_created && !after.has_text("name", name))
    })
}

/// Adds a service that the plan does not have after apply: it deletes the service, or never managed it.
fn add_unplanned(facts: &mut Facts, resolver: &Resolver, name: &str) {
    if is_deleted(resolver, &facts.cluster_name, name) {
        facts.services.insert(name.to_owned(), Fact::Absent);
        return;
    }
    let why = not_in_plan(format!("service {name}"));
    let service = Fact::Unavailable(why.clone());
    let service = resolver.or_live(service, |live| live.services.get(name));
    let tasks = Fact::Unavailable(why);
    let tasks = resolver.or_live(tasks, |live| live.service_tasks.get(name));
    if let Some(live) = resolver.live {
        add_live_tasks(facts, live, tasks.known().map_or(&[], Vec::as_slice));
    }
    facts.services.insert(name.to_owned(), service);
    facts.service_tasks.insert(name.to_owned(), tasks);
}

fn add_planned(facts: &mut Facts, resolver: &Resolver, planned: &PlannedService) {
    let name = &planned.name;
    let tasks = planned.service.as_ref().map_err(Clone::clone);
    let tasks = tasks.map(|service| {
        let unknown = || resolver.ecs_arn("task-definition", &format!("{name}:unknown"));
        let arn = service.task_definition.clone().unwrap_or_else(unknown);
        let definition = || match service.task_definition {
            Some(_) => resolver.or_live(ecs::task_definition(resolver, &arn), |live| {
                live.task_definitions.get(&arn)
            }),
            None => Fact::Unavailable(known_after_apply(format!("the task definition of {name}"))),
        };
        let definitions = &mut facts.task_definitions;
        definitions.entry(arn.clone()).or_insert_with(definition);
        ecs::add_tasks(facts, resolver, planned, service, &arn)
    });
    let service = planned.service.clone().into();
    facts.services.insert(name.clone(), service);
    facts.service_tasks.insert(name.clone(), tasks.into());
}
