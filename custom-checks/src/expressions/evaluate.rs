//! Evaluates one program on one subject's variables.

use cel::common::types::{CelBool, CelList, CelNull};
use cel::common::value::{CowVal, Val};
use cel::{ExecutionError, Program, Value};
use model::facts::Unavailable;

use super::object::Object;
use super::unknown_reads::Record;
use super::variables::Variables;
use crate::check::truncate;

/// Why an expression has no value.
pub enum EvalError {
    /// It needs a fact that could not be read.
    Unavailable(Unavailable),
    /// The expression does not fit the facts; the text says why.
    Mismatch(String),
}

impl Variables {
    /// Whether a condition holds.
    pub fn is_true(&self, program: &Program) -> Result<bool, EvalError> {
        let value = self.evaluate(program)?;
        match value.downcast_ref::<CelBool>() {
            Some(answer) => Ok(*answer.inner()),
            None => Err(EvalError::Mismatch(format!(
                "it is {}, but it has to be true or false",
                type_name(value.as_ref())
            ))),
        }
    }

    /// A value as text. `None`: it is null.
    pub fn text(&self, program: &Program) -> Result<Option<String>, EvalError> {
        let value = self.evaluate(program)?;
        let is_null = value.downcast_ref::<CelNull>().is_some();
        Ok((!is_null).then(|| text(value.as_ref())))
    }

    fn evaluate<'e>(&'e self, program: &'e Program) -> Result<CowVal<'e, 'static>, EvalError> {
        let value = Value::resolve_val(program.expression(), &self.context);
        let Record { first, is_tainted } = self.reads.take();
        match (value, first) {
            (Ok(_), Some(why)) if is_tainted => Err(EvalError::Unavailable(why)),
            (Ok(value), _) => Ok(value),
            (Err(error), first) => {
                let variable = match &error {
                    ExecutionError::UndeclaredReference(name) => {
                        self.unavailable.get(name.as_str())
                    }
                    _ => None,
                };
                Err(match variable.cloned().or(first) {
                    Some(why) => EvalError::Unavailable(why),
                    None => EvalError::Mismatch(describe(&error)),
                })
            }
        }
    }
}

fn describe(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(name) => format!("there is no {name}"),
        ExecutionError::NoSuchOverload(overload) => {
            let types = overload.argument_types();
            if types.iter().any(|name| name == "null_type") {
                return "it uses a value that is null; compare with null first".to_owned();
            }
            let function = overload.function().trim_matches(['_', '@']);
            format!("{function} cannot be applied to {}", types.join(" and "))
        }
        // Others print whole values.
        other => truncate(&other.to_string(), 300),
    }
}

/// The words for a value's type.
pub fn type_name(value: &dyn Val) -> &str {
    match value.get_type().name() {
        "string" => "a string",
        "int" | "uint" | "double" => "a number",
        "list" => "a list",
        "map" => "an object",
        "null_type" => "null",
        other => other,
    }
}

/// A value as it stands in a sentence.
fn text(value: &dyn Val) -> String {
    if let Some(list) = value.downcast_ref::<CelList>() {
        let texts: Vec<String> = list.inner().iter().map(|one| text(one.as_ref())).collect();
        return texts.join(", ");
    }
    if let Some(object) = value.downcast_ref::<Object>() {
        let members = object.members().map(|(name, member)| match member {
            Ok(value) => format!("{name}={}", text(value.as_ref())),
            Err(_) => format!("{name}=(unknown)"),
        });
        return members.collect::<Vec<_>>().join(", ");
    }
    match Value::try_from(value) {
        Ok(Value::String(text)) => text.to_string(),
        Ok(Value::Int(number)) => number.to_string(),
        Ok(Value::UInt(number)) => number.to_string(),
        Ok(Value::Float(number)) => number.to_string(),
        Ok(Value::Bool(answer)) => answer.to_string(),
        _ => type_name(value).to_owned(),
    }
}
