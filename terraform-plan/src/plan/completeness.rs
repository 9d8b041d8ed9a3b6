//! Whether a plan covers all of its configuration.

use serde_json::{Map, Value};

use super::TerraformPlan;
use super::address::ModuleStep;
use super::configuration::references;
use super::resource::Resource;
use crate::unavailable::{PlanValue, not_shown};

/// Whether a plan covers all of its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    Complete,
    /// `-target` or deferred actions left a part out, which may exist all the same.
    Partial,
    /// The plan leaves out what does not change, and with it parts of what it changes, such as a rule of a security group.
    /// Terraform shows these in the state; other tools do not.
    ChangesOnly,
    /// Terraform says so only since 1.8, and OpenTofu never does. The plan counts as complete if every resource of its
    /// configuration is in it.
    Unknown,
    /// The user declares that nothing exists besides what the plan contains.
    Declared,
}

/// Resource types that decide about sessions: if one of them may be missing, others may be too.
const DECIDING_PREFIXES: [&str; 9] = [
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

impl TerraformPlan {
    /// Whether the plan contains everything in what it creates.
    pub(crate) fn is_complete(&self) -> bool {
        matches!(
            self.completeness,
            Completeness::Complete | Completeness::Declared
        )
    }

    /// Fails if the plan leaves out resources that are attached to this one: those that do not change, and those of others.
    /// Those of a new resource are new too, so the plan shows them.
    pub(crate) fn check_shows_parts(&self, resource: &Resource) -> PlanValue<()> {
        self.check_shows_unchanged_parts(resource)?;
        let is_declared = self.completeness == Completeness::Declared;
        match self.is_unrefreshed && !resource.is_created && !is_declared {
            true => Err(not_shown(format!(
                "{} exists, and the plan does not show what others have attached to it; --plan-over-live reads that",
                resource.address
            ))),
            false => Ok(()),
        }
    }

    /// Fails if the plan leaves out resources that are attached to this one and do not change.
    pub(crate) fn check_shows_unchanged_parts(&self, resource: &Resource) -> PlanValue<()> {
        match self.completeness {
            Completeness::ChangesOnly if !resource.is_created => Err(not_shown(format!(
                "the plan shows only what changes, so {} may have more than that; --plan-over-live reads the rest",
                resource.address
            ))),
            _ => Ok(()),
        }
    }

    /// Whether the configuration may have a resource of these types that the plan leaves out.
    pub(crate) fn may_lack(&self, resource_types: &[&str]) -> bool {
        match self.completeness {
            Completeness::Complete | Completeness::Declared => false,
            Completeness::Partial | Completeness::ChangesOnly => true,
            Completeness::Unknown => self.lacks(|one| resource_types.contains(&one)),
        }
    }

    /// Whether the plan has an instance of each configured resource that decides about sessions, except for those that
    /// `count` or `for_each` turn off.
    pub(crate) fn has_every_resource(&self) -> bool {
        let is_deciding = |one: &str| DECIDING_PREFIXES.iter().any(|start| one.starts_with(start));
        self.configuration.module(&[]).is_some() && !self.lacks(is_deciding)
    }

    fn lacks(&self, counts: impl Fn(&str) -> bool + Copy) -> bool {
        let root: &[ModuleStep] = &[];
        let mut left = vec![root];
        while let Some(path) = left.pop() {
            if self.module_lacks(path, counts) {
                return true;
            }
            for (name, call) in self.configuration.calls(path) {
                let children = self.modules.instances(path, name);
                if children.is_empty() && !self.is_turned_off(call, path) && has_any(call, counts) {
                    return true;
                }
                left.extend(children);
            }
        }
        false
    }

    fn module_lacks(&self, path: &[ModuleStep], counts: impl Fn(&str) -> bool) -> bool {
        let module = self.configuration.module(path);
        module.into_iter().flat_map(managed_resources).any(|block| {
            let text = |field: &str| block[field].as_str().unwrap_or_default();
            let (resource_type, name) = (text("type"), text("name"));
            let is_there = match self.resources.instances(path, resource_type, name).len() {
                0 => self.is_deleted(path, resource_type, name) || self.is_turned_off(block, path),
                // Each instance may be for another service.
                _ if resource_type == "aws_vpc_endpoint" => self.has_each(block, path, name),
                _ => true,
            };
            counts(resource_type) && !is_there
        })
    }

    /// Whether an endpoint has as many instances as the values of its `for_each`.
    fn has_each(&self, block: &Value, path: &[ModuleStep], name: &str) -> bool {
        let instances = self.resources.instances(path, "aws_vpc_endpoint", name);
        if instances.iter().all(|instance| instance.key.is_none()) {
            return true;
        }
        let for_each = block.get("for_each_expression");
        match for_each.and_then(|expression| self.configuration.constant(expression, path)) {
            Some(Value::Object(fields)) => instances.len() >= fields.len(),
            Some(Value::Array(items)) => instances.len() >= items.len(),
            _ => false,
        }
    }

    fn is_deleted(&self, path: &[ModuleStep], resource_type: &str, name: &str) -> bool {
        !self.before.instances(path, resource_type, name).is_empty()
    }

    /// Whether `count` or `for_each` refer to something that gives no instances: a flag that is off, or an empty list.
    fn is_turned_off(&self, block: &Value, module: &[ModuleStep]) -> bool {
        let expressions = ["count_expression", "for_each_expression"];
        let mut given = expressions.iter().filter_map(|name| block.get(*name));
        given.any(|expression| match expression.get("constant_value") {
            Some(value) => is_empty(value),
            None => references(expression).iter().any(|reference| {
                let value = self.configuration.reference_value(reference, module);
                value.is_some_and(is_empty)
            }),
        })
    }
}

fn managed_resources(module: &Value) -> impl Iterator<Item = &Value> {
    let resources = module.get("resources").and_then(Value::as_object);
    let resources = resources.into_iter().flat_map(Map::values);
    resources.filter(|block| block["mode"] != "data")
}

/// Whether the module of a call, or one that it calls, has a resource that counts.
fn has_any(call: &Value, counts: impl Fn(&str) -> bool + Copy) -> bool {
    call.get("module").is_some_and(|module| {
        let mut types = managed_resources(module).filter_map(|block| block["type"].as_str());
        let calls = module.get("module_calls").and_then(Value::as_object);
        let mut calls = calls.into_iter().flat_map(Map::values);
        types.any(counts) || calls.any(|call| has_any(call, counts))
    })
}

fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::Bool(true) => false,
    }
}
