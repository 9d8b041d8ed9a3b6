//! The variables of expressions, for each subject.

use std::collections::BTreeMap;

use cel::Context;
use checks::fact_index::{FactIndex, Group, TaskRole};
use model::arn;
use model::facts::{Container, Fact, Facts, Service, Task, TaskDefinition, Unavailable};
use serde::Serialize;
use serde_content::Value;

use super::compile::environment;
use super::facts_value::{content, unavailable, value, with_members};
use super::object::{FactValue, Keys, Object, incomplete};
use super::unknown_reads::UnknownReads;

/// The variables of one subject, ready for evaluation.
pub struct Variables {
    pub context: Context<'static, 'static>,
    /// Those that could not be read, by name. They are not in the context, so that reading one is an error of CEL.
    pub unavailable: BTreeMap<&'static str, Unavailable>,
    pub reads: UnknownReads,
}

impl Variables {
    fn set(&mut self, name: &'static str, value: FactValue) {
        match value {
            Ok(value) => self.context.add_variable_as_val(name, value),
            Err(why) => _ = self.unavailable.insert(name, why),
        }
    }

    fn with(mut self, name: &'static str, fact: Value) -> Variables {
        let value = value(fact, &self.reads);
        self.set(name, value);
        self
    }
}

/// Makes the variables of each subject from the facts.
pub struct VariableSource<'a> {
    index: &'a FactIndex<'a>,
    reads: UnknownReads,
    facts: FactValue,
    cluster: FactValue,
}

impl<'a> VariableSource<'a> {
    pub fn new(index: &'a FactIndex<'a>) -> VariableSource<'a> {
        let reads = UnknownReads::default();
        VariableSource {
            index,
            facts: facts_value(index, &reads),
            cluster: value(content(&index.facts.cluster), &reads),
            reads,
        }
    }

    pub fn of_cluster(&self) -> Variables {
        let mut variables = Variables {
            context: Context::with_env(environment()),
            unavailable: BTreeMap::new(),
            reads: self.reads.clone(),
        };
        variables.set("facts", self.facts.clone());
        variables.set("cluster", self.cluster.clone());
        variables
    }

    fn of_group(&self, group: &Group) -> Variables {
        let service = match (group.service_fact, group.service) {
            (Some(fact), _) => content(fact),
            (None, Some(name)) => unavailable(&not_read("service", name)),
            // The tasks belong to no service.
            (None, None) => Value::Unit,
        };
        self.of_cluster().with("service", service)
    }

    pub fn of_service(&self, group: &Group, service: &Service) -> Variables {
        let definition = self.definition(service.task_definition.as_deref());
        self.of_group(group).with("definition", definition)
    }

    pub fn of_task(&self, group: &Group, task: &'a Task) -> Variables {
        self.of_group(group)
            .with("task", task_content(task, self.index.facts))
            .with("definition", self.definition(Some(&task.task_definition)))
            .with("role", self.task_role(task))
    }

    pub fn of_container(&self, group: &Group, task: &'a Task, container: &Container) -> Variables {
        let definition = match self.index.definition(task) {
            Some(Fact::Known(definition)) => content(definition.container(&container.name)),
            Some(other) => content(other),
            None => unavailable(&not_read("task definition", &task.task_definition)),
        };
        let container = with_members(
            content(container),
            [("task", content(task.id())), ("definition", definition)],
        );
        self.of_task(group, task).with("container", container)
    }

    pub fn of_definition(
        &self,
        group: &Group,
        definition: &TaskDefinition,
        tasks: &[&'a Task],
    ) -> Variables {
        let role = match tasks.first() {
            // Tasks of one definition differ in their role only if one of them was run with another role.
            Some(task) if definition.task_role.is_none() => self.task_role(task),
            _ => self.role(definition.task_role.as_deref()),
        };
        self.of_group(group)
            .with("definition", self.definition(Some(&definition.arn)))
            .with("role", role)
    }

    pub fn of_role(&self, group: &Group, arn: &str) -> Variables {
        self.of_group(group).with("role", self.role(Some(arn)))
    }

    fn task_role(&self, task: &'a Task) -> Value<'static> {
        match self.index.task_role(task) {
            TaskRole::Role(arn) => self.role(Some(arn)),
            TaskRole::Unnamed => Value::Unit,
            TaskRole::Unknown(why) => unavailable(&why),
        }
    }

    fn role(&self, arn: Option<&str>) -> Value<'static> {
        lookup(&self.index.facts.roles, "role", arn)
    }

    fn definition(&self, arn: Option<&str>) -> Value<'static> {
        lookup(&self.index.facts.task_definitions, "task definition", arn)
    }
}

fn lookup<T: Serialize>(
    facts: &BTreeMap<String, Fact<T>>,
    what: &str,
    arn: Option<&str>,
) -> Value<'static> {
    match arn {
        None => Value::Unit,
        Some(arn) => match facts.get(arn) {
            Some(fact) => content(fact),
            None => unavailable(&not_read(what, arn)),
        },
    }
}

/// A task with the members that expressions get in addition.
pub fn task_content(task: &Task, facts: &Facts) -> Value<'static> {
    let age_seconds = task
        .started_at
        .map(|started| facts.taken_at.as_second() - started.as_second());
    with_members(
        content(task),
        [
            ("id", content(task.id())),
            ("service", content(task.service_name())),
            ("family", content(arn::family(&task.task_definition))),
            ("age_seconds", content(age_seconds)),
        ],
    )
}

/// All facts. Lists that may have gaps are marked, so that "not in the list" is not taken for "does not exist".
fn facts_value(index: &FactIndex, reads: &UnknownReads) -> FactValue {
    let facts = index.facts;
    let services_gap = facts.unlisted.as_ref();
    let tasks_gap = services_gap
        .or_else(|| facts.services.values().find_map(Fact::unavailable))
        .or_else(|| facts.service_tasks.values().find_map(Fact::unavailable));
    let derived_gap = tasks_gap
        .or_else(|| facts.cluster.unavailable())
        .or_else(|| facts.tasks.values().find_map(Fact::unavailable))
        .or_else(|| facts.task_definitions.values().find_map(Fact::unavailable));

    let all = value(content(facts), reads)?;
    let simulations = value(content(index.simulations), reads);
    let Some(all) = all.downcast_ref::<Object>() else {
        return Ok(all);
    };
    let members = all.members().map(|(name, member)| {
        let gap = match name {
            "services" => services_gap,
            "tasks" => tasks_gap,
            // What follows from tasks and their definitions.
            "task_definitions"
            | "roles"
            | "simulations"
            | "identities"
            | "container_instances"
            | "instance_profiles"
            | "probes"
            | "kms_keys"
            | "log_groups"
            | "buckets"
            | "service_tasks"
            | "network" => derived_gap,
            _ => None,
        };
        let member = match name {
            "simulations" => simulations.clone(),
            _ => member.clone(),
        };
        let member = match gap {
            Some(why) => incomplete(member, why),
            None => member,
        };
        (name.to_owned().into(), member)
    });
    let members = members.collect();
    Ok(Box::new(Object::new(members, Keys::Fixed, reads)))
}

fn not_read(what: &str, arn: &str) -> Unavailable {
    Unavailable::not_asked("this program", format!("the {what} {arn} was not read"))
}
