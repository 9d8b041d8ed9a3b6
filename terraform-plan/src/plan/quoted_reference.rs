//! Finds references in quotes: Terraform takes them for texts, and AWS rejects them as IDs.

use serde_json::Value;

use super::TerraformPlan;
use super::address::{leading_names, parse_reference};
use super::resource::Resource;
use crate::error::PlanError;

/// Attributes that identify other resources.
const IDENTIFYING: [&str; 9] = [
    "cluster",
    "kms_key",
    "role",
    "role_arn",
    "roles",
    "security_groups",
    "subnets",
    "task_definition",
    "permissions_boundary",
];

/// Other attributes that identify resources end with these.
const IDENTIFYING_SUFFIXES: [&str; 4] = ["_id", "_ids", "_arn", "_arns"];

/// Finds an attribute that identifies another resource and holds a reference as text: apply would fail.
pub fn find_quoted_reference(plan: &TerraformPlan) -> Option<PlanError> {
    let mut resources = plan
        .resources
        .iter()
        .filter(|one| one.resource_type.starts_with("aws_"));
    resources.find_map(|resource| {
        let (attribute, text) = quoted_in(plan, resource)?;
        Some(PlanError::QuotedReference {
            address: resource.address.clone(),
            attribute: attribute.to_owned(),
            text: text.to_owned(),
        })
    })
}

fn quoted_in<'r>(plan: &TerraformPlan, resource: &'r Resource) -> Option<(&'r str, &'r str)> {
    let mut left: Vec<(&str, &Value)> = vec![("", &resource.values)];
    while let Some((name, value)) = left.pop() {
        match value {
            Value::Object(fields) => {
                left.extend(fields.iter().map(|(name, field)| (name.as_str(), field)));
            }
            Value::Array(items) => left.extend(items.iter().map(|item| (name, item))),
            Value::String(text) => {
                let is_identifying = IDENTIFYING.contains(&name)
                    || IDENTIFYING_SUFFIXES.iter().any(|end| name.ends_with(end));
                if is_identifying && text.contains('.') && is_reference(plan, resource, text) {
                    return Some((name, text));
                }
            }
            _ => {}
        }
    }
    None
}

/// Whether a text would be a reference without its quotes.
fn is_reference(plan: &TerraformPlan, resource: &Resource, text: &str) -> bool {
    if plan.resources.at_address(text).is_some() {
        return true;
    }
    let Some(parts) = parse_reference(text) else {
        return false;
    };
    let module = plan.configuration.module(&resource.module);
    let has =
        |field: &str, name: &str| module.is_some_and(|module| module[field].get(name).is_some());
    match leading_names(&parts).as_slice() {
        ["var", name, ..] => has("variables", name),
        ["module", name, ..] => has("module_calls", name),
        ["data", resource_type, name, ..] => {
            has("resources", &format!("data.{resource_type}.{name}"))
        }
        [resource_type, name, ..] => has("resources", &format!("{resource_type}.{name}")),
        _ => false,
    }
}
