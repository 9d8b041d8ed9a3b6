//! The time between the gateway's report that the agent is disconnected and that it is back.
//!
//! Nothing is sent meanwhile except for a probe, one message every few seconds: the second report can be lost, and then
//! only an answer shows that the agent is back.

use std::mem;
use std::time::Duration;

use tokio::time::Instant;

const PROBE_INTERVAL: Duration = Duration::from_secs(5);

#[derive(Default)]
pub struct AgentPause {
    /// `None`: there is no pause.
    next_probe: Option<Instant>,
    announced: bool,
}

impl AgentPause {
    pub fn begin(&mut self, now: Instant) {
        self.next_probe.get_or_insert(now + PROBE_INTERVAL);
    }

    /// Returns whether the pause was announced.
    pub fn end(&mut self) -> bool {
        self.next_probe = None;
        mem::take(&mut self.announced)
    }

    pub fn is_on(&self) -> bool {
        self.next_probe.is_some()
    }

    /// When a probe is due.
    pub fn deadline(&self) -> Option<Instant> {
        self.next_probe
    }

    /// If a probe is due: whether it is the first one, which is the time to announce the pause.
    pub fn take_probe(&mut self, now: Instant) -> Option<bool> {
        self.next_probe.filter(|at| *at <= now)?;
        self.next_probe = Some(now + PROBE_INTERVAL);
        Some(!mem::replace(&mut self.announced, true))
    }
}
