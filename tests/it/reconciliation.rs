//! What the national platform published, beside our hours: kept, never used, and an alarm where the two
//! part; why they part, where the store can tell.

use lantian::area::Member;
use lantian::observation::RejectionReason;
use lantian::observation::{FeedFormat, FeedKind};
use lantian::pipeline::{Alarm, Batch, DeadLetterReason, Params, Subject};
use lantian::reconciliation::{Cause, Evidence, Reconciliation};
use lantian::store::{Reader, Sqlite};
use tempfile::TempDir;

use super::daemon::{Daemon, Said};
use super::publishing::{at, hour, registry, report};

fn params() -> Params {
    let published = FeedFormat { kind: FeedKind::Published, ..FeedFormat::default() };
    Params { formats: vec![FeedFormat::default(), published], ..Params::default() }
}

/// What was published for an hour, named by its start.
fn published(entity: &str, start: &str, values: &str) -> Said {
    said(entity, entity, start, values)
}

fn said(topic: &str, entity: &str, start: &str, values: &str) -> Said {
    let time = at(start);
    let payload =
        format!(r#"{{"entity":"{entity}","time":"{time}","values":{{{values}}}}}"#).into_bytes();
    Said::Published { topic: format!("aq/x/published/{topic}"), payload }
}

/// All six, of which PM2.5 decides.
fn air(station: &str, start: &str, pm2_5: u32) -> Said {
    let rest = "\"pm10\":50,\"so2\":5,\"no2\":10,\"co\":0.5,\"o3\":20";
    report(station, start, 0, &format!("\"pm2_5\":{pm2_5},{rest}"))
}

struct Room {
    _folder: TempDir,
    daemon: Daemon,
}

impl Room {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Sqlite::open(&folder.path().join("store.db")).expect("opened");
        let mut daemon = Daemon::start(store, registry(), params());
        daemon.take(at("23T08:20"), &[]);
        Self { _folder: folder, daemon }
    }

    fn take(&mut self, now: &str, said: &[Said]) -> Batch {
        self.daemon.take(at(now), said)
    }

    /// Both stations report an hour with this PM2.5; it is published by us.
    fn hour(&mut self, of_day: u32, pm2_5: u32) {
        let start = format!("23T{of_day:02}:00");
        let all = ["a", "b", "c"].map(|station| air(station, &start, pm2_5));
        self.take(&format!("23T{:02}:06", of_day + 1), &all);
    }

    /// The platform's AQI of the city for an hour.
    fn theirs(&mut self, of_day: u32, aqi: u32) -> Vec<Alarm> {
        let said = published("x", &format!("23T{of_day:02}:00"), &format!("\"aqi\":{aqi}"));
        self.take(&format!("23T{:02}:35", of_day + 1), &[said]).alarms
    }

    fn ours(&self, of_day: u32) -> u32 {
        let row = &self.daemon.rows[&(hour(&format!("23 {of_day:02}:00")), 0)];
        row.figures.index.aqi.expect("six values").into()
    }

    fn open(&self) -> Vec<Subject> {
        self.daemon.pipeline.view().alarms.iter().map(|alarm| alarm.subject).collect()
    }

    fn reconciled(&self) -> Reconciliation {
        let reader = Reader::open(self.daemon.store.path()).expect("opened");
        let mut found = Reconciliation::default();
        let span = (hour("23 00:00"), hour("23 23:00"));
        let parameters = self.daemon.params.parameters;
        let registry = &self.daemon.registry;
        let tallies = reader.reconcile(registry, span, &parameters, |member, difference| {
            found.differences.push((member, difference.clone()));
        });
        found.tallies = tallies.expect("read");
        found
    }

    fn evidence(&self) -> Vec<(String, Evidence)> {
        let found = self.reconciled();
        let one = |(member, d): &(Member, lantian::reconciliation::Difference)| {
            let name = self.daemon.registry.name_of(*member);
            (format!("{name} {}", d.published.quantity.name()), d.evidence())
        };
        found.differences.iter().map(one).collect()
    }
}

const CITY: Subject = Subject::Differs(Member::Set(0));

#[test]
fn a_distance_of_more_than_two_is_an_alarm_in_the_second_hour_and_ends_once() {
    let mut room = Room::new();
    for of_day in 8..14 {
        room.hour(of_day, 45);
    }
    let ours = room.ours(8);
    assert!((55..95).contains(&ours), "{ours} has its class to both sides");
    assert!(room.theirs(8, ours + 3).is_empty(), "one hour may pass");
    assert!(room.theirs(9, ours + 2).is_empty(), "two are not more than two");
    assert!(room.theirs(10, ours - 3).is_empty());
    let raised = room.theirs(11, ours + 3);
    let alarm = Alarm {
        subject: CITY,
        since: at("23T10:00"),
        raised: at("23T12:35"),
        cleared: None,
        lag_min: None,
    };
    // The clock has moved on with the last hours of ours.
    assert_eq!(raised.len(), 1);
    assert_eq!(Alarm { raised: alarm.raised, ..raised[0] }, alarm);
    assert!(room.theirs(12, ours + 3).is_empty(), "raised once");
    room.daemon.check_rebuild();
    let mut room = Room { daemon: room.daemon.restart(), ..room };
    assert_eq!(room.open(), [CITY], "it lasts over a restart");
    let cleared = room.theirs(13, ours);
    assert!(cleared.len() == 1 && cleared[0].cleared.is_some(), "{cleared:?}");
    assert!(room.open().is_empty());
    room.daemon.audit();
}

#[test]
fn another_class_is_an_alarm_at_once_and_ends_when_they_correct_it() {
    let mut room = Room::new();
    room.hour(8, 60);
    let ours = room.ours(8);
    assert_eq!(room.theirs(8, 101).len(), 1);
    assert_eq!(room.open(), [CITY]);
    let cleared = room.theirs(8, ours);
    assert!(cleared.len() == 1 && cleared[0].cleared.is_some());
    assert_eq!(room.evidence(), [], "what stands there last is compared");
    room.daemon.audit();
}

#[test]
fn a_revision_of_ours_raises_and_ends_it_too_and_of_stations_as_of_the_city() {
    let mut room = Room::new();
    room.hour(8, 60);
    let ours = room.ours(8);
    for entity in ["a", "x"] {
        room.take("23T09:35", &[published(entity, "23T08:00", &format!("\"aqi\":{ours}"))]);
    }
    assert!(room.open().is_empty());
    let later =
        |revision: u32, pm: u32| report("a", "23T08:00", revision, &format!("\"pm2_5\":{pm}"));
    room.take("23T09:40", &[later(1, 160)]);
    let station = Subject::Differs(Member::Station(0));
    assert_eq!(room.open(), [CITY, station]);
    room.take("23T09:45", &[later(2, 60)]);
    assert!(room.open().is_empty());
    room.daemon.audit();
}

#[test]
fn what_was_published_before_ours_waits_and_what_is_missing_is_no_difference() {
    let mut room = Room::new();
    room.take("23T09:05", &[published("x", "23T08:00", "\"aqi\":300")]);
    assert!(room.open().is_empty(), "ours is not out");
    room.take("23T09:12", &[air("a", "23T07:00", 40)]);
    assert!(room.open().is_empty(), "ours has no AQI");
    room.take("23T09:20", &[air("a", "23T08:00", 40)]);
    assert_eq!(room.open(), [CITY]);
    // With its last hour out of the open ones nothing is left to compare.
    room.take("29T09:20", &[]);
    assert!(!room.open().contains(&CITY));
    room.daemon.audit();
}

#[test]
fn it_is_never_used_in_arithmetic_and_twice_is_as_once() {
    let mut room = Room::new();
    room.hour(8, 60);
    let said = published("a", "23T08:00", "\"aqi\":61,\"pm2_5\":999,\"pm2_5_24h\":999");
    let batch = room.take("23T09:35", std::slice::from_ref(&said));
    assert_eq!(batch.published.len(), 1);
    assert!(batch.hours.is_empty() && batch.set_hours.is_empty() && batch.revisions.is_empty());
    let rows = |room: &Room| {
        let db = rusqlite::Connection::open(room.daemon.store.path()).expect("opened");
        let mut query = db.prepare("SELECT * FROM published ORDER BY 1, 2, 3, 4").expect("a table");
        let mut rows = query.query([]).expect("rows");
        let mut all = Vec::new();
        while let Some(row) = rows.next().expect("a row") {
            let cell = |at| row.get::<_, rusqlite::types::Value>(at).expect("a cell");
            all.push((0..8).map(cell).collect::<Vec<_>>());
        }
        all
    };
    let once = rows(&room);
    assert_eq!(once.len(), 3);
    room.take("23T09:50", &[said]);
    assert_eq!(rows(&room), once, "a redelivery changes nothing, nor the time");
    room.daemon.audit();
}

#[test]
fn a_message_about_nobody_or_of_another_topic_is_a_dead_letter() {
    let mut room = Room::new();
    let batch = room.take(
        "23T09:35",
        &[
            published("z", "23T08:00", "\"aqi\":61"),
            said("a", "b", "23T08:00", "\"aqi\":61"),
            published("a", "23T12:00", "\"aqi\":61"),
            published("a", "23T08:00", "\"aqi\":9999"),
            published("a", "23T08:00", "\"aqi\":61,\"radon\":4"),
        ],
    );
    let reasons: Vec<DeadLetterReason> = batch.dead_letters.iter().map(|l| l.reason).collect();
    let message = DeadLetterReason::Message;
    assert_eq!(
        reasons,
        [
            message(RejectionReason::UnknownStation),
            message(RejectionReason::TopicMismatch),
            message(RejectionReason::TimeInFuture),
            message(RejectionReason::WrongType),
            DeadLetterReason::UnknownPollutant,
        ]
    );
    assert_eq!(batch.published.len(), 1, "the known value of the last one is taken");
    room.daemon.audit();
}

#[test]
fn a_missing_station_and_a_late_one_are_told_apart() {
    let mut room = Room::new();
    room.take("23T09:06", &[air("a", "23T08:00", 60)]);
    room.take("23T09:12", &[]);
    let with = |pm: u32| format!("\"pm2_5\":{pm}");
    room.take("23T09:35", &[published("x", "23T08:00", &with(70))]);
    assert_eq!(room.evidence(), [("x pm2_5".to_owned(), Evidence::InputMissing)]);
    // b comes, and another value than they had of it: ours was late, whatever else it is.
    room.take("23T09:50", &[air("b", "23T08:00", 100)]);
    let late = Evidence::InputChanged(lantian::reconciliation::Change::Late);
    assert_eq!(room.evidence(), [("x pm2_5".to_owned(), late)]);
    // They had computed without it too.
    room.take("23T09:55", &[published("x", "23T08:00", &with(60))]);
    let ours = Evidence::WeChanged(lantian::reconciliation::Change::Late);
    assert_eq!(room.evidence(), [("x pm2_5".to_owned(), ours)]);
    assert_eq!(ours.cause(), Cause::Late);
}

#[test]
fn corrections_of_theirs_and_rounding_and_practice_are_told_apart() {
    let mut room = Room::new();
    for of_day in 8..20 {
        let start = format!("23T{of_day:02}:00");
        let values = |pm: u32| format!("\"pm2_5\":{pm}");
        // The city's mean is 60.5: 60 by the letter (half to even), 61 by the platform.
        let both = [report("a", &start, 0, &values(60)), report("b", &start, 0, &values(61))];
        room.take(&format!("23T{:02}:06", of_day + 1), &both);
        room.take(&format!("23T{:02}:12", of_day + 1), &[]);
    }
    room.take("23T21:00", &[published("x", "23T09:00", "\"pm2_5\":61")]);
    room.take("23T21:01", &[published("x", "23T10:00", "\"pm2_5\":60")]);
    room.take("23T21:02", &[published("x", "23T10:00", "\"pm2_5\":70")]);
    room.take("23T21:03", &[published("x", "23T11:00", "\"pm2_5\":59")]);
    room.take("23T21:04", &[published("x", "23T12:00", "\"pm2_5\":40")]);
    let named = |evidence| ("x pm2_5".to_owned(), evidence);
    assert_eq!(
        room.evidence(),
        [Evidence::OtherPractice, Evidence::TheyCorrected, Evidence::WithinStep, Evidence::Nothing]
            .map(named)
    );
    let found = room.reconciled();
    let tally = found.tallies.values().next().expect("one quantity");
    assert_eq!((tally.compared, tally.equal), (4, 0));
    assert_eq!(tally.by_cause, [0, 0, 1, 1, 1, 1], "in the order of Cause::ALL");
}
