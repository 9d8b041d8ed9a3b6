//! The areas of checks.

use serde::Serialize;

/// What a check looks at; the first part of its ID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Area {
    /// This machine: plugin, clock, connection.
    Local,
    /// The permissions of whoever opens sessions.
    Caller,
    /// The cluster and its exec configuration: encryption and recording of sessions.
    Cluster,
    /// Services, their deployments and whether ECS Exec is on.
    Service,
    /// Tasks as they run now, and their task definitions.
    Task,
    /// Containers and the exec agents in them.
    Container,
    /// The task role.
    Role,
    /// The path from the tasks to Systems Manager.
    Network,
    /// What the configuration expects of the platform.
    Policy,
    /// The user's expressions.
    Custom,
    /// The user's programs.
    Program,
}

impl Area {
    /// The areas of built-in checks, in the order in which reports show them.
    pub const BUILT_IN: [Area; 9] = [
        Area::Local,
        Area::Caller,
        Area::Cluster,
        Area::Service,
        Area::Task,
        Area::Container,
        Area::Role,
        Area::Network,
        Area::Policy,
    ];
    /// The areas of the user's checks.
    pub const CUSTOM: [Area; 2] = [Area::Custom, Area::Program];

    /// As IDs, reports and `--only` write it.
    pub fn name(self) -> &'static str {
        match self {
            Area::Local => "local",
            Area::Caller => "caller",
            Area::Cluster => "cluster",
            Area::Service => "service",
            Area::Task => "task",
            Area::Container => "container",
            Area::Role => "role",
            Area::Network => "network",
            Area::Policy => "policy",
            Area::Custom => "custom",
            Area::Program => "program",
        }
    }

    /// Every area, in the order in which reports show them.
    pub fn all() -> impl Iterator<Item = Area> {
        Area::BUILT_IN.into_iter().chain(Area::CUSTOM)
    }

    /// The area of this name, as IDs, reports and `--only` write it.
    pub fn find(name: &str) -> Option<Area> {
        Area::all().find(|area| area.name() == name)
    }

    /// Whether its checks are the user's.
    pub fn is_custom(self) -> bool {
        Area::CUSTOM.contains(&self)
    }

    /// Whether its checks say what the user expects, not what a session needs.
    pub fn is_expectation(self) -> bool {
        matches!(self, Area::Policy | Area::Custom | Area::Program)
    }

    /// Whether its checks look at whoever opens sessions, from where, and not at the platform.
    pub fn is_client_side(self) -> bool {
        matches!(self, Area::Local | Area::Caller)
    }
}
