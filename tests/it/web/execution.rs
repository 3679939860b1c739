//! The execution of a response over the API and as a page: steps of tasks, reports of districts, who may
//! enter them, and what is told when they cannot be taken.

use std::path::Path;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use lantian::http::{Act, Config};
use lantian::measures::{Edition, daily_columns, load};
use lantian::pipeline::View;
use lantian::time::Instant;
use lantian::warning::{
    Approval, Body as Said, Change, Count, Ground, Issue, Level, Recommendation, Record, Target,
    Warnings,
};
use lantian::workbook::{default_map, sheets};
use serde_json::{Value, json};

use super::sample::{dalian, empty, hour};
use super::{Daemon, Shelf};

pub(super) const STEPS: &str = "/api/v1/dispatch/1/steps";
pub(super) const DAYS: &str = "/api/v1/reports/district";
const FILE: &str = "/api/v1/reports/district/file?day=2026-11-23";

pub(super) fn edition() -> Arc<Edition> {
    let map = default_map().expect("built in");
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/measures/2026.xlsx");
    let sheets = sheets(&[path], &map).expect("readable");
    Arc::new(load(&sheets, &map).expect("no faults").edition)
}

fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(&format!("2026-11-{text}:00+08:00")).expect("a time")
}

/// Orange, issued on the 21st for the 22nd; it is 15:10 of the 23rd.
pub(super) fn records() -> Vec<Record> {
    let target = Target::Level(Level::Orange);
    let bodies = [
        Said::Recommended(Recommendation {
            warning: None,
            target,
            change: Change::Start,
            ground: Ground::Person { reason: "会商".to_owned() },
        }),
        Said::Approved(Approval {
            proposal: 1,
            target,
            approver: "李副市长".to_owned(),
            office: "市人民政府".to_owned(),
            document: "3号".to_owned(),
            approved: at("21T16:00"),
            file: None,
        }),
        Said::Issued(Issue {
            warning: 1,
            proposal: 1,
            approval: 2,
            target,
            change: Change::Start,
            response: Some(Level::Orange),
            issuer: "指挥部办公室".to_owned(),
            document: "第3号".to_owned(),
            issued: at("21T17:00"),
            effective_from: at("22T08:00"),
            measures: None,
        }),
        Said::TookEffect { issue: 3 },
    ];
    let record =
        |(number, body)| Record { number, at: at("22T08:00"), person: None, drill: None, body };
    (1..).zip(bodies).map(record).collect()
}

/// A site whose engine takes acts as the daemon's does, at the view's time.
pub(super) struct Room {
    pub(super) daemon: Daemon,
    engine: tokio::task::JoinHandle<()>,
}

impl Room {
    fn new(measures: Option<Arc<Edition>>, records: Vec<Record>) -> Self {
        Self::with(Shelf { records, measures, ..Shelf::default() })
    }

    pub(super) fn with(shelf: Shelf) -> Self {
        let mut warnings = Warnings::default();
        shelf.records.iter().for_each(|record| warnings.take(record));
        let mut area = dalian();
        area.warnings = Arc::new(warnings.clone());
        let now = area.now;
        let view = |area| View { areas: vec![Arc::new(area)], simulated: true };
        let mut daemon = Daemon::with(view(area), shelf, Config::default());
        let mut acts = std::mem::replace(&mut daemon.acts, tokio::sync::mpsc::channel(1).1);
        let shown = daemon.view.clone();
        let engine = tokio::spawn(async move {
            while let Some(Act::Warning { area, person, act, reply }) = acts.recv().await {
                assert_eq!((area.as_str(), person.as_str()), ("dalian", "王工"));
                let bodies = warnings.decide(&act, now).map_err(|r| r.name().to_owned());
                let done = bodies.map(|bodies| {
                    for body in bodies {
                        let number = warnings.last + 1;
                        let person = Some(person.clone());
                        warnings.take(&Record { number, at: now, person, drill: None, body });
                    }
                    warnings.last
                });
                let mut area = dalian();
                area.warnings = Arc::new(warnings.clone());
                shown.send_replace(Arc::new(View { areas: vec![Arc::new(area)], simulated: true }));
                reply.send(done).expect("somebody waits");
            }
        });
        Self { daemon, engine }
    }

    fn in_response() -> Self {
        Self::new(Some(edition()), records())
    }

    pub(super) async fn post(&self, path: &str, body: &Value) -> super::Answer {
        self.daemon.post_body(path, Some("runs"), Body::from(body.to_string())).await
    }

    pub(super) async fn send(&self, file: impl Into<Body>) -> super::Answer {
        self.daemon.post_body(FILE, Some("runs"), file.into()).await
    }

    /// The engine holds the view, so the painter is told to end.
    pub(super) async fn end(self) {
        self.daemon.cancel.cancel();
        drop(self.daemon);
        self.engine.await.expect("the engine did not panic");
    }
}

pub(super) fn step(receiver: &str, step: &str) -> Value {
    json!({"issue": 3, "receiver": receiver, "step": step, "contact": "刘某",
        "at": "2026-11-23T09:00:00+08:00", "means": "phone", "note": "已落实"})
}

/// A district's day whose counts are `from` + 10, `from` + 9 and so on.
pub(super) fn day(district: &str, from: u32) -> Value {
    let counts = Count::ALL.iter().zip((from..=from + 10).rev());
    let counts: serde_json::Map<String, Value> =
        counts.map(|(count, n)| (count.name().to_owned(), n.into())).collect();
    json!({"district": district, "day": "2026-11-23", "reporter": "王某", "counts": counts})
}

/// The same as rows of a sheet.
pub(super) fn sheet(rows: &[(&str, u32)]) -> String {
    let row = |(district, from): &(&str, u32)| {
        let counts: Vec<String> = (*from..from + 11).rev().map(|n| n.to_string()).collect();
        format!("{district},{},王某,\r\n", counts.join(","))
    };
    let rows: String = rows.iter().map(row).collect();
    format!("{}\r\n{rows}", daily_columns().join(","))
}

#[tokio::test]
async fn only_a_person_who_runs_the_room_enters_anything() {
    let room = Room::in_response();
    for path in [STEPS, DAYS, FILE] {
        let body = || Body::from("{}");
        let none = room.daemon.post_body(path, None, body()).await;
        assert_eq!(none.problem(401).0, "unauthorized", "{path}");
        let guess = room.daemon.post_body(path, Some("guess"), body()).await;
        assert_eq!(guess.problem(401).0, "unauthorized", "{path}");
        let reads = room.daemon.post_body(path, Some("reads"), body()).await;
        assert_eq!(reads.problem(403).0, "forbidden", "{path}");
        let request = Request::put(path).body(Body::empty()).expect("a request");
        let wrong = room.daemon.answer(request).await;
        assert_eq!(wrong.problem(405).0, "method_not_allowed", "{path}");
    }
    assert_eq!(room.daemon.get("/api/v1/dispatch/1").await.problem(401).0, "unauthorized");
    room.end().await;
}

#[tokio::test]
async fn steps_are_taken_for_receivers_of_the_list_in_their_order() {
    let room = Room::in_response();
    for (body, told) in [
        (json!({}), "body: missing field `issue`"),
        (step("甲区", "delivered"), "receiver: 应为示例城区、示例港区、"),
        (step("全市", "delivered"), "receiver: 应为"),
        (step("示例岛县", "delivered"), "receiver: 应为"),
        (step("示例城区", "sent"), "step: one of delivered, signed, returned"),
        (
            json!({"issue": 3, "receiver": "市教育局", "step": "signed", "contact": "刘某",
            "at": "9:00", "means": "phone"}),
            "at: ",
        ),
        (
            json!({"issue": 3, "receiver": "市教育局", "step": "signed", "contact": "刘某",
            "at": "2026-11-23T09:00:00+08:00", "means": "smoke"}),
            "means: one of system, phone,",
        ),
    ] {
        let (code, detail) = room.post(STEPS, &body).await.problem(400);
        assert!(code == "bad_parameter" && detail.starts_with(told), "{body}: {detail}");
    }
    let elsewhere = room.post("/api/v1/dispatch/2/steps", &step("示例城区", "delivered")).await;
    assert_eq!(elsewhere.problem(404).1, "warning 2 is not open");
    let mut of_none = step("示例城区", "delivered");
    of_none["issue"] = 4.into();
    assert_eq!(room.post(STEPS, &of_none).await.problem(409).1, "unknown_issue");
    assert_eq!(room.post(STEPS, &step("示例城区", "signed")).await.problem(409).1, "step_missing");
    for receiver in ["示例城区", "市教育局"] {
        let done = room.post(STEPS, &step(receiver, "delivered")).await.json();
        assert_eq!(done["person"], "王工");
    }
    let again = room.post(STEPS, &step("示例城区", "delivered")).await;
    assert_eq!(again.problem(409).1, "repeated");
    assert_eq!(room.post(STEPS, &step("示例城区", "signed")).await.status, StatusCode::OK);
    let page = room.daemon.get("/response").await.text;
    for part in ["送达 2/", "签收 1/", "反馈 0/", "已签收", "11-23 09:00 刘某", "由责任部门落实"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(page.contains("示例城区（反馈）") && page.contains("示例港区（送达）"), "{page}");
    assert_eq!(page.matches(">未送达<").count() + 2, page.matches("class=\"reached\"").count() - 1);
    room.end().await;
}

#[tokio::test]
async fn the_dispatch_tells_which_step_each_receiver_has_reached() {
    let mut records = records();
    let said = |receiver: &str, step: &str| {
        let body = json!({"kind": "task_step", "issue": 3, "receiver": receiver, "step": step,
            "contact": "刘某", "at": "2026-11-22T09:00:00+08:00", "means": "fax"});
        serde_json::from_value::<Said>(body).expect("a step")
    };
    for body in
        [said("示例港区", "delivered"), said("市教育局", "delivered"), said("市教育局", "signed")]
    {
        let number = records.len() as u64 + 1;
        let person = Some("王工".to_owned());
        records.push(Record { number, at: at("22T09:05"), person, drill: None, body });
    }
    let room = Room::new(Some(edition()), records);
    let told = room.daemon.get_as("/api/v1/dispatch/1", "reads").await.json();
    assert_eq!((&told["issue"], &told["level"]), (&json!(3), &json!("orange")));
    let of = |all: &str, name: &str, who: &str| {
        let all = told[all].as_array().expect("a list");
        all.iter().find(|task| task[name] == who).expect("has tasks").clone()
    };
    let port = of("districts", "district", "示例港区");
    let step = json!({"step": "delivered", "step_zh": "送达", "at": "2026-11-22T09:00:00+08:00",
        "contact": "刘某", "means": "fax", "note": "", "record": 5, "person": "王工"});
    assert_eq!((&port["step"], &port["steps"]), (&json!("delivered"), &json!([step])));
    let school = of("departments", "department", "市教育局");
    assert_eq!((&school["step"], &school["steps"][1]["record"]), (&json!("signed"), &json!(7)));
    let city = of("districts", "district", "示例城区");
    assert_eq!((&city["step"], &city["steps"]), (&Value::Null, &json!([])));
    assert_eq!(of("districts", "district", "全市").get("step"), None, "its departments answer");
    room.end().await;
}

#[tokio::test]
async fn reports_are_summed_exactly_and_the_missing_ones_are_told() {
    let room = Room::in_response();
    let told = room.daemon.get(DAYS).await.json();
    assert_eq!(
        (&told["day"], &told["due_at"]),
        (&json!("2026-11-23"), &json!("2026-11-23T13:00:00+08:00"))
    );
    assert_eq!((&told["district_count"], &told["reported_count"]), (&json!(7), &json!(0)));
    assert_eq!(told["simulated"], true);
    let missing = json!({"district": "示例城区", "reported": false, "late": true, "reported_at": null,
        "revised_at": null, "record": null, "counts": null, "reporter": null, "remark": null});
    assert_eq!(told["districts"][0], missing);
    assert_eq!(room.post(DAYS, &day("示例港区", 4_294_967_285)).await.json()["number"], 5);
    assert_eq!(room.post(DAYS, &day("示例岛县", 4_294_967_285)).await.status, StatusCode::OK);
    let told = room.daemon.get(DAYS).await.json();
    // 4 294 967 295 twice is more than 32 bits hold.
    assert_eq!(told["sums"]["plants_to_stop_count"], 8_589_934_590_u64);
    assert_eq!(told["reported_count"], 2);
    let port = &told["districts"][1];
    assert_eq!((&port["reported"], &port["late"]), (&json!(true), &json!(true)), "at 15:10");
    assert_eq!(
        (&port["reported_at"], &port["revised_at"]),
        (&json!("2026-11-23T15:10:00+08:00"), &Value::Null)
    );
    assert_eq!(port["counts"]["problems_mended_count"], 4_294_967_285_u32);
    // Of another day of the response, and of none.
    let before = room.daemon.get(&format!("{DAYS}?day=2026-11-22")).await.json();
    assert_eq!(
        (&before["reported_count"], &before["sums"]["people_out_count"]),
        (&json!(0), &json!(0))
    );
    for day in ["2026-11-21", "2026-11-24"] {
        let none = room.daemon.get(&format!("{DAYS}?day={day}")).await;
        assert_eq!(none.problem(404).1, format!("{day} is no day of a response that is kept here"));
    }
    assert_eq!(room.daemon.get(&format!("{DAYS}?day=today")).await.problem(400).0, "bad_parameter");
    let mut of_tomorrow = day("示例港区", 1);
    of_tomorrow["day"] = "2026-11-24".into();
    assert_eq!(room.post(DAYS, &of_tomorrow).await.problem(409).1, "not_in_response");
    assert_eq!(room.post(DAYS, &day("示例港区", 4_294_967_285)).await.problem(409).1, "repeated");
    room.end().await;
}

#[tokio::test]
async fn a_report_with_faults_is_refused_with_all_of_them() {
    let room = Room::in_response();
    let (_, detail) = room.post(DAYS, &day("甲区", 1)).await.problem(400);
    assert!(detail.starts_with("district: 应为示例城区、示例港区、"), "{detail}");
    let mut wrong = day("示例港区", 1);
    wrong["counts"]["people_out_count"] = (-1).into();
    wrong["counts"]["sites_stopped_count"] = json!(1.5);
    wrong["counts"]["cars"] = 1.into();
    wrong["counts"].as_object_mut().expect("an object").remove("problems_found_count");
    let answer = room.post(DAYS, &wrong).await;
    assert_eq!(answer.problem(400).1, "counts: 有误，未登记");
    let told: Value = serde_json::from_str(&answer.text).expect("JSON");
    let expected = [
        "sites_stopped_count：停工工地为1.5，应为不小于0的整数",
        "people_out_count：出动人员为-1，应为不小于0的整数",
        "problems_found_count：缺少发现问题，没有的填0",
        "cars：没有这一项",
    ];
    assert_eq!(told["reasons"], json!(expected));
    let mut above = day("示例港区", 1);
    above["counts"]["plants_stopped_count"] = 12.into();
    let answer = room.post(DAYS, &above).await;
    let told: Value = serde_json::from_str(&answer.text).expect("JSON");
    assert_eq!(
        told["reasons"],
        json!(["plants_stopped_count：已停产企业为12，不应大于应停产企业（11家）"])
    );
    let mut unnamed = day("示例港区", 1);
    unnamed["reporter"] = " ".into();
    assert_eq!(room.post(DAYS, &unnamed).await.problem(409).1, "unnamed");
    assert_eq!(room.daemon.get(DAYS).await.json()["reported_count"], 0);
    room.end().await;
}

#[tokio::test]
async fn a_file_is_taken_whole_or_not_at_all() {
    let room = Room::in_response();
    let answer = room.send(sheet(&[("示例城区", 1), ("甲区", 1)]).replace(",10,", ",x,")).await;
    let (code, detail) = answer.problem(400);
    assert_eq!(
        (code.as_str(), detail.as_str()),
        ("bad_parameter", "body: 文件有3处错误，未登记任何区县")
    );
    let told: Value = serde_json::from_str(&answer.text).expect("JSON");
    let unknown = "日报!A3：区县为“甲区”，不是清单中的区县，应为示例城区、示例港区、示例新区、示例湾区、\
                   示例河市、示例庄市、示例岛县之一";
    let cell = |cell: &str| format!("日报!{cell}：已停产企业（家）为“x”，应为不小于0的整数");
    assert_eq!(told["reasons"], json!([cell("C2"), unknown, cell("C3")]));
    let answer = room.send("PK\u{3}\u{4}").await;
    assert!(answer.text.contains("文件：不是可读取的XLSX工作簿"), "{}", answer.text);
    assert_eq!(room.daemon.get(DAYS).await.json()["reported_count"], 0);

    let done = room.send(sheet(&[("示例城区", 1), ("示例港区", 1)])).await.json();
    let taken = json!({"person": "王工", "number": 6, "recorded": ["示例城区", "示例港区"], "unchanged": []});
    assert_eq!(done, taken);
    let done = room.send(sheet(&[("示例城区", 1), ("示例港区", 2), ("示例岛县", 1)])).await.json();
    let taken = json!({"person": "王工", "number": 8, "recorded": ["示例港区", "示例岛县"],
        "unchanged": ["示例城区"]});
    assert_eq!(done, taken);
    let done = room.send(sheet(&[("示例城区", 1)])).await.json();
    let taken =
        json!({"person": "王工", "number": null, "recorded": [], "unchanged": ["示例城区"]});
    assert_eq!(done, taken);
    let told = room.daemon.get(DAYS).await.json();
    assert_eq!(
        (&told["reported_count"], &told["sums"]["plants_to_stop_count"]),
        (&json!(3), &json!(11 + 12 + 11))
    );

    let tomorrow = FILE.replace("-23", "-24");
    let body = sheet(&[("示例城区", 1)]);
    let answer = room.daemon.post_body(&tomorrow, Some("runs"), Body::from(body)).await;
    assert_eq!(answer.problem(409).1, "not_in_response");
    let path = FILE.split('?').next().expect("a path");
    assert_eq!(room.daemon.post(path, Some("runs")).await.problem(400).1, "day: is missing");
    // A workbook is larger than what else is sent here, but it is bounded too.
    let long = sheet(&[("示例湾区", 1)]).replace("王某,", &format!("王某,{}", "长".repeat(10_000)));
    assert!(long.len() > Config::default().max_body_bytes);
    assert_eq!(room.send(long).await.json()["recorded"], json!(["示例湾区"]));
    let answer = room.send(vec![b'x'; 300 * 1024]).await;
    assert_eq!(answer.problem(413).0, "body_too_large");
    room.end().await;
}

#[tokio::test]
async fn the_page_marks_what_is_missing_and_what_came_late() {
    let room = Room::in_response();
    let page = room.daemon.get("/response").await.text;
    assert_eq!(page.matches("未报，已逾期").count(), 7, "{page}");
    for part in [
        "【模拟】",
        "非真实空气质量",
        "Ⅱ级应急响应",
        "重污染天气预警生效中",
        "href=\"/warnings?area=dalian",
        "未报 7",
        "应于 11-23 13:00 前报送",
        "仅含已报区县 0/7",
        "<a href=\"/response?area=dalian&amp;lang=zh&amp;day=2026-11-22\"",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(room.post(DAYS, &day("示例港区", 1)).await.status, StatusCode::OK);
    let page = room.daemon.get("/response").await.text;
    assert!(page.contains("11-23 15:10 王某 <b class=\"late-mark\">迟报</b>"), "{page}");
    assert_eq!(page.matches("未报，已逾期").count(), 6);
    assert!(page.contains("仅含已报区县 1/7") && page.contains("未报 6"));
    let other = room.daemon.get("/response?day=2026-11-22&lang=en").await.text;
    assert_eq!(other.matches("not reported, overdue").count(), 7, "{other}");
    assert!(
        room.daemon.get("/response?day=2026-11-21").await.text.contains("该日不在应急响应期间")
    );
    assert_eq!(room.daemon.get("/response?day=x").await.problem(400).0, "bad_parameter");
    let warnings = room.daemon.get("/warnings").await.text;
    assert!(warnings.contains("<a href=\"/response?area=dalian"), "{warnings}");
    room.end().await;
    // Names come from persons: they are text.
    let room = Room::in_response();
    let mut marked = day("示例港区", 1);
    (marked["reporter"], marked["remark"]) = ("<b>王".into(), "\"><script>".into());
    assert_eq!(room.post(DAYS, &marked).await.status, StatusCode::OK);
    let page = room.daemon.get("/response").await.text;
    assert!(!page.contains("<b>王") && !page.contains("<script>") && page.contains("王"), "{page}");
    room.end().await;
}

#[tokio::test]
async fn without_a_list_or_a_response_there_is_nothing_to_carry_out() {
    let room = Room::new(None, records());
    assert!(room.daemon.get("/response").await.text.contains("未配置应急减排清单"));
    for path in [DAYS, STEPS, FILE] {
        let body =
            if path == STEPS { step("示例城区", "delivered") } else { day("示例城区", 1) };
        let (_, detail) = room.post(path, &body).await.problem(404);
        assert_eq!(detail, "no emergency-measures list is configured", "{path}");
    }
    room.end().await;
    let room = Room::new(Some(edition()), Vec::new());
    let page = room.daemon.get("/response").await.text;
    for part in ["当前没有生效的应急响应", "预警发布后生成", "该日不在应急响应期间"]
    {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert_eq!(room.daemon.get(DAYS).await.problem(404).0, "not_found");
    let refused = room.post(DAYS, &day("示例城区", 1)).await;
    assert_eq!(refused.problem(409).1, "not_in_response");
    room.end().await;
    let view = View {
        areas: vec![Arc::new(empty("x", "某市", hour("2026-11-23", 1)))],
        simulated: false,
    };
    let page = Daemon::over(view).get("/response").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.text.contains("模拟"), "{}", page.text);
}
