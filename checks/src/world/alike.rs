use std::collections::BTreeMap;

use super::{TaskRole, World};
use crate::facts::{Task, Unavailable};
use crate::tasks::Alike;

/// Running tasks by the role that they have.
#[derive(Default)]
pub struct Roles<'a> {
    pub by_role: BTreeMap<&'a str, Alike<'a>>,
    pub unnamed: Vec<&'a Task>,
    pub unknown: Vec<(&'a Task, Unavailable)>,
}

impl<'a> Roles<'a> {
    pub fn of(world: &World<'a>, tasks: &ByDefinition<'a>) -> Roles<'a> {
        let mut by_role: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
        let mut roles = Roles::default();
        for (arn, alike) in tasks {
            let definition = world.definitions.get(arn).copied();
            for &task in &alike.tasks {
                match world.task_role_by(task, definition) {
                    TaskRole::Role(arn) => by_role.entry(arn).or_default().push(task),
                    TaskRole::Unnamed => roles.unnamed.push(task),
                    TaskRole::Unknown(why) => roles.unknown.push((task, why)),
                }
            }
        }
        roles.by_role = alike(by_role);
        roles
    }
}

/// Running tasks by the ARN of their definition.
pub type ByDefinition<'a> = BTreeMap<&'a str, Alike<'a>>;

pub fn by_definition<'a>(tasks: &[&'a Task]) -> ByDefinition<'a> {
    let mut by_definition: BTreeMap<&str, Vec<&Task>> = BTreeMap::new();
    for &task in tasks {
        let arn = task.task_definition.as_str();
        by_definition.entry(arn).or_default().push(task);
    }
    alike(by_definition)
}

fn alike<'a>(tasks: BTreeMap<&'a str, Vec<&'a Task>>) -> BTreeMap<&'a str, Alike<'a>> {
    tasks
        .into_iter()
        .map(|(name, tasks)| (name, Alike::from(tasks)))
        .collect()
}
