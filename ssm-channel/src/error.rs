use std::fmt;
use std::time::Duration;

/// Why a session failed. `Display` is one sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionError {
    /// The stream's URL is not one of the Session Manager's: nothing was sent there.
    Endpoint { url: String },
    /// No connection came about: name resolution, network, TLS.
    CouldNotConnect { host: String, why: String },
    /// The gateway answered the upgrade with this HTTP status and body.
    Refused {
        host: String,
        status: u16,
        body: String,
        /// Whether the request was signed.
        signed: bool,
    },
    /// The agent asked for something that cannot be, or in an order that cannot be.
    Handshake(String),
    /// The cluster has a key, and the agent began without encryption.
    NotEncrypted,
    /// The agent named another KMS key than the cluster has.
    OtherKey { named: String, cluster: String },
    /// KMS gave no data key.
    Kms(String),
    /// The agent gave no sign of life for this long after the connection stood.
    AgentSilent { waited: Duration },
    /// The agent stopped acknowledging input, for this long.
    AgentStalled { waited: Duration },
    /// The connection broke and could not be taken up again.
    Lost {
        /// What became of the connection.
        why: String,
        could_not_resume: String,
    },
    /// The session is over at AWS: it was idle for too long while the connection was broken, or ended.
    Gone,
    /// What came could not be decrypted, or was otherwise against the rules.
    Protocol(String),
}

impl fmt::Display for SessionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SessionError::Endpoint { url } => write!(
                f,
                "the session's address is not one of Session Manager's endpoints: {}",
                line(url)
            ),
            SessionError::CouldNotConnect { host, why } => {
                write!(f, "could not connect to {}: {}", line(host), line(why))
            }
            SessionError::Refused {
                host,
                status,
                body,
                signed,
            } => {
                write!(
                    f,
                    "{} refused the connection with HTTP {status}",
                    line(host)
                )?;
                if !body.is_empty() {
                    write!(f, ": {}", line(body))?;
                }
                match (status, signed) {
                    (401 | 403, true) => write!(
                        f,
                        " (your credentials may lack ssmmessages:OpenDataChannel on this session)"
                    ),
                    (401 | 403, false) => {
                        write!(f, " (there were no credentials to sign the request with)")
                    }
                    _ => Ok(()),
                }
            }
            SessionError::Handshake(why) => {
                write!(f, "the handshake with the agent failed: {}", line(why))
            }
            SessionError::NotEncrypted => write!(
                f,
                "the cluster asks for encrypted sessions, and the agent began without encryption"
            ),
            SessionError::OtherKey { named, cluster } => write!(
                f,
                "the agent asked for encryption with the KMS key {}, and the cluster's key is {}",
                line(named),
                line(cluster)
            ),
            SessionError::Kms(why) => {
                write!(f, "no key to encrypt the session with: {}", line(why))
            }
            SessionError::AgentSilent { waited } => write!(
                f,
                "the agent in the container gave no sign of life within {}",
                seconds(*waited)
            ),
            SessionError::AgentStalled { waited } => write!(
                f,
                "the agent in the container has not taken any input for {}",
                seconds(*waited)
            ),
            SessionError::Lost {
                why,
                could_not_resume,
            } => write!(
                f,
                "the connection was lost ({}) and the session could not be resumed: {}",
                line(why),
                line(could_not_resume)
            ),
            SessionError::Gone => write!(
                f,
                "the connection was lost, and the session has ended meanwhile"
            ),
            SessionError::Protocol(why) => write!(
                f,
                "the other side broke the session's protocol: {}",
                line(why)
            ),
        }
    }
}

impl std::error::Error for SessionError {}

/// Text from outside, on one line and of a bearable length.
fn line(text: &str) -> String {
    // More than this is cut anyway, and a frame may hold megabytes.
    let start: String = text.chars().take(4 * LINE).collect();
    let words: Vec<&str> = start
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = without_error_number(&words.join(" "));
    match line.char_indices().nth(LINE) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

/// How many characters of a text from outside are shown.
const LINE: usize = 400;

/// The number that the standard library adds to an error of the system tells a person nothing.
fn without_error_number(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let mut kept = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once(')') {
            Some((number, rest)) if number.bytes().all(|byte| byte.is_ascii_digit()) => {
                kept.push_str(rest);
            }
            _ => kept.extend([" (os error ", part]),
        }
    }
    kept
}

fn seconds(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        1 => "1 second".to_owned(),
        seconds => format!("{seconds} seconds"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_line_whatever_the_remote_side_put_in() {
        let refused = |signed| SessionError::Refused {
            host: "ssmmessages.eu-central-1.amazonaws.com".into(),
            status: 403,
            body: "{\"message\":\r\n \"\x1b[2Jno\"}".into(),
            signed,
        };
        assert_eq!(
            refused(true).to_string(),
            "ssmmessages.eu-central-1.amazonaws.com refused the connection with HTTP 403: {\"message\": \" [2Jno\"} \
             (your credentials may lack ssmmessages:OpenDataChannel on this session)"
        );
        assert!(refused(false).to_string().contains("no credentials"));
        let long = SessionError::Kms("é".repeat(1000)).to_string();
        assert!(long.ends_with('…') && long.chars().count() < 450);
        let refused = SessionError::CouldNotConnect {
            host: "localhost".into(),
            why: "Connection refused (os error 111)".into(),
        };
        assert_eq!(
            refused.to_string(),
            "could not connect to localhost: Connection refused"
        );
        let silent = SessionError::AgentSilent {
            waited: Duration::from_secs(30),
        };
        assert_eq!(
            silent.to_string(),
            "the agent in the container gave no sign of life within 30 seconds"
        );
    }
}
