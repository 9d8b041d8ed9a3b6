//! Which thing an attribute names, by its value or, before apply, by its references.

use std::cell::Cell;

use serde_json::Value;

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
}

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
            Seen::Later => match self.candidates(of, path, thing).as_slice() {
                [one] => Ok(Some(one.clone())),
                _ => Err(of.later(path)),
            },
        }
    }

    /// All things that an attribute names.
    pub fn all(&self, of: &Instance, path: &[&str], thing: Thing) -> Known<Vec<String>> {
        let items = match of.at(path) {
            Seen::Unset => return Ok(Vec::new()),
            Seen::Value(Value::Array(items)) => items,
            Seen::Value(_) => return Err(of.later(path)),
            Seen::Later => {
                let candidates = self.whole_list(of, path, thing);
                return match candidates.is_empty() {
                    true => Err(of.later(path)),
                    false => Ok(candidates),
                };
            }
        };
        let mut named: Vec<String> = items
            .iter()
            .filter_map(Value::as_str)
            .map(|text| self.canonical(text, thing))
            .collect();
        let unknown = items.len() - named.len();
        if unknown > 0 {
            let candidates = self.candidates(of, path, thing);
            if candidates.len() != unknown {
                return Err(of.later(path));
            }
            named.extend(candidates);
        }
        Ok(named)
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
        let role = self
            .plan
            .of_kind(Thing::Role.kinds())
            .find(|role| role.text(&["name"]) == Ok(Some(name)) || role.address == name);
        match role {
            Some(role) => self.name_of(role, Thing::Role),
            None => name.to_owned(),
        }
    }

    /// A service may name the latest revision of a family.
    fn definition_named(&self, text: &str) -> String {
        let names = ["arn", "arn_without_revision", "family"];
        let definition = self
            .plan
            .of_kind(Thing::TaskDefinition.kinds())
            .find(|definition| {
                names
                    .iter()
                    .any(|name| definition.text(&[name]) == Ok(Some(text)))
            });
        match definition {
            Some(definition) => self.name_of(definition, Thing::TaskDefinition),
            None => text.to_owned(),
        }
    }
}
