//! Places in a file, and what is said of them.

use std::fmt;
use std::ops::Range;

/// Why the file's checks cannot be used, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoadError {
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    pub message: String,
    /// How to mend it, where we know.
    pub help: Option<String>,
}

/// The file that is being read.
#[derive(Clone, Copy)]
pub struct Source<'t> {
    pub name: &'t str,
    pub text: &'t str,
}

/// A string of the file: what it says, and where.
pub struct Literal<'t> {
    pub source: Source<'t>,
    pub value: String,
    span: Range<usize>,
}

impl<'t> Source<'t> {
    pub fn error(&self, at: usize, message: impl Into<String>) -> LoadError {
        let mut at = at.min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        let before = &self.text[..at];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        LoadError {
            file: self.name.to_owned(),
            line: before.matches('\n').count() + 1,
            column: self.text[start..at].chars().count() + 1,
            message: message.into(),
            help: None,
        }
    }

    pub fn literal(&self, value: &str, span: Range<usize>) -> Literal<'t> {
        Literal {
            source: *self,
            value: value.to_owned(),
            span,
        }
    }
}

impl Literal<'_> {
    /// An error at a place within the value. Where the file spells the value otherwise, with escapes, the error
    /// is at its beginning.
    pub fn error(&self, offset: usize, message: impl Into<String>) -> LoadError {
        let written = self.source.text.get(self.span.clone()).unwrap_or_default();
        let at = match written.find(&self.value) {
            Some(start) if !self.value.is_empty() => start + offset,
            _ => 0,
        };
        self.source.error(self.span.start + at, message)
    }
}

impl LoadError {
    pub fn help(mut self, help: impl Into<String>) -> LoadError {
        self.help = Some(help.into());
        self
    }

    pub fn help_some(mut self, help: Option<String>) -> LoadError {
        self.help = help.or(self.help);
        self
    }
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}:{}:{}: {}",
            self.file, self.line, self.column, self.message
        )
    }
}

impl std::error::Error for LoadError {}

/// `did you mean severity?`, where a known name is near.
pub fn did_you_mean<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<String> {
    let (distance, nearest) = known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(name, known), known))
        .min()?;
    (distance <= 1 + name.chars().count() / 4).then(|| format!("did you mean {nearest}?"))
}
