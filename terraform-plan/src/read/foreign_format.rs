//! Recognises the files of other tools, to name them in the error message.

use serde_json::Value;

use crate::error::PlanError;

/// Recognises a JSON document that is not a plan.
pub fn recognize_json(document: &Value) -> Option<PlanError> {
    let has = |field: &str| document.get(field).is_some();
    let at = |pointer: &str| document.pointer(pointer).is_some();
    let is_block = |name: &&str| document.get(name).is_some_and(Value::is_object);
    let blocks = ["resource", "provider", "terraform", "module", "variable"];
    let mut steps = document["steps"].as_array().into_iter().flatten();
    let is_pulumi_preview = has("changeSummary")
        || steps.any(|step| step.get("urn").is_some() && step.get("op").is_some());
    Some(PlanError::Foreign(if has("AWSTemplateFormatVersion") {
        "a CloudFormation template"
    } else if is_pulumi_preview {
        "a Pulumi preview"
    } else if at("/deployment/manifest") || at("/deployment/resources") {
        "a Pulumi stack"
    } else if at("/~1~1/metadata") {
        "Terraform configuration from CDK for Terraform"
    } else if !has("format_version") && blocks.iter().any(is_block) {
        "Terraform configuration in JSON"
    } else {
        return None;
    }))
}

/// Recognises a file that is not JSON.
pub fn recognize_text(bytes: &[u8]) -> Option<PlanError> {
    // gzip, bzip2, xz and Zstandard
    const COMPRESSED: [&[u8]; 4] = [b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"];
    if bytes.starts_with(b"PK") {
        return Some(PlanError::BinaryPlan);
    }
    if COMPRESSED.iter().any(|magic| bytes.starts_with(magic)) {
        return Some(PlanError::Compressed);
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let lines = || text.lines().map(str::trim);
    let has_line = |start: &str| lines().any(|line| line.starts_with(start));
    if has_line("Terraform will perform") || has_line("OpenTofu will perform") {
        return Some(PlanError::PlanText);
    }
    let first = lines().find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let blocks = [
        "resource \"",
        "terraform {",
        "provider \"",
        "module \"",
        "variable \"",
    ];
    let is_template = has_line("AWSTemplateFormatVersion:") || text.contains("Type: AWS::");
    if !is_template && (text.contains("type: aws:") || has_line("runtime: ")) {
        return Some(PlanError::PulumiProgram);
    }
    Some(PlanError::Foreign(if is_template {
        "a CloudFormation template in YAML"
    } else if has_line("Previewing update") {
        "a Pulumi preview"
    } else if blocks.iter().any(|block| first.starts_with(block)) {
        "Terraform configuration"
    } else if is_yaml(first) {
        "YAML"
    } else {
        return None;
    }))
}

/// Whether a line is `---`, or a key with its value.
fn is_yaml(line: &str) -> bool {
    let is_key_letter = |letter: char| letter.is_alphanumeric() || "-_".contains(letter);
    let is_pair = |(key, value): (&str, &str)| {
        !key.is_empty()
            && key.chars().all(is_key_letter)
            && (value.is_empty() || value.starts_with(' '))
    };
    line == "---" || line.split_once(':').is_some_and(is_pair)
}
