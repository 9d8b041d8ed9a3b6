//! What a check is evaluated on, and which variables its expressions can use.

use serde::Deserialize;

/// The kind of subject that a check is evaluated on, one by one: `each` in the configuration.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SubjectKind {
    Cluster,
    Service,
    #[default]
    Task,
    Container,
    TaskDefinition,
    Role,
}

impl SubjectKind {
    /// As the configuration writes it.
    pub fn name(self) -> &'static str {
        match self {
            SubjectKind::Cluster => "cluster",
            SubjectKind::Service => "service",
            SubjectKind::Task => "task",
            SubjectKind::Container => "container",
            SubjectKind::TaskDefinition => "task-definition",
            SubjectKind::Role => "role",
        }
    }

    /// The variables of its expressions.
    pub fn variables(self) -> &'static [&'static str] {
        match self {
            SubjectKind::Cluster => &["cluster", "facts"],
            SubjectKind::Service => &["service", "definition", "cluster", "facts"],
            SubjectKind::Task => &VARIABLES[1..],
            SubjectKind::Container => &VARIABLES,
            SubjectKind::TaskDefinition => &["definition", "service", "role", "cluster", "facts"],
            SubjectKind::Role => &["role", "service", "cluster", "facts"],
        }
    }
}

/// The variables of all kinds of subject.
pub const VARIABLES: [&str; 7] = [
    "container",
    "task",
    "service",
    "definition",
    "role",
    "cluster",
    "facts",
];
