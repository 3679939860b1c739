//! Warnings through pipeline and store: forecasts and instructions as messages, acts of persons, restarts
//! between any two steps, and the chain over all of it.

mod drill;
mod paper;

use std::collections::BTreeMap;

use lantian::config::warning_rules;
use lantian::index::Pollutants;
use lantian::observation::Pollutant;
use lantian::outlook::{AqiRange, Forecast, ForecastSpan, Source};
use lantian::pipeline::{Batch, FeedState, Params, WarningParams};
use lantian::store::{Reader, RecordsAsked, Sqlite};
use lantian::time::Instant;
use lantian::warning::{
    Act, Approval, Basis, Body, Change, Counts, DistrictDay, Ground, Level, Means, Notice, Record,
    Refusal, Step, Target, TaskStep,
};

use super::daemon::{Daemon, Said};
use super::publishing::{at, registry, report};

const ORANGE: Target = Target::Level(Level::Orange);

fn params(zones: &[&str]) -> Params {
    let rules = warning_rules("2024", std::path::Path::new("")).unwrap();
    let zones = zones.iter().map(|zone| (*zone).to_owned()).collect();
    Params { warning: Some(WarningParams { rules, zones }), ..Params::default() }
}

fn message(topic: &str, payload: &str) -> Said {
    Said::Message { topic: topic.to_owned(), payload: payload.as_bytes().to_vec() }
}

/// An issue of 16:30 on a day of November for the days after it, each one with its AQI.
fn forecast(day: u32, aqis: &[u32]) -> Said {
    let days = aqis.iter().zip(1..).map(|(aqi, n)| {
        format!(r#"{{"date":"2026-11-{}","aqi":[{aqi},{aqi}],"primary":["pm2_5"]}}"#, day + n)
    });
    let days: Vec<String> = days.collect();
    let days = days.join(",");
    message(
        "aq/x/forecast",
        &format!(
            r#"{{"office":"市监测中心","issued":"2026-11-{day}T16:30:00+08:00","days":[{days}]}}"#
        ),
    )
}

fn instruction(level: &str, number: u32) -> Said {
    message(
        "aq/x/instruction",
        &format!(
            r#"{{"office":"省指挥部办公室","document":"辽气办〔2026〕{number}号","level":"{level}",
            "from":"2026-11-23T18:00:00+08:00"}}"#
        ),
    )
}

/// All six pollutants, with so much PM2.5.
fn hour(station: &str, start: &str, pm2_5: u32) -> Said {
    let values =
        format!(r#""pm2_5":{pm2_5},"pm10":{},"so2":9,"no2":31,"co":0.8,"o3":44"#, pm2_5 + 20);
    report(station, start, 0, &values)
}

/// A day of clean air until 16:00 of the 23rd.
fn started(store: Sqlite) -> Daemon {
    let mut daemon = Daemon::start(store, registry(), params(&[]));
    daemon.take(at("22T15:05"), &[Said::Feed(FeedState::CaughtUp)]);
    for n in 15..40 {
        air(&mut daemon, n, 40);
    }
    daemon
}

/// The hour that begins `n` hours after the 22nd does.
fn air(daemon: &mut Daemon, n: u32, pm2_5: u32) -> Batch {
    let text = |n: u32, minute: u32| format!("{}T{:02}:{minute:02}", 22 + n / 24, n % 24);
    let said = ["a", "b"].map(|station| hour(station, &text(n, 0), pm2_5));
    daemon.take(at(&text(n + 1, 2)), &said)
}

fn kinds(batch: &Batch) -> Vec<&'static str> {
    batch.records.iter().map(|record| record.body.kind()).collect()
}

fn approve(daemon: &Daemon, target: Target, approved: Instant) -> Said {
    Said::Act(Act::Approve(Approval {
        proposal: proposal(daemon),
        target,
        approver: "李副市长".to_owned(),
        office: "市人民政府".to_owned(),
        document: "大政预〔2026〕3号".to_owned(),
        approved,
        file: Some("批示.pdf".to_owned()),
    }))
}

fn issue(daemon: &Daemon, issued: Instant, effective_from: Instant) -> Said {
    Said::Act(Act::Issue(Notice {
        proposal: proposal(daemon),
        issuer: "指挥部办公室".to_owned(),
        document: "第3号".to_owned(),
        issued,
        effective_from,
        response: None,
        measures: None,
    }))
}

fn proposal(daemon: &Daemon) -> u64 {
    let view = daemon.pipeline.view();
    view.warnings.proposal().map_or(0, |p| p.number)
}

fn level(daemon: &Daemon) -> Option<Level> {
    daemon.pipeline.view().warnings.in_force().map(|f| f.level)
}

#[test]
fn a_forecast_brings_a_recommendation_in_its_own_commit_with_the_numbers_that_decided() {
    let mut daemon = started(Sqlite::in_memory().unwrap());
    let batch = daemon.take(at("23T16:40"), &[forecast(23, &[160, 210, 215, 80])]);
    assert_eq!(kinds(&batch), ["forecast", "evaluated", "recommended"]);
    let Body::Recommended(recommended) = &batch.records[2].body else { panic!() };
    assert_eq!((recommended.target, recommended.change), (ORANGE, Change::Start));
    let Ground::Evaluation { evaluation, reached: Some(reached), .. } = &recommended.ground else {
        panic!("{recommended:?}")
    };
    assert_eq!(*evaluation, batch.records[1].number);
    assert_eq!(reached.basis, Basis::Forecast);
    let blocks: Vec<u16> = reached.spells[0].blocks.iter().map(|(_, aqi)| *aqi).collect();
    assert_eq!(blocks, [210, 215], "above 200 for 48 hours");
    // The same message again changes nothing.
    assert_eq!(kinds(&daemon.take(at("23T16:41"), &[forecast(23, &[160, 210, 215, 80])])), [""; 0]);
    // A later issue of another office that says better: the recommendation lapses with it.
    let better = daemon.take(at("23T16:42"), &[forecast(22, &[1]), forecast(23, &[90, 90, 90])]);
    assert_eq!(kinds(&better), ["forecast", "forecast", "evaluated", "lapsed"]);
}

#[test]
fn observed_air_alone_recommends_an_immediate_start() {
    let mut daemon = started(Sqlite::in_memory().unwrap());
    let mut found = None;
    for n in 40..70 {
        // 160 µg/m³ is an AQI of 210.
        let batch = air(&mut daemon, n, 160);
        let recommended = batch.records.iter().find(|r| r.body.kind() == "recommended");
        if let Some(Body::Recommended(r)) = recommended.map(|r| r.body.clone()) {
            found = Some((n, r));
            break;
        }
    }
    let (n, recommended) = found.unwrap();
    // The mean of 24 hours is above 150 µg/m³ when 22 of them are 160 and two 40: 150; 23: 155.
    assert_eq!(n, 40 + 22);
    let Ground::Evaluation { reached: Some(reached), .. } = recommended.ground else { panic!() };
    assert_eq!((reached.level, reached.basis), (Level::Yellow, Basis::Observed));
}

/// The built-in forecast as the daemon enters it: three blocks, at 10, 50 and 90 %.
fn built_in(issued: Instant, blocks: [[u16; 3]; 3]) -> Said {
    let span = |(n, [lower, middle, upper]): (i32, [u16; 3])| ForecastSpan {
        from: issued.hour().plus(24 * n),
        hours: 24,
        aqi: AqiRange { lower, middle, upper },
        hourly: Vec::new(),
        primary: Pollutants::EMPTY.with(Pollutant::Pm2_5),
        cause: None,
        concentrations: BTreeMap::new(),
        weather: None,
    };
    let spans = (0..).zip(blocks).map(span).collect();
    let zones = BTreeMap::from([(String::new(), spans)]);
    let office = "内置统计预报（仅供参考）".to_owned();
    Said::Act(Act::Forecast(Forecast { office, issued, source: Source::BuiltIn, zones }))
}

#[test]
fn the_built_in_forecast_recommends_by_its_middle_and_never_red() {
    let recommended = |blocks| {
        let mut daemon = started(Sqlite::in_memory().unwrap());
        let batch = daemon.take(at("23T16:05"), &[built_in(at("23T16:00"), blocks)]);
        assert_eq!(batch.records[0].body.kind(), "forecast");
        let view = daemon.pipeline.view();
        view.warnings.proposal().map(|p| p.recommendation.target)
    };
    let heavy = [100, 210, 400];
    assert_eq!(recommended([[60, 190, 400], [60, 140, 400], [60, 90, 400]]), None);
    assert_eq!(
        recommended([heavy, [60, 90, 400], [60, 90, 400]]),
        Some(Target::Level(Level::Yellow))
    );
    assert_eq!(recommended([heavy; 3]), Some(ORANGE));
    // Above 300 for a day in 72 hours above 200 is red: it needs fed days.
    let worse = recommended([heavy, [100, 310, 400], heavy]);
    assert_ne!(worse, Some(Target::Level(Level::Red)));
    assert_eq!(worse, Some(ORANGE), "as far as it may");
    // It is for reference: where an office says otherwise, the office stands.
    let mut daemon = started(Sqlite::in_memory().unwrap());
    let said = [built_in(at("23T16:00"), [heavy; 3])];
    assert_eq!(kinds(&daemon.take(at("23T16:05"), &said)).last(), Some(&"recommended"));
    let text = daemon.pipeline.view().warnings.proposal().map(|p| p.recommendation.clone());
    let record = Record {
        number: 0,
        at: at("23T16:05"),
        person: None,
        drill: None,
        body: Body::Recommended(text.unwrap()),
    };
    assert!(record.text_zh().contains("内置统计预报（仅供参考）"), "{}", record.text_zh());
    let batch = daemon.take(at("23T16:40"), &[forecast(23, &[60, 60, 60])]);
    assert_eq!(kinds(&batch), ["forecast", "evaluated", "lapsed"]);
}

/// The process ends after every commit of a warning's life; what comes again is refused or does nothing.
#[test]
fn a_restart_between_any_two_steps_loses_nothing_and_issues_nothing_twice() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let mut daemon = started(Sqlite::open(&path).unwrap()).restart();
    daemon.take(at("23T16:40"), &[forecast(23, &[160, 210, 215, 80, 80])]);
    daemon = daemon.restart();
    let act = approve(&daemon, ORANGE, at("23T17:00"));
    assert_eq!(daemon.take(at("23T17:05"), std::slice::from_ref(&act)).acted.len(), 1);
    daemon = daemon.restart();
    // Who asked did not hear the answer and asks again.
    let again = daemon.take(at("23T17:06"), &[act]);
    assert_eq!(again.acted, [Err(Refusal::AlreadyApproved)]);
    daemon = daemon.restart();
    let act = issue(&daemon, at("23T17:10"), at("24T00:00"));
    assert!(daemon.take(at("23T17:12"), std::slice::from_ref(&act)).acted[0].is_ok());
    daemon = daemon.restart();
    assert_eq!(daemon.take(at("23T17:13"), &[act]).acted, [Err(Refusal::NotPending)]);
    assert_eq!(level(&daemon), None, "issued, not in effect");
    daemon = daemon.restart();
    // It was down when the warning took effect: that is told at its own time.
    let batch = daemon.take(at("24T03:02"), &[]);
    let effect = batch.records.iter().find(|r| r.body.kind() == "took_effect").unwrap();
    assert_eq!((effect.at, level(&daemon)), (at("24T00:00"), Some(Level::Orange)));
    daemon = daemon.restart();
    assert_eq!(level(&daemon), Some(Level::Orange));
    daemon = executed(daemon);
    daemon.audit();
    let records = Reader::open(&path).unwrap();
    let asked =
        RecordsAsked { kinds: vec!["issued".to_owned()], limit: 9, ..RecordsAsked::default() };
    let issued = records.records("x", &asked).unwrap();
    assert_eq!(issued.len(), 1);
    let Body::Issued(notice) = &issued[0].body else { panic!() };
    assert_eq!(issued[0].person.as_deref(), Some("王五"));
    assert_eq!((notice.target, notice.response), (ORANGE, Some(Level::Orange)));
    let approval = records.record("x", notice.approval).unwrap().unwrap();
    assert_eq!(approval.body.kind(), "approved");
}

/// The steps of a task and reports of districts, with an end of the process after each: what comes again is
/// refused, and what was taken still holds.
fn executed(mut daemon: Daemon) -> Daemon {
    let issue = daemon.pipeline.view().warnings.in_force().unwrap().issue;
    for step in Step::ALL {
        let (receiver, contact) = ("甘井子区".to_owned(), "刘某".to_owned());
        let (at_, means, note) = (at("24T03:00"), Means::System, "已落实".to_owned());
        let act =
            Said::Act(Act::Step(TaskStep { issue, receiver, step, contact, at: at_, means, note }));
        assert!(daemon.take(at("24T03:05"), std::slice::from_ref(&act)).acted[0].is_ok());
        daemon = daemon.restart();
        assert_eq!(daemon.take(at("24T03:05"), &[act]).acted, [Err(Refusal::Repeated)]);
    }
    let figures = |district: &str| DistrictDay {
        district: district.to_owned(),
        day: at("24T03:00").hour().day(),
        counts: Counts::default(),
        reporter: "王某".to_owned(),
        remark: String::new(),
    };
    let districts = vec![figures("甘井子区"), figures("庄河市")];
    let act = Said::Act(Act::Report { districts });
    let batch = daemon.take(at("24T03:06"), std::slice::from_ref(&act));
    assert_eq!(kinds(&batch), ["district_day", "district_day"], "in one commit");
    let before = daemon.pipeline.view().warnings.execution.clone();
    daemon = daemon.restart();
    assert_eq!(daemon.pipeline.view().warnings.execution, before);
    assert_eq!(daemon.take(at("24T03:07"), &[act]).acted, [Err(Refusal::Repeated)]);
    daemon
}

/// A clock that follows recorded hours has no time before the first one.
#[test]
fn what_persons_do_before_anybody_told_the_time_is_kept_over_a_restart() {
    let daemon = Daemon::start(Sqlite::in_memory().unwrap(), registry(), params(&[]));
    let propose = |target| Said::Act(Act::Propose { target, reason: "演算".to_owned() });
    let mut daemon = daemon.restart();
    assert!(daemon.take(Instant::default(), &[propose(ORANGE)]).acted[0].is_ok());
    let mut daemon = daemon.restart();
    let red = Target::Level(Level::Red);
    let batch = daemon.take(at("23T15:05"), &[propose(red)]);
    assert_eq!(kinds(&batch), ["lapsed", "recommended"]);
    assert_eq!(batch.records[0].number, 2, "it counts on");
}

#[test]
fn the_province_orders_by_message_and_a_person_issues() {
    let mut daemon = started(Sqlite::in_memory().unwrap());
    let batch = daemon.take(at("23T18:01"), &[instruction("yellow", 31)]);
    assert_eq!(kinds(&batch), ["instruction", "recommended"]);
    assert_eq!(kinds(&daemon.take(at("23T18:02"), &[instruction("yellow", 31)])), [""; 0]);
    let view = daemon.pipeline.view();
    assert!(view.warnings.proposal().unwrap().is_ordered());
    let floor = view.warnings.floor(at("23T18:02"));
    assert_eq!((floor, level(&daemon)), (Some(Level::Yellow), None));
    // Ordered from tomorrow on: approved today, binding tomorrow.
    assert_eq!(view.warnings.floor(at("23T17:59")), None);
    let batch = daemon.take(at("23T18:03"), &[instruction("lift", 32)]);
    assert_eq!(kinds(&batch), ["instruction", "lapsed"]);
}

#[test]
fn what_cannot_be_read_is_a_dead_letter_and_nothing_else_suffers() {
    let mut daemon = Daemon::start(Sqlite::in_memory().unwrap(), registry(), params(&["中心城区"]));
    daemon.take(at("23T15:05"), &[Said::Feed(FeedState::CaughtUp)]);
    let zone = |name: &str| {
        message(
            "aq/x/forecast",
            &format!(
                r#"{{"office":"市监测中心","issued":"2026-11-23T15:00:00+08:00",
                "zones":[{{"zone":"{name}","days":[{{"date":"2026-11-24","aqi":[1,2]}}]}}]}}"#
            ),
        )
    };
    let bad = [
        message("aq/x/forecast", "{"),
        forecast(23, &[501]),
        forecast(23, &[50]),
        zone("长海县"),
        message("aq/x/instruction", r#"{"office":"a","document":"b","level":"blue","from":"x"}"#),
        forecast(24, &[50]),
        zone("中心城区"),
    ];
    let batch = daemon.take(at("23T15:10"), &bad);
    let told: Vec<&str> = batch.dead_letters.iter().map(|d| d.detail.as_str()).collect();
    assert_eq!(told.len(), 6, "{told:?}");
    assert!(told[1].starts_with("`days[0].aqi`: 0 to 500"), "{told:?}");
    assert!(told[2].starts_with("`zones`: \"\" is none of the zones [\"中心城区\"]"), "{told:?}");
    assert!(told[3].starts_with("`zones`: \"长海县\" is none of"), "{told:?}");
    assert!(told[4].starts_with("`level`: yellow, orange, red or lift"), "{told:?}");
    assert_eq!(kinds(&batch), ["forecast", "evaluated"]);
}
