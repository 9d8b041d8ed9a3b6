//! How a check visits its subjects: it calls one of these with a function that judges one subject.
//!
//! | one finding for each … | call |
//! | --- | --- |
//! | service | [`FactIndex::each_service`] |
//! | running task | [`FactIndex::each_task`] |
//! | container of a running task | [`FactIndex::each_container`] |
//! | place of running tasks in the network | [`FactIndex::each_placement`] |
//! | task definition of running tasks | [`FactIndex::each_definition`] |
//! | role of running tasks | [`FactIndex::each_role`] |
//! | container of such a task definition | [`FactIndex::each_container_definition`] |
//! | anything else about a service's running tasks | [`FactIndex::each_running`] |
//!
//! If the facts about a service or its tasks are missing, or no task is running, they return a finding that says so, and
//! the function is not called.

mod container;
pub mod container_definition;
mod sidecar;

use crate::prelude::*;
use crate::vpc_path::Placement;
use model::task_scope::TaskSet;

impl<'a> FactIndex<'a> {
    /// A finding for each service; one that says why for each service that cannot be judged.
    pub fn each_service(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, Subject, &Service) -> Finding,
    ) -> Vec<Finding> {
        let services = self.groups.iter().filter_map(|group| {
            Some(check.judge(
                group.subject(),
                group.service_fact?,
                |subject| check.skip(subject, "There is no such service"),
                |subject, service| judge(group, subject, service),
            ))
        });
        services.collect()
    }

    /// Findings for each group that has running tasks; one that says why for each other group.
    pub fn each_running(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, &[&'a Task]) -> Vec<Finding>,
    ) -> Vec<Finding> {
        let groups = self.groups.iter();
        groups
            .flat_map(|group| match (&group.tasks, group.running()) {
                (Fact::Unavailable(why), _) => vec![check.unknown(group.subject(), why)],
                (_, []) => vec![check.skip(group.subject(), "No task is running")],
                (_, running) => judge(group, running),
            })
            .collect()
    }

    /// A finding for each running task.
    pub fn each_task(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, Subject, &'a Task) -> Finding,
    ) -> Vec<Finding> {
        self.each_running(check, |group, running| {
            let tasks = running.iter();
            tasks
                .map(|task| judge(group, group.task_subject(task), task).on(*task))
                .collect()
        })
    }

    /// Findings for each place of running tasks in the network.
    pub fn each_placement(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, &Placement<'a>) -> Vec<Finding>,
    ) -> Vec<Finding> {
        self.each_running(check, |group, _| {
            let placed = group.placements.placed.iter();
            placed
                .flat_map(|placement| judge(group, placement))
                .collect()
        })
    }

    /// A finding for each role of running tasks, and one each that names a task without a role or with an unknown one.
    pub fn each_role(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, &'a str, &TaskSet<'a>) -> Finding,
    ) -> Vec<Finding> {
        self.each_running(check, |group, _| {
            let roles = &group.roles;
            let judged = roles.by_role.iter();
            let judged = judged.map(|(role, tasks)| judge(group, role, tasks));
            let definition = |task: &Task| group.definition_subject(&task.task_definition);
            let unnamed = roles.unnamed.first();
            let unnamed =
                unnamed.map(|task| check.skip(definition(task), "The tasks have no task role"));
            let unknown = roles.unknown.first();
            let unknown = unknown.map(|(task, why)| check.unknown(definition(task), why));
            judged.chain(unnamed).chain(unknown).collect()
        })
    }

    /// Findings for each task definition of running tasks.
    pub fn each_definition(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, &'a TaskDefinition, &[&'a Task]) -> Vec<Finding>,
    ) -> Vec<Finding> {
        self.each_running(check, |group, _| {
            let mut all = Vec::new();
            for (arn, set) in &group.by_definition {
                let subject = || group.definition_subject(arn);
                let findings = match self.facts.task_definitions.get(*arn) {
                    Some(Fact::Known(definition)) => judge(group, definition, &set.tasks),
                    Some(Fact::Unavailable(why)) => vec![check.unknown(subject(), why)],
                    Some(Fact::Absent) | None => {
                        let title = "The task definition was not found";
                        vec![check.unknown_because(subject(), title)]
                    }
                };
                let findings = findings.into_iter();
                all.extend(findings.map(|finding| finding.on(set.scope.clone())));
            }
            all
        })
    }
}
