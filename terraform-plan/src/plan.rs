//! The JSON of `terraform show -json tfplan`, read into resources.
//!
//! <https://developer.hashicorp.com/terraform/internals/json-format>

pub mod address;
pub mod completeness;
pub mod configuration;
pub mod index;
pub mod quoted_reference;
pub mod resource;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::error::PlanError;
use crate::plan::address::{InstanceKey, module_path};
use crate::plan::configuration::by_address;
use crate::plan::index::Index;
use crate::plan::resource::Resource;
use crate::read::json::{check, parse};

/// A plan, as far as ECS Exec is concerned.
#[derive(Debug, Clone)]
pub struct TerraformPlan {
    /// What is there after apply, and known to Terraform.
    pub(crate) managed: Vec<Resource>,
    /// As they are before apply: what is changed or destroyed.
    pub(crate) before: Vec<Resource>,
    pub(crate) data: Vec<Resource>,
    /// What Terraform leaves for a later plan, as far as it can be told now.
    pub(crate) deferred: Vec<Resource>,
    pub(crate) configuration: Value,
    pub(crate) variables: Value,
    pub(crate) completeness: Completeness,
    /// What each resource of the state depended on when it was applied last, by address.
    pub(crate) dependencies: BTreeMap<String, Vec<String>>,
    pub(crate) index: Index,
}

/// Whether a plan has all of its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Completeness {
    Complete,
    /// A part is left out (`-target`, deferred actions), so that what it does not mention may be there all the same.
    Partial,
    /// Terraform tells since 1.8, under the same format version as before; OpenTofu does not. Such a plan counts as
    /// whole where every resource of its configuration is in it.
    Unknown,
    /// Whoever owns it says that there is nothing beside it.
    Declared,
}

/// Reads a plan.
pub fn read(json: &[u8]) -> Result<TerraformPlan, PlanError> {
    let mut document = parse(json)?;
    check(&document)?;
    let (before_apply, dependencies) =
        resources(document.pointer("/prior_state/values/root_module"))?;
    let mut configuration = document["configuration"].take();
    if let Some(root) = configuration.get_mut("root_module") {
        by_address(root);
    }
    let mut plan = TerraformPlan {
        managed: Vec::new(),
        before: Vec::new(),
        data: Vec::new(),
        deferred: Vec::new(),
        configuration,
        variables: document["variables"].take(),
        completeness: match document["complete"].as_bool() {
            Some(true) => Completeness::Complete,
            Some(false) => Completeness::Partial,
            None => Completeness::Unknown,
        },
        dependencies,
        index: Index::default(),
    };
    let mut changed = BTreeSet::new();
    for change in list(&document, "resource_changes")? {
        if change.get("deposed").is_none() {
            changed.insert(text(change, "address")?);
            plan.add(change)?;
        }
    }
    for deferred in list(&document, "deferred_changes")? {
        let change = &deferred["resource_change"];
        let mut instance = instance(change)?;
        instance.values = change["change"]["after"].clone();
        instance.unknown = change["change"]["after_unknown"].clone();
        plan.deferred.push(instance);
    }
    for instance in before_apply {
        if !changed.contains(&instance.address) {
            plan.keep(instance);
        }
    }
    plan.index = Index::of(&plan);
    plan.refuse_quoted_references()?;
    if plan.completeness == Completeness::Unknown && plan.has_every_resource() {
        plan.completeness = Completeness::Complete;
    }
    Ok(plan)
}

impl TerraformPlan {
    /// The plan, declared by its owner to be all that there is.
    pub fn declared_complete(mut self) -> TerraformPlan {
        self.completeness = Completeness::Declared;
        self
    }

    fn add(&mut self, change: &Value) -> Result<(), PlanError> {
        let what = &change["change"];
        let actions: Vec<&str> = list(what, "actions")?
            .iter()
            .filter_map(Value::as_str)
            .collect();
        let is_unchanged = matches!(actions.as_slice(), ["no-op"] | ["read"]);
        let mut instance = instance(change)?;
        instance.is_unchanged = is_unchanged;
        instance.is_made = actions.contains(&"create");
        if !is_unchanged && what["before"].is_object() {
            self.before.push(Resource {
                values: what["before"].clone(),
                ..instance.clone()
            });
        }
        match actions.as_slice() {
            ["delete"] => return Ok(()),
            // Terraform lets go of it, and it stays in AWS as it is.
            ["forget"] => instance.values = what["before"].clone(),
            _ => {
                instance.values = what["after"].clone();
                instance.unknown = what["after_unknown"].clone();
            }
        }
        self.keep(instance);
        Ok(())
    }

    fn keep(&mut self, instance: Resource) {
        match instance.is_data {
            true => self.data.push(instance),
            false => self.managed.push(instance),
        }
    }

    /// The plan with only those of its resources and data sources.
    pub(crate) fn only(&self, is_kept: impl Fn(&Resource) -> bool) -> TerraformPlan {
        let mut plan = self.clone();
        for all in [
            &mut plan.managed,
            &mut plan.before,
            &mut plan.data,
            &mut plan.deferred,
        ] {
            all.retain(&is_kept);
        }
        plan.index = Index::of(&plan);
        plan
    }
}

/// Resources of a state, and what each of them depends on.
type State = (Vec<Resource>, BTreeMap<String, Vec<String>>);

/// All resources and data sources of a state.
fn resources(root: Option<&Value>) -> Result<State, PlanError> {
    let mut found = Vec::new();
    let mut dependencies = BTreeMap::new();
    let mut modules: Vec<&Value> = root.into_iter().collect();
    while let Some(module) = modules.pop() {
        for resource in list(module, "resources")? {
            let mut instance = instance(resource)?;
            if instance.module.is_empty() {
                let path = module["address"].as_str().unwrap_or_default();
                instance.module = module_path(path).ok_or_else(|| malformed("address", path))?;
            }
            instance.values = resource["values"].clone();
            instance.is_unchanged = true;
            let on = list(resource, "depends_on")?.iter();
            let on = on.filter_map(Value::as_str).map(str::to_owned);
            dependencies.insert(instance.address.clone(), on.collect());
            found.push(instance);
        }
        modules.extend(list(module, "child_modules")?);
    }
    Ok((found, dependencies))
}

fn instance(resource: &Value) -> Result<Resource, PlanError> {
    let module = resource["module_address"].as_str().unwrap_or_default();
    Ok(Resource {
        address: text(resource, "address")?,
        module: module_path(module).ok_or_else(|| malformed("module_address", module))?,
        resource_type: text(resource, "type")?,
        name: text(resource, "name")?,
        key: resource.get("index").and_then(InstanceKey::of),
        values: Value::Null,
        unknown: Value::Null,
        is_data: resource["mode"] == "data",
        is_unchanged: false,
        is_made: false,
    })
}

fn text(value: &Value, field: &str) -> Result<String, PlanError> {
    match value.get(field).and_then(Value::as_str) {
        Some(text) => Ok(text.to_owned()),
        None => Err(PlanError::Malformed(format!("a resource has no {field}"))),
    }
}

/// A list that may be left out where it is empty.
fn list<'v>(value: &'v Value, field: &str) -> Result<&'v [Value], PlanError> {
    match value.get(field) {
        Some(Value::Array(items)) => Ok(items),
        Some(Value::Null) | None => Ok(&[]),
        Some(_) => Err(PlanError::Malformed(format!("{field} is not a list"))),
    }
}

fn malformed(field: &str, text: &str) -> PlanError {
    let start: String = text.chars().take(80).collect();
    PlanError::Malformed(format!("{start} is no {field}"))
}
