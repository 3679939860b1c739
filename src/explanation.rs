//! Why is it this number (为什么是这个数): the derivation of any figure of an hour, from the cells to the
//! last rounding, with document, table and clause.
//!
//! In: the cells of the station days beneath a figure. Out: an [`Explanation`], which is the JSON document
//! and, by [`Explanation::text_zh`], what people read. Who asks adds what only a store knows: when inputs
//! came ([`Explanation::inputs_mut`]), what was revised and corrected, the version of the row.
//!
//! Invariant: there is no second arithmetic. Sums, means, roundings and indices come from the kernels that
//! make the figures ([`crate::average`], [`crate::area`], [`crate::index`], [`crate::standard`]); here they
//! are only named and laid side by side, so that the last line is the figure.
//!
//! Source: design, promise P5.

mod decimal;
mod document;
mod index;
mod mean;
mod text;

pub use decimal::{Decimal, Shown};
pub use document::{
    Corrected, Criterion, Edition, EightHours, Exclusion, Explanation, Fed, File, HourCount,
    IaqiSteps, IndexSteps, Input, LeftOut, Mean, Origin, Point, Revised, Rounded, RuleCited,
    Search, StationMean,
};

use std::collections::BTreeMap;

use crate::area::{Figures, Judge, Member, Quantity, Registry, SetMeans};
use crate::average::{Averages, Columns, StationDay};
use crate::index::Context;
use crate::observation::{Dataset, Pollutant, Property, Reading, Validity};
use crate::standard::{Entity, Parameters, ReportKind, standards};
use crate::time::{Day, Hour};

/// Which figure is to be explained.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The area.
    pub registry: &'a Registry,
    /// Whose figure.
    pub member: Member,
    /// Which one.
    pub quantity: Quantity,
    /// Of which hour.
    pub hour: Hour,
    /// By what it is judged.
    pub parameters: &'a Parameters,
}

/// Station days by station and day.
pub type Cells = BTreeMap<(usize, Day), StationDay>;

/// What the automatic checks take out of the figures, with every rule that does.
pub type Excluded = BTreeMap<(usize, Hour, Pollutant), Vec<Exclusion>>;

impl Asked<'_> {
    /// The days of cells on which the figures of the hour rest.
    #[must_use]
    pub fn days(&self) -> (Day, Day) {
        (self.hour.day().plus(-1), self.hour.day())
    }

    /// The stations on which the figure rests, ascending: those that count on the day.
    #[must_use]
    pub fn stations(&self) -> Vec<usize> {
        let day = self.hour.day();
        match self.member {
            Member::Set(set) => self.registry.sets[set].on(day).collect(),
            Member::Station(at) => {
                let valid = self.registry.stations[at].valid.holds(day);
                valid.then_some(at).into_iter().collect()
            }
        }
    }
}

/// One station on which the figure rests.
#[derive(Debug)]
struct Standing {
    station: usize,
    /// The averages of each hour of the day so far; the asked hour's are the last.
    today: Vec<(Hour, Averages)>,
    /// The station's own exact means.
    means: SetMeans,
}

impl Standing {
    fn last(&self) -> &Averages {
        self.today.last().map_or(&Averages::NONE, |(_, averages)| averages)
    }
}

/// Everything that a figure rests on.
struct Ground<'a> {
    asked: &'a Asked<'a>,
    cells: &'a Cells,
    excluded: &'a Excluded,
    ctx: Context<'a>,
    standing: Vec<Standing>,
    means: SetMeans,
    figures: Figures,
}

impl<'a> Ground<'a> {
    fn of(asked: &'a Asked<'a>, cells: &'a Cells, excluded: &'a Excluded) -> Self {
        let practice = asked.parameters.practice;
        let standing: Vec<Standing> =
            asked.stations().into_iter().map(|at| standing(asked, cells, excluded, at)).collect();
        let (means, entity) = match (asked.member, standing.first()) {
            (Member::Station(_), Some(alone)) => (alone.means.clone(), Entity::Station),
            (Member::Station(_), None) => {
                (SetMeans::of(&Averages::NONE, practice), Entity::Station)
            }
            (Member::Set(_), _) => {
                let averages = standing.iter().map(Standing::last);
                (SetMeans::over(averages, practice), Entity::Area)
            }
        };
        let edition = standards().index_edition(asked.hour.day());
        let ctx = Context { edition, parameters: asked.parameters, entity };
        let judge = Judge { parameters: asked.parameters, entity };
        let figures = Figures::of(&means, asked.hour, judge);
        Self { asked, cells, excluded, ctx, standing, means, figures }
    }

    fn cells(&self, station: usize, hour: Hour) -> Option<&'a StationDay> {
        self.cells.get(&(station, hour.day()))
    }

    fn hours(&self) -> Vec<HourCount> {
        let today = 0..=self.asked.hour.of_day();
        let count = |of_day: usize| {
            let has = |s: &&Standing| s.last().day_hours & (1 << of_day) != 0;
            let stations = self.standing.iter().filter(has).count();
            let hour_ending = hour_ending(self.asked.hour.day().hour(of_day));
            HourCount { hour_ending, stations, counted: stations > 0 }
        };
        today.map(count).collect()
    }
}

fn standing(asked: &Asked<'_>, cells: &Cells, excluded: &Excluded, station: usize) -> Standing {
    let first = asked.days().0.start();
    let hours = usize::try_from(asked.hour.number() + 1 - first.number()).unwrap_or(0);
    let mut columns = Columns::new(first, hours);
    for day in [asked.days().0, asked.days().1] {
        if let Some(of_day) = cells.get(&(station, day)) {
            columns.put(day, of_day, Dataset::Best);
        }
    }
    for (_, hour, pollutant) in excluded.keys().filter(|key| key.0 == station) {
        columns.blank(*pollutant, *hour);
    }
    let mut today = Vec::new();
    columns.for_each(|hour, averages| {
        if hour.day() == asked.hour.day() {
            today.push((hour, *averages));
        }
    });
    let last = today.last().map_or(Averages::NONE, |(_, averages)| *averages);
    Standing { station, today, means: SetMeans::of(&last, asked.parameters.practice) }
}

/// Explains a figure from the cells beneath it, without what is excluded.
#[must_use]
pub fn explain(asked: &Asked<'_>, cells: &Cells, excluded: &Excluded) -> Explanation {
    let ground = Ground::of(asked, cells, excluded);
    let (figures, quantity) = (&ground.figures, asked.quantity);
    let registry = asked.registry;
    let (index, kind) = match quantity {
        Quantity::Aqi | Quantity::Primary => (Some(&figures.index), ReportKind::Hour),
        Quantity::AqiDay | Quantity::PrimaryDay => (Some(&figures.day_index), ReportKind::Day),
        _ => (None, ReportKind::Hour),
    };
    let index = index.map(|index| ground.index(kind, index));
    let mean = quantity.pollutant().map(|p| ground.mean(quantity, p));
    let edition = ground.ctx.edition;
    let mut explanation = Explanation {
        area: registry.area.to_string(),
        entity: registry.name_of(asked.member),
        name: match asked.member {
            Member::Set(set) => registry.sets[set].name.clone(),
            Member::Station(at) => registry.stations[at].name.clone(),
        },
        quantity: quantity.name(),
        time: asked.hour.start().to_string(),
        hour_ending: hour_ending(asked.hour),
        practice: asked.parameters.practice.code(),
        edition: Edition {
            id: edition.id(),
            document: edition.document(),
            title: edition.title(),
            from: edition.in_force().from.to_string(),
        },
        version: None,
        state: None,
        hours: (quantity == Quantity::HoursDay).then(|| ground.hours()),
        value: Shown::Nothing,
        unit: quantity.pollutant().map(|p| Property::Pollutant(p).unit_text()),
        reason: None,
        reason_zh: None,
        revisions: Vec::new(),
        corrections: Vec::new(),
        search: None,
        mean,
        index,
    };
    explanation.conclude(quantity);
    explanation
}

impl Explanation {
    /// The figure is the last line of its derivation.
    fn conclude(&mut self, quantity: Quantity) {
        let nothing = |reason, zh| (Shown::Nothing, reason, zh);
        let (value, reason, reason_zh) = match (&self.mean, &self.index, &self.hours) {
            (Some(mean), ..) => match &mean.value {
                Some(value) => (Shown::Amount(value.clone()), None, None),
                None => nothing(mean.reason, mean.reason_zh),
            },
            (_, Some(index), _) => match (index.aqi, quantity) {
                (Some(aqi), Quantity::Aqi | Quantity::AqiDay) => (Shown::Number(aqi), None, None),
                (Some(_), _) => (Shown::Pollutants(index.primary.clone()), None, None),
                (None, _) => nothing(index.aqi_reason, index.aqi_reason_zh),
            },
            (_, _, Some(hours)) => {
                let counted = hours.iter().filter(|hour| hour.counted).count();
                (Shown::Number(u16::try_from(counted).unwrap_or(24)), None, None)
            }
            (None, None, None) => nothing(None, None),
        };
        (self.value, self.reason, self.reason_zh) = (value, reason, reason_zh);
    }

    /// Every mean in the derivation.
    pub fn means(&self) -> impl Iterator<Item = &Mean> {
        let parts = self.index.iter().flat_map(|index| &index.parts).map(|part| &part.mean);
        self.mean.iter().chain(parts)
    }

    /// Every hour that is shown, with its station's code and its pollutant: for who knows when it came.
    pub fn inputs_mut(&mut self, mut each: impl FnMut(&str, Pollutant, &mut Input)) {
        let parts = self.index.iter_mut().flat_map(|index| &mut index.parts);
        let means = self.mean.iter_mut().chain(parts.map(|part| &mut part.mean));
        for mean in means {
            let Some(Property::Pollutant(pollutant)) = Property::parse(mean.pollutant) else {
                continue;
            };
            for station in &mut mean.stations {
                for input in &mut station.inputs {
                    each(&station.station, pollutant, input);
                }
            }
        }
    }
}

/// A reading's value as sent; `None` where it has none.
#[must_use]
pub fn cell_value(reading: Reading, pollutant: Pollutant) -> Option<Decimal> {
    let nothing = [Validity::Missing, Validity::NotANumber, Validity::NotReviewed];
    let there = !nothing.contains(&reading.validity);
    there.then(|| Decimal::exact(reading.amount.milli().into(), pollutant))
}

/// `15时`.
fn hour_ending(hour: Hour) -> String {
    format!("{}时", hour.ending())
}
