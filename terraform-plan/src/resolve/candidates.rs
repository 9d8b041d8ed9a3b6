//! The resources that an unknown value may identify.

use std::collections::BTreeMap;

use model::distinct::push_new;

use crate::plan::resource::Resource;

/// With more candidates than this from a module's locals, the value may be anything.
pub const MAX_CANDIDATES: usize = 8;

/// Which of a source's resources count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Include {
    /// Only those that the plan creates: a known ID is no part of an unknown value.
    New,
    /// All: a list that is unknown as a whole may contain known IDs.
    All,
}

/// The resources that the sources of a value contribute.
#[derive(Debug, Default, Clone)]
pub struct Candidates {
    pub names: Vec<String>,
    /// The names of those that are instances of one resource, by its address.
    by_resource: BTreeMap<String, Vec<String>>,
    /// They come from the locals of a module, which do not show which of them are meant.
    pub from_locals: bool,
    /// The value may be something else, too.
    pub is_open: bool,
}

impl Candidates {
    /// The value may be anything.
    pub fn anything() -> Candidates {
        Candidates {
            is_open: true,
            ..Candidates::default()
        }
    }

    pub fn add(&mut self, name: String) {
        push_new(&mut self.names, name);
    }

    /// Adds an instance, by the name that it goes by.
    pub fn add_instance(&mut self, resource: &Resource, name: String) {
        let instances = self
            .by_resource
            .entry(resource.resource_address())
            .or_default();
        push_new(instances, name.clone());
        self.add(name);
    }

    /// Adds the candidates of another source.
    pub fn add_all(&mut self, other: &Candidates) {
        // With more candidates than that, the names do not matter.
        if self.names.len() <= 4 * MAX_CANDIDATES || !other.from_locals {
            other.names.iter().cloned().for_each(|name| self.add(name));
        }
        for (resource, names) in &other.by_resource {
            let known = self.by_resource.entry(resource.clone()).or_default();
            names.iter().cloned().for_each(|name| push_new(known, name));
        }
        self.from_locals |= other.from_locals;
        self.is_open |= other.is_open;
    }

    /// Whether all candidates are instances of one resource.
    pub fn have_one_resource(&self) -> bool {
        self.by_resource.len() == 1
    }

    /// All instances of the only resources that have `count` instances together: a local that makes a list mostly takes
    /// every instance of a resource.
    pub fn whole_resources(&self, count: usize) -> Option<Vec<String>> {
        let all: Vec<&Vec<String>> = self.by_resource.values().collect();
        let total: usize = all.iter().map(|names| names.len()).sum();
        if !self.from_locals || total != self.names.len() || all.len() > MAX_CANDIDATES {
            return None;
        }
        let mut fitting = (1..1_u32 << all.len())
            .map(|chosen| {
                let some = all
                    .iter()
                    .enumerate()
                    .filter(|(at, _)| chosen & (1 << at) != 0);
                some.flat_map(|(_, names)| (*names).clone())
                    .collect::<Vec<String>>()
            })
            .filter(|names| names.len() == count);
        fitting.next().filter(|_| fitting.next().is_none())
    }
}
