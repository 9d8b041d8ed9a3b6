//! The facts as values of CEL, which notice when an expression comes upon something that could not be seen.

use std::any::Any;
use std::sync::Arc;

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as CelIterator, Sizer};
use cel::common::types::{CelBool, CelDouble, CelInt, CelList, CelNull, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use model::facts::Unavailable;

use super::node::{Map, Node};
use super::unseen::Unseen;

/// An object of the facts. Its keys come in order, so that what is said of them is the same every time.
#[derive(Debug, Clone)]
pub struct Object(Arc<Members>);

#[derive(Debug)]
struct Members {
    /// By key, in order.
    entries: Vec<(CelString<'static>, Member)>,
    incomplete: Option<Unavailable>,
    /// Something that could not be seen, at any depth.
    hidden: Option<Unavailable>,
    unseen: Unseen,
}

#[derive(Debug)]
enum Member {
    Known(Box<dyn Val>),
    Unseen(Unavailable),
}

/// A fact as a value; the reason, where it could not be seen.
pub fn value(node: &Node, unseen: &Unseen) -> Result<Box<dyn Val>, Unavailable> {
    Ok(match node {
        Node::Null => Box::new(CelNull),
        Node::Bool(value) => Box::new(CelBool::from(*value)),
        Node::Int(value) => Box::new(CelInt::from(*value)),
        Node::Float(value) => Box::new(CelDouble::from(*value)),
        Node::Text(text) => Box::new(CelString::from(text.clone())),
        Node::List(nodes) => {
            let values: Result<Vec<_>, _> = nodes.iter().map(|node| value(node, unseen)).collect();
            Box::new(CelList::from(values?))
        }
        Node::Struct(members) => Box::new(object(members, None, unseen)),
        Node::Map(Map {
            entries,
            incomplete,
        }) => Box::new(object(entries, incomplete.clone(), unseen)),
        Node::Unseen(why) => return Err(why.clone()),
    })
}

fn object(entries: &[(String, Node)], incomplete: Option<Unavailable>, unseen: &Unseen) -> Object {
    let mut hidden = incomplete.clone();
    let mut members: Vec<(CelString<'static>, Member)> = entries
        .iter()
        .map(|(name, node)| {
            hidden = hidden.take().or_else(|| find_hidden(node));
            let member = match value(node, unseen) {
                Ok(value) => Member::Known(value),
                Err(why) => Member::Unseen(why),
            };
            (CelString::from(name.clone()), member)
        })
        .collect();
    members.sort_by(|(a, _), (b, _)| a.inner().cmp(b.inner()));
    Object(Arc::new(Members {
        entries: members,
        incomplete,
        hidden,
        unseen: unseen.clone(),
    }))
}

fn find_hidden(node: &Node) -> Option<Unavailable> {
    match node {
        Node::Unseen(why) => Some(why.clone()),
        Node::List(nodes) => nodes.iter().find_map(find_hidden),
        Node::Struct(entries) => entries.iter().find_map(|(_, node)| find_hidden(node)),
        Node::Map(map) => {
            let within = || map.entries.iter().find_map(|(_, node)| find_hidden(node));
            map.incomplete.clone().or_else(within)
        }
        Node::Null | Node::Bool(_) | Node::Int(_) | Node::Float(_) | Node::Text(_) => None,
    }
}

impl Object {
    fn find(&self, key: &dyn Val) -> Result<Option<&Member>, ExecutionError> {
        let Some(key) = key.downcast_ref::<CelString>() else {
            return Ok(None);
        };
        let entries = &self.0.entries;
        match entries.binary_search_by(|(name, _)| name.inner().cmp(key.inner())) {
            Ok(index) => Ok(entries.get(index).map(|(_, member)| member)),
            Err(_) => match &self.0.incomplete {
                Some(why) => Err(self.0.unseen.note(why)),
                None => Ok(None),
            },
        }
    }

    /// Its keys with what is known under them, for printing.
    pub fn known(&self) -> impl Iterator<Item = (&str, Option<&dyn Val>)> {
        self.0.entries.iter().map(|(name, member)| match member {
            Member::Known(value) => (name.inner(), Some(value.as_ref())),
            Member::Unseen(_) => (name.inner(), None),
        })
    }
}

impl Val for Object {
    fn get_type(&self) -> &Type {
        &MAP_TYPE
    }
    fn cel_type() -> &'static Type {
        &MAP_TYPE
    }
    fn as_container(&self) -> Option<&dyn Container> {
        Some(self)
    }
    fn as_indexer<'b, 'v>(&'b self) -> Option<&'b (dyn Indexer + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }
    fn as_iterable<'b, 'v>(&'b self) -> Option<&'b (dyn Iterable + 'v)>
    where
        Self: 'v,
    {
        Some(self)
    }
    fn as_sizer(&self) -> Option<&dyn Sizer> {
        Some(self)
    }
    fn equals(&self, other: &dyn Val) -> bool {
        let Some(other) = other.downcast_ref::<Object>() else {
            return false;
        };
        for side in [self, other] {
            if let Some(why) = &side.0.hidden {
                side.0.unseen.spoil(why);
            }
        }
        self.0.entries.len() == other.0.entries.len()
            && self.known().zip(other.known()).all(|(mine, theirs)| {
                mine.0 == theirs.0
                    && match (mine.1, theirs.1) {
                        (Some(mine), Some(theirs)) => mine.equals(theirs),
                        (mine, theirs) => mine.is_none() && theirs.is_none(),
                    }
            })
    }
    fn clone_as_boxed<'v>(&self) -> Box<dyn Val + 'v> {
        Box::new(self.clone())
    }
    fn as_any(&self) -> Option<&dyn Any> {
        Some(self)
    }
}

impl StaticVal for Object {}

impl Container for Object {
    fn contains(&self, key: &dyn Val) -> Result<bool, ExecutionError> {
        self.find(key).map(|member| member.is_some())
    }
}

impl Indexer for Object {
    fn get<'b, 'v>(&'b self, key: &dyn Val) -> Result<CowVal<'b, 'v>, ExecutionError>
    where
        Self: 'v,
    {
        match self.find(key)? {
            Some(Member::Known(value)) => Ok(CowVal::Borrowed(value.as_ref())),
            Some(Member::Unseen(why)) => Err(self.0.unseen.note(why)),
            None => {
                let key = key.downcast_ref::<CelString>().map(CelString::inner);
                Err(ExecutionError::no_such_key(
                    key.unwrap_or("a key that is no text"),
                ))
            }
        }
    }

    fn steal<'v>(self: Box<Self>, key: &dyn Val) -> Result<Box<dyn Val + 'v>, ExecutionError>
    where
        Self: 'v,
    {
        self.get(key).map(CowVal::into_owned)
    }
}

impl Iterable for Object {
    fn iter<'b, 'v>(&'b self) -> Box<dyn CelIterator<'b, 'v> + 'b>
    where
        Self: 'v,
    {
        if let Some(why) = &self.0.incomplete {
            self.0.unseen.spoil(why);
        }
        Box::new(Keys(self.0.entries.iter()))
    }
}

struct Keys<'b>(std::slice::Iter<'b, (CelString<'static>, Member)>);

impl<'b, 'v> CelIterator<'b, 'v> for Keys<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|(name, _)| name as &dyn Val)
    }
}

impl Sizer for Object {
    fn size(&self) -> CelInt {
        if let Some(why) = &self.0.incomplete {
            self.0.unseen.spoil(why);
        }
        i64::try_from(self.0.entries.len())
            .unwrap_or(i64::MAX)
            .into()
    }
}
