//! Turns anything serde can write into a [`Node`].
//!
//! JSON would not do: there, a tag named `known` looks like a fact that is known. A serializer still sees which
//! type it is given.

use std::fmt;

use checks::facts::Unavailable;
use serde::ser::{self, Serialize};

use super::collect::Collect;
use super::node::Node;

/// The facts never fail to serialize; if one did, it could not be seen.
pub fn node<T: Serialize + ?Sized>(value: &T) -> Node {
    value.serialize(ToNode).unwrap_or_else(|Failed(message)| {
        Node::Unseen(Unavailable::not_asked("this program", message))
    })
}

#[derive(Clone, Copy)]
pub struct ToNode;

#[derive(Debug)]
pub struct Failed(String);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Failed {}

impl ser::Error for Failed {
    fn custom<T: fmt::Display>(message: T) -> Failed {
        Failed(message.to_string())
    }
}

/// `Fact::Unavailable`, from its members.
fn unseen(node: &Node) -> Node {
    let text = |name: &str| match node.member(name) {
        Some(Node::Text(text)) => text.clone(),
        _ => String::new(),
    };
    let reason = serde_json::from_value(serde_json::Value::String(text("reason")))
        .unwrap_or(checks::facts::Reason::Failed);
    Node::Unseen(Unavailable::new(text("action"), reason, text("message")))
}

macro_rules! ints {
    ($($method:ident: $int:ty),*) => {
        $(fn $method(self, value: $int) -> Result<Node, Failed> {
            Ok(i64::try_from(value).map_or(Node::Float(value as f64), Node::Int))
        })*
    };
}

impl ser::Serializer for ToNode {
    type Ok = Node;
    type Error = Failed;
    type SerializeSeq = Collect;
    type SerializeTuple = Collect;
    type SerializeTupleStruct = Collect;
    type SerializeTupleVariant = Collect;
    type SerializeMap = Collect;
    type SerializeStruct = Collect;
    type SerializeStructVariant = Collect;

    ints!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
          serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);

    fn serialize_bool(self, value: bool) -> Result<Node, Failed> {
        Ok(Node::Bool(value))
    }
    fn serialize_f32(self, value: f32) -> Result<Node, Failed> {
        Ok(Node::Float(value.into()))
    }
    fn serialize_f64(self, value: f64) -> Result<Node, Failed> {
        Ok(Node::Float(value))
    }
    fn serialize_char(self, value: char) -> Result<Node, Failed> {
        Ok(Node::Text(value.into()))
    }
    fn serialize_str(self, value: &str) -> Result<Node, Failed> {
        Ok(Node::Text(value.to_owned()))
    }
    fn serialize_bytes(self, value: &[u8]) -> Result<Node, Failed> {
        Ok(Node::Text(String::from_utf8_lossy(value).into_owned()))
    }
    fn serialize_none(self) -> Result<Node, Failed> {
        Ok(Node::Null)
    }
    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Node, Failed> {
        value.serialize(self)
    }
    fn serialize_unit(self) -> Result<Node, Failed> {
        Ok(Node::Null)
    }
    fn serialize_unit_struct(self, _: &'static str) -> Result<Node, Failed> {
        Ok(Node::Null)
    }
    fn serialize_unit_variant(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Node, Failed> {
        Ok(match (name, variant) {
            ("Fact", "absent") => Node::Null,
            _ => Node::Text(variant.to_owned()),
        })
    }
    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<Node, Failed> {
        value.serialize(self)
    }
    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Node, Failed> {
        let node = value.serialize(self)?;
        Ok(match (name, variant) {
            ("Fact", "known") => node,
            ("Fact", "unavailable") => unseen(&node),
            _ => Collect::within(Some(variant), node),
        })
    }
    fn serialize_seq(self, _: Option<usize>) -> Result<Collect, Failed> {
        Ok(Collect::new(None))
    }
    fn serialize_tuple(self, _: usize) -> Result<Collect, Failed> {
        Ok(Collect::new(None))
    }
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Collect, Failed> {
        Ok(Collect::new(None))
    }
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Collect, Failed> {
        Ok(Collect::new(Some(variant)))
    }
    fn serialize_map(self, _: Option<usize>) -> Result<Collect, Failed> {
        Ok(Collect::new(None))
    }
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Collect, Failed> {
        Ok(Collect::new(None))
    }
    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Collect, Failed> {
        Ok(Collect::new(Some(variant)))
    }
}
