//! An agent that keeps to the protocol: it numbers, acknowledges, puts in order, and sends again.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bytes::Bytes;
use data_encoding::BASE64;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::kind;
use super::line::{Frame, Line, Peer};
use crate::crypto::Cipher;

/// How much may be under way to the client.
const WINDOW: usize = 512;
/// How long until the oldest message is sent again.
const AGAIN: Duration = Duration::from_millis(30);

/// What happens to frames on the way, in per cent, in both directions.
#[derive(Debug, Clone, Copy, Default)]
pub struct Weather {
    /// Never arrive.
    pub lost: u64,
    /// Arrive twice.
    pub twice: u64,
    /// Arrive after the one that follows (from the agent only).
    pub late: u64,
}

/// What the client said, in order and once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Heard {
    Input(Bytes),
    Size {
        columns: u64,
        rows: u64,
    },
    Flag(u32),
    /// A payload of another kind: of the handshake.
    Other(u32, Bytes),
    /// The connection is over.
    Closed,
}

pub struct Agent {
    line: Line,
    weather: Weather,
    random: u64,
    next: i64,
    unacknowledged: BTreeMap<i64, Bytes>,
    late: Option<Bytes>,
    expected: i64,
    early: BTreeMap<i64, (u32, Bytes)>,
    heard: VecDeque<Heard>,
    cipher: Option<Cipher>,
    /// How many messages came that were here before.
    pub repeats: usize,
}

impl Agent {
    /// On the peer's next connection.
    pub async fn accept(peer: &Peer) -> Agent {
        Agent::on(peer.line().await)
    }

    pub fn on(line: Line) -> Agent {
        Agent {
            line,
            weather: Weather::default(),
            random: 0x9e37_79b9_7f4a_7c15,
            next: 0,
            unacknowledged: BTreeMap::new(),
            late: None,
            expected: 0,
            early: BTreeMap::new(),
            heard: VecDeque::new(),
            cipher: None,
            repeats: 0,
        }
    }

    pub fn in_weather(mut self, weather: Weather) -> Agent {
        self.weather = weather;
        self
    }

    pub fn line(&mut self) -> &mut Line {
        &mut self.line
    }

    /// Goes on with the peer's next connection.
    pub async fn resume(&mut self, peer: &Peer) {
        self.line = peer.line().await;
        self.late = None;
    }

    /// Closes the connection properly, with this code, and goes on with the peer's next one.
    pub async fn change_lines(&mut self, peer: &Peer, code: u16) {
        self.line.close(code).await;
        self.resume(peer).await;
    }

    /// Output of the terminal, in messages of at most 1024 bytes.
    pub async fn output(&mut self, bytes: impl Into<Bytes>) {
        let mut bytes = bytes.into();
        while !bytes.is_empty() {
            let piece = bytes.split_to(bytes.len().min(1024));
            self.say(kind::OUTPUT, piece).await;
        }
        self.line.flush().await;
    }

    /// A message of any kind, encrypted where it must be.
    pub async fn say(&mut self, payload_type: u32, payload: impl Into<Bytes>) {
        let mut payload = payload.into();
        let private = [kind::OUTPUT, kind::STDERR, kind::EXIT_CODE].contains(&payload_type);
        if let Some(cipher) = self.cipher.as_ref().filter(|_| private) {
            payload = cipher.seal(&payload).expect("a sealed payload");
        }
        while self.unacknowledged.len() >= WINDOW {
            self.line.flush().await;
            self.turn().await;
        }
        let frame = Line::message(self.next, payload_type, payload);
        self.unacknowledged.insert(self.next, frame.clone());
        self.next += 1;
        self.send(frame).await;
    }

    /// What the client said next.
    pub async fn hear(&mut self) -> Heard {
        self.line.flush().await;
        loop {
            if let Some(heard) = self.heard.pop_front() {
                return heard;
            }
            self.turn().await;
        }
    }

    /// Input of at least this many bytes, and nothing else but sizes in between.
    pub async fn input(&mut self, length: usize) -> Vec<u8> {
        let mut input = Vec::new();
        while input.len() < length {
            match self.hear().await {
                Heard::Input(bytes) => input.extend_from_slice(&bytes),
                Heard::Size { .. } => {}
                other => panic!("after {} bytes of input came {other:?}", input.len()),
            }
        }
        input
    }

    /// Whether the client says nothing new for this long.
    pub async fn is_quiet(&mut self, duration: Duration) -> bool {
        timeout(duration, self.hear()).await.is_err()
    }

    /// Returns once the client has acknowledged everything.
    pub async fn settle(&mut self) {
        self.line.flush().await;
        while !self.unacknowledged.is_empty() {
            self.turn().await;
        }
    }

    /// Ends as the agent does when its command has ended: what was said is acknowledged first.
    pub async fn close(mut self, output: &str) {
        self.settle().await;
        self.line.send(Line::channel_closed(output)).await;
        while self.line.receive().await != Frame::Closed {}
    }

    /// Asks for encryption with this key, up to the end of the handshake. Returns the client's response.
    pub async fn encrypt(&mut self, data_key: &[u8], challenge: Option<&str>) -> Value {
        let mut parameters = json!({"KMSKeyId": "arn:aws:kms:eu-central-1:1:key/k"});
        if let Some(challenge) = challenge {
            parameters["Challenge"] = challenge.into();
        }
        let response = self
            .handshake(json!([
                {"ActionType": "SessionType", "ActionParameters":
                    {"SessionType": "InteractiveCommands", "Properties": null}},
                {"ActionType": "KMSEncryption", "ActionParameters": parameters},
            ]))
            .await;
        let cipher = Cipher::agent(data_key).expect("64 bytes");
        let secret = Bytes::from_static(&[0x5a; 64]);
        let sealed = BASE64.encode(&cipher.seal(&secret).expect("a sealed challenge"));
        let request = json!({"Challenge": sealed}).to_string();
        self.say(kind::CHALLENGE_REQUEST, request).await;
        let Heard::Other(kind::CHALLENGE_RESPONSE, solved) = self.hear().await else {
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

    /// Asks for these actions and returns the response.
    pub async fn handshake(&mut self, actions: Value) -> Value {
        let request = json!({"AgentVersion": "3.3.987.0", "RequestedClientActions": actions});
        self.say(kind::HANDSHAKE_REQUEST, request.to_string()).await;
        match self.hear().await {
            Heard::Other(kind::HANDSHAKE_RESPONSE, response) => {
                serde_json::from_slice(&response).expect("JSON")
            }
            other => panic!("instead of a response came {other:?}"),
        }
    }

    pub async fn complete(&mut self, message: &str) {
        let complete = json!({"HandshakeTimeToComplete": 1_000_000, "CustomerMessage": message});
        self.say(kind::HANDSHAKE_COMPLETE, complete.to_string())
            .await;
        self.line.flush().await;
    }

    /// Takes what the client wrote next, or sends the oldest message again.
    async fn turn(&mut self) {
        let frame = tokio::select! {
            frame = self.line.receive() => frame,
            () = sleep(AGAIN) => {
                let late = self.late.take();
                let oldest = self.unacknowledged.values().next().cloned();
                for frame in late.into_iter().chain(oldest) {
                    self.send(frame).await;
                }
                self.line.flush().await;
                return;
            }
        };
        match frame {
            Frame::Closed => {
                self.heard.push_back(Heard::Closed);
                // There is nothing to wait for on this line any more.
                sleep(AGAIN).await;
            }
            _ if self.chance(self.weather.lost) => {}
            Frame::Acknowledged(sequence) => {
                self.unacknowledged.remove(&sequence);
            }
            Frame::Ping => {}
            Frame::Input {
                sequence,
                kind,
                payload,
                id,
            } => self.take(sequence, kind, payload, id).await,
        }
    }

    async fn take(&mut self, sequence: i64, kind: u32, payload: Bytes, id: Uuid) {
        self.send(Line::acknowledgement(sequence, id)).await;
        self.line.flush().await;
        if sequence < self.expected || self.early.contains_key(&sequence) {
            self.repeats += 1;
            return;
        }
        self.early.insert(sequence, (kind, payload));
        while let Some((kind, payload)) = self.early.remove(&self.expected) {
            self.expected += 1;
            self.understand(kind, payload);
        }
    }

    fn understand(&mut self, payload_type: u32, payload: Bytes) {
        assert!(payload.len() <= 1024 + 28 || payload_type != kind::OUTPUT);
        self.heard.push_back(match payload_type {
            kind::OUTPUT => Heard::Input(match &self.cipher {
                Some(cipher) => cipher
                    .open(&payload)
                    .expect("input under the session's key"),
                None => payload,
            }),
            kind::SIZE => {
                let size: Value = serde_json::from_slice(&payload).expect("a size");
                Heard::Size {
                    columns: size["cols"].as_u64().expect("columns"),
                    rows: size["rows"].as_u64().expect("rows"),
                }
            }
            kind::FLAG => {
                let flag = payload.as_ref().try_into().expect("four bytes");
                Heard::Flag(u32::from_be_bytes(flag))
            }
            other => Heard::Other(other, payload),
        });
    }

    /// Puts a frame on the line, through the weather.
    async fn send(&mut self, frame: Bytes) {
        if self.chance(self.weather.lost) {
            return;
        }
        if self.late.is_none() && self.chance(self.weather.late) {
            self.late = Some(frame);
            return;
        }
        if self.chance(self.weather.twice) {
            self.line.feed(frame.clone()).await;
        }
        self.line.feed(frame).await;
        if let Some(late) = self.late.take() {
            self.line.feed(late).await;
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
