//! Reads captures: the facts of a run in a file, which `ecs-exec capture` wrote and `--snapshot` names; and the built-in
//! demos.

use std::path::Path;

use model::facts::{FORMAT, Facts};
use model::secrets::mask;

use crate::cli_error::CliError;
use crate::files::read_at_most;

const HEALTHY: &str = include_str!("../../fixtures/healthy.json");

/// JSON patches (RFC 6902) of the healthy platform, by name.
const DEMOS: &[(&str, &str)] = &[
    ("healthy", "[]"),
    (
        "stale-tasks",
        include_str!("../../fixtures/stale-tasks.json"),
    ),
    ("task-role", include_str!("../../fixtures/task-role.json")),
    (
        "caller-policy",
        include_str!("../../fixtures/caller-policy.json"),
    ),
    (
        "no-endpoint",
        include_str!("../../fixtures/no-endpoint.json"),
    ),
];

/// In bytes. A capture of the largest cluster that ECS allows has a tenth of it.
const MAX_BYTES: u64 = 1 << 30;

/// Reads a capture of this format version or an older one.
pub fn read(path: &Path) -> Result<Facts, CliError> {
    let shown = path.display();
    let refused = |why: String, help: &str| CliError::new(format!("{shown} {why}"), help);
    let text = read_at_most(path, MAX_BYTES, "capture of ecs-exec")?;
    let text = text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&text);
    const HELP: &str = "`ecs-exec capture` writes one.";
    if is_report(text) {
        return Err(refused("is a report, not a capture".to_owned(), HELP));
    }
    // The version first: the rest of a newer format may be different.
    #[derive(serde::Deserialize)]
    struct Version {
        format: serde_json::Value,
    }
    let masked = |error: serde_json::Error| mask(&error.to_string());
    if !starts_an_object(text) {
        return Err(refused("is not an ecs-exec capture".to_owned(), HELP));
    }
    let version: Version = serde_json::from_slice(text).map_err(|error| {
        refused(
            format!("is not an ecs-exec capture: {}", masked(error)),
            HELP,
        )
    })?;
    let Some(format) = version.format.as_u64() else {
        return Err(refused("is not an ecs-exec capture".to_owned(), HELP));
    };
    if format > u64::from(FORMAT) {
        let why = format!("has format {format}, and this version reads up to {FORMAT}");
        return Err(refused(why, "Use a newer ecs-exec."));
    }
    serde_json::from_slice(text).map_err(|error| {
        refused(
            format!("is a broken ecs-exec capture: {}", masked(error)),
            HELP,
        )
    })
}

/// serde also reads an array as an object, by the order of the fields.
fn starts_an_object(text: &[u8]) -> bool {
    text.trim_ascii_start().starts_with(b"{")
}

fn is_report(text: &[u8]) -> bool {
    #[derive(serde::Deserialize)]
    struct Report {
        #[serde(rename = "schema_version")]
        _schema_version: String,
    }
    serde_json::from_slice::<Report>(text).is_ok()
}

/// The names of the built-in demos.
pub fn demo_names() -> impl Iterator<Item = &'static str> {
    DEMOS.iter().map(|(name, _)| *name)
}

/// The facts of a built-in demo.
pub fn demo(name: &str) -> Result<Facts, CliError> {
    let is_named = |known: &str| known.eq_ignore_ascii_case(name);
    let Some((_, patch)) = DEMOS.iter().find(|(known, _)| is_named(known)) else {
        let names: Vec<&str> = demo_names().collect();
        return Err(CliError::new(
            format!("there is no demo {name}"),
            format!("Demos: {}.", names.join(", ")),
        ));
    };
    patched(patch).map_err(|error| CliError::new(format!("the demo {name} is broken: {error}"), ""))
}

fn patched(patch: &str) -> Result<Facts, Box<dyn std::error::Error>> {
    let mut facts: serde_json::Value = serde_json::from_str(HEALTHY)?;
    let patch: json_patch::Patch = serde_json::from_str(patch)?;
    json_patch::patch(&mut facts, &patch)?;
    Ok(serde_json::from_value(facts)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_demo_can_be_read() {
        for (name, _) in DEMOS {
            demo(name).unwrap();
        }
        assert!(demo("nothing").unwrap_err().hint().contains("stale-tasks"));
    }
}
