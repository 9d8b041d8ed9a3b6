//! What can be said of an expression's value before it is evaluated.

use cel::common::ast::operators;

use super::node::Node;

/// What is known of the value that an expression has.
#[derive(Clone, Copy)]
pub enum Kind<'n> {
    Like(&'n Node),
    Boolean,
    /// The word for it: a text, a number, a list.
    Other(&'static str),
    Open,
}

/// The word for what is neither true nor false.
fn word(node: &Node) -> Option<&'static str> {
    match node {
        Node::Int(_) | Node::Float(_) => Some("a number"),
        Node::Text(_) => Some("a text"),
        Node::List(_) => Some("a list"),
        Node::Struct(_) | Node::Map(_) => Some("an object"),
        Node::Null | Node::Bool(_) | Node::Unseen(_) => None,
    }
}

impl Kind<'static> {
    /// What it is, in a word, where it can never be true or false.
    pub fn word(self) -> Option<&'static str> {
        match self {
            Kind::Like(node) => word(node),
            Kind::Other(word) => Some(word),
            Kind::Boolean | Kind::Open => None,
        }
    }

    /// What is null in an example can be anything.
    pub fn settled(self) -> Kind<'static> {
        match self {
            Kind::Like(Node::Null | Node::Unseen(_)) => Kind::Open,
            Kind::Like(Node::Bool(_)) => Kind::Boolean,
            other => other,
        }
    }
}

/// What a function or operator gives, where it always gives the same kind of thing.
pub fn result_of(name: &str) -> Kind<'static> {
    match name {
        operators::ADD
        | operators::SUBSTRACT
        | operators::MULTIPLY
        | operators::DIVIDE
        | operators::MODULO => Kind::Other("a number or a text"),
        "size" | "int" | "uint" | "double" | "indexOf" | "lastIndexOf" | operators::NEGATE => {
            Kind::Other("a number")
        }
        "string" | "join" | "lowerAscii" | "upperAscii" | "trim" | "replace" | "substring"
        | "format" | "charAt" | "reverse" => Kind::Other("a text"),
        "split" => Kind::Other("a list"),
        _ => Kind::Open,
    }
}
