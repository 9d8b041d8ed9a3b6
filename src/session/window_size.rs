//! Reports the terminal's size to the remote side, at the start and at each change.

use std::time::Duration;

use crossterm::terminal::size;
use ssm_channel::Input;
use tokio::sync::mpsc;

use super::native::after;

/// The size to report if there is no terminal.
const DEFAULT_SIZE: (u16, u16) = (80, 24);

/// The size that was reported last, and where to report the next.
pub struct WindowSize {
    to_remote: mpsc::Sender<Input>,
    #[cfg(unix)]
    changes: Option<tokio::signal::unix::Signal>,
    reported: Option<(u16, u16)>,
    /// The same size is reported again after this time.
    repeat_after: Option<Duration>,
}

impl WindowSize {
    /// Watches from now on; nothing is reported yet. `repeat_after`: reports the same size again after this time.
    pub fn watch(to_remote: mpsc::Sender<Input>, repeat_after: Option<Duration>) -> WindowSize {
        WindowSize {
            to_remote,
            #[cfg(unix)]
            changes: {
                use tokio::signal::unix::{SignalKind, signal};
                signal(SignalKind::window_change()).ok()
            },
            reported: None,
            repeat_after,
        }
    }

    /// Waits for the next change and reports it; the first time it reports at once.
    pub async fn follow(&mut self) {
        let mut is_due = false;
        if self.reported.is_some() {
            let repeat_after = self.repeat_after;
            tokio::select! {
                () = self.changed() => {}
                () = after(repeat_after) => is_due = true,
            }
        }
        let (columns, rows) = size().unwrap_or(DEFAULT_SIZE);
        if is_due || self.reported != Some((columns, rows)) {
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

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_size_is_repeated_only_if_asked() {
        let (to_remote, mut sent) = mpsc::channel(8);
        let soon = Some(Duration::from_millis(5));
        let mut repeated = WindowSize::watch(to_remote.clone(), soon);
        repeated.follow().await;
        repeated.follow().await;
        assert!(sent.recv().await.is_some() && sent.recv().await.is_some());
        let mut once = WindowSize::watch(to_remote, None);
        once.follow().await;
        let second = tokio::time::timeout(Duration::from_millis(50), once.follow());
        assert!(second.await.is_err());
    }
}
