//! What messages carry: the kinds of payload, and those that are JSON.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The version of the official client that ours claims to equal: the agent decides by it what it may use,
/// and AWS has announced that it will turn older ones away.
pub const CLIENT_VERSION: &str = "1.2.764.0";

/// The most that one message of input may carry, in bytes, before encryption.
pub const INPUT_BYTES: usize = 1024;

/// What a payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum PayloadType {
    /// Bytes of the terminal, in either direction.
    Output = 1,
    Size = 3,
    HandshakeRequest = 5,
    HandshakeResponse = 6,
    HandshakeComplete = 7,
    ChallengeRequest = 8,
    ChallengeResponse = 9,
    Flag = 10,
    StdErr = 11,
    ExitCode = 12,
}

impl PayloadType {
    /// Nothing for the kinds that a client has no use for, and for those that are yet to be invented.
    pub fn read(number: u32) -> Option<PayloadType> {
        use PayloadType::*;
        [
            Output,
            Size,
            HandshakeRequest,
            HandshakeResponse,
            HandshakeComplete,
            ChallengeRequest,
            ChallengeResponse,
            Flag,
            StdErr,
            ExitCode,
        ]
        .into_iter()
        .find(|known| *known as u32 == number)
    }

    /// The kinds that are encrypted in a session that has keys.
    pub fn is_private(self) -> bool {
        use PayloadType::*;
        matches!(self, Output | StdErr | ExitCode)
    }
}

/// The flag by which a client says that it ends the session.
pub const TERMINATE_SESSION: u32 = 2;

/// The first frame of a connection, and the only one that is text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OpenDataChannel {
    pub message_schema_version: String,
    pub request_id: String,
    pub token_value: String,
    pub client_id: String,
    pub client_version: String,
}

/// That a message has arrived.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Acknowledgement {
    pub acknowledged_message_type: String,
    pub acknowledged_message_id: String,
    pub acknowledged_message_sequence_number: i64,
    /// Always true.
    pub is_sequential_message: bool,
}

/// The size of the terminal in characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Size {
    pub cols: u16,
    pub rows: u16,
}

/// What the agent wants settled before the session begins.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeRequest {
    #[serde(default)]
    pub agent_version: String,
    #[serde(default)]
    pub requested_client_actions: Vec<RequestedAction>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RequestedAction {
    pub action_type: String,
    #[serde(default)]
    pub action_parameters: serde_json::Value,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct SessionTypeParameters {
    pub session_type: String,
}

#[derive(Debug, Deserialize)]
pub struct KmsParameters {
    #[serde(rename = "KMSKeyId")]
    pub key_id: String,
    /// Agents before 3.3.808 send none.
    #[serde(rename = "Challenge", default)]
    pub challenge: Option<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeResponse {
    pub client_version: String,
    pub processed_client_actions: Vec<ProcessedAction>,
    pub errors: Vec<String>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessedAction {
    pub action_type: String,
    /// See [`ActionStatus`].
    pub action_status: u32,
    pub action_result: Option<KmsResult>,
    pub error: String,
}

/// How an action ended. The agent gives up on anything but success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum ActionStatus {
    Success = 1,
    Failed = 2,
    Unsupported = 3,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KmsResult {
    /// The data key as KMS encrypted it, in base64.
    #[serde(rename = "KMSCipherTextKey")]
    pub encrypted_key: String,
    /// Always null; the agent does not look.
    #[serde(rename = "KMSCipherTextHash")]
    pub hash: Option<String>,
    /// Whether the agent's challenge is part of the encryption context.
    #[serde(rename = "ChallengeAcknowledgement")]
    pub challenge_acknowledged: bool,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeComplete {
    /// What the administrator of the account wants the user to read.
    #[serde(default)]
    pub customer_message: String,
}

/// Base64 of a nonce, 64 random bytes encrypted, and their tag.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Challenge {
    pub challenge: String,
}

/// The gateway's last word.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChannelClosed {
    #[serde(default)]
    pub session_id: String,
    /// Why, where it was not the remote command that ended; often several lines.
    #[serde(default)]
    pub output: String,
}

/// The text that an exit status comes as: `EXIT_CODE: 3`.
pub fn exit_code(payload: &[u8]) -> Option<i32> {
    let text = std::str::from_utf8(payload).ok()?;
    text.trim().strip_prefix("EXIT_CODE:")?.trim().parse().ok()
}

/// JSON of a payload of ours.
pub fn json<T: Serialize>(value: &T) -> Bytes {
    // No payload has a map with keys that are not text, or anything else that JSON cannot say.
    serde_json::to_vec(value).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exit_codes() {
        assert_eq!(exit_code(b"EXIT_CODE: 3"), Some(3));
        assert_eq!(exit_code(b"EXIT_CODE: -1\n"), Some(-1));
        assert_eq!(exit_code(b"3"), None);
        assert_eq!(exit_code(b"EXIT_CODE: \xff"), None);
    }

    #[test]
    fn the_words_of_an_acknowledgement() {
        let acknowledgement = Acknowledgement {
            acknowledged_message_type: "output_stream_data".into(),
            acknowledged_message_id: "00112233-4455-6677-8899-aabbccddeeff".into(),
            acknowledged_message_sequence_number: 7,
            is_sequential_message: true,
        };
        let expected = concat!(
            r#"{"AcknowledgedMessageType":"output_stream_data","#,
            r#""AcknowledgedMessageId":"00112233-4455-6677-8899-aabbccddeeff","#,
            r#""AcknowledgedMessageSequenceNumber":7,"IsSequentialMessage":true}"#
        );
        assert_eq!(json(&acknowledgement), expected);
    }

    #[test]
    fn the_words_of_a_size() {
        let size = Size { cols: 80, rows: 24 };
        assert_eq!(json(&size), r#"{"cols":80,"rows":24}"#);
    }

    #[test]
    fn every_number_is_read_as_what_it_is_written_as() {
        for number in 0..20 {
            if let Some(kind) = PayloadType::read(number) {
                assert_eq!(kind as u32, number);
            }
        }
        assert_eq!(PayloadType::read(12), Some(PayloadType::ExitCode));
        assert_eq!(PayloadType::read(2), None);
    }
}
