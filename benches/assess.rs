//! A year of many stations from CSV and from memory: rolling means with validity, IAQI and AQI of every hour,
//! days, good-day ratios; beside DuckDB and Polars doing the same job on the same file in the same run. And
//! the same file into a store: rate, and bytes of a station-hour on disk.
//!
//! `cargo bench --bench assess -- [STATIONS [DAYS [RUNS]]]` (2,000 stations, 365 days, 3 runs)
//!
//! The others run where `LANTIAN_BENCH_PYTHON` names a Python that has `duckdb` and `polars`; everybody has
//! two threads. Without it only our own figures are shown.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::disallowed_methods, reason = "a bench measures time")]
#![expect(clippy::cast_precision_loss, reason = "counts far below 2^52")]

#[path = "assess/air.rs"]
mod air;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use lantian::area::{AreaId, Member, Registry, Span, Station, StationKind, station_index};
use lantian::assessment::{Days, Gathered, Period};
use lantian::observation::{Dataset, POLLUTANTS, StationId};
use lantian::replay::files::{Format, PART_BYTES};
use lantian::replay::import::Strangers;
use lantian::replay::recorded::{Layout, Recorded};
use lantian::standard::{Entity, Parameters};
use lantian::time::{DAY_H, HourLabel};

use air::Air;

const THREADS: usize = 2;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [job, file, stations] = args.as_slice()
        && job == "--job"
    {
        return job_of_file(file.as_ref(), stations.parse().expect("a number"));
    }
    let numbers: Vec<usize> = std::env::args().filter_map(|a| a.parse().ok()).collect();
    let given = |at: usize, default| numbers.get(at).copied().unwrap_or(default);
    let (stations, days, runs) = (given(0, 2000), given(1, 365), given(2, 3));
    let dir = tempfile::tempdir().expect("a directory");
    let file = dir.path().join("hours.csv");
    let air = Air::new(stations, days);
    air.write(&file);
    let list = dir.path().join("stations.csv");
    std::fs::write(&list, air.list()).expect("written");
    let hours = stations * days * DAY_H;
    let bytes = std::fs::metadata(&file).expect("written").len();
    println!(
        "{stations} stations, {days} days: {hours} station-hours, {} MB of CSV",
        bytes / 1_000_000
    );

    let mut rows: Vec<(&str, Vec<(f64, u64)>)> = Vec::new();
    for _ in 0..runs {
        note(&mut rows, "Lantian, from CSV", ours_job(&file, stations));
        note(&mut rows, "lantian assess --all, from CSV", ours(&list, &file));
        for (name, script) in [
            ("DuckDB, from CSV", "benches/assess/peer_duckdb.py"),
            ("Polars, from CSV", "benches/assess/peer_polars.py"),
        ] {
            if let Some(measured) = peer(script, &file) {
                note(&mut rows, name, measured);
            }
        }
    }
    println!("{:<28} {:>9} {:>16} {:>10}", "two threads", "s", "station-hours/s", "peak MB");
    for (name, measured) in &rows {
        let (seconds, peak) = median(measured);
        println!("{name:<28} {seconds:>9.2} {:>16.0} {peak:>10}", hours as f64 / seconds);
    }
    memory(&air, hours, runs);
    store(dir.path(), &list, &file, hours);
}

fn note(rows: &mut Vec<(&'static str, Vec<(f64, u64)>)>, name: &'static str, measured: (f64, u64)) {
    match rows.iter_mut().find(|(known, _)| *known == name) {
        Some((_, all)) => all.push(measured),
        None => rows.push((name, vec![measured])),
    }
}

/// The middle time, and the largest peak.
fn median(measured: &[(f64, u64)]) -> (f64, u64) {
    let mut seconds: Vec<f64> = measured.iter().map(|(s, _)| *s).collect();
    seconds.sort_by(f64::total_cmp);
    (seconds[seconds.len() / 2], measured.iter().map(|(_, peak)| *peak).max().unwrap_or(0))
}

fn ours_job(file: &Path, stations: usize) -> (f64, u64) {
    let mut command = Command::new(std::env::current_exe().expect("a program"));
    command.arg("--job").arg(file).arg(stations.to_string());
    measured(command)
}

fn ours(list: &Path, file: &Path) -> (f64, u64) {
    let threads = THREADS.to_string();
    let mut command = Command::new(env!("CARGO_BIN_EXE_lantian"));
    command
        .args(["assess", "--all", "--json", "--threads", &threads, "--stations"])
        .arg(list)
        .arg(file);
    measured(command)
}

/// Another program with the same job; `None` where there is no Python for it.
fn peer(script: &str, file: &Path) -> Option<(f64, u64)> {
    let python = std::env::var_os("LANTIAN_BENCH_PYTHON")?;
    let mut command = Command::new(python);
    command.arg(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(script)).arg(file);
    command.arg(THREADS.to_string());
    Some(measured(command))
}

/// Seconds, and the peak of resident memory in MB as the kernel counts it.
fn measured(mut command: Command) -> (f64, u64) {
    let begun = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("started");
    let mut peak = 0;
    let ended = loop {
        peak = resident_peak(&child).unwrap_or(peak).max(peak);
        if let Some(ended) = child.try_wait().expect("waited for") {
            break ended;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    assert!(ended.success(), "{command:?} failed");
    (begun.elapsed().as_secs_f64(), peak)
}

fn resident_peak(child: &Child) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kb| kb / 1024)
}

/// The job that everybody does: every hour of every station, then its days, then all of them as one set.
///
/// Gives the sum of the hourly AQIs and the good station-days.
fn job(days: &Days<'_>, stations: usize, threads: usize) -> (u64, u64) {
    let parameters = Parameters::DEFAULT;
    let done = side_by_side(threads, stations, |station| {
        let mut sum = 0_u64;
        days.columns(station).for_each(|hour, averages| {
            sum += u64::from(station_index(averages, hour, &parameters).aqi.unwrap_or(0));
        });
        let of = days.of(Member::Station(station), &parameters);
        let period = Period::over(days.span(), &of, &parameters, Entity::Station);
        (sum, u64::from(period.days_good))
    });
    let of = days.of(Member::Set(0), &parameters);
    std::hint::black_box(Period::over(days.span(), &of, &parameters, Entity::Area));
    done.into_iter().fold((0, 0), |(sum, good), one| (sum + one.0, good + one.1))
}

/// In a process of its own, so that its memory can be measured: a file, a number of stations.
fn job_of_file(file: &Path, stations: usize) {
    let registry = registry(stations);
    let layout = Layout {
        format: Format::Wide,
        label: HourLabel::Begin,
        strangers: Strangers::Refuse,
        latest: lantian::clock::now(),
        part_bytes: PART_BYTES,
    };
    let read = Recorded::read(&registry, layout, &[file.to_path_buf()], THREADS).expect("read");
    let span = read.span().expect("hours");
    let (sum, good) = job(&read.into_days(span), stations, THREADS);
    println!("{sum} {good}");
}

/// From memory, on one thread and on two.
fn memory(air: &Air, hours: usize, runs: usize) {
    let registry = registry(air.stations());
    let days = days(air, &registry);
    for threads in [1, THREADS] {
        let (mut seconds, mut figures) = (Vec::new(), (0, 0));
        for _ in 0..runs {
            let begun = Instant::now();
            figures = job(&days, air.stations(), threads);
            seconds.push((begun.elapsed().as_secs_f64(), 0));
        }
        let (seconds, _) = median(&seconds);
        let rate = hours as f64 / seconds;
        println!(
            "from memory, {threads} threads: {seconds:.2} s, {rate:.0} station-hours/s, \
             {:.0} a core (sum of hourly AQI {}, {} good station-days)",
            rate / threads as f64,
            figures.0,
            figures.1
        );
    }
}

fn registry(stations: usize) -> Registry {
    let station = |n: usize| Station {
        id: StationId::new(&n.to_string()).expect("legal"),
        name: String::new(),
        position: None,
        district: String::new(),
        kind: StationKind::National,
        assessed: true,
        valid: Span::default(),
    };
    let area = AreaId::new("x").expect("legal");
    Registry::new(area, "X".into(), (0..stations).map(station).collect()).expect("legal")
}

fn days<'r>(air: &Air, registry: &'r Registry) -> Days<'r> {
    let last = air.first().plus(i32::try_from(air.days()).expect("few") - 1);
    let mut gathered = Gathered::new(registry, (air.first(), last), None, Dataset::Realtime);
    for station in 0..air.stations() {
        let at = registry.find(&station.to_string()).expect("known");
        let amounts = air.amounts(station);
        for day in 0..air.days() {
            let hours = POLLUTANTS
                .map(|p| std::array::from_fn(|hour| amounts[p.index()][day * DAY_H + hour]));
            let day = air.first().plus(i32::try_from(day).expect("few"));
            gathered.put_hours(at, day, Box::new(hours));
        }
    }
    gathered.finish()
}

fn side_by_side<R: Send>(threads: usize, items: usize, each: impl Fn(usize) -> R + Sync) -> Vec<R> {
    let next = AtomicUsize::new(0);
    let one = || {
        let mut done = Vec::new();
        loop {
            match next.fetch_add(1, Ordering::Relaxed) {
                at if at < items => done.push(each(at)),
                _ => return done,
            }
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(one)).collect();
        threads.into_iter().flat_map(|t| t.join().expect("ended")).collect()
    })
}

fn store(dir: &Path, list: &Path, file: &Path, hours: usize) {
    let path = dir.join("store.sqlite");
    let mut command = Command::new(env!("CARGO_BIN_EXE_lantian"));
    command.arg("import").arg("--store").arg(&path).arg("--stations").arg(list).arg(file);
    let (seconds, peak) = measured(command);
    let bytes = std::fs::metadata(&path).expect("made").len();
    println!(
        "import into a store: {seconds:.2} s, {:.0} station-hours/s, {:.1} bytes each on disk, \
         peak {peak} MB",
        hours as f64 / seconds,
        bytes as f64 / hours as f64
    );
}
