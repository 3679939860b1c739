//! Who is on duty: now, and in the days to come.
//!
//! In: the roster and what was entered since. Out: names by role and shift; addresses are not known here.

use axum::Json;
use axum::extract::{RawQuery, State};
use serde::Serialize;
use utoipa::ToSchema;

use super::PersonDocument;
use crate::http::App;
use crate::http::api::parameters;
use crate::http::problem::Problem;
use crate::http::warning::asked_area;
use crate::notification::{Assignment, Gap, NoticeRules, Notices, Roster, role_zh};
use crate::pipeline::AreaView;
use crate::time::Day;

/// Days that are shown, today included.
pub(in crate::http) const DAYS: u16 = 14;

/// The roles that go by turns, in the order in which the roster names them.
pub(in crate::http) fn roles(roster: &Roster) -> Vec<&str> {
    let named = roster.rotas.iter().map(|rota| &rota.role);
    let mut roles: Vec<&str> = Vec::new();
    for role in named.chain(roster.fixed.iter().map(|fixed| &fixed.role)) {
        if !roles.contains(&role.as_str()) {
            roles.push(role);
        }
    }
    roles
}

/// Who has a role.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct OnDutyDocument {
    role: String,
    role_zh: String,
    /// Null where nobody has it.
    who: Option<PersonDocument>,
    /// Whether they stand in for somebody.
    replaced: bool,
}

/// A shift of a day.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ShiftDocument {
    shift: String,
    /// When it begins, `08:30`.
    from: String,
    roles: Vec<OnDutyDocument>,
}

/// A day of the roster.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct RosterDayDocument {
    day: String,
    /// Whether the bureau works.
    workday: bool,
    shifts: Vec<ShiftDocument>,
}

/// Somebody takes a role for a shift (替班).
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct ReplacementDocument {
    day: String,
    /// Null for all of the day.
    shift: Option<String>,
    role: String,
    who: PersonDocument,
    text_zh: String,
}

/// Something that nobody has, or that nobody can tell.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct GapDocument {
    /// Null where the holidays of a year are not known.
    day: Option<String>,
    shift: Option<String>,
    role: Option<String>,
    text_zh: String,
}

/// The roster of an area.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct RosterDocument {
    area: String,
    now: String,
    /// The day on which the present shift began.
    day: String,
    /// Who is on duty now.
    now_on_duty: ShiftDocument,
    /// From that day on.
    days: Vec<RosterDayDocument>,
    replacements: Vec<ReplacementDocument>,
    /// Roles that routes name and nobody has; years whose holidays are not known.
    gaps: Vec<GapDocument>,
}

fn shift_document((day, shift): (Day, usize), roster: &Roster, notices: &Notices) -> ShiftDocument {
    let replacements = &notices.replacements;
    let time = roster.shifts.get(shift);
    let role = |role: &str| {
        let on_duty = roster.on_duty(role, (day, shift), replacements);
        let of =
            |a: &Assignment| a.day == day && a.role == role && a.shift.is_none_or(|of| of == shift);
        OnDutyDocument {
            role: role.to_owned(),
            role_zh: role_zh(role).to_owned(),
            who: on_duty.map(|id| PersonDocument::new(roster, id)),
            replaced: replacements.iter().any(of),
        }
    };
    ShiftDocument {
        shift: time.map(|time| time.name.clone()).unwrap_or_default(),
        from: time.map_or_else(String::new, |time| {
            format!("{:02}:{:02}", time.from_min / 60, time.from_min % 60)
        }),
        roles: roles(roster).into_iter().map(role).collect(),
    }
}

/// What is missing in the days that are shown.
pub(in crate::http) fn gaps(area: &AreaView, rules: &NoticeRules) -> Vec<Gap> {
    let (from, _) = rules.roster.shift_at(area.now);
    rules.roster.gaps((from, DAYS), &rules.turns_named(), &area.notices.replacements)
}

fn gap_document(gap: &Gap, roster: &Roster) -> GapDocument {
    let text_zh = gap.text_zh(roster);
    match gap {
        Gap::Nobody { day, shift, role } => GapDocument {
            day: Some(day.to_string()),
            shift: roster.shifts.get(*shift).map(|shift| shift.name.clone()),
            role: Some(role.clone()),
            text_zh,
        },
        Gap::Holidays(_) => GapDocument { day: None, shift: None, role: None, text_zh },
    }
}

/// Who is on duty now and in the next days, who stands in for whom, and what is missing.
#[utoipa::path(
    get,
    path = "/api/v1/roster",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    responses((status = 200, body = RosterDocument), (status = 404, body = Problem))
)]
pub(in crate::http) async fn roster(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<RosterDocument>, Problem> {
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let rules = area.notice_rules.as_deref();
    let rules = rules.ok_or_else(|| Problem::not_found("no roster is configured"))?;
    let (roster, notices) = (&rules.roster, &*area.notices);
    let (today, shift) = roster.shift_at(area.now);
    let day = |n: u16| {
        let day = today.plus(n.into());
        let shifts = (0..roster.shifts.len()).map(|at| shift_document((day, at), roster, notices));
        RosterDayDocument {
            day: day.to_string(),
            workday: roster.is_workday(day),
            shifts: shifts.collect(),
        }
    };
    let replacement = |of: &Assignment| ReplacementDocument {
        day: of.day.to_string(),
        shift: of.shift.and_then(|at| roster.shifts.get(at)).map(|shift| shift.name.clone()),
        role: of.role.clone(),
        who: PersonDocument::new(roster, &of.person),
        text_zh: of.text_zh(roster),
    };
    Ok(Json(RosterDocument {
        area: area.registry.area.to_string(),
        now: area.now.to_string(),
        day: today.to_string(),
        now_on_duty: shift_document((today, shift), roster, notices),
        days: (0..DAYS).map(day).collect(),
        replacements: notices.replacements.iter().map(replacement).collect(),
        gaps: gaps(area, rules).iter().map(|gap| gap_document(gap, roster)).collect(),
    }))
}
