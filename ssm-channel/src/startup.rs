//! When input can be sent, and when to stop waiting for the agent.
//!
//! The agent acknowledges and discards input that comes too early, so nothing is sent before the agent has sent
//! something itself. A command that prints nothing counts as ready after a while.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::SessionError;
use crate::session::Options;

pub struct Startup {
    timeout: Duration,
    /// How long silence lasts until it counts as readiness. `None`: a handshake must come.
    quiet_start: Option<Duration>,
    connected: Instant,
    /// When the gateway reported that the agent is connected.
    agent_connected: Option<Instant>,
    heard: bool,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Waiting,
    Handshake,
    Ready,
}

impl Startup {
    pub fn new(options: &Options, needs_handshake: bool, now: Instant) -> Startup {
        Startup {
            timeout: options.start_timeout,
            quiet_start: (!needs_handshake).then_some(options.quiet_start),
            connected: now,
            agent_connected: None,
            heard: false,
            state: State::Waiting,
        }
    }

    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    pub fn set_ready(&mut self) {
        self.state = State::Ready;
    }

    pub fn begin_handshake(&mut self) {
        self.state = State::Handshake;
    }

    /// The agent sent something.
    pub fn heard(&mut self) {
        self.heard = true;
    }

    pub fn agent_connected(&mut self, now: Instant) {
        self.agent_connected.get_or_insert(now);
    }

    /// There is a new connection: the timeout starts again.
    pub fn reconnected(&mut self, now: Instant) {
        self.connected = now;
    }

    /// Since when the agent owes its first sign of life.
    pub fn waiting_since(&self) -> Option<Instant> {
        (!self.is_ready() && !self.heard).then_some(self.connected)
    }

    /// When silence counts as readiness.
    pub fn quiet_deadline(&self) -> Option<Instant> {
        let quiet = self.quiet_start.filter(|_| self.state == State::Waiting)?;
        Some(match self.agent_connected {
            Some(since) => since + quiet,
            None => self.connected + quiet * 3,
        })
    }

    /// When to give up. `is_unacknowledged`: whether the agent owes an acknowledgement.
    pub fn deadline(&self, is_unacknowledged: bool) -> Option<Instant> {
        // A command that has nothing to print and nothing to acknowledge is no failure.
        let is_idle = self.agent_connected.is_some() && !is_unacknowledged;
        let is_started = self.is_ready() && (self.heard || is_idle);
        (!is_started).then_some(self.connected + self.timeout)
    }

    /// Why the session fails at that time.
    pub fn error(&self) -> SessionError {
        match self.state {
            State::Handshake => {
                SessionError::Handshake("the agent did not complete it in time".to_owned())
            }
            State::Waiting | State::Ready => SessionError::AgentSilent {
                waited: self.timeout,
            },
        }
    }
}
