use serde::{Deserialize, Serialize};

use super::Fact;

/// The machine that a session would start from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Local {
    /// As the Rust target names it: `linux`, `macos`, `windows`.
    pub os: String,
    /// Where the region came from: a flag, a variable, a file.
    pub region_source: String,
    /// Whether AWS accepted the credentials. `Absent`: there are none.
    pub credentials: Fact<()>,
    pub plugin: Fact<Plugin>,
}

/// The Session Manager plugin, the transport that the AWS CLI uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plugin {
    pub path: String,
    /// What `--version` printed, when it looks like a version.
    pub version: Fact<String>,
}
