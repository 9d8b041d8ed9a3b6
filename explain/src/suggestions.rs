//! Suggests known errors that a text resembles without matching one.

use std::collections::BTreeSet;

use strsim::osa_distance;

use super::known_errors::{self, KnownError};
use super::normalize::normalize;

/// Words of many errors.
const COMMON_WORDS: &str = "the and for was not you are with error when that has failed from this \
                            exception found session command cannot";
const MAX_SUGGESTIONS: usize = 3;
/// Somebody typed a text of at most this many bytes, perhaps with spelling mistakes.
const MAX_TYPED: usize = 1000;
/// Only so many bytes at the end of a text are compared.
const MAX_COMPARED: usize = 16 << 10;

/// The most similar first: the text contains most of the words of one of their patterns.
pub fn suggestions(text: &str) -> Vec<&'static KnownError> {
    let tail = text.ceil_char_boundary(text.len().saturating_sub(MAX_COMPARED));
    let text = normalize(&text[tail..]).to_lowercase();
    let text_words: BTreeSet<&str> = words(&text).collect();
    let is_in_text = |word: &&&str| {
        text_words.contains(**word)
            || text.len() <= MAX_TYPED && text_words.iter().any(|typed| is_misspelt(typed, word))
    };
    let mut similar: Vec<(usize, &KnownError)> = known_errors::all()
        .filter_map(|error| {
            let shared = error
                .patterns()
                .flat_map(|pattern| &pattern.combinations)
                .filter_map(|phrases| {
                    let words: BTreeSet<&str> = phrases.iter().flat_map(|one| words(one)).collect();
                    let shared = words.iter().filter(is_in_text).count();
                    // Most of the words, and more than one.
                    (shared >= 2 && shared * 3 >= words.len() * 2).then_some(shared)
                });
            Some((shared.max()?, error))
        })
        .collect();
    similar.sort_by_key(|(shared, _)| std::cmp::Reverse(*shared));
    similar.truncate(MAX_SUGGESTIONS);
    similar.into_iter().map(|(_, error)| error).collect()
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|word| word.len() > 2 && !COMMON_WORDS.split(' ').any(|common| common == *word))
}

/// One letter is missing, added or replaced, or two are swapped.
fn is_misspelt(typed: &str, word: &str) -> bool {
    typed.len().min(word.len()) >= 5
        && typed.len().abs_diff(word.len()) <= 1
        && osa_distance(typed, word) <= 1
}

/// Exceptions of the APIs that a session needs, to correct misspelt ones.
pub fn exceptions() -> impl Iterator<Item = &'static str> + Clone {
    let lines = include_str!("../known-errors/exceptions.txt").lines();
    lines.filter(|line| !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::explain;

    #[test]
    fn only_similar_errors_are_suggested() {
        let titles = |text: &str| -> Vec<&str> {
            suggestions(text)
                .iter()
                .map(|error| error.title.as_str())
                .collect()
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
        for name in exceptions() {
            assert!(explain(name).is_some(), "{name}");
        }
    }
}
