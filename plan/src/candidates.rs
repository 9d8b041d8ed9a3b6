//! What a value may be that is known only after apply, by what its expression refers to.
//!
//! A plan tells the references of an expression, and nothing of what is done with them: a list of two things and a
//! choice between them look the same. Where more than one reading is possible, nothing is said.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::address::{Key, Step};
use crate::instance::{Instance, Seen};
use crate::others;
use crate::resolve::Resolver;
use crate::things::Thing;
use crate::trace::{Source, Traced, trace};

/// Resources that take what they name from one another: longer than any real chain.
const DEPTH: usize = 16;

/// Data sources that give no IDs of the things that are looked for.
const HARMLESS: [&str; 8] = [
    "aws_iam_policy_document",
    "aws_caller_identity",
    "aws_region",
    "aws_partition",
    "aws_availability_zones",
    "aws_ecr_repository",
    "aws_ecr_image",
    "aws_secretsmanager_secret",
];

/// Which of a source's things count.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// Those that are new: a known one is no part of an unknown value.
    New,
    /// A list that is unknown as a whole may have known ones in it.
    All,
}

/// What the sources of a value contribute.
#[derive(Default)]
struct Contributed<'p> {
    names: Vec<String>,
    resources: BTreeSet<(Vec<&'p str>, &'p str, &'p str)>,
    is_open: bool,
}

impl<'p> Resolver<'p> {
    /// The things that an unknown value, or the unknown elements of a list, may be.
    pub(crate) fn candidates(&self, of: &Instance, path: &[&str], thing: Thing) -> Vec<String> {
        let Some(traced) = self.traced(of, path) else {
            return Vec::new();
        };
        let mut found = self.contributed(&traced, thing, Which::New);
        if found.is_open {
            // It may be of anything that is new, where it can only be of something in the plan.
            match thing.is_only_itself() && !self.is_read_later() {
                true => found.add(self.all_new(thing)),
                false => return Vec::new(),
            }
        }
        found.names
    }

    /// The things in a list that is unknown as a whole, so that it is not known either how many they are.
    pub(crate) fn whole_list(&self, of: &Instance, path: &[&str], thing: Thing) -> Vec<String> {
        let Some(traced) = self.traced(of, path) else {
            return Vec::new();
        };
        let found = self.contributed(&traced, thing, Which::All);
        let is_one = found.resources.len() <= 1 && !found.is_open;
        let mut constants = traced.constants.iter();
        let is_mixed = constants.any(|value| {
            let may_pick = found.names.len() > 1 && may_pick(value, &traced);
            may_pick || may_be(value, thing)
        });
        // Each group opens something else, and which of them are chosen is not shown.
        let is_choice = thing == Thing::SecurityGroup && found.names.len() > 1;
        match is_one && !is_mixed && !is_choice {
            true => found.names,
            false => Vec::new(),
        }
    }

    fn traced<'i>(&self, of: &'i Instance, path: &[&str]) -> Option<Traced<'i>>
    where
        'p: 'i,
    {
        let is_left_to_aws = matches!(path, [attribute] if !self.plan.is_set(of, attribute));
        (!is_left_to_aws && self.depth.get() < DEPTH).then(|| trace(self.plan, of, path))
    }

    fn contributed<'i>(&self, traced: &Traced<'i>, thing: Thing, which: Which) -> Contributed<'i> {
        self.depth.set(self.depth.get() + 1);
        let mut found = Contributed {
            is_open: traced.is_open,
            ..Contributed::default()
        };
        for source in &traced.sources {
            let instance = source.instance;
            if instance.is_data {
                found.is_open |= may_give(source, thing, which);
                continue;
            }
            match self.named_by(source, thing, which) {
                Some(names) if names.is_empty() => {}
                Some(names) => {
                    found.add(names);
                    let steps = instance.module.iter();
                    let module = steps.map(|step: &Step| step.name.as_str()).collect();
                    let (kind, name) = (instance.kind.as_str(), instance.name.as_str());
                    found.resources.insert((module, kind, name));
                }
                None => found.is_open = true,
            }
        }
        self.depth.set(self.depth.get() - 1);
        found
    }

    /// What a source contributes; none where that cannot be told.
    fn named_by(&self, source: &Source, thing: Thing, which: Which) -> Option<Vec<String>> {
        let instance = source.instance;
        let attribute = source.attribute.as_deref();
        let is_own = attribute.is_none_or(|name| thing.own_names().contains(&name));
        if instance.is(thing.kinds()) && is_own {
            let is_later = |name: &str| instance.at(&[name]) == Seen::Later;
            let is_new = match attribute {
                Some(name) => is_later(name),
                None => thing.own_names().iter().any(|name| is_later(name)),
            };
            let counts = is_new || which == Which::All;
            let names = counts.then(|| self.name_of(instance, thing));
            return Some(names.into_iter().collect());
        }
        if instance.is(Thing::Vpc.kinds())
            && attribute.is_some_and(|name| thing.default_of_vpc().contains(&name))
        {
            return Some(self.default_of(instance, thing).into_iter().collect());
        }
        let attribute = match (attribute, thing) {
            (Some(attribute), _) => attribute,
            (None, Thing::Vpc) => "vpc_id",
            // How many there are of another thing, say.
            (None, _) if Thing::of(instance).is_some() => return Some(Vec::new()),
            (None, _) => return None,
        };
        let counts = match (instance.at(&[attribute]), which) {
            (Seen::Later, _) => true,
            (Seen::Value(value), Which::All) => may_be(value, thing),
            (Seen::Value(_), Which::New) | (Seen::Unset, _) => false,
        };
        if !counts {
            return Some(Vec::new());
        }
        self.one(instance, &[attribute], thing)
            .ok()
            .flatten()
            .map(|name| vec![name])
    }

    /// A data source, or a stack of CloudFormation, may give the ID of anything.
    fn is_read_later(&self) -> bool {
        let read = self
            .plan
            .data
            .iter()
            .any(|data| !HARMLESS.contains(&data.kind.as_str()) && data.unknown_somewhere());
        read || others::gives_ids(self.plan)
    }

    fn all_new(&self, thing: Thing) -> Vec<String> {
        self.plan
            .of_kind(thing.kinds())
            .filter(|instance| instance.at(&["id"]) == Seen::Later)
            .map(|instance| self.name_of(instance, thing))
            .collect()
    }
}

impl Contributed<'_> {
    fn add(&mut self, names: Vec<String>) {
        for name in names {
            if !self.names.contains(&name) {
                self.names.push(name);
            }
        }
    }
}

/// Whether a data source may be what a value comes from. What it has read is no part of an unknown value, but may be
/// of a list.
fn may_give(source: &Source, thing: Thing, which: Which) -> bool {
    let data = source.instance;
    if HARMLESS.contains(&data.kind.as_str()) {
        return false;
    }
    match source.attribute.as_deref().map(|name| data.at(&[name])) {
        Some(Seen::Later) => true,
        Some(Seen::Unset) => false,
        Some(Seen::Value(value)) => which == Which::All && may_be(value, thing),
        None => data.unknown_somewhere() || which == Which::All,
    }
}

/// Whether a known value may be the name of such a thing, or names.
fn may_be(value: &Value, thing: Thing) -> bool {
    match value {
        Value::String(text) => match thing.prefix() {
            Some(prefix) => text.starts_with(prefix),
            None => text.starts_with("arn:"),
        },
        Value::Array(items) => items.iter().any(|item| may_be(item, thing)),
        Value::Object(fields) => fields.values().any(|field| may_be(field, thing)),
        _ => false,
    }
}

/// Whether a known value may pick some of the instances that the sources are: by their number, or by key.
fn may_pick(value: &Value, traced: &Traced) -> bool {
    match Key::of(value) {
        Some(Key::Number(_)) => true,
        Some(key) => traced
            .sources
            .iter()
            .any(|source| source.instance.key.as_ref() == Some(&key)),
        None => false,
    }
}
