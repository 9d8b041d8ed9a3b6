//! The messages that the agent has not acknowledged.
//!
//! Only the oldest one is sent again: the agent stores and acknowledges later ones until it arrives.

use bytes::Bytes;
use std::collections::VecDeque;
use tokio::time::Instant;

use crate::message::{AgentMessage, MessageType};
use crate::payload::PayloadType;
use crate::round_trip::RoundTrip;
use crate::session::SessionType;

/// How many messages of input can be unacknowledged in a shell. The agent acknowledges input as fast as its terminal takes
/// it, so a paste does not run far ahead.
const SHELL_WINDOW: usize = 64;
/// The same in a port session: 256 KiB on their way.
const PORT_WINDOW: usize = 256;

pub struct SendWindow {
    size: usize,
    next: i64,
    /// Ordered by sequence number, without gaps.
    sent: VecDeque<Sent>,
    round_trip: RoundTrip,
    /// When the agent last acknowledged something or had nothing to acknowledge.
    progress: Instant,
}

struct Sent {
    frame: Bytes,
    acknowledged: bool,
    last_sent: Instant,
    times_sent: u32,
}

impl SendWindow {
    pub fn new(session_type: SessionType, now: Instant) -> SendWindow {
        SendWindow {
            size: match session_type {
                SessionType::Shell => SHELL_WINDOW,
                SessionType::Port => PORT_WINDOW,
            },
            next: 0,
            sent: VecDeque::new(),
            round_trip: RoundTrip::default(),
            progress: now,
        }
    }

    /// Whether the window has room for another message of input.
    pub fn has_room(&self) -> bool {
        self.sent.len() < self.size
    }

    /// Whether the agent owes an acknowledgement.
    pub fn is_waiting(&self) -> bool {
        !self.sent.is_empty()
    }

    /// Gives the payload the next sequence number and keeps its frame until it is acknowledged. Messages that are not
    /// input do not need room.
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
            last_sent: now,
            times_sent: 1,
        });
        frame
    }

    /// Takes an acknowledgement. One of an unknown message is ignored.
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
        // Karn's algorithm: if a message was sent twice, it is unknown which of the two is acknowledged.
        if sent.times_sent == 1 {
            self.round_trip.sample(now.duration_since(sent.last_sent));
        }
        while self.sent.front().is_some_and(|sent| sent.acknowledged) {
            self.sent.pop_front();
        }
    }

    /// When the oldest message must be sent again.
    pub fn resend_deadline(&self) -> Option<Instant> {
        let oldest = self.sent.front()?;
        Some(oldest.last_sent + self.round_trip.timeout(oldest.times_sent - 1))
    }

    /// The frame of the oldest message, if it must be sent again now.
    pub fn resend(&mut self, now: Instant) -> Option<Bytes> {
        if self.resend_deadline()? > now {
            return None;
        }
        let oldest = self.sent.front_mut()?;
        oldest.last_sent = now;
        oldest.times_sent += 1;
        Some(oldest.frame.clone())
    }

    /// The frames of all unacknowledged messages, for a new connection.
    pub fn resend_all(&mut self, now: Instant) -> impl Iterator<Item = Bytes> {
        self.progress = now;
        self.sent
            .iter_mut()
            .filter(|sent| !sent.acknowledged)
            .map(move |sent| {
                sent.last_sent = now;
                sent.times_sent += 1;
                sent.frame.clone()
            })
    }

    /// Since when the agent has acknowledged nothing, if it owes an acknowledgement.
    pub fn waiting_since(&self) -> Option<Instant> {
        self.is_waiting().then_some(self.progress)
    }

    /// Starts all timeouts again, because the client itself was not reading.
    pub fn restart_timeouts(&mut self, now: Instant) {
        self.progress = now;
        for sent in &mut self.sent {
            sent.last_sent = now;
            // The next acknowledgement may have waited for the client, so it does not measure the round trip.
            sent.times_sent = sent.times_sent.max(2);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn ms(milliseconds: u64) -> Duration {
        Duration::from_millis(milliseconds)
    }

    fn push(window: &mut SendWindow, now: Instant) -> Bytes {
        window.push(PayloadType::Output, Bytes::from_static(b"x"), now)
    }

    #[test]
    fn sequence_numbers_begin_at_zero_and_have_no_gaps() {
        let start = Instant::now();
        let mut window = SendWindow::new(SessionType::Shell, start);
        for expected in 0..3 {
            let message = AgentMessage::decode(push(&mut window, start)).unwrap();
            assert_eq!(message.sequence, expected);
            assert_eq!(message.flags, 0);
        }
    }

    #[test]
    fn only_the_oldest_is_sent_again_with_the_same_bytes() {
        let start = Instant::now();
        let mut window = SendWindow::new(SessionType::Shell, start);
        let first = push(&mut window, start);
        let second = push(&mut window, start + ms(1));
        assert_eq!(window.resend(start + ms(199)), None);
        assert_eq!(window.resend(start + ms(200)), Some(first.clone()));
        // Twice as long, counted from this transmission.
        assert_eq!(window.resend(start + ms(599)), None);
        assert_eq!(window.resend(start + ms(600)), Some(first), "and again");
        window.acknowledge(0, start + ms(601));
        assert_eq!(window.resend(start + ms(601)), Some(second));
    }

    #[test]
    fn acknowledgements_can_be_reordered_and_repeated() {
        let start = Instant::now();
        let mut window = SendWindow::new(SessionType::Shell, start);
        for _ in 0..SHELL_WINDOW {
            assert!(window.has_room());
            push(&mut window, start);
        }
        assert!(!window.has_room());
        for sequence in [63, 1, 1, 64, 1000, -1, i64::MIN, i64::MAX] {
            window.acknowledge(sequence, start);
        }
        assert!(!window.has_room(), "the first holds the window");
        window.acknowledge(0, start);
        assert_eq!(window.sent.len(), SHELL_WINDOW - 2);
        window.acknowledge(0, start);
        for sequence in 2..63 {
            window.acknowledge(sequence, start);
        }
        assert!(!window.is_waiting());
        assert_eq!(window.resend_deadline(), None);
    }

    #[test]
    fn a_message_sent_twice_does_not_measure_the_round_trip() {
        let start = Instant::now();
        let mut window = SendWindow::new(SessionType::Shell, start);
        push(&mut window, start);
        assert!(window.resend(start + ms(900)).is_some());
        window.acknowledge(0, start + ms(1800));
        let later = start + ms(2000);
        push(&mut window, later);
        assert_eq!(window.resend_deadline(), Some(later + ms(200)));
    }

    #[test]
    fn a_new_connection_gets_all_unacknowledged_messages() {
        let start = Instant::now();
        let mut window = SendWindow::new(SessionType::Shell, start);
        let frames: Vec<Bytes> = (0..3).map(|_| push(&mut window, start)).collect();
        window.acknowledge(1, start);
        let again: Vec<Bytes> = window.resend_all(start + ms(5)).collect();
        assert_eq!(again, [frames[0].clone(), frames[2].clone()]);
    }

    #[test]
    fn waiting_starts_at_the_last_acknowledgement() {
        let start = Instant::now();
        let mut window = SendWindow::new(SessionType::Shell, start);
        assert_eq!(window.waiting_since(), None);
        push(&mut window, start + ms(500));
        push(&mut window, start + ms(600));
        assert_eq!(window.waiting_since(), Some(start + ms(500)));
        window.acknowledge(0, start + ms(1100));
        assert_eq!(window.waiting_since(), Some(start + ms(1100)));
        window.restart_timeouts(start + ms(1300));
        assert_eq!(window.waiting_since(), Some(start + ms(1300)));
    }
}
