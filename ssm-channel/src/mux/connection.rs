//! One local connection and its stream.
//!
//! Closing a stream closes both directions in the agent, which drops what the server answers afterwards. So the end of
//! the local side's input is not passed on while answers arrive; the official plugin passes it on and loses them.

use std::pin::pin;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::net::tcp::OwnedReadHalf;
use tokio::select;
use tokio::time::{Instant, sleep_until, timeout};

use super::frame::{self, MAX_DATA_BYTES};
use super::streams::{Inbox, Streams};
use crate::forward::{LocalWriter, SendEnd, discard_input, send_input};
use crate::session::Input;

/// How long the agent can take to close a stream that this side has closed, and the local side to close a connection
/// that the agent has closed.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);

/// Carries a connection until both sides have closed it, or the session ends.
pub async fn carry(streams: &Streams, local: TcpStream, half_close_wait: Duration) {
    let Some((id, inbox)) = streams.register() else {
        return;
    };
    let to_agent = streams.to_agent();
    if to_agent.send(Input::Bytes(frame::open(id))).await.is_ok() {
        exchange(streams, id, inbox, local, half_close_wait).await;
    }
    streams.close(id);
}

async fn exchange(
    streams: &Streams,
    id: u32,
    mut inbox: Inbox,
    local: TcpStream,
    half_close_wait: Duration,
) {
    let to_agent = streams.to_agent();
    let (reader, writer) = local.into_split();
    let mut writer = LocalWriter::new(writer);
    let mut is_stream_closed = false;
    let mut deadline = None;
    // The piece being written, which keeps its room until it is.
    let mut writing = None;
    {
        let encode = |bytes: &[u8]| frame::data(id, bytes);
        let mut sending = pin!(send_input::<MAX_DATA_BYTES>(&reader, to_agent, encode));
        loop {
            select! {
                end = &mut sending, if deadline.is_none() => match end {
                    SendEnd::EndOfFile => deadline = Some(Instant::now() + half_close_wait),
                    SendEnd::Failed => break,
                },
                piece = inbox.recv(), if writer.is_idle() => match piece {
                    Some(piece) => {
                        writer.write(piece.bytes.clone());
                        writing = Some(piece);
                    }
                    None => break,
                },
                written = writer.flush(), if !writer.is_idle() => {
                    writing = None;
                    if written.is_err() {
                        break;
                    }
                    if !is_stream_closed {
                        deadline = deadline.map(|_| Instant::now() + half_close_wait);
                    }
                }
                () = sleep_until(deadline.unwrap_or_else(Instant::now)), if deadline.is_some() && writer.is_idle() => {
                    if is_stream_closed {
                        break;
                    }
                    let _ = to_agent.send(Input::Bytes(frame::close(id))).await;
                    is_stream_closed = true;
                    deadline = Some(Instant::now() + CLOSE_TIMEOUT);
                }
            }
        }
    }
    drop(writing);
    close(streams, id, is_stream_closed, (reader, writer)).await;
}

/// Closes both sides.
async fn close(
    streams: &Streams,
    id: u32,
    is_stream_closed: bool,
    (reader, writer): (OwnedReadHalf, LocalWriter),
) {
    if !is_stream_closed {
        let _ = streams
            .to_agent()
            .send(Input::Bytes(frame::close(id)))
            .await;
    }
    // Sends an end of file.
    drop(writer);
    // A connection that is closed before its input was read is reset, and the local side loses what it has not read.
    let _ = timeout(CLOSE_TIMEOUT, discard_input(&reader)).await;
}
