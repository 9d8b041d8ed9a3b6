//! Which thing an attribute names, by its value or, before apply, by its references.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ptr;
use std::rc::Rc;

use serde_json::Value;

use crate::address::Step;
use crate::candidates::{Contributed, Which, Whole};
use crate::choices::{Choices, choices_of};
use crate::document::Plan;
use crate::instance::{Instance, Seen};
use crate::known::Known;
use crate::things::Thing;

/// Tells which things attributes name. Each thing goes by its ID, or by its address until it has one.
pub struct Resolver<'p> {
    pub plan: &'p Plan,
    pub partition: &'p str,
    pub region: &'p str,
    pub account: Option<&'p str>,
    pub(crate) depth: Cell<usize>,
    pub(crate) scopes: Scopes,
    pub(crate) choices: Choices,
    named: RefCell<BTreeMap<Question, Known<Option<String>>>>,
    by_name: RefCell<BTreeMap<Thing, Rc<BTreeMap<String, usize>>>>,
    definitions: OnceCell<BTreeMap<String, String>>,
    roles: OnceCell<BTreeMap<String, String>>,
    /// Which roles the plan's joins give policies to, looked up once for all roles.
    pub(crate) joins: OnceCell<crate::iam::Joins>,
}

/// An attribute of an instance, and what it names.
type Question = (usize, String, Thing);

/// What the locals of each module may be.
#[derive(Default)]
pub(crate) struct Scopes {
    pub known: RefCell<BTreeMap<Scope, Rc<Contributed>>>,
    pub open: RefCell<BTreeSet<Scope>>,
    pub is_partial: Cell<bool>,
}

type Scope = (Vec<Step>, Thing, Which);

impl<'p> Resolver<'p> {
    pub fn new(
        plan: &'p Plan,
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

    /// The one thing that an attribute names, if it names one.
    pub fn one(&self, of: &Instance, path: &[&str], thing: Thing) -> Known<Option<String>> {
        match of.at(path) {
            Seen::Unset => Ok(None),
            Seen::Value(value) => Ok(value
                .as_str()
                .filter(|text| !text.is_empty())
                .map(|text| self.canonical(text, thing))),
            Seen::Later => {
                let question = (ptr::from_ref(of).addr(), path.join("."), thing);
                if let Some(known) = self.named.borrow().get(&question) {
                    return known.clone();
                }
                let named = self.one_later(of, path, thing);
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
    pub fn possible(&self, of: &Instance, path: &[&str], thing: Thing) -> Option<Vec<String>> {
        let found = match of.at(path) {
            Seen::Later => self.candidates(of, path, thing),
            _ => self.list_candidates(of, path, thing),
        };
        (!found.is_open).then_some(found.names)
    }

    fn one_later(&self, of: &Instance, path: &[&str], thing: Thing) -> Known<Option<String>> {
        let found = self.candidates(of, path, thing);
        let narrowed = self.narrowed(of, path, thing, &found);
        match (found.is_open, narrowed.as_slice()) {
            (false, [one]) => Ok(Some(one.clone())),
            (true, _) | (false, []) => match self.successor(of, path, thing) {
                Some(one) => Ok(Some(one)),
                None => Err(of.later(path)),
            },
            (false, several) => {
                if let Some(one) = self.successor(of, path, thing) {
                    return Ok(Some(one));
                }
                let options = several.iter().map(|name| vec![name.clone()]).collect();
                match self.choices.choose(of, path, thing, options) {
                    Some(chosen) => Ok(chosen.into_iter().next()),
                    None => Err(of.later(path)),
                }
            }
        }
    }

    /// Without what the thing cannot be, where something is left.
    fn narrowed(
        &self,
        of: &Instance,
        path: &[&str],
        thing: Thing,
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
                let instance = self.instance_named(name, thing);
                instance.is_some_and(|instance| known.contains(&instance.resource_address()))
            });
        }
        if thing == Thing::Role && path == ["task_role_arn"] {
            keep(&|name| {
                let role = self.instance_named(name, thing);
                role.is_none_or(may_be_of_tasks)
            });
        }
        names
    }

    /// What takes the place of the thing that the attribute names before apply.
    fn successor(&self, of: &Instance, path: &[&str], thing: Thing) -> Option<String> {
        let before = self.plan.before_at_address(&of.address)?;
        let Seen::Value(Value::String(named)) = before.at(path) else {
            return None;
        };
        let mut gone = self.plan.before_of_kind(thing.kinds());
        let old = gone.find(|old| {
            let own = thing.own_names().iter();
            own.copied()
                .any(|name| old.text(&[name]) == Ok(Some(named)))
        })?;
        let new = self.plan.at_address(&old.address)?;
        let is_new = thing
            .own_names()
            .iter()
            .any(|name| new.at(&[name]) == Seen::Later);
        is_new.then(|| self.name_of(new, thing))
    }

    /// All things that an attribute names.
    pub fn all(&self, of: &Instance, path: &[&str], thing: Thing) -> Known<Vec<String>> {
        let items = match of.at(path) {
            Seen::Unset => return Ok(Vec::new()),
            Seen::Value(Value::Array(items)) => items,
            Seen::Value(_) => return Err(of.later(path)),
            Seen::Later => return self.all_later(of, path, thing),
        };
        let mut named: Vec<String> = items
            .iter()
            .filter_map(Value::as_str)
            .map(|text| self.canonical(text, thing))
            .collect();
        let unknown = items.len() - named.len();
        if unknown > 0 {
            let found = self.candidates(of, path, thing);
            if found.is_open || found.names.len() < unknown {
                return Err(of.later(path));
            }
            if found.names.len() == unknown {
                named.extend(found.names);
                return Ok(named);
            }
            if let (Thing::Subnet, Some(whole)) = (thing, found.whole_resources(unknown)) {
                named.extend(whole);
                return Ok(named);
            }
            let options = choices_of(unknown, &found.names);
            let chosen = self.choices.choose(of, path, thing, options);
            named.extend(chosen.ok_or_else(|| of.later(path))?);
        }
        Ok(named)
    }

    fn all_later(&self, of: &Instance, path: &[&str], thing: Thing) -> Known<Vec<String>> {
        match self.whole_list(of, path, thing) {
            Whole::All(names) => Ok(names),
            Whole::Some(names) => {
                // All of them, or some: what each alone makes of it, they make of it together.
                let mut options = vec![names.clone()];
                options.extend(names.into_iter().map(|name| vec![name]));
                let chosen = self.choices.choose(of, path, thing, options);
                chosen.ok_or_else(|| of.later(path))
            }
            Whole::Untold => Err(of.later(path)),
        }
    }

    /// The resource that is the thing of this name.
    pub fn instance_named(&self, name: &str, thing: Thing) -> Option<&'p Instance> {
        let known = self.by_name.borrow().get(&thing).map(Rc::clone);
        let names = known.unwrap_or_else(|| {
            let mut names = BTreeMap::new();
            for (at, instance) in self.plan.managed.iter().enumerate() {
                if instance.is(thing.kinds()) {
                    names.entry(self.name_of(instance, thing)).or_insert(at);
                }
            }
            let names = Rc::new(names);
            let mut all = self.by_name.borrow_mut();
            all.insert(thing, Rc::clone(&names));
            names
        });
        self.plan.managed.get(*names.get(name)?)
    }

    /// What a resource goes by.
    pub fn name_of(&self, instance: &Instance, thing: Thing) -> String {
        if let Some(adopted) = self.adopted(instance, thing) {
            return adopted;
        }
        match thing {
            Thing::Cluster => instance.text(&["name"]),
            Thing::Role | Thing::Policy | Thing::KmsKey | Thing::TaskDefinition => Ok(None),
            Thing::LogGroup => instance.text(&["name"]),
            Thing::Bucket => instance.text(&["bucket"]),
            _ => instance.text(&["id"]),
        }
        .ok()
        .flatten()
        .map(str::to_owned)
        .or_else(|| self.arn_of(instance, thing))
        .unwrap_or_else(|| instance.address.clone())
    }

    /// What AWS made with a VPC, and a resource takes over: it goes by the name that the VPC has for it.
    fn adopted(&self, instance: &Instance, thing: Thing) -> Option<String> {
        let (attribute, named) = match instance.kind.as_str() {
            "aws_default_route_table" => ("default_route_table_id", thing),
            "aws_default_network_acl" => ("default_network_acl_id", thing),
            "aws_default_security_group" => ("vpc_id", Thing::Vpc),
            _ => return None,
        };
        if instance.id().is_some() {
            return None;
        }
        let name = self.one(instance, &[attribute], named).ok()??;
        match named {
            Thing::Vpc => self.default_of(self.plan.find(Thing::Vpc.kinds(), &name)?, thing),
            _ => Some(name),
        }
    }

    fn arn_of(&self, instance: &Instance, thing: Thing) -> Option<String> {
        if let Some(arn) = instance.text(&["arn"]).ok().flatten() {
            return Some(arn.to_owned());
        }
        let word = match thing {
            Thing::Role => "role",
            Thing::Policy => "policy",
            Thing::TaskDefinition => {
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
    pub fn default_of(&self, vpc: &Instance, thing: Thing) -> Option<String> {
        let attribute = *thing.default_of_vpc().first()?;
        let known = vpc.text(&[attribute]).ok().flatten();
        Some(match known {
            Some(id) => id.to_owned(),
            None => format!("{}.{attribute}", vpc.address),
        })
    }

    /// A known value may name the thing in another way than by its ID.
    fn canonical(&self, text: &str, thing: Thing) -> String {
        // A text is no reference: what is written like an address of the plan names nothing in it.
        if self.plan.at_address(text).is_some() {
            return format!("\"{text}\"");
        }
        let last = || text.rsplit('/').next().unwrap_or(text).to_owned();
        match thing {
            Thing::Cluster => last(),
            Thing::Role if !text.starts_with("arn:") => self.role_named(text),
            Thing::TaskDefinition => self.definition_named(text),
            _ => text.to_owned(),
        }
    }

    /// Policies name the role that they are attached to.
    fn role_named(&self, name: &str) -> String {
        let named = self.roles.get_or_init(|| {
            let roles = self.plan.of_kind(Thing::Role.kinds());
            let named = roles.filter_map(|role| Some((role.text(&["name"]).ok()??, role)));
            let named =
                named.map(|(name, role)| (name.to_owned(), self.name_of(role, Thing::Role)));
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
        for definition in self.plan.of_kind(Thing::TaskDefinition.kinds()) {
            let name = self.name_of(definition, Thing::TaskDefinition);
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
        self.instance_named(name, Thing::TaskDefinition).is_some()
    }
}

/// Whether ECS may give a role to tasks, as far as its trust is known.
fn may_be_of_tasks(role: &Instance) -> bool {
    match role.text(&["assume_role_policy"]) {
        Ok(trust) => trust.is_some_and(|trust| trust.contains("ecs-tasks")),
        Err(_) => true,
    }
}
