//! Sessions that the doctor opened itself (`--live`).

use serde::{Deserialize, Serialize};

/// A session that was opened to see whether it works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    /// Name of the container that the session entered.
    pub container: String,
    /// How the session ended.
    pub end: ProbeEnd,
}

/// How a probe ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeEnd {
    /// A command ran in the session and ended.
    Worked {
        /// From the call of `ecs:ExecuteCommand` to the end of the session.
        milliseconds: u64,
    },
    /// The agent took it, and found no /bin/sh in the image.
    NoShell,
    /// The session did not open; the text is the error.
    Failed(String),
}
