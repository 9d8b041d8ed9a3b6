use std::sync::Arc;

use super::alike::ByDefinition;
use super::{Group, World};
use crate::facts::{Container, Task, TaskDefinition};
use crate::finding::Subject;

/// A container of a running task.
pub struct Entered<'a> {
    pub task: &'a Task,
    pub container: &'a Container,
    /// AWS put it into the task, and the user did not ask for it.
    pub is_added: bool,
    id: Arc<str>,
}

impl Entered<'_> {
    pub fn subject(&self, group: &Group) -> Subject {
        Subject::new("container", self.id.clone()).of_group(group)
    }
}

/// The containers of each running task, but only the one that was asked for.
pub fn entered<'a>(world: &World<'a>, tasks: &ByDefinition<'a>) -> Vec<Entered<'a>> {
    let asked = world.facts.target.container.as_deref();
    let mut all = Vec::with_capacity(tasks.values().map(|alike| alike.tasks.len()).sum());
    for (arn, alike) in tasks {
        let definition = world.definitions.get(arn).and_then(|fact| fact.known());
        for &task in &alike.tasks {
            let is_meant = |name: &str| asked.is_none_or(|asked| asked == name);
            let containers = task.containers.iter();
            let containers = containers.filter(|container| is_meant(&container.name));
            all.extend(containers.map(|container| Entered {
                task,
                container,
                is_added: asked.is_none() && is_added(container, definition),
                id: [task.id(), "/", &container.name].concat().into(),
            }));
        }
    }
    all
}

/// AWS put it there: the task's definition has none of this name.
fn is_added(container: &Container, definition: Option<&TaskDefinition>) -> bool {
    let is_defined = definition.map(|known| known.container(&container.name).is_some());
    container.is_added() || is_defined == Some(false)
}
