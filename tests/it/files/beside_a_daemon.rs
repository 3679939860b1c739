//! History imported into a store on which a pipeline has run, and a pipeline on imported history.

use std::sync::Arc;

use super::{Place, air, file};
use lantian::area::{AreaId, Member};
use lantian::observation::{Dataset, Observation, encode};
use lantian::pipeline::{Batch, Input, Message, Params, Pipeline};
use lantian::replay::files::{Format, Reader as Rows, Row};
use lantian::standard::Parameters;
use lantian::store::{AreaCommit, Commit, Reader, Sqlite, Store};
use lantian::time::{AveragingPeriod, HourLabel, Instant};

/// A daemon's way with one area, without its threads.
struct Daemon {
    store: Sqlite,
    pipeline: Pipeline,
}

impl Daemon {
    fn start(place: &Place, store: &str, open_hours: u32) -> Self {
        let mut store = Sqlite::open(&place.path(store)).expect("free");
        let registry = store.registry(&area()).expect("read").expect("imported before");
        store.register(&registry).expect("written");
        let tables = store.tables(&registry).expect("read");
        let params = Params { open_hours, ..Params::default() };
        let pipeline = Pipeline::rebuild(Arc::new(registry), params, &tables).expect("readable");
        Self { store, pipeline }
    }

    /// One batch: the rows of a file as messages, at a time.
    fn take(&mut self, now: &str, rows: &[Row]) {
        let now = Instant::parse_rfc3339(now).expect("a time");
        let messages: Vec<(String, Vec<u8>)> = rows.iter().map(message).collect();
        let inputs: Vec<Input<'_>> = messages
            .iter()
            .map(|(topic, payload)| {
                let length = payload.len();
                Input::Message(Message { feed: 0, topic, payload, length })
            })
            .collect();
        let mut batch = Batch::default();
        self.pipeline.handle(now, &inputs, &mut batch);
        while !batch.needs.is_empty() {
            let days: Vec<_> = std::mem::take(&mut batch.needs).into_iter().collect();
            let deferred = std::mem::take(&mut batch.deferred);
            let loaded = self.store.days(self.pipeline.registry(), &days).expect("read");
            let mut again = vec![Input::Days(&loaded)];
            again.extend(deferred.into_iter().map(|at| inputs[at]));
            self.pipeline.handle(now, &again, &mut batch);
        }
        self.pipeline.settle(&mut batch);
        assert!(batch.dead_letters.is_empty(), "{:?}", batch.dead_letters);
        let taken = Vec::new();
        let commit = AreaCommit { area: area(), batch, inputs: Vec::new(), taken };
        self.store.commit(&Commit::of(commit)).expect("committed");
    }

    /// Days of January 2025, each handed in five minutes after its end.
    fn take_days(&mut self, days: std::ops::RangeInclusive<u32>, rows: &[Row]) {
        for day in days {
            let of_day = |row: &&Row| row.hour.day().to_string() == format!("2025-01-{day:02}");
            let rows: Vec<Row> = rows.iter().filter(of_day).cloned().collect();
            self.take(&format!("2025-01-{:02}T00:05:00+08:00", day + 1), &rows);
        }
    }

    /// Every hour that the view holds is the one that the store gives.
    fn check_view(&self, place: &Place, store: &str) {
        let view = self.pipeline.view();
        let reader = Reader::open(&place.path(store)).expect("open");
        assert!(!view.sets.is_empty());
        for (set, shown) in view.sets.iter().enumerate() {
            let hours: Vec<_> = shown.hours.iter().map(|h| h.figures.clone()).collect();
            let span = (hours[0].hour, hours[hours.len() - 1].hour);
            let stored = reader.series(
                self.pipeline.registry(),
                Member::Set(set),
                span,
                (&Parameters::default(), Dataset::Best),
            );
            assert_eq!(stored.expect("read"), hours, "{}", shown.entity);
        }
    }
}

fn area() -> AreaId {
    AreaId::new("dalian").expect("legal")
}

fn message(row: &Row) -> (String, Vec<u8>) {
    let hour = (AveragingPeriod::HOUR, row.hour.start());
    let observation = Observation::of(&row.station, hour, 0, row.readings);
    (format!("aq/dalian/{}/obs", row.station), encode(&observation))
}

fn read(place: &Place, name: &str) -> Vec<Row> {
    let mut reader = Rows::open(&place.path(name), Format::Wide, HourLabel::Begin).expect("a file");
    let (mut row, mut all) = (Row::default(), Vec::new());
    while let Some(read) = reader.next(&mut row) {
        read.expect("legal");
        all.push(row.clone());
    }
    all
}

/// Ten days in a file, its even and its odd rows, an empty file, and the export of it all.
fn prepared() -> (Place, String) {
    let place = Place::new();
    let rows = air(10);
    place.write("all.csv", &file(&rows));
    place.write("even.csv", &file(&rows.iter().step_by(2).cloned().collect::<Vec<_>>()));
    place.write("odd.csv", &file(&rows.iter().skip(1).step_by(2).cloned().collect::<Vec<_>>()));
    let early = |row: &&String| row.as_str() < "2025-01-08";
    place.write("early.csv", &file(&rows.iter().filter(early).cloned().collect::<Vec<_>>()));
    place.write("none.csv", &file(&[]));
    place.imported("all.db", &["all.csv"]);
    let expected = place.export("all.db", &[]);
    (place, expected)
}

/// The stored station days, whoever wrote them.
fn station_days(place: &Place, store: &str) -> Vec<String> {
    let all = super::tables(&place.path(store));
    all.into_iter().filter(|row| row.starts_with("station_day")).collect()
}

#[test]
fn a_daemon_goes_on_from_imported_history() {
    let (place, expected) = prepared();
    place.imported("a.db", &["early.csv"]);
    let rows = read(&place, "all.csv");
    let mut daemon = Daemon::start(&place, "a.db", 96);
    daemon.take_days(8..=10, &rows);
    daemon.check_view(&place, "a.db");
    assert!(place.export("a.db", &[]) == expected);
    daemon.take("2025-01-20T00:00:00+08:00", &[]);
    drop(daemon);
    assert_eq!(station_days(&place, "a.db"), station_days(&place, "all.db"));
    assert!(place.export("a.db", &[]) == expected);
}

#[test]
fn history_is_imported_into_the_days_that_a_daemon_holds_open() {
    let (place, expected) = prepared();
    place.imported("a.db", &["none.csv"]);
    let mut daemon = Daemon::start(&place, "a.db", 96);
    daemon.take_days(6..=9, &read(&place, "even.csv"));
    drop(daemon);
    place.imported("a.db", &["odd.csv"]);
    place.imported("a.db", &["even.csv"]);
    assert!(place.export("a.db", &[]) == expected, "closed, open and coming days");
    let mut daemon = Daemon::start(&place, "a.db", 96);
    daemon.check_view(&place, "a.db");
    daemon.take("2025-01-11T00:05:00+08:00", &[]);
    daemon.check_view(&place, "a.db");
    daemon.take("2025-01-20T00:00:00+08:00", &[]);
    drop(daemon);
    assert_eq!(station_days(&place, "a.db"), station_days(&place, "all.db"));
    assert!(place.export("a.db", &[]) == expected, "all days closed");
}

#[test]
fn a_changed_open_span_loses_nothing() {
    let (place, expected) = prepared();
    place.imported("a.db", &["none.csv"]);
    let (even, odd) = (read(&place, "even.csv"), read(&place, "odd.csv"));
    Daemon::start(&place, "a.db", 96).take_days(1..=10, &even);
    Daemon::start(&place, "a.db", 24).take("2025-01-11T00:10:00+08:00", &odd[odd.len() / 2..]);
    assert_ne!(place.export("a.db", &[]), expected);
    Daemon::start(&place, "a.db", 200).take("2025-01-11T00:20:00+08:00", &odd);
    assert!(place.export("a.db", &[]) == expected);
    Daemon::start(&place, "a.db", 48).take("2025-01-20T00:00:00+08:00", &[]);
    assert_eq!(station_days(&place, "a.db"), station_days(&place, "all.db"));
    assert!(place.export("a.db", &[]) == expected);
}
