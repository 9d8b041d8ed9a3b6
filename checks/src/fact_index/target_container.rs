use super::definitions::Definitions;
use super::{FactIndex, Group, sidecar};
use model::facts::{Container, Fact, Task, TaskDefinition};
use model::finding::Subject;
use model::text::Sanitized;

/// A container of a running task.
pub struct Entered<'a> {
    pub task: &'a Task,
    pub container: &'a Container,
    /// AWS put it into the task, and the user did not ask for it.
    pub is_added: bool,
    /// For a sidecar: the container that sessions enter instead.
    pub instead: Option<&'a str>,
    id: Sanitized,
}

impl Entered<'_> {
    pub fn subject(&self, group: &Group) -> Subject {
        Subject::new("container", self.id.clone()).of_service(group.service_name())
    }
}

/// The containers of each running task, but only the one that was asked for.
pub fn entered<'a>(index: &FactIndex<'a>, group: &Group<'a>) -> Vec<Entered<'a>> {
    let tasks = group.running();
    let asked = index.facts.target.container.as_deref();
    let mut all = Vec::with_capacity(tasks.len());
    let mut definitions = Definitions::of(index);
    let mut id = String::new();
    for &task in tasks {
        let definition = definitions.get(task).and_then(Fact::known);
        let entered = sidecar::entered_container(group, definition);
        let instead = |container: &Container| {
            let defined = definition?.container(&container.name)?;
            entered.filter(|_| sidecar::is_sidecar(entered, defined, Some(container)))
        };
        let is_meant = |name: &str| asked.is_none_or(|asked| asked == name);
        let containers = task.containers.iter();
        all.extend(
            containers
                .filter(|container| is_meant(&container.name))
                .map(|container| Entered {
                    task,
                    container,
                    instead: instead(container),
                    is_added: asked.is_none() && is_added(container, definition),
                    id: {
                        id.clear();
                        id.extend([task.id(), "/", &container.name]);
                        id.as_str().into()
                    },
                }),
        );
    }
    all
}

/// AWS put it there: the task's definition has none of this name.
fn is_added(container: &Container, definition: Option<&TaskDefinition>) -> bool {
    let is_defined = definition.map(|known| known.container(&container.name).is_some());
    container.is_added() || is_defined == Some(false)
}
