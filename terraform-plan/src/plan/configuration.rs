//! The configuration in a plan: the expressions behind values that are not known yet.

use serde_json::Value;

use crate::plan::TerraformPlan;
use crate::plan::address::{InstanceKey, ModuleStep, ReferencePart};
use crate::plan::resource::Resource;

impl TerraformPlan {
    /// The configuration of the module at a path.
    pub(crate) fn module(&self, path: &[ModuleStep]) -> Option<&Value> {
        let root = self.configuration.get("root_module")?;
        path.iter().try_fold(root, |module, step| {
            module.get("module_calls")?.get(&step.name)?.get("module")
        })
    }

    /// The call that makes the module at a path.
    pub(crate) fn call(&self, path: &[ModuleStep]) -> Option<&Value> {
        let (last, parent) = path.split_last()?;
        self.module(parent)?.get("module_calls")?.get(&last.name)
    }

    /// The configuration of a resource.
    pub(crate) fn resource(&self, instance: &Resource) -> Option<&Value> {
        let resources = self.module(&instance.module)?.get("resources")?;
        resources.get(resource_key(
            instance.is_data,
            &instance.resource_type,
            &instance.name,
        ))
    }

    /// The expression of an attribute, at a path of names and numbers.
    pub(crate) fn expression(&self, instance: &Resource, path: &[&str]) -> Option<&Value> {
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

    /// Whether the configuration gives an attribute a value: `= null` gives none. Where it cannot be looked up, it may.
    pub(crate) fn is_set(&self, instance: &Resource, attribute: &str) -> bool {
        let Some(resource) = self.resource(instance) else {
            return true;
        };
        let expression = resource["expressions"].get(attribute);
        expression.is_some_and(|expression| {
            self.value_of(expression, &instance.module) != Some(&Value::Null)
        })
    }

    /// The values that the root module's variables have.
    pub(crate) fn values_of_variables(&self) -> impl Iterator<Item = &Value> {
        let variables = self.variables.as_object().into_iter();
        let variables = variables.flat_map(serde_json::Map::values);
        variables.filter_map(|variable| variable.get("value"))
    }

    /// What the variable of a module is.
    pub(crate) fn given<'p, 'm>(
        &'p self,
        name: &str,
        module: &'m [ModuleStep],
    ) -> Option<Given<'p, 'm>> {
        let Some((last, parent)) = module.split_last() else {
            let value = self.variables.get(name)?.get("value")?;
            return Some(Given::Value(value));
        };
        match self
            .call(module)?
            .get("expressions")
            .and_then(|all| all.get(name))
        {
            Some(expression) => Some(match expression.get("constant_value") {
                Some(value) => Given::Value(value),
                None => Given::By(expression, parent, last),
            }),
            None => {
                let variable = self.module(module)?.get("variables")?.get(name)?;
                // Terraform leaves out a default of null.
                Some(Given::Value(
                    variable.get("default").unwrap_or(&Value::Null),
                ))
            }
        }
    }

    /// The value of an expression that is a constant, or a variable that is one.
    pub(crate) fn value_of<'p>(
        &'p self,
        mut expression: &'p Value,
        mut module: &[ModuleStep],
    ) -> Option<&'p Value> {
        loop {
            if let Some(value) = expression.get("constant_value") {
                return Some(value);
            }
            let references = references(expression);
            let [only] = references.as_slice() else {
                return None;
            };
            match self.given(only.strip_prefix("var.")?, module)? {
                Given::Value(value) => return Some(value),
                Given::By(outer, parent, _) => (expression, module) = (outer, parent),
            }
        }
    }

    /// The value of what a reference names, where that is a variable that is a constant.
    pub(crate) fn value_named(&self, reference: &str, module: &[ModuleStep]) -> Option<&Value> {
        match self.given(reference.strip_prefix("var.")?, module)? {
            Given::Value(value) => Some(value),
            Given::By(outer, parent, _) => self.value_of(outer, parent),
        }
    }

    /// Whether the configuration can have no instance of a module.
    pub(crate) fn may_be_none(&self, parent: &[ModuleStep], name: &str) -> bool {
        let calls = self
            .module(parent)
            .and_then(|module| module.get("module_calls"));
        let call = calls.and_then(|calls| calls.get(name));
        call.is_some_and(|call| {
            call.get("count_expression").is_some() || call.get("for_each_expression").is_some()
        })
    }
}

/// Makes the lists of resources of a module, and of those in it, into objects, so that each is found at once.
pub fn by_address(module: &mut Value) {
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
    for call in calls.into_iter().flat_map(serde_json::Map::values_mut) {
        call.get_mut("module").into_iter().for_each(by_address);
    }
}

fn resource_key(is_data: bool, resource_type: &str, name: &str) -> String {
    match is_data {
        true => format!("data.{resource_type}.{name}"),
        false => format!("{resource_type}.{name}"),
    }
}

/// What a module's variable is given.
pub enum Given<'p, 'm> {
    Value(&'p Value),
    /// An expression in the module outside, by the call of this step.
    By(&'p Value, &'m [ModuleStep], &'m ModuleStep),
}

/// What the rest of a reference names within a value.
pub fn part_of<'v>(value: &'v Value, rest: &[ReferencePart]) -> Option<&'v Value> {
    rest.iter().try_fold(value, |value, part| match part {
        ReferencePart::Name(name) | ReferencePart::Index(InstanceKey::Text(name)) => {
            value.get(name)
        }
        ReferencePart::Index(InstanceKey::Number(at)) => value.get(usize::try_from(*at).ok()?),
    })
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
