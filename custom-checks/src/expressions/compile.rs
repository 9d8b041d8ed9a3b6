//! Compiles CEL as checks use it: the standard library and its functions on strings, without optional values.
//!
//! Optional values are left out because `a.?b` turns "could not be read" into "does not exist".

use std::sync::{Arc, LazyLock};

use cel::{Env, ParseError, Program};
use toml::Spanned;

use crate::source::{SourceError, SourceFile};

/// How the messages of the parser itself begin.
const SYNTAX: &str = "Syntax error: ";
/// In bytes. Together with [`MAX_DEPTH`] it bounds how much stack the parser needs.
const MAX_LENGTH: usize = 2000;
/// How deep brackets can be nested.
const MAX_DEPTH: usize = 24;
/// Twice what the deepest expression needs in a debug build. The system provides the memory as it is used.
const STACK_SIZE: usize = 128 << 20;

/// The functions and macros that expressions can use.
pub static ENVIRONMENT: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib().with_optional_support(false);
    // Fails only if a name is taken, and none is: a test calls each function.
    let _ = env.add_extension(cel::extensions::strings);
    Arc::new(env)
});

/// What is wrong with an expression.
#[derive(Debug)]
pub struct ExprError {
    /// In bytes, within the expression.
    pub offset: usize,
    /// What is wrong, in one line.
    pub message: String,
    /// How to correct it.
    pub hint: Option<String>,
}

impl ExprError {
    /// An error without a hint.
    pub fn new(offset: usize, message: impl Into<String>) -> ExprError {
        ExprError {
            offset,
            message: message.into(),
            hint: None,
        }
    }

    /// Adds how to correct it.
    pub fn hint(self, hint: impl Into<String>) -> ExprError {
        let hint = Some(hint.into());
        ExprError { hint, ..self }
    }

    /// The same error at its place in the file. `string` holds the expression. If the file spells the string with
    /// escapes, offsets differ, and the error points at the opening quote.
    pub fn locate(self, source: &SourceFile, string: &Spanned<String>) -> SourceError {
        let (span, value) = (string.span(), string.get_ref());
        let written = source.text.get(span.clone()).unwrap_or_default();
        let start = match written.find(value) {
            Some(start) if !value.is_empty() => span.start + start + self.offset,
            _ => span.start,
        };
        let error = source.error(start..start + 1, self.message);
        let hint = self.hint;
        SourceError { hint, ..error }
    }
}

/// Compiles an expression without a look at its names.
pub fn compile(expression: &str) -> Result<Program, ExprError> {
    check_limits(expression)?;
    ENVIRONMENT.compile(expression).map_err(|errors| {
        let errors = &errors.errors;
        // The parser's own errors come before those of later stages.
        let first = errors
            .iter()
            .find(|error| error.msg.starts_with(SYNTAX))
            .or_else(|| errors.first());
        first.map_or_else(
            || ExprError::new(0, "invalid CEL expression"),
            |error| parse_error(expression, error),
        )
    })
}

/// Runs something that parses or evaluates expressions on a thread with enough stack.
pub fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .stack_size(STACK_SIZE)
            .spawn_scoped(scope, work);
        worker.ok()?.join().ok()
    })
}

fn check_limits(expression: &str) -> Result<(), ExprError> {
    if expression.len() > MAX_LENGTH {
        let message = format!("the expression is longer than {MAX_LENGTH} bytes");
        return Err(ExprError::new(MAX_LENGTH, message));
    }
    // Brackets within strings count too, which errs on the safe side.
    let mut depth = 0usize;
    for (offset, c) in expression.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            let message = format!("brackets are nested more than {MAX_DEPTH} deep");
            return Err(ExprError::new(offset, message));
        }
    }
    Ok(())
}

fn parse_error(expression: &str, error: &ParseError) -> ExprError {
    let (line, column) = error.pos;
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let lines = expression.split_inclusive('\n');
    let start: usize = lines.take(line).map(str::len).sum();
    let rest = expression.get(start..).unwrap_or_default();
    let syntax = error.msg.strip_prefix(SYNTAX);
    // The parser counts characters, later stages count bytes.
    let offset = match syntax {
        Some(_) => rest.chars().take(column).map(char::len_utf8).sum(),
        None => column,
    };
    let message = syntax.unwrap_or(&error.msg);
    // What follows lists everything that an expression can begin with.
    let message = message.split(" expecting {").next().unwrap_or(message);
    let message = message
        .replace("mismatched input '<EOF>'", "the expression ends too early")
        .replace("<EOF>", "the end");
    ExprError::new(start + offset, format!("invalid CEL expression: {message}"))
}
