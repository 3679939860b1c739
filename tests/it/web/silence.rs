//! Alarms on the page, in the API and in the metrics.

use std::sync::Arc;

use lantian::area::Member;
use lantian::pipeline::{Alarm, AreaView, Subject, View};
use lantian::time::Instant;
use serde_json::json;

use super::Daemon;
use super::sample::dalian;

fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(&format!("2026-11-23T{text}:00+08:00")).expect("a time")
}

fn with(subjects: &[Subject]) -> Daemon {
    let alarm = |subject: &Subject| Alarm {
        subject: *subject,
        since: at("10:10"),
        raised: at("13:20"),
        cleared: None,
        lag_min: matches!(subject, Subject::Behind(_)).then_some(481),
    };
    let area = AreaView { alarms: subjects.iter().map(alarm).collect(), ..dalian() };
    Daemon::over(View { areas: vec![Arc::new(area)], simulated: false })
}

#[tokio::test]
async fn each_silence_has_its_banner_and_stations_share_one() {
    let page = with(&[]).get("/").await.text;
    for word in ["系统曾停止运行", "数据接收中断", "多站同时缺报", "站点离线"]
    {
        assert!(!page.contains(word), "{word}");
    }
    let all = [Subject::Daemon, Subject::Feed, Subject::Area];
    let page = with(&all).get("/").await.text;
    assert!(page.contains("11-23 10:10至11-23 13:20未处理数据，正在补收积压数据"), "{page}");
    assert!(page.contains("自11-23 10:10起与数据源断开连接"));
    assert!(page.contains("自11-23 10:10起多数站点无数据，请检查数据传输链路"));
    let page = with(&[Subject::Station(0), Subject::Station(1)]).get("/").await.text;
    assert_eq!(page.matches("站点离线").count(), 1);
    assert_eq!(page.matches("（自11-23 10:10起）").count(), 2, "{page}");
    let english = with(&all).get("/?lang=en").await.text;
    assert!(english.contains("No connection to the feed"));
}

#[tokio::test]
async fn the_api_and_the_metrics_tell_the_same() {
    let daemon = with(&[Subject::Feed, Subject::Station(0), Subject::Station(1)]);
    let json = daemon.get("/api/v1/areas/dalian/latest").await.json();
    let expected = json!({
        "subject": "feed", "station": null, "entity": null,
        "since": "2026-11-23T10:10:00+08:00", "raised": "2026-11-23T13:20:00+08:00",
        "lag_min": null
    });
    assert_eq!(json["alarms"][0], expected);
    assert_eq!(json["alarms"][2]["subject"], "station");
    assert!(json["alarms"][2]["station"].is_string());
    let metrics = daemon.get("/metrics").await.text;
    for (subject, count) in [("daemon", 0), ("feed", 1), ("area", 0), ("station", 2)] {
        let line =
            format!("lantian_silence_alarms{{area=\"dalian\",subject=\"{subject}\"}} {count}\n");
        assert!(metrics.contains(&line), "{line}");
    }
}

#[tokio::test]
async fn an_aqi_that_is_not_the_published_one_is_told_everywhere_and_is_no_silence() {
    let differs = [Member::Set(0), Member::Station(1)].map(Subject::Differs);
    let daemon = with(&differs);
    let page = daemon.get("/").await.text;
    assert_eq!(page.matches("AQI与国家平台不一致").count(), 1, "{page}");
    assert_eq!(page.matches("（自11-23 10:10起）").count(), 2);
    assert!(page.contains("href=\"/reconciliation?area=dalian&amp;lang=zh\""), "{page}");
    let json = daemon.get("/api/v1/areas/dalian/latest").await.json();
    let alarm = &json["alarms"][0];
    assert_eq!((&alarm["subject"], &alarm["entity"]), (&json!("differs"), &json!("dalian")));
    assert_eq!(alarm["station"], json!(null));
    let metrics = daemon.get("/metrics").await.text;
    assert!(metrics.contains("lantian_difference_alarms{area=\"dalian\"} 2\n"), "{metrics}");
    assert!(metrics.contains("lantian_silence_alarms{area=\"dalian\",subject=\"station\"} 0\n"));
}

#[tokio::test]
async fn a_clock_that_runs_behind_is_told_with_its_delay_and_is_no_silence() {
    let daemon = with(&[Subject::Behind(0)]);
    let page = daemon.get("/").await.text;
    assert!(page.contains("站点时钟滞后或数据延迟"), "{page}");
    assert!(page.contains("（慢8小时1分钟，自11-23 10:10起）") && !page.contains("站点离线"));
    let english = daemon.get("/?lang=en").await.text;
    assert!(english.contains("(8 h 1 min behind, since 11-23 10:10)"), "{english}");
    let json = daemon.get("/api/v1/areas/dalian/latest").await.json();
    let alarm = &json["alarms"][0];
    assert_eq!((&alarm["subject"], &alarm["lag_min"]), (&json!("clock_behind"), &json!(481)));
    assert_eq!(alarm["station"], json!("0999X"));
    let metrics = daemon.get("/metrics").await.text;
    for (name, count) in [("clock_behind", 1), ("clock", 0)] {
        let line = format!("lantian_station_{name}_alarms{{area=\"dalian\"}} {count}\n");
        assert!(metrics.contains(&line), "{line}");
    }
}
