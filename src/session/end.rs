//! How sessions end.

use std::io;

use model::text::sanitize_line;

use super::remote_text::RemoteText;
use crate::cli_error::without_number;
use crate::exit;
use crate::signals::BROKEN_PIPE;

/// How a session ended, whatever carried it.
#[derive(Debug)]
pub enum SessionEnd {
    /// The remote side closed it. The message says why, unless the command just ended.
    Closed(Option<RemoteText>),
    /// The wrapped command ended with this status.
    Exit(u8),
    /// A signal of this number ended this program.
    Signal(i32),
    /// `--timeout` passed.
    TimedOut,
    /// The user left it with the escape keys.
    Left,
    /// Its output could not be written.
    Unwritten(io::Error),
    /// It broke off, after the command had begun or before.
    Failed { has_begun: bool, why: RemoteText },
}

impl SessionEnd {
    /// It failed before the command began.
    pub fn not_begun(why: impl Into<String>) -> SessionEnd {
        SessionEnd::Failed {
            has_begun: false,
            why: RemoteText::new(why),
        }
    }
}

/// What the agent's closing message is about. The agent sends text only, so this is the place that reads it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosingCause {
    /// The image does not have the program.
    MissingProgram,
    /// The session's encryption or recording could not be set up.
    SetupFailed,
    /// An administrator or an idle timeout ended it, or something else.
    Other,
}

impl ClosingCause {
    /// Reads the agent's closing message.
    pub fn of(message: &RemoteText) -> ClosingCause {
        let known = message.explain();
        if known.is_some_and(|known| known.known_error.image_lacks_program()) {
            return ClosingCause::MissingProgram;
        }
        match ["----error-------", "handshake", "start the session"]
            .into_iter()
            .any(|pattern| message.contains(pattern))
        {
            true => ClosingCause::SetupFailed,
            false => ClosingCause::Other,
        }
    }
}

/// Prints why output could not be written, unless its reader has gone, as `head` does. Returns the exit status.
pub fn report_unwritten_output(error: &io::Error) -> u8 {
    if error.kind() == io::ErrorKind::BrokenPipe {
        return exit::of_signal(BROKEN_PIPE);
    }
    let why = without_number(&error.to_string());
    say!(
        "error: cannot write to standard output: {}",
        sanitize_line(&why)
    );
    exit::UNOPENED
}
