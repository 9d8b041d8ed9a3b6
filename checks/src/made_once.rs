use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::world::{Group, World};
use model::facts::{Fact, Facts, Service};
use model::fix::Fix;

/// What the findings of a fleet share, fixes above all: each is made when it is first asked for.
pub struct MadeOnce<K, T = Fix>(RefCell<BTreeMap<K, Arc<T>>>);

impl<K, T> Default for MadeOnce<K, T> {
    fn default() -> MadeOnce<K, T> {
        MadeOnce(RefCell::default())
    }
}

impl<K: Ord, T> MadeOnce<K, T> {
    pub fn get(&self, key: K, make: impl FnOnce(&K) -> T) -> Arc<T> {
        let mut made = self.0.borrow_mut();
        let made = made
            .entry(key)
            .or_insert_with_key(|key| Arc::new(make(key)));
        made.clone()
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
        Some(self.get(&service.name, |_| make(world.facts, service)))
    }
}
