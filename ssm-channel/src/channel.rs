//! The protocol of the data channel: everything that survives a connection, and no connection.
//!
//! Frames go in and come out, and the caller passes the time; [`crate::pump`] moves them. So the rules need no network
//! to be tested.

mod timers;

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::agent_pause::AgentPause;
use crate::data_key::{GrantedKey, KeyRequest};
use crate::error::SessionError;
use crate::handshake::{Answer, Handshake, Reaction};
use crate::input_buffer::InputBuffer;
use crate::message::{AgentMessage, MessageType};
use crate::no_answer::NoAnswer;
use crate::output_queue::OutputQueue;
use crate::payload::{Acknowledgement, ChannelClosed, Flag, PayloadType, json};
use crate::receive_window::{Receipt, ReceiveWindow};
use crate::send_window::SendWindow;
use crate::session::{Input, Notice, Options, Output, PortEvent, Session, SessionType};
use crate::startup::Startup;

/// How long the agent can take to close a session whose handshake failed.
const FAILURE_TIMEOUT: Duration = Duration::from_secs(3);

pub struct Channel {
    stall_timeout: Duration,
    startup: Startup,
    handshake: Handshake,
    key_request: Option<KeyRequest>,
    received: ReceiveWindow,
    sent: SendWindow,
    pause: AgentPause,
    no_answer: NoAnswer,
    input: InputBuffer,
    output: OutputQueue,
    /// To be written to the connection.
    frames: VecDeque<Bytes>,
    closed: Option<ChannelClosed>,
    /// Why the session cannot continue, and until when the agent can close it.
    failure: Option<(SessionError, Instant)>,
}

impl Channel {
    pub fn new(session: &Session, session_type: SessionType, options: &Options) -> Channel {
        let now = Instant::now();
        let needs_handshake = session.kms_key.is_some() || session_type == SessionType::Port;
        Channel {
            stall_timeout: options.stall_timeout,
            startup: Startup::new(options, needs_handshake, now),
            handshake: Handshake::new(session, session_type),
            key_request: None,
            received: ReceiveWindow::default(),
            sent: SendWindow::new(session_type, now),
            pause: AgentPause::default(),
            no_answer: NoAnswer::new(options.no_answer_after),
            input: InputBuffer::new(options.end_of_file_interval),
            output: OutputQueue::default(),
            frames: VecDeque::new(),
            closed: None,
            failure: None,
        }
    }

    /// Takes a frame from the connection. Damaged and unknown ones are dropped.
    pub fn receive(&mut self, frame: Bytes, now: Instant) -> Result<(), SessionError> {
        let Some(message) = AgentMessage::decode(frame) else {
            return Ok(());
        };
        match message.message_type {
            MessageType::OutputStreamData => self.receive_stream(message, now)?,
            MessageType::Acknowledge => {
                let payload = serde_json::from_slice::<Acknowledgement>(&message.payload);
                if let Ok(acknowledgement) = payload {
                    self.agent_is_alive();
                    let sequence = acknowledgement.acknowledged_message_sequence_number;
                    self.sent.acknowledge(sequence, now);
                }
            }
            MessageType::ChannelClosed => {
                let closed = serde_json::from_slice(&message.payload);
                self.closed.get_or_insert(closed.unwrap_or_default());
            }
            MessageType::StartPublication => {
                self.startup.agent_connected(now);
                self.end_pause();
            }
            MessageType::PausePublication => self.pause.begin(now),
            MessageType::InputStreamData => {}
        }
        Ok(())
    }

    fn receive_stream(&mut self, message: AgentMessage, now: Instant) -> Result<(), SessionError> {
        self.agent_is_alive();
        let acknowledgement = Acknowledgement {
            acknowledged_message_type: message.message_type.name().to_owned(),
            acknowledged_message_id: message.id.to_string(),
            acknowledged_message_sequence_number: message.sequence,
            is_sequential_message: true,
        };
        if self.received.receive(message) != Receipt::Dropped {
            let message = AgentMessage::control(MessageType::Acknowledge, json(&acknowledgement));
            self.frames.push_back(message.encode());
        }
        while let Some(message) = self.received.next() {
            self.process(message, now)?;
        }
        Ok(())
    }

    /// Processes the next message of the agent's stream. Unknown types are acknowledged and ignored.
    fn process(&mut self, message: AgentMessage, now: Instant) -> Result<(), SessionError> {
        let payload = message.payload;
        match PayloadType::parse(message.payload_type) {
            Some(PayloadType::Output | PayloadType::StdErr) => {
                let output = self.handshake.open(payload)?;
                if !self.handshake.has_begun() {
                    self.set_ready();
                }
                if !output.is_empty() {
                    self.output.push(Output::Bytes(output));
                }
            }
            // Nothing else of what the agent can signal concerns a client.
            Some(PayloadType::Flag) if payload == Flag::ConnectToPortError.payload() => {
                self.output.push(Output::Port(PortEvent::ConnectionFailed));
            }
            Some(PayloadType::HandshakeRequest) => match self.handshake.request(&payload)? {
                Reaction::Answer(answer) => self.answer(answer, now),
                Reaction::FetchKey(request) => {
                    self.startup.begin_handshake();
                    self.key_request = Some(request);
                }
                Reaction::Ignore => {}
            },
            Some(PayloadType::ChallengeRequest) => {
                let solved = self.handshake.challenge(&payload)?;
                self.send(PayloadType::ChallengeResponse, solved, now);
            }
            Some(PayloadType::HandshakeComplete) => {
                if let Some(message) = self.handshake.complete(&payload)? {
                    self.notify(Notice::CustomerMessage(message));
                }
                self.set_ready();
            }
            _ => {}
        }
        Ok(())
    }

    /// The data key that KMS must be asked for; it is returned once.
    pub fn take_key_request(&mut self) -> Option<KeyRequest> {
        self.key_request.take()
    }

    /// Takes the answer of KMS.
    pub fn key(&mut self, fetched: Result<GrantedKey, String>, now: Instant) {
        if let Some(answer) = self.handshake.key(fetched) {
            self.answer(answer, now);
        }
    }

    fn answer(&mut self, answer: Answer, now: Instant) {
        self.startup.begin_handshake();
        self.failure = answer.error.map(|error| (error, now + FAILURE_TIMEOUT));
        self.send(PayloadType::HandshakeResponse, answer.response, now);
    }

    fn set_ready(&mut self) {
        if !self.startup.is_ready() {
            self.startup.set_ready();
            let mode = self.handshake.port_mode();
            let mode = mode.map(|mode| Output::Port(PortEvent::Mode(mode)));
            for output in mode.into_iter().chain([Output::Started]) {
                self.output.push(output);
            }
        }
    }

    fn agent_is_alive(&mut self) {
        self.startup.heard();
        self.end_pause();
    }

    fn end_pause(&mut self) {
        if self.pause.end() {
            self.notify(Notice::AgentReconnected);
        }
    }

    fn notify(&mut self, notice: Notice) {
        self.output.push(Output::Notice(notice));
    }

    /// Whether the caller's next input can be taken: the agent is ready, and the previous input is sent.
    pub fn accepts_input(&self) -> bool {
        self.startup.is_ready()
            && self.input.is_empty()
            && self.failure.is_none()
            && self.sent.has_room()
    }

    /// Takes input; the next [`Channel::tick`] sends it.
    pub fn input(&mut self, input: Input, now: Instant) {
        match input {
            // All input before it is sent.
            Input::Disconnect => {
                self.send(PayloadType::Flag, Flag::DisconnectToPort.payload(), now);
            }
            input => self.input.add(input),
        }
    }

    /// Sends up to this many messages of input, as far as the window allows.
    fn send_input(&mut self, max: usize, now: Instant) -> Result<(), SessionError> {
        for _ in 0..max {
            if !self.startup.is_ready() || self.failure.is_some() || !self.sent.has_room() {
                break;
            }
            let Some(bytes) = self.input.next(now) else {
                break;
            };
            let sealed = self.handshake.seal(bytes)?;
            self.send(PayloadType::Output, sealed, now);
        }
        Ok(())
    }

    fn send(&mut self, payload_type: PayloadType, payload: Bytes, now: Instant) {
        let frame = self.sent.push(payload_type, payload, now);
        self.frames.push_back(frame);
    }

    /// Tells the agent that the client ends the session. Agents do so in some types of session only.
    pub fn terminate(&mut self, now: Instant) {
        if self.startup.is_ready() && self.closed.is_none() {
            self.send(PayloadType::Flag, Flag::TerminateSession.payload(), now);
        }
    }

    /// The connection is lost, and so are the frames for it. The send window keeps what matters.
    pub fn connection_lost(&mut self) {
        self.frames.clear();
        self.no_answer.reset();
        self.notify(Notice::ConnectionLost);
    }

    /// There is a new connection. Sequence numbers and keys continue; what is not acknowledged is sent again.
    pub fn connection_resumed(&mut self, now: Instant) {
        self.startup.reconnected(now);
        self.pause.end();
        self.frames.extend(self.sent.resend_all(now));
        self.input.resend_size();
        self.notify(Notice::ConnectionResumed);
    }

    /// The frames to write.
    pub fn frames(&mut self) -> impl Iterator<Item = Bytes> {
        self.frames.drain(..)
    }

    /// What the caller is to receive.
    pub fn output(&mut self) -> &mut OutputQueue {
        &mut self.output
    }

    /// The result of the session, once the gateway has closed it.
    pub fn result(&mut self) -> Option<Result<Option<String>, SessionError>> {
        let message = self.closed.as_ref()?.output.trim().to_owned();
        Some(match self.take_error() {
            Some(error) => Err(error),
            None => Ok(Some(message).filter(|message| !message.is_empty())),
        })
    }

    /// The error to report if the connection breaks now.
    pub fn take_error(&mut self) -> Option<SessionError> {
        self.failure.take().map(|(error, _)| error)
    }
}
