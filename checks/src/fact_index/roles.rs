//! Running tasks by the role and by the task definition that they share.

use std::collections::BTreeMap;

use super::{FactIndex, TaskRole};
use model::facts::{Task, Unavailable};
use model::task_scope::TaskSet;

/// Running tasks by their role.
#[derive(Default)]
pub struct Roles<'a> {
    /// By the role's ARN.
    pub by_role: BTreeMap<&'a str, TaskSet<'a>>,
    /// Tasks without a role.
    pub unnamed: Vec<&'a Task>,
    /// Tasks whose role is unknown, and why.
    pub unknown: Vec<(&'a Task, Unavailable)>,
}

impl<'a> Roles<'a> {
    /// Groups tasks by their role.
    pub fn of(index: &FactIndex<'a>, tasks: &[&'a Task]) -> Roles<'a> {
        let mut by_role = Vec::new();
        let mut roles = Roles::default();
        for &task in tasks {
            match index.task_role(task) {
                TaskRole::Role(arn) => by_role.push((arn, task)),
                TaskRole::Unnamed => roles.unnamed.push(task),
                TaskRole::Unknown(why) => roles.unknown.push((task, why)),
            }
        }
        roles.by_role = task_sets(by_role);
        roles
    }
}

/// Tasks by the ARN of their task definition.
pub(super) fn by_definition<'a>(tasks: &[&'a Task]) -> BTreeMap<&'a str, TaskSet<'a>> {
    let tasks = tasks.iter();
    task_sets(tasks.map(|&task| (task.task_definition.as_str(), task)))
}

fn task_sets<'a>(
    tasks: impl IntoIterator<Item = (&'a str, &'a Task)>,
) -> BTreeMap<&'a str, TaskSet<'a>> {
    let mut by_arn: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
    for (arn, task) in tasks {
        by_arn.entry(arn).or_default().push(task);
    }
    let by_arn = by_arn.into_iter();
    by_arn.map(|(arn, tasks)| (arn, tasks.into())).collect()
}
