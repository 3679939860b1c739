//! `lantian report`: a paper from a store, beside a daemon or without one.
//!
//! In: a configuration, the kind, the day or month. Out: the paper in a format, or its figures as JSON.

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use super::fault::store_fault;
use super::reconcile::area_of;
use super::{ExitError, daemon, text};
use crate::area::{Member, Registry};
use crate::assessment::{Counting, DayFigures, DustColumn, JudgedBy};
use crate::config::{self, Config};
use crate::observation::Dataset;
use crate::report::{
    DaysWanted, Every, Format, Made, RECORDS, RECORDS_MAX, ReportAsked, ReportKind, ReportLists,
};
use crate::standard::{Parameters, Practice};
use crate::store::{self, Reader, RecordsAsked};
use crate::{clock, paper};

/// A paper (日报 and so on): what the room hands on.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The kind: daily (空气质量日报), weekly (空气质量周报), monthly (空气质量月报),
    /// ranking (排名表), leader (领导专报).
    #[arg(value_name = "KIND")]
    kind: ReportKind,
    /// The configuration, whose store is read; a daemon may be writing to it.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The area; may be left out when there is only one.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// The area or set (area/set) whose figures stand first [default: the area].
    #[arg(long, value_name = "ENTITY")]
    entity: Option<String>,
    /// Of a day's paper: the day, such as 2025-03-07; of a week's, any of its days [default: the last that
    /// has ended].
    #[arg(long, value_name = "DAY", conflicts_with = "month")]
    day: Option<String>,
    /// Of a month's paper: the month, such as 2025-03 [default: that of the last day that has ended].
    #[arg(long, value_name = "MONTH")]
    month: Option<String>,
    /// On which data figures rest.
    #[arg(long, value_name = "realtime|reviewed|best", default_value_t)]
    dataset: Dataset,
    /// Each day by the edition in force on it, or all of them by one.
    #[arg(long, value_name = "in_force|2012|2026", default_value_t)]
    edition: JudgedBy,
    /// In which column of dust figures stand.
    #[arg(long, value_name = "measured|dust_recognised|dust_reported",
        value_parser = DustColumn::reckoned, default_value = "measured")]
    dust_column: DustColumn,
    /// html (a page to print), text (to paste), csv and xlsx (the tables), docx (to edit and sign), json (the
    /// figures).
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = wanted)]
    format: Wanted,
    /// Where to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A paper in a format, or its figures.
#[derive(Clone, Copy, Debug)]
enum Wanted {
    Figures,
    Paper(Format),
}

fn wanted(text: &str) -> Result<Wanted, String> {
    match text {
        "json" => Ok(Wanted::Figures),
        _ => text.parse().map(Wanted::Paper).map_err(|e: String| format!("json, or {e}")),
    }
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    let config = config::load(&args.config).map_err(|faults| daemon::faulty(&faults))?;
    let bytes = paper(args, &config)?;
    match &args.output {
        None => text::written(out.write_all(&bytes)),
        Some(path) => {
            fs::write(path, bytes).map_err(|e| ExitError::Io(format!("{}: {e}", path.display())))
        }
    }
}

fn paper(args: &Args, config: &Config) -> Result<Vec<u8>, ExitError> {
    let registries: Vec<&Registry> = config.areas.iter().map(|area| &area.registry).collect();
    let (registry, member) = whose(args, &registries)?;
    let now = clock::now();
    let ended = now.hour().day().plus(-1);
    let span = args.kind.span(&of(args, || args.kind.usual(ended))?, ended);
    let path = &config.store.path;
    if !path.is_file() {
        return Err(ExitError::Io(format!("{}: there is no such store", path.display())));
    }
    let reader = Reader::open(path).map_err(|e| store_fault(path, &e))?;
    // Days are judged by the letter, as `assess` and the page of the year judge them.
    let parameters = Parameters { practice: Practice::Letter, ..config.pipeline.parameters };
    let mut records = Vec::new();
    for kinds in RECORDS.into_iter().filter(|_| args.kind == ReportKind::Leader) {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let told = RecordsAsked { kinds, before: None, drill: Some(None), limit: RECORDS_MAX };
        let found = reader.records(registry.area.as_str(), &told);
        records.extend(found.map_err(|e| store_fault(path, &e))?);
    }
    let asked = ReportAsked {
        kind: args.kind,
        registry,
        member,
        span: span
            .map_err(|e| ExitError::Usage(format!("--{}: {e}", args.kind.every().option())))?,
        parameters: &parameters,
        dataset: args.dataset,
        judged_by: args.edition,
        dust: args.dust_column,
        lists: ReportLists {
            registries: &registries,
            ranks: &config.ranks,
            targets: &config.targets,
            resampling: &config.resampling,
            dust: &config.dust,
        },
        records: &records,
        made: Made { unit: &config.reports.unit, at: now, simulated: config.simulated },
    };
    let figures = asked.reckon(&mut |wanted: &DaysWanted<'_>| {
        days(&reader, config, wanted).map_err(|e| store_fault(path, &e))
    })?;
    match args.format {
        Wanted::Figures => {
            let document = serde_json::to_string_pretty(&figures);
            let document = document.map_err(|e| ExitError::Internal(e.to_string()))?;
            Ok((document + "\n").into_bytes())
        }
        Wanted::Paper(format) => {
            let document = config.reports.templates.document(&figures);
            let document = document.map_err(|e| ExitError::Config(e.to_string()))?;
            paper::render(&document, format).map_err(ExitError::Internal)
        }
    }
}

/// The area asked for, or the only one; lists of reference cities have no papers.
fn whose<'r>(
    args: &Args,
    registries: &[&'r Registry],
) -> Result<(&'r Registry, Member), ExitError> {
    let watched = || registries.iter().filter(|registry| !registry.is_reference());
    let ids: Vec<_> = watched().map(|registry| registry.area.clone()).collect();
    let area = area_of(&ids, args.area.as_deref())?;
    let found = watched().find(|registry| registry.area == area);
    let registry = found.ok_or_else(|| ExitError::Usage(format!("--area: no {area}")))?;
    let Some(entity) = &args.entity else { return Ok((registry, Member::Set(0))) };
    match registry.member(entity) {
        Some(member @ Member::Set(_)) => Ok((registry, member)),
        _ => Err(ExitError::Usage(format!("--entity: area {area} has no set {entity}"))),
    }
}

/// The day or month asked for; one that the kind does not have is refused.
fn of(args: &Args, usual: impl FnOnce() -> String) -> Result<String, ExitError> {
    let (own, other) = match args.kind.every() {
        Every::Day | Every::Week => (&args.day, &args.month),
        Every::Month => (&args.month, &args.day),
    };
    match (own, other) {
        (_, Some(_)) => {
            let (kind, option) = (args.kind, args.kind.every().option());
            Err(ExitError::Usage(format!("{kind} is asked for by --{option}")))
        }
        (Some(own), None) => Ok(own.clone()),
        (None, None) => Ok(usual()),
    }
}

fn days(
    reader: &Reader,
    config: &Config,
    wanted: &DaysWanted<'_>,
) -> Result<Vec<Vec<DayFigures>>, store::Error> {
    let DaysWanted { registry, members, parameters, judged_by, dataset, .. } = *wanted;
    let deduction = &config.dust.of(wanted.dust, registry);
    let mut all = vec![Vec::new(); members.len()];
    let counting = Counting { dataset, deduction };
    reader.each_day(counting, (registry, members), wanted.days, parameters, |_, row| {
        for (member, day) in row {
            if let Some(at) = members.iter().position(|m| m == member) {
                all[at].push(day.clone().judged_by(judged_by, parameters, member.entity()));
            }
        }
        Ok::<(), store::Error>(())
    })?;
    Ok(all)
}
