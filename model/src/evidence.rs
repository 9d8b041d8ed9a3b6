use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use compact_str::CompactString;
use schemars::JsonSchema;
use serde::{Serialize, Serializer};
use serde_json::Value;
use thin_vec::ThinVec;

/// What a check saw, by name, in the order of the names. Of a fleet's many findings each has a few entries: a list
/// holds them in a tenth of the memory of a map.
#[derive(Debug, Clone, Default, PartialEq, JsonSchema)]
pub struct Evidence(#[schemars(with = "BTreeMap<String, Value>")] ThinVec<(&'static str, Seen)>);

/// One thing that a check saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Seen {
    /// Held in place where it is short, as AWS's own words are.
    Text(CompactString),
    /// Anything but a text; findings may share it.
    Json(Arc<Value>),
}

impl Evidence {
    pub fn insert(&mut self, name: &'static str, seen: Seen) {
        match self.0.binary_search_by_key(&name, |(name, _)| name) {
            Ok(at) => self.0[at].1 = seen,
            Err(at) => {
                if self.0.len() == self.0.capacity() {
                    self.0.reserve_exact(1);
                }
                self.0.insert(at, (name, seen));
            }
        }
    }

    /// What was seen under this name.
    pub fn get(&self, name: &str) -> Option<&Seen> {
        self.iter()
            .find(|(known, _)| *known == name)
            .map(|(_, seen)| seen)
    }

    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&'static str, &Seen)> {
        self.0.iter().map(|(name, seen)| (*name, seen))
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Seen> {
        self.0.iter_mut().map(|(_, seen)| seen)
    }
}

impl Seen {
    /// The items of a list; none of what is no list.
    pub fn items(&self) -> &[Value] {
        match self {
            Seen::Text(_) => &[],
            Seen::Json(value) => value.as_array().map_or(&[], Vec::as_slice),
        }
    }
}

impl From<Value> for Seen {
    fn from(value: Value) -> Seen {
        match value {
            Value::String(text) => Seen::Text(text.into()),
            other => Seen::Json(Arc::new(other)),
        }
    }
}

impl From<&str> for Seen {
    fn from(text: &str) -> Seen {
        Seen::Text(text.into())
    }
}

impl From<Arc<Value>> for Seen {
    fn from(value: Arc<Value>) -> Seen {
        Seen::Json(value)
    }
}

/// A text as it is, anything else as JSON.
impl fmt::Display for Seen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Seen::Text(text) => f.write_str(text),
            Seen::Json(value) => value.fmt(f),
        }
    }
}

impl Serialize for Seen {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Seen::Text(text) => text.serialize(serializer),
            Seen::Json(value) => value.serialize(serializer),
        }
    }
}

impl Serialize for Evidence {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}
