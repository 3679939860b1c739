//! `lantian import`: recorded hours into a store.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::fault::store_fault;
use super::{ExitError, daemon, publishing, text};
use crate::area::{Membership, Registry, Span, StationSet};
use crate::clock;
use crate::observation::Dataset;
use crate::replay::Fault;
use crate::replay::files::{self, Format, Reader};
use crate::replay::import::{Import, Source, Strangers, Tally};
use crate::standard::Practice;
use crate::store::{Rules, Sqlite};
use crate::time::{DAY_H, Day, Hour, HourLabel};

/// Faults told one by one; the rest as numbers.
const FAULTS_TOLD: usize = 20;

/// Take recorded hours into a store: what is good is taken, what is faulty is told.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store; made when it is not there.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The list of stations: says to which area each belongs.
    #[arg(long, value_name = "FILE")]
    stations: PathBuf,
    /// The list of named station sets; without it the store's own stay as they are.
    #[arg(long, value_name = "FILE")]
    sets: Option<PathBuf>,
    /// Only the stations of this area.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// Whether the files' times name the start or the end of the hour [default: end for cnemc,
    /// else begin].
    #[arg(long, value_name = "begin|end")]
    hour_label: Option<HourLabel>,
    /// How the files are laid out.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// By which the areas' stored hours are judged [default: as the daemon does, else letter].
    #[arg(long, value_name = "letter|national_platform")]
    practice: Option<Practice>,
    /// What the files hold: values as they were reported, or as they came back from review.
    #[arg(long, value_name = "realtime|reviewed", default_value_t = Dataset::Realtime)]
    dataset: Dataset,
    /// With `--dataset reviewed`: the days or hours (by the files' label), both included, that the review
    /// covers for every station of the list. An hour that the files leave out is invalid in it.
    #[arg(long, value_name = "FROM..TO")]
    span: Option<String>,
    /// Recorded hours, plain or .gz.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    let (listed, elsewhere) = listed(args)?;
    let review = review(args, &listed)?;
    let sources = sources(args)?;
    let mut store = Sqlite::open(&args.store).map_err(|e| store_fault(&args.store, &e))?;
    let registries = adopt(&mut store, listed, args)?;
    let mut faults = Faults::default();
    let input = (sources, elsewhere, review.as_ref());
    let (tally, skipped) = take(args, &mut store, &registries, input, &mut faults)?;
    faults.tell(&mut io::stderr().lock());
    text::written(tell(&tally, skipped, out))?;
    text::written(review.map_or(Ok(()), |review| review.tell(out)))?;
    match faults.count {
        0 => Ok(()),
        n => Err(ExitError::Data(format!("all else is imported, but {n} rows were faulty"))),
    }
}

/// The areas asked for, and the stations of the list that lie in others.
fn listed(args: &Args) -> Result<(Vec<Registry>, BTreeSet<String>), ExitError> {
    let all = daemon::registries(&args.stations, args.sets.as_deref(), &BTreeMap::new())
        .map_err(|e| ExitError::Data(e.to_string()))?;
    let asked = |r: &Registry| args.area.as_deref().is_none_or(|area| r.area.as_str() == area);
    let (here, others): (Vec<_>, Vec<_>) = all.into_iter().partition(asked);
    if here.is_empty() {
        let area = args.area.as_deref().unwrap_or_default();
        let list = args.stations.display();
        return Err(ExitError::Usage(format!("--area: {list} has no station of area {area}")));
    }
    let mut seen = BTreeSet::new();
    let codes = |r: &Registry| r.stations.iter().map(|s| s.id.to_string()).collect::<Vec<_>>();
    for code in here.iter().flat_map(codes) {
        if !seen.insert(code.clone()) {
            let list = args.stations.display();
            return Err(ExitError::Data(format!("{list}: station {code} is in two areas")));
        }
    }
    let mut names = BTreeSet::new();
    for city in here.iter().filter(|r| r.is_reference()).flat_map(|r| &r.stations) {
        if !names.insert(&city.name) {
            let (list, name) = (args.stations.display(), &city.name);
            return Err(ExitError::Data(format!(
                "{list}: city {name} is in two areas: use --area"
            )));
        }
    }
    Ok((here, others.iter().flat_map(codes).filter(|code| !seen.contains(code)).collect()))
}

/// What an import of reviewed data declares.
struct Review {
    /// Both ends included.
    span: (Hour, Hour),
    stations: BTreeSet<String>,
}

/// A longer span is a slip of the pen: every day of it is written for every station.
const SPAN_DAYS: i32 = 3_700;

/// `None` for real-time data.
fn review(args: &Args, listed: &[Registry]) -> Result<Option<Review>, ExitError> {
    let wrong = |text: String| Err(ExitError::Usage(text));
    let written = match (args.dataset, args.span.as_deref()) {
        (Dataset::Realtime, None) => return Ok(None),
        (Dataset::Reviewed, Some(span)) => span,
        (Dataset::Realtime, Some(_)) => {
            return wrong("--span: only with --dataset reviewed".to_owned());
        }
        (Dataset::Reviewed, None) => {
            return wrong("--dataset reviewed: --span FROM..TO says what it covers".to_owned());
        }
        (Dataset::Best, _) => {
            return wrong("--dataset: realtime or reviewed expected, got best".to_owned());
        }
    };
    let label = args.hour_label.unwrap_or(args.format.usual_label());
    let ends = written.split_once("..").and_then(|(from, to)| {
        Some((end(from.trim(), label, 0)?, end(to.trim(), label, DAY_H - 1)?))
    });
    let Some((from, to)) = ends else {
        let forms = "FROM..TO expected, each YYYY-MM-DD or YYYY-MM-DD HH:00";
        return wrong(format!("--span: {forms}, got {written:?}"));
    };
    if to < from {
        return wrong(format!("--span: {written:?} ends before it begins"));
    }
    if to.end() > clock::now() {
        return wrong(format!("--span: {written:?} ends in the future"));
    }
    if to.day().number() - from.day().number() > SPAN_DAYS {
        return wrong(format!("--span: {written:?} is longer than {SPAN_DAYS} days"));
    }
    let codes = |r: &Registry| r.stations.iter().map(|s| s.id.to_string()).collect::<Vec<_>>();
    let stations = listed.iter().flat_map(codes).collect();
    Ok(Some(Review { span: (from, to), stations }))
}

/// An end of a span: an hour by its label, or the hour `of_day` of a day.
fn end(text: &str, label: HourLabel, of_day: usize) -> Option<Hour> {
    let day = text.parse::<Day>().ok().map(|day| day.hour(of_day));
    day.or_else(|| Hour::parse_label(text, label).ok())
}

impl Review {
    fn tell(&self, out: &mut impl Write) -> io::Result<()> {
        let (from, to) = self.span;
        let (from, to) = (from.start(), to.end());
        writeln!(out, "reviewed from {from} to {to} for {} stations", self.stations.len())
    }
}

/// Every file with its digest. A file that cannot be read or has no fitting header ends it here,
/// before anything is written.
fn sources(args: &Args) -> Result<Vec<Source>, ExitError> {
    let open = |path: &PathBuf| {
        let io = |e: io::Error| ExitError::Io(format!("{}: {e}", path.display()));
        reader(args, path)?;
        Source::open(path).map_err(io)
    };
    args.files.iter().map(open).collect()
}

fn reader(args: &Args, path: &Path) -> Result<Reader, ExitError> {
    let label = args.hour_label.unwrap_or(args.format.usual_label());
    Reader::open(path, args.format, label).map_err(|e| match e {
        files::Error::Io { .. } => ExitError::Io(e.to_string()),
        files::Error::Header(_) => ExitError::Data(e.to_string()),
    })
}

/// Makes the lists part of what the store goes by; all else stays as a daemon has it.
fn adopt(
    store: &mut Sqlite,
    listed: Vec<Registry>,
    args: &Args,
) -> Result<Vec<Registry>, ExitError> {
    let mut registries = Vec::with_capacity(listed.len());
    for fresh in listed {
        let stored = store.registry(&fresh.area).map_err(|e| store_fault(store.path(), &e))?;
        let registry = match stored {
            None => fresh,
            Some(stored) => joined(&fresh, &stored, args.sets.is_some())?,
        };
        let before = store.rules(&registry.area).map_err(|e| store_fault(store.path(), &e))?;
        let (mut params, feeds) = before.map(|r| (r.params, r.feeds)).unwrap_or_default();
        params.parameters.practice = args.practice.unwrap_or(params.parameters.practice);
        let rules = Rules::new(registry.clone(), params, feeds);
        store.adopt(&rules, clock::now()).map_err(|e| store_fault(store.path(), &e))?;
        registries.push(registry);
    }
    Ok(registries)
}

/// What the store knows of an area beyond the list stays: its name, further stations, and the sets
/// when none are given.
fn joined(fresh: &Registry, stored: &Registry, sets_given: bool) -> Result<Registry, ExitError> {
    let further = stored.stations.iter().filter(|s| fresh.find(s.id.as_str()).is_none());
    let stations = fresh.stations.iter().chain(further).cloned().collect();
    let internal = |faults: Vec<crate::area::RegistryFault>| {
        ExitError::Internal(faults.first().map_or_else(String::new, ToString::to_string))
    };
    let source = if sets_given { fresh } else { stored };
    let mut registry =
        Registry::new(fresh.area.clone(), stored.name.clone(), stations).map_err(internal)?;
    for set in &source.sets[1..] {
        let member = |m: &Membership| (source.stations[m.station].id.as_str().to_owned(), m.valid);
        let members: Vec<(String, Span)> = set.members.iter().map(member).collect();
        let StationSet { id, name, .. } = set;
        registry.add_set(id, name, &members).map_err(internal)?;
    }
    Ok(registry)
}

fn take(
    args: &Args,
    store: &mut Sqlite,
    registries: &[Registry],
    (sources, elsewhere, review): (Vec<Source>, BTreeSet<String>, Option<&Review>),
    faults: &mut Faults,
) -> Result<(Tally, u64), ExitError> {
    let strangers = if args.format == Format::Cnemc { Strangers::Skip } else { Strangers::Refuse };
    let mut import = Import::new(store, registries, clock::now(), strangers)
        .map_err(|e| store_fault(&args.store, &e))?;
    import.leave_out(elsewhere);
    if let Some(Review { span, stations }) = review {
        import.review(*span, stations);
    }
    let lengths = args.files.iter().filter_map(|p| std::fs::metadata(p).ok()).map(|m| m.len());
    let bar = publishing::bar(lengths.sum(), "importing {bar:30} {bytes}/{total_bytes} {eta}");
    for (path, source) in args.files.iter().zip(sources) {
        let mut reader = reader(args, path)?;
        import
            .read(source, &mut reader, |fault| faults.note(fault), |bytes| bar.inc(bytes))
            .map_err(|e| store_fault(&args.store, &e))?;
    }
    let done = import.finish().map_err(|e| store_fault(&args.store, &e));
    bar.finish_and_clear();
    done
}

fn tell(tally: &Tally, skipped: u64, out: &mut impl Write) -> io::Result<()> {
    let Tally { rows, new, repeated, conflicting, .. } = tally;
    writeln!(out, "{rows} rows: {new} new, {repeated} repeated, {conflicting} conflicting")?;
    for (count, what) in [
        (tally.empty, "rows without any value"),
        (tally.superseded, "rows whose values had been corrected before"),
        (tally.invalid_values, "values kept as invalid"),
        (tally.meteorology, "values of meteorology left out: only pollutants are reviewed"),
        (tally.elsewhere, "rows of other areas left out"),
        (skipped, "rows of stations outside the list left out"),
    ] {
        if count > 0 {
            writeln!(out, "{count} {what}")?;
        }
    }
    Ok(())
}

/// Faulty rows: the first ones whole, all of them by kind.
#[derive(Debug, Default)]
pub(super) struct Faults {
    first: Vec<Fault>,
    by_kind: BTreeMap<String, u64>,
    pub(super) count: u64,
}

impl Faults {
    pub(super) fn note(&mut self, fault: Fault) {
        self.count += 1;
        let kind = match fault.reason.split_once(':') {
            Some((kind, _)) => kind,
            None if fault.reason.contains("fields, the header has") => "wrong number of fields",
            None => &fault.reason,
        };
        match self.by_kind.get_mut(kind) {
            Some(count) => *count += 1,
            None => drop(self.by_kind.insert(kind.to_owned(), 1)),
        }
        if self.first.len() < FAULTS_TOLD {
            self.first.push(fault);
        }
    }

    /// A closed standard error changes nothing.
    pub(super) fn tell(&self, out: &mut impl Write) {
        for fault in &self.first {
            writeln!(out, "{fault}").unwrap_or_default();
        }
        for (kind, count) in &self.by_kind {
            writeln!(out, "{count} rows: {kind}").unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::{AreaId, Station, StationKind};
    use crate::observation::StationId;

    fn registry(name: &str, codes: &[&str]) -> Registry {
        let station = |code: &&str| Station {
            id: StationId::new(code).expect("legal"),
            name: name.to_owned(),
            position: None,
            district: String::new(),
            kind: StationKind::National,
            assessed: true,
            valid: Span::default(),
        };
        let stations = codes.iter().map(station).collect();
        Registry::new(AreaId::new("x").expect("legal"), name.to_owned(), stations).expect("legal")
    }

    #[test]
    fn what_the_store_knows_beyond_the_list_stays() {
        let mut stored = registry("大连", &["a", "b"]);
        stored.add_set("core", "中心", &[("a".to_owned(), Span::default())]).expect("known");
        let mut fresh = registry("x", &["b", "c"]);
        let kept = joined(&fresh, &stored, false).expect("fits");
        let codes: Vec<&str> = kept.stations.iter().map(|s| s.id.as_str()).collect();
        assert_eq!((kept.name.as_str(), codes), ("大连", vec!["a", "b", "c"]));
        assert_eq!(kept.stations[1].name, "x", "the list is newer");
        assert_eq!((kept.entity(1).as_str(), kept.sets[1].members.len()), ("x/core", 1));
        fresh.add_set("port", "港", &[("c".to_owned(), Span::default())]).expect("known");
        let given = joined(&fresh, &stored, true).expect("fits");
        assert_eq!((given.sets.len(), given.entity(1).as_str()), (2, "x/port"));
        assert_eq!(given.sets[1].members[0].station, 2);
    }

    #[test]
    fn faults_are_counted_by_kind_and_the_first_are_told_whole() {
        let mut faults = Faults::default();
        for line in 1..=30 {
            let reason = match line % 3 {
                0 => format!("unknown station: \"{line}\" is not in the list"),
                1 => format!("{line} fields, the header has 8"),
                _ => "`time`: time cannot be read".to_owned(),
            };
            faults.note(Fault { file: "f.csv".into(), line, reason });
        }
        let mut told = Vec::new();
        faults.tell(&mut told);
        let told = String::from_utf8(told).expect("text");
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!((faults.count, lines.len()), (30, FAULTS_TOLD + 3));
        assert_eq!(lines[0], "f.csv:1: 1 fields, the header has 8");
        assert_eq!(
            lines[FAULTS_TOLD..],
            ["10 rows: `time`", "10 rows: unknown station", "10 rows: wrong number of fields"]
        );
    }
}
