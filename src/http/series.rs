//! Hours of the past from the archive.

use std::collections::BTreeMap;

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;

use super::api::{find_area, find_station, one, parameters};
use super::document::{hour_ending, shown, unit_suffix};
use super::problem::Problem;
use super::{App, EntityId, blocking};
use crate::area::{Figures, Quantity};
use crate::index::{NoAqi, Pollutants};
use crate::observation::{Basis, Dataset, Pollutant, Property};
use crate::pipeline::View;
use crate::standard::{Practice, standards};
use crate::time::{Day, Hour, HourLabel};

/// Which figures are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesQuery {
    /// On which data the figures rest.
    pub dataset: Dataset,
    /// Whose.
    pub entity: EntityId,
    /// The first hour.
    pub from: Hour,
    /// The last hour, included.
    pub to: Hour,
    /// By which practice they are judged.
    pub practice: Practice,
}

/// The key of a quantity in a row: its name, with its unit.
fn key(quantity: Quantity) -> String {
    let unit = quantity.pollutant().map(|p| format!("_{}", unit_suffix(p)));
    quantity.name() + &unit.unwrap_or_default()
}

/// The keys of a row that has the quantities of these names.
pub(super) fn columns(names: &[String]) -> Vec<String> {
    let mut columns: Vec<String> =
        ["time", "label", "hour_ending", "edition", "reviewed"].map(str::to_owned).into();
    for quantity in Quantity::columns().into_iter().filter(|q| names.contains(&q.name())) {
        columns.push(key(quantity));
        match quantity {
            Quantity::Aqi => columns.push("aqi_reason".to_owned()),
            Quantity::AqiDay => columns.push("aqi_day_reason".to_owned()),
            _ => {}
        }
    }
    columns
}

/// Enters a quantity's value into a row, with the reason beside an AQI.
fn enter(quantity: Quantity, figures: &Figures, row: &mut Row) {
    let value = match quantity {
        Quantity::Aqi => {
            row.reason("aqi_reason", figures.index.no_aqi);
            json(&figures.index.aqi)
        }
        Quantity::AqiDay => {
            row.reason("aqi_day_reason", figures.day_index.no_aqi);
            json(&figures.day_index.aqi)
        }
        Quantity::Primary => codes(figures.index.primary),
        Quantity::PrimaryDay => codes(figures.day_index.primary),
        Quantity::HoursDay => json(&figures.hours_day),
        amount => amount
            .amount(figures)
            .zip(amount.pollutant())
            .map_or_else(null, |(a, p)| raw(shown(a, Property::Pollutant(p)))),
    };
    row.0.insert(key(quantity), value);
}

/// One hour.
#[derive(Debug, Serialize)]
struct Row(BTreeMap<String, Box<RawValue>>);

impl Row {
    fn reason(&mut self, name: &str, reason: Option<NoAqi>) {
        self.0.insert(name.to_owned(), json(&reason.map(NoAqi::code)));
    }
}

fn null() -> Box<RawValue> {
    RawValue::NULL.to_owned()
}

/// A decimal's text as a number.
fn raw(text: String) -> Box<RawValue> {
    RawValue::from_string(text).unwrap_or_else(|_| null())
}

fn json(value: &impl Serialize) -> Box<RawValue> {
    to_raw_value(value).unwrap_or_else(|_| null())
}

fn codes(pollutants: Pollutants) -> Box<RawValue> {
    json(&pollutants.iter().map(Pollutant::code).collect::<Vec<_>>())
}

/// Hours of one entity.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Series {
    entity: String,
    /// The start of the first hour.
    from: String,
    /// The start of the last hour.
    to: String,
    /// How `label` names an hour.
    hour_label: HourLabelName,
    practice: &'static str,
    /// The dataset asked for.
    dataset: &'static str,
    /// What these hours rest on, in words.
    dataset_zh: String,
    simulated: bool,
    /// The names asked for.
    quantities: Vec<String>,
    /// One object an hour, ascending: `time` (its start), `label`, `hour_ending`, `edition`, `reviewed`
    /// (whether every station counted rests on reviewed data) and the quantities with their units, null
    /// where missing. Hours without any figure are left out.
    #[schema(value_type = Vec<Object>)]
    hours: Vec<Row>,
}

/// `begin` or `end`.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum HourLabelName {
    Begin,
    End,
}

/// What a query asks for.
struct Asked {
    entity: String,
    query: SeriesQuery,
    quantities: Vec<Quantity>,
    label: HourLabel,
}

const KNOWN: [&str; 8] =
    ["entity", "from", "to", "quantity", "practice", "hour_label", "area", "dataset"];

impl Asked {
    fn parse(query: Option<&str>, view: &View, app: &App) -> Result<Self, Problem> {
        let pairs = parameters(query, &KNOWN)?;
        let needed = |name: &str| {
            one(&pairs, name)?.ok_or_else(|| Problem::bad_parameter(name, "is needed"))
        };
        let label = match one(&pairs, "hour_label")? {
            None | Some("begin") => HourLabel::Begin,
            Some("end") => HourLabel::End,
            Some(_) => return Err(Problem::bad_parameter("hour_label", "begin or end")),
        };
        let practice: Practice = match one(&pairs, "practice")? {
            None => app.services.parameters.practice,
            Some(text) => text.parse().map_err(|e| Problem::bad_parameter("practice", e))?,
        };
        let dataset: Dataset = match one(&pairs, "dataset")? {
            None => Dataset::Best,
            Some(text) => text.parse().map_err(|e| Problem::bad_parameter("dataset", e))?,
        };
        let from = hour(needed("from")?, label, 0, "from")?;
        let to = hour(needed("to")?, label, crate::time::DAY_H - 1, "to")?;
        let span = i64::from(to.number()) - i64::from(from.number()) + 1;
        let max = i64::from(app.config.max_series_hours);
        if span < 1 || span > max {
            let detail = format!("from..to holds {span} hours; 1 to {max} are answered");
            return Err(Problem::bad_parameter("to", detail));
        }
        let entity = needed("entity")?.to_owned();
        let id = entity_id(view, &entity, one(&pairs, "area")?)?;
        let query = SeriesQuery { dataset, entity: id, from, to, practice };
        Ok(Self { entity, query, quantities: quantities(&pairs)?, label })
    }
}

/// The quantities named, in the order of the export; all of them when none is.
fn quantities(pairs: &[(String, String)]) -> Result<Vec<Quantity>, Problem> {
    let all = Quantity::columns();
    let named = pairs.iter().filter(|(name, _)| name == "quantity");
    let mut found = Vec::new();
    for name in named.flat_map(|(_, value)| value.split(',')).map(str::trim) {
        match all.iter().find(|q| q.name() == name) {
            Some(quantity) => found.push(*quantity),
            None => {
                let known: Vec<_> = all.iter().map(|q| q.name()).collect();
                let detail = format!("{name:?} is not one of {}", known.join(", "));
                return Err(Problem::bad_parameter("quantity", detail));
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    Ok(if found.is_empty() { all } else { found })
}

/// An hour by its label, or a day: then its hour `of_day`.
pub(super) fn hour(
    text: &str,
    label: HourLabel,
    of_day: usize,
    name: &str,
) -> Result<Hour, Problem> {
    if let Ok(day) = text.parse::<Day>() {
        return Ok(day.hour(of_day));
    }
    // An unescaped + is a space in a query.
    let text =
        if text.as_bytes().get(10) == Some(&b'T') { text.replace(' ', "+") } else { text.into() };
    Hour::parse_label(&text, label).map_err(|e| {
        let forms = "YYYY-MM-DD, YYYY-MM-DD HH:00 or RFC 3339 on the hour";
        Problem::bad_parameter(name, format!("{e}: {forms}"))
    })
}

/// An area, `area/set`, or a station.
pub(super) fn entity_id(
    view: &View,
    entity: &str,
    area: Option<&str>,
) -> Result<EntityId, Problem> {
    let (code, set) = entity.split_once('/').unwrap_or((entity, ""));
    // With an area named, a station of it may have the code of another area.
    let of_area = find_area(view, code).ok().filter(|_| area.is_none_or(|area| area == code));
    if let Some(found) = of_area {
        if found.registry.is_reference() {
            let detail = format!("{code:?} is a list of reference cities, no area");
            return Err(Problem::not_found(detail));
        }
        let known = found.registry.sets.iter().any(|s| s.id == set);
        let missing = || Problem::not_found(format!("area {code:?} has no set {set:?}"));
        return if known {
            Ok(EntityId::Set { area: code.to_owned(), set: set.to_owned() })
        } else {
            Err(missing())
        };
    }
    let (area, at) = find_station(view, entity, area).map_err(|problem| {
        problem.reworded(404, || format!("no area, set or station {entity:?}"))
    })?;
    let station = area.registry.stations.get(at).map(|s| s.id.to_string());
    Ok(EntityId::Station {
        area: area.registry.area.to_string(),
        station: station.unwrap_or_else(|| entity.to_owned()),
    })
}

/// The figures of a station, an area or a set over a span of hours.
#[utoipa::path(
    get,
    path = "/api/v1/series",
    params(
        ("entity" = String, Query, description = "a station, an area, or `area/set`"),
        ("from" = String, Query, description = "first hour: its label, or a day"),
        ("to" = String, Query, description = "last hour, included: its label, or a day"),
        ("quantity" = Option<String>, Query,
            description = "columns of an export, repeated or joined by commas; all without it"),
        ("practice" = Option<String>, Query, description = "`letter` or `national_platform`"),
        ("dataset" = Option<String>, Query,
            description = "`realtime`, `reviewed` or `best` (default)"),
        ("hour_label" = Option<String>, Query,
            description = "whether labels name the begin (default) or the end of an hour"),
        ("area" = Option<String>, Query, description = "where station codes repeat")
    ),
    responses(
        (status = 200, body = Series),
        (status = 400, body = Problem),
        (status = 404, body = Problem)
    )
)]
pub(super) async fn series(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Series>, Problem> {
    let view = app.services.view.borrow().clone();
    let asked = Asked::parse(query.as_deref(), &view, &app)?;
    let archive = app.services.archive.clone();
    let simulated = view.simulated;
    blocking(move || {
        let figures = archive.series(&asked.query)?;
        Ok(Json(answer(&asked, &figures, simulated)))
    })
    .await?
}

fn answer(asked: &Asked, figures: &[Figures], simulated: bool) -> Series {
    let Asked { entity, query, quantities, label } = asked;
    let row = |figures: &Figures| {
        let edition = standards().index_edition(figures.hour.day());
        let mut row = Row(BTreeMap::new());
        row.0.insert("time".into(), json(&figures.hour.start().to_string()));
        row.0.insert("label".into(), json(&figures.hour.label(*label)));
        row.0.insert("hour_ending".into(), json(&hour_ending(figures.hour)));
        row.0.insert("edition".into(), json(&edition.id()));
        row.0.insert("reviewed".into(), json(&figures.reviewed));
        for quantity in quantities {
            enter(*quantity, figures, &mut row);
        }
        row
    };
    let mut basis = Basis::default();
    figures.iter().for_each(|f| basis.note(f.hour, f.reviewed));
    Series {
        entity: entity.clone(),
        from: query.from.start().to_string(),
        to: query.to.start().to_string(),
        hour_label: match label {
            HourLabel::Begin => HourLabelName::Begin,
            HourLabel::End => HourLabelName::End,
        },
        practice: query.practice.code(),
        dataset: query.dataset.name(),
        dataset_zh: basis.zh(query.dataset),
        simulated,
        quantities: quantities.iter().map(|q| q.name()).collect(),
        hours: figures.iter().map(row).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The columns of `export --what hours`, but for time and entity.
    const EXPORT: &str = "aqi,primary,pm2_5,pm10,so2,no2,co,o3,pm2_5_24h,pm10_24h,so2_24h,no2_24h,\
                          co_24h,o3_8h,o3_8h_max_today,pm2_5_day,pm10_day,so2_day,no2_day,co_day,\
                          aqi_day,primary_day,hours_day";

    #[test]
    fn quantities_are_the_columns_of_the_export() {
        let names: Vec<_> = Quantity::columns().into_iter().map(Quantity::name).collect();
        assert_eq!(names.join(","), EXPORT);
    }

    #[test]
    fn keys_carry_units() {
        assert_eq!(key(Quantity::Rolling24h(Pollutant::Pm2_5)), "pm2_5_24h_ug_m3");
        assert_eq!(key(Quantity::Day(Pollutant::Co)), "co_day_mg_m3");
        assert_eq!(key(Quantity::O3EightHoursMaxToday), "o3_8h_max_today_ug_m3");
        assert_eq!(key(Quantity::HoursDay), "hours_day");
    }

    #[test]
    fn hours_are_read_by_their_label_and_days_reach_to_their_end() {
        let first = hour("2026-11-23", HourLabel::Begin, 0, "from").expect("a day");
        let last = hour("2026-11-23", HourLabel::Begin, 23, "to").expect("a day");
        assert_eq!(last.number() - first.number(), 23);
        let ending = hour("2026-11-23 01:00", HourLabel::End, 0, "from").expect("a label");
        assert_eq!(ending, first);
        let plus = hour("2026-11-23T00:00:00 08:00", HourLabel::Begin, 0, "from");
        assert_eq!(plus.expect("an unescaped plus"), first);
        assert!(hour("2026-11-23 00:30", HourLabel::Begin, 0, "from").is_err());
    }

    #[test]
    fn an_unknown_quantity_names_those_that_are() {
        let pairs = [("quantity".to_owned(), "pm25".to_owned())];
        let problem = quantities(&pairs).expect_err("refused");
        assert!(format!("{problem:?}").contains("pm2_5_24h"));
        let pairs = [("quantity".to_owned(), "o3,aqi,o3".to_owned())];
        let found = quantities(&pairs).expect("known");
        assert_eq!(found, [Quantity::Aqi, Quantity::Concentration(Pollutant::O3)]);
    }
}
