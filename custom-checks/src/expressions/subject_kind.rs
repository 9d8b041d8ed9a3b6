//! What a check is judged on, and the variables that its expressions may use.

/// What a check is judged on, one by one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Each {
    Cluster,
    Service,
    Task,
    Container,
    TaskDefinition,
    Role,
}

impl Each {
    pub const NAMES: [&str; 6] = [
        "cluster",
        "service",
        "task",
        "container",
        "task-definition",
        "role",
    ];

    pub fn from_name(name: &str) -> Option<Each> {
        Some(match name {
            "cluster" => Each::Cluster,
            "service" => Each::Service,
            "task" => Each::Task,
            "container" => Each::Container,
            "task-definition" => Each::TaskDefinition,
            "role" => Each::Role,
            _ => return None,
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Each::Cluster => "cluster",
            Each::Service => "service",
            Each::Task => "task",
            Each::Container => "container",
            Each::TaskDefinition => "task-definition",
            Each::Role => "role",
        }
    }

    pub fn variables(self) -> &'static [&'static str] {
        match self {
            Each::Cluster => &["cluster", "facts"],
            Each::Service => &["service", "definition", "cluster", "facts"],
            Each::Task => &["task", "service", "definition", "role", "cluster", "facts"],
            Each::Container => &[
                "container",
                "task",
                "service",
                "definition",
                "role",
                "cluster",
                "facts",
            ],
            Each::TaskDefinition => &["definition", "service", "role", "cluster", "facts"],
            Each::Role => &["role", "service", "cluster", "facts"],
        }
    }
}

/// Every variable that there is anywhere.
pub const VARIABLES: [&str; 7] = [
    "cluster",
    "service",
    "task",
    "container",
    "definition",
    "role",
    "facts",
];
