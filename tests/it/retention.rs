//! Parts of hours are folded away when their days are old: what they came to stays.

use lantian::observation::{PROPERTIES, Pollutant, Property, RejectionReason};
use lantian::pipeline::{Cause, DeadLetterReason, Params};
use lantian::store::{Reader, Sqlite};
use rusqlite::Connection;
use tempfile::TempDir;

use super::daemon::{Daemon, Said};
use super::publishing::{at, hour, registry, report};

/// A daemon on a file, with air of minutes since the first of the month.
struct Room {
    folder: TempDir,
    daemon: Daemon,
}

impl Room {
    fn new(keep_minutes_days: Option<u32>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let store = Sqlite::open(&folder.path().join("air.sqlite")).expect("opened");
        let params = Params { keep_minutes_days, open_hours: 48, ..Params::default() };
        let mut daemon = Daemon::start(store, registry(), params);
        daemon.checked = false;
        daemon.take(at("01T00:05"), &[]);
        Self { folder, daemon }
    }

    /// The days `from..=to`: every five minutes a value of `a`, every hour one of `b`.
    fn days(&mut self, from: u32, to: u32) {
        for day in from..=to {
            for of_day in 0..24 {
                let parts = (0..12).map(|n| part("a", day, of_day, n * 5, 30 + n + of_day));
                let mut said: Vec<Said> = parts.collect();
                let values = format!("\"pm2_5\":{}", 40 + of_day);
                said.push(report("b", &format!("{day:02}T{of_day:02}:00"), 0, &values));
                match (day, of_day) {
                    // Another value under the same revision; and an hour that its minutes contradict.
                    (1, 3) => said.push(part("a", day, of_day, 0, 77)),
                    (1, 4) => said.push(report("a", "01T04:00", 0, "\"pm2_5\":99")),
                    // Of this hour not enough came.
                    (1, 5) => said.truncate(8),
                    _ => {}
                }
                let (day, of_day) = (day + (of_day + 1) / 24, (of_day + 1) % 24);
                self.daemon.take(at(&format!("{day:02}T{of_day:02}:01")), &said);
            }
        }
    }

    fn db(&self) -> Connection {
        Connection::open(self.folder.path().join("air.sqlite")).expect("opened")
    }

    fn number(&self, sql: &str) -> i64 {
        self.db().query_row(sql, [], |row| row.get(0)).expect(sql)
    }

    /// Pages that are used by anything but inputs and published hours, and free ones.
    fn other_pages(&self) -> i64 {
        self.number(
            "SELECT (SELECT page_count FROM pragma_page_count()) - (SELECT count(*) FROM dbstat
             WHERE name IN ('arrival', 'arrival_sequence', 'area_hour'))",
        )
    }
}

fn part(station: &str, day: u32, of_day: u32, minute: u32, value: u32) -> Said {
    let time = at(&format!("{day:02}T{of_day:02}:{minute:02}"));
    let payload = format!(
        r#"{{"station":"{station}","period":"PT5M","time":"{time}","values":{{"pm2_5":{value}}}}}"#
    );
    Said::Message { topic: format!("aq/x/{station}/obs"), payload: payload.into_bytes() }
}

#[test]
fn what_minutes_came_to_stays_when_they_are_folded_away() {
    let (mut kept, mut folded) = (Room::new(None), Room::new(Some(3)));
    for room in [&mut kept, &mut folded] {
        room.days(1, 7);
    }
    let stored = |room: &Room, day: &str| {
        let reader = Reader::open(&room.folder.path().join("air.sqlite")).expect("opened");
        let day = hour(&format!("{day} 00:00")).day();
        let mut days = reader.station_days(&registry(), (day, day), None).expect("read");
        assert_eq!(days.len(), 2);
        (days.remove(0).cells, days.remove(0).cells)
    };
    for day in ["01", "02", "03", "04", "05"] {
        let ((a, b), (folded_a, folded_b)) = (stored(&kept, day), stored(&folded, day));
        for of_day in 0..24 {
            assert_eq!(folded_a.readings(of_day), a.readings(of_day), "{day} {of_day}");
            for property in PROPERTIES {
                let differs = a.differs_from_minutes(property, of_day);
                assert_eq!(folded_a.differs_from_minutes(property, of_day), differs);
            }
        }
        assert_eq!(folded_b, b);
        let is_folded = a.encode_day().len() > 4 * folded_a.encode_day().len();
        assert_eq!(is_folded, day < "05", "{day} is older than three days on the 8th, or not");
    }
    let (_, pm) = ((), Property::Pollutant(Pollutant::Pm2_5));
    let (first, _) = stored(&folded, "01");
    assert!(first.is_conflict(pm, 3), "two values of one part met");
    assert!(first.differs_from_minutes(pm, 4), "the hour and its parts contradicted each other");
    let figures = "SELECT group_concat(quote(pm2_5) || quote(aqi)) FROM area_hour";
    let of = |room: &Room| -> String {
        room.db().query_row(figures, [], |row| row.get(0)).expect("figures")
    };
    assert_eq!(of(&kept), of(&folded));
    kept.daemon.audit();
    folded.daemon.audit();
}

#[test]
fn of_a_folded_day_parts_are_refused_and_whole_hours_taken() {
    let mut room = Room::new(Some(3));
    room.days(1, 7);
    let batch = room.daemon.take(at("08T00:02"), &[part("a", 4, 7, 0, 90), part("a", 5, 7, 0, 90)]);
    let [letter] = batch.dead_letters.as_slice() else { panic!("{:?}", batch.dead_letters) };
    assert_eq!(letter.reason, DeadLetterReason::Message(RejectionReason::TimeInPast));
    assert!(letter.detail.contains("keep_minutes_days"), "{}", letter.detail);
    assert_eq!(batch.station_days.len(), 1, "the younger one is taken");
    let whole = report("a", "02T07:00", 0, "\"pm2_5\":90");
    let batch = room.daemon.take(at("08T00:03"), &[whole]);
    assert_eq!((batch.dead_letters.len(), batch.station_days.len()), (0, 1));
    assert!(batch.revisions.iter().all(|r| r.cause == Cause::Late), "{:?}", batch.revisions);
    assert!(!batch.revisions.is_empty());

    // Kept for longer from now on: a part of a folded hour could only be all that is left of it.
    let Room { folder, daemon } = room;
    let params = Params { keep_minutes_days: Some(30), ..daemon.params };
    let mut daemon = Daemon::start(daemon.store, registry(), params);
    let batch = daemon.take(at("08T00:04"), &[part("a", 3, 7, 0, 90)]);
    assert!(batch.dead_letters.is_empty() && batch.station_days.is_empty());
    daemon.audit();
    drop(folder);
}

#[test]
fn the_pages_of_folded_days_are_used_again() {
    let (mut kept, mut folded) = (Room::new(None), Room::new(Some(2)));
    let mut grown = Vec::new();
    for room in [&mut kept, &mut folded] {
        room.days(1, 7);
        let before = room.other_pages();
        room.days(8, 16);
        grown.push(room.other_pages() - before);
    }
    println!(
        "pages more after nine days: {} with all parts, {} without old ones",
        grown[0], grown[1]
    );
    assert!(grown[0] >= 9, "a day of parts has more than a page: {grown:?}");
    assert!(grown[1] <= 2, "{grown:?}");
    let of_parts = "SELECT sum(length(cells)) FROM station_day WHERE length(cells) > 1000";
    let days = "SELECT count(*) FROM station_day WHERE length(cells) > 1000";
    let (bytes, days) = (kept.number(of_parts), kept.number(days));
    println!("bytes of one part of one pollutant: {:.1}", bytes as f64 / (days * 288) as f64);
}
