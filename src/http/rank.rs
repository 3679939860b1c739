//! Ranks of a set's entities, from the archive.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::api::{find_area, given, one, parameters};
use super::problem::Problem;
use super::{App, Archive, ArchiveError, MembersQuery, Services, blocking};
use crate::assessment::rank::{Moment, Rank, RankAsked, RankBy, RankSet};
use crate::assessment::{DustColumn, JudgedBy};
use crate::observation::Dataset;
use crate::pipeline::AreaView;
use crate::standard::{Parameters, Practice};
use crate::time::Hour;

/// Days that one question may ask for: a year and a bit, since the year before may be read beside them.
const DAYS_MAX: u32 = 400;

/// A set that can be ranked.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct SetDocument {
    /// What `set=` takes.
    set: String,
    name: String,
    /// The area that holds its members.
    area: String,
    /// In the order of the list.
    members: Vec<MemberDocument>,
}

/// A member of a set.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct MemberDocument {
    entity: String,
    name: String,
    /// Whether the set is looked at for it.
    own: bool,
}

/// A rank, and whether its air is real.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct RankDocument {
    simulated: bool,
    #[serde(flatten)]
    rank: Rank,
}

/// What is asked for.
pub(super) struct Asked {
    pub(super) set: RankSet,
    pub(super) by: RankBy,
    pub(super) moment: Moment,
    pub(super) dataset: Dataset,
    pub(super) dust: DustColumn,
    pub(super) judged_by: JudgedBy,
    parameters: Parameters,
}

impl Asked {
    /// Of a set and a figure, with what stands in the query beside them.
    pub(super) fn of(
        (set, by, moment): (RankSet, RankBy, Moment),
        pairs: &[(String, String)],
        app: &App,
    ) -> Result<Self, Problem> {
        if !by.is_of(&moment) {
            let detail = "an hour has aqi and concentrations; aqi is of an hour or of one day";
            return Err(Problem::bad_parameter("by", detail));
        }
        if let Moment::Days(span) = moment
            && span.len() > DAYS_MAX
        {
            let days = span.len();
            let detail = format!("the span holds {days} days; up to {DAYS_MAX} are answered");
            return Err(Problem::bad_parameter("span", detail));
        }
        // An hour is judged as the page shows it, days by the letter, unless asked for otherwise.
        let practice = match moment {
            Moment::Days(_) => Practice::Letter,
            Moment::Hour(_) | Moment::SoFar(_) => app.services.parameters.practice,
        };
        let practice = given(pairs, "practice", practice)?;
        let dust = one(pairs, "dust")?.map_or(Ok(DustColumn::Measured), DustColumn::reckoned);
        let dust = dust.map_err(|e| Problem::bad_parameter("dust", e))?;
        if dust != DustColumn::Measured && !matches!(moment, Moment::Days(_)) {
            return Err(Problem::bad_parameter(
                "dust",
                "an hour is as measured; days have columns",
            ));
        }
        Ok(Self {
            set,
            by,
            moment,
            dataset: given(pairs, "dataset", Dataset::Best)?,
            dust,
            judged_by: given(pairs, "edition", JudgedBy::InForce)?,
            parameters: Parameters { practice, ..app.services.parameters },
        })
    }

    /// Of the AQI of an hour, as the page shows it.
    pub(super) fn of_hour(set: &RankSet, hour: Moment, services: &Services) -> Self {
        Self {
            set: set.clone(),
            by: RankBy::Aqi,
            moment: hour,
            dataset: Dataset::Best,
            dust: DustColumn::Measured,
            judged_by: JudgedBy::InForce,
            parameters: services.parameters,
        }
    }

    pub(super) fn rank(
        &self,
        archive: &dyn Archive,
        area: &AreaView,
    ) -> Result<Rank, ArchiveError> {
        let asked = RankAsked {
            registry: &area.registry,
            set: &self.set,
            by: self.by,
            moment: self.moment,
            dataset: self.dataset,
            dust: self.dust,
            judged_by: self.judged_by,
            parameters: &self.parameters,
        };
        let query = |days| MembersQuery {
            area: self.set.area.clone(),
            members: self.set.members.clone(),
            days,
            parameters: self.parameters,
            dataset: self.dataset,
            judged_by: self.judged_by,
            dust: self.dust,
        };
        let hour_of = |hour: Hour| {
            let of_hour =
                archive.hours_of_members(&query((hour.day(), hour.day())), (hour, hour))?;
            Ok(of_hour.into_iter().map(|mut of_member| of_member.pop()).collect())
        };
        asked.reckon(hour_of, |span| archive.days_of_members(&query((span.from, span.to))))
    }
}

/// The sets that can be ranked: cities, districts, stations.
#[utoipa::path(get, path = "/api/v1/ranks", responses((status = 200, body = Vec<SetDocument>)))]
pub(super) async fn sets(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<Vec<SetDocument>>, Problem> {
    parameters(query.as_deref(), &[])?;
    let view = app.services.view.borrow().clone();
    let document = |set: &RankSet| -> Result<SetDocument, Problem> {
        let registry = &find_area(&view, set.area.as_str())?.registry;
        let member = |member| MemberDocument {
            entity: registry.name_of(member),
            name: registry.called(member).to_owned(),
            own: set.own == Some(member),
        };
        Ok(SetDocument {
            set: set.code.clone(),
            name: set.name.clone(),
            area: set.area.to_string(),
            members: set.members.iter().copied().map(member).collect(),
        })
    };
    Ok(Json(app.services.lists.ranks.iter().map(document).collect::<Result<_, _>>()?))
}

/// A set's entities beside each other, the best first: reckoned here, so never the official rank.
#[utoipa::path(
    get,
    path = "/api/v1/rank",
    params(
        ("set" = String, Query, description = "a set of /api/v1/ranks"),
        ("by" = String, Query,
            description = "`composite`, `aqi` (of an hour or one day), `pm2_5`, `pm10`, `o3`, \
                           `no2`, `so2`, `co`, `good_days`, `change` (of the composite index on \
                           the year before), `pm2_5_change`"),
        ("span" = String, Query,
            description = "`hour` or `so_far` (the day up to it) by the newest hour, or as \
                           hour:2025-01-15T14 by its start; or days: 2025-01-15, 2025-01, 2025-Q1, \
                           ytd:2025-10-31, heating:2024, 2025-01-01..2025-03-31"),
        ("practice" = Option<String>, Query,
            description = "`letter` (default of days) or `national_platform`"),
        ("dataset" = Option<String>, Query,
            description = "`realtime`, `reviewed` or `best` (default)"),
        ("edition" = Option<String>, Query,
            description = "`in_force` (default), or all days by `2012` or `2026`"),
        ("dust" = Option<String>, Query,
            description = "of days: `measured` (default), `dust_recognised` or `dust_reported`")
    ),
    responses(
        (status = 200, body = RankDocument),
        (status = 400, body = Problem),
        (status = 404, body = Problem)
    )
)]
pub(super) async fn rank(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<RankDocument>, Problem> {
    let known = ["set", "by", "span", "practice", "dataset", "edition", "dust"];
    let pairs = parameters(query.as_deref(), &known)?;
    let needed = |name: &str| -> Result<&str, Problem> {
        one(&pairs, name)?.ok_or_else(|| Problem::bad_parameter(name, "is needed"))
    };
    let view = app.services.view.borrow().clone();
    let code = needed("set")?;
    let set = app.services.lists.ranks.iter().find(|set| set.code == code).cloned();
    let set =
        set.ok_or_else(|| Problem::not_found(format!("no set {code:?}; see /api/v1/ranks")))?;
    let area = find_area(&view, set.area.as_str())?.clone();
    let by = needed("by")?.parse().map_err(|e| Problem::bad_parameter("by", e))?;
    let moment = Moment::parse(needed("span")?, &app.services.lists.seasons, area.newest);
    let moment = moment.map_err(|e| Problem::bad_parameter("span", e))?;
    let asked = Asked::of((set, by, moment), &pairs, &app)?;
    let (archive, simulated) = (app.services.archive.clone(), view.simulated);
    let rank = blocking(move || asked.rank(archive.as_ref(), &area)).await??;
    Ok(Json(RankDocument { simulated, rank }))
}
