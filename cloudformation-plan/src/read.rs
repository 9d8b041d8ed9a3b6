//! Reads files, and recognises them by their content.

use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use crate::CloudFormationPlan;
use crate::assembly;
use crate::change_set;
use crate::error::TemplateError;
use crate::nested;
use crate::stack::{Stack, is_template};
use crate::yaml;

/// Larger files than CloudFormation accepts (1 MB), with room for change sets.
const MAX_BYTES: u64 = 64 << 20;

/// Whether a file is a template, a change set or a manifest of the CDK, damaged ones among them.
pub fn recognizes(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"{\"format_version\"") || bytes.len() as u64 > MAX_BYTES {
        return false;
    }
    match parse(bytes) {
        Ok(document) => {
            let is_known = [
                is_template,
                change_set::is_change_set,
                assembly::is_manifest,
                has_template_body,
                has_version,
            ];
            is_known.iter().any(|is_known| is_known(&document))
        }
        Err(_) => std::str::from_utf8(bytes).is_ok_and(|text| {
            [
                "AWSTemplateFormatVersion",
                "Type: AWS::",
                "\"Type\": \"AWS::",
            ]
            .iter()
            .any(|sign| text.contains(sign))
        }),
    }
}

/// Reads a template, a change set, or the folder or manifest of a CDK assembly.
pub fn read(path: &Path) -> Result<CloudFormationPlan, TemplateError> {
    match path.is_dir() {
        true => Ok(CloudFormationPlan::new(assembly::read(path)?)),
        false => read_content(&read_file(path)?, path),
    }
}

/// Reads a file whose content is `bytes`; the templates of a manifest are in the folder of `path`.
pub fn read_content(bytes: &[u8], path: &Path) -> Result<CloudFormationPlan, TemplateError> {
    let document = parse(bytes)?;
    if assembly::is_manifest(&document) && !is_template(&document) {
        let folder = path.parent().unwrap_or(Path::new("."));
        return Ok(CloudFormationPlan::new(assembly::read(folder)?));
    }
    let mut stacks = vec![read_stack(document)?];
    nested::add(&mut stacks, 0, path.parent().unwrap_or(Path::new(".")))?;
    Ok(CloudFormationPlan::new(stacks))
}

/// Whether it is the output of `aws cloudformation get-template`.
fn has_template_body(document: &Value) -> bool {
    document.get("TemplateBody").is_some()
}

/// Whether it begins as templates do, even if it defines no resources.
fn has_version(document: &Value) -> bool {
    document.get("AWSTemplateFormatVersion").is_some()
}

/// Reads a template or a change set, without the files that it names.
pub fn read_bytes(bytes: &[u8]) -> Result<CloudFormationPlan, TemplateError> {
    let stack = read_stack(parse(bytes)?)?;
    Ok(CloudFormationPlan::new(vec![stack]))
}

fn read_stack(document: Value) -> Result<Stack, TemplateError> {
    if change_set::is_change_set(&document) {
        return change_set::read(&document);
    }
    // The output of `aws cloudformation get-template`.
    match document.get("TemplateBody") {
        Some(Value::String(text)) => Stack::from_template(parse(text.as_bytes())?),
        Some(body) => Stack::from_template(body.clone()),
        None => Stack::from_template(document),
    }
}

/// The JSON of a template in YAML, with the long forms of functions.
pub fn to_json(yaml: &str) -> Result<String, TemplateError> {
    Ok(parse(yaml.as_bytes())?.to_string())
}

/// Parses JSON or YAML.
pub fn parse(bytes: &[u8]) -> Result<Value, TemplateError> {
    let text = std::str::from_utf8(bytes).map_err(|_| TemplateError::NotText)?;
    let text = text.trim_start_matches('\u{feff}');
    match text.trim_start().starts_with('{') {
        true => serde_json::from_str(text).or_else(|error| {
            // YAML has mappings in braces, too.
            yaml::parse(text).map_err(|_| TemplateError::Json(error.to_string()))
        }),
        false => yaml::parse(text),
    }
}

/// The content of a file.
pub fn read_file(path: &Path) -> Result<Vec<u8>, TemplateError> {
    let fail = |why: String| TemplateError::File {
        path: yaml::short(&path.display().to_string()),
        why,
    };
    // Opening a pipe would wait for its writer.
    let metadata = path.metadata().map_err(|error| fail(error.to_string()))?;
    if !metadata.is_file() {
        return Err(fail("it is not a file".to_owned()));
    }
    let file = File::open(path).map_err(|error| fail(error.to_string()))?;
    let mut bytes = Vec::new();
    let read = file.take(MAX_BYTES + 1).read_to_end(&mut bytes);
    match read {
        Err(error) => Err(fail(error.to_string())),
        Ok(size) if size as u64 > MAX_BYTES => Err(fail("it is larger than 64 MiB".to_owned())),
        Ok(_) => Ok(bytes),
    }
}
