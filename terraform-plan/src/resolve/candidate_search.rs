//! Searches for the resources that an unknown value may identify.
//!
//! A plan lists the references of an expression, and does not show what the expression does with them: a list of two
//! resources and a choice between them look the same. If there is more than one reading, the value stays unknown.

use std::rc::Rc;

use serde_json::Value;

use super::candidates::{Candidates, Include, MAX_CANDIDATES};
use super::id_sources::{data_may_supply, is_harmless_data, may_contain_id, resource_may_supply};
use super::resolver::{Reference, Resolver};
use super::resource_kind::ResourceKind;
use super::selection::Source;
use super::trace::{Trace, trace, trace_inputs, trace_outputs};
use crate::plan::address::{InstanceKey, ModuleStep};
use crate::plan::resource::{Attribute, Resource};

/// Limits how far resources take values from one another. Real chains are shorter.
const MAX_DEPTH: usize = 24;

/// What a search looks for.
#[derive(Clone, Copy)]
struct Target {
    kind: ResourceKind,
    include: Include,
}

impl<'p> Resolver<'p> {
    /// What an unknown value, or the unknown elements of a list, may identify.
    pub(super) fn candidates(&self, reference: Reference, include: Include) -> Candidates {
        let kind = reference.kind;
        match self.trace_if_set(reference) {
            Some(trace) => self.contributed(&trace, Target { kind, include }),
            None => Candidates::anything(),
        }
    }

    /// What a list that is unknown as a whole may contain, and whether it contains all of that; `None` if it may contain
    /// anything.
    pub(super) fn whole_list_candidates(&self, list: Reference) -> Option<(Vec<String>, bool)> {
        let kind = list.kind;
        let trace = self.trace_if_set(list)?;
        let include = Include::All;
        let found = self.contributed(&trace, Target { kind, include });
        let is_mixed = trace
            .constants
            .iter()
            .any(|value| may_contain_id(value, kind));
        if found.is_open || is_mixed || found.names.is_empty() {
            return None;
        }
        // Each security group opens something else, and the plan does not show which of them are chosen.
        let takes_all = found.have_one_resource()
            && !found.from_locals
            && kind != ResourceKind::SecurityGroup
            && !trace
                .constants
                .iter()
                .any(|value| may_select(value, &trace));
        let is_exact = found.names.len() == 1 || takes_all;
        Some((found.names, is_exact))
    }

    fn trace_if_set<'i>(&self, Reference { of, path, .. }: Reference<'i>) -> Option<Trace<'i>>
    where
        'p: 'i,
    {
        let is_left_to_aws = !path.contains('.') && !self.is_set(of, path);
        (!is_left_to_aws && self.depth.get() < MAX_DEPTH).then(|| trace(self.plan, of, path))
    }

    fn contributed(&self, trace: &Trace, target: Target) -> Candidates {
        if self.depth.get() >= MAX_DEPTH {
            return Candidates::anything();
        }
        self.depth.set(self.depth.get() + 1);
        let mut found = Candidates::default();
        found.is_open = trace.is_open;
        for source in &trace.sources {
            match source.resource.is_data {
                true => self.add_data(&mut found, source, target),
                false => self.add_resource(&mut found, source, target),
            }
        }
        for module in &trace.scopes {
            found.from_locals = true;
            found.add_all(&self.locals_candidates(module, target));
        }
        found.is_open |= found.names.len() > MAX_CANDIDATES && found.from_locals;
        self.depth.set(self.depth.get() - 1);
        found
    }

    /// A data source that is read during apply may supply anything, except for the latest task definition of a family
    /// that the plan has.
    fn add_data(&self, found: &mut Candidates, source: &Source, target: Target) {
        let definition = ResourceKind::TaskDefinition;
        if target.kind == definition && source.resource.resource_type == "aws_ecs_task_definition" {
            let name = self.resolve(source.resource, "task_definition", definition);
            if let Ok(Some(name)) = name
                && self.find(&name, definition).is_some()
            {
                return found.add(name);
            }
        }
        found.is_open |= may_supply(source, target);
    }

    fn add_resource(&self, found: &mut Candidates, source: &Source, target: Target) {
        let (resource, kind) = (source.resource, target.kind);
        let identifying = &kind.data().identifying_attributes;
        let attribute = source.attribute.as_deref();
        let is_unknown = |name: &str| resource.attribute(name) == Attribute::Unknown;
        let is_identifying = attribute.is_none_or(|name| identifying.contains(&name));
        if resource.is(kind.resource_types()) && is_identifying {
            let is_new = match attribute {
                Some(name) => is_unknown(name),
                None => identifying.iter().any(|name| is_unknown(name)),
            };
            if is_new || target.include == Include::All {
                found.add_instance(resource, self.name_of(resource, kind));
            }
            return;
        }
        let is_vpc = resource.is(ResourceKind::Vpc.resource_types());
        match attribute {
            Some(attribute) if is_vpc && kind.data().vpc_attributes.contains(&attribute) => {
                if let Some(name) = self.default_of(resource, kind) {
                    found.add_instance(resource, name);
                }
            }
            Some(attribute) => self.add_attribute(found, resource, attribute, target),
            None if kind == ResourceKind::Vpc && self.is_set(resource, "vpc_id") => {
                self.add_attribute(found, resource, "vpc_id", target);
            }
            // The expression uses another resource, for example to count its instances.
            None if ResourceKind::includes(resource) => {}
            None => {
                found.is_open |= resource_may_supply(&resource.resource_type, kind);
                for (attribute, _) in self.plan.configuration.arguments(resource) {
                    self.add_attribute(found, resource, attribute, target);
                }
            }
        }
    }

    /// Adds what another resource has in an attribute.
    fn add_attribute(
        &self,
        found: &mut Candidates,
        resource: &Resource,
        attribute: &str,
        target: Target,
    ) {
        let Target { kind, include } = target;
        let counts = match resource.attribute(attribute) {
            Attribute::Unknown => true,
            Attribute::Known(value) => include == Include::All && may_contain_id(value, kind),
            Attribute::Null => false,
        };
        if !counts {
            return;
        }
        let attribute = match (resource.resource_type.as_str(), attribute) {
            ("terraform_data", "output") => "input",
            _ => attribute,
        };
        if resource.attribute(attribute) != Attribute::Unknown {
            match self.resolve(resource, attribute, kind) {
                Ok(name) => name.into_iter().for_each(|name| found.add(name)),
                Err(_) => found.is_open = true,
            }
        } else if self.is_set(resource, attribute) {
            let trace = trace(self.plan, resource, attribute);
            found.add_all(&self.contributed(&trace, target));
        } else {
            found.is_open |= resource_may_supply(&resource.resource_type, kind);
        }
    }

    /// What a local of a module may be: what is in the module, what its child modules output, and what is passed to it.
    fn locals_candidates(&self, module: &[ModuleStep], target: Target) -> Rc<Candidates> {
        let key_of = |module: &[ModuleStep]| (module.to_vec(), target.kind, target.include);
        let memo = &self.locals;
        let known = |module: &[ModuleStep]| memo.known.borrow().get(&key_of(module)).cloned();
        if let Some(known) = known(module) {
            return known;
        }
        if memo.open.borrow().is_empty() {
            // Starts with the modules around it, once for all that is in them.
            for outer in (0..module.len()).filter_map(|depth| module.get(..depth)) {
                if known(outer).is_none() {
                    self.locals_candidates(outer, target);
                }
            }
        }
        // The search through this module is already in progress, and counts what it finds there.
        if !memo.open.borrow_mut().insert(key_of(module)) {
            memo.is_partial.set(true);
            return Rc::default();
        }
        let is_outermost = memo.open.borrow().len() == 1;
        if is_outermost {
            memo.is_partial.set(false);
        }
        let found = Rc::new(self.search_module(module, target));
        memo.open.borrow_mut().remove(&key_of(module));
        if is_outermost || !memo.is_partial.get() {
            memo.known
                .borrow_mut()
                .insert(key_of(module), Rc::clone(&found));
        }
        found
    }

    fn search_module(&self, module: &[ModuleStep], target: Target) -> Candidates {
        let plan = self.plan;
        let Target { kind, include } = target;
        let mut found = Candidates::default();
        let resources = || plan.resources.in_module(module);
        for resource in resources().filter(|one| one.is(kind.resource_types())) {
            let attribute = None;
            let source = Source {
                resource,
                attribute,
            };
            self.add_resource(&mut found, &source, target);
        }
        let mut data = plan.data.in_module(module);
        found.is_open |= resources().any(|one| resource_may_supply(&one.resource_type, kind))
            || data.any(|data| {
                let is_read = include == Include::New && !data.has_unknown();
                !is_read && data_may_supply(&data.resource_type, kind)
            });
        let children = plan.modules.children(module);
        let outputs = children.map(|child| trace_outputs(plan, child));
        for trace in std::iter::once(trace_inputs(plan, module)).chain(outputs) {
            let has_id = trace
                .constants
                .iter()
                .any(|value| may_contain_id(value, kind));
            found.is_open |= include == Include::All && has_id;
            found.add_all(&self.contributed(&trace, target));
        }
        if found.names.is_empty() {
            let vpcs = resources().filter(|one| one.is(ResourceKind::Vpc.resource_types()));
            let new = vpcs.filter(|vpc| vpc.id().is_none());
            let defaults = new.filter_map(|vpc| self.default_of(vpc, kind));
            defaults.for_each(|name| found.add(name));
        }
        found
    }
}

/// Whether a value may come from a data source. What it has read is no part of an unknown value, but may be in a list.
fn may_supply(source: &Source, target: Target) -> bool {
    let data = source.resource;
    let includes_known = target.include == Include::All;
    if is_harmless_data(&data.resource_type) {
        return false;
    }
    match source.attribute.as_deref().map(|name| data.attribute(name)) {
        Some(Attribute::Unknown) => true,
        Some(Attribute::Null) => false,
        Some(Attribute::Known(value)) => includes_known && may_contain_id(value, target.kind),
        None => data.has_unknown() || includes_known,
    }
}

/// Whether a known value may select some of the source's instances, by number or key.
fn may_select(value: &Value, trace: &Trace) -> bool {
    match InstanceKey::from_json(value) {
        Some(InstanceKey::Number(_)) => true,
        Some(key) => {
            let mut sources = trace.sources.iter();
            sources.any(|source| source.resource.key.as_ref() == Some(&key))
        }
        None => false,
    }
}
