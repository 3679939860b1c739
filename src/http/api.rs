//! Areas and stations: what there is, and their newest published hour.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

use super::App;
use super::document::{Compared, Decimal, FiguresDocument, Frame, ReadingDocument, readings};
use super::problem::Problem;
use super::quality::{FindingDocument, findings};
use crate::area::Station;
use crate::pipeline::{Alarm, AreaView, SetView, StationView, Subject, View};
use crate::time::{Day, Instant};

/// Rows of a list in an answer unless another number is asked for, and the most that are answered at once.
pub(super) const ROWS: usize = 100;
const ROWS_MAX: usize = 1000;

/// The parameters of a query, decoded, in order.
pub(super) fn parameters(
    query: Option<&str>,
    known: &[&str],
) -> Result<Vec<(String, String)>, Problem> {
    let query = query.unwrap_or_default();
    let pairs = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(
        &format!("/?{query}").parse().map_err(|e| Problem::bad_parameter("query", e))?,
    );
    let pairs = pairs.map_err(|e| Problem::bad_parameter("query", e))?.0;
    match pairs.iter().find(|(name, _)| !known.contains(&name.as_str())) {
        Some((name, _)) => {
            Err(Problem::bad_parameter(name, format!("not known; known are {}", known.join(", "))))
        }
        None => Ok(pairs),
    }
}

/// The value of a parameter that stands at most once.
pub(super) fn one<'a>(
    pairs: &'a [(String, String)],
    name: &str,
) -> Result<Option<&'a str>, Problem> {
    let mut values = pairs.iter().filter(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let first = values.next();
    if values.next().is_some() {
        return Err(Problem::bad_parameter(name, "stands twice"));
    }
    Ok(first)
}

/// How many rows are asked for.
pub(super) fn limit(pairs: &[(String, String)]) -> Result<usize, Problem> {
    one(pairs, "limit")?.map_or(Ok(ROWS), |text| {
        let number = text.parse().ok().filter(|n| (1..=ROWS_MAX).contains(n));
        number.ok_or_else(|| Problem::bad_parameter("limit", format!("1 to {ROWS_MAX}")))
    })
}

/// The largest number of a record: what the store and JSON's readers can count to.
pub(super) const NUMBER_MAX: u64 = i64::MAX.unsigned_abs();

/// Only records with a lower number are asked for.
pub(super) fn before(pairs: &[(String, String)]) -> Result<Option<u64>, Problem> {
    let number = |text: &str| {
        let number = text.parse().ok().filter(|number| *number <= NUMBER_MAX);
        number.ok_or_else(|| Problem::bad_parameter("before", "the number of a record"))
    };
    one(pairs, "before")?.map(number).transpose()
}

/// The days that are asked for by `from` and `to`, both included, or by one `day`: their beginning and their
/// end.
pub(super) fn between(pairs: &[(String, String)]) -> Result<Option<(Instant, Instant)>, Problem> {
    let named = |name: &str| -> Result<Option<Day>, Problem> {
        let day = |text: &str| {
            text.parse::<Day>().map_err(|_| Problem::bad_parameter(name, "YYYY-MM-DD expected"))
        };
        one(pairs, name)?.map(day).transpose()
    };
    let day = named("day")?;
    let (from, to) = (named("from")?.or(day), named("to")?.or(day));
    if from.zip(to).is_some_and(|(from, to)| to < from) {
        return Err(Problem::bad_parameter("to", "is before `from`"));
    }
    let start = from.map_or(Instant::from_millis(i64::MIN), |d| d.start().start());
    let end = to.map_or(Instant::from_millis(i64::MAX), |d| d.plus(1).start().start());
    Ok(from.or(to).map(|_| (start, end)))
}

/// A parameter that a type knows how to read; the default when it is absent.
pub(super) fn given<T: std::str::FromStr<Err: std::fmt::Display>>(
    pairs: &[(String, String)],
    name: &str,
    default: T,
) -> Result<T, Problem> {
    let Some(text) = one(pairs, name)? else { return Ok(default) };
    text.parse().map_err(|e| Problem::bad_parameter(name, e))
}

/// The code in a path.
pub(super) fn code(path: Result<Path<String>, PathRejection>) -> Result<String, Problem> {
    path.map(|Path(code)| code).map_err(|e| Problem::bad_parameter("path", e))
}

/// The area of a code.
pub(super) fn find_area<'a>(view: &'a View, code: &str) -> Result<&'a Arc<AreaView>, Problem> {
    view.area(Some(code)).ok_or_else(|| Problem::not_found(format!("no area {code:?}")))
}

/// A station by its code, in all areas or in one.
pub(super) fn find_station<'a>(
    view: &'a View,
    code: &str,
    area: Option<&str>,
) -> Result<(&'a Arc<AreaView>, usize), Problem> {
    let areas = match area {
        Some(area) => std::slice::from_ref(find_area(view, area)?),
        None => &view.areas,
    };
    let mut found = areas.iter().filter_map(|a| Some((a, a.registry.find(code)?)));
    let first = found.next();
    if found.next().is_some() {
        let detail = format!("station {code:?} is in several areas: say which by area=");
        return Err(Problem::conflict(detail));
    }
    first.ok_or_else(|| Problem::not_found(format!("no station {code:?}")))
}

/// A station set.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SetRow {
    /// The name of the set in `entity=`.
    entity: String,
    name: String,
    /// Stations that belong to it on the day of the newest hour.
    stations: Vec<String>,
}

/// An area.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AreaRow {
    area: String,
    name: String,
    simulated: bool,
    /// The start of the newest published hour.
    newest_hour: Option<String>,
    /// The default set first.
    sets: Vec<SetRow>,
    station_count: usize,
    /// Whether it is a list of reference cities, which are series to be ranked with.
    reference: bool,
}

/// The day on which memberships are shown.
fn day_shown(area: &AreaView) -> Day {
    area.newest.unwrap_or_else(|| area.now.hour()).day()
}

/// Areas with their sets.
#[utoipa::path(get, path = "/api/v1/areas", responses((status = 200, body = Vec<AreaRow>)))]
pub(super) async fn areas(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<AreaRow>>, Problem> {
    parameters(query.as_deref(), &[])?;
    let view = app.services.view.borrow().clone();
    let row = |area: &Arc<AreaView>| {
        let registry = &area.registry;
        let day = day_shown(area);
        let code = |at: usize| registry.stations.get(at).map(|s| s.id.to_string());
        let set = |at: usize| SetRow {
            entity: registry.entity(at),
            name: registry.sets[at].name.clone(),
            stations: registry.sets[at].on(day).filter_map(code).collect(),
        };
        AreaRow {
            area: registry.area.to_string(),
            name: registry.name.clone(),
            simulated: view.simulated,
            newest_hour: area.newest.map(|hour| hour.start().to_string()),
            sets: (0..registry.sets.len()).map(set).collect(),
            station_count: registry.stations.len(),
            reference: registry.is_reference(),
        }
    };
    Ok(Json(view.areas.iter().map(row).collect()))
}

/// The newest hour of a set.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SetLatest {
    entity: String,
    name: String,
    /// Null before an hour was published.
    latest: Option<FiguresDocument>,
}

/// The newest hour of an area.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AreaLatest {
    area: String,
    name: String,
    simulated: bool,
    /// The time by which the figures were made.
    now: String,
    /// Whether the feed is connected and its backlog taken.
    caught_up: Option<bool>,
    /// The last committed sequence number.
    sequence: u64,
    /// Null before an hour was published.
    latest: Option<FiguresDocument>,
    /// Why `latest` is null.
    latest_reason: Option<&'static str>,
    /// The named sets.
    sets: Vec<SetLatest>,
    /// Stations in operation that reported nothing for the newest hour.
    silent_stations: Vec<String>,
    /// Alarms that last.
    alarms: Vec<AlarmDocument>,
}

/// An alarm that lasts.
#[derive(Debug, PartialEq, Serialize, ToSchema)]
pub(super) struct AlarmDocument {
    /// Of silence: `daemon`, `feed`, `area` (many stations at once) or `station`. `clock`: a
    /// station's clock runs ahead. `clock_behind`: it runs behind, or something holds its data back for
    /// equally long each hour. `differs`: the AQI is not the one that the national platform published.
    subject: &'static str,
    /// The code of a station that is silent or has a wrong clock; null for the others.
    station: Option<String>,
    /// Whose AQI differs: the area, `area/set` or a station's code; null for silences.
    entity: Option<String>,
    /// Since when.
    since: String,
    /// When that was noticed.
    raised: String,
    /// By how much a clock runs behind, as it was when that was noticed; null for the others.
    lag_min: Option<u32>,
}

/// Why there is no newest hour.
const NO_HOUR: &str = "no_hour_published";

/// The newest published hour of an area and its sets.
#[utoipa::path(
    get,
    path = "/api/v1/areas/{area}/latest",
    params(("area" = String, Path, description = "the area's code")),
    responses((status = 200, body = AreaLatest), (status = 404, body = Problem))
)]
pub(super) async fn area_latest(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<AreaLatest>, Problem> {
    parameters(query.as_deref(), &[])?;
    let view = app.services.view.borrow().clone();
    let area = find_area(&view, &code(path)?)?;
    let frame = Frame { parameters: &app.services.parameters, simulated: view.simulated };
    let latest = |set: &SetView| {
        let hour = set.at(area.newest?)?;
        let state = (hour.state.name(), hour.version);
        Some(FiguresDocument::of(Compared::of_set(set, hour), state, frame))
    };
    let named = area.sets.iter().skip(1).map(|set| SetLatest {
        entity: set.entity.clone(),
        name: set.name.clone(),
        latest: latest(set),
    });
    let silent = area.stations.iter().filter(|s| area.newest.is_some() && s.is_silent());
    let silent = silent.filter_map(|s| area.registry.stations.get(s.station));
    let newest = area.sets.first().and_then(latest);
    Ok(Json(AreaLatest {
        area: area.registry.area.to_string(),
        name: area.registry.name.clone(),
        simulated: view.simulated,
        now: area.now.to_string(),
        caught_up: area.caught_up,
        sequence: area.sequence,
        latest_reason: newest.is_none().then_some(NO_HOUR),
        latest: newest,
        sets: named.collect(),
        silent_stations: silent.map(|s| s.id.to_string()).collect(),
        alarms: area.alarms.iter().map(|alarm| alarm_document(area, alarm)).collect(),
    }))
}

pub(super) fn alarm_document(area: &AreaView, alarm: &Alarm) -> AlarmDocument {
    let entity = alarm.subject.entity(&area.registry);
    let (station, entity) = match alarm.subject {
        Subject::Station(_) | Subject::Clock(_) | Subject::Behind(_) => (Some(entity), None),
        Subject::Differs(_) => (None, Some(entity)),
        Subject::Daemon | Subject::Feed | Subject::Area => (None, None),
    };
    AlarmDocument {
        subject: alarm.subject.name(),
        station,
        entity,
        since: alarm.since.to_string(),
        raised: alarm.raised.to_string(),
        lag_min: alarm.lag_min,
    }
}

/// A station.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StationRow {
    station: String,
    area: String,
    name: String,
    district: String,
    /// `national`, `provincial`, `city`, `district`, `enterprise`, `micro` or `reference`.
    kind: &'static str,
    latitude_deg: Option<Decimal>,
    longitude_deg: Option<Decimal>,
    /// Whether it counts in the area's figures.
    assessed: bool,
    in_operation: bool,
    /// The start of the newest hour for which it reported anything.
    last_hour: Option<String>,
    /// Whether it reported nothing for the area's newest hour.
    silent: bool,
    /// What is suspect (疑似异常), or does not count, of its values of that hour.
    quality: Vec<FindingDocument>,
    simulated: bool,
}

fn station_row(
    area: &AreaView,
    station: &Station,
    view: &StationView,
    simulated: bool,
) -> StationRow {
    let (latitude, longitude) = station.position.unzip();
    StationRow {
        station: station.id.to_string(),
        area: area.registry.area.to_string(),
        name: station.name.clone(),
        district: station.district.clone(),
        kind: station.kind.name(),
        latitude_deg: latitude.and_then(Decimal::degrees),
        longitude_deg: longitude.and_then(Decimal::degrees),
        assessed: view.assessed,
        in_operation: view.in_operation,
        last_hour: view.last.map(|hour| hour.start().to_string()),
        silent: area.newest.is_some() && view.is_silent(),
        quality: findings(area, view),
        simulated,
    }
}

/// Stations of all areas, or of one.
#[utoipa::path(
    get,
    path = "/api/v1/stations",
    params(("area" = Option<String>, Query, description = "only this area")),
    responses((status = 200, body = Vec<StationRow>), (status = 404, body = Problem))
)]
pub(super) async fn stations(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<StationRow>>, Problem> {
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = app.services.view.borrow().clone();
    let areas = match one(&pairs, "area")? {
        Some(code) => std::slice::from_ref(find_area(&view, code)?),
        None => &view.areas,
    };
    let mut rows = Vec::new();
    for area in areas {
        for station in &area.stations {
            if let Some(registered) = area.registry.stations.get(station.station) {
                rows.push(station_row(area, registered, station, view.simulated));
            }
        }
    }
    Ok(Json(rows))
}

/// The newest hour of a station.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct StationLatest {
    station: StationRow,
    /// Null before an hour of its area was published.
    latest: Option<FiguresDocument>,
    /// Why `latest` is null.
    latest_reason: Option<&'static str>,
    /// Every property as it came in that hour, meteorology included.
    readings: BTreeMap<&'static str, ReadingDocument>,
}

/// A station in its area's newest published hour.
#[utoipa::path(
    get,
    path = "/api/v1/stations/{station}/latest",
    params(
        ("station" = String, Path, description = "the station's code"),
        ("area" = Option<String>, Query, description = "where codes repeat between areas")
    ),
    responses(
        (status = 200, body = StationLatest),
        (status = 404, body = Problem),
        (status = 409, description = "the code stands in several areas", body = Problem)
    )
)]
pub(super) async fn station_latest(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<StationLatest>, Problem> {
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = app.services.view.borrow().clone();
    let (area, at) = find_station(&view, &code(path)?, one(&pairs, "area")?)?;
    let missing = || Problem::unavailable("the station is not in the view yet");
    let station = area.stations.iter().find(|s| s.station == at).ok_or_else(missing)?;
    let registered = area.registry.stations.get(at).ok_or_else(missing)?;
    let hour = area.newest.and_then(|hour| area.sets.first()?.at(hour));
    let frame = Frame { parameters: &app.services.parameters, simulated: view.simulated };
    let latest = hour.map(|hour| {
        let compared = Compared {
            now: &station.figures,
            hour_before: Some(&station.hour_before),
            yesterday: Some(&station.yesterday),
        };
        FiguresDocument::of(compared, (hour.state.name(), hour.version), frame)
    });
    Ok(Json(StationLatest {
        station: station_row(area, registered, station, view.simulated),
        latest_reason: latest.is_none().then_some(NO_HOUR),
        latest,
        readings: readings(&station.readings),
    }))
}
