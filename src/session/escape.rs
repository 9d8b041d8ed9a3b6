//! Keys at the beginning of a line that are for this program, not for the remote side. ssh has them too.

use bytes::Bytes;

/// The default of ssh.
pub const DEFAULT: char = '~';

/// Parses one visible ASCII character, or `none`. The error says what is wrong.
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

/// What the user typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyEvent {
    /// Keys for the remote side.
    Keys(Bytes),
    /// `~.`
    Leave,
    /// `~` and Ctrl-Z.
    Suspend,
    /// `~?`
    Help,
}

const CTRL_Z: u8 = 26;

/// Finds escape keys in what is typed, which may come in pieces.
pub struct EscapeKeys {
    /// `None`: escape keys are off.
    key: Option<u8>,
    at_line_start: bool,
    /// The escape key was typed, and the next key decides.
    is_pending: bool,
}

impl EscapeKeys {
    /// `None` turns them off.
    pub fn new(key: Option<char>) -> EscapeKeys {
        EscapeKeys {
            key: key.and_then(|key| u8::try_from(key).ok()),
            at_line_start: true,
            is_pending: false,
        }
    }

    /// Splits what was typed into events.
    pub fn take(&mut self, bytes: Bytes) -> Vec<KeyEvent> {
        let Some(key) = self.key else {
            return vec![KeyEvent::Keys(bytes)];
        };
        let mut events = Vec::new();
        let mut keys = Vec::new();
        for byte in bytes {
            if std::mem::take(&mut self.is_pending) {
                let event = match byte {
                    b'.' => Some(KeyEvent::Leave),
                    b'?' => Some(KeyEvent::Help),
                    CTRL_Z => Some(KeyEvent::Suspend),
                    _ => None,
                };
                if let Some(event) = event {
                    if !keys.is_empty() {
                        events.push(KeyEvent::Keys(std::mem::take(&mut keys).into()));
                    }
                    events.push(event);
                    self.at_line_start = true;
                    continue;
                }
                // Typed twice, it stands for itself.
                keys.push(key);
                if byte == key {
                    self.at_line_start = false;
                    continue;
                }
            } else if byte == key && self.at_line_start {
                self.is_pending = true;
                continue;
            }
            self.at_line_start = matches!(byte, b'\r' | b'\n');
            keys.push(byte);
        }
        if !keys.is_empty() {
            events.push(KeyEvent::Keys(keys.into()));
        }
        events
    }

    /// The list that `~?` shows.
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

    /// The events, which must not depend on how the input is split.
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
    fn escape_keys_work_at_the_beginning_of_a_line() {
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
    fn one_visible_character_can_be_the_escape_key() {
        assert_eq!(parse("^"), Ok(Some('^')));
        assert_eq!(parse("none"), Ok(None));
        for bad in ["", "~~", " ", "é", "None"] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn another_key_or_none_can_be_set() {
        assert_eq!(typed(None, "~."), [keys("~.")]);
        assert_eq!(typed(Some('^'), "~."), [keys("~.")]);
        assert_eq!(typed(Some('^'), "^."), [KeyEvent::Leave]);
    }
}
