//! ExistingResources in quotes: Terraform takes them for texts, and AWS refuses them as IDs.

use serde_json::Value;

use crate::error::PlanError;
use crate::plan::TerraformPlan;
use crate::plan::address::{ReferencePart, parts};
use crate::plan::resource::Resource;

/// Attributes that name other things, beside those that end with these.
const NAMING: [&str; 9] = [
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

const ENDS: [&str; 4] = ["_id", "_ids", "_arn", "_arns"];

impl TerraformPlan {
    /// Refuses a plan of which apply would fail: an attribute that names another kind holds the address of one.
    pub(crate) fn refuse_quoted_references(&self) -> Result<(), PlanError> {
        for instance in self
            .managed
            .iter()
            .filter(|one| one.resource_type.starts_with("aws_"))
        {
            if let Some((attribute, text)) = self.quoted_in(instance) {
                return Err(PlanError::QuotedReference {
                    address: instance.address.clone(),
                    attribute,
                    text,
                });
            }
        }
        Ok(())
    }

    fn quoted_in(&self, instance: &Resource) -> Option<(String, String)> {
        let mut left: Vec<(&str, &Value)> = vec![("", &instance.values)];
        while let Some((name, value)) = left.pop() {
            match value {
                Value::Object(fields) => {
                    left.extend(fields.iter().map(|(name, field)| (name.as_str(), field)));
                }
                Value::Array(items) => left.extend(items.iter().map(|item| (name, item))),
                Value::String(text) => {
                    let is_naming =
                        NAMING.contains(&name) || ENDS.iter().any(|end| name.ends_with(end));
                    if is_naming && text.contains('.') && self.is_reference(instance, text) {
                        return Some((name.to_owned(), text.clone()));
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Whether a text would be a reference, if it were not in quotes.
    fn is_reference(&self, instance: &Resource, text: &str) -> bool {
        if self.at_address(text).is_some() {
            return true;
        }
        let Some(parts) = parts(text) else {
            return false;
        };
        let names: Vec<&str> = parts.iter().map_while(ReferencePart::name).collect();
        let module = self.module(&instance.module);
        let has = |field: &str, name: &str| {
            module.is_some_and(|module| module[field].get(name).is_some())
        };
        match names.as_slice() {
            ["var", name, ..] => has("variables", name),
            ["module", name, ..] => has("module_calls", name),
            ["data", resource_type, name, ..] => {
                has("resources", &format!("data.{resource_type}.{name}"))
            }
            [resource_type, name, ..] => has("resources", &format!("{resource_type}.{name}")),
            _ => false,
        }
    }
}
