//! Targets of a city's plan: rows of data, by year.
//!
//! In: rows of `targets.toml`, and the days of a year. Out: [`Target`]s, of each its [`Standing`] (where the
//! year stands, what it can still afford, whether it is decided), its [`Outlook`] (how it may end by past
//! years' days) and its [`TargetRow`] for JSON and the page.
//!
//! Invariants: a target's value is an exact decimal; a row holds for its own year and no other; a target that
//! a plan gives in words only is never held against a number.
//!
//! Source: the city's plan, quoted in each row's document; GB/T 8170 (rounding; decision `target_compare`).

mod indicator;
mod official;
mod outlook;
mod row;
mod standing;
#[cfg(test)]
mod tests;

use std::fmt;

pub use indicator::{Direction, TargetIndicator};
pub use outlook::{Ends, NoOutlook, Outlook, Resampling};
pub use row::TargetRow;
pub use standing::{Standing, Verdict};

use super::document::is_2012;
use super::{DustColumn, Exact, JudgedBy};
use crate::area::AreaId;
use crate::observation::{Dataset, POLLUTANTS, Pollutant};
use crate::quantity::{Amount, Quotient};
use crate::standard::{Average, LimitClass, TargetCompare};
use crate::time::Day;

/// A number as a plan writes it: `88.9` is 889 with one decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Written {
    digits: u32,
    decimals: u32,
}

impl Written {
    /// Decimals that are told apart.
    pub const DECIMALS_MAX: u32 = 3;

    /// Reads digits with at most three decimals.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn parse(text: &str) -> Result<Self, String> {
        let fault = || format!("must be digits with at most three decimals, got {text:?}");
        let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
        let plain = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
        let decimals = u32::try_from(fraction.len()).map_err(|_| fault())?;
        let cut = text.ends_with('.') || decimals > Self::DECIMALS_MAX;
        if cut || whole.is_empty() || whole.len() > 6 || !plain(whole) || !plain(fraction) {
            return Err(fault());
        }
        let digits = format!("{whole}{fraction}").parse().map_err(|_| fault())?;
        Ok(Self { digits, decimals })
    }

    /// Whether it is above a whole number.
    #[must_use]
    pub const fn is_above(self, most: u32) -> bool {
        self.digits > most * 10_u32.pow(self.decimals)
    }

    /// The same in units of a finer decimal.
    const fn to(self, decimals: u32) -> u32 {
        self.digits * 10_u32.pow(decimals - self.decimals)
    }
}

/// `88.9`, with the decimals of the plan.
impl fmt::Display for Written {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&crate::quantity::decimal(self.digits.into(), self.decimals, self.decimals))
    }
}

/// What a plan asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goal {
    /// A number, in the unit that people write: %, days, µg/m³, CO in mg/m³.
    Number(Written),
    /// Words only, such as 基本消除: shown beside the figure, never held against it.
    Words(String),
}

/// So many years before the target's may be drawn from.
const PAST_YEARS: i32 = 5;

/// One row of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The year for which it holds.
    pub year: i32,
    /// The area, `area/set`, or a station's code: whose figure it is.
    pub entity: String,
    /// What it is about.
    pub indicator: TargetIndicator,
    /// What is asked for.
    pub goal: Goal,
    /// The edition by which its days are judged.
    pub judged_by: JudgedBy,
    /// The data that count.
    pub dataset: Dataset,
    /// The column of dust that counts.
    pub dust: DustColumn,
    /// Where it stands: title and place.
    pub document: String,
    /// The district that answers for it; empty for the city itself.
    pub district: String,
}

impl Target {
    /// 1 January and 31 December of its year.
    fn span(&self) -> (Day, Day) {
        let date = |month, day| Day::of(self.year, month, day).unwrap_or_default();
        (date(1, 1), date(12, 31))
    }

    /// From 1 January to a day that has ended, within its year; `None` before one has.
    #[must_use]
    pub fn until(&self, ended: Day) -> Option<(Day, Day)> {
        let (from, to) = self.span();
        (from <= ended).then_some((from, to.min(ended)))
    }

    /// The days of past years from which its end is foretold.
    #[must_use]
    pub fn past(&self) -> Option<(Day, Day)> {
        let from = Day::of(self.year - PAST_YEARS, 1, 1)?;
        Some((from, self.span().0.plus(-1)))
    }

    /// By which edition a past day is judged: as the same date of the target's year will be.
    #[must_use]
    pub fn judges(&self, past: Day) -> JudgedBy {
        let (_, month, date) = past.date();
        let same = || Day::of(self.year, month, date).or_else(|| Day::of(self.year, 2, 28));
        match self.judged_by {
            JudgedBy::InForce => same().map_or(JudgedBy::InForce, JudgedBy::as_on),
            chosen => chosen,
        }
    }

    /// The limits of the single indices, by [`Pollutant::index`]: those at the end of the year.
    fn limits(&self) -> [Option<Amount>; Pollutant::COUNT] {
        let edition = self.judged_by.limit_edition(self.span().1);
        let mut limits = [None; Pollutant::COUNT];
        for p in POLLUTANTS {
            let average = match p {
                Pollutant::Co => Average::Day,
                Pollutant::O3 => Average::Mda8,
                _ => Average::Year,
            };
            limits[p.index()] = edition.limit(p, average, LimitClass::II);
        }
        limits
    }

    /// Decimals of its figures where they are shown, in the unit that people write.
    fn decimals(&self) -> u32 {
        let is_2012 = is_2012(self.judged_by, self.span().1);
        let published = self.indicator.published_decimals(is_2012);
        match self.goal {
            Goal::Number(value) if value.decimals > published => value.decimals,
            _ => published,
        }
    }

    /// Power of ten between a figure inside and the unit that people write, below zero for percent.
    const fn shown_scale(&self) -> i32 {
        if self.indicator.is_ratio() { -2 } else { self.indicator.scale().cast_signed() }
    }

    /// A figure as people write it, without its unit: rounded once, half to even.
    #[must_use]
    pub fn shown(&self, figure: &Exact) -> String {
        let percent = if self.indicator.is_ratio() { figure.times(100) } else { figure.clone() };
        percent.show(self.indicator.scale(), self.decimals())
    }

    /// A figure as it is published, with its unit.
    #[must_use]
    pub fn text(&self, figure: &Exact) -> String {
        format!("{}{}", self.shown(figure), self.indicator.unit_zh())
    }

    /// The value or the words, as the plan writes them.
    #[must_use]
    pub fn value_text(&self) -> String {
        match &self.goal {
            Goal::Number(value) => format!("{value}{}", self.indicator.unit_zh()),
            Goal::Words(words) => words.clone(),
        }
    }

    /// What a figure is held against; `None` where the plan has only words.
    fn bar(&self, compare: TargetCompare) -> Option<Bar> {
        let Goal::Number(value) = self.goal else { return None };
        let decimals = self.decimals();
        let digits = i128::from(value.to(decimals));
        let direction = self.indicator.direction();
        let (halves, inclusive) = match (compare, direction) {
            (TargetCompare::Exact, _) => (2 * digits, true),
            // The figure half a digit away goes to the even neighbour.
            (TargetCompare::Rounded, Direction::AtLeast) => (2 * digits - 1, digits % 2 == 0),
            (TargetCompare::Rounded, Direction::AtMost) => (2 * digits + 1, digits % 2 == 0),
        };
        let (mut num, mut den) = (halves, 2 * 10_i64.pow(decimals));
        match self.shown_scale() {
            up @ 0.. => num *= 10_i128.pow(up.unsigned_abs()),
            down => den *= 10_i64.pow(down.unsigned_abs()),
        }
        Some(Bar { at: Quotient { num, den }, inclusive, direction })
    }
}

/// A border, in the unit of the figures: a concentration in 0.001 µg/m³, a ratio from 0 to 1, a count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Bar {
    at: Quotient,
    /// Whether the border itself is on the good side.
    inclusive: bool,
    direction: Direction,
}

impl Bar {
    /// Whether an exact figure is on the good side.
    fn holds(&self, figure: &Exact) -> bool {
        self.decides(figure.cmp(&self.at.into()))
    }

    /// The same for a quotient.
    fn holds_quotient(&self, figure: Quotient) -> bool {
        self.decides(figure.cmp(&self.at))
    }

    fn decides(&self, of_figure: std::cmp::Ordering) -> bool {
        match self.direction {
            _ if of_figure.is_eq() => self.inclusive,
            Direction::AtLeast => of_figure.is_gt(),
            Direction::AtMost => of_figure.is_lt(),
        }
    }
}

/// There is no target for a year: said as such, never answered with another year's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no target is entered for {year}")]
pub struct NoTargets {
    /// The year.
    pub year: i32,
}

impl NoTargets {
    /// As the page says it.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        "未录入本年度目标"
    }
}

/// All rows of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Targets {
    /// In the order of the file.
    pub rows: Vec<Target>,
}

impl Targets {
    /// The rows of an area and its sets for a year.
    ///
    /// # Errors
    /// [`NoTargets`] where there is none.
    pub fn of_area(&self, area: &AreaId, year: i32) -> Result<Vec<&Target>, NoTargets> {
        let of = |entity: &str| entity.split('/').next() == Some(area.as_str());
        self.of(year, |target| of(&target.entity))
    }

    /// The rows of one entity for a year.
    ///
    /// # Errors
    /// [`NoTargets`] where there is none.
    pub fn of_entity(&self, entity: &str, year: i32) -> Result<Vec<&Target>, NoTargets> {
        self.of(year, |target| target.entity == entity)
    }

    fn of(&self, year: i32, whose: impl Fn(&Target) -> bool) -> Result<Vec<&Target>, NoTargets> {
        let found: Vec<&Target> =
            self.rows.iter().filter(|target| target.year == year && whose(target)).collect();
        if found.is_empty() { Err(NoTargets { year }) } else { Ok(found) }
    }
}
