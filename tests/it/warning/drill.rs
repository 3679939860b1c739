//! Drills through pipeline and store: marked to the last record, beside the real warnings and after them.

use lantian::standard::Parameters;
use lantian::store::Sqlite;
use lantian::warning::{Act, DrillAct, DrillAir, DrillCity, DrillEnd};

use super::*;

/// What air is made from.
fn with_city<T>(daemon: &Daemon, make: impl FnOnce(&DrillCity<'_>) -> T) -> T {
    let rules = &daemon.params.warning.as_ref().unwrap().rules;
    let (registry, parameters) = (&*daemon.registry, &Parameters::default());
    make(&DrillCity { registry, parameters, rules, zone: "" })
}

/// Begins a drill of a level, on air until `now`.
fn start(daemon: &Daemon, level: Level, now: Instant) -> Said {
    let last = now.hour().plus(-1);
    let air = with_city(daemon, |city| DrillAir::rising(city, level, last, 5)).unwrap();
    Said::Act(Act::Drill { of: None, drill: DrillAct::Start { level, seed: 5, air } })
}

/// The end of its air.
fn clear(daemon: &Daemon, began: Instant) -> Said {
    let air = with_city(daemon, |city| DrillAir::gone(city, began.hour().plus(-1), 5));
    Said::Act(Act::Drill { of: None, drill: DrillAct::Air(air) })
}

/// The same act, meant for the drill.
fn within(said: Said) -> Said {
    let Said::Act(act) = said else { panic!("no act") };
    Said::Act(Act::Drill { of: None, drill: DrillAct::Do(Box::new(act)) })
}

/// An approval of what the drill proposes, and an issue.
fn in_drill(daemon: &Daemon, now: Instant) -> [Said; 2] {
    let view = daemon.pipeline.view();
    let proposal = view.warnings.drill.as_ref().unwrap().warnings.proposal().unwrap();
    let approval = Approval {
        proposal: proposal.number,
        target: proposal.recommendation.target,
        approver: "演练指挥长".to_owned(),
        office: "演练指挥部".to_owned(),
        document: "演练1号".to_owned(),
        approved: now,
        file: None,
    };
    let notice = Notice {
        proposal: proposal.number,
        issuer: "演练指挥部办公室".to_owned(),
        document: "演练2号".to_owned(),
        issued: now,
        effective_from: now,
        response: None,
        measures: None,
    };
    [within(Said::Act(Act::Approve(approval))), within(Said::Act(Act::Issue(notice)))]
}

fn drill_level(daemon: &Daemon) -> Option<Level> {
    let view = daemon.pipeline.view();
    view.warnings.drill.as_ref()?.warnings.in_force().map(|of| of.level)
}

const WAY: [&str; 15] = [
    "drill_started",
    "forecast",
    "evaluated",
    "recommended",
    "approved",
    "issued",
    "took_effect",
    "drill_air",
    "forecast",
    "evaluated",
    "recommended",
    "approved",
    "issued",
    "took_effect",
    "drill_ended",
];

#[test]
fn a_drill_goes_the_whole_way_marked_and_leaves_no_trace_in_what_is_real() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    let mut daemon = started(Sqlite::open(&path).unwrap());
    let before = daemon.pipeline.view().warnings.open.clone();
    let now = at("23T16:20");
    let said = start(&daemon, Level::Orange, now);
    let mut steps = vec![daemon.take(now, &[said])];
    for _ in 0..2 {
        for n in 0..2 {
            // The process ends between any two steps.
            daemon = daemon.restart();
            let said = in_drill(&daemon, now)[n].clone();
            let batch = daemon.take(now, std::slice::from_ref(&said));
            assert!(batch.acted[0].is_ok(), "{:?}", batch.acted);
            steps.push(batch);
            let again = daemon.take(now, &[said]);
            assert!(again.acted[0].is_err() && again.records.is_empty());
        }
        if drill_level(&daemon).is_some() {
            assert_eq!((drill_level(&daemon), level(&daemon)), (Some(Level::Orange), None));
            let said = clear(&daemon, now);
            steps.push(daemon.take(now, &[said]));
        }
    }
    let all: Vec<&Record> = steps.iter().flat_map(|batch| &batch.records).collect();
    assert_eq!(all.iter().map(|record| record.body.kind()).collect::<Vec<_>>(), WAY);
    let Body::Recommended(recommended) = &all[3].body else { panic!() };
    assert_eq!(recommended.target, ORANGE);
    assert!(matches!(all[14].body, Body::DrillEnded(DrillEnd::Completed)));
    let number = all[0].number;
    for record in &all {
        assert_eq!(record.drill, Some(number), "{record:?}");
        assert!(record.text_zh().starts_with("【演练】"), "{}", record.text_zh());
    }
    let view = daemon.pipeline.view();
    assert_eq!((&view.warnings.open, &view.warnings.drill), (&before, &None));
    assert_eq!(view.warnings.book.all().count(), 0, "its forecasts are its own");
    daemon = daemon.restart();
    daemon.audit();
    let warning = Reader::open(&path).unwrap().warning("x", all[3].number).unwrap();
    let drills = warning.iter().all(|record| record.drill == Some(number));
    assert!(drills && warning.len() >= 8, "{}", warning.len());
}

#[test]
fn a_real_recommendation_goes_first() {
    let mut daemon = started(Sqlite::in_memory().unwrap());
    let now = at("23T16:20");
    let said = start(&daemon, Level::Yellow, now);
    daemon.take(now, &[said]);
    let [approval, _] = in_drill(&daemon, now);
    daemon.take(now, &[approval]);
    let batch = daemon.take(at("23T16:40"), &[forecast(23, &[160, 210, 215, 80])]);
    assert_eq!(kinds(&batch), ["forecast", "evaluated", "recommended", "drill_ended"]);
    assert!(matches!(batch.records[3].body, Body::DrillEnded(DrillEnd::RealFirst)));
    assert!(batch.records[..3].iter().all(|record| record.drill.is_none()), "real, and first");
    let view = daemon.pipeline.view();
    assert!(view.warnings.drill.is_none() && view.warnings.proposal().is_some());
    // While it is open no drill begins.
    let said = start(&daemon, Level::Yellow, at("23T16:41"));
    assert_eq!(daemon.take(at("23T16:41"), &[said]).acted, [Err(Refusal::RealFirst)]);
    // What was meant for the drill does nothing to what is real.
    let approve = within(approve(&daemon, ORANGE, at("23T16:41")));
    assert_eq!(daemon.take(at("23T16:42"), &[approve]).acted, [Err(Refusal::NoDrill)]);
    assert!(daemon.pipeline.view().warnings.proposal().unwrap().approval.is_none());
}

#[test]
fn a_forecast_in_a_drill_is_of_the_zones_of_the_area_too() {
    let store = Sqlite::in_memory().unwrap();
    let mut daemon = Daemon::start(store, registry(), params(&["中心城区"]));
    let now = at("23T16:20");
    let air = with_city(&daemon, |city| DrillAir::rising(city, Level::Red, now.hour().plus(-1), 5))
        .unwrap();
    let of = |zone: &str| {
        let mut forecast = air.forecast.clone();
        let days = forecast.zones.remove("").unwrap();
        forecast.zones.insert(zone.to_owned(), days);
        within(Said::Act(Act::Forecast(forecast)))
    };
    let said = start(&daemon, Level::Red, now);
    daemon.take(now, &[said]);
    assert_eq!(daemon.take(now, &[of("长海县")]).acted, [Err(Refusal::UnknownZone)]);
    assert!(daemon.take(now, &[of("中心城区")]).acted[0].is_ok());
}

#[test]
fn a_drill_is_ended_by_a_person_or_by_time() {
    let mut daemon = started(Sqlite::in_memory().unwrap());
    let now = at("23T16:20");
    let said = start(&daemon, Level::Red, now);
    daemon.take(now, std::slice::from_ref(&said));
    assert_eq!(daemon.take(now, &[said]).acted, [Err(Refusal::DrillRuns)]);
    let stop = DrillAct::Stop { reason: "人员另有任务".to_owned() };
    let batch = daemon.take(at("23T16:30"), &[Said::Act(Act::Drill { of: None, drill: stop })]);
    assert_eq!(kinds(&batch), ["drill_ended"]);
    assert_eq!(batch.records[0].text_zh(), "【演练】演练终止：人员另有任务。");
    let now = at("23T16:31");
    let said = start(&daemon, Level::Yellow, now);
    daemon.take(now, &[said]);
    // Nobody takes it up: its recommendation lapses, comes again, and after two days it is over.
    let batch = daemon.take(at("26T00:00"), &[]);
    let last = batch.records.iter().rfind(|record| record.drill.is_some()).unwrap();
    assert!(matches!(last.body, Body::DrillEnded(DrillEnd::TimedOut)), "{last:?}");
    assert_eq!(last.at, at("25T16:31"), "at its own time");
}

#[test]
fn a_drill_ends_where_an_area_goes_by_no_rules_any_more() {
    let dir = tempfile::tempdir().unwrap();
    let mut daemon = started(Sqlite::open(&dir.path().join("a.db")).unwrap());
    let now = at("23T16:20");
    let said = start(&daemon, Level::Red, now);
    daemon.take(now, &[said]);
    daemon.params.warning = None;
    let mut daemon = daemon.restart();
    let batch = daemon.take(at("23T16:30"), &[Said::Feed(FeedState::CaughtUp)]);
    assert_eq!(kinds(&batch), ["drill_ended"]);
    assert!(matches!(batch.records[0].body, Body::DrillEnded(DrillEnd::WithoutRules)));
    assert!(daemon.pipeline.view().warnings.drill.is_none());
    daemon.audit();
}
