//! Reads the folder that `cdk synth` writes: a manifest, and a template for each stack.
//!
//! <https://github.com/aws/aws-cdk-cli/blob/main/packages/%40aws-cdk/cloud-assembly-schema/README.md>

use std::path::Path;

use serde_json::Value;

use crate::error::TemplateError;
use crate::folder::{check_inside, file_error, read_inside};
use crate::nested::{self, MAX_STACKS};
use crate::stack::Stack;
use crate::yaml::short;

/// The name of the manifest in its folder.
pub const MANIFEST: &str = "manifest.json";

/// How deep assemblies nest: an app has stages, and stages can have stages.
const MAX_DEPTH: usize = 8;

/// Whether a document is the manifest of an assembly.
pub fn is_manifest(document: &Value) -> bool {
    let artifacts = document.get("artifacts");
    artifacts.is_some_and(Value::is_object) && document.get("version").is_some()
}

/// Reads all stacks of an assembly and of its stages.
pub fn read(folder: &Path) -> Result<Vec<Stack>, TemplateError> {
    let mut stacks = Vec::new();
    add(folder, &mut stacks, 0)?;
    match stacks.is_empty() {
        true => Err(TemplateError::NoStack),
        false => Ok(stacks),
    }
}

fn add(folder: &Path, stacks: &mut Vec<Stack>, depth: usize) -> Result<(), TemplateError> {
    if depth > MAX_DEPTH {
        let why = format!("the CDK's stages are nested more than {MAX_DEPTH} levels deep");
        return Err(manifest_error(why));
    }
    let manifest = read_inside(folder, MANIFEST)?;
    let artifacts = manifest["artifacts"].as_object();
    for (name, artifact) in artifacts.into_iter().flatten() {
        let properties = &artifact["properties"];
        let text = |field: &str| properties.get(field).and_then(Value::as_str);
        match artifact["type"].as_str() {
            Some("aws:cloudformation:stack") => {
                let file = text("templateFile").unwrap_or_default();
                let template = read_inside(folder, file)?;
                let stack =
                    Stack::from_template(template).map_err(|error| file_error(file, error))?;
                let (account, region) = environment(artifact["environment"].as_str());
                stacks.push(Stack {
                    name: Some(short(text("stackName").unwrap_or(name))),
                    template_file: Some(short(file)),
                    account,
                    region,
                    ..stack
                });
                nested::add(stacks, stacks.len() - 1, folder)?;
            }
            Some("cdk:cloud-assembly") => {
                let directory = text("directoryName").unwrap_or_default();
                check_inside(directory)?;
                add(&folder.join(directory), stacks, depth + 1)?;
            }
            _ => {}
        }
        if stacks.len() > MAX_STACKS {
            return Err(manifest_error(format!(
                "it has more than {MAX_STACKS} stacks"
            )));
        }
    }
    Ok(())
}

fn manifest_error(why: String) -> TemplateError {
    TemplateError::File {
        path: MANIFEST.to_owned(),
        why,
    }
}

/// The account and region of `aws://ACCOUNT/REGION`; the CDK writes `unknown-…` for those of whoever deploys.
fn environment(environment: Option<&str>) -> (Option<String>, Option<String>) {
    let environment = environment.and_then(|text| text.strip_prefix("aws://"));
    let Some((account, region)) = environment.and_then(|text| text.split_once('/')) else {
        return (None, None);
    };
    let known = |text: &str| {
        let is_known = !text.is_empty() && !text.starts_with("unknown-") && !text.contains("${");
        is_known.then(|| text.to_owned())
    };
    (known(account), known(region))
}
