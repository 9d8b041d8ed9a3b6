use super::World;
use model::facts::{Fact, Task, TaskDefinition};

/// The definitions of tasks that are looked at one after another: mostly they have the same.
pub struct Definitions<'w, 'a> {
    world: &'w World<'a>,
    last: Option<(&'a str, Option<&'a Fact<TaskDefinition>>)>,
}

impl<'w, 'a> Definitions<'w, 'a> {
    pub fn of(world: &'w World<'a>) -> Definitions<'w, 'a> {
        Definitions { world, last: None }
    }

    pub fn get(&mut self, task: &'a Task) -> Option<&'a Fact<TaskDefinition>> {
        let arn = &*task.task_definition;
        let last = self.last.filter(|(known, _)| *known == arn);
        let (_, definition) = last.unwrap_or_else(|| (arn, self.world.definition(task)));
        self.last = Some((arn, definition));
        definition
    }
}
