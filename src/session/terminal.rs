//! The terminal that a session takes over: raw while it runs, as it was afterwards, whatever happens.

use std::panic;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicI32, Ordering};

use crossterm::terminal::{disable_raw_mode, enable_raw_mode, size};
use ecs_exec_session::Input;
use tokio::sync::{mpsc, watch};

/// What a terminal's size is taken for where there is none.
const SIZE: (u16, u16) = (80, 24);

/// Raw mode: every key goes to the remote side, Ctrl-C too. Dropped, the terminal is as it was.
pub struct Raw;

impl Raw {
    pub fn enter() -> std::io::Result<Raw> {
        enable_raw_mode()?;
        // Without unwinding nothing is dropped on a panic.
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            let _ = disable_raw_mode();
            before(info);
        }));
        Ok(Raw)
    }
}

impl Drop for Raw {
    fn drop(&mut self) {
        let _ = disable_raw_mode();
    }
}

/// Tells the remote side how large the terminal is, first and whenever that changes.
pub struct Sizes {
    to_remote: mpsc::Sender<Input>,
    #[cfg(unix)]
    changes: Option<tokio::signal::unix::Signal>,
    told: Option<(u16, u16)>,
}

impl Sizes {
    pub fn watch(to_remote: mpsc::Sender<Input>) -> Sizes {
        Sizes {
            to_remote,
            #[cfg(unix)]
            changes: {
                use tokio::signal::unix::{SignalKind, signal};
                signal(SignalKind::window_change()).ok()
            },
            told: None,
        }
    }

    /// Waits for the next change and tells it; the first time it tells at once.
    pub async fn follow(&mut self) {
        if self.told.is_some() {
            self.changed().await;
        }
        let (columns, rows) = size().unwrap_or(SIZE);
        if self.told != Some((columns, rows)) {
            self.told = Some((columns, rows));
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

/// How many sessions are open or being opened: Ctrl-C is theirs, to take leave of the remote side.
static OPEN: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::Sender::new(0));

/// The signal that came and ends sessions: none is begun any more. 0: none came.
static CAME: AtomicI32 = AtomicI32::new(0);

const INTERRUPT: i32 = 2;

/// Ctrl-C, once no session has to be ended before.
pub async fn interrupted() {
    if tokio::signal::ctrl_c().await.is_ok() {
        CAME.store(INTERRUPT, Ordering::Relaxed);
        let _ = OPEN.subscribe().wait_for(|open| *open == 0).await;
    }
}

/// The number of the signal that came, if one did.
pub fn came() -> Option<i32> {
    Some(CAME.load(Ordering::Relaxed)).filter(|number| *number != 0)
}

/// The signals that end a session, from before it is asked for.
pub struct Signals {
    #[cfg(unix)]
    watched: Vec<(i32, tokio::signal::unix::Signal)>,
}

impl Drop for Signals {
    fn drop(&mut self) {
        OPEN.send_modify(|open| *open -= 1);
    }
}

impl Signals {
    pub fn watch() -> Signals {
        OPEN.send_modify(|open| *open += 1);
        Signals {
            #[cfg(unix)]
            watched: watched(),
        }
    }

    /// The next signal's number. In raw mode Ctrl-C is a key and no signal; one that comes all the same was sent
    /// by someone.
    pub async fn next(&mut self, raw: bool) -> i32 {
        let number = self.received(raw).await;
        CAME.store(number, Ordering::Relaxed);
        number
    }

    #[cfg(unix)]
    async fn received(&mut self, _raw: bool) -> i32 {
        use futures::future::select_all;
        let waiting = self.watched.iter_mut().map(|(number, signal)| {
            let number = *number;
            Box::pin(async move {
                signal.recv().await;
                number
            })
        });
        select_all(waiting).await.0
    }

    #[cfg(not(unix))]
    async fn received(&mut self, raw: bool) -> i32 {
        if raw {
            return std::future::pending().await;
        }
        let _ = tokio::signal::ctrl_c().await;
        INTERRUPT
    }
}

#[cfg(unix)]
fn watched() -> Vec<(i32, tokio::signal::unix::Signal)> {
    use tokio::signal::unix::{SignalKind, signal};
    let kinds = [
        SignalKind::interrupt(),
        SignalKind::terminate(),
        SignalKind::hangup(),
    ];
    kinds
        .into_iter()
        .filter_map(|kind| Some((kind.as_raw_value(), signal(kind).ok()?)))
        .collect()
}
