use checks::facts::Tags;
use serde_json::Value;

use crate::plan::resource::{Attribute, Resource};

/// What stands for a value that is known only after apply.
const LATER: &str = "known after apply";

/// The tags of a resource, those that the provider adds to all of its resources among them. Of tags whose names are
/// known only after apply nothing is said.
pub fn tags(instance: &Resource) -> Tags {
    let named = |attribute| match instance.at(&[attribute]) {
        Attribute::Known(Value::Object(tags)) => tags.keys().cloned().collect(),
        _ => Vec::new(),
    };
    let attribute = match named("tags_all").is_empty() {
        true => "tags",
        false => "tags_all",
    };
    let mut names = named(attribute);
    if let Some(Value::Object(later)) = instance.unknown.get(attribute) {
        names.extend(later.keys().cloned());
    }
    let value = |name: &String| match instance.text(&[attribute, name]) {
        Ok(value) => value.unwrap_or_default().to_owned(),
        Err(_) => LATER.to_owned(),
    };
    names
        .into_iter()
        .map(|name| {
            let value = value(&name);
            (name, value)
        })
        .collect()
}
