//! Group commit: when the open batch is cut, and what waits for the batches on their way.
//!
//! In: messages and acts as they are taken, monotonic time. Out: when to commit, and in which order what
//! waits is released.
//!
//! A batch is committed when it holds `commit_max_messages` or is `commit_max_ms` old; and earlier when the
//! store is idle and the batch is worth a transaction of its own: so a lone message waits a few milliseconds,
//! and a flood shares its transactions.
//!
//! Invariants: at most [`IN_FLIGHT_MAX`] batches are on their way; what waits is released in the order in
//! which it was sealed, one for each commit that is durable. No IO, no clock.

use std::collections::VecDeque;
use std::time::Duration;

use crate::ingest;

/// Batches that may be on their way to the disk at once.
pub const IN_FLIGHT_MAX: usize = 4;
/// While the store is idle, a batch of this many messages, or of this age, is committed (measured through
/// Mosquitto on two cores: 6 % less processor time than committing at once, as many messages or more).
const WORTH_MESSAGES: usize = 256;
const WORTH_AGE: Duration = Duration::from_millis(3);

/// How batches are cut.
#[derive(Clone, Copy, Debug)]
pub struct GroupCommit {
    /// A batch of this many messages is committed at once.
    pub max_messages: usize,
    /// A batch is committed when it is this old, in milliseconds.
    pub max_ms: u64,
}

/// The open batch, and what is held until the sealed ones are durable. Times are monotonic.
#[derive(Debug)]
pub(super) struct Batcher<H> {
    group: GroupCommit,
    /// When the open batch got its first input.
    opened: Option<Duration>,
    messages: usize,
    held: VecDeque<H>,
}

impl<H> Batcher<H> {
    pub(super) const fn new(group: GroupCommit) -> Self {
        Self { group, opened: None, messages: 0, held: VecDeque::new() }
    }

    /// The open batch holds something from now on.
    pub(super) fn open(&mut self, now: Duration) {
        self.opened.get_or_insert(now);
    }

    /// As many messages more are in the open batch.
    pub(super) fn add(&mut self, messages: usize, now: Duration) {
        self.messages += messages;
        self.open(now);
    }

    /// Whether one more batch may be on its way.
    pub(super) fn has_room(&self) -> bool {
        self.held.len() < IN_FLIGHT_MAX
    }

    /// Whether nothing is open, and nothing on its way.
    pub(super) fn is_idle(&self) -> bool {
        self.opened.is_none() && self.held.is_empty()
    }

    /// Whether the open batch is to be sealed; in `ending` at once.
    pub(super) fn is_due(&self, now: Duration, ending: bool) -> bool {
        let Some(opened) = self.opened else { return false };
        let age = now.saturating_sub(opened);
        let old = age >= Duration::from_millis(self.group.max_ms);
        let worth = self.messages >= WORTH_MESSAGES || age >= WORTH_AGE;
        let idle = self.held.is_empty() && worth;
        let full = self.messages >= self.group.max_messages;
        self.has_room() && (idle || full || old || ending)
    }

    /// The open batch is on its way; `held` waits for it.
    pub(super) fn seal(&mut self, held: H) {
        self.opened = None;
        self.messages = 0;
        self.held.push_back(held);
    }

    /// The oldest batch on its way is durable: what waited for it.
    pub(super) fn committed(&mut self) -> Option<H> {
        self.held.pop_front()
    }

    /// When the open batch becomes due by its age.
    pub(super) fn wake_at(&self) -> Option<Duration> {
        // With a full queue only a finished commit lets anything happen.
        let opened = self.opened.filter(|_| self.has_room())?;
        let old = opened + Duration::from_millis(self.group.max_ms);
        Some(if self.held.is_empty() { old.min(opened + WORTH_AGE) } else { old })
    }
}

/// Says at the start how fast the broker's window lets messages through.
pub(super) fn log_ceilings(connections: &[ingest::Config], group: GroupCommit) {
    for c in connections {
        let commit_ms = u32::try_from(group.max_ms).map_or(f64::INFINITY, f64::from);
        let ceiling = ingest::ceiling(c.inflight, commit_ms);
        tracing::info!(
            feed = c.name,
            inflight = c.inflight,
            commit_max_ms = group.max_ms,
            ceiling_messages_per_s = ceiling,
            "at most inflight / commit time; the broker's own window may be smaller"
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batcher() -> Batcher<u32> {
        Batcher::new(GroupCommit { max_messages: 300, max_ms: 50 })
    }

    fn ms(n: u64) -> Duration {
        Duration::from_millis(n)
    }

    #[test]
    fn a_lone_message_waits_three_milliseconds_while_the_store_is_idle() {
        let mut batcher = batcher();
        assert!(!batcher.is_due(ms(1000), true), "nothing is open");
        batcher.add(1, ms(1000));
        assert!(!batcher.is_due(ms(1002), false) && batcher.is_due(ms(1002), true));
        assert_eq!(batcher.wake_at(), Some(ms(1003)));
        assert!(batcher.is_due(ms(1003), false));
    }

    #[test]
    fn behind_a_commit_a_batch_waits_for_its_number_or_its_age() {
        let mut batcher = batcher();
        batcher.add(1, ms(0));
        batcher.seal(1);
        batcher.add(299, ms(10));
        assert_eq!(batcher.wake_at(), Some(ms(60)));
        assert!(!batcher.is_due(ms(59), false) && batcher.is_due(ms(60), false));
        batcher.add(1, ms(20));
        assert!(batcher.is_due(ms(20), false), "full");
    }

    #[test]
    fn four_are_on_their_way_at_most_and_released_in_order() {
        let mut batcher = batcher();
        for n in 0..4 {
            assert!(batcher.has_room());
            batcher.add(300, ms(n));
            batcher.seal(u32::try_from(n).unwrap());
        }
        batcher.add(300, ms(9));
        assert!(!batcher.is_due(ms(900), true) && batcher.wake_at().is_none());
        assert_eq!(batcher.committed(), Some(0));
        assert!(batcher.is_due(ms(900), false));
        batcher.seal(4);
        assert_eq!([(); 4].map(|()| batcher.committed()), [Some(1), Some(2), Some(3), Some(4)]);
        assert!(batcher.is_idle());
    }
}
