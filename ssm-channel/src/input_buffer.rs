use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::payload::{INPUT_BYTES, Size};
use crate::session::Input;

/// Ctrl-D, which a terminal turns into an end of file.
const END_OF_FILE: u8 = 4;

/// What was taken from the caller and is not sent yet.
pub struct InputBuffer {
    bytes: Bytes,
    size: Option<Size>,
    /// The last size that was sent: a new connection gets it again.
    last_size: Option<Size>,
    /// Whether an end of file is to be sent, and what stands before it.
    ends: bool,
    last_byte: u8,
    /// The first wait, and the next time and the wait before it, for an end of file to be sent again.
    again: Duration,
    end_again: Option<(Instant, Duration)>,
}

/// The longest wait between two ends of file.
const LONGEST: Duration = Duration::from_secs(60);

impl InputBuffer {
    /// `again`: how long after an end of file another one is sent.
    pub fn new(again: Duration) -> InputBuffer {
        InputBuffer {
            bytes: Bytes::new(),
            size: None,
            last_size: None,
            ends: false,
            last_byte: b'\n',
            again,
            end_again: None,
        }
    }

    /// A terminal's end of file is for one read, and one that comes before a shell has set its line editing up is lost.
    /// So it comes again, ever more seldom: a file that has ended goes on to have ended.
    pub fn tick(&mut self, now: Instant) {
        if let Some((at, wait)) = self.end_again
            && at <= now
        {
            let wait = (wait * 2).min(LONGEST);
            self.end_again = Some((now + wait, wait));
            self.bytes = Bytes::from_static(&[END_OF_FILE]);
        }
    }

    /// When [`InputBuffer::tick`] next has something to do.
    pub fn deadline(&self) -> Option<Instant> {
        self.end_again.map(|(at, _)| at)
    }

    pub fn add(&mut self, input: Input) {
        match input {
            Input::Bytes(bytes) => self.bytes = bytes,
            Input::Size { columns, rows } => {
                self.size = Some(Size {
                    cols: columns,
                    rows,
                });
            }
            Input::End => self.ends = true,
        }
    }

    /// Whether more can be taken.
    pub fn is_sent(&self) -> bool {
        self.bytes.is_empty() && !self.ends
    }

    /// The terminal's size, where the agent does not know it yet.
    pub fn size(&mut self) -> Option<Size> {
        let size = self.size.take()?;
        self.last_size = Some(size);
        Some(size)
    }

    /// A new connection is told the size again.
    pub fn size_again(&mut self) {
        self.size = self.size.or(self.last_size);
    }

    /// What goes into the next message.
    pub fn piece(&mut self, now: Instant) -> Option<Bytes> {
        let piece = match self.bytes.len().min(INPUT_BYTES) {
            0 if self.ends => self.end_of_file(now),
            0 => return None,
            length => self.bytes.split_to(length),
        };
        self.last_byte = piece.last().copied().unwrap_or(self.last_byte);
        Some(piece)
    }

    /// In the middle of a line the first Ctrl-D only passes on what was typed.
    fn end_of_file(&mut self, now: Instant) -> Bytes {
        self.ends = false;
        self.end_again = Some((now + self.again, self.again));
        match self.last_byte {
            b'\n' | b'\r' => Bytes::from_static(&[END_OF_FILE]),
            _ => Bytes::from_static(&[END_OF_FILE, END_OF_FILE]),
        }
    }
}
