use std::collections::BTreeMap;

use super::definitions::Definitions;
use super::{FactIndex, TaskRole};
use model::facts::{Task, Unavailable};
use model::task_scope::TaskSet;

/// Running tasks by the role that they have.
#[derive(Default)]
pub struct Roles<'a> {
    pub by_role: BTreeMap<&'a str, TaskSet<'a>>,
    pub unnamed: Vec<&'a Task>,
    pub unknown: Vec<(&'a Task, Unavailable)>,
}

impl<'a> Roles<'a> {
    pub fn of(index: &FactIndex<'a>, tasks: &[&'a Task]) -> Roles<'a> {
        let mut by_role: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
        let mut roles = Roles::default();
        let mut definitions = Definitions::of(index);
        for &task in tasks {
            match index.task_role_by(task, definitions.get(task)) {
                TaskRole::Role(arn) => by_role.entry(arn).or_default().push(task),
                TaskRole::Unnamed => roles.unnamed.push(task),
                TaskRole::Unknown(why) => roles.unknown.push((task, why)),
            }
        }
        roles.by_role = alike(by_role);
        roles
    }
}

/// Running tasks by the ARN of their definition.
pub fn by_definition<'a>(tasks: &[&'a Task]) -> BTreeMap<&'a str, TaskSet<'a>> {
    let mut by_definition: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
    for &task in tasks {
        let arn = &*task.task_definition;
        by_definition.entry(arn).or_default().push(task);
    }
    alike(by_definition)
}

fn alike<'a>(tasks: BTreeMap<&'a str, Vec<&'a Task>>) -> BTreeMap<&'a str, TaskSet<'a>> {
    tasks
        .into_iter()
        .map(|(name, tasks)| (name, TaskSet::from(tasks)))
        .collect()
}
