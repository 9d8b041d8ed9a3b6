//! What the passing of time causes: input, retransmission, notices, timeouts.

use tokio::time::Instant;

use super::Channel;
use crate::error::SessionError;
use crate::payload::{PayloadType, json};
use crate::session::Notice;

impl Channel {
    /// Does what is due. `reading`: whether the connection is read; if not, the agent's silence is not its fault.
    /// `ping_sent`: when the ping was sent that the gateway has not answered.
    pub fn tick(
        &mut self,
        now: Instant,
        reading: bool,
        ping_sent: Option<Instant>,
    ) -> Result<(), SessionError> {
        let is_due = |at: Option<Instant>| at.is_some_and(|at| at <= now);
        if is_due(self.startup.quiet_deadline()) {
            self.set_ready();
        }
        if let Some(is_first) = self.pause.take_probe(now) {
            if is_first {
                self.notify(Notice::AgentDisconnected);
            }
            if !self.sent.is_waiting() {
                self.send_input(1, now)?;
            }
            self.frames.extend(self.sent.resend(now));
        }
        // While one end of file is unacknowledged there is no need for another.
        if !self.sent.is_waiting() {
            self.input.tick(now);
        }
        if !self.pause.is_on() {
            if self.startup.is_ready()
                && self.failure.is_none()
                && let Some(size) = self.input.take_size()
            {
                self.send(PayloadType::Size, json(&size), now);
            }
            self.send_input(usize::MAX, now)?;
        }
        if let Some((error, at)) = &self.failure
            && *at <= now
        {
            return Err(error.clone());
        }
        if !reading {
            return Ok(());
        }
        let waiting_since = self.waiting_since(ping_sent);
        if let Some(notice) = self.no_answer.tick(waiting_since, now) {
            self.notify(notice);
        }
        if !self.pause.is_on() {
            self.frames.extend(self.sent.resend(now));
        }
        if is_due(self.startup_deadline()) {
            return Err(self.startup.error());
        }
        if is_due(self.stall_deadline()) {
            let waited = self.stall_timeout;
            return Err(SessionError::AgentStalled { waited });
        }
        Ok(())
    }

    /// When [`Channel::tick`] has something to do, if that is known.
    pub fn deadline(&self, reading: bool, ping_sent: Option<Instant>) -> Option<Instant> {
        let is_waiting = self.sent.is_waiting();
        let always = [
            self.startup.quiet_deadline(),
            self.pause.deadline(),
            self.input.deadline().filter(|_| !is_waiting),
            self.failure.as_ref().map(|(_, at)| *at),
        ];
        let if_reading = [
            self.sent.resend_deadline().filter(|_| !self.pause.is_on()),
            self.startup_deadline(),
            self.stall_deadline(),
            self.no_answer.deadline(self.waiting_since(ping_sent)),
        ];
        let if_reading = if_reading.into_iter().filter(|_| reading);
        always.into_iter().chain(if_reading).flatten().min()
    }

    /// Since when the gateway or the agent owes an answer. The user knows already if the agent is disconnected.
    fn waiting_since(&self, ping_sent: Option<Instant>) -> Option<Instant> {
        let unacknowledged = self.sent.waiting_since().filter(|_| !self.pause.is_on());
        [ping_sent, unacknowledged, self.startup.waiting_since()]
            .into_iter()
            .flatten()
            .min()
    }

    fn startup_deadline(&self) -> Option<Instant> {
        let deadline = self.startup.deadline(self.sent.is_waiting());
        deadline.filter(|_| self.failure.is_none())
    }

    fn stall_deadline(&self) -> Option<Instant> {
        let since = self.sent.waiting_since().filter(|_| self.failure.is_none());
        since.map(|since| since + self.stall_timeout)
    }

    /// The connection is read again after the caller did not receive for a while.
    pub fn restart_timeouts(&mut self, now: Instant) {
        self.sent.restart_timeouts(now);
    }
}
