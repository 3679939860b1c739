//! One station's natural day: every reading by hour, whatever the order in which it came.
//!
//! For each key (property, period, time) one value holds: the highest `revision`; within a revision the
//! value that arrived last for the first time, so that a redelivery changes nothing and a second value
//! under the same revision is taken once and marked `conflict`. `null` is no value: it never replaces one
//! of its own revision.
//!
//! An operator's correction stands above all of these until it is withdrawn; what the feed says meanwhile is
//! kept beneath it. Above both stands the review (`reviewed.rs`).
//!
//! An hour is the reported one, else the mean of shorter periods (`hour_source =
//! reported_else_minutes`); both are kept, and a difference is marked.
//!
//! Source: design decision "one value per key"; GB 3095-2026 Table 4 (45 minutes).

use super::correction::Beneath;
use super::reviewed::Reviewed;
use super::{Sum, hour_from_minutes};
use crate::observation::{
    Observation, POLLUTANTS, PROPERTIES, Pollutant, Property, Reading, Validity,
};
use crate::quantity::Amount;
use crate::time::{AveragingPeriod, DAY_H};

/// One property over the day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Column {
    pub(super) amount: [i32; DAY_H],
    pub(super) validity: [Validity; DAY_H],
    /// Hours (bit by hour) whose value was replaced by another of the same revision.
    pub(super) conflict: u32,
    /// Hours whose reported value differs from the mean of the shorter periods.
    pub(super) differs: u32,
}

impl Column {
    pub(super) const EMPTY: Self =
        Self { amount: [0; DAY_H], validity: [Validity::Missing; DAY_H], conflict: 0, differs: 0 };

    pub(super) fn get(&self, hour: usize) -> Reading {
        Reading { amount: Amount::from_milli(self.amount[hour]), validity: self.validity[hour] }
    }

    pub(super) fn set(&mut self, hour: usize, reading: Reading) {
        self.amount[hour] = reading.amount.milli();
        self.validity[hour] = reading.validity;
    }
}

/// What a key's present value displaced or how far it is revised: rare, so kept aside.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Past {
    pub(super) property: u8,
    pub(super) hour: u8,
    /// The revision of the present value.
    pub(super) revision: u32,
    /// Values of that revision already seen, the present one excluded.
    pub(super) seen: Vec<(i32, u8)>,
}

/// A value over a part of an hour.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MinuteValue {
    /// [`Property::index`].
    pub property: u8,
    /// Hour of the day, 0 to 23.
    pub hour: u8,
    /// Length in minutes.
    pub period: u8,
    /// Start within the hour.
    pub minute: u8,
    /// Revision of the present value.
    pub revision: u32,
    /// In 0.001 units.
    pub amount: i32,
    /// [`Validity::number`].
    pub validity: u8,
    /// Values of that revision already seen, the present one excluded.
    pub seen: Vec<(i32, u8)>,
    /// Whether two values of one revision met here.
    pub conflict: bool,
}

/// A reading on its way into the day.
#[derive(Clone, Copy, Debug)]
pub struct Incoming {
    /// What was measured.
    pub property: Property,
    /// Hour of the day, 0 to 23.
    pub hour: usize,
    /// Start within the hour and length, for a part of an hour; `None` for a whole hour.
    pub part: Option<(u8, u8)>,
    /// The observation's revision.
    pub revision: u32,
    /// The value.
    pub reading: Reading,
}

impl Incoming {
    /// What an observation says of a property; `None` where it says nothing.
    #[must_use]
    pub fn of(observation: &Observation<'_>, property: Property) -> Option<Self> {
        let start = observation.start;
        let whole = observation.period == AveragingPeriod::HOUR;
        let minute = start.minute_of_hour().unwrap_or(0);
        observation.gives(property).then(|| Self {
            property,
            hour: start.hour().of_day(),
            part: (!whole).then(|| (minute, observation.period.minutes())),
            revision: observation.revision,
            reading: observation.readings[property.index()],
        })
    }
}

/// What a reading did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Nothing: the same value was there already.
    Repeated,
    /// Nothing: a higher revision holds.
    Superseded,
    /// The first value of its key.
    New,
    /// A higher revision replaced the value.
    Revised,
    /// Another value under the same revision replaced it, and the key is marked.
    Conflict,
}

impl Effect {
    /// Whether the stored state changed.
    #[must_use]
    pub const fn changes(self) -> bool {
        matches!(self, Self::New | Self::Revised | Self::Conflict)
    }
}

/// One station's natural day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StationDay {
    pub(super) pollutants: [Column; Pollutant::COUNT],
    pub(super) weather: Option<Box<[Column; WEATHER]>>,
    /// Sorted by (property, hour).
    pub(super) past: Vec<Past>,
    /// Sorted by (property, hour, period, minute).
    pub(super) minutes: Vec<MinuteValue>,
    /// Under corrections, sorted by (property, hour).
    pub(super) beneath: Vec<Beneath>,
    /// Above all of these.
    pub(super) reviewed: Option<Box<Reviewed>>,
}

/// How many meteorological elements there are.
pub(super) const WEATHER: usize = Property::COUNT - Pollutant::COUNT;

impl Default for StationDay {
    fn default() -> Self {
        Self {
            pollutants: [Column::EMPTY; Pollutant::COUNT],
            weather: None,
            past: Vec::new(),
            minutes: Vec::new(),
            beneath: Vec::new(),
            reviewed: None,
        }
    }
}

impl StationDay {
    /// The real-time value of an hour of the day, with an operator's correction.
    #[must_use]
    pub fn realtime(&self, property: Property, hour: usize) -> Reading {
        self.column(property).map_or_else(Reading::default, |c| c.get(hour))
    }

    /// Whether the hour's value met another one of the same revision.
    #[must_use]
    pub fn is_conflict(&self, property: Property, hour: usize) -> bool {
        self.column(property).is_some_and(|c| c.conflict & bit(hour) != 0)
    }

    /// Whether the reported hour differs from the mean of its minutes.
    #[must_use]
    pub fn differs_from_minutes(&self, property: Property, hour: usize) -> bool {
        self.column(property).is_some_and(|c| c.differs & bit(hour) != 0)
    }

    /// Whether there is anything of the hour, in real time or reviewed.
    #[must_use]
    pub fn has_hour(&self, hour: usize) -> bool {
        let holds = |c: &Column| c.validity[hour] != Validity::Missing;
        self.has_realtime(hour)
            || self.reviewed.as_ref().is_some_and(|r| r.pollutants.iter().any(holds))
    }

    fn has_realtime(&self, hour: usize) -> bool {
        let holds = |c: &Column| c.validity[hour] != Validity::Missing;
        self.pollutants.iter().any(holds)
            || self.weather.as_ref().is_some_and(|w| w.iter().any(holds))
    }

    /// Whether the station itself said anything of the hour, parts of it included.
    #[must_use]
    pub fn was_heard(&self, hour: usize) -> bool {
        if self.beneath.is_empty() {
            return self.has_realtime(hour);
        }
        PROPERTIES.into_iter().any(|p| self.fed(p, hour).validity != Validity::Missing)
    }

    /// Whether anything is kept for the hour: a value, one that was taken back, a part, or a review.
    #[must_use]
    pub fn holds(&self, hour: usize) -> bool {
        self.has_realtime(hour)
            || self.is_reviewed(hour)
            || self.past.iter().any(|p| usize::from(p.hour) == hour)
            || self.minutes.iter().any(|m| usize::from(m.hour) == hour)
            || self.beneath.iter().any(|b| usize::from(b.hour) == hour)
    }

    /// Whether a whole hour was reported (not only parts of it) with a value for some pollutant.
    #[must_use]
    pub fn has_reported(&self, hour: usize) -> bool {
        POLLUTANTS.into_iter().any(|p| {
            !matches!(
                self.fed(Property::Pollutant(p), hour).validity,
                Validity::Missing | Validity::ValidFromMinutes | Validity::InsufficientMinutes
            )
        })
    }

    /// Takes a reading; see the module's head for which value holds.
    pub fn take(&mut self, incoming: &Incoming) -> Effect {
        match incoming.part {
            None => self.take_hour(incoming),
            Some(part) => self.take_part(incoming, part),
        }
    }

    fn take_hour(&mut self, incoming: &Incoming) -> Effect {
        let Incoming { property, hour, revision, reading, .. } = *incoming;
        let key = (small(property.index()), small(hour));
        let found = self.past.binary_search_by_key(&key, |p| (p.property, p.hour));
        let held = found.map_or(0, |at| self.past[at].revision);
        let present = self.reported(property, hour);
        let seen = found.map_or(&[][..], |at| &self.past[at].seen);
        let effect = judge((present, held), (reading, revision), seen);
        if !effect.changes() {
            return effect;
        }
        if revision > 0 || effect == Effect::Conflict {
            let at = found.unwrap_or_else(|at| {
                let (property, hour) = key;
                self.past.insert(at, Past { property, hour, revision, seen: Vec::new() });
                at
            });
            remember(&mut self.past[at].seen, effect, present);
            self.past[at].revision = revision;
        }
        self.set_fed(property, hour, reading);
        let column = self.column_mut(property);
        let marked = effect == Effect::Conflict;
        column.conflict = (column.conflict & !bit(hour)) | if marked { bit(hour) } else { 0 };
        self.settle_minutes(property, hour);
        effect
    }

    fn take_part(&mut self, incoming: &Incoming, (minute, period): (u8, u8)) -> Effect {
        let Incoming { property, hour, revision, reading, .. } = *incoming;
        if self.is_folded(property, hour) {
            return Effect::Superseded;
        }
        let key = (small(property.index()), small(hour), period, minute);
        let place = |m: &MinuteValue| (m.property, m.hour, m.period, m.minute);
        let at = match self.minutes.binary_search_by_key(&key, place) {
            Ok(at) => at,
            Err(_) if revision == 0 && reading.validity == Validity::Missing => {
                return Effect::Repeated;
            }
            Err(at) => {
                let (property, hour, period, minute) = key;
                let (amount, validity) = (0, Validity::Missing.number());
                let (seen, conflict) = (Vec::new(), false);
                let fresh = MinuteValue {
                    property,
                    hour,
                    period,
                    minute,
                    revision: 0,
                    amount,
                    validity,
                    seen,
                    conflict,
                };
                self.minutes.insert(at, fresh);
                at
            }
        };
        let value = &mut self.minutes[at];
        let present = value.reading();
        let effect = judge((present, value.revision), (reading, revision), &value.seen);
        if effect.changes() {
            remember(&mut value.seen, effect, present);
            value.revision = revision;
            value.amount = reading.amount.milli();
            value.validity = reading.validity.number();
            value.conflict = effect == Effect::Conflict;
            self.settle_minutes(property, hour);
        }
        effect
    }

    /// Lets go of the parts of hours. What they came to stays: the hours' values, validities and marks.
    ///
    /// Says whether there were any.
    pub fn fold_minutes(&mut self) -> bool {
        let minutes = std::mem::take(&mut self.minutes);
        for part in minutes.iter().filter(|part| part.conflict) {
            let (property, hour) = (PROPERTIES[usize::from(part.property)], usize::from(part.hour));
            if is_from_minutes(self.fed(property, hour)) {
                self.column_mut(property).conflict |= bit(hour);
            }
        }
        !minutes.is_empty()
    }

    /// Whether the hour came from parts that are not kept: a single part more would stand for all of them.
    fn is_folded(&self, property: Property, hour: usize) -> bool {
        let key = (small(property.index()), small(hour));
        is_from_minutes(self.fed(property, hour))
            && self.minutes.binary_search_by_key(&key, |m| (m.property, m.hour)).is_err()
    }

    /// The reported value of an hour, without one that came from minutes.
    fn reported(&self, property: Property, hour: usize) -> Reading {
        let reading = self.fed(property, hour);
        if is_from_minutes(reading) { Reading::default() } else { reading }
    }

    /// Sets the hour from its minutes where nothing is reported, and marks a difference.
    fn settle_minutes(&mut self, property: Property, hour: usize) {
        if self.minutes.is_empty() {
            return;
        }
        let from_minutes = self.mean_of_minutes(property, hour);
        let reported = self.reported(property, hour);
        let column = self.column_mut(property);
        column.differs &= !bit(hour);
        if reported.validity == Validity::Missing {
            self.set_fed(property, hour, from_minutes);
        } else if from_minutes.validity == Validity::ValidFromMinutes
            && from_minutes.amount != reported.amount
        {
            column.differs |= bit(hour);
        }
    }

    /// How many minutes of the hour its mean from minutes rests on; `None` where no part is valid.
    #[must_use]
    pub fn minutes_covered(&self, property: Property, hour: usize) -> Option<u16> {
        self.best_period(property, hour).map(|(covered, _)| covered)
    }

    fn mean_of_minutes(&self, property: Property, hour: usize) -> Reading {
        self.best_period(property, hour).map_or_else(Reading::default, |(_, reading)| reading)
    }

    /// The hour as its minutes give it: from the period that covers most of the hour, the shorter on ties.
    fn best_period(&self, property: Property, hour: usize) -> Option<(u16, Reading)> {
        let key = (small(property.index()), small(hour));
        let start = self.minutes.partition_point(|m| (m.property, m.hour) < key);
        let end = self.minutes.partition_point(|m| (m.property, m.hour) <= key);
        let mut best: Option<(u16, Reading)> = None;
        for parts in self.minutes[start..end].chunk_by(|a, b| a.period == b.period) {
            let Some((covered, reading)) = one_period(property, parts) else { continue };
            if best.is_none_or(|(most, _)| covered > most) {
                best = Some((covered, reading));
            }
        }
        best
    }

    pub(super) fn column(&self, property: Property) -> Option<&Column> {
        match property {
            Property::Pollutant(p) => Some(&self.pollutants[p.index()]),
            other => self.weather.as_ref().map(|w| &w[other.index() - Pollutant::COUNT]),
        }
    }

    pub(super) fn column_mut(&mut self, property: Property) -> &mut Column {
        match property {
            Property::Pollutant(p) => &mut self.pollutants[p.index()],
            other => {
                let fresh = || Box::new([Column::EMPTY; WEATHER]);
                &mut self.weather.get_or_insert_with(fresh)[other.index() - Pollutant::COUNT]
            }
        }
    }
}

impl MinuteValue {
    /// The value as a reading.
    #[must_use]
    pub fn reading(&self) -> Reading {
        Reading {
            amount: Amount::from_milli(self.amount),
            validity: Validity::from_number(self.validity).unwrap_or_default(),
        }
    }
}

const fn is_from_minutes(reading: Reading) -> bool {
    matches!(reading.validity, Validity::ValidFromMinutes | Validity::InsufficientMinutes)
}

/// Rain adds up, a direction is the last one (it has no arithmetic mean), all else is averaged.
fn one_period(property: Property, parts: &[MinuteValue]) -> Option<(u16, Reading)> {
    let mut sum = Sum::default();
    let mut last = 0;
    for part in parts.iter().filter(|p| p.reading().validity.is_valid()) {
        sum.add(part.amount);
        last = part.amount;
    }
    let period = parts.first()?.period;
    let (mean, enough) = hour_from_minutes(sum, period)?;
    let amount = match property {
        Property::Rain => Amount::from_milli(i32::try_from(sum.total).unwrap_or(i32::MAX)),
        Property::WindDirection => Amount::from_milli(last),
        _ => mean,
    };
    let validity = if enough { Validity::ValidFromMinutes } else { Validity::InsufficientMinutes };
    Some((sum.count * u16::from(period), Reading { amount, validity }))
}

/// Which value of a key holds: the present one with its revision, or the new one with its.
fn judge(present: (Reading, u32), new: (Reading, u32), seen: &[(i32, u8)]) -> Effect {
    let ((present, held), (new, revision)) = (present, new);
    let missing = |r: Reading| r.validity == Validity::Missing;
    match revision.cmp(&held) {
        std::cmp::Ordering::Less => Effect::Superseded,
        std::cmp::Ordering::Greater => Effect::Revised,
        std::cmp::Ordering::Equal if new == present || missing(new) => Effect::Repeated,
        std::cmp::Ordering::Equal if missing(present) && seen.is_empty() => Effect::New,
        std::cmp::Ordering::Equal if seen.contains(&packed(new)) => Effect::Repeated,
        std::cmp::Ordering::Equal => Effect::Conflict,
    }
}

fn remember(seen: &mut Vec<(i32, u8)>, effect: Effect, displaced: Reading) {
    match effect {
        Effect::Revised => seen.clear(),
        Effect::Conflict => seen.push(packed(displaced)),
        Effect::New | Effect::Repeated | Effect::Superseded => {}
    }
}

pub(super) fn packed(reading: Reading) -> (i32, u8) {
    (reading.amount.milli(), reading.validity.number())
}

/// Property indices, hours and minutes are below 64.
pub(super) fn small(n: usize) -> u8 {
    u8::try_from(n).unwrap_or(u8::MAX)
}

const fn bit(hour: usize) -> u32 {
    1 << hour
}
