//! Parses JSON, and recognises a plan by its fields.

use serde_json::Value;

use super::foreign_format::{recognize_json, recognize_text};
use crate::error::PlanError;

/// Parses the bytes of a file, in UTF-8 or UTF-16.
pub fn parse(json: &[u8]) -> Result<Value, PlanError> {
    let decoded;
    let json = match json {
        // PowerShell's `>` writes UTF-16.
        [0xff, 0xfe, rest @ ..] => {
            decoded = decode_utf16(rest);
            decoded.as_bytes()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => rest,
        json => json,
    };
    if json.iter().all(u8::is_ascii_whitespace) {
        return Err(PlanError::Empty);
    }
    serde_json::from_slice(json).map_err(|error| {
        let line = json.split(|byte| *byte == b'\n').next();
        let line = line.and_then(|line| serde_json::from_slice::<Value>(line).ok());
        let is_log = line.is_some_and(|message| message.get("@level").is_some());
        match recognize_text(json) {
            Some(format) => format,
            None if is_log => PlanError::LogLines,
            None => PlanError::NotJson(error.to_string()),
        }
    })
}

fn decode_utf16(bytes: &[u8]) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
    String::from_utf16_lossy(&units)
}

/// Fails if the JSON is not a plan that Terraform has finished.
pub fn check_is_plan(document: &Value) -> Result<(), PlanError> {
    let has = |field: &str| document.get(field).is_some();
    if has("@level") {
        return Err(PlanError::LogLines);
    }
    if !has("resource_changes") && !has("planned_values") {
        let is_state = has("lineage") || (has("format_version") && has("values"));
        return Err(match is_state {
            true => PlanError::State,
            false => recognize_json(document).unwrap_or(PlanError::NotAPlan),
        });
    }
    let version = document["format_version"].as_str().unwrap_or("missing");
    if !matches!(version.split('.').next(), Some("0" | "1")) {
        let version = version.chars().take(20).collect();
        return Err(PlanError::FormatVersion(version));
    }
    match document["errored"] == true {
        true => Err(PlanError::Errored),
        false => Ok(()),
    }
}
