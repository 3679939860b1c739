//! The room that is left in the day (保良减污, 削峰保良), of an area's sets and stations.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::{code, find_area, limit, one, parameters};
use super::document::Decimal;
use super::problem::Problem;
use super::{App, blocking};
use crate::assessment::{Allowed, Margin, Room};
use crate::index::Category;
use crate::observation::{Pollutant, Property};
use crate::pipeline::{AreaView, View};
use crate::standard::standards;

/// What the hours to come may bring so that the day stays within a class.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AllowedDocument {
    /// `excellent`, `good`, `light` or `moderate`.
    category: &'static str,
    category_zh: &'static str,
    /// The highest AQI of the class.
    aqi: u16,
    /// `up_to`: up to `level`; `lost`: no level brings the class back; `safe`: no level that an instrument
    /// reports breaks it; `no_value`: the day can have no value of this pollutant.
    state: &'static str,
    /// Of `up_to`: the highest level of the hours to come, rounded down. For a 24-h mean it is the mean of
    /// all of them; for ozone what none of them may exceed.
    level: Option<Decimal>,
    /// The same to 0.001 µg/m³.
    level_unrounded: Option<Decimal>,
}

/// One pollutant.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MarginDocument {
    pollutant: &'static str,
    /// Of every concentration here.
    unit: &'static str,
    /// The mean so far; of ozone the largest 8-h mean.
    so_far: Option<Decimal>,
    /// The newest hour.
    newest_hour: Option<Decimal>,
    /// Hours so far with a value.
    valid_hours: u8,
    /// Whether the day can still have the hours (of ozone the 8-h means) and stations it needs.
    reaches_capture: bool,
    /// From the best class to `moderate`.
    allowed: Vec<AllowedDocument>,
}

/// What is left of a day.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RoomDocument {
    /// The natural day, Beijing time.
    date: String,
    /// Hours of it that are over: what was measured until then counts.
    hours_past: usize,
    hours_left: usize,
    /// The edition in force on the day.
    edition: &'static str,
    /// The best class from `good` down that the day can still keep; null when it is worse than `moderate`,
    /// or when it will have no AQI there because a pollutant is without a value.
    can_keep: Option<&'static str>,
    /// The pollutant that leaves that class first: whose level allowed is the smallest beside its newest
    /// hour.
    binding_pollutant: Option<&'static str>,
    sentence_zh: String,
    sentence_en: String,
    pollutants: Vec<MarginDocument>,
}

/// What is left of the day of a set or a station.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct EntityRoom {
    /// The area, `area/set`, or a station's code.
    entity: String,
    name: String,
    /// By the newest hour.
    newest: RoomDocument,
    /// By the last checkpoint of the day; null before the first.
    checkpoint: Option<RoomDocument>,
}

/// What is left of the day in an area.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct AreaRoom {
    area: String,
    name: String,
    simulated: bool,
    /// The start of the newest published hour; null before one is.
    newest_hour: Option<String>,
    /// Why there is nothing.
    reason: Option<&'static str>,
    /// Hours of the day, by their end, at which the room is said.
    checkpoints: Vec<u8>,
    /// The default set first.
    sets: Vec<EntityRoom>,
    /// Those in operation, by their code, at most as many as asked for; none where they are left out.
    stations: Vec<EntityRoom>,
    /// What `after` is for the stations that follow; null where none do.
    next_after: Option<String>,
}

/// How much room is left in the day, by the newest hour and by the last checkpoint.
///
/// Every hour to come is taken to have a value, the same one at every station. A checkpoint's room rests on
/// the hours until then as they are known now.
#[utoipa::path(
    get,
    path = "/api/v1/areas/{area}/room",
    params(
        ("area" = String, Path, description = "the area's code"),
        ("stations" = Option<bool>, Query,
            description = "`false` leaves the stations out"),
        ("limit" = Option<usize>, Query, description = "stations, 1 to 1000, default 100"),
        ("after" = Option<String>, Query, description = "only stations with a code above this one")
    ),
    responses((status = 200, body = AreaRoom), (status = 404, body = Problem))
)]
pub(super) async fn area_room(
    State(app): State<App>,
    path: Result<Path<String>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<AreaRoom>, Problem> {
    let pairs = parameters(query.as_deref(), &["stations", "limit", "after"])?;
    let with_stations = match one(&pairs, "stations")? {
        None | Some("true") => true,
        Some("false") => false,
        Some(_) => return Err(Problem::bad_parameter("stations", "true or false")),
    };
    let view = app.services.view.borrow().clone();
    let area = Arc::clone(find_area(&view, &code(path)?)?);
    let limit = limit(&pairs)?;
    let limit = if with_stations { limit } else { 0 };
    let after = one(&pairs, "after")?.unwrap_or_default().to_owned();
    let page = Page { limit, after };
    Ok(Json(blocking(move || document(&view, &area, &page)).await?))
}

/// Which stations are asked for: so many whose codes are above `after`.
struct Page {
    limit: usize,
    after: String,
}

fn document(view: &View, area: &AreaView, page: &Page) -> AreaRoom {
    let both = |entity: String, name: &str, room: &dyn Fn(usize) -> Option<Room>| {
        let checkpoint = area.checkpoint().and_then(room);
        let newest = room_document(&area.past().and_then(room)?);
        let checkpoint = checkpoint.as_ref().map(room_document);
        Some(EntityRoom { entity, name: name.to_owned(), newest, checkpoint })
    };
    let sets = area.registry.sets.iter().enumerate().filter_map(|(at, set)| {
        both(area.registry.entity(at), &set.name, &|past| area.room_of_set(at, past))
    });
    let in_operation = area.stations.iter().filter(|station| station.in_operation);
    let codes = in_operation.filter_map(|of| area.registry.stations.get(of.station));
    let mut asked: Vec<_> = codes.filter(|s| s.id.as_str() > page.after.as_str()).collect();
    asked.sort_by(|a, b| a.id.cmp(&b.id));
    let more = page.limit > 0 && asked.len() > page.limit;
    asked.truncate(page.limit);
    let next_after = asked.last().filter(|_| more).map(|last| last.id.to_string());
    let stations = asked.into_iter().filter_map(|station| {
        let at = area.registry.find(station.id.as_str())?;
        both(station.id.to_string(), &station.name, &|past| area.room_of_station(at, past))
    });
    AreaRoom {
        area: area.registry.area.to_string(),
        name: area.registry.name.clone(),
        simulated: view.simulated,
        newest_hour: area.newest.map(|hour| hour.start().to_string()),
        reason: area.newest.is_none().then_some("no_hour_published"),
        checkpoints: area.room_rules.checkpoints.clone(),
        sets: sets.collect(),
        stations: stations.collect(),
        next_after,
    }
}

fn room_document(room: &Room) -> RoomDocument {
    let goal = room.goal();
    let can_keep = goal.filter(|class| !room.is_not_judged(*class));
    let binding = goal.and_then(|class| room.binding(class));
    let margin = |m: &Margin| MarginDocument {
        pollutant: m.pollutant.code(),
        unit: Property::Pollutant(m.pollutant).unit_text(),
        so_far: Decimal::concentration(m.so_far_shown, m.pollutant),
        newest_hour: Decimal::concentration(m.now_shown, m.pollutant),
        valid_hours: m.valid_hours,
        reaches_capture: m.reaches_capture,
        allowed: Room::CLASSES.map(|class| allowed_document(room, m, class)).into(),
    };
    RoomDocument {
        date: room.day.to_string(),
        hours_past: room.past,
        hours_left: room.left(),
        edition: standards().index_edition(room.day).document(),
        can_keep: can_keep.map(Category::code),
        binding_pollutant: binding.map(|m| Pollutant::code(m.pollutant)),
        sentence_zh: room.sentence_zh(),
        sentence_en: room.sentence_en(),
        pollutants: room.pollutants.iter().map(margin).collect(),
    }
}

fn allowed_document(room: &Room, margin: &Margin, class: Category) -> AllowedDocument {
    let of_class = standards().index_edition(room.day).class(class);
    let (state, level) = match margin.allowed(class) {
        Allowed::UpTo(level) => ("up_to", Some(level)),
        Allowed::Lost => ("lost", None),
        Allowed::Safe => ("safe", None),
        Allowed::NoValue => ("no_value", None),
    };
    let decimal = |amount| Decimal::concentration(amount, margin.pollutant);
    AllowedDocument {
        category: class.code(),
        category_zh: of_class.name_zh,
        aqi: of_class.aqi.1,
        state,
        level: decimal(level.map(|level| margin.shown(level))),
        level_unrounded: decimal(level),
    }
}
