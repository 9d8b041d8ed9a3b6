//! The configuration in a plan: the expressions behind values that are not known yet.

use serde_json::{Map, Value};

use super::address::{InstanceKey, ModuleStep, ReferencePart};
use super::resource::Resource;

/// The configuration, and the values of the root module's variables.
#[derive(Debug, Clone)]
pub struct Configuration {
    document: Value,
    variables: Value,
}

/// What sets a module's variable.
pub enum VariableInput<'p, 'm> {
    Value(&'p Value),
    /// An expression in the calling module, and the call.
    Expression(&'p Value, &'m [ModuleStep], &'m ModuleStep),
}

impl Configuration {
    /// Takes the `configuration` and `variables` of a plan.
    pub fn new(mut document: Value, variables: Value) -> Configuration {
        if let Some(root) = document.get_mut("root_module") {
            key_by_address(root);
        }
        Configuration {
            document,
            variables,
        }
    }

    /// The block of a module.
    pub fn module(&self, path: &[ModuleStep]) -> Option<&Value> {
        let root = self.document.get("root_module")?;
        path.iter().try_fold(root, |module, step| {
            module.get("module_calls")?.get(&step.name)?.get("module")
        })
    }

    /// The module calls in a module, by name.
    pub fn calls(&self, module: &[ModuleStep]) -> impl Iterator<Item = (&String, &Value)> {
        fields(self.module(module), "module_calls")
    }

    /// The call that creates a module.
    pub fn call(&self, path: &[ModuleStep]) -> Option<&Value> {
        let (last, parent) = path.split_last()?;
        self.module(parent)?.get("module_calls")?.get(&last.name)
    }

    /// The provider blocks, by their keys.
    pub fn providers(&self) -> impl Iterator<Item = (&String, &Value)> {
        fields(Some(&self.document), "provider_config")
    }

    /// The block of a resource.
    pub fn resource(&self, resource: &Resource) -> Option<&Value> {
        let key = resource_key(resource.is_data, &resource.resource_type, &resource.name);
        self.module(&resource.module)?.get("resources")?.get(key)
    }

    /// The arguments that the configuration sets on a resource, with their expressions.
    pub fn arguments(&self, resource: &Resource) -> impl Iterator<Item = (&String, &Value)> {
        fields(self.resource(resource), "expressions")
    }

    /// The expression of an attribute.
    pub fn expression(&self, resource: &Resource, path: &str) -> Option<&Value> {
        let mut at = self.resource(resource)?.get("expressions")?;
        for step in path.split('.') {
            at = match at {
                Value::Array(blocks) => blocks.get(step.parse::<usize>().ok()?)?,
                // Attributes with block syntax have one expression for all of their blocks.
                Value::Object(fields) if fields.contains_key("references") => return Some(at),
                Value::Object(fields) => fields.get(step)?,
                _ => return None,
            };
        }
        Some(at)
    }

    /// Whether the configuration sets an attribute to something other than `null`. True if the resource is not in the
    /// configuration: it may be set then.
    pub fn is_set(&self, resource: &Resource, attribute: &str) -> bool {
        let Some(block) = self.resource(resource) else {
            return true;
        };
        let expression = block["expressions"].get(attribute);
        expression.is_some_and(|expression| {
            self.constant(expression, &resource.module) != Some(&Value::Null)
        })
    }

    /// The values of the root module's variables.
    pub fn root_variables(&self) -> impl Iterator<Item = &Value> {
        let variables = self.variables.as_object().into_iter();
        let variables = variables.flat_map(Map::values);
        variables.filter_map(|variable| variable.get("value"))
    }

    /// What sets a variable of a module.
    pub fn variable<'p, 'm>(
        &'p self,
        name: &str,
        module: &'m [ModuleStep],
    ) -> Option<VariableInput<'p, 'm>> {
        let Some((last, parent)) = module.split_last() else {
            let value = self.variables.get(name)?.get("value")?;
            return Some(VariableInput::Value(value));
        };
        let inputs = self.call(module)?.get("expressions");
        Some(match inputs.and_then(|inputs| inputs.get(name)) {
            Some(expression) => match expression.get("constant_value") {
                Some(value) => VariableInput::Value(value),
                None => VariableInput::Expression(expression, parent, last),
            },
            None => {
                let variable = self.module(module)?.get("variables")?.get(name)?;
                // Terraform omits a default of null.
                VariableInput::Value(variable.get("default").unwrap_or(&Value::Null))
            }
        })
    }

    /// The value of an expression that is a constant, or nothing but a variable with a known value.
    pub fn constant<'p>(
        &'p self,
        expression: &'p Value,
        module: &[ModuleStep],
    ) -> Option<&'p Value> {
        if let Some(value) = expression.get("constant_value") {
            return Some(value);
        }
        match references(expression).as_slice() {
            [only] => self.reference_value(only, module),
            _ => None,
        }
    }

    /// The value of a reference to a variable with a known value.
    pub fn reference_value(&self, reference: &str, module: &[ModuleStep]) -> Option<&Value> {
        match self.variable(reference.strip_prefix("var.")?, module)? {
            VariableInput::Value(value) => Some(value),
            VariableInput::Expression(outer, parent, _) => self.constant(outer, parent),
        }
    }
}

/// The entries of an object in a block; empty if there is none.
pub fn fields<'v>(
    block: Option<&'v Value>,
    name: &str,
) -> impl Iterator<Item = (&'v String, &'v Value)> {
    let object = block.and_then(|block| block.get(name)?.as_object());
    object.into_iter().flatten()
}

/// Turns the lists of resources in a module and its children into objects, to look resources up by address.
fn key_by_address(module: &mut Value) {
    if let Some(Value::Array(resources)) = module.get_mut("resources").map(Value::take) {
        let keyed = resources.into_iter().map(|resource| {
            let text = |name: &str| resource[name].as_str().unwrap_or_default();
            let key = resource_key(resource["mode"] == "data", text("type"), text("name"));
            (key, resource)
        });
        module["resources"] = Value::Object(keyed.collect());
    }
    let calls = module
        .get_mut("module_calls")
        .and_then(Value::as_object_mut);
    for call in calls.into_iter().flat_map(Map::values_mut) {
        call.get_mut("module").into_iter().for_each(key_by_address);
    }
}

fn resource_key(is_data: bool, resource_type: &str, name: &str) -> String {
    let data = if is_data { "data." } else { "" };
    format!("{data}{resource_type}.{name}")
}

/// The part of a value that the rest of a reference selects.
pub fn select<'v>(value: &'v Value, rest: &[ReferencePart]) -> Option<&'v Value> {
    rest.iter().try_fold(value, |value, part| match part {
        ReferencePart::Name(name) | ReferencePart::Index(InstanceKey::Text(name)) => {
            value.get(name)
        }
        ReferencePart::Index(InstanceKey::Number(at)) => value.get(usize::try_from(*at).ok()?),
    })
}

/// All references anywhere in an expression. The JSON parser bounds the depth of the recursion.
pub fn references(expression: &Value) -> Vec<&str> {
    match expression {
        Value::Array(items) => items.iter().flat_map(references).collect(),
        Value::Object(fields) => match fields.get("references") {
            Some(Value::Array(references)) => references.iter().filter_map(Value::as_str).collect(),
            _ => fields
                .iter()
                .filter(|(name, _)| *name != "constant_value")
                .flat_map(|(_, field)| references(field))
                .collect(),
        },
        _ => Vec::new(),
    }
}
