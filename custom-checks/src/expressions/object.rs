//! Objects of the facts as CEL values, which notice when an expression needs what could not be read.

use std::any::Any;
use std::collections::{BTreeMap, btree_map};
use std::sync::Arc;

use cel::ExecutionError;
use cel::common::traits::{Container, Indexer, Iterable, Iterator as CelIterator, Sizer};
use cel::common::types::{CelInt, CelList, CelString, MAP_TYPE, Type};
use cel::common::value::{CowVal, StaticVal, Val};
use model::facts::Unavailable;

use super::unknown_reads::UnknownReads;

/// A fact as a CEL value, or why it could not be read.
pub type FactValue = Result<Box<dyn Val>, Unavailable>;

/// An object of the facts. Cloning shares its content.
#[derive(Debug, Clone)]
pub struct Object(Arc<Content>);

#[derive(Debug)]
struct Content {
    members: Members,
    keys: Keys,
    /// A fact that could not be read, at any depth: the object cannot be compared.
    unreadable: Option<Unavailable>,
    reads: UnknownReads,
}

/// By name, sorted, so that texts and lists are the same every time.
pub type Members = BTreeMap<CelString<'static>, FactValue>;

/// Which keys an object can have.
#[derive(Debug, Clone)]
pub enum Keys {
    /// Those of its type. Another key is a spelling mistake.
    Fixed,
    /// They are data: tags, tasks by ARN.
    Data,
    /// They are data, and there may be more than were read.
    Incomplete(Unavailable),
}

impl Object {
    /// An object that records reads in `reads`.
    pub fn new(members: Members, keys: Keys, reads: &UnknownReads) -> Object {
        let unreadable = match &keys {
            Keys::Incomplete(why) => Some(why.clone()),
            Keys::Fixed | Keys::Data => members.values().find_map(|member| match member {
                Ok(value) => unreadable(value.as_ref()),
                Err(why) => Some(why.clone()),
            }),
        };
        Object(Arc::new(Content {
            unreadable,
            members,
            keys,
            reads: reads.clone(),
        }))
    }

    /// Whether another key is a spelling mistake.
    pub fn has_fixed_keys(&self) -> bool {
        matches!(self.0.keys, Keys::Fixed)
    }

    /// A member by its name.
    pub fn member(&self, name: &str) -> Option<&FactValue> {
        self.0.members.get(&CelString::from(name.to_owned()))
    }

    /// All members, sorted by name.
    pub fn members(&self) -> impl Iterator<Item = (&str, &FactValue)> {
        let members = self.0.members.iter();
        members.map(|(name, value)| (name.inner(), value))
    }

    /// An object with the same keys and other values.
    pub fn map_members(&self, map: impl Fn(&str, FactValue) -> FactValue) -> Object {
        let Content {
            members,
            keys,
            reads,
            ..
        } = &*self.0;
        let members = members.iter();
        let members = members.map(|(name, value)| (name.clone(), map(name.inner(), value.clone())));
        Object::new(members.collect(), keys.clone(), reads)
    }

    fn find(&self, key: &dyn Val) -> Result<Option<&FactValue>, ExecutionError> {
        let key = key.downcast_ref::<CelString>();
        match (key.and_then(|key| self.member(key.inner())), &self.0.keys) {
            (None, Keys::Incomplete(why)) if key.is_some() => Err(self.0.reads.error(why)),
            (found, _) => Ok(found),
        }
    }

    fn taint_if_incomplete(&self) {
        if let Keys::Incomplete(why) = &self.0.keys {
            self.0.reads.set_taint(why);
        }
    }
}

/// Marks a value as incomplete: an object with fixed keys in its members, another by its keys. A list becomes
/// unreadable, because it has no keys to look up.
pub fn incomplete(value: FactValue, why: &Unavailable) -> FactValue {
    let value = value?;
    let Some(object) = value.downcast_ref::<Object>() else {
        let is_list = value.downcast_ref::<CelList>().is_some();
        return if is_list { Err(why.clone()) } else { Ok(value) };
    };
    if object.has_fixed_keys() {
        return Ok(Box::new(
            object.map_members(|_, value| incomplete(value, why)),
        ));
    }
    let (members, keys) = (object.0.members.clone(), Keys::Incomplete(why.clone()));
    Ok(Box::new(Object::new(members, keys, &object.0.reads)))
}

/// A fact in a value that could not be read, at any depth.
fn unreadable(value: &dyn Val) -> Option<Unavailable> {
    if let Some(object) = value.downcast_ref::<Object>() {
        return object.0.unreadable.clone();
    }
    let list = value.downcast_ref::<CelList>()?;
    list.inner().iter().find_map(|one| unreadable(one.as_ref()))
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
            if let Some(why) = &side.0.unreadable {
                side.0.reads.set_taint(why);
            }
        }
        let mut both = self.members().zip(other.members());
        self.0.members.len() == other.0.members.len()
            && both.all(|((name, mine), (other, theirs))| match (mine, theirs) {
                (Ok(mine), Ok(theirs)) => name == other && mine.equals(theirs.as_ref()),
                // Tainted anyhow.
                _ => false,
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
            Some(Ok(value)) => Ok(CowVal::Borrowed(value.as_ref())),
            Some(Err(why)) => Err(self.0.reads.error(why)),
            None => {
                let key = key.downcast_ref::<CelString>().map(CelString::inner);
                Err(ExecutionError::no_such_key(
                    key.unwrap_or("a key that is not a string"),
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
        self.taint_if_incomplete();
        Box::new(KeyIterator(self.0.members.keys()))
    }
}

struct KeyIterator<'b>(btree_map::Keys<'b, CelString<'static>, FactValue>);

impl<'b, 'v> CelIterator<'b, 'v> for KeyIterator<'b> {
    fn next(&mut self) -> Option<&'b (dyn Val + 'v)> {
        self.0.next().map(|name| name as &dyn Val)
    }
}

impl Sizer for Object {
    fn size(&self) -> CelInt {
        self.taint_if_incomplete();
        i64::try_from(self.0.members.len())
            .unwrap_or(i64::MAX)
            .into()
    }
}
