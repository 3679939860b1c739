//! `lantian backtest`: which warnings would have been recommended over the past of an area, and how early.

mod tell;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::num::NonZeroUsize;

use serde::Serialize;

use super::days_source::{self, SourceArgs};
use super::{ExitError, daemon, text};
use crate::area::{Figures, Judge, Member, SetMeans};
use crate::average::Averages;
use crate::config;
use crate::outlook::{Forecast, Nowcast, Series};
use crate::standard::{Entity, Parameters};
use crate::time::{DAY_H, Day, Hour};
use crate::warning::{Backtest, ObservedHour, RangeEnd, RuleSet, backtest};

/// Warnings that would have been recommended, beside the days that came.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
    /// The area; may be left out when there is only one.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// The first day [default: the first that is there].
    #[arg(long, value_name = "DAY")]
    from: Option<Day>,
    /// The last day [default: the last that is there].
    #[arg(long, value_name = "DAY")]
    to: Option<Day>,
    /// 2024, 2018 or a file of rules; may be given again [default: 2024 and 2018].
    #[arg(long, value_name = "RULES")]
    rules: Vec<String>,
    /// At which end of the built-in forecast's range levels are recommended [default: as the rules say].
    #[arg(long, value_name = "lower|middle|upper", value_parser = end)]
    built_in_value: Option<RangeEnd>,
    /// Hours from one built-in forecast to the next; 0 for none.
    #[arg(long, value_name = "HOURS", default_value_t = 6)]
    step: usize,
    /// One document.
    #[arg(long)]
    json: bool,
}

fn end(name: &str) -> Result<RangeEnd, String> {
    let found = RangeEnd::ALL.into_iter().find(|end| end.name() == name);
    found.ok_or_else(|| "lower, middle or upper expected".to_owned())
}

/// The document.
#[derive(Serialize)]
struct Document<'a> {
    area: &'a str,
    from: String,
    to: String,
    /// Hours from one built-in forecast to the next; 0 for none.
    step_hours: usize,
    rules: Vec<Backtest>,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    args.source.only_hours()?;
    let parameters = args.source.parameters()?;
    let registry = days_source::registry(&args.source, args.area.as_deref())?;
    let source = days_source::open(&args.source, &registry, None)?;
    let member = Member::Set(0);
    let series = source.series(&args.source, (&registry, member), &parameters)?;
    let span = span(args, &series)?;
    let of = (&registry, &[member][..]);
    let days = source.days(&args.source, args.source.way(), of, span, &parameters)?;
    let days = days.first().into_iter().flatten();
    let days: Vec<(Day, u16)> = days.filter_map(|d| Some((d.day, d.index.aqi?))).collect();
    let observed = observed(&series, span, &parameters);
    let forecasts = forecasts(args, &series, &observed, &parameters);
    let mut found = Vec::new();
    for rules in rule_sets(args)? {
        found.push(backtest(&rules, &observed, &forecasts, &days));
    }
    let name = registry.called(member);
    let (from, to) = (span.0.to_string(), span.1.to_string());
    let area = registry.area.as_str();
    let document = Document { area, from, to, step_hours: args.step, rules: found };
    if args.json {
        let document = serde_json::to_string_pretty(&document);
        let document = document.map_err(|e| ExitError::Internal(e.to_string()))?;
        text::written(writeln!(out, "{document}"))?;
    } else {
        text::written(tell::all(&document, name, out))?;
    }
    source.tell(&mut io::stderr())
}

fn rule_sets(args: &Args) -> Result<Vec<RuleSet>, ExitError> {
    let both = ["2024".to_owned(), "2018".to_owned()];
    let names = if args.rules.is_empty() { &both[..] } else { &args.rules[..] };
    let read = |name: &String| {
        let rules = config::warning_rules(name, std::path::Path::new(""));
        let rules = rules.map_err(|faults| daemon::faulty(&faults))?;
        let built_in_value = args.built_in_value.unwrap_or(rules.built_in_value);
        Ok(RuleSet { built_in_value, ..rules })
    };
    names.iter().map(read).collect()
}

fn span(args: &Args, series: &Series) -> Result<(Day, Day), ExitError> {
    let nothing = || ExitError::Data("no hour of the area has a value".to_owned());
    let first = series.begins().ok_or_else(nothing)?.day();
    let last = series.end().plus(-1).day();
    let (from, to) = (args.from.unwrap_or(first).max(first), args.to.unwrap_or(last).min(last));
    if to < from {
        return Err(ExitError::Usage(format!("no data from {from} to {to}: {first} to {last}")));
    }
    Ok((from, to))
}

/// Every hour of the span, as the daemon would have seen it: from the published hours of the area.
fn observed(series: &Series, (from, to): (Day, Day), parameters: &Parameters) -> Vec<ObservedHour> {
    let judge = Judge { parameters, entity: Entity::Area };
    let back = i32::try_from(DAY_H).unwrap_or(24) - 1;
    let figures = |hour: Hour| {
        let window = series.window(hour.plus(-back));
        let averages = Averages::at(&window, hour.of_day());
        let means = SetMeans::over(std::iter::once(&averages), parameters.practice);
        Figures::of(&means, hour, judge)
    };
    let (first, last) = (from.start().plus(-back), to.hour(DAY_H - 1));
    let hours: Vec<Figures> =
        (first.number()..=last.number()).map(|n| figures(Hour::from_number(n))).collect();
    let hours: Vec<&Figures> = hours.iter().collect();
    hours.windows(DAY_H).filter_map(|of_24| ObservedHour::last_of(of_24, parameters)).collect()
}

/// The built-in forecasts by the last hour that each knew, made on all processors.
fn forecasts(
    args: &Args,
    series: &Series,
    observed: &[ObservedHour],
    parameters: &Parameters,
) -> BTreeMap<Hour, Forecast> {
    let Some(step) = NonZeroUsize::new(args.step) else { return BTreeMap::new() };
    let origins: Vec<Hour> = observed.iter().map(|hour| hour.hour).step_by(step.get()).collect();
    let threads = args.source.thread_count();
    let made = days_source::side_by_side(threads, &origins, |origin| {
        Nowcast::of(series, *origin, parameters).ok()?.issue()
    });
    origins.into_iter().zip(made).filter_map(|(origin, made)| Some((origin, made?))).collect()
}
