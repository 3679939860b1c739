//! What the public may see, on an address of its own: nothing else is served there.
//!
//! In: the view. Out: a page, and the same as JSON: hours that are published, the day so far, the official
//! forecast, and warnings that are issued.
//!
//! Invariants: there is no such address unless the configuration names one; nothing that writes, no archive
//! and no token is within reach of its handlers; recommendations, approvals that are not issued, drills, the
//! built-in forecast, ranks, doubts, silences, notices and names of people are not read to make its answers.
//!
//! Why a router of its own and not a filter before the other: what is not put in cannot leak, and a route
//! that is added to the site tomorrow does not turn up here.
//!
//! Source: issue 8; terms.md (unissued warnings do not leak).

use std::sync::Arc;

use axum::Router;
use axum::extract::{FromRef, Json, RawQuery, State};
use axum::routing::get;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use utoipa::ToSchema;

use super::api::parameters;
use super::document::{
    ByPollutant, Compared, Concentrations, CoverageDocument, DaySoFar, FiguresDocument, Frame,
    IndexDocument, dataset,
};
use super::problem::Problem;
use super::warning::asked_area;
use super::{App, Config, Error, Services, guard, page, routes, warning};
use crate::pipeline::{AreaView, StationView, View};
use crate::standard::Parameters;

/// All that its handlers can reach.
#[derive(Clone)]
pub(super) struct Public {
    view: watch::Receiver<Arc<View>>,
    parameters: Parameters,
}

impl Public {
    pub(super) fn view(&self) -> Arc<View> {
        self.view.borrow().clone()
    }
}

impl FromRef<App> for Public {
    fn from_ref(app: &App) -> Self {
        Self { view: app.services.view.clone(), parameters: app.services.parameters }
    }
}

/// The routes of the public address.
pub fn public_site(services: &Services, config: &Config) -> Router {
    let public = Public { view: services.view.clone(), parameters: services.parameters };
    let routes = Router::<Public>::new()
        .route("/", get(page::public))
        .route("/style.css", get(page::style))
        .route("/favicon.ico", get(routes::favicon))
        .route("/healthz", get(routes::healthz))
        .route("/api/v1/public/air", get(air))
        .route("/api/v1/public/warning", get(warning::public))
        .fallback(|| async { Problem::not_found("no such path") })
        .method_not_allowed_fallback(routes::wrong_method);
    guard::guarded(guard::bounded(routes, config.max_body_bytes), config).with_state(public)
}

/// Serves the public address until `cancel`.
///
/// # Errors
/// [`Error::Serve`] when the listener fails.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    cancel: CancellationToken,
) -> Result<(), Error> {
    let serving = axum::serve(listener, router);
    Ok(serving.with_graceful_shutdown(async move { cancel.cancelled().await }).await?)
}

/// An hour of an area or a station.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublicFigures {
    /// The area's code, or the station's.
    entity: String,
    name: String,
    /// When the hour starts.
    time: String,
    /// The hour as people read it.
    hour_ending: String,
    /// `realtime` or `reviewed`.
    dataset: &'static str,
    /// 实况(未审核) or 审核.
    dataset_zh: &'static str,
    /// The edition of the index in force.
    edition_document: &'static str,
    index: IndexDocument,
    /// Means of the hour.
    concentrations: Concentrations,
    /// Stations with a valid value in the hour.
    coverage: ByPollutant<CoverageDocument>,
    /// From 00:00 to the end of the hour, with how many hours it rests on.
    day_so_far: DaySoFar,
}

impl PublicFigures {
    fn of((entity, name): (String, &str), compared: Compared<'_>, frame: Frame<'_>) -> Self {
        let (dataset, dataset_zh) = dataset(compared.now);
        let figures = FiguresDocument::of(compared, ("published", 1), frame);
        let FiguresDocument { time, hour_ending, index, concentrations, day_so_far, .. } = figures;
        let FiguresDocument { edition_document, coverage, .. } = figures;
        let (name, dataset) = (name.to_owned(), dataset.name());
        Self {
            entity,
            name,
            time,
            hour_ending,
            dataset,
            dataset_zh,
            edition_document,
            index,
            concentrations,
            coverage,
            day_so_far,
        }
    }
}

/// The newest published hour of a city.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct PublicAir {
    area: String,
    name: String,
    simulated: bool,
    /// Whether the newest hour is more than two hours old (数据缺报).
    stale: bool,
    /// Whether fewer than half of the stations gave a value of some pollutant (代表性不足).
    not_representative: bool,
    /// Null before an hour was published.
    city: Option<PublicFigures>,
    /// Its assessed stations.
    stations: Vec<PublicFigures>,
}

/// The assessed stations that are in operation.
pub(super) fn stations(area: &AreaView) -> impl Iterator<Item = &StationView> {
    area.stations.iter().filter(|station| station.assessed && station.in_operation)
}

/// The newest published hour of a city and its assessed stations, and the day so far.
#[utoipa::path(
    get,
    path = "/api/v1/public/air",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    responses((status = 200, body = PublicAir), (status = 404, body = Problem))
)]
pub(super) async fn air(
    State(public): State<Public>,
    RawQuery(query): RawQuery,
) -> Result<Json<PublicAir>, Problem> {
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = public.view();
    let area = asked_area(&view, &pairs)?;
    let frame = Frame { parameters: &public.parameters, simulated: view.simulated };
    let code = area.registry.area.to_string();
    let city = area.sets.first().and_then(|set| Some((set, set.at(area.newest?)?)));
    let not_representative = city.is_some_and(|(_, hour)| page::thin(&hour.figures));
    let city = city.map(|(set, hour)| {
        PublicFigures::of((code.clone(), &area.registry.name), Compared::of_set(set, hour), frame)
    });
    let station = |station: &StationView| {
        let known = area.registry.stations.get(station.station)?;
        let compared = Compared {
            now: &station.figures,
            hour_before: Some(&station.hour_before),
            yesterday: Some(&station.yesterday),
        };
        Some(PublicFigures::of((known.id.to_string(), &known.name), compared, frame))
    };
    Ok(Json(PublicAir {
        simulated: view.simulated,
        name: area.registry.name.clone(),
        area: code,
        stale: page::stale_h(area).is_some(),
        not_representative,
        stations: match city {
            Some(_) => stations(area).filter_map(station).collect(),
            None => Vec::new(),
        },
        city,
    }))
}
