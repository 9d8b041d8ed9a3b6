//! Recognises sentences by the patterns of the known errors.

use super::known_errors::{self, KnownError, Source};
use super::missing_program;
use super::pattern::{Pattern, Program};
use super::sentence::Sentence;

/// The agent writes the path of the program that it starts after these.
const PATH_PREFIXES: [&str; 4] = ["fork/exec", "exec:'", "stat/", "startpty:"];

/// The most specific known error that a sentence reports. `lists_plugin`: the text lists the file of the plugin.
pub fn recognise(sentence: &Sentence, lists_plugin: bool) -> Option<(Source, &'static KnownError)> {
    let text = sentence.text.as_str();
    let missing_programs: Vec<Program> = missing_program::find(text)
        .into_iter()
        .map(|program| match program {
            Program::Plugin if lists_plugin => Program::ListedPlugin,
            program => program,
        })
        .collect();
    let operation = sentence.operation.as_deref().unwrap_or_default();
    let has_any = |patterns: &[Pattern]| patterns.iter().any(|pattern| pattern.matches(text));
    known_errors::with_sources().find(|(source, error)| {
        let mut failed_calls = error.failed_calls.iter();
        // In a session a program in the container may print anything.
        (!sentence.in_session || *source == Source::Session)
            && (has_any(&error.texts)
                || failed_calls.any(|(call, patterns)| {
                    operation.eq_ignore_ascii_case(call) && has_any(patterns)
                })
                || error
                    .missing_program
                    .is_some_and(|program| missing_programs.contains(&program))
                || (error.windows_path && contains_windows_path(text)))
    })
}

/// `fork/exec C:/…`, but no URL such as `x://…`.
fn contains_windows_path(text: &str) -> bool {
    PATH_PREFIXES.iter().any(|prefix| {
        text.match_indices(prefix).any(|(at, _)| {
            let path = &text.as_bytes()[at + prefix.len()..];
            matches!(path, [drive, b':', b'/', rest @ ..]
                if drive.is_ascii_alphabetic() && rest.first() != Some(&b'/'))
        })
    })
}
