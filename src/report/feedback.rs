//! The figures of a feedback sheet (反馈单): suspect data of stations that are not the city's.
//!
//! In: what checks find in a day's hours. Out: [`FeedbackFigures`].
//!
//! Invariants: only national and provincial stations stand in it: the city may mark and report their data,
//! and neither corrects nor excludes them; hours that follow each other with the same finding are one row.
//!
//! Source: terms.md (who does what; 疑似异常).

use serde::Serialize;
use utoipa::ToSchema;

use super::Head;
use super::asked::ReportAsked;
use super::daily::DateWords;
use super::line::plain;
use super::sources::Sources;
use crate::observation::{Property, StationKind, Validity};
use crate::quality::{Finding, Rule};
use crate::time::Hour;

/// What was found of a value.
pub type Found = (Hour, usize, Finding);

/// The figures of a feedback sheet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedbackFigures {
    /// What stands above.
    pub head: Head,
    /// The day.
    pub day: DateWords,
    /// By station and time.
    pub rows: Vec<FeedbackRow>,
    /// How many stations there are in it.
    pub stations: usize,
    /// How many values.
    pub values: usize,
}

/// A finding, of one hour or of several that follow each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct FeedbackRow {
    /// The station's code.
    pub station: String,
    /// As people call it.
    pub name: String,
    /// 国控, 省控.
    pub kind_zh: &'static str,
    /// `6时`, `6时至9时`: hours by their end.
    pub hours_zh: String,
    /// How many hours.
    pub hours: usize,
    /// `PM2.5`; null of all pollutants of the hour.
    pub quantity: Option<&'static str>,
    /// The value as sent, in the first and last of the hours where they differ; empty where it was no number.
    pub values: String,
    /// Its unit; empty as above.
    pub unit: &'static str,
    /// 恒值, 倒挂 and so on.
    pub rule_zh: &'static str,
    /// What was found, of the last of the hours.
    pub reason_zh: String,
}

/// A run of hours with the same finding.
struct Run {
    station: usize,
    rule: Rule,
    property: Option<Property>,
    first: (Hour, Finding),
    last: (Hour, Finding),
}

impl FeedbackFigures {
    pub(super) fn of<E>(
        asked: &ReportAsked<'_>,
        sources: &mut dyn Sources<Fault = E>,
    ) -> Result<Self, E> {
        let (day, registry) = (asked.span.to, asked.registry);
        let of_others = |station: usize| {
            let kind = registry.stations.get(station).map(|station| station.kind);
            matches!(kind, Some(StationKind::National | StationKind::Provincial))
        };
        let mut found = sources.findings(registry, day)?;
        found.retain(|(_, station, _)| of_others(*station));
        let values = found.len();
        let runs = runs(found);
        let mut stations: Vec<usize> = runs.iter().map(|run| run.station).collect();
        stations.dedup();
        Ok(Self {
            head: asked.head_of_records(asked.span, false),
            day: DateWords::of(day),
            rows: runs.iter().map(|run| row(run, asked)).collect(),
            stations: stations.len(),
            values,
        })
    }
}

/// The name of a quantity in a text: no lowered digits.
const fn quantity(property: Property) -> &'static str {
    match property {
        Property::Pollutant(pollutant) => plain(pollutant),
        other => other.label(),
    }
}

/// By station, then by first hour.
fn runs(found: Vec<Found>) -> Vec<Run> {
    let mut all: Vec<Run> = Vec::new();
    for (hour, station, finding) in found {
        let (rule, property) = (finding.rule, finding.property);
        let goes_on = |run: &&mut Run| {
            (run.station, run.rule, run.property) == (station, rule, property)
                && run.last.0.plus(1) == hour
        };
        match all.iter_mut().find(goes_on) {
            Some(run) => run.last = (hour, finding),
            None => all.push(Run {
                station,
                rule,
                property,
                first: (hour, finding),
                last: (hour, finding),
            }),
        }
    }
    all.sort_by_key(|run| (run.station, run.first.0));
    all
}

fn row(run: &Run, asked: &ReportAsked<'_>) -> FeedbackRow {
    let stations = &asked.registry.stations;
    let station = &stations[run.station];
    let shown = |finding: &Finding| match (run.property, finding.reading.validity) {
        (Some(property), validity) if validity != Validity::NotANumber => {
            property.show(finding.reading.amount)
        }
        _ => String::new(),
    };
    let (first, last) = (shown(&run.first.1), shown(&run.last.1));
    let (from, to) = (run.first.0.ending(), run.last.0.ending());
    let name = |at: usize| stations.get(at).map(|s| s.name.clone()).unwrap_or_default();
    FeedbackRow {
        station: station.id.to_string(),
        name: station.name.clone(),
        kind_zh: station.kind.label(),
        hours_zh: if from == to { format!("{from}时") } else { format!("{from}时至{to}时") },
        hours: usize::try_from(run.last.0.number() - run.first.0.number() + 1).unwrap_or(0),
        quantity: run.property.map(quantity),
        unit: if first.is_empty() { "" } else { run.property.map_or("", |p| p.unit_text()) },
        values: if first == last { first } else { format!("{first}～{last}") },
        rule_zh: run.rule.label(),
        reason_zh: run.last.1.reason(name),
    }
}
