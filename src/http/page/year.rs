//! The year as a page: what it comes to so far, its days in class colours, its months.
//!
//! Today is not in it: a day counts when it has ended.

use std::sync::Arc;

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::dust::{self, Dust};
use super::frame::{Frame, Place};
use super::model::class_name;
use super::rank::{dataset_name, judge};
use super::words::{Lang, editions};
use crate::area::{Member, Registry};
use crate::assessment::target::{NoTargets, TargetRow};
use crate::assessment::{Assessment, DayFigures, DustColumn, JudgedBy, Period, Span, Versus};
use crate::explanation::Decimal;
use crate::http::api::{one, parameters};
use crate::http::assessment::Asked;
use crate::http::problem::Problem;
use crate::http::target::Plan;
use crate::http::{App, ArchiveError, ArchivedDay, EntityId, blocking};
use crate::index::Category;
use crate::observation::{Dataset, Pollutant};
use crate::pipeline::AreaView;
use crate::time::{Day, Hour};

/// A figure of the year, with what changed against the same dates of the year before.
struct Tile {
    title: &'static str,
    value: String,
    unit: &'static str,
    below: String,
    change: String,
}

/// A cell of the calendar; empty text where the month has no such day or it has not ended.
struct Cell {
    text: String,
    class: &'static str,
    title: String,
    marks: &'static str,
}

/// A month of the calendar and what it comes to.
struct Month {
    name: String,
    cells: Vec<Cell>,
    ratio: String,
    good: String,
    heavy: String,
    pm2_5: String,
    pm10: String,
    o3: String,
    primary: String,
}

/// A target of the year.
struct Goal {
    name: String,
    of: String,
    value: String,
    now: String,
    class: &'static str,
    verdict: &'static str,
    rest: String,
    ends: String,
    probability: String,
    sentence: String,
    document: String,
}

/// A link to another set or dataset.
struct Choice {
    code: String,
    name: String,
    current: bool,
}

#[derive(askama::Template)]
#[template(path = "year.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    lang: Lang,
    frame: Frame,
    code: &'a str,
    entity: &'a str,
    name: &'a str,
    year: i32,
    /// The last day that counts; empty before there is one.
    until: String,
    basis: String,
    edition: String,
    dataset: &'static str,
    tiles: Vec<Tile>,
    /// Why there is no comparison.
    refused: String,
    targets: Vec<Goal>,
    /// Why there are none.
    no_targets: &'static str,
    months: Vec<Month>,
    legend: Vec<(&'static str, &'static str)>,
    sets: Vec<Choice>,
    datasets: Vec<Choice>,
    /// The column of dust.
    dust: &'static str,
    /// The edition asked for.
    judged_by: &'static str,
    judges: Vec<Choice>,
    columns: Vec<Choice>,
    /// Why a column that deducts is the measured one; empty where it is not.
    nothing_deducted: &'static str,
    columns_of_dust: Dust,
}

/// `GET /year`.
pub(in crate::http) async fn year(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let known = ["area", "entity", "year", "dataset", "dust", "edition", "lang"];
    let pairs = parameters(query.as_deref(), &known)?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let view = app.services.view.borrow().clone();
    let area = view.area(one(&pairs, "area")?).ok_or_else(|| Problem::not_found("no such area"))?;
    let entity = one(&pairs, "entity")?.unwrap_or(area.registry.area.as_str());
    let asked = Asked::of(entity, &pairs, &view, &app)?;
    let today = area.now.hour().day();
    let year = year_of(one(&pairs, "year")?, today)?;
    let span = so_far(year, today);
    let services = app.services.clone();
    let registry = Arc::clone(&area.registry);
    let (asked, found, plan) = blocking(move || {
        let of = (&services, registry.as_ref());
        let found = span.map(|span| asked.assessment(of, span, &[Versus::YearBefore]));
        let plan = Plan {
            archive: services.archive.as_ref(),
            parameters: &asked.parameters,
            resampling: &services.lists.resampling,
            dust: &services.lists.dust,
            ended: today.plus(-1),
        };
        let rows = match services.lists.targets.of_area(&registry.area, year) {
            Err(none) => Err(none),
            Ok(targets) => Ok(plan.rows(&targets, |entity| entity_of(&registry, entity))?),
        };
        let found = found.transpose()?;
        Ok::<_, ArchiveError>((asked, found, rows))
    })
    .await??;
    let (assessment, days) = found.map_or((None, Vec::new()), |(a, days)| (Some(a), days));
    let sheet = Sheet {
        lang,
        frame: Frame::of(&app, Place::Year, Some(area), &pairs),
        code: area.registry.area.as_str(),
        entity: &asked.entity,
        name: &asked.name,
        year,
        until: span.map_or_else(String::new, |span| span.to.to_string()),
        basis: basis(&asked, &days, lang),
        edition: span
            .map_or_else(String::new, |span| editions(asked.judged_by, (span.from, span.to))),
        dataset: asked.dataset.name(),
        tiles: assessment.as_ref().map_or_else(Vec::new, |a| tiles(a, lang)),
        refused: assessment.as_ref().and_then(refusal).unwrap_or_default(),
        no_targets: no_targets(&plan, lang),
        targets: plan.iter().flatten().map(|row| goal(row, &area.registry, lang)).collect(),
        months: (1..=12).map(|month| self::month((year, month), &days, &asked, lang)).collect(),
        legend: legend(today.start(), lang),
        sets: sets(area, &asked.entity),
        datasets: datasets(asked.dataset, lang),
        dust: asked.dust.code(),
        judged_by: asked.judged_by.name(),
        judges: judges(asked.judged_by, lang),
        columns: columns(asked.dust, lang),
        nothing_deducted: assessment.as_ref().map_or("", |a| dust::nothing_deducted(a, lang)),
        columns_of_dust: { Dust::of(assessment.as_ref(), &area.registry, &asked.parameters, lang) },
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

fn basis(asked: &Asked, days: &[ArchivedDay], lang: Lang) -> String {
    match lang {
        Lang::Zh => asked.basis(days).zh(asked.dataset),
        Lang::En => asked.basis(days).en(asked.dataset),
    }
}

fn no_targets(rows: &Result<Vec<TargetRow>, NoTargets>, lang: Lang) -> &'static str {
    match rows {
        Err(none) => lang.of(none.zh(), "no target is entered for this year"),
        Ok(rows) if rows.is_empty() => lang.of("尚无已结束的日期", "no day has ended yet"),
        Ok(_) => "",
    }
}

/// The year asked for, or the one of the last day that has ended.
fn year_of(text: Option<&str>, today: Day) -> Result<i32, Problem> {
    let Some(text) = text else { return Ok(today.plus(-1).date().0) };
    let year = text.parse().ok().filter(|year| (1990..=2100).contains(year));
    year.ok_or_else(|| Problem::bad_parameter("year", "a year such as 2025 expected"))
}

/// Whose a target is.
fn entity_of(registry: &Registry, entity: &str) -> Option<EntityId> {
    let area = registry.area.to_string();
    Some(match registry.member(entity)? {
        Member::Set(set) => EntityId::Set { area, set: registry.sets[set].id.clone() },
        Member::Station(station) => {
            EntityId::Station { area, station: registry.stations[station].id.to_string() }
        }
    })
}

fn goal(row: &TargetRow, registry: &Registry, lang: Lang) -> Goal {
    // Ratios are 0 to 1 in the document, and percent for people.
    let number = |value: &Decimal| value.to_string().parse::<f64>().unwrap_or_default() * 100.0;
    let text = |value: &Option<Decimal>| match value {
        None => "—".to_owned(),
        Some(value) if row.unit == "1" => format!("{:.1}%", number(value)),
        Some(value) => value.to_string(),
    };
    let (class, verdict) = match row.met {
        Some("met") => ("c-excellent", lang.of("已达标", "met")),
        Some("lost") => ("c-moderate", lang.of("已无法达标", "lost")),
        Some(_) => ("c-na", lang.of("未定", "open")),
        None => ("c-na", lang.of("不作判定", "not judged")),
    };
    let rest = match (&row.days_can_afford, &row.rest_mean_max, lang) {
        (Some(days), _, Lang::Zh) => format!("还可有{days}天"),
        (Some(days), _, Lang::En) => format!("{days} days left"),
        (None, Some(mean), Lang::Zh) => format!("其余均值须≤{mean}"),
        (None, Some(mean), Lang::En) => format!("rest ≤ {mean}"),
        (None, None, _) => "—".to_owned(),
    };
    let going_on = row.days_left > 0;
    let ends = if going_on && row.ends_reason.is_none() {
        format!("{} / {} / {}", text(&row.best), text(&row.typical), text(&row.worst))
    } else {
        "—".to_owned()
    };
    let chance = row.probability.as_ref().filter(|_| going_on);
    let of = registry.member(&row.entity).map_or_else(
        || row.entity.clone(),
        |member| match member {
            Member::Set(0) => registry.name.clone(),
            Member::Set(set) => registry.sets[set].name.clone(),
            Member::Station(station) => registry.stations[station].name.clone(),
        },
    );
    Goal {
        name: match lang {
            Lang::Zh => row.indicator_zh.clone(),
            // In Chinese the sentence names the column.
            Lang::En => row.indicator.replace('_', " ") + &dust::in_column(row.dust),
        },
        of,
        value: row.value_text.clone(),
        now: row.now_text.clone().unwrap_or_else(|| "—".to_owned()),
        class,
        verdict,
        rest,
        ends,
        probability: chance.map_or("—".to_owned(), |p| format!("{:.0}%", number(p))),
        sentence: match lang {
            Lang::Zh => row.sentence_zh.clone(),
            Lang::En => String::new(),
        },
        document: row.document.clone(),
    }
}

/// From 1 January to the last day of the year that has ended.
fn so_far(year: i32, today: Day) -> Option<Span> {
    let whole = Span::year(year)?;
    let to = whole.to.min(today.plus(-1));
    (whole.from <= to).then(|| Span::to_date(to)).flatten()
}

fn tiles(a: &Assessment, lang: Lang) -> Vec<Tile> {
    let text = |value: Option<&Decimal>| value.map_or_else(|| "—".to_owned(), ToString::to_string);
    let change = |figure: &str| {
        let changes = a.comparisons.iter().flat_map(|c| &c.changes);
        let found = changes.into_iter().find(|change| change.figure == figure);
        found.map_or_else(String::new, |change| match lang {
            // Only what stands after the figure itself: 同比下降4.4%.
            Lang::Zh => change.text_zh.rsplit('，').next().unwrap_or_default().to_owned(),
            Lang::En => {
                let sign = if change.change.to_string().starts_with('-') { "" } else { "+" };
                format!("{sign}{} on the year before", change.change)
            }
        })
    };
    let tile = |title, value, unit, below, figure| {
        let change = change(figure);
        Tile { title, value, unit, below, change }
    };
    let (ug, mg) = ("µg/m³", "mg/m³");
    let shown = &a.shown;
    let of_days = match lang {
        Lang::Zh => format!("{}天 / 有效{}天", a.days_good, a.days_valid),
        Lang::En => format!("{} of {} valid days", a.days_good, a.days_valid),
    };
    let partial = match (lang, a.days_partial) {
        (_, 0) => String::new(),
        (Lang::Zh, n) => format!("其中{n}天项目不全"),
        (Lang::En, n) => format!("{n} with a pollutant missing"),
    };
    let no = String::new;
    vec![
        tile(
            lang.of("优良天数比率", "Good-day ratio"),
            text(shown.good_day_ratio_percent.as_ref()),
            "%",
            of_days,
            "good_day_ratio",
        ),
        tile(
            lang.of("重度及以上污染天", "Heavy days"),
            a.days_heavy.to_string(),
            lang.of("天", "days"),
            partial,
            "days_heavy",
        ),
        tile("PM2.5", text(shown.pm2_5_mean.as_ref()), ug, no(), "pm2_5_mean"),
        tile("PM10", text(shown.pm10_mean.as_ref()), ug, no(), "pm10_mean"),
        tile(
            lang.of("O₃-8h 第90百分位", "O₃ 8 h, 90 %"),
            text(shown.o3_mda8_p90.as_ref()),
            ug,
            no(),
            "o3_mda8_p90",
        ),
        tile("NO₂", text(shown.no2_mean.as_ref()), ug, no(), "no2_mean"),
        tile("SO₂", text(shown.so2_mean.as_ref()), ug, no(), "so2_mean"),
        tile(lang.of("CO 第95百分位", "CO, 95 %"), text(shown.co_p95.as_ref()), mg, no(), "co_p95"),
        tile(
            lang.of("综合指数", "Composite index"),
            text(shown.composite_index.as_ref()),
            "",
            no(),
            "composite_index",
        ),
    ]
}

fn refusal(a: &Assessment) -> Option<String> {
    a.comparisons.iter().find_map(|c| c.refused_zh.clone()).map(|why| format!("同比：{why}"))
}

fn month((year, month): (i32, u8), days: &[ArchivedDay], of: &Asked, lang: Lang) -> Month {
    let within = |day: &&ArchivedDay| {
        let (y, m, _) = day.figures.day.date();
        (y, m) == (year, month)
    };
    let held: Vec<&ArchivedDay> = days.iter().filter(within).collect();
    let cell = |date: u8| match Day::of(year, month, date) {
        None => empty(),
        Some(day) => held
            .iter()
            .find(|held| held.figures.day == day)
            .map_or_else(empty, |held| cell(held, lang)),
    };
    let figures: Vec<DayFigures> = held.iter().map(|d| d.figures.clone()).collect();
    let name = match lang {
        Lang::Zh => format!("{month}月"),
        Lang::En => format!("{year}-{month:02}"),
    };
    let cells = (1..=31).map(cell).collect();
    let (Some(first), Some(last)) = (figures.first(), figures.last()) else {
        let none = String::new;
        return Month {
            name,
            cells,
            ratio: none(),
            good: none(),
            heavy: none(),
            pm2_5: none(),
            pm10: none(),
            o3: none(),
            primary: none(),
        };
    };
    let kind = of.kind();
    let ends = (first.day, last.day);
    let period = Period::judged_by(of.judged_by, ends, &figures, &of.parameters, kind);
    of_period(name, cells, &period, lang)
}

fn of_period(name: String, cells: Vec<Cell>, period: &Period, lang: Lang) -> Month {
    let mean = |p: Pollutant| {
        period.mean[p.index()].as_ref().map_or_else(|| "—".to_owned(), |m| m.show(3, 0))
    };
    let most = crate::observation::POLLUTANTS
        .into_iter()
        .filter(|p| period.primary_days[p.index()] > 0)
        .max_by_key(|p| period.primary_days[p.index()]);
    Month {
        name,
        cells,
        ratio: period
            .good_day_ratio
            .as_ref()
            .map_or_else(|| "—".to_owned(), |r| format!("{}%", r.times(100).show(0, 1))),
        good: format!("{}/{}", period.days_good, period.days_valid),
        heavy: period.days_heavy.to_string(),
        pm2_5: mean(Pollutant::Pm2_5),
        pm10: mean(Pollutant::Pm10),
        o3: period.percentile[Pollutant::O3.index()]
            .as_ref()
            .map_or_else(|| "—".to_owned(), |o| o.show(3, 0)),
        primary: most.map_or_else(
            || lang.of("无", "none").to_owned(),
            |p| format!("{} {}", p.label(), period.primary_days[p.index()]),
        ),
    }
}

fn empty() -> Cell {
    Cell { text: String::new(), class: "", title: String::new(), marks: "" }
}

fn cell(day: &ArchivedDay, lang: Lang) -> Cell {
    let DayFigures { index, day: date, .. } = &day.figures;
    let class = index.aqi.map(Category::of);
    let title = match (index.aqi, class) {
        (Some(aqi), Some(class)) => {
            let name = lang.class(class, date.start());
            format!("{date} AQI {aqi} {name} {}", lang.primary(index))
        }
        _ => {
            let why = index.no_aqi.map(|why| lang.no_aqi(why, index.missing));
            format!("{date} {} {}", lang.of("缺测", "NA"), why.unwrap_or_default())
        }
    };
    Cell {
        text: index.aqi.map_or_else(|| lang.of("缺", "NA").to_owned(), |aqi| aqi.to_string()),
        class: class_name(class),
        title,
        marks: if index.partial && index.aqi.is_some() { "thin" } else { "" },
    }
}

fn legend(hour: Hour, lang: Lang) -> Vec<(&'static str, &'static str)> {
    let class = |class: Category| (class_name(Some(class)), lang.class(class, hour));
    let all = Category::ALL.into_iter().map(class);
    all.chain([(class_name(None), lang.of("缺测", "NA"))]).collect()
}

fn sets(area: &AreaView, current: &str) -> Vec<Choice> {
    let registry = &area.registry;
    let choice = |set: usize| {
        let code = registry.entity(set);
        let name = if set == 0 { registry.name.clone() } else { registry.sets[set].name.clone() };
        Choice { current: code == current, code, name }
    };
    (0..registry.sets.len()).map(choice).collect()
}

fn datasets(current: Dataset, lang: Lang) -> Vec<Choice> {
    let all = [Dataset::Best, Dataset::Reviewed, Dataset::Realtime];
    choices(&all, current, |one| (one.name(), dataset_name(one, lang)))
}

fn judges(current: JudgedBy, lang: Lang) -> Vec<Choice> {
    choices(&JudgedBy::ALL, current, |one| (one.name(), judge(one, lang)))
}

/// The columns that are reckoned.
fn columns(current: DustColumn, lang: Lang) -> Vec<Choice> {
    let all = [DustColumn::Measured, DustColumn::Recognised, DustColumn::Reported];
    choices(&all, current, |one| (one.code(), dust::column(one, lang)))
}

/// Links to each of `all`, which have a code and a name.
fn choices<T: Copy + PartialEq>(
    all: &[T],
    current: T,
    named: impl Fn(T) -> (&'static str, &'static str),
) -> Vec<Choice> {
    let choice = |one: &T| {
        let (code, name) = named(*one);
        Choice { code: code.to_owned(), name: name.to_owned(), current: *one == current }
    };
    all.iter().map(choice).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_ends_with_the_last_day_that_has() {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        let so_far = |year, today| so_far(year, day(today)).map(|s| s.to_string());
        assert_eq!(so_far(2025, "2025-11-01").as_deref(), Some("2025-01-01..2025-10-31"));
        assert_eq!(so_far(2024, "2025-11-01").as_deref(), Some("2024-01-01..2024-12-31"));
        assert_eq!(so_far(2025, "2025-01-01"), None);
        assert_eq!(so_far(2026, "2025-11-01"), None);
    }
}
