//! Chooses which error of a text to explain: the last that is known.

use super::known_errors::{KnownError, Source};
use super::matcher::recognise;
use super::transcript::Transcript;

/// The error that the last command ended with.
pub fn last_error(transcript: &Transcript) -> Option<&'static KnownError> {
    transcript.outputs.iter().rev().find_map(|output| {
        let sentences = output.iter();
        let found = sentences.filter_map(|one| recognise(one, transcript.lists_plugin));
        // `max_by_key` takes the last of several.
        let last = found.max_by_key(|(source, _)| match source {
            Source::Session | Source::Client => 2,
            Source::General => 1,
            Source::SessionEnd => 0,
        });
        last.map(|(_, error)| error)
    })
}
