//! A warning beside a running daemon: forecast over MQTT, acts of persons over the API, kill -9 between them;
//! and nothing that is not issued leaves by a public route or a retained topic.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use lantian::measures::daily_columns;
use lantian::store::{Role, Sqlite};
use lantian::time::Instant as Moment;
use lantian::warning::Count;
use rumqttc::{AsyncClient, Event, MqttOptions, Packet, QoS};
use serde_json::{Value, json};

use super::{Place, Running, STATIONS, audit_is_clean};
use crate::broker::free_port;

pub(super) const ISSUER: &str = "issuer-token-of-the-tests";
pub(super) const OPERATOR: &str = "operator-token-of-the-tests";

/// The kinds of records of the whole way, evaluations left out.
const LIFE: [&str; 7] =
    ["recommended", "consulted", "approved", "issued", "took_effect", "task_step", "district_day"];

fn add_persons(store: &Path) {
    let store = Sqlite::open(store).unwrap();
    for (token, person, role) in
        [(ISSUER, "赵签发", Role::Issuer), (OPERATOR, "王值班", Role::Operator)]
    {
        store.add_token(token, person, role, Moment::default()).unwrap();
    }
}

/// What stays at the broker under `lantian/x/`, by topic.
#[expect(clippy::disallowed_methods, reason = "a process of its own runs by the wall clock")]
fn retained(place: &Place) -> BTreeMap<String, Value> {
    let id = format!("watcher-{}", free_port());
    let options = MqttOptions::new(id, "127.0.0.1", place.broker.port);
    let hearing = async {
        let (client, mut events) = AsyncClient::new(options, 10);
        client.subscribe("lantian/#", QoS::AtLeastOnce).await.unwrap();
        let (begun, mut all) = (Instant::now(), BTreeMap::new());
        // Two beats: what stands there is as new as the daemon.
        while begun.elapsed() < Duration::from_millis(2500) {
            let event = tokio::time::timeout(Duration::from_millis(200), events.poll()).await;
            if let Ok(event) = event
                && let Event::Incoming(Packet::Publish(publish)) = event.unwrap()
            {
                let said = serde_json::from_slice(&publish.payload).unwrap();
                all.insert(publish.topic, said);
            }
        }
        all
    };
    tokio::runtime::Runtime::new().unwrap().block_on(hearing)
}

/// Posts a body with a token: status and answer.
pub(super) fn post(daemon: &Running, path: &str, token: &str, body: &Value) -> (u16, Value) {
    post_bytes(daemon, path, token, body.to_string().as_bytes())
}

fn post_bytes(daemon: &Running, path: &str, token: &str, body: &[u8]) -> (u16, Value) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build();
    let url = format!("http://127.0.0.1:{}{path}", daemon.port);
    let request = ureq::Agent::from(agent).post(&url);
    let request = request.header("authorization", &format!("Bearer {token}"));
    let mut answer = request.send(body).unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null))
}

/// Asks with a token: status and answer.
pub(super) fn get_as(daemon: &Running, path: &str, token: &str) -> (u16, Value) {
    let (status, text) = get_text_as(daemon, path, token);
    (status, serde_json::from_str(&text).unwrap_or(Value::Null))
}

pub(super) fn get_text_as(daemon: &Running, path: &str, token: &str) -> (u16, String) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build();
    let url = format!("http://127.0.0.1:{}{path}", daemon.port);
    let request = ureq::Agent::from(agent).get(&url);
    let mut answer = request.header("authorization", &format!("Bearer {token}")).call().unwrap();
    let text = answer.body_mut().read_to_string().unwrap();
    (answer.status().as_u16(), text)
}

pub(super) fn get(daemon: &Running, path: &str) -> Value {
    serde_json::from_str(&daemon.get(path)).unwrap_or(Value::Null)
}

/// What the public sees, by route and by retained topic: nothing in it speaks of what is not issued.
pub(super) fn public(place: &Place, daemon: &Running) -> Value {
    let shown = get(daemon, "/api/v1/public/warning");
    let topics = retained(place);
    assert_eq!(topics.keys().collect::<Vec<_>>(), ["lantian/x/status", "lantian/x/warning"]);
    assert_eq!(topics["lantian/x/warning"], shown);
    let all = format!("{topics:?}");
    // Nor of how a response is carried out.
    let execution =
        ["task_step", "district", "deliver", "plants", "任务单", "日报", "送达", "签收"];
    let unissued = ["recommend", "proposal", "evaluat", "approv", "consult", "built_in", "建议"];
    for word in unissued.into_iter().chain(execution).chain(["drill", "演练"]) {
        assert!(!all.contains(word), "{word} leaks: {all}");
    }
    shown
}

/// Names the sample of a list of measures in the configuration.
pub(super) fn with_list(place: &Place) {
    let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/seeds/measures/2026.xlsx");
    std::fs::copy(sample, place.path("list.xlsx")).unwrap();
    let config = std::fs::read_to_string(place.path("lantian.toml")).unwrap();
    let with_list = format!("{config}[measures]\nfiles = [\"list.xlsx\"]\n");
    std::fs::write(place.path("lantian.toml"), with_list).unwrap();
}

/// Publishes a forecast of two heavy days from the 3rd on.
pub(super) fn forecast(place: &Place) {
    let days = json!([
        { "date": "2026-11-02", "aqi": [40, 60] },
        { "date": "2026-11-03", "aqi": [180, 220], "primary": ["pm2_5"] },
        { "date": "2026-11-04", "aqi": [190, 210], "primary": ["pm2_5"] },
        { "date": "2026-11-05", "aqi": [60, 80] },
    ]);
    let forecast =
        json!({ "office": "市监测中心", "issued": "2026-11-02T05:30:00+08:00", "days": days });
    let message = ("aq/x/forecast".to_owned(), forecast.to_string().into_bytes());
    place.publish_all(vec![message]);
}

/// An approval of a proposal, and what is issued on it.
pub(super) fn papers(proposal: &Value) -> (Value, Value) {
    let approval = json!({ "proposal": proposal, "target": "orange", "approver": "李副市长",
        "office": "市人民政府", "document": "大政预〔2026〕3号",
        "approved": "2026-11-02T05:40:00+08:00" });
    let notice = json!({ "proposal": proposal, "issuer": "指挥部办公室", "document": "第3号",
        "issued": "2026-11-02T05:50:00+08:00", "effective_from": "2026-11-03T00:00:00+08:00" });
    (approval, notice)
}

/// A task is delivered and a district reports; the room sees it, the public does not.
fn execute(place: &Place, daemon: &Running, warning: &Value) {
    let issue = &get(daemon, "/api/v1/warnings")["in_force"]["record"];
    let step = json!({ "issue": issue, "receiver": "示例城区", "step": "delivered", "contact": "刘某",
        "at": "2026-11-03T01:00:00+08:00", "means": "system" });
    let steps = format!("/api/v1/dispatch/{warning}/steps");
    assert_eq!(post(daemon, &steps, "guess", &step).0, 401);
    assert_eq!(post(daemon, &steps, OPERATOR, &step).0, 200);
    assert_eq!(post(daemon, &steps, OPERATOR, &step).0, 409, "delivered once");
    let counts: BTreeMap<&str, u32> = Count::ALL.iter().map(|c| (c.name(), 3)).collect();
    let day = json!({ "district": "示例城区", "day": "2026-11-03", "counts": counts,
        "reporter": "王某" });
    assert_eq!(post(daemon, "/api/v1/reports/district", OPERATOR, &day).0, 200);
    let sheet = daily_columns().join(",") + "\n示例城区,3,3,3,3,3,3,3,3,3,3,3,王某,\n";
    let file = "/api/v1/reports/district/file?day=2026-11-03";
    let (status, told) = post_bytes(daemon, file, OPERATOR, sheet.as_bytes());
    assert_eq!((status, &told["unchanged"]), (200, &json!(["示例城区"])), "the same as by hand");
    let told = get(daemon, "/api/v1/reports/district");
    assert_eq!(
        (&told["reported_count"], &told["sums"]["people_out_count"]),
        (&1.into(), &3.into())
    );
    let (_, tasks) = get_as(daemon, &format!("/api/v1/dispatch/{warning}"), OPERATOR);
    let city = tasks["districts"].as_array().unwrap().iter().find(|d| d["district"] == "示例城区");
    assert_eq!(city.unwrap()["step"], "delivered");
    assert!(daemon.get("/response").contains("已送达"));
    public(place, daemon);
}

/// A daemon on a store that knows an issuer and an operator.
pub(super) fn started(place: &Place) -> Running {
    assert_eq!(place.start().end("-TERM"), Some(0));
    add_persons(&place.store());
    place.start()
}

#[test]
fn a_warning_is_recommended_approved_and_issued_through_crashes_and_nothing_leaks_before() {
    let Some(place) = Place::new() else { return };
    with_list(&place);
    let mut daemon = started(&place);
    place.publish(0..30);
    forecast(&place);
    daemon.wait_until("taken", |d| d.accepted() > u64::from(30 * STATIONS));
    daemon.wait_until("recommended", |d| !get(d, "/api/v1/warnings")["proposal"].is_null());
    let standing = get(&daemon, "/api/v1/warnings");
    assert_eq!(standing["proposal"]["target"], "orange");
    assert_eq!(standing["rules"]["confirmed"], Value::Null);
    let (warning, proposal) = (&standing["warning"], &standing["proposal"]["proposal"]);
    assert_eq!(public(&place, &daemon)["in_force"], Value::Null);
    let page = daemon.get("/warnings");
    assert!(page.contains("须核对市预案") && page.contains("预警建议"), "{page}");
    assert!(page.contains("减排缺口") && page.contains("氮氧化物"), "{page}");
    let list = get(&daemon, "/api/v1/measures");
    assert_eq!((&list["overdue"], &list["shortfall"][2]["level"]), (&false.into(), &"red".into()));
    let dispatch = format!("/api/v1/dispatch/{warning}");
    assert_eq!(get_as(&daemon, &dispatch, "guess").0, 401, "it names persons and telephones");
    assert_eq!(get_as(&daemon, &dispatch, OPERATOR).0, 404, "nothing was issued");

    let (approval, notice) = papers(proposal);
    let path = |act: &str| format!("/api/v1/warnings/{warning}/{act}");
    assert_eq!(post(&daemon, &path("approve"), "guess", &approval).0, 401);
    assert_eq!(post(&daemon, &path("approve"), OPERATOR, &approval).0, 403);
    assert_eq!(post(&daemon, "/api/v1/warnings/9999/approve", ISSUER, &approval).0, 404);
    let (status, refused) = post(&daemon, &path("issue"), ISSUER, &notice);
    assert_eq!(
        (status, refused["detail"].as_str().unwrap()),
        (409, "尚未登记批准，不得发布（not_approved）")
    );
    let consultation = json!({ "held": "2026-11-02T05:35:00+08:00", "conclusion": "同意启动橙色预警",
        "participants": [{ "office": "市气象台", "name": "孙工", "opinion": "静稳持续" }] });
    assert_eq!(post(&daemon, "/api/v1/consultations", OPERATOR, &consultation).0, 200);
    let (status, done) = post(&daemon, &path("approve"), ISSUER, &approval);
    assert_eq!((status, &done["person"]), (200, &"赵签发".into()));
    assert_eq!(public(&place, &daemon)["coming"], Value::Null, "approved, not issued");

    daemon.end("-KILL");
    let mut daemon = place.start();
    assert_eq!(post(&daemon, &path("approve"), ISSUER, &approval).0, 409, "it is registered");
    assert_eq!(post(&daemon, &path("issue"), ISSUER, &notice).0, 200);
    daemon.end("-KILL");
    let mut daemon = place.start();
    assert_eq!(post(&daemon, &path("issue"), ISSUER, &notice).0, 409, "nothing is issued twice");
    let shown = public(&place, &daemon);
    assert_eq!((&shown["coming"]["level"], &shown["in_force"]), (&"orange".into(), &Value::Null));

    let (status, tasks) = get_as(&daemon, &dispatch, OPERATOR);
    assert_eq!((status, &tasks["level"]), (200, &"orange".into()));
    assert_eq!(tasks["edition_digest"], list["digest"]);
    assert!(!tasks["districts"].as_array().unwrap().is_empty());

    // The hours go on past midnight: it takes effect.
    place.publish(30..52);
    daemon.wait_until("in effect", |d| !get(d, "/api/v1/warnings")["in_force"].is_null());
    assert_eq!(public(&place, &daemon)["in_force"]["response_zh"], "Ⅱ级");
    execute(&place, &daemon, warning);
    let line = get(&daemon, &format!("/api/v1/warnings/{warning}"));
    let issued = line.as_array().unwrap().iter().find(|r| r["what"]["kind"] == "issued").unwrap();
    let digest = list["digest"].as_str().unwrap();
    assert!(issued["what"]["measures"].as_str().unwrap().ends_with(digest), "{issued}");
    let kinds: Vec<&str> =
        line.as_array().unwrap().iter().map(|r| r["what"]["kind"].as_str().unwrap()).collect();
    let kinds: Vec<&str> = kinds.into_iter().filter(|kind| *kind != "evaluated").collect();
    assert_eq!(kinds, LIFE);
    assert_eq!(daemon.end("-TERM"), Some(0));
    audit_is_clean(&place.store());
}

#[test]
fn a_forecast_an_instruction_and_a_proposal_can_be_entered_by_hand() {
    let Some(place) = Place::new() else { return };
    let mut daemon = started(&place);
    place.publish(0..3);
    daemon.wait_until("taken", |d| d.accepted() == u64::from(3 * STATIONS));
    let enter = |path: &str, body: Value| post(&daemon, path, OPERATOR, &body);
    let bad = json!({ "office": "a", "issued": "2026-11-01T02:00:00+08:00",
        "days": [{ "date": "2026-11-02", "aqi": [20, 10] }] });
    let (status, problem) = enter("/api/v1/outlook", bad);
    assert_eq!(status, 400);
    assert!(problem["detail"].as_str().unwrap().contains("`days[0].aqi`"), "{problem}");
    let good = json!({ "office": "a", "issued": "2026-11-01T02:00:00+08:00",
        "days": [{ "date": "2026-11-02", "aqi": [10, 20] }] });
    assert_eq!(enter("/api/v1/outlook", good.clone()).0, 200);
    assert_eq!(enter("/api/v1/outlook", good).0, 409, "the same");
    let order = json!({ "office": "省指挥部", "document": "辽气办〔2026〕1号", "level": "yellow",
        "from": "2026-11-01T02:00:00+08:00", "file": "来文.pdf" });
    assert_eq!(enter("/api/v1/instructions", order).0, 200);
    daemon.wait_until("ordered", |d| get(d, "/api/v1/warnings")["proposal"]["ordered"] == true);
    let enter = |path: &str, body: Value| post(&daemon, path, OPERATOR, &body);
    let lower = json!({ "target": "lift", "reason": "误报" });
    assert_eq!(enter("/api/v1/warnings", lower).0, 409);
    let higher = json!({ "target": "orange", "reason": "从严" });
    assert_eq!(enter("/api/v1/warnings", higher).0, 200);
    let advice = json!({ "sort": "good_day", "text": "今日午后扩散条件转差，请减少户外施工。",
        "until": "2026-11-01T20:00:00+08:00" });
    assert_eq!(enter("/api/v1/advisories", advice).0, 200);
    daemon.wait_until("shown", |d| {
        let page = d.get("/warnings");
        page.contains("保良提示") && page.contains("人工提出")
    });
    // PM2.5 alone gives a clean day no AQI: there is nothing to hold a forecast against.
    let skill = get(&daemon, "/api/v1/outlook/skill?from=2026-10-30");
    assert_eq!((&skill["to"], &skill["days"]), (&"2026-10-31".into(), &0.into()), "{skill}");
    assert!(daemon.get("/api/v1/outlook/skill?from=2026-12-01").starts_with("400"));
    assert_eq!(daemon.end("-TERM"), Some(0));
}
