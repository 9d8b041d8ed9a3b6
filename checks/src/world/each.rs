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
        let mut findings = Vec::with_capacity(self.running().count());
        for group in &self.groups {
            match (&group.tasks, group.running()) {
                (Fact::Unavailable(why), _) => findings.push(check.unknown(group.subject(), why)),
                (_, []) => findings.push(check.skip(group.subject(), "No task is running")),
                (_, running) => findings.extend(judge(group, running)),
            }
        }
        findings
    }

    /// Findings for each container of each running task, but only for the one that was asked for.
    pub fn each_container(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, &'a Task, &'a Container) -> Finding,
    ) -> Vec<Finding> {
        let asked = self.facts.target.container.as_deref();
        self.each_running(check, |group, tasks| {
            let mut findings = Vec::with_capacity(tasks.len());
            for &task in tasks {
                let wanted = |name: &str| asked.is_none_or(|asked| asked == name);
                let containers = task.containers.iter();
                for container in containers.filter(|container| wanted(&container.name)) {
                    findings.push(judge(group, task, container).on(task));
                }
            }
            findings
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
