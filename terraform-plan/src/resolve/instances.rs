//! Which instances of a resource, or of a module, a reference means.

use crate::plan::address::{InstanceKey, ModuleStep, ReferencePart};
use crate::plan::resource::Resource;
use crate::resolve::trace::Source;

/// The instances of a module that are meant.
pub fn picked_modules<'p>(
    children: Vec<&'p [ModuleStep]>,
    named: Option<&InstanceKey>,
    pick: Option<&InstanceKey>,
) -> Vec<&'p [ModuleStep]> {
    let key_of = |child: &&[ModuleStep]| child.last().and_then(|step| step.key.clone());
    let with = |key: &InstanceKey| -> Vec<&'p [ModuleStep]> {
        let same = children.iter().copied();
        same.filter(|child| key_of(child).as_ref() == Some(key))
            .collect()
    };
    match (named, pick) {
        (Some(key), _) => with(key),
        (None, Some(key)) => match with(key) {
            none if none.is_empty() => children,
            some => some,
        },
        (None, None) => children,
    }
}

/// The instance with the key that the reference names; else the one that is picked, if it is there; else all.
pub fn picked<'p>(
    instances: Vec<&'p Resource>,
    named: Option<&InstanceKey>,
    pick: Option<&InstanceKey>,
) -> Vec<&'p Resource> {
    let with = |key: &InstanceKey| {
        instances
            .iter()
            .copied()
            .filter(|instance| instance.key.as_ref() == Some(key))
            .collect::<Vec<_>>()
    };
    match (named, pick) {
        (Some(key), _) => with(key),
        (None, Some(key)) => match with(key) {
            none if none.is_empty() => instances,
            some => some,
        },
        (None, None) => instances,
    }
}

/// What a reference leads to, with the attribute that its rest names.
pub fn found<'p>(instances: Vec<&'p Resource>, rest: &[ReferencePart]) -> Vec<Source<'p>> {
    let sources = instances.into_iter().map(|instance| Source {
        instance,
        attribute: None,
    });
    with_attribute(sources.collect(), rest)
}

/// The rest of a reference names the attribute, where nothing has named it yet.
pub fn with_attribute<'p>(sources: Vec<Source<'p>>, rest: &[ReferencePart]) -> Vec<Source<'p>> {
    let attribute = rest.iter().find_map(ReferencePart::name);
    let named = sources.into_iter().map(|source| Source {
        attribute: source.attribute.or(attribute.map(str::to_owned)),
        ..source
    });
    named.collect()
}
