use std::mem;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::payload::{MAX_INPUT_BYTES, Size};
use crate::session::Input;

/// Ctrl-D, which a terminal turns into an end of file.
const END_OF_FILE: u8 = 4;
/// The longest wait between two ends of file.
const LONGEST_INTERVAL: Duration = Duration::from_secs(60);

/// The caller's input that is not sent yet.
pub struct InputBuffer {
    bytes: Bytes,
    size: Option<Size>,
    is_size_sent: bool,
    /// An end of file comes after the bytes.
    has_end: bool,
    last_byte: u8,
    end_of_file_interval: Duration,
    next_end_of_file: Option<Instant>,
}

impl InputBuffer {
    pub fn new(end_of_file_interval: Duration) -> InputBuffer {
        InputBuffer {
            bytes: Bytes::new(),
            size: None,
            is_size_sent: false,
            has_end: false,
            last_byte: b'\n',
            end_of_file_interval,
            next_end_of_file: None,
        }
    }

    /// Repeats the end of file, at growing intervals. A terminal's end of file is for one read, and is lost if a shell
    /// has not set up its line editing yet; a file stays at its end.
    pub fn tick(&mut self, now: Instant) {
        if self.next_end_of_file.is_some_and(|at| at <= now) {
            self.end_of_file_interval = (self.end_of_file_interval * 2).min(LONGEST_INTERVAL);
            self.next_end_of_file = Some(now + self.end_of_file_interval);
            self.bytes = Bytes::from_static(&[END_OF_FILE]);
        }
    }

    /// When [`InputBuffer::tick`] has something to do.
    pub fn deadline(&self) -> Option<Instant> {
        self.next_end_of_file
    }

    pub fn add(&mut self, input: Input) {
        match input {
            Input::Bytes(bytes) => self.bytes = bytes,
            Input::Size { columns, rows } => {
                let cols = columns;
                self.size = Some(Size { cols, rows });
                self.is_size_sent = false;
            }
            Input::End => self.has_end = true,
            // The channel sends it as a flag.
            Input::Disconnect => {}
        }
    }

    /// Whether more can be added.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty() && !self.has_end
    }

    /// The terminal's size, unless the agent knows it.
    pub fn take_size(&mut self) -> Option<Size> {
        self.size
            .filter(|_| !mem::replace(&mut self.is_size_sent, true))
    }

    /// A new connection gets the size again.
    pub fn resend_size(&mut self) {
        self.is_size_sent = false;
    }

    /// The bytes of the next message.
    pub fn next(&mut self, now: Instant) -> Option<Bytes> {
        let bytes = match self.bytes.len().min(MAX_INPUT_BYTES) {
            0 if self.has_end => self.end_of_file(now),
            0 => return None,
            length => self.bytes.split_to(length),
        };
        self.last_byte = bytes.last().copied().unwrap_or(self.last_byte);
        Some(bytes)
    }

    /// In the middle of a line the first Ctrl-D only passes on what was typed.
    fn end_of_file(&mut self, now: Instant) -> Bytes {
        self.has_end = false;
        self.next_end_of_file = Some(now + self.end_of_file_interval);
        match self.last_byte {
            b'\n' | b'\r' => Bytes::from_static(&[END_OF_FILE]),
            _ => Bytes::from_static(&[END_OF_FILE, END_OF_FILE]),
        }
    }
}
