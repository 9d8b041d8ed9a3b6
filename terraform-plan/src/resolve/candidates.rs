//! What a value may be that is known only after apply, by what its expression refers to.
//!
//! A plan tells the references of an expression, and nothing of what is done with them: a list of two things and a
//! choice between them look the same. Where more than one reading is possible, nothing is said.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::Value;

use crate::plan::address::{InstanceKey, ModuleStep};
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::Resolver;
use crate::resolve::id_sources::{data_gives, resource_gives};
use crate::resolve::resource_kind::ResourceKind;
use crate::resolve::trace::{Source, Traced, inputs, outputs, trace};

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
    pub(crate) fn candidates(
        &self,
        of: &Resource,
        path: &[&str],
        kind: ResourceKind,
    ) -> Contributed {
        match self.traced(of, path) {
            Some(traced) => self.contributed(&traced, kind, Which::New),
            None => Contributed {
                is_open: true,
                ..Contributed::default()
            },
        }
    }

    /// The things that a list may have in it, known and unknown ones.
    pub(crate) fn list_candidates(
        &self,
        of: &Resource,
        path: &[&str],
        kind: ResourceKind,
    ) -> Contributed {
        match self.traced(of, path) {
            Some(traced) => self.contributed(&traced, kind, Which::All),
            None => Contributed {
                is_open: true,
                ..Contributed::default()
            },
        }
    }

    /// The things in a list that is unknown as a whole, so that it is not known either how many they are.
    pub(crate) fn whole_list(&self, of: &Resource, path: &[&str], kind: ResourceKind) -> Whole {
        let Some(traced) = self.traced(of, path) else {
            return Whole::Untold;
        };
        let found = self.contributed(&traced, kind, Which::All);
        let mut constants = traced.constants.iter();
        let is_mixed = constants.any(|value| may_be(value, kind));
        if found.is_open || is_mixed || found.names.is_empty() {
            return Whole::Untold;
        }
        let is_single = found.names.len() == 1;
        let mut constants = traced.constants.iter();
        let is_picked = constants.any(|value| may_pick(value, &traced));
        // Each group opens something else, and which of them are chosen is not shown.
        let is_choice = kind == ResourceKind::SecurityGroup;
        let is_all = found.resources.len() == 1 && !found.is_any && !is_choice && !is_picked;
        match is_single || is_all {
            true => Whole::All(found.names),
            false => Whole::Some(found.names),
        }
    }

    fn traced<'i>(&self, of: &'i Resource, path: &[&str]) -> Option<Traced<'i>>
    where
        'p: 'i,
    {
        let is_left_to_aws = matches!(path, [attribute] if !self.plan.is_set(of, attribute));
        (!is_left_to_aws && self.depth.get() < DEPTH).then(|| trace(self.plan, of, path))
    }

    fn contributed(&self, traced: &Traced, kind: ResourceKind, which: Which) -> Contributed {
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
                true => self.add_data(&mut found, source, kind, which),
                false => self.add_named(&mut found, source, kind, which),
            }
        }
        for module in &traced.scopes {
            found.is_any = true;
            found.add_all(&self.in_scope(module, kind, which));
        }
        if found.names.len() > MOST && found.is_any {
            found.is_open = true;
        }
        self.depth.set(self.depth.get() - 1);
        found
    }

    /// Data that is read later may be of anything, but for the newest definition of a family that the plan has.
    fn add_data(&self, found: &mut Contributed, source: &Source, kind: ResourceKind, which: Which) {
        let data = source.instance;
        if kind == ResourceKind::TaskDefinition && data.resource_type == "aws_ecs_task_definition" {
            match self.one(data, &["task_definition"], ResourceKind::TaskDefinition) {
                Ok(Some(name)) if self.is_planned_definition(&name) => found.add(name),
                _ => found.is_open |= may_give(source, kind, which),
            }
            return;
        }
        found.is_open |= may_give(source, kind, which);
    }

    /// What a resource contributes.
    fn add_named(
        &self,
        found: &mut Contributed,
        source: &Source,
        kind: ResourceKind,
        which: Which,
    ) {
        let instance = source.instance;
        let attribute = source.attribute.as_deref();
        let is_own = attribute.is_none_or(|name| kind.identifying_attributes().contains(&name));
        if instance.is(kind.resource_types()) && is_own {
            let is_later = |name: &str| instance.at(&[name]) == Attribute::Unknown;
            let is_new = match attribute {
                Some(name) => is_later(name),
                None => kind
                    .identifying_attributes()
                    .iter()
                    .any(|name| is_later(name)),
            };
            if is_new || which == Which::All {
                found.add_instance(instance, self.name_of(instance, kind));
            }
            return;
        }
        if instance.is(ResourceKind::Vpc.resource_types())
            && attribute.is_some_and(|name| kind.default_of_vpc().contains(&name))
        {
            if let Some(name) = self.default_of(instance, kind) {
                found.add_instance(instance, name);
            }
            return;
        }
        match attribute {
            Some(attribute) => self.add_attribute(found, instance, attribute, kind, which),
            None if kind == ResourceKind::Vpc && self.plan.is_set(instance, "vpc_id") => {
                self.add_attribute(found, instance, "vpc_id", kind, which);
            }
            // How many there are of another kind, say.
            None if ResourceKind::of(instance).is_some() => {}
            None => self.add_any_attribute(found, instance, kind, which),
        }
    }

    /// What another resource has in an attribute.
    fn add_attribute(
        &self,
        found: &mut Contributed,
        instance: &Resource,
        attribute: &str,
        kind: ResourceKind,
        which: Which,
    ) {
        let counts = match (instance.at(&[attribute]), which) {
            (Attribute::Unknown, _) => true,
            (Attribute::Known(value), Which::All) => may_be(value, kind),
            (Attribute::Known(_), Which::New) | (Attribute::Null, _) => false,
        };
        if !counts {
            return;
        }
        // What goes in comes out.
        let attribute = match (instance.resource_type.as_str(), attribute) {
            ("terraform_data", "output") => "input",
            _ => attribute,
        };
        if instance.at(&[attribute]) != Attribute::Unknown {
            match self.one(instance, &[attribute], kind) {
                Ok(name) => name.into_iter().for_each(|name| found.add(name)),
                Err(_) => found.is_open = true,
            }
        } else if self.plan.is_set(instance, attribute) {
            let traced = trace(self.plan, instance, &[attribute]);
            found.add_all(&self.contributed(&traced, kind, which));
        } else {
            found.is_open |= resource_gives(&instance.resource_type, kind);
        }
    }

    /// Which attribute is meant is not told.
    fn add_any_attribute(
        &self,
        found: &mut Contributed,
        instance: &Resource,
        kind: ResourceKind,
        which: Which,
    ) {
        found.is_open |= resource_gives(&instance.resource_type, kind);
        let resource = self.plan.resource(instance);
        let set = resource.and_then(|resource| resource["expressions"].as_object());
        for attribute in set.into_iter().flat_map(serde_json::Map::keys) {
            self.add_attribute(found, instance, attribute, kind, which);
        }
    }

    /// What a local of a module may be: whatever is in the module, what its modules give it, and what it is given.
    fn in_scope(&self, module: &[ModuleStep], kind: ResourceKind, which: Which) -> Rc<Contributed> {
        let key = (module.to_vec(), kind, which);
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
                    .contains_key(&(outer.to_vec(), kind, which))
                {
                    self.in_scope(outer, kind, which);
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
        let found = Rc::new(self.look_in_scope(module, kind, which));
        self.scopes.open.borrow_mut().remove(&key);
        if is_outermost || !self.scopes.is_partial.get() {
            let mut known = self.scopes.known.borrow_mut();
            known.insert(key, Rc::clone(&found));
        }
        found
    }

    fn look_in_scope(
        &self,
        module: &[ModuleStep],
        kind: ResourceKind,
        which: Which,
    ) -> Contributed {
        let plan = self.plan;
        let mut found = Contributed::default();
        for resource_type in kind.resource_types() {
            for instance in plan.in_module(module, resource_type) {
                let source = Source {
                    instance,
                    attribute: None,
                };
                self.add_named(&mut found, &source, kind, which);
            }
        }
        for (_, resource_type) in plan.types_in_module(module) {
            found.is_open |= resource_gives(resource_type, kind);
        }
        for data in plan.data_in_module(module) {
            let is_read = which == Which::New && !data.unknown_somewhere();
            found.is_open |= !is_read && data_gives(&data.resource_type, kind);
        }
        for given in std::iter::once(inputs(plan, module))
            .chain(plan.modules_in(module).map(|child| outputs(plan, child)))
        {
            let mut constants = given.constants.iter();
            found.is_open |= which == Which::All && constants.any(|value| may_be(value, kind));
            found.add_all(&self.contributed(&given, kind, which));
        }
        if found.names.is_empty() && !kind.default_of_vpc().is_empty() {
            let vpcs = ResourceKind::Vpc.resource_types().iter();
            for vpc in vpcs.flat_map(|resource_type| plan.in_module(module, resource_type)) {
                let is_new = vpc.id().is_none();
                let name = self.default_of(vpc, kind).filter(|_| is_new);
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

    fn add_instance(&mut self, instance: &Resource, name: String) {
        let steps = instance.module.iter().map(|step| step.name.as_str());
        let parts = steps.chain([instance.resource_type.as_str(), instance.name.as_str()]);
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
fn may_give(source: &Source, kind: ResourceKind, which: Which) -> bool {
    let data = source.instance;
    if HARMLESS.contains(&data.resource_type.as_str()) {
        return false;
    }
    match source.attribute.as_deref().map(|name| data.at(&[name])) {
        Some(Attribute::Unknown) => true,
        Some(Attribute::Null) => false,
        Some(Attribute::Known(value)) => which == Which::All && may_be(value, kind),
        None => data.unknown_somewhere() || which == Which::All,
    }
}

/// Whether a known value may be the name of such a kind, or names.
fn may_be(value: &Value, kind: ResourceKind) -> bool {
    match value {
        Value::String(text) => match kind.prefix() {
            Some(prefix) => text.starts_with(prefix),
            None => text.starts_with("arn:"),
        },
        Value::Array(items) => items.iter().any(|item| may_be(item, kind)),
        Value::Object(fields) => fields.values().any(|field| may_be(field, kind)),
        _ => false,
    }
}

/// Whether a known value may pick some of the instances that the sources are: by their number, or by key.
fn may_pick(value: &Value, traced: &Traced) -> bool {
    match InstanceKey::of(value) {
        Some(InstanceKey::Number(_)) => true,
        Some(key) => traced
            .sources
            .iter()
            .any(|source| source.instance.key.as_ref() == Some(&key)),
        None => false,
    }
}
