//! The containers of running tasks.

use super::sidecar::{as_note, is_sidecar, session_container};
use crate::prelude::*;

impl<'a> FactIndex<'a> {
    /// A finding for each container of each running task; with --container only for that container. A container that
    /// AWS added to the task is judged only if the user asks for it, and what is found on a sidecar is a note.
    pub fn each_container(
        &self,
        check: &'static Check,
        judge: impl Fn(&Group<'a>, Subject, &'a Task, &'a Container) -> Finding,
    ) -> Vec<Finding> {
        let asked = self.facts.target.container.as_deref();
        let is_meant = |container: &&Container| asked.is_none_or(|name| name == container.name);
        self.each_running(check, |group, running| {
            let mut findings = Vec::new();
            for &task in running {
                let definition = self.definition(task).and_then(Fact::known);
                for container in task.containers.iter().filter(is_meant) {
                    let name = &container.name;
                    let subject = group.container_subject(task, name);
                    let finding = if asked.is_none() && is_added_by_aws(container, definition) {
                        let title = format!("AWS added container {name}; sessions do not use it");
                        check.skip(subject, title)
                    } else {
                        let finding = judge(group, subject, task, container);
                        match helped_container(group, container, definition) {
                            Some(other) => as_note(finding, other),
                            None => finding,
                        }
                    };
                    findings.push(finding.on(task));
                }
            }
            findings
        })
    }
}

/// For a sidecar: the container that sessions go to instead.
fn helped_container<'a>(
    group: &Group<'a>,
    container: &Container,
    definition: Option<&'a TaskDefinition>,
) -> Option<&'a str> {
    let defined = definition?.container(&container.name)?;
    let target = session_container(group, definition)?;
    is_sidecar(target, defined, Some(container)).then_some(target)
}

/// The container has a name that AWS uses, or its task definition does not have it.
fn is_added_by_aws(container: &Container, definition: Option<&TaskDefinition>) -> bool {
    container.is_added()
        || definition.is_some_and(|known| known.container(&container.name).is_none())
}

#[cfg(test)]
mod tests {
    use crate::testing::*;
    use diagnosis::{Selection, examine};
    use model::facts::{Container, Fact, Facts};
    use model::finding::Status;

    /// The coder service without a preferred container, and with a second, stopped container without an agent.
    fn with_second_container(name: &str) -> Facts {
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
    fn containers_added_by_aws_are_not_judged() {
        for name in [
            "ecs-service-connect-AbCd",
            "aws-guardduty-agent-x1y2",
            "aws-gd-agent",
            "unknown-sidecar",
        ] {
            let mut facts = with_second_container(name);
            assert_eq!(failed(&facts), [""; 0], "{name} has ended");
            let added = task(&mut facts).containers.last_mut().unwrap();
            added.last_status = "RUNNING".into();
            assert_eq!(failed(&facts), [""; 0], "{name} has no agent");
        }
    }

    #[test]
    fn without_the_definition_only_known_names_count_as_added_by_aws() {
        let without_definition = |name: &str| {
            let mut facts = with_second_container(name);
            for definition in facts.task_definitions.values_mut() {
                *definition = Fact::Absent;
            }
            failed(&facts)
        };
        assert_eq!(without_definition("aws-gd-agent"), [""; 0]);
        assert_eq!(without_definition("worker"), ["container.running"]);
    }

    #[test]
    fn an_added_container_is_judged_if_it_is_the_target() {
        let mut facts = with_second_container("aws-gd-agent");
        facts.target.container = Some("aws-gd-agent".into());
        assert_eq!(failed(&facts), ["container.running"]);
    }
}
