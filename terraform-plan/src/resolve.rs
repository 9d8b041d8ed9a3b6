//! Which kind an attribute names, by its value or, before apply, by its references.

pub mod assumptions;
pub mod candidates;
pub mod id_sources;
pub mod instances;
pub mod resource_kind;
pub mod trace;

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ptr;
use std::rc::Rc;

use serde_json::Value;

use crate::plan::TerraformPlan;
use crate::plan::address::ModuleStep;
use crate::plan::resource::{Attribute, Resource};
use crate::resolve::assumptions::{Choices, choices_of};
use crate::resolve::candidates::{Contributed, Which, Whole};
use crate::resolve::resource_kind::ResourceKind;
use crate::unavailable::PlanValue;

/// Tells which things attributes name. Each kind goes by its ID, or by its address until it has one.
pub struct Resolver<'p> {
    pub plan: &'p TerraformPlan,
    pub partition: &'p str,
    pub region: &'p str,
    pub account: Option<&'p str>,
    pub(crate) depth: Cell<usize>,
    pub(crate) scopes: Scopes,
    pub(crate) choices: Choices,
    named: RefCell<BTreeMap<Question, PlanValue<Option<String>>>>,
    by_name: RefCell<BTreeMap<ResourceKind, Rc<BTreeMap<String, usize>>>>,
    definitions: OnceCell<BTreeMap<String, String>>,
    roles: OnceCell<BTreeMap<String, String>>,
    /// Which roles the plan's joins give policies to, looked up once for all roles.
    pub(crate) joins: OnceCell<crate::iam::Joins>,
}

/// An attribute of an instance, and what it names.
type Question = (usize, String, ResourceKind);

/// What the locals of each module may be.
#[derive(Default)]
pub(crate) struct Scopes {
    pub known: RefCell<BTreeMap<Scope, Rc<Contributed>>>,
    pub open: RefCell<BTreeSet<Scope>>,
    pub is_partial: Cell<bool>,
}

type Scope = (Vec<ModuleStep>, ResourceKind, Which);

impl<'p> Resolver<'p> {
    pub fn new(
        plan: &'p TerraformPlan,
        partition: &'p str,
        region: &'p str,
        account: Option<&'p str>,
    ) -> Resolver<'p> {
        Resolver {
            plan,
            partition,
            region,
            account,
            depth: Cell::new(0),
            scopes: Scopes::default(),
            choices: Choices::default(),
            named: RefCell::default(),
            by_name: RefCell::default(),
            definitions: OnceCell::new(),
            roles: OnceCell::new(),
            joins: OnceCell::new(),
        }
    }

    /// The one kind that an attribute names, if it names one.
    pub fn one(
        &self,
        of: &Resource,
        path: &[&str],
        kind: ResourceKind,
    ) -> PlanValue<Option<String>> {
        match of.at(path) {
            Attribute::Null => Ok(None),
            Attribute::Known(value) => Ok(value
                .as_str()
                .filter(|text| !text.is_empty())
                .map(|text| self.canonical(text, kind))),
            Attribute::Unknown => {
                let question = (ptr::from_ref(of).addr(), path.join("."), kind);
                if let Some(known) = self.named.borrow().get(&question) {
                    return known.clone();
                }
                let named = self.one_later(of, path, kind);
                // Deep within another question, the answer may be cut short.
                if self.depth.get() == 0 {
                    let mut all = self.named.borrow_mut();
                    all.insert(question, named.clone());
                }
                named
            }
        }
    }

    /// All that an attribute may name; none where it may be anything.
    pub fn possible(
        &self,
        of: &Resource,
        path: &[&str],
        kind: ResourceKind,
    ) -> Option<Vec<String>> {
        let found = match of.at(path) {
            Attribute::Unknown => self.candidates(of, path, kind),
            _ => self.list_candidates(of, path, kind),
        };
        (!found.is_open).then_some(found.names)
    }

    fn one_later(
        &self,
        of: &Resource,
        path: &[&str],
        kind: ResourceKind,
    ) -> PlanValue<Option<String>> {
        let found = self.candidates(of, path, kind);
        let narrowed = self.narrowed(of, path, kind, &found);
        match (found.is_open, narrowed.as_slice()) {
            (false, [one]) => Ok(Some(one.clone())),
            (true, _) | (false, []) => match self.successor(of, path, kind) {
                Some(one) => Ok(Some(one)),
                None => Err(of.known_after_apply(path)),
            },
            (false, several) => {
                if let Some(one) = self.successor(of, path, kind) {
                    return Ok(Some(one));
                }
                let options = several.iter().map(|name| vec![name.clone()]).collect();
                match self.choices.choose(of, path, kind, options) {
                    Some(chosen) => Ok(chosen.into_iter().next()),
                    None => Err(of.known_after_apply(path)),
                }
            }
        }
    }

    /// Without what the kind cannot be, where something is left.
    fn narrowed(
        &self,
        of: &Resource,
        path: &[&str],
        kind: ResourceKind,
        found: &Contributed,
    ) -> Vec<String> {
        let mut names = found.names.clone();
        let mut keep = |is_kept: &dyn Fn(&String) -> bool| {
            if names.len() > 1 && names.iter().any(is_kept) {
                names.retain(is_kept);
            }
        };
        // What it depended on when it was applied last.
        if let Some(known) = self.plan.dependencies.get(&of.address) {
            keep(&|name| {
                let instance = self.instance_named(name, kind);
                instance.is_some_and(|instance| known.contains(&instance.resource_address()))
            });
        }
        if kind == ResourceKind::Role && path == ["task_role_arn"] {
            keep(&|name| {
                let role = self.instance_named(name, kind);
                role.is_none_or(may_be_of_tasks)
            });
        }
        names
    }

    /// What takes the place of the kind that the attribute names before apply.
    fn successor(&self, of: &Resource, path: &[&str], kind: ResourceKind) -> Option<String> {
        let before = self.plan.before_at_address(&of.address)?;
        let Attribute::Known(Value::String(named)) = before.at(path) else {
            return None;
        };
        let mut gone = self.plan.before_of_type(kind.resource_types());
        let old = gone.find(|old| {
            let own = kind.identifying_attributes().iter();
            own.copied()
                .any(|name| old.text(&[name]) == Ok(Some(named)))
        })?;
        let new = self.plan.at_address(&old.address)?;
        let is_new = kind
            .identifying_attributes()
            .iter()
            .any(|name| new.at(&[name]) == Attribute::Unknown);
        is_new.then(|| self.name_of(new, kind))
    }

    /// All things that an attribute names.
    pub fn all(&self, of: &Resource, path: &[&str], kind: ResourceKind) -> PlanValue<Vec<String>> {
        let items = match of.at(path) {
            Attribute::Null => return Ok(Vec::new()),
            Attribute::Known(Value::Array(items)) => items,
            Attribute::Known(_) => return Err(of.known_after_apply(path)),
            Attribute::Unknown => return self.all_later(of, path, kind),
        };
        let mut named: Vec<String> = items
            .iter()
            .filter_map(Value::as_str)
            .map(|text| self.canonical(text, kind))
            .collect();
        let unknown = items.len() - named.len();
        if unknown > 0 {
            let found = self.candidates(of, path, kind);
            if found.is_open || found.names.len() < unknown {
                return Err(of.known_after_apply(path));
            }
            if found.names.len() == unknown {
                named.extend(found.names);
                return Ok(named);
            }
            if let (ResourceKind::Subnet, Some(whole)) = (kind, found.whole_resources(unknown)) {
                named.extend(whole);
                return Ok(named);
            }
            let options = choices_of(unknown, &found.names);
            let chosen = self.choices.choose(of, path, kind, options);
            named.extend(chosen.ok_or_else(|| of.known_after_apply(path))?);
        }
        Ok(named)
    }

    fn all_later(
        &self,
        of: &Resource,
        path: &[&str],
        kind: ResourceKind,
    ) -> PlanValue<Vec<String>> {
        match self.whole_list(of, path, kind) {
            Whole::All(names) => Ok(names),
            Whole::Some(names) => {
                // All of them, or some: what each alone makes of it, they make of it together.
                let mut options = vec![names.clone()];
                options.extend(names.into_iter().map(|name| vec![name]));
                let chosen = self.choices.choose(of, path, kind, options);
                chosen.ok_or_else(|| of.known_after_apply(path))
            }
            Whole::Untold => Err(of.known_after_apply(path)),
        }
    }

    /// The resource that is the kind of this name.
    pub fn instance_named(&self, name: &str, kind: ResourceKind) -> Option<&'p Resource> {
        let known = self.by_name.borrow().get(&kind).map(Rc::clone);
        let names = known.unwrap_or_else(|| {
            let mut names = BTreeMap::new();
            for (at, instance) in self.plan.managed.iter().enumerate() {
                if instance.is(kind.resource_types()) {
                    names.entry(self.name_of(instance, kind)).or_insert(at);
                }
            }
            let names = Rc::new(names);
            let mut all = self.by_name.borrow_mut();
            all.insert(kind, Rc::clone(&names));
            names
        });
        self.plan.managed.get(*names.get(name)?)
    }

    /// What a resource goes by.
    pub fn name_of(&self, instance: &Resource, kind: ResourceKind) -> String {
        if let Some(adopted) = self.adopted(instance, kind) {
            return adopted;
        }
        match kind {
            ResourceKind::Cluster => instance.text(&["name"]),
            ResourceKind::Role
            | ResourceKind::Policy
            | ResourceKind::KmsKey
            | ResourceKind::TaskDefinition => Ok(None),
            ResourceKind::LogGroup => instance.text(&["name"]),
            ResourceKind::Bucket => instance.text(&["bucket"]),
            _ => instance.text(&["id"]),
        }
        .ok()
        .flatten()
        .map(str::to_owned)
        .or_else(|| self.arn_of(instance, kind))
        .unwrap_or_else(|| instance.address.clone())
    }

    /// What AWS made with a VPC, and a resource takes over: it goes by the name that the VPC has for it.
    fn adopted(&self, instance: &Resource, kind: ResourceKind) -> Option<String> {
        let (attribute, named) = match instance.resource_type.as_str() {
            "aws_default_route_table" => ("default_route_table_id", kind),
            "aws_default_network_acl" => ("default_network_acl_id", kind),
            "aws_default_security_group" => ("vpc_id", ResourceKind::Vpc),
            _ => return None,
        };
        if instance.id().is_some() {
            return None;
        }
        let name = self.one(instance, &[attribute], named).ok()??;
        match named {
            ResourceKind::Vpc => self.default_of(
                self.plan.find(ResourceKind::Vpc.resource_types(), &name)?,
                kind,
            ),
            _ => Some(name),
        }
    }

    fn arn_of(&self, instance: &Resource, kind: ResourceKind) -> Option<String> {
        if let Some(arn) = instance.text(&["arn"]).ok().flatten() {
            return Some(arn.to_owned());
        }
        let word = match kind {
            ResourceKind::Role => "role",
            ResourceKind::Policy => "policy",
            ResourceKind::TaskDefinition => {
                let family = instance.text(&["family"]).ok()??;
                return Some(self.ecs_arn("task-definition", &format!("{family}:planned")));
            }
            _ => return None,
        };
        let name = instance.text(&["name"]).ok()??;
        let path = instance.text(&["path"]).ok()?.unwrap_or("/");
        let (partition, account) = (self.partition, self.account?);
        Some(format!("arn:{partition}:iam::{account}:{word}{path}{name}"))
    }

    /// The ARN that something of ECS will have, as near as it can be told.
    pub fn ecs_arn(&self, kind: &str, name: &str) -> String {
        let (partition, region) = (self.partition, self.region);
        let account = self.account.unwrap_or("000000000000");
        format!("arn:{partition}:ecs:{region}:{account}:{kind}/{name}")
    }

    /// The one that AWS makes with a VPC.
    pub fn default_of(&self, vpc: &Resource, kind: ResourceKind) -> Option<String> {
        let attribute = *kind.default_of_vpc().first()?;
        let known = vpc.text(&[attribute]).ok().flatten();
        Some(match known {
            Some(id) => id.to_owned(),
            None => format!("{}.{attribute}", vpc.address),
        })
    }

    /// A known value may name the kind in another way than by its ID.
    fn canonical(&self, text: &str, kind: ResourceKind) -> String {
        // A text is no reference: what is written like an address of the plan names nothing in it.
        if self.plan.at_address(text).is_some() {
            return format!("\"{text}\"");
        }
        let last = || text.rsplit('/').next().unwrap_or(text).to_owned();
        match kind {
            ResourceKind::Cluster => last(),
            ResourceKind::Role if !text.starts_with("arn:") => self.role_named(text),
            ResourceKind::TaskDefinition => self.definition_named(text),
            _ => text.to_owned(),
        }
    }

    /// Policies name the role that they are attached to.
    fn role_named(&self, name: &str) -> String {
        let named = self.roles.get_or_init(|| {
            let roles = self.plan.of_type(ResourceKind::Role.resource_types());
            let named = roles.filter_map(|role| Some((role.text(&["name"]).ok()??, role)));
            let named =
                named.map(|(name, role)| (name.to_owned(), self.name_of(role, ResourceKind::Role)));
            named.collect()
        });
        named.get(name).cloned().unwrap_or_else(|| name.to_owned())
    }

    /// A service may name the latest revision of a family, or one of them.
    fn definition_named(&self, text: &str) -> String {
        let named = self.definitions.get_or_init(|| self.definitions());
        named.get(text).cloned().unwrap_or_else(|| text.to_owned())
    }

    fn definitions(&self) -> BTreeMap<String, String> {
        let mut named = BTreeMap::new();
        for definition in self
            .plan
            .of_type(ResourceKind::TaskDefinition.resource_types())
        {
            let name = self.name_of(definition, ResourceKind::TaskDefinition);
            let text = |attribute: &str| definition.text(&[attribute]).ok().flatten();
            let family = text("family");
            let revision = definition.number(&["revision"]).ok().flatten();
            let numbered = family
                .zip(revision)
                .map(|(family, number)| format!("{family}:{number}"));
            let known = [text("arn"), text("arn_without_revision"), family];
            let known = known.into_iter().flatten().map(str::to_owned);
            for known in known.chain(numbered) {
                named.entry(known).or_insert_with(|| name.clone());
            }
        }
        named
    }

    /// Whether a definition is the plan's.
    pub(crate) fn is_planned_definition(&self, name: &str) -> bool {
        self.instance_named(name, ResourceKind::TaskDefinition)
            .is_some()
    }
}

/// Whether ECS may give a role to tasks, as far as its trust is known.
fn may_be_of_tasks(role: &Resource) -> bool {
    match role.text(&["assume_role_policy"]) {
        Ok(trust) => trust.is_some_and(|trust| trust.contains("ecs-tasks")),
        Err(_) => true,
    }
}
