//! The containers of task definitions, for checks of how a container is configured.

use super::sidecar::{as_note, is_sidecar, session_container};
use crate::fact_index::agent;
use crate::prelude::*;

/// A container of a task definition, and the running tasks that have it.
pub struct DefinedContainer<'w, 'a> {
    /// All facts.
    pub index: &'w FactIndex<'a>,
    /// The task definition.
    pub definition: &'a TaskDefinition,
    /// The container in it.
    pub container: &'a ContainerDefinition,
    /// The running tasks of one service that have this definition.
    pub tasks: &'w [&'a Task],
    /// The subject of findings about it.
    pub subject: Subject,
    service: Option<&'a str>,
}

impl<'a> FactIndex<'a> {
    /// A finding for each container of each task definition; with --container only for that container. What is found on a
    /// sidecar is a note.
    pub fn each_container_definition(
        &self,
        check: &'static Check,
        judge: impl Fn(DefinedContainer<'_, 'a>) -> Finding,
    ) -> Vec<Finding> {
        let asked = self.facts.target.container.as_deref();
        self.each_definition(check, |group, definition, tasks| {
            if let Some(why) = &definition.containers_unread {
                let subject = group.definition_subject(&definition.arn);
                return vec![check.unknown(subject, why)];
            }
            let target = session_container(group, Some(definition));
            let containers = definition.containers.iter();
            containers
                .filter(|container| asked.is_none_or(|name| name == container.name))
                .map(|container| {
                    let (family, revision) = (&definition.family, definition.revision);
                    let id = format!("{family}:{revision}/{}", container.name);
                    let finding = judge(DefinedContainer {
                        index: self,
                        definition,
                        container,
                        tasks,
                        service: group.service,
                        subject: group.subject_of("container-definition", id),
                    });
                    match target.filter(|target| is_sidecar(target, container, None)) {
                        Some(target) => as_note(finding, target),
                        None => finding,
                    }
                })
                .collect()
        })
    }
}

impl<'a> DefinedContainer<'_, 'a> {
    /// The shell that the configuration names for sessions in this container.
    pub fn shell(&self) -> Option<&'a str> {
        let service = self.service?;
        let mut targets = self.index.facts.target.services.iter();
        let target = targets.find(|target| target.name == service)?;
        let container = target.container.as_ref();
        let is_this = container.is_none_or(|name| *name == self.container.name);
        target.shell.as_deref().filter(|_| is_this)
    }

    /// Whether the container runs Windows.
    pub fn is_windows(&self) -> bool {
        self.definition.is_windows()
    }

    /// The services that run this definition and that ECS itself rolls out.
    pub fn known_services(&self) -> impl Iterator<Item = &'a Service> {
        let services = &self.index.facts.services;
        let rollout = rollout(self.index, self.definition);
        rollout
            .services
            .into_iter()
            .filter_map(|name| services.get(name)?.known())
    }

    /// The fix that changes the definition of this container.
    pub fn fix(&self, edit: ContainerEdit) -> Fix {
        rollout(self.index, self.definition).change_container(&self.container.name, edit)
    }

    /// Whether the agent has stopped in one of these tasks, or a session could not reach it.
    pub fn agent_is_lost(&self) -> bool {
        let name = &self.container.name;
        let probes = &self.index.facts.probes;
        self.tasks.iter().any(|task| {
            let mut probes = probes.get(&*task.arn).into_iter().flatten();
            probes.any(|probe| probe.container == *name && matches!(probe.end, ProbeEnd::Failed(_)))
                || agent(task, name).is_some_and(|agent| agent.is_stopped())
        })
    }

    /// Whether the agent has been RUNNING in all of these tasks for so long that a fault which is only suspected
    /// cannot be there.
    pub fn agent_is_proven(&self) -> bool {
        self.index.is_proven(self.tasks, &self.container.name)
    }
}
