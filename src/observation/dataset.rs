//! The two values that a station-hour may hold, and the words for what figures rest on.
//!
//! Invariant: within a span that was declared reviewed, [`Dataset::Best`] is the reviewed value or none.
//!
//! Source: design section 3 (two datasets); terms.md (实况, 审核).

use std::fmt;
use std::str::FromStr;

use crate::time::{DAY_H, Hour, HourLabel};

/// Which of a station-hour's values figures rest on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Dataset {
    /// What was reported as it happened, with an operator's corrections.
    Realtime,
    /// What came back from review; nothing outside the spans that were declared reviewed.
    Reviewed,
    /// The reviewed value within those spans, and the real-time one outside.
    #[default]
    Best,
}

impl Dataset {
    /// Every dataset.
    pub const ALL: [Self; 3] = [Self::Realtime, Self::Reviewed, Self::Best];

    /// The name in options, queries and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Realtime => "realtime",
            Self::Reviewed => "reviewed",
            Self::Best => "best",
        }
    }
}

impl fmt::Display for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Dataset {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|dataset| dataset.name() == text);
        found.ok_or_else(|| format!("realtime, reviewed or best expected, got {text:?}"))
    }
}

/// How far the figures of a span rest on reviewed data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Basis {
    /// Hours that rest on reviewed data.
    reviewed: u64,
    /// The last one of them.
    last: Option<Hour>,
    /// Whether hours that do not came before one that does.
    broken: bool,
    /// All hours.
    hours: u64,
}

impl Basis {
    /// Of figures that are reviewed up to an hour, as far as anybody asks.
    #[must_use]
    pub fn until(last: Option<Hour>) -> Self {
        let reviewed = u64::from(last.is_some());
        Self { reviewed, last, broken: false, hours: reviewed + 1 }
    }

    /// Takes the next hour, in the order of time.
    pub fn note(&mut self, hour: Hour, reviewed: bool) {
        self.hours += 1;
        if reviewed {
            self.reviewed += 1;
            self.last = Some(hour);
            self.broken |= self.reviewed < self.hours;
        }
    }

    /// The line 数据口径 without its title.
    #[must_use]
    pub fn zh(&self, dataset: Dataset) -> String {
        match (dataset, self.last) {
            (Dataset::Reviewed, _) => "审核数据".to_owned(),
            (Dataset::Best, Some(_)) if self.reviewed == self.hours => "审核数据".to_owned(),
            (Dataset::Best, Some(last)) if self.broken => {
                format!("部分时段为审核数据(截至{}),其余为实况数据", until(last))
            }
            (Dataset::Best, Some(last)) => {
                format!("审核数据截至{},其后为实况数据", until(last))
            }
            (Dataset::Realtime, _) | (Dataset::Best, None) => "实况数据(未审核)".to_owned(),
        }
    }

    /// The same in English.
    #[must_use]
    pub fn en(&self, dataset: Dataset) -> String {
        match (dataset, self.last) {
            (Dataset::Reviewed, _) => "reviewed data".to_owned(),
            (Dataset::Best, Some(_)) if self.reviewed == self.hours => "reviewed data".to_owned(),
            (Dataset::Best, Some(last)) if self.broken => {
                format!("partly reviewed (up to {}), else real time", label(last))
            }
            (Dataset::Best, Some(last)) => {
                format!("reviewed up to {}, real time after", label(last))
            }
            (Dataset::Realtime, _) | (Dataset::Best, None) => "real time (not reviewed)".to_owned(),
        }
    }
}

/// `2026-10-31`, or `2026-10-31 15时` where the day goes on.
fn until(last: Hour) -> String {
    match last.of_day() + 1 {
        DAY_H => last.day().to_string(),
        _ => format!("{} {}时", last.day(), last.ending()),
    }
}

fn label(last: Hour) -> String {
    match last.of_day() + 1 {
        DAY_H => last.day().to_string(),
        _ => last.label(HourLabel::End),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::Day;

    fn noted(reviewed: &[bool]) -> Basis {
        let mut basis = Basis::default();
        for (n, reviewed) in (0..).zip(reviewed) {
            basis.note(Day::from_number(20_757).start().plus(n), *reviewed);
        }
        basis
    }

    #[test]
    fn the_line_says_how_far_reviewed_data_reaches() {
        let day = [[true; 24].as_slice(), &[false; 3]].concat();
        let best = |hours: &[bool]| noted(hours).zh(Dataset::Best);
        assert_eq!(best(&day), "审核数据截至2026-10-31,其后为实况数据");
        assert_eq!(best(&day[..24]), "审核数据");
        assert_eq!(best(&day[22..]), "审核数据截至2026-10-31 2时,其后为实况数据");
        assert_eq!(best(&[false; 3]), "实况数据(未审核)");
        assert_eq!(best(&[]), "实况数据(未审核)");
        let broken = [true, false, true, false];
        assert_eq!(best(&broken), "部分时段为审核数据(截至2026-10-31 3时),其余为实况数据");
        assert_eq!(noted(&day).zh(Dataset::Realtime), "实况数据(未审核)");
        assert_eq!(noted(&[false]).zh(Dataset::Reviewed), "审核数据");
        let last = Some(Day::from_number(20_757).hour(23));
        assert_eq!(Basis::until(last).zh(Dataset::Best), best(&day));
        assert_eq!(Basis::until(None).zh(Dataset::Best), "实况数据(未审核)");
    }

    #[test]
    fn datasets_are_read_by_their_names() {
        for dataset in Dataset::ALL {
            assert_eq!(dataset.to_string().parse(), Ok(dataset));
        }
        assert!("final".parse::<Dataset>().is_err());
    }
}
