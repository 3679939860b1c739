//! The days of many stations over a span: the driver for files, exports and the API.
//!
//! In: station days of a span, in any order. Out: the [`DayFigures`] of any set or station on any day.
//!
//! Invariants: memory is that of the span, 580 bytes for a day of a station, so callers go over long
//! histories in pieces; a natural day needs no other one (but the checks look back), so pieces have no
//! seams.

use std::borrow::Cow;

use super::DayFigures;
use super::day::area_hours;
use super::dust::{self, Deduction};
use crate::area::{Member, Registry};
use crate::average::{Columns, MISSING, StationDay, Window};
use crate::observation::{Basis, Dataset, POLLUTANTS, Pollutant};
use crate::quality::{Checks, Held, Masks};
use crate::standard::{Entity, Parameters};
use crate::time::{DAY_H, Day};

const NOTHING: Window = [[MISSING; DAY_H]; Pollutant::COUNT];
const WHOLE_DAY: u32 = (1 << DAY_H) - 1;

/// The hours of one area over a span, while they are put in.
#[derive(Debug)]
pub struct Gathered<'a> {
    days: Days<'a>,
    /// What takes values out, with the cells that it looks at.
    excluding: Option<(&'a Checks, Held)>,
    dataset: Dataset,
}

/// Which hours count: those of a dataset, and without what a column of dust deducts.
#[derive(Clone, Copy, Debug)]
pub struct Counting<'a> {
    /// The dataset.
    pub dataset: Dataset,
    /// What is deducted.
    pub deduction: &'a Deduction,
}

/// All hours as measured.
impl From<Dataset> for Counting<'static> {
    fn from(dataset: Dataset) -> Self {
        Self { dataset, deduction: &dust::NOTHING }
    }
}

/// The days of one area over a span.
#[derive(Debug)]
pub struct Days<'a> {
    registry: &'a Registry,
    from: Day,
    to: Day,
    days: Vec<DayOfStations>,
}

/// One day, by station.
#[derive(Clone, Debug)]
struct DayOfStations {
    /// Those without data have none.
    hours: Vec<Option<Box<Window>>>,
    /// Hours that rest on reviewed data, as bits.
    reviewed: Vec<u32>,
}

impl<'a> Gathered<'a> {
    /// Nothing yet of the days `from` to `to`, both included; of a dataset, and without what `excluding`
    /// takes out ([`Registry::excluding`]).
    #[must_use]
    pub fn new(
        registry: &'a Registry,
        (from, to): (Day, Day),
        excluding: Option<&'a Checks>,
        dataset: Dataset,
    ) -> Self {
        let days = usize::try_from(to.number() + 1 - from.number()).unwrap_or(0);
        let stations = registry.stations.len();
        let empty = DayOfStations { hours: vec![None; stations], reviewed: vec![0; stations] };
        let days = vec![empty; days];
        let excluding = excluding.map(|checks| (checks, Held::default()));
        Self { days: Days { registry, from, to, days }, excluding, dataset }
    }

    /// The days that have to be put in, of all stations: the checks look back.
    #[must_use]
    pub fn wanted(&self) -> (Day, Day) {
        let back = self.excluding.as_ref().map_or(0, |(checks, _)| checks.days_back() - 1);
        (self.days.from.plus(-back), self.days.to)
    }

    /// Puts a station's day in, in the place of what was put in for it before.
    pub fn put(&mut self, station: usize, day: Day, cells: &StationDay) {
        if let Some((_, held)) = &mut self.excluding {
            held.put(station, day, cells);
        }
        let dataset = self.dataset;
        let Some(of_day) = self.days.place(day).and_then(|at| self.days.days.get_mut(at)) else {
            return;
        };
        let mut hours = Box::new(NOTHING);
        cells.fill((0, 0), DAY_H, dataset, &mut hours);
        of_day.hours[station] = Some(hours);
        if dataset != Dataset::Realtime {
            let bits = (0..DAY_H).map(|h| u32::from(cells.is_reviewed(h)) << h);
            of_day.reviewed[station] = bits.fold(0, |all, bit| all | bit);
        }
    }

    /// Puts a station's hours in as they were recorded; nothing takes values out of them.
    pub fn put_hours(&mut self, station: usize, day: Day, hours: Box<Window>) {
        if let Some(of_day) = self.days.place(day).and_then(|at| self.days.days.get_mut(at)) {
            of_day.hours[station] = Some(hours);
        }
    }

    /// The days, without what is excluded; the review stands above an exclusion.
    #[must_use]
    pub fn finish(self) -> Days<'a> {
        let Self { mut days, excluding, .. } = self;
        let Some((checks, held)) = excluding else { return days };
        let mut day = days.from;
        for DayOfStations { hours, reviewed } in &mut days.days {
            let mut masks = Masks::default();
            for (station, hours) in hours.iter_mut().enumerate() {
                let Some(hours) = hours else { continue };
                for of_day in (0..DAY_H).filter(|h| reviewed[station] & (1 << h) == 0) {
                    for pollutant in masks.of((checks, &held), day.hour(of_day), station) {
                        hours[pollutant.index()][of_day] = MISSING;
                    }
                }
            }
            day = day.plus(1);
        }
        days
    }
}

impl Days<'_> {
    /// First and last day, both included.
    #[must_use]
    pub const fn span(&self) -> (Day, Day) {
        (self.from, self.to)
    }

    /// One day of a set or station; `None` outside the span, and of a station that is not in operation.
    #[must_use]
    pub fn on(&self, day: Day, member: Member, parameters: &Parameters) -> Option<DayFigures> {
        let DayOfStations { hours, reviewed } = self.days.get(self.place(day)?)?;
        let hours = |station: usize| hours[station].as_deref().unwrap_or(&NOTHING);
        let figures = match member {
            Member::Set(set) => {
                let here = || self.registry.sets[set].on(day);
                let figures = DayFigures::of_set(day, here().map(hours), parameters);
                let reviewed = here().map(|s| reviewed[s]).reduce(|all, one| all & one);
                DayFigures { reviewed: reviewed.unwrap_or(0), ..figures }
            }
            Member::Station(at) if self.registry.stations[at].valid.holds(day) => {
                let figures = DayFigures::of_station(day, hours(at), parameters);
                DayFigures { reviewed: reviewed[at], ..figures }
            }
            Member::Station(_) => return None,
        };
        Some(figures)
    }

    /// The same in a column of dust: the values without the hours that it deducts, the index as
    /// `dust_days` says.
    #[must_use]
    pub fn without(
        &self,
        (day, member): (Day, Member),
        deduction: &Deduction,
        parameters: &Parameters,
    ) -> Option<DayFigures> {
        let measured = self.on(day, member, parameters)?;
        let DayOfStations { hours, .. } = self.days.get(self.place(day)?)?;
        let left = |station: usize| {
            let hours = hours[station].as_deref().unwrap_or(&NOTHING);
            deduction.applied((station, day), parameters.dust_deducts, hours)
        };
        let stations: Vec<(Cow<'_, Window>, u32)> = match member {
            Member::Set(set) => self.registry.sets[set].on(day).map(left).collect(),
            Member::Station(at) => vec![left(at)],
        };
        let taken: u32 = stations.iter().map(|(_, hours)| hours).sum();
        if taken == 0 {
            return Some(measured);
        }
        let (entity, of) = match member {
            Member::Set(_) => {
                let hours = stations.iter().map(|(hours, _)| hours.as_ref());
                (Entity::Area, DayFigures::of_set(day, hours, parameters))
            }
            Member::Station(_) => {
                (Entity::Station, DayFigures::of_station(day, &stations[0].0, parameters))
            }
        };
        Some(measured.without((of.means, taken), parameters, entity))
    }

    /// The hours of a day of a set, rounded as they are published, or of a station; `None` as with
    /// [`Days::on`].
    #[must_use]
    pub fn hours(&self, day: Day, member: Member, parameters: &Parameters) -> Option<Window> {
        let DayOfStations { hours, .. } = self.days.get(self.place(day)?)?;
        let hours = |station: usize| hours[station].as_deref().unwrap_or(&NOTHING);
        match member {
            Member::Set(set) => {
                let here: Vec<&Window> = self.registry.sets[set].on(day).map(hours).collect();
                Some(area_hours(day, &here, parameters))
            }
            Member::Station(at) => self.registry.stations[at].valid.holds(day).then(|| *hours(at)),
        }
    }

    /// Every day of a set or station, in the order of time.
    #[must_use]
    pub fn of(&self, member: Member, parameters: &Parameters) -> Vec<DayFigures> {
        let all = (self.from.number()..=self.to.number()).map(Day::from_number);
        all.filter_map(|day| self.on(day, member, parameters)).collect()
    }

    /// The hours of a station as columns, for what goes by the hour.
    #[must_use]
    pub fn columns(&self, station: usize) -> Columns {
        let mut columns = Columns::new(self.from.start(), self.days.len() * DAY_H);
        for pollutant in POLLUTANTS {
            let amounts = columns.amounts_mut(pollutant).chunks_exact_mut(DAY_H);
            for (target, day) in amounts.zip(&self.days) {
                if let Some(hours) = &day.hours[station] {
                    target.copy_from_slice(&hours[pollutant.index()]);
                }
            }
        }
        columns
    }

    fn place(&self, day: Day) -> Option<usize> {
        usize::try_from(day.number() - self.from.number()).ok()
    }
}

impl DayFigures {
    /// Whether every station's whole day rests on reviewed data.
    #[must_use]
    pub const fn is_reviewed(&self) -> bool {
        self.reviewed == WHOLE_DAY
    }

    /// Says of each hour whether it rests on reviewed data; for days in the order of time.
    pub fn note(&self, basis: &mut Basis) {
        for hour in 0..DAY_H {
            basis.note(self.day.hour(hour), self.reviewed & (1 << hour) != 0);
        }
    }
}
