//! The monitoring room through pipeline and store: papers, fixed times and the shift book, with a restart
//! between any two steps, and the chain over all of it.

use lantian::duty::{Draft, DutyAct, DutyBody, DutyRefusal, DutyRules, Fixed, Stage};
use lantian::pipeline::{Batch, FeedState, Params};
use lantian::store::{DutyAsked, Reader, Sqlite, Store as _};
use lantian::time::Instant;

use super::daemon::{Daemon, Said};
use super::publishing::{at, hour, pm, registry, report};

fn params() -> Params {
    Params { duty: Some(DutyRules::default()), ..Params::default() }
}

fn said(person: &'static str, act: DutyAct) -> [Said; 1] {
    [Said::Duty { person, act }]
}

fn draft(content: &str) -> DutyAct {
    DutyAct::Draft(Draft {
        paper: "daily".to_owned(),
        subject: "x 2026-11-22".to_owned(),
        title: "某市空气质量日报".to_owned(),
        subtitle: "2026年11月22日".to_owned(),
        series: "日报".to_owned(),
        revises: None,
        reason: String::new(),
        content: content.to_owned(),
    })
}

fn kinds(batch: &Batch) -> Vec<&'static str> {
    batch.duty.iter().map(|record| record.body.kind()).collect()
}

#[test]
fn a_restart_between_any_two_steps_changes_nothing() {
    let place = tempfile::NamedTempFile::new().expect("a file");
    let store = Sqlite::open(place.path()).expect("opened");
    let mut daemon = Daemon::start(store, registry(), params());
    daemon.take(at("23T08:00"), &[Said::Feed(FeedState::CaughtUp)]);
    daemon = daemon.restart();
    let batch = daemon.take(at("23T09:00"), &said("张三", draft("{\"b\":1}")));
    let paper = batch.duty_acted[0].expect("kept");
    daemon = daemon.restart();
    let sign = || DutyAct::Sign { paper, signer: "王主任".to_owned(), file: None };
    let batch = daemon.take(at("23T09:05"), &said("李四", sign()));
    assert_eq!(batch.duty_acted, [Err(DutyRefusal::NotReviewed)]);
    let review = DutyAct::Review { paper, opinion: String::new() };
    daemon.take(at("23T09:06"), &said("李四", review));
    daemon = daemon.restart();
    let batch = daemon.take(at("23T12:10"), &[]);
    assert_eq!(kinds(&batch), ["reminded", "overdue"], "of the daily report, while nobody signs");
    daemon = daemon.restart();
    let batch = daemon.take(at("23T12:20"), &said("李四", sign()));
    assert_eq!(kinds(&batch), ["signed", "done"], "in one commit");
    let DutyBody::Done(done) = &batch.duty[1].body else { panic!("{batch:?}") };
    assert_eq!(done.late_min(), Some(20));
    daemon = daemon.restart();
    let batch = daemon.take(at("23T13:00"), &said("李四", sign()));
    assert_eq!(batch.duty_acted, [Err(DutyRefusal::UnknownPaper)], "signed once");
    let batch = daemon.take(at("23T20:40"), &[]);
    assert_eq!(kinds(&batch), ["reminded", "overdue", "escalated"], "of the forecast");
    daemon.audit();
    let reader = Reader::open(place.path()).expect("opened");
    let whole = reader.duty_record("x", paper).expect("read").expect("there");
    let DutyBody::Drafted(kept) = &whole.body else { panic!("{whole:?}") };
    assert_eq!(kept.content, "{\"b\":1}", "as it was kept");
    let all = DutyAsked { limit: 100, ..DutyAsked::default() };
    let all = reader.duty_records("x", &all).expect("read");
    let numbers: Vec<u64> = all.iter().map(|record| record.number).collect();
    assert_eq!(numbers, (1..=9).rev().collect::<Vec<_>>());
    let between = Some((at("23T12:00"), at("23T12:20")));
    let some = DutyAsked { kinds: vec!["overdue".to_owned()], between, ..DutyAsked::default() };
    let some = reader.duty_records("x", &DutyAsked { limit: 9, ..some }).expect("read");
    assert_eq!(some.len(), 1, "from noon on, before 12:20");
}

#[test]
fn a_changed_record_of_the_room_shows_in_the_audit() {
    let place = tempfile::NamedTempFile::new().expect("a file");
    let mut store = Sqlite::open(place.path()).expect("opened");
    let mut daemon = Daemon::start(store, registry(), params());
    daemon.take(at("23T09:00"), &said("张三", draft("{}")));
    store = daemon.store;
    let area = registry().area;
    assert!(lantian::store::verify_chain(&store, &area).is_ok());
    drop(store);
    let db = rusqlite::Connection::open(place.path()).expect("opened");
    db.execute("UPDATE duty SET person = '李四'", []).expect("written");
    drop(db);
    let mut store = Sqlite::open(place.path()).expect("opened");
    store.register(&registry()).expect("known");
    let fault = lantian::store::verify_chain(&store, &area).expect_err("changed");
    assert!(fault.to_string().contains("what it appended changed"), "{fault}");
}

#[test]
fn hours_without_an_aqi_are_one_item_until_they_are_back() {
    let place = tempfile::NamedTempFile::new().expect("a file");
    let store = Sqlite::open(place.path()).expect("opened");
    let mut daemon = Daemon::start(store, registry(), params());
    daemon.take(at("22T01:00"), &[Said::Feed(FeedState::CaughtUp)]);
    let six = |station, start: &str| {
        report(station, start, 0, r#""pm2_5":30,"pm10":50,"so2":9,"no2":31,"co":0.8,"o3":44"#)
    };
    for hour in 1..23 {
        let start = format!("22T{hour:02}:00");
        let said = ["a", "b"].map(|station| six(station, &start));
        daemon.take(at(&format!("22T{:02}:02", hour + 1)), &said);
    }
    let batch = daemon.take(at("23T03:50"), &[]);
    assert_eq!(kinds(&batch), ["overdue", "escalated"], "{batch:?}");
    let view = daemon.pipeline.view();
    let ((fixed, of), open) = view.duty.times.open.iter().next().expect("open");
    assert_eq!((*fixed, open.stage, *of), (Fixed::Hourly, Stage::Escalated, hour("22 23:00")));
    daemon = daemon.restart();
    let said = ["a", "b"].map(|station| six(station, "23T04:00"));
    let batch = daemon.take(at("23T05:02"), &said);
    assert_eq!(kinds(&batch), ["done"]);
    assert!(batch.duty[0].text_zh().contains("缺报5小时"), "{}", batch.duty[0].text_zh());
    daemon.audit();
}

#[test]
fn a_clock_that_begins_in_1970_does_not_ask_for_half_a_million_hours() {
    let mut daemon = Daemon::start(Sqlite::in_memory().expect("opened"), registry(), params());
    daemon.take(Instant::from_millis(3_600_000), &[pm("a", "22T01:00", 30)]);
    let batch = daemon.take(at("23T00:30"), &[]);
    let days = i64::from(params().horizon_days);
    let most = usize::try_from(days * 9).expect("small");
    assert!(batch.duty.len() < most, "{}", batch.duty.len());
}

#[test]
fn where_there_is_no_room_nothing_is_watched_and_no_act_is_taken() {
    let params = Params { duty: None, ..Params::default() };
    let mut daemon = Daemon::start(Sqlite::in_memory().expect("opened"), registry(), params);
    daemon.take(at("22T01:00"), &[]);
    let batch = daemon.take(at("23T23:00"), &said("张三", draft("{}")));
    assert_eq!(batch.duty_acted, [Err(DutyRefusal::NoDuties)]);
    assert!(batch.duty.is_empty());
}
