//! `audit` through the binary: every kind of damage is found where it is.

use std::path::Path;

use lantian::area::{AreaId, Member, Span, StationKind, Value as Measured};
use lantian::average::{Correction, Incoming, StationDay};
use lantian::config::warning_rules;
use lantian::duty::{DutyAct, DutyRules};
use lantian::measures::PowerFile;
use lantian::notification::{NoticeAct, Outcome, TryEnd, Way};
use lantian::observation::{FeedFormat, FeedKind, Pollutant, Property, Reading, Validity};
use lantian::pipeline::{FeedState, Params, PublishedRow, StoredDay, Subject, WarningParams};
use lantian::quantity::Amount;
use lantian::reconciliation::Quantity;
use lantian::standard::{Parameters, Practice};
use lantian::store::{
    ImportChunk, ImportedArea, ImportedFile, PublishedChunk, Reader, Role, Sqlite, Store,
};
use lantian::warning::{Act, Level, ListAdopted, Target};
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

/// Two editions of the list; and two stations whose hours come late, one of them for long enough that its
/// clock runs behind.
fn list_and_late(daemon: &mut Daemon) {
    adopt(daemon);
    daemon.take(at("17T00:22"), &[Said::Feed(FeedState::CaughtUp)]);
    for n in 1..4 {
        let of = |station, hour| pm(station, &format!("{hour:02}:00"), 40);
        let late = |hour| format!("16T{:02}", hour + n);
        let said = [of("a", late(9)), of("b", late(12)), of("c", format!("17T{:02}", n - 1))];
        let said = if n < 3 { &said } else { &said[..1] };
        daemon.take(at(&format!("17T{n:02}:05")), said);
        daemon.take(at(&format!("17T{n:02}:12")), &[]);
    }
    let open = |subject| daemon.pipeline.view().alarms.iter().any(|a| a.subject == subject);
    assert!(open(Subject::Behind(0)) && !open(Subject::Behind(1)));
}

/// Two editions of the list of measures.
fn adopt(daemon: &mut Daemon) {
    let list = |digest: &str| ListAdopted {
        filing: "演算".into(),
        in_force: "2026-10-01".into(),
        digest: digest.into(),
        before: None,
        changes: Vec::new(),
    };
    let adopt = ["a", "b"]
        .map(|digest| Said::Act(Act::AdoptList { list: list(digest), content: "{}".into() }));
    daemon.take(at("17T00:21"), &adopt);
}

/// A message is taken by one receiver and refused by another, and somebody has read the notice.
fn notify(daemon: &mut Daemon) {
    let tried = daemon.pipeline.notices().outbox.values();
    let tried: Vec<(u64, u32)> = tried.map(|out| (out.number, out.tries)).collect();
    let [(taken, first), (refused, second), ..] = tried[..] else { panic!("{tried:?}") };
    let text = Some("预警建议".to_owned());
    let accepted = TryEnd { message: taken, attempt: first, outcome: Outcome::Accepted, text };
    let outcome = Outcome::Refused { reason: "404".to_owned() };
    let denied = TryEnd { message: refused, attempt: second, outcome, text: None };
    daemon.take(at("17T00:21"), &[Said::Ended(accepted), Said::Ended(denied)]);
    let notice = *daemon.pipeline.notices().open.keys().next().expect("an open notice");
    let (who, note, said) = (None, "已阅".to_owned(), None);
    let act = NoticeAct::Acknowledge { notice, who, way: Way::Token, said, note };
    daemon.take(at("17T00:22"), &[Said::Notice { person: "zhang", act }]);
}

/// With warnings and a room.
fn watched() -> Params {
    let rules = warning_rules("2024", Path::new("")).expect("built in");
    let warning = Some(WarningParams { rules, zones: Vec::new() });
    let duty = Some(DutyRules::default());
    let notices = Some(crate::notice::rules(&["recommendation", "silence"]));
    Params { keep_minutes_days: Some(4), warning, duty, notices, ..Params::default() }
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
    let params = Params { formats, ..watched() };
    let mut daemon = Daemon::start(store, registry(), params.clone());
    daemon.take(at("10T00:20"), &[]);
    for n in 0..30 {
        let (day, hour) = (10 + n / 24, n % 24);
        let said = ["a", "b", "c"].map(|s| pm(s, &format!("{day}T{hour:02}:00"), 40 + n));
        let (day, hour) = (10 + (n + 1) / 24, (n + 1) % 24);
        daemon.take(at(&format!("{day}T{hour:02}:12")), &said);
    }
    daemon.take(at("17T00:20"), &[pm("z", "16T23:00", 9), Said::Feed(FeedState::CatchingUp)]);
    let minute =
        r#"{"station":"a","period":"PT5M","time":"2026-11-16T22:05:00+08:00","values":{"o3":8}}"#;
    let minute = Said::Message { topic: "aq/x/a/obs".into(), payload: minute.as_bytes().to_vec() };
    daemon.take(at("17T00:21"), &[minute, report("a", "10T08:00", 1, "\"pm2_5\":70")]);
    daemon.take(at("17T00:21"), &[pm("b", "16T20:00", 31), pm("b", "16T20:00", 32)]);
    let forecast = br#"{"office":"a","issued":"2026-11-16T16:00:00+08:00",
        "days":[{"date":"2026-11-18","aqi":[201,230]}]}"#;
    let forecast = Said::Message { topic: "aq/x/forecast".into(), payload: forecast.to_vec() };
    let propose = Act::Propose { target: Target::Level(Level::Red), reason: "演算".into() };
    daemon.take(at("17T00:21"), &[forecast, Said::Act(propose)]);
    let kwh = br#"{"period":"PT1H","time":"2026-11-16T20:00:00+08:00","kwh":7.5,"revision":1}"#;
    let kwh = Said::Message { topic: "aq/x/power/m1".into(), payload: kwh.to_vec() };
    let text = "meter,time,kwh\nm2,2026-11-16 21:00,1\n".to_owned();
    let file = Said::power(vec![PowerFile { name: "p.csv".to_owned(), text }]);
    let duty = Said::Duty { person: "张三", act: DutyAct::TakeOver { hand_over: None } };
    daemon.take(at("17T00:21"), &[kwh, file, duty]);
    notify(&mut daemon);
    let hour = publishing::hour("10 09:00");
    let property = Property::Pollutant(Pollutant::Pm2_5);
    for (station, milli) in [("b", 50_000), ("a", 60_000)] {
        let act = Correction::Set(Amount::from_milli(milli));
        let said = Said::Correction { station: station.to_owned(), property, hour, act };
        daemon.take(at("17T00:21"), &[said]);
    }
    list_and_late(&mut daemon);
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
    let batch = daemon.settle(at("17T03:22"), &said);
    let commit = daemon.commit_of(at("17T03:22"), &said, &batch);
    daemon.store.commit(&commit).expect("committed");
    for (token, name) in [("a long text", "张三"), ("another one", "李四"), ("a third", "王五")]
    {
        daemon.store.add_token(token, name, Role::Operator, at("17T00:23")).expect("written");
    }
    assert!(daemon.store.revoke_token(2, at("17T00:24")).expect("revoked"));
    daemon.audit();
}

/// What an audit cannot know, with the reason.
const UNKNOWABLE: [(&str, &str); 5] = [
    ("area.lease_epoch", "counts the starts, and a start that did nothing leaves no input"),
    ("arrival.id", "only tells rows apart: the sequence is the order"),
    ("correction.id", "only tells rows apart, and nothing names it"),
    ("dead_letter.id", "only tells rows apart, and nothing names it"),
    ("revision.id", "only tells rows apart, and nothing names it"),
];

/// Another value of the same kind, as little different as can be; at the value's end or at its beginning.
fn flipped(value: Value, at_end: bool) -> Value {
    match value {
        Value::Null => Value::Integer(1),
        Value::Integer(n) => Value::Integer(if at_end { n + 1 } else { n - 1 }),
        Value::Real(x) => Value::Real(x + 1.0),
        Value::Text(text) => {
            let mut letters: Vec<char> = text.chars().collect();
            let last = letters.len().saturating_sub(1);
            match letters.get_mut(if at_end { last } else { 0 }) {
                Some(letter) => *letter = if *letter == '7' { '8' } else { '7' },
                None => letters.push('7'),
            }
            Value::Text(letters.into_iter().collect())
        }
        Value::Blob(mut bytes) => {
            let last = bytes.len().saturating_sub(1);
            match bytes.get_mut(if at_end { last } else { 0 }) {
                Some(byte) => *byte ^= 1,
                None => bytes.push(0),
            }
            Value::Blob(bytes)
        }
    }
}

/// A whole store that is damaged in one place at a time.
struct Damage {
    place: Place,
    db: Connection,
    missed: Vec<String>,
    tried: usize,
}

impl Damage {
    fn new() -> Self {
        let place = Place::new();
        full(&place);
        let db = Connection::open(place.path("full.db")).expect("a store");
        db.execute_batch("PRAGMA wal_checkpoint(TRUNCATE)").expect("whole");
        Self { place, db, missed: Vec::new(), tried: 0 }
    }

    fn names(&self, sql: &str) -> Vec<String> {
        let mut query = self.db.prepare(sql).expect(sql);
        query.query_map([], |r| r.get(0)).expect("rows").collect::<Result<_, _>>().expect("names")
    }

    /// Every table of the schema, so that a new one cannot escape.
    fn tables(&self) -> Vec<String> {
        self.names("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    }

    fn columns(&self, table: &str) -> Vec<String> {
        self.names(&format!("SELECT name FROM pragma_table_info('{table}')"))
    }

    /// What tells a row of the table from the others.
    fn key(&self, table: &str) -> String {
        let sql = format!("SELECT name FROM pragma_table_info('{table}') WHERE pk > 0");
        match self.names(&sql) {
            keys if keys.is_empty() => "rowid".to_owned(),
            keys => keys.join(", "),
        }
    }

    /// Does something to a copy; notes it as missed when the audit finds nothing, or not in that table.
    /// Says whether it could be done.
    fn one(&mut self, what: &str, table: &str, act: impl FnOnce(&Connection) -> bool) -> bool {
        let copy = self.place.path("damaged.db");
        std::fs::copy(self.place.path("full.db"), &copy).expect("copied");
        let hand = Connection::open(&copy).expect("a store");
        hand.execute_batch("PRAGMA foreign_keys = OFF").expect("off");
        let done = act(&hand);
        hand.close().expect("closed");
        if done {
            self.tried += 1;
            let mut told = String::new();
            let audited = Reader::open(&copy).and_then(|reader| {
                reader.audit(|d| told += &format!("{}: {}, {}\n", d.place, d.stored, d.expected))
            });
            let names_it = told.lines().any(|line| line.contains(table));
            if !(audited.is_ok() && names_it) {
                self.missed.push(format!("{what}: {audited:?} {told}"));
            }
        }
        done
    }
}

#[test]
fn a_single_flipped_digit_in_any_column_of_any_table_is_found() {
    let mut damage = Damage::new();
    let (tables, mut columns) = (damage.tables(), 0);
    for table in &tables {
        let key = damage.key(table);
        for column in damage.columns(table) {
            let place = format!("{table}.{column}");
            if UNKNOWABLE.iter().any(|(unknowable, _)| *unknowable == place) {
                continue;
            }
            columns += 1;
            for (order, at_end) in [("ASC", true), ("DESC", false)] {
                let of = format!(
                    "SELECT {column} FROM {table} ORDER BY {column} IS NULL, {key} {order} LIMIT 1"
                );
                let value: Value = damage.db.query_row(&of, [], |r| r.get(0)).expect(&place);
                let sql = format!(
                    "UPDATE OR REPLACE {table} SET {column} = ?1 WHERE ({key}) =
                     (SELECT {key} FROM {table} ORDER BY {column} IS NULL, {key} {order} LIMIT 1)"
                );
                let what = format!("{place} {order}");
                damage.one(&what, table, |hand| {
                    let flipped = flipped(value, at_end);
                    hand.execute(&sql, [flipped]).unwrap_or_else(|e| panic!("{place}: {e}")) == 1
                });
            }
        }
    }
    assert_eq!(damage.missed, Vec::<String>::new());
    assert!(tables.len() > 12 && columns > 100, "{} tables, {columns} columns", tables.len());
    assert_eq!(damage.tried, 2 * columns);
}

#[test]
fn a_removed_row_of_any_table_is_found() {
    let mut damage = Damage::new();
    for table in damage.tables() {
        let key = damage.key(&table);
        for order in ["ASC", "DESC"] {
            let sql = format!(
                "DELETE FROM {table} WHERE ({key}) =
                 (SELECT {key} FROM {table} ORDER BY {key} {order} LIMIT 1)"
            );
            let removed = |hand: &Connection| hand.execute(&sql, []).expect("removed") == 1;
            assert!(damage.one(&format!("{table} {order}"), &table, removed), "{table} has no row");
        }
    }
    // In the middle of the chain.
    let middle = "DELETE FROM arrival WHERE sequence = 9";
    let removed = |hand: &Connection| hand.execute(middle, []).expect("removed") == 1;
    assert!(damage.one("arrival 9", "arrival", removed));
    assert_eq!(damage.missed, Vec::<String>::new());
}

/// A row more is another one with one value changed; of which value it can be done, the schema says.
#[test]
fn an_added_row_of_any_table_is_found() {
    let mut damage = Damage::new();
    for table in damage.tables() {
        let columns = damage.columns(&table);
        let key = damage.key(&table);
        let mut added = 0;
        for changed in &columns {
            let place = format!("{table}.{changed}");
            if place.ends_with(".id") {
                continue;
            }
            let value = format!("SELECT {changed} FROM {table} ORDER BY {key} DESC LIMIT 1");
            let value: Value = damage.db.query_row(&value, [], |r| r.get(0)).expect(&place);
            let fields = columns.iter().map(|column| match column.as_str() {
                "id" => "NULL".to_owned(),
                column if column == changed => "?1".to_owned(),
                column => column.to_owned(),
            });
            let fields: Vec<String> = fields.collect();
            let sql = format!(
                "INSERT INTO {table} SELECT {} FROM {table} ORDER BY {key} DESC LIMIT 1",
                fields.join(", ")
            );
            let done = damage.one(&place, &table, |hand| {
                hand.execute(&sql, [flipped(value, true)]).is_ok_and(|rows| rows == 1)
            });
            added += usize::from(done);
        }
        assert!(added > 0, "no row could be added to {table}");
    }
    assert_eq!(damage.missed, Vec::<String>::new());
}
