//! Known errors that a text comes near to without being one of them.

use super::known_errors;
use super::pattern::Pattern;
use super::{KnownError, clean};

/// Words that stand in many errors.
const COMMON: [&str; 20] = [
    "the", "and", "for", "was", "not", "you", "are", "with", "error", "when", "that", "has", "failed", "from", "this",
    "exception", "found", "session", "command", "cannot",
];
const MOST: usize = 3;

/// The nearest first: most of the words of one of their patterns stand in the text.
pub fn suggestions(text: &str) -> Vec<&'static KnownError> {
    let text = words(&clean::clean(text));
    let mut near: Vec<(usize, &KnownError)> = known_errors::all()
        .filter_map(|error| Some((error.patterns.iter().filter_map(|pattern| shared(pattern, &text)).max()?, error)))
        .collect();
    near.sort_by_key(|(shared, _)| usize::MAX - shared);
    near.truncate(MOST);
    near.into_iter().map(|(_, error)| error).collect()
}

/// How many words a pattern shares with a text, if that is two or more, and most of the pattern's.
fn shared(pattern: &Pattern, text: &[String]) -> Option<usize> {
    let (Pattern::Words(phrases) | Pattern::Call(_, phrases)) = pattern else {
        return None;
    };
    let words = words(&phrases.join(" "));
    let shared = words.iter().filter(|word| text.binary_search(word).is_ok()).count();
    (shared >= 2 && shared * 3 >= words.len() * 2).then_some(shared)
}

/// In order, each once.
fn words(text: &str) -> Vec<String> {
    let mut words: Vec<String> = text
        .split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() > 2)
        .map(str::to_ascii_lowercase)
        .filter(|word| !COMMON.contains(&word.as_str()))
        .collect();
    words.sort();
    words.dedup();
    words
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
    use crate::explain::explain;

    #[test]
    fn only_what_is_near_is_suggested() {
        let titles = |text: &str| -> Vec<&str> { suggestions(text).iter().map(|error| error.title).collect() };
        assert_eq!(titles("the moon is made of cheese"), [""; 0]);
        assert_eq!(titles("the shell session encryption was weird"), [""; 0]);
        assert_eq!(titles("xyzzy"), [""; 0]);
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
