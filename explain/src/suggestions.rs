//! Known errors that a text comes near to without being one of them.

use std::collections::BTreeSet;

use super::known_errors;
use super::pattern::Pattern;
use super::{KnownError, normalize};

/// Words that stand in many errors.
const COMMON: [&str; 20] = [
    "the",
    "and",
    "for",
    "was",
    "not",
    "you",
    "are",
    "with",
    "error",
    "when",
    "that",
    "has",
    "failed",
    "from",
    "this",
    "exception",
    "found",
    "session",
    "command",
    "cannot",
];
const MOST: usize = 3;
/// A text of at most this many bytes is somebody's own words, which may be misspelt.
const SHORT: usize = 1000;
/// Only so much of the end of a text is compared.
const TAIL: usize = 16 << 10;

/// The nearest first: most of the words of one of their patterns stand in the text.
pub fn suggestions(text: &str) -> Vec<&'static KnownError> {
    let tail = (text.len().saturating_sub(TAIL)..).find(|at| text.is_char_boundary(*at));
    let text = Words::of(&normalize::normalize(&text[tail.unwrap_or(0)..]));
    let mut near: Vec<(usize, &KnownError)> = known_errors::all()
        .filter_map(|error| {
            let shared = error
                .patterns
                .iter()
                .filter_map(|pattern| shared(pattern, &text));
            Some((shared.max()?, error))
        })
        .collect();
    near.sort_by_key(|(shared, _)| usize::MAX - shared);
    near.truncate(MOST);
    near.into_iter().map(|(_, error)| error).collect()
}

/// How many words a pattern shares with a text, if that is two or more, and most of the pattern's.
fn shared(pattern: &Pattern, text: &Words) -> Option<usize> {
    let words = words_of(pattern);
    let shared = words.iter().filter(|word| text.has(word)).count();
    (shared >= 2 && shared * 3 >= words.len() * 2).then_some(shared)
}

fn words_of(pattern: &Pattern) -> BTreeSet<String> {
    match pattern {
        Pattern::Words(phrases) | Pattern::Call(_, phrases) => phrases
            .iter()
            .flat_map(|phrase| split(phrase))
            .map(str::to_owned)
            .collect(),
        Pattern::Missing(_) | Pattern::WindowsPath => BTreeSet::new(),
    }
}

/// The words of patterns that stand in a text.
struct Words(BTreeSet<String>);

impl Words {
    fn of(text: &str) -> Words {
        let known: BTreeSet<String> = known_errors::all()
            .flat_map(|error| error.patterns)
            .flat_map(words_of)
            .collect();
        let lower = text.to_lowercase();
        let may_be_misspelt = lower.len() <= SHORT;
        let found = split(&lower).flat_map(|word| {
            let misspelt = known
                .iter()
                .filter(move |known| may_be_misspelt && is_one_slip_apart(known, word));
            known.get(word).into_iter().chain(misspelt)
        });
        Words(found.cloned().collect())
    }

    fn has(&self, word: &str) -> bool {
        self.0.contains(word)
    }
}

fn split(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() > 2 && !COMMON.contains(word))
}

/// One letter is missing, too much or another, or two have changed places.
fn is_one_slip_apart(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    if one.len().min(other.len()) < 5 || one.len().abs_diff(other.len()) > 1 {
        return false;
    }
    let same = one.iter().zip(other).take_while(|(a, b)| a == b).count();
    let (one, other) = (&one[same..], &other[same..]);
    let rest = |bytes: &[u8], from: usize| bytes.get(from..).map(<[u8]>::to_vec);
    rest(one, 1) == rest(other, 1)
        || rest(one, 1).as_deref() == Some(other)
        || rest(other, 1).as_deref() == Some(one)
        || one.len() >= 2
            && other.len() >= 2
            && one[0] == other[1]
            && one[1] == other[0]
            && one[2..] == other[2..]
}

/// Exceptions of the APIs that a session needs, for those who misspell one.
pub const EXCEPTIONS: &[&str] = &[
    "TargetNotConnectedException",
    "InvalidParameterException",
    "AccessDeniedException",
    "ClusterNotFoundException",
    "ServiceNotFoundException",
    "ServiceNotActiveException",
    "ClientException",
    "ServerException",
    "ThrottlingException",
    "ExpiredTokenException",
    "UnrecognizedClientException",
    "InvalidClientTokenId",
    "PlatformUnknownException",
    "PlatformTaskDefinitionIncompatibilityException",
    "UnsupportedFeatureException",
    "CannotStartManagedAgentError",
    "CannotPullContainerError",
    "SessionManagerPlugin is not found",
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain;

    #[test]
    fn only_what_is_near_is_suggested() {
        let titles = |text: &str| -> Vec<&str> {
            suggestions(text).iter().map(|error| error.title).collect()
        };
        assert_eq!(titles("the moon is made of cheese"), [""; 0]);
        assert_eq!(titles("the shell session encryption was weird"), [""; 0]);
        assert_eq!(titles("xyzzy"), [""; 0]);
        assert_eq!(
            titles("execute comand was not enabeld")[0],
            "The task has no running exec agent"
        );
        assert_eq!(
            titles("it said the task role was not a valid taskRoleArn that is being used")[0],
            "The task definition has no task role"
        );
    }

    #[test]
    fn every_exception_is_known() {
        for name in EXCEPTIONS {
            assert!(explain(name).is_some(), "{name}");
        }
    }
}
