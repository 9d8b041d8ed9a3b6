//! Signals that end the program. While fixes change AWS, they wait until the current step is done and reported.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::signals::{HANG_UP, INTERRUPT, Signals, TERMINATE};

/// Whether fixes are changing AWS.
static CHANGING: AtomicBool = AtomicBool::new(false);

/// Waits for a signal that ends the program immediately, and returns its number.
pub async fn interrupted() -> i32 {
    let mut signals = all();
    loop {
        let number = signals.next().await;
        if !CHANGING.load(Ordering::Relaxed) {
            return number;
        }
    }
}

fn all() -> Signals {
    Signals::watch(&[INTERRUPT, TERMINATE, HANG_UP])
}

/// Ctrl-C, SIGTERM and SIGHUP while fixes change AWS. They must not end the program between a step and its report.
pub struct Interrupts {
    came: tokio::sync::mpsc::Receiver<()>,
    watcher: tokio::task::JoinHandle<()>,
}

impl Interrupts {
    /// Until this is dropped, no signal ends the program.
    pub fn watch() -> Interrupts {
        let (notify, came) = tokio::sync::mpsc::channel(1);
        CHANGING.store(true, Ordering::Relaxed);
        let mut signals = all();
        let watcher = tokio::spawn(async move {
            loop {
                signals.next().await;
                say!("Stopping after this step.");
                let _ = notify.try_send(());
            }
        });
        Interrupts { came, watcher }
    }

    /// Whether a signal came.
    pub fn came(&mut self) -> bool {
        self.came.try_recv().is_ok()
    }

    /// Waits for a signal.
    pub async fn next(&mut self) {
        if self.came.recv().await.is_none() {
            std::future::pending().await
        }
    }
}

impl Drop for Interrupts {
    fn drop(&mut self) {
        self.watcher.abort();
        CHANGING.store(false, Ordering::Relaxed);
    }
}
