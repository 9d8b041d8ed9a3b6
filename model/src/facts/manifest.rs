//! What a capture says of itself.

use serde::{Deserialize, Serialize};

use super::Unavailable;

/// What a capture says of itself.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Manifest {
    /// The program's version.
    pub version: String,
    /// Names and account numbers are made up.
    pub anonymized: bool,
    /// What could not be read, each once.
    pub unseen: Vec<Unavailable>,
}
