//! Parses YAML, with the short forms of CloudFormation's functions (`!Ref`, `!GetAtt`, …) as their long forms.
//!
//! Depth and size are bounded: aliases could otherwise make a small file expand to more than memory holds.

use std::borrow::Cow;
use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, Tag};
use serde_json::{Map, Value};

use crate::error::TemplateError;

/// How deep values can nest. JSON has the same bound, and templates stay far below.
const MAX_DEPTH: usize = 100;

/// How many values there can be after aliases are expanded. A template has at most 500 resources in 1 MB.
const MAX_VALUES: usize = 500_000;

/// A list or mapping that is not complete yet.
struct Open {
    container: Container,
    /// The tag of the value, such as `Ref` for `!Ref`.
    tag: Option<String>,
    anchor: usize,
    /// The number of values in it.
    size: usize,
}

enum Container {
    List(Vec<Value>),
    /// The entries, and the key whose value comes next.
    Mapping(Map<String, Value>, Option<String>),
}

struct Builder {
    open: Vec<Open>,
    root: Option<Value>,
    /// Values with an anchor, and their sizes.
    anchors: BTreeMap<usize, (Value, usize)>,
    values_left: usize,
}

/// Parses the first document of a YAML file.
pub fn parse(text: &str) -> Result<Value, TemplateError> {
    let mut builder = Builder {
        open: Vec::new(),
        root: None,
        anchors: BTreeMap::new(),
        values_left: MAX_VALUES,
    };
    for event in Parser::new_from_str(text) {
        let (event, _) = event.map_err(|error| TemplateError::Yaml(error.to_string()))?;
        match event {
            Event::DocumentEnd => break,
            event => builder.add(event)?,
        }
    }
    Ok(builder.root.unwrap_or_default())
}

impl Builder {
    fn add(&mut self, event: Event) -> Result<(), TemplateError> {
        match event {
            Event::Alias(anchor) => {
                // An anchor inside its own value has no value yet.
                let known = self.anchors.get(&anchor);
                let (value, size) = known.cloned().ok_or_else(|| {
                    TemplateError::Yaml("an alias refers to a value that contains it".to_owned())
                })?;
                self.spend(size)?;
                self.put(value, size, 0)
            }
            Event::Scalar(text, style, anchor, tag) => {
                let tag = function(tag);
                // A long text counts as several values.
                let size = 1 + text.len() / 256;
                self.spend(size)?;
                let is_plain = style == ScalarStyle::Plain && tag.as_deref() != Some("");
                let value = match is_plain {
                    true => plain(&text),
                    false => Value::String(text.into_owned()),
                };
                self.put(with_function(tag, value), size, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                self.open(Container::List(Vec::new()), anchor, tag)
            }
            Event::MappingStart(anchor, tag) => {
                self.open(Container::Mapping(Map::new(), None), anchor, tag)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            _ => Ok(()),
        }
    }

    fn open(
        &mut self,
        container: Container,
        anchor: usize,
        tag: Option<Cow<Tag>>,
    ) -> Result<(), TemplateError> {
        if self.open.len() >= MAX_DEPTH {
            return Err(TemplateError::TooDeep(MAX_DEPTH));
        }
        self.spend(1)?;
        self.open.push(Open {
            container,
            tag: function(tag),
            anchor,
            size: 0,
        });
        Ok(())
    }

    /// Counts values against the limit.
    fn spend(&mut self, size: usize) -> Result<(), TemplateError> {
        let left = self.values_left.checked_sub(size);
        self.values_left = left.ok_or(TemplateError::TooLarge(MAX_VALUES))?;
        Ok(())
    }

    fn close(&mut self) -> Result<(), TemplateError> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let value = match open.container {
            Container::List(items) => Value::Array(items),
            Container::Mapping(fields, _) => Value::Object(fields),
        };
        self.put(with_function(open.tag, value), open.size + 1, open.anchor)
    }

    /// Adds a value to the container that is open. `size` is the number of values that it consists of.
    fn put(&mut self, value: Value, size: usize, anchor: usize) -> Result<(), TemplateError> {
        if anchor != 0 {
            self.anchors.insert(anchor, (value.clone(), size));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(value);
            return Ok(());
        };
        open.size += size;
        match &mut open.container {
            Container::List(items) => items.push(value),
            Container::Mapping(fields, key) => match key.take() {
                None => *key = Some(key_text(value)?),
                Some(name) => {
                    if fields.contains_key(&name) {
                        return Err(TemplateError::Malformed(format!(
                            "the key {} appears twice in one mapping",
                            short(&name)
                        )));
                    }
                    fields.insert(name, value);
                }
            },
        }
        Ok(())
    }
}

/// The function that a tag stands for; empty for `!!str`, which keeps a scalar text.
fn function(tag: Option<Cow<Tag>>) -> Option<String> {
    let tag = tag?;
    if tag.is_yaml_core_schema() {
        return (tag.suffix == "str").then(String::new);
    }
    Some(tag.suffix.clone())
}

/// The long form: `!GetAtt a.b` is `{"Fn::GetAtt": "a.b"}`.
fn with_function(tag: Option<String>, value: Value) -> Value {
    let Some(name) = tag.filter(|name| !name.is_empty()) else {
        return value;
    };
    let key = match name.as_str() {
        "Ref" | "Condition" => name,
        _ => format!("Fn::{name}"),
    };
    Value::Object(Map::from_iter([(key, value)]))
}

/// A scalar without quotes. Numbers with leading zeros, such as account IDs, and fractions stay texts.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => true.into(),
        "false" | "False" | "FALSE" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => false.into(),
        _ => match text.parse::<i64>() {
            Ok(number) if number.to_string() == text => number.into(),
            _ => text.into(),
        },
    }
}

fn key_text(key: Value) -> Result<String, TemplateError> {
    match key {
        Value::String(text) if text == "<<" => Err(TemplateError::Malformed(
            "CloudFormation does not support merge keys (<<)".to_owned(),
        )),
        Value::String(text) => Ok(text),
        Value::Bool(_) | Value::Number(_) => Ok(key.to_string()),
        _ => Err(TemplateError::Malformed(
            "a key of a mapping is not a text".to_owned(),
        )),
    }
}

/// The start of a text from the file, for a message.
pub fn short(text: &str) -> String {
    let clean = model::text::sanitize_line(text);
    clean.chars().take(80).collect()
}
