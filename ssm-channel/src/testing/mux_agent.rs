//! The agent's side of a multiplexed port session: it connects each stream to a port on this machine.
//!
//! It reads and writes frames by itself, so that a mistake of the client's is not repeated here, and behaves as the
//! agent does: either side of a connection that ends closes both, and data for closed streams is dropped.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Buf, Bytes, BytesMut};
use tokio::io;
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::select;
use tokio::sync::mpsc;
use tokio::time::Instant;

use super::agent::{Agent, ClientMessage};
use super::kind;

/// The commands.
const SYN: u8 = 0;
const FIN: u8 = 1;
const PSH: u8 = 2;
const NOP: u8 = 3;
/// The most data in a frame, as in smux's default configuration.
const MAX_FRAME: usize = 32_768;
/// How many bytes the client may send that the server has not read, as in smux's default configuration.
const BUCKET: usize = 4 << 20;

/// A frame of a stream.
pub fn frame(command: u8, stream: u32, data: &[u8]) -> Vec<u8> {
    let mut frame = vec![1, command];
    frame.extend_from_slice(
        &u16::try_from(data.len())
            .expect("a short frame")
            .to_le_bytes(),
    );
    frame.extend_from_slice(&stream.to_le_bytes());
    frame.extend_from_slice(data);
    frame
}

/// How the client's side of the session ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientEnd {
    /// It sent the flag that ends the session.
    Terminated,
    /// It closed the connection without that.
    Closed,
}

/// What happened.
#[derive(Debug)]
pub struct Served {
    /// How the client's side ended.
    pub end: ClientEnd,
    /// How many streams the client opened.
    pub opened: usize,
    /// How many of them it closed.
    pub closed: usize,
    /// When keep-alives came.
    pub keep_alives: Vec<Instant>,
}

/// Plays the multiplexer.
pub struct MuxAgent {
    agent: Agent,
    /// Where streams are connected to.
    port: SocketAddr,
    streams: HashMap<u32, mpsc::UnboundedSender<Bytes>>,
    input: BytesMut,
    outgoing: mpsc::Sender<Vec<u8>>,
    to_send: mpsc::Receiver<Vec<u8>>,
    /// Bytes that a server has read.
    consumed: mpsc::UnboundedSender<usize>,
    freed: mpsc::UnboundedReceiver<usize>,
    bucket: usize,
    served: Served,
    /// End the session by itself after this time.
    ends_after: Option<Duration>,
}

impl MuxAgent {
    /// An agent whose session has begun.
    pub fn new(agent: Agent, port: SocketAddr) -> MuxAgent {
        let (outgoing, to_send) = mpsc::channel(4);
        let (consumed, freed) = mpsc::unbounded_channel();
        MuxAgent {
            agent,
            port,
            streams: HashMap::new(),
            input: BytesMut::new(),
            outgoing,
            to_send,
            consumed,
            freed,
            bucket: BUCKET,
            served: Served {
                end: ClientEnd::Closed,
                opened: 0,
                closed: 0,
                keep_alives: Vec::new(),
            },
            ends_after: None,
        }
    }

    /// The session ends by itself after this time, with a message.
    pub fn ending_after(mut self, time: Duration) -> MuxAgent {
        self.ends_after = Some(time);
        self
    }

    /// Serves until the client ends the session, or it ends by itself.
    pub async fn serve(mut self) -> Served {
        let end = tokio::time::sleep(self.ends_after.unwrap_or(Duration::from_secs(3600)));
        tokio::pin!(end);
        loop {
            select! {
                heard = self.agent.receive(), if self.bucket > 0 => match heard {
                    ClientMessage::Input(bytes) => {
                        self.input.extend_from_slice(&bytes);
                        self.read_frames().await;
                    }
                    ClientMessage::Flag(flag) => {
                        assert_eq!(flag, 2, "the flag that ends a session");
                        self.served.end = ClientEnd::Terminated;
                        return self.served;
                    }
                    ClientMessage::Closed => return self.served,
                    other => panic!("in a port session came {other:?}"),
                },
                Some(frame) = self.to_send.recv() => self.agent.output(frame).await,
                Some(count) = self.freed.recv() => self.bucket += count,
                () = &mut end => {
                    self.agent.close("The session was ended.").await;
                    return self.served;
                }
            }
        }
    }

    async fn read_frames(&mut self) {
        while self.input.len() >= 8 {
            let header = &self.input[..8];
            assert_eq!(header[0], 1, "version");
            let command = header[1];
            let length = usize::from(u16::from_le_bytes([header[2], header[3]]));
            let id = u32::from_le_bytes([header[4], header[5], header[6], header[7]]);
            if self.input.len() < 8 + length && command == PSH {
                return;
            }
            self.input.advance(8);
            match command {
                SYN => {
                    assert_eq!((id % 2, length), (1, 0), "a client's stream");
                    assert!(!self.streams.contains_key(&id), "stream {id} is open");
                    self.served.opened += 1;
                    self.connect(id).await;
                }
                FIN => {
                    assert_eq!(length, 0);
                    self.served.closed += 1;
                    self.streams.remove(&id);
                }
                PSH => {
                    let data = self.input.split_to(length).freeze();
                    if let Some(stream) = self.streams.get(&id) {
                        self.bucket = self.bucket.saturating_sub(length);
                        if stream.send(data).is_err() {
                            self.bucket += length;
                        }
                    }
                }
                NOP => self.served.keep_alives.push(Instant::now()),
                other => panic!("command {other}"),
            }
        }
    }

    async fn connect(&mut self, id: u32) {
        let Ok(server) = TcpStream::connect(self.port).await else {
            let flag = 3u32.to_be_bytes().to_vec();
            self.agent.send(kind::FLAG, flag).await;
            self.agent.output(frame(FIN, id, &[])).await;
            return;
        };
        let (sender, inbox) = mpsc::unbounded_channel();
        self.streams.insert(id, sender);
        let (reader, writer) = server.into_split();
        let mut upward = tokio::spawn(pass_up(inbox, writer, self.consumed.clone()));
        let outgoing = self.outgoing.clone();
        tokio::spawn(async move {
            // Whichever ends first closes the connection for both.
            select! {
                _ = &mut upward => {}
                () = pass_down(id, &reader, &outgoing) => {}
            }
            upward.abort();
            let _ = outgoing.send(frame(FIN, id, &[])).await;
        });
    }
}

/// From the client to the server.
async fn pass_up(
    mut inbox: mpsc::UnboundedReceiver<Bytes>,
    writer: OwnedWriteHalf,
    consumed: mpsc::UnboundedSender<usize>,
) {
    while let Some(bytes) = inbox.recv().await {
        let mut rest = &bytes[..];
        while !rest.is_empty() {
            if writer.writable().await.is_err() {
                return;
            }
            match writer.try_write(rest) {
                Ok(count) => rest = &rest[count..],
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(_) => {
                    let _ = consumed.send(bytes.len());
                    return;
                }
            }
        }
        let _ = consumed.send(bytes.len());
    }
}

/// From the server to the client.
async fn pass_down(id: u32, reader: &OwnedReadHalf, outgoing: &mpsc::Sender<Vec<u8>>) {
    let mut buffer = vec![0; MAX_FRAME];
    while reader.readable().await.is_ok() {
        match reader.try_read(&mut buffer) {
            Ok(0) => return,
            Ok(count) => {
                if outgoing
                    .send(frame(PSH, id, &buffer[..count]))
                    .await
                    .is_err()
                {
                    return;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
}
