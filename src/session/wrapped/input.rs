//! The way of standard input.

use std::io::{self, Read};
use std::sync::{Arc, Condvar, Mutex};

use data_encoding::BASE64;

/// The line that ends the input; lines of data are longer.
pub const INPUT_END: &str = "=";

/// It is sent twice where `sed` reads it: busybox has the next line before it looks at one.
pub const INPUT_END_LINES: &str = "=\n=\n";

/// The letters of base64, its padding last, and what stands for them where the terminal echoes what it is sent: nothing
/// of that occurs in output in hexadecimal, nor in the mark after it.
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";
pub const SHIFTED: &str = "ghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ!#$%&()*+,./:;<>?@=";

/// How input is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputCode {
    Base64,
    /// With the letters of [`SHIFTED`].
    Shifted,
    /// Not at all: the image cannot take any, and is told whether there is some.
    None,
}

/// Opens once the remote side has said how it takes input.
#[derive(Clone, Default)]
pub struct Gate(Arc<(Mutex<Option<InputCode>>, Condvar)>);

impl Gate {
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

/// Standard input in lines that no terminal rewrites, then the line that ends it.
pub struct Encoded<R> {
    inner: R,
    gate: Gate,
    waiting: Vec<u8>,
    ended: bool,
}

/// Bytes a line: a multiple of three, so that lines join without padding.
pub const LINE: usize = 720;

impl<R: Read> Encoded<R> {
    pub fn new(inner: R, gate: Gate) -> Encoded<R> {
        Encoded {
            inner,
            gate,
            waiting: Vec::new(),
            ended: false,
        }
    }

    /// Reads until a line is full or nothing comes any more.
    fn line(&mut self) -> io::Result<Vec<u8>> {
        let mut line = vec![0; LINE];
        let mut filled = 0;
        while filled < LINE {
            match self.inner.read(&mut line[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        line.truncate(filled);
        Ok(line)
    }
}

impl<R: Read> Read for Encoded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let code = self.gate.wait();
        if self.waiting.is_empty() && !self.ended {
            let line = self.line()?;
            if !line.is_empty() {
                self.waiting.extend(encode(&line, code));
                self.waiting.push(b'\n');
            }
            if line.len() < LINE {
                self.waiting.extend(match code {
                    InputCode::None => format!("{INPUT_END}\n").into_bytes(),
                    _ => INPUT_END_LINES.into(),
                });
                self.ended = true;
            }
        }
        let count = self.waiting.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.waiting[..count]);
        self.waiting.drain(..count);
        Ok(count)
    }
}

fn encode(line: &[u8], code: InputCode) -> Vec<u8> {
    let mut text = BASE64.encode(line).into_bytes();
    if code == InputCode::Shifted {
        for letter in &mut text {
            let place = LETTERS.iter().position(|known| known == letter);
            *letter = place.map_or(*letter, |place| SHIFTED.as_bytes()[place]);
        }
    }
    text
}

/// Whether a terminal echoed it: output in hexadecimal and its mark have none of these.
pub fn is_echo(byte: u8) -> bool {
    SHIFTED.as_bytes().contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_alphabets() {
        assert_eq!(SHIFTED.len(), LETTERS.len());
        let mut letters = SHIFTED.as_bytes().to_vec();
        letters.sort_unstable();
        letters.dedup();
        assert_eq!(letters.len(), LETTERS.len(), "each once");
        assert!(b"0123456789abcdef- \r\n".iter().all(|byte| !is_echo(*byte)));
    }
}
