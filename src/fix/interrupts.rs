//! Signals that ask the program to end: while AWS is changed they wait until a step is done and told.

use std::sync::atomic::{AtomicBool, Ordering};

/// Whether AWS is being changed: then Ctrl-C does not end the program between a step and its being told.
static CHANGING: AtomicBool = AtomicBool::new(false);

/// Ends with a Ctrl-C, a SIGTERM or a SIGHUP that may end the program at once.
pub async fn interrupted() {
    loop {
        signal().await;
        if !CHANGING.load(Ordering::Relaxed) {
            return;
        }
    }
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
        let watcher = tokio::spawn(async move {
            loop {
                signal().await;
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

/// Waits for a signal that asks the program to end.
#[cfg(unix)]
async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut terminate), Ok(mut hang_up)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::hangup()),
    ) else {
        let _ = tokio::signal::ctrl_c().await;
        return;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
}

#[cfg(not(unix))]
async fn signal() {
    let _ = tokio::signal::ctrl_c().await;
}
