//! Evidence by electricity over the site: who may see what, and what is refused.

use std::sync::Arc;

use axum::body::Body;
use lantian::http::{Act, Config};
use lantian::measures::{Edition, MeterReading, PowerFault, PowerFile, load, meters};
use lantian::pipeline::View;
use lantian::time::{AveragingPeriod, Hour, HourLabel, Instant};
use lantian::warning::{Body as Said, Change, Issue, Level, Record, Target, named_list};
use lantian::workbook;
use serde_json::{Value, json};

use super::sample::{dalian, hour};
use super::{Daemon, Shelf};

const EVIDENCE: &str = "/api/v1/evidence/7";
const POWER: &str = "/api/v1/power";

/// The made-up list that is shipped.
fn sample() -> Arc<Edition> {
    let map = workbook::default_map().expect("shipped");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/measures/2026.xlsx");
    let sheets = workbook::sheets(&[path.into()], &map).expect("a workbook");
    Arc::new(load(&sheets, &map).expect("without faults").edition)
}

fn begin() -> Instant {
    hour("2026-11-23", 1).start()
}

/// Orange since midnight, by warning 7.
fn records() -> Vec<Record> {
    records_by(None)
}

/// The same by a list.
fn records_by(list: Option<&Edition>) -> Vec<Record> {
    let issue = Issue {
        warning: 7,
        proposal: 7,
        approval: 8,
        target: Target::Level(Level::Orange),
        change: Change::Start,
        response: Some(Level::Orange),
        issuer: "指挥部办公室".to_owned(),
        document: "第3号".to_owned(),
        issued: begin(),
        effective_from: begin(),
        measures: list.map(|list| named_list(&list.filing, &list.digest())),
    };
    let record = |number, body| Record { number, at: begin(), person: None, drill: None, body };
    vec![record(9, Said::Issued(issue)), record(10, Said::TookEffect { issue: 9 })]
}

/// Every meter takes 100 kWh an hour before and 10 kWh since; but one that goes on, and one that is silent.
fn readings(list: &Edition) -> Vec<MeterReading> {
    let mut all = Vec::new();
    for (meter, name) in meters(list).iter().enumerate() {
        for number in begin().hour().number() - 28 * 24..begin().hour().number() + 15 {
            let hour = Hour::from_number(number);
            let (start, period) = (hour.start(), AveragingPeriod::HOUR);
            let wh = match name.as_str() {
                _ if start < begin() => 100_000,
                "D-0007-01" => 90_000,
                "D-0008-01" => continue,
                _ => 10_000,
            };
            all.push(MeterReading { meter, start, period, wh, conflict: false });
        }
    }
    all
}

fn daemon() -> Daemon {
    let list = sample();
    let (records, power) = (records(), readings(&list));
    let shelf = Shelf { records, power, measures: Some(list), ..Shelf::default() };
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    Daemon::with(view, shelf, Config::default())
}

/// Persons and telephones of the list.
fn private(list: &Edition) -> Vec<String> {
    let all = list.lines.iter().flat_map(|line| [line.contact.clone(), line.phone.clone()]);
    all.filter(|text| !text.is_empty()).collect()
}

#[tokio::test]
async fn evidence_names_enterprises_and_needs_a_token() {
    let daemon = daemon();
    assert_eq!(daemon.get(EVIDENCE).await.problem(401).0, "unauthorized");
    assert_eq!(daemon.get_as(EVIDENCE, "guess").await.problem(401).0, "unauthorized");
    let found = daemon.get_as(EVIDENCE, "reads").await.json();
    assert_eq!(found["no_verdict_zh"], "用电数据仅作线索，不作为认定依据");
    assert_eq!((&found["warning"], &found["parameters"]["baseline_days"]), (&7.into(), &28.into()));
    assert_eq!(found["responses"][0]["level"], "orange");
    let city = &found["districts"][0];
    assert_eq!(city["district"], "示例城区");
    let first = &city["lines"][0];
    assert_eq!(
        (&first["enterprise"], &first["line"], &first["answer_zh"]),
        (&"示例涂料有限公司".into(), &"溶剂型涂料线".into(), &"疑似未落实，待核查".into())
    );
    // 15 hours are over, of which the first four do not count.
    assert_eq!((&first["counting_hours"], &first["counted_hours"]), (&11.into(), &11.into()));
    assert_eq!((&first["baseline_wh"], &first["energy_wh"]), (&1_100_000.into(), &990_000.into()));
    assert_eq!((&first["share_percent"], &first["allowed_percent"]), (&json!(90.0), &json!(20.0)));
    assert_eq!(first["hours"], Value::Null);
    let port = &found["districts"][1]["lines"][0];
    assert_eq!((&port["answer"], &port["silence_zh"]), (&"silent".into(), &"缺数据".into()));
    let with = daemon.get_as("/api/v1/evidence/7?hours=true", "reads").await.json();
    let hours = with["districts"][0]["lines"][0]["hours"].as_array().expect("hours");
    assert_eq!((hours.len(), &hours[4]["counts"]), (15, &true.into()));
    let text = with.to_string();
    assert!(private(&sample()).iter().all(|text_of| !text.contains(text_of)), "no persons");
}

/// What a plant was ordered to do does not change with the list.
#[tokio::test]
async fn evidence_rests_on_the_list_of_the_issue() {
    let (now, mut then) = (sample(), Edition::clone(&sample()));
    then.filing = "示例环〔2025〕9号".to_owned();
    then.lines.iter_mut().for_each(|line| line.enterprise.insert(0, '原'));
    let (records, power) = (records_by(Some(&then)), readings(&then));
    let (measures, kept) = (Some(now.clone()), vec![then.clone()]);
    let shelf = Shelf { records, power, measures, kept, ..Shelf::default() };
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    let daemon = Daemon::with(view, shelf, Config::default());
    let found = daemon.get_as(EVIDENCE, "reads").await.json();
    assert_eq!(found["districts"][0]["lines"][0]["enterprise"], "原示例涂料有限公司");
    let list = &found["list"];
    assert_eq!((&list["filing"], &list["standing"]), (&json!(then.filing), &json!("replaced")));
    let page = daemon.get("/evidence").await.text;
    let said =
        format!("{}（实施日期{}）；现行清单已更新为{}", then.filing, then.in_force, now.filing);
    assert!(page.contains(&said), "{page}");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_and_not_a_clean_slate() {
    let daemon = daemon();
    let of = |path: &'static str| daemon.get_as(path, "reads");
    let (_, detail) = of("/api/v1/evidence/3").await.problem(404);
    assert_eq!(detail, "no level of warning 3 took effect yet");
    of("/api/v1/evidence/x").await.problem(400);
    of("/api/v1/evidence/7?hours=all").await.problem(400);
    of("/api/v1/evidence/7?area=nowhere").await.problem(404);
    daemon.get("/evidence?warning=3").await.problem(404);
    daemon.get("/evidence?warning=x").await.problem(400);
    let bare = super::api::over_dalian();
    let (_, detail) = bare.get_as(EVIDENCE, "reads").await.problem(404);
    assert!(detail.contains("list"), "{detail}");
    assert!(bare.get("/evidence").await.text.contains("未配置应急减排清单"));
    let shelf = Shelf { measures: Some(sample()), ..Shelf::default() };
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    let calm = Daemon::with(view, shelf, Config::default());
    assert!(calm.get("/evidence").await.text.contains("尚无生效过的应急响应"));
}

#[tokio::test]
async fn the_page_says_that_it_is_no_verdict_and_shows_no_persons() {
    let daemon = daemon();
    let page = daemon.get("/evidence").await;
    assert_eq!(page.status, 200);
    assert!(page.policy.contains("default-src 'none'"));
    let text = page.text;
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what}: {text}"));
    assert!(place("用电数据仅作线索，不作为认定依据") < place("<main"));
    assert!(place("疑似未落实，待核查 1 条") < place("示例城区"));
    assert!(place("<script src=\"/acts.js") > place("id=\"token\"") && !text.contains("<table"));
    for line in &sample().lines {
        assert!(!text.contains(&line.enterprise), "{}", line.enterprise);
    }
    assert_eq!(daemon.get_as("/evidence", "guess").await.problem(401).0, "unauthorized");
    let page = daemon.get_as("/evidence", "reads").await;
    assert_eq!(page.status, 200);
    let text = page.text;
    let place = |what: &str| text.find(what).unwrap_or_else(|| panic!("{what}: {text}"));
    assert!(place("疑似未落实，待核查 1 条") < place("示例城区"));
    assert!(place("溶剂型涂料线") < place("凹版印刷线"), "what calls for a look comes first");
    assert!(
        text.contains("90.0") && text.contains("<svg class=\"ev\"") && text.contains("自主减排 ")
    );
    assert!(!text.contains("style=\""), "the policy allows none inline");
    for of in private(&sample()) {
        assert!(!text.contains(&of), "{of}");
    }
    let english = daemon.get("/evidence?lang=en").await.text;
    assert!(english.contains("electricity is evidence and no verdict"), "{english}");
    assert!(daemon.get("/warnings").await.text.contains("/evidence?area=dalian"));
    // Nothing of it leaves by what the public may see.
    let public = daemon.get("/api/v1/public/warning").await.text;
    for word in ["示例", "evidence", "power", "疑似", "kwh"] {
        assert!(!public.contains(word), "{word}: {public}");
    }
    for path in ["/", "/api/v1/warnings", "/api/v1/areas", "/metrics"] {
        assert!(!daemon.get(path).await.text.contains("示例涂料"), "{path}");
    }
}

#[tokio::test]
async fn a_file_reaches_the_engine_and_its_faults_come_back_by_line() {
    let mut daemon = daemon();
    let mut acts = std::mem::replace(&mut daemon.acts, tokio::sync::mpsc::channel(1).1);
    let engine = tokio::spawn(async move {
        let fault =
            |line| PowerFault { file: String::new(), line, text: "不是数字".to_owned() };
        let mut answers = [Ok(2), Err(vec![fault(3), fault(5)])].into_iter();
        let mut uploads = Vec::new();
        while let Some(Act::Power { upload, reply }) = acts.recv().await {
            reply.send(Ok(answers.next().expect("two files"))).expect("somebody waits");
            uploads.push(upload);
        }
        uploads
    });
    // Larger than other bodies may be.
    let text = format!("meter,time,kwh\n{}", "m,2026-11-22 08:00,1\n".repeat(2000));
    let path = "/api/v1/power?area=dalian&hour_label=end";
    let done = daemon.post_body(path, Some("runs"), Body::from(text.clone())).await.json();
    assert_eq!(done, json!({"person": "王工", "readings": 2}));
    let text_of = |kwh: &str| Body::from(format!("meter,time,kwh\nm,2026-11-22 08:00,{kwh}\n"));
    let answer = daemon.post_body(POWER, Some("runs"), text_of("1")).await;
    let (code, detail) = answer.problem(400);
    assert_eq!((code.as_str(), detail.as_str()), ("bad_parameter", "body: 2处错误，未载入"));
    let reasons: Value = serde_json::from_str(&answer.text).expect("JSON");
    assert_eq!(reasons["reasons"], json!(["第3行：不是数字", "第5行：不是数字"]));
    // What is no reading does not come so far.
    let answer = daemon.post_body(POWER, Some("runs"), text_of("x")).await;
    assert_eq!(answer.problem(400).1, "body: 1处错误，未载入");
    let reasons: Value = serde_json::from_str(&answer.text).expect("JSON");
    assert_eq!(reasons["reasons"], json!(["第2行：kwh：“x”不是数字"]));
    drop(daemon);
    let uploads = engine.await.expect("the engine did not panic");
    assert_eq!((uploads.len(), uploads[0].rows.len()), (2, 2000));
    assert_eq!((uploads[0].label, uploads[1].label), (HourLabel::End, HourLabel::Begin));
    assert_eq!((uploads[0].area.as_str(), uploads[0].person.as_str()), ("dalian", "王工"));
    assert_eq!(uploads[0].files, [PowerFile { name: String::new(), text }]);
}

#[tokio::test]
async fn a_file_that_may_not_come_does_nothing() {
    let mut daemon = daemon();
    let text = || Body::from("meter,time,kwh\n");
    assert_eq!(daemon.post_body(POWER, None, text()).await.problem(401).0, "unauthorized");
    assert_eq!(daemon.post_body(POWER, Some("reads"), text()).await.problem(403).0, "forbidden");
    let noon = daemon.post_body("/api/v1/power?hour_label=noon", Some("runs"), text()).await;
    assert!(noon.problem(400).1.starts_with("hour_label"));
    let nowhere = daemon.post_body("/api/v1/power?area=nowhere", Some("runs"), text()).await;
    assert_eq!(nowhere.problem(404).0, "not_found");
    let gb18030 = Body::from(b"meter,time,kwh\n\xC6\xF3,1\n".to_vec());
    let answer = daemon.post_body(POWER, Some("runs"), gb18030).await;
    assert_eq!(answer.problem(400).1, "body: 第2行：不是UTF-8编码（请另存为“CSV UTF-8”）");
    let large = Body::from(vec![b'x'; (4 << 20) + 1]);
    assert_eq!(daemon.post_body(POWER, Some("runs"), large).await.problem(413).0, "body_too_large");
    assert_eq!(daemon.get(POWER).await.problem(405).0, "method_not_allowed");
    assert!(daemon.acts.try_recv().is_err(), "nothing was done");
}
