//! One evaluation, and what comes of it.

use cel::common::types::{CelBool, CelDouble, CelInt, CelList, CelNull, CelString, CelUInt};
use cel::common::value::Val;
use cel::{Context, ExecutionError, Program, Value};
use checks::facts::Unavailable;

use super::object::Object;
use super::unseen::Unseen;
use super::variables::{Variables, View};
use crate::check::shortened;

/// Why there is no answer.
#[derive(Debug, PartialEq)]
pub enum Silence {
    /// It came upon something that could not be seen.
    Unseen(Unavailable),
    /// The expression does not fit the facts.
    Trouble(String),
}

/// One subject's variables, ready for expressions to be evaluated on them.
pub struct Evaluation<'v> {
    context: Context<'static, 'static>,
    variables: &'v Variables,
    unseen: &'v Unseen,
}

impl<'v> Evaluation<'v> {
    pub fn new(view: &'v View, variables: &'v Variables) -> Evaluation<'v> {
        Evaluation {
            context: view.context(variables),
            variables,
            unseen: &view.unseen,
        }
    }

    /// Whether a condition holds.
    pub fn holds(&self, program: &Program) -> Result<bool, Silence> {
        self.evaluate(program, |value| match value.downcast_ref::<CelBool>() {
            Some(answer) => Ok(*answer.inner()),
            None => Err(Silence::Trouble(format!(
                "it is {}, and has to be true or false",
                kind(value)
            ))),
        })
    }

    /// A value as text. `None`: it is null.
    pub fn text(&self, program: &Program) -> Result<Option<String>, Silence> {
        self.evaluate(program, |value| {
            let is_null = value.downcast_ref::<CelNull>().is_some();
            Ok((!is_null).then(|| text(value)))
        })
    }

    fn evaluate<T>(
        &self,
        program: &Program,
        read: impl FnOnce(&dyn Val) -> Result<T, Silence>,
    ) -> Result<T, Silence> {
        self.unseen.forget();
        match Value::resolve_val(program.expression(), &self.context) {
            Ok(value) => {
                let answer = read(value.as_ref());
                match self.unseen.first() {
                    Some(why) if self.unseen.is_spoilt() => Err(Silence::Unseen(why)),
                    _ => answer,
                }
            }
            Err(error) => Err(self.silence(&error)),
        }
    }

    fn silence(&self, error: &ExecutionError) -> Silence {
        if let ExecutionError::UndeclaredReference(name) = error
            && let Some(Err(why)) = self.variables.get(name.as_str())
        {
            return Silence::Unseen(why.clone());
        }
        match self.unseen.first() {
            Some(why) => Silence::Unseen(why),
            None => Silence::Trouble(trouble(error)),
        }
    }
}

fn trouble(error: &ExecutionError) -> String {
    match error {
        ExecutionError::NoSuchKey(name) => format!("there is no {name}"),
        ExecutionError::NoSuchOverload(overload)
            if overload
                .argument_types()
                .iter()
                .any(|name| name == "null_type") =>
        {
            "it does something with a value that is null; ask whether it is, first".to_owned()
        }
        ExecutionError::NoSuchOverload(overload) => format!(
            "{} cannot be applied to {}",
            overload.function().trim_matches(['_', '@']),
            overload.argument_types().join(" and ")
        ),
        // Others print whole values.
        other => shortened(&other.to_string(), 300),
    }
}

fn kind(value: &dyn Val) -> &str {
    match value.get_type().name() {
        "string" => "a text",
        "int" | "uint" | "double" => "a number",
        "list" => "a list",
        "map" => "an object",
        "null_type" => "null",
        other => other,
    }
}

/// A value as it stands in a sentence.
fn text(value: &dyn Val) -> String {
    if let Some(text) = value.downcast_ref::<CelString>() {
        return text.inner().to_owned();
    }
    if let Some(number) = value.downcast_ref::<CelInt>() {
        return number.inner().to_string();
    }
    if let Some(number) = value.downcast_ref::<CelUInt>() {
        return number.inner().to_string();
    }
    if let Some(number) = value.downcast_ref::<CelDouble>() {
        return number.inner().to_string();
    }
    if let Some(answer) = value.downcast_ref::<CelBool>() {
        return answer.inner().to_string();
    }
    if let Some(list) = value.downcast_ref::<CelList>() {
        let texts: Vec<String> = list
            .inner()
            .iter()
            .map(|value| text(value.as_ref()))
            .collect();
        return texts.join(", ");
    }
    if let Some(object) = value.downcast_ref::<Object>() {
        let texts: Vec<String> = object
            .known()
            .map(|(name, value)| match value {
                Some(value) => format!("{name}={}", text(value)),
                None => format!("{name}=(not seen)"),
            })
            .collect();
        return texts.join(", ");
    }
    kind(value).to_owned()
}
