//! A station whose hours come late by the same each time has a clock that runs behind, or a link that holds
//! them back: one alarm of its own, and none for what only looks like it.

use lantian::average::Correction;
use lantian::observation::{Pollutant, Property};
use lantian::pipeline::{Alarm, Batch, Input, Message, Retry, Subject};
use lantian::quantity::Amount;

use super::{DOWN, READY, Room, UP, hour, report, time};
use crate::daemon::Said;

/// Whose clock is wrong in these tests.
const WRONG: usize = 4;

impl Room {
    /// The hour before `now` under the right label by four stations, and by the fifth `lag` hours behind.
    fn hour_with_lag(&mut self, n: i32, lag: i32) -> Vec<Alarm> {
        let told = self.told.len();
        let start = hour("23 08:00").plus(n);
        let late = [report(WRONG, start.plus(-lag))];
        let said: Vec<Said> = (0..WRONG).map(|s| report(s, start)).chain(late).collect();
        self.told.extend(self.daemon.take(start.end().plus_minutes(5), &said).alarms);
        self.told.extend(self.daemon.take(start.end().plus_minutes(10), &[]).alarms);
        self.told[told..].to_vec()
    }
}

#[test]
fn utc_sent_as_beijing_time_is_one_alarm_of_that_station_and_moves_nobody_elses_hour() {
    let mut room = Room::new(5);
    for n in 0..8 {
        room.hour_with_lag(n, 8);
    }
    let subject = Subject::Behind(WRONG);
    let (since, raised) = (time("23T09:05"), time("23T11:10"));
    let alarm = Alarm { subject, since, raised, cleared: None, lag_min: Some(485) };
    assert_eq!(room.told, [alarm], "and none for its silence");
    let mut silent = Room::new(5);
    for n in 0..8 {
        silent.hour(n, 0..WRONG);
    }
    for n in 0..8 {
        let key = (hour("23 08:00").plus(n), 0);
        let (with, without) = (&room.daemon.rows[&key].figures, &silent.daemon.rows[&key].figures);
        assert_eq!((with.concentration, with.coverage), (without.concentration, without.coverage));
    }
    let others = |room: &Room| format!("{:?}", &room.daemon.pipeline.view().stations[..WRONG]);
    assert_eq!(others(&room), others(&silent));
    assert_eq!(silent.raised(), [Subject::Station(WRONG)]);
    room.daemon.audit();
}

#[test]
fn a_clock_that_goes_wrong_over_hours_that_are_there_already_is_found_as_soon() {
    let mut room = Room::new(5);
    for n in 0..4 {
        room.hour(n, 0..5);
    }
    for n in 4..7 {
        room.hour_with_lag(n, 1);
    }
    assert_eq!(room.raised(), [Subject::Behind(WRONG)]);
    assert_eq!(room.told[0].lag_min, Some(65));
}

#[test]
fn an_hour_in_time_ends_it_and_a_late_one_does_not() {
    let mut room = Room::new(5);
    for n in 0..4 {
        room.hour_with_lag(n, 8);
    }
    let mut room = room.restart();
    assert_eq!(room.hour_with_lag(4, 3), [], "another lag, but still one");
    assert_eq!(room.open(), [Subject::Behind(WRONG)]);
    let cleared = room.hour_with_lag(5, 0);
    assert_eq!(cleared.len(), 1);
    assert_eq!(cleared[0].cleared, Some(time("23T14:05")));
    assert_eq!((room.open(), room.raised().len()), (vec![], 1));
    room.daemon.audit();
}

#[test]
fn a_backlog_is_no_evidence_in_whatever_order_and_speed_it_comes() {
    let first = hour("23 09:00");
    let forwards: Vec<i32> = (0..10).collect();
    let backwards: Vec<i32> = (0..10).rev().collect();
    for (order, step_min) in [(&forwards, 0), (&forwards, 1), (&backwards, 1), (&forwards, 5)] {
        let mut room = Room::new(5);
        room.hour(0, 0..5);
        for n in 1..11 {
            room.hour(n, 0..4);
        }
        for (n, minute) in order.iter().zip(1..) {
            let now = time("23T19:10").plus_minutes(step_min * minute);
            room.told.extend(room.daemon.take(now, &[report(WRONG, first.plus(*n))]).alarms);
        }
        room.hour(11, 0..5);
        let raised: Vec<Subject> = room.raised();
        assert_eq!(raised, [Subject::Station(WRONG)], "{order:?} every {step_min} min");
        assert_eq!(room.open(), []);
        room.daemon.audit();
    }
}

#[test]
fn second_sendings_between_hours_in_time_are_no_evidence() {
    let mut room = Room::new(5);
    for n in 0..6 {
        room.hour_with_lag(n, 0);
        let now = hour("23 08:00").plus(n).end().plus_minutes(20);
        let again = [report(WRONG, hour("23 08:00").plus(n - 8))];
        room.told.extend(room.daemon.take(now, &again).alarms);
    }
    assert_eq!(room.told, []);
}

#[test]
fn what_an_operator_enters_late_is_no_evidence() {
    let mut room = Room::new(5);
    for n in 0..6 {
        room.hour(n, 0..5);
        let property = Property::Pollutant(Pollutant::Pm2_5);
        let act = Correction::Set(Amount::from_milli(30_000));
        let station = format!("s{WRONG:04}");
        let said = Said::Correction { station, property, hour: hour("23 00:00").plus(n), act };
        let now = hour("23 08:00").plus(n).end().plus_minutes(20);
        room.told.extend(room.daemon.take(now, &[said]).alarms);
    }
    assert_eq!(room.told, []);
}

#[test]
fn less_than_the_threshold_or_another_lag_each_time_is_no_evidence() {
    let mut room = Room::new(5);
    room.hour(0, 0..5);
    for n in 1..8 {
        room.hour(n, 0..4);
        let start = hour("23 08:00").plus(n);
        let now = start.end().plus_minutes(49);
        room.told.extend(room.daemon.take(now, &[report(WRONG, start)]).alarms);
    }
    assert_eq!(room.told, [], "49 minutes");
    let mut room = Room::new(5);
    for n in 0..8 {
        room.hour_with_lag(n, if n % 2 == 0 { 8 } else { 10 });
    }
    assert_eq!(room.raised(), [Subject::Station(WRONG)], "it is silent for all we know");
}

#[test]
fn what_comes_while_we_catch_up_is_no_evidence_and_a_restart_between_changes_nothing() {
    let mut room = Room::new(5);
    room.hour_with_lag(0, 8);
    room.hour_with_lag(1, 8);
    room.take("23T10:20", &[DOWN]);
    room.take("23T10:25", &[UP]);
    let caught = room.take("23T10:26", &[report(WRONG, hour("23 02:00"))]);
    assert_eq!(caught, []);
    room.take("23T10:27", &[READY]);
    room.hour(2, 0..WRONG);
    assert_eq!(room.told, [], "two hours and one that may have waited for us");
    room.hour_with_lag(3, 8);
    assert_eq!(room.raised(), [Subject::Behind(WRONG)]);
    let mut ends = Vec::new();
    for restarts in [false, true] {
        let mut room = Room::new(5);
        for n in 0..5 {
            room.hour_with_lag(n, 8);
            room = if restarts { room.restart() } else { room };
        }
        ends.push((room.told, room.daemon.pipeline.digest()));
    }
    assert_eq!(ends[0], ends[1]);
    assert_eq!(ends[0].0.len(), 1);
}

#[test]
fn a_station_behind_that_falls_silent_is_told_as_silent() {
    let mut room = Room::new(5);
    for n in 0..4 {
        room.hour_with_lag(n, 8);
    }
    room.hour(4, 0..4);
    assert_eq!(room.open(), [Subject::Behind(WRONG)], "one hour may be late");
    room.hour(5, 0..4);
    assert_eq!(room.open(), [Subject::Station(WRONG)]);
    for n in 6..9 {
        room.hour_with_lag(n, 8);
    }
    assert_eq!(room.open(), [Subject::Behind(WRONG)], "and the other way round");
    room.daemon.audit();
}

#[test]
fn a_link_that_holds_all_stations_back_is_one_alarm() {
    let mut room = Room::new(5);
    room.hour(0, 0..5);
    for n in 1..8 {
        let start = hour("23 08:00").plus(n);
        let said: Vec<Said> = (0..5).map(|s| report(s, start)).collect();
        room.told.extend(room.daemon.take(start.end().plus_minutes(55), &said).alarms);
    }
    assert_eq!(room.raised(), [Subject::Area]);
    room.daemon.audit();
}

#[test]
fn parts_of_hours_tell_a_clock_as_whole_hours_do() {
    let mut room = Room::new(5);
    for n in 0..4 {
        let start = hour("23 08:00").plus(n);
        for part in 0..4 {
            let begin = start.start().plus_minutes(15 * part);
            let payload = format!(
                r#"{{"station":"s0004","period":"PT15M","time":"{}","values":{{"pm2_5":40}}}}"#,
                begin.plus_minutes(-8 * 60)
            );
            let topic = "aq/x/s0004/obs".to_owned();
            let said = [Said::Message { topic, payload: payload.into_bytes() }];
            room.told.extend(room.daemon.take(begin.plus_minutes(17), &said).alarms);
        }
        let others: Vec<Said> = (0..WRONG).map(|s| report(s, start)).collect();
        room.told.extend(room.daemon.take(start.end().plus_minutes(5), &others).alarms);
        room.told.extend(room.daemon.take(start.end().plus_minutes(10), &[]).alarms);
    }
    let of_clock: Vec<_> = room.told.iter().map(|a| (a.subject, a.lag_min)).collect();
    assert_eq!(of_clock, [(Subject::Behind(WRONG), Some(482))]);
    room.daemon.audit();
}

#[test]
fn a_refused_message_that_is_tried_again_tells_nothing_of_a_clock() {
    let mut room = Room::new(5);
    for n in 0..5 {
        let Said::Message { topic, payload } = report(WRONG, hour("23 00:00").plus(n)) else {
            panic!("a report is a message");
        };
        let length = payload.len();
        let message = Message { feed: 0, topic: &topic, payload: &payload, length };
        let inputs = [Input::Retry(Retry { letter: [7; 32], message })];
        let now = hour("23 08:00").plus(n).end().plus_minutes(20);
        let mut batch = Batch::default();
        room.daemon.pipeline.handle(now, &inputs, &mut batch);
        room.daemon.pipeline.settle(&mut batch);
        assert_eq!((batch.retried.len(), batch.late.len()), (1, 0));
        assert!(batch.alarms.iter().all(|alarm| alarm.lag_min.is_none()));
    }
}
