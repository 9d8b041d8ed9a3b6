//! The beginning of a session: when input may be sent, and when to give up waiting.
//!
//! The agent acknowledges and throws away what it gets while it is not ready, so nothing is sent before
//! it has spoken. A command that prints nothing is a case of its own.

use std::time::Duration;

use tokio::time::Instant;

use crate::error::SessionError;
use crate::session::Options;

pub struct Start {
    timeout: Duration,
    quiet: Duration,
    /// Whether silence may mean readiness: not where a handshake must come.
    may_be_quiet: bool,
    connected: Instant,
    /// When the gateway said that the agent's end is there.
    agent_there: Option<Instant>,
    heard: bool,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Waiting,
    Handshake,
    Ready,
}

impl Start {
    pub fn new(options: &Options, may_be_quiet: bool, now: Instant) -> Start {
        Start {
            timeout: options.start_timeout,
            quiet: options.quiet_start,
            may_be_quiet,
            connected: now,
            agent_there: None,
            heard: false,
            state: State::Waiting,
        }
    }

    pub fn is_ready(&self) -> bool {
        self.state == State::Ready
    }

    pub fn ready(&mut self) {
        self.state = State::Ready;
    }

    pub fn handshake(&mut self) {
        self.state = State::Handshake;
    }

    pub fn heard(&mut self) {
        self.heard = true;
    }

    pub fn agent_there(&mut self, now: Instant) {
        self.agent_there.get_or_insert(now);
    }

    /// A new connection stands: the agent gets its time again.
    pub fn reconnected(&mut self, now: Instant) {
        self.connected = now;
    }

    /// Since when the agent has been waited for.
    pub fn waiting_since(&self) -> Option<Instant> {
        (self.state != State::Ready && !self.heard).then_some(self.connected)
    }

    /// When silence is taken for readiness.
    pub fn quiet_at(&self) -> Option<Instant> {
        if self.state != State::Waiting || !self.may_be_quiet {
            return None;
        }
        Some(match self.agent_there {
            Some(since) => since + self.quiet,
            None => self.connected + self.quiet * 3,
        })
    }

    /// When to give up. `waiting` says whether the agent has something to acknowledge.
    pub fn fails_at(&self, waiting: bool) -> Option<Instant> {
        let at = self.connected + self.timeout;
        match self.state {
            State::Waiting | State::Handshake => Some(at),
            // It is there and has nothing to say.
            State::Ready if self.heard || (self.agent_there.is_some() && !waiting) => None,
            State::Ready => Some(at),
        }
    }

    /// Why, once that time has come.
    pub fn error(&self) -> SessionError {
        let waited = self.timeout;
        match self.state {
            State::Handshake => {
                SessionError::Handshake("the agent did not finish it in time".to_owned())
            }
            State::Waiting | State::Ready => SessionError::AgentSilent { waited },
        }
    }
}
