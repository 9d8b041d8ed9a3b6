//! The payloads of messages: their types, and those in JSON. The names are those of the agent's source.
//! <https://github.com/aws/amazon-ssm-agent/tree/mainline/agent/session/contracts>

use bytes::Bytes;
use serde::{Deserialize, Serialize};

/// The version of the official client that this one claims to equal: the agent enables features by it, and AWS has
/// announced to refuse older ones.
pub const CLIENT_VERSION: &str = "1.2.764.0";

/// The most bytes of input in one message, before encryption.
pub const MAX_INPUT_BYTES: usize = 1024;

/// The type of a payload.
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
}

impl PayloadType {
    /// `None`: a type that a client has no use for.
    pub fn parse(number: u32) -> Option<PayloadType> {
        use PayloadType::*;
        let received = [
            Output,
            HandshakeRequest,
            ChallengeRequest,
            HandshakeComplete,
            Flag,
            StdErr,
        ];
        received.into_iter().find(|known| *known as u32 == number)
    }
}

/// The signals of a port session, big-endian in a payload of type [`PayloadType::Flag`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum Flag {
    /// To the agent: the local connection is closed, so close the one in the container (without multiplexing only).
    DisconnectToPort = 1,
    /// To the agent: the client ends the session.
    TerminateSession = 2,
    /// From the agent: it could not connect to the port.
    ConnectToPortError = 3,
}

impl Flag {
    pub fn payload(self) -> Bytes {
        Bytes::copy_from_slice(&(self as u32).to_be_bytes())
    }
}

/// The first frame of a connection, the only one in text.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct OpenDataChannel {
    pub message_schema_version: String,
    pub request_id: String,
    pub token_value: String,
    pub client_id: String,
    pub client_version: String,
}

/// Confirms that a message arrived.
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

/// What the agent asks of the client before an encrypted session or a port session begins.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeRequest {
    #[serde(default)]
    pub agent_version: String,
    #[serde(default)]
    pub requested_client_actions: Vec<RequestedAction>,
}

#[derive(Debug, Deserialize)]
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
    /// Random text, in base64. Agents before 3.3.808 send none.
    #[serde(rename = "Challenge", default)]
    pub challenge: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeResponse {
    pub client_version: String,
    pub processed_client_actions: Vec<ProcessedAction>,
    pub errors: Vec<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct ProcessedAction {
    pub action_type: String,
    /// An [`ActionStatus`].
    pub action_status: u32,
    pub action_result: Option<KmsResult>,
    pub error: String,
}

/// The result of an action. The agent closes the session unless all succeed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u32)]
pub enum ActionStatus {
    Success = 1,
    Failed = 2,
    Unsupported = 3,
}

#[derive(Debug, Serialize)]
pub struct KmsResult {
    /// The data key as KMS encrypted it, in base64.
    #[serde(rename = "KMSCipherTextKey")]
    pub encrypted_key: String,
    /// Always null; the agent ignores it.
    #[serde(rename = "KMSCipherTextHash")]
    pub hash: (),
    /// Whether the agent's challenge is in the encryption context.
    #[serde(rename = "ChallengeAcknowledgement")]
    pub challenge_acknowledged: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct HandshakeComplete {
    /// The message that the account's administrator configured for the start of sessions.
    #[serde(default)]
    pub customer_message: String,
}

/// The base64 of 64 random bytes, sealed.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Challenge {
    pub challenge: String,
}

/// The gateway's last message.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ChannelClosed {
    /// Empty if the remote command ended; else why the session ended, often in several lines.
    #[serde(default)]
    pub output: String,
}

/// The JSON of a payload.
pub fn json<T: Serialize>(value: &T) -> Bytes {
    // Serializing these types cannot fail.
    serde_json::to_vec(value).unwrap_or_default().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn acknowledgements_have_the_names_of_the_protocol() {
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
    fn sizes_have_the_names_of_the_protocol() {
        let size = Size { cols: 80, rows: 24 };
        assert_eq!(json(&size), r#"{"cols":80,"rows":24}"#);
    }

    #[test]
    fn payload_types_are_parsed_from_their_numbers() {
        for number in 0..20 {
            if let Some(kind) = PayloadType::parse(number) {
                assert_eq!(kind as u32, number);
            }
        }
        assert_eq!(PayloadType::parse(11), Some(PayloadType::StdErr));
        assert_eq!(PayloadType::parse(2), None);
    }
}
