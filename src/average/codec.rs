//! A station's day, or a span of its hours, as bytes for the store.
//!
//! Layout: version, first hour, end hour; count of columns; each column: property with flags,
//! validities unless all are valid, a power of ten common to all amounts, their differences as zigzag
//! varints, marks; then the past and the minutes as counted lists. Version 2, which is written where an
//! operator's corrections stand, ends with the list of what is beneath them; version 3, where hours are
//! reviewed, has that list too, and then these hours as bits and the reviewed columns. About 10 bytes for
//! an hour of six pollutants in a full day.
//!
//! Invariant: `decode(encode(day)) == day`, for every span and for the spans of one day put together.

use super::correction::Beneath;
use super::reviewed::Reviewed;
use super::station_day::{Column, MinuteValue, Past, StationDay};
use crate::observation::{POLLUTANTS, PROPERTIES, Property, Validity};
use crate::time::{AveragingPeriod, DAY_H};

/// Without corrections, with them, and with a reviewed layer.
const VERSION: u8 = 1;
const CORRECTED: u8 = 2;
const REVIEWED: u8 = 3;
/// Room for a span's heads, and for each of its hours, as six pollutants usually need.
const SPAN_BYTES: usize = 32;
const CELL_BYTES: usize = 12;
/// Every hour of the span is valid.
const ALL_VALID: u8 = 0x10;
/// Conflict or difference marks follow.
const MARKED: u8 = 0x20;
/// The property's bits.
const PROPERTY: u8 = 0x0f;

/// A stored day that cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Written by a newer version.
    #[error("station day of version {0}, newer than this program")]
    Version(u8),
    /// Cut off or damaged.
    #[error("station day is damaged")]
    Damaged,
}

impl StationDay {
    /// The hours `from..to` of the day as bytes.
    #[must_use]
    pub fn encode(&self, from: usize, to: usize) -> Vec<u8> {
        let mut out = Vec::with_capacity(SPAN_BYTES + CELL_BYTES * (to - from));
        let inside = |hour: u8| (from..to).contains(&usize::from(hour));
        let beneath: Vec<&Beneath> = self.beneath.iter().filter(|b| inside(b.hour)).collect();
        let review = self.reviewed.as_deref().filter(|r| r.hours & mask(from, to) != 0);
        let version = match (review, beneath.is_empty()) {
            (Some(_), _) => REVIEWED,
            (None, false) => CORRECTED,
            (None, true) => VERSION,
        };
        out.extend([version, byte(from), byte(to), 0]);
        for property in PROPERTIES {
            let Some(column) = self.column(property) else { continue };
            if column.validity[from..to].iter().any(|v| *v != Validity::Missing) {
                out[3] += 1;
                encode_column(property, column, from, to, &mut out);
            }
        }
        let past: Vec<&Past> = self.past.iter().filter(|p| inside(p.hour)).collect();
        varint(past.len() as u64, &mut out);
        for p in past {
            out.extend([p.property, p.hour]);
            varint(u64::from(p.revision), &mut out);
            encode_seen(&p.seen, &mut out);
        }
        let minutes: Vec<&MinuteValue> = self.minutes.iter().filter(|m| inside(m.hour)).collect();
        varint(minutes.len() as u64, &mut out);
        for m in minutes {
            out.extend([m.property, m.hour, m.period, m.minute, m.validity, u8::from(m.conflict)]);
            varint(u64::from(m.revision), &mut out);
            varint(zigzag(m.amount.into()), &mut out);
            encode_seen(&m.seen, &mut out);
        }
        if version >= CORRECTED {
            varint(beneath.len() as u64, &mut out);
            for b in beneath {
                out.extend([b.property, b.hour, b.validity]);
                varint(zigzag(b.amount.into()), &mut out);
            }
        }
        if let Some(review) = review {
            encode_review(review, from, to, &mut out);
        }
        out
    }

    /// The hour `hour` as bytes.
    #[must_use]
    pub fn encode_hour(&self, hour: usize) -> Vec<u8> {
        self.encode(hour, hour + 1)
    }

    /// The whole day as bytes.
    #[must_use]
    pub fn encode_day(&self) -> Vec<u8> {
        self.encode(0, DAY_H)
    }

    /// Puts a stored span into the day.
    ///
    /// # Errors
    /// [`DecodeError`] when the bytes are no span of this version.
    pub fn decode_into(&mut self, bytes: &[u8]) -> Result<(), DecodeError> {
        let mut input = Input(bytes);
        let version = input.byte()?;
        if !(VERSION..=REVIEWED).contains(&version) {
            return Err(DecodeError::Version(version));
        }
        let (from, to) = (usize::from(input.byte()?), usize::from(input.byte()?));
        if from >= to || to > DAY_H {
            return Err(DecodeError::Damaged);
        }
        let mut last = None;
        for _ in 0..input.byte()? {
            let head = input.byte()?;
            ascending(&mut last, head & PROPERTY)?;
            let property =
                *PROPERTIES.get(usize::from(head & PROPERTY)).ok_or(DecodeError::Damaged)?;
            decode_column(self.column_mut(property), head, &mut input, from, to)?;
        }
        let mut last = None;
        for _ in 0..input.varint()? {
            let (property, hour) = (input.byte()?, input.byte()?);
            check(usize::from(property) < Property::COUNT)?;
            check((from..to).contains(&hour.into()))?;
            ascending(&mut last, (property, hour))?;
            let revision = input.small()?;
            self.past.push(Past { property, hour, revision, seen: input.seen()? });
        }
        let mut last = None;
        for _ in 0..input.varint()? {
            let value = input.minute_value()?;
            check((from..to).contains(&value.hour.into()))?;
            ascending(&mut last, (value.property, value.hour, value.period, value.minute))?;
            self.minutes.push(value);
        }
        if version >= CORRECTED {
            let mut last = None;
            for _ in 0..input.varint()? {
                let [property, hour, validity] = [input.byte()?, input.byte()?, input.validity()?];
                check(usize::from(property) < Property::COUNT)?;
                check((from..to).contains(&hour.into()))?;
                ascending(&mut last, (property, hour))?;
                let amount = input.amount()?;
                self.beneath.push(Beneath { property, hour, amount, validity });
            }
        }
        if version == REVIEWED {
            self.decode_review(&mut input, from, to)?;
        }
        self.beneath.sort_unstable();
        self.past.sort_unstable();
        self.minutes.sort_unstable();
        if input.0.is_empty() { Ok(()) } else { Err(DecodeError::Damaged) }
    }

    fn decode_review(
        &mut self,
        input: &mut Input<'_>,
        from: usize,
        to: usize,
    ) -> Result<(), DecodeError> {
        let hours = input.small()?;
        check(hours != 0 && hours & !mask(from, to) == 0)?;
        let layer = self.reviewed.get_or_insert_with(|| Box::new(Reviewed::EMPTY));
        layer.hours |= hours;
        let mut last = None;
        for _ in 0..input.byte()? {
            let head = input.byte()?;
            check(head & MARKED == 0)?;
            ascending(&mut last, head & PROPERTY)?;
            let column = layer.pollutants.get_mut(usize::from(head & PROPERTY));
            let column = column.ok_or(DecodeError::Damaged)?;
            decode_column(column, head, input, from, to)?;
            let outside = (from..to).filter(|hour| hours & 1 << hour == 0);
            for hour in outside {
                check(column.validity[hour] == Validity::Missing)?;
            }
        }
        Ok(())
    }
}

fn decode_column(
    column: &mut Column,
    head: u8,
    input: &mut Input<'_>,
    from: usize,
    to: usize,
) -> Result<(), DecodeError> {
    check(head & !(ALL_VALID | MARKED | PROPERTY) == 0)?;
    for hour in from..to {
        column.validity[hour] = if head & ALL_VALID != 0 {
            Validity::Valid
        } else {
            Validity::from_number(input.validity()?).ok_or(DecodeError::Damaged)?
        };
    }
    let held = |hour: &usize| column.validity[*hour] != Validity::Missing;
    let present = (from..to).filter(held).fold(0, |bits, hour| bits | 1_u32 << hour);
    check(present != 0)?;
    let factor = 10_i64.checked_pow(input.byte()?.into()).ok_or(DecodeError::Damaged)?;
    let mut amount = 0_i64;
    for hour in from..to {
        if column.validity[hour] != Validity::Missing {
            amount = amount.checked_add(input.signed()?).ok_or(DecodeError::Damaged)?;
            let milli = amount.checked_mul(factor).and_then(|m| i32::try_from(m).ok());
            column.amount[hour] = milli.ok_or(DecodeError::Damaged)?;
        }
    }
    if head & MARKED != 0 {
        let (conflict, differs) = (input.small()?, input.small()?);
        check((conflict | differs) & !present == 0)?;
        column.conflict |= conflict;
        column.differs |= differs;
    }
    Ok(())
}

fn encode_review(review: &Reviewed, from: usize, to: usize, out: &mut Vec<u8>) {
    varint((review.hours & mask(from, to)).into(), out);
    let held = |c: &&Column| c.validity[from..to].iter().any(|v| *v != Validity::Missing);
    out.push(byte(review.pollutants.iter().filter(held).count()));
    for pollutant in POLLUTANTS {
        let column = &review.pollutants[pollutant.index()];
        if held(&column) {
            encode_column(Property::Pollutant(pollutant), column, from, to, out);
        }
    }
}

/// What cannot be in any day was never written.
fn check(possible: bool) -> Result<(), DecodeError> {
    if possible { Ok(()) } else { Err(DecodeError::Damaged) }
}

/// Keys are written in their order, each one once.
fn ascending<T: PartialOrd + Copy>(last: &mut Option<T>, key: T) -> Result<(), DecodeError> {
    check(last.replace(key).is_none_or(|last| last < key))
}

fn encode_column(property: Property, column: &Column, from: usize, to: usize, out: &mut Vec<u8>) {
    let all_valid = column.validity[from..to].iter().all(|v| *v == Validity::Valid);
    let span = mask(from, to);
    let (conflict, differs) = (column.conflict & span, column.differs & span);
    let marked = conflict | differs != 0;
    let flags = if all_valid { ALL_VALID } else { 0 } | if marked { MARKED } else { 0 };
    out.push(byte(property.index()) | flags);
    if !all_valid {
        out.extend(column.validity[from..to].iter().map(|v| v.number()));
    }
    let present = || {
        let cells = column.amount[from..to].iter().zip(&column.validity[from..to]);
        cells.filter(|(_, v)| **v != Validity::Missing).map(|(a, _)| *a)
    };
    let tens = common_tens(present());
    out.push(tens);
    let factor = 10_i32.pow(tens.into());
    let mut last = 0;
    for amount in present() {
        let scaled = i64::from(amount / factor);
        varint(zigzag(scaled - last), out);
        last = scaled;
    }
    if marked {
        varint(conflict.into(), out);
        varint(differs.into(), out);
    }
}

/// The largest power of ten, up to 6, that divides every amount.
fn common_tens(amounts: impl Iterator<Item = i32>) -> u8 {
    let mut tens = 6;
    for amount in amounts {
        while amount % 10_i32.pow(tens) != 0 {
            tens -= 1;
        }
    }
    u8::try_from(tens).unwrap_or(0)
}

fn mask(from: usize, to: usize) -> u32 {
    (from..to).fold(0, |bits, hour| bits | 1 << hour)
}

fn encode_seen(seen: &[(i32, u8)], out: &mut Vec<u8>) {
    varint(seen.len() as u64, out);
    for (amount, validity) in seen {
        varint(zigzag((*amount).into()), out);
        out.push(*validity);
    }
}

/// Hours and property indices are far below 256.
fn byte(n: usize) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

fn zigzag(n: i64) -> u64 {
    (n.unsigned_abs() << 1) - u64::from(n < 0)
}

fn varint(mut n: u64, out: &mut Vec<u8>) {
    while n >= 0x80 {
        out.push((n & 0x7f) as u8 | 0x80);
        n >>= 7;
    }
    out.push((n & 0x7f) as u8);
}

/// Bytes still to read.
struct Input<'a>(&'a [u8]);

impl Input<'_> {
    fn byte(&mut self) -> Result<u8, DecodeError> {
        let (first, rest) = self.0.split_first().ok_or(DecodeError::Damaged)?;
        self.0 = rest;
        Ok(*first)
    }

    fn varint(&mut self) -> Result<u64, DecodeError> {
        let mut n = 0_u64;
        for shift in (0..63).step_by(7) {
            let byte = self.byte()?;
            n |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(n);
            }
        }
        Err(DecodeError::Damaged)
    }

    fn small(&mut self) -> Result<u32, DecodeError> {
        u32::try_from(self.varint()?).map_err(|_| DecodeError::Damaged)
    }

    fn signed(&mut self) -> Result<i64, DecodeError> {
        let n = self.varint()?;
        let half = i64::try_from(n.div_ceil(2)).map_err(|_| DecodeError::Damaged)?;
        Ok(if n % 2 == 0 { half } else { -half })
    }

    fn amount(&mut self) -> Result<i32, DecodeError> {
        i32::try_from(self.signed()?).map_err(|_| DecodeError::Damaged)
    }

    fn validity(&mut self) -> Result<u8, DecodeError> {
        let number = self.byte()?;
        let known = Validity::from_number(number).is_some_and(|v| v != Validity::NotReviewed);
        check(known)?;
        Ok(number)
    }

    fn seen(&mut self) -> Result<Vec<(i32, u8)>, DecodeError> {
        let count = self.varint()?;
        (0..count).map(|_| Ok((self.amount()?, self.validity()?))).collect()
    }

    fn minute_value(&mut self) -> Result<MinuteValue, DecodeError> {
        let [property, hour, period, minute] =
            [self.byte()?, self.byte()?, self.byte()?, self.byte()?];
        check(usize::from(property) < Property::COUNT)?;
        let whole = AveragingPeriod::HOUR.minutes();
        check(AveragingPeriod::from_minutes(period).is_some() && period < whole)?;
        check(minute < whole && minute % period == 0)?;
        let (validity, conflict) = (self.validity()?, self.byte()?);
        check(conflict <= 1)?;
        Ok(MinuteValue {
            property,
            hour,
            period,
            minute,
            revision: self.small()?,
            amount: self.amount()?,
            validity,
            seen: self.seen()?,
            conflict: conflict == 1,
        })
    }
}
