//! Instants, hours and natural days.
//!
//! In: numbers and texts. Out: [`Instant`], [`Hour`], [`Day`], [`AveragingPeriod`], [`HourLabel`].
//!
//! Invariants: no clock is read here; a natural day is a day of Beijing time (UTC+8, no daylight
//! saving), whatever the host's zone; an hour is named by its **start**, and a label is applied only
//! where people or feeds meet it (15时 is 14:00 to 15:00).
//!
//! Why: one hour of offset moves the natural day and the 8..24 ozone window. Source: GB 3095-2026
//! 3.10 (natural day); HJ 212-2017 6.3.3.2 (label of the interval's start).

use std::fmt;

use jiff::civil;

/// Hours from UTC to Beijing time.
const BEIJING_OFFSET_H: i32 = 8;
/// Hours in a natural day.
pub const DAY_H: usize = 24;
const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 3_600_000;

/// A point in time: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(i64);

impl Instant {
    /// The instant `millis` milliseconds after the Unix epoch.
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// This instant moved by `minutes` (may be negative).
    #[must_use]
    pub const fn plus_minutes(self, minutes: i64) -> Self {
        Self(self.0 + minutes * MINUTE_MS)
    }

    /// Whether its year in Beijing time has four digits, as every written time must (RFC 3339).
    #[must_use]
    pub const fn has_four_digit_year(self) -> bool {
        /// 0000-01-01 and 10000-01-01 in days since 1970-01-01.
        const DAYS: (i64, i64) = (-719_528, 2_932_897);
        let hours = self.0.div_euclid(HOUR_MS) + BEIJING_OFFSET_H as i64;
        DAYS.0 * 24 <= hours && hours < DAYS.1 * 24
    }

    /// The hour that holds this instant.
    #[must_use]
    pub fn hour(self) -> Hour {
        Hour(i32::try_from(self.0.div_euclid(HOUR_MS)).unwrap_or(i32::MAX / 2))
    }

    /// Whole minutes since the start of the hour, if the instant lies on a minute.
    #[must_use]
    pub fn minute_of_hour(self) -> Option<u8> {
        let rest = self.0.rem_euclid(HOUR_MS);
        if rest % MINUTE_MS == 0 { u8::try_from(rest / MINUTE_MS).ok() } else { None }
    }

    /// Reads RFC 3339 with an offset (`2026-11-23T08:00:00+08:00`).
    ///
    /// # Errors
    /// [`TimeFault::NoOffset`] when date and time are there but no offset, else
    /// [`TimeFault::Unreadable`].
    pub fn parse_rfc3339(text: &str) -> Result<Self, TimeFault> {
        if let Some(instant) = parse_fixed(text.as_bytes()) {
            return Ok(instant);
        }
        match text.parse::<jiff::Timestamp>() {
            Ok(t) => Ok(Self(t.as_millisecond())),
            // A time beyond what can be reckoned with has its offset all the same.
            Err(_) if text.get(11..).is_some_and(|clock| clock.contains(['Z', 'z', '+', '-'])) => {
                Err(TimeFault::Unreadable)
            }
            Err(_) if text.parse::<civil::DateTime>().is_ok() => Err(TimeFault::NoOffset),
            Err(_) => Err(TimeFault::Unreadable),
        }
    }

    /// Reads `text` by a strftime pattern as local time of a zone `offset_min` minutes east of UTC.
    ///
    /// # Errors
    /// [`TimeFault::Unreadable`] when the text does not follow the pattern.
    pub fn parse_pattern(text: &str, pattern: &str, offset_min: i32) -> Result<Self, TimeFault> {
        let civil = civil::DateTime::strptime(pattern, text).map_err(|_| TimeFault::Unreadable)?;
        Ok(Self::from_civil(civil, offset_min))
    }

    fn from_civil(civil: civil::DateTime, offset_min: i32) -> Self {
        let days = i64::from(days_from_civil(civil.date()));
        let minutes = days * 1440 + i64::from(civil.hour()) * 60 + i64::from(civil.minute());
        Self((minutes - i64::from(offset_min)) * MINUTE_MS + i64::from(civil.second()) * 1000)
    }

    fn civil(self) -> civil::DateTime {
        let local = self.0 + i64::from(BEIJING_OFFSET_H) * HOUR_MS;
        let day = Day(i32::try_from(local.div_euclid(24 * HOUR_MS)).unwrap_or(0));
        let ms = local.rem_euclid(24 * HOUR_MS);
        let part = |unit: i64, modulo: i64| i8::try_from(ms / unit % modulo).unwrap_or(0);
        let nanos = i32::try_from(ms % 1000 * 1_000_000).unwrap_or(0);
        day.civil().at(part(HOUR_MS, 24), part(MINUTE_MS, 60), part(1000, 60), nanos)
    }
}

/// `2026-11-23T08:00:00+08:00`: always Beijing time with its offset.
impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let c = self.civil();
        write!(f, "{:04}-{:02}-{:02}T", c.year(), c.month(), c.day())?;
        write!(f, "{:02}:{:02}:{:02}", c.hour(), c.minute(), c.second())?;
        if c.millisecond() != 0 {
            write!(f, ".{:03}", c.millisecond())?;
        }
        f.write_str("+08:00")
    }
}

/// In JSON: RFC 3339, in Beijing time.
impl serde::Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(from)?;
        Self::parse_rfc3339(&text).map_err(serde::de::Error::custom)
    }
}

/// In JSON: its start.
impl serde::Serialize for Hour {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.start().serialize(to)
    }
}

impl<'de> serde::Deserialize<'de> for Hour {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let start = Instant::deserialize(from)?;
        let hour = start.hour();
        let on_the_hour = hour.start() == start;
        on_the_hour.then_some(hour).ok_or_else(|| serde::de::Error::custom("no start of an hour"))
    }
}

/// The one shape nearly every message has, `YYYY-MM-DDTHH:MM:SS+HH:MM`, without a general parser.
fn parse_fixed(b: &[u8]) -> Option<Instant> {
    if b.len() != 25 || b[4] != b'-' || b[7] != b'-' || b[10] != b'T' {
        return None;
    }
    if b[13] != b':' || b[16] != b':' || b[22] != b':' {
        return None;
    }
    let two = |i: usize| -> Option<i32> {
        let (hi, lo) = (b[i].wrapping_sub(b'0'), b[i + 1].wrapping_sub(b'0'));
        (hi < 10 && lo < 10).then(|| i32::from(hi) * 10 + i32::from(lo))
    };
    let (year, month, day) = (two(0)? * 100 + two(2)?, two(5)?, two(8)?);
    let (hour, minute, second) = (two(11)?, two(14)?, two(17)?);
    let offset = two(20)? * 60 + two(23)?;
    let sign = match b[19] {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let in_range = (1..=12).contains(&month) && (1..=28).contains(&day) && hour < 24;
    if !in_range || minute > 59 || second > 59 || two(23)? > 59 || two(20)? > 23 {
        return None; // the general parser decides about days 29 to 31 and odd cases
    }
    let minutes = i64::from(days_from_ymd(year, month, day)) * 1440
        + i64::from(hour * 60 + minute - sign * offset);
    Some(Instant(minutes * MINUTE_MS + i64::from(second) * 1000))
}

/// Why a time could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TimeFault {
    /// Date and time without an offset from UTC.
    #[error("time has no offset from UTC")]
    NoOffset,
    /// Not a time of the expected form.
    #[error("time cannot be read")]
    Unreadable,
}

/// An hour, named by its start: whole hours since 1970-01-01T00:00Z.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hour(i32);

impl Hour {
    /// The hour that starts `hours` hours after the Unix epoch.
    #[must_use]
    pub const fn from_number(hours: i32) -> Self {
        Self(hours)
    }

    /// Whole hours since the Unix epoch.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// When the hour starts.
    #[must_use]
    pub fn start(self) -> Instant {
        Instant(i64::from(self.0) * HOUR_MS)
    }

    /// When the hour ends.
    #[must_use]
    pub fn end(self) -> Instant {
        self.plus(1).start()
    }

    /// The hour `hours` later (earlier when negative).
    #[must_use]
    pub const fn plus(self, hours: i32) -> Self {
        Self(self.0 + hours)
    }

    /// The natural day that holds the hour.
    #[must_use]
    pub const fn day(self) -> Day {
        Day((self.0 + BEIJING_OFFSET_H).div_euclid(24))
    }

    /// 0 to 23: the Beijing clock at the start of the hour.
    #[must_use]
    pub const fn of_day(self) -> usize {
        (self.0 + BEIJING_OFFSET_H).rem_euclid(24).unsigned_abs() as usize
    }

    /// 1 to 24: the number people read, of the hour's end (15时 is 14:00 to 15:00).
    #[must_use]
    pub const fn ending(self) -> usize {
        self.of_day() + 1
    }

    /// `YYYY-MM-DD HH:MM` in Beijing time, by the chosen label.
    #[must_use]
    pub fn label(self, label: HourLabel) -> String {
        let at = match label {
            HourLabel::Begin => self,
            HourLabel::End => self.plus(1),
        };
        format!("{} {:02}:00", at.day(), at.of_day())
    }

    /// Reads an hour from a label: `YYYY-MM-DD HH:MM` in Beijing time, or RFC 3339.
    ///
    /// # Errors
    /// [`TimeFault::Unreadable`] when the text is neither, or is not on the hour.
    pub fn parse_label(text: &str, label: HourLabel) -> Result<Self, TimeFault> {
        if let Some(hour) = parse_plain_label(text.as_bytes()) {
            return Ok(match label {
                HourLabel::Begin => hour,
                HourLabel::End => hour.plus(-1),
            });
        }
        let instant = if text.as_bytes().get(10) == Some(&b'T') {
            Instant::parse_rfc3339(text)?
        } else {
            parse_local_hour(text).ok_or(TimeFault::Unreadable)?
        };
        if instant.minute_of_hour() != Some(0) {
            return Err(TimeFault::Unreadable);
        }
        Ok(match label {
            HourLabel::Begin => instant.hour(),
            HourLabel::End => instant.hour().plus(-1),
        })
    }
}

/// `YYYY-MM-DD HH:00` of years that have four digits: nearly every row of a file.
fn parse_plain_label(text: &[u8]) -> Option<Hour> {
    let [y3, y2, y1, y0, b'-', m1, m0, b'-', d1, d0, b' ', h1, h0, b':', b'0', b'0'] = *text else {
        return None;
    };
    let number = |digits: &[u8]| {
        digits.iter().try_fold(0_i32, |number, b| {
            b.is_ascii_digit().then(|| number * 10 + i32::from(b - b'0'))
        })
    };
    let (year, month) = (number(&[y3, y2, y1, y0])?, number(&[m1, m0])?);
    let (day, hour) = (number(&[d1, d0])?, number(&[h1, h0])?);
    let plain = year > 0 && (1..=12).contains(&month) && day > 0 && hour < 24;
    // The last days of months go the long way, where a calendar knows them.
    let calendar = || Day::of(year, month.try_into().ok()?, day.try_into().ok()?);
    let day = match day {
        _ if !plain => None,
        ..=28 => Some(Day(days_from_ymd(year, month, day))),
        _ => calendar(),
    };
    day.map(|day| day.start().plus(hour))
}

/// `YYYY-MM-DD HH:MM`, optionally with `:SS`.
fn parse_local_hour(text: &str) -> Option<Instant> {
    let (date, clock) = text.split_once(' ')?;
    let day: Day = date.parse().ok()?;
    let two = |t: &str| -> Option<i64> {
        (t.len() == 2 && t.bytes().all(|b| b.is_ascii_digit())).then(|| t.parse().ok())?
    };
    let mut parts = clock.split(':');
    let (hour, minute) = (two(parts.next()?)?, two(parts.next()?)?);
    let second = parts.next().map_or(Some(0), two)?;
    if hour > 23 || minute > 59 || second != 0 || parts.next().is_some() {
        return None;
    }
    Some(day.start().start().plus_minutes(hour * 60 + minute))
}

/// Whether a label names the start or the end of its hour.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum HourLabel {
    /// The label is when the hour starts (HJ 212).
    #[default]
    Begin,
    /// The label is when the hour ends (the national platform's archive; what people read).
    End,
}

impl std::str::FromStr for HourLabel {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "begin" => Ok(Self::Begin),
            "end" => Ok(Self::End),
            _ => Err(format!("begin or end expected, got {text:?}")),
        }
    }
}

/// A natural day in Beijing time: days since 1970-01-01.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Deserialize,
    serde::Serialize,
)]
#[serde(transparent)]
pub struct Day(i32);

impl Day {
    /// The day `days` days after 1970-01-01.
    #[must_use]
    pub const fn from_number(days: i32) -> Self {
        Self(days)
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub const fn number(self) -> i32 {
        self.0
    }

    /// The first hour of the day.
    #[must_use]
    pub const fn start(self) -> Hour {
        Hour(self.0 * 24 - BEIJING_OFFSET_H)
    }

    /// Hour `of_day` (0 to 23) of the day.
    #[must_use]
    pub fn hour(self, of_day: usize) -> Hour {
        self.start().plus(i32::try_from(of_day).unwrap_or(0))
    }

    /// The day `days` later (earlier when negative).
    #[must_use]
    pub const fn plus(self, days: i32) -> Self {
        Self(self.0 + days)
    }

    /// A date of the calendar; `None` where there is no such one.
    #[must_use]
    pub fn of(year: i32, month: u8, day: u8) -> Option<Self> {
        let (year, month) = (i16::try_from(year).ok()?, i8::try_from(month).ok()?);
        let date = civil::Date::new(year, month, i8::try_from(day).ok()?).ok()?;
        Some(Self(days_from_civil(date)))
    }

    /// Year, month and day of the month.
    #[must_use]
    pub fn date(self) -> (i32, u8, u8) {
        let date = self.civil();
        (date.year().into(), date.month().unsigned_abs(), date.day().unsigned_abs())
    }

    fn civil(self) -> civil::Date {
        civil::Date::constant(1970, 1, 1)
            .checked_add(jiff::Span::new().days(self.0))
            .unwrap_or(civil::Date::MAX)
    }
}

fn days_from_civil(date: civil::Date) -> i32 {
    days_from_ymd(i32::from(date.year()), i32::from(date.month()), i32::from(date.day()))
}

/// Days since 1970-01-01 of a proleptic Gregorian date (eras of 400 years).
fn days_from_ymd(year: i32, month: i32, day: i32) -> i32 {
    let y = if month <= 2 { year - 1 } else { year };
    let era = y.div_euclid(400);
    let year_of_era = y - era * 400;
    let day_of_year = (153 * (month + if month > 2 { -3 } else { 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// `2026-11-23`.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let d = self.civil();
        write!(f, "{:04}-{:02}-{:02}", d.year(), d.month(), d.day())
    }
}

impl std::str::FromStr for Day {
    type Err = TimeFault;

    fn from_str(text: &str) -> Result<Self, TimeFault> {
        if text.len() != 10 {
            return Err(TimeFault::Unreadable);
        }
        let date: civil::Date = text.parse().map_err(|_| TimeFault::Unreadable)?;
        Ok(Self(days_from_civil(date)))
    }
}

/// How long an observation averages over: PT1M to PT30M (a divisor of the hour), or PT1H.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AveragingPeriod(u8);

impl AveragingPeriod {
    /// One hour.
    pub const HOUR: Self = Self(60);

    /// A period of `minutes`; `None` unless 1 to 30 and a divisor of 60, or 60.
    #[must_use]
    pub const fn from_minutes(minutes: u8) -> Option<Self> {
        match minutes {
            1..=30 if 60 % minutes == 0 => Some(Self(minutes)),
            60 => Some(Self(60)),
            _ => None,
        }
    }

    /// Length in minutes.
    #[must_use]
    pub const fn minutes(self) -> u8 {
        self.0
    }

    /// Reads `PT1M` to `PT30M`, or `PT1H`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "PT1H" | "PT60M" => Some(Self::HOUR),
            _ => {
                let digits = text.strip_prefix("PT")?.strip_suffix('M')?;
                let plain = digits.bytes().all(|b| b.is_ascii_digit());
                Self::from_minutes(digits.parse().ok().filter(|m| plain && *m < 60)?)
            }
        }
    }
}

/// `PT5M`, `PT1H`.
impl fmt::Display for AveragingPeriod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 60 { f.write_str("PT1H") } else { write!(f, "PT{}M", self.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fixed_shape_reads_as_the_general_parser_does() {
        for text in [
            "2026-11-23T08:00:00+08:00",
            "2026-02-28T23:59:59-03:30",
            "1999-12-28T00:00:00+00:00",
            "2024-02-28T12:34:56+14:00",
        ] {
            let general = text.parse::<jiff::Timestamp>().expect("legal").as_millisecond();
            assert_eq!(parse_fixed(text.as_bytes()).map(Instant::millis), Some(general), "{text}");
        }
        for text in ["2024-02-29T08:00:00+08:00", "2026-01-31T00:00:00+08:00"] {
            let general = text.parse::<jiff::Timestamp>().expect("legal").as_millisecond();
            assert_eq!(Instant::parse_rfc3339(text).map(Instant::millis), Ok(general), "{text}");
        }
    }

    #[test]
    fn a_time_without_offset_is_told_apart_from_an_unreadable_one() {
        assert_eq!(Instant::parse_rfc3339("2026-11-23T08:00:00"), Err(TimeFault::NoOffset));
        assert_eq!(Instant::parse_rfc3339("2026-11-23 08:00"), Err(TimeFault::NoOffset));
        assert_eq!(Instant::parse_rfc3339("2026-02-30T08:00:00+08:00"), Err(TimeFault::Unreadable));
        assert_eq!(Instant::parse_rfc3339("yesterday"), Err(TimeFault::Unreadable));
    }

    #[test]
    fn days_are_days_of_beijing() {
        let last = Instant::parse_rfc3339("2026-02-28T15:59:59Z").expect("legal");
        let first = Instant::parse_rfc3339("2026-02-28T16:00:00Z").expect("legal");
        assert_eq!(last.hour().day().to_string(), "2026-02-28");
        assert_eq!(last.hour().ending(), 24);
        assert_eq!(first.hour().day().to_string(), "2026-03-01");
        assert_eq!(first.hour().of_day(), 0);
        assert_eq!(first.to_string(), "2026-03-01T00:00:00+08:00");
    }

    #[test]
    fn labels_name_the_start_or_the_end_of_the_same_hour() {
        let hour = Hour::parse_label("2025-01-01 00:00", HourLabel::End).expect("legal");
        assert_eq!(hour.label(HourLabel::Begin), "2024-12-31 23:00");
        assert_eq!(hour.label(HourLabel::End), "2025-01-01 00:00");
        let same = Hour::parse_label("2024-12-31T23:00:00+08:00", HourLabel::Begin);
        assert_eq!(same, Ok(hour));
        assert!(Hour::parse_label("2025-01-01 00:30", HourLabel::Begin).is_err());
        assert!(Hour::parse_label("2025-13-01 00:00", HourLabel::Begin).is_err());
        assert!(Hour::parse_label("2025-01-01 24:00", HourLabel::Begin).is_err());
    }

    #[test]
    fn periods_divide_the_hour() {
        assert_eq!(AveragingPeriod::parse("PT1H"), Some(AveragingPeriod::HOUR));
        assert_eq!(AveragingPeriod::parse("PT5M").map(AveragingPeriod::minutes), Some(5));
        for text in ["PT7M", "PT0M", "PT45M", "PT2H", "5", "PT+5M", "PT300M"] {
            assert_eq!(AveragingPeriod::parse(text), None, "{text}");
        }
    }
}
