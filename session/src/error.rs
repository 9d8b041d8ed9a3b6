use std::fmt;
use std::time::Duration;

/// Why a session failed. `Display` is one sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
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

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Endpoint { url } => write!(
                f,
                "the session's address is not one of Session Manager's endpoints: {}",
                line(url)
            ),
            Fault::CouldNotConnect { host, why } => {
                write!(f, "could not connect to {}: {}", line(host), line(why))
            }
            Fault::Refused {
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
            Fault::Handshake(why) => {
                write!(f, "the handshake with the agent failed: {}", line(why))
            }
            Fault::NotEncrypted => write!(
                f,
                "the cluster asks for encrypted sessions, and the agent began without encryption"
            ),
            Fault::Kms(why) => write!(f, "no key to encrypt the session with: {}", line(why)),
            Fault::AgentSilent { waited } => write!(
                f,
                "the agent in the container gave no sign of life within {}",
                seconds(*waited)
            ),
            Fault::AgentStalled { waited } => write!(
                f,
                "the agent in the container has not taken any input for {}",
                seconds(*waited)
            ),
            Fault::Lost {
                why,
                could_not_resume,
            } => write!(
                f,
                "the connection was lost ({}) and the session could not be resumed: {}",
                line(why),
                line(could_not_resume)
            ),
            Fault::Gone => write!(
                f,
                "the connection was lost, and the session has ended meanwhile"
            ),
            Fault::Protocol(why) => write!(f, "the session broke off: {}", line(why)),
        }
    }
}

impl std::error::Error for Fault {}

/// Text from outside, on one line and of a bearable length.
fn line(text: &str) -> String {
    let words: Vec<&str> = text
        .split(|letter: char| letter.is_whitespace() || letter.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    let line = words.join(" ");
    match line.char_indices().nth(400) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
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
    fn a_fault_is_one_line_whatever_the_remote_side_put_in() {
        let refused = |signed| Fault::Refused {
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
        let long = Fault::Kms("é".repeat(1000)).to_string();
        assert!(long.ends_with('…') && long.chars().count() < 450);
        let silent = Fault::AgentSilent {
            waited: Duration::from_secs(30),
        };
        assert_eq!(
            silent.to_string(),
            "the agent in the container gave no sign of life within 30 seconds"
        );
    }
}
