//! Checks that look at a container as its task definition describes it.

use crate::fact_index::{FactIndex, as_note, entered_container, is_sidecar};
use crate::fixes::definition::Change;
use crate::redeployment::affected_services;
use model::check::Check;
use model::facts::{Container, ContainerDefinition, ProbeEnd, Service, Task, TaskDefinition};
use model::finding::{Finding, Subject};

/// A container of a task definition, and the running tasks that have it.
pub struct Defined<'w, 'a> {
    pub index: &'w FactIndex<'a>,
    pub definition: &'a TaskDefinition,
    pub container: &'a ContainerDefinition,
    pub tasks: &'w [&'a Task],
    service: Option<&'a str>,
    pub subject: Subject,
}

/// Findings for each container of each task definition, but only for the one that was asked for.
pub fn each_defined<'a>(
    index: &FactIndex<'a>,
    check: &'static Check,
    judge: impl Fn(Defined<'_, 'a>) -> Finding,
) -> Vec<Finding> {
    let asked = index.facts.target.container.as_deref();
    index.each_definition(check, |group, definition, tasks| {
        if let Some(why) = &definition.containers_unread {
            let subject = group.definition_subject(&definition.arn);
            return vec![check.unknown(subject, why)];
        }
        let entered = entered_container(group, Some(definition));
        definition
            .containers
            .iter()
            .filter(|container| asked.is_none_or(|name| name == container.name))
            .map(|container| {
                let id = format!(
                    "{}:{}/{}",
                    definition.family, definition.revision, container.name
                );
                let finding = judge(Defined {
                    index,
                    definition,
                    container,
                    tasks,
                    service: group.service,
                    subject: Subject::new("container-definition", id)
                        .of_service(group.service_name()),
                });
                match entered {
                    Some(entered) if is_sidecar(Some(entered), container, None) => {
                        as_note(finding, entered)
                    }
                    _ => finding,
                }
            })
            .collect()
    })
}

impl<'a> Defined<'_, 'a> {
    /// The shell that the configuration names for sessions into this container.
    pub fn shell(&self) -> Option<&'a str> {
        let service = self.service?;
        let services = &self.index.facts.target.services;
        let wanted = services.iter().find(|wanted| wanted.name == service)?;
        let is_entered = wanted
            .container
            .as_ref()
            .is_none_or(|name| *name == self.container.name);
        wanted.shell.as_deref().filter(|_| is_entered)
    }

    /// Services that run this definition and that ECS itself rolls out.
    fn services(&self) -> Vec<&'a str> {
        affected_services(self.index, |group| {
            group
                .by_definition
                .contains_key(self.definition.arn.as_str())
        })
    }

    /// What a fix may change of it.
    pub fn change(&self) -> Change<'a> {
        Change {
            facts: self.index.facts,
            definition: self.definition,
            container: &self.container.name,
            services: self.services(),
        }
    }

    /// The same services, as ECS describes them.
    pub fn known_services(&self) -> impl Iterator<Item = &'a Service> {
        let services = &self.index.facts.services;
        let names = self.services().into_iter();
        names.filter_map(|name| services.get(name)?.known())
    }

    /// The agent has ended in one of these tasks, or a session could not reach it.
    pub fn agent_is_lost(&self) -> bool {
        let probes = &self.index.facts.probes;
        let probes = self.tasks.iter().filter_map(|task| probes.get(&*task.arn));
        let mut failed = probes.flatten().filter(|probe| {
            probe.container == self.container.name && matches!(probe.end, ProbeEnd::Failed(_))
        });
        self.agent_has_stopped() || failed.next().is_some()
    }

    /// The agent has ended in one of these tasks, or did not start.
    fn agent_has_stopped(&self) -> bool {
        let containers = self.tasks.iter().flat_map(|task| &task.containers);
        containers
            .filter(|container| container.name == self.container.name)
            .filter_map(Container::exec_agent)
            .any(|agent| agent.last_status == "STOPPED")
    }

    /// The agent has been up in all of these tasks for so long that a mere suspicion is refuted.
    pub fn agent_is_proven(&self) -> bool {
        self.index.is_proven(self.tasks, &self.container.name)
    }
}
