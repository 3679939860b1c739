//! `lantian export`: stored hours as CSV or JSON, computed anew from the observations.
//!
//! Rows go by time; within an hour the area comes first, then its sets in their order, then the stations
//! by code. Every hour from the first to the last with an observation is there, with every set and every
//! station in operation, also when all is missing: silence is not dropped.
//!
//! `--what days` and `--what assessment` are rows of natural days, and of what they come to over the span.
//! `--what quality` is the feedback sheet instead: a row for each value that is suspect or does not count.
//! Which data the figures rest on is told on standard error (数据口径), by the first entity asked for.
//!
//! `--from` and `--to` are natural days. By label `end` the first hour of a day reads 01:00 and its last
//! one 00:00 of the day after.

mod days;
mod quality;
mod rows;

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use self::rows::Rows;
use super::fault::store_fault;
use super::{ExitError, days_source, publishing, text};
use crate::area::{AreaId, Member, Registry};
use crate::assessment::DustColumn;
use crate::assessment::dust::DustEntries;
use crate::observation::{Basis, Dataset};
use crate::standard::{Parameters, Practice, standards};
use crate::store::{self, Reader};
use crate::time::{Day, Hour, HourLabel};

/// Write stored hours or days, with the figures of every station and set, as CSV or JSON; what they come to
/// over the span; or what is suspect in them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store. A daemon may be writing to it.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// What to write.
    #[arg(long, value_enum)]
    what: What,
    /// The area; may be left out when the store has one.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// The first day, such as 2025-01-01 [default: the first with an observation].
    #[arg(long, value_name = "DAY")]
    from: Option<String>,
    /// The last day, included [default: the last with an observation].
    #[arg(long, value_name = "DAY")]
    to: Option<String>,
    /// Whether times name the start or the end of the hour.
    #[arg(long, value_name = "begin|end", default_value = "begin")]
    hour_label: HourLabel,
    /// By which practice figures are taken.
    #[arg(long, value_name = "letter|national_platform", default_value_t)]
    practice: Practice,
    /// On which data figures rest: on reviewed data where there is any, else on real-time data (best), or
    /// on one of them alone. Which it comes to is told on standard error, and in JSON as `dataset_zh`.
    #[arg(long, value_name = "realtime|reviewed|best", default_value_t)]
    dataset: Dataset,
    /// Dust (沙尘) as it was reported and recognised, such as seeds/dalian/dust.toml (with --what days and
    /// assessment).
    #[arg(long, value_name = "FILE")]
    dust: Option<PathBuf>,
    /// In which column days stand: as measured (实况), without recognised dust (扣沙(认定)), or without what was
    /// reported (扣沙(申报,估算)).
    #[arg(long, value_name = "measured|dust_recognised|dust_reported",
        value_parser = DustColumn::reckoned, default_value = "measured")]
    dust_column: DustColumn,
    /// How the rows are written.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// Daily values with six decimals, before they are rounded (with --what days).
    #[arg(long)]
    exact: bool,
    /// Only this area, set (area/set) or station; may be given again.
    #[arg(long, value_name = "ENTITY")]
    entity: Vec<String>,
    /// Where to write [default: standard output].
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
enum What {
    /// A row for each hour and entity.
    Hours,
    /// A row for each value that is suspect or does not count (疑似异常反馈表), as CSV.
    Quality,
    /// A row for each day and entity.
    Days,
    /// A row for each entity: what the days from the first to the last come to.
    Assessment,
}

/// How rows are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
enum Format {
    /// A header and a line a row.
    #[default]
    Csv,
    /// One document.
    Json,
}

/// What is asked of one area.
struct Asked {
    registry: Registry,
    members: Vec<Member>,
    /// `None` when nothing is stored for it.
    span: Option<(Hour, Hour)>,
    /// What may be deducted for dust.
    dust: DustEntries,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    check_what(args)?;
    if !args.store.is_file() {
        return Err(ExitError::Io(format!("{}: there is no such store", args.store.display())));
    }
    let reader = Reader::open(&args.store).map_err(|e| store_fault(&args.store, &e))?;
    let asked = asked(args, &reader)?;
    let written = match &args.output {
        None => write(args, &reader, asked.as_ref(), out),
        Some(path) => {
            let io = |e: io::Error| ExitError::Io(format!("{}: {e}", path.display()));
            write(args, &reader, asked.as_ref(), File::create(path).map_err(io)?)
        }
    };
    match written {
        Err(Broken::Store(e)) => Err(store_fault(&args.store, &e)),
        Err(Broken::Output(e)) => text::written(Err(e)),
        Ok(_) if args.what == What::Quality => Ok(()),
        Ok(basis) => {
            let dust = match args.dust_column {
                DustColumn::Measured => String::new(),
                column => format!("；{}", column.zh()),
            };
            let line = format!("数据口径:{}{dust}\n", basis.zh(args.dataset));
            // A closed standard error changes nothing.
            io::stderr().write_all(line.as_bytes()).unwrap_or_default();
            Ok(())
        }
    }
}

fn check_what(args: &Args) -> Result<(), ExitError> {
    match (args.what, args.format) {
        (What::Quality, Format::Json) => {
            Err(ExitError::Usage("--what quality is a sheet: --format csv".to_owned()))
        }
        (what, _) if args.exact && what != What::Days => {
            Err(ExitError::Usage("--exact: only with --what days".to_owned()))
        }
        (What::Hours | What::Quality, _)
            if args.dust.is_some() || args.dust_column != DustColumn::Measured =>
        {
            let text = "--dust: only with --what days and --what assessment";
            Err(ExitError::Usage(text.to_owned()))
        }
        _ => Ok(()),
    }
}

/// `None` for a store without any area.
fn asked(args: &Args, reader: &Reader) -> Result<Option<Asked>, ExitError> {
    let (from, to) = (day("--from", args.from.as_deref())?, day("--to", args.to.as_deref())?);
    if let (Some(from), Some(to)) = (from, to)
        && to < from
    {
        return Err(ExitError::Usage(format!("--to {to} is before --from {from}")));
    }
    let Some(area) = area(args, &reader.areas().map_err(|e| store_fault(&args.store, &e))?)? else {
        return Ok(None);
    };
    let registry = reader.registry(&area).map_err(|e| store_fault(&args.store, &e))?;
    let members = members(args, &registry)?;
    let held = reader.hours_held(&registry).map_err(|e| store_fault(&args.store, &e))?;
    let first = from.map_or(Hour::from_number(i32::MIN), Day::start);
    let last = to.map_or(Hour::from_number(i32::MAX), |to| to.plus(1).start().plus(-1));
    let span = held.map(|held| (held.0.max(first), held.1.min(last))).filter(|(a, b)| a <= b);
    let path = args.dust.as_deref();
    let fault = |e| store_fault(&args.store, &e);
    let areas = reader.areas().map_err(fault)?;
    let all: Result<Vec<_>, _> = areas.iter().map(|a| reader.registry(a).map_err(fault)).collect();
    let dust =
        days_source::dust(path, args.dust_column, (&all?, &crate::assessment::Seasons::DEFAULT))?;
    Ok(Some(Asked { registry, members, span, dust }))
}

fn day(option: &str, written: Option<&str>) -> Result<Option<Day>, ExitError> {
    let Some(written) = written else { return Ok(None) };
    let day = written.parse().map(Some);
    day.map_err(|_| ExitError::Usage(format!("{option}: YYYY-MM-DD expected, got {written:?}")))
}

fn area(args: &Args, areas: &[AreaId]) -> Result<Option<AreaId>, ExitError> {
    let list = || areas.iter().map(AreaId::as_str).collect::<Vec<_>>().join(", ");
    match (&args.area, areas) {
        (None, []) => Ok(None),
        (None, [only]) => Ok(Some(only.clone())),
        (None, _) => Err(ExitError::Usage(format!("--area: one of {} expected", list()))),
        (Some(asked), _) => {
            let found = areas.iter().find(|area| area.as_str() == asked).cloned().map(Some);
            let text = || format!("--area: the store has no area {asked}, it has: {}", list());
            found.ok_or_else(|| ExitError::Usage(text()))
        }
    }
}

fn members(args: &Args, registry: &Registry) -> Result<Vec<Member>, ExitError> {
    if args.entity.is_empty() {
        return Ok(registry.members());
    }
    let find = |name: &String| {
        let text = || format!("--entity: area {} has no {name}", registry.area);
        registry.member(name).ok_or_else(|| ExitError::Usage(text()))
    };
    let mut found = args.entity.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    found.sort_unstable(); // sets first, then stations, both in their order
    found.dedup();
    Ok(found)
}

/// What ended the writing.
enum Broken {
    Store(store::Error),
    Output(io::Error),
}

impl From<store::Error> for Broken {
    fn from(e: store::Error) -> Self {
        Self::Store(e)
    }
}

impl From<io::Error> for Broken {
    fn from(e: io::Error) -> Self {
        Self::Output(e)
    }
}

impl From<csv::Error> for Broken {
    fn from(e: csv::Error) -> Self {
        Self::Output(e.into())
    }
}

fn write(
    args: &Args,
    reader: &Reader,
    asked: Option<&Asked>,
    out: impl Write,
) -> Result<Basis, Broken> {
    let mut out = BufWriter::with_capacity(128 * 1024, out);
    if args.what == What::Quality {
        quality::write(reader, asked, args.hour_label, out)?;
        return Ok(Basis::until(None));
    }
    if matches!(args.what, What::Days | What::Assessment) {
        return days::write(args, reader, asked, out);
    }
    let span = asked.and_then(|a| a.span);
    let mut basis = Basis::default();
    match args.format {
        Format::Csv => out.write_all(rows::CSV_HEADER.as_bytes())?,
        Format::Json => out.write_all(head(args, span).as_bytes())?,
    }
    if let Some((Asked { registry, members, .. }, span)) = asked.zip(span) {
        let parameters = Parameters { practice: args.practice, ..Parameters::default() };
        let hours = u64::from((span.1.number() + 1 - span.0.number()).unsigned_abs());
        let bar = publishing::bar(hours, "exporting {bar:30} {pos}/{len} hours {eta}");
        let mut rows = Rows::new(registry, args.practice, args.hour_label);
        let mut line = Vec::with_capacity(64 * 1024);
        let mut first = true;
        let of = (registry, members.as_slice());
        reader.each_hour_of(args.dataset, of, span, &parameters, |hour, figures| {
            line.clear();
            // The first one is the area, unless only others are asked for.
            basis.note(hour, figures.first().is_some_and(|(_, first)| first.reviewed));
            for (member, figures) in figures {
                match args.format {
                    Format::Csv => rows.csv(*member, figures, &mut line),
                    Format::Json => {
                        line.extend_from_slice(if first { b"\n" } else { b",\n" });
                        rows.json(*member, figures, &mut line);
                    }
                }
                first = false;
            }
            out.write_all(&line)?;
            bar.inc(1);
            Ok::<(), Broken>(())
        })?;
        bar.finish_and_clear();
    }
    if args.format == Format::Json {
        writeln!(out, "\n],\"dataset_zh\":\"{}\"}}", basis.zh(args.dataset))?;
    }
    out.flush()?;
    Ok(basis)
}

/// The document's beginning, up to its rows.
fn head(args: &Args, span: Option<(Hour, Hour)>) -> String {
    let label = match args.hour_label {
        HourLabel::Begin => "begin",
        HourLabel::End => "end",
    };
    let in_force = |(from, to): (Hour, Hour)| {
        let first = standards().index_edition(from.day()).in_force().from;
        let began = move |day: Day| day == first || (from.day() < day && day <= to.day());
        standards().index_editions().iter().filter(move |e| began(e.in_force().from))
    };
    let editions: Vec<String> =
        span.into_iter().flat_map(in_force).map(|e| format!("\"{}\"", e.id())).collect();
    format!(
        "{{\"what\":\"hours\",\"practice\":\"{}\",\"dataset\":\"{}\",\
         \"hour_label\":\"{label}\",\"editions\":[{}],\"rows\":[",
        args.practice,
        args.dataset,
        editions.join(",")
    )
}
