use serde::{Deserialize, Serialize};

/// A session that was opened to see whether it works.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probe {
    pub container: String,
    pub end: ProbeEnd,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProbeEnd {
    /// A command ran in it and ended, so many milliseconds after ECS was asked.
    Worked { milliseconds: u64 },
    /// The agent took it, and found no /bin/sh in the image.
    NoShell,
    /// It did not come about; the text is what was said.
    Failed(String),
}
