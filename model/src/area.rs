//! The areas of checks.

use serde::Serialize;
use strum::IntoEnumIterator;

/// What a check looks at; the first part of its ID. Reports show the areas in this order.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    strum::EnumIter,
    strum::IntoStaticStr,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
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
    /// As IDs, reports and `--only` write it.
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// Every area, in the order in which reports show them.
    pub fn all() -> impl Iterator<Item = Area> {
        Area::iter()
    }

    /// The area of this name, as IDs, reports and `--only` write it.
    pub fn find(name: &str) -> Option<Area> {
        Area::all().find(|area| area.name() == name)
    }

    /// Whether its checks are the user's.
    pub fn is_custom(self) -> bool {
        matches!(self, Area::Custom | Area::Program)
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
