//! Days and what they come to, from the archive.

use std::sync::Arc;

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::{find_area, given, one, parameters};
use super::problem::Problem;
use super::series::entity_id;
use super::target::Plan;
use super::{App, Archive, ArchiveError, EntityId, Services, blocking};
use crate::area::Registry;
use crate::assessment::{
    Assessment, DayFigures, DayRow, DustColumn, JudgedBy, Span, Subject, Versus,
};
use crate::observation::{Basis, Dataset};
use crate::pipeline::View;
use crate::standard::{Entity, Parameters, Practice};
use crate::time::Day;

/// Days that one question may ask for: three years and a bit.
const DAYS_MAX: u32 = 1_100;

/// Which days are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DaysQuery {
    /// Whose.
    pub entity: EntityId,
    /// First day.
    pub from: Day,
    /// Last day, included.
    pub to: Day,
    /// By what they are judged.
    pub parameters: Parameters,
    /// On which data they rest.
    pub dataset: Dataset,
    /// By which edition they are judged.
    pub judged_by: JudgedBy,
    /// In which column of dust they stand.
    pub dust: DustColumn,
}

/// A day of the archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArchivedDay {
    /// Its figures.
    pub figures: DayFigures,
    /// `provisional`, `published` or `revised`.
    pub state: &'static str,
}

/// Days of one entity.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Days {
    entity: String,
    /// First day.
    from: String,
    /// Last day, included.
    to: String,
    practice: &'static str,
    /// `in_force`, `2012` or `2026`.
    judged_by: &'static str,
    /// The dataset asked for.
    dataset: &'static str,
    /// What these days rest on, in words.
    dataset_zh: String,
    /// The column of dust: `measured`, `dust_recognised` or `dust_reported`.
    dust: &'static str,
    /// The same as people read it.
    dust_zh: &'static str,
    simulated: bool,
    /// Ascending. Days on which a station is not in operation are left out.
    days: Vec<DayRow>,
}

/// An assessment, and whether its air is real.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Assessed {
    simulated: bool,
    #[serde(flatten)]
    assessment: Assessment,
}

/// What both questions have in common.
pub(super) struct Asked {
    pub(super) entity: String,
    pub(super) name: String,
    pub(super) area: String,
    pub(super) id: EntityId,
    pub(super) parameters: Parameters,
    pub(super) dataset: Dataset,
    pub(super) judged_by: JudgedBy,
    pub(super) dust: DustColumn,
}

impl Asked {
    pub(super) fn parse(
        pairs: &[(String, String)],
        view: &View,
        app: &App,
    ) -> Result<Self, Problem> {
        let entity = one(pairs, "entity")?;
        let entity = entity.ok_or_else(|| Problem::bad_parameter("entity", "is needed"))?;
        Self::of(entity, pairs, view, app)
    }

    pub(super) fn of(
        entity: &str,
        pairs: &[(String, String)],
        view: &View,
        app: &App,
    ) -> Result<Self, Problem> {
        // Days are judged by the letter unless another practice is asked for.
        let dust = one(pairs, "dust")?.map_or(Ok(DustColumn::Measured), DustColumn::reckoned);
        let practice = given(pairs, "practice", Practice::Letter)?;
        let id = entity_id(view, entity, one(pairs, "area")?)?;
        let (area, name) = {
            let (EntityId::Station { area, .. } | EntityId::Set { area, .. }) = &id;
            let registry = &find_area(view, area)?.registry;
            (area.clone(), name(registry, &id))
        };
        Ok(Self {
            entity: entity.to_owned(),
            name,
            area,
            id,
            parameters: Parameters { practice, ..app.services.parameters },
            dataset: given(pairs, "dataset", Dataset::Best)?,
            judged_by: given(pairs, "edition", JudgedBy::InForce)?,
            dust: dust.map_err(|e| Problem::bad_parameter("dust", e))?,
        })
    }

    /// Of an area's default set, by the letter and the best data.
    pub(super) fn of_area(registry: &Registry, services: &Services) -> Self {
        let area = registry.area.to_string();
        Self {
            entity: area.clone(),
            name: registry.name.clone(),
            id: EntityId::Set { area: area.clone(), set: String::new() },
            area,
            parameters: Parameters { practice: Practice::Letter, ..services.parameters },
            dataset: Dataset::Best,
            judged_by: JudgedBy::InForce,
            dust: DustColumn::Measured,
        }
    }

    /// Station or area.
    pub(super) const fn kind(&self) -> Entity {
        match self.id {
            EntityId::Set { .. } => Entity::Area,
            EntityId::Station { .. } => Entity::Station,
        }
    }

    fn subject(&self) -> Subject<'_> {
        Subject {
            area: &self.area,
            entity: &self.entity,
            name: &self.name,
            kind: self.kind(),
            parameters: &self.parameters,
            judged_by: self.judged_by,
            dataset: self.dataset,
            dust: self.dust,
        }
    }

    /// The days of a span in a column, as archived.
    pub(super) fn archived(
        &self,
        archive: &dyn Archive,
        (from, to): (Day, Day),
        dust: DustColumn,
    ) -> Result<Vec<ArchivedDay>, ArchiveError> {
        archive.days(&DaysQuery {
            entity: self.id.clone(),
            from,
            to,
            parameters: self.parameters,
            dataset: self.dataset,
            judged_by: self.judged_by,
            dust,
        })
    }

    /// What a span comes to, beside the other spans asked for and in all columns of dust.
    pub(super) fn assessment(
        &self,
        (services, registry): (&Services, &Registry),
        span: Span,
        compared: &[Versus],
    ) -> Result<(Assessment, Vec<ArchivedDay>), ArchiveError> {
        let figures = |days: &[ArchivedDay]| -> Vec<DayFigures> {
            days.iter().map(|day| day.figures.clone()).collect()
        };
        let archive = services.archive.as_ref();
        let archived = self.archived(archive, (span.from, span.to), self.dust)?;
        let days = figures(&archived);
        let assessment = self.subject().assessed((span, &days), compared, |other| {
            Ok(figures(&self.archived(archive, (other.from, other.to), self.dust)?))
        })?;
        let table = match registry.member(&self.entity) {
            None => None,
            Some(member) => {
                services.lists.dust.table(&self.subject(), (registry, member), span, |column| {
                    if column == self.dust {
                        return Ok(days.clone());
                    }
                    let archived = self.archived(archive, (span.from, span.to), column)?;
                    Ok::<_, ArchiveError>(figures(&archived))
                })?
            }
        };
        Ok((assessment.with_dust(table), archived))
    }

    /// How far days rest on reviewed data.
    pub(super) fn basis(&self, days: &[ArchivedDay]) -> Basis {
        let mut basis = Basis::default();
        days.iter().for_each(|day| day.figures.note(&mut basis));
        basis
    }
}

/// As people say it.
fn name(registry: &Registry, id: &EntityId) -> String {
    match id {
        EntityId::Set { set, .. } if set.is_empty() => registry.name.clone(),
        EntityId::Set { set, .. } => {
            let found = registry.sets.iter().find(|s| s.id == *set);
            found.map_or_else(String::new, |s| s.name.clone())
        }
        EntityId::Station { station, .. } => {
            let found = registry.find(station).map(|at| registry.stations[at].name.clone());
            found.unwrap_or_else(|| station.clone())
        }
    }
}

fn day(pairs: &[(String, String)], name: &str) -> Result<Day, Problem> {
    let text = one(pairs, name)?.ok_or_else(|| Problem::bad_parameter(name, "is needed"))?;
    text.parse().map_err(|_| Problem::bad_parameter(name, "YYYY-MM-DD expected"))
}

fn bounded(span: Option<Span>) -> Result<Span, Problem> {
    let span = span.ok_or_else(|| Problem::bad_parameter("to", "is before from"))?;
    let days = span.len();
    if days > DAYS_MAX {
        let detail = format!("the span holds {days} days; up to {DAYS_MAX} are answered");
        return Err(Problem::bad_parameter("span", detail));
    }
    Ok(span)
}

/// The natural days of a station, an area or a set.
#[utoipa::path(
    get,
    path = "/api/v1/days",
    params(
        ("entity" = String, Query, description = "a station, an area, or `area/set`"),
        ("from" = String, Query, description = "first day, such as 2025-01-01"),
        ("to" = String, Query, description = "last day, included"),
        ("practice" = Option<String>, Query,
            description = "`letter` (default) or `national_platform`"),
        ("dataset" = Option<String>, Query,
            description = "`realtime`, `reviewed` or `best` (default)"),
        ("edition" = Option<String>, Query,
            description = "`in_force` (default), or all days by `2012` or `2026`"),
        ("dust" = Option<String>, Query,
            description = "`measured` (default), `dust_recognised` or `dust_reported`"),
        ("area" = Option<String>, Query, description = "where station codes repeat")
    ),
    responses(
        (status = 200, body = Days),
        (status = 400, body = Problem),
        (status = 404, body = Problem)
    )
)]
pub(super) async fn days(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Days>, Problem> {
    let known = ["entity", "from", "to", "practice", "dataset", "edition", "dust", "area"];
    let pairs = parameters(query.as_deref(), &known)?;
    let view = app.services.view.borrow().clone();
    let asked = Asked::parse(&pairs, &view, &app)?;
    let span = bounded(Span::days(day(&pairs, "from")?, day(&pairs, "to")?))?;
    let (archive, simulated) = (app.services.archive.clone(), view.simulated);
    blocking(move || {
        let archived = asked.archived(archive.as_ref(), (span.from, span.to), asked.dust)?;
        let row = |day: &ArchivedDay| DayRow::of(&day.figures, &asked.subject(), day.state, false);
        Ok(Json(Days {
            entity: asked.entity.clone(),
            from: span.from.to_string(),
            to: span.to.to_string(),
            practice: asked.parameters.practice.code(),
            judged_by: asked.judged_by.name(),
            dataset: asked.dataset.name(),
            dataset_zh: asked.basis(&archived).zh(asked.dataset),
            dust: asked.dust.code(),
            dust_zh: asked.dust.zh(),
            simulated,
            days: archived.iter().map(row).collect(),
        }))
    })
    .await?
}

/// What the days of a span come to.
#[utoipa::path(
    get,
    path = "/api/v1/assessment",
    params(
        ("entity" = String, Query, description = "a station, an area, or `area/set`"),
        ("span" = String, Query,
            description = "2025, 2025-03, 2025-Q1, 2025-01-01..2025-03-31, heating:2024, \
                           autumn_winter:2024, ozone:2025, ytd:2025-10-31, rolling365:2025-10-31, \
                           three_years:2025"),
        ("compare" = Option<String>, Query,
            description = "`year_before` (同比), `period_before` (环比), or both by a comma"),
        ("practice" = Option<String>, Query,
            description = "`letter` (default) or `national_platform`"),
        ("dataset" = Option<String>, Query,
            description = "`realtime`, `reviewed` or `best` (default)"),
        ("edition" = Option<String>, Query,
            description = "`in_force` (default), or all days by `2012` or `2026`"),
        ("dust" = Option<String>, Query,
            description = "`measured` (default), `dust_recognised` or `dust_reported`"),
        ("area" = Option<String>, Query, description = "where station codes repeat")
    ),
    responses(
        (status = 200, body = Assessed),
        (status = 400, body = Problem),
        (status = 404, body = Problem)
    )
)]
pub(super) async fn assessment(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Assessed>, Problem> {
    let known = ["entity", "span", "compare", "practice", "dataset", "edition", "dust", "area"];
    let pairs = parameters(query.as_deref(), &known)?;
    let view = app.services.view.borrow().clone();
    let asked = Asked::parse(&pairs, &view, &app)?;
    let text = one(&pairs, "span")?.ok_or_else(|| Problem::bad_parameter("span", "is needed"))?;
    let span = Span::parse(text, &app.services.lists.seasons);
    let span = bounded(Some(span.map_err(|e| Problem::bad_parameter("span", e))?))?;
    let compared = versus(one(&pairs, "compare")?)?;
    let simulated = view.simulated;
    let registry = Arc::clone(&find_area(&view, &asked.area)?.registry);
    let services = app.services;
    blocking(move || {
        let (mut assessment, _) = asked.assessment((&services, &registry), span, &compared)?;
        if let Some(year) = span.year_to_date() {
            match services.lists.targets.of_entity(&asked.entity, year) {
                Err(none) => assessment.targets_reason_zh = Some(none.zh()),
                Ok(targets) => {
                    let plan = Plan {
                        archive: services.archive.as_ref(),
                        parameters: &asked.parameters,
                        resampling: &services.lists.resampling,
                        dust: &services.lists.dust,
                        ended: span.to,
                    };
                    assessment.targets = plan.rows(&targets, |_| Some(asked.id.clone()))?;
                }
            }
        }
        Ok(Json(Assessed { simulated, assessment }))
    })
    .await?
}

fn versus(text: Option<&str>) -> Result<Vec<Versus>, Problem> {
    let mut all = Vec::new();
    for name in text.unwrap_or_default().split(',').filter(|name| !name.is_empty()) {
        let found = Versus::ALL.into_iter().find(|versus| versus.name() == name);
        let wrong = || Problem::bad_parameter("compare", "year_before or period_before expected");
        all.push(found.ok_or_else(wrong)?);
    }
    Ok(all)
}
