//! The signals that ask the program to end or to stop.

use std::future::pending;

const IS_LINUX: bool = cfg!(any(target_os = "linux", target_os = "android"));

/// The terminal is gone.
pub const HANG_UP: i32 = 1;
/// Ctrl-C.
pub const INTERRUPT: i32 = 2;
/// Ctrl-\.
pub const QUIT: i32 = 3;
const ABORT: i32 = 6;
/// Nobody reads the pipe. It is not watched: writing fails instead.
pub const BROKEN_PIPE: i32 = 13;
const ALARM: i32 = 14;
/// What `kill` sends by default.
pub const TERMINATE: i32 = 15;
/// A stopped program continues.
pub const CONTINUE: i32 = if IS_LINUX { 18 } else { 19 };
/// Ctrl-Z.
pub const STOP: i32 = if IS_LINUX { 20 } else { 18 };
const USER_1: i32 = if IS_LINUX { 10 } else { 30 };
const USER_2: i32 = if IS_LINUX { 12 } else { 31 };

/// The signals that end a program by default and can be handled, so that it can clean up.
pub const ENDING: [i32; 8] = [
    INTERRUPT, TERMINATE, HANG_UP, QUIT, ABORT, ALARM, USER_1, USER_2,
];

/// Signals that are reported instead of having their default effect.
pub struct Signals {
    #[cfg(unix)]
    watched: Vec<(i32, tokio::signal::unix::Signal)>,
}

#[cfg(unix)]
impl Signals {
    /// Reports these signals from now on, until it is dropped.
    pub fn watch(numbers: &[i32]) -> Signals {
        use tokio::signal::unix::{SignalKind, signal};
        let watch = |&number| Some((number, signal(SignalKind::from_raw(number)).ok()?));
        Signals {
            watched: numbers.iter().filter_map(watch).collect(),
        }
    }

    /// The number of the next signal.
    pub async fn next(&mut self) -> i32 {
        if self.watched.is_empty() {
            return pending().await;
        }
        let waiting = self.watched.iter_mut().map(|(number, signal)| {
            Box::pin(async move {
                signal.recv().await;
                *number
            })
        });
        futures::future::select_all(waiting).await.0
    }
}

#[cfg(not(unix))]
impl Signals {
    /// Windows has Ctrl-C only, which is always watched.
    pub fn watch(_numbers: &[i32]) -> Signals {
        Signals {}
    }

    /// Windows has Ctrl-C only.
    pub async fn next(&mut self) -> i32 {
        match tokio::signal::ctrl_c().await {
            Ok(()) => INTERRUPT,
            Err(_) => pending().await,
        }
    }
}
