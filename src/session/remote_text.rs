//! Text of AWS, the agent or the container, made safe to show.

use std::fmt;

use explain::{Explanation, explain};
use model::secrets::mask;
use model::text::{sanitize_block, sanitize_line};

use crate::cli_error::without_number;

/// How many bytes are kept: a frame can have megabytes.
const MAX_BYTES: usize = 16 * 1024;
/// How many characters are shown.
const MAX_SHOWN: usize = 600;

/// Text of others. It comes out only with secrets masked, control characters removed, and shortened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteText(String);

impl RemoteText {
    /// Keeps the first 16 KiB.
    pub fn new(text: impl Into<String>) -> RemoteText {
        let mut text: String = text.into();
        text.truncate(text.floor_char_boundary(MAX_BYTES));
        RemoteText(text)
    }

    /// The same text behind a prefix.
    pub fn after(self, what: &str) -> RemoteText {
        RemoteText::new(format!("{what}: {}", self.0.trim()))
    }

    /// Whether there is only white space.
    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    /// Whether it contains a text in lower case, whatever its own case.
    pub fn contains(&self, text: &str) -> bool {
        self.0.to_lowercase().contains(text)
    }

    /// What the text means, if it is a known error.
    pub fn explain(&self) -> Option<Explanation> {
        explain(&self.0)
    }

    /// With its own line breaks.
    pub fn block(&self) -> String {
        self.shown(sanitize_block)
    }

    /// Secrets are masked twice: cleaning removes the signs of some, and joins others.
    fn shown(&self, clean: fn(&str) -> String) -> String {
        let masked = mask(&clean(&mask(self.0.trim())));
        cut(&without_number(&masked))
    }
}

/// One line.
impl fmt::Display for RemoteText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(sanitize_line))
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::RemoteText;

    #[test]
    fn text_is_masked_sanitized_and_truncated() {
        let shown = |text: &str| RemoteText::new(text).to_string();
        assert_eq!(
            shown("no\r\n\x1b]0;x\x07 token=hunter2"),
            "no ]0;x token=[masked]"
        );
        assert_eq!(
            shown("see https://u:PW@h/x (os error 111)"),
            "see https://[masked]@h/x"
        );
        assert_eq!(shown("pass\x1bword=hunter2"), "password=[masked]");
        let long = shown(&"é".repeat(8_000_000));
        assert!(long.chars().count() <= 601 && long.ends_with('…'), "{long}");
        let block = RemoteText::new("a\nDB_PASSWORD=hunter2\x1b[2J\n").block();
        assert_eq!(block, "a\nDB_PASSWORD=[masked]");
    }
}
