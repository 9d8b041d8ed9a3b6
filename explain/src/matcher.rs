//! Recognises sentences by the patterns of the known errors.

use std::sync::LazyLock;

use super::known_errors::{self, KnownError, Source};
use super::missing_program;
use super::normalize::compact;
use super::pattern::{Pattern, Program, combinations};
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
    condition: Condition,
}

enum Condition {
    /// Phrases in this order, where `operation` failed if it is given.
    Phrases {
        operation: Option<String>,
        phrases: Vec<String>,
    },
    Missing(Program),
    WindowsPath,
}

/// In the order of the known errors, so that the first match is the most specific one.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let mut rules = Vec::new();
    for (source, error) in known_errors::with_sources() {
        let conditions = error.patterns.iter().flat_map(conditions);
        rules.extend(conditions.map(|condition| Rule {
            source,
            error,
            condition,
        }));
    }
    rules
});

fn conditions(pattern: &Pattern) -> Vec<Condition> {
    let (operation, text) = match *pattern {
        Pattern::Text(text) => (None, text),
        Pattern::Call(operation, text) => (Some(compact(operation)), text),
        Pattern::Missing(program) => return vec![Condition::Missing(program)],
        Pattern::WindowsPath => return vec![Condition::WindowsPath],
    };
    let combinations = combinations(text).into_iter();
    combinations
        .map(|phrases| Condition::Phrases {
            operation: operation.clone(),
            phrases: phrases.into_iter().map(compact).collect(),
        })
        .collect()
}

/// The most specific known error that a sentence reports.
pub fn recognise(sentence: &Sentence) -> Option<Match> {
    let missing_programs = missing_program::find(&sentence.text);
    let is_met = |condition: &Condition| match condition {
        Condition::Phrases { operation, phrases } => {
            (operation.is_none() || *operation == sentence.operation)
                && contains_in_order(&sentence.text, phrases, usize::MAX)
        }
        Condition::Missing(program) => missing_programs.contains(program),
        Condition::WindowsPath => names_windows_path(&sentence.text),
    };
    let rule = RULES.iter().find(|rule| {
        // In a session a program in the container may print anything.
        (!sentence.in_session || rule.source == Source::Session) && is_met(&rule.condition)
    })?;
    Some(Match {
        source: rule.source,
        error: rule.error,
        missing: match rule.condition {
            Condition::Missing(program) => Some(program),
            _ => None,
        },
    })
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
fn names_windows_path(text: &str) -> bool {
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
        let matches = |text: &str, pattern: &str| {
            combinations(pattern).into_iter().any(|phrases| {
                let phrases: Vec<String> = phrases.into_iter().map(compact).collect();
                contains_in_order(&compact(text), &phrases, usize::MAX)
            })
        };
        let pattern = "handshake … timed out OR expired";
        assert!(matches("The Handshake has\n timed out.", pattern));
        assert!(matches("handshake expired", pattern));
        assert!(!matches("timed out: handshake", pattern));
        let far = format!("handshake {} expired", "é".repeat(MAX_GAP));
        assert!(!matches(&far, pattern));
        assert!(matches(&format!("{far}, handshake expired"), pattern));
    }

    #[test]
    fn every_pattern_has_phrases() {
        for (_, error) in known_errors::with_sources() {
            for condition in error.patterns.iter().flat_map(conditions) {
                if let Condition::Phrases { phrases, .. } = condition {
                    let is_specific = phrases.iter().all(|phrase| phrase.len() >= 4);
                    assert!(is_specific, "{}: {phrases:?}", error.title);
                }
            }
        }
    }
}
