use std::slice;
use std::sync::Arc;

use crate::facts::Task;

/// The tasks that a finding is about.
#[derive(Debug, Clone, PartialEq)]
pub enum Tasks {
    /// All tasks of the subject's service, or of the cluster.
    All,
    One(Name),
    /// Shared by all that is found about the same tasks.
    Some(Arc<[Name]>),
}

/// The ARN of a task, as its facts have it: all that is found about one task shares it.
#[derive(Debug, Clone, PartialEq)]
pub struct Name(Arc<str>);

/// Tells a task from the others of the same facts, without a look at its ARN.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Key(usize);

impl Name {
    pub fn arn(&self) -> &Arc<str> {
        &self.0
    }

    pub fn key(&self) -> Key {
        Key(self.0.as_ptr().addr())
    }
}

impl From<&Task> for Name {
    fn from(task: &Task) -> Name {
        Name(task.arn.clone())
    }
}

impl Tasks {
    pub fn of<'a>(tasks: impl IntoIterator<Item = &'a Task>) -> Tasks {
        Tasks::Some(tasks.into_iter().map(Name::from).collect())
    }

    /// `None`: all.
    pub fn names(&self) -> Option<&[Name]> {
        match self {
            Tasks::All => None,
            Tasks::One(name) => Some(slice::from_ref(name)),
            Tasks::Some(names) => Some(names),
        }
    }
}

impl From<&Task> for Tasks {
    fn from(task: &Task) -> Tasks {
        Tasks::One(task.into())
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
