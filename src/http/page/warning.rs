//! Warnings as a page: what is in effect, what is recommended and why, what is forecast, what was recorded;
//! and the forms by which persons with a token act.
//!
//! In: the view, and the records of the archive. Out: one document at `/warnings`; a drill that runs stands
//! beside what is real, with its mark on each title and sentence.
//!
//! Invariants: levels carry their names beside their colours, which are not those of AQI classes; what is
//! recommended is never shown as issued; until somebody held the rules against the city's plan, it says so.

mod standing;

pub(super) use standing::banners;

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use standing::{Standing, Waiting, mark_of, standing, waiting};

use super::frame::{Frame, Place};
use super::model::class_name;
use super::words::Lang;
use crate::http::api::{one, parameters};
use crate::http::problem::Problem;
use crate::http::warning::{OF_LIFE, RecordsQuery, asked_area, drafts, newest};
use crate::http::{App, blocking};
use crate::index::{Category, Pollutants};
use crate::observation::Pollutant;
use crate::outlook::{ForecastSpan, KeptForecast, Source};
use crate::pipeline::AreaView;
use crate::time::Instant;
use crate::warning::{
    Basis, DailyAqi, Draft, Evaluation, Level, Outcome, Path, Reached, Record, RuleSet, Target,
    moment_zh,
};

/// Records that the page shows.
const RECORDS: usize = 60;

/// A level with its colour.
pub(super) struct Mark {
    pub(super) class: &'static str,
    pub(super) name: String,
}

/// The list of measures in use.
struct List {
    filing: String,
    in_force: String,
    overdue: bool,
}

/// One way of looking: a row of the table of levels.
pub(super) struct Way {
    pub(super) end: String,
    pub(super) chosen: bool,
    /// By basis.
    pub(super) levels: Vec<Option<Mark>>,
    pub(super) advisory: Option<Mark>,
    pub(super) beyond: Option<Mark>,
}

/// The levels by one AQI of 24 hours.
pub(super) struct Levels {
    pub(super) title: String,
    pub(super) chosen: bool,
    pub(super) ways: Vec<Way>,
}

/// What came of the evaluation by one source's forecast.
pub(super) struct Looked {
    pub(super) source: &'static str,
    /// The end of the range that the recommendation follows.
    pub(super) follows: &'static str,
    pub(super) hour: String,
    pub(super) aqi: String,
    pub(super) horizon: String,
    pub(super) keeps: &'static str,
    pub(super) levels: Vec<Levels>,
}

/// One day of a forecast.
pub(super) struct Day {
    pub(super) when: String,
    pub(super) range: String,
    /// 良至轻度污染.
    pub(super) classes: String,
    pub(super) lower: &'static str,
    pub(super) upper: &'static str,
    pub(super) primary: String,
    pub(super) weather: String,
}

/// An issue.
pub(super) struct Issue {
    pub(super) office: String,
    pub(super) issued: String,
    pub(super) built_in: bool,
    pub(super) zone: String,
    pub(super) days: Vec<Day>,
}

/// One line of the time line.
struct Line {
    number: u64,
    at: String,
    person: String,
    text: String,
    class: &'static str,
}

#[derive(askama::Template)]
#[template(path = "warning.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    lang: Lang,
    frame: Frame,
    code: &'a str,
    name: &'a str,
    now: String,
    rules: Option<&'a RuleSet>,
    /// Whether anything real stands.
    is_standing: bool,
    standing: Vec<Standing>,
    floor: Option<Mark>,
    waiting: Vec<Waiting>,
    drill: Option<u64>,
    drafts: Vec<Draft>,
    list: Option<List>,
    /// Why a new edition of it is not in use.
    refused: &'a [String],
    looked: Vec<Looked>,
    bases: Vec<&'static str>,
    issues: Vec<Issue>,
    lines: Vec<Line>,
}

/// `GET /warnings`.
pub(in crate::http) async fn warnings(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "lang"])?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let code = area.registry.area.to_string();
    let asked =
        RecordsQuery { kinds: kinds(), before: None, between: None, drill: None, limit: RECORDS };
    let archive = app.services.archive.clone();
    let records = blocking(move || archive.records(&code, &asked)).await??;
    let warnings = &area.warnings;
    let rules = area.warning.as_ref().map(|params| &params.rules);
    let drill = warnings.drill.as_deref();
    let in_drill = drill.map(|drill| &drill.warnings);
    let edition = app.services.lists.measures.as_deref();
    let sheet = Sheet {
        lang,
        frame: Frame::of(&app, Place::Warnings, Some(area), &pairs),
        code: area.registry.area.as_str(),
        name: &area.registry.name,
        now: minute(area.now),
        rules,
        is_standing: warnings.in_force().is_some() || warnings.coming().is_some(),
        standing: [(Some(&**warnings), false), (in_drill, true)]
            .into_iter()
            .filter_map(|(of, drill)| Some(standing(of?, drill, lang)))
            .flatten()
            .collect(),
        floor: warnings.floor(area.now).map(|level| mark(level, lang)),
        waiting: [(Some(&**warnings), None), (in_drill, drill.map(|drill| drill.number))]
            .into_iter()
            .filter_map(|(of, drill)| waiting(of?, drill, edition, lang))
            .collect(),
        drill: drill.map(|drill| drill.number),
        drafts: drafts(area),
        list: edition.map(|edition| List {
            filing: edition.filing.clone(),
            in_force: edition.in_force.to_string(),
            overdue: edition.is_overdue(area.now.hour().day()),
        }),
        refused: &app.services.lists.refused,
        looked: looked(area, lang),
        bases: Basis::ALL.map(|basis| basis_name(basis, lang)).to_vec(),
        issues: newest(area)
            .flat_map(|kept| issues(kept, false, lang))
            .chain(drill.iter().flat_map(|drill| {
                drill
                    .warnings
                    .book
                    .all()
                    .next_back()
                    .into_iter()
                    .flat_map(|k| issues(k, true, lang))
            }))
            .collect(),
        lines: records.iter().map(line).collect(),
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// The kinds of the time line: forecasts stand in a table of their own.
fn kinds() -> Vec<&'static str> {
    OF_LIFE.into_iter().chain(["evaluated", "advisory", "list_adopted"]).collect()
}

/// `2026-11-23 15:00`.
pub(in crate::http) fn minute(at: Instant) -> String {
    let text = at.to_string();
    text.get(..16).unwrap_or(&text).replace('T', " ")
}

const fn class(level: Level) -> &'static str {
    match level {
        Level::Yellow => "lv-yellow",
        Level::Orange => "lv-orange",
        Level::Red => "lv-red",
    }
}

fn mark(level: Level, lang: Lang) -> Mark {
    let name = match lang {
        Lang::Zh => level.text_zh(),
        Lang::En => level.name(),
    };
    Mark { class: class(level), name: name.to_owned() }
}

fn target(target: Target, lang: Lang) -> Mark {
    match target.level() {
        Some(level) => mark(level, lang),
        None => Mark { class: "lv-none", name: lang.of("解除", "lift").to_owned() },
    }
}

pub(super) const fn basis_name(basis: Basis, lang: Lang) -> &'static str {
    match basis {
        Basis::Forecast => lang.of("预报", "forecast"),
        Basis::Observed => lang.of("实况", "observed"),
        Basis::Joined => lang.of("实况与预报衔接", "joined"),
    }
}

/// What came of the evaluations of real air, and of that of the drill.
pub(super) fn looked(area: &AreaView, lang: Lang) -> Vec<Looked> {
    let Some(rules) = area.warning.as_ref().map(|params| &params.rules) else { return Vec::new() };
    let real = area.evaluations.values().map(|evaluation| look(evaluation, rules, lang));
    let drill = area.warnings.drill.as_ref();
    let drill = drill.and_then(|drill| drill.warnings.evaluated.get(&Source::Fed));
    let drill = drill.map(|(_, evaluation)| Looked {
        source: lang.of("【演练】模拟空气质量和演练预报", "[drill] simulated air and its forecast"),
        ..look(evaluation, rules, lang)
    });
    real.chain(drill).collect()
}

fn look(evaluation: &Evaluation, rules: &RuleSet, lang: Lang) -> Looked {
    let of = |daily_aqi: DailyAqi| {
        let mut ends = evaluation.outcomes.iter().filter(move |o| o.daily_aqi == daily_aqi);
        let ways =
            ends.by_ref().map(|outcome| way(outcome, rules, (evaluation.source, lang))).collect();
        let title = match daily_aqi {
            DailyAqi::AqiOfMeans => lang.of("24小时平均浓度的AQI", "AQI of 24-h means"),
            DailyAqi::MeanOfAqis => lang.of("24个小时AQI的平均", "mean of 24 hourly AQIs"),
        };
        Levels { title: title.to_owned(), chosen: daily_aqi == rules.daily_aqi, ways }
    };
    let follows = rules.followed(evaluation.source);
    Looked {
        follows: match lang {
            Lang::Zh => follows.text_zh(),
            Lang::En => follows.name(),
        },
        source: match evaluation.source {
            Source::Fed => lang.of("官方预报", "official forecast"),
            Source::BuiltIn => lang.of(
                "内置统计预报（仅供参考）",
                "built-in statistical forecast (for reference only)",
            ),
        },
        hour: lang.day_and_hour(evaluation.hour),
        aqi: evaluation
            .aqi
            .map_or_else(|| lang.of("缺测", "missing").to_owned(), |a| a.to_string()),
        horizon: evaluation.horizon.map_or_else(
            || lang.of("无预报", "no forecast").to_owned(),
            |hour| lang.day_and_hour(hour),
        ),
        keeps: match (evaluation.keeps, lang) {
            (Some(keeps), Lang::Zh) => keeps.text_zh(),
            _ => "",
        },
        levels: DailyAqi::ALL.map(of).into(),
    }
}

fn way(outcome: &Outcome, rules: &RuleSet, (source, lang): (Source, Lang)) -> Way {
    let level = |all: &[Reached], basis: Basis| {
        all.iter().find(|reached| reached.basis == basis).map(|reached| mark(reached.level, lang))
    };
    let chosen = (outcome.end, outcome.daily_aqi) == (rules.followed(source), rules.daily_aqi);
    let highest = outcome.ladder.iter().map(|reached| reached.level).max();
    let advisory = outcome.advisory.iter().map(|reached| reached.level).max();
    Way {
        end: match lang {
            Lang::Zh => outcome.end.text_zh().to_owned(),
            Lang::En => outcome.end.name().to_owned(),
        },
        chosen,
        levels: Basis::ALL.map(|basis| level(&outcome.ladder, basis)).into(),
        advisory: advisory.filter(|level| Some(*level) > highest).map(|level| mark(level, lang)),
        beyond: outcome.beyond_horizon.map(|level| mark(level, lang)),
    }
}

pub(super) fn issues(kept: &KeptForecast, drill: bool, lang: Lang) -> Vec<Issue> {
    let forecast = &kept.forecast;
    let issue = |(zone, spans): (&String, &Vec<ForecastSpan>)| Issue {
        office: format!("{}{}", mark_of(drill, lang), forecast.office),
        issued: minute(forecast.issued),
        built_in: forecast.source == Source::BuiltIn,
        zone: zone.clone(),
        days: spans.iter().map(|span| day(span, lang)).collect(),
    };
    forecast.zones.iter().map(issue).collect()
}

fn day(span: &ForecastSpan, lang: Lang) -> Day {
    let (lower, upper) = (span.aqi.lower, span.aqi.upper);
    let names = |set: Pollutants| set.iter().map(Pollutant::label).collect::<Vec<_>>().join("、");
    let (_, month, of_month) = span.from.day().date();
    Day {
        when: match (span.day(), lang) {
            (Some(_), Lang::Zh) => format!("{month}月{of_month}日"),
            (Some(day), Lang::En) => day.to_string(),
            (None, _) => format!("{}＋{}h", moment_zh(span.from.start()), span.hours),
        },
        range: if lower == upper { lower.to_string() } else { format!("{lower}～{upper}") },
        classes: lang.classes((lower, upper), span.from),
        lower: class_name(Some(Category::of(lower))),
        upper: class_name(Some(Category::of(upper))),
        primary: names(span.primary),
        weather: span.weather.clone().unwrap_or_default(),
    }
}

fn line(record: &Record) -> Line {
    Line {
        number: record.number,
        at: minute(record.at),
        person: record.person.clone().unwrap_or_default(),
        text: record.text_zh(),
        class: match record.body.kind() {
            "issued" | "took_effect" => "official",
            "evaluated" => "quiet",
            _ => "",
        },
    }
}

impl Sheet<'_> {
    /// Whether a set of rules leads a pollutant away from levels, for the note below the table.
    fn ozone_is_advice(&self) -> bool {
        let ozone = Pollutants::EMPTY.with(Pollutant::O3);
        self.rules.is_some_and(|rules| rules.path(ozone) == Path::Advisory)
    }

    /// A time as an input of a form takes it.
    #[expect(clippy::unused_self, reason = "templates call methods")]
    fn local(&self, at: &Instant) -> String {
        at.to_string().get(..16).unwrap_or_default().to_owned()
    }

    /// What may be approved or asked for, by code and in Chinese.
    const fn targets(&self) -> [(&'static str, &'static str); 4] {
        [("yellow", "黄色"), ("orange", "橙色"), ("red", "红色"), ("lift", "解除")]
    }
}
