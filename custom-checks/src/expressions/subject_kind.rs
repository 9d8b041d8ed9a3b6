//! What a check is evaluated on, and which variables its expressions can use.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The kind of subject that a check is evaluated on, one by one: `each` in the configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    /// The cluster.
    Cluster,
    /// Each service.
    Service,
    /// Each running task.
    #[default]
    Task,
    /// Each container of the running tasks.
    Container,
    /// Each task definition of the running tasks.
    TaskDefinition,
    /// Each task role of the running tasks.
    Role,
}

impl SubjectKind {
    /// The variables of its expressions.
    pub fn variables(self) -> Vec<&'static str> {
        let names = match self {
            SubjectKind::Cluster => "cluster facts",
            SubjectKind::Service => "service definition cluster facts",
            SubjectKind::Task => "task service definition role cluster facts",
            SubjectKind::Container => "container task service definition role cluster facts",
            SubjectKind::TaskDefinition => "definition service role cluster facts",
            SubjectKind::Role => "role service cluster facts",
        };
        names.split(' ').collect()
    }

    /// The variables of all kinds: a container has them all.
    pub fn all_variables() -> Vec<&'static str> {
        SubjectKind::Container.variables()
    }
}

/// As the configuration writes it.
impl fmt::Display for SubjectKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}
