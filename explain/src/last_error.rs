//! Which of the errors of a text is the one to explain: the last.

use super::matcher::{MATCHER, Match};
use super::pattern::Program;
use super::transcript::{Output, Transcript};
use super::{KnownError, Source, known_errors};

/// The error that the last command ended with, of those that are known.
pub fn last_error(transcript: &Transcript) -> Option<&'static KnownError> {
    let mut scan = MATCHER.scan();
    let last_of = |output: &Output| {
        let mut last: Option<Match> = None;
        for found in output
            .iter()
            .filter_map(|sentence| scan.recognise(sentence))
        {
            // What is said of many errors, or of each session's end, does not take the place of what says more.
            if last.is_none_or(|last| weight(found.source) >= weight(last.source)) {
                last = Some(found);
            }
        }
        last
    };
    let found = transcript.outputs.iter().rev().find_map(last_of)?;
    let is_there = found.is_missing == Some(Program::Plugin) && transcript.lists_plugin;
    Some(match is_there {
        true => known_errors::PLUGIN_NEEDS_GLIBC,
        false => found.error,
    })
}

fn weight(source: Source) -> u8 {
    match source {
        Source::Session | Source::Client => 2,
        Source::General => 1,
        Source::Ending => 0,
    }
}
