use std::collections::BTreeMap;

use super::grouping::{Roles, by_definition};
use super::target_container::Entered;
use super::{ById, by_id};
use crate::vpc_path::placement::Placements;
use model::facts::{Fact, Facts, Service, Task};
use model::finding::Subject;
use model::fix::Fix;
use model::task_scope::TaskSet;
use model::text::Sanitized;

/// The tasks of one service, or those that belong to no service.
pub struct Group<'a> {
    pub service: Option<&'a str>,
    /// What is known of the service itself; `None` for tasks that belong to none.
    pub service_fact: Option<&'a Fact<Service>>,
    /// The container that a session enters, where one is asked for or configured, and is there.
    pub container: Option<&'a str>,
    /// A container that the configuration names and no task has.
    pub misnamed: Option<&'a str>,
    pub tasks: Fact<Vec<&'a Task>>,
    /// Tasks that the user named.
    pub named: bool,
    running: Vec<&'a Task>,
    /// The ARNs of all tasks, for the many findings on each.
    names: Vec<Sanitized>,
    /// The containers of the running tasks.
    pub entered: Vec<Entered<'a>>,
    /// The running tasks by the ARN of their definition.
    pub by_definition: BTreeMap<&'a str, TaskSet<'a>>,
    pub roles: Roles<'a>,
    name: Option<Sanitized>,
    /// Where the running tasks sit in the network.
    pub placements: Placements<'a>,
}

impl<'a> Group<'a> {
    /// The subject for what concerns the whole group.
    pub fn subject(&self) -> Subject {
        match &self.name {
            Some(name) => Subject::new("service", name.clone()).of_service(self.service_name()),
            None => Subject::new("tasks", "standalone"),
        }
    }

    pub fn task_subject(&self, task: &Task) -> Subject {
        Subject::new("task", task.arn.clone()).of_service(self.service_name())
    }

    /// All tasks, with a subject for what is found on each.
    pub fn each_task(&self) -> impl Iterator<Item = (&'a Task, Subject)> {
        let with_names = self.all().iter().zip(&self.names);
        with_names.map(|(task, name)| {
            (
                *task,
                Subject::new("task", name.clone()).of_service(self.service_name()),
            )
        })
    }

    pub fn container_subject(&self, task: &Task, container: &str) -> Subject {
        Subject::new("container", [task.id(), "/", container].concat())
            .of_service(self.service_name())
    }

    pub fn definition_subject(&self, arn: &str) -> Subject {
        Subject::new("task-definition", arn).of_service(self.service_name())
    }

    pub fn all(&self) -> &[&'a Task] {
        self.tasks.known().map_or(&[], Vec::as_slice)
    }

    pub fn running(&self) -> &[&'a Task] {
        &self.running
    }

    /// The service's name, for the findings on its many tasks.
    pub fn shared_name(&self) -> Option<&Sanitized> {
        self.name.as_ref()
    }

    /// The same, for a subject.
    pub fn service_name(&self) -> Option<Sanitized> {
        self.name.clone()
    }

    /// A fix of the service, where the service could be read.
    pub fn service_fix(&self, facts: &Facts, fix: fn(&Facts, &Service) -> Fix) -> Option<Fix> {
        let service = self.service_fact.and_then(Fact::known)?;
        Some(fix(facts, service))
    }

    /// How to name the group in a sentence.
    pub fn name(&self) -> &'a str {
        self.service.unwrap_or("standalone tasks")
    }
}

/// One group a service that was asked about, and one for the named tasks of each service and of none.
pub fn groups(facts: &Facts) -> Vec<Group<'_>> {
    let by_arn = by_id(&facts.tasks);
    let of_services = facts.target.services.iter().map(|wanted| {
        let tasks = service_tasks(facts, &by_arn, &wanted.name);
        let configured = wanted.container.as_deref();
        let there = |name: &&str| {
            let tasks = tasks.known().map_or(&[][..], Vec::as_slice);
            // Containers that are not known may have any name.
            let may_have = |task: &&Task| task.containers.is_empty() || task.has_container(name);
            tasks.is_empty() || tasks.iter().any(may_have)
        };
        let asked = facts.target.container.as_deref();
        let running = running(&tasks);
        Group {
            service: Some(&wanted.name),
            service_fact: facts.services.get(&wanted.name),
            container: asked.or(configured).filter(there),
            misnamed: configured.filter(|name| asked.is_none() && !there(name)),
            named: false,
            by_definition: by_definition(&running),
            roles: Roles::default(),
            names: names(&tasks),
            running,
            entered: Vec::new(),
            name: Some(wanted.name.as_str().into()),
            tasks,
            placements: Placements::default(),
        }
    });
    let of_named = named_tasks_by_service(facts, &by_arn)
        .into_iter()
        .map(|(service, tasks)| {
            let running = running(&tasks);
            Group {
                service,
                service_fact: service.and_then(|name| facts.services.get(name)),
                container: facts.target.container.as_deref(),
                misnamed: None,
                named: true,
                by_definition: by_definition(&running),
                roles: Roles::default(),
                names: names(&tasks),
                running,
                entered: Vec::new(),
                name: service.map(Sanitized::from),
                tasks,
                placements: Placements::default(),
            }
        });
    of_services.chain(of_named).collect()
}

fn running<'a>(tasks: &Fact<Vec<&'a Task>>) -> Vec<&'a Task> {
    let all = tasks.known().into_iter().flatten().copied();
    all.filter(|task| task.is_running()).collect()
}

fn names(tasks: &Fact<Vec<&Task>>) -> Vec<Sanitized> {
    let tasks = tasks.known().into_iter().flatten();
    tasks.map(|task| task.arn.clone().into()).collect()
}

fn service_tasks<'a>(
    facts: &'a Facts,
    by_arn: &ById<'a, Task>,
    service: &str,
) -> Fact<Vec<&'a Task>> {
    match facts.service_tasks.get(service) {
        Some(Fact::Known(arns)) => known_tasks(by_arn, arns),
        Some(Fact::Unavailable(why)) => Fact::Unavailable(why.clone()),
        Some(Fact::Absent) | None => Fact::Absent,
    }
}

/// The tasks that could be described; unavailable when any could not. One that is gone since it was
/// listed is left out.
fn known_tasks<'a>(by_arn: &ById<'a, Task>, arns: &[String]) -> Fact<Vec<&'a Task>> {
    let mut tasks = Vec::new();
    for arn in arns {
        match by_arn.get(arn.as_str()).copied() {
            Some(Fact::Known(task)) => tasks.push(task),
            Some(Fact::Unavailable(why)) => return Fact::Unavailable(why.clone()),
            Some(Fact::Absent) | None => {}
        }
    }
    Fact::Known(tasks)
}

fn named_tasks_by_service<'a>(
    facts: &'a Facts,
    by_arn: &ById<'a, Task>,
) -> BTreeMap<Option<&'a str>, Fact<Vec<&'a Task>>> {
    let mut by_service: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    for arn in &facts.target.tasks {
        let service = facts
            .tasks
            .get(arn)
            .and_then(Fact::known)
            .and_then(Task::service_name);
        by_service.entry(service).or_default().push(arn.clone());
    }
    by_service
        .into_iter()
        .map(|(service, arns)| (service, known_tasks(by_arn, &arns)))
        .collect()
}
