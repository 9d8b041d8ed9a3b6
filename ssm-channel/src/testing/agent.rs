//! A simulated agent that numbers, acknowledges, orders and retransmits messages like the real one.
//!
//! It keeps all unacknowledged messages and retransmits only the oldest. It acknowledges input when the terminal
//! accepts it, and out-of-order input at once.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64;
use futures::FutureExt;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::gateway::{Frame, Gateway, GatewayConnection};
use super::kind;
use super::timing::AgentTiming;
use super::utf8_filter::Utf8Filter;
use crate::cipher::Cipher;

/// The maximum size of an output message in bytes.
pub const MESSAGE: usize = 1024;
/// The time until the oldest message is retransmitted.
const AGAIN: Duration = Duration::from_millis(30);

/// The fate of frames in both directions, in per cent.
#[derive(Debug, Clone, Copy, Default)]
pub struct NetworkFaults {
    /// Lost.
    pub lost: u64,
    /// Duplicated.
    pub twice: u64,
    /// Delivered after the next frame (only from the agent).
    pub late: u64,
}

/// A message of the client, in order and without duplicates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClientMessage {
    /// What the user typed.
    Input(Bytes),
    /// The size of the client's terminal.
    Size {
        /// Characters in a line.
        columns: u64,
        /// Lines.
        rows: u64,
    },
    /// A flag of a port session.
    Flag(u32),
    /// A handshake payload.
    Other(u32, Bytes),
    /// The connection is over.
    Closed,
}

/// What the agent asks of the client in a port session. `local_port`: what the session was started for; AWS's plugin
/// listens there.
fn port_action(local_port: &str) -> Value {
    let properties = json!({
        "portNumber": "80", "localPortNumber": local_port, "type": "LocalPortForwarding",
    });
    json!({"ActionType": "SessionType", "ActionParameters":
        {"SessionType": "Port", "Properties": properties}})
}

/// The agent of a session.
pub struct Agent {
    connection: GatewayConnection,
    faults: NetworkFaults,
    random: u64,
    next: i64,
    unacknowledged: BTreeMap<i64, Bytes>,
    late: Option<Bytes>,
    expected: i64,
    /// The first message that was not received yet.
    taken: i64,
    early: BTreeMap<i64, (u32, Bytes)>,
    /// Messages in order, each with the acknowledgement that is still due.
    received: VecDeque<(ClientMessage, Option<Bytes>)>,
    utf8: Utf8Filter,
    timing: AgentTiming,
    cipher: Option<Cipher>,
    version: &'static str,
    session_type: Value,
    /// The number of duplicate messages.
    pub repeats: usize,
}

impl Agent {
    /// Accepts the next connection of the peer.
    pub async fn accept(gateway: &Gateway) -> Agent {
        Agent::on(gateway.accept().await)
    }

    /// The agent on a connection that the peer has opened.
    pub fn on(connection: GatewayConnection) -> Agent {
        Agent {
            connection,
            faults: NetworkFaults::default(),
            random: 0x9e37_79b9_7f4a_7c15,
            next: 0,
            unacknowledged: BTreeMap::new(),
            late: None,
            expected: 0,
            taken: 0,
            early: BTreeMap::new(),
            received: VecDeque::new(),
            utf8: Utf8Filter::default(),
            timing: AgentTiming::default(),
            cipher: None,
            version: "3.3.987.0",
            session_type: json!({"ActionType": "SessionType", "ActionParameters":
                {"SessionType": "InteractiveCommands", "Properties": null}}),
            repeats: 0,
        }
    }

    /// The network loses, repeats and reorders messages.
    pub fn with_faults(mut self, faults: NetworkFaults) -> Agent {
        self.faults = faults;
        self
    }

    /// The agent waits.
    pub fn with_timing(mut self, timing: AgentTiming) -> Agent {
        self.timing = timing;
        self
    }

    /// Encrypts a port session instead of a shell.
    pub fn with_port_session(mut self) -> Agent {
        self.session_type = port_action("8080");
        self
    }

    /// The connection that is in use.
    pub fn connection(&mut self) -> &mut GatewayConnection {
        &mut self.connection
    }

    /// Continues on the next connection of the peer.
    pub async fn resume(&mut self, gateway: &Gateway) {
        self.connection = gateway.accept().await;
        self.late = None;
    }

    /// Closes the connection with this code and continues on the next one.
    pub async fn close_and_resume(&mut self, gateway: &Gateway, code: u16) {
        self.connection.close(code).await;
        self.resume(gateway).await;
    }

    /// Sends bytes unchanged.
    pub async fn output(&mut self, bytes: impl Into<Bytes>) {
        let mut bytes = bytes.into();
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(MESSAGE));
            self.send(kind::OUTPUT, piece).await;
        }
        self.connection.flush().await;
    }

    /// Sends at most [`MESSAGE`] bytes of terminal output, altered and delayed like the real agent.
    pub async fn print(&mut self, bytes: &[u8]) {
        let passed = self.utf8.pass(bytes);
        if !passed.is_empty() {
            self.send(kind::OUTPUT, passed).await;
            self.connection.flush().await;
        }
        if !self.timing.message.is_zero() {
            sleep(self.timing.message).await;
        }
    }

    /// Sends a message of any kind, encrypted if required.
    pub async fn send(&mut self, payload_type: u32, payload: impl Into<Bytes>) {
        let mut payload = payload.into();
        let private = [kind::OUTPUT, kind::STDERR, kind::EXIT_CODE].contains(&payload_type);
        if let Some(cipher) = self.cipher.as_ref().filter(|_| private) {
            payload = cipher.seal(&payload).expect("a sealed payload");
        }
        // The real agent reads concurrently, so it does not deadlock with a client that waits for it to read.
        while let Some(frame) = self.connection.receive().now_or_never() {
            self.read(frame).await;
        }
        let frame = GatewayConnection::message(self.next, payload_type, payload);
        self.unacknowledged.insert(self.next, frame.clone());
        self.next += 1;
        self.write_frame(frame).await;
    }

    /// The next message of the client.
    pub async fn receive(&mut self) -> ClientMessage {
        self.connection.flush().await;
        loop {
            // Taken at last, so that nothing is lost if the caller drops the future.
            if let Some((_, acknowledgement)) = self.received.front_mut() {
                if let Some(frame) = acknowledgement.take() {
                    self.write_frame(frame).await;
                }
                self.connection.flush().await;
            }
            if let Some((received, _)) = self.received.pop_front() {
                if received != ClientMessage::Closed {
                    self.taken += 1;
                }
                return received;
            }
            self.step().await;
        }
    }

    /// Receives at least this many bytes of input, and no other messages except sizes.
    pub async fn input(&mut self, length: usize) -> Vec<u8> {
        let mut input = Vec::new();
        while input.len() < length {
            match self.receive().await {
                ClientMessage::Input(bytes) => input.extend_from_slice(&bytes),
                ClientMessage::Size { .. } => {}
                other => panic!("after {} bytes of input came {other:?}", input.len()),
            }
        }
        input
    }

    /// Whether the client sends no new message for this long.
    pub async fn receives_nothing_for(&mut self, duration: Duration) -> bool {
        timeout(duration, self.receive()).await.is_err()
    }

    /// Returns once the client has acknowledged everything.
    pub async fn wait_for_acknowledgements(&mut self) {
        self.connection.flush().await;
        while !self.unacknowledged.is_empty() {
            self.step().await;
        }
    }

    /// Ends the session like the real agent: waits a short time for acknowledgements, then closes.
    pub async fn close(mut self, output: &str) {
        let _ = timeout(self.timing.end, self.wait_for_acknowledgements()).await;
        self.connection
            .send(GatewayConnection::channel_closed(output))
            .await;
        while self.connection.receive().await != Frame::Closed {}
    }

    /// Requests encryption with this key and completes the handshake. Returns the client's response.
    pub async fn encrypt(&mut self, data_key: &[u8], challenge: Option<&str>) -> Value {
        let key_id = "arn:aws:kms:eu-central-1:1:key/k";
        self.encrypt_with(key_id, data_key, challenge).await
    }

    /// Requests encryption with the KMS key of this name.
    pub async fn encrypt_with(
        &mut self,
        key_id: &str,
        data_key: &[u8],
        challenge: Option<&str>,
    ) -> Value {
        let mut parameters = json!({"KMSKeyId": key_id});
        if let Some(challenge) = challenge {
            parameters["Challenge"] = challenge.into();
        }
        let response = self
            .handshake(json!([
                self.session_type,
                {"ActionType": "KMSEncryption", "ActionParameters": parameters},
            ]))
            .await;
        let cipher = Cipher::agent(data_key).expect("64 bytes");
        let secret = Bytes::from_static(&[0x5a; 64]);
        let sealed = BASE64.encode(&cipher.seal(&secret).expect("a sealed challenge"));
        let request = json!({"Challenge": sealed}).to_string();
        self.send(kind::CHALLENGE_REQUEST, request).await;
        let ClientMessage::Other(kind::CHALLENGE_RESPONSE, solved) = self.receive().await else {
            panic!("the challenge was not answered");
        };
        let solved: Value = serde_json::from_slice(&solved).expect("JSON");
        let solved = solved["Challenge"].as_str().expect("text").as_bytes();
        let solved = BASE64.decode(solved).expect("base64");
        assert_eq!(cipher.open(&solved).expect("the client's key"), secret);
        self.cipher = Some(cipher);
        self.complete("This session is encrypted using AWS KMS.")
            .await;
        response
    }

    /// The version that the agent sends with its handshake.
    pub fn with_version(mut self, version: &'static str) -> Agent {
        self.version = version;
        self
    }

    /// Begins a port session without encryption. Returns the client's response.
    pub async fn start_port_session(&mut self) -> Value {
        self.start_port_session_for("8080").await
    }

    /// Begins a port session for a client that listens on this port.
    pub async fn start_port_session_for(&mut self, local_port: &str) -> Value {
        let response = self.handshake(json!([port_action(local_port)])).await;
        self.complete("").await;
        response
    }

    /// Requests these actions and returns the response.
    pub async fn handshake(&mut self, actions: Value) -> Value {
        let request = json!({"AgentVersion": self.version, "RequestedClientActions": actions});
        self.send(kind::HANDSHAKE_REQUEST, request.to_string())
            .await;
        match self.receive().await {
            ClientMessage::Other(kind::HANDSHAKE_RESPONSE, response) => {
                serde_json::from_slice(&response).expect("JSON")
            }
            other => panic!("instead of a response came {other:?}"),
        }
    }

    /// Ends the handshake with a message for the user.
    pub async fn complete(&mut self, message: &str) {
        let complete = json!({"HandshakeTimeToComplete": 1_000_000, "CustomerMessage": message});
        self.send(kind::HANDSHAKE_COMPLETE, complete.to_string())
            .await;
        self.connection.flush().await;
    }

    /// Reads the next frame of the client, or retransmits the oldest message after a timeout.
    async fn step(&mut self) {
        let frame = tokio::select! {
            frame = self.connection.receive() => frame,
            () = sleep(AGAIN) => {
                let late = self.late.take();
                let oldest = self.unacknowledged.values().next().cloned();
                for frame in late.into_iter().chain(oldest) {
                    self.write_frame(frame).await;
                }
                self.connection.flush().await;
                return;
            }
        };
        self.read(frame).await;
    }

    async fn read(&mut self, frame: Frame) {
        match frame {
            Frame::Closed => {
                self.received.push_back((ClientMessage::Closed, None));
                // The connection is closed.
                sleep(AGAIN).await;
            }
            _ if self.chance(self.faults.lost) => {}
            Frame::Acknowledged(sequence) => {
                self.unacknowledged.remove(&sequence);
            }
            Frame::Ping => {}
            Frame::Input {
                sequence,
                kind,
                payload,
                id,
            } => self.receive_message(sequence, kind, payload, id).await,
        }
    }

    async fn receive_message(&mut self, sequence: i64, kind: u32, payload: Bytes, id: Uuid) {
        let acknowledgement = GatewayConnection::acknowledgement(sequence, id);
        let is_waiting = sequence >= self.taken && sequence < self.expected;
        if sequence < self.expected || self.early.contains_key(&sequence) {
            self.repeats += 1;
            // Input that waits for the terminal is acknowledged when the terminal accepts it.
            if !is_waiting {
                self.write_frame(acknowledgement).await;
                self.connection.flush().await;
            }
            return;
        }
        let is_early = sequence > self.expected;
        self.early.insert(sequence, (kind, payload));
        let mut owed = match is_early {
            true => {
                self.write_frame(acknowledgement).await;
                self.connection.flush().await;
                None
            }
            false => Some(acknowledgement),
        };
        while let Some((kind, payload)) = self.early.remove(&self.expected) {
            self.expected += 1;
            let received = self.parse_payload(kind, payload);
            self.received.push_back((received, owed.take()));
        }
    }

    fn parse_payload(&self, payload_type: u32, payload: Bytes) -> ClientMessage {
        assert!(payload.len() <= 1024 + 28 || payload_type != kind::OUTPUT);
        match payload_type {
            kind::OUTPUT => ClientMessage::Input(match &self.cipher {
                Some(cipher) => cipher
                    .open(&payload)
                    .expect("input under the session's key"),
                None => payload,
            }),
            kind::SIZE => {
                let size: Value = serde_json::from_slice(&payload).expect("a size");
                ClientMessage::Size {
                    columns: size["cols"].as_u64().expect("columns"),
                    rows: size["rows"].as_u64().expect("rows"),
                }
            }
            kind::FLAG => {
                let flag = payload.as_ref().try_into().expect("four bytes");
                ClientMessage::Flag(u32::from_be_bytes(flag))
            }
            other => ClientMessage::Other(other, payload),
        }
    }

    /// Sends a frame through the lossy network.
    async fn write_frame(&mut self, frame: Bytes) {
        if self.chance(self.faults.lost) {
            return;
        }
        if self.late.is_none() && self.chance(self.faults.late) {
            self.late = Some(frame);
            return;
        }
        if self.chance(self.faults.twice) {
            self.connection.feed(frame.clone()).await;
        }
        self.connection.feed(frame).await;
        if let Some(late) = self.late.take() {
            self.connection.feed(late).await;
        }
    }

    /// The same in every run (xorshift).
    fn chance(&mut self, percent: u64) -> bool {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % 100 < percent
    }
}
