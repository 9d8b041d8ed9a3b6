use std::fmt;

use crate::exit::{UNOPENED, of_signal};

/// Why the program cannot do what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CliError {
    /// What is wrong, in one sentence.
    pub what: String,
    /// What to do about it.
    pub help: String,
    /// The lines of a file that are meant, with a mark below.
    pub excerpt: String,
    /// The exit status: 2 for usage, configuration, credentials, or a target that does not exist; 1 for a fix that was
    /// begun and failed; 255 for a session that could not be opened; 128 and more for a signal.
    pub status: u8,
}

impl CliError {
    pub fn new(what: impl Into<String>, help: impl Into<String>) -> CliError {
        CliError {
            what: without_number(&what.into()),
            help: help.into(),
            excerpt: String::new(),
            status: 2,
        }
    }

    pub fn with_excerpt(mut self, excerpt: String) -> CliError {
        const LONGEST_LINE: usize = 200;
        if excerpt.lines().all(|line| line.len() <= LONGEST_LINE) {
            self.excerpt = excerpt;
        }
        self
    }

    /// A change that was asked for failed.
    pub fn failed(what: impl Into<String>, help: impl Into<String>) -> CliError {
        CliError {
            status: 1,
            ..CliError::new(what, help)
        }
    }

    /// A signal of this number ended what was asked for.
    pub fn cut_off(what: impl Into<String>, signal: i32) -> CliError {
        CliError {
            status: of_signal(signal),
            ..CliError::new(what, "")
        }
    }

    /// A session could not be opened.
    pub fn unopened(what: impl Into<String>, help: impl Into<String>) -> CliError {
        CliError {
            status: UNOPENED,
            ..CliError::new(what, help)
        }
    }
}

/// What was said, without the numbers that errors have for the system.
pub fn without_number(said: &str) -> String {
    let mut parts = said.split(" (os error ");
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

impl fmt::Display for CliError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = model::text::sanitize_line;
        write!(f, "error: {}", line(&self.what))?;
        if !self.excerpt.is_empty() {
            write!(f, "\n{}", model::text::sanitize_block(&self.excerpt))?;
        }
        if !self.help.is_empty() {
            write!(f, "\n  help: {}", line(&self.help))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::without_number;

    #[test]
    fn numbers_of_errors() {
        let said = |number: &str| format!("x cannot be read: No such file or directory{number}, y");
        assert_eq!(without_number(&said(" (os error 2)")), said(""));
        assert_eq!(without_number("a (os error 2): b (os error 13)"), "a: b");
        for other in ["x (os error 2", "x (os error y) z", ""] {
            assert_eq!(without_number(other), other);
        }
    }
}
