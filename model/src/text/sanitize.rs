//! Protection of terminals and readers from text that others wrote.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Serialize};

/// One line without hostile characters, as [`sanitize_line`] leaves it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct Sanitized(String);

impl Deref for Sanitized {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Sanitized {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<&str> for Sanitized {
    fn from(text: &str) -> Sanitized {
        Sanitized(sanitize_line(text))
    }
}

impl From<String> for Sanitized {
    fn from(text: String) -> Sanitized {
        Sanitized::from(text.as_str())
    }
}

/// Removes what could steer a terminal or hide text: control characters, escape sequences' starts,
/// bidirectional overrides, invisible characters. A line break or tab becomes one space.
pub fn sanitize_line(text: &str) -> String {
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

/// Nothing but printable ASCII, which needs no sanitizing.
pub fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b' '..=b'~'))
}

/// Like [`sanitize_line`], but keeps line breaks.
pub fn sanitize_block(text: &str) -> String {
    text.chars()
        .filter(|&c| c == '\n' || !is_hostile(c))
        .collect()
}

/// Whether a character controls a terminal, hides, or changes the direction of the text around it.
pub fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{00ad}' | '\u{061c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminal_control_sequences_are_removed() {
        assert_eq!(
            sanitize_line("a\u{1b}[31mb\r\nc\u{9b}d\u{202e}e\tf"),
            "a[31mb cde f"
        );
        assert_eq!(sanitize_block("a\u{7}\nb\r"), "a\nb");
        assert_eq!(sanitize_line("Grüße ✓ 日本"), "Grüße ✓ 日本");
    }

    #[test]
    fn every_constructor_sanitizes() {
        let hostile = "a\u{1b}[31mb\u{202e}";
        let clean = Sanitized::from(hostile);
        assert_eq!(&*clean, "a[31mb");
        assert_eq!(clean, Sanitized::from(hostile.to_owned()));
        let json = serde_json::to_string(hostile).unwrap();
        assert_eq!(clean, serde_json::from_str(&json).unwrap());
    }

    #[test]
    fn every_invisible_character_is_removed() {
        for c in [
            '\u{ad}',
            '\u{61c}',
            '\u{180e}',
            '\u{200b}',
            '\u{2028}',
            '\u{2066}',
            '\u{feff}',
            '\u{e0041}',
        ] {
            assert_eq!(sanitize_line(&format!("a{c}b")), "ab", "{c:?}");
            assert_eq!(sanitize_block(&format!("a{c}b")), "ab", "{c:?}");
        }
    }

    #[test]
    fn only_printable_ascii_is_plain() {
        assert!(is_plain("a ~") && is_plain(""));
        for text in ["a\n", "a\t", "\u{7f}", "é"] {
            assert!(!is_plain(text), "{text:?}");
        }
    }
}
