//! The local side of a connection.

use std::io;
use std::time::Duration;

use bytes::{Buf, Bytes};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::time::sleep;

use crate::session::Input;

/// How long to wait if no connection can be accepted, for example because too many files are open.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// The next local connection.
pub async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // Only a delay is lost if this fails.
                let _ = stream.set_nodelay(true);
                return stream;
            }
            Err(_) => sleep(ACCEPT_PAUSE).await,
        }
    }
}

/// Why no more input is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendEnd {
    /// The local side sends no more. It may still read.
    EndOfFile,
    /// The local connection or the session is broken.
    Failed,
}

/// Sends what the local side writes, at most `MAX` bytes at a time, as the input that `encode` makes of it. It is only
/// read when it can be sent.
pub async fn send_input<const MAX: usize>(
    reader: &OwnedReadHalf,
    to_agent: &mpsc::Sender<Input>,
    encode: impl Fn(&[u8]) -> Bytes,
) -> SendEnd {
    let mut buffer = vec![0; MAX];
    loop {
        if reader.readable().await.is_err() {
            return SendEnd::Failed;
        }
        let Ok(room) = to_agent.reserve().await else {
            return SendEnd::Failed;
        };
        match reader.try_read(&mut buffer) {
            Ok(0) => return SendEnd::EndOfFile,
            Ok(count) => room.send(Input::Bytes(encode(&buffer[..count]))),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return SendEnd::Failed,
        }
    }
}

/// Reads the local side to its end.
pub async fn discard_input(reader: &OwnedReadHalf) {
    let mut buffer = [0; 4096];
    while reader.readable().await.is_ok() {
        match reader.try_read(&mut buffer) {
            Ok(1..) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Ok(0) | Err(_) => return,
        }
    }
}

/// Writes to the local side. Dropping it sends an end of file.
pub struct LocalWriter {
    writer: OwnedWriteHalf,
    pending: Bytes,
}

impl LocalWriter {
    pub fn new(writer: OwnedWriteHalf) -> LocalWriter {
        LocalWriter {
            writer,
            pending: Bytes::new(),
        }
    }

    /// Whether all is written.
    pub fn is_idle(&self) -> bool {
        self.pending.is_empty()
    }

    /// Takes bytes; [`LocalWriter::flush`] writes them. It is idle.
    pub fn write(&mut self, bytes: Bytes) {
        self.pending = bytes;
    }

    /// Writes what is pending. Dropping the future loses nothing.
    pub async fn flush(&mut self) -> io::Result<()> {
        while !self.pending.is_empty() {
            self.writer.writable().await?;
            match self.writer.try_write(&self.pending) {
                Ok(count) => self.pending.advance(count),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }
}
