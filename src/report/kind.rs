//! The kinds of papers that exist.

use std::fmt;
use std::str::FromStr;

use crate::assessment::{Seasons, Span};
use crate::time::Day;

/// A kind of paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportKind {
    /// 空气质量日报: one natural day.
    Daily,
    /// 空气质量月报: a month.
    Monthly,
    /// 排名表: ranks of a month and of the year so far.
    Ranking,
    /// 领导专报: one page.
    Leader,
}

/// Of which days a kind is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Every {
    /// One natural day.
    Day,
    /// A month, or what has passed of it.
    Month,
}

impl ReportKind {
    /// Every kind.
    pub const ALL: [Self; 4] = [Self::Daily, Self::Monthly, Self::Ranking, Self::Leader];

    /// The code in options, queries, addresses and names of templates.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Daily => "daily",
            Self::Monthly => "monthly",
            Self::Ranking => "ranking",
            Self::Leader => "leader",
        }
    }

    /// As people call it.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::Daily => "空气质量日报",
            Self::Monthly => "空气质量月报",
            Self::Ranking => "排名表",
            Self::Leader => "领导专报",
        }
    }

    /// The same in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Daily => "Daily report",
            Self::Monthly => "Monthly report",
            Self::Ranking => "Ranks",
            Self::Leader => "Page for the leaders",
        }
    }

    /// Of which days it is.
    #[must_use]
    pub const fn every(self) -> Every {
        match self {
            Self::Daily | Self::Leader => Every::Day,
            Self::Monthly | Self::Ranking => Every::Month,
        }
    }

    /// The span of a paper: a day, or the month that `text` names, as far as it has ended.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn span(self, text: &str, ended: Day) -> Result<Span, String> {
        match self.every() {
            Every::Day => {
                let day: Day =
                    text.parse().map_err(|_| format!("YYYY-MM-DD expected, got {text:?}"))?;
                if day > ended {
                    return Err(format!("{day} has not ended: the last day that has is {ended}"));
                }
                Span::days(day, day).ok_or_else(|| "a day expected".to_owned())
            }
            Every::Month => {
                let fault = || format!("YYYY-MM expected, got {text:?}");
                let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
                let span = Span::parse(text, &Seasons::DEFAULT).ok();
                let span = span.filter(|_| text.len() == 7 && digits).ok_or_else(fault)?;
                if span.from > ended {
                    return Err(format!(
                        "no day of {text} has ended: the last that has is {ended}"
                    ));
                }
                Ok(if span.to <= ended {
                    span
                } else {
                    Span::days(span.from, ended).unwrap_or(span)
                })
            }
        }
    }

    /// What is asked for when nothing is: the last day that has ended, or its month.
    #[must_use]
    pub fn usual(self, ended: Day) -> String {
        let (year, month, _) = ended.date();
        match self.every() {
            Every::Day => ended.to_string(),
            Every::Month => format!("{year}-{month:02}"),
        }
    }
}

impl fmt::Display for ReportKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for ReportKind {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|kind| kind.code() == text);
        let known = Self::ALL.map(Self::code).join(", ");
        found.ok_or_else(|| format!("one of {known} expected, got {text:?}"))
    }
}
