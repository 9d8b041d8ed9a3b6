//! What an expression of a template comes to before deployment.

use std::collections::BTreeMap;

use serde_json::Value;

/// The value of an expression, as far as it is known.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `AWS::NoValue`: the property is left out.
    NoValue,
    /// A text, number or flag.
    Scalar(Value),
    List(Vec<Node>),
    Map(BTreeMap<String, Node>),
    /// What `Ref` or `Fn::GetAtt` returns for a resource of the templates.
    Reference(Reference),
    /// A text that contains references or the unknown account, in order.
    Joined(Vec<Node>),
    /// The ID of the account that the stack is deployed to, which is unknown.
    OwnAccount,
    /// Unknown before deployment, and what it depends on.
    Unknown(String),
}

/// A reference to a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The position of the stack.
    pub stack: usize,
    pub logical_id: String,
    /// The attribute; `None` for `Ref`.
    pub attribute: Option<String>,
}

static NO_VALUE: Node = Node::NoValue;

impl Node {
    pub fn text(text: impl Into<String>) -> Node {
        Node::Scalar(Value::String(text.into()))
    }

    /// A field; `NoValue` if there is none. A field of something unknown is unknown too.
    pub fn field(&self, name: &str) -> &Node {
        match self {
            Node::Map(fields) => fields.get(name).unwrap_or(&NO_VALUE),
            Node::Unknown(_) | Node::Reference(_) | Node::Joined(_) | Node::OwnAccount => self,
            _ => &NO_VALUE,
        }
    }

    /// What is at a path of fields such as `a.b`; the node itself if the path is empty.
    pub fn at(&self, path: &str) -> &Node {
        let names = path.split('.').filter(|name| !name.is_empty());
        names.fold(self, Node::field)
    }

    /// The elements; one value counts as a list of one. `Err` if the list as a whole is unknown.
    pub fn items(&self) -> Result<&[Node], &Node> {
        match self {
            Node::List(items) => Ok(items),
            Node::NoValue => Ok(&[]),
            Node::Scalar(_) | Node::Map(_) => Ok(std::slice::from_ref(self)),
            _ => Err(self),
        }
    }

    /// A known scalar as text.
    pub fn as_text(&self) -> Option<String> {
        match self {
            Node::Scalar(Value::String(text)) => Some(text.clone()),
            Node::Scalar(Value::Null) => None,
            Node::Scalar(value) => Some(value.to_string()),
            _ => None,
        }
    }

    /// Why some part of it is unknown.
    pub fn unknown(&self) -> Option<&str> {
        match self {
            Node::Unknown(why) => Some(why),
            Node::OwnAccount => Some("AWS::AccountId"),
            Node::List(items) | Node::Joined(items) => items.iter().find_map(Node::unknown),
            Node::Map(fields) => fields.values().find_map(Node::unknown),
            _ => None,
        }
    }
}
