//! Silence of a station, of many, of the feed, of ourselves: each an alarm that begins once and ends once,
//! and none of them for somebody else's silence.

mod behind;

use lantian::area::{AreaId, Registry, Station, StationKind};
use lantian::observation::StationId;
use lantian::pipeline::{Alarm, FeedState, Params, Subject};
use lantian::store::Sqlite;
use lantian::time::{Hour, Instant};
use tempfile::TempDir;

use super::daemon::{Daemon, Said};
use super::publishing::{at, hour, pm};

const UP: Said = Said::Feed(FeedState::CatchingUp);
const READY: Said = Said::Feed(FeedState::CaughtUp);
const DOWN: Said = Said::Feed(FeedState::Disconnected);

struct Room {
    folder: TempDir,
    daemon: Daemon,
    /// Everything that was told.
    told: Vec<Alarm>,
}

fn registry(stations: usize) -> Registry {
    let sample = super::publishing::registry().stations[0].clone();
    let station = |n: usize| Station {
        id: StationId::new(&format!("s{n:04}")).expect("legal"),
        ..sample.clone()
    };
    let all = (0..stations).map(station).collect();
    Registry::new(AreaId::new("x").expect("legal"), "某市".into(), all).expect("no code twice")
}

impl Room {
    /// Has run since 8:20 on the 23rd with a feed that is caught up.
    fn new(stations: usize) -> Self {
        Self::of(registry(stations))
    }

    fn of(registry: Registry) -> Self {
        let stations = registry.stations.len();
        let folder = tempfile::tempdir().expect("a folder");
        let store = Sqlite::open(&folder.path().join("store.db")).expect("opened");
        let mut daemon = Daemon::start(store, registry, Params::default());
        daemon.checked = stations < 100;
        let mut room = Self { folder, daemon, told: Vec::new() };
        room.take("23T08:20", &[UP]);
        room.take("23T08:20", &[READY]);
        room
    }

    fn take(&mut self, now: &str, said: &[Said]) -> Vec<Alarm> {
        let batch = self.daemon.take(at(now), said);
        self.told.extend(&batch.alarms);
        batch.alarms
    }

    /// The hour before `now` reported by the stations, and then its deadline.
    fn hour(&mut self, n: i32, stations: std::ops::Range<usize>) {
        let start = hour("23 08:00").plus(n);
        let said: Vec<Said> = stations.map(|s| report(s, start)).collect();
        let soon = start.end().plus_minutes(5);
        self.told.extend(self.daemon.take(soon, &said).alarms);
        self.told.extend(self.daemon.take(start.end().plus_minutes(10), &[]).alarms);
    }

    fn restart(self) -> Self {
        let checked = self.daemon.checked;
        let mut daemon = self.daemon.restart();
        daemon.checked = checked;
        Self { daemon, ..self }
    }

    fn raised(&self) -> Vec<Subject> {
        self.told.iter().filter(|a| a.cleared.is_none()).map(|a| a.subject).collect()
    }

    fn open(&self) -> Vec<Subject> {
        self.daemon.pipeline.view().alarms.iter().map(|a| a.subject).collect()
    }
}

fn report(station: usize, start: Hour) -> Said {
    let code = format!("s{station:04}");
    let payload = format!(
        r#"{{"station":"{code}","period":"PT1H","time":"{}","values":{{"pm2_5":40}}}}"#,
        start.start()
    );
    Said::Message { topic: format!("aq/x/{code}/obs"), payload: payload.into_bytes() }
}

fn time(text: &str) -> Instant {
    at(text)
}

#[test]
fn a_station_is_silent_after_two_hours_without_a_report_and_a_report_ends_it() {
    let mut room = Room::new(5);
    room.hour(0, 0..5);
    room.hour(1, 0..4);
    assert_eq!(room.raised(), [], "one hour may be late");
    room.hour(2, 0..4);
    let since = hour("23 09:00").start();
    let raised = time("23T11:10");
    let subject = Subject::Station(4);
    assert_eq!(room.told, [Alarm { subject, since, raised, cleared: None, lag_min: None }]);
    let mut room = room.restart();
    room.hour(3, 0..4);
    assert_eq!(room.told.len(), 1, "it is raised once");
    let late = room.take("23T12:30", &[report(4, hour("23 08:00"))]);
    assert_eq!(late, [], "an hour before the silence says nothing of it");
    let heard = room.take("23T12:31", &[report(4, hour("23 11:00"))]);
    let cleared = Some(time("23T12:31"));
    assert_eq!(heard, [Alarm { subject, since, raised, cleared, lag_min: None }]);
    room.hour(4, 0..5);
    assert_eq!(room.open(), []);
    room.daemon.audit();
    drop(room.folder);
}

#[test]
fn three_hours_down_with_2000_stations_are_one_alarm_whether_the_broker_kept_the_data_or_not() {
    for kept in [true, false] {
        let mut room = Room::new(2000);
        room.hour(0, 0..2000);
        room.hour(1, 0..2000);
        let mut room = room.restart();
        room.take("23T13:20", &[UP]);
        if kept {
            let start = hour("23 10:00");
            for n in 0..3 {
                let said: Vec<Said> = (0..2000).map(|s| report(s, start.plus(n))).collect();
                room.told.extend(room.daemon.take(time("23T13:21"), &said).alarms);
            }
        }
        room.take("23T13:25", &[READY]);
        room.hour(5, 0..2000);
        room.hour(6, 0..2000);
        room.hour(7, 0..2000);
        assert_eq!(room.raised(), [Subject::Daemon], "kept: {kept}");
        assert_eq!(room.told.len(), 2, "raised and cleared");
        let since = time("23T10:10");
        assert_eq!((room.told[0].since, room.told[0].raised), (since, time("23T13:20")));
        assert_eq!(room.told[1].cleared, Some(time("23T13:25")));
    }
}

#[test]
fn a_short_stop_between_two_hours_is_no_alarm_and_takes_no_evidence_away() {
    let mut room = Room::new(5);
    room.hour(0, 0..5);
    room.hour(1, 0..4);
    let mut room = room.restart();
    room.take("23T10:40", &[UP]);
    room.take("23T10:41", &[READY]);
    room.hour(2, 0..4);
    assert_eq!(room.raised(), [Subject::Station(4)]);
}

#[test]
fn many_silent_at_once_are_one_alarm_and_those_that_stay_so_get_their_own() {
    let mut room = Room::new(10);
    room.hour(0, 0..10);
    room.hour(1, 0..5);
    room.hour(2, 0..5);
    assert_eq!(room.raised(), [Subject::Area]);
    room.hour(3, 0..5);
    assert_eq!(room.told.len(), 1);
    room.hour(4, 0..8);
    assert_eq!(room.open(), [Subject::Station(8), Subject::Station(9)]);
    assert!(room.told.iter().any(|a| a.subject == Subject::Area && a.cleared.is_some()));
    room.daemon.audit();
}

#[test]
fn a_feed_without_connection_is_silent_and_its_stations_are_not() {
    let mut room = Room::new(5);
    room.hour(0, 0..5);
    room.take("23T09:20", &[DOWN]);
    assert_eq!(room.daemon.pipeline.next_deadline(), Some(time("23T09:35")));
    let mut room = room.restart();
    room.take("23T13:30", &[]);
    assert_eq!(room.raised(), [Subject::Feed]);
    assert_eq!((room.told[0].since, room.told[0].raised), (time("23T09:20"), time("23T09:35")));
    room.take("23T13:40", &[UP]);
    room.take("23T13:42", &[READY]);
    assert_eq!(room.open(), []);
    room.hour(6, 0..4);
    room.hour(7, 0..4);
    assert_eq!(room.raised(), [Subject::Feed, Subject::Station(4)], "two hours that were heard");
    room.daemon.audit();
}

#[test]
fn a_short_break_of_the_connection_is_nothing() {
    let mut room = Room::new(5);
    room.hour(0, 0..5);
    for minute in 20..30 {
        let said = [DOWN, UP, READY];
        room.take(&format!("23T09:{minute}"), &said);
    }
    room.hour(1, 0..5);
    assert_eq!(room.told, []);
}

#[test]
fn a_station_whose_clock_runs_in_2099_moves_nobody_elses_hour() {
    let mut room = Room::new(5);
    let year_2099 = Instant::parse_rfc3339("2099-01-01T00:00:00+08:00").expect("a time");
    let wrong = report(4, year_2099.hour());
    let before = room.daemon.pipeline.next_deadline();
    let batch = room.daemon.take(time("23T08:50"), &[wrong]);
    assert_eq!(batch.dead_letters.len(), 1, "kept with its reason");
    assert_eq!(room.daemon.pipeline.next_deadline(), before);
    assert!(batch.set_hours.is_empty() && batch.hours.is_empty());
    room.hour(0, 0..4);
    let row = &room.daemon.rows[&(hour("23 08:00"), 0)];
    assert_eq!((row.figures.coverage[0].present, row.figures.coverage[0].expected), (4, 5));
    room.hour(1, 0..4);
    assert_eq!(room.raised(), [Subject::Station(4)], "what it says is no report of this hour");
    room.daemon.audit();
}

#[test]
fn a_station_out_of_operation_is_not_missed() {
    let mut list = super::publishing::registry();
    list.stations[1].valid.until = Some(hour("23 00:00").day());
    let list = Registry::new(list.area, list.name, list.stations).expect("no code twice");
    let folder = tempfile::tempdir().expect("a folder");
    let store = Sqlite::open(&folder.path().join("store.db")).expect("opened");
    let mut daemon = Daemon::start(store, list, Params::default());
    daemon.take(at("23T20:20"), &[]);
    let mut told = Vec::new();
    for n in 21..32 {
        let (day, of) = (23 + n / 24, n % 24);
        let start = hour(&format!("{day} {of:02}:00")).plus(-1);
        let label = start.label(lantian::time::HourLabel::Begin);
        let said = ["a", "c"].map(|s| pm(s, &label[8..].replace(' ', "T"), 40));
        told.extend(daemon.take(start.end().plus_minutes(10), &said).alarms);
    }
    let raised: Vec<(Subject, bool)> =
        told.iter().map(|a| (a.subject, a.cleared.is_some())).collect();
    assert_eq!(raised, [(Subject::Station(1), false), (Subject::Station(1), true)]);
    daemon.audit();
}

#[test]
fn a_clock_that_runs_ahead_is_an_alarm_until_the_station_sends_a_later_hour_rightly() {
    let mut room = Room::new(4);
    let future = [pm("s0000", "23T12:00", 50)];
    room.daemon.take(at("23T09:05"), &[pm("s0000", "23T07:00", 40)]);
    let batch = room.daemon.take(at("23T09:06"), &future);
    let of_clock = |alarms: &[Alarm]| -> Vec<(Instant, Option<Instant>)> {
        let clock = alarms.iter().filter(|a| a.subject == Subject::Clock(0));
        clock.map(|a| (a.raised, a.cleared)).collect()
    };
    assert_eq!(of_clock(&batch.alarms), [(at("23T09:06"), None)]);
    let again = room.daemon.take(at("23T09:07"), &future);
    assert_eq!(of_clock(&again.alarms), [], "raised once");
    let late = room.daemon.take(at("23T09:20"), &[pm("s0000", "23T08:00", 41)]);
    assert_eq!(of_clock(&late.alarms), [], "sent before the clock went wrong");
    let mut daemon = room.daemon.restart();
    let other = daemon.take(at("23T10:03"), &[pm("s0001", "23T09:00", 42)]);
    assert_eq!(of_clock(&other.alarms), [], "another station says nothing of this clock");
    let right = daemon.take(at("23T10:04"), &[pm("s0000", "23T09:00", 43)]);
    assert_eq!(of_clock(&right.alarms), [(at("23T09:06"), Some(at("23T10:04")))]);
    daemon.audit();
}

/// Reference cities are series: nobody watches them, and a rank says which have no value.
#[test]
fn reference_cities_raise_no_alarm() {
    let mut stations = registry(5).stations;
    for (n, city) in stations.iter_mut().enumerate() {
        (city.kind, city.name) = (StationKind::Reference, format!("城市{n}"));
    }
    let area = AreaId::new("x").expect("legal");
    let registry = Registry::new(area, "城市".into(), stations).expect("no name twice");
    assert!(registry.is_reference());
    let mut room = Room::of(registry);
    for n in 0..5 {
        room.hour(n, 0..4);
    }
    assert_eq!(room.told, []);
    room.daemon.audit();
}
