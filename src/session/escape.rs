//! Keys at the beginning of a line that are for this program and not for the remote side, as ssh has them.

use bytes::Bytes;

/// What ssh has too.
pub const DEFAULT: char = '~';

/// One visible ASCII character, or `none`.
pub fn parse(text: &str) -> Result<Option<char>, String> {
    let mut characters = text.chars();
    match (characters.next(), characters.next()) {
        (Some(key), None) if key.is_ascii_graphic() => Ok(Some(key)),
        _ if text == "none" => Ok(None),
        _ => Err(format!(
            "invalid escape key `{text}`: expected one character, or `none`"
        )),
    }
}

/// What was typed: keys for the remote side, or what the escape key begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyEvent {
    Keys(Bytes),
    /// `~.`
    Leave,
    /// `~` and Ctrl-Z.
    Suspend,
    /// `~?`
    Help,
}

const CTRL_Z: u8 = 26;

pub struct EscapeKeys {
    /// `None`: there are none.
    key: Option<u8>,
    at_line_start: bool,
    /// The key was typed, and what it means is not known yet.
    pending: bool,
}

impl EscapeKeys {
    pub fn new(key: Option<char>) -> EscapeKeys {
        EscapeKeys {
            key: key.and_then(|key| u8::try_from(key).ok()),
            at_line_start: true,
            pending: false,
        }
    }

    /// Takes what was typed apart.
    pub fn take(&mut self, bytes: Bytes) -> Vec<KeyEvent> {
        let Some(key) = self.key else {
            return vec![KeyEvent::Keys(bytes)];
        };
        let mut typed = Vec::new();
        let mut keys = Vec::with_capacity(bytes.len());
        for byte in bytes {
            if std::mem::take(&mut self.pending) {
                let meaning = match byte {
                    b'.' => Some(KeyEvent::Leave),
                    b'?' => Some(KeyEvent::Help),
                    CTRL_Z => Some(KeyEvent::Suspend),
                    _ => None,
                };
                if let Some(meaning) = meaning {
                    if !keys.is_empty() {
                        typed.push(KeyEvent::Keys(std::mem::take(&mut keys).into()));
                    }
                    typed.push(meaning);
                    self.at_line_start = true;
                    continue;
                }
                // Twice it means itself.
                keys.push(key);
                if byte == key {
                    self.at_line_start = false;
                    continue;
                }
            } else if byte == key && self.at_line_start {
                self.pending = true;
                continue;
            }
            self.at_line_start = matches!(byte, b'\r' | b'\n');
            keys.push(byte);
        }
        if !keys.is_empty() {
            typed.push(KeyEvent::Keys(keys.into()));
        }
        typed
    }

    /// What they are, for who asked.
    pub fn help(&self) -> String {
        let key = char::from(self.key.unwrap_or_default());
        [
            "Keys of ecs-exec, at the beginning of a line:".to_owned(),
            format!("  {key}.       leave the session"),
            format!("  {key}Ctrl-Z  suspend ecs-exec"),
            format!("  {key}{key}       send {key}"),
            format!("  {key}?       this list"),
        ]
        .join("\r\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In pieces of each size.
    fn typed(key: Option<char>, text: &str) -> Vec<KeyEvent> {
        let mut answers: Vec<Vec<KeyEvent>> = (1..=text.len())
            .map(|size| {
                let mut escape = EscapeKeys::new(key);
                let mut all: Vec<KeyEvent> = Vec::new();
                for piece in text.as_bytes().chunks(size) {
                    for one in escape.take(Bytes::copy_from_slice(piece)) {
                        match (all.last_mut(), one) {
                            (Some(KeyEvent::Keys(before)), KeyEvent::Keys(after)) => {
                                *before = [&before[..], &after[..]].concat().into();
                            }
                            (_, one) => all.push(one),
                        }
                    }
                }
                all
            })
            .collect();
        answers.dedup();
        assert_eq!(answers.len(), 1, "{answers:?}");
        answers.remove(0)
    }

    fn keys(text: &str) -> KeyEvent {
        KeyEvent::Keys(Bytes::copy_from_slice(text.as_bytes()))
    }

    #[test]
    fn at_the_beginning_of_a_line() {
        let typed = |text| typed(Some('~'), text);
        assert_eq!(typed("~."), [KeyEvent::Leave]);
        assert_eq!(typed("ls\r~."), [keys("ls\r"), KeyEvent::Leave]);
        assert_eq!(typed("~?~."), [KeyEvent::Help, KeyEvent::Leave]);
        assert_eq!(typed("~\x1ax"), [KeyEvent::Suspend, keys("x")]);
        assert_eq!(typed("ls ~."), [keys("ls ~.")]);
        assert_eq!(typed("~/bin\r"), [keys("~/bin\r")]);
        assert_eq!(typed("~~.\r"), [keys("~.\r")]);
        assert_eq!(typed("~\r~."), [keys("~\r"), KeyEvent::Leave]);
    }

    #[test]
    fn keys_that_can_be_chosen() {
        assert_eq!(parse("^"), Ok(Some('^')));
        assert_eq!(parse("none"), Ok(None));
        for bad in ["", "~~", " ", "é", "None"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn another_key_or_none() {
        assert_eq!(typed(None, "~."), [keys("~.")]);
        assert_eq!(typed(Some('^'), "~."), [keys("~.")]);
        assert_eq!(typed(Some('^'), "^."), [KeyEvent::Leave]);
    }
}
