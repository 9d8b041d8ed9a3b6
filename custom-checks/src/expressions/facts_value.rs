//! Turns facts into CEL values.
//!
//! JSON would not do as a step between: there, a tag named `known` looks like a fact that is known. `serde_content`
//! keeps the names of types, and tells objects of a type from maps.

use cel::common::types::{CelBool, CelBytes, CelDouble, CelInt, CelList, CelNull, CelString};
use cel::common::value::Val;
use model::facts::{Fact, Unavailable};
use serde::{Deserialize, Serialize};
use serde_content::{Data, Deserializer, Number, Serializer, Value};

use super::object::{FactValue, Keys, Members, Object};
use super::unknown_reads::UnknownReads;

/// A fact with the names of its types.
pub fn content<T: Serialize>(fact: T) -> Value<'static> {
    // Facts never fail to serialize.
    let content = Serializer::new().human_readable().serialize(fact);
    content.unwrap_or_else(|error| {
        let why = Unavailable::not_asked("this program", error.to_string());
        unavailable(&why)
    })
}

/// A fact that could not be read.
pub fn unavailable(why: &Unavailable) -> Value<'static> {
    content(Fact::<()>::Unavailable(why.clone()))
}

/// Adds members to an object of a type. Of two members with the same name the last counts.
pub fn with_members<const N: usize>(
    mut object: Value<'static>,
    members: [(&'static str, Value<'static>); N],
) -> Value<'static> {
    if let Value::Struct(object) = &mut object
        && let Data::Struct { fields } = &mut object.data
    {
        let members = members.into_iter();
        fields.extend(members.map(|(name, value)| (name.into(), value)));
    }
    object
}

/// Makes the CEL value of a fact.
pub fn value(content: Value, reads: &UnknownReads) -> FactValue {
    match content {
        Value::Unit | Value::Option(None) => Ok(Box::new(CelNull)),
        Value::Option(Some(content)) => value(*content, reads),
        Value::Bool(content) => Ok(Box::new(CelBool::from(content))),
        Value::Number(number) => Ok(number_value(number)),
        Value::Char(content) => Ok(Box::new(CelString::from(content.to_string()))),
        Value::String(content) => Ok(Box::new(CelString::from(content.into_owned()))),
        Value::Bytes(content) => Ok(Box::new(CelBytes::from(content.into_owned()))),
        Value::Seq(contents) | Value::Tuple(contents) => list(contents, reads),
        Value::Map(entries) => {
            let entries = entries.into_iter().map(|(key, content)| match key {
                Value::String(key) => (key.into_owned(), content),
                other => (format!("{other:?}"), content),
            });
            Ok(object(entries, Keys::Data, reads))
        }
        Value::Struct(content) => data(content.data, reads),
        Value::Enum(content) => match (&*content.name, &*content.variant, content.data) {
            ("Fact", "absent", _) => Ok(Box::new(CelNull)),
            ("Fact", "known", known) => data(known, reads),
            ("Fact", "unavailable", Data::NewType { value }) => Err(reason(value)),
            (_, variant, Data::Unit) => Ok(Box::new(CelString::from(variant.to_owned()))),
            (_, variant, inside) => {
                let inside = data(inside, reads);
                let members = Members::from([(CelString::from(variant.to_owned()), inside)]);
                Ok(Box::new(Object::new(members, Keys::Fixed, reads)))
            }
        },
    }
}

fn data(content: Data, reads: &UnknownReads) -> FactValue {
    match content {
        Data::Unit => Ok(Box::new(CelNull)),
        Data::NewType { value: content } => value(content, reads),
        Data::Tuple { values } => list(values, reads),
        Data::Struct { fields } => {
            let fields = fields.into_iter();
            let fields = fields.map(|(name, content)| (name.into_owned(), content));
            Ok(object(fields, Keys::Fixed, reads))
        }
    }
}

fn object<'c>(
    entries: impl Iterator<Item = (String, Value<'c>)>,
    keys: Keys,
    reads: &UnknownReads,
) -> Box<dyn Val> {
    let members = entries.map(|(name, content)| (CelString::from(name), value(content, reads)));
    Box::new(Object::new(members.collect(), keys, reads))
}

fn list(contents: Vec<Value>, reads: &UnknownReads) -> FactValue {
    let values = contents.into_iter().map(|content| value(content, reads));
    let values: Vec<Box<dyn Val>> = values.collect::<Result<_, _>>()?;
    Ok(Box::new(CelList::from(values)))
}

fn number_value(number: Number) -> Box<dyn Val> {
    let number = serde_json::to_value(number).unwrap_or_default();
    match (number.as_i64(), number.as_f64()) {
        (Some(integer), _) => Box::new(CelInt::from(integer)),
        (None, Some(float)) => Box::new(CelDouble::from(float)),
        (None, None) => Box::new(CelNull),
    }
}

fn reason(content: Value) -> Unavailable {
    let deserializer = Deserializer::new(content).human_readable();
    Unavailable::deserialize(deserializer)
        .unwrap_or_else(|error| Unavailable::not_asked("this program", error.to_string()))
}
