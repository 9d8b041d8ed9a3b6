//! This machine.

use serde::{Deserialize, Serialize};

use super::{Fact, Unavailable};

/// The machine that a session would start from.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Local {
    /// As the Rust target names it: `linux`, `macos`, `windows`.
    pub os: String,
    /// Where the region came from: a flag, a variable, a file.
    pub region_source: String,
    /// Whether AWS accepted the credentials. `Absent`: there are none.
    pub credentials: Fact<()>,
    /// The Session Manager plugin. `Absent`: it is not on the path.
    pub plugin: Fact<Plugin>,
    /// Path of the AWS CLI. `Absent`: it is not on the path.
    #[serde(default = "not_looked")]
    pub aws_cli: Fact<String>,
    /// Whether this machine reaches the address to which the client of a session connects.
    #[serde(default = "not_looked")]
    pub stream: Fact<Reach>,
    /// By how many seconds this machine's clock is ahead of AWS's.
    #[serde(default = "not_looked")]
    pub clock_ahead_seconds: Fact<i64>,
}

/// The Session Manager plugin, the transport that the AWS CLI uses.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Plugin {
    /// Path of its executable.
    pub path: String,
    /// What `--version` printed, when it looks like a version.
    pub version: Fact<String>,
}

/// An attempt to connect to a host.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reach {
    /// Name of the host, without scheme or port.
    pub host: String,
    /// What went wrong, in words; `None`: it was reached.
    pub failure: Option<String>,
    /// The proxy that the connection went through, where the environment names one.
    pub proxy: Option<String>,
}

fn not_looked<T>() -> Fact<T> {
    Fact::Unavailable(Unavailable::not_asked(
        "this machine",
        "nobody looked at this machine",
    ))
}
