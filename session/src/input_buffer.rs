use bytes::Bytes;

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
}

impl Default for InputBuffer {
    fn default() -> InputBuffer {
        InputBuffer {
            bytes: Bytes::new(),
            size: None,
            last_size: None,
            ends: false,
            last_byte: b'\n',
        }
    }
}

impl InputBuffer {
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
    pub fn piece(&mut self) -> Option<Bytes> {
        let piece = match self.bytes.len().min(INPUT_BYTES) {
            0 if self.ends => self.end_of_file(),
            0 => return None,
            length => self.bytes.split_to(length),
        };
        self.last_byte = piece.last().copied().unwrap_or(self.last_byte);
        Some(piece)
    }

    /// In the middle of a line the first Ctrl-D only passes on what was typed.
    fn end_of_file(&mut self) -> Bytes {
        self.ends = false;
        match self.last_byte {
            b'\n' | b'\r' => Bytes::from_static(&[END_OF_FILE]),
            _ => Bytes::from_static(&[END_OF_FILE, END_OF_FILE]),
        }
    }
}
