//! One WebSocket connection: frames in, frames out, and whether the gateway still answers.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::{SinkExt, StreamExt};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::dial::Socket;

/// Nothing is read while this many frames wait to be written. It is far more than a read causes, so that two ends which
/// both write cannot block each other.
const MAX_QUEUED: usize = 4096;
/// How long closing the connection can take.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a connection cannot be used any more.
#[derive(Debug)]
pub enum ConnectionError {
    /// It is gone; another connection may work.
    Lost(String),
    /// The gateway violates the protocol, and would do so on another connection.
    Protocol(String),
}

impl From<Error> for ConnectionError {
    fn from(error: Error) -> ConnectionError {
        match error {
            // The library reports a cut connection as a protocol error.
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                ConnectionError::Lost("the connection was cut".to_owned())
            }
            Error::Protocol(_) | Error::Capacity(_) | Error::Utf8(_) | Error::AttackAttempt => {
                ConnectionError::Protocol(error.to_string())
            }
            _ => ConnectionError::Lost(error.to_string()),
        }
    }
}

pub struct Connection {
    socket: Socket,
    queue: VecDeque<Message>,
    is_flushed: bool,
    last_frame: Instant,
    next_ping: Instant,
    /// When the ping was sent that no frame has followed yet.
    unanswered: Option<Instant>,
    keep_alive: Duration,
}

impl Connection {
    pub fn new(socket: Socket, keep_alive: Duration) -> Connection {
        let now = Instant::now();
        Connection {
            socket,
            queue: VecDeque::new(),
            is_flushed: true,
            last_frame: now,
            next_ping: now,
            unanswered: None,
            keep_alive,
        }
    }

    pub fn send(&mut self, frames: impl Iterator<Item = Bytes>) {
        self.queue.extend(frames.map(Message::Binary));
    }

    /// Writes what is queued and, if `reading`, returns the next frame. Dropping the future loses nothing.
    pub async fn next(&mut self, reading: bool) -> Result<Bytes, ConnectionError> {
        poll_fn(|context| {
            // If this is pending, the writer wakes the task.
            let _ = self.poll_write(context)?;
            match reading && self.queue.len() < MAX_QUEUED {
                true => self.poll_read(context),
                false => Poll::Pending,
            }
        })
        .await
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, ConnectionError>> {
        loop {
            let message = ready!(self.socket.poll_next_unpin(context));
            self.restart_timeout(Instant::now());
            return Poll::Ready(match message {
                Some(Ok(Message::Binary(frame))) => Ok(frame),
                Some(Ok(Message::Text(text))) => Ok(text.into()),
                // The gateway also closes every hour, with code 1000, and the session continues.
                Some(Ok(Message::Close(_))) | None => Err(ConnectionError::Lost(
                    "the gateway closed the connection".to_owned(),
                )),
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Err(error)) => Err(error.into()),
            });
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), ConnectionError>> {
        while !self.queue.is_empty() {
            ready!(self.socket.poll_ready_unpin(context))?;
            if let Some(message) = self.queue.pop_front() {
                self.socket.start_send_unpin(message)?;
                self.is_flushed = false;
            }
        }
        if !self.is_flushed {
            ready!(self.socket.poll_flush_unpin(context))?;
            self.is_flushed = true;
        }
        Poll::Ready(Ok(()))
    }

    /// Sends a ping that is due, and fails if the gateway has sent nothing for too long.
    pub fn tick(&mut self, now: Instant, reading: bool) -> Result<(), ConnectionError> {
        if self.next_ping <= now {
            self.next_ping = now + self.keep_alive;
            self.unanswered.get_or_insert(now);
            let ping = Message::Ping(Bytes::from_static(b"keepalive"));
            self.queue.push_back(ping);
        }
        match reading && self.lost_at() <= now {
            true => Err(ConnectionError::Lost(
                "the gateway does not answer".to_owned(),
            )),
            false => Ok(()),
        }
    }

    /// Since when a ping has been unanswered.
    pub fn unanswered_since(&self) -> Option<Instant> {
        self.unanswered
    }

    /// When [`Connection::tick`] has something to do.
    pub fn deadline(&self, reading: bool) -> Instant {
        match reading {
            true => self.next_ping.min(self.lost_at()),
            false => self.next_ping,
        }
    }

    fn lost_at(&self) -> Instant {
        self.last_frame + self.keep_alive * 5 / 2
    }

    /// Counts from now until the connection is lost: a frame came, or it was not read for a while.
    pub fn restart_timeout(&mut self, now: Instant) {
        self.last_frame = now;
        self.unanswered = None;
    }

    /// Writes what is queued and closes the connection, unless that takes long.
    pub async fn close(mut self) {
        let _ = timeout(CLOSE_TIMEOUT, async {
            poll_fn(|context| self.poll_write(context)).await?;
            self.socket.close(None).await.map_err(ConnectionError::from)
        })
        .await;
    }
}
