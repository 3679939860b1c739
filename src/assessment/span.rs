//! The spans that people ask for by name, and the ones that they are compared with.
//!
//! In: text such as `2025-Q1` or `heating:2024`. Out: a [`Span`] with its first and last day.
//!
//! Source: terms.md (同比: the same dates of the year before; 环比: the period before; 累计: 1 January to
//! date); the plan of the city (heating season); the seasons' dates are parameters.

use std::fmt;
use std::str::FromStr;

use crate::time::Day;

/// A month and a day of it.
type MonthDay = (u8, u8);

/// A season that comes every year: its first and last day, which may lie in the year after.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Season {
    /// The first day.
    pub from: MonthDay,
    /// The last day, included.
    pub to: MonthDay,
}

/// The seasons' dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seasons {
    /// The heating season (采暖季).
    pub heating: Season,
    /// Autumn and winter (秋冬季).
    pub autumn_winter: Season,
    /// The ozone season.
    pub ozone: Season,
}

impl Seasons {
    /// Heating as in Dalian, 5 November to 5 April; 秋冬季 1 October to 31 March; ozone April to September,
    /// which no source fixes.
    pub const DEFAULT: Self = Self {
        heating: Season { from: (11, 5), to: (4, 5) },
        autumn_winter: Season { from: (10, 1), to: (3, 31) },
        ozone: Season { from: (4, 1), to: (9, 30) },
    };
}

impl Season {
    /// The season that begins in a year.
    #[must_use]
    pub fn of(self, year: i32) -> Option<(Day, Day)> {
        let end = if self.to < self.from { year + 1 } else { year };
        Some((nearest(year, self.from)?, nearest(end, self.to)?))
    }
}

/// `11-05..04-05`.
impl fmt::Display for Season {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ((m, d), (to_m, to_d)) = (self.from, self.to);
        write!(f, "{m:02}-{d:02}..{to_m:02}-{to_d:02}")
    }
}

impl FromStr for Season {
    type Err = SpanFault;

    fn from_str(text: &str) -> Result<Self, SpanFault> {
        let date = |text: &str| {
            let (month, day) = text.trim().split_once('-')?;
            let date: MonthDay = (month.parse().ok()?, day.parse().ok()?);
            Day::of(2024, date.0, date.1).map(|_| date)
        };
        let ends = text.split_once("..").and_then(|(from, to)| Some((date(from)?, date(to)?)));
        let fault = || SpanFault(format!("a season is MM-DD..MM-DD, got {text:?}"));
        ends.map(|(from, to)| Self { from, to }).ok_or_else(fault)
    }
}

/// What kind of span it is, which says what the period before is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Days,
    Week,
    Months(u8),
    Years(u8),
    Season,
    ToDate,
}

/// A span of days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// First day.
    pub from: Day,
    /// Last day, included.
    pub to: Day,
    kind: Kind,
}

/// Text that names no span.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SpanFault(pub(super) String);

impl Span {
    /// The forms that [`Span::parse`] takes.
    pub const FORMS: &str = "2025, 2025-03, 2025-Q1, 2025-01-01..2025-03-31, heating:2024, \
        autumn_winter:2024, ozone:2025, ytd:2025-10-31, rolling365:2025-10-31, three_years:2025";

    /// Any two days, both included; `None` where they are in the wrong order.
    #[must_use]
    pub fn days(from: Day, to: Day) -> Option<Self> {
        (from <= to).then_some(Self { from, to, kind: Kind::Days })
    }

    /// 1 January to a day (累计).
    #[must_use]
    pub fn to_date(to: Day) -> Option<Self> {
        Some(Self { from: Day::of(to.date().0, 1, 1)?, to, kind: Kind::ToDate })
    }

    /// A year of the calendar.
    #[must_use]
    pub fn year(year: i32) -> Option<Self> {
        let (from, to) = (Day::of(year, 1, 1)?, Day::of(year, 12, 31)?);
        Some(Self { from, to, kind: Kind::Years(1) })
    }

    /// Reads one of [`Span::FORMS`].
    ///
    /// # Errors
    /// [`SpanFault`] naming the forms.
    pub fn parse(text: &str, seasons: &Seasons) -> Result<Self, SpanFault> {
        let fault = || SpanFault(format!("expected one of {}, got {text:?}", Self::FORMS));
        Self::read(text, seasons).ok_or_else(fault)
    }

    fn read(text: &str, seasons: &Seasons) -> Option<Self> {
        let text = text.trim();
        if let Some((from, to)) = text.split_once("..") {
            return Self::days(from.trim().parse().ok()?, to.trim().parse().ok()?);
        }
        if let Some((name, of)) = text.split_once(':') {
            return Self::named(name, of, seasons);
        }
        if let Ok(day) = text.parse() {
            return Self::days(day, day);
        }
        match text.split_once('-') {
            None => Self::year(year(text)?),
            Some((of, part)) => {
                let of = year(of)?;
                match part.strip_prefix('Q') {
                    Some(quarter) => {
                        let quarter: u8 = quarter.parse().ok().filter(|q| (1..=4).contains(q))?;
                        Self::months(of, quarter * 3 - 2, 3)
                    }
                    None if part.len() == 2 => Self::months(of, part.parse().ok()?, 1),
                    None => None,
                }
            }
        }
    }

    fn named(name: &str, of: &str, seasons: &Seasons) -> Option<Self> {
        let season = |season: Season| {
            let (from, to) = season.of(year(of)?)?;
            Some(Self { from, to, kind: Kind::Season })
        };
        match name {
            "heating" => season(seasons.heating),
            "autumn_winter" => season(seasons.autumn_winter),
            "ozone" => season(seasons.ozone),
            "ytd" => Self::to_date(of.parse().ok()?),
            "rolling365" => {
                let to: Day = of.parse().ok()?;
                Self::days(to.plus(-364), to)
            }
            "three_years" => {
                let last = Self::year(year(of)?)?;
                let from = Day::of(year(of)? - 2, 1, 1)?;
                Some(Self { from, kind: Kind::Years(3), ..last })
            }
            _ => None,
        }
    }

    fn months(year: i32, month: u8, count: u8) -> Option<Self> {
        let from = Day::of(year, month, 1)?;
        let to = first_of(year, i32::from(month) + i32::from(count))?.plus(-1);
        Some(Self { from, to, kind: Kind::Months(count) })
    }

    /// The year that it is, or is a beginning of.
    #[must_use]
    pub fn year_to_date(&self) -> Option<i32> {
        let ((year, month, day), (last, ..)) = (self.from.date(), self.to.date());
        ((month, day) == (1, 1) && year == last).then_some(year)
    }

    /// One day.
    #[must_use]
    pub const fn day(day: Day) -> Self {
        Self { from: day, to: day, kind: Kind::Days }
    }

    /// The week of a day, from Monday to Sunday.
    #[must_use]
    pub fn week(day: Day) -> Self {
        // 1970-01-01 was a Thursday.
        let monday = day.plus(-(day.number() + 3).rem_euclid(7));
        Self { from: monday, to: monday.plus(6), kind: Kind::Week }
    }

    /// The same as far as a day, which it may end with; `None` where it begins later.
    #[must_use]
    pub fn until(self, last: Day) -> Option<Self> {
        (self.from <= last).then(|| Self { to: self.to.min(last), ..self })
    }

    /// How many days.
    #[must_use]
    pub fn len(&self) -> u32 {
        u32::try_from(self.to.number() + 1 - self.from.number()).unwrap_or(0)
    }

    /// Whether it holds no day, which none does.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The same dates of the year before (同比). 29 February becomes 28 February where there is none, and a
    /// month keeps to its own end.
    #[must_use]
    pub fn year_before(&self) -> Option<Self> {
        let years = match self.kind {
            Kind::Years(years) => i32::from(years),
            _ => 1,
        };
        let ((from_year, ..), (to_year, to_month, _)) = (self.from.date(), self.to.date());
        let back = |day: Day, year: i32| nearest(year - years, (day.date().1, day.date().2));
        let to = match self.kind {
            Kind::Months(_) => first_of(to_year - years, i32::from(to_month) + 1)?.plus(-1),
            _ => back(self.to, to_year)?,
        };
        Some(Self { from: back(self.from, from_year)?, to, kind: self.kind })
    }

    /// The period before (环比): the month before a month, the same days of the week before, else as many days
    /// before.
    ///
    /// A season and a year to date have none.
    #[must_use]
    pub fn period_before(&self) -> Option<Self> {
        let to = self.from.plus(-1);
        let (year, month, _) = self.from.date();
        match self.kind {
            Kind::Months(count) => {
                let from = first_of(year, i32::from(month) - i32::from(count))?;
                Some(Self { from, to, kind: self.kind })
            }
            Kind::Years(_) => self.year_before(),
            Kind::Week => {
                Some(Self { from: self.from.plus(-7), to: self.to.plus(-7), kind: self.kind })
            }
            Kind::Days => Self::days(to.plus(1 - i32::try_from(self.len()).ok()?), to),
            Kind::Season | Kind::ToDate => None,
        }
    }
}

/// `2025-01-01..2025-03-31`.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.from, self.to)
    }
}

/// A year of four digits.
fn year(text: &str) -> Option<i32> {
    let digits = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
    text.parse().ok().filter(|_| digits)
}

/// The date in a year, or the day before where there is none: 28 for 29 February.
fn nearest(year: i32, (month, day): MonthDay) -> Option<Day> {
    Day::of(year, month, day).or_else(|| Day::of(year, month, day - 1))
}

/// The first day of a month, counted on or back over the end of the year.
fn first_of(year: i32, month: i32) -> Option<Day> {
    let months = year * 12 + month - 1;
    Day::of(months.div_euclid(12), u8::try_from(months.rem_euclid(12) + 1).ok()?, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(text: &str) -> Span {
        Span::parse(text, &Seasons::DEFAULT).unwrap_or_else(|e| panic!("{text}: {e}"))
    }

    /// The week of 1 January 2026 began on 29 December.
    #[test]
    fn a_week_begins_on_monday_and_stands_beside_the_one_before() {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        for date in ["2025-12-29", "2026-01-01", "2026-01-04"] {
            assert_eq!(Span::week(day(date)).to_string(), "2025-12-29..2026-01-04", "{date}");
        }
        let begun = Span::week(day("2026-01-02")).until(day("2026-01-02")).expect("has begun");
        assert_eq!(begun.to_string(), "2025-12-29..2026-01-02");
        let before = begun.period_before().expect("a week before");
        assert_eq!(before.to_string(), "2025-12-22..2025-12-26", "as many of its days");
        let year = begun.year_before().expect("a year before");
        assert_eq!(year.to_string(), "2024-12-29..2025-01-02", "by date");
        assert_eq!(begun.until(day("2025-12-28")), None);
    }

    #[test]
    fn every_form_is_read() {
        for (text, expected) in [
            ("2025", "2025-01-01..2025-12-31"),
            ("2024-02", "2024-02-01..2024-02-29"),
            ("2025-12", "2025-12-01..2025-12-31"),
            ("2025-Q4", "2025-10-01..2025-12-31"),
            ("2025-03-07", "2025-03-07..2025-03-07"),
            ("2025-01-01..2025-03-31", "2025-01-01..2025-03-31"),
            ("heating:2024", "2024-11-05..2025-04-05"),
            ("autumn_winter:2025", "2025-10-01..2026-03-31"),
            ("ozone:2025", "2025-04-01..2025-09-30"),
            ("ytd:2025-10-31", "2025-01-01..2025-10-31"),
            ("rolling365:2024-12-31", "2024-01-02..2024-12-31"),
            ("three_years:2025", "2023-01-01..2025-12-31"),
        ] {
            assert_eq!(span(text).to_string(), expected, "{text}");
        }
        for text in [
            "25",
            "2025-13",
            "2025-Q5",
            "2025-3",
            "2025-03-31..2025-03-01",
            "winter:2025",
            "heating:25",
            "",
            "ytd:2025",
            "2025-02-30",
        ] {
            assert!(Span::parse(text, &Seasons::DEFAULT).is_err(), "{text}");
        }
    }

    #[test]
    fn the_year_before_keeps_the_dates() {
        let before = |text| span(text).year_before().expect("a span").to_string();
        assert_eq!(before("2025"), "2024-01-01..2024-12-31");
        assert_eq!(before("ytd:2025-10-31"), "2024-01-01..2024-10-31");
        assert_eq!(before("2025-02"), "2024-02-01..2024-02-29", "a month is a whole month");
        assert_eq!(before("2024-02"), "2023-02-01..2023-02-28");
        assert_eq!(before("ytd:2024-02-29"), "2023-01-01..2023-02-28");
        assert_eq!(before("heating:2024"), "2023-11-05..2024-04-05");
        assert_eq!(before("three_years:2025"), "2020-01-01..2022-12-31");
        assert_eq!(span("ytd:2024-02-29").len(), 60);
        assert_eq!(span("ytd:2024-02-29").year_to_date(), Some(2024));
        assert_eq!(span("three_years:2025").year_to_date(), None);
        assert_eq!(span("2025-02").year_to_date(), None);
    }

    #[test]
    fn the_period_before() {
        let before = |text| span(text).period_before().map(|s| s.to_string());
        assert_eq!(before("2025-03").as_deref(), Some("2025-02-01..2025-02-28"));
        assert_eq!(before("2025-01").as_deref(), Some("2024-12-01..2024-12-31"));
        assert_eq!(before("2025-Q1").as_deref(), Some("2024-10-01..2024-12-31"));
        assert_eq!(before("2025").as_deref(), Some("2024-01-01..2024-12-31"));
        assert_eq!(before("2025-03-08..2025-03-14").as_deref(), Some("2025-03-01..2025-03-07"));
        assert_eq!(before("ytd:2025-10-31"), None);
    }

    #[test]
    fn seasons_are_read_as_they_are_written() {
        let text = Seasons::DEFAULT.heating.to_string();
        assert_eq!(text, "11-05..04-05");
        assert_eq!(text.parse(), Ok(Seasons::DEFAULT.heating));
        assert!("11-31..04-05".parse::<Season>().is_err());
        let leap = Season { from: (2, 29), to: (2, 29) };
        assert_eq!(
            leap.of(2025),
            Some((Day::of(2025, 2, 28).unwrap(), Day::of(2025, 2, 28).unwrap()))
        );
    }
}
