//! The instances of modules in a plan.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::address::ModuleStep;
use super::configuration::Configuration;
use super::resource::Resource;

/// Module instances, by the module that calls them.
#[derive(Debug, Clone, Default)]
pub struct ModuleTree {
    children: BTreeMap<Vec<ModuleStep>, Vec<Vec<ModuleStep>>>,
}

impl ModuleTree {
    /// Holds the modules of these resources, and those without resources that have exactly one instance.
    pub fn new<'r>(
        configuration: &Configuration,
        resources: impl Iterator<Item = &'r Resource>,
    ) -> ModuleTree {
        let mut paths: BTreeSet<Vec<ModuleStep>> = BTreeSet::from([Vec::new()]);
        for resource in resources {
            let mut path = resource.module.as_slice();
            while paths.insert(path.to_vec()) {
                path = path.split_last().map_or(&[], |(_, parent)| parent);
            }
        }
        let mut left: Vec<Vec<ModuleStep>> = paths.iter().cloned().collect();
        while let Some(path) = left.pop() {
            for (name, call) in configuration.calls(&path) {
                let mut child = path.clone();
                child.push(ModuleStep {
                    name: name.clone(),
                    key: None,
                });
                if !has_repetition(call) && paths.insert(child.clone()) {
                    left.push(child);
                }
            }
        }
        let mut children: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for path in paths {
            if let Some((_, parent)) = path.split_last() {
                children.entry(parent.to_vec()).or_default().push(path);
            }
        }
        ModuleTree { children }
    }

    /// All modules that a module calls.
    pub fn children(&self, parent: &[ModuleStep]) -> impl Iterator<Item = &[ModuleStep]> {
        let children = self.children.get(parent).into_iter();
        children.flatten().map(Vec::as_slice)
    }

    /// The instances of one module call.
    pub fn instances(&self, parent: &[ModuleStep], name: &str) -> Vec<&[ModuleStep]> {
        let is_named = |path: &&[ModuleStep]| path.last().is_some_and(|step| step.name == name);
        self.children(parent).filter(is_named).collect()
    }
}

/// Whether a block has `count` or `for_each`.
pub fn has_repetition(block: &Value) -> bool {
    block.get("count_expression").is_some() || block.get("for_each_expression").is_some()
}
