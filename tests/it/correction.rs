//! An operator's act on a value: it stands above the feed until it is withdrawn, it is in the trail with name
//! and reason, and it never touches what belongs to the national or the provincial centre.

use lantian::area::{AreaId, Member, Registry, Station, StationKind};
use lantian::average::Correction::{self, Invalidate, Set, Withdraw};
use lantian::observation::{Pollutant, Property};
use lantian::pipeline::{Batch, Cause, CorrectionRefusal as Refusal, Params};
use lantian::quantity::Amount;
use lantian::store::{Reader, Sqlite};
use lantian::time::Instant;
use tempfile::TempDir;

use super::daemon::{Daemon, Said};
use super::publishing::{at, hour, pm, report};

const PM: Property = Property::Pollutant(Pollutant::Pm2_5);

/// `a` is the city's, `b` a district's, `n` the nation's and `p` the province's.
fn registry() -> Registry {
    let kinds = [
        ("a", StationKind::City),
        ("b", StationKind::District),
        ("n", StationKind::National),
        ("p", StationKind::Provincial),
    ];
    let sample = super::publishing::registry().stations[0].clone();
    let station = |(code, kind): (&str, StationKind)| Station {
        id: lantian::observation::StationId::new(code).expect("legal"),
        kind,
        assessed: kind != StationKind::Provincial,
        ..sample.clone()
    };
    let stations = kinds.map(station).to_vec();
    Registry::new(AreaId::new("x").expect("legal"), "某市".into(), stations).expect("no code twice")
}

struct Room {
    folder: TempDir,
    daemon: Daemon,
}

impl Room {
    /// Hour 8 of the 23rd is published with 40, 60 and 80.
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Sqlite::open(&folder.path().join("store.db")).expect("opened");
        let mut daemon = Daemon::start(store, registry(), Params::default());
        daemon.take(at("23T08:20"), &[]);
        let said = [("a", 40), ("b", 60), ("n", 80)].map(|(s, v)| pm(s, "23T08:00", v));
        daemon.take(at("23T09:05"), &said);
        Self { folder, daemon }
    }

    fn act(&mut self, station: &str, act: Correction) -> Batch {
        self.daemon.take(at("23T09:30"), &[said(station, "23 08:00", act)])
    }

    fn mean(&self, of: &str) -> Option<i32> {
        self.daemon.rows[&(hour(of), 0)].figures.concentration[0].map(Amount::milli)
    }

    /// Person, station, act and refusal of every act in the trail, the newest first.
    fn trail(&self) -> Vec<String> {
        let reader = Reader::open(&self.folder.path().join("store.db")).expect("opened");
        let rows = reader.corrections("x", (None, None), 100).expect("read");
        let text = |(_, row): (u64, lantian::store::StoredCorrection)| {
            let refused = row.refused.unwrap_or_default();
            format!("{} {} {} {} {refused}", row.person, row.reason, row.station, row.act)
        };
        for (_, row) in &rows {
            let of = |from: i64, to: i64| {
                let span = Some((row.at.plus_minutes(from), row.at.plus_minutes(to)));
                let found = reader.corrections("x", (None, span), 100).expect("read");
                found.iter().any(|(_, found)| found == row)
            };
            assert_eq!((of(0, 1), of(-1, 0)), (true, false), "an end is not included");
        }
        rows.into_iter().map(text).collect()
    }
}

fn said(station: &str, of: &str, act: Correction) -> Said {
    Said::Correction { station: station.to_owned(), property: PM, hour: hour(of), act }
}

fn amount(milli: i32) -> Correction {
    Set(Amount::from_milli(milli))
}

fn refusal(batch: &Batch) -> Option<Refusal> {
    assert_eq!(batch.corrections.len(), 1);
    batch.corrections[0].refused
}

#[test]
fn a_corrected_value_holds_whatever_the_feed_says_until_it_is_withdrawn() {
    let mut room = Room::new();
    assert_eq!(room.mean("23 08:00"), Some(60_000));
    let batch = room.act("a", amount(70_000));
    assert_eq!(refusal(&batch), None);
    assert_eq!(room.mean("23 08:00"), Some(70_000));
    let of = |member| batch.revisions.iter().find(|r| r.member == member).expect("a revision");
    assert_eq!(of(Member::Set(0)).cause, Cause::Operator);
    let change = of(Member::Station(0)).changes[0];
    assert_eq!((change.old.to_string(), change.new.to_string()), ("40000".into(), "70000".into()));
    let later = room.daemon.take(at("23T09:31"), &[report("a", "23T08:00", 1, "\"pm2_5\":46")]);
    assert!(later.set_hours.is_empty() && later.revisions.is_empty(), "it lies beneath");
    room.daemon = room.daemon.restart();
    room.act("a", Withdraw);
    assert_eq!(room.mean("23 08:00"), Some(62_000), "what the feed said last");
    room.daemon.audit();
    assert_eq!(room.trail(), ["张三 校准 a withdraw ", "张三 校准 a set "]);
}

#[test]
fn an_invalidated_value_does_not_count_and_is_no_report_taken_back() {
    let mut room = Room::new();
    room.act("b", Invalidate);
    assert_eq!(room.mean("23 08:00"), Some(60_000), "of 40 and 80");
    let row = &room.daemon.rows[&(hour("23 08:00"), 0)];
    assert_eq!((row.figures.coverage[0].present, row.figures.coverage[0].expected), (2, 3));
    assert_eq!(refusal(&room.act("b", Invalidate)), Some(Refusal::NoChange));
    room.act("b", amount(90_000));
    assert_eq!(room.mean("23 08:00"), Some(70_000), "set in the place of invalid");
    room.act("b", Withdraw);
    assert_eq!(room.mean("23 08:00"), Some(60_000));
    assert_eq!(refusal(&room.act("b", Withdraw)), Some(Refusal::NoChange));
    room.daemon.audit();
}

#[test]
fn what_belongs_to_the_nation_or_the_province_is_refused_and_the_attempt_stays() {
    let mut room = Room::new();
    let before = room.daemon.rows.clone();
    for (station, expected) in [("n", Refusal::National), ("p", Refusal::Provincial)] {
        for act in [amount(1_000), Invalidate, Withdraw] {
            let batch = room.act(station, act);
            assert_eq!(refusal(&batch), Some(expected));
            assert!(batch.set_hours.is_empty() && batch.hours.is_empty(), "nothing is touched");
        }
    }
    assert_eq!(room.daemon.rows, before);
    assert_eq!(room.trail().len(), 6);
    assert_eq!(room.trail()[5], "张三 校准 n set national_station");
    room.daemon.audit();
}

#[test]
fn what_cannot_be_is_refused_with_its_reason() {
    let mut room = Room::new();
    for (station, of, act, expected) in [
        ("z", "23 08:00", Invalidate, Refusal::UnknownStation),
        ("a", "23 09:00", Invalidate, Refusal::InFuture),
        ("a", "23 08:00", amount(-1_000), Refusal::Absurd),
        ("a", "23 08:00", amount(90_000_000), Refusal::Absurd),
        ("a", "23 08:00", Withdraw, Refusal::NoChange),
    ] {
        let batch = room.daemon.take(at("23T09:30"), &[said(station, of, act)]);
        assert_eq!(refusal(&batch), Some(expected), "{station} {of}");
    }
    let old = Instant::parse_rfc3339("2028-01-01T00:00:00+08:00").expect("a time");
    let batch = room.daemon.take(old, &[said("a", "23 08:00", Invalidate)]);
    assert_eq!(refusal(&batch), Some(Refusal::BeyondHorizon));
    room.daemon.audit();
}

#[test]
fn a_value_300_days_back_is_corrected_in_its_closed_day() {
    let mut room = Room::new();
    let later = Instant::parse_rfc3339("2027-09-19T08:00:00+08:00").expect("a time");
    room.daemon.take(later, &[]);
    let batch = room.daemon.take(later, &[said("a", "23 08:00", amount(70_000))]);
    assert_eq!(refusal(&batch), None);
    assert_eq!(batch.station_days.len(), 1);
    assert_eq!(room.mean("23 08:00"), Some(70_000));
    let version = room.daemon.rows[&(hour("23 08:00"), 0)].version;
    room.daemon.take(later, &[said("a", "23 08:00", Withdraw)]);
    assert_eq!(room.daemon.rows[&(hour("23 08:00"), 0)].version, version + 1);
    assert_eq!(room.mean("23 08:00"), Some(60_000));
    room.daemon.audit();
}

#[test]
fn minutes_beneath_a_correction_go_on_being_averaged() {
    let mut room = Room::new();
    room.act("b", amount(50_000));
    let none = report("b", "23T08:00", 1, "\"pm2_5\":null");
    let minutes: Vec<Said> = (0..4)
        .map(|quarter| {
            let time = at(&format!("23T08:{:02}", quarter * 15));
            let payload = format!(
                r#"{{"station":"b","period":"PT15M","time":"{time}",
                "values":{{"pm2_5":{quarter}}}}}"#
            );
            Said::Message { topic: "aq/x/b/obs".to_owned(), payload: payload.into_bytes() }
        })
        .collect();
    room.daemon.take(at("23T09:31"), &[vec![none], minutes].concat());
    assert_eq!(room.mean("23 08:00"), Some(57_000), "of 40, 50 and 80, rounded");
    room.act("b", Withdraw);
    assert_eq!(room.mean("23 08:00"), Some(40_000), "of 40, 1.5 and 80: 40.5, half to even");
    room.daemon.audit();
}

#[test]
fn the_command_takes_an_act_while_no_daemon_runs_and_tells_a_refusal() {
    let Room { folder, daemon } = Room::new();
    let path = folder.path().join("store.db");
    let run = |more: &[&str]| {
        let fixed = ["--quantity", "pm2_5", "--time", "2026-11-23 08:00", "--person", "张三"];
        let done = std::process::Command::new(env!("CARGO_BIN_EXE_lantian"))
            .args(["correct", "--store"])
            .arg(&path)
            .args(fixed)
            .args(["--reason", "校准"])
            .args(more)
            .output()
            .expect("started");
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("text");
        (done.status.code(), text(done.stdout) + &text(done.stderr))
    };
    let in_use = run(&["--station", "a", "--set", "70"]);
    assert_eq!(in_use.0, Some(75), "{}", in_use.1);
    drop(daemon);
    let taken = run(&["--station", "a", "--set", "70"]);
    assert_eq!(taken, (Some(0), "taken; 1 area hours have a new version\n".to_owned()));
    let (code, told) = run(&["--station", "n", "--invalidate"]);
    assert!(code == Some(65) && told.contains("国控站点数据由国家监测总站负责审核"), "{told}");
    assert_eq!(run(&["--station", "a", "--set", "70", "--withdraw"]).0, Some(1), "one act only");
    assert_eq!(run(&["--station", "a", "--set", "-7"]).0, Some(1));
    let store = Sqlite::open(&path).expect("opened");
    let daemon = Daemon::start(store, registry(), Params::default());
    let room = Room { folder, daemon };
    let view = room.daemon.pipeline.view();
    let shown = view.sets[0].at(hour("23 08:00")).expect("shown");
    assert_eq!(shown.figures.concentration[0].map(Amount::milli), Some(70_000));
    assert_eq!(room.trail(), ["张三 校准 n invalidate national_station", "张三 校准 a set "]);
    room.daemon.audit();
}
