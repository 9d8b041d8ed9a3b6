use std::collections::BTreeMap;
use std::ops::Index;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;
use thin_vec::{ThinVec, thin_vec};

/// What a check saw, by name, in the order of the names. Of a fleet's many findings each has a few entries: a list
/// holds them in a tenth of the memory of a map.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema)]
pub struct Evidence(#[schemars(with = "BTreeMap<String, Value>")] ThinVec<(&'static str, Value)>);

impl Evidence {
    pub fn insert(&mut self, name: &'static str, value: Value) {
        if self.0.is_empty() {
            self.0 = thin_vec![(name, value)];
            return;
        }
        match self.0.binary_search_by_key(&name, |(name, _)| name) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => {
                if self.0.len() == self.0.capacity() {
                    self.0.reserve_exact(1);
                }
                self.0.insert(at, (name, value));
            }
        }
    }

    /// What was seen under this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.0.iter_mut().map(|(_, value)| value)
    }
}

impl Index<&str> for Evidence {
    type Output = Value;

    /// Null for what was not seen.
    fn index(&self, name: &str) -> &Value {
        self.get(name).unwrap_or(&Value::Null)
    }
}

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
