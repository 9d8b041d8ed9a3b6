//! The gateway's word that the agent's end is away for now.
//!
//! Nothing is sent meanwhile, but for one message every few seconds: the word that it is back may itself have
//! been lost, and then only an answer can show it.

use std::time::Duration;

use tokio::time::Instant;

const PROBE: Duration = Duration::from_secs(5);

#[derive(Default)]
pub struct Pause {
    next_probe: Option<Instant>,
    /// Whether the caller was told.
    announced: bool,
}

impl Pause {
    pub fn begin(&mut self, now: Instant) {
        self.next_probe.get_or_insert(now + PROBE);
    }

    /// Returns whether the caller was told that it began.
    pub fn end(&mut self) -> bool {
        self.next_probe = None;
        std::mem::take(&mut self.announced)
    }

    pub fn is_on(&self) -> bool {
        self.next_probe.is_some()
    }

    /// When one message may be sent.
    pub fn probe_at(&self) -> Option<Instant> {
        self.next_probe
    }

    /// Whether one message may be sent now.
    pub fn may_probe(&self, now: Instant) -> bool {
        self.next_probe.is_some_and(|at| at <= now)
    }

    /// One was. Returns whether this is the first, which is the time to tell the caller.
    pub fn probed(&mut self, now: Instant) -> bool {
        self.next_probe = Some(now + PROBE);
        !std::mem::replace(&mut self.announced, true)
    }
}
