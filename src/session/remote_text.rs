//! Text from AWS, from the agent, or from the container that says how a session ended.

use std::fmt;

use explain::{Explanation, explain};
use model::secrets::mask;
use model::text::{sanitize_block, sanitize_line};

use crate::cli_error::without_number;

/// How much is looked at: a frame may hold megabytes.
const READ: usize = 16 * 1024;
/// How many characters of it are shown.
const SHOWN: usize = 600;

/// Text of others, which comes out only with secrets masked, control characters removed, and cut to a bearable length.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemoteText(String);

impl RemoteText {
    pub fn new(text: impl Into<String>) -> RemoteText {
        let mut text: String = text.into();
        if text.len() > READ {
            let end = (0..=READ).rev().find(|at| text.is_char_boundary(*at));
            text.truncate(end.unwrap_or_default());
        }
        RemoteText(text)
    }

    /// Behind what it explains.
    pub fn after(self, what: &str) -> RemoteText {
        RemoteText::new(format!("{what}: {}", self.0.trim()))
    }

    pub fn is_empty(&self) -> bool {
        self.0.trim().is_empty()
    }

    pub fn contains(&self, text: &str) -> bool {
        self.0.to_lowercase().contains(text)
    }

    pub fn explain(&self) -> Option<Explanation> {
        explain(&self.0)
    }

    /// In its own lines.
    pub fn block(&self) -> String {
        self.shown(sanitize_block)
    }

    /// Secrets are looked for twice: cleaning takes apart what tells some, and joins others.
    fn shown(&self, clean: fn(&str) -> String) -> String {
        let masked = mask(&clean(&mask(self.0.trim())));
        cut(&without_number(&masked))
    }
}

/// On one line.
impl fmt::Display for RemoteText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown(sanitize_line))
    }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::RemoteText;

    #[test]
    fn what_comes_out_is_safe_and_short() {
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
