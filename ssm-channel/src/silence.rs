//! When to tell the caller that nobody answers, and that somebody does again.

use std::time::Duration;

use tokio::time::Instant;

use crate::session::Notice;

pub struct Silence {
    after: Duration,
    announced: bool,
}

impl Silence {
    pub fn new(after: Duration) -> Silence {
        Silence {
            after,
            announced: false,
        }
    }

    /// `since`: when what is still unanswered was sent.
    pub fn tick(&mut self, since: Option<Instant>, now: Instant) -> Option<Notice> {
        let is_silent = since.is_some_and(|since| since + self.after <= now);
        if is_silent == self.announced {
            return None;
        }
        self.announced = is_silent;
        Some(match is_silent {
            true => Notice::Silent { waited: self.after },
            false => Notice::AnswersAgain,
        })
    }

    /// When there will be something to tell.
    pub fn deadline(&self, since: Option<Instant>) -> Option<Instant> {
        since
            .filter(|_| !self.announced)
            .map(|since| since + self.after)
    }

    /// The connection is gone, which the caller is told anyway.
    pub fn reset(&mut self) {
        self.announced = false;
    }
}
