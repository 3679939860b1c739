//! Electricity meters through pipeline and store: one value per meter and interval, whatever the order and
//! the way by which it came.

use std::path::Path;

use lantian::measures::PowerFile;
use lantian::observation::RejectionReason;
use lantian::pipeline::{Batch, DeadLetterReason, Params};
use lantian::store::{Reader, Sqlite};
use lantian::time::{Hour, HourLabel, Instant};
use rusqlite::Connection;

use super::daemon::{Daemon, Said};
use super::month::Dice;
use super::publishing::{at, registry};

fn daemon(path: &Path) -> Daemon {
    let store = Sqlite::open(path).expect("opened");
    let mut daemon = Daemon::start(store, registry(), Params::default());
    daemon.take(at("23T08:05"), &[]);
    daemon
}

fn said(meter: &str, body: &str) -> Said {
    Said::Message { topic: format!("aq/x/power/{meter}"), payload: body.as_bytes().to_vec() }
}

fn reading(meter: &str, period: &str, start: Instant, (kwh, revision): (&str, u32)) -> Said {
    said(
        meter,
        &format!(
            r#"{{"meter":"{meter}","period":"{period}","time":"{start}","kwh":{kwh},
            "revision":{revision}}}"#
        ),
    )
}

/// Every row of the table: start, meter, minutes, Wh, revision, conflict.
fn rows(path: &Path) -> Vec<(i64, String, i64, i64, i64, i64)> {
    let db = Connection::open(path).expect("a store");
    let mut query = db
        .prepare("SELECT start_ms, meter, period_min, wh, revision, conflict FROM power")
        .expect("a table");
    let row = |r: &rusqlite::Row<'_>| {
        Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?, r.get(5)?))
    };
    query.query_map([], row).expect("rows").collect::<Result<_, _>>().expect("rows")
}

fn files(texts: &[&str]) -> Said {
    let file = |(n, text): (usize, &&str)| PowerFile {
        name: format!("{n}.csv"),
        text: (*text).to_owned(),
    };
    Said::power(texts.iter().enumerate().map(file).collect())
}

fn faults(batch: &Batch) -> Vec<String> {
    let taken = batch.power_taken.first().expect("asked").as_ref();
    taken.expect_err("refused").iter().map(ToString::to_string).collect()
}

#[test]
fn shuffled_and_repeated_readings_end_in_the_same_rows_also_through_restarts() {
    let place = tempfile::tempdir().expect("a place");
    // Up to three revisions of four meters' hours and of the quarters of one.
    let mut all = Vec::new();
    for (meter, n) in ["m1", "m2", "m3", "m4"].iter().flat_map(|m| (0..20).map(move |n| (m, n))) {
        let start = at("22T08:00").plus_minutes(60 * n);
        for revision in 0..=u32::try_from(n % 3).expect("small") {
            let kwh = format!("{}.{revision}", 100 + n);
            all.push(reading(meter, "PT1H", start, (&kwh, revision)));
        }
        all.push(reading("m5", "PT15M", at("22T08:00").plus_minutes(15 * n), ("0.125", 0)));
    }
    let sorted = place.path().join("sorted.db");
    let mut first = daemon(&sorted);
    first.take(at("23T08:06"), &all);
    let expected = rows(&sorted);
    assert_eq!(expected.len(), 5 * 20);
    assert!(expected.iter().all(|row| row.5 == 0), "nothing is in conflict");
    first.audit();
    for seed in 1..=4 {
        let path = place.path().join(format!("{seed}.db"));
        let (mut dice, mut again) = (Dice(seed), daemon(&path));
        let mut shuffled: Vec<Said> = all.iter().chain(&all[..90]).cloned().collect();
        dice.shuffle(&mut shuffled);
        for (n, part) in shuffled.chunks(37).enumerate() {
            again.take(at("23T08:06").plus_minutes(i64::try_from(n).expect("small")), part);
            if n % 3 == 1 {
                again = again.restart();
            }
        }
        assert_eq!(rows(&path), expected, "seed {seed}");
        again.audit();
    }
}

#[test]
fn a_file_a_day_later_is_equal_to_the_live_feed() {
    let place = tempfile::tempdir().expect("a place");
    let (live, late) = (place.path().join("live.db"), place.path().join("late.db"));
    let hour = |n: i32| at("22T00:00").hour().plus(n);
    let kwh = ["123.4", "0", "1e1", "7.0005"];
    let messages: Vec<Said> = (0..24)
        .map(|n| reading("D-1", "PT1H", hour(n).start(), (kwh[hour(n).of_day() % 4], 0)))
        .collect();
    let mut of_feed = daemon(&live);
    of_feed.take(at("23T08:06"), &messages);
    let line = |n: i32| {
        let time = hour(n).label(HourLabel::Begin);
        format!("D-1,{time},{}\r\n", kwh[hour(n).of_day() % 4])
    };
    let text: String = (0..24).rev().map(line).collect();
    let mut of_file = daemon(&late);
    let batch = of_file.take(at("23T09:06"), &[files(&[&format!("meter,time,kwh\r\n{text}")])]);
    assert_eq!(batch.power_taken, [Ok(24)]);
    assert_eq!(rows(&late), rows(&live));
    assert_eq!(rows(&late)[3].3, 7000, "a tie goes to even");
    // And after the feed it changes nothing, nor the feed after it.
    let again = files(&[&format!("meter,time,kwh\n{text}")]);
    of_feed.take(at("23T10:00"), &[again]);
    of_file.take(at("23T10:00"), &messages);
    assert_eq!(rows(&live), rows(&late));
    of_feed.audit();
    of_file.audit();
    // The archive gives them back by meter.
    let span = (hour(0).start(), hour(2).start());
    let meters = ["A".to_owned(), "D-1".to_owned()];
    let read = Reader::open(&late).and_then(|r| r.power("x", span, &meters)).expect("read");
    let read: Vec<(usize, Hour, i64)> =
        read.iter().map(|one| (one.meter, one.start.hour(), one.wh)).collect();
    assert_eq!(read, [(1, hour(0), 123_400), (1, hour(1), 0)]);
}

#[test]
fn the_higher_revision_holds_and_of_one_revision_the_first_value() {
    let place = tempfile::tempdir().expect("a place");
    let path = place.path().join("a.db");
    let mut daemon = daemon(&path);
    let of = |kwh, revision| reading("m", "PT1H", at("22T08:00"), (kwh, revision));
    let mut held = |said: &[Said]| {
        daemon.take(at("23T08:06"), said);
        rows(&path).iter().map(|row| (row.3, row.4, row.5)).collect::<Vec<_>>()
    };
    assert_eq!(held(&[of("1", 1)]), [(1000, 1, 0)]);
    assert_eq!(held(&[of("2", 0), of("1.0", 1)]), [(1000, 1, 0)], "lower, and a repetition");
    assert_eq!(held(&[of("3", 1)]), [(1000, 1, 1)], "not taken, and marked");
    assert_eq!(held(&[of("4", 2), of("4", 2)]), [(4000, 2, 0)]);
    assert_eq!(held(&[of("5", 2), of("6", 3), of("7", 3)]), [(6000, 3, 1)], "in one batch too");
    daemon.audit();
}

#[test]
fn a_message_that_is_no_reading_is_a_dead_letter_and_leaves_nothing() {
    let place = tempfile::tempdir().expect("a place");
    let path = place.path().join("a.db");
    let mut daemon = daemon(&path);
    let now = at("23T08:06");
    let body = |time: &str, kwh: &str| {
        format!(r#"{{"meter":"m","period":"PT1H","time":"{time}+08:00","kwh":{kwh}}}"#)
    };
    let good = body("2026-11-22T08:00:00", "1");
    use RejectionReason as R;
    for (topic, payload, reason, detail) in [
        ("power/m", body("2026-11-22T08:00:00", "-1"), R::BadValue, "`kwh`"),
        ("power/m", body("2026-11-23T08:00:00", "1"), R::TimeInFuture, "interval ends"),
        ("power/m", body("2025-10-01T08:00:00", "1"), R::TimeInPast, "400 days"),
        ("power/n", good.clone(), R::TopicMismatch, "\"m\""),
        ("power/", good.clone(), R::TopicMismatch, "\"m\""),
        ("power/a/b", good.replace("\"m\"", "\"a/b\""), R::BadValue, "`meter`"),
        ("power/m", good.replace("PT1H", "PT10M"), R::BadPeriod, "`period`"),
        ("power/m", format!("{good}{}", " ".repeat(65 * 1024)), R::Oversized, "limit"),
    ] {
        let topic = format!("aq/x/{topic}");
        let batch = daemon.take(now, &[Said::Message { topic, payload: payload.into_bytes() }]);
        let [letter] = &batch.dead_letters[..] else { panic!("{:?}", batch.dead_letters) };
        assert_eq!(letter.reason, DeadLetterReason::Message(reason), "{letter:?}");
        assert!(letter.detail.contains(detail), "{}", letter.detail);
    }
    assert_eq!(rows(&path), []);
    assert_eq!(daemon.pipeline.counts().accepted, 0);
    daemon.take(now, &[said("m", &good)]);
    assert_eq!((rows(&path).len(), daemon.pipeline.counts().accepted), (1, 1));
    daemon.audit();
}

/// By day of November the number of rows.
fn by_day(path: &Path) -> Vec<(i32, usize)> {
    let first = at("01T00:00").hour().day().number();
    let mut days = std::collections::BTreeMap::new();
    for (start, ..) in rows(path) {
        let day = Instant::from_millis(start).hour().day().number() - first + 1;
        *days.entry(day).or_default() += 1;
    }
    days.into_iter().collect()
}

#[test]
fn readings_are_kept_for_so_many_days_and_then_go_one_day_with_each_commit() {
    let place = tempfile::tempdir().expect("a place");
    let path = place.path().join("a.db");
    let params = Params { keep_power_days: Some(5), ..Params::default() };
    let started = |params| Daemon::start(Sqlite::open(&path).expect("opened"), registry(), params);
    let mut daemon = started(params.clone());
    daemon.take(at("10T08:05"), &[]);
    let hours = |from: &str| -> Vec<Said> {
        let start = |n: i64| at(from).plus_minutes(60 * n);
        (0..24).map(|n| reading("m", "PT1H", start(n), ("1", 0))).collect()
    };
    for day in ["06T00:00", "07T00:00", "08T00:00", "09T00:00"] {
        daemon.take(at("10T08:06"), &hours(day));
    }
    assert_eq!(by_day(&path), [(6, 24), (7, 24), (8, 24), (9, 24)]);
    // The 12th keeps the 7th.
    daemon.take(at("12T00:00"), &[]);
    assert_eq!(by_day(&path), [(7, 24), (8, 24), (9, 24)]);
    let late = reading("m", "PT1H", at("06T08:00"), ("1", 1));
    let text = "meter,time,kwh\nm,2026-11-06 08:00,1\n";
    let batch = daemon.take(at("12T00:01"), &[late, files(&[text])]);
    let [letter] = &batch.dead_letters[..] else { panic!("{:?}", batch.dead_letters) };
    assert_eq!(letter.reason, DeadLetterReason::Message(RejectionReason::TimeInPast));
    assert!(letter.detail.contains("keep_power_days"), "{}", letter.detail);
    assert_eq!(faults(&batch), ["0.csv第2行：time：早于可接收的5天"]);
    // After a stop several days are due.
    let mut daemon = daemon.restart();
    for left in [vec![(8, 24), (9, 24)], vec![(9, 24)], vec![(9, 24)]] {
        daemon.take(at("14T08:00"), &[]);
        assert_eq!(by_day(&path), left);
    }
    daemon.audit();
    drop(daemon);
    // For longer from now on: what is gone is gone.
    let mut daemon = started(Params { keep_power_days: Some(30), ..params });
    daemon.take(at("15T08:00"), &[reading("m", "PT1H", at("06T08:00"), ("2", 0))]);
    assert_eq!(by_day(&path), [(6, 1), (9, 24)]);
    daemon.audit();
}

#[test]
fn a_meter_that_runs_wild_pushes_out_no_other_dead_letter() {
    let place = tempfile::tempdir().expect("a place");
    let path = place.path().join("a.db");
    let mut daemon = daemon(&path);
    let message = |topic: &str, payload: String| Said::Message {
        topic: topic.to_owned(),
        payload: payload.into_bytes(),
    };
    daemon.take(at("23T08:06"), &[message("aq/x/instruction", "{\"level\":".to_owned())]);
    for n in 0..5 {
        let of = |n: u32| message(&format!("aq/x/power/m{}", n % 9), format!("{{\"kwh\":-{n}}}"));
        let wild: Vec<Said> = (n * 60..n * 60 + 60).map(of).collect();
        daemon.take(at("23T08:07").plus_minutes(i64::from(n)), &wild);
    }
    let db = Connection::open(&path).expect("a store");
    let count = |of: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM dead_letter WHERE topic LIKE '{of}'");
        db.query_row(&sql, [], |row| row.get(0)).expect("a number")
    };
    assert_eq!((count("aq/x/instruction"), count("aq/x/power/%")), (1, 200));
    let newest = "SELECT count(*) FROM dead_letter WHERE payload = CAST('{\"kwh\":-299}' AS BLOB)";
    let newest: i64 = db.query_row(newest, [], |row| row.get(0)).expect("a number");
    assert_eq!(newest, 1, "the oldest go");
    daemon.audit();
}

#[test]
fn with_one_reading_of_no_time_that_is_taken_nothing_of_any_file_is() {
    let place = tempfile::tempdir().expect("a place");
    let path = place.path().join("a.db");
    let mut daemon = daemon(&path);
    let good = "meter,time,kwh\nm,2026-11-22 08:00,1\n";
    let late = "meter,time,kwh\nm,2026-11-23 07:00,1\nm,2026-11-23 08:00,1\nm,2025-10-01 08:00,1\n";
    let batch = daemon.take(at("23T08:06"), &[files(&[good, late])]);
    assert_eq!(
        faults(&batch),
        ["1.csv第3行：time：该小时尚未结束", "1.csv第4行：time：早于可接收的400天"]
    );
    assert_eq!(rows(&path), []);
    let batch = daemon.take(at("23T08:06"), &[files(&[good]), files(&[late])]);
    assert_eq!(batch.power_taken[0], Ok(1));
    assert!(batch.power_taken[1].is_err(), "each input is decided by itself");
    assert_eq!(rows(&path).len(), 1);
    daemon.audit();
}
