//! The figures of the review of a warning (过程总结): from its forecasts to what the air did.
//!
//! In: the number of a warning, its records, and the days around it. Out: [`ReviewFigures`].
//!
//! Invariants: the time line holds what was recorded, in order; an evaluation stands in it where it comes to
//! another level than the last; a forecast is held against a day only if it was issued before that day; a
//! drill shows no measured air.
//!
//! Source: issue 6 (过程总结); terms.md (a warning's way).

use serde::Serialize;
use utoipa::ToSchema;

use super::Head;
use super::asked::ReportAsked;
use super::course::{DistrictsOfDay, Held, LevelLine, TasksDone, due, issues, since};
use super::daily::DateWords;
use super::forecast::range_of;
use super::line::DayLine;
use super::record::{RecordWords, wrong_kind};
use super::sources::{Sources, Unmade};
use super::task::Reduction;
use crate::assessment::Span;
use crate::measures::{WHOLE_CITY, dispatch};
use crate::outlook::{AqiRange, Forecast, Source};
use crate::time::{Day, Instant};
use crate::warning::{Body, Level, Record, Target};

/// Days shown before the first level and after the last.
const AROUND_DAYS: i32 = 2;
/// Minutes before the first proposal within which a consultation belongs to the warning.
const BEFORE_MIN: i64 = 48 * 60;
/// Days after the end on which reports and steps may still come.
const LATE_DAYS: i32 = 8;

/// A day of the course.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewDay {
    /// The day.
    pub day: DateWords,
    /// Its figures.
    #[serde(flatten)]
    pub line: DayLine,
    /// Levels that held on it, joined by 、; empty where none did.
    pub levels_zh: String,
    /// What the last official forecast before the day said: `105～160`; empty where none did.
    pub forecast_zh: String,
    /// 范围内, 预报偏高 or 预报偏低; null where one of the two is missing.
    pub met_zh: Option<&'static str>,
}

/// What a level asked for, and how far its tasks came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewLevel {
    /// The level.
    #[serde(flatten)]
    pub level: LevelLine,
    /// Districts with tasks.
    pub districts: usize,
    /// Plants that do something.
    pub plants: usize,
    /// Their lines.
    pub lines: usize,
    /// Mobile and dust sources.
    pub sources: usize,
    /// Planned reduction.
    #[serde(flatten)]
    pub reduction: Reduction,
    /// Which edition of the list it rests on.
    pub list_zh: String,
    /// How far its tasks came.
    pub of_tasks: TasksDone,
}

/// What districts reported of a day of the response.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewReports {
    /// The day.
    pub day: DateWords,
    /// What they reported.
    #[serde(flatten)]
    pub of: DistrictsOfDay,
}

/// The figures of a review.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ReviewFigures {
    /// What stands above.
    pub head: Head,
    /// The warning's number.
    pub warning: u64,
    /// Whether it has ended: lifted, declined or lapsed.
    pub over: bool,
    /// The highest level that was issued; null where none was.
    pub highest_zh: Option<&'static str>,
    /// The levels that held.
    pub levels: Vec<LevelLine>,
    /// What happened, the oldest first.
    pub course: Vec<RecordWords>,
    /// What the levels asked for; without those of which no list is there.
    pub asked: Vec<ReviewLevel>,
    /// What districts reported, by day of the response.
    pub reports: Vec<ReviewReports>,
    /// The days from two before to two after, as far as they have ended; empty in a drill.
    pub days: Vec<ReviewDay>,
    /// The day with the highest AQI; null where none has one.
    pub peak: Option<ReviewDay>,
    /// Days of heavy pollution (AQI above 200) among them.
    pub days_heavy: usize,
    /// Days with an AQI and a forecast, and how many of them lay within the range.
    pub days_forecast: usize,
    /// As above.
    pub days_met: usize,
}

impl ReviewFigures {
    pub(super) fn of<E>(
        asked: &ReportAsked<'_>,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Self, Unmade<E>> {
        let first = asked.its_record(sources)?;
        let (number, drill) = (first.number, first.drill);
        match &first.body {
            Body::Recommended(of) => match of.warning {
                Some(warning) if warning != number => {
                    let why = format!("record {number} is of warning {warning}: ask for that one");
                    return Err(Unmade::Refused(why));
                }
                _ => {}
            },
            _ => return Err(wrong_kind(&first, "recommendation that begins a warning")),
        }
        let own = sources.warning(number)?;
        let issues = issues(&own);
        let held = Held::of(&issues);
        let until = match issues.last() {
            Some((_, last)) if last.target == Target::Lift => Some(last.effective_from),
            _ => None,
        };
        let from = first.at.plus_minutes(-BEFORE_MIN);
        let mut around =
            since(&["consulted", "district_day", "task_step"], (drill, from), sources)?;
        if let Some(until) = until {
            around.retain(|record| record.at < until.plus_minutes(i64::from(LATE_DAYS) * 24 * 60));
        }
        let over = is_over(&own, until, asked.made.at);
        let (head, days) = days(asked, (&first, &own, &held), until, sources)?;
        let met = |of: &&ReviewDay| of.met_zh == Some(WITHIN);
        Ok(Self {
            head,
            warning: number,
            over,
            highest_zh: held
                .iter()
                .filter_map(|h| h.issue.target.level())
                .max()
                .map(Level::text_zh),
            levels: held.iter().map(LevelLine::from).collect(),
            course: course(&own, &around, number),
            asked: levels(asked, &held, &around, sources)?,
            reports: reports(asked, &held, &around, sources)?,
            peak: days
                .iter()
                .rev()
                .max_by_key(|day| day.line.aqi)
                .filter(|day| day.line.aqi.is_some())
                .cloned(),
            days_heavy: days.iter().filter(|day| day.line.heavy).count(),
            days_forecast: days.iter().filter(|day| day.met_zh.is_some()).count(),
            days_met: days.iter().filter(met).count(),
            days,
        })
    }
}

const WITHIN: &str = "范围内";

/// Whether a warning has ended at `now`.
fn is_over(own: &[Record], until: Option<Instant>, now: Instant) -> bool {
    let ends = |body: &Body| matches!(body, Body::Declined { .. } | Body::Lapsed { .. });
    let issued = own.iter().any(|record| matches!(record.body, Body::Issued(_)));
    let dropped = !issued && own.last().is_some_and(|record| ends(&record.body));
    dropped || until.is_some_and(|until| until <= now)
}

/// The time line: what led to levels, without tasks and reports, which stand in tables.
fn course(own: &[Record], around: &[Record], warning: u64) -> Vec<RecordWords> {
    let before = around
        .iter()
        .filter(|record| matches!(record.body, Body::Consulted(_)) && record.number < warning);
    let mut level = None;
    let own = own.iter().filter(|record| match &record.body {
        Body::Forecast(of) => of.source == Source::Fed,
        Body::Evaluated(of) => {
            let now = Some(of.recommended.as_ref().map(|reached| reached.level));
            std::mem::replace(&mut level, now) != now
        }
        Body::TaskStep(_) | Body::DistrictDay(_) | Body::DrillAir { .. } => false,
        _ => true,
    });
    let words = |record: &Record| match record.body {
        Body::TookEffect { issue } => {
            let text_zh = format!("发布记录{issue}生效");
            RecordWords { text_zh, ..RecordWords::from(record) }
        }
        _ => RecordWords::from(record),
    };
    before.chain(own).map(words).collect()
}

/// What each level asked for.
fn levels<E>(
    asked: &ReportAsked<'_>,
    held: &[Held],
    records: &[Record],
    sources: &mut dyn Sources<Fault = E>,
) -> Result<Vec<ReviewLevel>, E> {
    let mut all = Vec::new();
    for of in held {
        let Some(response) = of.issue.response else { continue };
        let Some((list, list_zh)) = asked.list_of(of.issue.list_digest(), sources)? else {
            continue;
        };
        let tasks = dispatch(&list, response);
        let plants = || tasks.districts.iter().flat_map(|of| &of.plants);
        all.push(ReviewLevel {
            level: LevelLine::from(of),
            districts: tasks.districts.iter().filter(|of| of.district != WHOLE_CITY).count(),
            plants: plants().count(),
            lines: plants().map(|plant| plant.lines.len()).sum(),
            sources: tasks.districts.iter().map(|of| of.sources.len()).sum(),
            reduction: tasks.reduction_g_per_day.into(),
            list_zh,
            of_tasks: TasksDone::of(&tasks, (of.record, asked.made.at), records),
        });
    }
    Ok(all)
}

/// What districts reported of each day on which a level held.
fn reports<E>(
    asked: &ReportAsked<'_>,
    held: &[Held],
    records: &[Record],
    sources: &mut dyn Sources<Fault = E>,
) -> Result<Vec<ReviewReports>, E> {
    let Some(begins) = held.first().map(|of| of.issue.effective_from) else {
        return Ok(Vec::new());
    };
    let now = asked.made.at;
    let mut all = Vec::new();
    for day in (begins.hour().day().number()..=now.hour().day().number()).map(Day::from_number) {
        let Some(last) = held.iter().rfind(|of| of.on(day)) else { continue };
        let list = asked.list_of(last.issue.list_digest(), sources)?;
        let names = list.map(|(list, _)| list.districts).unwrap_or_default();
        let due = due(day, asked.lists.district_report_due, begins);
        let of = DistrictsOfDay::of(&names, (day, due, now), records);
        all.push(ReviewReports { day: DateWords::of(day), of });
    }
    Ok(all)
}

/// The days around a warning, with the head of the paper.
fn days<E>(
    asked: &ReportAsked<'_>,
    (first, own, held): (&Record, &[Record], &[Held]),
    until: Option<Instant>,
    sources: &mut dyn Sources<Fault = E>,
) -> Result<(Head, Vec<ReviewDay>), E> {
    let ended = asked.made.at.hour().day().plus(-1);
    let begins = held.first().map_or(first.at, |of| of.issue.effective_from).hour().day();
    let last = until.or(own.last().map(|record| record.at)).unwrap_or(first.at);
    // One that ends at midnight ends with the day before.
    let last = Instant::from_millis(last.millis() - 1).hour().day().max(begins);
    let last = if held.is_empty() || until.is_some() { last } else { ended.max(begins) };
    let period = Span::days(begins, last).unwrap_or(Span::day(begins));
    let plain = asked.head_of_records(period, first.drill.is_some());
    let span = Span::days(begins.plus(-AROUND_DAYS), last.plus(AROUND_DAYS));
    let span = span.and_then(|span| span.until(ended)).filter(|_| first.drill.is_none());
    let Some(span) = span else { return Ok((plain, Vec::new())) };
    let of = ReportAsked { span, ..*asked };
    let days = of.days(&[asked.member], span, &mut |wanted| sources.days(wanted))?;
    let days: Vec<_> = days.into_iter().flatten().collect();
    let issued = span.from.plus(-AROUND_DAYS).start().start();
    let forecasts = since(&["forecast"], (None, issued), sources)?;
    let official: Vec<&Forecast> = forecasts
        .iter()
        .filter_map(|record| match &record.body {
            Body::Forecast(of) if of.source == Source::Fed => Some(of),
            _ => None,
        })
        .collect();
    let every = (span.from.number()..).map(Day::from_number).zip(of.every_day(&days));
    let line = |(day, line): (Day, DayLine)| {
        let levels: Vec<&str> = held
            .iter()
            .filter(|of| of.on(day))
            .filter_map(|of| of.issue.target.level().map(Level::text_zh))
            .collect();
        let forecast = before(&official, day);
        ReviewDay {
            day: DateWords::of(day),
            levels_zh: levels.join("、"),
            forecast_zh: forecast.map_or_else(String::new, range_zh),
            met_zh: forecast.zip(line.aqi).map(|(range, aqi)| met(range, aqi)),
            line,
        }
    };
    let head =
        Head { from: plain.from, to: plain.to, period_zh: plain.period_zh, ..of.head(&days) };
    Ok((head, every.map(line).collect()))
}

/// What the last issue before a day said of it.
fn before(official: &[&Forecast], day: Day) -> Option<AqiRange> {
    let told = official.iter().filter(|of| of.issued < day.start().start());
    let told = told.filter_map(|of| Some((of.issued, range_of(of, day)?)));
    told.max_by_key(|(issued, _)| *issued).map(|(_, range)| range)
}

fn range_zh(AqiRange { lower, upper, .. }: AqiRange) -> String {
    if lower == upper { lower.to_string() } else { format!("{lower}～{upper}") }
}

fn met(range: AqiRange, aqi: u16) -> &'static str {
    if aqi > range.upper {
        "预报偏低"
    } else if aqi < range.lower {
        "预报偏高"
    } else {
        WITHIN
    }
}
