//! `audit` through the binary: every kind of damage is found where it is.

use std::path::Path;

use lantian::area::{AreaId, Member, Span, StationKind, Value as Measured};
use lantian::average::{Correction, Incoming, StationDay};
use lantian::observation::{FeedFormat, FeedKind, Pollutant, Property, Reading, Validity};
use lantian::pipeline::{FeedState, Params, PublishedRow, StoredDay};
use lantian::quantity::Amount;
use lantian::reconciliation::Quantity;
use lantian::standard::{Parameters, Practice};
use lantian::store::{
    ImportChunk, ImportedArea, ImportedFile, PublishedChunk, Reader, Role, Sqlite, Store,
};
use rusqlite::Connection;
use rusqlite::types::Value;

use super::{Place, air, file, lantian};
use crate::daemon::{Daemon, Said};
use crate::publishing::{self, at, pm, report};

/// `audit` of a store: exit code and what it told.
fn audit(store: &Path) -> (Option<i32>, String) {
    let (code, out, _) = lantian(&["audit", "--store", &store.display().to_string()]);
    (code, out)
}

#[test]
fn a_flipped_digit_and_a_lost_row_are_found_where_they_are() {
    let place = Place::new();
    place.write("air.csv", &file(&air(3)));
    place.imported("a.db", &["air.csv"]);
    let whole = audit(&place.path("a.db"));
    assert_eq!(whole.0, Some(0), "{}", whole.1);
    assert!(whole.1.ends_with(": 0 differences\n") && !whole.1.contains(" 0 area hours"));
    let at = "WHERE (hour, station_set) = (SELECT hour, station_set FROM area_hour
              WHERE aqi > 0 AND co_24h > 0 ORDER BY hour LIMIT 1)";
    let cells = "WHERE day = 20090 AND station = (SELECT min(station) FROM station_day)";
    let cut = "substr(cells, 1, length(cells) - 3)";
    for (change, place_of_fault) in [
        (format!("UPDATE area_hour SET aqi = aqi + 1 {at}"), " aqi: "),
        (format!("UPDATE area_hour SET co_24h = co_24h - 100 {at}"), " co_24h: "),
        (format!("UPDATE area_hour SET primary_day = 'x' {at}"), " primary_day: "),
        (format!("UPDATE area_hour SET o3_stations = 9 {at}"), " o3_stations: "),
        (format!("UPDATE station_day SET cells = {cut} {cells}"), "cells at 20090 of"),
        ("UPDATE arrival SET at_ms = at_ms, inputs = x'00'".into(), "arrival dalian 1: "),
        ("DELETE FROM arrival".into(), "arrival dalian 0: "),
        ("UPDATE area SET chain = zeroblob(32)".into(), "arrival dalian 1: "),
    ] {
        let damaged = place.path("damaged.db");
        std::fs::copy(place.path("a.db"), &damaged).expect("copied");
        let db = Connection::open(&damaged).expect("a store");
        assert!(db.execute(&change, []).expect(&change) > 0, "{change}");
        db.close().expect("closed");
        let (code, told) = audit(&damaged);
        assert_eq!(code, Some(65), "{change}: {told}");
        assert!(told.contains(place_of_fault), "{change}: {told}");
    }
}

/// What has no meaning of its own: numbers that only tell rows apart, and the count of starts.
const MEANINGLESS: [&str; 9] = [
    "area.id",
    "area.lease_epoch",
    "arrival.id",
    "revision.id",
    "correction.id",
    "dead_letter.id",
    "station.id",
    "station_set.id",
    "token.id",
];

/// What was published for an hour, twice, the second time another value.
fn import_published(store: &mut Sqlite) {
    for aqi in [51, 52] {
        let values = vec![(Quantity::Aqi, Measured::Number(aqi))];
        let hour = publishing::hour("16 21:00");
        let row = PublishedRow { member: Member::Station(0), hour, values, at: at("17T00:21") };
        let file = ImportedFile { name: "p.csv".to_owned(), sha256: [7; 32], rows: 1 };
        let area = AreaId::new("x").expect("legal");
        let chunk = PublishedChunk { at: at("17T00:21"), area, file, rows: vec![row] };
        store.import_published(&chunk).expect("written");
    }
}

/// A recorded day.
fn import_day(store: &mut Sqlite) {
    let mut cells = StationDay::default();
    let reading = Reading { amount: Amount::from_milli(35_000), validity: Validity::Valid };
    let property = Property::Pollutant(Pollutant::Pm2_5);
    cells.take(&Incoming { property, hour: 3, part: None, revision: 0, reading });
    let day = publishing::hour("02 00:00").day();
    let days = vec![StoredDay { day, station: 0, bytes: cells.encode_day() }];
    let files = vec![ImportedFile { name: "h.csv".to_owned(), sha256: [9; 32], rows: 1 }];
    let area = AreaId::new("x").expect("legal");
    let areas = vec![ImportedArea { area, days, files, reviewed: None }];
    store.import(&ImportChunk { at: at("17T00:21"), areas }).expect("written");
}

/// A store with something in every table: closed and open days, late and corrected values, a named set, dead
/// letters, a token, an import, and a daemon that was started anew with another practice.
fn full(place: &Place) {
    let path = place.path("full.db");
    let registry = || {
        let mut registry = publishing::registry();
        let until = Span { from: None, until: Some(publishing::hour("30 00:00").day()) };
        registry.stations[0].position = Some((38_900_000, 121_600_000));
        registry.stations[2].valid = until;
        registry.stations[1].kind = StationKind::City;
        let members = [("a".to_owned(), until), ("c".to_owned(), Span::default())];
        registry.add_set("core", "市区", &members).expect("known");
        registry
    };
    let store = Sqlite::open(&path).expect("opened");
    let published = FeedFormat { kind: FeedKind::Published, ..FeedFormat::default() };
    let formats = vec![FeedFormat::default(), published];
    let params = Params { formats, ..Params::default() };
    let mut daemon = Daemon::start(store, registry(), params.clone());
    daemon.take(at("10T00:20"), &[]);
    for n in 0..30 {
        let (day, hour) = (10 + n / 24, n % 24);
        let said = ["a", "b", "c"].map(|s| pm(s, &format!("{day}T{hour:02}:00"), 40 + n));
        let (day, hour) = (10 + (n + 1) / 24, (n + 1) % 24);
        daemon.take(at(&format!("{day}T{hour:02}:12")), &said);
    }
    daemon.take(at("17T00:20"), &[pm("z", "16T23:00", 9), Said::Feed(FeedState::CatchingUp)]);
    daemon.take(at("17T00:21"), &[report("a", "10T08:00", 1, "\"pm2_5\":70")]);
    let hour = publishing::hour("10 09:00");
    let property = Property::Pollutant(Pollutant::Pm2_5);
    for (station, milli) in [("b", 50_000), ("a", 60_000)] {
        let act = Correction::Set(Amount::from_milli(milli));
        let said = Said::Correction { station: station.to_owned(), property, hour, act };
        daemon.take(at("17T00:21"), &[said]);
    }
    let parameters = Parameters { practice: Practice::NationalPlatform, ..Parameters::default() };
    let Daemon { mut store, .. } = daemon;
    import_published(&mut store);
    import_day(&mut store);
    let mut daemon = Daemon::start(store, registry(), Params { parameters, ..params });
    let topic = "aq/x/published/x/core".to_owned();
    let payload = br#"{"entity":"x/core","time":"2026-11-16T20:00:00+08:00",
        "values":{"aqi":61,"primary":["pm2_5"],"co":0.65}}"#;
    daemon.take(at("17T00:22"), &[Said::Published { topic, payload: payload.to_vec() }]);
    let said = [pm("b", "16T22:00", 33)];
    let batch = daemon.settle(at("17T00:22"), &said);
    let commit = daemon.commit_of(at("17T00:22"), &said, &batch);
    daemon.store.commit(&commit).expect("committed");
    let token = "a long and random text";
    daemon.store.add_token(token, "张三", Role::Operator, at("17T00:23")).expect("written");
    daemon.audit();
}

/// Another value of the same kind, as little different as can be.
fn flipped(value: Value) -> Value {
    match value {
        Value::Null => Value::Integer(1),
        Value::Integer(n) => Value::Integer(n ^ 1),
        Value::Real(x) => Value::Real(x + 1.0),
        Value::Text(text) => {
            let last = text.chars().next_back().unwrap_or('0');
            let other = if last == '7' { '8' } else { '7' };
            let kept = text.len() - text.chars().next_back().map_or(0, char::len_utf8);
            Value::Text(format!("{}{other}", &text[..kept]))
        }
        Value::Blob(mut bytes) => {
            match bytes.last_mut() {
                Some(last) => *last ^= 1,
                None => bytes.push(0),
            }
            Value::Blob(bytes)
        }
    }
}

#[test]
fn a_single_flipped_digit_in_any_column_of_any_table_is_found() {
    let place = Place::new();
    full(&place);
    let db = Connection::open(place.path("full.db")).expect("a store");
    db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("whole");
    let names = |sql: String| -> Vec<String> {
        let mut query = db.prepare(&sql).expect(&sql);
        query.query_map([], |r| r.get(0)).expect("rows").collect::<Result<_, _>>().expect("names")
    };
    let (mut missed, mut columns) = (Vec::new(), 0);
    let tables = names("SELECT name FROM sqlite_schema WHERE type = 'table'".into());
    for table in &tables {
        let info = format!("pragma_table_info('{table}')");
        let keys = names(format!("SELECT name FROM {info} WHERE pk > 0")).join(", ");
        let key = if keys.is_empty() { "rowid" } else { &keys };
        for column in names(format!("SELECT name FROM {info}")) {
            let place_of = format!("{table}.{column}");
            if MEANINGLESS.contains(&place_of.as_str()) {
                continue;
            }
            columns += 1;
            let one = format!("SELECT {column} FROM {table} ORDER BY {column} IS NULL LIMIT 1");
            let value: Value = db.query_row(&one, [], |r| r.get(0)).expect(&place_of);
            let copy = place.path("flipped.db");
            std::fs::copy(place.path("full.db"), &copy).expect("copied");
            let hand = Connection::open(&copy).expect("a store");
            hand.execute_batch("PRAGMA foreign_keys = OFF").expect("off");
            let sql = format!(
                "UPDATE OR REPLACE {table} SET {column} = ?1 WHERE ({key}) =
                 (SELECT {key} FROM {table} WHERE {column} IS ?2 LIMIT 1)"
            );
            let changed = hand.execute(&sql, rusqlite::params![flipped(value.clone()), value]);
            assert_eq!(changed.expect(&place_of), 1, "{place_of}");
            hand.close().expect("closed");
            let audited = Reader::open(&copy).and_then(|reader| reader.audit(|_| {}));
            if audited.is_ok_and(|audited| audited.differences == 0) {
                missed.push(place_of);
            }
        }
    }
    assert_eq!(missed, Vec::<String>::new());
    assert!(tables.len() > 12 && columns > 100, "{} tables, {columns} columns", tables.len());
}
