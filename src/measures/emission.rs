//! Emission: four substances, fixed point in grams a day.
//!
//! In: decimal texts with their unit. Out: [`Emission`], [`Amounts`]. Invariants: a figure is rounded once,
//! half to even, to a gram a day, when it is read; sums are exact. Source of the four: 环办大气函〔2020〕340号.

use std::borrow::Cow;
use std::fmt;
use std::ops::Add;

use serde::{Deserialize, Serialize};

/// What is emitted and has to be reduced by a share of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Substance {
    /// Sulfur dioxide.
    So2,
    /// Nitrogen oxides.
    Nox,
    /// Particulate matter.
    Pm,
    /// Volatile organic compounds.
    Vocs,
}

impl Substance {
    /// In the order of the list.
    pub const ALL: [Self; 4] = [Self::So2, Self::Nox, Self::Pm, Self::Vocs];

    /// In code and data.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::So2 => "so2",
            Self::Nox => "nox",
            Self::Pm => "pm",
            Self::Vocs => "vocs",
        }
    }

    /// As the list calls it.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::So2 => "二氧化硫",
            Self::Nox => "氮氧化物",
            Self::Pm => "颗粒物",
            Self::Vocs => "VOCs",
        }
    }
}

/// A unit in which a column is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// kg/d (千克/日).
    KgPerDay,
    /// t/d (吨/日).
    TonnesPerDay,
    /// kg/a (千克/年).
    KgPerYear,
    /// t/a (吨/年).
    TonnesPerYear,
}

impl Unit {
    /// Every unit.
    pub const ALL: [Self; 4] =
        [Self::KgPerDay, Self::TonnesPerDay, Self::KgPerYear, Self::TonnesPerYear];

    /// In the column map.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::KgPerDay => "kg/d",
            Self::TonnesPerDay => "t/d",
            Self::KgPerYear => "kg/a",
            Self::TonnesPerYear => "t/a",
        }
    }

    /// Grams, and the days they are spread over.
    const fn grams_per(self, days_per_year: u16) -> (i128, i128) {
        let year = days_per_year as i128;
        match self {
            Self::KgPerDay => (1_000, 1),
            Self::TonnesPerDay => (1_000_000, 1),
            Self::KgPerYear => (1_000, year),
            Self::TonnesPerYear => (1_000_000, year),
        }
    }
}

/// An emission or a reduction, not negative: grams a day.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub struct Emission(i64);

/// A million tonnes a day: no row has more, so that no sum over a list overflows.
const MOST_G_PER_DAY: i128 = 1_000_000_000_000;

impl Emission {
    /// So many grams a day; less than none is none.
    #[must_use]
    pub const fn from_grams(grams: i64) -> Self {
        Self(if grams < 0 { 0 } else { grams })
    }

    /// Grams a day.
    #[must_use]
    pub const fn grams(self) -> i64 {
        self.0
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }

    /// Reads a decimal text, `days_per_year` days to a year.
    ///
    /// # Errors
    /// What is wrong, as it completes the sentence that starts with the found text.
    pub fn parse(text: &str, unit: Unit, days_per_year: u16) -> Result<Self, &'static str> {
        if text.strip_prefix(['-', '－']).and_then(decimal).is_some() {
            return Err("为负数，应为不小于0的数字");
        }
        let (digits, scale) =
            decimal(&without_groups(text)).ok_or("不是数字，应为不小于0的数字")?;
        let (grams, days) = unit.grams_per(days_per_year.max(1));
        let whole = digits.checked_mul(grams).zip(10_i128.checked_pow(scale));
        let whole = whole.and_then(|(num, ten)| Some((num, ten.checked_mul(days)?)));
        let (num, den) = whole.ok_or("位数过多，应为不小于0的数字")?;
        let (floor, rest) = (num / den, num % den);
        let up = rest * 2 > den || (rest * 2 == den && floor % 2 == 1);
        let rounded = floor + i128::from(up);
        let kept = i64::try_from(rounded).ok().filter(|_| rounded <= MOST_G_PER_DAY);
        kept.map(Self).ok_or("过大，应不超过每日一百万吨")
    }
}

/// `1,800.5` as a spreadsheet writes it into a CSV file: commas between groups of three only.
fn without_groups(text: &str) -> Cow<'_, str> {
    let whole = text.split('.').next().unwrap_or_default();
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let is_grouped = whole.contains(',') && (1..=3).contains(&first.len());
    match is_grouped && groups.all(|group| group.len() == 3) {
        true => Cow::Owned(text.replacen(',', "", whole.matches(',').count())),
        false => Cow::Borrowed(text),
    }
}

/// Digits without the point, and how many of them stand behind it.
fn decimal(text: &str) -> Option<(i128, u32)> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let all_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let digits = format!("{whole}{fraction}").parse().ok()?;
    Some((digits, u32::try_from(fraction.len()).ok()?))
}

impl Add for Emission {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

/// Kilograms a day to the gram, without zeros at the end.
impl fmt::Display for Emission {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kg, g) = (self.0 / 1000, self.0 % 1000);
        match g {
            0 => write!(f, "{kg}"),
            _ => write!(f, "{kg}.{}", format!("{g:03}").trim_end_matches('0')),
        }
    }
}

/// One emission for each substance; in JSON grams a day by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Amounts {
    /// Sulfur dioxide, g/d.
    pub so2: Emission,
    /// Nitrogen oxides, g/d.
    pub nox: Emission,
    /// Particulate matter, g/d.
    pub pm: Emission,
    /// Volatile organic compounds, g/d.
    pub vocs: Emission,
}

impl Amounts {
    /// That of one substance.
    #[must_use]
    pub const fn of(&self, substance: Substance) -> Emission {
        match substance {
            Substance::So2 => self.so2,
            Substance::Nox => self.nox,
            Substance::Pm => self.pm,
            Substance::Vocs => self.vocs,
        }
    }

    /// From what `each` says of every substance.
    pub fn from_each(mut each: impl FnMut(Substance) -> Emission) -> Self {
        let [so2, nox, pm, vocs] = Substance::ALL.map(&mut each);
        Self { so2, nox, pm, vocs }
    }

    /// Whether there is none of any.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        Substance::ALL.into_iter().all(|s| self.of(s).is_zero())
    }
}

impl Add for Amounts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self::from_each(|s| self.of(s) + other.of(s))
    }
}

impl std::iter::Sum for Amounts {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::default(), Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grams(text: &str, unit: Unit) -> Result<i64, &'static str> {
        Emission::parse(text, unit, 365).map(Emission::grams)
    }

    #[test]
    fn a_figure_is_rounded_once_half_to_even_to_a_gram() {
        assert_eq!(grams("12.3455", Unit::KgPerDay), Ok(12_346));
        assert_eq!(grams("12.3445", Unit::KgPerDay), Ok(12_344));
        assert_eq!(grams("0.30000000000000004", Unit::KgPerDay), Ok(300));
        assert_eq!(grams("365", Unit::TonnesPerYear), Ok(1_000_000));
        assert_eq!(grams("1", Unit::TonnesPerYear), Ok(2_740), "2739.726");
        assert_eq!(Emission::parse("1", Unit::TonnesPerYear, 300), Ok(Emission(3_333)));
        assert_eq!(grams("1", Unit::KgPerYear), Ok(3));
        assert_eq!(grams("0", Unit::TonnesPerDay), Ok(0));
        assert_eq!(grams("1,234,800.5", Unit::KgPerDay), Ok(1_234_800_500));
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in [
            "", ".5", "1,5", "1,50.0", ",500", "1.000,5", "1234,567", "1e3", "一百", "1.2.3",
            "--1", "１",
        ] {
            assert_eq!(grams(text, Unit::KgPerDay), Err("不是数字，应为不小于0的数字"), "{text}");
        }
        assert_eq!(grams("-0.5", Unit::KgPerDay), Err("为负数，应为不小于0的数字"));
        assert!(grams("1000000.000001", Unit::TonnesPerDay).is_err());
        assert!(grams(&"9".repeat(60), Unit::KgPerDay).is_err());
        assert!(grams(&format!("0.{}", "9".repeat(60)), Unit::KgPerDay).is_err());
    }

    #[test]
    fn an_amount_is_shown_to_the_gram() {
        let shown = |grams| Emission::from_grams(grams).to_string();
        assert_eq!([shown(1_000), shown(1_050), shown(7), shown(0)], ["1", "1.05", "0.007", "0"]);
    }
}
