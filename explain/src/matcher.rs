//! Recognises sentences. One pass over the text finds the phrases of all patterns, so that a long text costs no more
//! than its length.

use std::collections::HashMap;
use std::sync::LazyLock;

use foldhash::fast::FixedState;

use super::missing_program::{self, Side};
use super::pattern::{Pattern, Program};
use super::sentence::{Sentence, squeeze};
use super::{KnownError, Source, known_errors};

/// How far from each other the words of a pattern may stand.
const FAR: usize = 800;
/// After these the agent writes the path of what it was to start.
const WINDOWS_PATHS: [&str; 4] = ["fork/exec ", "exec: '", "stat ", "start pty: "];
/// A phrase is looked up by this many bytes at its beginning.
const KEY: usize = 4;

/// A known error and where it stands among all: the more particular come first.
#[derive(Clone, Copy)]
pub struct Match {
    pub rank: usize,
    pub source: Source,
    pub error: &'static KnownError,
    /// It was found by a program that is missing.
    pub is_missing: Option<Program>,
}

/// The known errors of which a sentence has a pattern.
pub static MATCHER: LazyLock<Matcher> = LazyLock::new(Matcher::new);

pub struct Matcher {
    phrases: Vec<Phrase>,
    by_key: HashMap<[u8; KEY], Vec<usize>, FixedState>,
    /// One bit for each hash of a key: most places of a text begin no phrase.
    filter: Vec<u64>,
    patterns: Vec<Compiled>,
    missing: Vec<(Program, usize)>,
    errors: Vec<(Source, &'static KnownError)>,
    words: usize,
}

struct Phrase {
    text: String,
    uses: Vec<Use>,
}

enum Use {
    /// The nth of a pattern's words.
    Word {
        pattern: usize,
        nth: usize,
    },
    Missing(Side),
    /// Where the error stands that a path of Windows is a sign of.
    WindowsPath(usize),
}

struct Compiled {
    rank: usize,
    operation: Option<String>,
    words: usize,
    /// Where the state of its words begins.
    state: usize,
}

impl Matcher {
    fn new() -> Matcher {
        let mut matcher = Matcher {
            phrases: Vec::new(),
            by_key: HashMap::default(),
            filter: vec![0; 1 << 10],
            patterns: Vec::new(),
            missing: Vec::new(),
            errors: known_errors::with_sources().collect(),
            words: 0,
        };
        for (rank, (_, error)) in matcher.errors.clone().iter().enumerate() {
            for pattern in error.patterns {
                match pattern {
                    Pattern::Words(words) => matcher.add(rank, None, words),
                    Pattern::Call(operation, words) => {
                        matcher.add(rank, Some(squeeze(operation)), words)
                    }
                    Pattern::Missing(program) => matcher.missing.push((*program, rank)),
                    Pattern::WindowsPath => {
                        for phrase in WINDOWS_PATHS {
                            matcher.add_use(phrase, Use::WindowsPath(rank));
                        }
                    }
                }
            }
        }
        for (side, phrase) in missing_program::PHRASES {
            matcher.add_use(phrase, Use::Missing(*side));
        }
        matcher
    }

    fn add(&mut self, rank: usize, operation: Option<String>, words: &[&str]) {
        let pattern = self.patterns.len();
        self.patterns.push(Compiled {
            rank,
            operation,
            words: words.len(),
            state: self.words,
        });
        self.words += words.len();
        for (nth, word) in words.iter().enumerate() {
            self.add_use(word, Use::Word { pattern, nth });
        }
    }

    fn add_use(&mut self, phrase: &str, usage: Use) {
        let text = squeeze(phrase);
        if let Some(known) = self.phrases.iter_mut().find(|phrase| phrase.text == text) {
            known.uses.push(usage);
            return;
        }
        let Some(key) = text.as_bytes().first_chunk::<KEY>() else {
            return;
        };
        self.by_key
            .entry(*key)
            .or_default()
            .push(self.phrases.len());
        let bit = hash(*key);
        self.filter[bit / 64] |= 1 << (bit % 64);
        self.phrases.push(Phrase {
            text,
            uses: vec![usage],
        });
    }

    /// Reads one sentence after the other.
    pub fn scan(&self) -> Scan<'_> {
        Scan {
            matcher: self,
            round: 0,
            state: vec![(0, 0); self.words],
        }
    }
}

fn hash(key: [u8; KEY]) -> usize {
    (u32::from_le_bytes(key).wrapping_mul(0x9e37_79b1) >> 16) as usize
}

pub struct Scan<'m> {
    matcher: &'m Matcher,
    round: u32,
    /// For each word of each pattern: in which round it was found after those before it, and where it ended.
    state: Vec<(u32, usize)>,
}

impl Scan<'_> {
    /// The most particular known error of a sentence.
    pub fn recognise(&mut self, sentence: &Sentence) -> Option<Match> {
        self.round += 1;
        let mut best: Option<Match> = None;
        let bytes = sentence.text.as_bytes();
        for at in 0..bytes.len().saturating_sub(KEY - 1) {
            let Some(key) = bytes[at..].first_chunk::<KEY>() else {
                break;
            };
            let bit = hash(*key);
            if self.matcher.filter[bit / 64] >> (bit % 64) & 1 == 0 {
                continue;
            }
            let Some(phrases) = self.matcher.by_key.get(key) else {
                continue;
            };
            for &phrase in phrases {
                let phrase = &self.matcher.phrases[phrase];
                if bytes[at..].starts_with(phrase.text.as_bytes()) {
                    self.found(sentence, phrase, at, &mut best);
                }
            }
        }
        best
    }

    fn found(&mut self, sentence: &Sentence, phrase: &Phrase, at: usize, best: &mut Option<Match>) {
        let end = at + phrase.text.len();
        for usage in &phrase.uses {
            match usage {
                Use::Word { pattern, nth } => {
                    let pattern = &self.matcher.patterns[*pattern];
                    if self.is_in_order(pattern, *nth, at) {
                        self.state[pattern.state + nth] = (self.round, end);
                        if nth + 1 == pattern.words
                            && pattern
                                .operation
                                .as_ref()
                                .is_none_or(|name| sentence.operation.as_ref() == Some(name))
                        {
                            self.take(sentence, pattern.rank, None, best);
                        }
                    }
                }
                Use::WindowsPath(rank) => {
                    let path = &sentence.text.as_bytes()[end..];
                    if matches!(path, [drive, b':', b'/', rest @ ..] if drive.is_ascii_alphabetic() && rest.first() != Some(&b'/'))
                    {
                        self.take(sentence, *rank, None, best);
                    }
                }
                Use::Missing(side) => {
                    let Some(program) = missing_program::program(&sentence.text, *side, at, end)
                    else {
                        continue;
                    };
                    for (missing, rank) in &self.matcher.missing {
                        if *missing == program {
                            self.take(sentence, *rank, Some(program), best);
                        }
                    }
                }
            }
        }
    }

    fn is_in_order(&self, pattern: &Compiled, nth: usize, at: usize) -> bool {
        let Some(before) = nth.checked_sub(1) else {
            return true;
        };
        let (round, end) = self.state[pattern.state + before];
        round == self.round && end <= at && at - end <= FAR
    }

    fn take(
        &self,
        sentence: &Sentence,
        rank: usize,
        is_missing: Option<Program>,
        best: &mut Option<Match>,
    ) {
        let (source, error) = self.matcher.errors[rank];
        let can_be = !sentence.is_inside || source == Source::Session;
        if can_be && best.is_none_or(|best| rank < best.rank) {
            *best = Some(Match {
                rank,
                source,
                error,
                is_missing,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_phrase_is_too_short_to_be_found() {
        for (_, error) in known_errors::with_sources() {
            for pattern in error.patterns {
                if let Pattern::Words(words) | Pattern::Call(_, words) = pattern {
                    assert!(
                        words.iter().all(|word| squeeze(word).len() >= KEY),
                        "{words:?}"
                    );
                    assert!(!words.is_empty(), "{}", error.title);
                }
            }
        }
    }
}
