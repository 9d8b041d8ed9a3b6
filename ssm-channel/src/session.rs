//! What the caller passes to a session and receives from it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use tokio_util::sync::CancellationToken;

use crate::dial::{Connect, tcp};
use crate::secret::Secret;

/// A session that AWS has opened and that no client has joined yet.
/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_Session.html>
#[derive(Debug, Clone)]
pub struct Session {
    /// `ecs-execute-command-…`, as `ExecuteCommand` returned it.
    pub id: String,
    /// As returned, byte for byte.
    pub stream_url: String,
    /// As returned. It is valid for one connection and for a short time.
    pub token: Secret,
    /// `ecs:CLUSTER_TASK_RUNTIME`: cluster name, task ID, container runtime ID. It is part of the encryption context,
    /// so it must equal what the agent composes.
    pub target: String,
    /// The cluster's KMS key for ECS Exec as its configuration names it (ID, ARN or alias). The session then fails
    /// if the agent asks for no encryption or for another key. `None`: the cluster has no key, or it is unknown.
    pub kms_key: Option<String>,
    /// The region to sign the connection request for.
    pub region: String,
}

/// What the caller sends. Nothing leaves before the agent is ready; until then it waits in the caller's channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Any number of bytes for the remote terminal.
    Bytes(Bytes),
    /// The size of the local terminal in characters. Send one first, even a made-up one: its acknowledgement shows that
    /// a command which prints nothing is alive.
    Size {
        /// Characters in a line.
        columns: u16,
        /// Lines.
        rows: u16,
    },
    /// No more input will come. The remote terminal receives an end of file (Ctrl-D), repeatedly, and the session lasts
    /// until the command ends. (Dropping the sender tells the remote side nothing.)
    End,
    /// The local connection is closed. Only in port sessions without multiplexing.
    Disconnect,
}

/// What the caller receives, in order. Nothing is dropped: while the caller does not receive, the connection is not
/// read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// The agent is ready and accepts input.
    Started,
    /// Bytes of the remote terminal. They can end in the middle of a character.
    Bytes(Bytes),
    /// News for the person at the terminal.
    Notice(Notice),
    /// News of a port session.
    Port(PortEvent),
}

/// What the agent tells the client of a port session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PortEvent {
    /// How the session carries connections. Comes before [`Output::Started`].
    Mode(PortMode),
    /// The agent could not connect to the port.
    ConnectionFailed,
}

/// How a port session carries connections, which depends on the agent's version.
/// <https://github.com/aws/session-manager-plugin/blob/mainline/src/config/config.go>
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PortMode {
    /// One connection at a time, as plain bytes. Agents up to 3.0.196.0.
    Single,
    /// Any number of connections.
    Multiplexed {
        /// The agent, 3.1.1511.0 or older, ends the session unless it receives something every 30 s.
        keep_alive: bool,
    },
}

/// What a session is for. The agent names the same type in its handshake, or the session fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SessionType {
    /// A terminal, or something that behaves like one.
    Shell,
    /// Connections to a port.
    Port,
}

/// News about the connection. `Display` is a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The message that the account's administrator configured for the start of sessions. It comes from the remote
    /// side: clean it before you show it.
    CustomerMessage(String),
    /// The connection broke and is being reopened. Input waits.
    ConnectionLost,
    /// The connection is open again, and the session continues where it was.
    ConnectionResumed,
    /// The agent has been disconnected from the gateway for some seconds. Input waits.
    AgentDisconnected,
    /// The agent is connected again.
    AgentReconnected,
    /// Nothing that was sent is answered.
    NoAnswer {
        /// How long this side has waited.
        waited: Duration,
    },
    /// Answers arrive again.
    Answering,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::NoAnswer { waited } => write!(f, "No answer for {} s.", waited.as_secs()),
            Notice::Answering => f.write_str("The session answers again."),
            Notice::CustomerMessage(message) => f.write_str(message),
            Notice::ConnectionLost => f.write_str("The connection is lost; reconnecting."),
            Notice::ConnectionResumed => f.write_str("The connection is back."),
            Notice::AgentDisconnected => {
                f.write_str("The agent in the container is disconnected at the moment.")
            }
            Notice::AgentReconnected => {
                f.write_str("The agent in the container is connected again.")
            }
        }
    }
}

/// Timeouts of a session, and how it connects.
#[derive(Clone)]
pub struct Options {
    /// How long the agent can take for its first sign of life. 30 s.
    pub start_timeout: Duration,
    /// How long after the agent connected a command that prints nothing counts as ready for input; three times as long
    /// if the gateway does not report that the agent connected. Not used for encrypted sessions. 3 s.
    pub quiet_start: Duration,
    /// How long one attempt to connect can take. 20 s.
    pub connect_timeout: Duration,
    /// The time between two pings. The connection counts as lost after two and a half of these without a frame. 30 s.
    pub keep_alive: Duration,
    /// How long to retry a lost connection. 3 min.
    pub resume_timeout: Duration,
    /// How long the agent can leave input unacknowledged while the connection is open. 5 min.
    pub stall_timeout: Duration,
    /// How long after an end of file another one is sent if the session has not ended; the wait doubles. 1 s.
    pub end_of_file_interval: Duration,
    /// How long without an answer until [`Notice::NoAnswer`]. 15 s.
    pub no_answer_after: Duration,
    /// How long a forwarded connection whose local side has sent an end of file waits for answers: it is closed once
    /// nothing has arrived for this long. 5 s.
    pub half_close_wait: Duration,
    /// Opens the stream below TLS. A proxy belongs here.
    pub connect: Connect,
    /// Certificates in PEM to trust instead of the system's.
    pub certificates: Option<Vec<u8>>,
    /// Ends the session early.
    pub cancel: CancellationToken,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            start_timeout: Duration::from_secs(30),
            quiet_start: Duration::from_secs(3),
            connect_timeout: Duration::from_secs(20),
            keep_alive: Duration::from_secs(30),
            resume_timeout: Duration::from_secs(180),
            stall_timeout: Duration::from_secs(300),
            end_of_file_interval: Duration::from_secs(1),
            no_answer_after: Duration::from_secs(15),
            half_close_wait: Duration::from_secs(5),
            connect: tcp(),
            certificates: None,
            cancel: CancellationToken::new(),
        }
    }
}
