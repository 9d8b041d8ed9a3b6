//! Evaluates one program on one subject's variables.

use cel::common::types::{CelBool, CelList, CelNull};
use cel::common::value::Val;
use cel::{ExecutionError, Program, Value};
use model::facts::Unavailable;

use super::object::Object;
use super::variables::Variables;
use crate::check::truncate;

/// Why an expression has no value.
#[derive(Debug, PartialEq, thiserror::Error)]
pub enum EvalError {
    #[error("{0}")]
    Unavailable(Unavailable),
    /// The expression does not fit the facts.
    #[error("{0}")]
    Mismatch(String),
}

impl Variables {
    /// Whether a condition holds.
    pub fn is_true(&self, program: &Program) -> Result<bool, EvalError> {
        self.evaluate(program, |value| match value.downcast_ref::<CelBool>() {
            Some(answer) => Ok(*answer.inner()),
            None => Err(EvalError::Mismatch(format!(
                "it is {}, but it has to be true or false",
                type_name(value)
            ))),
        })
    }

    /// A value as text. `None`: it is null.
    pub fn text(&self, program: &Program) -> Result<Option<String>, EvalError> {
        self.evaluate(program, |value| {
            let is_null = value.downcast_ref::<CelNull>().is_some();
            Ok((!is_null).then(|| text(value)))
        })
    }

    fn evaluate<T>(
        &self,
        program: &Program,
        read: impl FnOnce(&dyn Val) -> Result<T, EvalError>,
    ) -> Result<T, EvalError> {
        self.reads.reset();
        let value = Value::resolve_val(program.expression(), &self.context);
        match (value, self.reads.taint()) {
            (Err(error), _) => Err(self.explain(&error)),
            (Ok(_), Some(why)) => Err(EvalError::Unavailable(why)),
            (Ok(value), None) => read(value.as_ref()),
        }
    }

    fn explain(&self, error: &ExecutionError) -> EvalError {
        let variable = match error {
            ExecutionError::UndeclaredReference(name) => self.unavailable.get(name.as_str()),
            _ => None,
        };
        match variable.cloned().or_else(|| self.reads.first()) {
            Some(why) => EvalError::Unavailable(why),
            None => EvalError::Mismatch(describe(error)),
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
