//! Reads the JSON of `terraform show -json tfplan`.
//!
//! <https://developer.hashicorp.com/terraform/internals/json-format>

mod foreign_format;
mod json;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::PlanError;
use crate::plan::TerraformPlan;
use crate::plan::address::{InstanceKey, ModuleStep, parse_module_path};
use crate::plan::completeness::Completeness;
use crate::plan::configuration::Configuration;
use crate::plan::module_tree::ModuleTree;
use crate::plan::quoted_reference::find_quoted_reference;
use crate::plan::resource::Resource;
use crate::plan::resource_set::ResourceSet;

/// Reads a plan from the output of `terraform show -json tfplan`.
pub fn read(json: &[u8]) -> Result<TerraformPlan, PlanError> {
    let mut document = json::parse(json)?;
    json::check_is_plan(&document)?;
    let state = read_state(document.pointer("/prior_state/values/root_module"))?;
    let mut changes = Changes::default();
    let mut changed = BTreeSet::new();
    for change in list(&document, "resource_changes")? {
        if change.get("deposed").is_none() {
            changed.insert(text(change, "address")?);
            changes.add(change)?;
        }
    }
    let mut deferred = Vec::new();
    for change in list(&document, "deferred_changes")? {
        let change = &change["resource_change"];
        deferred.push(Resource {
            values: change["change"]["after"].clone(),
            unknown: change["change"]["after_unknown"].clone(),
            ..read_resource(change)?
        });
    }
    for resource in state.resources {
        if !changed.contains(&resource.address) {
            changes.keep(resource);
        }
    }
    let configuration = Configuration::new(
        document["configuration"].take(),
        document["variables"].take(),
    );
    let Changes {
        after,
        before,
        data,
    } = changes;
    let mut plan = TerraformPlan {
        modules: ModuleTree::new(&configuration, after.iter().chain(&before).chain(&data)),
        resources: ResourceSet::new(after),
        before: ResourceSet::new(before),
        data: ResourceSet::new(data),
        deferred: ResourceSet::new(deferred),
        configuration,
        completeness: match document["complete"].as_bool() {
            Some(true) => Completeness::Complete,
            Some(false) => Completeness::Partial,
            None => Completeness::Unknown,
        },
        is_unrefreshed: false,
        dependencies: state.dependencies,
    };
    if let Some(error) = find_quoted_reference(&plan) {
        return Err(error);
    }
    if plan.completeness == Completeness::Unknown && plan.has_every_resource() {
        plan.completeness = Completeness::Complete;
    }
    Ok(plan)
}

#[derive(Default)]
struct Changes {
    after: Vec<Resource>,
    before: Vec<Resource>,
    data: Vec<Resource>,
}

impl Changes {
    fn add(&mut self, json: &Value) -> Result<(), PlanError> {
        let change = &json["change"];
        let actions = list(change, "actions")?.iter();
        let actions: Vec<&str> = actions.filter_map(Value::as_str).collect();
        let mut resource = read_resource(json)?;
        resource.is_unchanged = matches!(actions.as_slice(), ["no-op"] | ["read"]);
        resource.is_created = actions.contains(&"create");
        if !resource.is_unchanged && change["before"].is_object() {
            self.before.push(Resource {
                values: change["before"].clone(),
                ..resource.clone()
            });
        }
        match actions.as_slice() {
            ["delete"] => return Ok(()),
            // Terraform removes it from its state, and it stays in AWS.
            ["forget"] => resource.values = change["before"].clone(),
            _ => {
                resource.values = change["after"].clone();
                resource.unknown = change["after_unknown"].clone();
            }
        }
        self.keep(resource);
        Ok(())
    }

    fn keep(&mut self, resource: Resource) {
        match resource.is_data {
            true => self.data.push(resource),
            false => self.after.push(resource),
        }
    }
}

#[derive(Default)]
struct State {
    resources: Vec<Resource>,
    /// Resource addresses, by the address of the instance that depends on them.
    dependencies: BTreeMap<String, Vec<String>>,
}

fn read_state(root: Option<&Value>) -> Result<State, PlanError> {
    let mut state = State::default();
    let mut modules: Vec<&Value> = root.into_iter().collect();
    while let Some(module) = modules.pop() {
        for json in list(module, "resources")? {
            let mut resource = read_resource(json)?;
            if resource.module.is_empty() {
                resource.module = module_path(module, "address")?;
            }
            resource.values = json["values"].clone();
            resource.is_unchanged = true;
            let depends_on = list(json, "depends_on")?.iter();
            let depends_on = depends_on.filter_map(Value::as_str).map(str::to_owned);
            let depends_on = depends_on.collect();
            state
                .dependencies
                .insert(resource.address.clone(), depends_on);
            state.resources.push(resource);
        }
        modules.extend(list(module, "child_modules")?);
    }
    Ok(state)
}

fn read_resource(json: &Value) -> Result<Resource, PlanError> {
    Ok(Resource {
        address: text(json, "address")?,
        module: module_path(json, "module_address")?,
        resource_type: text(json, "type")?,
        name: text(json, "name")?,
        key: json.get("index").and_then(InstanceKey::from_json),
        values: Value::Null,
        unknown: Value::Null,
        is_data: json["mode"] == "data",
        is_unchanged: false,
        is_created: false,
    })
}

fn module_path(json: &Value, field: &str) -> Result<Vec<ModuleStep>, PlanError> {
    let text = json[field].as_str().unwrap_or_default();
    parse_module_path(text).ok_or_else(|| {
        let start: String = text.chars().take(80).collect();
        PlanError::Malformed(format!("{field} has the invalid value {start}"))
    })
}

fn text(json: &Value, field: &str) -> Result<String, PlanError> {
    let text = json.get(field).and_then(Value::as_str).map(str::to_owned);
    text.ok_or_else(|| PlanError::Malformed(format!("a resource has no {field}")))
}

/// A list; Terraform omits empty ones.
fn list<'v>(json: &'v Value, field: &str) -> Result<&'v [Value], PlanError> {
    match json.get(field) {
        Some(Value::Array(items)) => Ok(items),
        Some(Value::Null) | None => Ok(&[]),
        Some(_) => Err(PlanError::Malformed(format!("{field} is not a list"))),
    }
}
