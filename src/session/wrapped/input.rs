//! Encodes standard input.

use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex};

use data_encoding::BASE64;

/// The line that ends the input. Lines of data are longer.
pub const INPUT_END: &str = "=";

/// Sent twice if `sed` reads it: busybox reads the next line before it looks at one.
pub const INPUT_END_LINES: &str = "=\n=\n";

/// The letters of base64, its padding last, and their replacements if the terminal echoes input: none of these occurs in
/// output in hexadecimal or in the end marker.
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
/// The letters of base64 if the terminal echoes input, in the order of [`LETTERS`].
pub const SHIFTED: &str = "ghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&()*+,./:;<>?@=";

/// How input is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputCode {
    Base64,
    /// With the letters of [`SHIFTED`].
    Shifted,
    /// Not at all: the image cannot receive any, and only learns whether there is some.
    None,
}

/// Holds input back until the remote side has reported how it takes input.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<Option<InputCode>>, Condvar)>);

impl Gate {
    /// Lets input through, in this encoding.
    pub fn open(&self, code: InputCode) {
        let (open, changed) = &*self.0;
        if let Ok(mut open) = open.lock() {
            *open = Some(code);
            changed.notify_all();
        }
    }

    fn wait(&self) -> InputCode {
        let (open, changed) = &*self.0;
        let opened = open.lock().and_then(|open| {
            let waited = changed.wait_while(open, |open| open.is_none())?;
            Ok(*waited)
        });
        opened.ok().flatten().unwrap_or(InputCode::None)
    }
}

/// Standard input, encoded in lines that no terminal rewrites, and the line that ends it.
pub struct Encoded<R> {
    inner: R,
    gate: Gate,
    pending: io::Cursor<Vec<u8>>,
    ended: bool,
}

/// The bytes in a line: a multiple of three, so that lines join without padding.
pub const LINE_BYTES: u64 = 720;

impl<R: Read> Encoded<R> {
    /// Reads `inner` once the gate is open.
    pub fn new(inner: R, gate: Gate) -> Encoded<R> {
        Encoded {
            inner,
            gate,
            pending: io::Cursor::default(),
            ended: false,
        }
    }

    /// The next line; the end too if the input has ended.
    fn next_line(&mut self) -> io::Result<Vec<u8>> {
        let code = self.gate.wait();
        let mut bytes = Vec::new();
        self.inner
            .by_ref()
            .take(LINE_BYTES)
            .read_to_end(&mut bytes)?;
        let mut line = Vec::new();
        if !bytes.is_empty() {
            line = encode(&bytes, code);
            line.push(b'\n');
        }
        if (bytes.len() as u64) < LINE_BYTES {
            self.ended = true;
            let end = match code {
                InputCode::None => &INPUT_END_LINES[..INPUT_END.len() + 1],
                _ => INPUT_END_LINES,
            };
            line.extend_from_slice(end.as_bytes());
        }
        Ok(line)
    }
}

impl<R: Read> Read for Encoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.pending.read(buffer)?;
        if count > 0 || self.ended {
            return Ok(count);
        }
        self.pending = io::Cursor::new(self.next_line()?);
        self.pending.read(buffer)
    }
}

/// A line of input, without its end.
pub fn encode(line: &[u8], code: InputCode) -> Vec<u8> {
    let mut text = BASE64.encode(line).into_bytes();
    if code == InputCode::Shifted {
        for letter in &mut text {
            let place = LETTERS.iter().position(|known| known == letter);
            *letter = place.map_or(*letter, |place| SHIFTED.as_bytes()[place]);
        }
    }
    text
}

/// Whether the byte can only be an echo of input: encoded output and its end marker have none of these.
pub fn is_echo(byte: u8) -> bool {
    SHIFTED.as_bytes().contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_alphabets_are_distinct_from_output() {
        assert_eq!(SHIFTED.len(), LETTERS.len());
        let mut letters = SHIFTED.as_bytes().to_vec();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), LETTERS.len(), "each once");
        assert!(b"0123456789abcdef- \r\n".iter().all(|byte| !is_echo(*byte)));
    }
}
