//! What `/metrics` shows of a view.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use lantian::config::warning_rules;
use lantian::observation::RejectionReason;
use lantian::pipeline::{AreaView, View, WarningParams};
use lantian::telemetry::{self, Latency, METRICS, Stage};
use lantian::warning::{Act, Level, Record, Target, Warnings};
use prometheus::{Encoder as _, TextEncoder};
use tokio::sync::watch;

use super::Daemon;
use super::sample::{CLEAN, area, dalian, empty, hour, place, steady};

fn view(areas: Vec<AreaView>) -> View {
    View { areas: areas.into_iter().map(Arc::new).collect(), simulated: false }
}

/// The exposition of a view.
pub(super) fn exposed(view: View, latency: Latency) -> String {
    let (_view, views) = watch::channel(Arc::new(view));
    let registry = telemetry::registry(views, latency).expect("names are unique");
    let mut text = Vec::new();
    TextEncoder::new().encode(&registry.gather(), &mut text).expect("can be written");
    String::from_utf8(text).expect("text")
}

/// The value of one series, if it is there.
fn value<'a>(text: &'a str, series: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '))
}

#[tokio::test]
async fn the_view_is_exposed_with_its_units() {
    let daemon = Daemon::over(view(vec![dalian()]));
    let answer = daemon.get("/metrics").await;
    assert!(answer.media.starts_with("text/plain; version=0.0.4"), "{}", answer.media);
    let text = &answer.text;
    let is = |series: &str, expected: &str| {
        assert_eq!(value(text, series), Some(expected), "{series}");
    };
    is("lantian_area_aqi{area=\"dalian\",set=\"\"}", "131");
    is("lantian_area_aqi{area=\"dalian\",set=\"urban\"}", "129");
    is("lantian_area_concentration_ug_m3{area=\"dalian\",set=\"\",pollutant=\"pm2_5\"}", "94");
    is("lantian_area_co_mg_m3{area=\"dalian\",set=\"\"}", "1");
    is("lantian_area_coverage_ratio{area=\"dalian\",set=\"\",pollutant=\"pm2_5\"}", "0.8");
    is("lantian_area_day_coverage_ratio{area=\"dalian\",set=\"\"}", "1");
    is("lantian_limit_ug_m3{area=\"dalian\",pollutant=\"pm2_5\",average=\"day\"}", "60");
    is("lantian_limit_co_mg_m3{area=\"dalian\",average=\"hour\"}", "10");
    let set =
        "lantian_set_info{area=\"dalian\",set=\"urban\",entity=\"dalian/urban\",name=\"市区\"}";
    is(set, "1");
    is("lantian_station_silent{area=\"dalian\",station=\"1086A\"}", "1");
    is("lantian_station_silent{area=\"dalian\",station=\"1077A\"}", "0");
    is("lantian_feed_caught_up{area=\"dalian\"}", "1");
    is("lantian_observations_total{effect=\"accepted\"}", "4021");
    is("lantian_rejected_total{area=\"dalian\",reason=\"not_json\"}", "0");
    is("lantian_simulated", "0");
    // 2026-11-23T15:00:00+08:00
    is("lantian_area_event_timestamp_seconds{area=\"dalian\"}", "1795417200");
    let build = format!("lantian_build_info{{version=\"{}\"}}", env!("CARGO_PKG_VERSION"));
    is(&build, "1");
}

#[test]
fn what_is_missing_is_an_absent_series() {
    let text = exposed(view(vec![dalian()]), Latency::default());
    let of = |name: &str, station: &str, rest: &str| {
        let series = format!("{name}{{area=\"dalian\",station=\"{station}\"{rest}}}");
        value(&text, &series)
    };
    let pm = ",pollutant=\"pm2_5\"";
    // Each beside a station that has it: a misspelt name would be absent everywhere.
    for (name, silent, rest) in [
        ("lantian_station_aqi", "1086A", ""),
        ("lantian_station_concentration_ug_m3", "1085A", pm),
        ("lantian_station_co_mg_m3", "1080A", ""),
        ("lantian_station_rolling_24h_ug_m3", "1086A", pm),
    ] {
        assert_eq!(of(name, silent, rest), None, "{name}");
        assert!(of(name, "1077A", rest).is_some(), "{name}");
    }
    assert!(!text.contains("NaN"));
    assert!(!text.contains("lantian_stage_latency_seconds"), "nothing was recorded");
}

/// Else no rule could miss what a city never published.
#[test]
fn a_city_before_its_first_hour_is_known_by_name() {
    let before = empty("x", "某市", hour("2026-11-23", 15));
    let text = exposed(view(vec![before]), Latency::default());
    let named = "lantian_set_info{area=\"x\",set=\"\",entity=\"x\",name=\"某市\"}";
    assert_eq!(value(&text, named), Some("1"), "{text}");
    assert!(!text.contains("lantian_area_event_timestamp_seconds{"), "nothing was published");
    assert!(!text.contains("lantian_area_aqi{"), "nothing was published");
}

#[test]
fn a_retired_station_leaves() {
    let text = exposed(view(vec![dalian()]), Latency::default());
    let of_retired = text.lines().filter(|line| line.contains("0999X"));
    let names: Vec<_> = of_retired.filter_map(|line| line.split('{').next()).collect();
    assert_eq!(names, ["lantian_station_event_timestamp_seconds"]);
}

/// The label vectors of the crate would give both stations one series.
#[test]
fn areas_and_stations_whose_codes_join_to_the_same_text_stay_apart() {
    let at = hour("2026-11-23", 15);
    let mut strong = CLEAN;
    strong[0] = 130;
    let one = area("1", "甲市", at, vec![place("23", "一站", steady(CLEAN))], &[]);
    let other = area("12", "乙市", at, vec![place("3", "二站", steady(strong))], &[]);
    let text = exposed(view(vec![one, other]), Latency::default());
    let concentration = |area: &str, station: &str| {
        let labels = format!("{{area=\"{area}\",station=\"{station}\",pollutant=\"pm2_5\"}}");
        value(&text, &format!("lantian_station_concentration_ug_m3{labels}"))
    };
    assert_eq!(concentration("1", "23"), Some("20"));
    assert_eq!(concentration("12", "3"), Some("130"));
}

#[test]
fn labels_are_escaped() {
    let at = hour("2026-11-23", 15);
    let stations = vec![place("a\"\\b", "甲", steady(CLEAN))];
    let text = exposed(view(vec![area("x", "某市", at, stations, &[])]), Latency::default());
    assert_eq!(value(&text, r#"lantian_station_silent{area="x",station="a\"\\b"}"#), Some("0"));
}

/// The area with rules of warnings, and a proposal that waits.
pub(super) fn warned(mut area: AreaView) -> AreaView {
    let rules = warning_rules("2024", std::path::Path::new("")).expect("built in");
    area.warning = Some(WarningParams { rules, zones: Vec::new() });
    let act = Act::Propose { target: Target::Level(Level::Orange), reason: "演算".to_owned() };
    let mut warnings = Warnings::default();
    for body in warnings.decide(&act, area.now).expect("taken") {
        warnings.take(&Record { number: 1, at: area.now, person: None, drill: None, body });
    }
    area.warnings = Arc::new(warnings);
    area
}

#[test]
fn what_waits_for_a_person_is_told_since_when() {
    let (bare, area) = (dalian(), warned(dalian()));
    let since = area.now.millis() / 1000;
    let text = exposed(view(vec![area]), Latency::default());
    let of = |name: &str| value(&text, &format!("{name}{{area=\"dalian\",drill=\"false\"}}"));
    assert_eq!(of("lantian_warning_waiting"), Some("1"));
    assert_eq!(of("lantian_warning_level"), Some("0"), "proposed, not issued");
    let told = of("lantian_warning_waiting_since_timestamp_seconds").expect("told");
    assert_eq!(told.parse::<i64>().expect("a number"), since);
    let signed = "lantian_response_tasks{area=\"dalian\",step=\"signed\"}";
    assert_eq!(value(&text, signed), Some("0"), "no response");
    let text = exposed(view(vec![bare]), Latency::default());
    assert!(!text.contains("lantian_warning_level{"), "nothing is recommended without rules");
}

#[test]
fn every_name_on_the_list_is_exposed_and_no_other() {
    let latency = Latency::default();
    for stage in Stage::ALL {
        latency.record(stage, Duration::from_millis(3));
    }
    let text = exposed(view(vec![super::notice::told(warned(dalian()))]), latency);
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split(' ').next());
    let exposed: BTreeSet<&str> = types.collect();
    let listed: BTreeSet<&str> = METRICS.iter().map(|m| m.name).collect();
    assert_eq!(exposed, listed);
    for metric in METRICS.iter().filter(|m| !m.labels.is_empty()) {
        let start = format!("{}{{", metric.name);
        let line = text.lines().find(|line| line.starts_with(&start));
        let line = line.unwrap_or_else(|| panic!("no series of {}", metric.name));
        for label in metric.labels {
            assert!(line.contains(&format!("{label}=\"")), "{line} has no {label}");
        }
    }
}

#[test]
fn samples_carry_no_timestamps() {
    let text = exposed(view(vec![dalian()]), Latency::default());
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let after = line.rsplit_once('}').map_or_else(
            || line.split_once(' ').map_or("", |(_, rest)| rest),
            |(_, rest)| rest.trim_start(),
        );
        assert!(!after.contains(' '), "{line}");
    }
}

#[test]
fn stages_show_their_quantiles() {
    let latency = Latency::default();
    latency.record(Stage::Commit, Duration::from_millis(250));
    let text = exposed(View::default(), latency);
    let longest = value(&text, "lantian_stage_latency_seconds{stage=\"commit\",quantile=\"1\"}");
    let longest: f64 = longest.expect("shown").parse().expect("a number");
    assert!((0.25..0.253).contains(&longest), "{longest}");
    let count = value(&text, "lantian_stage_latency_seconds_count{stage=\"commit\"}");
    assert_eq!(count, Some("1"));
}

#[test]
fn every_reason_of_rejection_is_there_from_the_start() {
    let text = exposed(view(vec![dalian()]), Latency::default());
    let series = text.lines().filter(|line| line.starts_with("lantian_rejected_total{"));
    assert_eq!(series.count(), RejectionReason::ALL.len());
}
