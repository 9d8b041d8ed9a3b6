//! The errors that are known, by who they are about. The order matters: of those that a sentence fits, the first is
//! taken.

mod agent;
mod caller_permissions;
mod command;
mod credentials;
mod encryption;
mod exec_checker;
mod general;
mod local;
mod network;
mod plugin;
mod session;
mod session_end;
mod session_logging;
mod target;

use super::pattern::{Pattern, Program};
use super::{KnownError, NextStep, Source};

pub use plugin::NEEDS_GLIBC as PLUGIN_NEEDS_GLIBC;

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
    (Source::Client, exec_checker::ERRORS),
    (Source::Client, credentials::ERRORS),
    (Source::Session, session::ERRORS),
    (Source::Client, local::ERRORS),
    (Source::Client, network::ERRORS),
    (Source::General, network::GENERAL),
    (Source::General, general::ERRORS),
    (Source::Ending, session_end::ERRORS),
];

/// The more particular before the more general.
pub fn all() -> impl Iterator<Item = &'static KnownError> {
    with_sources().map(|(_, error)| error)
}

pub fn with_sources() -> impl Iterator<Item = (Source, &'static KnownError)> {
    FAMILIES
        .iter()
        .flat_map(|(source, errors)| errors.iter().map(|error| (*source, error)))
}
