//! What checks found, as the page, the API and the metrics say it.

use std::sync::Arc;

use lantian::observation::{Pollutant, Property};
use lantian::pipeline::{AreaView, View};
use lantian::quality::{Evidence, Finding, Neighbours, Rule, Treatment};
use lantian::quantity::Amount;
use serde_json::{Value, json};

use super::Daemon;
use super::sample::dalian;

const PM: Property = Property::Pollutant(Pollutant::Pm2_5);

/// 甘井子 is stuck, the micro-station's value is taken out, and 周水子 has a value under a flag.
pub(super) fn doubtful() -> AreaView {
    let mut area = dalian();
    let find = |area: &AreaView, code: &str| area.registry.find(code).expect("listed");
    let (stuck, micro, flagged) =
        (find(&area, "1077A"), find(&area, "2101M"), find(&area, "1080A"));
    let finding = |area: &AreaView, at: usize, rule, treatment, property: Property, evidence| {
        let reading = area.stations[at].readings[property.index()];
        let neighbours = (treatment != Treatment::Invalid)
            .then_some(Neighbours { count: 5, median: Amount::from_milli(93_500) });
        Finding { rule, treatment, property: Some(property), reading, evidence, neighbours }
    };
    let marked = finding(&area, stuck, Rule::Stuck, Treatment::Marked, PM, Evidence::Same(8));
    let out = finding(&area, micro, Rule::Neighbours, Treatment::Excluded, PM, Evidence::Around);
    let pm10 = Property::Pollutant(Pollutant::Pm10);
    let validity = area.stations[flagged].readings[pm10.index()].validity;
    let evidence = Evidence::Invalid(validity);
    let invalid = finding(&area, flagged, Rule::Flag, Treatment::Invalid, pm10, evidence);
    area.stations[stuck].findings.push(marked);
    area.stations[micro].findings.push(out);
    area.stations[micro].figures.concentration[0] = None;
    area.stations[flagged].findings.push(invalid);
    area
}

fn daemon(area: AreaView) -> Daemon {
    Daemon::over(View { areas: vec![Arc::new(area)], simulated: false })
}

#[tokio::test]
async fn a_suspect_value_is_marked_beside_it_and_listed_with_its_reason() {
    let text = daemon(doubtful()).get("/").await.text;
    assert!(text.contains("<b class=\"doubt\">疑</b>"), "beside the value");
    assert!(text.contains("疑似异常（仅标记）：恒值，连续8小时数值不变"), "for a pointer");
    assert!(text.contains("<b class=\"doubt\">剔</b><span class=\"excluded\">"), "taken out");
    let list = text.split("id=\"doubts\"").nth(1).expect("the list");
    let row = |n: usize| list.split("<tr class=").nth(n).expect("a row").to_owned();
    for word in ["甘井子", "国控", "PM2.5", "恒值", "93.5 µg/m³（5站）", "仅标记"] {
        assert!(row(1).contains(word), "{word}: {}", row(1));
    }
    for word in ["港湾街微站", "偏离周边", "周边5站同时次中位数为93.5µg/m³", "已剔除"]
    {
        assert!(row(2).contains(word), "{word}: {}", row(2));
    }
    for word in ["周水子", "PM10", "仪器标识", "维护(M)", "无效"] {
        assert!(row(3).contains(word), "{word}: {}", row(3));
    }
    assert!(
        text.contains("疑似异常</a> <b class=\"count some\">2</b>"),
        "invalid ones are no suspects"
    );
    let calm = daemon(dalian()).get("/").await.text;
    assert!(!calm.contains("疑似异常") && !calm.contains("class=\"doubt\""));
}

#[tokio::test]
async fn the_api_gives_rule_property_value_and_reason() {
    let daemon = daemon(doubtful());
    let json = daemon.get("/api/v1/stations/1077A/latest").await.json();
    let value = json["station"]["quality"][0]["value"].clone();
    assert!(value.is_number());
    let expected = json!({
        "rule": "stuck", "rule_zh": "恒值", "property": "pm2_5", "value": value, "unit": "µg/m³",
        "treatment": "marked", "reason_zh": "连续8小时数值不变",
        "neighbours_median": 93.5, "neighbours": 5,
    });
    assert_eq!(json["station"]["quality"], json!([expected]));
    let all = daemon.get("/api/v1/stations").await.json();
    let of = |code: &str| -> Value {
        let rows = all.as_array().expect("rows");
        rows.iter().find(|row| row["station"] == code).expect("listed")["quality"].clone()
    };
    assert_eq!(of("2101M")[0]["treatment"], "excluded");
    assert_eq!(of("1080A")[0]["reason_zh"], "维护(M)");
    assert_eq!(of("1078A"), json!([]));
}

#[tokio::test]
async fn the_metric_counts_by_rule() {
    let text = super::metrics::exposed(
        View { areas: vec![Arc::new(doubtful())], simulated: false },
        lantian::telemetry::Latency::default(),
    );
    let count = |rule: &str| {
        let start = format!("lantian_quality_findings{{area=\"dalian\",rule=\"{rule}\"}} ");
        text.lines().find_map(|line| line.strip_prefix(&start)).map(str::to_owned)
    };
    for (rule, expected) in [("stuck", "1"), ("neighbours", "1"), ("flag", "1"), ("range", "0")] {
        assert_eq!(count(rule).as_deref(), Some(expected), "{rule}");
    }
}

#[tokio::test]
async fn a_station_whose_clock_runs_ahead_is_named() {
    let mut area = dalian();
    let since = area.now;
    let alarm = lantian::pipeline::Alarm {
        subject: lantian::pipeline::Subject::Clock(0),
        since,
        raised: since,
        cleared: None,
        lag_min: None,
    };
    area.alarms.push(alarm);
    let daemon = daemon(area);
    let page = daemon.get("/").await.text;
    assert!(page.contains("站点时钟超前，数据未采用"), "the banner");
    let json = daemon.get("/api/v1/areas/dalian/latest").await.json();
    assert_eq!(
        (&json["alarms"][0]["subject"], &json["alarms"][0]["station"]),
        (&json!("clock"), &json!("0999X"))
    );
}
