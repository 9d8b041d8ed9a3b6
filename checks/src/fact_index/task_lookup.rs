//! A task's role, network interface and EC2 instance.

use super::FactIndex;
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
            Fact::Known(instance) => instance,
            Fact::Unavailable(why) => return TaskRole::Unknown(why),
            Fact::Absent => return TaskRole::Unnamed,
        };
        let Some(profile) = &instance.profile else {
            return TaskRole::Unnamed;
        };
        match self.facts.instance_profiles.get(profile) {
            Some(Fact::Known(role)) => TaskRole::Role(role),
            Some(Fact::Absent) => TaskRole::Unnamed,
            Some(Fact::Unavailable(why)) => TaskRole::Unknown(why.clone()),
            None => TaskRole::Unknown(not_found("instance profile", profile)),
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
        self.instance(task)
            .map(|instance: &Instance| &instance.interface)
    }

    /// Whether the task definition gives its containers no network.
    pub fn has_no_network(&self, task: &Task) -> bool {
        let definition = self.definition(task).and_then(Fact::known);
        definition.is_some_and(TaskDefinition::has_no_network)
    }

    /// The EC2 instance that a task runs on.
    pub fn instance(&self, task: &Task) -> Fact<&'a Instance> {
        let facts = self.facts;
        let Some(host) = task.container_instance.as_ref() else {
            return Fact::Unavailable(Unavailable::not_asked(
                "ecs:DescribeTasks",
                format!(
                    "task {} runs on infrastructure of AWS, which is not visible",
                    task.id()
                ),
            ));
        };
        let host = match facts.container_instances.get(host) {
            Some(Fact::Known(host)) => host,
            Some(Fact::Unavailable(why)) => return Fact::Unavailable(why.clone()),
            Some(Fact::Absent) | None => {
                return Fact::Unavailable(not_found("container instance", host));
            }
        };
        match host.instance.as_deref() {
            Some(id) if id.starts_with("mi-") => Fact::Unavailable(Unavailable::not_asked(
                "ecs:DescribeContainerInstances",
                format!("task {} runs on {id}, a machine outside AWS", task.id()),
            )),
            Some(id) => match facts.network.instances.get(id) {
                Some(Fact::Known(instance)) => Fact::Known(instance),
                Some(Fact::Unavailable(why)) => Fact::Unavailable(why.clone()),
                Some(Fact::Absent) | None => Fact::Unavailable(not_found("instance", id)),
            },
            None => Fact::Unavailable(not_found("instance of", &host.arn)),
        }
    }

    /// The execution role of a task, with which ECS itself starts it.
    pub fn execution_role(&self, task: &'a Task) -> Option<&'a str> {
        task.execution_role(self.definition(task).and_then(Fact::known))
    }
}

fn not_found(what: &str, id: &str) -> Unavailable {
    Unavailable::not_asked(
        "ecs:DescribeContainerInstances",
        format!("the {what} {id} was not found"),
    )
}
