//! How the agent alters output that is not valid UTF-8, and U+FFFD.

/// The agent decodes output as UTF-8. It sends an invalid byte unchanged, unless it is among the last three bytes:
/// these wait for more output and are lost when the command ends. It takes U+FFFD for an invalid byte, sends the first
/// of its three bytes, and loses the other two.
#[derive(Debug, Default)]
pub struct Utf8Filter {
    waiting: Vec<u8>,
}

impl Utf8Filter {
    /// What the agent sends for these bytes.
    pub fn pass(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut text = std::mem::take(&mut self.waiting);
        text.extend_from_slice(bytes);
        let mut passed = Vec::with_capacity(text.len());
        let mut at = 0;
        while at < text.len() {
            let (length, is_character) = first(&text[at..]);
            match is_character {
                true => passed.extend_from_slice(&text[at..at + length]),
                false if text.len() - at < 4 => break,
                false => passed.push(text[at]),
            }
            at += length;
        }
        self.waiting = text.split_off(at);
        passed
    }
}

/// The length of the first character, and whether the agent accepts it as valid.
fn first(text: &[u8]) -> (usize, bool) {
    let start = &text[..text.len().min(4)];
    let valid = match std::str::from_utf8(start) {
        Ok(valid) => valid,
        Err(error) => std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or_default(),
    };
    match valid.chars().next() {
        Some(char::REPLACEMENT_CHARACTER) => (3, false),
        Some(character) => (character.len_utf8(), true),
        None => (1, false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn output_is_filtered_like_the_agent_does() {
        let pass = |pieces: &[&[u8]]| {
            let mut filter = Utf8Filter::default();
            let passed: Vec<Vec<u8>> = pieces.iter().map(|piece| filter.pass(piece)).collect();
            passed.concat()
        };
        assert_eq!(pass(&["naïve 🦀\n".as_bytes()]), "naïve 🦀\n".as_bytes());
        assert_eq!(pass(&[b"a\xef\xbf\xbdb"]), b"a\xefb");
        assert_eq!(pass(&[b"a\xffb\n--"]), b"a\xffb\n--");
        assert_eq!(pass(&[b"a\xe2\x82"]), b"a", "the end is held");
        assert_eq!(pass(&[b"a\xe2\x82", b"\xac!"]), "a€!".as_bytes());
        assert_eq!(pass(&[b"ab\xef\xbf\xbd"]), b"ab", "it waits, and is lost");
    }
}
