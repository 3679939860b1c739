//! `lantian assess`: what the days of a span come to, from a store or from files.
//!
//! Without a store, files are read and judged in memory, on all processors. Both ways give the same
//! figures: a test holds them equal.

mod source;
mod target;
mod tell;

use std::io::{self, Write};
use std::num::NonZeroUsize;
use std::path::PathBuf;

use self::source::Source;
use super::{ExitError, daemon, text};
use crate::area::{Member, Registry};
use crate::assessment::{
    Assessment, Comparison, DayFigures, JudgedBy, Period, Season, Seasons, Span, Subject, Versus,
};
use crate::config;
use crate::observation::Dataset;
use crate::replay::files::Format;
use crate::standard::{Entity, Parameters, Practice};
use crate::time::HourLabel;

/// Days, good-day ratio, means, percentiles and composite index of a span (评价).
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store; without it, FILEs are read.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["stations", "sets", "files"])]
    store: Option<PathBuf>,
    /// With files: the list of stations.
    #[arg(long, value_name = "FILE")]
    stations: Option<PathBuf>,
    /// With files: the list of named station sets.
    #[arg(long, value_name = "FILE")]
    sets: Option<PathBuf>,
    /// How the files are laid out.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Whether the files' times name the start or the end of the hour [default: end for cnemc,
    /// else begin].
    #[arg(long, value_name = "begin|end")]
    hour_label: Option<HourLabel>,
    /// The area; may be left out when there is only one.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// The span, such as 2025, 2025-03, 2025-Q1, 2025-01-01..2025-03-31, heating:2024, autumn_winter:2024,
    /// ozone:2025, ytd:2025-10-31, rolling365:2025-10-31, three_years:2025 [default: all that is there].
    #[arg(long, value_name = "SPAN")]
    span: Option<String>,
    /// The area, a set (area/set) or a station; may be given again [default: the area].
    #[arg(long, value_name = "ENTITY", conflicts_with = "all")]
    entity: Vec<String>,
    /// The area, its sets and every station.
    #[arg(long)]
    all: bool,
    /// By which practice days are judged.
    #[arg(long, value_name = "letter|national_platform", default_value_t)]
    practice: Practice,
    /// Each day by the edition in force on it, or all of them by one, so that years compare.
    #[arg(long, value_name = "in_force|2012|2026", default_value_t)]
    edition: JudgedBy,
    /// On which data figures rest.
    #[arg(long, value_name = "realtime|reviewed|best", default_value_t)]
    dataset: Dataset,
    /// Another choice where the sources are silent, such as missing_2012=na100; may be given again. See
    /// `lantian standards`.
    #[arg(long, value_name = "NAME=VALUE")]
    parameter: Vec<String>,
    /// With which other span it is compared: year_before (同比), period_before (环比).
    #[arg(long, value_name = "VERSUS", value_parser = ["year_before", "period_before"])]
    compare: Vec<String>,
    /// The targets of the years, such as seeds/dalian/targets.toml: where a year to date stands against them.
    #[arg(long, value_name = "FILE")]
    targets: Option<PathBuf>,
    /// The heating season.
    #[arg(long, value_name = "MM-DD..MM-DD", default_value_t = Seasons::DEFAULT.heating)]
    heating_season: Season,
    /// The ozone season.
    #[arg(long, value_name = "MM-DD..MM-DD", default_value_t = Seasons::DEFAULT.ozone)]
    ozone_season: Season,
    /// One document; a list of them for several entities.
    #[arg(long)]
    json: bool,
    /// Threads that read and judge files [default: as many as processors].
    #[arg(long, value_name = "N")]
    threads: Option<NonZeroUsize>,
    /// Recorded hours, plain or .gz.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    let parameters = parameters(args)?;
    let span = args.span.as_deref().map(|text| {
        let (heating, ozone) = (args.heating_season, args.ozone_season);
        Span::parse(text, &Seasons { heating, ozone, ..Seasons::DEFAULT })
    });
    let span = span.transpose().map_err(|e| ExitError::Usage(format!("--span: {e}")))?;
    let registry = source::registry(args)?;
    let members = members(args, &registry)?;
    let source = source::open(args, &registry, span)?;
    let mut assessments = assessments(args, &source, (&registry, &members), &parameters)?;
    if let Some(path) = &args.targets {
        let targets = config::targets(path, std::slice::from_ref(&registry));
        let targets = targets.map_err(|faults| daemon::faulty(&faults))?;
        for (member, assessment) in members.iter().zip(&mut assessments) {
            target::judge(args, &source, (&registry, *member), &targets, assessment)?;
        }
    }
    if args.json {
        let document = match assessments.as_slice() {
            [one] if !args.all => serde_json::to_string_pretty(one),
            several => serde_json::to_string_pretty(several),
        };
        let document = document.map_err(|e| ExitError::Internal(e.to_string()))?;
        text::written(writeln!(out, "{document}"))?;
    } else {
        text::written(tell::all(&assessments, out))?;
    }
    source.tell(&mut io::stderr())
}

/// What was chosen where the sources are silent.
fn parameters(args: &Args) -> Result<Parameters, ExitError> {
    let usage = |text: String| ExitError::Usage(format!("--parameter: {text}"));
    let defaults = Parameters { practice: args.practice, ..Parameters::default() };
    let mut fields = match serde_json::to_value(defaults) {
        Ok(serde_json::Value::Object(fields)) => fields,
        _ => return Err(ExitError::Internal("parameters are no object".to_owned())),
    };
    for given in &args.parameter {
        let (name, value) =
            given.split_once('=').ok_or_else(|| usage(format!("{given:?} has no =")))?;
        if !fields.contains_key(name) {
            let known: Vec<&String> = fields.keys().collect();
            return Err(usage(format!("{name:?} is none of {known:?}")));
        }
        let value = match value.parse::<u16>() {
            Ok(number) => number.into(),
            Err(_) => value.into(),
        };
        fields.insert(name.to_owned(), value);
    }
    serde_json::from_value(fields.into()).map_err(|e| usage(e.to_string()))
}

fn members(args: &Args, registry: &Registry) -> Result<Vec<Member>, ExitError> {
    if args.all {
        return Ok(registry.members());
    }
    if args.entity.is_empty() {
        return Ok(vec![Member::Set(0)]);
    }
    let find = |name: &String| {
        let text = || format!("--entity: area {} has no {name}", registry.area);
        registry.member(name).ok_or_else(|| ExitError::Usage(text()))
    };
    args.entity.iter().map(find).collect()
}

/// One span's days, by entity.
type DaysOf = Vec<Vec<DayFigures>>;

fn assessments(
    args: &Args,
    source: &Source<'_>,
    (registry, members): (&Registry, &[Member]),
    parameters: &Parameters,
) -> Result<Vec<Assessment>, ExitError> {
    let Some(span) = source.span() else { return Ok(Vec::new()) };
    let days_of = |span: Span| -> Result<DaysOf, ExitError> {
        source.days(args, (registry, members), (span.from, span.to), parameters)
    };
    let days = days_of(span)?;
    let versus = Versus::ALL.into_iter().filter(|v| args.compare.iter().any(|c| c == v.name()));
    let mut others = Vec::new();
    for versus in versus {
        let other = match versus {
            Versus::YearBefore => span.year_before(),
            Versus::PeriodBefore => span.period_before(),
        };
        let days = other.map(|other| days_of(other).map(|days| (other, days))).transpose()?;
        others.push((versus, days));
    }
    let mut all = Vec::with_capacity(members.len());
    for (at, member) in members.iter().enumerate() {
        let entity = registry.name_of(*member);
        let subject = Subject {
            area: registry.area.as_str(),
            entity: &entity,
            name: name(registry, *member),
            kind: kind(*member),
            parameters,
            judged_by: args.edition,
            dataset: args.dataset,
        };
        let period = |span: Span, days: &[DayFigures]| {
            let ends = (span.from, span.to);
            Period::judged_by(args.edition, ends, days, parameters, subject.kind)
        };
        let now = period(span, &days[at]);
        let compared = |(versus, other): &(Versus, Option<(Span, DaysOf)>)| match other {
            None => Comparison::none(*versus, "该时段没有上一期"),
            Some((other, before)) => {
                let before = &before[at];
                let then = period(*other, before);
                Comparison::of(*versus, (&now, &days[at]), (&then, before), &subject)
            }
        };
        let comparisons = others.iter().map(compared).collect();
        all.push(Assessment { comparisons, ..Assessment::of(&now, &days[at], &subject) });
    }
    Ok(all)
}

/// Station or area.
pub(super) const fn kind(member: Member) -> Entity {
    match member {
        Member::Set(_) => Entity::Area,
        Member::Station(_) => Entity::Station,
    }
}

/// As people say it.
pub(super) fn name(registry: &Registry, member: Member) -> &str {
    match member {
        Member::Set(0) => &registry.name,
        Member::Set(set) => &registry.sets[set].name,
        Member::Station(station) => &registry.stations[station].name,
    }
}
