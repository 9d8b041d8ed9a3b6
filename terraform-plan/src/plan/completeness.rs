//! Whether a plan has all of its configuration.

use serde_json::Value;

use crate::plan::address::ModuleStep;
use crate::plan::configuration::references;
use crate::plan::{Completeness, TerraformPlan};

/// Resources that decide about sessions: where one of them may be missing, others may be too.
const DECIDING: [&str; 9] = [
    "aws_ecs_",
    "aws_iam_",
    "aws_kms_",
    "aws_nat_gateway",
    "aws_internet_gateway",
    "aws_network_acl",
    "aws_route",
    "aws_security_group",
    "aws_vpc",
];

fn decides(resource_type: &str) -> bool {
    DECIDING
        .iter()
        .any(|start| resource_type.starts_with(start))
}

impl TerraformPlan {
    /// Whether nothing but the plan can have put something into what it makes.
    pub(crate) fn is_all(&self) -> bool {
        matches!(
            self.completeness,
            Completeness::Complete | Completeness::Declared
        )
    }

    /// Whether the configuration may have a resource of these types that the plan leaves out. A plan that does not
    /// tell whether it is whole does so where there is none at all of a resource that is configured.
    pub(crate) fn may_lack(&self, resource_types: &[&str]) -> bool {
        match self.completeness {
            Completeness::Complete | Completeness::Declared => false,
            Completeness::Partial => true,
            Completeness::Unknown => {
                self.lacks(|resource_type| resource_types.contains(&resource_type))
            }
        }
    }

    /// Whether there is an instance of each resource that decides about sessions, but for those of which the
    /// configuration wants none.
    pub(crate) fn has_every_resource(&self) -> bool {
        self.configuration.get("root_module").is_some() && !self.lacks(decides)
    }

    fn lacks(&self, counts: impl Fn(&str) -> bool + Copy) -> bool {
        let root: &[ModuleStep] = &[];
        let mut left = vec![root];
        while let Some(path) = left.pop() {
            let Some(module) = self.module(path) else {
                continue;
            };
            if self.lacks_in(module, path, counts) {
                return true;
            }
            let calls = module.get("module_calls").and_then(Value::as_object);
            for (name, call) in calls.into_iter().flatten() {
                let children = self.children(path, name);
                if children.is_empty()
                    && !self.is_none(call, path)
                    && call.get("module").is_some_and(|module| has(module, counts))
                {
                    return true;
                }
                left.extend(children);
            }
        }
        false
    }

    fn lacks_in(&self, module: &Value, path: &[ModuleStep], counts: impl Fn(&str) -> bool) -> bool {
        let resources = module.get("resources").and_then(Value::as_object);
        let mut resources = resources.into_iter().flat_map(serde_json::Map::values);
        resources.any(|resource| {
            let text = |name: &str| resource[name].as_str().unwrap_or_default();
            let (resource_type, name) = (text("type"), text("name"));
            let is_complete = match self.instances(path, resource_type, name).is_empty() {
                true => self.is_gone(path, resource_type, name) || self.is_none(resource, path),
                // Each is a kind of its own, and where one is missing another service is.
                false => {
                    resource_type != "aws_vpc_endpoint"
                        || self.has_each(resource, path, resource_type, name)
                }
            };
            resource["mode"] != "data" && counts(resource_type) && !is_complete
        })
    }

    /// Whether each instance that `for_each` asks for is there, as far as its values are in the plan.
    fn has_each(
        &self,
        resource: &Value,
        path: &[ModuleStep],
        resource_type: &str,
        name: &str,
    ) -> bool {
        let instances = self.instances(path, resource_type, name);
        if instances.iter().all(|instance| instance.key.is_none()) {
            return true;
        }
        let expression = resource.get("for_each_expression");
        let wanted = match expression.and_then(|expression| self.value_of(expression, path)) {
            Some(Value::Object(fields)) => fields.len(),
            Some(Value::Array(items)) => items.len(),
            _ => return false,
        };
        instances.len() >= wanted
    }

    /// The plan takes it away, as a plan that destroys everything does.
    fn is_gone(&self, path: &[ModuleStep], resource_type: &str, name: &str) -> bool {
        self.before_of_type(&[resource_type])
            .any(|before| before.module == path && before.name == name)
    }

    /// `count` or `for_each` refer to something that says no: a flag that is off, or nothing to make it for.
    fn is_none(&self, block: &Value, module: &[ModuleStep]) -> bool {
        let expressions = ["count_expression", "for_each_expression"];
        let mut given = expressions.iter().filter_map(|name| block.get(*name));
        given.any(|expression| match expression.get("constant_value") {
            Some(value) => is_nothing(value),
            None => references(expression).iter().any(|reference| {
                let value = self.value_named(reference, module);
                value.is_some_and(is_nothing)
            }),
        })
    }
}

fn has(module: &Value, counts: impl Fn(&str) -> bool + Copy) -> bool {
    let mut left = vec![module];
    while let Some(module) = left.pop() {
        let resources = module.get("resources").and_then(Value::as_object);
        let mut resources = resources.into_iter().flat_map(serde_json::Map::values);
        if resources.any(|one| one["mode"] != "data" && one["type"].as_str().is_some_and(counts)) {
            return true;
        }
        let calls = module.get("module_calls").and_then(Value::as_object);
        let calls = calls.into_iter().flat_map(serde_json::Map::values);
        left.extend(calls.filter_map(|call| call.get("module")));
    }
    false
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) => false,
    }
}
