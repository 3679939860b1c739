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
use crate::duty::DutyRecord;
use crate::measures::Edition;
use crate::observation::Dataset;
use crate::report::{
    DaysWanted, DutyWanted, Format, Found, Given, Made, RECORDS_MAX, RecordsWanted, ReportAsked,
    ReportKind, ReportLists, Sources, Unmade,
};
use crate::standard::{Parameters, Practice};
use crate::store::{self, DutyAsked, Reader, RecordsAsked};
use crate::time::Day;
use crate::warning::Record;
use crate::{clock, paper};

/// A paper (日报 and so on): what the room hands on.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The kind: daily (空气质量日报), brief (日报短信), forecast (空气质量预报单), weekly (空气质量周报), monthly (空气质量月报),
    /// ranking (排名表), leader (领导专报); of a record of a warning consultation (会商记录), approval
    /// (预警建议与审批单), notice (启动、调整、解除通知), tasks (分区县任务单), review (过程总结); of a day of a
    /// response response (14时调度日报); feedback (反馈单); shift (值班日志).
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
    #[arg(long, value_name = "DAY")]
    day: Option<String>,
    /// Of a month's paper: the month, such as 2025-03 [default: that of the last day that has ended].
    #[arg(long, value_name = "MONTH")]
    month: Option<String>,
    /// Of a record's paper: the number of the record, of a review that of the warning; of a forecast or a
    /// response in place of the day.
    #[arg(long, value_name = "N")]
    record: Option<String>,
    /// Of the task sheets: one district or department [default: all, one after the other].
    #[arg(long, value_name = "NAME")]
    receiver: Option<String>,
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
    let given = Given {
        day: args.day.as_deref(),
        month: args.month.as_deref(),
        record: args.record.as_deref(),
        receiver: args.receiver.as_deref(),
    };
    let of = given.read(args.kind, ended);
    let (span, record) = of.map_err(|(of, e)| ExitError::Usage(format!("--{of}: {e}")))?;
    let path = &config.store.path;
    if !path.is_file() {
        return Err(ExitError::Io(format!("{}: there is no such store", path.display())));
    }
    let reader = Reader::open(path).map_err(|e| store_fault(path, &e))?;
    // Days are judged by the letter, as `assess` and the page of the year judge them.
    let parameters = Parameters { practice: Practice::Letter, ..config.pipeline.parameters };
    let asked = ReportAsked {
        kind: args.kind,
        registry,
        member,
        span,
        record,
        receiver: args.receiver.as_deref(),
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
            measures: config.measures.as_deref(),
            district_report_due: config.district_report_due,
        },
        made: Made { unit: &config.reports.unit, at: now, simulated: config.simulated },
    };
    let mut sources = FromStore { reader: &reader, config, area: registry.area.as_str() };
    let figures = asked.reckon(&mut sources).map_err(|e| match e {
        Unmade::Refused(why) => ExitError::Usage(why),
        Unmade::Unread(e) => store_fault(path, &e),
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

/// The store of a configuration.
struct FromStore<'a> {
    reader: &'a Reader,
    config: &'a Config,
    area: &'a str,
}

impl Sources for FromStore<'_> {
    type Fault = store::Error;

    fn days(&mut self, wanted: &DaysWanted<'_>) -> Result<Vec<Vec<DayFigures>>, store::Error> {
        days(self.reader, self.config, wanted)
    }

    fn records(&mut self, wanted: &RecordsWanted) -> Result<Vec<Record>, store::Error> {
        let RecordsWanted { kinds, before, drill } = *wanted;
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let asked =
            RecordsAsked { kinds, before, between: None, drill: Some(drill), limit: RECORDS_MAX };
        self.reader.records(self.area, &asked)
    }

    fn record(&mut self, number: u64) -> Result<Option<Record>, store::Error> {
        self.reader.record(self.area, number)
    }

    fn warning(&mut self, number: u64) -> Result<Vec<Record>, store::Error> {
        self.reader.warning(self.area, number)
    }

    fn edition(&mut self, digest: &str) -> Result<Option<Edition>, store::Error> {
        self.reader.edition(digest)
    }

    fn duty(&mut self, wanted: &DutyWanted) -> Result<Vec<DutyRecord>, store::Error> {
        let kinds = wanted.kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let (between, limit) = (Some(wanted.between), RECORDS_MAX);
        let asked = DutyAsked { kinds, between, limit, before: wanted.before, paper: None };
        self.reader.duty_records(self.area, &asked)
    }

    fn findings(&mut self, registry: &Registry, day: Day) -> Result<Vec<Found>, store::Error> {
        self.reader.findings(registry, day)
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
