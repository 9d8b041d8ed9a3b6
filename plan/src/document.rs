//! The JSON of `terraform show -json tfplan`, read into resources.
//!
//! <https://developer.hashicorp.com/terraform/internals/json-format>

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::address::{Key, Step, module_path};
use crate::instance::Instance;
use crate::parse::{check, parse};
use crate::unreadable::Unreadable;

/// A plan, as far as ECS Exec is concerned.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is there after apply, and known to Terraform.
    pub(crate) managed: Vec<Instance>,
    /// As they are before apply: what is changed or destroyed.
    pub(crate) before: Vec<Instance>,
    pub(crate) data: Vec<Instance>,
    pub(crate) configuration: Value,
    pub(crate) variables: Value,
    pub(crate) extent: Extent,
    by_address: BTreeMap<String, usize>,
    by_id: BTreeMap<String, usize>,
    by_name: BTreeMap<Name, Vec<usize>>,
    modules: BTreeSet<Vec<Step>>,
}

/// Whether a plan has all of its configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    Whole,
    /// A part is left out (`-target`, deferred actions), so that what it does not mention may be there all the same.
    Part,
    /// Terraform tells since 1.8, under the same format version as before; OpenTofu does not.
    Untold,
}

/// Module, type and name: what all instances of a resource have in common.
type Name = (Vec<Step>, String, String);

/// Reads a plan.
pub fn read(json: &[u8]) -> Result<Plan, Unreadable> {
    let mut document = parse(json)?;
    check(&document)?;
    let before_apply = resources(document.pointer("/prior_state/values/root_module"))?;
    let mut plan = Plan {
        managed: Vec::new(),
        before: Vec::new(),
        data: Vec::new(),
        configuration: document["configuration"].take(),
        variables: document["variables"].take(),
        extent: match document["complete"].as_bool() {
            Some(true) => Extent::Whole,
            Some(false) => Extent::Part,
            None => Extent::Untold,
        },
        by_address: BTreeMap::new(),
        by_id: BTreeMap::new(),
        by_name: BTreeMap::new(),
        modules: BTreeSet::new(),
    };
    let mut changed = BTreeSet::new();
    for change in list(&document, "resource_changes")? {
        if change.get("deposed").is_none() {
            changed.insert(text(change, "address")?);
            plan.add(change)?;
        }
    }
    for instance in before_apply {
        if !changed.contains(&instance.address) {
            plan.keep(instance);
        }
    }
    plan.index();
    Ok(plan)
}

impl Plan {
    fn add(&mut self, change: &Value) -> Result<(), Unreadable> {
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
            self.before.push(Instance {
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

    fn keep(&mut self, instance: Instance) {
        match instance.is_data {
            true => self.data.push(instance),
            false => self.managed.push(instance),
        }
    }

    /// The plan with only those of its resources and data sources.
    pub(crate) fn only(&self, is_kept: impl Fn(&Instance) -> bool) -> Plan {
        let mut plan = self.clone();
        for all in [&mut plan.managed, &mut plan.before, &mut plan.data] {
            all.retain(&is_kept);
        }
        plan.by_address.clear();
        plan.by_id.clear();
        plan.by_name.clear();
        plan.index();
        plan
    }

    fn index(&mut self) {
        for (at, instance) in self.managed.iter().enumerate() {
            self.by_address.insert(instance.address.clone(), at);
            // Resources that only join others make up IDs, which may be the same as those of what they join.
            if let Some(id) = instance.id() {
                self.by_id.insert(format!("{}/{id}", instance.kind), at);
            }
            let (module, kind, name) = (&instance.module, &instance.kind, &instance.name);
            self.by_name
                .entry((module.clone(), kind.clone(), name.clone()))
                .or_default()
                .push(at);
        }
        for instance in self.managed.iter().chain(&self.data) {
            for depth in 1..=instance.module.len() {
                let path = instance.module.get(..depth).unwrap_or_default();
                if !self.modules.contains(path) {
                    self.modules.insert(path.to_vec());
                }
            }
        }
    }

    /// All instances of a resource, by their keys.
    pub(crate) fn instances(&self, module: &[Step], kind: &str, name: &str) -> Vec<&Instance> {
        let name = (module.to_vec(), kind.to_owned(), name.to_owned());
        let mut found: Vec<&Instance> = self
            .by_name
            .get(&name)
            .into_iter()
            .flatten()
            .filter_map(|at| self.managed.get(*at))
            .collect();
        found.sort_by(|one, other| one.key.cmp(&other.key));
        found
    }

    /// All instances of a data source, by their keys.
    pub(crate) fn data_instances(&self, module: &[Step], kind: &str, name: &str) -> Vec<&Instance> {
        let mut found: Vec<&Instance> = self
            .data_of_kind(kind)
            .filter(|data| data.name == name && data.module == module)
            .collect();
        found.sort_by(|one, other| one.key.cmp(&other.key));
        found
    }

    /// The instances of a module, as paths.
    pub(crate) fn children(&self, parent: &[Step], name: &str) -> Vec<&[Step]> {
        self.modules
            .iter()
            .map(Vec::as_slice)
            .filter(|path| match path.split_last() {
                Some((last, before)) => before == parent && last.name == name,
                None => false,
            })
            .collect()
    }

    /// The resource of one of these types with this ID, or with this address while it has none.
    pub(crate) fn find(&self, kinds: &[&str], identity: &str) -> Option<&Instance> {
        let by_id = kinds
            .iter()
            .find_map(|kind| self.by_id.get(&format!("{kind}/{identity}")));
        let at = by_id.or_else(|| self.by_address.get(identity))?;
        self.managed.get(*at).filter(|instance| instance.is(kinds))
    }

    pub(crate) fn of_kind(&self, kinds: &[&str]) -> impl Iterator<Item = &Instance> {
        self.managed
            .iter()
            .filter(move |instance| instance.is(kinds))
    }

    pub(crate) fn data_of_kind(&self, kind: &str) -> impl Iterator<Item = &Instance> {
        self.data
            .iter()
            .filter(move |instance| instance.kind == kind)
    }
}

/// All resources and data sources of a state.
fn resources(root: Option<&Value>) -> Result<Vec<Instance>, Unreadable> {
    let mut found = Vec::new();
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
            found.push(instance);
        }
        modules.extend(list(module, "child_modules")?);
    }
    Ok(found)
}

fn instance(resource: &Value) -> Result<Instance, Unreadable> {
    let module = resource["module_address"].as_str().unwrap_or_default();
    Ok(Instance {
        address: text(resource, "address")?,
        module: module_path(module).ok_or_else(|| malformed("module_address", module))?,
        kind: text(resource, "type")?,
        name: text(resource, "name")?,
        key: resource.get("index").and_then(Key::of),
        values: Value::Null,
        unknown: Value::Null,
        is_data: resource["mode"] == "data",
        is_unchanged: false,
        is_made: false,
    })
}

fn text(value: &Value, field: &str) -> Result<String, Unreadable> {
    match value.get(field).and_then(Value::as_str) {
        Some(text) => Ok(text.to_owned()),
        None => Err(Unreadable::Malformed(format!("a resource has no {field}"))),
    }
}

/// A list that may be left out where it is empty.
fn list<'v>(value: &'v Value, field: &str) -> Result<&'v [Value], Unreadable> {
    match value.get(field) {
        Some(Value::Array(items)) => Ok(items),
        Some(Value::Null) | None => Ok(&[]),
        Some(_) => Err(Unreadable::Malformed(format!("{field} is not a list"))),
    }
}

fn malformed(field: &str, text: &str) -> Unreadable {
    let start: String = text.chars().take(80).collect();
    Unreadable::Malformed(format!("{start} is no {field}"))
}
