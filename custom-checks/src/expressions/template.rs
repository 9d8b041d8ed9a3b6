//! Texts with `${expression}` in them.

use std::sync::Arc;

use cel::Program;
use toml::Spanned;

use super::checker::compile_value;
use super::compile::{ExprError, compile};
use super::subject_kind::SubjectKind;
use super::variables::Variables;
use crate::source::{SourceError, SourceFile};

/// A text with expressions, compiled.
#[derive(Debug, Clone)]
pub struct Template(Arc<[Part]>);

#[derive(Debug)]
enum Part {
    Text(String),
    Value(Program),
}

/// Where a template is used.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Usage {
    Sentence,
    /// A shell reads it, so values are quoted.
    Command,
}

impl Template {
    /// Compiles a string of the file.
    pub fn compile(
        source: &SourceFile,
        string: &Spanned<String>,
        kind: SubjectKind,
        usage: Usage,
    ) -> Result<Template, SourceError> {
        parse(string.get_ref(), kind, usage).map_err(|error| error.locate(source, string))
    }

    /// For a reader: a value that could not be read is `(unknown)`.
    pub fn sentence(&self, variables: &Variables) -> String {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => text.clone(),
            Part::Value(program) => match variables.text(program) {
                Ok(Some(text)) => text,
                Ok(None) => "null".to_owned(),
                Err(_) => "(unknown)".to_owned(),
            },
        });
        parts.collect()
    }

    /// For a shell. `None` if a value is null or unknown: the command would do something else than intended.
    pub fn command(&self, variables: &Variables) -> Option<String> {
        let parts = self.0.iter().map(|part| match part {
            Part::Text(text) => Some(text.clone()),
            Part::Value(program) => quote(&variables.text(program).ok()??),
        });
        parts.collect()
    }
}

fn parse(text: &str, kind: SubjectKind, usage: Usage) -> Result<Template, ExprError> {
    let mut parts = Vec::new();
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        if let Some(before) = before.strip_suffix('$') {
            plain.extend([before, "${"]);
            rest = after;
            continue;
        }
        plain.push_str(before);
        let start = text.len() - after.len();
        let error = |message| ExprError::new(start - 2, message);
        let length = expression_length(after).ok_or_else(|| {
            error("this ${ is not closed").hint("Close it with }, or write $${ for a literal ${.")
        })?;
        parts.push(Part::Text(std::mem::take(&mut plain)));
        if usage == Usage::Command && is_quoting(&parts) {
            return Err(error("this value is inside quotes or follows a backslash")
                .hint("Remove the quotes: values are quoted for the shell."));
        }
        let program = compile_value(&after[..length], kind).map_err(|error| ExprError {
            offset: start + error.offset,
            ..error
        })?;
        parts.push(Part::Value(program));
        rest = &after[length + 1..];
    }
    plain.push_str(rest);
    parts.push(Part::Text(plain));
    Ok(Template(parts.into()))
}

/// A value as one word for a shell. A value with characters that a terminal acts on, or hides, does not belong there.
fn quote(value: &str) -> Option<String> {
    let is_plain = model::text::sanitize_line(value) == value;
    is_plain.then(|| shell_words::quote(value).into_owned())
}

/// The length of an expression: up to the first `}` that leaves a valid one, because strings and object literals can
/// contain `}` too. If none does, up to the first.
fn expression_length(text: &str) -> Option<usize> {
    let mut ends = text.match_indices('}').map(|(at, _)| at);
    let first = ends.clone().next();
    ends.find(|end| compile(&text[..*end]).is_ok()).or(first)
}

/// Whether the fixed parts of a command leave a shell within quotes, or after a backslash: then an empty string after
/// them is not one.
fn is_quoting(parts: &[Part]) -> bool {
    let texts = parts.iter().filter_map(|part| match part {
        Part::Text(text) => Some(text.as_str()),
        Part::Value(_) => None,
    });
    shell_words::split(&(texts.collect::<String>() + "''")).is_err()
}
