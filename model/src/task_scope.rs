//! Which tasks a finding is about.

use std::slice;
use std::sync::Arc;

use crate::facts::Task;

/// The tasks that a finding is about.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskScope {
    /// All tasks of the subject's service, or of the cluster.
    All,
    /// A task, by its ARN.
    One(String),
    /// Tasks, by their ARNs; findings about the same tasks share the list.
    Some(Arc<[String]>),
}

impl TaskScope {
    /// These tasks, a list of any length.
    pub fn of<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> TaskScope {
        TaskScope::Some(tasks.into_iter().map(|task| task.arn.clone()).collect())
    }

    /// The ARNs of the tasks. `None`: all.
    pub fn arns(&self) -> Option<&[String]> {
        match self {
            TaskScope::All => None,
            TaskScope::One(arn) => Some(slice::from_ref(arn)),
            TaskScope::Some(arns) => Some(arns),
        }
    }
}

impl From<&Task> for TaskScope {
    fn from(task: &Task) -> TaskScope {
        TaskScope::One(task.arn.clone())
    }
}

/// Tasks that share what a check looks at, and are judged as one.
pub struct TaskSet<'a> {
    /// The tasks; at least one.
    pub tasks: Vec<&'a Task>,
    /// The same tasks, for the findings about them.
    pub scope: TaskScope,
}

impl<'a> From<Vec<&'a Task>> for TaskSet<'a> {
    fn from(tasks: Vec<&'a Task>) -> TaskSet<'a> {
        TaskSet {
            scope: TaskScope::of(tasks.iter().copied()),
            tasks,
        }
    }
}
