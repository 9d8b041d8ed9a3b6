//! The bytes of a plan, told from those of something else.

use serde_json::Value;

use crate::error::PlanError;
use crate::read::foreign_format::{foreign_json, foreign_text};

pub fn parse(json: &[u8]) -> Result<Value, PlanError> {
    let decoded;
    let json = match json {
        // PowerShell's `>` writes UTF-16.
        [0xff, 0xfe, rest @ ..] => {
            decoded = utf16(rest);
            decoded.as_bytes()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        json => json,
    };
    if json.iter().all(u8::is_ascii_whitespace) {
        return Err(PlanError::Empty);
    }
    if json.starts_with(b"PK") {
        return Err(PlanError::BinaryPlan);
    }
    serde_json::from_slice(json).map_err(|error| {
        if let Some(foreign) = foreign_text(json) {
            return foreign;
        }
        let first = json.split(|byte| *byte == b'\n').next().unwrap_or_default();
        match serde_json::from_slice::<Value>(first) {
            Ok(message) if message.get("@level").is_some() => PlanError::LogLines,
            _ => PlanError::NotJson(error.to_string()),
        }
    })
}

fn utf16(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|pair| match pair {
        [low, high] => u16::from_le_bytes([*low, *high]),
        _ => 0,
    });
    char::decode_utf16(units)
        .map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

pub fn check(document: &Value) -> Result<(), PlanError> {
    if document.get("@level").is_some() {
        return Err(PlanError::LogLines);
    }
    let has = |field: &str| document.get(field).is_some();
    if !has("resource_changes") && !has("planned_values") {
        let is_state = has("lineage") || (has("format_version") && has("values"));
        return Err(match is_state {
            true => PlanError::State,
            false => foreign_json(document).unwrap_or(PlanError::NotAPlan),
        });
    }
    let version = document["format_version"].as_str().unwrap_or("missing");
    if !matches!(version.split('.').next(), Some("0" | "1")) {
        return Err(PlanError::FormatVersion(version.chars().take(20).collect()));
    }
    if document["errored"] == true {
        return Err(PlanError::Errored);
    }
    Ok(())
}
