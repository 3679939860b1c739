//! What a feed owes to its broker and its engine: the messages between wire and commit.
//!
//! In: deliveries of a connection, the committed mark. Out: batches for the engine, and the receipts that
//! may be acknowledged.
//!
//! Invariants:
//! - It holds receipts of the connection that stands only, so that an acknowledgement of an earlier one
//!   cannot exist.
//! - Receipts are given out in the order of the deliveries, none before its ticket is committed.
//! - Past a message that was not taken, or not handed over, nothing is taken until a new connection; what
//!   was not taken is never acknowledged.
//!
//! It has no IO and no clock: the feed drives it, and so does the simulation of the tests.
//!
//! Source: MQTT 5.0 [MQTT-4.6.0-2] (order of PUBACKs), 4.4 (an unacknowledged message comes again only on a
//! new connection).

use std::collections::VecDeque;

use bytes::Bytes;

use super::config::Config;
use super::session::{Delivery, Receipt};
use super::{Message, Ticket};

/// Bytes kept of an oversized payload, enough to recognise its sender.
const HEAD: usize = 1024;

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It stands in the open batch.
    Whole,
    /// Its head does; the rest is above `max_payload_bytes`.
    Cut,
    /// It was left to the broker, or is lost where nobody asked for an acknowledgement.
    Left,
    /// It was the first one to be left: there is no room, and nothing is taken any more.
    Overflow,
}

/// The messages of one feed between wire and commit.
#[derive(Debug)]
pub struct Ledger {
    /// Messages held without acknowledgement at most.
    hold: usize,
    max_payload_bytes: usize,
    generation: u64,
    /// Tickets issued so far, over all connections.
    issued: u64,
    unacked: VecDeque<(u64, Receipt)>,
    batch: Vec<Message>,
    open: bool,
}

impl Ledger {
    /// A ledger without a connection.
    #[must_use]
    pub fn new(config: &Config) -> Self {
        Self {
            hold: config.hold(),
            max_payload_bytes: config.max_payload_bytes,
            generation: 0,
            issued: 0,
            unacked: VecDeque::with_capacity(config.inflight.into()),
            batch: Vec::new(),
            open: true,
        }
    }

    /// A connection stands; gives its number.
    pub const fn connected(&mut self) -> u64 {
        self.generation += 1;
        self.generation
    }

    /// The connection is over: its receipts are worth nothing any more, and the next one may deliver.
    pub fn disconnected(&mut self) {
        self.unacked.clear();
        self.open = true;
    }

    /// Takes a message, unless there is no room for it.
    pub fn deliver(&mut self, delivery: Delivery, committed: u64) -> Taken {
        if !self.open {
            return Taken::Left;
        }
        if delivery.receipt.is_some() {
            if self.unacked.len() >= self.hold {
                self.open = false;
                return Taken::Overflow;
            }
        } else if self.outstanding(committed) >= self.hold + self.unacked.len() {
            return Taken::Left;
        }
        self.issued += 1;
        let ticket = Ticket { generation: self.generation, number: self.issued };
        if let Some(receipt) = delivery.receipt {
            self.unacked.push_back((ticket.number, receipt));
        }
        let length = delivery.payload.len();
        let oversized = (length > self.max_payload_bytes).then_some(length);
        let payload = match oversized {
            Some(_) => Bytes::copy_from_slice(&delivery.payload[..length.min(HEAD)]),
            None => delivery.payload,
        };
        self.batch.push(Message {
            topic: delivery.topic,
            payload,
            ticket,
            retained: delivery.retained,
            duplicate: delivery.duplicate,
            oversized,
        });
        if oversized.is_some() { Taken::Cut } else { Taken::Whole }
    }

    /// Takes nothing any more on this connection; true when it did until now.
    pub const fn close(&mut self) -> bool {
        let was_open = self.open;
        self.open = false;
        was_open
    }

    /// Whether messages are taken.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.open
    }

    /// How many messages wait to be handed over.
    #[must_use]
    pub const fn waiting(&self) -> usize {
        self.batch.len()
    }

    /// The messages to hand over, in the order of the wire.
    pub fn take_batch(&mut self) -> Vec<Message> {
        std::mem::take(&mut self.batch)
    }

    /// The last `count` messages could not be handed over: they count as never taken.
    pub fn take_back(&mut self, count: usize) {
        self.issued -= count as u64;
        while self.unacked.back().is_some_and(|(number, _)| *number > self.issued) {
            self.unacked.pop_back();
        }
    }

    /// Gives out, oldest first, the receipts of what is committed, until `ack` refuses one. Returns how many
    /// it took.
    pub fn acknowledge(&mut self, committed: u64, mut ack: impl FnMut(Receipt) -> bool) -> u64 {
        let mut acked = 0;
        while let Some((number, receipt)) = self.unacked.front() {
            if *number > committed || !ack(*receipt) {
                break;
            }
            self.unacked.pop_front();
            acked += 1;
        }
        acked
    }

    /// Messages of this connection whose acknowledgement is still held.
    #[must_use]
    pub fn unacked(&self) -> usize {
        self.unacked.len()
    }

    /// Whether nothing of this connection is owed to anybody.
    #[must_use]
    pub fn is_drained(&self) -> bool {
        self.unacked.is_empty() && self.batch.is_empty()
    }

    /// The mark that must be committed before another connection may bring as much as it can.
    #[must_use]
    pub const fn mark_for_room(&self) -> u64 {
        self.issued.saturating_sub(self.hold as u64)
    }

    /// Messages between wire and commit, of this and earlier connections.
    fn outstanding(&self, committed: u64) -> usize {
        usize::try_from(self.issued.saturating_sub(committed)).unwrap_or(usize::MAX)
    }
}
