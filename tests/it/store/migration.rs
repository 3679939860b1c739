//! Stores of older schemas: they are brought up to date with their rows, and nothing they say changes.
//!
//! An old store is made by the migrations as they landed, and filled with the rows of one that was written
//! today, as far as the old tables have columns for them.

use std::collections::BTreeMap;

use lantian::area::{Figures, Member};
use lantian::average::{Correction, Incoming, StationDay};
use lantian::observation::{Dataset, Reading, Validity};
use lantian::pipeline::{FeedState, Params, StoredDay};
use lantian::quantity::Amount;
use lantian::standard::Parameters;
use lantian::store::{Error, ImportChunk, ImportedArea, ImportedFile, Reader, Role, Sqlite};
use lantian::warning::{Act, Level, Target};
use rusqlite::Connection;
use sha2::{Digest, Sha256};

use super::{PM, Place, area, at, day, hour, pm, registry, run};
use crate::daemon::{Daemon, Said};

/// The migrations that have landed, and how their digests begin: a file out there was made by them.
const LANDED: [(&str, &str); 10] = [
    (include_str!("../../../src/store/schema.sql"), "4d9b1cc3ae509280"),
    (include_str!("../../../src/store/migration_2.sql"), "76e632c263d07236"),
    (include_str!("../../../src/store/migration_3.sql"), "df76b46d36167850"),
    (include_str!("../../../src/store/migration_4.sql"), "4c7ee326e5ac58cc"),
    (include_str!("../../../src/store/migration_5.sql"), "a6648c6909141d7e"),
    (include_str!("../../../src/store/migration_6.sql"), "34b6e66fb465d696"),
    (include_str!("../../../src/store/migration_7.sql"), "491777c78db5a8e6"),
    (include_str!("../../../src/store/migration_8.sql"), "ee320d1b0adeda94"),
    (include_str!("../../../src/store/migration_9.sql"), "864afb650e3273ee"),
    (include_str!("../../../src/store/migration_10.sql"), "393cef4aab2e6d51"),
];

/// The rules that an older program wrote down did not watch for clocks that run behind.
fn params() -> Params {
    Params { clock_behind_min: None, ..Params::default() }
}

/// Open and closed days, revisions, an operator's act, dead letters, a silence and a token.
fn filled(place: &Place) {
    let mut daemon = Daemon::start(place.open().expect("opened"), registry("x"), params());
    daemon.take(at("23T08:05"), &[Said::Feed(FeedState::CaughtUp)]);
    run(&mut daemon);
    let act = Correction::Set(Amount::from_milli(61_000));
    let said = Said::Correction { station: "b".into(), property: PM, hour: hour("23 09:00"), act };
    daemon.take(at("23T14:20"), &[said, pm("a", "23T10:00", 1, "70")]);
    daemon.take(at("29T14:20"), &[]); // the 23rd closes
    daemon.take(at("29T15:05"), &[pm("a", "29T14:00", 0, "33"), pm("a", "23T11:00", 1, "71")]);
    daemon.store.add_token("a long text", "张三", Role::Operator, at("29T15:06")).expect("kept");
    import_day(&mut daemon.store);
    daemon.audit();
}

/// A recorded day of a station.
fn import_day(store: &mut Sqlite) {
    let mut cells = StationDay::default();
    let reading = Reading { amount: Amount::from_milli(35_000), validity: Validity::Valid };
    cells.take(&Incoming { property: PM, hour: 3, part: None, revision: 0, reading });
    let days = vec![StoredDay { day: day("21"), station: 1, bytes: cells.encode_day() }];
    let files = vec![ImportedFile { name: "h.csv".to_owned(), sha256: [9; 32], rows: 1 }];
    let areas = vec![ImportedArea { area: area("x"), days, files, reviewed: None }];
    store.import(&ImportChunk { at: at("29T15:07"), areas }).expect("written");
}

fn names(db: &Connection, sql: &str) -> Vec<String> {
    let mut query = db.prepare(sql).expect(sql);
    query.query_map([], |r| r.get(0)).expect("rows").collect::<Result<_, _>>().expect("names")
}

/// A store of a schema, with all rows of the place that it has room for.
fn of_schema(schema: usize, from: &Place) -> Place {
    let old = Place::new();
    let db = Connection::open(old.path()).expect("a file");
    db.execute_batch("PRAGMA journal_mode = WAL; PRAGMA foreign_keys = OFF").expect("set");
    for (sql, _) in &LANDED[..schema] {
        db.execute_batch(sql).expect("landed");
    }
    db.execute("ATTACH ?1 AS now", [from.path().display().to_string()]).expect("attached");
    for table in names(&db, "SELECT name FROM main.sqlite_schema WHERE type = 'table'") {
        let columns = names(&db, &format!("SELECT name FROM pragma_table_info('{table}', 'main')"));
        let columns = columns.join(", ");
        db.execute_batch(&format!(
            "INSERT INTO main.{table} ({columns}) SELECT {columns} FROM now.{table}"
        ))
        .expect("copied");
    }
    let id: i64 = db.query_row("PRAGMA now.application_id", [], |r| r.get(0)).expect("ours");
    db.execute_batch(&format!(
        "DETACH now; PRAGMA application_id = {id}; PRAGMA user_version = {schema}"
    ))
    .expect("marked");
    old
}

/// Every figure of both sets and of a station, by each dataset.
fn figures(place: &Place) -> Vec<Vec<Figures>> {
    let (reader, registry) = (place.reader(), registry("x"));
    let span = (hour("21 00:00"), hour("29 23:00"));
    let parameters = Parameters::default();
    let members = [Member::Set(0), Member::Set(1), Member::Station(0)];
    let each = members.into_iter().flat_map(|m| Dataset::ALL.map(|d| (m, d)));
    each.map(|(member, dataset)| {
        reader.series(&registry, member, span, (&parameters, dataset)).expect("read")
    })
    .collect()
}

/// The rows of each table of an old schema, all columns of it; without what a start counts.
fn rows(place: &Place, schema: usize) -> BTreeMap<String, Vec<String>> {
    let empty = Connection::open_in_memory().expect("opened");
    for (sql, _) in &LANDED[..schema] {
        empty.execute_batch(sql).expect("landed");
    }
    let db = Connection::open(place.path()).expect("opened");
    let mut all = BTreeMap::new();
    for table in names(&empty, "SELECT name FROM sqlite_schema WHERE type = 'table'") {
        let columns = names(
            &empty,
            &format!(
                "SELECT 'quote(' || name || ')' FROM pragma_table_info('{table}')
                 WHERE name NOT IN ('lease_epoch', 'digest')"
            ),
        );
        let sql = format!("SELECT {} FROM {table} ORDER BY 1", columns.join(" || ', ' || "));
        all.insert(table, names(&db, &sql));
    }
    all
}

fn version(place: &Place) -> i64 {
    let db = Connection::open(place.path()).expect("opened");
    db.query_row("PRAGMA user_version", [], |row| row.get(0)).expect("read")
}

#[test]
fn an_older_store_is_migrated_with_all_its_rows_and_its_figures_stay() {
    let today = Place::new();
    filled(&today);
    let expected = figures(&today);
    assert!(expected.iter().flatten().any(|f| f.index.max_iaqi.is_some()));
    for schema in [2, 3] {
        let old = of_schema(schema, &today);
        let before = rows(&old, schema);
        let kinds = ["arrival", "hour", "station_day", "area_hour", "dead_letter", "revision"];
        for table in kinds.into_iter().chain(["correction", "alarm", "rules", "token"]) {
            assert!(!before[table].is_empty(), "{table} of schema {schema}");
        }
        let found = i64::try_from(schema).expect("small");
        let refused = Reader::open(&old.path()).expect_err("a reader does not write");
        assert!(matches!(refused, Error::Older { found: f, .. } if f == found), "{refused}");
        drop(old.open().expect("migrated"));
        assert_eq!(version(&old), version(&today));
        assert_eq!(rows(&old, schema), before, "schema {schema}");
        assert_eq!(figures(&old), expected, "schema {schema}");
        let imported = |p: &Place| rows(p, 3)["imported"].clone();
        assert_eq!((imported(&old).len(), imported(&old)), (1, imported(&today)), "from the chain");
        let mut daemon = Daemon::start(old.open().expect("opened"), registry("x"), params());
        daemon.audit();
        assert_eq!(rows(&old, schema), before, "a start changes nothing");
        daemon.checked = true;
        daemon.take(at("29T16:05"), &[pm("a", "29T15:00", 0, "34"), pm("z", "29T15:00", 0, "1")]);
        daemon.audit();
        let today = (today.reader().head(&area("x")), old.reader().head(&area("x")));
        assert_eq!(today.0.expect("read").0 + 1, today.1.expect("read").0, "the chain goes on");
    }
}

#[test]
fn records_of_warnings_from_before_there_were_drills_keep_their_chain() {
    let today = Place::new();
    filled(&today);
    let mut daemon = Daemon::start(today.open().expect("opened"), registry("x"), params());
    let propose =
        Act::Propose { target: Target::Level(Level::Yellow), reason: "演算".to_owned() };
    daemon.take(at("29T16:00"), &[Said::Act(propose)]);
    drop(daemon);
    let old = of_schema(5, &today);
    let before = rows(&old, 5);
    assert_eq!(before["warning"].len(), 1);
    let daemon = Daemon::start(old.open().expect("migrated"), registry("x"), params());
    daemon.audit();
    assert_eq!(rows(&old, 5), before);
    let db = Connection::open(old.path()).expect("opened");
    assert_eq!(names(&db, "SELECT ifnull(drill, 'real') FROM warning"), ["real"]);
}

#[test]
fn a_store_of_the_first_schema_is_taken_anew_by_the_rules_it_had_no_place_for() {
    let today = Place::new();
    filled(&today);
    let old = of_schema(1, &today);
    let cells = |p: &Place| ["hour", "station_day"].map(|table| rows(p, 1)[table].clone());
    let before = cells(&old);
    let daemon = Daemon::start(old.open().expect("migrated"), registry("x"), params());
    drop(daemon);
    assert_eq!(cells(&old), before);
    assert_eq!(figures(&old), figures(&today));
    let told = |p: &Place| names(&Connection::open(p.path()).expect("opened"), COVERAGE);
    assert_eq!(told(&old), told(&today), "what the first schema did not hold");
}

/// What came with migration 2.
const COVERAGE: &str =
    "SELECT hour || ' ' || ifnull(pm2_5_24h_hours, '') FROM area_hour ORDER BY hour, station_set";

#[test]
fn a_store_of_the_next_schema_is_refused_and_left_as_it_is() {
    let place = Place::new();
    filled(&place);
    let known = version(&place);
    place.meddle(&format!("PRAGMA user_version = {}; PRAGMA wal_checkpoint(TRUNCATE);", known + 1));
    let bytes = std::fs::read(place.path()).expect("read");
    for refused in [Sqlite::open(&place.path()).err(), Reader::open(&place.path()).err()] {
        let refused = refused.expect("refused");
        let Error::Newer { found, known: ours, .. } = &refused else { panic!("{refused}") };
        assert_eq!((*found, *ours), (known + 1, known));
        assert!(!refused.is_retryable());
    }
    assert_eq!(std::fs::read(place.path()).expect("read"), bytes);
}

/// Files out there were made by these texts; what is to change needs a migration of its own.
#[test]
fn a_landed_migration_never_changes() {
    for (at, (sql, expected)) in LANDED.iter().enumerate() {
        let digest: String =
            Sha256::digest(sql.as_bytes()).iter().take(8).map(|b| format!("{b:02x}")).collect();
        assert_eq!(digest, *expected, "migration {}", at + 1);
    }
}
