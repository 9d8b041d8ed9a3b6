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
    Endpoint { url: String },
    /// Name resolution, the network or TLS failed.
    #[error("could not connect to {host}: {reason}")]
    CouldNotConnect { host: String, reason: String },
    /// The gateway answered the upgrade request with this HTTP status and body. `signed`: the request had a signature.
    #[error("{host} refused the connection with HTTP {status}{}: {body}", hint(*status, *signed))]
    Refused {
        host: String,
        status: u16,
        body: String,
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
    WrongKey { requested: String, expected: String },
    /// KMS returned no usable data key.
    #[error("KMS returned no key for this session: {0}")]
    Kms(String),
    /// The agent sent nothing for this long after the connection was open.
    #[error("the agent in the container gave no sign of life within {}", seconds(*waited))]
    AgentSilent { waited: Duration },
    /// The agent acknowledged no input for this long.
    #[error("the agent in the container has not accepted any input for {}", seconds(*waited))]
    AgentStalled { waited: Duration },
    /// The connection broke for `reason`, and no other could be opened.
    #[error(
        "the connection was lost ({reason}) and the session could not be resumed: {resume_error}"
    )]
    Lost {
        reason: String,
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
