//! What the client has sent and the agent has not acknowledged: the send window.
//!
//! Only the oldest message is ever sent again. The agent puts later ones aside until it comes, and
//! their acknowledgements arrive meanwhile.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use tokio::time::Instant;

use crate::message::{AgentMessage, MessageType};
use crate::payload::PayloadType;
use crate::round_trip::RoundTrip;

/// How many messages may be under way. Acknowledgements then set the pace: the agent takes input only as fast
/// as the terminal behind it does, and a paste must not run far ahead of that.
const WINDOW: usize = 64;

pub struct Outgoing {
    next: i64,
    /// In the order of their sequence numbers, which have no gaps.
    sent: VecDeque<Sent>,
    round_trip: RoundTrip,
    /// When the agent last acknowledged something, or had nothing to acknowledge.
    progress: Instant,
}

struct Sent {
    frame: Bytes,
    acknowledged: bool,
    last: Instant,
    times: u32,
}

impl Outgoing {
    pub fn new(now: Instant) -> Outgoing {
        Outgoing {
            next: 0,
            sent: VecDeque::new(),
            round_trip: RoundTrip::default(),
            progress: now,
        }
    }

    /// Whether the window has room for another message of input.
    pub fn has_room(&self) -> bool {
        self.sent.len() < WINDOW
    }

    /// Whether the agent still has something to acknowledge.
    pub fn is_waiting(&self) -> bool {
        !self.sent.is_empty()
    }

    /// Gives the payload the next sequence number and keeps the frame until it is acknowledged.
    ///
    /// The caller watches [`Outgoing::has_room`]; the few messages that are not input may go beyond it.
    pub fn push(&mut self, payload_type: PayloadType, payload: Bytes, now: Instant) -> Bytes {
        let message = AgentMessage::stream(
            MessageType::InputStreamData,
            self.next,
            payload_type,
            payload,
        );
        let frame = message.encode();
        if self.sent.is_empty() {
            self.progress = now;
        }
        self.next += 1;
        self.sent.push_back(Sent {
            frame: frame.clone(),
            acknowledged: false,
            last: now,
            times: 1,
        });
        frame
    }

    /// Takes an acknowledgement. One for a message that is not under way means nothing.
    pub fn acknowledge(&mut self, sequence: i64, now: Instant) {
        let oldest = self.next - i64::try_from(self.sent.len()).unwrap_or(0);
        let position = usize::try_from(sequence.saturating_sub(oldest));
        let Some(sent) = position.ok().and_then(|at| self.sent.get_mut(at)) else {
            return;
        };
        if sent.acknowledged {
            return;
        }
        sent.acknowledged = true;
        self.progress = now;
        // Karn: of a message that was sent twice nobody knows which sending is being acknowledged.
        if sent.times == 1 {
            self.round_trip.sample(now.duration_since(sent.last));
        }
        while self.sent.front().is_some_and(|sent| sent.acknowledged) {
            self.sent.pop_front();
        }
    }

    /// When the oldest message is to be sent again.
    pub fn due(&self) -> Option<Instant> {
        let oldest = self.sent.front()?;
        Some(oldest.last + self.round_trip.timeout(oldest.times - 1))
    }

    /// The oldest message, the same bytes once more, where its time has come.
    pub fn resend(&mut self, now: Instant) -> Option<Bytes> {
        if self.due()? > now {
            return None;
        }
        let oldest = self.sent.front_mut()?;
        oldest.last = now;
        oldest.times += 1;
        Some(oldest.frame.clone())
    }

    /// Everything unacknowledged, for a new connection: what was under way on the old one is lost.
    pub fn resend_all(&mut self, now: Instant) -> impl Iterator<Item = Bytes> {
        self.progress = now;
        self.sent
            .iter_mut()
            .filter(|sent| !sent.acknowledged)
            .map(move |sent| {
                sent.last = now;
                sent.times += 1;
                sent.frame.clone()
            })
    }

    /// How long the agent has left unacknowledged what it was sent.
    pub fn stalled_for(&self, now: Instant) -> Duration {
        match self.is_waiting() {
            true => now.duration_since(self.progress),
            false => Duration::ZERO,
        }
    }

    /// Counts no time during which the client itself was not listening.
    pub fn excuse(&mut self, now: Instant) {
        self.progress = now;
        for sent in &mut self.sent {
            sent.last = now;
            // What is acknowledged next may have waited for us, so it says nothing of the round trip.
            sent.times = sent.times.max(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn push(outgoing: &mut Outgoing, now: Instant) -> Bytes {
        outgoing.push(PayloadType::Output, Bytes::from_static(b"x"), now)
    }

    #[test]
    fn sequence_numbers_begin_at_zero_and_have_no_gaps() {
        let start = Instant::now();
        let mut outgoing = Outgoing::new(start);
        for expected in 0..3 {
            let message = AgentMessage::decode(&push(&mut outgoing, start)).unwrap();
            assert_eq!(message.sequence, expected);
            assert_eq!(message.flags, 0);
        }
    }

    #[test]
    fn only_the_oldest_is_sent_again_and_it_is_the_same_bytes() {
        let start = Instant::now();
        let mut outgoing = Outgoing::new(start);
        let first = push(&mut outgoing, start);
        let second = push(&mut outgoing, start + ms(1));
        assert_eq!(outgoing.resend(start + ms(199)), None);
        assert_eq!(outgoing.resend(start + ms(200)), Some(first.clone()));
        // Twice as long, counted from this sending.
        assert_eq!(outgoing.resend(start + ms(599)), None);
        assert_eq!(outgoing.resend(start + ms(600)), Some(first), "and again");
        outgoing.acknowledge(0, start + ms(601));
        assert_eq!(outgoing.resend(start + ms(601)), Some(second));
    }

    #[test]
    fn acknowledgements_come_in_any_order_and_more_than_once() {
        let start = Instant::now();
        let mut outgoing = Outgoing::new(start);
        for _ in 0..WINDOW {
            assert!(outgoing.has_room());
            push(&mut outgoing, start);
        }
        assert!(!outgoing.has_room());
        for sequence in [63, 1, 1, 64, 1000, -1, i64::MIN, i64::MAX] {
            outgoing.acknowledge(sequence, start);
        }
        assert!(!outgoing.has_room(), "the first holds the window");
        outgoing.acknowledge(0, start);
        assert_eq!(outgoing.sent.len(), WINDOW - 2);
        outgoing.acknowledge(0, start);
        for sequence in 2..63 {
            outgoing.acknowledge(sequence, start);
        }
        assert!(!outgoing.is_waiting());
        assert_eq!(outgoing.due(), None);
    }

    #[test]
    fn a_message_sent_twice_does_not_count_for_the_round_trip() {
        let start = Instant::now();
        let mut outgoing = Outgoing::new(start);
        push(&mut outgoing, start);
        assert!(outgoing.resend(start + ms(900)).is_some());
        outgoing.acknowledge(0, start + ms(1800));
        let later = start + ms(2000);
        push(&mut outgoing, later);
        assert_eq!(outgoing.due(), Some(later + ms(200)));
    }

    #[test]
    fn a_new_connection_gets_all_that_is_unacknowledged() {
        let start = Instant::now();
        let mut outgoing = Outgoing::new(start);
        let frames: Vec<Bytes> = (0..3).map(|_| push(&mut outgoing, start)).collect();
        outgoing.acknowledge(1, start);
        let again: Vec<Bytes> = outgoing.resend_all(start + ms(5)).collect();
        assert_eq!(again, [frames[0].clone(), frames[2].clone()]);
    }

    #[test]
    fn stalls_are_counted_from_the_last_sign_of_life() {
        let start = Instant::now();
        let mut outgoing = Outgoing::new(start);
        assert_eq!(outgoing.stalled_for(start + ms(500)), ms(0));
        push(&mut outgoing, start + ms(500));
        push(&mut outgoing, start + ms(600));
        assert_eq!(outgoing.stalled_for(start + ms(1000)), ms(500));
        outgoing.acknowledge(0, start + ms(1100));
        assert_eq!(outgoing.stalled_for(start + ms(1300)), ms(200));
        outgoing.excuse(start + ms(1300));
        assert_eq!(outgoing.stalled_for(start + ms(1300)), ms(0));
    }
}
