//! Reads the properties of one resource into attributes.

use std::cell::RefCell;
use std::collections::BTreeMap;

use serde_json::Value;

use super::names::generated_name;
use super::resource_types::{Properties, ResourceType};
use super::role_arn::role_of_arn;
use crate::attribute::{Attribute, Fields};
use crate::evaluate::{Evaluator, merged_macro};
use crate::node::{Node, Reference};
use crate::stack::{Action, StackResource};

/// Translates one resource.
#[derive(Clone)]
pub struct Translator<'a> {
    pub evaluator: &'a Evaluator<'a>,
    pub reasons: &'a RefCell<BTreeMap<String, String>>,
    pub stack: usize,
    pub resource: &'a StackResource,
    pub address: String,
    /// Reads the properties before the update.
    pub before: bool,
}

impl Translator<'_> {
    /// The attributes that equal properties, for a resource of this type.
    pub fn copied_as(&self, resource_type: &str) -> Fields {
        let Some(resource_type) = ResourceType::find(resource_type) else {
            return Fields::default();
        };
        self.copied("", &resource_type.properties, &|name| self.property(name))
    }

    /// The attributes that equal properties, of the resource or of a block at a path. `property` reads one of its
    /// properties.
    fn copied(
        &self,
        path: &str,
        properties: &Properties,
        property: &dyn Fn(&str) -> Node,
    ) -> Fields {
        let path = |attribute: &str| match path {
            "" => attribute.to_owned(),
            path => format!("{path}.{attribute}"),
        };
        type Read<'t> = fn(&Translator<'t>, &str, &Node) -> Option<Attribute>;
        let readers: [(_, Read); 4] = [
            (&properties.texts, Translator::text),
            (&properties.flags, Translator::flag),
            (&properties.lists, Translator::list),
            (&properties.documents, Translator::document),
        ];
        let mut fields = Fields::default();
        for (names, read) in readers {
            for (attribute, name) in names {
                fields.set(attribute, read(self, &path(attribute), &property(name)));
            }
        }
        for (attribute, block) in &properties.blocks {
            let path = path(attribute);
            let blocks = self.blocks(&path, &property(block.property), |node| {
                self.copied(&path, &block.properties, &|name| node.at(name).clone())
            });
            fields.set(attribute, blocks);
        }
        fields
    }

    /// The property at a path such as `NetworkConfiguration.AwsvpcConfiguration`.
    pub fn property(&self, path: &str) -> Node {
        let (name, rest) = path.split_once('.').unwrap_or((path, ""));
        let properties = match self.before || self.resource.action == Action::Delete {
            true => &self.resource.before,
            false => &self.resource.properties,
        };
        let Some(value) = properties.get(name) else {
            let merged = properties.as_object().and_then(merged_macro);
            return merged.map_or(Node::NoValue, Node::Unknown);
        };
        self.evaluator.evaluate(self.stack, value).at(rest).clone()
    }

    /// Remembers what an attribute depends on.
    pub fn note(&self, path: &str, why: Option<&str>) {
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
            Node::Joined(parts) => match role_of_arn(self.evaluator, self.stack, parts) {
                Some(role) => self.reference(&role),
                None => Attribute::unknown(),
            },
            Node::Map(_) | Node::OwnAccount | Node::Unknown(_) => Attribute::unknown(),
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
        let property = ResourceType::find(&resource.resource_type)?.name?;
        let value = resource.properties.get(property).unwrap_or(&Value::Null);
        let name = self.evaluator.evaluate(reference.stack, value).as_text();
        name.or_else(|| resource.physical_id.clone())
    }

    /// `Ref` of the resource itself.
    pub fn own_reference(&self) -> Node {
        Node::Reference(Reference {
            stack: self.stack,
            logical_id: self.resource.logical_id.clone(),
            attribute: None,
        })
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
        let name = reference.attribute.as_deref().unwrap_or("Ref");
        let resource_type = ResourceType::find(&resource.resource_type);
        let returned =
            resource_type.and_then(|row| Some((row.terraform_type, *row.returns.get(name)?)));
        let Some((kind, attribute)) = returned else {
            return Attribute::unknown();
        };
        // Others refer to these by name, so they need one before CloudFormation generates it.
        let goes_by_name = ["aws_ecs_cluster", "aws_ecs_capacity_provider"].contains(&kind);
        match self.reference_name(reference) {
            Some(name) if goes_by_name || attribute == "name" || attribute == "bucket" => {
                return Attribute::known(name);
            }
            None if goes_by_name => {
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
