//! The error texts that are known, a file for each part that reports or causes them.
//!
//! Of several that match a sentence, the first one in [`FAMILIES`] counts.

mod agent;
mod caller_permissions;
mod command;
mod credentials;
mod encryption;
mod general;
mod local;
mod network;
mod plugin;
mod session;
mod session_logging;
mod target;

use super::pattern::{Pattern, Program};

pub use plugin::NEEDS_GLIBC as PLUGIN_NEEDS_GLIBC;

/// A kind of error text.
#[derive(Debug)]
pub struct KnownError {
    /// Any of these recognises it.
    pub(crate) patterns: &'static [Pattern],
    pub title: &'static str,
    pub meaning: &'static str,
    /// IDs of the checks that find the cause, the most likely one first.
    pub checks: &'static [&'static str],
    pub next: NextStep,
}

/// What to do about an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NextStep {
    /// Run the doctor on the target.
    Doctor,
    /// Run the doctor's checks of this machine.
    DoctorLocal,
    /// A command or a step. `REGION` stands for the region that the text mentions.
    Advice(&'static str),
}

/// Who prints an error, and how much it says about the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// The plugin or the agent, even while a session is open.
    Session,
    /// AWS, this machine, or the agent in its log. In a session, a program in the container may print the same.
    Client,
    /// Like `Client`, but it has many causes: a more specific error of the same output takes precedence.
    General,
    /// Printed at the end of every session, also after success.
    SessionEnd,
}

/// The more specific errors come first.
const FAMILIES: &[(Source, &[KnownError])] = &[
    (Source::Session, session_logging::ERRORS),
    (Source::Session, plugin::ERRORS),
    (Source::Client, credentials::ASSUME_ROLE),
    (Source::Session, encryption::ERRORS),
    (Source::Session, command::ERRORS),
    (Source::Session, agent::IN_SESSION),
    (Source::Client, agent::ERRORS),
    (Source::Client, target::ERRORS),
    (Source::Client, caller_permissions::ERRORS),
    (Source::Client, credentials::ERRORS),
    (Source::Session, session::ERRORS),
    (Source::Client, local::ERRORS),
    (Source::Client, network::ERRORS),
    (Source::General, network::GENERAL),
    (Source::General, general::ERRORS),
    (Source::SessionEnd, session::END),
];

/// All known errors, the more specific ones first.
pub fn all() -> impl Iterator<Item = &'static KnownError> {
    with_sources().map(|(_, error)| error)
}

/// The same, each with its source.
pub fn with_sources() -> impl Iterator<Item = (Source, &'static KnownError)> {
    FAMILIES
        .iter()
        .flat_map(|(source, errors)| errors.iter().map(|error| (*source, error)))
}
