//! `lantian assess`: what the days of a span come to, from a store or from files.
//!
//! Without a store, files are read and judged in memory, on all processors. Both ways give the same
//! figures: a test holds them equal.

mod target;
mod tell;

use std::io::{self, Write};
use std::path::PathBuf;

use super::days_source::{self, DaysOf, Source, SourceArgs, Way};
use super::{ExitError, daemon, text};
use crate::area::{Member, Registry};
use crate::assessment::{Assessment, Span, Subject, Versus};
use crate::config;
use crate::standard::Parameters;

/// Days, good-day ratio, means, percentiles and composite index of a span (评价).
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    source: SourceArgs,
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
    /// With which other span it is compared: year_before (同比), period_before (环比).
    #[arg(long, value_name = "VERSUS", value_parser = ["year_before", "period_before"])]
    compare: Vec<String>,
    /// The targets of the years, such as seeds/dalian/targets.toml: where a year to date stands against them.
    #[arg(long, value_name = "FILE")]
    targets: Option<PathBuf>,
    /// One document; a list of them for several entities.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    let parameters = args.source.parameters()?;
    let span = args.span.as_deref().map(|text| Span::parse(text, &args.source.seasons()));
    let span = span.transpose().map_err(|e| ExitError::Usage(format!("--span: {e}")))?;
    let registry = days_source::registry(&args.source, args.area.as_deref())?;
    let members = members(args, &registry)?;
    let source = days_source::open(&args.source, &registry, span)?;
    let mut assessments = assessments(args, &source, (&registry, &members), &parameters)?;
    if let Some(path) = &args.targets {
        let targets = config::targets(path, std::slice::from_ref(&registry));
        let targets = targets.map_err(|faults| daemon::faulty(&faults))?;
        for (member, assessment) in members.iter().zip(&mut assessments) {
            target::judge(&args.source, &source, (&registry, *member), &targets, assessment)?;
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

fn members(args: &Args, registry: &Registry) -> Result<Vec<Member>, ExitError> {
    if args.all {
        return Ok(registry.members());
    }
    if args.entity.is_empty() {
        if registry.is_reference() {
            let text =
                format!("--entity or --all: {} is a list of reference cities", registry.area);
            return Err(ExitError::Usage(text));
        }
        return Ok(vec![Member::Set(0)]);
    }
    let find = |name: &String| {
        let text = || format!("--entity: area {} has no {name}", registry.area);
        registry.member(name).ok_or_else(|| ExitError::Usage(text()))
    };
    args.entity.iter().map(find).collect()
}

fn assessments(
    args: &Args,
    source: &Source<'_>,
    (registry, members): (&Registry, &[Member]),
    parameters: &Parameters,
) -> Result<Vec<Assessment>, ExitError> {
    let Some(span) = source.span() else { return Ok(Vec::new()) };
    let way = args.source.way();
    let days_of = |span: Span| -> Result<DaysOf, ExitError> {
        source.days(&args.source, way, (registry, members), (span.from, span.to), parameters)
    };
    let days = days_of(span)?;
    let compared = |v: &Versus| args.compare.iter().any(|c| c == v.name());
    let compared: Vec<Versus> = Versus::ALL.into_iter().filter(compared).collect();
    // Days of all members are read at once, each span a single time.
    let mut others: Vec<(Span, DaysOf)> = Vec::new();
    let mut all = Vec::with_capacity(members.len());
    for (at, member) in members.iter().enumerate() {
        let entity = registry.name_of(*member);
        let subject = Subject {
            area: registry.area.as_str(),
            entity: &entity,
            name: registry.called(*member),
            kind: member.entity(),
            parameters,
            judged_by: args.source.edition,
            dataset: args.source.dataset,
            dust: args.source.dust_column,
        };
        let assessment = subject.assessed((span, &days[at]), &compared, |other| {
            if !others.iter().any(|(span, _)| *span == other) {
                others.push((other, days_of(other)?));
            }
            let read = others.iter().find(|(span, _)| *span == other);
            Ok::<_, ExitError>(read.map_or_else(Vec::new, |(_, days)| days[at].clone()))
        })?;
        let table = source.dust.table(&subject, (registry, *member), span, |dust| {
            let (way, of) = (Way { dust, ..way }, (registry, std::slice::from_ref(member)));
            let days = source.days(&args.source, way, of, (span.from, span.to), parameters)?;
            Ok::<_, ExitError>(days.into_iter().flatten().collect())
        })?;
        all.push(assessment.with_dust(table));
    }
    Ok(all)
}
