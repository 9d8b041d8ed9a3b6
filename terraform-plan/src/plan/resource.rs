//! One resource or data source as it is after apply, as far as that is known before.

use checks::facts::Unavailable;
use serde_json::Value;

use crate::plan::address::{InstanceKey, ModuleStep};
use crate::unavailable::{PlanValue, known_after_apply};

#[derive(Debug, Clone)]
pub struct Resource {
    pub address: String,
    pub module: Vec<ModuleStep>,
    /// `aws_subnet`, say.
    pub resource_type: String,
    pub name: String,
    pub key: Option<InstanceKey>,
    pub values: Value,
    /// Of the same shape as the values: `true` stands where a value is known only after apply.
    pub unknown: Value,
    pub is_data: bool,
    /// The plan changes nothing about it.
    pub is_unchanged: bool,
    /// The plan makes it, anew or in place of an old one: it was not there before.
    pub is_made: bool,
}

/// What is known of an attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Attribute<'a> {
    Known(&'a Value),
    Null,
    /// Known only after apply.
    Unknown,
}

impl Resource {
    /// The attribute at a path of names and numbers.
    pub fn at(&self, path: &[&str]) -> Attribute<'_> {
        let mut value = Some(&self.values);
        let mut unknown = Some(&self.unknown);
        for step in path {
            if unknown == Some(&Value::Bool(true)) {
                return Attribute::Unknown;
            }
            value = value.and_then(|value| inside(value, step));
            unknown = unknown.and_then(|unknown| inside(unknown, step));
        }
        match (value, unknown) {
            (_, Some(Value::Bool(true))) => Attribute::Unknown,
            (Some(Value::Null) | None, _) => Attribute::Null,
            (Some(value), _) => Attribute::Known(value),
        }
    }

    /// A text; an empty one is as good as none.
    pub fn text(&self, path: &[&str]) -> PlanValue<Option<&str>> {
        match self.at(path) {
            Attribute::Known(Value::String(text)) if !text.is_empty() => Ok(Some(text)),
            Attribute::Known(_) | Attribute::Null => Ok(None),
            Attribute::Unknown => Err(self.known_after_apply(path)),
        }
    }

    pub fn flag(&self, path: &[&str]) -> PlanValue<Option<bool>> {
        match self.at(path) {
            Attribute::Known(value) => Ok(value.as_bool()),
            Attribute::Null => Ok(None),
            Attribute::Unknown => Err(self.known_after_apply(path)),
        }
    }

    pub fn number(&self, path: &[&str]) -> PlanValue<Option<i64>> {
        match self.at(path) {
            Attribute::Known(Value::String(text)) => Ok(text.parse().ok()),
            Attribute::Known(value) => Ok(value.as_i64()),
            Attribute::Null => Ok(None),
            Attribute::Unknown => Err(self.known_after_apply(path)),
        }
    }

    /// How many blocks or elements there are.
    pub fn count(&self, path: &[&str]) -> PlanValue<usize> {
        match self.at(path) {
            Attribute::Known(Value::Array(items)) => Ok(items.len()),
            Attribute::Known(_) | Attribute::Null => Ok(0),
            Attribute::Unknown => Err(self.known_after_apply(path)),
        }
    }

    /// Its ID, once it has one.
    pub fn id(&self) -> Option<&str> {
        self.text(&["id"]).ok().flatten()
    }

    /// Its ID, or its address until AWS gives it one.
    pub fn identity(&self) -> &str {
        self.id().unwrap_or(&self.address)
    }

    /// The address of the resource that it is an instance of.
    pub fn resource_address(&self) -> String {
        let steps = self
            .module
            .iter()
            .map(|step| format!("module.{}.", step.name));
        let start: String = steps.collect();
        let data = if self.is_data { "data." } else { "" };
        format!("{start}{data}{}.{}", self.resource_type, self.name)
    }

    /// Whether anything of it is known only after apply.
    pub fn unknown_somewhere(&self) -> bool {
        is_marked(&self.unknown)
    }

    /// Whether anything of an attribute is known only after apply.
    pub fn unknown_within(&self, attribute: &str) -> bool {
        self.unknown.get(attribute).is_some_and(is_marked)
    }

    pub fn is(&self, resource_types: &[&str]) -> bool {
        resource_types.contains(&self.resource_type.as_str())
    }

    pub fn known_after_apply(&self, path: &[&str]) -> Unavailable {
        let names: Vec<&str> = path
            .iter()
            .copied()
            .filter(|step| step.parse::<usize>().is_err())
            .collect();
        known_after_apply(format!("{} of {}", names.join("."), self.address))
    }
}

fn inside<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    }
}

/// Whether a mark, or one within it, says that a value is known only after apply.
fn is_marked(marks: &Value) -> bool {
    let mut left = vec![marks];
    while let Some(mark) = left.pop() {
        match mark {
            Value::Bool(true) => return true,
            Value::Array(items) => left.extend(items),
            Value::Object(fields) => left.extend(fields.values()),
            _ => {}
        }
    }
    false
}
