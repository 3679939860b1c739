//! Where two values lie one above the other, and where a check takes one out: the explanation names what was
//! left out, and why.

use std::collections::BTreeMap;

use lantian::area::{Quantity, StationKind};
use lantian::average::Correction;
use lantian::explanation::{Explanation, Input};
use lantian::observation::{Pollutant, Property};
use lantian::pipeline::Params;
use lantian::quality::{self, Action, Rule};
use lantian::quantity::Amount;
use lantian::standard::Practice;
use lantian::store::{Reader, Sqlite};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::daemon::{Daemon, Said};
use crate::dataset::reviewed;
use crate::publishing::{at, hour, pm, registry};

const PM: Quantity = Quantity::Concentration(Pollutant::Pm2_5);

/// `b` is the city's own; what its range rule finds is taken out. `a` is the nation's, where it cannot be.
fn daemon(folder: &TempDir) -> Daemon {
    let mut registry = registry();
    registry.stations[1].kind = StationKind::City;
    let out = BTreeMap::from([(Rule::Range, Action::Exclude), (Rule::Jump, Action::Exclude)]);
    let actions = [(StationKind::City, out.clone()), (StationKind::National, out)];
    let quality = quality::Params { actions: actions.into(), ..quality::Params::default() };
    let store = Sqlite::open(&folder.path().join("a.db")).expect("opened");
    let mut daemon = Daemon::start(store, registry, Params { quality, ..Params::default() });
    daemon.take(at("10T00:05"), &[]);
    daemon
}

fn explained(daemon: &Daemon, entity: &str, quantity: Quantity, of: &str) -> Explanation {
    let reader = Reader::open(daemon.store.path()).expect("opened");
    let asked = (entity, quantity, hour(of));
    super::ask(&reader, &daemon.registry, asked, Practice::Letter).expect("explained")
}

/// A station's own input of the explained hour, as the API gives it.
fn input(explanation: &Explanation, station: &str) -> Value {
    let mean = explanation.mean.as_ref().expect("a concentration");
    let station = mean.stations.iter().find(|s| s.station == station).expect("counted or not");
    let of_hour = |input: &&Input| input.time == explanation.time;
    serde_json::to_value(station.inputs.iter().find(of_hour).expect("shown")).expect("JSON")
}

/// What holds of a document.
fn part(document: &Value, names: &[&str]) -> Value {
    names.iter().map(|name| ((*name).to_owned(), document[*name].clone())).collect()
}

/// Two hours of a and b, in one of them b corrected; then both come back from review, 9:00 without a value.
fn reviewed_air(folder: &TempDir) -> Daemon {
    let mut daemon = daemon(folder);
    for n in 6..12 {
        let start = format!("10T{n:02}:00");
        let said = [pm("a", &start, 40 + n), pm("b", &start, 60 + n)];
        daemon.take(at(&start).plus_minutes(61), &said);
    }
    let property = Property::Pollutant(Pollutant::Pm2_5);
    let act = Correction::Set(Amount::from_milli(99_000));
    let said = Said::Correction { station: "b".to_owned(), property, hour: hour("10 08:00"), act };
    daemon.take(at("10T13:00"), &[said]);
    let span = (hour("10 08:00"), hour("10 09:00"));
    let rows = ["2026-11-10 08:00,a,41,,,,,", "2026-11-10 08:00,b,51,,,,,"];
    reviewed(daemon, folder.path(), span, &rows)
}

#[test]
fn a_reviewed_hour_names_the_realtime_value_that_it_left_out() {
    let folder = tempfile::tempdir().expect("a folder");
    let daemon = reviewed_air(&folder);
    let area = explained(&daemon, "x", PM, "10 08:00");
    assert_eq!((area.value.to_string(), area.version), ("46".to_owned(), Some(3)));
    assert_eq!(area.state.as_deref(), Some("reviewed"));
    let causes: Vec<_> = area.revisions.iter().map(|r| r.cause.as_str()).collect();
    assert_eq!(causes, ["operator", "reviewed"]);
    let names = ["value", "validity", "counted", "reviewed", "realtime", "fed", "excluded"];
    let realtime = |value: u32, validity: &str| json!({"value": value, "validity": validity});
    assert_eq!(
        part(&input(&area, "a"), &names),
        json!({"value": 41, "validity": "valid", "counted": true, "reviewed": true,
            "realtime": realtime(48, "valid"), "fed": null, "excluded": []})
    );
    let b = input(&area, "b");
    assert_eq!(b["realtime"], realtime(99, "corrected"), "the operator's word is real time");
    assert_eq!(b["fed"], realtime(68, "valid"), "and what the station says lies beneath it");
    let ways: Vec<&Value> = b["origins"].as_array().expect("found").iter().collect();
    let by: Vec<&str> = ways.iter().filter_map(|way| way["by"].as_str()).collect();
    assert_eq!(by, ["message", "operator", "import"]);
    assert_eq!(ways[2]["files"][0]["name"], "reviewed.csv");
    let text = area.text_zh();
    assert!(text.contains("\n  已审核, 第3版\n"), "{text}");
    assert!(text.contains("41 有效, 审核数据, 实况值48不采用"), "{text}");
    assert!(text.contains("51 有效, 审核数据, 实况值99不采用, 仪器值68"), "{text}");
    assert!(text.contains(" 数据审核: "), "{text}");
    assert!(text.ends_with("结果: PM2.5小时浓度 46 µg/m³\n"), "{text}");
}

#[test]
fn an_hour_that_the_review_left_out_is_missing_for_that_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let daemon = reviewed_air(&folder);
    let own = explained(&daemon, "a", PM, "10 09:00");
    assert_eq!((own.value.to_string(), own.reason), (String::new(), Some("not_reviewed")));
    let names = ["value", "counted", "reviewed", "realtime"];
    assert_eq!(
        part(&input(&own, "a"), &names),
        json!({"value": null, "counted": false, "reviewed": true,
            "realtime": {"value": 49, "validity": "valid"}})
    );
    let area = explained(&daemon, "x", PM, "10 09:00");
    assert_eq!((area.reason, area.state.as_deref()), (Some("no_valid_station"), Some("reviewed")));
    // The day so far leaves it out too, and says so beside hours of real time.
    let day = explained(&daemon, "a", Quantity::Day(Pollutant::Pm2_5), "10 11:00");
    let mean = day.mean.as_ref().expect("a concentration");
    let shown = |of: &str| mean.stations[0].inputs.iter().find(|i| i.hour == hour(of)).expect(of);
    assert!(!shown("10 09:00").counted && shown("10 09:00").realtime.is_some());
    assert!(shown("10 10:00").counted && shown("10 10:00").realtime.is_none());
    assert_eq!(mean.stations[0].count, 5, "46, 47, 41, 50, 51");
    let text = day.text_zh();
    assert!(text.contains("审核数据, 实况值49不采用"), "{text}");
}

#[test]
fn an_hour_that_a_rule_took_out_names_the_rule_and_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut daemon = daemon(&folder);
    for (n, value) in [(6, 60), (7, 61), (8, 1200)] {
        let start = format!("10T{n:02}:00");
        let said = [pm("a", &start, value + 1), pm("b", &start, value)];
        daemon.take(at(&start).plus_minutes(61), &said);
    }
    daemon.take(at("10T09:20"), &[]);
    let own = explained(&daemon, "b", PM, "10 08:00");
    assert_eq!((own.value.to_string(), own.reason), (String::new(), Some("excluded")));
    let shown = input(&own, "b");
    assert_eq!((&shown["value"], &shown["validity"]), (&json!(1200), &json!("valid")));
    assert_eq!((&shown["counted"], &shown["reviewed"]), (&json!(false), &json!(false)));
    assert_eq!(
        shown["excluded"],
        json!([{"rule": "range", "rule_zh": "超出范围", "reason_zh": "高于上限1000µg/m³"}])
    );
    let text = own.text_zh();
    let said = "1200 有效, 不计入, 经自动质控剔除(超出范围: 高于上限1000µg/m³)";
    assert!(text.contains(said), "{text}");
    // The nation's station has such a value too; its data are only marked, and so it counts.
    let area = explained(&daemon, "x", PM, "10 08:00");
    assert_eq!(area.value.to_string(), "1201");
    assert_eq!(
        (&input(&area, "a")["excluded"], &input(&area, "a")["counted"]),
        (&json!([]), &json!(true))
    );
    assert_eq!(input(&area, "b")["excluded"][0]["rule"], "range");
    let mean = area.mean.as_ref().expect("a concentration");
    assert_eq!((mean.stations_counted, mean.stations.len()), (1, 2));
    let day = explained(&daemon, "b", Quantity::Day(Pollutant::Pm2_5), "10 08:00");
    assert_eq!(day.value.to_string(), "60", "60 and 61: 60.5 to the even neighbour");
    // What comes back from review stands above the check.
    let span = (hour("10 08:00"), hour("10 08:00"));
    let daemon = reviewed(daemon, folder.path(), span, &["2026-11-10 08:00,b,1100,,,,,"]);
    let own = explained(&daemon, "b", PM, "10 08:00");
    assert_eq!(own.value.to_string(), "1100");
    let shown = input(&own, "b");
    assert_eq!((&shown["excluded"], &shown["realtime"]["value"]), (&json!([]), &json!(1200)));
}
