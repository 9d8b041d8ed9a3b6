use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::facts::{Fact, Facts, Service};
use crate::fix::Fix;
use crate::world::{Group, World};

/// Fixes that the findings of a fleet share: each is made when it is first asked for.
pub struct MadeOnce<K>(RefCell<BTreeMap<K, Arc<Fix>>>);

impl<K> Default for MadeOnce<K> {
    fn default() -> MadeOnce<K> {
        MadeOnce(RefCell::default())
    }
}

impl<K: Ord> MadeOnce<K> {
    pub fn get(&self, key: K, make: impl FnOnce() -> Fix) -> Arc<Fix> {
        let mut made = self.0.borrow_mut();
        made.entry(key).or_insert_with(|| Arc::new(make())).clone()
    }
}

impl<'a> MadeOnce<&'a str> {
    /// What mends a group's service, where that could be read.
    pub fn of_service(
        &self,
        world: &World,
        group: &Group<'a>,
        make: fn(&Facts, &Service) -> Fix,
    ) -> Option<Arc<Fix>> {
        let service = group.service_fact.and_then(Fact::known)?;
        Some(self.get(&service.name, || make(world.facts, service)))
    }
}
