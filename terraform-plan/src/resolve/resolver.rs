//! Resolves attributes to the resources that they identify.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use model::facts::{Fact, Facts, Unavailable};
use serde_json::Value;

use super::ambiguity::{Ambiguities, Choices, combinations};
use super::candidates::{Candidates, Include};
use super::identity::ResourcesByName;
use super::resource_kind::ResourceKind;
use crate::plan::TerraformPlan;
use crate::plan::address::ModuleStep;
use crate::plan::resource::{Attribute, Resource};
use crate::request::PlanRequest;
use crate::unavailable::{PlanValue, may_be_in_aws};

/// Resolves attributes to names of resources. A resource goes by its ID or ARN, or by its address until it has one.
pub struct Resolver<'p> {
    pub plan: &'p TerraformPlan,
    pub partition: &'p str,
    pub region: &'p str,
    /// The account ID, if it is known.
    pub account: Option<&'p str>,
    /// Facts from AWS, if they were read.
    pub live: Option<&'p Facts>,
    /// How deep resources take values from one another in the current question.
    pub(crate) depth: Cell<usize>,
    pub(super) locals: LocalsMemo,
    ambiguities: Ambiguities,
    resolved: RefCell<BTreeMap<Question, PlanValue<Option<String>>>>,
    pub(super) by_name: RefCell<BTreeMap<ResourceKind, Rc<ResourcesByName<'p>>>>,
}

/// An attribute of a resource, and the kind of what it identifies.
#[derive(Clone, Copy)]
pub struct Reference<'r> {
    pub of: &'r Resource,
    pub path: &'r str,
    pub kind: ResourceKind,
}

/// The address of a resource, the path of its attribute, and what the attribute identifies.
type Question = (String, String, ResourceKind);

/// A module, what is looked for in it, and what counts.
pub type LocalsKey = (Vec<ModuleStep>, ResourceKind, Include);

/// What the locals of each module may be.
#[derive(Default)]
pub struct LocalsMemo {
    pub known: RefCell<BTreeMap<LocalsKey, Rc<Candidates>>>,
    /// The modules in progress.
    pub open: RefCell<BTreeSet<LocalsKey>>,
    /// A module in progress was asked for: the answers on the way are incomplete.
    pub is_partial: Cell<bool>,
}

impl Reference<'_> {
    fn unknown(self) -> Unavailable {
        self.of.known_after_apply(self.path)
    }
}

impl<'p> Resolver<'p> {
    /// A resolver for the resources of one region and account, which takes ambiguous attributes for these choices.
    pub fn new(
        plan: &'p TerraformPlan,
        request: &'p PlanRequest,
        account: Option<&'p str>,
        live: Option<&'p Facts>,
        choices: &Choices,
    ) -> Resolver<'p> {
        Resolver {
            partition: &request.partition,
            region: &request.region,
            account,
            live,
            ambiguities: Ambiguities::assuming(choices.clone()),
            ..Resolver::for_names(plan)
        }
    }

    /// A resolver to read names of the plan with, if partition, region and account do not matter.
    pub fn for_names(plan: &'p TerraformPlan) -> Resolver<'p> {
        Resolver {
            plan,
            partition: "aws",
            region: "",
            account: None,
            live: None,
            depth: Cell::new(0),
            locals: LocalsMemo::default(),
            ambiguities: Ambiguities::default(),
            resolved: RefCell::default(),
            by_name: RefCell::default(),
        }
    }

    /// The fact from AWS, if AWS may know what the plan does not contain and was asked for it.
    pub fn or_live<T: Clone + 'p>(
        &self,
        planned: impl Into<Fact<T>>,
        find: impl FnOnce(&'p Facts) -> Option<&'p Fact<T>>,
    ) -> Fact<T> {
        let planned = planned.into();
        match self.live.and_then(find) {
            Some(live) if may_be_in_aws(&planned) => live.clone(),
            _ => planned,
        }
    }

    /// The ambiguous attributes that were asked for and have no assumption, with their number of options.
    pub fn into_ambiguous(self) -> Choices {
        self.ambiguities.found.into_inner()
    }

    /// The resources of a type after apply.
    pub fn resources(&self, resource_type: &str) -> impl Iterator<Item = &'p Resource> + use<'p> {
        self.plan.resources.of_type(resource_type)
    }

    /// The resources of a type that the plan changes or deletes, as they are before apply.
    pub fn before(&self, resource_type: &str) -> impl Iterator<Item = &'p Resource> + use<'p> {
        self.plan.before.of_type(resource_type)
    }

    /// The data sources of a type.
    pub fn data(&self, resource_type: &str) -> impl Iterator<Item = &'p Resource> + use<'p> {
        self.plan.data.of_type(resource_type)
    }

    /// The resources of a kind after apply.
    pub fn of_kind(&self, kind: ResourceKind) -> impl Iterator<Item = &'p Resource> + use<'p> {
        self.plan.resources.of_types(kind.resource_types())
    }

    /// Whether the configuration sets an attribute.
    pub fn is_set(&self, resource: &Resource, attribute: &str) -> bool {
        self.plan.configuration.is_set(resource, attribute)
    }

    /// Whether the configuration sets an attribute to a text that is known only after apply.
    pub fn is_unknown(&self, resource: &Resource, attribute: &str) -> bool {
        resource.text(attribute).is_err() && self.is_set(resource, attribute)
    }

    /// Whether AWS fills in an attribute that the configuration leaves out.
    pub fn is_computed(&self, resource: &Resource, attribute: &str) -> bool {
        resource.attribute(attribute) == Attribute::Unknown && !self.is_set(resource, attribute)
    }

    /// What the plan says about an attribute that identifies others. Null if AWS fills it in: what AWS has by default
    /// is none of the plan's resources.
    fn attribute<'r>(&self, resource: &'r Resource, path: &str) -> Attribute<'r> {
        let is_top_level = !path.contains('.') && !resource.is_data;
        match is_top_level && self.is_computed(resource, path) {
            true => Attribute::Null,
            false => resource.attribute(path),
        }
    }

    /// The number of blocks; 0 if the configuration leaves them to AWS.
    pub fn count(&self, resource: &Resource, attribute: &str) -> PlanValue<usize> {
        match self.is_computed(resource, attribute) {
            true => Ok(0),
            false => resource.count(attribute),
        }
    }

    /// The resource that an attribute identifies, if it identifies one.
    pub fn resolve(
        &self,
        of: &Resource,
        path: &str,
        kind: ResourceKind,
    ) -> PlanValue<Option<String>> {
        match self.attribute(of, path) {
            Attribute::Null => Ok(None),
            Attribute::Known(value) => {
                let text = value.as_str().filter(|text| !text.is_empty());
                Ok(text.map(|text| self.canonical_name(text, kind)))
            }
            Attribute::Unknown => {
                let question = (of.address.clone(), path.to_owned(), kind);
                if let Some(known) = self.resolved.borrow().get(&question) {
                    return known.clone();
                }
                let answer = self.resolve_unknown(Reference { of, path, kind });
                // Within another question, the limit of the depth may cut the answer short.
                if self.depth.get() == 0 {
                    self.resolved.borrow_mut().insert(question, answer.clone());
                }
                answer
            }
        }
    }

    /// Whether an attribute identifies this resource.
    pub fn refers_to(
        &self,
        of: &Resource,
        path: &str,
        kind: ResourceKind,
        name: &str,
    ) -> PlanValue<bool> {
        Ok(self.resolve(of, path, kind)?.as_deref() == Some(name))
    }

    /// The resources of a type with an attribute that identifies this resource, and why others may be such.
    pub fn referring<'r>(
        &'r self,
        resource_type: &str,
        path: &'r str,
        kind: ResourceKind,
        name: &'r str,
    ) -> impl Iterator<Item = PlanValue<&'p Resource>> + use<'r, 'p> {
        self.resources(resource_type).filter_map(move |resource| {
            let refers = self.refers_to(resource, path, kind, name);
            refers.map(|refers| refers.then_some(resource)).transpose()
        })
    }

    /// All resources that an attribute may identify; `None` if it may be anything.
    pub fn possible(&self, of: &Resource, path: &str, kind: ResourceKind) -> Option<Vec<String>> {
        let include = match of.attribute(path) {
            Attribute::Unknown => Include::New,
            _ => Include::All,
        };
        let found = self.candidates(Reference { of, path, kind }, include);
        (!found.is_open).then_some(found.names)
    }

    fn resolve_unknown(&self, reference: Reference) -> PlanValue<Option<String>> {
        let found = self.candidates(reference, Include::New);
        let names = self.narrow(reference, found.names);
        if let ([name], false) = (names.as_slice(), found.is_open) {
            return Ok(Some(name.clone()));
        }
        if let Some(name) = self.successor(reference) {
            return Ok(Some(name));
        }
        let options = match found.is_open {
            true => Vec::new(),
            false => names.into_iter().map(|name| vec![name]).collect(),
        };
        match self.ambiguities.choose(reference, options) {
            Some(chosen) => Ok(chosen.into_iter().next()),
            None => Err(reference.unknown()),
        }
    }

    /// Drops candidates that cannot be meant, unless none would be left.
    fn narrow(&self, reference: Reference, mut names: Vec<String>) -> Vec<String> {
        let Reference { of, path, kind } = reference;
        let mut keep = |is_kept: &dyn Fn(&String) -> bool| {
            if names.len() > 1 && names.iter().any(is_kept) {
                names.retain(is_kept);
            }
        };
        // The resource still depends on what it depended on at the last apply.
        if let Some(dependencies) = self.plan.dependencies.get(&of.address) {
            keep(&|name| {
                let resource = self.find(name, kind);
                resource.is_some_and(|one| dependencies.contains(&one.resource_address()))
            });
        }
        if kind == ResourceKind::Role && path == "task_role_arn" {
            keep(&|name| self.find(name, kind).is_none_or(trusts_tasks));
        }
        names
    }

    /// The replacement of the resource that the attribute identified before apply.
    fn successor(&self, Reference { of, path, kind }: Reference) -> Option<String> {
        let before = self.plan.before.at_address(&of.address)?;
        let Attribute::Known(Value::String(name)) = before.attribute(path) else {
            return None;
        };
        let attributes = &kind.data().identifying_attributes;
        let mut replaced = self.plan.before.of_types(kind.resource_types());
        let old = replaced.find(|old| attributes.iter().any(|one| old.has_text(one, name)))?;
        let new = self.plan.resources.at_address(&old.address)?;
        let is_new = |one: &&str| new.attribute(one) == Attribute::Unknown;
        attributes
            .iter()
            .any(is_new)
            .then(|| self.name_of(new, kind))
    }

    /// All resources that a list identifies.
    pub fn resolve_all(
        &self,
        of: &Resource,
        path: &str,
        kind: ResourceKind,
    ) -> PlanValue<Vec<String>> {
        let list = Reference { of, path, kind };
        let items = match self.attribute(of, path) {
            Attribute::Null => return Ok(Vec::new()),
            Attribute::Known(Value::Array(items)) => items,
            Attribute::Known(_) => return Err(list.unknown()),
            Attribute::Unknown => return self.resolve_whole_list(list),
        };
        let texts = items.iter().filter_map(Value::as_str);
        let mut names: Vec<String> = texts.map(|text| self.canonical_name(text, kind)).collect();
        let missing = items.len() - names.len();
        if missing == 0 {
            return Ok(names);
        }
        let found = self.candidates(list, Include::New);
        if found.is_open || found.names.len() < missing {
            return Err(list.unknown());
        }
        let whole = || {
            found
                .whole_resources(missing)
                .filter(|_| kind == ResourceKind::Subnet)
        };
        let chosen = match found.names.len() == missing {
            true => Some(found.names),
            false => whole().or_else(|| {
                let options = combinations(missing, &found.names);
                self.ambiguities.choose(list, options)
            }),
        };
        names.extend(chosen.ok_or_else(|| list.unknown())?);
        Ok(names)
    }

    fn resolve_whole_list(&self, list: Reference) -> PlanValue<Vec<String>> {
        let found = self.whole_list_candidates(list);
        let (names, is_exact) = found.ok_or_else(|| list.unknown())?;
        if is_exact {
            return Ok(names);
        }
        // If each candidate alone gives the same findings as all together, so does any selection.
        let mut options = vec![names.clone()];
        options.extend(names.into_iter().map(|name| vec![name]));
        let chosen = self.ambiguities.choose(list, options);
        chosen.ok_or_else(|| list.unknown())
    }
}

/// Whether ECS can give a role to tasks, as far as its trust policy is known.
fn trusts_tasks(role: &Resource) -> bool {
    let trust = role.text("assume_role_policy");
    trust.map_or(true, |trust| {
        trust.is_some_and(|trust| trust.contains("ecs-tasks"))
    })
}
