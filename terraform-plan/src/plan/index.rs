//! Where things are in a plan, so that no look-up has to go through all of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::plan::TerraformPlan;
use crate::plan::address::ModuleStep;
use crate::plan::resource::Resource;

/// Module, type and name: what all instances of a resource have in common.
type Name = (Vec<ModuleStep>, String, String);

/// Positions in the plan's lists.
#[derive(Debug, Clone, Default)]
pub(crate) struct Index {
    managed: Places,
    before: Places,
    data: Places,
    /// By the module that they are in, and their name.
    children: BTreeMap<(Vec<ModuleStep>, String), Vec<Vec<ModuleStep>>>,
    /// The same, whatever their name.
    modules: BTreeMap<Vec<ModuleStep>, Vec<Vec<ModuleStep>>>,
}

#[derive(Debug, Clone, Default)]
struct Places {
    by_address: BTreeMap<String, usize>,
    by_id: BTreeMap<(String, String), usize>,
    by_kind: BTreeMap<String, Vec<usize>>,
    by_name: BTreeMap<Name, Vec<usize>>,
}

impl Places {
    fn of(instances: &[Resource]) -> Places {
        let mut places = Places::default();
        for (at, instance) in instances.iter().enumerate() {
            let resource_type = &instance.resource_type;
            places.by_address.insert(instance.address.clone(), at);
            // Resources that only join others make up IDs, which may be the same as those of what they join.
            if let Some(id) = instance.id() {
                places
                    .by_id
                    .insert((resource_type.clone(), id.to_owned()), at);
            }
            let of_type = places.by_kind.entry(resource_type.clone()).or_default();
            of_type.push(at);
            let name = (
                instance.module.clone(),
                resource_type.clone(),
                instance.name.clone(),
            );
            places.by_name.entry(name).or_default().push(at);
        }
        for all in places.by_name.values_mut() {
            all.sort_by(|one, other| instances[*one].key.cmp(&instances[*other].key));
        }
        places
    }

    /// In the order of the plan.
    fn of_kinds(&self, resource_types: &[&str]) -> Vec<usize> {
        let each = resource_types
            .iter()
            .filter_map(|resource_type| self.by_kind.get(*resource_type));
        let mut all: Vec<usize> = each.flatten().copied().collect();
        if resource_types.len() > 1 {
            all.sort_unstable();
        }
        all
    }

    fn named(&self, module: &[ModuleStep], resource_type: &str, name: &str) -> &[usize] {
        let name = (module.to_vec(), resource_type.to_owned(), name.to_owned());
        self.by_name.get(&name).map_or(&[], Vec::as_slice)
    }

    /// All of a resource_type in one module, without those of the modules in it.
    fn in_module(&self, module: &[ModuleStep], resource_type: &str) -> impl Iterator<Item = usize> {
        let first = (module.to_vec(), resource_type.to_owned(), String::new());
        let from_first = self.by_name.range(first..);
        let here =
            from_first.take_while(move |((at, of, _), _)| at == module && of == resource_type);
        here.flat_map(|(_, all)| all.iter().copied())
    }
}

impl Index {
    pub fn of(plan: &TerraformPlan) -> Index {
        let mut index = Index {
            managed: Places::of(&plan.managed),
            before: Places::of(&plan.before),
            data: Places::of(&plan.data),
            ..Index::default()
        };
        index.add_modules(plan);
        index
    }

    /// Modules that have resources, and those without that can only be there once.
    fn add_modules(&mut self, plan: &TerraformPlan) {
        let mut paths: BTreeSet<Vec<ModuleStep>> = BTreeSet::from([Vec::new()]);
        for instance in plan.managed.iter().chain(&plan.before).chain(&plan.data) {
            let mut path = instance.module.as_slice();
            while !paths.contains(path) {
                paths.insert(path.to_vec());
                path = path.split_last().map_or(&[], |(_, before)| before);
            }
        }
        let mut left: Vec<Vec<ModuleStep>> = paths.iter().cloned().collect();
        while let Some(path) = left.pop() {
            let module = plan.module(&path);
            let calls = module.and_then(|module| module.get("module_calls")?.as_object());
            for (name, call) in calls.into_iter().flatten() {
                let is_one = |call: &Value| {
                    call.get("count_expression").is_none()
                        && call.get("for_each_expression").is_none()
                };
                let mut child = path.clone();
                child.push(ModuleStep {
                    name: name.clone(),
                    key: None,
                });
                if is_one(call) && !paths.contains(&child) {
                    paths.insert(child.clone());
                    left.push(child);
                }
            }
        }
        for path in paths {
            let Some((last, parent)) = path.split_last() else {
                continue;
            };
            let named = (parent.to_vec(), last.name.clone());
            let children = self.modules.entry(parent.to_vec()).or_default();
            children.push(path.clone());
            self.children.entry(named).or_default().push(path);
        }
    }
}

impl TerraformPlan {
    /// All instances of a resource, by their keys.
    pub(crate) fn instances(
        &self,
        module: &[ModuleStep],
        resource_type: &str,
        name: &str,
    ) -> Vec<&Resource> {
        let places = self.index.managed.named(module, resource_type, name).iter();
        places.filter_map(|at| self.managed.get(*at)).collect()
    }

    /// All instances of a data source, by their keys.
    pub(crate) fn data_instances(
        &self,
        module: &[ModuleStep],
        resource_type: &str,
        name: &str,
    ) -> Vec<&Resource> {
        let places = self.index.data.named(module, resource_type, name).iter();
        places.filter_map(|at| self.data.get(*at)).collect()
    }

    /// Resources of a type that are in a module itself.
    pub(crate) fn in_module<'p>(
        &'p self,
        module: &'p [ModuleStep],
        resource_type: &'p str,
    ) -> impl Iterator<Item = &'p Resource> {
        let places = self.index.managed.in_module(module, resource_type);
        places.filter_map(|at| self.managed.get(at))
    }

    /// Types of resources that are in a module itself.
    pub(crate) fn types_in_module<'p>(
        &'p self,
        module: &'p [ModuleStep],
    ) -> impl Iterator<Item = (&'p Resource, &'p str)> {
        let first = (module.to_vec(), String::new(), String::new());
        let from_first = self.index.managed.by_name.range(first..);
        let here = from_first.take_while(move |((at, ..), _)| at == module);
        here.filter_map(|((_, resource_type, _), all)| {
            Some((self.managed.get(*all.first()?)?, resource_type.as_str()))
        })
    }

    /// Data sources that are in a module itself.
    pub(crate) fn data_in_module<'p>(
        &'p self,
        module: &'p [ModuleStep],
    ) -> impl Iterator<Item = &'p Resource> {
        let first = (module.to_vec(), String::new(), String::new());
        let from_first = self.index.data.by_name.range(first..);
        let here = from_first.take_while(move |((at, ..), _)| at == module);
        here.flat_map(|(_, all)| all)
            .filter_map(|at| self.data.get(*at))
    }

    /// The instances of a module, as paths.
    pub(crate) fn children(&self, parent: &[ModuleStep], name: &str) -> Vec<&[ModuleStep]> {
        let named = (parent.to_vec(), name.to_owned());
        let all = self.index.children.get(&named);
        all.into_iter().flatten().map(Vec::as_slice).collect()
    }

    /// All modules in a module, as paths.
    pub(crate) fn modules_in(&self, parent: &[ModuleStep]) -> impl Iterator<Item = &[ModuleStep]> {
        let all = self.index.modules.get(parent);
        all.into_iter().flatten().map(Vec::as_slice)
    }

    /// The resource of one of these types with this ID, or with this address while it has none.
    pub(crate) fn find(&self, resource_types: &[&str], identity: &str) -> Option<&Resource> {
        let places = &self.index.managed;
        let by_id = resource_types.iter().find_map(|resource_type| {
            let id = ((*resource_type).to_owned(), identity.to_owned());
            places.by_id.get(&id)
        });
        let at = by_id.or_else(|| places.by_address.get(identity))?;
        self.managed
            .get(*at)
            .filter(|instance| instance.is(resource_types))
    }

    pub(crate) fn at_address(&self, address: &str) -> Option<&Resource> {
        let at = self.index.managed.by_address.get(address)?;
        self.managed.get(*at)
    }

    pub(crate) fn before_at_address(&self, address: &str) -> Option<&Resource> {
        let at = self.index.before.by_address.get(address)?;
        self.before.get(*at)
    }

    pub(crate) fn of_type(
        &self,
        resource_types: &[&str],
    ) -> impl Iterator<Item = &Resource> + use<'_> {
        let places = self.index.managed.of_kinds(resource_types).into_iter();
        places.filter_map(|at| self.managed.get(at))
    }

    /// What is changed or taken away, as it is before.
    pub(crate) fn before_of_type(
        &self,
        resource_types: &[&str],
    ) -> impl Iterator<Item = &Resource> + use<'_> {
        let places = self.index.before.of_kinds(resource_types).into_iter();
        places.filter_map(|at| self.before.get(at))
    }

    pub(crate) fn data_of_type(
        &self,
        resource_type: &str,
    ) -> impl Iterator<Item = &Resource> + use<'_> {
        let places = self.index.data.of_kinds(&[resource_type]).into_iter();
        places.filter_map(|at| self.data.get(at))
    }
}
