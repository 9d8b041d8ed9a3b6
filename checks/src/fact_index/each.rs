//! Findings for each service, task, container or task definition.

use super::{FactIndex, Group, as_note};
use crate::vpc_path::placement::Placement;
use model::check::Check;
use model::facts::{Container, Fact, Service, Task, TaskDefinition};
use model::finding::{Finding, Subject};

impl<'a> FactIndex<'a> {
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
        let mut findings = Vec::with_capacity(self.groups.len());
        for group in &self.groups {
            match not_entered(check, group) {
                Some(finding) => findings.push(finding),
                None => findings.extend(judge(group, group.running())),
            }
        }
        findings
    }

    /// A finding for each task that could be entered; one that says why for each group that has none.
    pub fn each_task(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, Subject, &'a Task) -> Finding,
    ) -> Vec<Finding> {
        let mut findings = Vec::with_capacity(self.running().count());
        for group in &self.groups {
            let tasks = group.each_task().filter(|(task, _)| task.is_running());
            findings.extend(not_entered(check, group));
            findings.extend(tasks.map(|(task, subject)| judge(group, subject, task).on(task)));
        }
        findings
    }

    /// A finding for each container of each running task, but only for the one that was asked for. What AWS put into
    /// the task beside the containers of its definition is judged only if somebody asks for it.
    pub fn each_container(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, Subject, &'a Task, &'a Container) -> Finding,
    ) -> Vec<Finding> {
        let mut findings = Vec::with_capacity(self.running().count());
        for group in &self.groups {
            findings.extend(not_entered(check, group));
            findings.extend(group.entered.iter().map(|entered| {
                let subject = entered.subject(group);
                let (task, container) = (entered.task, entered.container);
                let finding = match (entered.is_added, entered.instead) {
                    (true, _) => added(check, subject, container),
                    (false, None) => judge(group, subject, task, container),
                    (false, Some(instead)) => {
                        as_note(judge(group, subject, task, container), instead)
                    }
                };
                finding.on(task)
            }));
        }
        findings
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
                .map(|placement| judge(group, placement).on(placement.scope.clone()))
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
                            vec![
                                check.unknown_because(
                                    subject(),
                                    "The task definition was not found",
                                ),
                            ]
                        }
                    }
                    .into_iter()
                    .map(|finding| finding.on(alike.scope.clone()))
                    .collect::<Vec<_>>()
                })
                .collect()
        })
    }
}

/// Why no task of a group could be entered, if none could.
fn not_entered(check: &'static Check, group: &Group) -> Option<Finding> {
    match (&group.tasks, group.running()) {
        (Fact::Unavailable(why), _) => Some(check.unknown(group.subject(), why)),
        (_, []) => Some(check.skip(group.subject(), "No task is running")),
        (_, _) => None,
    }
}

fn added(check: &'static Check, subject: Subject, container: &Container) -> Finding {
    let name = &container.name;
    let title = format!("AWS put {name} into the task, and nobody enters it");
    check.skip(subject, title)
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use diagnosis::{Selection, examine};
    use model::facts::{Container, Fact, Facts};
    use model::finding::Status;

    /// The coder service, of which no container is preferred, with a container that ended without an agent.
    fn with(name: &str) -> Facts {
        let mut facts = healthy_coder();
        facts.target.services[0].container = None;
        task(&mut facts).containers.push(Container {
            name: name.into(),
            last_status: "STOPPED".into(),
            exit_code: Some(1),
            ..Container::default()
        });
        facts
    }

    fn failed(facts: &Facts) -> Vec<String> {
        let report = examine(facts, &Selection::default());
        let failed = report.findings.into_iter();
        failed
            .filter(|finding| finding.status == Status::Fail)
            .map(|finding| finding.check.id.to_string())
            .collect()
    }

    #[test]
    fn what_aws_puts_into_a_task_does_no_harm() {
        for name in [
            "ecs-service-connect-AbCd",
            "aws-guardduty-agent-x1y2",
            "aws-gd-agent",
            "of-tomorrow",
        ] {
            let mut facts = with(name);
            assert_eq!(failed(&facts), [""; 0], "{name} has ended");
            let added = task(&mut facts).containers.last_mut().unwrap();
            added.last_status = "RUNNING".into();
            assert_eq!(failed(&facts), [""; 0], "{name} has no agent");
        }
    }

    #[test]
    fn without_the_definition_only_known_names_tell() {
        let blind = |name: &str| {
            let mut facts = with(name);
            for definition in facts.task_definitions.values_mut() {
                *definition = Fact::Absent;
            }
            failed(&facts)
        };
        assert_eq!(blind("aws-gd-agent"), [""; 0]);
        assert_eq!(blind("worker"), ["container.running"]);
    }

    #[test]
    fn who_asks_for_one_gets_an_answer() {
        let mut facts = with("aws-gd-agent");
        facts.target.container = Some("aws-gd-agent".into());
        assert_eq!(failed(&facts), ["container.running"]);
    }
}
