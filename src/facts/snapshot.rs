//! Facts from a file, and those that are built in.

use std::path::Path;

use ecs_exec_checks::facts::{FORMAT, Facts};

use crate::trouble::Trouble;

const HEALTHY: &str = include_str!("../../fixtures/healthy.json");

/// What the healthy platform is changed by, as JSON Patch (RFC 6902).
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

pub fn read(path: &Path) -> Result<Facts, Trouble> {
    let text = std::fs::read(path).map_err(|error| {
        Trouble::new(
            format!("the snapshot {} cannot be read: {error}", path.display()),
            "",
        )
    })?;
    let facts: Facts = serde_json::from_slice(&text).map_err(|error| {
        Trouble::new(
            format!("{} is not a snapshot of ecs-exec: {error}", path.display()),
            "A snapshot is a JSON document with the field `format`.",
        )
    })?;
    if facts.format > FORMAT {
        return Err(Trouble::new(
            format!(
                "{} has format {}, and this version reads up to {FORMAT}",
                path.display(),
                facts.format
            ),
            "Use a newer ecs-exec.",
        ));
    }
    Ok(facts)
}

pub fn demo(name: &str) -> Result<Facts, Trouble> {
    let Some((_, patch)) = DEMOS.iter().find(|(known, _)| *known == name) else {
        let names: Vec<&str> = DEMOS.iter().map(|(name, _)| *name).collect();
        return Err(Trouble::new(
            format!("there is no demo {name}"),
            format!("Demos: {}.", names.join(", ")),
        ));
    };
    patched(patch).map_err(|error| Trouble::new(format!("the demo {name} is broken: {error}"), ""))
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
        assert!(demo("nothing").unwrap_err().help.contains("stale-tasks"));
    }
}
