//! The figures of a report for the leaders (领导专报): one page.
//!
//! In: the day, the month and the year so far, and what the records of warnings say. Out: [`LeaderFigures`].
//!
//! Invariants: of what is to come only an official forecast is told, never the built-in one; of what was
//! done, what is issued; nothing of a drill.
//!
//! Source: the city's plan, chapter nine (what is reported to the city's leaders).

use serde::Serialize;
use utoipa::ToSchema;

use super::Head;
use super::account::{Account, PlanLine};
use super::asked::{DaysOf, ReportAsked};
use super::daily::DateWords;
use super::forecast::{ForecastLine, good_from, lines_after};
use super::line::DayLine;
use super::monthly::to_date;
use super::sources::{RecordsWanted, Sources};
use crate::assessment::Span;
use crate::assessment::rank::{Rank, RankBy};
use crate::observation::Pollutant;
use crate::outlook::{Forecast, Source};
use crate::time::{Day, Instant};
use crate::warning::{Body, Record, Target, moment_zh};

/// The kinds of records that such a page asks for, each of these lists by itself: the built-in forecast has a
/// record an hour, and would leave no place for what is done.
const RECORDS: [&[&str]; 2] = [&["forecast"], &["issued", "advisory", "consulted"]];
/// Hours after the day until which what is known belongs to its paper: it is made in the morning.
const KNOWN_H: i64 = 12;
/// Days after a deed on which it is still told.
const TOLD_DAYS: i32 = 7;

/// The newest official forecast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ForecastWords {
    /// Who issued it.
    pub office: String,
    /// When.
    pub issued_zh: String,
    /// Its days after the one of the paper.
    pub days: Vec<ForecastLine>,
    /// The first of them from which on every zone stays at or below an AQI of 100; null where none is.
    pub good_from_zh: Option<String>,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Deed {
    /// When it was recorded: `11月24日16时`.
    pub at_zh: String,
    /// In a sentence, with its own time.
    pub text_zh: String,
}

/// The figures of a page for the leaders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct LeaderFigures {
    /// What stands above.
    pub head: Head,
    /// The day.
    pub date: DateWords,
    /// The day of the entity.
    pub city: DayLine,
    /// The days of the month so far.
    pub month: Account,
    /// The days since 1 January.
    pub year: Account,
    /// Places among reference cities, reckoned here (测算).
    pub ranks: Vec<Rank>,
    /// Where the year stands against the plan.
    pub targets: Vec<PlanLine>,
    /// Why there is none.
    pub targets_reason_zh: Option<&'static str>,
    /// The stations with the highest AQI of the day, at most three, the highest first.
    pub highest: Vec<DayLine>,
    /// The stations with the highest PM2.5 of the month so far, at most three, the highest first.
    pub highest_of_month: Vec<Account>,
    /// What is officially forecast; null where no office forecasts.
    pub forecast: Option<ForecastWords>,
    /// What was issued in the week until the day, and what is in effect, the oldest first.
    pub done: Vec<Deed>,
}

impl LeaderFigures {
    pub(super) fn of<E>(
        asked: &ReportAsked<'_>,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Self, E> {
        let (day, member) = (asked.span.to, asked.member);
        let mut records = Vec::new();
        for kinds in RECORDS {
            records.extend(sources.records(&RecordsWanted { kinds, before: None, drill: None })?);
        }
        let days_of: &mut DaysOf<'_, E> = &mut |wanted| sources.days(wanted);
        let held: Vec<_> =
            asked.days(&[member], asked.span, days_of)?.into_iter().flatten().collect();
        let entity = asked.registry.name_of(member);
        let figures = held.first().cloned().unwrap_or_else(|| asked.nothing_on(day));
        let month = Day::of(day.date().0, day.date().1, 1).and_then(|first| Span::days(first, day));
        let (month, year) = (month.unwrap_or(asked.span), to_date(asked.span));
        let (targets, targets_reason_zh) = asked.plan(days_of)?;
        let pm2_5 = RankBy::Concentration(Pollutant::Pm2_5);
        let ranked = [(RankBy::Composite, month), (RankBy::Composite, year), (pm2_5, year)];
        let mut highest = asked.lines(&asked.stations(day), day, days_of)?;
        highest.retain(|line| line.aqi.is_some());
        highest.sort_by_key(|line| std::cmp::Reverse(line.aqi));
        highest.truncate(3);
        Ok(Self {
            head: asked.head(&held),
            date: DateWords::of(day),
            city: DayLine::of(&figures, &asked.subject(member, &entity)),
            month: asked.account(member, month, days_of)?,
            year: asked.account(member, year, days_of)?,
            ranks: asked.ranks(&ranked, days_of)?,
            targets,
            targets_reason_zh,
            highest,
            highest_of_month: highest_of(asked, month, days_of)?,
            forecast: forecast(&records, day),
            done: done(&records, day),
        })
    }
}

/// The stations with the highest PM2.5 of a span.
fn highest_of<E>(
    asked: &ReportAsked<'_>,
    span: Span,
    days_of: &mut DaysOf<'_, E>,
) -> Result<Vec<Account>, E> {
    let mut all = asked.accounts(asked.stations(span.to), span, days_of)?;
    // Whole µg/m³ as they are shown: what looks equal stays in the order of the list.
    let shown = |account: &Account| {
        let mean = account.assessment.shown.pm2_5_mean.as_ref()?;
        mean.to_string().parse::<u32>().ok()
    };
    all.retain(|account| shown(account).is_some());
    all.sort_by_key(|account| std::cmp::Reverse(shown(account)));
    all.truncate(3);
    Ok(all)
}

/// Until when what is known belongs to the paper of a day.
fn known_until(day: Day) -> Instant {
    day.plus(1).start().start().plus_minutes(KNOWN_H * 60)
}

/// The newest issue made until the morning after a day, as far as it speaks of later days.
fn forecast(records: &[Record], day: Day) -> Option<ForecastWords> {
    let known = known_until(day);
    let official = records.iter().filter(|record| record.drill.is_none()).filter_map(|record| {
        match &record.body {
            Body::Forecast(forecast) if forecast.source == Source::Fed => Some(forecast),
            _ => None,
        }
    });
    let says =
        |forecast: &&Forecast| forecast.issued < known && !lines_after(forecast, day).is_empty();
    let newest = official.filter(says).max_by_key(|forecast| forecast.issued)?;
    let days = lines_after(newest, day);
    Some(ForecastWords {
        office: newest.office.clone(),
        issued_zh: moment_zh(newest.issued),
        good_from_zh: good_from(&days),
        days,
    })
}

/// What was issued, released or consulted in the week until a day; and before that what is still in effect.
fn done(records: &[Record], day: Day) -> Vec<Deed> {
    let (from, until) = (day.plus(1 - TOLD_DAYS).start().start(), known_until(day));
    let mut known: Vec<&Record> =
        records.iter().filter(|record| record.drill.is_none() && record.at < until).collect();
    known.sort_by_key(|record| record.number);
    let issued = known.iter().rev().find_map(|record| match &record.body {
        Body::Issued(issue) => Some((record.number, issue.target)),
        _ => None,
    });
    let holds = issued.filter(|(_, target)| *target != Target::Lift).map(|(number, _)| number);
    let told = known.iter().filter(|record| record.at >= from || Some(record.number) == holds);
    told.filter_map(|record| deed(record)).collect()
}

fn deed(record: &Record) -> Option<Deed> {
    let text = match &record.body {
        // It says itself by whom and when.
        Body::Issued(_) => record.text_zh(),
        Body::Advisory(_) => format!("{}发布{}", moment_zh(record.at), record.text_zh()),
        Body::Consulted(of) => {
            format!("{}会商，结论：{}", moment_zh(of.held), of.conclusion)
        }
        _ => return None,
    };
    let text_zh = text.trim_end_matches('。').to_owned();
    Some(Deed { at_zh: moment_zh(record.at), text_zh })
}
