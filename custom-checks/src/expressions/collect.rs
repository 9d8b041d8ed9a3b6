//! The parts of lists and objects, one after the other, for [`super::facts_value`].

use serde::ser::{self, Serialize};

use super::facts_value::{Failed, ToNode};
use super::node::{Map, Node};

/// Collects a list's elements, an object's members, or a map's entries.
pub struct Collect {
    elements: Vec<Node>,
    members: Vec<(String, Node)>,
    key: String,
    /// The variant around it, where it is that of an enum.
    variant: Option<&'static str>,
}

impl Collect {
    pub fn new(variant: Option<&'static str>) -> Collect {
        Collect {
            elements: Vec::new(),
            members: Vec::new(),
            key: String::new(),
            variant,
        }
    }

    fn push<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.elements.push(value.serialize(ToNode)?);
        Ok(())
    }

    fn insert<T: Serialize + ?Sized>(&mut self, name: &str, value: &T) -> Result<(), Failed> {
        self.members
            .push((name.to_owned(), value.serialize(ToNode)?));
        Ok(())
    }

    pub fn within(variant: Option<&'static str>, node: Node) -> Node {
        match variant {
            Some(variant) => Node::Struct(vec![(variant.to_owned(), node)]),
            None => node,
        }
    }

    fn list(self) -> Result<Node, Failed> {
        Ok(Collect::within(self.variant, Node::List(self.elements)))
    }

    fn object(self) -> Result<Node, Failed> {
        Ok(Collect::within(self.variant, Node::Struct(self.members)))
    }
}

impl ser::SerializeSeq for Collect {
    type Ok = Node;
    type Error = Failed;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push(value)
    }
    fn end(self) -> Result<Node, Failed> {
        self.list()
    }
}

impl ser::SerializeTuple for Collect {
    type Ok = Node;
    type Error = Failed;
    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push(value)
    }
    fn end(self) -> Result<Node, Failed> {
        self.list()
    }
}

impl ser::SerializeTupleStruct for Collect {
    type Ok = Node;
    type Error = Failed;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push(value)
    }
    fn end(self) -> Result<Node, Failed> {
        self.list()
    }
}

impl ser::SerializeTupleVariant for Collect {
    type Ok = Node;
    type Error = Failed;
    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        self.push(value)
    }
    fn end(self) -> Result<Node, Failed> {
        self.list()
    }
}

impl ser::SerializeStruct for Collect {
    type Ok = Node;
    type Error = Failed;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        self.insert(name, value)
    }
    fn end(self) -> Result<Node, Failed> {
        self.object()
    }
}

impl ser::SerializeStructVariant for Collect {
    type Ok = Node;
    type Error = Failed;
    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Failed> {
        self.insert(name, value)
    }
    fn end(self) -> Result<Node, Failed> {
        self.object()
    }
}

impl ser::SerializeMap for Collect {
    type Ok = Node;
    type Error = Failed;
    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Failed> {
        self.key = match key.serialize(ToNode)? {
            Node::Text(text) => text,
            other => format!("{other:?}"),
        };
        Ok(())
    }
    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Failed> {
        let key = std::mem::take(&mut self.key);
        self.insert(&key, value)
    }
    fn end(self) -> Result<Node, Failed> {
        Ok(Node::Map(Map {
            entries: self.members,
            incomplete: None,
        }))
    }
}
