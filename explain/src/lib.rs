//! Explains error texts of the AWS CLI, the Session Manager plugin, the SSM agent and ECS.
//!
//! A text passes these stages:
//!
//! 1. `normalize` removes colours, escapes and markup, and unifies quotes and line breaks.
//! 2. `transcript` splits the text into the outputs of commands and these into sentences, with the help of
//!    - `log_prefix`, which strips quote marks, line numbers, times and levels from lines,
//!    - `prompt`, which recognises typed commands, and
//!    - `sentence`, which finds where messages start and which API operation failed.
//! 3. `matcher` recognises sentences by the `pattern`s of `known_errors`, which are read from the files in
//!    `known-errors/`. `missing_program` recognises, in many languages, that a program is not installed.
//! 4. `last_error` chooses the last error of the last output that has any.
//!
//! `mentions` reads ARNs, names and the region out of the text, for the next command. `suggestions` compares a text
//! that no pattern matches with all of them.

#![forbid(unsafe_code)]

mod known_errors;
mod last_error;
mod log_prefix;
mod matcher;
mod mentions;
mod missing_program;
mod normalize;
mod pattern;
mod prompt;
mod sentence;
mod suggestions;
#[cfg(test)]
mod tests;
mod transcript;

pub use known_errors::{KnownError, NextStep, all as known_errors};
pub use mentions::Mentions;
pub use suggestions::{exceptions, suggestions};

use pattern::Program;
use transcript::Transcript;

/// A known error, and what the text says about it.
pub struct Explanation {
    /// The error that the text reports.
    pub known_error: &'static KnownError,
    /// Names in the text, for the next command.
    pub mentions: Mentions,
}

/// Explains the last error of a text; `None` if it contains no known one.
pub fn explain(text: &str) -> Option<Explanation> {
    let normalized = normalize::normalize(text);
    let known_error = last_error::last_error(&Transcript::parse(&normalized))?;
    Some(Explanation {
        known_error,
        mentions: Mentions::read(&normalized),
    })
}

impl KnownError {
    /// Whether the image lacks the program that the session should start.
    pub fn image_lacks_program(&self) -> bool {
        matches!(self.missing_program, Some(Program::Shell | Program::Other))
    }
}
