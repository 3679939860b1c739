//! What changed after it was published: a row for each cause, entity and day, and none for anything else.

use lantian::area::{Member, Registry, Span};
use lantian::average::{Incoming, StationDay};
use lantian::observation::{Pollutant, Property, Reading, Validity};
use lantian::pipeline::{Cause, Change, HourState, Params, Revision, StoredDay};
use lantian::quantity::Amount;
use lantian::standard::{
    AreaDayOrder, DustDays, DustDeducts, Missing2012, Parameters, PeriodFrom, Practice,
    StationShareDay, TargetCompare,
};
use lantian::store::{ImportChunk, ImportedArea, Reader, Rules, Sqlite, Store};
use tempfile::TempDir;

use super::daemon::{Daemon, Said};
use super::publishing::{at, hour, pm, registry, report, since};

const SET: Member = Member::Set(0);
const A: Member = Member::Station(0);

/// `hour of the day, quantity, old, new` of each change.
fn told(revision: &Revision) -> Vec<String> {
    let one = |c: &Change| format!("{} {} {} {}", c.hour.of_day(), c.quantity, c.old, c.new);
    revision.changes.iter().map(one).collect()
}

fn of(batch: &[Revision], member: Member) -> &Revision {
    let mut found = batch.iter().filter(|r| r.member == member);
    let one = found.next().expect("a revision");
    assert!(found.next().is_none(), "one row for a cause, entity and day: {batch:?}");
    one
}

/// Hour 8 of the 23rd is published with 40 and 60, hour 9 without anything.
fn published() -> Daemon {
    let mut daemon = since("23T08:20");
    let first = daemon.take(at("23T09:05"), &[pm("a", "23T08:00", 40), pm("b", "23T08:00", 60)]);
    let silent = daemon.take(at("23T10:12"), &[]);
    assert!(first.revisions.is_empty() && silent.revisions.is_empty(), "nothing was changed yet");
    daemon
}

#[test]
fn a_late_value_leaves_one_row_for_its_station_and_one_for_each_set_it_moves() {
    let mut daemon = published();
    let batch = daemon.take(at("23T10:20"), &[pm("a", "23T09:00", 50)]);
    assert_eq!(batch.revisions.len(), 2);
    let station = of(&batch.revisions, A);
    assert_eq!((station.cause, station.day), (Cause::Late, hour("23 00:00").day()));
    assert_eq!(told(station), ["9 pm2_5 nothing 50000"]);
    let set = told(of(&batch.revisions, SET));
    for change in ["9 pm2_5 nothing 50000", "9 hours_day 1 2", "9 pm2_5_stations 0 1"] {
        assert!(set.iter().any(|c| c == change), "{change} in {set:?}");
    }
    assert!(set.iter().any(|c| c.starts_with("9 pm2_5_day 50000 ") || c.contains("_day ")));
    assert!(set.iter().all(|c| c.starts_with("9 ")), "hour 8 is as it was: {set:?}");
}

#[test]
fn a_corrected_value_names_what_it_replaced_up_to_24_hours_on() {
    let mut daemon = published();
    let batch = daemon.take(at("23T10:20"), &[report("a", "23T08:00", 1, "\"pm2_5\":44")]);
    assert_eq!(of(&batch.revisions, A).cause, Cause::Corrected);
    assert_eq!(told(of(&batch.revisions, A)), ["8 pm2_5 40000 44000"]);
    let set = told(of(&batch.revisions, SET));
    assert!(set.contains(&"8 pm2_5 50000 52000".to_owned()), "{set:?}");
    assert!(set.contains(&"9 pm2_5_day 50000 52000".to_owned()), "{set:?}");
    let higher = report("b", "23T09:00", 3, "\"pm2_5\":61");
    let batch = daemon.take(at("23T10:21"), &[higher]);
    assert_eq!(
        of(&batch.revisions, A.max(Member::Station(1))).cause,
        Cause::Late,
        "no value before"
    );
}

#[test]
fn what_is_not_published_or_ends_as_it_was_leaves_nothing() {
    let mut daemon = published();
    let repeated = [pm("a", "23T08:00", 40), pm("b", "23T08:00", 60)];
    assert!(daemon.take(at("23T10:21"), &repeated).revisions.is_empty(), "a redelivery");
    let open = [pm("a", "23T10:00", 10), report("a", "23T10:00", 1, "\"pm2_5\":11")];
    assert!(daemon.take(at("23T11:01"), &open).revisions.is_empty(), "not yet published");
    let to_and_fro =
        [report("a", "23T08:00", 1, "\"pm2_5\":90"), report("a", "23T08:00", 2, "\"pm2_5\":40")];
    let batch = daemon.take(at("23T11:02"), &to_and_fro);
    assert!(batch.revisions.is_empty(), "{:?}", batch.revisions);
    let at_once = daemon.take(at("23T12:30"), &[pm("b", "23T10:00", 12)]);
    assert!(at_once.revisions.is_empty(), "published by this very batch: {:?}", at_once.revisions);
    let invalid = report("a", "23T08:00", 3, "\"pm2_5\":-9");
    let batch = daemon.take(at("23T12:31"), &[invalid]);
    assert_eq!(told(of(&batch.revisions, A)), ["8 pm2_5 40000 negative"]);
}

#[test]
fn a_change_far_back_counts_the_stored_version_up() {
    let mut daemon = published();
    daemon.take(at("23T10:20"), &[pm("b", "23T09:00", 30)]);
    let mut daemon = daemon.restart();
    let later = lantian::time::Instant::parse_rfc3339("2027-09-19T08:00:00+08:00").expect("a time");
    daemon.take(later, &[]); // 300 days on
    let daemon_rows = daemon.rows[&(hour("23 09:00"), 0)].version;
    let batch = daemon.take(later, &[report("a", "23T09:00", 1, "\"pm2_5\":70")]);
    let set = told(of(&batch.revisions, SET));
    assert!(set.contains(&"9 pm2_5 30000 50000".to_owned()), "{set:?}");
    assert_eq!(daemon.rows[&(hour("23 09:00"), 0)].version, daemon_rows + 1);
}

#[test]
fn an_hour_published_empty_long_ago_is_revised_and_not_published_again() {
    let mut daemon = since("10T08:20");
    daemon.take(at("20T08:20"), &[]);
    let mut daemon = daemon.restart();
    let batch = daemon.take(at("20T08:30"), &[pm("a", "12T09:00", 70)]);
    assert!(!batch.revisions.is_empty(), "the hour had a row, which said that nothing was there");
    assert_eq!(daemon.rows[&(hour("12 09:00"), 0)].version, 2);
}

/// The rows of a store's file, oldest first.
fn stored(folder: &TempDir, entity: &str) -> Vec<(String, String)> {
    let reader = Reader::open(&folder.path().join("store.db")).expect("opened");
    let days = (hour("01 00:00").day(), hour("30 00:00").day());
    let rows = reader.revisions("x", entity, days).expect("read");
    rows.into_iter().map(|r| (r.cause, r.changes)).collect()
}

#[test]
fn rows_are_stored_with_their_batch_and_the_chain_covers_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("store.db");
    let store = Sqlite::open(&path).expect("opened");
    let mut daemon = Daemon::start(store, registry(), Params::default());
    let said: Vec<Said> = vec![pm("a", "23T08:00", 40), pm("b", "23T08:00", 60)];
    daemon.take(at("23T08:20"), &[]);
    daemon.take(at("23T09:05"), &said);
    daemon.take(at("23T09:30"), &[report("a", "23T08:00", 1, "\"pm2_5\":44.5")]);
    let corrected = ("corrected".to_owned(), r#"[[8,"pm2_5",40000,44500]]"#.to_owned());
    assert_eq!(stored(&folder, "a"), [corrected]);
    assert_eq!(stored(&folder, "x").len(), 1);
    let area = daemon.registry.area.clone();
    let whole = lantian::store::verify_chain(&daemon.store, &area).expect("whole");
    assert_eq!(whole, 3);
    for meddling in [
        "UPDATE revision SET changes = replace(changes, '44500', '44600') WHERE entity = 'a'",
        "DELETE FROM revision WHERE entity = 'x'",
        "INSERT INTO revision SELECT 99, area, 99, at_ms, entity, day, cause, changes FROM revision
         WHERE id = 1",
    ] {
        let db = rusqlite::Connection::open(&path).expect("opened");
        db.execute_batch(&format!(
            "BEGIN; CREATE TABLE kept AS SELECT * FROM revision; {meddling}; COMMIT"
        ))
        .expect("done");
        let found = lantian::store::verify_chain(&daemon.store, &area);
        assert!(found.is_err(), "{meddling}");
        db.execute_batch(
            "BEGIN; DELETE FROM revision; INSERT INTO revision SELECT * FROM kept;
                          DROP TABLE kept; COMMIT",
        )
        .expect("put back");
        lantian::store::verify_chain(&daemon.store, &area).expect("whole again");
    }
}

/// History taken in before a daemon first ran is held like what was published.
#[test]
fn a_correction_of_an_imported_hour_is_a_revision_on_the_first_run_too() {
    let mut day = StationDay::default();
    for hour in 0..24 {
        let reading = Reading { amount: Amount::from_milli(30_000), validity: Validity::Valid };
        let property = Property::Pollutant(Pollutant::Pm2_5);
        day.take(&Incoming { property, hour, part: None, revision: 0, reading });
    }
    let mut store = Sqlite::in_memory().expect("opened");
    let registry = registry();
    store.register(&registry).expect("registered");
    let days = ["18", "19", "21", "22"].map(|of| hour(&format!("{of} 00:00")).day());
    let stored = |day_of| StoredDay { day: day_of, station: 0, bytes: day.encode_day() };
    let part = ImportedArea {
        area: registry.area.clone(),
        days: days.map(stored).to_vec(),
        files: Vec::new(),
        reviewed: None,
    };
    let chunk = ImportChunk { areas: vec![part], ..ImportChunk::default() };
    store.import(&chunk).expect("imported");
    let mut daemon = Daemon::start(store, registry, Params::default());
    daemon.take(at("23T08:20"), &[]);
    let view = daemon.pipeline.view();
    let shown = view.sets[0].at(hour("22 10:00")).expect("shown");
    assert_eq!((shown.version, shown.state), (1, HourState::Published));
    for (said, name) in [("22T10:00", "open"), ("18T10:00", "closed")] {
        let batch = daemon.settle(at("23T08:30"), &[report("a", said, 1, "\"pm2_5\":50")]);
        let commit = daemon.commit_of(at("23T08:30"), &[], &batch);
        daemon.store.commit(&commit).expect("committed");
        daemon.check_rebuild();
        let row = &batch.set_hours[0];
        assert_eq!((row.version, row.state), (2, HourState::Revised), "{name}");
        let set = batch.revisions.iter().find(|r| r.member == SET).expect("a revision");
        assert!(told(set).contains(&"10 pm2_5 30000 50000".to_owned()), "{name}");
    }
}

/// Eight hours of the 23rd with 40.5 and 60, on disk.
fn eight_hours(folder: &TempDir) -> Daemon {
    let store = Sqlite::open(&folder.path().join("store.db")).expect("opened");
    let mut daemon = Daemon::start(store, registry(), Params::default());
    daemon.take(at("23T00:20"), &[]);
    for n in 0..8 {
        let start = format!("23T{n:02}:00");
        let said = [report("a", &start, 0, "\"pm2_5\":41"), report("b", &start, 0, "\"pm2_5\":60")];
        daemon.take(at(&format!("23T{:02}:05", n + 1)), &said);
    }
    daemon
}

#[test]
fn another_practice_takes_every_stored_hour_anew_with_its_cause() {
    let folder = tempfile::tempdir().expect("a folder");
    let Daemon { store, .. } = eight_hours(&folder);
    let parameters = Parameters { practice: Practice::NationalPlatform, ..Parameters::default() };
    let params = Params { parameters, ..Params::default() };
    let mut daemon = Daemon::start(store, registry(), params.clone());
    let told = stored(&folder, "x");
    assert_eq!(told.len(), 1, "one row for a cause, entity and day: {told:?}");
    assert_eq!(told[0].0, "rules");
    assert!(told[0].1.contains(r#"[0,"pm2_5",50000,51000]"#), "half up, not to even: {told:?}");
    let view = daemon.pipeline.view();
    assert_eq!(view.sets[0].at(hour("23 03:00")).expect("shown").version, 2);
    daemon.take(at("23T08:30"), &[]);
    daemon.audit();
    let Daemon { store, .. } = daemon;
    let daemon = Daemon::start(store, registry(), params);
    assert_eq!(stored(&folder, "x").len(), 1, "the same rules change nothing");
    daemon.audit();
}

/// What is chosen for days, periods, targets and dust reaches no hour. A stored hour that was meddled with
/// shows whether the hours were taken anew; the rules are those that an older program wrote down.
#[test]
fn a_choice_for_days_and_periods_takes_no_hour_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let Daemon { mut store, .. } = eight_hours(&folder);
    let mut before = store.rules(&registry().area).expect("read").expect("rules");
    let feeds = before.feeds.clone();
    let digest = store.adopt(&before, at("23T08:10")).expect("adopted");
    before.params.parameters.target_compare = TargetCompare::Exact;
    before.params.parameters.period_from = PeriodFrom::Rounded;
    store.adopt(&before, at("23T08:10")).expect("adopted");
    drop(store);
    let db = rusqlite::Connection::open(folder.path().join("store.db")).expect("a store");
    db.execute("UPDATE area_hour SET pm2_5 = 1", []).expect("meddled with");
    let meddled = || -> i64 {
        let sql = "SELECT count(*) FROM area_hour WHERE pm2_5 = 1";
        db.query_row(sql, [], |row| row.get(0)).expect("read")
    };
    let with = |parameters: Parameters| {
        let mut store = Sqlite::open(&folder.path().join("store.db")).expect("opened");
        let params = Params { parameters, ..Params::default() };
        let rules = Rules::new(registry(), params, feeds.clone());
        let digest = store.adopt(&rules, at("23T08:12")).expect("adopted");
        (digest, meddled())
    };
    let of_periods = Parameters {
        station_share_day: StationShareDay::Any,
        area_day_order: AreaDayOrder::HoursFirst,
        o3_max_1h_min_hours: 1,
        period_from: PeriodFrom::Rounded,
        target_compare: TargetCompare::Exact,
        dust_deducts: DustDeducts::Days,
        dust_days: DustDays::LeftOut,
        ..Parameters::default()
    };
    let hours = meddled();
    assert!(hours >= 8, "{hours}");
    assert_eq!(with(of_periods), (digest, hours));
    assert_eq!(with(Parameters::default()), (digest, hours));
    let of_hours = Parameters { missing_2012: Missing2012::Na100, ..Parameters::default() };
    assert_eq!(with(of_hours).1, 0, "this one does");
}

#[test]
fn another_list_of_stations_does_too_and_a_new_set_gets_the_hours_of_its_area() {
    let folder = tempfile::tempdir().expect("a folder");
    let Daemon { store, .. } = eight_hours(&folder);
    let mut without_b = registry();
    without_b.stations[1].assessed = false;
    let stations = without_b.stations;
    let mut list = Registry::new(without_b.area, without_b.name, stations).expect("no code twice");
    list.add_set("b", "仅b", &[("b".to_owned(), Span::default())]).expect("known");
    let daemon = Daemon::start(store, list, Params::default());
    let told = stored(&folder, "x");
    assert_eq!(told.len(), 2, "the 22nd's last hour was published, empty");
    assert!(told.iter().all(|(cause, _)| cause == "stations"));
    assert!(told[1].1.contains(r#"[0,"stations_expected",2,1]"#), "{told:?}");
    assert_eq!(stored(&folder, "x/b"), [], "nobody has seen its hours");
    let shown = &daemon.pipeline.view().sets[1].at(hour("23 03:00")).expect("shown").clone();
    assert_eq!((shown.version, shown.state), (1, HourState::Published));
    daemon.audit();
}
