//! Concentrations and other measured amounts in fixed point, and rounding.
//!
//! In: decimal texts and integers. Out: [`Amount`], [`Quotient`], [`Rounding`].
//!
//! Invariants: an [`Amount`] is a whole number of 0.001 units (µg/m³ for pollutants, CO included:
//! 1 mg/m³ is 10⁶ of them); means are exact quotients of integers; rounding happens once, where the
//! clause says. No floating point.
//!
//! Why: sums must not depend on the order of arrival, and a binary-float ceiling gives wrong index
//! values. Source: GB/T 8170 (half to even), HJ 633-2026 4.2.2.

use std::fmt;

/// A measured amount in 0.001 of its unit (µg/m³ for pollutants).
///
/// The largest is 2,147,483.647 µg/m³.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Amount(i32);

/// A concentration in 0.001 µg/m³.
pub type Concentration = Amount;

impl Amount {
    /// From a count of 0.001 units.
    #[must_use]
    pub const fn from_milli(milli: i32) -> Self {
        Self(milli)
    }

    /// The count of 0.001 units.
    #[must_use]
    pub const fn milli(self) -> i32 {
        self.0
    }

    /// The amount times 0.001 `unit_scale`, written with `decimals` digits; exact if it has no more.
    #[must_use]
    pub fn show(self, unit: Unit, decimals: u32) -> String {
        decimal(i64::from(self.0), unit.milli_digits(), decimals)
    }
}

/// The unit in which an amount is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unit {
    /// µg/m³, or the plain unit of a meteorological element.
    Micro,
    /// mg/m³ (CO).
    Milli,
}

impl Unit {
    /// Decimal digits between this unit and 0.001 µg/m³.
    #[must_use]
    pub const fn milli_digits(self) -> u32 {
        match self {
            Self::Micro => 3,
            Self::Milli => 6,
        }
    }
}

/// Writes `amount`/10^`scale` with `decimals` digits, half to even where digits are cut.
#[must_use]
pub fn decimal(amount: i64, scale: u32, decimals: u32) -> String {
    let cut = 10_i64.pow(scale.saturating_sub(decimals));
    let kept = Rounding::HalfEven.divide(i128::from(amount), i128::from(cut));
    let digits = scale.min(decimals);
    let one = 10_i128.pow(digits);
    let sign = if kept < 0 { "-" } else { "" };
    let kept = kept.abs();
    if digits == 0 {
        return format!("{sign}{kept}");
    }
    format!("{sign}{}.{:0width$}", kept / one, kept % one, width = digits as usize)
}

/// How a quotient becomes a whole number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rounding {
    /// To the nearest, ties to the even neighbour (GB/T 8170).
    HalfEven,
    /// To the nearest, ties upward (the national platform, for areas).
    HalfUp,
    /// To the next larger (HJ 633: 全部向上进位取整数).
    Up,
}

impl Rounding {
    /// `num`/`den` rounded to a whole number. `den` must be positive.
    #[must_use]
    pub fn divide(self, num: i128, den: i128) -> i128 {
        // Nearly every division fits 64 bits, where it costs a tenth.
        if let (Ok(num), Ok(den)) = (i64::try_from(num), i64::try_from(den)) {
            return i128::from(self.divide_i64(num, den));
        }
        let (floor, rest) = (num.div_euclid(den), num.rem_euclid(den));
        let up = match self {
            Self::Up => rest > 0,
            Self::HalfUp => rest * 2 >= den,
            Self::HalfEven => rest * 2 > den || (rest * 2 == den && floor % 2 != 0),
        };
        floor + i128::from(up)
    }

    /// The same for quotients that fit 64 bits.
    #[must_use]
    pub fn divide_i64(self, num: i64, den: i64) -> i64 {
        let (floor, rest) = (num.div_euclid(den), num.rem_euclid(den));
        let to_next = den - rest; // compared with `rest`, since twice the rest could overflow
        let up = match self {
            Self::Up => rest > 0,
            Self::HalfUp => rest >= to_next,
            Self::HalfEven => rest > to_next || (rest == to_next && floor % 2 != 0),
        };
        floor + i64::from(up)
    }
}

/// An exact, unrounded figure: `num`/`den` in 0.001 units. `den` is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Quotient {
    /// Numerator, in 0.001 units.
    pub num: i128,
    /// Denominator, at least 1.
    pub den: i64,
}

impl Quotient {
    /// The whole amount.
    #[must_use]
    pub const fn whole(amount: Amount) -> Self {
        Self { num: amount.0 as i128, den: 1 }
    }

    /// How many times `step` [`Quotient::round`] comes to, where that fits an [`Amount`]; `None` where 32
    /// bits do not hold what it takes.
    #[must_use]
    #[inline]
    pub fn small_steps(self, step: u32, rounding: Rounding) -> Option<u32> {
        let (num, den) = (u32::try_from(self.num).ok()?, u32::try_from(self.den).ok()?);
        let den = den.checked_mul(step)?;
        let (floor, rest) = (num.checked_div(den)?, num % den);
        let to_next = den - rest;
        let up = match rounding {
            Rounding::Up => rest > 0,
            Rounding::HalfUp => rest >= to_next,
            Rounding::HalfEven => rest > to_next || (rest == to_next && floor % 2 != 0),
        };
        Some(floor + u32::from(up))
    }

    /// Rounded to a multiple of `step` (in 0.001 units: 1000 is 1 µg/m³, 100 000 is 0.1 mg/m³).
    #[must_use]
    pub fn round(self, step: i32, rounding: Rounding) -> Amount {
        // Nearly every mean: not even the product needs more than 64 bits.
        if let (Ok(num), Some(den)) = (i64::try_from(self.num), self.den.checked_mul(step.into()))
            && let Some(milli) = rounding.divide_i64(num, den).checked_mul(step.into())
            && let Ok(milli) = i32::try_from(milli)
        {
            return Amount(milli);
        }
        let steps = rounding.divide(self.num, i128::from(self.den) * i128::from(step));
        let milli = steps.saturating_mul(i128::from(step));
        Amount(i32::try_from(milli).unwrap_or(if milli < 0 { i32::MIN + 1 } else { i32::MAX }))
    }
}

impl PartialOrd for Quotient {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// By value: 1/2 and 2/4 compare equal.
impl Ord for Quotient {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.num * i128::from(other.den)).cmp(&(other.num * i128::from(self.den)))
    }
}

/// Why a decimal text is no amount.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecimalFault {
    /// Not a decimal number.
    #[error("not a number")]
    NotANumber,
    /// Larger than the fixed point can hold.
    #[error("out of range")]
    OutOfRange,
}

/// Reads a JSON-style decimal (`-12.5`, `1e2`) as a whole number of 10^-`scale`, half to even.
///
/// # Errors
/// [`DecimalFault`] when the text is no decimal number or the result exceeds an [`Amount`].
pub fn parse_decimal(text: &[u8], scale: u32) -> Result<Amount, DecimalFault> {
    if let Some(amount) = parse_plain(text, scale) {
        return Ok(amount);
    }
    let milli = i32::try_from(parse_any(text, scale)?).map_err(|_| DecimalFault::OutOfRange)?;
    Ok(Amount(milli))
}

/// As [`parse_decimal`], for what an [`Amount`] is too small for.
///
/// # Errors
/// [`DecimalFault`] when the text is no decimal number or the result exceeds 64 bits.
pub fn parse_whole(text: &[u8], scale: u32) -> Result<i64, DecimalFault> {
    i64::try_from(parse_any(text, scale)?).map_err(|_| DecimalFault::OutOfRange)
}

/// Nearly every value: up to nine digits, perhaps a point, no digit finer than `scale`.
fn parse_plain(text: &[u8], scale: u32) -> Option<Amount> {
    let (amount, read) = plain_decimal(text, scale)?;
    (read == text.len()).then_some(amount)
}

/// The decimal at the front of a text and its length, where it is one of up to nine digits and none of them
/// finer than 10^-`scale`; what follows is the caller's.
#[must_use]
pub fn plain_decimal(text: &[u8], scale: u32) -> Option<(Amount, usize)> {
    const MOST_DIGITS: usize = 9;
    let digits = |from: usize| {
        let mut at = from;
        let mut number = 0_u32;
        while let Some(digit) = text.get(at).map(|b| b.wrapping_sub(b'0')).filter(|d| *d < 10) {
            number = number.wrapping_mul(10).wrapping_add(u32::from(digit));
            at += 1;
        }
        (number, at - from)
    };
    let (whole, before) = digits(0);
    if text.get(before) != Some(&b'.') {
        let fits = (1..=MOST_DIGITS).contains(&before) && scale <= 6;
        return fits.then(|| in_milli(whole, scale)).flatten().map(|amount| (amount, before));
    }
    let (part, behind) = digits(before + 1);
    if before == 0 || behind == 0 || before + behind > MOST_DIGITS {
        return None;
    }
    let places = u32::try_from(behind).ok()?;
    let finer = scale.checked_sub(places).filter(|f| *f <= 6)?;
    let all = u64::from(whole) * 10_u64.pow(places) + u64::from(part);
    Some((in_milli(u32::try_from(all).ok()?, finer)?, before + 1 + behind))
}

/// `digits` × 10^`finer`, with `finer` at most 6.
fn in_milli(digits: u32, finer: u32) -> Option<Amount> {
    i32::try_from(u64::from(digits) * 10_u64.pow(finer)).ok().map(Amount)
}

fn parse_any(text: &[u8], scale: u32) -> Result<i128, DecimalFault> {
    let (negative, text) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    let (mantissa, exponent) = match text.iter().position(|b| matches!(b, b'e' | b'E')) {
        None => (text, 0),
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
    };
    let (mut digits, mut seen, mut point, mut places) = (0_i128, 0_u32, false, 0_i32);
    let mut sticky = false; // a non-zero digit beyond the precision kept
    for &b in mantissa {
        match b {
            b'.' if !point && seen > 0 => point = true,
            b'0'..=b'9' => {
                seen += 1;
                if digits < 10_i128.pow(30) {
                    digits = digits * 10 + i128::from(b - b'0');
                    places += i32::from(point);
                } else {
                    sticky |= b != b'0';
                    places -= i32::from(!point);
                }
            }
            _ => return Err(DecimalFault::NotANumber),
        }
    }
    if seen == 0 || mantissa.last() == Some(&b'.') {
        return Err(DecimalFault::NotANumber);
    }
    let shift = i32::try_from(scale).unwrap_or(0) + exponent - places;
    let number = shifted(digits, sticky, shift)?;
    Ok(if negative { -number } else { number })
}

fn parse_exponent(text: &[u8]) -> Result<i32, DecimalFault> {
    let (sign, digits) = match text {
        [b'-', rest @ ..] => (-1, rest),
        [b'+', rest @ ..] => (1, rest),
        _ => (1, text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(DecimalFault::NotANumber);
    }
    let clamp = |n: i32, b: &u8| (n * 10 + i32::from(b - b'0')).min(100_000);
    Ok(sign * digits.iter().fold(0, clamp))
}

/// `digits` × 10^`shift`, half to even; `sticky` says that a little more was there.
fn shifted(digits: i128, sticky: bool, shift: i32) -> Result<i128, DecimalFault> {
    if digits == 0 {
        return Ok(0);
    }
    if shift >= 0 {
        let factor = if shift > 12 { None } else { Some(10_i128.pow(shift.unsigned_abs())) };
        return factor.and_then(|f| digits.checked_mul(f)).ok_or(DecimalFault::OutOfRange);
    }
    if shift < -35 {
        return Ok(0);
    }
    let den = 10_i128.pow(shift.unsigned_abs());
    if sticky && digits % den * 2 == den {
        return Ok(digits / den + 1);
    }
    Ok(Rounding::HalfEven.divide(digits, den))
}

/// `12.345`: the amount in its unit, without trailing zeros.
impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = decimal(i64::from(self.0), 3, 3);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, scale: u32) -> Result<i32, DecimalFault> {
        parse_decimal(text.as_bytes(), scale).map(Amount::milli)
    }

    #[test]
    fn what_an_amount_cannot_hold_is_read_whole_up_to_64_bits() {
        assert_eq!(parse_whole(b"9999999.9995", 3), Ok(10_000_000_000), "a tie goes to even");
        assert_eq!(parse_whole(b"-12.5", 3), Ok(-12_500));
        assert_eq!(parse_whole(b"9223372036854775807", 0), Ok(i64::MAX));
        assert_eq!(parse_whole(b"9223372036854775808", 0), Err(DecimalFault::OutOfRange));
        assert_eq!(parse_whole(b"1e400", 3), Err(DecimalFault::OutOfRange));
        assert_eq!(parse_whole(b"1_0", 3), Err(DecimalFault::NotANumber));
    }

    #[test]
    fn decimals_are_read_exactly_and_ties_go_to_even() {
        assert_eq!(read("61", 3), Ok(61_000));
        assert_eq!(read("0.8", 6), Ok(800_000));
        assert_eq!(read("1e2", 3), Ok(100_000));
        assert_eq!(read("-999", 3), Ok(-999_000));
        assert_eq!(read("0.0005", 3), Ok(0));
        assert_eq!(read("0.0015", 3), Ok(2));
        assert_eq!(read("0.00050000000000000000000000000000000001", 3), Ok(1));
        assert_eq!(read("0.00150000000000000000000000000000000001", 3), Ok(2));
        assert_eq!(read("1e-400", 3), Ok(0));
        assert_eq!(read("0e999999", 3), Ok(0));
    }

    #[test]
    fn the_short_way_reads_as_the_general_one() {
        for text in ["0", "61", "0.8", "007", "12.345", "999999999", "2147483", "1.0", "5.", ".5"] {
            for scale in [0, 3, 6] {
                if let Some(amount) = parse_plain(text.as_bytes(), scale) {
                    let any = parse_any(text.as_bytes(), scale);
                    assert_eq!(any, Ok(i128::from(amount.milli())), "{text} {scale}");
                }
            }
        }
        assert_eq!(parse_plain(b"12.345", 3), Some(Amount(12_345)));
        assert_eq!(parse_plain(b"12.3456", 3), None);
        assert_eq!(parse_plain(b"-1", 3), None);
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["", "-", ".5", "5.", "1.2.3", "NaN", "+1", "1e", "0x10", "1 "] {
            assert_eq!(read(text, 3), Err(DecimalFault::NotANumber), "{text:?}");
        }
        for text in ["1e400", "2147483.648", "99999999999999999999999999999999999999999"] {
            assert_eq!(read(text, 3), Err(DecimalFault::OutOfRange), "{text:?}");
        }
    }

    #[test]
    fn rounding_follows_its_name() {
        let all = |num, den| {
            [Rounding::HalfEven, Rounding::HalfUp, Rounding::Up].map(|r| r.divide(num, den))
        };
        assert_eq!(all(121, 2), [60, 61, 61]);
        assert_eq!(all(123, 2), [62, 62, 62]);
        assert_eq!(all(-1, 2), [0, 0, 0]);
        assert_eq!(all(1, 100), [0, 0, 1]);
        assert_eq!(all(5, 5), [1, 1, 1]);
        let wide = i128::from(i64::MAX) * 4;
        assert_eq!(all(wide + 1, 2), [wide / 2, wide / 2 + 1, wide / 2 + 1]);
    }

    #[test]
    fn few_steps_are_counted_as_amounts_are_rounded() {
        for rounding in [Rounding::HalfEven, Rounding::HalfUp, Rounding::Up] {
            for (den, step) in [(1, 1000), (3, 1000), (24, 1000), (7, 100_000), (16, 1)] {
                for num in (0..400_000_i128).step_by(61).chain([2_000_000_000, i128::MAX, -1]) {
                    let value = Quotient { num, den };
                    if let Some(steps) = value.small_steps(step, rounding) {
                        let step = i32::try_from(step).expect("small");
                        let rounded = i64::from(value.round(step, rounding).milli());
                        assert_eq!(i64::from(steps) * i64::from(step), rounded, "{value:?}");
                    }
                }
            }
        }
        let half = Quotient { num: 24 * 60_500, den: 24 };
        assert_eq!(half.small_steps(1000, Rounding::HalfEven), Some(60));
        assert_eq!(Quotient { num: -1, den: 1 }.small_steps(1000, Rounding::Up), None);
    }

    #[test]
    fn amounts_are_written_in_their_unit() {
        assert_eq!(Amount::from_milli(61_000).show(Unit::Micro, 0), "61");
        assert_eq!(Amount::from_milli(800_000).show(Unit::Milli, 1), "0.8");
        assert_eq!(Amount::from_milli(-500).show(Unit::Micro, 1), "-0.5");
        assert_eq!(Amount::from_milli(12_340).to_string(), "12.34");
        assert_eq!(Amount::from_milli(10_000).to_string(), "10");
    }
}
