//! Extracts a wrapped command's output and exit status from what the session prints.

use memchr::memmem::find;
use thiserror::Error;

use super::decode::{Decoder, Encoding};
use super::input::{INPUT_END, InputCode, is_echo};

/// How many bytes can come before the begin marker.
const MAX_BEFORE: usize = 1 << 20;
/// How many of them are kept, to be shown if the marker never comes.
const MAX_KEPT: usize = 16 * 1024;
/// How long the rest of the begin marker's line can be.
const MAX_BEGIN_LINE: usize = 64;

/// How a wrapped command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// With this exit status.
    Exited(u8),
    /// The image lacks the programs that receive standard input.
    NoInputTools,
}

/// Why the session's output is not that of a wrapped command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Garbled {
    /// The begin marker does not come.
    #[error("the session printed something else, without an end")]
    NoBegin,
    /// The output cannot be decoded.
    #[error("its output arrived damaged")]
    NotEncoded,
}

/// Reads what the session prints, piece by piece.
pub struct Reader {
    begin: Vec<u8>,
    end: Vec<u8>,
    /// Bytes that may be the beginning of a marker.
    held: Vec<u8>,
    state: State,
    /// The first bytes before the begin marker, and how many there were.
    before: Vec<u8>,
    before_length: usize,
    /// The terminal turns line feeds into carriage return and line feed: the image has no `stty`.
    rewrites_line_ends: bool,
    /// It echoes input too.
    echoes_input: bool,
    input: InputCode,
    /// The echo of the line that ends the input comes first.
    expects_echoed_end: bool,
    decoder: Decoder,
    replacement: ReplacementDetector,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Within,
    Ended(Status),
}

impl Reader {
    /// Expects these markers before and after the output.
    pub fn new(begin: &str, end: &str) -> Reader {
        Reader {
            begin: begin.as_bytes().to_vec(),
            end: end.as_bytes().to_vec(),
            held: Vec::new(),
            state: State::Before,
            before: Vec::new(),
            before_length: 0,
            rewrites_line_ends: false,
            echoes_input: false,
            input: InputCode::None,
            expects_echoed_end: false,
            decoder: Decoder::new(Encoding::Raw),
            replacement: ReplacementDetector::default(),
        }
    }

    /// Takes what the session printed. Returns the output in it.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Garbled> {
        if matches!(self.state, State::Ended(_)) {
            return Ok(Vec::new());
        }
        self.hold(bytes);
        if self.state == State::Before {
            self.find_begin()?;
        }
        if self.state == State::Before || (self.expects_echoed_end && !self.drop_echoed_end()) {
            return Ok(Vec::new());
        }
        let mut text = self.take_until_end();
        let is_raw = self.decoder.encoding() == Encoding::Raw;
        if self.rewrites_line_ends && is_raw {
            text = without_carriage_returns(&text);
        }
        let output = self.decoder.take(text).ok_or(Garbled::NotEncoded)?;
        if is_raw {
            self.replacement.take(&output);
        }
        match self.state {
            State::Ended(_) if !self.decoder.is_complete() => Err(Garbled::NotEncoded),
            _ => Ok(output),
        }
    }

    /// Whether the begin marker has come.
    pub fn has_begun(&self) -> bool {
        self.state != State::Before
    }

    /// How input must be encoded, once that is known.
    pub fn input_code(&self) -> Option<InputCode> {
        self.has_begun().then_some(self.input)
    }

    /// `None`: the command has not ended.
    pub fn status(&self) -> Option<Status> {
        match self.state {
            State::Ended(status) => Some(status),
            State::Before | State::Within => None,
        }
    }

    /// What the session printed instead of the output.
    pub fn printed_before(&self) -> String {
        match self.state {
            State::Before => String::from_utf8_lossy(&self.before).into_owned(),
            State::Within | State::Ended(_) => String::new(),
        }
    }

    /// Whether unencoded output contains what the agent leaves of U+FFFD.
    pub fn may_be_altered(&self) -> bool {
        self.replacement.found
    }

    fn hold(&mut self, bytes: &[u8]) {
        match self.state {
            State::Within if self.echoes_input => {
                let output = bytes.iter().filter(|byte| !is_echo(**byte));
                self.held.extend(output);
            }
            _ => self.held.extend_from_slice(bytes),
        }
        if self.state == State::Before {
            let room = MAX_KEPT.saturating_sub(self.before.len());
            self.before.extend(bytes.iter().take(room));
        }
    }

    fn find_begin(&mut self) -> Result<(), Garbled> {
        let found = find(&self.held, &self.begin);
        let skipped = found.unwrap_or(self.held.len() - marker_prefix(&self.held, &self.begin));
        self.held.drain(..skipped);
        self.before_length += skipped;
        if self.before_length > MAX_BEFORE {
            return Err(Garbled::NoBegin);
        }
        if found.is_none() {
            return Ok(());
        }
        let after = self.begin.len();
        let Some(length) = find(&self.held[after..], b"\n") else {
            return match self.held.len() > after + MAX_BEGIN_LINE {
                true => Err(Garbled::NoBegin),
                false => Ok(()),
            };
        };
        let rest = self.held.split_off(after + length + 1);
        let line = String::from_utf8_lossy(&self.held[after..]).into_owned();
        self.held.clear();
        self.read_begin_line(&line);
        self.state = State::Within;
        self.hold(&rest);
        Ok(())
    }

    /// What the script decided: ` ENCODING TERMINAL INPUT`.
    fn read_begin_line(&mut self, line: &str) {
        self.rewrites_line_ends = line.ends_with("\r\n");
        let mut words = line.split_whitespace();
        let encoding = match words.next() {
            Some("b64") => Encoding::Base64,
            Some("hex") => Encoding::Hex,
            _ => Encoding::Raw,
        };
        self.decoder = Decoder::new(encoding);
        let echoes = words.next() == Some("echo");
        let input = words.next();
        self.input = match input {
            Some("b64") => InputCode::Base64,
            Some("shifted") => InputCode::Shifted,
            _ => InputCode::None,
        };
        self.echoes_input = echoes && encoding == Encoding::Hex;
        self.expects_echoed_end = echoes && !self.echoes_input && input == Some("none");
    }

    /// `false`: the echo may still come.
    fn drop_echoed_end(&mut self) -> bool {
        let echo = format!("{INPUT_END}\r\n").into_bytes();
        if self.held.len() < echo.len() && echo.starts_with(&self.held) {
            return false;
        }
        if self.held.starts_with(&echo) {
            self.held.drain(..echo.len());
        }
        self.expects_echoed_end = false;
        true
    }

    /// The bytes before the end marker, or before what may become one.
    fn take_until_end(&mut self) -> Vec<u8> {
        let Some(at) = find(&self.held, &self.end) else {
            // A carriage return at the end may belong to a line feed that comes next.
            let line_end = usize::from(self.rewrites_line_ends && self.held.ends_with(b"\r"));
            let keep = marker_prefix(&self.held, &self.end).max(line_end);
            return self.held.drain(..self.held.len() - keep).collect();
        };
        let text = self.held.drain(..at).collect();
        let after = &self.held[self.end.len()..];
        if let Some(length) = find(after, b"\n") {
            let status = String::from_utf8_lossy(&after[..length]);
            self.state = State::Ended(match status.trim() {
                "none" => Status::NoInputTools,
                number => Status::Exited(number.parse().unwrap_or(255)),
            });
        }
        text
    }
}

/// How many bytes at the end of a text may begin a marker.
fn marker_prefix(text: &[u8], marker: &[u8]) -> usize {
    (1..marker.len().min(text.len() + 1))
        .rev()
        .find(|length| text.ends_with(&marker[..*length]))
        .unwrap_or(0)
}

/// Undoes what the terminal does to line ends.
fn without_carriage_returns(text: &[u8]) -> Vec<u8> {
    let next = text.iter().skip(1).map(Some).chain([None]);
    let pairs = text.iter().zip(next);
    pairs
        .filter(|pair| *pair != (&b'\r', Some(&b'\n')))
        .map(|(byte, _)| *byte)
        .collect()
}

/// Finds what the agent leaves of U+FFFD: the first of its three bytes, without a second one.
#[derive(Default)]
struct ReplacementDetector {
    found: bool,
    after_first: bool,
}

impl ReplacementDetector {
    const FIRST: u8 = 0xef;

    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.found |= self.after_first && !matches!(byte, 0x80..=0xbf);
            self.after_first = *byte == ReplacementDetector::FIRST;
        }
    }
}
