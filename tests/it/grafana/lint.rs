//! The rules of grafana/dashboard-linter, and ours beside them, over the JSON.

use std::collections::BTreeSet;

use lantian::standard::{Category, standards};
use lantian::telemetry::{Kind, METRICS, Metric, OF_PARTS};
use serde_json::{Value, json};

use super::{list, panels, shipped, text};

/// Units of Grafana that panels use, by its own names.
const UNITS: [&str; 12] = [
    "none",
    "percent",
    "percentunit",
    "conμgm3",
    "conmgm3",
    "bytes",
    "Bps",
    "cps",
    "ops",
    "s",
    "d",
    "degree",
];

fn metrics() -> impl Iterator<Item = &'static Metric> {
    METRICS.iter().chain(OF_PARTS)
}

/// The metric behind a name in PromQL: a summary has two more.
pub(super) fn metric_of(name: &str) -> Option<&'static Metric> {
    let summary = |m: &&Metric| {
        let more = name.strip_prefix(m.name);
        m.kind == Kind::Summary && matches!(more, Some("_sum" | "_count"))
    };
    metrics().find(|m| m.name == name).or_else(|| metrics().find(summary))
}

/// The selectors of an expression: names of ours, each with the matchers behind it.
pub(super) fn selectors(expr: &str) -> Vec<(&str, &str)> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    let mut found = Vec::new();
    for (at, _) in expr.match_indices("lantian_") {
        if expr[..at].ends_with(is_name) {
            continue;
        }
        let rest = &expr[at..];
        let name = &rest[..rest.find(|c| !is_name(c)).unwrap_or(rest.len())];
        let behind = rest[name.len()..].strip_prefix('{');
        let matchers = behind.and_then(|b| b.split_once('}')).map_or("", |(inside, _)| inside);
        found.push((name, matchers));
    }
    found
}

fn asked_of_prometheus() -> Vec<(String, String)> {
    let all = shipped();
    let mut asked = Vec::new();
    for (name, panel) in panels(&all) {
        for target in list(&panel["targets"]).iter().filter(|t| !t["expr"].is_null()) {
            asked.push((name.clone(), text(&target["expr"]).to_owned()));
        }
    }
    assert!(asked.len() > 100, "{} found", asked.len());
    asked
}

#[test]
fn every_selector_is_of_the_list_and_bound_to_job_and_instance() {
    for (name, expr) in asked_of_prometheus() {
        let found = selectors(&expr);
        assert!(!found.is_empty(), "{name}: {expr}");
        for (metric, matchers) in found {
            let listed = metric_of(metric).unwrap_or_else(|| panic!("{name}: {metric}?"));
            for needed in ["job=~\"$job\"", "instance=~\"$instance\""] {
                assert!(matchers.contains(needed), "{name}: {metric} without {needed}");
            }
            let of_area = matchers.contains("area=\"$area\"");
            assert_eq!(of_area, listed.labels.contains(&"area"), "{name}: {metric}");
        }
    }
}

#[test]
fn counters_are_asked_for_as_rates_by_the_interval_of_the_graph() {
    let mut rates = 0;
    for (name, expr) in asked_of_prometheus() {
        for (at, _) in expr.match_indices('[') {
            assert!(expr[at..].starts_with("[$__rate_interval]"), "{name}: {expr}");
            rates += 1;
        }
        for (metric, _) in selectors(&expr) {
            let is_counter = metric.ends_with("_total") || metric.ends_with("_count");
            let is_rate =
                ["rate(", "increase("].iter().any(|f| expr.contains(&format!("{f}{metric}")));
            assert_eq!(is_counter, is_rate, "{name}: {expr}");
        }
    }
    assert!(rates > 10, "{rates}");
}

#[test]
fn every_panel_says_what_it_is_and_whence() {
    let all = shipped();
    for (name, panel) in panels(&all) {
        let (title, about) = (text(&panel["title"]), text(&panel["description"]));
        assert!(!title.is_empty() && about.chars().count() > 30, "{name}: {about}");
        let targets = list(&panel["targets"]);
        assert!(!targets.is_empty(), "{name} asks nothing");
        let live = targets.iter().any(|t| !t["expr"].is_null());
        let kept = targets.iter().any(|t| !t["url"].is_null());
        assert_eq!(about.contains("Prometheus"), live, "{name}: {about}");
        let of_store =
            about.contains("数据库（经接口读取）") || about.contains("the store, through the API");
        assert_eq!(of_store, kept, "{name}: {about}");
        let source = text(&panel["datasource"]["uid"]);
        let expected = match (live, kept) {
            (true, true) => "-- Mixed --",
            (true, false) => "${datasource}",
            _ => "${infinity_datasource}",
        };
        assert_eq!(source, expected, "{name}");
        for target in targets {
            let own = text(&target["datasource"]["uid"]);
            let expected =
                if target["expr"].is_null() { "${infinity_datasource}" } else { "${datasource}" };
            assert_eq!(own, expected, "{name}");
        }
    }
}

#[test]
fn every_panel_has_a_unit_and_thresholds() {
    let all = shipped();
    for (name, panel) in panels(&all) {
        let defaults = &panel["fieldConfig"]["defaults"];
        let overrides = list(&panel["fieldConfig"]["overrides"]).iter();
        let properties = overrides.flat_map(|o| list(&o["properties"]));
        let units = properties.filter(|p| p["id"] == "unit").map(|p| &p["value"]);
        for unit in units.chain([&defaults["unit"]]) {
            assert!(UNITS.contains(&text(unit)), "{name}: {unit}");
        }
        let steps = list(&defaults["thresholds"]["steps"]);
        assert!(!steps.is_empty() && steps[0]["value"].is_null(), "{name}");
        assert!(steps[1..].is_sorted_by_key(|s| s["value"].as_f64()), "{name}: {steps:?}");
    }
}

/// A colour alone tells nobody anything: where classes colour a panel, it names them.
#[test]
fn classes_have_their_names_beside_their_colours() {
    let edition = standards().index_editions().last().unwrap();
    let classes = Category::ALL.map(|category| edition.class(category));
    let steps: Vec<Value> = classes
        .iter()
        .map(|c| json!({ "color": c.colour, "value": (c.aqi.0 > 0).then(|| f64::from(c.aqi.0)) }))
        .collect();
    let (all, mut seen) = (shipped(), 0);
    for (name, panel) in panels(&all) {
        if list(&panel["fieldConfig"]["defaults"]["thresholds"]["steps"]) != steps {
            continue;
        }
        seen += 1;
        let about = text(&panel["description"]);
        for class in classes {
            let names = [class.name_zh, class.name_en];
            assert!(names.iter().any(|n| about.contains(n)), "{name}: no {names:?}");
        }
    }
    assert!(seen > 20, "{seen}");
}

#[test]
fn dashboards_can_be_pointed_at_any_daemon_and_not_edited() {
    let mut uids = BTreeSet::new();
    for (name, dashboard) in shipped() {
        assert_eq!(dashboard["editable"], false, "{name}");
        assert_eq!(dashboard["refresh"], "1m", "{name}");
        assert!(uids.insert(text(&dashboard["uid"]).to_owned()), "{name}: its uid is taken");
        assert!(!text(&dashboard["time"]["from"]).is_empty(), "{name}");
        let variables = list(&dashboard["templating"]["list"]);
        let find = |of: &str| {
            let found = variables.iter().find(|v| v["name"] == of);
            found.unwrap_or_else(|| panic!("{name} has no variable {of}"))
        };
        assert_eq!(find("datasource")["query"], "prometheus", "{name}");
        assert_eq!(find("infinity_datasource")["query"], "yesoreyeram-infinity-datasource");
        for of in ["job", "instance"] {
            let variable = find(of);
            assert_eq!((&variable["multi"], &variable["allValue"]), (&json!(true), &json!(".+")));
        }
        find("area");
        for variable in variables.iter().filter(|v| v["type"] == "query") {
            assert_eq!(variable["refresh"], 2, "{name}: does not follow the time range");
            assert_eq!(variable["datasource"]["uid"], "${datasource}", "{name}");
            for (metric, _) in selectors(text(&variable["query"]["query"])) {
                assert!(metric_of(metric).is_some(), "{name}: {metric}");
            }
        }
        let written = dashboard["panels"].to_string();
        for variable in variables {
            let of = text(&variable["name"]);
            let used = [format!("${of}"), format!("${{{of}")].iter().any(|u| written.contains(u));
            assert!(used || of == "infinity_datasource", "{name}: nothing asks for {of}");
        }
    }
}

#[test]
fn panels_lie_beside_each_other() {
    for (name, dashboard) in shipped() {
        let mut taken = BTreeSet::new();
        for panel in list(&dashboard["panels"]) {
            let at = |key: &str| panel["gridPos"][key].as_u64().unwrap();
            assert!(at("x") + at("w") <= 24, "{name}: {}", panel["title"]);
            for x in at("x")..at("x") + at("w") {
                for y in at("y")..at("y") + at("h") {
                    assert!(taken.insert((x, y)), "{name}: {} lies on another", panel["title"]);
                }
            }
        }
    }
}

/// Maps without the internet: no panel loads tiles, and nothing comes from another host.
#[test]
fn nothing_is_loaded_from_elsewhere() {
    for (name, dashboard) in shipped() {
        let written = dashboard.to_string();
        assert!(!written.contains("http://") && !written.contains("https://"), "{name}");
        assert!(!written.contains("geomap"), "{name}");
    }
}
