//! Days and hours of sets that were read before, so that a large network is not added up for every page.
//!
//! In: figures as the store gave them, and each commit after it was written. Out: the same figures again,
//! until a commit changes something that they may rest on.
//!
//! Invariants: nothing is given again once a commit has touched what it may rest on (an hour is felt for two
//! days: by means over 24 hours, and by checks that look back as long); what was read before such a commit
//! and comes after it is not kept; what is kept is bounded.
//!
//! Why: 2,000 stations and a year are 17 million station-hours, three seconds of a processor.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::area::{AreaId, Figures, Member};
use crate::assessment::{DayFigures, DustColumn};
use crate::observation::Dataset;
use crate::pipeline::Batch;
use crate::standard::{Parameters, Practice};
use crate::store::Commit;
use crate::time::{DAY_H, Day, Hour};

/// Commits of an area that are looked back at, to see what a slow reader has missed.
const COMMITS: usize = 1_024;
/// Hours after its own in which a value can be felt: those of a mean, and of a check of one of its hours.
const FELT_H: i32 = 47;

/// Whose days, by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OfDays {
    pub(super) member: Member,
    pub(super) parameters: Parameters,
    pub(super) dataset: Dataset,
    pub(super) dust: DustColumn,
}

/// Whose hours, by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OfHours {
    pub(super) member: Member,
    pub(super) practice: Practice,
    pub(super) dataset: Dataset,
}

/// A day or an hour.
pub(super) trait Time: Copy + Ord {
    /// How many questions are remembered: a few sets by a few columns and datasets.
    const KEPT: usize;
    /// How many of them are kept of one question.
    const ENTRIES: usize;
    /// The one after it.
    fn next(self) -> Self;
    /// The one that an hour lies in.
    fn of(hour: Hour) -> Self;
}

impl Time for Day {
    const KEPT: usize = 32;
    /// Four years.
    const ENTRIES: usize = 1_500;

    fn next(self) -> Self {
        self.plus(1)
    }

    fn of(hour: Hour) -> Self {
        hour.day()
    }
}

impl Time for Hour {
    const KEPT: usize = 8;
    /// A year, the longest series: three megabytes.
    const ENTRIES: usize = 366 * DAY_H;

    fn next(self) -> Self {
        self.plus(1)
    }

    fn of(hour: Hour) -> Self {
        hour
    }
}

/// The first and the last hour of each span in which a commit may be felt.
fn felt(batch: &Batch) -> Vec<(Hour, Hour)> {
    let hours: BTreeSet<Hour> = batch.hours.iter().map(|(hour, ..)| *hour).collect();
    let days: BTreeSet<Day> = batch.station_days.iter().map(|of| of.day).collect();
    let of_hours = hours.into_iter().map(|hour| (hour, hour.plus(FELT_H)));
    let of_days = days.into_iter().map(|day| (day.start(), day.hour(DAY_H - 1).plus(FELT_H)));
    of_hours.chain(of_days).collect()
}

/// What is kept of a question; `None` where there was nothing.
type Entries<T, V> = BTreeMap<T, Option<V>>;

/// A commit by its number, and the hours in which it is felt.
type Written = (u64, Vec<(Hour, Hour)>);

#[derive(Debug)]
struct Inner<Q, T, V> {
    /// The last commits of each area, the newest last.
    commits: BTreeMap<AreaId, VecDeque<Written>>,
    /// What was asked for last stands last.
    kept: Vec<((AreaId, Q), Entries<T, V>)>,
}

/// Figures that are kept, by question and time.
#[derive(Debug)]
pub(super) struct Kept<Q, T, V>(Mutex<Inner<Q, T, V>>);

impl<Q, T, V> Default for Kept<Q, T, V> {
    fn default() -> Self {
        Self(Mutex::new(Inner { commits: BTreeMap::new(), kept: Vec::new() }))
    }
}

impl<Q: Clone + PartialEq, T: Time, V: Clone> Kept<Q, T, V> {
    fn inner(&self) -> MutexGuard<'_, Inner<Q, T, V>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept of a span.
    pub(super) fn of(&self, area: &AreaId, question: &Q, (from, to): (T, T)) -> Entries<T, V> {
        let mut inner = self.inner();
        let asked = |of: &(AreaId, Q)| of.0 == *area && of.1 == *question;
        let Some(at) = inner.kept.iter().position(|(of, _)| asked(of)) else {
            return Entries::new();
        };
        let entry = inner.kept.remove(at);
        let held = entry.1.range(from..=to).map(|(time, figures)| (*time, figures.clone()));
        let held = held.collect();
        inner.kept.push(entry);
        held
    }

    /// The last commit that is written of an area, as far as it is known: what is read from now on holds it.
    pub(super) fn last(&self, area: &AreaId) -> u64 {
        let inner = self.inner();
        inner.commits.get(area).and_then(VecDeque::back).map_or(0, |(sequence, _)| *sequence)
    }

    /// Keeps what was read when commit `since` of the area was the last one.
    pub(super) fn keep(&self, area: &AreaId, question: &Q, since: u64, read: &Entries<T, V>) {
        let mut inner = self.inner();
        let mut fresh = read.clone();
        if let Some(commits) = inner.commits.get(area) {
            // Of those before it nobody knows any more.
            let oldest = commits.front().map_or(0, |(sequence, _)| *sequence);
            if commits.len() == COMMITS && since + 1 < oldest {
                return;
            }
            let missed = commits.iter().filter(|(sequence, _)| *sequence > since);
            missed.flat_map(|(_, felt)| felt).for_each(|span| take_out(&mut fresh, *span));
        }
        let of = (area.clone(), question.clone());
        let at = inner.kept.iter().position(|(held, _)| *held == of).unwrap_or_else(|| {
            if inner.kept.len() == T::KEPT {
                inner.kept.remove(0);
            }
            inner.kept.push((of, Entries::new()));
            inner.kept.len() - 1
        });
        let kept = &mut inner.kept[at].1;
        kept.extend(fresh);
        while kept.len() > T::ENTRIES {
            kept.pop_first();
        }
    }

    /// Lets go of what a commit may have changed; called once it is written.
    pub(super) fn written(&self, commit: &Commit) {
        let mut inner = self.inner();
        for of in &commit.areas {
            let felt = felt(&of.batch);
            let Inner { commits, kept } = &mut *inner;
            for (_, entries) in kept.iter_mut().filter(|((area, _), _)| *area == of.area) {
                felt.iter().for_each(|span| take_out(entries, *span));
            }
            let commits = commits.entry(of.area.clone()).or_default();
            commits.push_back((of.batch.sequence, felt));
            if commits.len() > COMMITS {
                commits.pop_front();
            }
        }
    }
}

/// Takes out what lies in a span of hours.
fn take_out<T: Time, V>(entries: &mut Entries<T, V>, (from, to): (Hour, Hour)) {
    let gone: Vec<T> = entries.range(T::of(from)..=T::of(to)).map(|(time, _)| *time).collect();
    for time in gone {
        entries.remove(&time);
    }
}

/// The spans within `from` to `to` that are not held, ascending.
pub(super) fn missing<T: Time, V>(held: &Entries<T, V>, (from, to): (T, T)) -> Vec<(T, T)> {
    let mut spans: Vec<(T, T)> = Vec::new();
    let mut time = from;
    while time <= to {
        match spans.last_mut() {
            _ if held.contains_key(&time) => {}
            Some((_, last)) if last.next() == time => *last = time,
            _ => spans.push((time, time)),
        }
        time = time.next();
    }
    spans
}

/// Everything that hears of each commit.
#[derive(Debug, Default)]
pub(super) struct AllKept {
    pub(super) days: Kept<OfDays, Day, DayFigures>,
    pub(super) hours: Kept<OfHours, Hour, Figures>,
}

impl AllKept {
    /// Lets go of what a commit may have changed; called once it is written.
    pub(super) fn written(&self, commit: &Commit) {
        self.days.written(commit);
        self.hours.written(commit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::average::MISSING;
    use crate::pipeline::StoredDay;
    use crate::store::AreaCommit;

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    fn area(code: &str) -> AreaId {
        AreaId::new(code).expect("legal")
    }

    fn question() -> OfDays {
        OfDays {
            member: Member::Set(0),
            parameters: Parameters::default(),
            dataset: Dataset::Best,
            dust: DustColumn::Measured,
        }
    }

    /// What the store holds of a span, without values.
    fn read(from: &str, to: &str) -> Entries<Day, DayFigures> {
        let days = (day(from).number()..=day(to).number()).map(Day::from_number);
        let hours = [[MISSING; DAY_H]; crate::observation::Pollutant::COUNT];
        let figures = |day| DayFigures::of_station(day, &hours, &Parameters::default());
        days.map(|day| (day, Some(figures(day)))).collect()
    }

    fn commit(code: &str, sequence: u64, closed: &[&str], open: &[&str]) -> Commit {
        let stored = |text: &&str| StoredDay { day: day(text), station: 0, bytes: Vec::new() };
        let batch = Batch {
            sequence,
            hours: open.iter().map(|text| (day(text).start(), 0, Vec::new())).collect(),
            station_days: closed.iter().map(stored).collect(),
            ..Batch::default()
        };
        let (inputs, taken) = (Vec::new(), Vec::new());
        Commit { areas: vec![AreaCommit { area: area(code), batch, inputs, taken }] }
    }

    const SPAN: (&str, &str) = ("2026-11-01", "2026-11-20");

    fn span() -> (Day, Day) {
        (day(SPAN.0), day(SPAN.1))
    }

    fn held(kept: &Kept<OfDays, Day, DayFigures>, code: &str) -> Vec<u8> {
        let days = kept.of(&area(code), &question(), span());
        days.into_keys().map(|day| day.date().2).collect()
    }

    #[test]
    fn what_a_commit_touches_is_read_again_as_long_as_it_is_felt() {
        let kept = Kept::<OfDays, Day, DayFigures>::default();
        for code in ["a", "b"] {
            assert!(held(&kept, code).is_empty());
            kept.keep(&area(code), &question(), 0, &read(SPAN.0, SPAN.1));
        }
        kept.written(&commit("a", 1, &["2026-11-05"], &["2026-11-19"]));
        let left: Vec<u8> = (1..=4).chain(8..=18).collect();
        assert_eq!(held(&kept, "a"), left, "what was before the touched days is not felt there");
        assert_eq!(held(&kept, "b").len(), 20);
        let other = OfDays { dataset: Dataset::Realtime, ..question() };
        assert!(kept.of(&area("b"), &other, span()).is_empty(), "another question");
    }

    #[test]
    fn an_hour_is_felt_for_two_days() {
        let kept = Kept::<OfHours, Hour, u8>::default();
        let (member, dataset) = (Member::Set(0), Dataset::Best);
        let asked = OfHours { member, practice: Practice::Letter, dataset };
        let (from, to) = (day("2026-11-01").start(), day("2026-11-20").hour(23));
        let hours = (from.number()..=to.number()).map(Hour::from_number);
        kept.keep(&area("a"), &asked, 0, &hours.map(|hour| (hour, Some(0))).collect());
        kept.written(&commit("a", 1, &[], &["2026-11-05"]));
        let left = kept.of(&area("a"), &asked, (from, to));
        let gone = missing(&left, (from, to));
        assert_eq!(gone, [(day("2026-11-05").start(), day("2026-11-06").hour(23))]);
        kept.written(&commit("a", 2, &["2026-11-10"], &[]));
        let gone = missing(&kept.of(&area("a"), &asked, (from, to)), (from, to));
        assert_eq!(gone[1], (day("2026-11-10").start(), day("2026-11-12").hour(22)));
    }

    /// The reader began before the commit and comes back after it: what it saw may be old.
    #[test]
    fn what_was_read_before_a_commit_is_not_kept_after_it() {
        let kept = Kept::<OfDays, Day, DayFigures>::default();
        let since = kept.last(&area("a"));
        kept.written(&commit("a", 1, &["2026-11-10"], &[]));
        kept.written(&commit("b", 1, &["2026-11-15"], &[]));
        kept.keep(&area("a"), &question(), since, &read(SPAN.0, SPAN.1));
        assert_eq!(held(&kept, "a").len(), 17, "all but the three days in which it is felt");
        let since = kept.last(&area("a"));
        assert_eq!(since, 1);
        for sequence in 2.. {
            kept.written(&commit("a", sequence, &["2026-11-30"], &[]));
            if sequence > 2 + COMMITS as u64 {
                break;
            }
        }
        kept.keep(&area("a"), &question(), since, &read("2026-11-08", "2026-11-12"));
        assert_eq!(held(&kept, "a").len(), 17, "too long ago to know");
    }

    /// A picture may be older than what is written: what it says is kept only where nothing came since.
    #[test]
    fn what_a_picture_says_is_kept_as_of_its_own_commit() {
        let kept = Kept::<OfDays, Day, DayFigures>::default();
        for sequence in 1..=3 {
            kept.written(&commit("a", sequence, &["2026-11-18"], &[]));
        }
        kept.keep(&area("a"), &question(), 2, &read(SPAN.0, SPAN.1));
        assert_eq!(held(&kept, "a").len(), 17);
        kept.keep(&area("a"), &question(), 3, &read(SPAN.0, SPAN.1));
        assert_eq!(held(&kept, "a").len(), 20);
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let kept = Kept::<OfDays, Day, DayFigures>::default();
        let codes: Vec<String> = (0..Day::KEPT + 3).map(|n| format!("a{n}")).collect();
        for code in &codes {
            kept.keep(&area(code), &question(), 0, &read("2021-01-01", "2026-11-20"));
            assert_eq!(held(&kept, code).len(), 20, "the newest days stay");
        }
        assert_eq!(kept.inner().kept.len(), Day::KEPT);
        assert!(kept.inner().kept.iter().all(|(_, days)| days.len() == Day::ENTRIES));
        assert!(held(&kept, &codes[0]).is_empty());
    }
}
