use std::sync::Arc;

use tokio::sync::watch;

/// A handle by which a session is ended early. Clones are the same handle.
#[derive(Clone)]
pub struct Cancel(Arc<watch::Sender<bool>>);

impl Default for Cancel {
    fn default() -> Cancel {
        Cancel(Arc::new(watch::Sender::new(false)))
    }
}

impl Cancel {
    /// Ends the session. Once is enough, and it cannot be taken back.
    pub fn cancel(&self) {
        self.0.send_replace(true);
    }

    /// Returns once [`Cancel::cancel`] was called.
    pub async fn cancelled(&self) {
        let mut watched = self.0.subscribe();
        // The sender lives as long as this handle.
        let _ = watched.wait_for(|cancelled| *cancelled).await;
    }
}
