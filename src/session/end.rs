//! How sessions end.

use std::io;

use super::remote_text::RemoteText;

#[derive(Debug)]
pub enum SessionEnd {
    /// The remote side closed it; a text says why, where there is one.
    Closed(Option<RemoteText>),
    /// The command that was run ended with this status.
    Exit(u8),
    /// A signal of this number ended it.
    Signal(i32),
    TimedOut,
    /// The user left it by the escape keys.
    Left,
    /// What it printed could not be written.
    Unwritten(io::Error),
    /// It broke off, after the command had begun or before.
    Failed {
        has_begun: bool,
        why: RemoteText,
    },
}

impl SessionEnd {
    /// It did not come about.
    pub fn not_begun(why: impl Into<String>) -> SessionEnd {
        SessionEnd::Failed {
            has_begun: false,
            why: RemoteText::new(why),
        }
    }
}
