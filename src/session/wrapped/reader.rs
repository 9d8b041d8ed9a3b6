//! A wrapped command's output, out of what the session prints.

use std::fmt;

use super::decode::{Decoder, Encoding};
use super::input::{INPUT_END, InputCode, is_echo};

/// How much may come before the output begins.
const BEFORE: usize = 1 << 20;
/// How much of that is kept, to be told where nothing else comes.
const KEPT: usize = 16 * 1024;
/// What the line that begins the output has after its mark, at most.
const BEGIN_LINE: usize = 64;

/// How a wrapped command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    /// With this exit status.
    Exited(u8),
    /// The image lacks what standard input is carried by.
    NoInputTools,
}

/// What cannot be a wrapped command's output.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Garbled {
    /// Something that never comes to the mark.
    NoBegin,
    /// Text that cannot be decoded.
    NotEncoded,
}

impl fmt::Display for Garbled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Garbled::NoBegin => "the session printed something else, without an end",
            Garbled::NotEncoded => "its output came damaged",
        })
    }
}

impl std::error::Error for Garbled {}

pub struct Reader {
    begin: Vec<u8>,
    end: Vec<u8>,
    /// What came and may be the beginning of a mark.
    held: Vec<u8>,
    state: State,
    /// What came before the output, as far as it is kept, and how much it was.
    said: Vec<u8>,
    before: usize,
    /// The terminal turns line feeds into carriage return and line feed: the image has no `stty`.
    rewrites: bool,
    /// It echoes input too.
    echoes: bool,
    input: InputCode,
    /// The word that there is no input comes back first.
    echoed_end: bool,
    decoder: Decoder,
    damage: Damage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Before,
    Within,
    Ended(Status),
}

impl Reader {
    pub fn new(begin: &str, end: &str) -> Reader {
        Reader {
            begin: begin.as_bytes().to_vec(),
            end: end.as_bytes().to_vec(),
            held: Vec::new(),
            state: State::Before,
            said: Vec::new(),
            before: 0,
            rewrites: false,
            echoes: false,
            input: InputCode::None,
            echoed_end: false,
            decoder: Decoder::new(Encoding::Raw),
            damage: Damage::default(),
        }
    }

    /// Takes what came, gives the output in it.
    pub fn take(&mut self, bytes: &[u8]) -> Result<Vec<u8>, Garbled> {
        if matches!(self.state, State::Ended(_)) {
            return Ok(Vec::new());
        }
        self.hold(bytes);
        let mut text = Vec::new();
        if self.state == State::Before {
            self.find_begin()?;
        }
        if self.echoed_end && !self.drop_echoed_end() {
            return Ok(Vec::new());
        }
        if self.state == State::Within {
            self.find_end(&mut text);
        }
        if self.rewrites && self.decoder.encoding() == Encoding::Raw {
            text = without_carriage_returns(&text);
        }
        let output = self.decoder.take(text).ok_or(Garbled::NotEncoded)?;
        if self.decoder.encoding() == Encoding::Raw {
            self.damage.look(&output);
        }
        match self.state {
            State::Ended(_) if !self.decoder.is_whole() => Err(Garbled::NotEncoded),
            _ => Ok(output),
        }
    }

    pub fn has_begun(&self) -> bool {
        self.state != State::Before
    }

    /// How input is to be sent, once that is known.
    pub fn input_code(&self) -> Option<InputCode> {
        self.has_begun().then_some(self.input)
    }

    /// `None`: the session ended before the command did.
    pub fn status(&self) -> Option<Status> {
        match self.state {
            State::Ended(status) => Some(status),
            State::Before | State::Within => None,
        }
    }

    /// What came before the output: what the session said instead.
    pub fn said(&self) -> String {
        match self.state {
            State::Before => String::from_utf8_lossy(&self.said).into_owned(),
            State::Within | State::Ended(_) => String::new(),
        }
    }

    /// Whether the output holds what the agent leaves of U+FFFD, and was not encoded.
    pub fn may_be_altered(&self) -> bool {
        self.damage.seen
    }

    fn hold(&mut self, bytes: &[u8]) {
        match self.echoes && self.state == State::Within {
            true => self
                .held
                .extend(bytes.iter().filter(|byte| !is_echo(**byte))),
            false => self.held.extend_from_slice(bytes),
        }
        if self.state == State::Before {
            let room = KEPT.saturating_sub(self.said.len());
            self.said.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    /// What was searched is not searched again.
    fn find_begin(&mut self) -> Result<(), Garbled> {
        let Some(at) = find(&self.held, &self.begin) else {
            let keep = beginning_of(&self.held, &self.begin);
            return self.skip(self.held.len() - keep);
        };
        self.skip(at)?;
        let after = self.begin.len();
        let Some(length) = find(&self.held[after..], b"\n") else {
            return match self.held.len() > after + BEGIN_LINE {
                true => Err(Garbled::NoBegin),
                false => Ok(()),
            };
        };
        let line = String::from_utf8_lossy(&self.held[after..after + length]).into_owned();
        self.rewrites = line.ends_with('\r');
        let mut words = line.split_whitespace();
        self.decoder = Decoder::new(match words.next() {
            Some("b64") => Encoding::Base64,
            Some("hex") => Encoding::Hex,
            _ => Encoding::Raw,
        });
        let echoes = words.next() == Some("echo");
        let input = words.next();
        self.input = match input {
            Some("b64") => InputCode::Base64,
            Some("shifted") => InputCode::Shifted,
            _ => InputCode::None,
        };
        self.echoes = echoes && self.decoder.encoding() == Encoding::Hex;
        self.echoed_end = echoes && !self.echoes && input == Some("none");
        let rest = self.held.split_off(after + length + 1);
        self.held.clear();
        self.state = State::Within;
        self.hold(&rest);
        Ok(())
    }

    /// `false`: it is not here yet.
    fn drop_echoed_end(&mut self) -> bool {
        let echo = format!("{INPUT_END}\r\n").into_bytes();
        if self.held.len() < echo.len() && echo.starts_with(&self.held) {
            return false;
        }
        if self.held.starts_with(&echo) {
            self.held.drain(..echo.len());
        }
        self.echoed_end = false;
        true
    }

    fn skip(&mut self, count: usize) -> Result<(), Garbled> {
        self.before += count;
        self.held.drain(..count);
        match self.before > BEFORE {
            true => Err(Garbled::NoBegin),
            false => Ok(()),
        }
    }

    fn find_end(&mut self, output: &mut Vec<u8>) {
        match find(&self.held, &self.end) {
            Some(at) => {
                output.extend(self.held.drain(..at));
                let after = self.end.len();
                let Some(line) = find(&self.held[after..], b"\n") else {
                    // The mark is here, the status is not yet.
                    return;
                };
                let told = String::from_utf8_lossy(&self.held[after..after + line]);
                let status = match told.trim() {
                    "none" => Status::NoInputTools,
                    number => Status::Exited(number.parse().unwrap_or(255)),
                };
                self.held.clear();
                self.state = State::Ended(status);
            }
            None => {
                let keep = beginning_of(&self.held, &self.end);
                // A carriage return at the end may belong to a line feed that comes next.
                let keep = keep.max(usize::from(self.rewrites && self.held.ends_with(b"\r")));
                let give = self.held.len() - keep;
                output.extend(self.held.drain(..give));
            }
        }
    }
}

fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    let first = *mark.first()?;
    let mut from = 0;
    while let Some(at) = text[from..].iter().position(|byte| *byte == first) {
        let at = from + at;
        if text[at..].starts_with(mark) {
            return Some(at);
        }
        from = at + 1;
    }
    None
}

/// How many bytes at the end of a text may begin a mark.
fn beginning_of(text: &[u8], mark: &[u8]) -> usize {
    (1..mark.len().min(text.len() + 1))
        .rev()
        .find(|length| text.ends_with(&mark[..*length]))
        .unwrap_or(0)
}

fn without_carriage_returns(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    for (at, byte) in text.iter().enumerate() {
        if *byte != b'\r' || text.get(at + 1) != Some(&b'\n') {
            plain.push(*byte);
        }
    }
    plain
}

/// Looks for what the agent makes of U+FFFD: the first of its three bytes, without a second one.
#[derive(Default)]
struct Damage {
    seen: bool,
    after_first: bool,
}

impl Damage {
    const FIRST: u8 = 0xef;

    fn look(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.seen |= self.after_first && !matches!(byte, 0x80..=0xbf);
            self.after_first = *byte == Damage::FIRST;
        }
    }
}
