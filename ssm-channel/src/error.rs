use std::time::Duration;

use thiserror::Error;

/// Why a session failed. `Display` is one sentence, with text of the gateway, the agent and AWS in it as it came:
/// clean and shorten it before you show it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SessionError {
    /// The caller cancelled the session, or dropped the receiver of the output. The session may stay open at AWS until
    /// it has been idle for 20 minutes; `ssm:TerminateSession` ends it at once.
    #[error("the session was cancelled")]
    Cancelled,
    /// The stream URL is not one of Session Manager. Nothing was sent there.
    #[error("the session's address is not a Session Manager endpoint: {url}")]
    Endpoint {
        /// The URL as AWS sent it.
        url: String,
    },
    /// Name resolution, the network or TLS failed.
    #[error("could not connect to {host}: {reason}")]
    CouldNotConnect {
        /// The host of the stream URL.
        host: String,
        /// What the resolver, the system or TLS says.
        reason: String,
    },
    /// The gateway refused the upgrade request.
    #[error("{host} refused the connection with HTTP {status}{}: {body}", hint(*status, *signed))]
    Refused {
        /// The host of the stream URL.
        host: String,
        /// The HTTP status.
        status: u16,
        /// The beginning of the response's body.
        body: String,
        /// Whether the request had a signature.
        signed: bool,
    },
    /// The agent sent an invalid request, or one out of order.
    #[error("the handshake with the agent failed: {0}")]
    Handshake(String),
    /// The cluster has a KMS key, and the agent did not ask for encryption.
    #[error(
        "the cluster requires encrypted sessions, but the agent started one without encryption"
    )]
    NotEncrypted,
    /// The agent asked for a KMS key that is not the cluster's.
    #[error("the cluster's key is {expected}, but the agent asked for encryption with {requested}")]
    WrongKey {
        /// The key that the agent named.
        requested: String,
        /// The key of the cluster.
        expected: String,
    },
    /// KMS returned no usable data key.
    #[error("KMS returned no key for this session: {0}")]
    Kms(String),
    /// The agent sent nothing after the connection was open.
    #[error("the agent in the container gave no sign of life within {}", seconds(*waited))]
    AgentSilent {
        /// How long this side has waited.
        waited: Duration,
    },
    /// The agent acknowledges no input.
    #[error("the agent in the container has not accepted any input for {}", seconds(*waited))]
    AgentStalled {
        /// How long this side has waited.
        waited: Duration,
    },
    /// The connection broke, and no other could be opened.
    #[error(
        "the connection was lost ({reason}) and the session could not be resumed: {resume_error}"
    )]
    Lost {
        /// Why it broke.
        reason: String,
        /// Why it could not be resumed.
        resume_error: String,
    },
    /// AWS ended the session while the connection was broken.
    #[error("the connection was lost, and the session ended before it could be resumed")]
    Expired,
    /// A message could not be decrypted, or violates the protocol in another way.
    #[error("the gateway or the agent violated the session protocol: {0}")]
    Protocol(String),
}

fn hint(status: u16, signed: bool) -> &'static str {
    match (status, signed) {
        (401 | 403, true) => {
            " (your credentials may lack ssmmessages:OpenDataChannel on this session)"
        }
        (401 | 403, false) => " (there were no credentials to sign the request with)",
        _ => "",
    }
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}
