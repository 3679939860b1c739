//! Papers of a warning that went through pipeline and store, made by the command from the file.

use std::path::Path;
use std::process::Command;

use lantian::store::Sqlite;

use super::{ORANGE, approve, at, executed, forecast, issue, started};

const STATIONS: &str = "station,name,lat,lon,area,district,kind,assessed,valid_from,valid_to
a,甲站,,,x,,national,true,,
b,乙站,,,x,,national,true,,
";
const CONFIG: &str = "stations_file = 'stations.csv'
[areas.x]
name = '大连市'
[store]
path = 'a.db'
[[feed]]
name = 'x'
broker = 'mqtt://localhost'
client_id = 'lantian'
areas = ['x']
hour_label = 'begin'
";

/// Standard output, or what was told instead.
fn paper(place: &Path, kind: &str, record: u64) -> Result<String, String> {
    let record = record.to_string();
    let done = Command::new(env!("CARGO_BIN_EXE_lantian"))
        .args(["report", kind, "--record", &record, "--config"])
        .arg(place.join("lantian.toml"))
        .output()
        .expect("started");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    if done.status.success() { Ok(text(done.stdout)) } else { Err(text(done.stderr)) }
}

#[test]
fn papers_of_a_stored_warning_hold_what_was_entered() {
    let place = tempfile::tempdir().expect("made");
    let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text);
    write("stations.csv", STATIONS).expect("written");
    write("lantian.toml", CONFIG).expect("written");
    let path = place.path().join("a.db");
    let mut daemon = started(Sqlite::open(&path).expect("opened"));
    let told = daemon.take(at("23T16:40"), &[forecast(23, &[160, 210, 215, 80, 80])]);
    let of = |batch: &lantian::pipeline::Batch, kind: &str| {
        let found = batch.records.iter().find(|record| record.body.kind() == kind);
        found.expect("recorded").number
    };
    let (issued_forecast, warning) = (of(&told, "forecast"), of(&told, "recommended"));
    let act = approve(&daemon, ORANGE, at("23T17:00"));
    daemon.take(at("23T17:05"), &[act]);
    let act = issue(&daemon, at("23T17:10"), at("24T00:00"));
    let told = daemon.take(at("23T17:12"), &[act]);
    let notice = of(&told, "issued");
    daemon.take(at("24T03:02"), &[]);
    drop(executed(daemon));
    let of = |kind, record| paper(place.path(), kind, record);
    for (kind, record, parts) in [
        (
            "forecast",
            issued_forecast,
            &[
                "市监测中心11月23日16时30分发布",
                "11月25日（星期三），大连市空气质量预计为重度污染，AQI为210，",
            ][..],
        ),
        ("approval", warning, &["市人民政府李副市长于2026年11月23日17时批准", "11月23日16时AQI为"]),
        (
            "notice",
            notice,
            &[
                "文号：第3号",
                "经市人民政府同意，自11月24日0时起启动重污染天气橙色预警（Ⅱ级应急响应）",
            ],
        ),
        ("response", notice, &["已报区县2个（2026年11月24日13时前报送）。", "甘井子区：应停产0，"]),
        ("review", warning, &["本次过程最高发布橙色预警。", "没有可列的减排任务。"]),
    ] {
        let said = of(kind, record).unwrap_or_else(|e| panic!("{kind}: {e}"));
        for part in parts {
            assert!(said.contains(part), "{kind}: {part} is not in\n{said}");
        }
    }
    let why = of("tasks", notice).expect_err("refused");
    assert!(why.contains("no emergency-measures list is configured"), "{why}");
    let why = of("notice", warning).expect_err("refused");
    assert!(why.contains(&format!("record {warning} is a recommendation, no issue")), "{why}");
}
