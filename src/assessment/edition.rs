//! By which edition the days of a span are judged.

use std::fmt;
use std::str::FromStr;

use crate::standard::{IndexEdition, LimitEdition, standards};
use crate::time::Day;

/// Each day by the edition in force on it, or all of them by one, so that years compare.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum JudgedBy {
    /// Each day by its own edition, limits by that of the last day.
    #[default]
    InForce,
    /// Everything by HJ 633—2012 and GB 3095—2012.
    Edition2012,
    /// Everything by HJ 633—2026 and GB 3095—2026, in its stage of the day.
    Edition2026,
}

impl JudgedBy {
    /// Every way, the default first.
    pub const ALL: [Self; 3] = [Self::InForce, Self::Edition2012, Self::Edition2026];

    /// The name in options, queries and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::InForce => "in_force",
            Self::Edition2012 => "2012",
            Self::Edition2026 => "2026",
        }
    }

    /// The way by which a day is judged that is in force on another one.
    #[must_use]
    pub fn as_on(day: Day) -> Self {
        if day < change() { Self::Edition2012 } else { Self::Edition2026 }
    }

    /// The edition of HJ 633 for a day.
    #[must_use]
    pub fn index_edition(self, day: Day) -> &'static IndexEdition {
        standards().index_edition(self.moved(day))
    }

    /// The edition of GB 3095 for a day.
    #[must_use]
    pub fn limit_edition(self, day: Day) -> &'static LimitEdition {
        standards().limit_edition(self.moved(day))
    }

    /// The nearest day on which the edition is in force.
    fn moved(self, day: Day) -> Day {
        let [before, since] = [-1, 0].map(|n| change().plus(n));
        match self {
            Self::InForce => day,
            Self::Edition2012 => day.min(before),
            Self::Edition2026 => day.max(since),
        }
    }

    /// The editions that judge a span: `hj633_2012`, or two joined by `+`.
    #[must_use]
    pub fn editions(self, (from, to): (Day, Day)) -> String {
        let (first, last) = (self.index_edition(from).id(), self.index_edition(to).id());
        if first == last { first.to_owned() } else { format!("{first}+{last}") }
    }
}

/// The first day of the edition of 2026.
fn change() -> Day {
    standards().index_editions().last().map_or(Day::default(), |e| e.in_force().from)
}

impl fmt::Display for JudgedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for JudgedBy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|by| by.name() == text);
        found.ok_or_else(|| format!("in_force, 2012 or 2026 expected, got {text:?}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::standard::Practice;

    fn day(text: &str) -> Day {
        text.parse().expect("a day")
    }

    #[test]
    fn one_edition_judges_days_on_which_it_was_not_in_force() {
        let (old, new) = (day("2026-02-28"), day("2026-03-01"));
        let ids = |by: JudgedBy, on| (by.index_edition(on).id(), by.limit_edition(on).id());
        assert_eq!(ids(JudgedBy::InForce, old), ("hj633_2012", "gb3095_2012"));
        assert_eq!(ids(JudgedBy::Edition2026, old), ("hj633_2026", "gb3095_2026_transitional"));
        assert_eq!(ids(JudgedBy::Edition2012, new), ("hj633_2012", "gb3095_2012"));
        let late = day("2031-01-01");
        assert_eq!(ids(JudgedBy::Edition2026, late), ("hj633_2026", "gb3095_2026_full"));
        assert_eq!(JudgedBy::InForce.editions((old, new)), "hj633_2012+hj633_2026");
        assert_eq!(JudgedBy::Edition2012.editions((old, new)), "hj633_2012");
        for by in JudgedBy::ALL {
            assert_eq!(by.to_string().parse(), Ok(by));
        }
    }

    /// What a day's values need is the same in all editions: so another one judges the same values.
    #[test]
    fn editions_ask_the_same_of_a_days_values() {
        let needs = |practice| {
            let of = move |e: &LimitEdition| {
                let v = e.data_validity(practice);
                (v.day_min_hours, v.rolling_8h_min_hours, v.mda8_min_windows, v.mda8_kept_above)
            };
            standards().limit_editions().iter().map(of).collect::<Vec<_>>()
        };
        for practice in [Practice::Letter, Practice::NationalPlatform] {
            let all = needs(practice);
            assert!(all.iter().all(|one| *one == all[0]), "{all:?}");
        }
    }
}
