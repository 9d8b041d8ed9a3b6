//! Translates the resources of stacks into those of a Terraform plan, which the rest of the program reads.
//!
//! `Ref` and `Fn::GetAtt` become references to one resource, and everything that is unknown before deployment becomes a
//! reference that leads nowhere: nothing is guessed.

mod ecs;
mod iam;
mod identity;
mod names;
mod network;
mod records;

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::{Value, json};
use terraform_plan::{PlanError, TerraformPlan};

use crate::attribute::{Attribute, Fields};
use crate::evaluate::{Environment, Evaluator};
use crate::node::{Node, Reference};
use crate::stack::{Action, Stack, StackResource};
use identity::{ALL, generated_names, identity, kept_if_conditional};
use names::{name_property, terraform_reference};

pub use names::generated_name;

/// A plan with where its resources come from.
pub struct Translation {
    pub plan: TerraformPlan,
    /// The position of the stack and the logical ID of each resource, by address.
    pub origins: BTreeMap<String, (usize, String)>,
    /// What unknown attributes depend on, by `ATTRIBUTE of ADDRESS`.
    pub reasons: BTreeMap<String, String>,
}

/// A resource of the plan.
pub struct Planned {
    pub terraform_type: &'static str,
    pub is_data: bool,
    /// Appended to the name and address: one resource of a stack can stand for several.
    pub part: String,
    pub fields: Fields,
}

impl Planned {
    pub fn new(terraform_type: &'static str, fields: Fields) -> Planned {
        Planned {
            terraform_type,
            is_data: false,
            part: String::new(),
            fields,
        }
    }
}

/// Translates the stacks into a plan.
pub fn translate(stacks: &[Stack], environment: &Environment) -> Result<Translation, PlanError> {
    let evaluator = Evaluator::new(stacks, environment);
    let reasons = RefCell::default();
    let mut document = Document::default();
    let mut origins = BTreeMap::new();
    for (at, stack) in stacks.iter().enumerate() {
        document.is_partial |= stack.incomplete;
        for resource in &stack.resources {
            let condition = resource.condition.as_deref();
            let exists = condition.map_or(Some(true), |name| evaluator.condition(at, name));
            if exists == Some(false) {
                continue;
            }
            let translator = Translator {
                evaluator: &evaluator,
                reasons: &reasons,
                stack: at,
                resource,
                address: address(stacks, at, &resource.logical_id),
                before: false,
            };
            document.add(&translator, exists.is_none());
            origins.insert(translator.address, (at, resource.logical_id.clone()));
        }
    }
    let json = serde_json::to_vec(&document.into_json()).unwrap_or_default();
    Ok(Translation {
        plan: terraform_plan::read(&json)?,
        origins,
        reasons: reasons.into_inner(),
    })
}

/// What a resource is called in findings: its logical ID, and its stack if there are several.
pub fn address(stacks: &[Stack], stack: usize, logical_id: &str) -> String {
    match stacks.get(stack).and_then(|stack| stack.name.as_deref()) {
        Some(name) if stacks.len() > 1 => format!("{logical_id} in stack {name}"),
        _ => logical_id.to_owned(),
    }
}

/// The parts of the plan's JSON.
#[derive(Default)]
struct Document {
    changes: Vec<Value>,
    configured: Vec<Value>,
    is_partial: bool,
}

impl Document {
    fn add(&mut self, translator: &Translator, may_be_missing: bool) {
        let resource = translator.resource;
        let Some(planned) = translator.planned() else {
            return;
        };
        let before = Translator {
            before: true,
            ..translator.clone()
        };
        let mut before = match resource.before {
            Value::Null => Vec::new(),
            _ => before.planned().unwrap_or_default(),
        };
        for mut one in planned {
            if may_be_missing {
                translator.note("condition", translator.resource.condition.as_deref());
                let kept = kept_if_conditional(one.terraform_type);
                if kept != ALL {
                    one.fields.forget_all_but(kept);
                }
            }
            let (kind, part) = (one.terraform_type, one.part.clone());
            let name = format!("s{}_{}{part}", translator.stack, resource.logical_id);
            let mut before = match before
                .iter()
                .position(|old| (old.terraform_type, &old.part) == (kind, &part))
            {
                Some(at) => before.remove(at).fields.into_parts().0,
                None => Value::Null,
            };
            let (mut values, mut marks, expressions) = one.fields.into_parts();
            match &resource.physical_id {
                Some(id) => {
                    let ids = identity(kind, id);
                    for target in [&mut values, &mut before] {
                        if let Value::Object(fields) = target {
                            fields.extend(ids.clone());
                        }
                    }
                }
                None => {
                    for name in ["id", "arn", "key_id"] {
                        marks[name] = true.into();
                    }
                    // CloudFormation generates the names that the template leaves out.
                    for name in generated_names(kind) {
                        if values.get(name).is_none() {
                            marks[name] = true.into();
                        }
                    }
                }
            }
            let actions = match (resource.action, one.is_data) {
                (_, true) => "read",
                (Action::Deploy | Action::Create, _) => "create",
                (Action::Update, _) => "update",
                (Action::Delete, _) => "delete",
            };
            let mode = if one.is_data { "data" } else { "managed" };
            let address = match part.is_empty() {
                true => translator.address.clone(),
                false => format!("{} ({part})", translator.address),
            };
            let is_deleted = resource.action == Action::Delete;
            self.changes.push(json!({
                "address": address, "mode": mode, "type": kind, "name": name,
                "change": {
                    "actions": [actions],
                    "before": if is_deleted { values.clone() } else { before },
                    "after": if is_deleted { Value::Null } else { values },
                    "after_unknown": if is_deleted { json!({}) } else { marks },
                },
            }));
            self.configured.push(json!({
                "address": format!("{kind}.{name}"), "mode": mode, "type": kind, "name": name,
                "expressions": expressions,
            }));
        }
    }

    fn into_json(self) -> Value {
        json!({
            "format_version": "1.2",
            "complete": !self.is_partial,
            "resource_changes": self.changes,
            "configuration": {"root_module": {"resources": self.configured}},
        })
    }
}

/// Translates one resource.
#[derive(Clone)]
pub struct Translator<'a> {
    pub evaluator: &'a Evaluator<'a>,
    reasons: &'a RefCell<BTreeMap<String, String>>,
    pub stack: usize,
    pub resource: &'a StackResource,
    pub address: String,
    /// Reads the properties before the update.
    before: bool,
}

impl Translator<'_> {
    /// The resources of the plan; `None` if the type does not decide about sessions.
    fn planned(&self) -> Option<Vec<Planned>> {
        let mut planned = network::translate(self)
            .or_else(|| iam::translate(self))
            .or_else(|| ecs::translate(self))
            .or_else(|| records::translate(self))?;
        let stack = self.evaluator.stacks.get(self.stack);
        if let Some(region) = stack.and_then(|stack| stack.region.as_deref()) {
            for one in &mut planned {
                one.fields.set("region", Some(Attribute::known(region)));
            }
        }
        Some(planned)
    }

    /// A property.
    pub fn property(&self, name: &str) -> Node {
        let properties = match self.before || self.resource.action == Action::Delete {
            true => &self.resource.before,
            false => &self.resource.properties,
        };
        let value = properties.get(name).unwrap_or(&Value::Null);
        self.evaluator.evaluate(self.stack, value)
    }

    /// Remembers what an attribute depends on.
    fn note(&self, path: &str, why: Option<&str>) {
        if let Some(why) = why {
            let key = format!("{path} of {}", self.address);
            self.reasons
                .borrow_mut()
                .entry(key)
                .or_insert_with(|| why.to_owned());
        }
    }

    /// An attribute with the value of a node. `None` if the property is left out.
    pub fn attribute(&self, path: &str, node: &Node) -> Option<Attribute> {
        self.note(path, node.unknown());
        Some(match node {
            Node::NoValue => return None,
            Node::Scalar(value) => Attribute::known(value.clone()),
            Node::Reference(reference) => self.reference(reference),
            Node::List(items) => {
                let items = items.iter().filter_map(|item| self.attribute(path, item));
                Attribute::list(items.collect())
            }
            Node::Map(_) | Node::Joined(_) | Node::Unknown(_) => Attribute::unknown(),
        })
    }

    /// A text; numbers and flags are written out.
    pub fn text(&self, path: &str, node: &Node) -> Option<Attribute> {
        match node.as_text() {
            Some(text) => Some(Attribute::known(text)),
            None => self.attribute(path, node),
        }
    }

    /// A flag, which templates can write as a text.
    pub fn flag(&self, path: &str, node: &Node) -> Option<Attribute> {
        match node.as_text().as_deref() {
            Some("true") => Some(Attribute::known(true)),
            Some("false") => Some(Attribute::known(false)),
            Some(_) => Some(Attribute::unknown()),
            None => self.attribute(path, node),
        }
    }

    /// A list; one value counts as a list of one.
    pub fn list(&self, path: &str, node: &Node) -> Option<Attribute> {
        self.note(path, node.unknown());
        match (node, node.items()) {
            (Node::NoValue, _) => None,
            // `Ref` and `Fn::GetAtt` return one value where a list is wanted.
            (Node::Reference(_), _) => Some(Attribute::list(vec![self.attribute(path, node)?])),
            (_, Err(_)) => Some(Attribute::unknown()),
            (_, Ok(items)) => {
                let items = items.iter().filter_map(|item| self.text(path, item));
                Some(Attribute::list(items.collect()))
            }
        }
    }

    /// Blocks, one for each element of a list. `None` if the property is left out.
    pub fn blocks(
        &self,
        path: &str,
        node: &Node,
        read: impl Fn(&Node) -> Fields,
    ) -> Option<Attribute> {
        self.note(path, node.unknown());
        match (node, node.items()) {
            (Node::NoValue, _) => None,
            (_, Err(_)) => Some(Attribute::unknown()),
            (_, Ok(items)) => Some(Attribute::blocks(items.iter().map(read).collect())),
        }
    }

    /// What a reference to a resource is called: its physical name if the template sets one.
    pub fn reference_name(&self, reference: &Reference) -> Option<String> {
        let resource = self.referred(reference)?;
        let property = name_property(&resource.resource_type)?;
        let value = resource.properties.get(property).unwrap_or(&Value::Null);
        let name = self.evaluator.evaluate(reference.stack, value).as_text();
        name.or_else(|| resource.physical_id.clone())
    }

    pub fn referred(&self, reference: &Reference) -> Option<&StackResource> {
        let stack = self.evaluator.stacks.get(reference.stack)?;
        stack.resource(&reference.logical_id)
    }

    /// Follows an alias to its key.
    fn alias_target(&self, reference: &Reference) -> Option<Node> {
        let resource = self.referred(reference)?;
        let target = match resource.resource_type.as_str() {
            "AWS::KMS::Alias" => resource.properties.get("TargetKeyId")?,
            _ => return None,
        };
        Some(self.evaluator.evaluate(reference.stack, target))
    }

    fn reference(&self, reference: &Reference) -> Attribute {
        // Only `Ref` of an alias leads further: one step, since a key is no alias.
        if let Some(Node::Reference(target)) = self.alias_target(reference)
            && self.alias_target(&target).is_none()
        {
            return self.reference(&target);
        }
        let Some(resource) = self.referred(reference) else {
            return Attribute::unknown();
        };
        let attribute = reference.attribute.as_deref();
        let Some((kind, attribute)) = terraform_reference(&resource.resource_type, attribute)
        else {
            return Attribute::unknown();
        };
        let is_cluster = kind == "aws_ecs_cluster";
        match self.reference_name(reference) {
            Some(name) if is_cluster || attribute == "name" || attribute == "bucket" => {
                return Attribute::known(name);
            }
            None if is_cluster => {
                let (stacks, id) = (self.evaluator.stacks, &reference.logical_id);
                return Attribute::known(generated_name(stacks, reference.stack, id));
            }
            _ => {}
        }
        if let Some(id) = &resource.physical_id
            && (attribute == "id" || id.starts_with("arn:"))
        {
            return Attribute::known(id.clone());
        }
        let name = format!("{kind}.s{}_{}", reference.stack, reference.logical_id);
        Attribute::references(vec![format!("{name}.{attribute}"), name])
    }
}
