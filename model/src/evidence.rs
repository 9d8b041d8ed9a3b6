//! The evidence of findings.

use std::collections::BTreeMap;
use std::fmt::Display;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// What a check saw, by name, in the order of the names.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema)]
pub struct Evidence(#[schemars(with = "BTreeMap<String, Value>")] Vec<(&'static str, Value)>);

impl Evidence {
    /// Adds a value, or replaces the one of the same name.
    pub fn insert(&mut self, name: &'static str, value: Value) {
        match self.0.binary_search_by_key(&name, |(name, _)| name) {
            Ok(at) => self.0[at].1 = value,
            Err(at) => self.0.insert(at, (name, value)),
        }
    }

    /// The value of this name; `None` if the check gave none.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| value)
    }

    /// The names and values, in the order of the names.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &Value)> {
        self.0.iter().map(|(name, value)| (*name, value))
    }

    /// The values, for masking secrets in them.
    pub fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        self.0.iter_mut().map(|(_, value)| value)
    }
}

/// The value as people read it: a text as it is, anything else as JSON.
pub fn display(value: &Value) -> impl Display {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
