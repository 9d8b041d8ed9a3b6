//! The guard against text that was written by others.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

/// One line that nothing hostile is left in, as [`clean_line`] leaves it. Those of a fleet's tasks are shared by all
/// that is found about them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Clean(Arc<str>);

impl Deref for Clean {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Clean {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<&str> for Clean {
    fn from(text: &str) -> Clean {
        match is_plain(text) {
            true => Clean(text.into()),
            false => Clean(clean_line(text).into()),
        }
    }
}

impl From<String> for Clean {
    fn from(text: String) -> Clean {
        Clean::from(text.as_str())
    }
}

impl From<Arc<str>> for Clean {
    fn from(text: Arc<str>) -> Clean {
        match is_plain(&text) {
            true => Clean(text),
            false => Clean(clean_line(&text).into()),
        }
    }
}

/// Removes what could steer a terminal or hide text: control characters, escape sequences' starts,
/// bidirectional overrides, invisible characters. A line break or tab becomes one space.
pub fn clean_line(text: &str) -> String {
    if is_plain(text) {
        return text.to_owned();
    }
    text.chars()
        .filter_map(|c| match c {
            '\n' | '\t' => Some(' '),
            c if is_hostile(c) => None,
            c => Some(c),
        })
        .collect()
}

/// Nothing but printable ASCII, in which there is nothing to clean. A report of a fleet has megabytes of it, so eight
/// bytes are looked at at once.
pub fn is_plain(text: &str) -> bool {
    let (words, rest) = text.as_bytes().as_chunks::<8>();
    let is_printable = |byte: &u8| matches!(byte, b' '..=b'~');
    words
        .iter()
        .all(|&word| is_plain_word(u64::from_ne_bytes(word)))
        && rest.iter().all(is_printable)
}

/// Below a space a byte borrows into its highest bit, delete carries into it, and what is not ASCII has it set.
fn is_plain_word(word: u64) -> bool {
    const EACH: u64 = u64::from_ne_bytes([1; 8]);
    let below_space = word.wrapping_sub(EACH * 0x20);
    let delete = word.wrapping_add(EACH);
    (word | below_space | delete) & (EACH * 0x80) == 0
}

/// Like [`clean_line`], but keeps line breaks.
pub fn clean_block(text: &str) -> String {
    text.chars()
        .filter(|&c| c == '\n' || !is_hostile(c))
        .collect()
}

fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_steers_a_terminal_survives() {
        assert_eq!(
            clean_line("a\u{1b}[31mb\r\nc\u{9b}d\u{202e}e\tf"),
            "a[31mb cde f"
        );
        assert_eq!(clean_block("a\u{7}\nb\r"), "a\nb");
        assert_eq!(clean_line("Grüße ✓ 日本"), "Grüße ✓ 日本");
    }

    #[test]
    fn every_byte_that_is_not_plain_is_seen_wherever_it_stands() {
        for length in 1..20 {
            for at in 0..length {
                for c in (0..=0x2ff).filter_map(char::from_u32) {
                    let mut text = "~".repeat(length);
                    text.replace_range(at..=at, c.encode_utf8(&mut [0; 4]));
                    assert_eq!(is_plain(&text), matches!(c, ' '..='~'), "{text:?}");
                }
            }
        }
    }

    #[test]
    fn a_clean_line_is_clean_wherever_it_comes_from() {
        let hostile = "a\u{1b}[31mb\u{202e}";
        let clean = Clean::from(hostile);
        assert_eq!(&*clean, "a[31mb");
        assert_eq!(clean, Clean::from(hostile.to_owned()));
        assert_eq!(clean, Clean::from(Arc::<str>::from(hostile)));
        let json = serde_json::to_string(hostile).unwrap();
        assert_eq!(clean, serde_json::from_str(&json).unwrap());
    }
}
