//! The execution of a response as a page: what is in effect, the tasks (任务单) and which step each has reached,
//! and what districts report of a day; with the forms by which persons with a token enter both.
//!
//! In: the view, the list of measures, and the records of the archive. Out: one document at `/response`.
//!
//! Invariants: a district that did not report is marked so in words, beside sums that say how many districts
//! are in them; simulated air is marked, and so is a drill (`drill=true`), which has a page of its own.

use std::collections::BTreeMap;

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::frame::{Frame, Place};
use super::model::Banner;
use super::warning::{banners, minute};
use super::words::{Lang, ListLine};
use crate::http::api::{one, parameters};
use crate::http::edition::UsedList;
use crate::http::execution::{district_rows, due, receivers, sum};
use crate::http::problem::Problem;
use crate::http::warning::{RecordsQuery, asked_area, asked_warnings};
use crate::http::{App, blocking};
use crate::measures::{
    self, Amounts, DepartmentTask, DistrictTask, PlantTask, Substance, WHOLE_CITY, daily_columns,
    dispatch,
};
use crate::time::{Day, Instant};
use crate::warning::{Count, Means, Record, Step, Tasks, Warnings};

/// Records that the page shows.
const RECORDS: usize = 30;
/// Days that the page links to.
const DAYS: usize = 14;

/// Where a receiver's task stands.
struct Reached {
    /// The CSS class.
    class: &'static str,
    text: String,
    /// When and by whom.
    detail: String,
    /// How each step was noted, for a pointer.
    note: String,
}

/// A district's tasks.
struct DistrictLine {
    name: String,
    /// Plants to stop, and to limit.
    to_stop: usize,
    to_limit: usize,
    sources: usize,
    reductions: Vec<String>,
    /// `None` of what the departments answer for.
    reached: Option<Reached>,
}

/// A department's tasks.
struct DepartmentLine {
    name: String,
    measures: usize,
    sources: usize,
    reached: Reached,
}

/// The next step of a receiver.
struct Next {
    receiver: String,
    step: &'static str,
    step_zh: &'static str,
}

/// The tasks of an issue.
struct TaskCard {
    warning: u64,
    issue: u64,
    title: String,
    issued: String,
    list: ListLine,
    districts: Vec<DistrictLine>,
    departments: Vec<DepartmentLine>,
    /// How many receivers reached a step: as the words of the page.
    counted: Vec<(&'static str, usize)>,
    receivers: usize,
    /// Empty when all is reported back, or the warning is no longer open.
    next: Vec<Next>,
}

/// A district's day.
struct DayLine {
    name: String,
    /// Empty where it did not report.
    counts: Vec<u32>,
    /// 未报 and 迟报, in words.
    mark: &'static str,
    late: bool,
    at: String,
    reporter: String,
    remark: String,
}

/// A day's reports.
struct DayCard {
    day: Day,
    list: ListLine,
    due: String,
    /// The days of the response, each with whether it is this one.
    days: Vec<(Day, bool)>,
    lines: Vec<DayLine>,
    sums: Vec<u64>,
    reported: usize,
    districts: Vec<String>,
}

/// One line of the time line.
struct Line {
    number: u64,
    at: String,
    person: String,
    text: String,
}

#[derive(askama::Template)]
#[template(path = "response.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    lang: Lang,
    frame: Frame,
    code: &'a str,
    name: &'a str,
    now: String,
    banners: Vec<Banner>,
    /// Whether all of it is of the drill that runs.
    drill: bool,
    in_effect: bool,
    has_list: bool,
    overdue: Option<&'a str>,
    tasks: Option<TaskCard>,
    day: Option<DayCard>,
    lines: Vec<Line>,
}

/// `GET /response`.
pub(in crate::http) async fn response(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "lang", "day", "drill"])?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let code = area.registry.area.to_string();
    let kinds = vec!["task_step", "district_day"];
    let (of, drill) = asked_warnings(area, &pairs)?;
    let asked =
        RecordsQuery { kinds, before: None, between: None, drill: Some(drill), limit: RECORDS };
    let archive = app.services.archive.clone();
    let records = blocking(move || archive.records(&code, &asked)).await??;
    let of = (of, area.now);
    let edition = app.services.lists.measures.as_deref();
    let wanted = one(&pairs, "day")?.map(str::parse::<Day>).transpose();
    let wanted = wanted.map_err(|_| Problem::bad_parameter("day", "a day such as 2026-11-23"))?;
    let tasks = of.0.execution.tasks.last_key_value().and_then(|(_, tasks)| tasks.list.clone());
    let tasks = UsedList::of(&app, tasks).await?;
    let (chosen, listed) = chosen_day(of, wanted).unzip();
    let reports = UsedList::of(&app, listed.flatten()).await?;
    let day = reports.zip(chosen).map(|(used, day)| day_card(&app, (of, &used), day, lang));
    let overdue = edition.filter(|edition| edition.is_overdue(area.now.hour().day()));
    let sheet = Sheet {
        lang,
        frame: Frame::of(&app, Place::Response, Some(area), &pairs),
        code: area.registry.area.as_str(),
        name: &area.registry.name,
        now: minute(area.now),
        banners: banners(area, lang),
        drill: drill.is_some(),
        in_effect: of.0.in_force().is_some(),
        has_list: edition.is_some(),
        overdue: overdue.map(|edition| edition.filing.as_str()),
        tasks: tasks.and_then(|used| task_card(of.0, &used, lang)),
        day,
        lines: records.iter().map(line).collect(),
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// The step that a receiver reached, and the next one.
fn reached(tasks: &Tasks, receiver: &str, lang: Lang) -> (Reached, Option<Step>) {
    let steps = tasks.steps.get(receiver).map_or(&[][..], Vec::as_slice);
    let next = Step::ALL.get(steps.len()).copied();
    let Some((_, last)) = steps.last() else {
        let text = lang.of("未送达", "not delivered").to_owned();
        let (detail, note) = (String::new(), String::new());
        return (Reached { class: "undone", text, detail, note }, next);
    };
    let text = match lang {
        Lang::Zh => format!("已{}", last.step.text_zh()),
        Lang::En => last.step.name().to_owned(),
    };
    let at = minute(last.at);
    let at = at.get(5..).unwrap_or(&at);
    let note = match last.step {
        Step::Returned => last.note.clone(),
        Step::Delivered | Step::Signed => String::new(),
    };
    let class = if next.is_none() { "done" } else { "" };
    (Reached { class, text, detail: format!("{at} {}", last.contact), note }, next)
}

/// Of the plants those with a line that stops, in whole or in part; and the others with one that is limited.
fn to_stop_and_limit(plants: &[PlantTask]) -> (usize, usize) {
    let mut acts: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
    for plant in plants {
        let of = acts.entry(&plant.credit_code).or_default();
        for line in &plant.lines {
            match line.act {
                measures::Act::Stop | measures::Act::StopShare(_) => of.0 = true,
                measures::Act::Limit(_) => of.1 = true,
                measures::Act::Voluntary | measures::Act::Nothing => {}
            }
        }
    }
    let stop = acts.values().filter(|(stop, _)| *stop).count();
    (stop, acts.values().filter(|(stop, limit)| !stop && *limit).count())
}

fn reductions(of: &Amounts) -> Vec<String> {
    Substance::ALL.map(|substance| of.of(substance).to_string()).to_vec()
}

/// The tasks that were issued last.
fn task_card(warnings: &Warnings, used: &UsedList, lang: Lang) -> Option<TaskCard> {
    let (issue, tasks) = warnings.execution.tasks.last_key_value()?;
    let edition = &*used.edition;
    let found = dispatch(edition, tasks.response);
    let open = warnings.open.as_ref().map(|open| open.warning);
    let of = |name: &str| reached(tasks, name, lang).0;
    let all = receivers(edition, tasks.response);
    let (mut next, mut counted) = (Vec::new(), [0; Step::ALL.len()]);
    for receiver in &all {
        let (_, step) = reached(tasks, receiver, lang);
        let done = step.map_or(Step::ALL.len(), |step| step as usize);
        counted[..done].iter_mut().for_each(|count| *count += 1);
        if let Some(step) = step.filter(|_| open == Some(tasks.warning)) {
            let (name, step_zh) = (step.name(), step.text_zh());
            next.push(Next { receiver: receiver.clone(), step: name, step_zh });
        }
    }
    let district = |task: &DistrictTask| {
        let (to_stop, to_limit) = to_stop_and_limit(&task.plants);
        DistrictLine {
            name: task.district.clone(),
            to_stop,
            to_limit,
            sources: task.sources.len(),
            reductions: reductions(&task.reduction_g_per_day),
            reached: (task.district != WHOLE_CITY).then(|| of(&task.district)),
        }
    };
    let department = |task: &DepartmentTask| DepartmentLine {
        name: task.department.clone(),
        measures: task.measures.len(),
        sources: task.sources.len(),
        reached: of(&task.department),
    };
    let (level, response) = (tasks.response, tasks.response.response_zh());
    let step = |step: Step| lang.of(step.text_zh(), step.name());
    Some(TaskCard {
        warning: tasks.warning,
        issue: *issue,
        title: match lang {
            Lang::Zh => format!("{response}应急响应"),
            Lang::En => format!("response {level}"),
        },
        issued: minute(tasks.issued),
        list: ListLine::of(used, lang),
        districts: found.districts.iter().map(district).collect(),
        departments: found.departments.iter().map(department).collect(),
        counted: Step::ALL.map(|one| (step(one), counted[one as usize])).to_vec(),
        receivers: all.len(),
        next,
    })
}

/// The day that is asked for, or the last one of a response; and the list that its response names.
fn chosen_day(
    (warnings, now): (&Warnings, Instant),
    wanted: Option<Day>,
) -> Option<(Day, Option<String>)> {
    let (of, today) = (&warnings.execution, now.hour().day());
    let day = wanted.or_else(|| of.response_days(today).next_back())?;
    of.response_of(day, today).map(|response| (day, response.list.clone()))
}

/// The reports of a day of a response.
fn day_card(
    app: &App,
    ((warnings, now), used): ((&Warnings, Instant), &UsedList),
    day: Day,
    lang: Lang,
) -> DayCard {
    let days: Vec<Day> = warnings.execution.response_days(now.hour().day()).rev().collect();
    let due = due(app, day, warnings);
    let rows = district_rows((warnings, now), &used.edition, (day, due));
    let line = |row: &crate::http::execution::DistrictRow<'_>| {
        let figures = row.held.map(|held| &held.figures);
        let counts = figures.map(|f| Count::ALL.map(|count| f.counts.of(count)).to_vec());
        let at = |held: &crate::warning::Reported| {
            let (first, at) = (minute(held.first), minute(held.at));
            let again = if held.at == held.first {
                String::new()
            } else {
                format!("{}{}", lang.of("，更正 ", ", again "), &at[5..])
            };
            format!("{}{again}", &first[5..])
        };
        DayLine {
            name: row.district.to_owned(),
            counts: counts.unwrap_or_default(),
            mark: match (row.held.is_some(), row.late) {
                (true, true) => lang.of("迟报", "late"),
                (true, false) => "",
                (false, true) => lang.of("未报，已逾期", "not reported, overdue"),
                (false, false) => lang.of("未报", "not reported"),
            },
            late: row.late,
            at: row.held.map(at).unwrap_or_default(),
            reporter: figures.map(|f| f.reporter.clone()).unwrap_or_default(),
            remark: figures.map(|f| f.remark.clone()).unwrap_or_default(),
        }
    };
    DayCard {
        day,
        list: ListLine::of(used, lang),
        due: minute(due).get(5..).unwrap_or_default().to_owned(),
        days: days.iter().take(DAYS).map(|of| (*of, *of == day)).collect(),
        lines: rows.iter().map(line).collect(),
        sums: Count::ALL.map(|count| sum(&rows, count)).to_vec(),
        reported: rows.iter().filter(|row| row.held.is_some()).count(),
        districts: used.edition.districts.clone(),
    }
}

fn line(record: &Record) -> Line {
    Line {
        number: record.number,
        at: minute(record.at),
        person: record.person.clone().unwrap_or_default(),
        text: record.text_zh(),
    }
}

impl Sheet<'_> {
    /// The counts: name, label, unit.
    fn counts(&self) -> Vec<(&'static str, &'static str, &'static str)> {
        let of = |count: Count| {
            let (label, unit) = count.text_zh();
            match self.lang {
                Lang::Zh => (count.name(), label, unit),
                Lang::En => (count.name(), english(count), ""),
            }
        };
        Count::ALL.map(of).to_vec()
    }

    /// How a step may be done.
    fn means(&self) -> Vec<(&'static str, &'static str)> {
        let of = |means: Means| (means.name(), self.lang.of(means.text_zh(), means.name()));
        Means::ALL.map(of).to_vec()
    }

    /// The substances as the list calls them.
    fn substances(&self) -> Vec<&'static str> {
        Substance::ALL.map(|of| self.lang.of(of.text_zh(), of.name())).to_vec()
    }

    /// What the columns of a file are called.
    fn columns(&self) -> String {
        daily_columns().join("、")
    }

    /// The page's time for a form.
    fn form_time(&self) -> String {
        self.now.replace(' ', "T")
    }
}

const fn english(count: Count) -> &'static str {
    match count {
        Count::PlantsToStop => "plants to stop",
        Count::PlantsStopped => "stopped",
        Count::PlantsToLimit => "plants to limit",
        Count::PlantsLimited => "limited",
        Count::PlantsInspected => "inspections",
        Count::SitesStopped => "sites stopped",
        Count::VehiclesChecked => "vehicles checked",
        Count::SprinklingRuns => "sprinkling runs",
        Count::PeopleOut => "people out",
        Count::ProblemsFound => "problems found",
        Count::ProblemsMended => "mended",
    }
}
