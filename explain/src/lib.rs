//! What an error text means: what the AWS CLI, the plugin, the agent or ECS print, and what is behind it.
//!
//! `clean` repairs characters, `line` takes off what was put before lines, `prompt` finds what was typed, `transcript`
//! joins the rest to sentences, `matcher` recognises sentences, and `choose` takes the last error.

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

pub use known_errors::all as known_errors;
pub use mentions::Mentions;
pub use suggestions::{EXCEPTIONS, suggestions};

use pattern::Pattern;

/// A kind of error text.
#[derive(Debug)]
pub struct KnownError {
    /// Each is a way to recognise it.
    patterns: &'static [Pattern],
    pub title: &'static str,
    pub meaning: &'static str,
    /// The checks that find out which of the possible causes it is, the likeliest first.
    pub checks: &'static [&'static str],
    pub next: NextStep,
}

/// Who prints an error, and how much it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    /// The plugin or the agent, also while a session is open.
    Session,
    /// AWS, this machine, or the agent in its own log. Inside a session it is a program's own.
    Client,
    /// Like `Client`, but it fits many causes: anything more particular in the same output comes first.
    General,
    /// Printed at every session's end.
    Ending,
}

/// What to do about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Ask the doctor about the target.
    Doctor,
    /// Ask the doctor, but only about this machine.
    DoctorLocal,
    /// A command or a step, in which `REGION` stands for the region of the text.
    Advice(&'static str),
}

pub struct Explanation {
    pub known_error: &'static KnownError,
    pub mentions: Mentions,
}

/// Explains the last error of a text; `None` where nothing in it is known.
pub fn explain(text: &str) -> Option<Explanation> {
    let cleaned = normalize::normalize(text);
    let known_error = last_error::last_error(&transcript::Transcript::read(&cleaned))?;
    Some(Explanation {
        known_error,
        mentions: Mentions::read(&cleaned),
    })
}
