//! The public's page: air that is published, the official forecast, warnings that are issued.
//!
//! In: what [`crate::http::public`] lets its handlers reach. Out: one document without scripts.
//!
//! Invariants: warnings and forecasts are those of the public document, and nothing else of them is read.

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::model::{Banner, Chip, class_name, stale, value};
use super::words::Lang;
use super::{BUILD, cover, minute};
use crate::area::Figures;
use crate::http::api::{one, parameters};
use crate::http::problem::Problem;
use crate::http::public::{Public, stations};
use crate::http::warning::{asked_area, newest};
use crate::index::Category;
use crate::observation::{POLLUTANTS, Pollutant};
use crate::outlook::{ForecastSpan, KeptForecast, Source};
use crate::pipeline::{AreaView, View};
use crate::standard::standards;
use crate::time::Hour;
use crate::warning::Level;

struct Row {
    name: String,
    chip: Chip,
    primary: String,
    values: Vec<String>,
    day: Chip,
    /// `有效小时 14/15`.
    day_hours: String,
}

/// The newest published hour.
struct Now {
    hour: String,
    /// 实况(未审核) until reviewed.
    dataset: &'static str,
    /// By which the index is made.
    edition: &'static str,
    /// Until when the day so far goes.
    until: String,
    /// Said where fewer than half of the stations reported.
    thin: Option<String>,
    city: Row,
}

struct Warned {
    class: &'static str,
    text: String,
}

struct Ahead {
    office: String,
    issued: String,
    zone: String,
    days: Vec<DayAhead>,
}

struct DayAhead {
    when: String,
    range: String,
    /// 良至轻度污染.
    classes: String,
    lower: &'static str,
    upper: &'static str,
    primary: String,
    weather: String,
}

#[derive(askama::Template)]
#[template(path = "public.html", config = "src/http/page/askama.toml")]
struct PublicPage {
    lang: Lang,
    other: Lang,
    build: &'static str,
    code: String,
    name: String,
    simulated: bool,
    areas: Vec<(String, String)>,
    /// `None` before an hour was published.
    now: Option<Now>,
    /// Said where the newest hour is old.
    stale: Option<Banner>,
    pollutants: Vec<&'static str>,
    stations: Vec<Row>,
    warnings: Vec<Warned>,
    forecasts: Vec<Ahead>,
}

/// `GET /` of the public address.
pub(in crate::http) async fn public(
    State(public): State<Public>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "lang"])?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let view = public.view();
    let html = page(&view, asked_area(&view, &pairs)?, lang).render();
    let html = html.map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-cache")], Html(html)).into_response())
}

fn page(view: &View, area: &AreaView, lang: Lang) -> PublicPage {
    let row = |name: &str, figures: &Figures, hour: Hour| Row {
        name: name.to_owned(),
        chip: Chip::of(&figures.index, hour, lang),
        primary: lang.primary(&figures.index),
        values: POLLUTANTS.map(|p| value(figures.concentration[p.index()], p)).into(),
        day: Chip::of(&figures.day_index, hour, lang),
        day_hours: {
            let (counted, due) = (figures.hours_day, hour.ending());
            match lang {
                Lang::Zh => format!("有效小时 {counted}/{due}"),
                Lang::En => format!("{counted} of {due} hours"),
            }
        },
    };
    let city = area.sets.first().and_then(|set| Some(&set.at(area.newest?)?.figures));
    let of_stations = city.into_iter().flat_map(|city| {
        stations(area).filter_map(move |station| {
            let known = area.registry.stations.get(station.station)?;
            Some(row(&known.name, &station.figures, city.hour))
        })
    });
    let official = newest(area).filter(|kept| kept.forecast.source == Source::Fed);
    PublicPage {
        lang,
        other: if lang == Lang::Zh { Lang::En } else { Lang::Zh },
        build: &BUILD,
        code: area.registry.area.to_string(),
        name: area.registry.name.clone(),
        simulated: view.simulated,
        areas: view
            .watched()
            .map(|(_, area)| (area.registry.area.to_string(), area.registry.name.clone()))
            .collect(),
        now: city.map(|figures| Now {
            hour: lang.day_and_hour(figures.hour),
            dataset: lang.dataset(figures),
            edition: standards().index_edition(figures.hour.day()).document(),
            until: lang.hour_ending(figures.hour),
            thin: cover::not_representative(figures, lang),
            city: row(&area.registry.name, figures, figures.hour),
        }),
        stale: stale(area, lang),
        pollutants: POLLUTANTS.map(Pollutant::label).into(),
        stations: of_stations.collect(),
        warnings: warnings(area, lang),
        forecasts: official.flat_map(|kept| ahead(kept, lang)).collect(),
    }
}

/// What is issued: in effect, and to come.
fn warnings(area: &AreaView, lang: Lang) -> Vec<Warned> {
    let class = |level: Level| match level {
        Level::Yellow => "lv-yellow",
        Level::Orange => "lv-orange",
        Level::Red => "lv-red",
    };
    let name = |level: Level| match lang {
        Lang::Zh => level.text_zh().to_owned(),
        Lang::En => format!("{} warning", level.name()),
    };
    let in_force = area.warnings.in_force().map(|of| Warned {
        class: class(of.level),
        text: match lang {
            Lang::Zh => format!("{}生效中，自{}起", name(of.level), minute(of.effective_from)),
            Lang::En => format!("{} in effect since {}", name(of.level), minute(of.effective_from)),
        },
    });
    let coming = area.warnings.coming().map(|of| {
        let from = minute(of.effective_from);
        Warned {
            class: of.target.level().map_or("lv-none", class),
            text: match (of.target.level(), lang) {
                (Some(level), Lang::Zh) => format!("已发布{}，自{from}起生效", name(level)),
                (Some(level), Lang::En) => format!("{} issued, in effect from {from}", name(level)),
                (None, Lang::Zh) => format!("已发布解除通知，预警自{from}起解除"),
                (None, Lang::En) => format!("The warning is lifted from {from}"),
            },
        }
    });
    in_force.into_iter().chain(coming).collect()
}

fn ahead(kept: &KeptForecast, lang: Lang) -> Vec<Ahead> {
    let forecast = &kept.forecast;
    let of_zone = |(zone, spans): (&String, &Vec<ForecastSpan>)| Ahead {
        office: forecast.office.clone(),
        issued: minute(forecast.issued),
        zone: zone.clone(),
        days: spans.iter().map(|span| day(span, lang)).collect(),
    };
    forecast.zones.iter().map(of_zone).collect()
}

fn day(span: &ForecastSpan, lang: Lang) -> DayAhead {
    let (lower, upper) = (span.aqi.lower, span.aqi.upper);
    DayAhead {
        when: span.day().map_or_else(|| lang.day_and_hour(span.from), |day| day.to_string()),
        range: if lower == upper { lower.to_string() } else { format!("{lower}～{upper}") },
        classes: lang.classes((lower, upper), span.from),
        lower: class_name(Some(Category::of(lower))),
        upper: class_name(Some(Category::of(upper))),
        primary: lang.pollutants(span.primary),
        weather: span.weather.clone().unwrap_or_default(),
    }
}
