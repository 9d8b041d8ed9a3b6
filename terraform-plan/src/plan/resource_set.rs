//! Resources, found by address, type or module.

use std::collections::BTreeMap;

use super::address::ModuleStep;
use super::resource::Resource;

type Positions = Vec<usize>;

/// Resource instances in the order of the plan. The indexes keep large plans from taking quadratic time.
#[derive(Debug, Clone, Default)]
pub struct ResourceSet {
    resources: Vec<Resource>,
    by_address: BTreeMap<String, usize>,
    by_type: BTreeMap<String, Positions>,
    /// By module, type and name; instances are in the order of their keys.
    by_name: BTreeMap<(Vec<ModuleStep>, String, String), Positions>,
}

impl ResourceSet {
    pub fn new(resources: Vec<Resource>) -> ResourceSet {
        let mut set = ResourceSet::default();
        for (at, resource) in resources.iter().enumerate() {
            set.by_address.insert(resource.address.clone(), at);
            let resource_type = resource.resource_type.clone();
            let of_type = set.by_type.entry(resource_type.clone()).or_default();
            of_type.push(at);
            let name = (
                resource.module.clone(),
                resource_type,
                resource.name.clone(),
            );
            set.by_name.entry(name).or_default().push(at);
        }
        for instances in set.by_name.values_mut() {
            instances.sort_by_key(|at| resources.get(*at).map(|resource| &resource.key));
        }
        ResourceSet { resources, ..set }
    }

    pub fn iter(&self) -> impl Iterator<Item = &Resource> {
        self.resources.iter()
    }

    pub fn len(&self) -> usize {
        self.resources.len()
    }

    fn at<'s>(
        &'s self,
        positions: impl IntoIterator<Item = &'s usize>,
    ) -> impl Iterator<Item = &'s Resource> {
        let positions = positions.into_iter();
        positions.filter_map(|at| self.resources.get(*at))
    }

    /// The resources of a type, in the order of the plan.
    pub fn of_type(&self, resource_type: &str) -> impl Iterator<Item = &Resource> + use<'_> {
        self.at(self.by_type.get(resource_type).into_iter().flatten())
    }

    /// The resources of several types, in the order of the plan.
    pub fn of_types(&self, resource_types: &[&str]) -> impl Iterator<Item = &Resource> + use<'_> {
        let each = resource_types
            .iter()
            .filter_map(|one| self.by_type.get(*one));
        let mut positions: Vec<&usize> = each.flatten().collect();
        positions.sort_unstable();
        self.at(positions)
    }

    pub fn at_address(&self, address: &str) -> Option<&Resource> {
        self.at(self.by_address.get(address)).next()
    }

    /// All instances of a resource, in the order of their keys.
    pub fn instances(
        &self,
        module: &[ModuleStep],
        resource_type: &str,
        name: &str,
    ) -> Vec<&Resource> {
        let name = (module.to_vec(), resource_type.to_owned(), name.to_owned());
        self.at(self.by_name.get(&name).into_iter().flatten())
            .collect()
    }

    /// The resources in a module itself, in the order of type, name and key.
    pub fn in_module(&self, module: &[ModuleStep]) -> impl Iterator<Item = &Resource> {
        let first = (module.to_vec(), String::new(), String::new());
        let names = self.by_name.range(first..);
        let names = names.take_while(move |((of, ..), _)| of == module);
        self.at(names.flat_map(|(_, positions)| positions))
    }
}
