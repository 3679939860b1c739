//! 对账 as a page: what was compared with the national platform, what differs, and the likely cause.

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::frame::{Frame, Place};
use super::model::class_name;
use super::words::Lang;
use crate::area::{Member, Registry, Value};
use crate::http::api::{one, parameters};
use crate::http::problem::Problem;
use crate::http::reconciliation::{cause, span, unit};
use crate::http::{App, ReconciliationQuery, blocking};
use crate::index::Category;
use crate::reconciliation::{Cause, Difference, Quantity, Reconciliation, Tally, in_order};
use crate::time::{Day, Hour};

/// Differences shown; a duty officer does not read more.
const SHOWN: usize = 300;
/// Days shown when none are asked for.
const DAYS: i32 = 2;

/// One quantity.
struct Total {
    name: String,
    compared: u64,
    equal: u64,
    percent: String,
    /// By cause; a dash for none.
    by_cause: Vec<String>,
    differs: bool,
}

/// A cause that the list may be limited to.
struct Choice {
    code: &'static str,
    name: &'static str,
    count: u64,
    current: bool,
}

/// One figure that differs.
struct Row {
    hour: String,
    entity: String,
    quantity: String,
    unit: &'static str,
    ours: Cell,
    theirs: Cell,
    gap: String,
    cause: &'static str,
    class: &'static str,
    evidence: String,
}

/// A value, with the colour of its class where it is an index.
struct Cell {
    text: String,
    class: &'static str,
}

#[derive(askama::Template)]
#[template(path = "reconciliation.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    lang: Lang,
    frame: Frame,
    code: &'a str,
    name: &'a str,
    from: String,
    to: String,
    practice: &'static str,
    causes: Vec<&'static str>,
    totals: Vec<Total>,
    choices: Vec<Choice>,
    /// How many differ, by the limit to one cause.
    differing: u64,
    /// Whether not all of them are shown.
    newest_only: bool,
    rows: Vec<Row>,
}

/// `GET /reconciliation`.
pub(in crate::http) async fn reconciliation(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "from", "to", "cause", "lang"])?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let asked = cause(one(&pairs, "cause")?)?;
    let view = app.services.view.borrow().clone();
    let area = view.area(one(&pairs, "area")?).filter(|area| !area.registry.is_reference());
    let area = area.ok_or_else(|| Problem::not_found("no such area"))?;
    let registry = &area.registry;
    let to = one(&pairs, "to")?.map(str::to_owned);
    let to = match to {
        Some(to) => to,
        None => last_day(&app, registry, area.now.hour()).await?.to_string(),
    };
    let before = |day: Day| day.plus(1 - DAYS).to_string();
    let from = match one(&pairs, "from")? {
        Some(from) => from.to_owned(),
        None => to.parse().map_or_else(|_| to.clone(), before),
    };
    let hours = span(&app, &from, &to)?;
    let archive = app.services.archive.clone();
    let query = ReconciliationQuery {
        area: registry.area.to_string(),
        from: hours.0,
        to: hours.1,
        cause: asked,
        limit: SHOWN,
    };
    let found = blocking(move || archive.reconciliation(&query)).await??;
    let sheet = Sheet {
        lang,
        frame: Frame::of(&app, Place::Reconciliation, Some(area), &pairs),
        code: registry.area.as_str(),
        name: &registry.name,
        from,
        to,
        practice: lang.practice(app.services.parameters.practice),
        causes: Cause::ALL.map(|cause| cause_name(cause, lang)).to_vec(),
        totals: in_order(&found.tallies).map(|(q, tally)| total(q, tally, lang)).collect(),
        choices: choices(&found, asked, lang),
        differing: differing(&found, asked),
        newest_only: differing(&found, asked) > found.differences.len() as u64,
        rows: newest_first(&found).map(|(m, d)| row(registry, *m, d, lang)).collect(),
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// The newest hour first; within an hour as they were found.
fn newest_first(found: &Reconciliation) -> impl Iterator<Item = &(Member, Difference)> {
    let mut all: Vec<_> = found.differences.iter().collect();
    all.sort_by_key(|(_, difference)| std::cmp::Reverse(difference.hour));
    all.into_iter()
}

/// The last day of which something was published; today where nothing was.
async fn last_day(app: &App, registry: &Registry, now: Hour) -> Result<Day, Problem> {
    let (archive, area) = (app.services.archive.clone(), registry.area.to_string());
    let last = blocking(move || archive.last_published(&area)).await??;
    Ok(last.unwrap_or(now).day())
}

fn count(found: &Reconciliation, cause: Cause) -> u64 {
    found.tallies.values().map(|tally| tally.by_cause[cause as usize]).sum()
}

fn differing(found: &Reconciliation, asked: Option<Cause>) -> u64 {
    let causes = Cause::ALL.into_iter().filter(|cause| asked.is_none_or(|asked| asked == *cause));
    causes.map(|cause| count(found, cause)).sum()
}

fn choices(found: &Reconciliation, asked: Option<Cause>, lang: Lang) -> Vec<Choice> {
    let all = Choice {
        code: "",
        name: lang.of("全部", "All"),
        count: differing(found, None),
        current: asked.is_none(),
    };
    let one = |cause: Cause| Choice {
        code: cause.name(),
        name: cause_name(cause, lang),
        count: count(found, cause),
        current: asked == Some(cause),
    };
    [all].into_iter().chain(Cause::ALL.map(one)).collect()
}

const fn cause_name(cause: Cause, lang: Lang) -> &'static str {
    lang.of(
        cause.text_zh(),
        match cause {
            Cause::Missing => "missing station",
            Cause::Late => "late",
            Cause::Rounding => "rounding",
            Cause::Reviewed => "reviewed",
            Cause::Practice => "practice",
            Cause::Unexplained => "unexplained",
        },
    )
}

fn total(quantity: Quantity, tally: &Tally, lang: Lang) -> Total {
    let Tally { compared, equal, by_cause } = *tally;
    // Cut and not rounded: 100.0 % is all of them.
    let per_mille = (equal * 1000).checked_div(compared).unwrap_or(0);
    let shown = |n: u64| if n == 0 { "—".to_owned() } else { n.to_string() };
    Total {
        name: quantity_name(quantity, lang),
        compared,
        equal,
        percent: format!("{}.{} %", per_mille / 10, per_mille % 10),
        by_cause: by_cause.map(shown).to_vec(),
        differs: equal < compared,
    }
}

fn quantity_name(quantity: Quantity, lang: Lang) -> String {
    let label = quantity.pollutant().map_or("", |p| p.label());
    let (before, after) = match quantity {
        Quantity::Aqi => ("AQI", ""),
        Quantity::Category => (lang.of("空气质量类别", "Class"), ""),
        Quantity::Primary => (lang.of("首要污染物", "Primary pollutants"), ""),
        Quantity::Hour(_) => (label, lang.of("小时", "hour")),
        Quantity::Rolling24h(_) => (label, lang.of("24小时滑动", "24 h rolling")),
        Quantity::OzoneEightHours => (label, lang.of("8小时滑动", "8 h rolling")),
        Quantity::OzoneEightHoursMax => (label, lang.of("当日最大8小时", "8 h max today")),
        Quantity::OzoneOneHourMax => (label, lang.of("当日最大1小时", "1 h max today")),
        Quantity::Day(_) => (label, lang.of("今日累计", "day so far")),
        Quantity::AqiDay => ("AQI", lang.of("今日累计", "day so far")),
        Quantity::PrimaryDay => {
            (lang.of("首要污染物", "Primary"), lang.of("今日累计", "day so far"))
        }
    };
    format!("{before} {after}").trim_end().to_owned()
}

fn row(registry: &Registry, member: Member, difference: &Difference, lang: Lang) -> Row {
    let quantity = difference.published.quantity;
    let evidence = difference.evidence();
    let cell = |value: Value| Cell {
        text: shown(quantity, value, difference.hour, lang),
        class: colour(quantity, value),
    };
    let sign = |gap: i64| if gap > 0 { "+" } else { "" };
    let gap = difference.gap().filter(|_| quantity != Quantity::Category);
    Row {
        hour: lang.day_and_hour(difference.hour),
        entity: entity_name(registry, member),
        quantity: quantity_name(quantity, lang),
        unit: unit(quantity).unwrap_or_default(),
        ours: cell(difference.ours),
        theirs: cell(difference.published.last),
        gap: gap.map_or_else(
            || "—".to_owned(),
            |gap| format!("{}{}", sign(gap), quantity.show_number(gap)),
        ),
        cause: cause_name(evidence.cause(), lang),
        class: if evidence.cause() == Cause::Unexplained { "few" } else { "" },
        evidence: match lang {
            Lang::Zh => evidence.text_zh().to_owned(),
            Lang::En => evidence.name().replace('_', " "),
        },
    }
}

fn entity_name(registry: &Registry, member: Member) -> String {
    match member {
        Member::Set(0) => registry.name.clone(),
        Member::Set(set) => registry.sets[set].name.clone(),
        Member::Station(station) => registry.stations[station].name.clone(),
    }
}

fn shown(quantity: Quantity, value: Value, hour: Hour, lang: Lang) -> String {
    match value {
        Value::Nothing | Value::Invalid(_) => lang.of("缺测", "NA").to_owned(),
        Value::Primary(pollutants) if pollutants.is_empty() => lang.of("无", "none").to_owned(),
        Value::Primary(pollutants) => lang.pollutants(pollutants),
        Value::Number(number) if quantity == Quantity::Category => {
            class_of(number).map_or_else(String::new, |class| lang.class(class, hour).to_owned())
        }
        Value::Number(_) => quantity.show(value),
    }
}

fn class_of(level: i64) -> Option<Category> {
    Category::ALL.into_iter().find(|class| i64::from(class.level()) == level)
}

/// The colour of an index or a class.
fn colour(quantity: Quantity, value: Value) -> &'static str {
    let Value::Number(number) = value else { return "" };
    let class = match quantity {
        Quantity::Aqi | Quantity::AqiDay => u16::try_from(number).ok().map(Category::of),
        Quantity::Category => class_of(number),
        Quantity::Primary
        | Quantity::Hour(_)
        | Quantity::Rolling24h(_)
        | Quantity::OzoneEightHours
        | Quantity::OzoneEightHoursMax
        | Quantity::OzoneOneHourMax
        | Quantity::Day(_)
        | Quantity::PrimaryDay => return "",
    };
    class_name(class)
}
