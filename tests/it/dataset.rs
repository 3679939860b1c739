//! Reviewed data beside real-time data: whichever comes first, both stay what they are.

use std::collections::BTreeSet;
use std::path::Path;

use lantian::area::{Figures, Member, StationKind};
use lantian::average::Correction;
use lantian::observation::{Dataset, Pollutant, Property};
use lantian::pipeline::{HourState, Params};
use lantian::quantity::Amount;
use lantian::replay::files::{Format, Reader as Rows};
use lantian::replay::import::{Import, Source, Strangers};
use lantian::standard::Parameters;
use lantian::store::{Reader, Sqlite};
use lantian::time::{Hour, HourLabel, Instant};
use tempfile::TempDir;

use super::daemon::{Daemon, Said};
use super::publishing::{at, hour, pm, registry, report};

/// A daemon with a file, whose station `b` belongs to the city.
fn daemon(folder: &TempDir, name: &str) -> Daemon {
    let mut registry = registry();
    registry.stations[1].kind = StationKind::City;
    let store = Sqlite::open(&folder.path().join(name)).expect("opened");
    let mut daemon = Daemon::start(store, registry, Params::default());
    daemon.take(at("10T00:05"), &[]);
    daemon
}

/// The daemon stops, rows come back from review, and it starts again.
pub(crate) fn reviewed(
    mut daemon: Daemon,
    folder: &Path,
    span: (Hour, Hour),
    rows: &[&str],
) -> Daemon {
    let file = folder.join("reviewed.csv");
    let header = "time,station,pm2_5,pm10,so2,no2,co,o3\n";
    std::fs::write(&file, header.to_owned() + &rows.join("\n")).expect("written");
    let registries = [(*daemon.registry).clone()];
    let now = daemon.pipeline.now().unwrap_or_else(|| span.1.end());
    let mut import =
        Import::new(&mut daemon.store, &registries, now, Strangers::Refuse).expect("a known area");
    import.review(span, &BTreeSet::from(["a", "b"].map(str::to_owned)));
    let mut reader = Rows::open(&file, Format::Wide, HourLabel::Begin).expect("a file");
    let source = Source::open(&file).expect("read");
    import.read(source, &mut reader, |fault| panic!("{fault}"), |_| {}).expect("written");
    import.finish().expect("written");
    daemon = daemon.restart();
    // What the harness holds against the next batch.
    for figures in series(&daemon, Dataset::Best) {
        if let Some(row) = daemon.rows.get_mut(&(figures.hour, 0)) {
            let (version, state) = stored(folder, figures.hour);
            (row.version, row.state) = (version, HourState::of_stored(&state));
            row.figures = figures;
        }
    }
    daemon
}

fn stored(folder: &Path, hour: Hour) -> (u32, String) {
    let db = rusqlite::Connection::open(folder.join("a.db")).expect("a store");
    let sql = "SELECT version, state FROM area_hour WHERE hour = ?1";
    db.query_row(sql, [hour.number()], |row| Ok((row.get(0)?, row.get(1)?))).expect("a row")
}

/// The area's hours from the 10th to the 20th.
fn series(daemon: &Daemon, dataset: Dataset) -> Vec<Figures> {
    let reader = Reader::open(daemon.store.path()).expect("opened");
    let span = (hour("10 00:00"), hour("20 23:00"));
    let parameters = (&Parameters::default(), dataset);
    reader.series(&daemon.registry, Member::Set(0), span, parameters).expect("read")
}

fn mean(daemon: &Daemon, dataset: Dataset, of: &str) -> Option<i32> {
    let all = series(daemon, dataset);
    let found = all.iter().find(|figures| figures.hour == hour(of)).expect("within the span");
    found.concentration[Pollutant::Pm2_5.index()].map(Amount::milli)
}

/// Cause, entity and day of every revision.
fn causes(folder: &Path) -> Vec<String> {
    let db = rusqlite::Connection::open(folder.join("a.db")).expect("a store");
    let mut query = db.prepare("SELECT cause, entity FROM revision ORDER BY id").expect("a table");
    let row = |row: &rusqlite::Row<'_>| {
        Ok(format!("{} {}", row.get::<_, String>(0)?, row.get::<_, String>(1)?))
    };
    query.query_map([], row).expect("rows").collect::<Result<_, _>>().expect("texts")
}

const SPAN: (&str, &str) = ("10 06:00", "11 05:00");
const ROWS: [&str; 3] =
    ["2026-11-10 08:00,a,41,,,,,", "2026-11-10 08:00,b,51,,,,,", "2026-11-11 05:00,a,7,,,,,"];

fn span() -> (Hour, Hour) {
    (hour(SPAN.0), hour(SPAN.1))
}

/// Every hour of two days, some late, some twice, one corrected by an operator.
fn air() -> Vec<(Instant, Vec<Said>)> {
    let mut all = Vec::new();
    for n in 0..48 {
        let start = format!("{}T{:02}:00", 10 + n / 24, n % 24);
        let end = at(&start).plus_minutes(61);
        all.push((end, vec![pm("a", &start, 40 + n), pm("b", &start, 60 + n)]));
    }
    let property = Property::Pollutant(Pollutant::Pm2_5);
    let act = Correction::Set(Amount::from_milli(99_000));
    let said = Said::Correction { station: "b".to_owned(), property, hour: hour("10 08:00"), act };
    all.push((at("12T00:30"), vec![said]));
    all.push((at("12T00:40"), vec![report("a", "10T08:00", 1, "\"pm2_5\":45")]));
    all.push((at("18T00:40"), vec![report("a", "10T09:00", 1, "\"pm2_5\":46")]));
    all
}

#[test]
fn reviewed_before_or_after_what_comes_in_real_time_gives_the_same_figures() {
    let mut ends = Vec::new();
    // Open days; days with hours to come; days that are closed; and 300 days on.
    for when in [1, 20, 47, 49, 50, 51, 52] {
        let folder = tempfile::tempdir().expect("a folder");
        let mut daemon = daemon(&folder, "a.db");
        for (n, (now, said)) in air().iter().enumerate() {
            if n == when {
                daemon = reviewed(daemon, folder.path(), span(), &ROWS);
                daemon.audit();
            }
            daemon.take(*now, said);
        }
        if when == 51 {
            daemon = reviewed(daemon, folder.path(), span(), &ROWS);
        }
        daemon.take(at("20T00:30").plus_minutes(300 * 24 * 60), &[]);
        if when == 52 {
            daemon = reviewed(daemon, folder.path(), span(), &ROWS);
        }
        daemon.audit();
        assert_eq!(mean(&daemon, Dataset::Best, "10 08:00"), Some(46_000), "of 41 and 51");
        assert_eq!(mean(&daemon, Dataset::Best, "10 09:00"), None, "never filled");
        assert_eq!(mean(&daemon, Dataset::Best, "11 05:00"), Some(7_000));
        assert_eq!(mean(&daemon, Dataset::Best, "11 06:00"), Some(80_000), "after the span");
        assert_eq!(mean(&daemon, Dataset::Realtime, "10 08:00"), Some(72_000), "of 45 and 99");
        assert_eq!(mean(&daemon, Dataset::Reviewed, "10 08:00"), Some(46_000));
        assert_eq!(mean(&daemon, Dataset::Reviewed, "11 06:00"), None, "outside of the span");
        assert_eq!(stored(folder.path(), hour("10 09:00")).1, "reviewed");
        assert_ne!(stored(folder.path(), hour("11 06:00")).1, "reviewed");
        ends.push(Dataset::ALL.map(|dataset| series(&daemon, dataset)));
    }
    assert!(ends.iter().all(|end| *end == ends[0]), "when it was reviewed shows");
}

#[test]
fn a_review_is_a_revision_and_what_comes_beneath_it_is_none() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut daemon = daemon(&folder, "a.db");
    for (now, said) in &air()[..48] {
        daemon.take(*now, said);
    }
    assert!(causes(folder.path()).is_empty());
    let mut daemon = reviewed(daemon, folder.path(), span(), &ROWS);
    let after = causes(folder.path());
    assert_eq!(
        after,
        ["reviewed x", "reviewed x", "reviewed a", "reviewed a", "reviewed b", "reviewed b"]
    );
    assert_eq!(stored(folder.path(), hour("10 08:00")), (2, "reviewed".to_owned()));
    assert_eq!(stored(folder.path(), hour("11 12:00")), (2, "revised".to_owned()), "24 h on");
    let property = Property::Pollutant(Pollutant::Pm2_5);
    let act = Correction::Set(Amount::from_milli(99_000));
    let corrected =
        Said::Correction { station: "b".to_owned(), property, hour: hour("10 08:00"), act };
    for said in [
        pm("a", "10T08:00", 48),
        pm("a", "10T08:00", 50),
        report("a", "10T08:00", 1, "\"pm2_5\":70"),
        report("a", "10T09:00", 1, "\"pm2_5\":null"),
        corrected,
    ] {
        let batch = daemon.take(at("12T01:00"), &[said]);
        assert!(batch.revisions.is_empty() && batch.set_hours.is_empty(), "{:?}", batch.revisions);
    }
    assert_eq!(causes(folder.path()), after);
    assert_eq!(mean(&daemon, Dataset::Realtime, "10 08:00"), Some(84_000), "of 70 and 99");
    // An hour within the span rests on hours before it too, and stays reviewed when these change.
    let batch = daemon.take(at("12T01:00"), &[report("a", "10T05:00", 1, "\"pm2_5\":9")]);
    let row = batch.set_hours.iter().find(|row| row.hour == hour("10 08:00")).expect("revised");
    assert_eq!((row.version, row.state), (3, HourState::Reviewed));
    // The same again changes nothing; another review takes the place of the first.
    let mut daemon = reviewed(daemon, folder.path(), span(), &ROWS);
    assert_eq!(stored(folder.path(), hour("10 08:00")), (3, "reviewed".to_owned()));
    daemon.check_rebuild();
    let daemon = reviewed(daemon, folder.path(), span(), &["2026-11-10 08:00,a,43,,,,,"]);
    assert_eq!(mean(&daemon, Dataset::Best, "10 08:00"), Some(43_000));
    assert_eq!(mean(&daemon, Dataset::Best, "11 05:00"), None);
    assert_eq!(daemon.pipeline.view().reviewed_until, Some(hour("11 05:00")));
    daemon.audit();
}

#[test]
fn a_daemon_that_begins_on_reviewed_history_says_how_far_it_reaches() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Sqlite::open(&folder.path().join("a.db")).expect("opened");
    let daemon = Daemon::start(store, registry(), Params::default());
    let mut daemon = reviewed(daemon, folder.path(), span(), &ROWS);
    for _ in 0..2 {
        daemon.take(at("12T00:05"), &[]);
        assert_eq!(daemon.pipeline.view().reviewed_until, Some(hour("11 05:00")));
        daemon = daemon.restart();
    }
}

#[test]
fn a_flipped_digit_in_a_reviewed_cell_is_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut daemon = daemon(&folder, "a.db");
    daemon.take(at("20T00:05"), &[]);
    let daemon = reviewed(daemon, folder.path(), span(), &ROWS);
    daemon.audit();
    let path = daemon.store.path().to_owned();
    drop(daemon);
    let db = rusqlite::Connection::open(&path).expect("a store");
    let cells: Vec<u8> = db
        .query_row("SELECT cells FROM station_day ORDER BY day, station LIMIT 1", [], |r| r.get(0))
        .expect("a closed day");
    let mut flipped = cells.clone();
    *flipped.last_mut().expect("not empty") ^= 4; // the reviewed amount
    let sql = "UPDATE station_day SET cells = ?1 WHERE cells = ?2";
    assert_eq!(db.execute(sql, [&flipped, &cells]).expect("written"), 1);
    let mut told = Vec::new();
    let reader = Reader::open(&path).expect("opened");
    reader.audit(|d| told.push(d.place.clone())).expect("audited");
    assert!(told.iter().any(|place| place == "station_day 2026-11-10 \"a\" cells"), "{told:?}");
    assert!(told.iter().any(|p| p.starts_with("area_hour 2026-11-10 08:00 x pm2_5")), "{told:?}");
}
