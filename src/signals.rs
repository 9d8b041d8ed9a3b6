//! The signals that ask the program to end.

use std::future::pending;

/// Ctrl-C.
pub const INTERRUPT: i32 = 2;
pub const TERMINATE: i32 = 15;
/// The terminal is gone.
pub const HANG_UP: i32 = 1;
/// A pipe that nobody reads. It is not watched: what is written to one fails.
pub const BROKEN_PIPE: i32 = 13;
/// Ctrl-\.
pub const QUIT: i32 = 3;
/// Ctrl-Z.
pub const STOP: i32 = if cfg!(any(target_os = "linux", target_os = "android")) {
    20
} else {
    18
};

/// A program that was stopped goes on.
pub const CONTINUE: i32 = if cfg!(any(target_os = "linux", target_os = "android")) {
    18
} else {
    19
};
const ABORT: i32 = 6;
const ALARM: i32 = 14;
const USER: [i32; 2] = match cfg!(any(target_os = "linux", target_os = "android")) {
    true => [10, 12],
    false => [30, 31],
};

/// The signals that end a program which does not handle them, and that it can handle: what it has to leave in order
/// it leaves in order.
pub const ENDING: [i32; 8] = [
    INTERRUPT, TERMINATE, HANG_UP, QUIT, ABORT, ALARM, USER[0], USER[1],
];

/// Signals that are heard from now on, instead of ending the program.
pub struct Signals {
    #[cfg(unix)]
    watched: Vec<(i32, tokio::signal::unix::Signal)>,
}

#[cfg(unix)]
impl Signals {
    pub fn watch(numbers: &[i32]) -> Signals {
        use tokio::signal::unix::{SignalKind, signal};
        let watched = numbers.iter().filter_map(|&number| {
            let signal = signal(SignalKind::from_raw(number)).ok()?;
            Some((number, signal))
        });
        Signals {
            watched: watched.collect(),
        }
    }

    /// The number of the next one.
    pub async fn next(&mut self) -> i32 {
        if self.watched.is_empty() {
            return pending().await;
        }
        let waiting = self.watched.iter_mut().map(|(number, signal)| {
            let number = *number;
            Box::pin(async move {
                signal.recv().await;
                number
            })
        });
        futures::future::select_all(waiting).await.0
    }
}

#[cfg(not(unix))]
impl Signals {
    pub fn watch(_numbers: &[i32]) -> Signals {
        Signals {}
    }

    /// There is only Ctrl-C.
    pub async fn next(&mut self) -> i32 {
        match tokio::signal::ctrl_c().await {
            Ok(()) => INTERRUPT,
            Err(_) => pending().await,
        }
    }
}
