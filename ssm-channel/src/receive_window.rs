//! Puts the agent's messages in order.

use std::collections::BTreeMap;

use crate::message::AgentMessage;

/// How far ahead of the expected message one can be: a wrong number must not take memory without end.
const MAX_AHEAD: i64 = 10_000;
/// How many bytes can wait for a missing message.
const MAX_HELD_BYTES: usize = 16 << 20;

#[derive(Default)]
pub struct ReceiveWindow {
    expected: i64,
    held: BTreeMap<i64, AgentMessage>,
    held_bytes: usize,
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// Stored: acknowledge it.
    Accepted,
    /// Received before, so its acknowledgement was lost: acknowledge it again, or the agent keeps sending it.
    Duplicate,
    /// No room: do not acknowledge it, and the agent sends it again.
    Dropped,
}

impl ReceiveWindow {
    pub fn receive(&mut self, message: AgentMessage) -> Receipt {
        let sequence = message.sequence;
        if sequence < self.expected || self.held.contains_key(&sequence) {
            return Receipt::Duplicate;
        }
        let fits = self.held_bytes + message.payload.len() <= MAX_HELD_BYTES;
        // There is always room for the expected one.
        if sequence != self.expected && (sequence - self.expected >= MAX_AHEAD || !fits) {
            return Receipt::Dropped;
        }
        self.held_bytes += message.payload.len();
        self.held.insert(sequence, message);
        Receipt::Accepted
    }

    /// The next message in order, if it has arrived.
    pub fn next(&mut self) -> Option<AgentMessage> {
        let message = self.held.remove(&self.expected)?;
        self.held_bytes -= message.payload.len();
        self.expected += 1;
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use proptest::prelude::*;

    use super::*;
    use crate::message::MessageType;
    use crate::payload::PayloadType;

    fn message(sequence: i64, payload: Bytes) -> AgentMessage {
        AgentMessage::stream(
            MessageType::OutputStreamData,
            sequence,
            PayloadType::Output,
            payload,
        )
    }

    fn receive(window: &mut ReceiveWindow, sequence: i64) -> Receipt {
        window.receive(message(sequence, Bytes::from_static(b"x")))
    }

    #[test]
    fn new_repeated_and_distant_messages_are_distinguished() {
        let mut window = ReceiveWindow::default();
        assert_eq!(receive(&mut window, 1), Receipt::Accepted);
        assert_eq!(receive(&mut window, 1), Receipt::Duplicate);
        assert_eq!(window.next(), None);
        assert_eq!(receive(&mut window, 0), Receipt::Accepted);
        assert_eq!(window.next().unwrap().sequence, 0);
        assert_eq!(window.next().unwrap().sequence, 1);
        assert_eq!(receive(&mut window, 0), Receipt::Duplicate);
        assert_eq!(receive(&mut window, -1), Receipt::Duplicate);
        assert_eq!(receive(&mut window, i64::MAX), Receipt::Dropped);
        assert_eq!(receive(&mut window, 2 + MAX_AHEAD), Receipt::Dropped);
        assert_eq!(receive(&mut window, 1 + MAX_AHEAD), Receipt::Accepted);
    }

    #[test]
    fn waiting_messages_are_bounded_and_the_missing_one_fits() {
        let mut window = ReceiveWindow::default();
        let half = Bytes::from(vec![0; MAX_HELD_BYTES / 2]);
        assert_eq!(window.receive(message(1, half.clone())), Receipt::Accepted);
        assert_eq!(window.receive(message(2, half.clone())), Receipt::Accepted);
        assert_eq!(receive(&mut window, 3), Receipt::Dropped);
        assert_eq!(window.receive(message(0, half)), Receipt::Accepted);
        while window.next().is_some() {}
        assert_eq!(receive(&mut window, 3), Receipt::Accepted);
        assert_eq!(window.held_bytes, 1);
    }

    proptest! {
        /// Each message is delivered once and in order, regardless of the order and number of arrivals.
        #[test]
        fn messages_are_delivered_in_order(
            arrivals in (1i64..60).prop_flat_map(|count| {
                let all: Vec<i64> = (0..count).chain(0..count).collect();
                Just(all).prop_shuffle()
            }),
        ) {
            let mut window = ReceiveWindow::default();
            let mut came_out = Vec::new();
            for sequence in &arrivals {
                prop_assert_ne!(receive(&mut window, *sequence), Receipt::Dropped);
                came_out.extend(std::iter::from_fn(|| window.next()).map(|next| next.sequence));
            }
            let count = i64::try_from(arrivals.len() / 2).unwrap();
            prop_assert_eq!(came_out, (0..count).collect::<Vec<_>>());
            prop_assert_eq!(window.held_bytes, 0);
        }
    }
}
