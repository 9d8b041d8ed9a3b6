pub mod present;
pub mod ssmmessages;
pub mod trust;

use std::collections::BTreeMap;

use crate::facts::{Fact, Task};
use crate::finding::Subject;
use crate::world::{Group, TaskRole, World};

/// The running tasks of a group by the role that they have.
struct Roles<'a> {
    by_role: BTreeMap<&'a str, Vec<&'a Task>>,
    unnamed: Vec<&'a Task>,
    on_instance_profile: Vec<&'a Task>,
    unknown: Vec<(&'a Task, crate::facts::Unavailable)>,
}

fn roles<'a>(world: &World<'a>, tasks: &[&'a Task]) -> Roles<'a> {
    let mut roles = Roles {
        by_role: BTreeMap::new(),
        unnamed: Vec::new(),
        on_instance_profile: Vec::new(),
        unknown: Vec::new(),
    };
    for &task in tasks {
        match world.task_role(task) {
            TaskRole::Role(arn) => roles.by_role.entry(arn).or_default().push(task),
            TaskRole::Unnamed => roles.unnamed.push(task),
            TaskRole::InstanceProfile => roles.on_instance_profile.push(task),
            TaskRole::Unknown(why) => roles.unknown.push((task, why)),
        }
    }
    roles
}

fn role_subject(group: &Group, role: &str) -> Subject {
    Subject::new("role", role).of_service(group.service)
}

/// Services in which tasks have this role and an agent is down: mending the role alone does not bring
/// those agents back.
fn services_to_restart<'a>(world: &World<'a>, role: &str) -> Vec<&'a str> {
    world
        .groups
        .iter()
        .filter(|group| {
            group.running().iter().any(|task| {
                matches!(world.task_role(task), TaskRole::Role(arn) if arn == role)
                    && has_agent_down(task)
            })
        })
        .filter_map(|group| replaceable(group))
        .collect()
}

fn has_agent_down(task: &Task) -> bool {
    task.containers.iter().any(|container| {
        container
            .exec_agent()
            .is_none_or(|agent| agent.last_status != "RUNNING")
    })
}

/// The service's name, where ECS itself rolls it out.
fn replaceable<'a>(group: &Group<'a>) -> Option<&'a str> {
    match group.service_fact {
        Some(Fact::Known(service))
            if service.controller == crate::facts::DeploymentController::Ecs =>
        {
            group.service
        }
        _ => None,
    }
}
