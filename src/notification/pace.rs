//! When the next try may go: pure functions of the tries that are recorded.
//!
//! Invariants: a restart changes nothing; in any minute and any second no more tries go by a channel than it
//! bears, however long each takes to arrive: a try counts from when it ended, since it arrived by then.
//!
//! Source: pitfalls.md 3.5.

use sha2::{Digest, Sha256};

use super::Pace;
use super::rules::Retry;
use crate::time::Instant;

const SECOND_MS: i64 = 1000;
const MINUTE_MS: i64 = 60 * SECOND_MS;
const HALF_HOUR_MS: i64 = 30 * MINUTE_MS;
/// So long before the full or half hour, too: what goes then may arrive after it.
const LEAD_MS: i64 = 5 * SECOND_MS;

/// How long tries are remembered for the pace.
pub(super) const REMEMBERED_MS: i64 = MINUTE_MS;

fn plus_ms(at: Instant, millis: i64) -> Instant {
    Instant::from_millis(at.millis().saturating_add(millis))
}

impl Pace {
    /// The first moment from `now` on at which it bears one more try after those that began at `tries`.
    #[must_use]
    pub fn free_at(&self, tries: &[Instant], now: Instant) -> Instant {
        free_at(self, tries, None, now)
    }
}

/// The first moment from `now` on at which a channel bears one more try. `tries` are the moments at which
/// earlier ones ended, or began where they have not ended; `hold` is what the receiver asked for.
pub(super) fn free_at(
    pace: &Pace,
    tries: &[Instant],
    hold: Option<Instant>,
    now: Instant,
) -> Instant {
    let mut at = hold.map_or(now, |hold| hold.max(now));
    let mut times = tries.to_vec();
    times.sort_unstable();
    for (most, span) in [(pace.per_min, MINUTE_MS), (pace.per_s, SECOND_MS)] {
        let Some(most) = most else { continue };
        let most = usize::try_from(most.max(1)).unwrap_or(usize::MAX);
        // The one that has to be a span old before another may go.
        if let Some(oldest) = times.len().checked_sub(most).and_then(|place| times.get(place)) {
            at = at.max(plus_ms(*oldest, span));
        }
    }
    past_half_hour(pace, at)
}

/// Beyond the rush of the full and the half hour.
fn past_half_hour(pace: &Pace, at: Instant) -> Instant {
    let avoid = i64::from(pace.avoid_half_hours_s) * SECOND_MS;
    if avoid == 0 {
        return at;
    }
    let into = (at.millis() + LEAD_MS).rem_euclid(HALF_HOUR_MS);
    if into < avoid + LEAD_MS { plus_ms(at, avoid + LEAD_MS - into) } else { at }
}

/// When a message is tried again whose `failed`-th try ended at `ended` without success. Messages that failed
/// together do not come back together.
pub(super) fn again_at(retry: &Retry, key: &str, failed: u32, ended: Instant) -> Instant {
    let doubled = 1_i64.checked_shl(failed.saturating_sub(1).min(20)).unwrap_or(i64::MAX);
    let wait = i64::from(retry.first_s).saturating_mul(doubled).min(i64::from(retry.most_s));
    let wait_ms = wait.saturating_mul(SECOND_MS);
    let digest = Sha256::digest(format!("{key} {failed}"));
    // Between three and five quarters.
    let share = i64::from(digest[0]) * 256 + i64::from(digest[1]);
    plus_ms(ended, wait_ms * 3 / 4 + wait_ms / 2 * share / 65_535)
}

/// The first moment from `at` on that is not quiet, for a span of minutes of the day.
pub(super) fn after_quiet(quiet: Option<(u16, u16)>, at: Instant) -> Instant {
    let Some((from, to)) = quiet else { return at };
    let day = at.hour().day().start().start();
    let minute = (at.millis() - day.millis()) / MINUTE_MS;
    let (from, to) = (i64::from(from), i64::from(to));
    let end = |minutes| day.plus_minutes(minutes);
    match from <= to {
        true if (from..to).contains(&minute) => end(to),
        false if minute < to => end(to),
        false if minute >= from => end(to + 24 * 60),
        _ => at,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        Instant::parse_rfc3339(&format!("2026-11-{text}+08:00")).expect("a time")
    }

    const PACE: Pace = Pace { per_min: Some(3), per_s: None, avoid_half_hours_s: 0, at_once: 1 };

    #[test]
    fn a_try_waits_until_as_many_as_a_minute_bears_are_a_minute_old() {
        let tries = ["01T08:10:00", "01T08:10:20", "01T08:10:30"].map(at);
        assert_eq!(free_at(&PACE, &tries[..2], None, at("01T08:10:31")), at("01T08:10:31"));
        assert_eq!(free_at(&PACE, &tries, None, at("01T08:10:31")), at("01T08:11:00"));
        assert_eq!(free_at(&PACE, &tries, None, at("01T08:11:00")), at("01T08:11:00"));
        let mixed = [tries[2], tries[0], tries[1]];
        assert_eq!(free_at(&PACE, &mixed, None, at("01T08:10:31")), at("01T08:11:00"));
    }

    #[test]
    fn what_a_receiver_asks_for_holds_the_channel() {
        let hold = Some(at("01T08:20:00"));
        assert_eq!(free_at(&PACE, &[], hold, at("01T08:10:31")), at("01T08:20:00"));
        assert_eq!(free_at(&PACE, &[], hold, at("01T08:20:01")), at("01T08:20:01"));
    }

    #[test]
    fn nothing_goes_on_the_hour_or_the_half_hour() {
        let pace = Pace { avoid_half_hours_s: 60, per_min: None, ..PACE };
        for (now, free) in [
            ("01T08:29:54", "01T08:29:54"),
            ("01T08:29:55", "01T08:31:00"),
            ("01T08:30:59", "01T08:31:00"),
            ("01T08:31:00", "01T08:31:00"),
            ("01T08:59:59", "01T09:01:00"),
            ("29T23:59:59", "30T00:01:00"),
        ] {
            assert_eq!(free_at(&pace, &[], None, at(now)), at(free), "{now}");
        }
    }

    #[test]
    fn tries_come_twice_as_late_each_time_and_not_together() {
        let retry = Retry { first_s: 8, most_s: 100, ..Retry::default() };
        let wait = |key: &str, n| again_at(&retry, key, n, Instant::from_millis(0)).millis();
        for (n, mean) in [(1, 8_000), (2, 16_000), (3, 32_000), (5, 100_000), (60, 100_000)] {
            let waits: Vec<i64> = (0..50).map(|k| wait(&format!("k{k}"), n)).collect();
            assert!(waits.iter().all(|w| (mean * 3 / 4..=mean * 5 / 4).contains(w)), "{waits:?}");
            let (least, most) = (waits.iter().min(), waits.iter().max());
            assert!(most.zip(least).is_some_and(|(m, l)| m - l > mean / 5), "{waits:?}");
        }
        assert_eq!(wait("k", 2), wait("k", 2), "the same after a restart");
    }

    #[test]
    fn quiet_hours_end_at_their_end_over_midnight_too() {
        let night = Some((22 * 60, 7 * 60));
        assert_eq!(after_quiet(night, at("01T21:59:59")), at("01T21:59:59"));
        assert_eq!(after_quiet(night, at("01T22:00:00")), at("02T07:00:00"));
        assert_eq!(after_quiet(night, at("02T06:59:00")), at("02T07:00:00"));
        assert_eq!(after_quiet(night, at("02T07:00:00")), at("02T07:00:00"));
        let noon = Some((12 * 60, 13 * 60));
        assert_eq!(after_quiet(noon, at("02T12:30:00")), at("02T13:00:00"));
        assert_eq!(after_quiet(noon, at("02T13:00:00")), at("02T13:00:00"));
    }
}
