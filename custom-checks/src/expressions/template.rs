//! Texts with `${expression}` in them.

use std::sync::Arc;

use cel::Program;

use super::checker::look;
use super::compile::compile;
use super::evaluate::Evaluation;
use super::subject_kind::Each;
use crate::source::{Literal, LoadError};

#[derive(Clone)]
pub struct Template {
    parts: Arc<[Part]>,
}

enum Part {
    Text(String),
    Value(Program),
}

/// Where a text goes, which decides how values stand in it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Use {
    Sentence,
    /// A shell reads it: values are quoted.
    Command,
}

impl Template {
    pub fn new(literal: &Literal, each: Each, used: Use) -> Result<Template, LoadError> {
        let text = literal.value.as_str();
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut shell = Shell::default();
        let mut at = 0;
        while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
            if let Some(escaped) = rest.strip_prefix("$${") {
                plain.push_str("${");
                shell.read("${");
                at = text.len() - escaped.len();
            } else if let Some(inner) = rest.strip_prefix("${") {
                let start = at + 2;
                let Some(length) = end(inner) else {
                    let help = "it ends with }; $${ stands for ${ itself";
                    return Err(literal.error(at, "this ${ does not end").help(help));
                };
                if used == Use::Command && shell.is_quoting() {
                    return Err(literal
                        .error(at, "this value stands within quotes, or after a backslash")
                        .help(
                            "leave the quotes out: values are quoted for the shell by themselves",
                        ));
                }
                let expression = &inner[..length];
                let program = compile(expression)
                    .map_err(|wrong| literal.error(start + wrong.offset, wrong.message))?;
                look(&program, each, false).map_err(|wrong| {
                    literal
                        .error(start + wrong.offset, wrong.message)
                        .help_some(wrong.help)
                })?;
                parts.push(Part::Text(std::mem::take(&mut plain)));
                parts.push(Part::Value(program));
                at = start + length + 1;
            } else {
                let c = rest.chars().next().unwrap_or_default();
                plain.push(c);
                shell.read(rest.get(..c.len_utf8()).unwrap_or_default());
                at += c.len_utf8();
            }
        }
        parts.push(Part::Text(plain));
        Ok(Template {
            parts: parts.into(),
        })
    }

    /// For a reader: what could not be seen is said to be unknown.
    pub fn sentence(&self, evaluation: &Evaluation) -> String {
        self.parts
            .iter()
            .map(|part| match part {
                Part::Text(text) => text.clone(),
                Part::Value(program) => match evaluation.text(program) {
                    Ok(Some(text)) => text,
                    Ok(None) => "null".to_owned(),
                    Err(_) => "(unknown)".to_owned(),
                },
            })
            .collect()
    }

    /// For a shell. `None`: something of it is null or unknown, and the command would do another thing than meant.
    pub fn command(&self, evaluation: &Evaluation) -> Option<String> {
        let mut command = String::new();
        for part in self.parts.iter() {
            match part {
                Part::Text(text) => command.push_str(text),
                Part::Value(program) => {
                    let value = evaluation.text(program).ok()??;
                    command.push_str(&quoted(&value)?);
                }
            }
        }
        Some(command)
    }
}

/// A value as one word of a shell. What a terminal might act on, or hide, has no place in a command.
fn quoted(value: &str) -> Option<String> {
    let is_plain = checks::text::clean_line(value) == value;
    is_plain.then(|| shell_words::quote(value).into_owned())
}

/// How long an expression is that `}` ends, past the braces and texts within it.
fn end(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut quote = None;
    let mut escaped = false;
    for (offset, c) in text.char_indices() {
        match (quote, c) {
            (Some(_), _) if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '{') => depth += 1,
            (None, '}') if depth == 0 => return Some(offset),
            (None, '}') => depth -= 1,
            (None, _) => {}
        }
    }
    None
}

/// Follows a shell's quotes through the fixed parts of a command.
#[derive(Default)]
struct Shell {
    quote: Option<char>,
    escaped: bool,
}

impl Shell {
    fn read(&mut self, text: &str) {
        for c in text.chars() {
            match (self.quote, c) {
                _ if self.escaped => self.escaped = false,
                (Some('\''), '\'') => self.quote = None,
                (Some('\''), _) => {}
                (_, '\\') => self.escaped = true,
                (Some('"'), '"') => self.quote = None,
                (Some(_), _) => {}
                (None, '\'' | '"') => self.quote = Some(c),
                (None, _) => {}
            }
        }
    }

    fn is_quoting(&self) -> bool {
        self.quote.is_some() || self.escaped
    }
}
