//! What a value may be that is known only after apply, by what its expression refers to.
//!
//! A plan tells the references of an expression, and nothing of what is done with them: a list of two things and a
//! choice between them look the same. Where more than one reading is possible, nothing is said.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::address::{Key, Step};
use crate::givers::{data_gives, resource_gives};
use crate::instance::{Instance, Seen};
use crate::resolve::Resolver;
use crate::things::Thing;
use crate::trace::{Source, Traced, inputs, outputs, trace};

/// Resources that take what they name from one another, and modules from modules: longer than any real chain.
const DEPTH: usize = 24;

/// Nobody can say which of so many it is.
const MOST: usize = 8;

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
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Which {
    /// Those that are new: a known one is no part of an unknown value.
    New,
    /// A list that is unknown as a whole may have known ones in it.
    All,
}

/// What the sources of a value contribute.
#[derive(Debug, Default, Clone)]
pub(crate) struct Contributed {
    pub names: Vec<String>,
    /// Those that are instances of one resource, by its address.
    resources: BTreeMap<String, Vec<String>>,
    /// They come from the locals of a module: which of them are meant is not told.
    is_any: bool,
    /// It may be something else, too.
    pub is_open: bool,
}

/// What a list may be that is unknown as a whole.
pub(crate) enum Whole {
    All(Vec<String>),
    Some(Vec<String>),
    Untold,
}

impl<'p> Resolver<'p> {
    /// The things that an unknown value, or the unknown elements of a list, may be.
    pub(crate) fn candidates(&self, of: &Instance, path: &[&str], thing: Thing) -> Contributed {
        match self.traced(of, path) {
            Some(traced) => self.contributed(&traced, thing, Which::New),
            None => Contributed {
                is_open: true,
                ..Contributed::default()
            },
        }
    }

    /// The things that a list may have in it, known and unknown ones.
    pub(crate) fn list_candidates(
        &self,
        of: &Instance,
        path: &[&str],
        thing: Thing,
    ) -> Contributed {
        match self.traced(of, path) {
            Some(traced) => self.contributed(&traced, thing, Which::All),
            None => Contributed {
                is_open: true,
                ..Contributed::default()
            },
        }
    }

    /// The things in a list that is unknown as a whole, so that it is not known either how many they are.
    pub(crate) fn whole_list(&self, of: &Instance, path: &[&str], thing: Thing) -> Whole {
        let Some(traced) = self.traced(of, path) else {
            return Whole::Untold;
        };
        let found = self.contributed(&traced, thing, Which::All);
        let mut constants = traced.constants.iter();
        let is_mixed = constants.any(|value| may_be(value, thing));
        if found.is_open || is_mixed || found.names.is_empty() {
            return Whole::Untold;
        }
        let is_single = found.names.len() == 1;
        let mut constants = traced.constants.iter();
        let is_picked = constants.any(|value| may_pick(value, &traced));
        // Each group opens something else, and which of them are chosen is not shown.
        let is_choice = thing == Thing::SecurityGroup;
        let is_all = found.resources.len() == 1 && !found.is_any && !is_choice && !is_picked;
        match is_single || is_all {
            true => Whole::All(found.names),
            false => Whole::Some(found.names),
        }
    }

    fn traced<'i>(&self, of: &'i Instance, path: &[&str]) -> Option<Traced<'i>>
    where
        'p: 'i,
    {
        let is_left_to_aws = matches!(path, [attribute] if !self.plan.is_set(of, attribute));
        (!is_left_to_aws && self.depth.get() < DEPTH).then(|| trace(self.plan, of, path))
    }

    fn contributed(&self, traced: &Traced, thing: Thing, which: Which) -> Contributed {
        if self.depth.get() >= DEPTH {
            return Contributed {
                is_open: true,
                ..Contributed::default()
            };
        }
        self.depth.set(self.depth.get() + 1);
        let mut found = Contributed {
            is_open: traced.is_open,
            ..Contributed::default()
        };
        for source in &traced.sources {
            match source.instance.is_data {
                true => self.add_data(&mut found, source, thing, which),
                false => self.add_named(&mut found, source, thing, which),
            }
        }
        for module in &traced.scopes {
            found.is_any = true;
            found.add_all(&self.in_scope(module, thing, which));
        }
        if found.names.len() > MOST && found.is_any {
            found.is_open = true;
        }
        self.depth.set(self.depth.get() - 1);
        found
    }

    /// Data that is read later may be of anything, but for the newest definition of a family that the plan has.
    fn add_data(&self, found: &mut Contributed, source: &Source, thing: Thing, which: Which) {
        let data = source.instance;
        if thing == Thing::TaskDefinition && data.kind == "aws_ecs_task_definition" {
            match self.one(data, &["task_definition"], Thing::TaskDefinition) {
                Ok(Some(name)) if self.is_planned_definition(&name) => found.add(name),
                _ => found.is_open |= may_give(source, thing, which),
            }
            return;
        }
        found.is_open |= may_give(source, thing, which);
    }

    /// What a resource contributes.
    fn add_named(&self, found: &mut Contributed, source: &Source, thing: Thing, which: Which) {
        let instance = source.instance;
        let attribute = source.attribute.as_deref();
        let is_own = attribute.is_none_or(|name| thing.own_names().contains(&name));
        if instance.is(thing.kinds()) && is_own {
            let is_later = |name: &str| instance.at(&[name]) == Seen::Later;
            let is_new = match attribute {
                Some(name) => is_later(name),
                None => thing.own_names().iter().any(|name| is_later(name)),
            };
            if is_new || which == Which::All {
                found.add_instance(instance, self.name_of(instance, thing));
            }
            return;
        }
        if instance.is(Thing::Vpc.kinds())
            && attribute.is_some_and(|name| thing.default_of_vpc().contains(&name))
        {
            if let Some(name) = self.default_of(instance, thing) {
                found.add_instance(instance, name);
            }
            return;
        }
        match attribute {
            Some(attribute) => self.add_attribute(found, instance, attribute, thing, which),
            None if thing == Thing::Vpc && self.plan.is_set(instance, "vpc_id") => {
                self.add_attribute(found, instance, "vpc_id", thing, which);
            }
            // How many there are of another thing, say.
            None if Thing::of(instance).is_some() => {}
            None => self.add_any_attribute(found, instance, thing, which),
        }
    }

    /// What another resource has in an attribute.
    fn add_attribute(
        &self,
        found: &mut Contributed,
        instance: &Instance,
        attribute: &str,
        thing: Thing,
        which: Which,
    ) {
        let counts = match (instance.at(&[attribute]), which) {
            (Seen::Later, _) => true,
            (Seen::Value(value), Which::All) => may_be(value, thing),
            (Seen::Value(_), Which::New) | (Seen::Unset, _) => false,
        };
        if !counts {
            return;
        }
        // What goes in comes out.
        let attribute = match (instance.kind.as_str(), attribute) {
            ("terraform_data", "output") => "input",
            _ => attribute,
        };
        if instance.at(&[attribute]) != Seen::Later {
            match self.one(instance, &[attribute], thing) {
                Ok(name) => name.into_iter().for_each(|name| found.add(name)),
                Err(_) => found.is_open = true,
            }
        } else if self.plan.is_set(instance, attribute) {
            let traced = trace(self.plan, instance, &[attribute]);
            found.add_all(&self.contributed(&traced, thing, which));
        } else {
            found.is_open |= resource_gives(&instance.kind, thing);
        }
    }

    /// Which attribute is meant is not told.
    fn add_any_attribute(
        &self,
        found: &mut Contributed,
        instance: &Instance,
        thing: Thing,
        which: Which,
    ) {
        found.is_open |= resource_gives(&instance.kind, thing);
        let resource = self.plan.resource(instance);
        let set = resource.and_then(|resource| resource["expressions"].as_object());
        for attribute in set.into_iter().flat_map(serde_json::Map::keys) {
            self.add_attribute(found, instance, attribute, thing, which);
        }
    }

    /// What a local of a module may be: whatever is in the module, what its modules give it, and what it is given.
    fn in_scope(&self, module: &[Step], thing: Thing, which: Which) -> Rc<Contributed> {
        let key = (module.to_vec(), thing, which);
        if let Some(known) = self.scopes.known.borrow().get(&key) {
            return Rc::clone(known);
        }
        if self.scopes.open.borrow().is_empty() {
            // Modules around it are looked at first, once for all that is in them.
            let outer = (0..module.len()).filter_map(|depth| module.get(..depth));
            for outer in outer {
                if !self
                    .scopes
                    .known
                    .borrow()
                    .contains_key(&(outer.to_vec(), thing, which))
                {
                    self.in_scope(outer, thing, which);
                }
            }
        }
        // It is being looked at already, and what it has counts there.
        if !self.scopes.open.borrow_mut().insert(key.clone()) {
            self.scopes.is_partial.set(true);
            return Rc::default();
        }
        let is_outermost = self.scopes.open.borrow().len() == 1;
        if is_outermost {
            self.scopes.is_partial.set(false);
        }
        let found = Rc::new(self.look_in_scope(module, thing, which));
        self.scopes.open.borrow_mut().remove(&key);
        if is_outermost || !self.scopes.is_partial.get() {
            let mut known = self.scopes.known.borrow_mut();
            known.insert(key, Rc::clone(&found));
        }
        found
    }

    fn look_in_scope(&self, module: &[Step], thing: Thing, which: Which) -> Contributed {
        let plan = self.plan;
        let mut found = Contributed::default();
        for kind in thing.kinds() {
            for instance in plan.in_module(module, kind) {
                let source = Source {
                    instance,
                    attribute: None,
                };
                self.add_named(&mut found, &source, thing, which);
            }
        }
        for (_, kind) in plan.kinds_in_module(module) {
            found.is_open |= resource_gives(kind, thing);
        }
        for data in plan.data_in_module(module) {
            let is_read = which == Which::New && !data.unknown_somewhere();
            found.is_open |= !is_read && data_gives(&data.kind, thing);
        }
        for given in std::iter::once(inputs(plan, module))
            .chain(plan.modules_in(module).map(|child| outputs(plan, child)))
        {
            let mut constants = given.constants.iter();
            found.is_open |= which == Which::All && constants.any(|value| may_be(value, thing));
            found.add_all(&self.contributed(&given, thing, which));
        }
        if found.names.is_empty() && !thing.default_of_vpc().is_empty() {
            let vpcs = Thing::Vpc.kinds().iter();
            for vpc in vpcs.flat_map(|kind| plan.in_module(module, kind)) {
                let is_new = vpc.id().is_none();
                let name = self.default_of(vpc, thing).filter(|_| is_new);
                name.into_iter().for_each(|name| found.add(name));
            }
        }
        found
    }
}

impl Contributed {
    /// The only resources of which all instances together are so many: a local that makes a list mostly takes each
    /// of a resource's instances.
    pub fn whole_resources(&self, count: usize) -> Option<Vec<String>> {
        let all: Vec<&Vec<String>> = self.resources.values().collect();
        let is_split = all.iter().map(|names| names.len()).sum::<usize>() != self.names.len();
        if !self.is_any || is_split || all.len() > MOST {
            return None;
        }
        let mut fitting = (1..1_u32 << all.len()).filter(|chosen| {
            let some = all
                .iter()
                .enumerate()
                .filter(|(at, _)| chosen & (1 << at) != 0);
            some.map(|(_, names)| names.len()).sum::<usize>() == count
        });
        let chosen = fitting.next().filter(|_| fitting.next().is_none())?;
        let some = all
            .iter()
            .enumerate()
            .filter(|(at, _)| chosen & (1 << at) != 0);
        Some(some.flat_map(|(_, names)| (*names).clone()).collect())
    }

    fn add(&mut self, name: String) {
        if !self.names.contains(&name) {
            self.names.push(name);
        }
    }

    fn add_instance(&mut self, instance: &Instance, name: String) {
        let steps = instance.module.iter().map(|step| step.name.as_str());
        let parts = steps.chain([instance.kind.as_str(), instance.name.as_str()]);
        let resource = parts.collect::<Vec<_>>().join(".");
        let of_resource = self.resources.entry(resource).or_default();
        if !of_resource.contains(&name) {
            of_resource.push(name.clone());
        }
        self.add(name);
    }

    fn add_all(&mut self, other: &Contributed) {
        // More than anybody looks at.
        if self.names.len() <= 4 * MOST || !other.is_any {
            for name in &other.names {
                self.add(name.clone());
            }
        }
        for (resource, names) in &other.resources {
            let known = self.resources.entry(resource.clone()).or_default();
            let more = names.iter().filter(|name| !known.contains(name));
            let more: Vec<String> = more.cloned().collect();
            known.extend(more);
        }
        self.is_any |= other.is_any;
        self.is_open |= other.is_open;
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
