//! What other tools write, told by marks of their own.

use serde_json::Value;

use crate::error::PlanError;

/// A document in JSON.
pub fn foreign_json(document: &Value) -> Option<PlanError> {
    let has = |field: &str| document.get(field).is_some();
    let what = if has("AWSTemplateFormatVersion") || has_types(document, "AWS::") {
        match is_of_cdk(document) {
            true => "a CloudFormation template of the AWS CDK",
            false => "a CloudFormation template",
        }
    } else if has("ChangeSetId") || has("ChangeSetName") || (has("Changes") && has("StackId")) {
        "a change set of CloudFormation"
    } else if is_cdk_assembly(document) {
        "the manifest of an AWS CDK assembly"
    } else if has("changeSummary") || is_pulumi_steps(document) {
        "a preview of Pulumi"
    } else if document.pointer("/deployment/manifest").is_some()
        || document.pointer("/deployment/resources").is_some()
    {
        "a stack of Pulumi"
    } else if document.pointer("/~1~1/metadata").is_some() {
        "Terraform configuration that CDK for Terraform wrote"
    } else if is_configuration(document) {
        "Terraform configuration in JSON"
    } else {
        return None;
    };
    Some(PlanError::Foreign(what))
}

fn has_types(document: &Value, start: &str) -> bool {
    let resources = document.get("Resources").and_then(Value::as_object);
    let mut resources = resources.into_iter().flat_map(serde_json::Map::values);
    resources.any(|resource| {
        let kind = resource["Type"].as_str();
        kind.is_some_and(|kind| kind.starts_with(start))
    })
}

fn is_of_cdk(template: &Value) -> bool {
    template.pointer("/Resources/CDKMetadata").is_some()
        || template.pointer("/Parameters/BootstrapVersion").is_some()
        || template.to_string().contains("aws:cdk:path")
}

fn is_cdk_assembly(document: &Value) -> bool {
    let artifacts = document.get("artifacts").and_then(Value::as_object);
    let mut artifacts = artifacts.into_iter().flat_map(serde_json::Map::values);
    artifacts.any(|one| one["type"].as_str().is_some_and(|kind| kind.contains(':')))
}

fn is_pulumi_steps(document: &Value) -> bool {
    let steps = document.get("steps").and_then(Value::as_array);
    let mut steps = steps.into_iter().flatten();
    steps.any(|step| step.get("urn").is_some() && step.get("op").is_some())
}

fn is_configuration(document: &Value) -> bool {
    let blocks = ["resource", "provider", "terraform", "module", "variable"];
    let is_block = |name: &str| document.get(name).is_some_and(Value::is_object);
    document.get("format_version").is_none() && blocks.into_iter().any(is_block)
}

/// A text that is not JSON.
pub fn foreign_text(bytes: &[u8]) -> Option<PlanError> {
    const MAGIC: [&[u8]; 4] = [b"\x1f\x8b", b"BZh", b"\xfd7zXZ", b"\x28\xb5\x2f\xfd"];
    if MAGIC.iter().any(|magic| bytes.starts_with(magic)) {
        return Some(PlanError::Compressed);
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let has_line = |start: &str| {
        text.lines()
            .any(|line| line.trim_start().starts_with(start))
    };
    if has_line("Terraform will perform") || has_line("OpenTofu will perform") {
        return Some(PlanError::PlanText);
    }
    let first = text
        .lines()
        .map(str::trim)
        .find(|line| !line.is_empty() && !line.starts_with('#'))?;
    let what = if has_line("AWSTemplateFormatVersion:") || text.contains("Type: AWS::") {
        "a CloudFormation template in YAML"
    } else if has_line("Previewing update") {
        "a preview of Pulumi"
    } else if text.contains("type: aws:") || has_line("runtime: ") {
        "a program of Pulumi in YAML"
    } else if first.starts_with("resource \"")
        || first.starts_with("terraform {")
        || first.starts_with("provider \"")
        || first.starts_with("module \"")
        || first.starts_with("variable \"")
    {
        "Terraform configuration"
    } else if is_yaml(first) {
        "YAML"
    } else {
        return None;
    };
    Some(PlanError::Foreign(what))
}

/// `---`, or a key with its value.
fn is_yaml(line: &str) -> bool {
    let is_key = |key: &str| {
        let mut letters = key.chars();
        !key.is_empty() && letters.all(|letter| letter.is_alphanumeric() || "-_".contains(letter))
    };
    line == "---"
        || line
            .split_once(':')
            .is_some_and(|(key, value)| is_key(key) && (value.is_empty() || value.starts_with(' ')))
}
