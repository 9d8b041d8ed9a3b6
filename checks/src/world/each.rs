//! Findings for each service, task, container or task definition.

use super::{Group, World};
use crate::check::Check;
use crate::facts::{Container, Fact, Service, Task, TaskDefinition};
use crate::finding::{Finding, Subject};
use crate::network::placement::Placement;

impl<'a> World<'a> {
    /// A finding for each service that is there; one that says why for each other.
    pub fn each_service(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, Subject, &Service) -> Finding,
    ) -> Vec<Finding> {
        self.groups
            .iter()
            .filter_map(|group| {
                Some(check.judge(
                    group.subject(),
                    group.service_fact?,
                    |subject| check.skip(subject, "There is no such service"),
                    |subject, service| judge(group, subject, service),
                ))
            })
            .collect()
    }

    /// Findings for each group of tasks that could be entered; one that says why for each other group.
    pub fn each_running(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, &[&'a Task]) -> Vec<Finding>,
    ) -> Vec<Finding> {
        self.groups
            .iter()
            .flat_map(|group| match &group.tasks {
                Fact::Unavailable(why) => vec![check.unknown(group.subject(), why)],
                Fact::Known(_) | Fact::Absent => {
                    let running = group.running();
                    if running.is_empty() {
                        vec![check.skip(group.subject(), "No task is running")]
                    } else {
                        judge(group, running)
                    }
                }
            })
            .collect()
    }

    /// Findings for each container of each running task, but only for the one that was asked for.
    pub fn each_container(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, &'a Task, &'a Container) -> Finding,
    ) -> Vec<Finding> {
        let asked = self.facts.target.container.as_deref();
        self.each_running(check, |group, tasks| {
            tasks
                .iter()
                .flat_map(|task| {
                    task.containers
                        .iter()
                        .filter(|container| asked.is_none_or(|name| name == container.name))
                        .map(|container| judge(group, task, container).on(*task))
                })
                .collect()
        })
    }

    /// Findings for each place in the network of running tasks.
    pub fn each_placement(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, &Placement<'a>) -> Finding,
    ) -> Vec<Finding> {
        self.each_running(check, |group, _| {
            let placed = group.placements.placed.iter();
            placed
                .map(|placement| judge(group, placement).on(placement.arns.clone()))
                .collect()
        })
    }

    /// Findings for each task definition of the running tasks.
    pub fn each_definition(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, &'a TaskDefinition, &[&'a Task]) -> Vec<Finding>,
    ) -> Vec<Finding> {
        self.each_running(check, |group, _| {
            group
                .by_definition
                .iter()
                .flat_map(|(arn, alike)| {
                    let subject = || group.definition_subject(arn);
                    match self.facts.task_definitions.get(*arn) {
                        Some(Fact::Known(definition)) => judge(group, definition, &alike.tasks),
                        Some(Fact::Unavailable(why)) => vec![check.unknown(subject(), why)],
                        Some(Fact::Absent) | None => {
                            vec![check.unsure(subject(), "The task definition was not found")]
                        }
                    }
                    .into_iter()
                    .map(|finding| finding.on(alike.arns.clone()))
                    .collect::<Vec<_>>()
                })
                .collect()
        })
    }
}
