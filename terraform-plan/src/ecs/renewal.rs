//! Whether apply starts new tasks: one that runs keeps what it was started with.

use std::collections::BTreeSet;

use model::facts::{DeploymentController, Fact, Facts};
use serde_json::Value;

use super::services::controller;
use crate::instance::{Instance, Seen};
use crate::known::{Known, later};
use crate::resolve::Resolver;
use crate::things::Thing;

/// What a deployment rolls out: ECS starts new tasks when one of these changes. The exec flag is not among them.
///
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_UpdateService.html>
const DEPLOYED: [&str; 11] = [
    "task_definition",
    "network_configuration",
    "platform_version",
    "capacity_provider_strategy",
    "load_balancer",
    "service_registries",
    "placement_constraints",
    "ordered_placement_strategy",
    "service_connect_configuration",
    "volume_configuration",
    "vpc_lattice_configurations",
];

/// Whether tasks that were started without ECS Exec stay as they are through apply, though their service has it on
/// then. `None`: there are no such tasks.
pub fn leaves_tasks_without_exec(
    resolver: &Resolver,
    service: &Instance,
    name: &str,
    live: Option<&Facts>,
) -> Option<Fact<bool>> {
    if service.is_made || service.flag(&["enable_execute_command"]) != Ok(Some(true)) {
        return None;
    }
    let before = resolver.plan.before_at_address(&service.address);
    let are_closed = match before {
        Some(before) if before.number(&["desired_count"]) == Ok(Some(0)) => return None,
        Some(before) => before.flag(&["enable_execute_command"]) != Ok(Some(true)),
        None => false,
    };
    let are_closed = live
        .and_then(|live| are_closed_now(live, name))
        .unwrap_or(are_closed);
    are_closed.then(|| match before {
        Some(before) => is_deployed(resolver, before, service)
            .map(|is_deployed| !is_deployed)
            .into(),
        None => Fact::Known(true),
    })
}

/// What AWS says of the service's tasks, where it does.
fn are_closed_now(live: &Facts, name: &str) -> Option<bool> {
    let arns = live.service_tasks.get(name)?.known()?;
    let tasks: Option<Vec<_>> = arns
        .iter()
        .map(|arn| live.tasks.get(arn)?.known())
        .collect();
    Some(tasks?.iter().any(|task| !task.exec_enabled))
}

fn is_deployed(resolver: &Resolver, before: &Instance, after: &Instance) -> Known<bool> {
    // Another controller deploys in its own time.
    if controller(after) != DeploymentController::Ecs {
        return Ok(false);
    }
    if after.flag(&["force_new_deployment"]) == Ok(Some(true)) {
        return Ok(true);
    }
    let mut open = None;
    for attribute in DEPLOYED {
        match is_changed(resolver, before, after, attribute) {
            Ok(true) => return Ok(true),
            Ok(false) => {}
            Err(why) => open = Some(why),
        }
    }
    match open {
        Some(why) => Err(why),
        None => Ok(false),
    }
}

fn is_changed(
    resolver: &Resolver,
    before: &Instance,
    after: &Instance,
    attribute: &str,
) -> Known<bool> {
    let path = [attribute];
    if attribute == "task_definition" && after.at(&path) == Seen::Later {
        let definition = resolver.one(after, &path, Thing::TaskDefinition)?;
        let named =
            definition.and_then(|name| resolver.instance_named(&name, Thing::TaskDefinition));
        return match named {
            Some(named) if named.is_made => Ok(true),
            _ => Err(after.later(&path)),
        };
    }
    if attribute == "network_configuration" && is_later(after.unknown.get(attribute)) {
        return is_moved(resolver, before, after);
    }
    if is_later(after.unknown.get(attribute)) {
        // Without a value in the configuration, AWS fills in what is there.
        return match resolver.plan.is_set(after, attribute) {
            true => Err(later(format!("{attribute} of {}", after.address))),
            false => Ok(false),
        };
    }
    Ok(filled(before, attribute) != filled(after, attribute))
}

/// Nothing, where there is nothing in it.
fn filled<'i>(instance: &'i Instance, attribute: &str) -> Option<&'i Value> {
    let value = instance.values.get(attribute)?;
    let is_empty = match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        _ => false,
    };
    (!is_empty).then_some(value)
}

/// Whether the tasks get into other subnets, or other security groups.
fn is_moved(resolver: &Resolver, before: &Instance, after: &Instance) -> Known<bool> {
    for (list, thing) in [
        ("subnets", Thing::Subnet),
        ("security_groups", Thing::SecurityGroup),
    ] {
        let path = ["network_configuration", "0", list];
        let named = |service| Ok(BTreeSet::from_iter(resolver.all(service, &path, thing)?));
        if named(before)? != named(after)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whether anything in it is known only after apply.
fn is_later(mark: Option<&Value>) -> bool {
    match mark {
        Some(Value::Bool(is_later)) => *is_later,
        Some(Value::Array(items)) => items.iter().any(|item| is_later(Some(item))),
        Some(Value::Object(fields)) => fields.values().any(|field| is_later(Some(field))),
        _ => false,
    }
}
