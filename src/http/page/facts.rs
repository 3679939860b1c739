//! What the first screen needs of days, from the archive: the year so far, yesterday, what was forecast of
//! it, and the place among other cities.
//!
//! Invariants: read once an hour of air and shared by all who watch, since it changes with a day, with an
//! hour of other cities, or with review; what cannot be read is said, not left out.
//!
//! Why: the first screen is drawn with every commit, and a year of days must not be read each time.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::assessment::rank::{Moment, RankSet};
use crate::assessment::{Assessment, DayFigures, Span, Versus};
use crate::http::assessment::Asked;
use crate::http::{ArchiveError, RecordsQuery, Services, rank};
use crate::outlook::{AqiRange, Source};
use crate::pipeline::{AreaView, View};
use crate::report::range_of;
use crate::time::{Day, Hour, Instant};
use crate::warning::Body;

/// Records of forecasts that are looked through at once; the built-in one has a record an hour.
const RECORDS: usize = 100;
/// Days before a day in which its forecast may have been issued.
const FORECAST_DAYS: i32 = 3;

/// What an office said of a day before it began.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) office: String,
    pub(super) issued: Instant,
    pub(super) range: AqiRange,
}

/// The place of a city among others, reckoned here (测算).
#[derive(Clone, Debug)]
pub(super) struct Ranked {
    pub(super) place: u32,
    pub(super) of: u32,
    pub(super) set: String,
    pub(super) hour: Hour,
}

/// What is known of an area's days.
#[derive(Clone, Debug, Default)]
pub(super) struct Facts {
    /// The days from 1 January to yesterday, beside the same dates of the year before.
    pub(super) year: Option<Assessment>,
    /// Yesterday.
    pub(super) yesterday: Option<DayFigures>,
    /// The last official forecast of yesterday that was issued before it began.
    pub(super) told: Option<Told>,
    /// Among the cities beside which ours is looked at, by the AQI of their newest hour.
    pub(super) ranked: Option<Ranked>,
    /// Whether the store could not be read.
    pub(super) unreadable: bool,
}

/// As long as this is the same, so are the facts, but for corrections of days long gone.
type Key = (Day, Option<Hour>, Option<Hour>);

/// The facts of each area by its code, as they were read last.
#[derive(Debug, Default)]
pub(super) struct Almanac(Mutex<BTreeMap<String, (Key, Arc<Facts>)>>);

impl Almanac {
    /// The facts of an area; reads the archive where they are old, so it may block.
    pub(super) fn facts(
        &self,
        (view, area): (&View, &AreaView),
        services: &Services,
    ) -> Arc<Facts> {
        let code = area.registry.area.to_string();
        let key = (area.now.hour().day(), area.newest, area.reviewed_until);
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, facts)) = kept.get(&code)
            && *of == key
        {
            return Arc::clone(facts);
        }
        match Facts::read((view, area), services) {
            Ok(facts) => {
                let facts = Arc::new(facts);
                kept.insert(code, (key, Arc::clone(&facts)));
                facts
            }
            // Asked for again with the next picture.
            Err(e) => {
                tracing::warn!(area = code, error = %e, "the days cannot be read for the page");
                Arc::new(Facts { unreadable: true, ..Facts::default() })
            }
        }
    }
}

impl Facts {
    fn read((view, area): (&View, &AreaView), services: &Services) -> Result<Self, ArchiveError> {
        let yesterday = area.now.hour().day().plus(-1);
        let asked = Asked::of_area(&area.registry, services);
        let (year, days) = match Span::to_date(yesterday) {
            Some(span) => {
                let of = (services, area.registry.as_ref());
                let (year, days) = asked.assessment(of, span, &[Versus::YearBefore])?;
                (Some(year), days)
            }
            None => (None, Vec::new()),
        };
        let last = days.into_iter().next_back().map(|day| day.figures);
        Ok(Self {
            year,
            yesterday: last.filter(|figures| figures.day == yesterday),
            told: told(area, yesterday, services)?,
            ranked: ranked((view, area), services)?,
            unreadable: false,
        })
    }
}

/// What counts of a day's forecasts: the last one before the day, as the room compares them.
fn told(area: &AreaView, day: Day, services: &Services) -> Result<Option<Told>, ArchiveError> {
    let (begins, first) = (day.start().start(), day.plus(-FORECAST_DAYS).start().start());
    let mut before = None;
    loop {
        let kinds = vec!["forecast"];
        let between = Some((first, begins));
        let asked = RecordsQuery { kinds, before, drill: None, between, limit: RECORDS };
        let records = services.archive.records(area.registry.area.as_str(), &asked)?;
        let Some(last) = records.last() else { return Ok(None) };
        before = Some(last.number);
        let forecasts = records.iter().filter_map(|record| match &record.body {
            Body::Forecast(forecast) if record.drill.is_none() => Some(forecast),
            _ => None,
        });
        let mut official = forecasts.filter(|f| f.source == Source::Fed && f.issued < begins);
        let found = official.find_map(|forecast| {
            let range = range_of(forecast, day)?;
            Some(Told { office: forecast.office.clone(), issued: forecast.issued, range })
        });
        if found.is_some() {
            return Ok(found);
        }
    }
}

/// The place of the area among the first set of cities in which it stands.
fn ranked(
    (view, area): (&View, &AreaView),
    services: &Services,
) -> Result<Option<Ranked>, ArchiveError> {
    let stands_in = |set: &&RankSet| {
        let held = view.area(Some(set.area.as_str()));
        held.zip(set.own).is_some_and(|(held, own)| {
            held.registry.is_reference() && held.registry.called(own) == area.registry.name
        })
    };
    let Some(set) = services.lists.ranks.iter().find(stands_in) else { return Ok(None) };
    let held = view.area(Some(set.area.as_str()));
    let Some((held, hour)) = held.and_then(|held| Some((held, held.newest?))) else {
        return Ok(None);
    };
    let asked = rank::Asked::of_hour(set, Moment::Hour(hour), services);
    let rank = asked.rank(services.archive.as_ref(), held)?;
    let place = rank.rows.iter().find(|row| row.own).and_then(|row| row.rank);
    let ranked = |place| Ranked { place, of: rank.ranked, set: set.name.clone(), hour };
    Ok(place.map(ranked))
}
