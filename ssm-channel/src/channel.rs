//! The data channel itself: all that survives a connection, and no connection.
//!
//! Frames go in and come out, and time is told to it; [`crate::pump`] moves them. So the rules of the protocol
//! stand in one place and need no network to be tested.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::backlog::Backlog;
use crate::crypto::Cipher;
use crate::data_key::{Grant, KeyRequest};
use crate::error::SessionError;
use crate::handshake::{Answer, Handshake, Reaction};
use crate::incoming::{Incoming, Receipt};
use crate::input_buffer::InputBuffer;
use crate::message::{AgentMessage, MessageType};
use crate::outgoing::Outgoing;
use crate::pause::Pause;
use crate::payload::{
    Acknowledgement, ChannelClosed, PayloadType, TERMINATE_SESSION, exit_code, json,
};
use crate::session::{Ended, Input, Notice, Options, Output, Session};
use crate::silence::Silence;
use crate::start::Start;

pub struct Channel {
    must_encrypt: bool,
    silence: Silence,
    stall_timeout: Duration,
    start: Start,
    handshake: Handshake,
    key_request: Option<KeyRequest>,
    cipher: Option<Cipher>,
    incoming: Incoming,
    outgoing: Outgoing,
    pause: Pause,
    /// To be written to the connection.
    frames: VecDeque<Bytes>,
    output: Backlog,
    input: InputBuffer,
    exit: Option<i32>,
    closed: Option<ChannelClosed>,
    error: Option<SessionError>,
}

impl Channel {
    pub fn new(session: &Session, options: &Options, now: Instant) -> Channel {
        Channel {
            must_encrypt: session.kms_key.is_some(),
            silence: Silence::new(options.silent_after),
            stall_timeout: options.stall_timeout,
            start: Start::new(options, session.kms_key.is_none(), now),
            handshake: Handshake::new(session),
            key_request: None,
            cipher: None,
            incoming: Incoming::default(),
            outgoing: Outgoing::new(now),
            pause: Pause::default(),
            frames: VecDeque::new(),
            output: Backlog::default(),
            input: InputBuffer::new(options.end_again),
            exit: None,
            closed: None,
            error: None,
        }
    }

    /// Takes a frame from the connection. One that is not a message is dropped.
    pub fn receive(&mut self, frame: &Bytes, now: Instant) -> Result<(), SessionError> {
        let Ok(message) = AgentMessage::decode(frame) else {
            return Ok(());
        };
        match message.message_type {
            MessageType::OutputStreamData => self.stream(message, now)?,
            MessageType::Acknowledge => self.acknowledged(&message.payload, now),
            MessageType::ChannelClosed => {
                let closed = serde_json::from_slice(&message.payload);
                self.closed.get_or_insert(closed.unwrap_or_default());
            }
            MessageType::StartPublication => {
                self.start.agent_there(now);
                self.resume_publication();
            }
            MessageType::PausePublication => self.pause.begin(now),
            MessageType::InputStreamData => {}
        }
        Ok(())
    }

    fn stream(&mut self, message: AgentMessage, now: Instant) -> Result<(), SessionError> {
        self.start.heard();
        self.resume_publication();
        let acknowledgement = Acknowledgement {
            acknowledged_message_type: message.message_type.name().to_owned(),
            acknowledged_message_id: message.id.to_string(),
            acknowledged_message_sequence_number: message.sequence,
            is_sequential_message: true,
        };
        if self.incoming.receive(message) != Receipt::Dropped {
            let message = AgentMessage::control(MessageType::Acknowledge, json(&acknowledgement));
            self.frames.push_back(message.encode());
        }
        while let Some(message) = self.incoming.next() {
            self.deliver(message, now)?;
        }
        Ok(())
    }

    fn acknowledged(&mut self, payload: &[u8], now: Instant) {
        if let Ok(acknowledgement) = serde_json::from_slice::<Acknowledgement>(payload) {
            self.start.heard();
            self.resume_publication();
            let sequence = acknowledgement.acknowledged_message_sequence_number;
            self.outgoing.acknowledge(sequence, now);
        }
    }

    /// A message of the agent's, in order. Kinds that are not known were acknowledged and mean nothing.
    fn deliver(&mut self, message: AgentMessage, now: Instant) -> Result<(), SessionError> {
        let Some(kind) = PayloadType::read(message.payload_type) else {
            return Ok(());
        };
        let payload = self.open(kind, message.payload)?;
        match kind {
            PayloadType::Output | PayloadType::StdErr | PayloadType::ExitCode => {
                if !self.handshake.has_begun() {
                    self.ready();
                }
                match kind {
                    PayloadType::ExitCode => self.exit = exit_code(&payload).or(self.exit),
                    _ if payload.is_empty() => {}
                    PayloadType::StdErr => self.give(Output::Stderr(payload)),
                    _ => self.give(Output::Stdout(payload)),
                }
            }
            PayloadType::HandshakeRequest => match self.handshake.request(&payload)? {
                Reaction::Answer(answer) => self.answer(answer, now),
                Reaction::GetKey(wanted) => {
                    self.start.handshake();
                    self.key_request = Some(wanted);
                }
                Reaction::Ignore => {}
            },
            PayloadType::ChallengeRequest => {
                let solved = self.handshake.challenge(&payload, self.cipher.as_ref())?;
                self.push(PayloadType::ChallengeResponse, solved, now);
            }
            PayloadType::HandshakeComplete => {
                if let Some(message) = self.handshake.complete(&payload, self.cipher.is_some())? {
                    self.give(Output::Notice(Notice::Welcome(message)));
                }
                self.ready();
            }
            PayloadType::Size
            | PayloadType::Flag
            | PayloadType::HandshakeResponse
            | PayloadType::ChallengeResponse => {}
        }
        Ok(())
    }

    fn open(&self, kind: PayloadType, payload: Bytes) -> Result<Bytes, SessionError> {
        match &self.cipher {
            _ if !kind.is_private() => Ok(payload),
            Some(cipher) => cipher.open(&payload).ok_or_else(|| {
                SessionError::Protocol("the agent's output cannot be decrypted".to_owned())
            }),
            None if self.must_encrypt => Err(SessionError::NotEncrypted),
            None => Ok(payload),
        }
    }

    /// What KMS is to be asked for, once.
    pub fn key_request(&mut self) -> Option<KeyRequest> {
        self.key_request.take()
    }

    /// What KMS said.
    pub fn key(&mut self, outcome: Result<Grant, String>, now: Instant) {
        if let Some(answer) = self.handshake.key(outcome) {
            self.answer(answer, now);
        }
    }

    fn answer(&mut self, answer: Answer, now: Instant) {
        self.start.handshake();
        self.cipher = answer.cipher;
        self.error = answer.error;
        self.push(PayloadType::HandshakeResponse, answer.response, now);
    }

    fn ready(&mut self) {
        if !self.start.is_ready() {
            self.start.ready();
            self.give(Output::Started);
        }
    }

    fn resume_publication(&mut self) {
        if self.pause.end() {
            self.give(Output::Notice(Notice::AgentBack));
        }
    }

    /// Does what is due by now. `listening` is whether the connection is being read: while it is not, the agent
    /// cannot be blamed for saying nothing.
    ///
    /// `unanswered` is since when the gateway owes an answer of its own.
    pub fn tick(
        &mut self,
        now: Instant,
        listening: bool,
        unanswered: Option<Instant>,
    ) -> Result<(), SessionError> {
        if self.start.quiet_at().is_some_and(|at| at <= now) {
            self.ready();
        }
        if self.pause.may_probe(now) {
            if self.pause.probed(now) {
                self.give(Output::Notice(Notice::AgentAway));
            }
            if !self.outgoing.is_waiting() {
                self.send_input(1, now)?;
            }
            self.frames.extend(self.outgoing.resend(now));
        }
        // One that was not taken yet needs no other.
        if !self.outgoing.is_waiting() {
            self.input.tick(now);
        }
        if !self.pause.is_on() {
            self.send(now)?;
        }
        if !listening {
            return Ok(());
        }
        let silent = self.silent_since(now, unanswered);
        if let Some(notice) = self.silence.tick(silent, now) {
            self.give(Output::Notice(notice));
        }
        if !self.pause.is_on() {
            self.frames.extend(self.outgoing.resend(now));
        }
        match self.stall_deadline(now) {
            Some(at) if at <= now => Err(self.timeout_error(now)),
            _ => Ok(()),
        }
    }

    /// Since when something should have been answered: by the gateway, by the agent, at the start or later. An agent
    /// that is away was announced as such.
    fn silent_since(&self, now: Instant, unanswered: Option<Instant>) -> Option<Instant> {
        let stalled = self.outgoing.is_waiting() && !self.pause.is_on();
        let stalled = stalled.then(|| now - self.outgoing.stalled_for(now));
        [unanswered, stalled, self.start.waiting_since()]
            .into_iter()
            .flatten()
            .min()
    }

    /// When the agent has kept us waiting for too long. Never, where it is to close a session that failed.
    fn stall_deadline(&self, now: Instant) -> Option<Instant> {
        if self.error.is_some() {
            return None;
        }
        let waiting = self.outgoing.is_waiting();
        let left = self
            .stall_timeout
            .saturating_sub(self.outgoing.stalled_for(now));
        let stall = waiting.then(|| now + left);
        self.start.fails_at(waiting).into_iter().chain(stall).min()
    }

    fn timeout_error(&self, now: Instant) -> SessionError {
        let start = self.start.fails_at(self.outgoing.is_waiting());
        match start.is_some_and(|at| at <= now) {
            true => self.start.error(),
            false => SessionError::AgentStalled {
                waited: self.stall_timeout,
            },
        }
    }

    /// When [`Channel::tick`] next has something to do, where it knows.
    pub fn deadline(
        &self,
        now: Instant,
        listening: bool,
        unanswered: Option<Instant>,
    ) -> Option<Instant> {
        let resend = match self.pause.is_on() {
            true => None,
            false => self.outgoing.due(),
        };
        let silent = self.silent_since(now, unanswered);
        let again = self
            .input
            .deadline()
            .filter(|_| !self.outgoing.is_waiting());
        let listened = [
            again,
            resend,
            self.stall_deadline(now),
            self.silence.deadline(silent),
        ];
        [self.start.quiet_at(), self.pause.probe_at()]
            .into_iter()
            .chain(listened.into_iter().filter(|_| listening))
            .flatten()
            .min()
    }

    /// The connection is read again after a while in which the caller did not receive.
    pub fn listens_again(&mut self, now: Instant) {
        self.outgoing.excuse(now);
    }

    /// Whether the caller's next input can be taken. It is not while the agent is not ready, while what was
    /// taken before is not sent, and after the end.
    pub fn takes_input(&self) -> bool {
        self.start.is_ready()
            && self.input.is_sent()
            && self.error.is_none()
            && self.outgoing.has_room()
    }

    pub fn input(&mut self, input: Input, now: Instant) -> Result<(), SessionError> {
        self.input.add(input);
        match self.pause.is_on() {
            true => Ok(()),
            false => self.send(now),
        }
    }

    /// Sends what was taken, as far as the window allows.
    fn send(&mut self, now: Instant) -> Result<(), SessionError> {
        if !self.start.is_ready() || self.error.is_some() {
            return Ok(());
        }
        if let Some(size) = self.input.size() {
            self.push(PayloadType::Size, json(&size), now);
        }
        self.send_input(usize::MAX, now)
    }

    fn send_input(&mut self, pieces: usize, now: Instant) -> Result<(), SessionError> {
        for _ in 0..pieces {
            if !self.start.is_ready() || !self.outgoing.has_room() {
                break;
            }
            let Some(piece) = self.input.piece(now) else {
                break;
            };
            let sealed = match &self.cipher {
                Some(cipher) => cipher.seal(&piece).ok_or_else(|| {
                    SessionError::Protocol("the input could not be encrypted".to_owned())
                })?,
                None => piece,
            };
            self.push(PayloadType::Output, sealed, now);
        }
        Ok(())
    }

    fn push(&mut self, kind: PayloadType, payload: Bytes, now: Instant) {
        self.frames
            .push_back(self.outgoing.push(kind, payload, now));
    }

    /// Says that the client ends the session. Agents heed it in some kinds of session only.
    pub fn terminate(&mut self, now: Instant) {
        if self.start.is_ready() && self.closed.is_none() {
            let flag = Bytes::copy_from_slice(&TERMINATE_SESSION.to_be_bytes());
            self.push(PayloadType::Flag, flag, now);
        }
    }

    /// The connection is gone, and with it what was to be written: what matters is kept in the send window.
    pub fn lost(&mut self) {
        self.frames.clear();
        self.silence.reset();
        self.give(Output::Notice(Notice::Lost));
    }

    /// A new connection stands. Sequence numbers and keys go on; what is not acknowledged is sent again.
    pub fn resumed(&mut self, now: Instant) {
        self.start.reconnected(now);
        self.pause.end();
        self.frames.extend(self.outgoing.resend_all(now));
        self.input.size_again();
        self.give(Output::Notice(Notice::Resumed));
    }

    /// The frames to write.
    pub fn frames(&mut self) -> impl Iterator<Item = Bytes> {
        self.frames.drain(..)
    }

    fn give(&mut self, output: Output) {
        self.output.push(output);
    }

    /// The caller's next output.
    pub fn output(&mut self) -> Option<Output> {
        self.output.next()
    }

    pub fn has_output(&self) -> bool {
        !self.output.is_empty()
    }

    /// Whether more may be read from the connection.
    pub fn has_room(&self) -> bool {
        self.output.has_room()
    }

    /// Whether the session must end badly; the agent has been told and may close it.
    pub fn has_failed(&self) -> bool {
        self.error.is_some()
    }

    /// How the session ended, where the agent or the gateway has said so.
    pub fn ended(&mut self) -> Option<Result<Ended, SessionError>> {
        let closed = self.closed.as_ref()?;
        if let Some(error) = self.error.take() {
            return Some(Err(error));
        }
        let message = Some(closed.output.trim().to_owned()).filter(|text| !text.is_empty());
        Some(Ok(match self.exit {
            Some(status) => Ended::Exit(status),
            None => Ended::Closed { message },
        }))
    }

    /// The end to report where the connection breaks and it is known already.
    pub fn known_end(&mut self) -> Option<Result<Ended, SessionError>> {
        match self.error.take() {
            Some(error) => Some(Err(error)),
            None => self.exit.map(|status| Ok(Ended::Exit(status))),
        }
    }
}
