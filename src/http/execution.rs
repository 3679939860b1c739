//! The execution of a response: steps of tasks (任务单), and what districts report of each day (应对日报).
//!
//! In: JSON, or a sheet as XLSX or CSV, of a person with a token; the view. Out: acts for the engine, and the
//! figures of a day with their sums. Invariants: a district or department is one of the list that the
//! response rests on; sums are exact and say how many districts are in them; an unreported district is one,
//! and no row of zeros.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

use super::access::{Role, authorised};
use super::api::{one, parameters};
use super::edition::{UsedList, UsedListDocument};
use super::operator::answered;
use super::problem::Problem;
use super::warning::{Recorded, asked_area, asked_warnings, entry, number, read, time};
use super::{Act as Asked, App, blocking};
use crate::measures::{Edition, WHOLE_CITY, daily, dispatch};
use crate::time::{Day, Instant};
use crate::warning::{
    Act, Body, Count, Counts, DistrictDay, Level, Means, Record, Reported, Step, TaskStep, Warnings,
};

/// A step that a task took.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct StepDocument {
    #[serde(skip)]
    receiver: String,
    /// `delivered`, `signed` or `returned`.
    step: &'static str,
    step_zh: &'static str,
    at: String,
    /// By whom at the receiver.
    contact: String,
    /// `system`, `phone`, `fax`, `message`, `paper`, `in_person`.
    means: &'static str,
    note: String,
    /// The number of the record.
    record: u64,
    /// Who entered it.
    person: Option<String>,
}

impl StepDocument {
    /// The step that a record tells of an issue's tasks.
    pub(super) fn of(record: &Record, issue: u64) -> Option<Self> {
        let Body::TaskStep(of) = &record.body else { return None };
        (of.issue == issue).then(|| Self {
            receiver: of.receiver.clone(),
            step: of.step.name(),
            step_zh: of.step.text_zh(),
            at: of.at.to_string(),
            contact: of.contact.clone(),
            means: of.means.name(),
            note: of.note.clone(),
            record: record.number,
            person: record.person.clone(),
        })
    }
}

/// A dispatch with the record that issued it, and at each receiver the step that was reached and all of them.
/// What stands for the whole city goes to its departments and has none.
pub(super) fn with_steps(mut dispatch: Value, issue: &Record, steps: &[StepDocument]) -> Value {
    dispatch["issue"] = issue.number.into();
    dispatch["drill"] = issue.drill.into();
    for (all, name) in [("districts", "district"), ("departments", "department")] {
        for task in dispatch[all].as_array_mut().into_iter().flatten() {
            let receiver = task[name].as_str().unwrap_or_default();
            if receiver == WHOLE_CITY {
                continue;
            }
            let taken: Vec<&StepDocument> =
                steps.iter().filter(|step| step.receiver == receiver).collect();
            task["step"] = taken.last().map(|step| step.step).into();
            task["steps"] = serde_json::to_value(&taken).unwrap_or_default(); // of plain values
        }
    }
    dispatch
}

/// Who has tasks at a level: districts, then departments.
pub(super) fn receivers(edition: &Edition, level: Level) -> Vec<String> {
    let tasks = dispatch(edition, level);
    let districts = tasks.districts.into_iter().map(|of| of.district);
    let departments = tasks.departments.into_iter().map(|of| of.department);
    let mut all: Vec<String> = districts.filter(|name| name != WHOLE_CITY).collect();
    for name in departments {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    all
}

/// A step as a person enters it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnteredStep {
    /// The number of the record that issued the tasks.
    issue: u64,
    /// A district or department that has tasks at this level.
    receiver: String,
    /// `delivered` (送达), `signed` (签收) or `returned` (反馈), in this order.
    step: String,
    /// By whom at the receiver.
    contact: String,
    /// When, RFC 3339.
    at: String,
    /// `system`, `phone`, `fax`, `message`, `paper` or `in_person`.
    means: String,
    /// A note; of `returned` what came of the task, and then it must be there.
    #[serde(default)]
    note: String,
}

/// Finds a word of a list by its name.
fn word<T: Copy>(
    name: &str,
    text: &str,
    all: &[T],
    of: fn(T) -> &'static str,
) -> Result<T, Problem> {
    let known = || all.iter().map(|one| of(*one)).collect::<Vec<_>>().join(", ");
    let found = all.iter().copied().find(|one| of(*one) == text);
    found.ok_or_else(|| Problem::bad_parameter(name, format!("one of {}", known())))
}

/// Enters a step of a task (任务单送达、签收、反馈).
#[utoipa::path(
    post,
    path = "/api/v1/dispatch/{warning}/steps",
    params(
        ("warning" = u64, Path, description = "the warning that is open"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("drill" = Option<bool>, Query, description = "true: in the drill that runs")
    ),
    request_body = EnteredStep,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn step(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let warning = Some(number(path)?);
    let entry = entry(&app, &headers, (Role::Operator, query.clone(), warning)).await?;
    let entered: EnteredStep = read(&body)?;
    let receiver = entered.receiver.trim().to_owned();
    let view = app.services.view.borrow().clone();
    let pairs = parameters(query.as_deref(), &["area", "drill"])?;
    let (of, _) = asked_warnings(asked_area(&view, &pairs)?, &pairs)?;
    // The engine refuses an issue that is not there.
    if let Some(tasks) = of.execution.tasks.get(&entered.issue) {
        let used = UsedList::needed(&app, tasks.list.clone()).await?;
        let known = receivers(&used.edition, tasks.response);
        if !known.contains(&receiver) {
            let known = known.join("、");
            return Err(Problem::bad_parameter("receiver", format!("应为{known}之一")));
        }
    }
    let step = TaskStep {
        issue: entered.issue,
        receiver,
        step: word("step", &entered.step, &Step::ALL, Step::name)?,
        contact: entered.contact.trim().to_owned(),
        at: time("at", &entered.at)?,
        means: word("means", &entered.means, &Means::ALL, Means::name)?,
        note: entered.note.trim().to_owned(),
    };
    entry.enter(&app, Act::Step(step)).await
}

/// A district's figures as a person enters them.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EnteredDay {
    /// One of the list.
    district: String,
    /// A day of the response: `2026-11-23`.
    day: String,
    /// Whole numbers from 0, all of them: `plants_to_stop_count`, `plants_stopped_count`,
    /// `plants_to_limit_count`, `plants_limited_count`, `plants_inspected_count`, `sites_stopped_count`,
    /// `vehicles_checked_count`, `sprinkling_run_count`, `people_out_count`, `problems_found_count`,
    /// `problems_mended_count`.
    #[schema(value_type = Object)]
    counts: BTreeMap<String, Value>,
    /// Who reported, at the district.
    reporter: String,
    #[serde(default)]
    remark: String,
}

/// Counts by name; every fault at once.
fn counts(mut given: BTreeMap<String, Value>) -> Result<Counts, Vec<String>> {
    let (mut counts, mut faults) = (Counts::default(), Vec::new());
    for count in Count::ALL {
        let (name, (label, _)) = (count.name(), count.text_zh());
        let number = given.remove(name);
        match number.as_ref().map(|n| n.as_u64().and_then(|n| u32::try_from(n).ok())) {
            Some(Some(number)) => counts.set(count, number),
            Some(None) => {
                let found = number.unwrap_or_default();
                faults.push(format!("{name}：{label}为{found}，应为不小于0的整数"));
            }
            None => faults.push(format!("{name}：缺少{label}，没有的填0")),
        }
    }
    faults.extend(given.into_keys().map(|name| format!("{name}：没有这一项")));
    for (part, whole) in counts.contradictions().filter(|_| faults.is_empty()).collect::<Vec<_>>() {
        let ((part_zh, _), (whole_zh, unit)) = (part.text_zh(), whole.text_zh());
        let (done, asked) = (counts.of(part), counts.of(whole));
        let name = part.name();
        faults.push(format!("{name}：{part_zh}为{done}，不应大于{whole_zh}（{asked}{unit}）"));
    }
    if faults.is_empty() { Ok(counts) } else { Err(faults) }
}

fn day_of(text: &str) -> Result<Day, Problem> {
    text.parse().map_err(|_| Problem::bad_parameter("day", "a day such as 2026-11-23"))
}

/// Enters what a district reports of a day (应对日报). A later report stands in place of the former.
#[utoipa::path(
    post,
    path = "/api/v1/reports/district",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("drill" = Option<bool>, Query, description = "true: in the drill that runs")),
    request_body = EnteredDay,
    security(("person" = [])),
    responses((status = 200, body = Recorded), (status = 400, body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn report(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<Recorded>, Problem> {
    let entry = entry(&app, &headers, (Role::Operator, query.clone(), None)).await?;
    let entered: EnteredDay = read(&body)?;
    let (day, district) = (day_of(&entered.day)?, entered.district.trim().to_owned());
    let pairs = parameters(query.as_deref(), &["area", "drill"])?;
    let used = list_of_day(&app, &pairs, day).await?;
    let known = &used.edition.districts;
    if !known.contains(&district) {
        let known = known.join("、");
        return Err(Problem::bad_parameter("district", format!("应为{known}之一")));
    }
    let counts = counts(entered.counts)
        .map_err(|faults| Problem::bad_parameter("counts", "有误，未登记").because(faults))?;
    let reporter = entered.reporter.trim().to_owned();
    let remark = entered.remark.trim().to_owned();
    let districts = vec![DistrictDay { district, day, counts, reporter, remark }];
    entry.enter(&app, Act::Report { districts }).await
}

/// The list of the response of which a day is; of any other day the one in use.
async fn list_of_day(app: &App, pairs: &[(String, String)], day: Day) -> Result<UsedList, Problem> {
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, pairs)?;
    let (of, _) = asked_warnings(area, pairs)?;
    let response = of.execution.response_of(day, area.now.hour().day());
    UsedList::needed(app, response.and_then(|of| of.list.clone())).await
}

/// What became of a file.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FileRecorded {
    /// Who entered it.
    person: String,
    /// The number of the last record; null where nothing was new.
    number: Option<u64>,
    /// Districts whose figures were recorded.
    recorded: Vec<String>,
    /// Districts whose figures are those that hold already.
    unchanged: Vec<String>,
}

/// Enters what districts report of a day, from a sheet as XLSX or CSV (UTF-8): one row a district, columns in
/// any order: 区县, 填报人, the counts by their Chinese names, 备注. With one fault nothing is taken.
#[utoipa::path(
    post,
    path = "/api/v1/reports/district/file",
    params(
        ("day" = String, Query, description = "the day of all rows"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("drill" = Option<bool>, Query, description = "true: in the drill that runs")
    ),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"),
    security(("person" = [])),
    responses((status = 200, body = FileRecorded),
        (status = 400, description = "`reasons` names each fault by sheet and cell",
            body = Problem),
        (status = 401, body = Problem), (status = 403, body = Problem),
        (status = 404, body = Problem), (status = 409, body = Problem))
)]
pub(super) async fn report_file(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<FileRecorded>, Problem> {
    let person = authorised(&app, &headers, Role::Operator).await?.name;
    let pairs = parameters(query.as_deref(), &["area", "day", "drill"])?;
    let day = one(&pairs, "day")?.ok_or_else(|| Problem::bad_parameter("day", "is missing"))?;
    let day = day_of(day)?;
    let (used, read) = (list_of_day(&app, &pairs, day).await?, app.services.lists.read_sheets);
    let unreadable = |reason: String| vec![format!("文件：{reason}")];
    let rows = blocking(move || {
        let sheets = read(body.to_vec()).map_err(unreadable)?;
        let told = |all: &[crate::measures::Finding]| all.iter().map(ToString::to_string).collect();
        daily(&sheets, day, &used.edition.districts).map_err(|findings| told(&findings.faults))
    });
    let rows = rows.await?.map_err(|faults: Vec<String>| {
        let told = format!("文件有{}处错误，未登记任何区县", faults.len());
        Problem::bad_parameter("body", told).because(faults)
    })?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let (of, drill) = asked_warnings(area, &pairs)?;
    let (unchanged, new): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| of.is_reported(row));
    let names = |of: &[DistrictDay]| of.iter().map(|of| of.district.clone()).collect();
    let (unchanged, recorded) = (names(&unchanged), names(&new));
    let (area, who) = (area.registry.area.to_string(), person.clone());
    let number = if new.is_empty() {
        None
    } else {
        let act = Act::Report { districts: new }.within(drill);
        Some(answered(&app, |reply| Asked::Warning { area, person: who, act, reply }).await?)
    };
    Ok(Json(FileRecorded { person, number, recorded, unchanged }))
}

/// A district on a day.
#[derive(Debug)]
pub(super) struct DistrictRow<'a> {
    /// Its name.
    pub(super) district: &'a str,
    /// What it reported.
    pub(super) held: Option<&'a Reported>,
    /// Whether it reported after it was due, or is overdue.
    pub(super) late: bool,
}

/// The districts of the list on a day, and any other that reported.
pub(super) fn district_rows<'a>(
    (warnings, now): (&'a Warnings, Instant),
    edition: &'a Edition,
    (day, due): (Day, Instant),
) -> Vec<DistrictRow<'a>> {
    let of_day = warnings.execution.days.get(&day);
    let row = |district: &'a String| {
        let held = of_day.and_then(|of_day| of_day.get(district));
        let late = held.map_or(now, |held| held.first) > due;
        DistrictRow { district, held, late }
    };
    let others = of_day.into_iter().flat_map(BTreeMap::keys);
    let others = others.filter(|name| !edition.districts.contains(name));
    edition.districts.iter().chain(others).map(row).collect()
}

/// When the districts' reports of a day are due; of a day on which the response began later than that, a day
/// later.
pub(super) fn due(app: &App, day: Day, warnings: &Warnings) -> Instant {
    let due = day.start().start().plus_minutes(app.services.lists.district_report_due.into());
    let begins = warnings.execution.begins(day);
    if begins.is_some_and(|begins| begins >= due) { due.plus_minutes(24 * 60) } else { due }
}

/// The sum of a count over the districts that reported.
pub(super) fn sum(rows: &[DistrictRow<'_>], count: Count) -> u64 {
    let held = rows.iter().filter_map(|row| row.held);
    held.map(|held| u64::from(held.figures.counts.of(count))).sum()
}

/// A district's figures of a day.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DistrictDocument {
    district: String,
    /// Whether it reported (否则为未报).
    reported: bool,
    /// Whether its first report came after it was due; of an unreported one, whether it is overdue.
    late: bool,
    /// When it reported first.
    reported_at: Option<String>,
    /// When what holds was entered, where that is a later report.
    revised_at: Option<String>,
    /// The number of the record that holds.
    record: Option<u64>,
    #[schema(value_type = Option<Object>)]
    counts: Option<Counts>,
    /// Who reported, at the district.
    reporter: Option<String>,
    remark: Option<String>,
}

impl From<&DistrictRow<'_>> for DistrictDocument {
    fn from(row: &DistrictRow<'_>) -> Self {
        let held = row.held;
        let revised = held.filter(|held| held.at != held.first);
        Self {
            district: row.district.to_owned(),
            reported: held.is_some(),
            late: row.late,
            reported_at: held.map(|held| held.first.to_string()),
            revised_at: revised.map(|held| held.at.to_string()),
            record: held.map(|held| held.number),
            counts: held.map(|held| held.figures.counts),
            reporter: held.map(|held| held.figures.reporter.clone()),
            remark: held.map(|held| held.figures.remark.clone()),
        }
    }
}

/// What districts report of a day.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct DaysDocument {
    area: String,
    simulated: bool,
    /// The drill of which these are; null for real ones.
    drill: Option<u64>,
    day: String,
    /// The list whose districts these are: that of the response.
    list: UsedListDocument,
    /// Until when the reports are due.
    due_at: String,
    /// In the order of the list.
    districts: Vec<DistrictDocument>,
    district_count: usize,
    /// How many of them are in the sums.
    reported_count: usize,
    /// By the names of the counts.
    #[schema(value_type = Object)]
    sums: BTreeMap<&'static str, u64>,
}

/// What districts report of a day of a response, with exact sums: the ground of the report at 14:00.
#[utoipa::path(
    get,
    path = "/api/v1/reports/district",
    params(
        ("day" = Option<String>, Query, description = "a day of a response; today without"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("drill" = Option<bool>, Query, description = "true: in the drill that runs")
    ),
    responses((status = 200, body = DaysDocument), (status = 400, body = Problem),
        (status = 404, description = "no list, or no day of a response", body = Problem),
        (status = 409, description = "no drill runs", body = Problem))
)]
pub(super) async fn days(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Json<DaysDocument>, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "day", "drill"])?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let today = area.now.hour().day();
    let day = one(&pairs, "day")?.map_or(Ok(today), day_of)?;
    let used = list_of_day(&app, &pairs, day).await?;
    let (of, drill) = asked_warnings(area, &pairs)?;
    if !of.execution.response_days(today).any(|one| one == day) {
        let told = format!("{day} is no day of a response that is kept here");
        return Err(Problem::not_found(told));
    }
    let due = due(&app, day, of);
    let rows = district_rows((of, area.now), &used.edition, (day, due));
    Ok(Json(DaysDocument {
        area: area.registry.area.to_string(),
        simulated: view.simulated,
        drill,
        day: day.to_string(),
        list: used.document(),
        due_at: due.to_string(),
        districts: rows.iter().map(DistrictDocument::from).collect(),
        district_count: rows.len(),
        reported_count: rows.iter().filter(|row| row.held.is_some()).count(),
        sums: Count::ALL.into_iter().map(|count| (count.name(), sum(&rows, count))).collect(),
    }))
}
