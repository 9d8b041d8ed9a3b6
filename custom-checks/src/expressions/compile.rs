//! CEL as checks use it: the standard library and its functions on strings, without optional values.
//!
//! Optional values are left out because `a.?b` makes "could not be seen" into "is not there".

use std::sync::{Arc, LazyLock};

use cel::{Env, ParseError, Program};

/// How the parser's own errors begin.
const SYNTAX: &str = "Syntax error: ";
/// Longer expressions are refused. With [`DEEPEST`] it bounds how much stack the parser takes.
const LONGEST: usize = 2000;
/// How deep brackets may be nested.
const DEEPEST: usize = 24;
/// What the deepest expression takes of an unoptimized build, and as much again. The system hands it out as it
/// is used.
const STACK: usize = 128 << 20;

/// Functions and macros by name, without operators.
pub const FUNCTIONS: &[&str] = &[
    "all",
    "bool",
    "bytes",
    "charAt",
    "contains",
    "double",
    "dyn",
    "endsWith",
    "exists",
    "existsOne",
    "exists_one",
    "filter",
    "format",
    "has",
    "indexOf",
    "int",
    "join",
    "lastIndexOf",
    "lowerAscii",
    "map",
    "matches",
    "replace",
    "reverse",
    "size",
    "split",
    "startsWith",
    "string",
    "strings.quote",
    "substring",
    "trim",
    "type",
    "uint",
    "upperAscii",
];

static LANGUAGE: LazyLock<Arc<Env>> = LazyLock::new(|| {
    let mut env = Env::stdlib().with_optional_support(false);
    // Fails only where a name is taken, and none is: a test calls each of the functions.
    let _ = env.add_extension(cel::extensions::strings);
    Arc::new(env)
});

pub fn language() -> Arc<Env> {
    Arc::clone(&LANGUAGE)
}

/// Why an expression does not compile, and where in it, in bytes.
pub struct Misspelt {
    pub offset: usize,
    pub message: String,
}

pub fn compile(expression: &str) -> Result<Program, Misspelt> {
    refuse_too_much(expression)?;
    LANGUAGE.compile(expression).map_err(|errors| {
        let errors = &errors.errors;
        // The parser's own come before what was made of the rest.
        let first = errors
            .iter()
            .find(|error| error.msg.starts_with(SYNTAX))
            .or_else(|| errors.first());
        first.map_or_else(
            || Misspelt {
                offset: 0,
                message: "this is no CEL expression".to_owned(),
            },
            |error| misspelt(expression, error),
        )
    })
}

/// Runs something that parses or evaluates expressions where there is stack enough for it.
pub fn with_stack<T: Send>(work: impl FnOnce() -> T + Send) -> Option<T> {
    std::thread::scope(|scope| {
        let worker = std::thread::Builder::new()
            .name("checks".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, work);
        worker.ok()?.join().ok()
    })
}

fn refuse_too_much(expression: &str) -> Result<(), Misspelt> {
    if expression.len() > LONGEST {
        return Err(Misspelt {
            offset: LONGEST,
            message: format!("the expression is longer than {LONGEST} bytes"),
        });
    }
    // Brackets within strings count too: that errs on the safe side.
    let mut depth = 0usize;
    for (offset, c) in expression.char_indices() {
        match c {
            '(' | '[' | '{' => depth += 1,
            ')' | ']' | '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > DEEPEST {
            return Err(Misspelt {
                offset,
                message: format!("brackets are nested more than {DEEPEST} deep"),
            });
        }
    }
    Ok(())
}

fn misspelt(expression: &str, error: &ParseError) -> Misspelt {
    let (line, column) = error.pos;
    let line = usize::try_from(line - 1).unwrap_or(0);
    let column = usize::try_from(column - 1).unwrap_or(0);
    let start: usize = expression
        .split_inclusive('\n')
        .take(line)
        .map(str::len)
        .sum();
    let rest = expression.get(start..).unwrap_or_default();
    // The parser counts characters, and what comes after it counts bytes.
    let offset = match error.msg.starts_with(SYNTAX) {
        true => rest
            .char_indices()
            .nth(column)
            .map_or(rest.len(), |(offset, _)| offset),
        false => column,
    };
    let message = error.msg.strip_prefix(SYNTAX).unwrap_or(&error.msg);
    // What is expected is a list of everything that an expression may begin with.
    let message = message.split(" expecting {").next().unwrap_or(message);
    let message = message
        .replace("mismatched input '<EOF>'", "the expression ends too early")
        .replace("<EOF>", "the end");
    Misspelt {
        offset: start + offset,
        message: format!("this is no CEL expression: {message}"),
    }
}
