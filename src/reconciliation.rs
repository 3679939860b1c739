//! 对账: our figures beside those that the national platform published, and why they differ.
//!
//! In: our [`Figures`] of an hour, and what was published for the same entity and hour. Out: each
//! [`Difference`] with the [`Evidence`] for its likely [`Cause`], and a [`Tally`] of what was compared.
//!
//! Invariants: a published value is never used in arithmetic that leads to a figure of ours; each cause is
//! decided by a test on the data, and what passes no test is unexplained.
//!
//! # Which cause
//! The first of these tests that holds decides; those that reproduce the published value to the digit go
//! before those that only make a difference likely:
//!
//! 1. what they published first is ours: they corrected it ([`Cause::Reviewed`]);
//! 2. what we published first is theirs: ours came late ([`Cause::Late`]) or was corrected;
//! 3. the other practice gives theirs ([`Cause::Practice`]);
//! 4. a station's value is missing among the hours on which the figure rests ([`Cause::Missing`]);
//! 5. one of these values came or changed after they had published (late, or corrected);
//! 6. theirs lies where the hours hidden behind "3" may have put it ([`Cause::Practice`]);
//! 7. within one rounding step ([`Cause::Rounding`]);
//! 8. within one rounding step of the other practice ([`Cause::Practice`]).
//!
//! Source: issue 3, Build 4; the platform's practice as measured on its archive (standards.md, the README
//! beside the recorded data).

mod quantity;
mod wire;

pub use quantity::Quantity;
pub use wire::{PublishedRecord, decode};

use std::collections::{BTreeMap, VecDeque};

use crate::area::{Figures, Member, Value};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::standard::Category;
use crate::time::{DAY_H, Day, Hour, Instant};

/// One quantity as the platform published it for one entity and hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// What it is.
    pub quantity: Quantity,
    /// What was published first.
    pub first: Value,
    /// When that arrived here; of an import, when it ran.
    pub first_at: Instant,
    /// What stands there now.
    pub last: Value,
}

/// Why a figure of ours differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cause {
    /// 缺站/缺测: we lack a station's value.
    Missing,
    /// 迟到: our value came after it was published.
    Late,
    /// 修约: within the rounding step.
    Rounding,
    /// 审核/更正: a value was corrected, by them or by us.
    Reviewed,
    /// 口径: the letter of the standard and the platform's practice differ.
    Practice,
    /// 待查: no test found a cause.
    Unexplained,
}

impl Cause {
    /// How many there are.
    pub const COUNT: usize = 6;
    /// Every cause.
    pub const ALL: [Self; Self::COUNT] = [
        Self::Missing,
        Self::Late,
        Self::Rounding,
        Self::Reviewed,
        Self::Practice,
        Self::Unexplained,
    ];

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Missing => "missing_station",
            Self::Late => "late",
            Self::Rounding => "rounding",
            Self::Reviewed => "reviewed",
            Self::Practice => "practice",
            Self::Unexplained => "unexplained",
        }
    }

    /// As people read it.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Missing => "缺站/缺测",
            Self::Late => "迟到",
            Self::Rounding => "修约",
            Self::Reviewed => "审核/更正",
            Self::Practice => "口径",
            Self::Unexplained => "待查",
        }
    }
}

/// What a value's change after publication was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Change {
    /// A value came for one that was missing.
    Late,
    /// A value took the place of another.
    Corrected,
}

/// The test that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Evidence {
    /// What they published first is ours.
    TheyCorrected,
    /// What we published before is theirs.
    WeChanged(Change),
    /// The other practice gives theirs.
    OtherPractice,
    /// A station's value is missing among the hours of the figure.
    InputMissing,
    /// A value among these hours changed after they had published.
    InputChanged(Change),
    /// Hourly PM2.5 of 5 or below is published as 3, and enters their means as it was.
    HiddenLow,
    /// Within one rounding step.
    WithinStep,
    /// Within one rounding step of the other practice.
    NearOtherPractice,
    /// None of these.
    Nothing,
}

impl Evidence {
    /// The cause it speaks for.
    #[must_use]
    pub const fn cause(self) -> Cause {
        match self {
            Self::TheyCorrected
            | Self::WeChanged(Change::Corrected)
            | Self::InputChanged(Change::Corrected) => Cause::Reviewed,
            Self::WeChanged(Change::Late) | Self::InputChanged(Change::Late) => Cause::Late,
            Self::OtherPractice | Self::HiddenLow | Self::NearOtherPractice => Cause::Practice,
            Self::InputMissing => Cause::Missing,
            Self::WithinStep => Cause::Rounding,
            Self::Nothing => Cause::Unexplained,
        }
    }

    /// The name in JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::TheyCorrected => "they_corrected",
            Self::WeChanged(Change::Late) => "ours_came_late",
            Self::WeChanged(Change::Corrected) => "ours_was_corrected",
            Self::OtherPractice => "other_practice",
            Self::InputMissing => "input_missing",
            Self::InputChanged(Change::Late) => "input_came_late",
            Self::InputChanged(Change::Corrected) => "input_was_corrected",
            Self::HiddenLow => "hidden_low_pm2_5",
            Self::WithinStep => "within_rounding_step",
            Self::NearOtherPractice => "near_other_practice",
            Self::Nothing => "nothing",
        }
    }

    /// As people read it.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::TheyCorrected => "平台先发布的数值与本系统一致，后经平台更正",
            Self::WeChanged(Change::Late) => "平台数值与本系统更新前一致，数据迟到后本系统已重算",
            Self::WeChanged(Change::Corrected) => {
                "平台数值与本系统更新前一致，数据更正后本系统已重算"
            }
            Self::OtherPractice => "按另一口径计算与平台一致",
            Self::InputMissing => "所依据的小时内有站点数据缺失",
            Self::InputChanged(Change::Late) => "所依据的数据在平台发布之后到达",
            Self::InputChanged(Change::Corrected) => "所依据的数据在平台发布之后更正",
            Self::HiddenLow => "平台将不高于5的PM2.5小时值发布为3，均值按原值计算",
            Self::WithinStep => "差值不超过一个修约间隔",
            Self::NearOtherPractice => "与另一口径的差值不超过一个修约间隔",
            Self::Nothing => "未找到原因",
        }
    }
}

/// What is known of one figure that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The hour.
    pub hour: Hour,
    /// Ours.
    pub ours: Value,
    /// Theirs.
    pub published: Published,
    /// Ours by the other practice.
    pub other: Value,
    /// Whether a station's value is missing among the hours of the figure.
    pub input_missing: bool,
    /// Where their mean may lie when low hours were hidden, in 0.001 µg/m³, both ends included.
    pub hidden_low: Option<(i64, i64)>,
    /// What we had published before, and what changed it.
    pub before: Vec<(Change, Value)>,
    /// What changed among the hours of the figure after they had published, the gravest.
    pub input_changed: Option<Change>,
}

impl Difference {
    /// The test that decides, in the order that stands in the head of this module.
    #[must_use]
    pub fn evidence(&self) -> Evidence {
        let theirs = self.published.last;
        if self.published.first != theirs && self.published.first == self.ours {
            return Evidence::TheyCorrected;
        }
        if let Some((change, _)) = self.before.iter().rev().find(|(_, old)| *old == theirs) {
            return Evidence::WeChanged(*change);
        }
        if self.other == theirs {
            return Evidence::OtherPractice;
        }
        if self.input_missing {
            return Evidence::InputMissing;
        }
        if let Some(change) = self.input_changed {
            return Evidence::InputChanged(change);
        }
        let step = self.published.quantity.step();
        let within = |ours: Value| {
            let gap = number(ours).zip(number(theirs)).map(|(a, b)| (a - b).abs());
            gap.zip(step).is_some_and(|(gap, step)| gap <= step)
        };
        let low = self.hidden_low.zip(number(theirs));
        match low {
            Some(((least, most), theirs)) if (least..=most).contains(&theirs) => {
                Evidence::HiddenLow
            }
            _ if within(self.ours) => Evidence::WithinStep,
            _ if within(self.other) => Evidence::NearOtherPractice,
            _ => Evidence::Nothing,
        }
    }

    /// Ours less theirs, in the unit of the values; `None` where one of them is no number.
    #[must_use]
    pub fn gap(&self) -> Option<i64> {
        Some(number(self.ours)? - number(self.published.last)?)
    }
}

const fn number(value: Value) -> Option<i64> {
    match value {
        Value::Number(n) => Some(n),
        Value::Nothing | Value::Primary(_) | Value::Invalid(_) => None,
    }
}

/// How many values were compared, and what came of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Values published for an entity and hour of ours.
    pub compared: u64,
    /// Of these, equal ones.
    pub equal: u64,
    /// The others by cause, in the order of [`Cause::ALL`].
    pub by_cause: [u64; Cause::COUNT],
}

/// What was compared, by quantity.
pub type Tallies = BTreeMap<Quantity, Tally>;

/// The tallies in the order in which quantities are shown.
pub fn in_order(tallies: &Tallies) -> impl Iterator<Item = (Quantity, &Tally)> {
    Quantity::ALL.into_iter().filter_map(|quantity| Some((quantity, tallies.get(&quantity)?)))
}

/// What a comparison of a span came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciliation {
    /// What was compared.
    pub tallies: Tallies,
    /// What differs, in the order of time; the newest where not all were asked for.
    pub differences: Vec<(Member, Difference)>,
}

/// Tells which hours lie before the first in which the platform hides low PM2.5 behind "3".
const HIDES_LOW_FROM: Day = Day::from_number(20_089); // 2025-01-01
/// What it publishes for an hour of 5 or below, in 0.001 µg/m³.
const SHOWN_LOW: i32 = 3000;
/// The largest hour so hidden.
const HIDDEN_MOST: i64 = 5000;

/// One hour of an entity, as far as later hours rest on it.
#[derive(Clone, Copy, Debug)]
struct Seen {
    hour: Hour,
    /// Every station had a value, by [`Pollutant::index`].
    full: [bool; Pollutant::COUNT],
    /// PM2.5 may hide a value of 5 or below.
    low: bool,
}

/// Compares the hours of one entity, handed over in their order without a gap.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// The last 24 hours, the newest at the back.
    seen: VecDeque<Seen>,
}

impl Comparison {
    /// Takes the next hour, of which `published` was published; counts, and gives what differs.
    ///
    /// What the other practice says and what changed is left for the caller to fill in.
    pub fn take(
        &mut self,
        figures: &Figures,
        published: &[Published],
        tallies: &mut Tallies,
    ) -> Vec<Difference> {
        self.remember(figures);
        let mut differing = Vec::new();
        for one in published {
            let tally = tallies.entry(one.quantity).or_default();
            tally.compared += 1;
            let ours = one.quantity.of(figures);
            if ours == one.last {
                tally.equal += 1;
                continue;
            }
            differing.push(Difference {
                hour: figures.hour,
                ours,
                published: *one,
                other: Value::Nothing,
                input_missing: self.is_missing(one.quantity),
                hidden_low: self.hidden_low(one.quantity, ours),
                before: Vec::new(),
                input_changed: None,
            });
        }
        differing
    }

    fn remember(&mut self, figures: &Figures) {
        let pm = figures.concentration[Pollutant::Pm2_5.index()];
        let of_station = figures.coverage[0].expected == 1;
        let full = figures.coverage.map(|c| c.expected > 0 && c.present == c.expected);
        let hides = of_station && figures.hour.day() >= HIDES_LOW_FROM;
        let low = hides && pm.is_some_and(|pm| pm.milli() == SHOWN_LOW);
        if self.seen.len() == DAY_H {
            self.seen.pop_front();
        }
        self.seen.push_back(Seen { hour: figures.hour, full, low });
    }

    /// The hours of a window that ends with the newest one.
    fn window(&self, hours: usize) -> impl Iterator<Item = &Seen> {
        self.seen.iter().rev().take(hours)
    }

    fn is_missing(&self, quantity: Quantity) -> bool {
        let Some(newest) = self.seen.back() else { return false };
        let (pollutants, hours) = quantity.inputs(newest.hour);
        self.window(hours).any(|seen| pollutants.iter().any(|p| !seen.full[p.index()]))
    }

    /// Between which amounts their mean of PM2.5 may lie: each hour shown as 3 was anything up to 5.
    fn hidden_low(&self, quantity: Quantity, ours: Value) -> Option<(i64, i64)> {
        let newest = self.seen.back()?;
        let of_mean = matches!(
            quantity,
            Quantity::Rolling24h(Pollutant::Pm2_5) | Quantity::Day(Pollutant::Pm2_5)
        );
        let (_, hours) = quantity.inputs(newest.hour);
        let low = self.window(hours).filter(|seen| seen.low).count();
        let (low, hours) = (i64::try_from(low).ok()?, i64::try_from(hours).ok()?);
        let mean = number(ours).filter(|_| of_mean && low > 0)?;
        let step = quantity.step().unwrap_or(0); // half of one for our rounding, half for theirs
        let down = (low * i64::from(SHOWN_LOW) + hours - 1) / hours;
        let up = (low * (HIDDEN_MOST - i64::from(SHOWN_LOW)) + hours - 1) / hours;
        Some((mean - down - step, mean + up + step))
    }
}

/// The revisions of an area that a comparison looks through, by entity, hour and the name of the figure:
/// when, what it was, and what was published before.
pub type Changes = BTreeMap<(String, Hour, String), Vec<(Instant, Change, Value)>>;

impl Difference {
    /// Fills in what was changed of the figure and of the hours on which it rests.
    pub fn look_through(&mut self, entity: &str, changes: &Changes) {
        if changes.is_empty() {
            return;
        }
        let of = |hour: Hour, name: &str| changes.get(&(entity.to_owned(), hour, name.to_owned()));
        let quantity = self.published.quantity;
        let before = of(self.hour, quantity.name()).into_iter().flatten();
        self.before = before.map(|(_, change, old)| (*change, *old)).collect();
        let (pollutants, hours) = quantity.inputs(self.hour);
        let back = (0..).take(hours).map(|n| self.hour.plus(-n));
        let inputs = back.flat_map(|hour| pollutants.iter().map(move |p| (hour, p.code())));
        let changed = inputs.filter_map(|(hour, name)| of(hour, name)).flatten();
        let after = changed.filter(|(at, ..)| *at > self.published.first_at);
        self.input_changed = after.map(|(_, change, _)| *change).max();
    }
}

/// Whether the newest hours call for a person: `Some(true)` where they do, `Some(false)` where the newest
/// one is in order, `None` where neither can be said.
///
/// `hours` are AQIs, ours and theirs, of hours in a row, the newest first. They do when the newest is of
/// another class, or when `least` hours or more in a row differ by more than `above`.
#[must_use]
pub fn calls_for_a_person(hours: &[(u16, u16)], above: u16, least: usize) -> Option<bool> {
    let (ours, theirs) = *hours.first()?;
    let other_class = |(a, b): (u16, u16)| Category::of(a) != Category::of(b);
    let far = |(a, b): &(u16, u16)| a.abs_diff(*b) > above;
    let run = hours.iter().take_while(|hour| far(hour)).count();
    if other_class((ours, theirs)) || run >= least.max(1) {
        return Some(true);
    }
    (run == 0).then_some(false)
}

/// The six pollutants whose missing leaves a figure without an input, and how many hours it rests on.
type Inputs = (Vec<Pollutant>, usize);

/// All six.
fn all_six() -> Vec<Pollutant> {
    POLLUTANTS.to_vec()
}

#[cfg(test)]
mod tests;
