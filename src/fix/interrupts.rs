//! Signals that ask the program to end: while AWS is changed they wait until a step is done and told.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::signals::{HANG_UP, INTERRUPT, Signals, TERMINATE};

/// Whether AWS is being changed: then Ctrl-C does not end the program between a step and its being told.
static CHANGING: AtomicBool = AtomicBool::new(false);

/// The number of a signal that may end the program at once.
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

/// Ctrl-C, SIGTERM and SIGHUP while AWS is being changed: they must not come between a step and its being told.
pub struct Interrupts {
    came: tokio::sync::mpsc::Receiver<()>,
    watcher: tokio::task::JoinHandle<()>,
}

impl Interrupts {
    /// From now on, until this is dropped, none of them ends the program.
    pub fn watch() -> Interrupts {
        let (tell, came) = tokio::sync::mpsc::channel(1);
        CHANGING.store(true, Ordering::Relaxed);
        let mut signals = all();
        let watcher = tokio::spawn(async move {
            loop {
                signals.next().await;
                say!("Stopping after this step.");
                let _ = tell.try_send(());
            }
        });
        Interrupts { came, watcher }
    }

    pub fn came(&mut self) -> bool {
        self.came.try_recv().is_ok()
    }

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
