//! The store: what is committed stays, what fails leaves nothing, and what was changed by another hand
//! shows.

mod migration;

use std::path::{Path, PathBuf};

use lantian::area::{AreaId, Registry, Span, Station, StationKind};
use lantian::average::{Incoming, StationDay};
use lantian::observation::{Pollutant, Property, Reading, StationId, Validity};
use lantian::pipeline::{Batch, Params, StoredDay};
use lantian::quantity::Amount;
use lantian::store::{
    AreaCommit, Checkpointer, Commit, Error, Reader, Role, Sqlite, Store, verify_chain,
};
use lantian::time::{Day, Hour, HourLabel, Instant};
use tempfile::TempDir;

use super::daemon::{Daemon, Said};

const PM: Property = Property::Pollutant(Pollutant::Pm2_5);

fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(&format!("2026-11-{text}:00+08:00")).expect("a time")
}

fn day(text: &str) -> Day {
    format!("2026-11-{text}").parse().expect("a day")
}

fn hour(text: &str) -> Hour {
    Hour::parse_label(&format!("2026-11-{text}:00"), HourLabel::Begin).expect("an hour")
}

fn area(code: &str) -> AreaId {
    AreaId::new(code).expect("legal")
}

fn registry(code: &str) -> Registry {
    let until = Span { from: None, until: Some(day("20")) };
    let station = |id: &str, assessed| Station {
        id: StationId::new(id).expect("legal"),
        name: format!("{id}站"),
        position: (id == "a").then_some((38_974_100, 121_612_000)),
        district: "甘井子".into(),
        kind: if id == "a" { StationKind::National } else { StationKind::Micro },
        assessed,
        valid: if id == "c" { until } else { Span::default() },
    };
    let stations = vec![station("c", true), station("a", true), station("b", false)];
    let mut registry = Registry::new(area(code), "某市".into(), stations).expect("ok");
    let span = Span { from: Some(day("10")), until: None };
    let members = [("b".to_owned(), span), ("a".to_owned(), Span::default())];
    registry.add_set("urban", "市区", &members).expect("known");
    registry
}

/// A store in a folder of its own.
struct Place {
    folder: TempDir,
}

impl Place {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store.db")
    }

    fn open(&self) -> Result<Sqlite, Error> {
        Sqlite::open(&self.path())
    }

    fn start(&self) -> Daemon {
        Daemon::start(self.open().expect("opened"), registry("x"), Params::default())
    }

    /// Another hand on the same file.
    fn meddle(&self, sql: &str) {
        let db = rusqlite::Connection::open(self.path()).expect("opened");
        db.execute_batch(sql).expect("done");
    }

    fn count(&self, what: &str) -> i64 {
        let db = rusqlite::Connection::open(self.path()).expect("opened");
        db.query_row(&format!("SELECT count(*) FROM {what}"), [], |row| row.get(0)).expect("read")
    }

    fn reader(&self) -> Reader {
        Reader::open(&self.path()).expect("opened")
    }
}

fn pm(station: &str, start: &str, revision: u32, value: &str) -> Said {
    let payload = format!(
        r#"{{"station":"{station}","period":"PT1H","time":"{}",
        "revision":{revision},"values":{{"pm2_5":{value}}}}}"#,
        at(start)
    );
    Said::Message { topic: format!("aq/x/{station}/obs"), payload: payload.into_bytes() }
}

fn run(daemon: &mut Daemon) {
    for n in 0..6 {
        let start = format!("23T{:02}:00", 8 + n);
        let said = [pm("a", &start, 0, "40"), pm("c", &start, 0, "50"), pm("z", &start, 0, "1")];
        daemon.take(at(&format!("23T{:02}:12", 9 + n)), &said);
    }
}

#[test]
fn what_is_committed_is_in_the_file_without_a_clean_end() {
    let place = Place::new();
    let mut daemon = place.start();
    run(&mut daemon);
    let copy = Place::new();
    for end in ["", "-wal"] {
        let name = format!("store.db{end}");
        let from = place.folder.path().join(&name);
        std::fs::copy(from, copy.folder.path().join(&name)).expect("copied");
    }
    let again = copy.start();
    assert_eq!(again.pipeline.digest(), daemon.pipeline.digest());
}

#[test]
fn a_log_cut_anywhere_leaves_the_state_of_some_commit() {
    let place = Place::new();
    let mut daemon = place.start();
    let mut digests = vec![daemon.pipeline.digest()];
    for n in 0..5 {
        let start = format!("23T{:02}:00", 8 + n);
        daemon.take(at(&format!("23T{:02}:12", 9 + n)), &[pm("a", &start, 0, "40")]);
        digests.push(daemon.pipeline.digest());
    }
    let log = std::fs::read(place.folder.path().join("store.db-wal")).expect("read");
    let mut seen = std::collections::BTreeSet::new();
    for cut in 1..40 {
        let copy = Place::new();
        std::fs::copy(place.path(), copy.path()).expect("copied");
        let kept = log.len() - cut * log.len() / 40;
        std::fs::write(copy.folder.path().join("store.db-wal"), &log[..kept]).expect("written");
        let Ok(mut store) = copy.open() else { panic!("a cut log must open") };
        let known = copy.count("sqlite_schema WHERE name = 'area'") == 1 && copy.count("area") == 1;
        if !known {
            continue; // cut before the first commit
        }
        store.register(&registry("x")).expect("registered");
        let again = Daemon::start(store, registry("x"), Params::default());
        let of = digests.iter().position(|d| *d == again.pipeline.digest());
        seen.insert(of.expect("the state after one of the commits"));
        let chain = verify_chain(&again.store, &area("x")).expect("whole");
        assert_eq!(Some(usize::try_from(chain).expect("few")), of);
    }
    assert!(seen.len() > 2, "{seen:?}");
}

#[test]
fn a_failed_commit_leaves_nothing_and_succeeds_when_tried_again() {
    let place = Place::new();
    let mut daemon = place.start();
    daemon.take(at("23T08:20"), &[]);
    let rows = |p: &Place| ["hour", "arrival", "area_hour", "dead_letter"].map(|t| p.count(t));
    let before = rows(&place);
    let said = [pm("a", "23T08:00", 0, "40"), pm("z", "23T08:00", 0, "1")];
    let batch = daemon.settle(at("23T09:15"), &said);
    let commit = daemon.commit_of(at("23T09:15"), &said, &batch);
    place.meddle(
        "CREATE TRIGGER full BEFORE INSERT ON dead_letter BEGIN SELECT RAISE(ABORT, 'full'); END;",
    );
    assert!(daemon.store.commit(&commit).is_err());
    assert_eq!(rows(&place), before);
    place.meddle("DROP TRIGGER full;");
    daemon.store.commit(&commit).expect("unchanged, and now it fits");
    assert_eq!(rows(&place), [before[0] + 1, before[1] + 1, before[2] + 2, 1]);
    daemon.check_rebuild();
    let again = daemon.store.commit(&commit);
    assert!(matches!(again, Err(Error::OutOfSequence { sequence: 2, .. })), "{again:?}");
    assert!(!again.expect_err("refused").is_retryable());
}

#[test]
fn a_commit_that_skips_one_is_refused() {
    let place = Place::new();
    let mut daemon = place.start();
    let first = daemon.settle(at("23T08:20"), &[]);
    let second = daemon.settle(at("23T08:21"), &[]);
    let mut commit = |batch: &Batch| daemon.commit_of(at("23T08:21"), &[], batch);
    let (first, second) = (commit(&first), commit(&second));
    assert!(matches!(daemon.store.commit(&second), Err(Error::OutOfSequence { .. })));
    daemon.store.commit(&first).expect("in order");
    daemon.store.commit(&second).expect("in order");
}

#[test]
fn one_writer_holds_the_lock_and_a_lost_lease_stops_the_other() {
    let place = Place::new();
    let mut daemon = place.start();
    daemon.take(at("23T08:20"), &[]);
    assert!(matches!(place.open(), Err(Error::Locked { .. })));
    place.meddle("UPDATE area SET lease_epoch = lease_epoch + 1;");
    let batch = daemon.settle(at("23T08:25"), &[]);
    let commit = daemon.commit_of(at("23T08:25"), &[], &batch);
    let lost = daemon.store.commit(&commit).expect_err("refused");
    assert!(matches!(lost, Error::LeaseLost { .. }) && !lost.is_retryable(), "{lost}");
    daemon.store.register(&registry("x")).expect("takes the lease back");
    daemon.store.commit(&commit).expect("under the new lease");
    drop(daemon);
    place.open().expect("the lock ends with its holder");
}

#[test]
fn files_of_others_and_of_newer_programs_are_left_alone() {
    let place = Place::new();
    place.meddle("CREATE TABLE notes (text);");
    assert!(matches!(place.open(), Err(Error::Foreign { .. })));
    assert!(matches!(Reader::open(&place.path()), Err(Error::Foreign { .. })));
    let text = Place::new();
    let words = "no database, only a long text ".repeat(100);
    std::fs::write(text.path(), &words).expect("written");
    assert!(matches!(text.open(), Err(Error::Foreign { .. })));
    assert_eq!(std::fs::read_to_string(text.path()).expect("read"), words);
    let newer = Place::new();
    drop(newer.start());
    newer.meddle("PRAGMA user_version = 99;");
    assert!(matches!(newer.open(), Err(Error::Newer { found: 99, .. })));
    assert!(matches!(Reader::open(&newer.path()), Err(Error::Newer { .. })));
    assert!(Reader::open(Path::new("nowhere/store.db")).is_err());
}

#[test]
fn a_day_that_cannot_be_read_is_not_handed_over_to_be_overwritten() {
    let place = Place::new();
    let mut daemon = place.start();
    run(&mut daemon);
    daemon.take(at("30T09:00"), &[]); // the 23rd closes
    assert!(place.count("station_day") > 0);
    place.meddle("UPDATE station_day SET cells = substr(cells, 1, 5)");
    let fault = daemon.store.days(&registry("x"), &[day("23")]).expect_err("damaged");
    assert!(fault.to_string().starts_with("station_day 2026-11-23 a: "), "{fault}");
    assert!(!fault.is_retryable());
}

#[test]
fn a_changed_removed_or_cut_row_of_the_chain_shows() {
    let chain = |place: &Place| verify_chain(&place.start().store, &area("x"));
    let fresh = || {
        let place = Place::new();
        run(&mut place.start());
        place
    };
    assert_eq!(chain(&fresh()).expect("whole"), 6);
    for (act, place_of_fault) in [
        (
            "UPDATE arrival SET inputs = (SELECT inputs FROM arrival WHERE id = 1) WHERE id = 3",
            "arrival x 3",
        ),
        ("UPDATE arrival SET inputs = x'00' WHERE sequence = 3", "arrival x 3"),
        ("DELETE FROM arrival WHERE sequence = 3", "arrival x 4"),
        ("DELETE FROM arrival WHERE sequence = 6", "arrival x 5"),
        ("DELETE FROM arrival", "arrival x 0"),
        ("UPDATE arrival SET digest = zeroblob(32) WHERE sequence = 6", "arrival x 6"),
    ] {
        let place = fresh();
        place.meddle(act);
        let fault = chain(&place).expect_err(act);
        assert!(
            matches!(&fault, Error::Damaged { place, .. } if place == place_of_fault),
            "{act}: {fault}"
        );
    }
}

#[test]
fn the_same_dead_letter_is_one_row_and_a_station_keeps_200() {
    let place = Place::new();
    let mut daemon = place.start();
    let early = [pm("a", "23T12:00", 0, "1")];
    daemon.take(at("23T08:20"), &early);
    daemon.take(at("23T08:30"), &early);
    let letters = place.reader().dead_letters("x", (None, None), 10).expect("read");
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!((letters[0].count, letters[0].reason.as_str()), (2, "time_in_future"));
    assert_eq!((letters[0].first, letters[0].last), (at("23T08:20"), at("23T08:30")));
    assert_eq!(letters[0].station, "a");
    let radon = Said::Message {
        topic: "aq/x/c/obs".into(),
        payload: br#"{"station":"c","period":"PT1H","time":"2026-11-23T07:00:00+08:00",
            "values":{"radon":1,"lead":2}}"#
            .to_vec(),
    };
    daemon.take(at("23T08:40"), &[radon]);
    let many: Vec<Said> = (0..250).map(|n| pm("a", "23T12:00", n + 1, "1")).collect();
    daemon.take(at("23T08:45"), &many);
    assert_eq!(place.count("dead_letter WHERE station = 'a'"), 200);
    assert_eq!(place.count("dead_letter WHERE station = 'c'"), 2, "two unknown values");
    let newest = &place.reader().dead_letters("x", (None, None), 1).expect("read")[0];
    let Said::Message { payload, .. } = &many[249] else { panic!("a message") };
    assert_eq!(newest.payload, *payload);
}

/// Many came last in the same moment: a page goes on within it.
#[test]
fn dead_letters_are_read_page_by_page() {
    let place = Place::new();
    let mut daemon = place.start();
    for minute in [20u32, 30] {
        let many: Vec<_> = (0..25).map(|n| pm("a", "23T12:00", minute * 100 + n, "1")).collect();
        daemon.take(at(&format!("23T08:{minute}")), &many);
    }
    let reader = place.reader();
    let whole = reader.dead_letters("x", (None, None), 100).expect("read");
    assert_eq!(whole.len(), 50);
    let mut paged = Vec::new();
    loop {
        let last = paged.last().map(|row: &lantian::store::DeadLetterRow| (row.last, row.number));
        let page = reader.dead_letters("x", (last, None), 7).expect("read");
        if page.is_empty() {
            break;
        }
        paged.extend(page);
    }
    assert_eq!(paged, whole);
    let span = Some((at("23T08:20"), at("23T08:30"))); // its end is not included
    assert_eq!(reader.dead_letters("x", (None, span), 100).expect("read"), whole[25..]);
}

#[test]
fn the_registry_comes_back_as_it_went_in() {
    let place = Place::new();
    drop(place.start());
    let reader = place.reader();
    assert_eq!(reader.areas().expect("read"), [area("x")]);
    assert_eq!(reader.registry(&area("x")).expect("read"), registry("x"));
    assert!(matches!(reader.registry(&area("y")), Err(Error::Unknown(_))));
}

#[test]
fn two_areas_share_a_store_and_nothing_else() {
    let place = Place::new();
    let mut x = place.start();
    run(&mut x);
    let Daemon { store, pipeline: live, .. } = x;
    let mut y = Daemon::start(store, registry("y"), Params::default());
    y.take(at("23T08:20"), &[]);
    y.store.register(&registry("x")).expect("registered");
    let tables = y.store.tables(&registry("x")).expect("read");
    let again = lantian::pipeline::Pipeline::rebuild(
        std::sync::Arc::new(registry("x")),
        Params::default(),
        &tables,
    );
    assert_eq!(again.expect("rebuilt").digest(), live.digest());
    assert_eq!(y.store.tables(&registry("y")).expect("read").hours, []);
    assert!(place.reader().dead_letters("y", (None, None), 9).expect("read").is_empty());
}

#[test]
fn tokens_are_found_by_their_text_until_revoked() {
    let place = Place::new();
    let daemon = place.start();
    daemon.store.add_token("correct horse", "王芳", Role::Operator, at("23T08:00")).expect("added");
    daemon.store.add_token("battery", "李强", Role::Admin, at("23T09:00")).expect("added");
    assert!(daemon.store.add_token("battery", "x", Role::Viewer, at("23T09:00")).is_err());
    let reader = place.reader();
    let person = reader.person("correct horse").expect("read").expect("found");
    assert_eq!((person.name.as_str(), person.role), ("王芳", Role::Operator));
    assert_eq!(reader.person("Correct horse").expect("read"), None);
    assert!(daemon.store.revoke_token(person.id, at("23T10:00")).expect("revoked"));
    assert!(!daemon.store.revoke_token(person.id, at("23T11:00")).expect("asked"));
    assert_eq!(reader.person("correct horse").expect("read"), None);
    let all = daemon.store.tokens().expect("read");
    assert_eq!(all.len(), 2);
    assert_eq!(all[0].revoked, Some(at("23T10:00")));
    assert_eq!(place.count("token WHERE CAST(hash AS TEXT) LIKE '%battery%'"), 0);
}

#[test]
fn a_reader_sees_closed_days_and_open_hours() {
    let place = Place::new();
    let mut daemon = place.start();
    daemon.take(at("10T08:20"), &[pm("a", "10T07:00", 0, "40")]);
    daemon.take(at("20T08:20"), &[pm("a", "20T07:00", 0, "41"), pm("b", "20T07:00", 0, "42")]);
    assert_eq!((place.count("hour"), place.count("station_day")), (2, 1));
    let reader = place.reader();
    let read = |from, to, only| {
        let days = reader.station_days(&daemon.registry, (day(from), day(to)), only).expect("read");
        let seen = days.iter().map(|s| (s.day, s.station, s.cells.reading(PM, 7).amount.milli()));
        seen.collect::<Vec<_>>()
    };
    let closed = (day("10"), 0, 40_000);
    let open = [(day("20"), 0, 41_000), (day("20"), 1, 42_000)];
    assert_eq!(read("01", "30", None), [closed, open[0], open[1]]);
    assert_eq!(read("11", "30", Some(1)), [open[1]]);
    assert_eq!(read("11", "19", None), []);
    assert_eq!(reader.days_held().expect("read"), Some((day("10"), day("20"))));
    Checkpointer::open(&place.path()).expect("opened").step().expect("stepped");
    assert_eq!(read("01", "30", None).len(), 3);
}

#[test]
fn the_first_row_of_an_hour_before_the_start_is_its_publication() {
    let place = Place::new();
    let mut daemon = place.start();
    daemon.take(at("20T08:20"), &[]);
    daemon.take(at("20T08:30"), &[pm("a", "10T07:00", 0, "40")]);
    let rows = |state: &str, version: u32| {
        let first = hour("10 07:00").number();
        let of_it = format!("hour = {first} AND version = {version} AND state = '{state}'");
        place.count(&format!("area_hour WHERE {of_it}"))
    };
    assert_eq!(rows("published", 1), 2, "of both sets");
    daemon.take(at("20T08:40"), &[pm("a", "10T07:00", 1, "41")]);
    assert_eq!((rows("published", 1), rows("revised", 2)), (0, 2));
}

fn imported(of: Day, value: i32) -> StationDay {
    let mut cells = StationDay::default();
    let reading = Reading { amount: Amount::from_milli(value), validity: Validity::Valid };
    let hours = if of == day("23") { 0..7 } else { 0..24 };
    for hour in hours {
        cells.take(&Incoming { property: PM, hour, part: None, revision: 0, reading });
    }
    cells
}

/// Three days as `import` writes them, the last two of them still open to a daemon at 08:20 of the 23rd.
fn import(place: &Place) {
    let mut store = place.open().expect("opened");
    store.register(&registry("x")).expect("registered");
    let days = [(day("15"), 30_000), (day("22"), 40_000), (day("23"), 50_000)];
    let stored =
        |(day, value)| StoredDay { day, station: 0, bytes: imported(day, value).encode_day() };
    let station_days = days.map(stored).to_vec();
    let batch = Batch { sequence: 1, station_days, ..Batch::default() };
    let commit = AreaCommit { area: area("x"), batch, inputs: b"file".to_vec(), taken: Vec::new() };
    store.commit(&Commit::of(commit)).expect("committed");
}

#[test]
fn a_daemon_takes_over_imported_days_that_are_still_open() {
    let place = Place::new();
    import(&place);
    let mut daemon = place.start();
    let batch = daemon.take(at("23T08:20"), &[pm("a", "23T07:00", 0, "60")]);
    assert_eq!(batch.sequence, 2);
    assert_eq!(batch.hours.len(), 24 + 8, "open hours become rows of open hours");
    let figures = &daemon.rows[&(hour("23 07:00"), 0)].figures;
    let rolling = (16 * 40 + 7 * 50 + 60) * 1000 / 24;
    let shown = figures.rolling_24h[0].expect("24 hours").milli();
    assert!((shown - rolling).abs() <= 500, "{shown} {rolling}");
    daemon.take(at("23T08:30"), &[pm("a", "23T03:00", 1, "null"), pm("a", "15T03:00", 1, "31")]);
    let mut daemon = daemon.restart();
    let read = |place: &Place, of: &str, hour| {
        let days = (day(of), day(of));
        let all = place.reader().station_days(&registry("x"), days, Some(0)).expect("read");
        all[0].cells.reading(PM, hour)
    };
    assert_eq!(read(&place, "23", 3).validity, Validity::Missing, "taken back stays so");
    assert_eq!(read(&place, "23", 2).amount.milli(), 50_000);
    assert_eq!(read(&place, "15", 3).amount.milli(), 31_000);
    assert_eq!(read(&place, "15", 4).amount.milli(), 30_000);
    daemon.take(at("30T08:20"), &[]);
    assert_eq!(place.count("hour"), 0);
    assert_eq!(read(&place, "23", 3).validity, Validity::Missing);
    assert_eq!(read(&place, "23", 7).amount.milli(), 60_000);
    assert_eq!(read(&place, "22", 23).amount.milli(), 40_000);
}

#[test]
fn imported_hours_count_as_reported() {
    let place = Place::new();
    import(&place);
    let mut daemon = place.start();
    daemon.take(at("23T07:01"), &[]);
    assert_eq!(
        daemon.pipeline.view().newest,
        Some(hour("23 06:00")),
        "its one assessed station has"
    );
    assert_eq!(daemon.rows[&(hour("23 06:00"), 0)].figures.day[0].map(|a| a.milli()), Some(50_000));
}

#[test]
fn an_import_beside_a_running_state_leaves_it_as_it_is() {
    let place = Place::new();
    let mut daemon = place.start();
    run(&mut daemon);
    let digest = daemon.pipeline.view().sets[0].hours.clone();
    let stored =
        StoredDay { day: day("01"), station: 0, bytes: imported(day("01"), 7000).encode_day() };
    let batch = Batch { sequence: 7, station_days: vec![stored], ..Batch::default() };
    let commit = AreaCommit { area: area("x"), batch, inputs: b"file".to_vec(), taken: Vec::new() };
    daemon.store.commit(&Commit::of(commit)).expect("committed");
    let mut daemon = daemon.restart();
    assert_eq!(daemon.pipeline.view().sets[0].hours, digest);
    assert_eq!(daemon.take(at("23T15:12"), &[]).sequence, 8);
}
