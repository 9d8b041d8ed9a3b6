//! The one error type of the commands: what went wrong, what to do about it, and the exit code.

use std::fmt;

use model::text::{sanitize_block, sanitize_line};

use crate::exit;

/// Why a command did not do what it was asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CliError {
    /// What the program has to tell apart.
    pub kind: ErrorKind,
    message: String,
    /// Empty if there is nothing to advise.
    hint: String,
    /// Lines of the file that is wrong, with a mark below the place; empty if there are none.
    excerpt: String,
}

/// What kind of error it is. It decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ErrorKind {
    /// The command line, the configuration, a target or a file is wrong, or AWS refused a call that the command needs.
    Usage,
    /// No credentials were found: [`ErrorKind::Usage`] for everyone but the doctor, which can check this machine without.
    NoCredentials,
    /// A fix started and then failed.
    FixFailed,
    /// A session did not open, or broke off.
    SessionNotOpened,
    /// The signal with this number ended the command.
    Signal(i32),
}

impl CliError {
    /// A usage error: something has to be corrected before the command can run. `hint`: what to do about it; may be
    /// empty.
    pub fn new(message: impl Into<String>, hint: impl Into<String>) -> CliError {
        CliError::of_kind(ErrorKind::Usage, message, hint)
    }

    /// A file or standard stream that cannot be read or written.
    pub fn file(message: impl Into<String>) -> CliError {
        CliError::new(message, "")
    }

    /// A session that did not open, or broke off.
    pub fn unopened(message: impl Into<String>, hint: impl Into<String>) -> CliError {
        CliError::of_kind(ErrorKind::SessionNotOpened, message, hint)
    }

    /// A command that a signal ended.
    pub fn cut_off(message: impl Into<String>, signal: i32) -> CliError {
        CliError::of_kind(ErrorKind::Signal(signal), message, "")
    }

    /// An error of a kind that has no constructor of its own.
    pub fn of_kind(
        kind: ErrorKind,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) -> CliError {
        CliError {
            kind,
            message: without_number(&message.into()),
            hint: hint.into(),
            excerpt: String::new(),
        }
    }

    /// What is wrong, in one sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it; may be empty.
    #[cfg(test)]
    pub fn hint(&self) -> &str {
        &self.hint
    }

    /// The exit code of the program.
    pub fn exit_code(&self) -> u8 {
        match self.kind {
            ErrorKind::Usage | ErrorKind::NoCredentials => exit::USAGE,
            ErrorKind::FixFailed => exit::FAILED,
            ErrorKind::SessionNotOpened => exit::UNOPENED,
            ErrorKind::Signal(signal) => exit::of_signal(signal),
        }
    }

    /// The same error about one of several clusters.
    pub fn about(mut self, cluster: &str) -> CliError {
        self.message = format!("{cluster}: {}", self.message);
        self
    }

    /// Adds a sentence to the hint.
    pub fn with_hint(mut self, sentence: &str) -> CliError {
        self.hint = format!("{} {sentence}", self.hint).trim_start().to_owned();
        self
    }

    /// Adds lines of a file, unless they are too long for a terminal.
    pub fn with_excerpt(mut self, excerpt: String) -> CliError {
        const LONGEST_LINE: usize = 200;
        if excerpt.lines().all(|line| line.len() <= LONGEST_LINE) {
            self.excerpt = excerpt;
        }
        self
    }
}

impl fmt::Display for CliError {
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
    fn messages_omit_os_error_numbers() {
        let with = |number: &str| format!("cannot read x: No such file or directory{number}, y");
        assert_eq!(without_number(&with(" (os error 2)")), with(""));
        assert_eq!(without_number("a (os error 2): b (os error 13)"), "a: b");
        for other in ["x (os error 2", "x (os error y) z", ""] {
            assert_eq!(without_number(other), other);
        }
    }

    #[test]
    fn the_kind_decides_the_exit_code() {
        let codes = [
            CliError::new("m", ""),
            CliError::of_kind(ErrorKind::NoCredentials, "m", ""),
            CliError::of_kind(ErrorKind::FixFailed, "m", ""),
            CliError::unopened("m", ""),
            CliError::cut_off("m", 15),
        ]
        .map(|error| error.exit_code());
        assert_eq!(codes, [2, 2, 1, 255, 143]);
        assert_eq!(CliError::new("m", "h").to_string(), "error: m\n  help: h");
    }
}
