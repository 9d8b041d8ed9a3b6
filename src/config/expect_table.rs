//! The table `[expect]` as a file has it.

use model::facts::{Expect, Traffic};
use serde::{Deserialize, Deserializer};

use super::merge::NO_PRINCIPAL;

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields, expecting = "a table")]
struct ExpectTable {
    exec_forbidden: Vec<String>,
    may_exec: Option<Vec<String>>,
    traffic: Option<Traffic>,
    session_logging: bool,
}

/// Reads the table. An empty `may_exec` means that nobody is meant to open sessions; without it, anybody is.
pub fn expectations<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Expect>, D::Error> {
    let table = ExpectTable::deserialize(deserializer)?;
    let may_exec = match table.may_exec {
        Some(patterns) if patterns.is_empty() => vec![NO_PRINCIPAL.to_owned()],
        patterns => patterns.unwrap_or_default(),
    };
    Ok(Some(Expect {
        exec_forbidden: table.exec_forbidden,
        may_exec,
        traffic: table.traffic,
        session_logging: table.session_logging,
    }))
}
