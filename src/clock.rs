//! The only reader of system clocks, and the clocks an area can go by.
//!
//! Out: [`now`]; [`Guard`], the system clock checked against monotonic time; [`Follow`], a clock that goes
//! by what a replay or simulation says.
//!
//! Invariants: a forward jump of more than an hour is not followed until a person confirms it, since it
//! would close hours that have not been; a followed clock never goes back, and at most a day forward a
//! step.

mod follow;

pub use follow::Follow;

use std::time::Duration;

use crate::time::Instant;

/// A forward jump beyond this waits for confirmation.
const JUMP_MS: i64 = 3_600_000;

/// The system clock's present time.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
pub fn now() -> Instant {
    Instant::from_millis(jiff::Timestamp::now().as_millisecond())
}

/// A point on the monotonic clock, for measuring how long things take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark(std::time::Instant);

impl Mark {
    /// This moment.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place where the clock is read")]
    pub fn now() -> Self {
        Self(std::time::Instant::now())
    }

    /// How long ago it was.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        Self::now().0.saturating_duration_since(self.0)
    }
}

/// The system clock, held when it jumps forward against monotonic time.
#[derive(Debug, Default)]
pub struct Guard {
    /// When the clock was last believed, by the wall and by monotonic time in milliseconds.
    last: Option<(Instant, i64)>,
    jumped_ms: Option<i64>,
}

impl Guard {
    /// The present time; while a jump is unconfirmed, the time that monotonic time says. `monotonic` counts
    /// from some beginning, the same one at each call.
    pub fn judge(&mut self, wall: Instant, monotonic: Duration) -> Instant {
        let mono_ms = i64::try_from(monotonic.as_millis()).unwrap_or(i64::MAX);
        if let Some((at, then_ms)) = self.last {
            let expected = Instant::from_millis(at.millis() + (mono_ms - then_ms));
            let ahead = wall.millis() - expected.millis();
            if ahead > JUMP_MS {
                self.jumped_ms = Some(ahead);
                return expected;
            }
        }
        self.jumped_ms = None;
        self.last = Some((wall, mono_ms));
        wall
    }

    /// How far the clock has jumped, while that is unconfirmed.
    #[must_use]
    pub const fn jumped_ms(&self) -> Option<i64> {
        self.jumped_ms
    }

    /// A person says that the clock is right.
    pub const fn confirm(&mut self) {
        self.last = None;
        self.jumped_ms = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_forward_jump_is_held_until_confirmed() {
        let (at, ms) = (Instant::from_millis, Duration::from_millis);
        let mut guard = Guard::default();
        assert_eq!(guard.judge(at(1000), ms(0)), at(1000));
        assert_eq!(
            guard.judge(at(1500 + JUMP_MS), ms(500)),
            at(1500 + JUMP_MS),
            "an hour is no jump"
        );
        let later = 1501 + 2 * JUMP_MS;
        assert_eq!(guard.judge(at(later), ms(500)), at(1500 + JUMP_MS));
        assert_eq!(guard.jumped_ms(), Some(JUMP_MS + 1));
        guard.confirm();
        assert_eq!(guard.judge(at(later), ms(600)), at(later));
        assert_eq!(guard.jumped_ms(), None);
    }

    #[test]
    fn a_jump_that_is_taken_back_needs_nobody() {
        let (at, ms) = (Instant::from_millis, Duration::from_millis);
        let mut guard = Guard::default();
        guard.judge(at(0), ms(0));
        guard.judge(at(10 * JUMP_MS), ms(10));
        assert!(guard.jumped_ms().is_some());
        assert_eq!(guard.judge(at(20), ms(20)), at(20));
        assert_eq!(guard.jumped_ms(), None);
    }
}
