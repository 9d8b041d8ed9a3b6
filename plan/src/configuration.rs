//! The configuration in a plan: the expressions behind values that are not known yet.

use serde_json::Value;

use crate::address::Step;
use crate::document::Plan;
use crate::instance::Instance;

impl Plan {
    /// The configuration of the module at a path.
    pub(crate) fn module(&self, path: &[Step]) -> Option<&Value> {
        let root = self.configuration.get("root_module")?;
        path.iter().try_fold(root, |module, step| {
            module.get("module_calls")?.get(&step.name)?.get("module")
        })
    }

    /// The call that makes the module at a path.
    pub(crate) fn call(&self, path: &[Step]) -> Option<&Value> {
        let (last, parent) = path.split_last()?;
        self.module(parent)?.get("module_calls")?.get(&last.name)
    }

    /// The configuration of a resource.
    pub(crate) fn resource(&self, instance: &Instance) -> Option<&Value> {
        let resources = self.module(&instance.module)?.get("resources")?;
        resources.as_array()?.iter().find(|resource| {
            resource["type"] == instance.kind.as_str()
                && resource["name"] == instance.name.as_str()
                && (resource["mode"] == "data") == instance.is_data
        })
    }

    /// The expression of an attribute, at a path of names and numbers.
    pub(crate) fn expression(&self, instance: &Instance, path: &[&str]) -> Option<&Value> {
        let mut at = self.resource(instance)?.get("expressions")?;
        for step in path {
            at = match at {
                Value::Array(blocks) => blocks.get(step.parse::<usize>().ok()?)?,
                // Blocks that are attributes to Terraform have one expression for all of them.
                Value::Object(fields) if fields.contains_key("references") => return Some(at),
                Value::Object(fields) => fields.get(*step)?,
                _ => return None,
            };
        }
        Some(at)
    }

    /// Whether the configuration says anything of an attribute. Where it cannot be looked up, it may.
    pub(crate) fn is_set(&self, instance: &Instance, attribute: &str) -> bool {
        match self.resource(instance) {
            Some(resource) => resource["expressions"].get(attribute).is_some(),
            None => true,
        }
    }
}

/// All references anywhere in an expression.
pub fn references(expression: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    collect(expression, &mut found);
    found
}

/// The depth of the document is bounded by its parser.
fn collect<'v>(expression: &'v Value, found: &mut Vec<&'v str>) {
    match expression {
        Value::Array(items) => items.iter().for_each(|item| collect(item, found)),
        Value::Object(fields) => match fields.get("references") {
            Some(Value::Array(references)) => {
                found.extend(references.iter().filter_map(Value::as_str));
            }
            _ => fields
                .iter()
                .filter(|(name, _)| *name != "constant_value")
                .for_each(|(_, field)| collect(field, found)),
        },
        _ => {}
    }
}
