//! The agent's messages in their order: the receive window.

use std::collections::BTreeMap;

use crate::message::AgentMessage;

/// How far ahead of the next message one may be, so that a wrong number cannot make us wait for ever
/// or hold what never ends.
const AHEAD: i64 = 10_000;
/// How many bytes may wait for a message that is missing.
const HELD_BYTES: usize = 16 << 20;

#[derive(Default)]
pub struct Incoming {
    expected: i64,
    held: BTreeMap<i64, AgentMessage>,
    held_bytes: usize,
}

/// What to tell the agent about a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    /// It is kept: acknowledge it.
    Kept,
    /// It was here before, so its acknowledgement was lost: acknowledge it again, or the agent never stops
    /// sending it.
    Known,
    /// There is no room for it: say nothing, and the agent sends it again.
    Dropped,
}

impl Incoming {
    pub fn receive(&mut self, message: AgentMessage) -> Receipt {
        let sequence = message.sequence;
        if sequence < self.expected || self.held.contains_key(&sequence) {
            return Receipt::Known;
        }
        let fits = self.held_bytes + message.payload.len() <= HELD_BYTES;
        // The one that all wait for always fits.
        if sequence != self.expected && (sequence - self.expected >= AHEAD || !fits) {
            return Receipt::Dropped;
        }
        self.held_bytes += message.payload.len();
        self.held.insert(sequence, message);
        Receipt::Kept
    }

    /// The next message in order, once it is here.
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

    fn receive(incoming: &mut Incoming, sequence: i64) -> Receipt {
        incoming.receive(message(sequence, Bytes::from_static(b"x")))
    }

    #[test]
    fn repeats_are_told_from_what_is_new_and_from_what_is_too_far() {
        let mut incoming = Incoming::default();
        assert_eq!(receive(&mut incoming, 1), Receipt::Kept);
        assert_eq!(receive(&mut incoming, 1), Receipt::Known);
        assert_eq!(incoming.next(), None);
        assert_eq!(receive(&mut incoming, 0), Receipt::Kept);
        assert_eq!(incoming.next().unwrap().sequence, 0);
        assert_eq!(incoming.next().unwrap().sequence, 1);
        assert_eq!(receive(&mut incoming, 0), Receipt::Known);
        assert_eq!(receive(&mut incoming, -1), Receipt::Known);
        assert_eq!(receive(&mut incoming, i64::MAX), Receipt::Dropped);
        assert_eq!(receive(&mut incoming, 2 + AHEAD), Receipt::Dropped);
        assert_eq!(receive(&mut incoming, 1 + AHEAD), Receipt::Kept);
    }

    #[test]
    fn what_waits_is_bounded_and_the_missing_one_still_fits() {
        let mut incoming = Incoming::default();
        let half = Bytes::from(vec![0; HELD_BYTES / 2]);
        assert_eq!(incoming.receive(message(1, half.clone())), Receipt::Kept);
        assert_eq!(incoming.receive(message(2, half.clone())), Receipt::Kept);
        assert_eq!(receive(&mut incoming, 3), Receipt::Dropped);
        assert_eq!(incoming.receive(message(0, half)), Receipt::Kept);
        while incoming.next().is_some() {}
        assert_eq!(receive(&mut incoming, 3), Receipt::Kept);
        assert_eq!(incoming.held_bytes, 1);
    }

    proptest! {
        /// Whatever the order and however often each arrives, each comes out once and in order.
        #[test]
        fn order_is_restored(
            arrivals in (1i64..60).prop_flat_map(|count| {
                let all: Vec<i64> = (0..count).chain(0..count).collect();
                Just(all).prop_shuffle()
            }),
        ) {
            let mut incoming = Incoming::default();
            let mut came_out = Vec::new();
            for sequence in &arrivals {
                prop_assert_ne!(receive(&mut incoming, *sequence), Receipt::Dropped);
                came_out.extend(std::iter::from_fn(|| incoming.next()).map(|next| next.sequence));
            }
            let count = i64::try_from(arrivals.len() / 2).unwrap();
            prop_assert_eq!(came_out, (0..count).collect::<Vec<_>>());
            prop_assert_eq!(incoming.held_bytes, 0);
        }
    }
}
