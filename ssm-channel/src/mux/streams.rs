//! The open streams, and what has arrived for them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

use super::frame;
use crate::session::Input;

/// How many bytes can wait for all streams together, as in smux itself. Version 1 of the protocol cannot hold back a
/// single stream: while this much waits, nothing is read for any of them.
const MAX_WAITING_BYTES: usize = 4 << 20;
/// What a piece counts at least: its data is not all that takes memory.
const MIN_PIECE_BYTES: usize = 256;
/// The first stream that a client opens; the next ones follow in steps of two.
const FIRST_STREAM: u32 = 3;

/// Data that arrived for a stream, and the room that it takes until it is dropped.
pub struct Piece {
    pub bytes: Bytes,
    _room: OwnedSemaphorePermit,
}

/// What arrives for a stream, until the agent closes it.
pub type Inbox = mpsc::UnboundedReceiver<Piece>;

pub struct Streams {
    to_agent: mpsc::Sender<Input>,
    open: Mutex<Open>,
    room: Arc<Semaphore>,
}

struct Open {
    /// `None`: the numbers are used up.
    next: Option<u32>,
    inboxes: HashMap<u32, mpsc::UnboundedSender<Piece>>,
}

impl Streams {
    pub fn new(to_agent: mpsc::Sender<Input>) -> Streams {
        Streams {
            to_agent,
            open: Mutex::new(Open {
                next: Some(FIRST_STREAM),
                inboxes: HashMap::new(),
            }),
            room: Arc::new(Semaphore::new(MAX_WAITING_BYTES)),
        }
    }

    fn state(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The channel to the agent. It is fair: whoever waits longest for room sends next.
    pub fn to_agent(&self) -> &mpsc::Sender<Input> {
        &self.to_agent
    }

    /// Gives a new stream its number. `None`: there are no more.
    pub fn register(&self) -> Option<(u32, Inbox)> {
        let mut state = self.state();
        let id = state.next?;
        state.next = id.checked_add(2);
        let (sender, inbox) = mpsc::unbounded_channel();
        state.inboxes.insert(id, sender);
        Some((id, inbox))
    }

    /// Passes data to a stream once there is room. Data for a stream that is closed is dropped.
    pub async fn data(&self, id: u32, bytes: Bytes) {
        let inbox = self.state().inboxes.get(&id).cloned();
        let Some(inbox) = inbox else { return };
        let size = bytes.len().clamp(MIN_PIECE_BYTES, MAX_WAITING_BYTES);
        let size = u32::try_from(size).unwrap_or(u32::MAX);
        if let Ok(room) = self.room.clone().acquire_many_owned(size).await {
            // If this fails, the connection is closed.
            let _ = inbox.send(Piece { bytes, _room: room });
        }
    }

    /// Closes a stream's inbox, behind what is in it.
    pub fn close(&self, id: u32) {
        self.state().inboxes.remove(&id);
    }

    pub fn close_all(&self) {
        self.state().inboxes.clear();
    }

    /// Closes a stream that the agent opened.
    pub async fn refuse(&self, id: u32) {
        // A client's own numbers are odd, so this is none of them.
        if id.is_multiple_of(2) {
            let _ = self.to_agent.send(Input::Bytes(frame::close(id))).await;
        }
    }
}
