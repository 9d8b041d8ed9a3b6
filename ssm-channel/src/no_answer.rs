//! When to report that answers stay away, and that they arrive again.

use std::time::Duration;

use tokio::time::Instant;

use crate::session::Notice;

pub struct NoAnswer {
    after: Duration,
    announced: bool,
}

impl NoAnswer {
    pub fn new(after: Duration) -> NoAnswer {
        NoAnswer {
            after,
            announced: false,
        }
    }

    /// `since`: when what is still unanswered was sent.
    pub fn tick(&mut self, since: Option<Instant>, now: Instant) -> Option<Notice> {
        let is_late = since.is_some_and(|since| since + self.after <= now);
        if is_late == self.announced {
            return None;
        }
        self.announced = is_late;
        Some(match is_late {
            true => Notice::NoAnswer { waited: self.after },
            false => Notice::Answering,
        })
    }

    pub fn deadline(&self, since: Option<Instant>) -> Option<Instant> {
        let since = since.filter(|_| !self.announced)?;
        Some(since + self.after)
    }

    /// The connection is lost, which the user learns anyway.
    pub fn reset(&mut self) {
        self.announced = false;
    }
}
