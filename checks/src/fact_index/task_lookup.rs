//! A task's role, network interface and EC2 instance.

use super::FactIndex;
use aws_rules::vpc::known;
use model::facts::{Fact, Instance, Interface, Task, TaskDefinition, Unavailable};

/// The role whose credentials the containers of a task get.
pub enum TaskRole<'a> {
    /// The role's ARN.
    Role(&'a str),
    /// Neither the task nor its definition names a role.
    Unnamed,
    /// A fact is missing.
    Unknown(Unavailable),
}

impl<'a> FactIndex<'a> {
    /// The role of a task: its own, or that of the EC2 instance that it runs on.
    pub fn task_role(&self, task: &'a Task) -> TaskRole<'a> {
        let definition = self.definition(task);
        match (task.role(definition.and_then(Fact::known)), definition) {
            (Some(role), _) => TaskRole::Role(role),
            (None, Some(Fact::Known(_))) if task.is_fargate() => TaskRole::Unnamed,
            (None, Some(Fact::Known(_))) => self.instance_role(task),
            (None, Some(Fact::Unavailable(why))) => TaskRole::Unknown(why.clone()),
            (None, Some(Fact::Absent) | None) => TaskRole::Unknown(Unavailable::not_asked(
                "ecs:DescribeTaskDefinition",
                "the task definition was not found",
            )),
        }
    }

    /// On EC2 a task without a role gets the credentials of its instance's profile.
    fn instance_role(&self, task: &Task) -> TaskRole<'a> {
        let instance = match self.instance(task) {
            Ok(instance) => instance,
            Err(why) => return TaskRole::Unknown(why),
        };
        let Some(profile) = &instance.profile else {
            return TaskRole::Unnamed;
        };
        match self.facts.instance_profiles.get(profile) {
            Some(Fact::Absent) => TaskRole::Unnamed,
            fact => match found(fact, "instance profile", profile) {
                Ok(role) => TaskRole::Role(role),
                Err(why) => TaskRole::Unknown(why),
            },
        }
    }

    /// The network interface through which a task's packets leave: its own, or its instance's.
    pub fn interface(&self, task: &Task) -> Fact<&'a Interface> {
        if let Some(attachment) = &task.interface {
            let id = attachment.id.as_deref();
            let known = id.and_then(|id| self.facts.network.interfaces.get(id));
            return known.map_or(Fact::Absent, Fact::as_ref);
        }
        if self.has_no_network(task) {
            return Fact::Unavailable(Unavailable::not_asked(
                "ecs:DescribeTaskDefinition",
                format!("the containers of task {} have no network", task.id()),
            ));
        }
        match self.instance(task) {
            Ok(instance) => Fact::Known(&instance.interface),
            Err(why) => Fact::Unavailable(why),
        }
    }

    /// Whether the task definition gives its containers no network.
    pub fn has_no_network(&self, task: &Task) -> bool {
        let definition = self.definition(task).and_then(Fact::known);
        definition.is_some_and(TaskDefinition::has_no_network)
    }

    /// The EC2 instance that a task runs on.
    pub fn instance(&self, task: &Task) -> Result<&'a Instance, Unavailable> {
        let facts = self.facts;
        let Some(host) = task.container_instance.as_ref() else {
            let id = task.id();
            let why = match facts.planned {
                true => "the plan does not show the network of the tasks".to_owned(),
                false => format!("task {id} runs on infrastructure of AWS, which is not visible"),
            };
            return Err(Unavailable::not_asked("ecs:DescribeTasks", why));
        };
        let host = found(
            facts.container_instances.get(host),
            "container instance",
            host,
        )?;
        match host.instance.as_deref() {
            Some(id) if id.starts_with("mi-") => Err(Unavailable::not_asked(
                DESCRIBE_INSTANCES,
                format!("task {} runs on {id}, a machine outside AWS", task.id()),
            )),
            Some(id) => found(facts.network.instances.get(id), "instance", id),
            None => found(None, "instance of", &host.arn),
        }
    }

    /// The execution role of a task, with which ECS itself starts it.
    pub fn execution_role(&self, task: &'a Task) -> Option<&'a str> {
        task.execution_role(self.definition(task).and_then(Fact::known))
    }
}

const DESCRIBE_INSTANCES: &str = "ecs:DescribeContainerInstances";

fn found<'a, T>(fact: Option<&'a Fact<T>>, what: &str, id: &str) -> Result<&'a T, Unavailable> {
    known(fact, DESCRIBE_INSTANCES, || {
        format!("the {what} {id} was not found")
    })
}
