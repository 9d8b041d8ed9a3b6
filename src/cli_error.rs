//! The one error type of the commands: what went wrong, what to do about it, and the exit code.

use std::fmt;

use model::text::{sanitize_block, sanitize_line};
use thiserror::Error;

use crate::exit;

/// Why a command did not do what it was asked to do.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum CliError {
    /// The command line asks for something impossible.
    #[error("{0}")]
    Usage(Explanation),
    /// A configuration file is wrong, or a required setting is missing.
    #[error("{0}")]
    Configuration(Explanation),
    /// No credentials were found.
    #[error("{0}")]
    NoCredentials(Explanation),
    /// The cluster, service, task, container, check or demo does not exist.
    #[error("{0}")]
    NotFound(Explanation),
    /// A file or standard stream cannot be read or written.
    #[error("{0}")]
    File(Explanation),
    /// AWS did not answer, or refused a call that the command needs.
    #[error("{0}")]
    Aws(Explanation),
    /// A fix started and then failed.
    #[error("{0}")]
    FixFailed(Explanation),
    /// A session did not open, or broke off.
    #[error("{0}")]
    SessionNotOpened(Explanation),
    /// The signal with this number ended the command.
    #[error("{1}")]
    Signal(i32, Explanation),
}

/// The text of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    message: String,
    /// Empty if there is nothing to advise.
    hint: String,
    /// Lines of the file that is wrong, with a mark below the place; empty if there are none.
    excerpt: String,
}

impl Explanation {
    fn new(message: impl Into<String>, hint: impl Into<String>) -> Explanation {
        Explanation {
            message: without_number(&message.into()),
            hint: hint.into(),
            excerpt: String::new(),
        }
    }
}

impl CliError {
    /// A usage error.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> CliError {
        CliError::Usage(Explanation::new(message, hint))
    }

    /// A wrong configuration file or setting.
    pub fn configuration(message: impl Into<String>, hint: impl Into<String>) -> CliError {
        CliError::Configuration(Explanation::new(message, hint))
    }

    /// No credentials on this machine.
    pub fn no_credentials(message: impl Into<String>, hint: impl Into<String>) -> CliError {
        CliError::NoCredentials(Explanation::new(message, hint))
    }

    /// A target that does not exist.
    pub fn not_found(message: impl Into<String>, hint: impl Into<String>) -> CliError {
        CliError::NotFound(Explanation::new(message, hint))
    }

    /// A file that cannot be read or written.
    pub fn file(message: impl Into<String>) -> CliError {
        CliError::File(Explanation::new(message, ""))
    }

    /// A call to AWS that failed.
    pub fn aws(message: impl Into<String>, hint: impl Into<String>) -> CliError {
        CliError::Aws(Explanation::new(message, hint))
    }

    /// A fix that failed after it started.
    pub fn failed(message: impl Into<String>, hint: impl Into<String>) -> CliError {
        CliError::FixFailed(Explanation::new(message, hint))
    }

    /// A session that did not open, or broke off.
    pub fn unopened(message: impl Into<String>, hint: impl Into<String>) -> CliError {
        CliError::SessionNotOpened(Explanation::new(message, hint))
    }

    /// A command that a signal ended.
    pub fn cut_off(message: impl Into<String>, signal: i32) -> CliError {
        CliError::Signal(signal, Explanation::new(message, ""))
    }

    /// What is wrong, in one sentence.
    pub fn message(&self) -> &str {
        &self.parts().1.message
    }

    /// What to do about it; may be empty.
    #[cfg(test)]
    pub fn hint(&self) -> &str {
        &self.parts().1.hint
    }

    /// The exit code of the program.
    pub fn exit_code(&self) -> u8 {
        self.parts().0
    }

    /// The same error about one of several clusters.
    pub fn about(mut self, cluster: &str) -> CliError {
        let message = &mut self.explanation_mut().message;
        *message = format!("{cluster}: {message}");
        self
    }

    /// Adds a sentence to the hint.
    pub fn with_hint(mut self, sentence: &str) -> CliError {
        let hint = &mut self.explanation_mut().hint;
        *hint = format!("{hint} {sentence}").trim_start().to_owned();
        self
    }

    /// Adds lines of a file, unless they are too long for a terminal.
    pub fn with_excerpt(mut self, excerpt: String) -> CliError {
        const LONGEST_LINE: usize = 200;
        if excerpt.lines().all(|line| line.len() <= LONGEST_LINE) {
            self.explanation_mut().excerpt = excerpt;
        }
        self
    }

    fn parts(&self) -> (u8, &Explanation) {
        match self {
            CliError::Usage(explanation)
            | CliError::Configuration(explanation)
            | CliError::NoCredentials(explanation)
            | CliError::NotFound(explanation)
            | CliError::File(explanation)
            | CliError::Aws(explanation) => (exit::USAGE, explanation),
            CliError::FixFailed(explanation) => (exit::FAILED, explanation),
            CliError::SessionNotOpened(explanation) => (exit::UNOPENED, explanation),
            CliError::Signal(signal, explanation) => (exit::of_signal(*signal), explanation),
        }
    }

    fn explanation_mut(&mut self) -> &mut Explanation {
        match self {
            CliError::Usage(explanation)
            | CliError::Configuration(explanation)
            | CliError::NoCredentials(explanation)
            | CliError::NotFound(explanation)
            | CliError::File(explanation)
            | CliError::Aws(explanation)
            | CliError::FixFailed(explanation)
            | CliError::SessionNotOpened(explanation)
            | CliError::Signal(_, explanation) => explanation,
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error: {}", sanitize_line(&self.message))?;
        if !self.excerpt.is_empty() {
            write!(f, "\n{}", sanitize_block(&self.excerpt))?;
        }
        if !self.hint.is_empty() {
            write!(f, "\n  help: {}", sanitize_line(&self.hint))?;
        }
        Ok(())
    }
}

/// A system's message without its error number: ` (os error 2)`.
pub fn without_number(message: &str) -> String {
    let mut parts = message.split(" (os error ");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((number, after)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                text.push_str(after);
            }
            _ => text.extend([" (os error ", part]),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_lose_the_numbers_of_system_errors() {
        let with = |number: &str| format!("cannot read x: No such file or directory{number}, y");
        assert_eq!(without_number(&with(" (os error 2)")), with(""));
        assert_eq!(without_number("a (os error 2): b (os error 13)"), "a: b");
        for other in ["x (os error 2", "x (os error y) z", ""] {
            assert_eq!(without_number(other), other);
        }
    }

    #[test]
    fn the_variant_decides_the_exit_code() {
        let codes = [
            CliError::new("m", ""),
            CliError::no_credentials("m", ""),
            CliError::failed("m", ""),
            CliError::unopened("m", ""),
            CliError::cut_off("m", 15),
        ]
        .map(|error| error.exit_code());
        assert_eq!(codes, [2, 2, 1, 255, 143]);
        assert_eq!(CliError::new("m", "h").to_string(), "error: m\n  help: h");
    }
}
