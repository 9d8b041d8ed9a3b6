//! The variables of expressions, for each subject.

use std::collections::BTreeMap;
use std::sync::Arc;

use cel::Context;
use cel::common::types::CelNull;
use checks::fact_index::{FactIndex, Group, TaskRole};
use model::arn;
use model::facts::{Container, Fact, Facts, Service, Task, TaskDefinition, Unavailable};
use serde_content::Value;

use super::compile::ENVIRONMENT;
use super::facts_value::{content, unavailable, value, with_members};
use super::object::{FactValue, Object, incomplete};
use super::unknown_reads::UnknownReads;

/// The variables of one subject, ready for evaluation.
pub struct Variables {
    /// Those that could be read.
    pub context: Context<'static, 'static>,
    /// Those that could not be read, by name. They are not in the context, so that reading one is an error of CEL.
    pub unavailable: BTreeMap<&'static str, Unavailable>,
    /// What the evaluation of an expression records.
    pub reads: UnknownReads,
}

impl Variables {
    fn with(mut self, name: &'static str, value: FactValue) -> Variables {
        match value {
            Ok(value) => self.context.add_variable_as_val(name, value),
            Err(why) => _ = self.unavailable.insert(name, why),
        }
        self
    }
}

/// Makes the variables of each subject from the facts.
pub struct VariableSource<'a> {
    /// The facts.
    pub index: &'a FactIndex<'a>,
    reads: UnknownReads,
    facts: FactValue,
    cluster: FactValue,
}

impl<'a> VariableSource<'a> {
    /// Turns all facts into values, once for all subjects.
    pub fn new(index: &'a FactIndex<'a>) -> VariableSource<'a> {
        let reads = UnknownReads::default();
        VariableSource {
            index,
            facts: facts_value(index, &reads),
            cluster: value(content(&index.facts.cluster), &reads),
            reads,
        }
    }

    /// For a check on the cluster; all others have these variables too.
    pub fn of_cluster(&self) -> Variables {
        let variables = Variables {
            context: Context::with_env(Arc::clone(&ENVIRONMENT)),
            unavailable: BTreeMap::new(),
            reads: self.reads.clone(),
        };
        variables
            .with("facts", self.facts.clone())
            .with("cluster", self.cluster.clone())
    }

    fn of_group(&self, group: &Group) -> Variables {
        // Without a name, the tasks belong to no service.
        let service = self.lookup("services", "service", group.service);
        self.of_cluster().with("service", service)
    }

    /// For a check on a service.
    pub fn of_service(&self, group: &Group, service: &Service) -> Variables {
        let definition = self.definition(service.task_definition.as_deref());
        self.of_group(group).with("definition", definition)
    }

    /// For a check on a running task.
    pub fn of_task(&self, group: &Group, task: &'a Task) -> Variables {
        let content = task_content(task, self.index.facts);
        self.of_group(group)
            .with("task", value(content, &self.reads))
            .with("definition", self.definition(Some(&task.task_definition)))
            .with("role", self.task_role(task))
    }

    /// For a check on a container of a running task.
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
        let container = value(container, &self.reads);
        self.of_task(group, task).with("container", container)
    }

    /// For a check on the task definition of these running tasks.
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

    /// For a check on a task role.
    pub fn of_role(&self, group: &Group, arn: &str) -> Variables {
        self.of_group(group).with("role", self.role(Some(arn)))
    }

    fn task_role(&self, task: &'a Task) -> FactValue {
        match self.index.task_role(task) {
            TaskRole::Role(arn) => self.role(Some(arn)),
            TaskRole::Unnamed => self.role(None),
            TaskRole::Unknown(why) => Err(why),
        }
    }

    fn role(&self, arn: Option<&str>) -> FactValue {
        self.lookup("roles", "role", arn)
    }

    fn definition(&self, arn: Option<&str>) -> FactValue {
        self.lookup("task_definitions", "task definition", arn)
    }

    /// An entry of a map of the facts. Without a name it is null.
    fn lookup(&self, map: &str, what: &str, name: Option<&str>) -> FactValue {
        let Some(name) = name else {
            return Ok(Box::new(CelNull));
        };
        let entry = member(&self.facts, map).and_then(|map| member(map, name));
        entry.cloned().unwrap_or_else(|| Err(not_read(what, name)))
    }
}

fn member<'v>(value: &'v FactValue, name: &str) -> Option<&'v FactValue> {
    value.as_ref().ok()?.downcast_ref::<Object>()?.member(name)
}

/// A task with the members that expressions get in addition.
pub fn task_content(task: &Task, facts: &Facts) -> Value<'static> {
    let started = task.started_at.map(|started| started.as_second());
    let age_seconds = started.map(|started| facts.taken_at.as_second() - started);
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

    // As IAM answered, or as its policies decide.
    let simulations = [("simulations", content(index.simulations))];
    let all = value(with_members(content(facts), simulations), reads)?;
    let Some(all) = all.downcast_ref::<Object>() else {
        return Ok(all);
    };
    let marked = all.map_members(|name, member| {
        let gap = match name {
            "services" => services_gap,
            "tasks" => tasks_gap,
            "caller" | "cluster" | "expect" | "local" | "manifest" | "target" | "terraform" => None,
            // They follow from tasks and their definitions.
            _ => derived_gap,
        };
        match gap {
            Some(why) => incomplete(member, why),
            None => member,
        }
    });
    Ok(Box::new(marked))
}

fn not_read(what: &str, arn: &str) -> Unavailable {
    Unavailable::not_asked("this program", format!("the {what} {arn} was not read"))
}
