//! Where a value that is not known yet comes from: the references of its expression, followed through the
//! variables and outputs of modules to resources.

use serde_json::Value;

use crate::address::{Key, Part, Step, parts};
use crate::configuration::references;
use crate::document::Plan;
use crate::instance::Instance;

/// Modules in modules, and resources that refer to resources: deeper than anybody nests them.
const DEPTH: usize = 32;

/// More than any real expression takes; a hostile one could double at every level.
const STEPS: usize = 10_000;

/// A resource that a value comes from.
#[derive(Debug, Clone)]
pub struct Source<'p> {
    pub instance: &'p Instance,
    /// Which of its attributes, where the reference tells.
    pub attribute: Option<String>,
}

/// Where the references stand.
#[derive(Clone, Copy)]
struct Place<'p> {
    module: &'p [Step],
    /// What `each.key` or `count.index` is there.
    key: Option<&'p Key>,
    /// What `each.value` comes from.
    for_each: Option<&'p Value>,
    depth: usize,
}

/// The resources that an attribute's expression refers to, in the order of their addresses.
pub fn sources<'p>(plan: &'p Plan, instance: &'p Instance, path: &[&str]) -> Vec<Source<'p>> {
    let Some(expression) = plan.expression(instance, path) else {
        return Vec::new();
    };
    let place = Place {
        module: &instance.module,
        key: instance.key.as_ref(),
        for_each: plan
            .resource(instance)
            .and_then(|resource| resource.get("for_each_expression")),
        depth: 0,
    };
    let mut trace = Trace {
        plan,
        steps_left: STEPS,
    };
    trace.follow(&references(expression), place, None)
}

struct Trace<'p> {
    plan: &'p Plan,
    steps_left: usize,
}

impl<'p> Trace<'p> {
    /// `pick`: which element of a collection is meant, where that is told.
    fn follow(
        &mut self,
        references: &[&str],
        place: Place<'p>,
        pick: Option<&Key>,
    ) -> Vec<Source<'p>> {
        let references = longest(references);
        let by_key = references
            .iter()
            .any(|parts| matches!(names(parts).as_slice(), ["each", ..] | ["count", "index"]));
        let pick = pick.or(place.key.filter(|_| by_key));
        let mut found = Vec::new();
        for parts in &references {
            if place.depth > DEPTH || self.steps_left == 0 {
                break;
            }
            self.steps_left -= 1;
            found.extend(self.one(parts, place, pick));
        }
        found
    }

    fn one(&mut self, parts: &[Part], place: Place<'p>, pick: Option<&Key>) -> Vec<Source<'p>> {
        let after = parts.get(2..).unwrap_or_default();
        match names(parts).as_slice() {
            ["var", variable, ..] => self.variable(variable, after, place, pick),
            ["module", name, ..] => self.output(name, after, place, pick),
            ["each", "value", ..] => self.each_value(after, place),
            ["data", kind, name, ..] => {
                let instances = self.plan.data_instances(place.module, kind, name);
                let (key, after) = indexed(parts.get(3..).unwrap_or_default());
                found(picked(instances, key, pick), after)
            }
            [
                "local" | "path" | "terraform" | "each" | "count" | "self",
                ..,
            ] => Vec::new(),
            [kind, name, ..] => {
                let (key, after) = indexed(after);
                let instances = self.plan.instances(place.module, kind, name);
                found(picked(instances, key, pick), after)
            }
            _ => Vec::new(),
        }
    }

    /// A module's variable is what the module's call gives it.
    fn variable(
        &mut self,
        name: &str,
        after: &[Part],
        place: Place<'p>,
        pick: Option<&Key>,
    ) -> Vec<Source<'p>> {
        let plan = self.plan;
        let (Some((last, parent)), Some(call)) =
            (place.module.split_last(), plan.call(place.module))
        else {
            return Vec::new();
        };
        let given = call.get("expressions").and_then(|all| all.get(name));
        let Some(expression) = given else {
            return Vec::new();
        };
        let outer = Place {
            module: parent,
            key: last.key.as_ref(),
            for_each: call.get("for_each_expression"),
            depth: place.depth + 1,
        };
        let (key, after) = indexed(after);
        let through = self.follow(&references(expression), outer, key.or(pick));
        with_attribute(through, after)
    }

    fn output(
        &mut self,
        module: &str,
        after: &[Part],
        place: Place<'p>,
        pick: Option<&Key>,
    ) -> Vec<Source<'p>> {
        let plan = self.plan;
        let (module_key, after) = indexed(after);
        let Some((Part::Name(output), after)) = after.split_first() else {
            return Vec::new();
        };
        let (key, after) = indexed(after);
        let mut found = Vec::new();
        for child in picked_modules(plan.children(place.module, module), module_key, pick) {
            let outputs = plan.module(child).and_then(|module| module.get("outputs"));
            let expression = outputs.and_then(|outputs| outputs.get(output)?.get("expression"));
            let Some(expression) = expression else {
                continue;
            };
            let inner = Place {
                module: child,
                key: None,
                for_each: None,
                depth: place.depth + 1,
            };
            let through = self.follow(&references(expression), inner, key.or(pick));
            found.extend(with_attribute(through, after));
        }
        found
    }

    /// The element of `for_each` that the resource, or the module, is made for.
    fn each_value(&mut self, after: &[Part], place: Place<'p>) -> Vec<Source<'p>> {
        let Some(expression) = place.for_each else {
            return Vec::new();
        };
        let outer = Place {
            for_each: None,
            depth: place.depth + 1,
            ..place
        };
        let through = self.follow(&references(expression), outer, place.key);
        with_attribute(through, after)
    }
}

/// The instances of a module that are meant.
fn picked_modules<'p>(
    children: Vec<&'p [Step]>,
    named: Option<&Key>,
    pick: Option<&Key>,
) -> Vec<&'p [Step]> {
    let key_of = |child: &&[Step]| child.last().and_then(|step| step.key.clone());
    let with = |key: &Key| -> Vec<&'p [Step]> {
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
fn picked<'p>(
    instances: Vec<&'p Instance>,
    named: Option<&Key>,
    pick: Option<&Key>,
) -> Vec<&'p Instance> {
    let with = |key: &Key| {
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
fn found<'p>(instances: Vec<&'p Instance>, rest: &[Part]) -> Vec<Source<'p>> {
    let sources = instances.into_iter().map(|instance| Source {
        instance,
        attribute: None,
    });
    with_attribute(sources.collect(), rest)
}

/// The rest of a reference names the attribute, where nothing has named it yet.
fn with_attribute<'p>(sources: Vec<Source<'p>>, rest: &[Part]) -> Vec<Source<'p>> {
    let attribute = rest.iter().find_map(Part::name);
    let named = sources.into_iter().map(|source| Source {
        attribute: source.attribute.or(attribute.map(str::to_owned)),
        ..source
    });
    named.collect()
}

/// Terraform lists each reference with all its beginnings, the longest first: only that one counts.
fn longest(references: &[&str]) -> Vec<Vec<Part>> {
    let mut kept: Vec<Vec<Part>> = Vec::new();
    let mut last: Vec<Part> = Vec::new();
    for parts in references.iter().filter_map(|reference| parts(reference)) {
        let is_beginning = parts.len() < last.len() && last.starts_with(&parts);
        last.clone_from(&parts);
        if !is_beginning {
            kept.push(parts);
        }
    }
    kept
}

/// The names at the start, before the first key.
fn names(parts: &[Part]) -> Vec<&str> {
    parts.iter().map_while(Part::name).collect()
}

/// A key at the start, with what follows it.
fn indexed(parts: &[Part]) -> (Option<&Key>, &[Part]) {
    match parts.split_first() {
        Some((Part::Index(key), rest)) => (Some(key), rest),
        _ => (None, parts),
    }
}
