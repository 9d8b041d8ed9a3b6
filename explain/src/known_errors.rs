//! The errors that are known, by who they are about. The order matters: of those that a sentence fits, the first is
//! taken.

mod agent;
mod caller;
mod checker;
mod credentials;
mod encryption;
mod ending;
mod general;
mod machine;
mod network;
mod plugin;
mod records;
mod session;
mod shell;
mod target;

use super::pattern::{Pattern, Program};
use super::{KnownError, Next, Source};

pub use plugin::NEEDS_GLIBC as PLUGIN_NEEDS_GLIBC;

const FAMILIES: &[(Source, &[KnownError])] = &[
    (Source::Session, records::KNOWN),
    (Source::Session, plugin::KNOWN),
    (Source::Client, credentials::ASSUMED),
    (Source::Session, encryption::KNOWN),
    (Source::Session, shell::KNOWN),
    (Source::Session, agent::IN_SESSIONS),
    (Source::Client, agent::KNOWN),
    (Source::Client, target::KNOWN),
    (Source::Client, caller::KNOWN),
    (Source::Client, checker::KNOWN),
    (Source::Client, credentials::KNOWN),
    (Source::Session, session::KNOWN),
    (Source::Client, machine::KNOWN),
    (Source::Client, network::KNOWN),
    (Source::General, network::GENERAL),
    (Source::General, general::KNOWN),
    (Source::Ending, ending::KNOWN),
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
