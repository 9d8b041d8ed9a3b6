//! Recognises files by their content, and names those of Pulumi that are not previews.

use std::borrow::Cow;

use serde_json::Value;

use crate::PulumiPlan;
use crate::error::PreviewError;
use crate::preview::Preview;
use crate::urn::Urn;

/// How far into a file its first URN or the name of its first field is looked for.
const START: usize = 64 << 10;

/// Whether a file is Pulumi's, damaged ones and those that are not previews among them.
pub fn recognizes(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"{\"format_version\"") {
        return false;
    }
    let start = bytes.get(..START).unwrap_or(bytes);
    // PowerShell's `>` writes UTF-16.
    let start = decode(start);
    let is_of_pulumi = ["\"urn:pulumi:", "\"changeSummary\"", "\"resourcePlans\""];
    if start.starts_with("Previewing update") || start.contains("\nPreviewing update (") {
        return true;
    }
    let has_sign = is_of_pulumi.iter().any(|sign| start.contains(sign));
    has_sign
        && match serde_json::from_str::<Value>(&decode(bytes)) {
            Ok(document) => is_preview(&document) || foreign(&document).is_some(),
            Err(_) => start.trim_start().starts_with('{'),
        }
}

/// Reads the output of `pulumi preview --json`.
pub fn read(bytes: &[u8]) -> Result<PulumiPlan, PreviewError> {
    let text = decode(bytes);
    let document: Value = serde_json::from_str(&text).map_err(|error| not_json(&text, &error))?;
    if let Some(error) = foreign(&document) {
        return Err(error);
    }
    if !is_preview(&document) {
        return Err(PreviewError::NotAPreview);
    }
    let preview: Preview = serde_json::from_value(document)
        .map_err(|error| PreviewError::Malformed(error.to_string().chars().take(200).collect()))?;
    check(&preview)?;
    PulumiPlan::new(&preview)
}

/// Fails if the preview cannot be judged as a whole.
fn check(preview: &Preview) -> Result<(), PreviewError> {
    let mut errors = preview
        .diagnostics
        .iter()
        .filter(|one| one.severity == "error");
    if let Some(error) = errors.next() {
        let message = model::text::sanitize_line(error.message.trim());
        return Err(PreviewError::Errored(message.chars().take(300).collect()));
    }
    for step in &preview.steps {
        if Urn::parse(&step.urn).is_none() {
            let urn: String = step.urn.chars().take(80).collect();
            let urn = model::text::sanitize_line(&urn);
            return Err(PreviewError::Malformed(format!("{urn} is not a URN")));
        }
        if step.state().is_none() {
            let urn = model::text::sanitize_line(&step.urn);
            return Err(PreviewError::Malformed(format!(
                "the step of {urn} has no state"
            )));
        }
    }
    let is_stack = |step: &&crate::preview::Step| {
        Urn::parse(&step.urn).is_some_and(|urn| urn.resource_type == "pulumi:pulumi:Stack")
    };
    let (counted, shown) = preview.unchanged();
    let stacks = preview.steps.iter().filter(is_stack);
    let stacks = stacks.filter(|step| step.op == "same").count() as u64;
    // Pulumi prints the step of the stack itself in any case.
    if shown <= stacks && counted > stacks {
        return Err(PreviewError::HidesUnchanged(counted - stacks));
    }
    let packages = preview.steps.iter().filter_map(|step| {
        let (package, _) = Urn::parse(&step.urn)?.resource_type.split_once(':')?;
        Some(package)
    });
    let packages: Vec<&str> = packages.collect();
    match packages.contains(&"aws-native") && !packages.contains(&"aws") {
        true => Err(PreviewError::NativeOnly),
        false => Ok(()),
    }
}

/// Whether a document is a preview, as far as its fields say.
fn is_preview(document: &Value) -> bool {
    let is_step = |step: &Value| step.get("urn").is_some() && step.get("op").is_some();
    match document.get("steps") {
        Some(Value::Array(steps)) if steps.iter().any(is_step) => true,
        Some(_) => document.get("changeSummary").is_some(),
        None => document.get("changeSummary").is_some() && document.get("duration").is_some(),
    }
}

/// Recognises a document of Pulumi that is not a preview.
fn foreign(document: &Value) -> Option<PreviewError> {
    let has = |pointer: &str| document.pointer(pointer).is_some();
    if has("/resourcePlans") {
        Some(PreviewError::UpdatePlan)
    } else if has("/deployment/manifest") || has("/deployment/resources") {
        Some(PreviewError::StackExport)
    } else if has("/sequence") && has("/timestamp") {
        Some(PreviewError::EventLog)
    } else {
        None
    }
}

fn not_json(text: &str, error: &serde_json::Error) -> PreviewError {
    let first = text.lines().find(|line| !line.trim().is_empty());
    let first: Option<Value> = first.and_then(|line| serde_json::from_str(line).ok());
    match first.as_ref().and_then(foreign) {
        Some(error) => error,
        None if text.contains("Previewing update (") && !text.trim_start().starts_with('{') => {
            PreviewError::PreviewText
        }
        None => PreviewError::NotJson(error.to_string()),
    }
}

fn decode(bytes: &[u8]) -> Cow<'_, str> {
    match bytes {
        [0xff, 0xfe, rest @ ..] => {
            let (pairs, _) = rest.as_chunks::<2>();
            let units: Vec<u16> = pairs.iter().map(|pair| u16::from_le_bytes(*pair)).collect();
            String::from_utf16_lossy(&units).into()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest),
        bytes => String::from_utf8_lossy(bytes),
    }
}
