//! Configuration files, and errors that show the line they are about.

use std::ops::Range;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A configuration file as it was read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SourceFile {
    /// What errors call the file.
    pub name: String,
    /// All of it.
    pub text: String,
}

/// What is wrong in a configuration file, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}:{line}:{column}: {message}")]
pub struct SourceError {
    /// The name of the file.
    pub file: String,
    /// Counted from 1.
    pub line: usize,
    /// In characters, counted from 1.
    pub column: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// The line of the file, with carets below the wrong part.
    pub snippet: String,
    /// How to correct it.
    pub hint: Option<String>,
}

impl SourceFile {
    /// A file with this name and content.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> SourceFile {
        SourceFile {
            name: name.into(),
            text: text.into(),
        }
    }

    /// Reads the file as TOML. Tables that `T` does not have are ignored, unless `T` denies them.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, SourceError> {
        toml::from_str(&self.text).map_err(|error| self.toml_error(error))
    }

    /// An error about the bytes `span` of the file.
    pub fn error(&self, span: Range<usize>, message: impl Into<String>) -> SourceError {
        let start = self.text.floor_char_boundary(span.start);
        let end = self.text.floor_char_boundary(span.end).max(start);
        let line_start = self.text[..start].rfind('\n').map_or(0, |at| at + 1);
        let line = self.text[..start].matches('\n').count() + 1;
        let column = self.text[line_start..start].chars().count();
        let shown = self.text[line_start..].lines().next().unwrap_or_default();
        let marked = self.text[start..end].lines().next().unwrap_or_default();
        let carets = "^".repeat(marked.chars().count().max(1));
        let margin = " ".repeat(line.to_string().len());
        SourceError {
            file: self.name.clone(),
            line,
            column: column + 1,
            message: message.into(),
            snippet: format!(
                "{margin} |\n{line} | {shown}\n{margin} | {}{carets}",
                " ".repeat(column)
            ),
            hint: None,
        }
    }

    /// toml's error with the key in front, and with the nearest known key if the key is unknown.
    fn toml_error(&self, mut error: toml::de::Error) -> SourceError {
        // toml names the key only if it does not show the text.
        error.set_input(None);
        let named = error.to_string();
        let key = named
            .lines()
            .last()
            .and_then(|last| last.strip_prefix("in `")?.strip_suffix('`'));
        let message = error.message().trim().replace('\n', ", ");
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let mut hint = None;
        let message = match (quoted.as_slice(), key) {
            ([wrong, known @ ..], _) if message.starts_with("unknown variant") => {
                hint = did_you_mean(wrong, known.iter().copied());
                let (key, known) = (key.unwrap_or("this key"), known.join("`, `"));
                format!("invalid value `{wrong}` for {key} (expected `{known}`)")
            }
            ([wrong, known @ ..], _) if message.starts_with("unknown field") => {
                let all = || format!("Known keys: {}.", known.join(", "));
                hint = Some(did_you_mean(wrong, known.iter().copied()).unwrap_or_else(all));
                format!("unknown key `{wrong}`")
            }
            (_, Some(key)) => format!("{key}: {message}"),
            (_, None) => message,
        };
        let error = self.error(error.span().unwrap_or_default(), message);
        SourceError { hint, ..error }
    }
}

/// ``Did you mean `severity`?``, if a known name is near.
pub fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let (distance, nearest) = known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()?;
    (distance <= 1 + name.chars().count() / 4).then(|| format!("Did you mean `{nearest}`?"))
}
