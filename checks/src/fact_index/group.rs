//! Services and their tasks.

use std::collections::BTreeMap;

use super::FactIndex;
use super::roles::{Roles, by_definition};
use crate::vpc_path::{Placement, Placements};
use model::facts::{Fact, Facts, Service, ServiceTarget, Task};
use model::finding::Subject;
use model::fix::Fix;
use model::task_scope::TaskSet;
use model::text::Sanitized;

/// The tasks of one service, or the tasks that the user named: those of one service, or of none.
pub struct Group<'a> {
    /// The service's name; `None` for tasks that belong to no service.
    pub service: Option<&'a str>,
    /// The service itself; `None` for tasks that belong to no service.
    pub service_fact: Option<&'a Fact<Service>>,
    /// The container that a session goes to, if one is named or configured, and exists.
    pub container: Option<&'a str>,
    /// A container that the configuration names and no task has.
    pub misnamed: Option<&'a str>,
    /// All tasks, running or not.
    pub tasks: Fact<Vec<&'a Task>>,
    /// Whether the user named these tasks one by one.
    pub named: bool,
    /// The running tasks by the ARN of their task definition.
    pub by_definition: BTreeMap<&'a str, TaskSet<'a>>,
    /// The running tasks by their role.
    pub roles: Roles<'a>,
    /// The running tasks by their place in the network.
    pub placements: Placements<'a>,
    running: Vec<&'a Task>,
}

impl<'a> Group<'a> {
    /// The subject of findings about the whole group.
    pub fn subject(&self) -> Subject {
        match self.service_name() {
            Some(name) => self.subject_of("service", name),
            None => Subject::new("tasks", "standalone"),
        }
    }

    /// The subject of findings about something that the group uses, such as a `subnet` with this ID.
    pub fn subject_of(&self, kind: &'static str, id: impl Into<Sanitized>) -> Subject {
        Subject::new(kind, id).of_service(self.service_name())
    }

    /// The subject of findings about the subnet of a placement.
    pub fn subnet_subject(&self, placement: &Placement) -> Subject {
        self.subject_of("subnet", placement.subnet.id.as_str())
    }

    /// The subject of findings about a task.
    pub fn task_subject(&self, task: &Task) -> Subject {
        self.subject_of("task", task.arn.clone())
    }

    /// The subject of findings about a container of a running task.
    pub fn container_subject(&self, task: &Task, container: &str) -> Subject {
        self.subject_of("container", format!("{}/{container}", task.id()))
    }

    /// The subject of findings about a task definition.
    pub fn definition_subject(&self, arn: &str) -> Subject {
        self.subject_of("task-definition", arn)
    }

    /// All tasks, running or not; none if they could not be read.
    pub fn all(&self) -> &[&'a Task] {
        all(&self.tasks)
    }

    /// The running tasks.
    pub fn running(&self) -> &[&'a Task] {
        &self.running
    }

    /// The service's name, as subjects have it.
    pub fn service_name(&self) -> Option<Sanitized> {
        self.service.map(Sanitized::from)
    }

    /// The service as ECS describes it; `None` if it could not be read or there is none.
    pub fn known_service(&self) -> Option<&'a Service> {
        self.service_fact?.known()
    }

    /// A fix of the service; `None` if the service could not be read.
    pub fn service_fix(&self, facts: &Facts, fix: fn(&Facts, &Service) -> Fix) -> Option<Fix> {
        Some(fix(facts, self.known_service()?))
    }

    /// The group's name in a sentence.
    pub fn name(&self) -> &'a str {
        self.service.unwrap_or("standalone tasks")
    }

    fn new(
        index: &FactIndex<'a>,
        service: Option<&'a str>,
        tasks: Fact<Vec<&'a Task>>,
        target: Option<&'a ServiceTarget>,
    ) -> Group<'a> {
        let asked = index.facts.target.container.as_deref();
        let configured = target.and_then(|target| target.container.as_deref());
        let exists = |name: &&str| target.is_none() || may_have_container(all(&tasks), name);
        let mut running = all(&tasks).to_vec();
        running.retain(|task| task.is_running());
        let mut group = Group {
            service,
            service_fact: service.and_then(|name| index.facts.services.get(name)),
            container: asked.or(configured).filter(exists),
            misnamed: configured.filter(|name| asked.is_none() && !exists(name)),
            named: target.is_none(),
            by_definition: by_definition(&running),
            roles: Roles::of(index, &running),
            placements: Placements::default(),
            tasks,
            running,
        };
        let awsvpc = group
            .known_service()
            .and_then(|service| service.awsvpc.as_ref());
        let assigns_public_ip = awsvpc.is_some_and(|awsvpc| awsvpc.assign_public_ip);
        let tasks = group
            .running
            .iter()
            .map(|task| (*task, index.interface(task)));
        group.placements =
            Placements::new(&index.network, tasks, group.container, assigns_public_ip);
        group
    }
}

fn all<'t, 'a>(tasks: &'t Fact<Vec<&'a Task>>) -> &'t [&'a Task] {
    tasks.known().map_or(&[], Vec::as_slice)
}

/// A task whose containers are unknown may have any.
fn may_have_container(tasks: &[&Task], name: &str) -> bool {
    let has = |task: &&Task| task.containers.is_empty() || task.has_container(name);
    tasks.is_empty() || tasks.iter().any(has)
}

/// One group for each service of the target, then one for the named tasks of each service and of none.
pub(super) fn groups<'a>(index: &FactIndex<'a>) -> Vec<Group<'a>> {
    let facts = index.facts;
    let services = facts.target.services.iter().map(|target| {
        let arns = facts.service_tasks.get(&target.name);
        let arns = arns.map_or(Fact::Absent, Fact::as_ref);
        let tasks = arns.and_then(|arns| known_tasks(facts, arns));
        Group::new(index, Some(&target.name), tasks, Some(target))
    });
    let mut named: BTreeMap<Option<&str>, Vec<&String>> = BTreeMap::new();
    for arn in &facts.target.tasks {
        let task = facts.tasks.get(arn).and_then(Fact::known);
        let service = task.and_then(Task::service_name);
        named.entry(service).or_default().push(arn);
    }
    let named = named
        .into_iter()
        .map(|(service, arns)| Group::new(index, service, known_tasks(facts, arns), None));
    services.chain(named).collect()
}

/// The tasks that could be described; unavailable if any could not. A task that is gone since it was listed is left
/// out.
fn known_tasks<'a>(
    facts: &'a Facts,
    arns: impl IntoIterator<Item = &'a String>,
) -> Fact<Vec<&'a Task>> {
    let mut tasks = Vec::new();
    for arn in arns {
        match facts.tasks.get(arn) {
            Some(Fact::Known(task)) => tasks.push(task),
            Some(Fact::Unavailable(why)) => return Fact::Unavailable(why.clone()),
            Some(Fact::Absent) | None => {}
        }
    }
    Fact::Known(tasks)
}
