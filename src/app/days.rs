//! Days of sets that were read before, so that a year of a large network is not added up for every page.
//!
//! In: days as the store gave them, and each commit after it was written. Out: the same days again, until a
//! commit changes something that they may rest on.
//!
//! Invariants: nothing is given again once a commit has touched its day or a day within two of it (a mean
//! over eight hours and checks of neighbours reach over midnight); what was read before such a commit and
//! comes after it is not kept; what is kept is bounded.
//!
//! Why: 2,000 stations and a year are 17 million station-hours, three seconds of a processor.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::area::{AreaId, Member};
use crate::assessment::{DayFigures, DustColumn};
use crate::observation::Dataset;
use crate::standard::Parameters;
use crate::store::Commit;
use crate::time::Day;

/// Questions that are remembered: a few sets by a few columns and datasets.
const KEPT: usize = 32;
/// Days of one question that are remembered.
const DAYS: usize = 1_500;
/// Commits that are looked back at, to see what a slow reader has missed.
const COMMITS: usize = 1_024;
/// Days on which a day's figures may rest, to either side.
const AROUND: i32 = 2;

/// Whose days, by what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    pub(super) area: AreaId,
    pub(super) member: Member,
    pub(super) parameters: Parameters,
    pub(super) dataset: Dataset,
    pub(super) dust: DustColumn,
}

/// A day as the store gave it; `None` where the entity had none.
type Kept = BTreeMap<Day, Option<DayFigures>>;

/// When something was read, by the number of commits before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Since(u64);

#[derive(Debug, Default)]
struct Inner {
    commits: u64,
    /// What the last commits touched, the newest last.
    touched: VecDeque<(AreaId, BTreeSet<Day>)>,
    /// The number of the commit before the first of these.
    forgotten: u64,
    /// What was asked for last stands last.
    kept: Vec<(Question, Kept)>,
}

/// The days that are kept.
#[derive(Debug, Default)]
pub(super) struct DaysKept(Mutex<Inner>);

impl DaysKept {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is kept of a span, and since when what is read now may be kept.
    pub(super) fn of(&self, question: &Question, (from, to): (Day, Day)) -> (Kept, Since) {
        let mut inner = self.inner();
        let since = Since(inner.commits);
        let Some(at) = inner.kept.iter().position(|(of, _)| of == question) else {
            return (Kept::new(), since);
        };
        let entry = inner.kept.remove(at);
        let days = entry.1.range(from..=to).map(|(day, figures)| (*day, figures.clone()));
        let days = days.collect();
        inner.kept.push(entry);
        (days, since)
    }

    /// Keeps what was read `since`.
    pub(super) fn keep(&self, question: &Question, since: Since, read: &Kept) {
        let mut inner = self.inner();
        if since.0 < inner.forgotten {
            return;
        }
        let missed = usize::try_from(since.0 - inner.forgotten).unwrap_or(usize::MAX);
        let stale: BTreeSet<Day> = inner
            .touched
            .iter()
            .skip(missed)
            .filter(|(area, _)| *area == question.area)
            .flat_map(|(_, days)| days.iter().copied())
            .collect();
        let fresh = read.iter().filter(|(day, _)| !stale.contains(day));
        let fresh: Vec<_> = fresh.map(|(day, figures)| (*day, figures.clone())).collect();
        let at = inner.kept.iter().position(|(of, _)| of == question).unwrap_or_else(|| {
            if inner.kept.len() == KEPT {
                inner.kept.remove(0);
            }
            inner.kept.push((question.clone(), Kept::new()));
            inner.kept.len() - 1
        });
        let kept = &mut inner.kept[at].1;
        kept.extend(fresh);
        while kept.len() > DAYS {
            kept.pop_first();
        }
    }

    /// Lets go of what a commit may have changed; called once it is written.
    pub(super) fn written(&self, commit: &Commit) {
        let mut inner = self.inner();
        for of in &commit.areas {
            let hours = of.batch.hours.iter().map(|(hour, ..)| hour.day());
            let days = of.batch.station_days.iter().map(|day| day.day);
            let touched: BTreeSet<Day> = hours.chain(days).collect();
            let around = touched.iter().flat_map(|day| (-AROUND..=AROUND).map(|n| day.plus(n)));
            let touched: BTreeSet<Day> = around.collect();
            for (_, kept) in inner.kept.iter_mut().filter(|(of_, _)| of_.area == of.area) {
                kept.retain(|day, _| !touched.contains(day));
            }
            inner.commits += 1;
            inner.touched.push_back((of.area.clone(), touched));
            if inner.touched.len() > COMMITS {
                inner.touched.pop_front();
                inner.forgotten += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::average::MISSING;
    use crate::pipeline::{Batch, StoredDay};
    use crate::store::AreaCommit;
    use crate::time::DAY_H;

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    fn area(code: &str) -> AreaId {
        AreaId::new(code).expect("legal")
    }

    fn question(code: &str) -> Question {
        Question {
            area: area(code),
            member: Member::Set(0),
            parameters: Parameters::default(),
            dataset: Dataset::Best,
            dust: DustColumn::Measured,
        }
    }

    /// What the store holds of a span, without values.
    fn read(from: &str, to: &str) -> Kept {
        let days = (day(from).number()..=day(to).number()).map(Day::from_number);
        let hours = [[MISSING; DAY_H]; crate::observation::Pollutant::COUNT];
        let figures = |day| DayFigures::of_station(day, &hours, &Parameters::default());
        days.map(|day| (day, Some(figures(day)))).collect()
    }

    fn commit(code: &str, closed: &[&str], open: &[&str]) -> Commit {
        let stored = |text: &&str| StoredDay { day: day(text), station: 0, bytes: Vec::new() };
        let batch = Batch {
            hours: open.iter().map(|text| (day(text).start(), 0, Vec::new())).collect(),
            station_days: closed.iter().map(stored).collect(),
            ..Batch::default()
        };
        let (inputs, taken) = (Vec::new(), Vec::new());
        Commit { areas: vec![AreaCommit { area: area(code), batch, inputs, taken }] }
    }

    const SPAN: (&str, &str) = ("2026-11-01", "2026-11-20");

    fn held(kept: &DaysKept, code: &str) -> usize {
        kept.of(&question(code), (day(SPAN.0), day(SPAN.1))).0.len()
    }

    #[test]
    fn what_a_commit_touches_is_read_again_with_its_neighbours() {
        let kept = DaysKept::default();
        for code in ["a", "b"] {
            let (none, since) = kept.of(&question(code), (day(SPAN.0), day(SPAN.1)));
            assert!(none.is_empty());
            kept.keep(&question(code), since, &read(SPAN.0, SPAN.1));
        }
        kept.written(&commit("a", &["2026-11-05"], &["2026-11-20"]));
        assert_eq!((held(&kept, "a"), held(&kept, "b")), (20 - 5 - 3, 20));
        let (left, _) = kept.of(&question("a"), (day("2026-11-02"), day("2026-11-08")));
        assert_eq!(
            left.keys().map(ToString::to_string).collect::<Vec<_>>(),
            ["2026-11-02", "2026-11-08"]
        );
        let other = Question { dataset: Dataset::Realtime, ..question("b") };
        assert!(kept.of(&other, (day(SPAN.0), day(SPAN.1))).0.is_empty(), "another question");
    }

    /// The reader began before the commit and comes back after it: what it saw may be old.
    #[test]
    fn what_was_read_before_a_commit_is_not_kept_after_it() {
        let kept = DaysKept::default();
        let (_, since) = kept.of(&question("a"), (day(SPAN.0), day(SPAN.1)));
        kept.written(&commit("a", &["2026-11-10"], &[]));
        kept.written(&commit("b", &["2026-11-15"], &[]));
        kept.keep(&question("a"), since, &read(SPAN.0, SPAN.1));
        assert_eq!(held(&kept, "a"), 15, "the fifteen days that nobody touched");
        let (_, since) = kept.of(&question("a"), (day(SPAN.0), day(SPAN.1)));
        for _ in 0..=COMMITS {
            kept.written(&commit("b", &["2026-11-15"], &[]));
        }
        kept.keep(&question("a"), since, &read("2026-11-08", "2026-11-12"));
        assert_eq!(held(&kept, "a"), 15, "too long ago to know");
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let kept = DaysKept::default();
        let codes: Vec<String> = (0..KEPT + 3).map(|n| format!("a{n}")).collect();
        for code in &codes {
            let (_, since) = kept.of(&question(code), (day(SPAN.0), day(SPAN.1)));
            kept.keep(&question(code), since, &read("2021-01-01", "2026-11-20"));
            assert_eq!(held(&kept, code), 20, "the newest days stay");
        }
        assert_eq!(kept.inner().kept.len(), KEPT);
        assert!(kept.inner().kept.iter().all(|(_, days)| days.len() == DAYS));
        assert_eq!(held(&kept, &codes[0]), 0);
    }
}
