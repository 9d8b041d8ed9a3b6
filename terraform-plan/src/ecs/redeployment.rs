//! Whether apply replaces running tasks: until then a task keeps what it was started with.

use std::collections::BTreeSet;

use model::facts::{DeploymentController, Fact, Facts};
use serde_json::Value;

use crate::plan::resource::{Attribute, Resource};
use crate::resolve::{Resolver, ResourceKind};
use crate::unavailable::PlanValue;

/// ECS starts new tasks when one of these changes. The exec flag and the placement of tasks are not among them.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html>
const DEPLOYED_ATTRIBUTES: [&str; 9] = [
    "task_definition",
    "network_configuration",
    "platform_version",
    "capacity_provider_strategy",
    "load_balancer",
    "service_registries",
    "service_connect_configuration",
    "volume_configuration",
    "vpc_lattice_configurations",
];

/// Whether apply turns ECS Exec on for the service but keeps tasks that were started without it. `None`: there are no
/// such tasks.
pub fn leaves_tasks_without_exec(
    resolver: &Resolver,
    service: &Resource,
    name: &str,
) -> Option<Fact<bool>> {
    const FLAG: &str = "enable_execute_command";
    if service.is_created || service.flag(FLAG) != Ok(Some(true)) {
        return None;
    }
    let before = resolver.plan.before.at_address(&service.address);
    if before.is_some_and(|before| before.number("desired_count") == Ok(Some(0))) {
        return None;
    }
    let has_closed_tasks = resolver
        .live
        .and_then(|live| has_live_closed_tasks(live, name))
        .unwrap_or_else(|| before.is_some_and(|before| before.flag(FLAG) != Ok(Some(true))));
    has_closed_tasks.then(|| match before {
        Some(before) => {
            let redeploys = redeploys(resolver, before, service);
            redeploys.map(|redeploys| !redeploys).into()
        }
        None => Fact::Known(true),
    })
}

/// What deploys the service.
pub fn controller(service: &Resource) -> DeploymentController {
    match service.known_text("deployment_controller.0.type") {
        Some("CODE_DEPLOY") => DeploymentController::CodeDeploy,
        Some("EXTERNAL") => DeploymentController::External,
        _ => DeploymentController::Ecs,
    }
}

/// Whether the service has running tasks without ECS Exec; `None` if AWS did not say.
fn has_live_closed_tasks(live: &Facts, name: &str) -> Option<bool> {
    let arns = live.service_tasks.get(name)?.known()?;
    let tasks = arns.iter().map(|arn| live.tasks.get(arn)?.known());
    let tasks: Option<Vec<_>> = tasks.collect();
    Some(tasks?.iter().any(|task| !task.exec_enabled))
}

const FORCE: &str = "force_new_deployment";

fn redeploys(resolver: &Resolver, before: &Resource, after: &Resource) -> PlanValue<bool> {
    // Other deployment controllers deploy on their own schedule.
    if controller(after) != DeploymentController::Ecs {
        return Ok(false);
    }
    let mut result = match after.flag(FORCE) {
        Ok(Some(true)) => return Ok(true),
        Err(why) if resolver.is_set(after, FORCE) => Err(why),
        _ => Ok(false),
    };
    for attribute in DEPLOYED_ATTRIBUTES {
        match changes(resolver, before, after, attribute) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            unknown => result = unknown,
        }
    }
    result
}

fn changes(
    resolver: &Resolver,
    before: &Resource,
    after: &Resource,
    attribute: &str,
) -> PlanValue<bool> {
    let kind = ResourceKind::TaskDefinition;
    if attribute == "task_definition" && after.attribute(attribute) == Attribute::Unknown {
        let name = resolver.resolve(after, attribute, kind)?;
        let definition = name.and_then(|name| resolver.find(&name, kind));
        return match definition {
            Some(definition) if definition.is_created => Ok(true),
            _ => Err(after.known_after_apply(attribute)),
        };
    }
    if !after.has_unknown_in(attribute) {
        return Ok(content(before, attribute) != content(after, attribute));
    }
    if attribute == "network_configuration" {
        return moves(resolver, before, after);
    }
    // AWS keeps what the configuration does not set.
    match resolver.is_set(after, attribute) {
        true => Err(after.known_after_apply(attribute)),
        false => Ok(false),
    }
}

/// The value of an attribute, unless it is empty.
fn content<'r>(resource: &'r Resource, attribute: &str) -> Option<&'r Value> {
    resource.values.get(attribute).filter(|value| match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        _ => true,
    })
}

/// Whether the tasks move to other subnets or security groups.
fn moves(resolver: &Resolver, before: &Resource, after: &Resource) -> PlanValue<bool> {
    for (list, kind) in [
        ("subnets", ResourceKind::Subnet),
        ("security_groups", ResourceKind::SecurityGroup),
    ] {
        let path = format!("network_configuration.0.{list}");
        let names = |service| {
            Ok(BTreeSet::from_iter(
                resolver.resolve_all(service, &path, kind)?,
            ))
        };
        if names(before)? != names(after)? {
            return Ok(true);
        }
    }
    Ok(false)
}
