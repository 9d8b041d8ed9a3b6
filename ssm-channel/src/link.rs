//! One connection: frames in, frames out, and whether the other end is still there.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use futures::{Sink, SinkExt, StreamExt};
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::dial::Socket;

/// How many frames are read before what they led to is written: acknowledgements go out in one piece.
const BATCH: usize = 64;
/// While this much waits to be written nothing is read. It is far more than one batch, so that two ends which
/// both write cannot stop each other.
const QUEUE: usize = 4096;
/// How long a connection may take to end.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// Why a connection cannot be used any more.
#[derive(Debug)]
pub enum Broken {
    /// It is gone; another one may hold.
    Lost(String),
    /// The other side does not keep to the protocol, and would not on another connection.
    Protocol(String),
}

impl From<Error> for Broken {
    fn from(error: Error) -> Broken {
        match error {
            // So the library calls a connection that was cut.
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => {
                Broken::Lost("the connection was cut".to_owned())
            }
            Error::Protocol(_) | Error::Capacity(_) | Error::Utf8(_) | Error::AttackAttempt => {
                Broken::Protocol(error.to_string())
            }
            _ => Broken::Lost(error.to_string()),
        }
    }
}

pub struct Link {
    socket: Socket,
    queue: VecDeque<Message>,
    unflushed: bool,
    /// Frames read since something was written.
    read: usize,
    heard: Instant,
    next_ping: Instant,
    /// When a ping was sent that nothing came after.
    unanswered: Option<Instant>,
    keep_alive: Duration,
}

impl Link {
    pub fn new(socket: Socket, keep_alive: Duration, now: Instant) -> Link {
        Link {
            socket,
            queue: VecDeque::new(),
            unflushed: false,
            read: 0,
            heard: now,
            next_ping: now,
            unanswered: None,
            keep_alive,
        }
    }

    pub fn push(&mut self, frame: Bytes) {
        self.queue.push_back(Message::Binary(frame));
    }

    /// Writes what is queued and, where `listening`, returns the next frame. Nothing is lost when it is dropped
    /// before it returns.
    pub async fn next(&mut self, listening: bool) -> Result<Bytes, Broken> {
        poll_fn(|context| self.poll_next(context, listening)).await
    }

    fn poll_next(
        &mut self,
        context: &mut Context<'_>,
        listening: bool,
    ) -> Poll<Result<Bytes, Broken>> {
        loop {
            let may_read = listening && self.queue.len() < QUEUE && self.read < BATCH;
            if may_read && let Poll::Ready(frame) = self.poll_read(context) {
                self.read += 1;
                return Poll::Ready(frame);
            }
            self.read = 0;
            let written = self.poll_write(context)?;
            // With nothing read there is nobody to wake us but the writer; with room again there is.
            let can_read_again = listening && self.queue.len() < QUEUE;
            if may_read || !can_read_again {
                return Poll::Pending;
            }
            if written.is_pending() && self.queue.len() >= QUEUE {
                return Poll::Pending;
            }
        }
    }

    fn poll_read(&mut self, context: &mut Context<'_>) -> Poll<Result<Bytes, Broken>> {
        loop {
            let message = ready!(self.socket.poll_next_unpin(context));
            self.heard = Instant::now();
            self.unanswered = None;
            return Poll::Ready(match message {
                Some(Ok(Message::Binary(frame))) => Ok(frame),
                Some(Ok(Message::Text(text))) => Ok(text.into()),
                // Also the gateway's hourly farewell with code 1000: the session does not end by it.
                Some(Ok(Message::Close(_))) | None => {
                    Err(Broken::Lost("the gateway closed the connection".to_owned()))
                }
                Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => continue,
                Some(Err(error)) => Err(error.into()),
            });
        }
    }

    fn poll_write(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Broken>> {
        while !self.queue.is_empty() {
            ready!(self.socket.poll_ready_unpin(context))?;
            if let Some(message) = self.queue.pop_front() {
                self.socket.start_send_unpin(message)?;
                self.unflushed = true;
            }
        }
        if self.unflushed {
            ready!(Sink::poll_flush(
                std::pin::Pin::new(&mut self.socket),
                context
            ))?;
            self.unflushed = false;
        }
        Poll::Ready(Ok(()))
    }

    /// Sends the ping that is due, and notices that nobody answers.
    pub fn tick(&mut self, now: Instant, listening: bool) -> Result<(), Broken> {
        if self.next_ping <= now {
            self.next_ping = now + self.keep_alive;
            self.unanswered.get_or_insert(now);
            self.queue
                .push_back(Message::Ping(Bytes::from_static(b"keepalive")));
        }
        if listening && self.dead_at() <= now {
            return Err(Broken::Lost("the gateway does not answer".to_owned()));
        }
        Ok(())
    }

    /// Since when the gateway owes an answer.
    pub fn unanswered_since(&self) -> Option<Instant> {
        self.unanswered
    }

    pub fn deadline(&self, listening: bool) -> Instant {
        match listening {
            true => self.next_ping.min(self.dead_at()),
            false => self.next_ping,
        }
    }

    fn dead_at(&self) -> Instant {
        self.heard + self.keep_alive * 5 / 2
    }

    /// It is read again: the time in between does not count.
    pub fn listens_again(&mut self, now: Instant) {
        self.heard = now;
        self.unanswered = None;
    }

    /// Writes what is queued and closes the connection, if that does not take long.
    pub async fn close(mut self) {
        let _ = timeout(CLOSE_TIMEOUT, async {
            poll_fn(|context| self.poll_write(context)).await?;
            self.socket.close(None).await.map_err(Broken::from)
        })
        .await;
    }
}
