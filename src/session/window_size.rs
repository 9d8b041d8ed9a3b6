//! Reports the terminal's size to the remote side, at the start and at each change.

use crossterm::terminal::size;
use ssm_channel::Input;
use tokio::sync::mpsc;

/// The size to report if there is no terminal.
const DEFAULT_SIZE: (u16, u16) = (80, 24);

/// The size that was reported last, and where to report the next.
pub struct WindowSize {
    to_remote: mpsc::Sender<Input>,
    #[cfg(unix)]
    changes: Option<tokio::signal::unix::Signal>,
    reported: Option<(u16, u16)>,
}

impl WindowSize {
    /// Watches from now on; nothing is reported yet.
    pub fn watch(to_remote: mpsc::Sender<Input>) -> WindowSize {
        WindowSize {
            to_remote,
            #[cfg(unix)]
            changes: {
                use tokio::signal::unix::{SignalKind, signal};
                signal(SignalKind::window_change()).ok()
            },
            reported: None,
        }
    }

    /// Waits for the next change and reports it; the first time it reports at once.
    pub async fn follow(&mut self) {
        if self.reported.is_some() {
            self.changed().await;
        }
        let (columns, rows) = size().unwrap_or(DEFAULT_SIZE);
        if self.reported != Some((columns, rows)) {
            self.reported = Some((columns, rows));
            let _ = self.to_remote.send(Input::Size { columns, rows }).await;
        }
    }

    #[cfg(unix)]
    async fn changed(&mut self) {
        match &mut self.changes {
            Some(changes) => {
                changes.recv().await;
            }
            None => std::future::pending().await,
        }
    }

    #[cfg(not(unix))]
    async fn changed(&mut self) {
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
}
