use std::slice;
use std::sync::Arc;

use crate::facts::Task;

/// ARNs of the tasks that a finding is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Tasks {
    /// All tasks of the subject's service, or of the cluster.
    All,
    One(Arc<str>),
    /// Shared by all that is found about the same tasks.
    Some(Arc<[Arc<str>]>),
}

impl Tasks {
    pub fn of<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> Tasks {
        Tasks::Some(tasks.into_iter().map(|task| task.arn.clone()).collect())
    }

    /// `None`: all.
    pub fn arns(&self) -> Option<&[Arc<str>]> {
        match self {
            Tasks::All => None,
            Tasks::One(arn) => Some(slice::from_ref(arn)),
            Tasks::Some(arns) => Some(arns),
        }
    }
}

impl From<&Task> for Tasks {
    fn from(task: &Task) -> Tasks {
        Tasks::One(task.arn.clone())
    }
}

/// Tasks that share what a check looks at, and are judged as one.
pub struct Alike<'a> {
    pub tasks: Vec<&'a Task>,
    pub arns: Tasks,
}

impl<'a> From<Vec<&'a Task>> for Alike<'a> {
    fn from(tasks: Vec<&'a Task>) -> Alike<'a> {
        Alike {
            arns: Tasks::of(tasks.iter().copied()),
            tasks,
        }
    }
}
