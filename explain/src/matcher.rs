//! Recognises sentences by the patterns of the known errors.

use std::sync::LazyLock;

use super::known_errors::{self, KnownError, Source};
use super::missing_program;
use super::normalize::compact;
use super::pattern::{Pattern, Program};
use super::sentence::Sentence;

/// How many bytes may lie between two phrases of a pattern.
const MAX_GAP: usize = 800;
/// The agent writes the path of the program that it starts after these.
const PATH_PREFIXES: [&str; 4] = ["fork/exec", "exec:'", "stat/", "startpty:"];

#[derive(Clone, Copy)]
pub struct Match {
    pub source: Source,
    pub error: &'static KnownError,
    /// The program that the sentence does not find, if that is what it was recognised by.
    pub missing: Option<Program>,
}

struct Rule {
    source: Source,
    error: &'static KnownError,
    pattern: &'static Pattern,
    /// The pattern's combinations of phrases, compact.
    combinations: Vec<Vec<String>>,
}

/// In the order of the known errors, so that the first match is the most specific one.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let errors = known_errors::with_sources();
    let patterns = errors.flat_map(|(source, error)| {
        error
            .patterns
            .iter()
            .map(move |pattern| (source, error, pattern))
    });
    patterns
        .map(|(source, error, pattern)| Rule {
            source,
            error,
            pattern,
            combinations: compact_combinations(pattern),
        })
        .collect()
});

fn compact_combinations(pattern: &Pattern) -> Vec<Vec<String>> {
    let combinations = pattern.combinations().into_iter();
    combinations
        .map(|phrases| phrases.into_iter().map(compact).collect())
        .collect()
}

/// The most specific known error that a sentence reports.
pub fn recognise(sentence: &Sentence) -> Option<Match> {
    let text = sentence.text.as_str();
    let missing_programs = missing_program::find(text);
    let is_failed = |call: &str| {
        let operation = sentence.operation.as_deref();
        operation.is_some_and(|operation| operation.eq_ignore_ascii_case(call))
    };
    let rule = RULES.iter().find(|rule| {
        // In a session a program in the container may print anything.
        (!sentence.in_session || rule.source == Source::Session)
            && match rule.pattern {
                Pattern::Text(_) => contains_any(text, &rule.combinations),
                Pattern::Call(call, _) => is_failed(call) && contains_any(text, &rule.combinations),
                Pattern::Missing(program) => missing_programs.contains(program),
                Pattern::WindowsPath => contains_windows_path(text),
            }
    })?;
    Some(Match {
        source: rule.source,
        error: rule.error,
        missing: match *rule.pattern {
            Pattern::Missing(program) => Some(program),
            _ => None,
        },
    })
}

fn contains_any(text: &str, combinations: &[Vec<String>]) -> bool {
    let mut combinations = combinations.iter();
    combinations.any(|phrases| contains_in_order(text, phrases, usize::MAX))
}

/// `max_gap` is how many bytes may lie before the first phrase.
fn contains_in_order(text: &str, phrases: &[String], max_gap: usize) -> bool {
    let Some((first, rest)) = phrases.split_first() else {
        return true;
    };
    let reach = text.floor_char_boundary(max_gap.saturating_add(first.len()));
    text[..reach]
        .match_indices(first.as_str())
        .any(|(at, _)| contains_in_order(&text[at + first.len()..], rest, MAX_GAP))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_match_in_order_and_near_each_other() {
        let pattern = Pattern::Text("handshake … timed out OR expired");
        let matches = |text: &str| contains_any(&compact(text), &compact_combinations(&pattern));
        assert!(matches("The Handshake has\n timed out."));
        assert!(matches("handshake expired"));
        assert!(!matches("timed out: handshake"));
        let far = format!("handshake {} expired", "é".repeat(MAX_GAP));
        assert!(!matches(&far));
        assert!(matches(&format!("{far}, handshake expired")));
    }

    #[test]
    fn no_phrase_is_too_short() {
        for rule in RULES.iter() {
            for phrase in rule.combinations.iter().flatten() {
                assert!(phrase.len() >= 4, "{}: {phrase}", rule.error.title);
            }
        }
    }
}
