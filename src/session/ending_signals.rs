//! Signals that end the program: at once, or after its open sessions have been ended.

use std::future::pending;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicI32, Ordering};

use tokio::sync::watch;

use crate::signals::{ENDING, INTERRUPT, Signals, TERMINATE};

/// How many sessions are open or being opened. They handle the signals themselves, to end the remote side too.
static OPEN_SESSIONS: LazyLock<watch::Sender<usize>> = LazyLock::new(|| watch::Sender::new(0));

/// The signal that ends the sessions; no other session is opened after it. 0: there was none.
static RECEIVED: AtomicI32 = AtomicI32::new(0);

/// Waits for a signal that ends the program, and until no session is open any more; returns its number. A hang-up is
/// not handled here: by default it ends the program, except under nohup.
pub async fn interrupted() -> i32 {
    let number = Signals::watch(&[INTERRUPT, TERMINATE]).next().await;
    RECEIVED.store(number, Ordering::Relaxed);
    let _ = OPEN_SESSIONS.subscribe().wait_for(|open| *open == 0).await;
    number
}

/// The number of the signal that came, if one did.
pub fn received() -> Option<i32> {
    Some(RECEIVED.load(Ordering::Relaxed)).filter(|number| *number != 0)
}

/// The signals that end a session, watched from before it is requested.
pub struct EndingSignals(Signals);

impl EndingSignals {
    /// Counts a session as open until this is dropped.
    pub fn watch() -> EndingSignals {
        OPEN_SESSIONS.send_modify(|open| *open += 1);
        EndingSignals(Signals::watch(&ENDING))
    }

    /// The next signal's number. `raw`: the terminal is in raw mode, in which Windows reports Ctrl-C as a key too.
    pub async fn next(&mut self, raw: bool) -> i32 {
        if raw && cfg!(not(unix)) {
            return pending().await;
        }
        let number = self.0.next().await;
        RECEIVED.store(number, Ordering::Relaxed);
        number
    }

    /// The next signal's number, except for Ctrl-C, which is meant for another program on the terminal.
    pub async fn next_except_interrupt(&mut self) -> i32 {
        let mut number = self.0.next().await;
        while number == INTERRUPT {
            number = self.0.next().await;
        }
        RECEIVED.store(number, Ordering::Relaxed);
        number
    }
}

impl Drop for EndingSignals {
    fn drop(&mut self) {
        OPEN_SESSIONS.send_modify(|open| *open -= 1);
    }
}
