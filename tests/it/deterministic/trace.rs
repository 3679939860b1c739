//! What happened last, for the one who has to repeat it.

use std::collections::VecDeque;
use std::time::Duration;

/// Steps told when something does not hold.
const KEPT: usize = 40;

/// What can happen next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// A publisher's message reaches the broker; the number is the letter.
    Publish,
    /// It does not, and the publisher gives it up.
    Lost,
    /// The broker sends a message; the number is the letter.
    Send,
    /// The daemon reads it.
    Receive,
    /// The feed hands over what it has read.
    HandOver,
    /// The feed acknowledges what is committed, up to this ticket.
    Acknowledge,
    /// A PUBACK reaches the broker; the number is its packet id.
    Acknowledged,
    /// The feed leaves, to be sent again what it could not take.
    Leave,
    Connect,
    Refused,
    /// A turn of the engine; the number is the last batch.
    Turn,
    /// The store tries the oldest commit; the number is the last one in the file.
    Commit,
    /// The daemon starts; the number is the life.
    Start,
    EndedByItself,
    Cut,
    BrokerRestarts,
    Kill,
    Stop,
    DiskRefuses,
    WrittenButFailed,
    /// The number is the clock's error after it, in seconds.
    ClockSteps,
    ClockConfirmed,
    Silence,
    /// A person acts on what is shown; the number is the last batch.
    Act,
    Heal,
}

/// The last steps; tells them when it goes because something did not hold.
pub(super) struct Trace {
    seed: u64,
    last: VecDeque<(Duration, Step, i64)>,
    /// Over all steps, so that two runs can be compared.
    pub(super) digest: u64,
    pub(super) steps: u64,
}

impl Trace {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, last: VecDeque::with_capacity(KEPT), digest: 0, steps: 0 }
    }

    pub(super) fn note(&mut self, now: Duration, step: Step, number: i64) {
        if self.last.len() == KEPT {
            self.last.pop_front();
        }
        self.last.push_back((now, step, number));
        let mixed = self.digest.rotate_left(5) ^ step as u64 ^ number.unsigned_abs();
        let micros = u64::try_from(now.as_micros()).expect("a few years");
        self.digest = (mixed ^ micros).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.steps += 1;
    }
}

impl Drop for Trace {
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("the last steps of {}:", self.steps);
            for (now, step, number) in &self.last {
                println!("  {:>14.6} s  {step:?} {number}", now.as_secs_f64());
            }
            println!("repeat it with LANTIAN_SEED={}", self.seed);
        }
    }
}
