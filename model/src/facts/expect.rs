//! What the user expects of the platform.

use serde::{Deserialize, Serialize};

/// What the user declared that must hold: `[expect]` in `ecs-exec.toml`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
pub struct Expect {
    /// Patterns (`*`, `?`) of services or task families on which ECS Exec must be off.
    pub exec_forbidden: Vec<String>,
    /// Patterns (`*`, `?`) of the ARNs of users and roles that are meant to open sessions. Empty: anybody is.
    pub may_exec: Vec<String>,
    /// The way that sessions must take out of the tasks.
    pub traffic: Option<Traffic>,
    /// Sessions must be recorded.
    pub session_logging: bool,
}

/// A path that traffic can be expected to take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Traffic {
    /// The VPC endpoint, never the internet.
    Endpoint,
}
