//! What a caller gives to a session and gets from it.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;

use crate::cancel::Cancel;
use crate::dial::{Connect, tcp};
use crate::secret::Secret;

/// A session that AWS has opened and nobody has joined yet.
#[derive(Debug, Clone)]
pub struct Session {
    /// As `ExecuteCommand` returned it: `ecs-execute-command-…`.
    pub id: String,
    /// As returned, byte for byte.
    pub stream_url: String,
    /// As returned. It serves for one connection and for a short time.
    pub token: Secret,
    /// `ecs:CLUSTER_TASK_RUNTIME`: the cluster's name, the task's ID and the container's runtime ID. Part of
    /// the encryption context, so the agent must have composed the same.
    pub target: String,
    /// The cluster's KMS key for ECS Exec, as its configuration names it (an ID, an ARN, an alias): a session without
    /// encryption is then refused, and so is another key. None, where the cluster has none, or where that is not known.
    pub kms_key: Option<String>,
    /// The session's region, for signing.
    pub region: String,
}

/// What the caller sends. Nothing of it leaves before the agent is ready; until then it waits in the
/// caller's channel, whose bound is the limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input {
    /// Bytes for the remote terminal, as many as there are; they are divided here.
    Bytes(Bytes),
    /// The size of the local terminal, in characters. Send it first, even where it is made up: a command that
    /// says nothing is known to be alive by its acknowledgement.
    Size { columns: u16, rows: u16 },
    /// No more input will come. The remote terminal gets an end of file (Ctrl-D), now and again, and the session goes on
    /// until the command ends. Dropping the sender instead says nothing to the remote side.
    End,
}

/// What the caller receives, in order. Nothing is dropped: while the caller does not receive, the connection
/// is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// The agent is ready and input is being sent.
    Started,
    /// Bytes of the remote terminal, which may end in the middle of a character.
    Stdout(Bytes),
    /// Bytes of the remote standard error, where it is apart; ECS Exec never has it so.
    Stderr(Bytes),
    /// Something that a person at the terminal wants to know.
    Notice(Notice),
}

/// News of the connection. `Display` is a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// What the administrator of the account has the agent say when a session begins. It comes from the remote
    /// side: clean it before it is shown.
    Welcome(String),
    /// The connection broke, and is being taken up again. Input waits.
    Lost,
    /// The connection stands again, and the session goes on where it was.
    Resumed,
    /// The agent's end has been away for some seconds; input waits.
    AgentAway,
    /// The agent's end is back.
    AgentBack,
    /// What was sent has not been answered for this long.
    Silent { waited: Duration },
    /// It is answered again.
    AnswersAgain,
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Notice::Silent { waited } => {
                return write!(f, "No answer for {} s.", waited.as_secs());
            }
            Notice::AnswersAgain => "The session answers again.",
            Notice::Welcome(message) => message,
            Notice::Lost => "The connection is lost; reconnecting.",
            Notice::Resumed => "The connection is back.",
            Notice::AgentAway => "The agent in the container is not connected at the moment.",
            Notice::AgentBack => "The agent in the container is connected again.",
        })
    }
}

/// How a session ended, where nothing went wrong on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// The remote side closed it. A message says why, where it was not simply the command that ended: a
    /// time-out, or an error of the agent, often of several lines, to be cleaned before it is shown.
    Closed { message: Option<String> },
    /// The remote command ended with this status. ECS Exec never tells it.
    Exit(i32),
    /// The caller ended it, by [`Cancel::cancel`] or by dropping the receiver of the output. The session may
    /// live on at AWS until it has been idle for 20 minutes: `ssm:TerminateSession` ends it at once.
    Cancelled,
}

/// How patient a session is, and how it connects.
#[derive(Clone)]
pub struct Options {
    /// How long the agent may take for its first sign of life. 30 s.
    pub start_timeout: Duration,
    /// How long after the gateway said that the agent's end is there a command that prints nothing is taken to
    /// be ready for input. Without that word from the gateway it is three times as long. Not used for encrypted
    /// sessions. 3 s.
    pub quiet_start: Duration,
    /// How long one attempt to connect may take. 20 s.
    pub connect_timeout: Duration,
    /// Between two pings. After two and a half of these without a frame the connection counts as lost. 30 s.
    pub keep_alive: Duration,
    /// How long to try to take up a lost connection. 3 min.
    pub resume_for: Duration,
    /// How long the agent may leave input unacknowledged while the connection stands. 5 min.
    pub stall_timeout: Duration,
    /// After how long a session that did not end by an end of file gets another one; then ever more seldom. 1 s.
    pub end_again: Duration,
    /// After how long without an answer the caller is told so. 15 s.
    pub silent_after: Duration,
    /// Opens the stream to a host and port, below TLS. Put a proxy here: there is no support for any within.
    pub connect: Connect,
    /// Certificates in PEM to trust instead of the system's.
    pub certificates: Option<Vec<u8>>,
    /// Ends the session early.
    pub cancel: Cancel,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            start_timeout: Duration::from_secs(30),
            quiet_start: Duration::from_secs(3),
            connect_timeout: Duration::from_secs(20),
            keep_alive: Duration::from_secs(30),
            resume_for: Duration::from_secs(180),
            stall_timeout: Duration::from_secs(300),
            end_again: Duration::from_secs(1),
            silent_after: Duration::from_secs(15),
            connect: tcp(),
            certificates: None,
            cancel: Cancel::default(),
        }
    }
}
