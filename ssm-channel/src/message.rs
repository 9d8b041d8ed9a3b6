//! An agent message: the binary frame that carries everything after the channel is opened.
//!
//! All integers are big-endian. The header is 116 bytes, the length of the payload stands after it
//! and is not counted, so that the payload begins at 120.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest;
use bytes::{BufMut, Bytes, BytesMut};
use uuid::Uuid;

use crate::payload::PayloadType;

const HEADER_LENGTH: usize = 116;
const SCHEMA_VERSION: u32 = 1;
/// SYN and FIN together: what an acknowledgement carries.
const WHOLE: u64 = 3;

const TYPE: usize = 4;
const SCHEMA: usize = 36;
const CREATED: usize = 40;
const SEQUENCE: usize = 48;
const FLAGS: usize = 56;
const ID_LOW: usize = 64;
const ID_HIGH: usize = 72;
const DIGEST: usize = 80;
const PAYLOAD_TYPE: usize = 112;

/// Who speaks, and of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageType {
    InputStreamData,
    OutputStreamData,
    Acknowledge,
    ChannelClosed,
    StartPublication,
    PausePublication,
}

impl MessageType {
    const ALL: [MessageType; 6] = [
        MessageType::InputStreamData,
        MessageType::OutputStreamData,
        MessageType::Acknowledge,
        MessageType::ChannelClosed,
        MessageType::StartPublication,
        MessageType::PausePublication,
    ];

    /// As it stands in the header and in an acknowledgement.
    pub fn name(self) -> &'static str {
        match self {
            MessageType::InputStreamData => "input_stream_data",
            MessageType::OutputStreamData => "output_stream_data",
            MessageType::Acknowledge => "acknowledge",
            MessageType::ChannelClosed => "channel_closed",
            MessageType::StartPublication => "start_publication",
            MessageType::PausePublication => "pause_publication",
        }
    }

    /// The peer pads with NUL or with white space, on either side.
    fn read(field: &[u8]) -> Result<MessageType, Malformed> {
        let padding = |byte: &u8| *byte == 0 || byte.is_ascii_whitespace();
        let start = field.iter().position(|byte| !padding(byte));
        let end = field.iter().rposition(|byte| !padding(byte));
        let (Some(start), Some(end)) = (start, end) else {
            return Err(Malformed::NoType);
        };
        let name = &field[start..=end];
        MessageType::ALL
            .into_iter()
            .find(|known| known.name().as_bytes() == name)
            .ok_or(Malformed::UnknownType)
    }

    /// The gateway says these two itself, with a header that is not filled in.
    fn is_bare(self) -> bool {
        matches!(
            self,
            MessageType::StartPublication | MessageType::PausePublication
        )
    }
}

/// One message between client and agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentMessage {
    pub message_type: MessageType,
    /// Milliseconds since 1970, UTC.
    pub created: u64,
    pub sequence: i64,
    pub flags: u64,
    pub id: Uuid,
    /// What the payload is; zero on acknowledgements and messages of the gateway.
    pub payload_type: u32,
    /// As sent: encrypted where the session is.
    pub payload: Bytes,
}

/// Why a frame is not a message. Such frames are dropped without acknowledgement, so that the peer sends again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Malformed {
    TooShort,
    HeaderLength,
    NoType,
    UnknownType,
    NoDate,
    Digest,
}

impl AgentMessage {
    /// A message of a stream, with a new identity.
    pub fn stream(
        message_type: MessageType,
        sequence: i64,
        payload_type: PayloadType,
        payload: Bytes,
    ) -> AgentMessage {
        AgentMessage {
            message_type,
            created: now(),
            sequence,
            flags: 0,
            id: Uuid::new_v4(),
            payload_type: payload_type as u32,
            payload,
        }
    }

    /// A message that stands by itself, outside the sequence.
    pub fn control(message_type: MessageType, payload: Bytes) -> AgentMessage {
        AgentMessage {
            message_type,
            created: now(),
            sequence: 0,
            flags: WHOLE,
            id: Uuid::new_v4(),
            payload_type: 0,
            payload,
        }
    }

    /// The frame.
    pub fn encode(&self) -> Bytes {
        let mut frame = BytesMut::with_capacity(HEADER_LENGTH + 4 + self.payload.len());
        let name = self.message_type.name().as_bytes();
        frame.put_u32(HEADER_LENGTH as u32);
        frame.put_slice(name);
        frame.put_bytes(b' ', SCHEMA - TYPE - name.len());
        frame.put_u32(SCHEMA_VERSION);
        frame.put_u64(self.created);
        frame.put_i64(self.sequence);
        frame.put_u64(self.flags);
        // The halves of the identity stand in the wrong order, and both sides agree on that.
        let (high, low) = self.id.as_u64_pair();
        frame.put_u64(low);
        frame.put_u64(high);
        frame.put_slice(digest::digest(&digest::SHA256, &self.payload).as_ref());
        frame.put_u32(self.payload_type);
        frame.put_u32(u32::try_from(self.payload.len()).unwrap_or(u32::MAX));
        frame.put_slice(&self.payload);
        frame.freeze()
    }

    /// Reads a frame. The payload is a slice of it, not a copy.
    pub fn decode(frame: &Bytes) -> Result<AgentMessage, Malformed> {
        if frame.len() < HEADER_LENGTH + 4 {
            return Err(Malformed::TooShort);
        }
        // A later header may be longer; the payload still begins after it and its own length.
        let header_length = usize::try_from(u32_at(frame, 0)).unwrap_or(usize::MAX);
        let start = header_length.saturating_add(4);
        if header_length < HEADER_LENGTH || start > frame.len() {
            return Err(Malformed::HeaderLength);
        }
        let message_type = MessageType::read(&frame[TYPE..SCHEMA])?;
        let message = AgentMessage {
            message_type,
            created: u64_at(frame, CREATED),
            sequence: u64_at(frame, SEQUENCE).cast_signed(),
            flags: u64_at(frame, FLAGS),
            id: Uuid::from_u64_pair(u64_at(frame, ID_HIGH), u64_at(frame, ID_LOW)),
            payload_type: u32_at(frame, PAYLOAD_TYPE),
            payload: frame.slice(start..),
        };
        if message_type.is_bare() {
            return Ok(message);
        }
        if message.created == 0 {
            return Err(Malformed::NoDate);
        }
        let digest = digest::digest(&digest::SHA256, &message.payload);
        if u32_at(frame, header_length) != 0 && digest.as_ref() != &frame[DIGEST..PAYLOAD_TYPE] {
            return Err(Malformed::Digest);
        }
        Ok(message)
    }
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(1, |since| u64::try_from(since.as_millis()).unwrap_or(1))
}

/// The caller has checked the length.
fn u32_at(frame: &[u8], at: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&frame[at..at + 4]);
    u32::from_be_bytes(bytes)
}

fn u64_at(frame: &[u8], at: usize) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&frame[at..at + 8]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn sample() -> AgentMessage {
        AgentMessage {
            message_type: MessageType::InputStreamData,
            created: 0x0102_0304_0506_0708,
            sequence: 5,
            flags: 0,
            id: Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff),
            payload_type: 1,
            payload: Bytes::from_static(b"ls\r"),
        }
    }

    /// Written out by hand from the layout; the digest is `printf 'ls\r' | sha256sum`.
    #[test]
    fn golden_bytes() {
        let golden: Vec<u8> = [
            &[0, 0, 0, 116][..],
            b"input_stream_data               ",
            &[0, 0, 0, 1],
            &[1, 2, 3, 4, 5, 6, 7, 8],
            &[0, 0, 0, 0, 0, 0, 0, 5],
            &[0; 8],
            &[0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff],
            &[0x00, 0x11, 0x22, 0x33, 0x44, 0x55, 0x66, 0x77],
            &GOLDEN_DIGEST,
            &[0, 0, 0, 1],
            &[0, 0, 0, 3],
            b"ls\r",
        ]
        .concat();
        assert_eq!(golden.len(), 123);
        assert_eq!(sample().encode(), golden);
        assert_eq!(AgentMessage::decode(&golden.into()), Ok(sample()));
    }

    fn changed(change: impl Fn(&mut Vec<u8>)) -> Result<AgentMessage, Malformed> {
        let mut frame = sample().encode().to_vec();
        change(&mut frame);
        AgentMessage::decode(&frame.into())
    }

    #[test]
    fn padding_is_nul_or_space_on_either_side() {
        let padded = |name: &[u8]| {
            changed(|frame| {
                frame[TYPE..SCHEMA].fill(0);
                frame[TYPE..TYPE + name.len()].copy_from_slice(name);
            })
            .map(|message| message.message_type)
        };
        assert_eq!(padded(b"acknowledge"), Ok(MessageType::Acknowledge));
        assert_eq!(padded(b" \0acknowledge \0 "), Ok(MessageType::Acknowledge));
        assert_eq!(padded(b"acknowledged"), Err(Malformed::UnknownType));
        assert_eq!(padded(b""), Err(Malformed::NoType));
    }

    #[test]
    fn refuses_what_cannot_be_trusted() {
        assert_eq!(
            changed(|frame| frame.truncate(119)),
            Err(Malformed::TooShort)
        );
        assert_eq!(changed(|frame| frame[122] ^= 1), Err(Malformed::Digest));
        assert_eq!(changed(|frame| frame.truncate(122)), Err(Malformed::Digest));
        for length in [[0, 0, 0, 0], [0, 0, 0, 115], [0, 0, 0, 120], [255; 4]] {
            let header = changed(|frame| frame[..4].copy_from_slice(&length));
            assert_eq!(header, Err(Malformed::HeaderLength), "{length:?}");
        }
        let undated = changed(|frame| frame[CREATED..SEQUENCE].fill(0));
        assert_eq!(undated, Err(Malformed::NoDate));
    }

    #[test]
    fn a_longer_header_moves_the_payload() {
        let longer = changed(|frame| {
            frame[3] = 120;
            frame.splice(116..116, [9, 9, 9, 9]);
        });
        assert_eq!(longer, Ok(sample()));
    }

    #[test]
    fn the_gateways_own_words_need_no_digest_and_no_date() {
        let bare = changed(|frame| {
            frame[TYPE..SCHEMA].fill(0);
            frame[TYPE..TYPE + 17].copy_from_slice(b"pause_publication");
            frame[CREATED..SEQUENCE].fill(0);
            frame[DIGEST] ^= 1;
        });
        assert_eq!(
            bare.map(|message| message.message_type),
            Ok(MessageType::PausePublication)
        );
    }

    const GOLDEN_DIGEST: [u8; 32] = [
        0x1d, 0x88, 0x7c, 0xe0, 0xf8, 0x67, 0x2e, 0x49, 0x14, 0xd9, 0x00, 0x0e, 0x80, 0x1c, 0xd7,
        0x4e, 0xcd, 0x80, 0x5d, 0xd9, 0x36, 0x6c, 0x0b, 0xc4, 0x2d, 0xc1, 0x6a, 0xdc, 0x01, 0x97,
        0xdc, 0x2f,
    ];

    proptest! {
        #[test]
        fn survives_the_way_there_and_back(
            kind in 0..MessageType::ALL.len(),
            created in 1..u64::MAX,
            sequence: i64,
            flags: u64,
            id: u128,
            payload_type: u32,
            payload in prop::collection::vec(any::<u8>(), 0..2000),
        ) {
            let message = AgentMessage {
                message_type: MessageType::ALL[kind],
                created,
                sequence,
                flags,
                id: Uuid::from_u128(id),
                payload_type,
                payload: payload.into(),
            };
            prop_assert_eq!(AgentMessage::decode(&message.encode()), Ok(message));
        }

        #[test]
        fn garbage_is_refused_without_a_panic(frame in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(AgentMessage::decode(&frame.into()).is_err());
        }

        #[test]
        fn a_damaged_frame_never_panics(at in 0usize..123, bits in 1u8..) {
            let _ = changed(|frame| frame[at] ^= bits);
        }
    }
}
