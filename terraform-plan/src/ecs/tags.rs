//! The tags of a resource.

use model::facts::Tags;
use serde_json::Value;

use crate::plan::resource::{Attribute, Resource};

/// The value of a tag whose value is known only after apply.
const UNKNOWN_VALUE: &str = "known after apply";

/// The tags of a resource, with those that the provider adds to all of its resources. Leaves out tags whose names are
/// known only after apply.
pub fn tags(resource: &Resource) -> Tags {
    let tags = |attribute| match resource.attribute(attribute) {
        Attribute::Known(Value::Object(tags)) if !tags.is_empty() => Some((attribute, tags)),
        _ => None,
    };
    let known = tags("tags_all").or_else(|| tags("tags"));
    let (attribute, known) =
        known.map_or(("tags", None), |(attribute, tags)| (attribute, Some(tags)));
    let unknown = resource.unknown.get(attribute).and_then(Value::as_object);
    let is_unknown =
        |name: &String| unknown.is_some_and(|marks| marks.get(name) == Some(&true.into()));
    let known = known.into_iter().flatten().map(|(name, value)| {
        let value = match is_unknown(name) {
            true => UNKNOWN_VALUE,
            false => value.as_str().unwrap_or_default(),
        };
        (name.clone(), value.to_owned())
    });
    let unknown = unknown.into_iter().flatten().map(|(name, mark)| {
        let value = if *mark == true { UNKNOWN_VALUE } else { "" };
        (name.clone(), value.to_owned())
    });
    unknown.chain(known).collect()
}
