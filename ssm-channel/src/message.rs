//! An agent message: the binary frame that carries everything after the channel is open.
//!
//! All integers are big-endian. The header has 116 bytes, then comes the payload's length, which the header's length
//! does not include, so the payload begins at 120.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::digest;
use bytes::{Buf, BufMut, Bytes, BytesMut};
use uuid::Uuid;

use crate::payload::PayloadType;

const HEADER_BYTES: usize = 116;
const TYPE_BYTES: usize = 32;
const DIGEST_BYTES: usize = 32;
const SCHEMA_VERSION: u32 = 1;
/// SYN and FIN: the flags of a message outside the sequence.
const SYN_FIN: u64 = 3;

/// What a message is for. In the header and in acknowledgements its name is in snake case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr)]
#[cfg_attr(test, derive(strum::VariantArray))]
#[strum(serialize_all = "snake_case")]
pub enum MessageType {
    InputStreamData,
    OutputStreamData,
    Acknowledge,
    ChannelClosed,
    StartPublication,
    PausePublication,
}

impl MessageType {
    pub fn name(self) -> &'static str {
        self.into()
    }

    /// The peer pads with NUL or white space, on either side.
    fn parse(field: &[u8]) -> Option<MessageType> {
        let is_padding = |character: char| character == '\0' || character.is_ascii_whitespace();
        let name = std::str::from_utf8(field).ok()?.trim_matches(is_padding);
        name.parse().ok()
    }
}

/// One message between client and agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentMessage {
    pub message_type: MessageType,
    /// Milliseconds since 1970, UTC.
    pub created_ms: u64,
    pub sequence: i64,
    pub flags: u64,
    pub id: Uuid,
    /// A [`PayloadType`]; zero in acknowledgements and in messages of the gateway.
    pub payload_type: u32,
    /// As sent: encrypted if the session is.
    pub payload: Bytes,
}

impl AgentMessage {
    /// A message of a stream, with a new ID.
    pub fn stream(
        message_type: MessageType,
        sequence: i64,
        payload_type: PayloadType,
        payload: Bytes,
    ) -> AgentMessage {
        AgentMessage {
            sequence,
            flags: 0,
            payload_type: payload_type as u32,
            ..AgentMessage::control(message_type, payload)
        }
    }

    /// A message outside the sequence, with a new ID.
    pub fn control(message_type: MessageType, payload: Bytes) -> AgentMessage {
        let now = SystemTime::now().duration_since(UNIX_EPOCH);
        AgentMessage {
            message_type,
            created_ms: now.map_or(1, |now| u64::try_from(now.as_millis()).unwrap_or(1)),
            sequence: 0,
            flags: SYN_FIN,
            id: Uuid::new_v4(),
            payload_type: 0,
            payload,
        }
    }

    pub fn encode(&self) -> Bytes {
        let mut frame = BytesMut::new();
        frame.put_u32(HEADER_BYTES as u32);
        let name = self.message_type.name();
        frame.put_slice(name.as_bytes());
        frame.put_bytes(b' ', TYPE_BYTES - name.len());
        frame.put_u32(SCHEMA_VERSION);
        frame.put_u64(self.created_ms);
        frame.put_i64(self.sequence);
        frame.put_u64(self.flags);
        // The agent too writes the two halves of the ID in this order.
        let (high, low) = self.id.as_u64_pair();
        frame.put_u64(low);
        frame.put_u64(high);
        frame.put_slice(digest::digest(&digest::SHA256, &self.payload).as_ref());
        frame.put_u32(self.payload_type);
        frame.put_u32(u32::try_from(self.payload.len()).unwrap_or(u32::MAX));
        frame.put_slice(&self.payload);
        frame.freeze()
    }

    /// `None`: the frame is damaged or unknown. It is then dropped without an acknowledgement, so that the peer sends
    /// it again.
    pub fn decode(mut frame: Bytes) -> Option<AgentMessage> {
        if frame.len() < HEADER_BYTES + 4 {
            return None;
        }
        let header_bytes = usize::try_from(frame.get_u32()).ok()?;
        let message_type = MessageType::parse(&frame.split_to(TYPE_BYTES))?;
        let _schema_version = frame.get_u32();
        let created_ms = frame.get_u64();
        let sequence = frame.get_i64();
        let flags = frame.get_u64();
        let (low, high) = (frame.get_u64(), frame.get_u64());
        let digest = frame.split_to(DIGEST_BYTES);
        let payload_type = frame.get_u32();
        // The header of a later version may be longer.
        let longer_by = header_bytes.checked_sub(HEADER_BYTES)?;
        if longer_by > frame.len() - 4 {
            return None;
        }
        frame.advance(longer_by);
        let payload_length = frame.get_u32();
        // The gateway sends these itself and leaves the rest of the header empty.
        let is_bare = matches!(
            message_type,
            MessageType::StartPublication | MessageType::PausePublication
        );
        let is_valid = created_ms != 0
            && (payload_length == 0
                || digest::digest(&digest::SHA256, &frame).as_ref() == digest.as_ref());
        (is_bare || is_valid).then_some(AgentMessage {
            message_type,
            created_ms,
            sequence,
            flags,
            id: Uuid::from_u64_pair(high, low),
            payload_type,
            payload: frame,
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use strum::VariantArray;

    use super::*;

    /// Offsets in the header.
    const TYPE: usize = 4;
    const SCHEMA: usize = 36;
    const CREATED: usize = 40;
    const SEQUENCE: usize = 48;
    const DIGEST: usize = 80;

    fn sample() -> AgentMessage {
        AgentMessage {
            message_type: MessageType::InputStreamData,
            created_ms: 0x0102_0304_0506_0708,
            sequence: 5,
            flags: 0,
            id: Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff),
            payload_type: 1,
            payload: Bytes::from_static(b"ls\r"),
        }
    }

    /// Written out by hand from the layout; the digest is `printf 'ls\r' | sha256sum`.
    #[test]
    fn a_frame_has_the_documented_layout() {
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
        assert_eq!(AgentMessage::decode(golden.into()), Some(sample()));
    }

    fn changed(change: impl Fn(&mut Vec<u8>)) -> Option<AgentMessage> {
        let mut frame = sample().encode().to_vec();
        change(&mut frame);
        AgentMessage::decode(frame.into())
    }

    #[test]
    fn type_names_are_padded_with_nul_or_space() {
        let padded = |name: &[u8]| {
            changed(|frame| {
                frame[TYPE..SCHEMA].fill(0);
                frame[TYPE..TYPE + name.len()].copy_from_slice(name);
            })
            .map(|message| message.message_type)
        };
        assert_eq!(padded(b"acknowledge"), Some(MessageType::Acknowledge));
        assert_eq!(
            padded(b" \0acknowledge \0 "),
            Some(MessageType::Acknowledge)
        );
        assert_eq!(padded(b"acknowledged"), None);
        assert_eq!(padded(b""), None);
    }

    #[test]
    fn damaged_frames_are_refused() {
        assert_eq!(changed(|_| {}), Some(sample()));
        assert_eq!(changed(|frame| frame.truncate(119)), None);
        assert_eq!(changed(|frame| frame[122] ^= 1), None, "digest");
        assert_eq!(changed(|frame| frame.truncate(122)), None, "digest");
        for length in [[0, 0, 0, 0], [0, 0, 0, 115], [0, 0, 0, 120], [255; 4]] {
            let header = changed(|frame| frame[..4].copy_from_slice(&length));
            assert_eq!(header, None, "{length:?}");
        }
        let undated = changed(|frame| frame[CREATED..SEQUENCE].fill(0));
        assert_eq!(undated, None);
    }

    #[test]
    fn a_longer_header_moves_the_payload() {
        let longer = changed(|frame| {
            frame[3] = 120;
            frame.splice(116..116, [9, 9, 9, 9]);
        });
        assert_eq!(longer, Some(sample()));
    }

    #[test]
    fn publication_messages_need_no_digest_and_no_date() {
        let bare = changed(|frame| {
            frame[TYPE..SCHEMA].fill(0);
            frame[TYPE..TYPE + 17].copy_from_slice(b"pause_publication");
            frame[CREATED..SEQUENCE].fill(0);
            frame[DIGEST] ^= 1;
        });
        assert_eq!(
            bare.map(|message| message.message_type),
            Some(MessageType::PausePublication)
        );
    }

    const GOLDEN_DIGEST: [u8; 32] = [
        0x1d, 0x88, 0x7c, 0xe0, 0xf8, 0x67, 0x2e, 0x49, 0x14, 0xd9, 0x00, 0x0e, 0x80, 0x1c, 0xd7,
        0x4e, 0xcd, 0x80, 0x5d, 0xd9, 0x36, 0x6c, 0x0b, 0xc4, 0x2d, 0xc1, 0x6a, 0xdc, 0x01, 0x97,
        0xdc, 0x2f,
    ];

    proptest! {
        #[test]
        fn decoding_reverses_encoding(
            kind in 0..MessageType::VARIANTS.len(),
            created_ms in 1..u64::MAX,
            sequence: i64,
            flags: u64,
            id: u128,
            payload_type: u32,
            payload in prop::collection::vec(any::<u8>(), 0..2000),
        ) {
            let message = AgentMessage {
                message_type: MessageType::VARIANTS[kind],
                created_ms,
                sequence,
                flags,
                id: Uuid::from_u128(id),
                payload_type,
                payload: payload.into(),
            };
            prop_assert_eq!(AgentMessage::decode(message.encode()), Some(message));
        }

        #[test]
        fn random_bytes_are_refused(frame in prop::collection::vec(any::<u8>(), 0..400)) {
            prop_assert!(AgentMessage::decode(frame.into()).is_none());
        }

        #[test]
        fn a_damaged_frame_never_panics(at in 0usize..123, bits in 1u8..) {
            let _ = changed(|frame| frame[at] ^= bits);
        }
    }
}
