//! Chooses which error of a text to explain: the last that is known.

use super::known_errors::{self, KnownError, Source};
use super::matcher::{Match, recognise};
use super::pattern::Program;
use super::transcript::{Output, Transcript};

/// The error that the last command ended with.
pub fn last_error(transcript: &Transcript) -> Option<&'static KnownError> {
    let found = transcript.outputs.iter().rev().find_map(last_match)?;
    let plugin_is_missing = found.missing == Some(Program::Plugin);
    Some(match plugin_is_missing && transcript.lists_plugin {
        true => known_errors::PLUGIN_NEEDS_GLIBC,
        false => found.error,
    })
}

fn last_match(output: &Output) -> Option<Match> {
    let matches = output.iter().filter_map(recognise);
    // `max_by_key` takes the last of several.
    matches.max_by_key(|found| match found.source {
        Source::Session | Source::Client => 2,
        Source::General => 1,
        Source::SessionEnd => 0,
    })
}
