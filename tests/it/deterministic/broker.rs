//! A broker of MQTT QoS 1 as the protocol describes it, for one subscriber with a persistent session.
//!
//! A window of messages without acknowledgement, sent in order; all of them again, in order and marked as
//! duplicates, on a new connection; the rest waits. It holds the subscriber to its duties: each PUBACK is
//! for the oldest message, and for one that this connection has brought.

use std::collections::VecDeque;

/// A message, by its number among the letters of the world.
pub(super) type Letter = usize;

/// A message without acknowledgement.
#[derive(Debug)]
struct Inflight {
    id: u16,
    letter: Letter,
    /// On the connection that stands.
    sent: bool,
    /// On an earlier one.
    before: bool,
}

/// A PUBLISH packet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Packet {
    pub(super) id: u16,
    pub(super) letter: Letter,
    pub(super) duplicate: bool,
}

#[derive(Debug)]
pub(super) struct Broker {
    /// How many messages it sends without acknowledgement; above what was announced when it errs.
    window: usize,
    waiting: VecDeque<Letter>,
    inflight: VecDeque<Inflight>,
    connected: bool,
    last_id: u16,
}

impl Broker {
    pub(super) fn new(window: usize) -> Self {
        let (waiting, inflight) = (VecDeque::new(), VecDeque::new());
        Self { window, waiting, inflight, connected: false, last_id: 0 }
    }

    /// Takes a message of a publisher, whom it acknowledges.
    pub(super) fn publish(&mut self, letter: Letter) {
        self.waiting.push_back(letter);
    }

    pub(super) fn connect(&mut self) {
        self.connected = true;
    }

    /// The connection is over, or the broker itself: it keeps the session and its queue.
    pub(super) fn disconnect(&mut self) {
        self.connected = false;
        for message in &mut self.inflight {
            message.before |= message.sent;
            message.sent = false;
        }
    }

    pub(super) fn may_send(&self) -> bool {
        let unsent = self.inflight.iter().any(|m| !m.sent);
        let room = self.inflight.len() < self.window && !self.waiting.is_empty();
        self.connected && (unsent || room)
    }

    /// The next packet on the connection that stands.
    pub(super) fn send(&mut self) -> Option<Packet> {
        if !self.inflight.iter().any(|m| !m.sent) {
            let letter = self.waiting.pop_front()?;
            self.last_id = self.last_id % 60_000 + 1;
            let id = self.last_id;
            self.inflight.push_back(Inflight { id, letter, sent: false, before: false });
        }
        let next = self.inflight.iter_mut().find(|m| !m.sent)?;
        next.sent = true;
        Some(Packet { id: next.id, letter: next.letter, duplicate: next.before })
    }

    /// Takes a PUBACK.
    pub(super) fn acknowledged(&mut self, id: u16) {
        let oldest = self.inflight.pop_front().expect("a PUBACK for nothing");
        assert!(oldest.id == id, "PUBACK {id} out of order: the oldest is {}", oldest.id);
        assert!(oldest.sent, "PUBACK {id} for a message of an earlier connection");
    }

    pub(super) fn is_drained(&self) -> bool {
        self.waiting.is_empty() && self.inflight.is_empty()
    }
}
