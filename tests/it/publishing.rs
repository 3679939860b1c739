//! When an hour is published, what makes a new version of it, and what a bad input does: nothing.

use lantian::area::{AreaId, Registry, Span, Station, StationKind};
use lantian::observation::{PROPERTIES, Pollutant, RejectionReason, StationId, Validity};
use lantian::pipeline::{DeadLetterReason, FeedState, HourState, Params, Subject};
use lantian::store::Sqlite;
use lantian::time::{Hour, HourLabel, Instant};

use super::daemon::{Daemon, Said};

pub(crate) fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(&format!("2026-11-{text}:00+08:00")).expect("a time")
}

pub(crate) fn hour(text: &str) -> Hour {
    Hour::parse_label(&format!("2026-11-{text}:00"), HourLabel::Begin).expect("an hour")
}

fn station(code: &str, assessed: bool) -> Station {
    Station {
        id: StationId::new(code).expect("legal"),
        name: code.to_owned(),
        position: None,
        district: String::new(),
        kind: StationKind::National,
        assessed,
        valid: Span::default(),
    }
}

/// Two assessed stations `a` and `b`, and `c`, which is not.
pub(crate) fn registry() -> Registry {
    let stations = vec![station("a", true), station("b", true), station("c", false)];
    Registry::new(AreaId::new("x").expect("legal"), "某市".into(), stations).expect("no code twice")
}

/// A daemon that has been running since the given time.
pub(crate) fn since(text: &str) -> Daemon {
    let store = Sqlite::in_memory().expect("opened");
    let mut daemon = Daemon::start(store, registry(), Params::default());
    daemon.take(at(text), &[]);
    daemon
}

fn raw(station: &str, payload: &str) -> Said {
    let topic = format!("aq/x/{station}/obs");
    Said::Message { topic, payload: payload.as_bytes().to_vec() }
}

/// A whole hour, named by its start.
pub(crate) fn report(station: &str, start: &str, revision: u32, values: &str) -> Said {
    let time = at(start);
    raw(
        station,
        &format!(
            r#"{{"station":"{station}","period":"PT1H","time":"{time}",
            "revision":{revision},"values":{{{values}}}}}"#
        ),
    )
}

pub(crate) fn pm(station: &str, start: &str, value: u32) -> Said {
    report(station, start, 0, &format!("\"pm2_5\":{value}"))
}

fn published(daemon: &Daemon) -> Option<Hour> {
    daemon.pipeline.view().newest
}

fn pm2_5(daemon: &Daemon, of: &str) -> Option<i32> {
    let row = daemon.rows.get(&(hour(of), 0))?;
    row.figures.concentration[Pollutant::Pm2_5.index()].map(|a| a.milli())
}

#[test]
fn an_hour_is_published_ten_minutes_after_its_end() {
    let mut daemon = since("23T08:20");
    assert_eq!(daemon.pipeline.next_deadline(), Some(at("23T09:10")));
    daemon.take(at("23T09:05"), &[pm("a", "23T08:00", 40)]);
    assert_eq!(published(&daemon), Some(hour("23 07:00")));
    daemon.take(Instant::from_millis(at("23T09:10").millis() - 1), &[]);
    assert_eq!(published(&daemon), Some(hour("23 07:00")));
    daemon.take(at("23T09:10"), &[]);
    assert_eq!(published(&daemon), Some(hour("23 08:00")));
    assert_eq!(pm2_5(&daemon, "23 08:00"), Some(40_000));
    assert_eq!(daemon.pipeline.next_deadline(), Some(at("23T10:10")));
}

#[test]
fn an_hour_is_published_when_the_last_assessed_station_has_reported_it() {
    let mut daemon = since("23T08:20");
    daemon.take(at("23T09:01"), &[pm("a", "23T08:00", 40), pm("c", "23T08:00", 99)]);
    daemon.take(at("23T09:01"), &[pm("a", "23T08:00", 40)]);
    assert_eq!(published(&daemon), Some(hour("23 07:00")), "one of two, twice, and one unassessed");
    daemon.take(at("23T09:02"), &[pm("b", "23T08:00", 60)]);
    assert_eq!(published(&daemon), Some(hour("23 08:00")));
    assert_eq!(pm2_5(&daemon, "23 08:00"), Some(50_000));
}

#[test]
fn an_hour_reported_before_its_end_is_published_at_its_end() {
    let mut daemon = since("23T08:20");
    daemon.take(at("23T08:55"), &[pm("a", "23T08:00", 40), pm("b", "23T08:00", 60)]);
    assert_eq!(published(&daemon), Some(hour("23 07:00")));
    assert_eq!(daemon.pipeline.next_deadline(), Some(at("23T09:00")));
    daemon.take(at("23T09:00"), &[]);
    assert_eq!(published(&daemon), Some(hour("23 08:00")));
}

#[test]
fn a_report_taken_back_is_no_report() {
    let mut daemon = since("23T08:20");
    let back = report("a", "23T08:00", 1, "\"pm2_5\":null");
    let again = report("a", "23T08:00", 2, "\"pm2_5\":41");
    daemon.take(at("23T09:01"), &[pm("a", "23T08:00", 40), back, again]);
    assert_eq!(published(&daemon), Some(hour("23 07:00")), "one station is not two");
    let back = report("a", "23T08:00", 3, "\"pm2_5\":null");
    daemon.take(at("23T09:02"), &[back, pm("b", "23T08:00", 60)]);
    assert_eq!(published(&daemon), Some(hour("23 07:00")));
    daemon.take(at("23T09:03"), &[report("a", "23T08:00", 4, "\"pm2_5\":42")]);
    assert_eq!(published(&daemon), Some(hour("23 08:00")));
}

#[test]
fn calls_without_need_do_nothing_and_time_never_runs_back() {
    let mut daemon = since("23T08:20");
    daemon.take(at("23T09:12"), &[pm("a", "23T08:00", 40)]);
    let rows = daemon.rows.clone();
    for now in ["23T09:12", "23T07:00", "22T00:00", "23T09:59"] {
        let batch = daemon.take(at(now), &[]);
        assert!(batch.set_hours.is_empty() && batch.hours.is_empty());
        assert!(batch.state.expect("a state").now >= at("23T09:12"), "held at {now}");
    }
    assert_eq!(daemon.rows, rows);
    let late = daemon.take(at("23T01:00"), &[pm("b", "23T08:00", 60)]);
    assert_eq!(late.dead_letters.len(), 0, "an interval that has ended lies not in the future");
}

#[test]
fn a_leap_of_time_publishes_every_hour_on_the_way() {
    let mut daemon = since("10T08:20");
    daemon.take(at("10T08:30"), &[pm("a", "10T07:00", 40)]);
    daemon.take(at("20T08:30"), &[]);
    for n in 0..240 {
        let row = daemon.rows.get(&(hour("10 07:00").plus(n), 0)).expect("published");
        let first = if n == 0 { HourState::Revised } else { HourState::Published };
        assert_eq!(row.state, first, "{n}");
    }
    assert_eq!(published(&daemon), Some(hour("20 07:00")));
    let seven = &daemon.rows[&(hour("10 20:00"), 0)].figures;
    assert_eq!(seven.day[0].map(|a| a.milli()), Some(40_000), "the day so far keeps its hour");
}

#[test]
fn hours_wait_for_a_feed_that_catches_up_but_not_for_long() {
    let mut daemon = since("23T08:20");
    daemon.take(at("23T09:05"), &[Said::Feed(FeedState::CatchingUp)]);
    daemon.take(at("23T09:14"), &[pm("a", "23T08:00", 40), pm("b", "23T08:00", 60)]);
    assert_eq!(published(&daemon), Some(hour("23 07:00")));
    assert_eq!(daemon.pipeline.next_deadline(), Some(at("23T09:15")));
    daemon.take(at("23T09:14"), &[Said::Feed(FeedState::CaughtUp)]);
    assert_eq!(published(&daemon), Some(hour("23 08:00")));
    daemon.take(at("23T10:05"), &[Said::Feed(FeedState::CatchingUp)]);
    daemon.take(at("23T10:08"), &[Said::Feed(FeedState::CatchingUp)]);
    daemon.take(at("23T10:15"), &[]);
    assert_eq!(published(&daemon), Some(hour("23 09:00")), "ten minutes are over");
}

#[test]
fn after_a_stop_the_hours_that_passed_wait_for_what_the_broker_kept() {
    let mut daemon = since("23T08:20").restart();
    let up = Said::Feed(FeedState::CatchingUp);
    let batch = daemon.take(at("23T12:30"), &[up, pm("a", "23T08:00", 40)]);
    assert!(batch.set_hours.is_empty(), "three hours down are no three silent hours");
    let backlog = [pm("b", "23T08:00", 60), pm("a", "23T09:00", 41), pm("b", "23T09:00", 61)];
    daemon.take(at("23T12:31"), &backlog);
    daemon.take(at("23T12:32"), &[Said::Feed(FeedState::CaughtUp)]);
    assert_eq!(published(&daemon), Some(hour("23 11:00")));
    let row = &daemon.rows[&(hour("23 09:00"), 0)];
    assert_eq!((row.version, row.state), (1, HourState::Published));
    assert_eq!(pm2_5(&daemon, "23 08:00"), Some(50_000));
}

#[test]
fn a_stop_while_the_feed_catches_up_does_not_use_up_the_wait() {
    let mut daemon = since("23T08:20");
    daemon.take(at("23T08:30"), &[Said::Feed(FeedState::CatchingUp)]);
    let mut daemon = daemon.restart();
    let batch = daemon.take(at("23T12:30"), &[Said::Feed(FeedState::CatchingUp)]);
    assert!(batch.set_hours.is_empty(), "{:?}", batch.set_hours.len());
    daemon.take(at("23T12:40"), &[]);
    assert_eq!(published(&daemon), Some(hour("23 11:00")));
}

#[test]
fn hours_that_waited_through_a_long_stop_keep_their_data() {
    let mut daemon = since("10T08:20");
    daemon.take(at("10T09:05"), &[pm("a", "10T08:00", 40)]);
    let mut daemon = daemon.restart();
    daemon.take(at("20T12:30"), &[Said::Feed(FeedState::CatchingUp)]);
    daemon.take(at("20T12:31"), &[pm("b", "10T08:00", 60), pm("a", "12T08:00", 41)]);
    let mut daemon = daemon.restart();
    daemon.take(at("20T12:32"), &[Said::Feed(FeedState::CaughtUp)]);
    assert_eq!(pm2_5(&daemon, "10 08:00"), Some(50_000));
    assert_eq!(pm2_5(&daemon, "12 08:00"), Some(41_000));
    let row = &daemon.rows[&(hour("10 08:00"), 0)];
    assert_eq!((row.version, row.state), (1, HourState::Published));
    assert_eq!(published(&daemon), Some(hour("20 11:00")));
}

#[test]
fn a_new_version_only_where_a_figure_changed() {
    let mut daemon = since("23T08:20");
    daemon.take(at("23T11:20"), &[pm("a", "23T08:00", 40), pm("b", "23T08:00", 60)]);
    let version = |d: &Daemon, h: &str| d.rows[&(hour(h), 0)].version;
    let before = version(&daemon, "23 08:00");
    let weather = report("a", "23T08:00", 0, "\"wind_speed\":3");
    let unassessed = pm("c", "23T08:00", 500);
    let same_mean =
        [report("a", "23T08:00", 1, "\"pm2_5\":45"), report("b", "23T08:00", 1, "\"pm2_5\":55")];
    for said in [vec![weather], vec![unassessed], same_mean.to_vec()] {
        let batch = daemon.take(at("23T11:20"), &said);
        assert!(batch.set_hours.is_empty(), "{:?}", batch.set_hours);
    }
    assert_eq!(version(&daemon, "23 08:00"), before);
    daemon.take(at("23T11:30"), &[report("b", "23T08:00", 2, "\"pm2_5\":70")]);
    assert_eq!(version(&daemon, "23 08:00"), before + 1);
    assert_eq!(version(&daemon, "23 10:00"), before + 1, "the day so far moved");
    assert_eq!(daemon.rows[&(hour("23 08:00"), 0)].state, HourState::Revised);
}

#[test]
fn a_late_value_for_a_closed_day_revises_what_it_changes_and_nothing_else() {
    let mut daemon = since("10T08:20");
    daemon.take(at("10T09:30"), &[pm("a", "10T08:00", 40), pm("b", "10T08:00", 60)]);
    daemon.take(at("20T00:30"), &[]);
    let batch = daemon.take(at("20T00:40"), &[report("a", "10T08:00", 0, "\"rain\":1")]);
    assert_eq!(batch.station_days.len(), 1);
    assert!(batch.set_hours.is_empty(), "rain has no figure");
    let batch = daemon.take(at("20T00:50"), &[report("a", "10T08:00", 1, "\"pm2_5\":50")]);
    let hours: Vec<Hour> = batch.set_hours.iter().map(|row| row.hour).collect();
    let day: Vec<Hour> = (0..16).map(|n| hour("10 08:00").plus(n)).collect();
    assert_eq!(hours, day, "the hour and the day so far; one hour makes no 24-h mean");
    assert_eq!(pm2_5(&daemon, "10 08:00"), Some(55_000));
}

#[test]
fn of_two_values_under_one_revision_the_later_stands_and_a_redelivery_flips_nothing() {
    let mut daemon = since("23T08:20");
    let (first, second) = (pm("a", "23T08:00", 40), pm("a", "23T08:00", 44));
    daemon.take(at("23T09:15"), std::slice::from_ref(&first));
    daemon.take(at("23T09:16"), std::slice::from_ref(&second));
    assert_eq!(pm2_5(&daemon, "23 08:00"), Some(44_000));
    assert_eq!(daemon.pipeline.counts().conflicts, 1);
    let digest = |d: &Daemon| d.pipeline.view().sets[0].clone().hours;
    let before = digest(&daemon);
    let mut daemon = daemon.restart();
    daemon.take(at("23T09:17"), &[first.clone(), second, first]);
    assert_eq!(digest(&daemon), before);
    assert_eq!(daemon.pipeline.counts().repeated, 3);
    daemon.take(at("23T09:18"), &[report("a", "23T08:00", 1, "\"pm2_5\":50")]);
    assert_eq!(pm2_5(&daemon, "23 08:00"), Some(50_000));
}

/// One message for every way in which a payload can be refused, in the order of the reasons.
fn refused() -> Vec<(RejectionReason, Said)> {
    use RejectionReason as R;
    let good = |time: &str| {
        format!(r#"{{"station":"a","period":"PT1H","time":"{time}","values":{{"pm2_5":999}}}}"#)
    };
    let now = "2026-11-23T08:00:00+08:00";
    let huge = format!("{}{}", good(now), " ".repeat(70_000));
    let elsewhere = Said::Message { topic: "aq/y/a/obs".into(), payload: good(now).into_bytes() };
    let meter = Said::Message {
        topic: "aq/x/power/m1".into(),
        payload: format!(r#"{{"period":"PT1H","time":"{now}","kwh":-1}}"#).into_bytes(),
    };
    vec![
        (R::NotJson, raw("a", "{")),
        (R::WrongType, raw("a", "[]")),
        (R::MissingField, raw("a", r#"{"station":"a"}"#)),
        (R::UnknownStation, raw("z", &good(now).replace("\"a\"", "\"z\""))),
        (R::TopicMismatch, raw("b", &good(now))),
        (R::TopicMismatch, elsewhere),
        (R::BadPeriod, raw("a", &good(now).replace("PT1H", "PT7M"))),
        (R::BadTime, raw("a", &good("2026-11-23T08:10:00+08:00"))),
        (R::TimeWithoutOffset, raw("a", &good("2026-11-23T08:00:00"))),
        (R::TimeInFuture, raw("a", &good("2026-11-23T11:00:00+08:00"))),
        (R::TimeInPast, raw("a", &good("2025-10-01T08:00:00+08:00"))),
        (R::Oversized, raw("a", &huge)),
        (R::BadValue, meter),
    ]
}

#[test]
fn a_refused_message_is_kept_with_its_reason_and_changes_no_figure() {
    let start = || {
        let mut daemon = since("23T08:20");
        daemon.take(at("23T11:20"), &[pm("a", "23T08:00", 40), pm("b", "23T09:00", 60)]);
        daemon
    };
    let mut quiet = start();
    quiet.take(at("23T11:25"), &[]);
    let mut tried: Vec<RejectionReason> = vec![RejectionReason::Internal]; // cannot be provoked
    for (reason, said) in refused() {
        let mut daemon = start();
        let batch = daemon.take(at("23T11:25"), &[said]);
        // That a clock runs ahead is an alarm; all else leaves no trace.
        let alarms: Vec<Subject> = batch.alarms.iter().map(|a| a.subject).collect();
        let clock = reason == RejectionReason::TimeInFuture;
        assert_eq!(alarms, if clock { vec![Subject::Clock(0)] } else { vec![] }, "{reason:?}");
        let same = daemon.pipeline.digest() == quiet.pipeline.digest();
        assert_eq!(same, !clock, "{reason:?}");
        assert_eq!(batch.dead_letters.len(), 1, "{reason:?}");
        assert_eq!(batch.dead_letters[0].reason, DeadLetterReason::Message(reason));
        assert!(batch.hours.is_empty() && batch.set_hours.is_empty());
        assert_eq!(daemon.pipeline.counts().rejected[reason.index()], 1);
        tried.push(reason);
    }
    assert!(RejectionReason::ALL.iter().all(|r| tried.contains(r)), "a reason without a test");
}

#[test]
fn a_bad_value_is_kept_as_invalid_and_the_others_are_taken() {
    let mut daemon = since("23T08:20");
    let values = r#""pm2_5":-999,"pm10":1e9,"so2":"9","no2":31,"radon":4,"benzene":null"#;
    let batch = daemon.take(at("23T09:15"), &[report("a", "23T08:00", 0, values)]);
    let unknown: Vec<_> =
        batch.dead_letters.iter().map(|l| (l.reason, l.detail.as_str())).collect();
    let reason = DeadLetterReason::UnknownPollutant;
    assert_eq!(unknown, [(reason, "radon: 4"), (reason, "benzene: null")]);
    assert_eq!(daemon.pipeline.counts().invalid_values, 5);
    assert_eq!(daemon.pipeline.counts().accepted, 1);
    let figures = &daemon.rows[&(hour("23 08:00"), 0)].figures;
    let of = |p: Pollutant| figures.concentration[p.index()].map(|a| a.milli());
    assert_eq!((of(Pollutant::No2), of(Pollutant::Pm2_5)), (Some(31_000), None));
    let view = daemon.pipeline.view();
    let validity = PROPERTIES.map(|p| view.stations[0].readings[p.index()].validity);
    use Validity as V;
    assert_eq!(validity[..4], [V::Negative, V::Absurd, V::NotANumber, V::Valid]);
}

#[test]
fn an_empty_message_leaves_no_trace() {
    let mut daemon = since("23T08:20");
    let nothing = report("a", "23T08:00", 0, "\"pm2_5\":null");
    let batch = daemon.take(at("23T09:05"), &[nothing, report("b", "23T08:00", 0, "")]);
    assert!(batch.hours.is_empty());
    daemon.take(at("28T09:05"), &[]);
    assert_eq!(daemon.pipeline.counts().repeated, 2);
}
