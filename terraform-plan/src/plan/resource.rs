//! One instance of a resource or data source, with its attributes as far as they are known before apply.

use model::facts::Unavailable;
use serde_json::Value;

use super::address::{InstanceKey, ModuleStep};
use crate::unavailable::{PlanValue, known_after_apply};

/// A resource instance. Its attributes go by paths such as `network_configuration.0.subnets`.
#[derive(Debug, Clone)]
pub struct Resource {
    pub address: String,
    /// The module that it is in; empty for the root module.
    pub module: Vec<ModuleStep>,
    /// Such as `aws_subnet`.
    pub resource_type: String,
    pub name: String,
    pub key: Option<InstanceKey>,
    pub values: Value,
    /// Has the shape of `values`, with `true` where a value is known only after apply.
    pub unknown: Value,
    pub is_data: bool,
    /// The plan changes nothing about it.
    pub is_unchanged: bool,
    /// The plan creates it, anew or as a replacement.
    pub is_created: bool,
}

/// What the plan says about an attribute.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Attribute<'a> {
    Known(&'a Value),
    Null,
    /// Known only after apply.
    Unknown,
}

impl Resource {
    /// What the plan says about the attribute at a path.
    pub fn attribute(&self, path: &str) -> Attribute<'_> {
        let mut value = Some(&self.values);
        let mut unknown = Some(&self.unknown);
        for step in path.split('.') {
            if unknown == Some(&Value::Bool(true)) {
                return Attribute::Unknown;
            }
            value = value.and_then(|value| child(value, step));
            unknown = unknown.and_then(|unknown| child(unknown, step));
        }
        match (value, unknown) {
            (_, Some(Value::Bool(true))) => Attribute::Unknown,
            (Some(Value::Null) | None, _) => Attribute::Null,
            (Some(value), _) => Attribute::Known(value),
        }
    }

    fn read<'a, T>(
        &'a self,
        path: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> PlanValue<Option<T>> {
        match self.attribute(path) {
            Attribute::Known(value) => Ok(read(value)),
            Attribute::Null => Ok(None),
            Attribute::Unknown => Err(self.known_after_apply(path)),
        }
    }

    /// A text; an empty one counts as none.
    pub fn text(&self, path: &str) -> PlanValue<Option<&str>> {
        self.read(path, |value| value.as_str().filter(|text| !text.is_empty()))
    }

    /// A text, if it is known before apply.
    pub fn known_text(&self, path: &str) -> Option<&str> {
        self.text(path).ok().flatten()
    }

    pub fn has_text(&self, path: &str, text: &str) -> bool {
        self.known_text(path) == Some(text)
    }

    pub fn flag(&self, path: &str) -> PlanValue<Option<bool>> {
        self.read(path, Value::as_bool)
    }

    /// A whole number, which the provider may write as a text.
    pub fn number(&self, path: &str) -> PlanValue<Option<i64>> {
        self.read(path, |value| match value {
            Value::String(text) => text.parse().ok(),
            value => value.as_i64(),
        })
    }

    /// A port; `None` if it is unknown or stands for every port.
    pub fn port(&self, path: &str) -> Option<u16> {
        u16::try_from(self.number(path).ok()??).ok()
    }

    /// The number of blocks or elements.
    pub fn count(&self, path: &str) -> PlanValue<usize> {
        let count = self.read(path, |value| value.as_array().map(Vec::len))?;
        Ok(count.unwrap_or(0))
    }

    /// The known texts of a list, and whether some of its elements are unknown. A text counts as a list of one.
    pub fn texts(&self, path: &str) -> (Vec<String>, bool) {
        match self.attribute(path) {
            Attribute::Known(Value::Array(items)) => {
                let texts = items.iter().filter_map(Value::as_str).map(str::to_owned);
                let known: Vec<String> = texts.collect();
                let has_unknown = known.len() < items.len();
                (known, has_unknown)
            }
            Attribute::Known(value) => {
                let text = value.as_str().filter(|text| !text.is_empty());
                (text.map(str::to_owned).into_iter().collect(), false)
            }
            Attribute::Null => (Vec::new(), false),
            Attribute::Unknown => (Vec::new(), true),
        }
    }

    /// Its ID, once AWS has given it one.
    pub fn id(&self) -> Option<&str> {
        self.known_text("id")
    }

    /// Its ID, or its address until it has an ID.
    pub fn identity(&self) -> &str {
        self.id().unwrap_or(&self.address)
    }

    /// A part of its ARN, by its position between colons.
    pub fn arn_part(&self, position: usize) -> Option<String> {
        let mut texts = ["arn", "id"]
            .into_iter()
            .filter_map(|name| self.known_text(name));
        let arn = texts.find(|text| text.starts_with("arn:"))?;
        let part = arn.split(':').nth(position)?;
        (!part.is_empty()).then(|| part.to_owned())
    }

    /// The address without instance keys, as all instances of the resource share it.
    pub fn resource_address(&self) -> String {
        let steps = self.module.iter();
        let module: String = steps.map(|step| format!("module.{}.", step.name)).collect();
        let data = if self.is_data { "data." } else { "" };
        format!("{module}{data}{}.{}", self.resource_type, self.name)
    }

    /// Whether anything in it is known only after apply.
    pub fn has_unknown(&self) -> bool {
        contains_true(&self.unknown)
    }

    /// Whether anything in an attribute is known only after apply.
    pub fn has_unknown_in(&self, attribute: &str) -> bool {
        self.unknown.get(attribute).is_some_and(contains_true)
    }

    /// Whether it is of one of these types.
    pub fn is(&self, resource_types: &[&str]) -> bool {
        resource_types.contains(&self.resource_type.as_str())
    }

    /// Says that the attribute is known only after apply.
    pub fn known_after_apply(&self, path: &str) -> Unavailable {
        let steps = path.split('.');
        let names: Vec<&str> = steps
            .filter(|step| step.parse::<usize>().is_err())
            .collect();
        known_after_apply(format!("{} of {}", names.join("."), self.address))
    }
}

fn child<'a>(value: &'a Value, step: &str) -> Option<&'a Value> {
    match value {
        Value::Object(fields) => fields.get(step),
        Value::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => None,
    }
}

fn contains_true(marks: &Value) -> bool {
    match marks {
        Value::Bool(mark) => *mark,
        Value::Array(items) => items.iter().any(contains_true),
        Value::Object(fields) => fields.values().any(contains_true),
        _ => false,
    }
}
