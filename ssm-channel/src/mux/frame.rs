//! The frames of smux, version 1: a header of eight bytes, little-endian, and data.
//!
//! ```text
//! | version: 1 byte | command: 1 byte | length of the data: 2 bytes | stream: 4 bytes | data |
//! ```
//!
//! <https://github.com/xtaci/smux/blob/master/frame.go>

use bytes::{Buf, BufMut, Bytes, BytesMut};
use thiserror::Error;

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 8;
/// The most data in a frame that is sent, so that a whole frame fills messages of the session. (Either side accepts
/// 65,535.)
pub const MAX_DATA_BYTES: usize = 16 * 1024 - HEADER_BYTES;

/// Opens a stream; called SYN.
const OPEN: u8 = 0;
/// Closes a stream, in both directions; called FIN.
const CLOSE: u8 = 1;
/// Carries data of a stream; called PSH.
const DATA: u8 = 2;
/// Keeps a session alive; called NOP.
const KEEP_ALIVE: u8 = 3;

pub fn open(stream: u32) -> Bytes {
    encode(OPEN, stream, &[])
}

pub fn close(stream: u32) -> Bytes {
    encode(CLOSE, stream, &[])
}

/// At most [`MAX_DATA_BYTES`].
pub fn data(stream: u32, data: &[u8]) -> Bytes {
    encode(DATA, stream, data)
}

pub fn keep_alive() -> Bytes {
    encode(KEEP_ALIVE, 0, &[])
}

fn encode(command: u8, stream: u32, data: &[u8]) -> Bytes {
    let mut frame = BytesMut::with_capacity(HEADER_BYTES + data.len());
    frame.put_u8(VERSION);
    frame.put_u8(command);
    frame.put_u16_le(u16::try_from(data.len()).unwrap_or(u16::MAX));
    frame.put_u32_le(stream);
    frame.put_slice(data);
    frame.freeze()
}

/// What the agent did with a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    Opened(u32),
    Closed(u32),
    /// A part of a frame's data, as it came.
    Data(u32, Bytes),
}

/// How the agent violates the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    #[error("a frame of the multiplexer has version {0} instead of 1")]
    Version(u8),
    #[error("a frame of the multiplexer has the unknown command {0}")]
    Command(u8),
    #[error("a frame of the multiplexer with command {command} has {length} bytes of data")]
    UnexpectedData { command: u8, length: u16 },
}

/// Bytes to events. Frames can come in pieces of any size.
#[derive(Default)]
pub struct Decoder {
    input: Bytes,
    /// The beginning of a header.
    header: BytesMut,
    /// The stream of the current frame, and how many bytes of its data have not come.
    stream: u32,
    data_left: usize,
}

impl Decoder {
    /// Adds bytes. All events of earlier ones have been taken.
    pub fn push(&mut self, bytes: Bytes) {
        self.input = bytes;
    }

    /// The next event; `None` if it takes more bytes.
    pub fn next(&mut self) -> Result<Option<Event>, FrameError> {
        loop {
            if self.data_left > 0 {
                let length = self.data_left.min(self.input.len());
                self.data_left -= length;
                let data = self.input.split_to(length);
                return Ok((!data.is_empty()).then_some(Event::Data(self.stream, data)));
            }
            let missing = HEADER_BYTES - self.header.len();
            let part = self.input.split_to(missing.min(self.input.len()));
            self.header.put(part);
            if self.header.len() < HEADER_BYTES {
                return Ok(None);
            }
            if let Some(event) = self.read_header()? {
                return Ok(Some(event));
            }
        }
    }

    /// Reads a whole header. `None`: data follows, or nothing is to be done.
    fn read_header(&mut self) -> Result<Option<Event>, FrameError> {
        let mut header = self.header.split();
        let (version, command) = (header.get_u8(), header.get_u8());
        let (length, stream) = (header.get_u16_le(), header.get_u32_le());
        if version != VERSION {
            return Err(FrameError::Version(version));
        }
        let event = match command {
            OPEN => Some(Event::Opened(stream)),
            CLOSE => Some(Event::Closed(stream)),
            DATA => {
                self.stream = stream;
                self.data_left = length.into();
                return Ok(None);
            }
            KEEP_ALIVE => None,
            _ => return Err(FrameError::Command(command)),
        };
        match length {
            0 => Ok(event),
            _ => Err(FrameError::UnexpectedData { command, length }),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// All events of these pieces, with neighbouring data of a stream joined.
    fn decode<'a>(pieces: impl Iterator<Item = &'a [u8]>) -> Result<Vec<Event>, FrameError> {
        let mut decoder = Decoder::default();
        let mut events: Vec<Event> = Vec::new();
        for piece in pieces {
            decoder.push(Bytes::copy_from_slice(piece));
            while let Some(event) = decoder.next()? {
                match (events.last_mut(), event) {
                    (Some(Event::Data(last, joined)), Event::Data(stream, bytes))
                        if *last == stream =>
                    {
                        *joined = [&joined[..], &bytes[..]].concat().into();
                    }
                    (_, event) => events.push(event),
                }
            }
        }
        Ok(events)
    }

    /// Written out by hand from smux's source.
    #[test]
    fn frames_have_the_documented_layout() {
        assert_eq!(open(3), &[1, 0, 0, 0, 3, 0, 0, 0][..]);
        assert_eq!(
            close(0x0102_0305),
            &[1, 1, 0, 0, 0x05, 0x03, 0x02, 0x01][..]
        );
        assert_eq!(
            data(5, b"abc"),
            &[1, 2, 3, 0, 5, 0, 0, 0, b'a', b'b', b'c'][..]
        );
        assert_eq!(keep_alive(), &[1, 3, 0, 0, 0, 0, 0, 0][..]);
        assert_eq!(data(1, &[7; 300])[..4], [1, 2, 44, 1]);
    }

    #[test]
    fn pieces_of_any_size_are_decoded() {
        let text = [
            open(3),
            data(3, b"hello"),
            keep_alive(),
            data(3, b""),
            close(3),
        ]
        .concat();
        let expected = vec![
            Event::Opened(3),
            Event::Data(3, "hello".into()),
            Event::Closed(3),
        ];
        for size in 1..=text.len() {
            assert_eq!(decode(text.chunks(size)), Ok(expected.clone()), "{size}");
        }
    }

    #[test]
    fn violations_are_named() {
        let first = |bytes: &[u8]| decode([bytes].into_iter()).unwrap_err();
        assert_eq!(first(&[2, 0, 0, 0, 3, 0, 0, 0]), FrameError::Version(2));
        assert_eq!(first(&[1, 4, 0, 0, 3, 0, 0, 0]), FrameError::Command(4));
        assert_eq!(
            first(&[1, 1, 2, 0, 3, 0, 0, 0, 0, 0]),
            FrameError::UnexpectedData {
                command: 1,
                length: 2
            }
        );
    }

    proptest! {
        #[test]
        fn random_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), size in 1usize..50) {
            let _ = decode(bytes.chunks(size));
        }

        #[test]
        fn decoding_reverses_encoding(
            sent in prop::collection::vec((0u32..4, prop::collection::vec(any::<u8>(), 1..500)), 0..20),
            size in 1usize..1500,
        ) {
            let text: Vec<u8> = sent.iter().flat_map(|(stream, bytes)| data(*stream, bytes)).collect();
            let mut joined: Vec<(u32, Vec<u8>)> = Vec::new();
            for (stream, bytes) in sent {
                match joined.last_mut() {
                    Some((last, all)) if *last == stream => all.extend(bytes),
                    _ => joined.push((stream, bytes)),
                }
            }
            let expected: Vec<Event> = joined
                .into_iter()
                .map(|(stream, bytes)| Event::Data(stream, bytes.into()))
                .collect();
            prop_assert_eq!(decode(text.chunks(size)), Ok(expected));
        }
    }
}
