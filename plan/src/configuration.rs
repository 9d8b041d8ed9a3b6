//! The configuration in a plan: the expressions behind values that are not known yet.

use serde_json::Value;

use crate::address::{Key, Part, Step};
use crate::document::{Extent, Plan};
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

    /// What the variable of a module is.
    pub(crate) fn given<'p, 'm>(&'p self, name: &str, module: &'m [Step]) -> Option<Given<'p, 'm>> {
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
        mut module: &[Step],
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

    /// Whether the configuration can have no instance of a module.
    pub(crate) fn may_be_none(&self, parent: &[Step], name: &str) -> bool {
        let calls = self
            .module(parent)
            .and_then(|module| module.get("module_calls"));
        let call = calls.and_then(|calls| calls.get(name));
        call.is_some_and(|call| {
            call.get("count_expression").is_some() || call.get("for_each_expression").is_some()
        })
    }

    /// Whether the configuration may have a resource of these types that the plan leaves out. A plan that does not
    /// tell whether it is whole does so where there is none at all of a resource that is configured.
    pub(crate) fn may_lack(&self, kinds: &[&str]) -> bool {
        match self.extent {
            Extent::Whole => return false,
            Extent::Part => return true,
            Extent::Untold => {}
        }
        let mut modules: Vec<&Value> = self.configuration.get("root_module").into_iter().collect();
        while let Some(module) = modules.pop() {
            let resources = module["resources"].as_array();
            let is_missing = |resource: &&Value| {
                resource["mode"] != "data"
                    && kinds.iter().any(|kind| resource["type"] == **kind)
                    && !self
                        .of_kind(kinds)
                        .any(|instance| resource["name"] == instance.name.as_str())
            };
            if resources.is_some_and(|all| all.iter().any(|one| is_missing(&one))) {
                return true;
            }
            let calls = module["module_calls"].as_object();
            let calls = calls.into_iter().flat_map(serde_json::Map::values);
            modules.extend(calls.filter_map(|call| call.get("module")));
        }
        false
    }
}

/// What a module's variable is given.
pub enum Given<'p, 'm> {
    Value(&'p Value),
    /// An expression in the module outside, by the call of this step.
    By(&'p Value, &'m [Step], &'m Step),
}

/// What the rest of a reference names within a value.
pub fn part_of<'v>(value: &'v Value, rest: &[Part]) -> Option<&'v Value> {
    rest.iter().try_fold(value, |value, part| match part {
        Part::Name(name) | Part::Index(Key::Text(name)) => value.get(name),
        Part::Index(Key::Number(at)) => value.get(usize::try_from(*at).ok()?),
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
