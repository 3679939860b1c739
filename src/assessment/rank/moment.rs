//! Of which hour or days a rank is.

use crate::assessment::{Seasons, Span, SpanFault};
use crate::time::{Day, Hour};

/// An hour, the day up to an hour, or days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// One hour.
    Hour(Hour),
    /// From 00:00 to the end of an hour (今日累计).
    SoFar(Hour),
    /// Days.
    Days(Span),
}

impl Moment {
    /// The forms that [`Moment::parse`] takes beside those of [`Span::parse`].
    pub const FORMS: &str = "hour, so_far (by the newest hour), hour:2025-01-15T14, \
        so_far:2025-01-15T14 (an hour by its start)";

    /// Reads the name of a moment; `newest` is the newest hour, which `hour` and `so_far` alone mean.
    ///
    /// # Errors
    /// [`SpanFault`] naming the forms, or that there is no hour yet.
    pub fn parse(text: &str, seasons: &Seasons, newest: Option<Hour>) -> Result<Self, SpanFault> {
        let (name, of) = text.split_once(':').unwrap_or((text, ""));
        let moment = match name {
            "hour" => Self::Hour,
            "so_far" => Self::SoFar,
            _ => {
                let forms = |fault| SpanFault(format!("{fault}; or {}", Self::FORMS));
                return Span::parse(text, seasons).map(Self::Days).map_err(forms);
            }
        };
        if of.is_empty() {
            return newest.map(moment).ok_or_else(|| SpanFault("no hour is there yet".to_owned()));
        }
        let hour = || {
            let (day, hour) = of.split_once('T')?;
            let of_day = hour.get(..2)?.parse().ok().filter(|h| *h < 24_usize)?;
            let whole = matches!(hour.get(2..), Some("" | ":00" | ":00:00" | ":00:00+08:00"));
            Some(day.parse::<Day>().ok().filter(|_| whole)?.hour(of_day))
        };
        let fault = || SpanFault(format!("an hour such as 2025-01-15T14 expected, got {of:?}"));
        hour().map(moment).ok_or_else(fault)
    }

    /// `hour`, `so_far` or `days`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Hour(_) => "hour",
            Self::SoFar(_) => "so_far",
            Self::Days(_) => "days",
        }
    }

    /// The hour; none of days.
    #[must_use]
    pub const fn hour(&self) -> Option<Hour> {
        match self {
            Self::Hour(hour) | Self::SoFar(hour) => Some(*hour),
            Self::Days(_) => None,
        }
    }

    /// The first and the last day.
    #[must_use]
    pub fn days(&self) -> (Day, Day) {
        match self {
            Self::Hour(hour) | Self::SoFar(hour) => (hour.day(), hour.day()),
            Self::Days(span) => (span.from, span.to),
        }
    }

    /// As people say it: `2025年1月15日15时`, `2025年1月15日截至15时`, `2025年1月15日`, `2025年1月`, `2025年1—10月`,
    /// `2025年`, `2025年1月1日至23日`.
    #[must_use]
    pub fn zh(&self) -> String {
        match self {
            Self::Hour(hour) => format!("{}{}时", date_zh(hour.day()), hour.ending()),
            Self::SoFar(hour) => format!("{}截至{}时", date_zh(hour.day()), hour.ending()),
            Self::Days(Span { from, to, .. }) => days_zh(*from, *to),
        }
    }
}

fn days_zh(from: Day, to: Day) -> String {
    let ((year, month, first), (last_year, last_month, last)) = (from.date(), to.date());
    let months = first == 1 && to.plus(1).date().2 == 1 && year == last_year;
    match (months, year == last_year, month == last_month) {
        _ if from == to => date_zh(from),
        (true, _, true) => format!("{year}年{month}月"),
        (true, ..) if (month, last_month) == (1, 12) => format!("{year}年"),
        (true, ..) => format!("{year}年{month}—{last_month}月"),
        (_, true, true) => format!("{}至{last}日", date_zh(from)),
        (_, true, false) => format!("{}至{last_month}月{last}日", date_zh(from)),
        (_, false, _) => format!("{}至{}", date_zh(from), date_zh(to)),
    }
}

/// `2025年1月31日`.
fn date_zh(day: Day) -> String {
    let (year, month, date) = day.date();
    format!("{year}年{month}月{date}日")
}
