pub mod kms_decrypt;
pub mod logs_write;
pub mod present;
mod recording;
pub mod s3_write;
pub mod ssmmessages;
pub mod trust;

use std::collections::{BTreeMap, BTreeSet};

use crate::arn;
use crate::check::Check;
use crate::facts::{DeploymentController, Fact, Task};
use crate::finding::{Finding, Subject};
use crate::world::{Group, World};

/// A finding for each role that running tasks have; roles that are not there are role.present's business.
fn each_role<'a>(
    world: &World<'a>,
    check: &'static Check,
    judge: impl Fn(&Group<'a>, &'a str, &[&'a Task]) -> Finding,
) -> Vec<Finding> {
    world.each_running(check, |group, _| {
        let roles = &group.roles;
        let mut findings: Vec<Finding> = roles
            .by_role
            .iter()
            .map(|(role, alike)| match world.facts.roles.get(*role) {
                Some(Fact::Absent) => {
                    let title = format!("The task role {} does not exist", arn::name(role));
                    check.skip(role_subject(group, role), title)
                }
                _ => judge(group, role, &alike.tasks).on(alike.arns.clone()),
            })
            .collect();
        if let Some(task) = roles.unnamed.first() {
            let subject = group.definition_subject(&task.task_definition);
            findings.push(check.skip(subject, "The tasks have no task role"));
        }
        if let Some((task, why)) = roles.unknown.first() {
            let subject = group.definition_subject(&task.task_definition);
            findings.push(check.unknown(subject, why));
        }
        findings
    })
}

/// The same where only the role counts: it is judged once for all services that have it.
fn each_role_alone(
    world: &World,
    check: &'static Check,
    judge: impl Fn(Subject, &str) -> Finding,
) -> Vec<Finding> {
    let roles = world
        .groups
        .iter()
        .flat_map(|group| group.roles.by_role.keys());
    let roles: BTreeSet<&str> = roles.copied().collect();
    let judged: BTreeMap<&str, Finding> = roles
        .into_iter()
        .map(|role| (role, judge(Subject::new("role", role), role)))
        .collect();
    each_role(world, check, |group, role, _| {
        let mut finding = judged[role].clone();
        finding.subject = finding.subject.of_group(group);
        finding
    })
}

fn role_subject(group: &Group, role: &str) -> Subject {
    Subject::new("role", role).of_group(group)
}

/// Services that ECS itself rolls out and whose running tasks are like this.
pub fn services_with<'a>(world: &World<'a>, is_like: impl Fn(&Group<'a>) -> bool) -> Vec<&'a str> {
    world
        .groups
        .iter()
        .filter(|group| is_like(group))
        .filter(|group| {
            group
                .service_fact
                .and_then(Fact::known)
                .is_some_and(|service| service.controller == DeploymentController::Ecs)
        })
        .filter_map(|group| group.service)
        .collect()
}

fn has_agent_down(task: &Task) -> bool {
    let mut containers = task.containers.iter();
    containers.any(|container| !container.has_running_agent())
}
