//! Selects the instances of a resource or module that a reference means.

use crate::plan::address::{InstanceKey, ReferencePart};
use crate::plan::resource::Resource;

/// A resource that a value comes from.
#[derive(Debug, Clone)]
pub struct Source<'p> {
    pub resource: &'p Resource,
    /// The attribute that the reference names; `None` if it names none.
    pub attribute: Option<String>,
}

/// Selects the items with the key that the reference has; else those with the preferred key, if there are any; else
/// all.
pub fn select_by_key<T: Copy>(
    items: Vec<T>,
    key_of: impl Fn(T) -> Option<InstanceKey>,
    key: Option<&InstanceKey>,
    preferred: Option<&InstanceKey>,
) -> Vec<T> {
    let with = |key: &InstanceKey| -> Vec<T> {
        let items = items.iter().copied();
        items
            .filter(|item| key_of(*item).as_ref() == Some(key))
            .collect()
    };
    match (key, preferred.map(with)) {
        (Some(key), _) => with(key),
        (None, Some(preferred)) if !preferred.is_empty() => preferred,
        _ => items,
    }
}

/// The sources that a reference to these resources leads to. The rest of the reference names the attribute.
pub fn sources<'p>(resources: Vec<&'p Resource>, rest: &[ReferencePart]) -> Vec<Source<'p>> {
    let sources = resources.into_iter().map(|resource| Source {
        resource,
        attribute: None,
    });
    with_attribute(sources.collect(), rest)
}

/// Adds the attribute that the rest of a reference names to the sources that have none yet.
pub fn with_attribute<'p>(mut sources: Vec<Source<'p>>, rest: &[ReferencePart]) -> Vec<Source<'p>> {
    if let Some(name) = rest.iter().find_map(ReferencePart::name) {
        for source in &mut sources {
            source.attribute.get_or_insert_with(|| name.to_owned());
        }
    }
    sources
}
