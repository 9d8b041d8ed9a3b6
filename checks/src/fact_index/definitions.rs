use super::FactIndex;
use model::facts::{Fact, Task, TaskDefinition};

/// The definitions of tasks that are looked at one after another: mostly they have the same.
pub struct Definitions<'w, 'a> {
    index: &'w FactIndex<'a>,
    last: Option<(&'a str, Option<&'a Fact<TaskDefinition>>)>,
}

impl<'w, 'a> Definitions<'w, 'a> {
    pub fn of(index: &'w FactIndex<'a>) -> Definitions<'w, 'a> {
        Definitions { index, last: None }
    }

    pub fn get(&mut self, task: &'a Task) -> Option<&'a Fact<TaskDefinition>> {
        let arn = &*task.task_definition;
        let last = self.last.filter(|(known, _)| *known == arn);
        let (_, definition) = last.unwrap_or_else(|| (arn, self.index.definition(task)));
        self.last = Some((arn, definition));
        definition
    }
}
