//! What the first screen needs of days, from the archive: the year so far, yesterday, what was forecast of
//! it, and the place among other cities.
//!
//! Invariants: read once a day, and the place with each hour of the other cities, and shared by all who
//! watch; what cannot be read is said, not left out; on 1 January nothing is told of a year that has not
//! begun.
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

/// As long as these are the same, so are the facts: the day and how far review has come for what days say,
/// the hour of the other cities for the rank.
type Key = ((Day, Option<Hour>), Option<Hour>);

/// An area's facts as they were read last; whoever reads them anew holds the lock.
type Page = Arc<Mutex<Option<(Key, Arc<Facts>)>>>;

/// The facts of each area by its code.
#[derive(Debug, Default)]
pub(super) struct Almanac(Mutex<BTreeMap<String, Page>>);

impl Almanac {
    /// The facts of an area; reads the archive where they are old, so it may block. One caller reads; the
    /// others of the same area wait only where nothing was read before.
    pub(super) fn facts(
        &self,
        (view, area): (&View, &AreaView),
        services: &Services,
    ) -> Arc<Facts> {
        let code = area.registry.area.to_string();
        let key = ((area.now.hour().day(), area.reviewed_until), cities(view, area, services));
        let page = {
            let mut pages = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(pages.entry(code.clone()).or_default())
        };
        let mut kept = page.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, facts)) = kept.as_ref()
            && *of == key
        {
            return Arc::clone(facts);
        }
        let days = kept.take().filter(|(of, _)| of.0 == key.0).map(|(_, facts)| facts);
        let read = Facts::read((view, area), services, days.as_deref());
        match read {
            Ok(facts) => {
                let facts = Arc::new(facts);
                *kept = Some((key, Arc::clone(&facts)));
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
    /// Reads what is not in `days`, which are of the same day.
    fn read(
        (view, area): (&View, &AreaView),
        services: &Services,
        days: Option<&Self>,
    ) -> Result<Self, ArchiveError> {
        let ranked = ranked((view, area), services)?;
        if let Some(of) = days {
            return Ok(Self { ranked, ..of.clone() });
        }
        let today = area.now.hour().day();
        let yesterday = today.plus(-1);
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
            // On 1 January the year before has ended, and nothing of this one.
            year: year.filter(|_| yesterday.date().0 == today.date().0),
            yesterday: last.filter(|figures| figures.day == yesterday),
            told: told(area, yesterday, services)?,
            ranked,
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

/// The first set of cities in which the area stands, with the list that holds them.
fn stands_in<'a>(
    view: &'a View,
    area: &AreaView,
    services: &'a Services,
) -> Option<(&'a RankSet, &'a AreaView)> {
    services.lists.ranks.iter().find_map(|set| {
        let held = view.area(Some(set.area.as_str()))?;
        let own = set.own.map(|own| held.registry.called(own) == area.registry.name);
        (held.registry.is_reference() && own == Some(true)).then_some((set, &**held))
    })
}

/// The newest hour of the other cities.
fn cities(view: &View, area: &AreaView, services: &Services) -> Option<Hour> {
    stands_in(view, area, services)?.1.newest
}

/// The place of the area among the cities beside which it is looked at.
fn ranked(
    (view, area): (&View, &AreaView),
    services: &Services,
) -> Result<Option<Ranked>, ArchiveError> {
    let Some((set, held)) = stands_in(view, area, services) else { return Ok(None) };
    let Some(hour) = held.newest else { return Ok(None) };
    let asked = rank::Asked::of_hour(set, Moment::Hour(hour), services);
    let rank = asked.rank(services.archive.as_ref(), held)?;
    let place = rank.rows.iter().find(|row| row.own).and_then(|row| row.rank);
    let ranked = |place| Ranked { place, of: rank.ranked, set: set.name.clone(), hour };
    Ok(place.map(ranked))
}
