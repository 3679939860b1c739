//! What would have been recommended when, over the past of an area, and how that meets the days that came.
//!
//! In: a rule set, observed hours without a gap, the built-in forecast of some of them, and daily AQIs. Out:
//! a [`Backtest`]: recommendations, observed episodes with how early they were told, days told and missed.
//!
//! Invariants: at each hour only that hour, earlier ones and forecasts made until then are looked at; the
//! same evaluation as in the daemon. What nobody would have recommended is not made better by what came
//! later.
//!
//! Source: issue 5, Build 8; warning-rules.md.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Level;
use super::evaluation::{Basis, Evaluation, Reached};
use super::line::{Line, ObservedHour};
use super::rules::RuleSet;
use crate::index::Pollutants;
use crate::outlook::{AqiRange, Forecast, ForecastBook, ForecastSpan, KeptForecast, Source};
use crate::time::{Day, Hour};

/// Observed hours that an evaluation looks back on: those that the daemon has in memory.
const BACK_H: usize = 120;
/// A day above this is a heavy one.
const HEAVY: u16 = 200;

/// A time during which a level was recommended without a longer break than lifting takes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Recommended {
    /// The hour after whose end it was recommended first.
    pub from: Hour,
    /// The last hour at which it was.
    pub to: Hour,
    /// The highest level.
    pub level: Level,
    /// What it first rested on.
    pub basis: Basis,
    /// The first day that was told.
    #[serde(serialize_with = "as_text")]
    pub first_day: Day,
    /// The last day that was told.
    #[serde(serialize_with = "as_text")]
    pub last_day: Day,
    /// Days of these that turned out heavy.
    pub heavy_days: u32,
}

/// Heavy days, with at most one other between two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Episode {
    /// The first heavy day.
    #[serde(serialize_with = "as_text")]
    pub first: Day,
    /// The last one.
    #[serde(serialize_with = "as_text")]
    pub last: Day,
    /// How many there are.
    pub heavy_days: u32,
    /// The highest daily AQI.
    pub peak: u16,
    /// The level that the rules give for the days as they came.
    pub level: Option<Level>,
    /// The first recommendation that told of one of its days: when, its level, and how many hours before the
    /// first day began (negative: after).
    pub told: Option<Told>,
    /// The same of a recommendation of at least the level that the days as they came have.
    pub told_in_full: Option<Told>,
}

/// When something was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Told {
    /// The hour after whose end it was told.
    pub hour: Hour,
    /// The level.
    pub level: Level,
    /// On what it rested.
    pub basis: Basis,
    /// Hours from then to the beginning of the first day.
    pub lead_hours: i32,
}

/// How many heavy days were told of, and how early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DaysTold {
    /// Heavy days.
    pub heavy: u32,
    /// Told of at least 24 hours before they began.
    pub a_day_ahead: u32,
    /// Told of before they began, but later than that.
    pub before: u32,
    /// Told of only while they went on.
    pub during: u32,
    /// Not told of.
    pub missed: u32,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Backtest {
    /// Name of the rule set.
    pub rules: String,
    /// Hours that were evaluated.
    pub hours: usize,
    /// Built-in forecasts that were there.
    pub forecasts: usize,
    /// Observed episodes.
    pub episodes: Vec<Episode>,
    /// Times of recommendation.
    pub recommended: Vec<Recommended>,
    /// Heavy days.
    pub days: DaysTold,
    /// Times of recommendation of which no day turned out heavy.
    pub false_alarms: u32,
}

fn as_text<S: serde::Serializer>(day: &Day, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(day)
}

/// What was recommended at one hour.
struct AtHour {
    hour: Hour,
    reached: Reached,
}

impl AtHour {
    /// The days of its spells.
    fn days(&self) -> (Day, Day) {
        let first = self.reached.spells.iter().map(|spell| spell.from.day()).min();
        let last = self.reached.spells.iter().map(|spell| spell.to.day()).max();
        (first.unwrap_or(self.hour.day()), last.unwrap_or(self.hour.day()))
    }

    fn tells(&self, day: Day) -> bool {
        let (first, last) = self.days();
        first <= day && day <= last
    }
}

/// Goes over the hours. `forecasts` are the built-in ones by the last hour that each knew; `days` the daily
/// AQI of each day that has one, ascending.
#[must_use]
pub fn backtest(
    rules: &RuleSet,
    observed: &[ObservedHour],
    forecasts: &BTreeMap<Hour, Forecast>,
    days: &[(Day, u16)],
) -> Backtest {
    let mut book = ForecastBook::default();
    let mut told: Vec<AtHour> = Vec::new();
    for (at, now) in observed.iter().enumerate() {
        if let Some(forecast) = forecasts.get(&now.hour) {
            let number = u64::try_from(at).unwrap_or(0);
            let forecast = forecast.clone();
            // Only the newest one says anything.
            book = ForecastBook::default();
            book.keep(KeptForecast { number, received: now.hour.end(), forecast });
        }
        let back = &observed[(at + 1).saturating_sub(BACK_H)..=at];
        let lines = Line::all(back, &book, (Source::BuiltIn, ""));
        let Some(evaluation) = Evaluation::of(rules, &lines, Source::BuiltIn) else { continue };
        told.extend(
            recommended(rules, &evaluation).map(|reached| AtHour { hour: now.hour, reached }),
        );
    }
    let recommended = times(rules, &told, days);
    let false_alarms = recommended.iter().filter(|time| time.heavy_days == 0).count();
    Backtest {
        rules: rules.name.clone(),
        hours: observed.len(),
        forecasts: forecasts.len(),
        episodes: episodes(rules, observed, days, &told),
        days: days_told(days, &told),
        false_alarms: u32::try_from(false_alarms).unwrap_or(u32::MAX),
        recommended,
    }
}

/// As in the daemon without an official forecast: the built-in one as far as it may, and what is observed.
fn recommended(rules: &RuleSet, evaluation: &Evaluation) -> Option<Reached> {
    let follows = (rules.followed(evaluation.source), rules.daily_aqi);
    let followed = evaluation.outcomes.iter().find(|o| (o.end, o.daily_aqi) == follows);
    let mut ladder = followed.into_iter().flat_map(|outcome| &outcome.ladder);
    let observed = ladder.find(|reached| reached.basis == Basis::Observed).cloned();
    let ahead = evaluation.recommended.clone().and_then(|reached| {
        Some(Reached { level: reached.level.min(rules.built_in_highest?), ..reached })
    });
    let level = |of: &Option<Reached>| of.as_ref().map(|reached| reached.level);
    if level(&observed) > level(&ahead) { observed } else { ahead }
}

fn times(rules: &RuleSet, told: &[AtHour], days: &[(Day, u16)]) -> Vec<Recommended> {
    let mut times: Vec<Recommended> = Vec::new();
    for at in told {
        let (first_day, last_day) = at.days();
        let gap = |before: &Recommended| at.hour.number() - before.to.number();
        match times.last_mut().filter(|before| gap(before) <= i32::from(rules.lifting_hours)) {
            Some(time) => {
                time.to = at.hour;
                time.level = time.level.max(at.reached.level);
                time.first_day = time.first_day.min(first_day);
                time.last_day = time.last_day.max(last_day);
            }
            None => times.push(Recommended {
                from: at.hour,
                to: at.hour,
                level: at.reached.level,
                basis: at.reached.basis,
                first_day,
                last_day,
                heavy_days: 0,
            }),
        }
    }
    for time in &mut times {
        let within = |(day, aqi): &&(Day, u16)| {
            *aqi > HEAVY && time.first_day <= *day && *day <= time.last_day
        };
        time.heavy_days = u32::try_from(days.iter().filter(within).count()).unwrap_or(0);
    }
    times
}

fn episodes(
    rules: &RuleSet,
    observed: &[ObservedHour],
    days: &[(Day, u16)],
    told: &[AtHour],
) -> Vec<Episode> {
    let heavy = days.iter().filter(|(_, aqi)| *aqi > HEAVY);
    let heavy: Vec<Day> = heavy.map(|(day, _)| *day).collect();
    // A day between is 24 hours, too short to lift.
    let apart = i32::from(rules.lifting_hours) / 24 + 1;
    let runs = heavy.chunk_by(|a, b| b.number() - a.number() <= apart);
    let episode = |run: &[Day]| {
        let (first, last) = (*run.first()?, *run.last()?);
        let within = |day: &Day| first <= *day && *day <= last;
        let peak = days.iter().filter(|(day, _)| within(day)).map(|(_, aqi)| *aqi).max()?;
        let level = as_they_came(rules, observed, days, (first, last));
        let begins = first.start();
        let days_of_it: Vec<Day> = (first.number()..=last.number()).map(Day::from_number).collect();
        let tells = |at: &&AtHour| days_of_it.iter().any(|day| at.tells(*day));
        let of = |at: &AtHour| Told {
            hour: at.hour,
            level: at.reached.level,
            basis: at.reached.basis,
            lead_hours: begins.number() - at.hour.plus(1).number(),
        };
        let mut of_it = told.iter().filter(tells);
        let told = of_it.clone().next().map(of);
        let told_in_full = of_it.find(|at| Some(at.reached.level) >= level).map(of);
        let heavy_days = u32::try_from(run.len()).unwrap_or(u32::MAX);
        Some(Episode { first, last, heavy_days, peak, level, told, told_in_full })
    };
    runs.filter_map(episode).collect()
}

/// The level that the rules give when the days of an episode, and one on each side, are known as they came.
fn as_they_came(
    rules: &RuleSet,
    observed: &[ObservedHour],
    days: &[(Day, u16)],
    (first, last): (Day, Day),
) -> Option<Level> {
    let (from, to) = (first.plus(-1), last.plus(1));
    let span = |(day, aqi): &(Day, u16)| {
        Some(ForecastSpan {
            from: day.start(),
            hours: 24,
            aqi: AqiRange::new(*aqi, *aqi)?,
            hourly: Vec::new(),
            primary: Pollutants::EMPTY,
            cause: None,
            concentrations: BTreeMap::new(),
            weather: None,
        })
    };
    let known = days.iter().filter(|(day, _)| from <= *day && *day <= to);
    let spans: Vec<ForecastSpan> = known.filter_map(span).collect();
    let before = from.start().plus(-1);
    let seen = observed
        .iter()
        .rfind(|hour| hour.hour <= before)
        .copied()
        .unwrap_or(ObservedHour { hour: before, ..ObservedHour::default() });
    let mut book = ForecastBook::default();
    let zones = BTreeMap::from([(String::new(), spans)]);
    let (office, issued) = (String::new(), before.end());
    let forecast = Forecast { office, issued, source: Source::Fed, zones };
    book.keep(KeptForecast { number: 1, received: issued, forecast });
    let lines = Line::all(&[ObservedHour { hour: before, ..seen }], &book, (Source::Fed, ""));
    let whole = RuleSet { recommend_within_hours: u16::MAX, ..rules.clone() };
    Evaluation::of(&whole, &lines, Source::Fed)?.level()
}

fn days_told(days: &[(Day, u16)], told: &[AtHour]) -> DaysTold {
    let mut all = DaysTold::default();
    for (day, _) in days.iter().filter(|(_, aqi)| *aqi > HEAVY) {
        all.heavy += 1;
        let first = told.iter().find(|at| at.tells(*day));
        let ahead = first.map(|at| day.start().number() - at.hour.plus(1).number());
        *match ahead {
            Some(24..) => &mut all.a_day_ahead,
            Some(0..24) => &mut all.before,
            Some(_) => &mut all.during,
            None => &mut all.missed,
        } += 1;
    }
    all
}
