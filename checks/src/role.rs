pub mod present;
pub mod ssmmessages;
pub mod trust;

use std::collections::BTreeMap;

use crate::facts::{DeploymentController, Fact, Task};
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

/// Services that ECS itself rolls out and of which a running task is like this.
fn services_with<'a>(world: &World<'a>, is_like: impl Fn(&'a Task) -> bool) -> Vec<&'a str> {
    world
        .groups
        .iter()
        .filter(|group| group.running().into_iter().any(&is_like))
        .filter(|group| {
            group
                .service_fact
                .and_then(Fact::known)
                .is_some_and(|service| service.controller == DeploymentController::Ecs)
        })
        .filter_map(|group| group.service)
        .collect()
}

fn has_role(world: &World, task: &Task, role: &str) -> bool {
    matches!(world.task_role(task), TaskRole::Role(arn) if arn == role)
}

fn has_agent_down(task: &Task) -> bool {
    task.containers.iter().any(|container| {
        container
            .exec_agent()
            .is_none_or(|agent| agent.last_status != "RUNNING")
    })
}
