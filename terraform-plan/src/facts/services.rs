//! The services of the request, with their tasks and task definitions.

use model::facts::*;

use super::live::add_live_tasks;
use super::network::subnet;
use crate::ecs::{self, PlannedService};
use crate::request::PlanRequest;
use crate::resolve::Resolver;
use crate::unavailable::{known_after_apply, not_in_plan, not_shown, or_live};

/// Adds the requested services; without a request, those of the plan and of AWS.
pub fn add_services(
    facts: &mut Facts,
    resolver: &Resolver,
    request: &PlanRequest,
    planned: &[PlannedService],
    live: Option<&Facts>,
) {
    facts.target.services = targets(resolver, request, planned, live);
    for target in facts.target.services.clone() {
        match planned.iter().find(|service| service.name == target.name) {
            Some(service) => add_planned(facts, resolver, service, live),
            None => add_unplanned(facts, resolver, &target.name, live),
        }
    }
}

fn targets(
    resolver: &Resolver,
    request: &PlanRequest,
    planned: &[PlannedService],
    live: Option<&Facts>,
) -> Vec<ServiceTarget> {
    if !request.services.is_empty() {
        return request.services.clone();
    }
    let whole = |service: &PlannedService| ServiceTarget {
        name: service.name.clone(),
        ..ServiceTarget::default()
    };
    let mut targets: Vec<ServiceTarget> = planned.iter().map(whole).collect();
    for other in live.into_iter().flat_map(|live| &live.target.services) {
        match targets.iter_mut().find(|target| target.name == other.name) {
            Some(known) => known.clone_from(other),
            None if is_deleted(resolver, &request.cluster_name, &other.name) => {}
            None => targets.push(other.clone()),
        }
    }
    targets
}

/// Whether the plan deletes a service.
fn is_deleted(resolver: &Resolver, cluster: &str, name: &str) -> bool {
    let plan = resolver.plan;
    resolver.before("aws_ecs_service").any(|service| {
        service.has_text("name", name)
            && ecs::cluster_of(resolver, service).as_deref() == Ok(cluster)
            && plan.resources.at_address(&service.address).is_none()
    })
}

/// Adds a service that the plan does not have after apply: it deletes the service, or never managed it.
fn add_unplanned(facts: &mut Facts, resolver: &Resolver, name: &str, live: Option<&Facts>) {
    if is_deleted(resolver, &facts.cluster_name, name) {
        facts.services.insert(name.to_owned(), Fact::Absent);
        return;
    }
    let why = not_in_plan(format!("service {name}"));
    let service = Fact::Unavailable(why.clone());
    let service = or_live(service, live.and_then(|live| live.services.get(name)));
    let tasks = Fact::Unavailable(why);
    let tasks = or_live(tasks, live.and_then(|live| live.service_tasks.get(name)));
    if let Some(live) = live {
        add_live_tasks(facts, live, tasks.known().map_or(&[], Vec::as_slice));
    }
    facts.services.insert(name.to_owned(), service);
    facts.service_tasks.insert(name.to_owned(), tasks);
}

fn add_planned(
    facts: &mut Facts,
    resolver: &Resolver,
    planned: &PlannedService,
    live: Option<&Facts>,
) {
    let name = planned.name.clone();
    let mut service = match &planned.service {
        Ok(service) => service.clone(),
        Err(why) => {
            facts
                .services
                .insert(name.clone(), Fact::Unavailable(why.clone()));
            facts
                .service_tasks
                .insert(name, Fact::Unavailable(why.clone()));
            return;
        }
    };
    let unknown = || resolver.ecs_arn("task-definition", &format!("{name}:unknown"));
    let arn = service.task_definition.clone().unwrap_or_else(unknown);
    let live_definition = live.and_then(|live| live.task_definitions.get(&arn));
    let definition = facts.task_definitions.get(&arn).cloned();
    let definition = definition.unwrap_or_else(|| match service.task_definition {
        Some(_) => or_live(ecs::task_definition(resolver, &arn), live_definition),
        None => Fact::Unavailable(known_after_apply(format!("the task definition of {name}"))),
    });
    let subnet_of = |id: &str| subnet(resolver, id, live);
    let cluster = &facts.cluster_name;
    let tasks = ecs::planned_tasks(resolver, planned, cluster, (&arn, &definition), subnet_of);
    facts.task_definitions.insert(arn, definition);
    if planned.capacity.is_on_instances() {
        let why = not_shown(format!("the plan does not show which instances run {name}"));
        let instances = ecs::instances_of(&name);
        facts
            .container_instances
            .insert(instances, Fact::Unavailable(why));
    }
    let mut arns = Vec::new();
    for planned in tasks {
        let arn = planned.task.arn.to_string();
        facts.network.interfaces.extend(planned.interface);
        facts.network.subnets.extend(planned.subnet);
        facts.tasks.insert(arn.clone(), Fact::Known(planned.task));
        arns.push(arn);
    }
    service.leaves_tasks_without_exec =
        ecs::leaves_tasks_without_exec(resolver, planned.resource, &name, live);
    facts.services.insert(name.clone(), Fact::Known(service));
    facts.service_tasks.insert(name, Fact::Known(arns));
}
