//! The JSON API: figures with their reasons, and errors as problem documents.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use lantian::http::{Act, Config, EntityId, Health};
use lantian::observation::Dataset;
use lantian::pipeline::{HourState, View};
use lantian::standard::Practice;
use lantian::time::HourLabel;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use super::sample::{CLEAN, area, dalian, empty, figures, hour, place, steady};
use super::{Daemon, Shelf};

pub(super) fn over_dalian() -> Daemon {
    Daemon::over(View { areas: vec![Arc::new(dalian())], simulated: false })
}

#[tokio::test]
async fn health_and_readiness_are_told_apart() {
    let daemon = over_dalian();
    assert_eq!(daemon.get("/healthz").await.text, "ok\n");
    assert_eq!(daemon.get("/readyz").await.text, "ready\n");
    let reasons = vec!["clock jumped by 2 h".to_owned()];
    daemon.health.send_replace(Health { ready: false, reasons });
    let answer = daemon.get("/readyz").await;
    assert_eq!(answer.problem(503).0, "unavailable");
    assert!(answer.text.contains("\"reasons\":[\"clock jumped by 2 h\"]"));
    assert_eq!(daemon.get("/healthz").await.text, "ok\n", "the process still answers");
}

#[tokio::test]
async fn areas_name_their_sets_and_members() {
    let areas = over_dalian().get("/api/v1/areas").await.json();
    let dalian = &areas[0];
    assert_eq!(dalian["area"], "dalian");
    assert_eq!(dalian["name"], "大连");
    assert_eq!(dalian["newest_hour"], "2026-11-23T14:00:00+08:00");
    assert_eq!(dalian["sets"][0]["entity"], "dalian");
    assert_eq!(dalian["sets"][0]["stations"].as_array().map(Vec::len), Some(10));
    assert_eq!(dalian["sets"][1]["entity"], "dalian/urban");
    assert_eq!(dalian["sets"][1]["name"], "市区");
    assert_eq!(dalian["simulated"], false);
}

#[tokio::test]
async fn the_newest_hour_carries_all_that_it_rests_on() {
    let json = over_dalian().get("/api/v1/areas/dalian/latest").await.json();
    let latest = &json["latest"];
    assert_eq!(latest["time"], "2026-11-23T14:00:00+08:00");
    assert_eq!(latest["hour_ending"], "15时");
    assert_eq!(latest["state"], "published");
    assert_eq!(latest["version"], 1);
    assert_eq!(latest["edition"], "hj633_2026");
    assert_eq!(latest["practice"], "letter");
    assert_eq!(latest["dataset"], "realtime");
    assert_eq!(latest["dataset_zh"], "实况(未审核)");
    assert_eq!(latest["index"]["aqi"], 131);
    assert_eq!(latest["index"]["aqi_reason"], Value::Null);
    assert_eq!(latest["index"]["category"], "light");
    assert_eq!(latest["index"]["category_zh"], "轻度污染");
    assert_eq!(latest["index"]["primary_pollutants"], json!(["pm2_5"]));
    assert_eq!(latest["index"]["iaqi"]["pm10"], 107);
    assert_eq!(latest["concentrations"]["pm2_5_ug_m3"], 94);
    assert_eq!(latest["rolling_24h"]["pm2_5_ug_m3"], 89);
    assert_eq!(latest["coverage"]["pm10"], json!({"present": 7, "expected": 10}));
    assert_eq!(json["sets"][0]["entity"], "dalian/urban");
    assert_eq!(json["sets"][0]["latest"]["index"]["aqi"], 129);
    assert_eq!(json["silent_stations"], json!(["1085A", "1086A"]));
    assert_eq!(json["sequence"], 417);
}

#[tokio::test]
async fn the_day_so_far_has_its_hours_and_changes() {
    let json = over_dalian().get("/api/v1/areas/dalian/latest").await.json();
    let day = &json["latest"]["day_so_far"];
    assert_eq!(day["day"], "2026-11-23");
    assert_eq!(day["until_hour_ending"], "15时");
    assert_eq!(day["hours_counted"], 15);
    assert_eq!(day["index"]["aqi"], 130);
    assert_eq!(day["means"]["pm2_5_ug_m3"], 93);
    assert_eq!(day["o3_8h_max_ug_m3"], 40);
    assert_eq!(day["change_on_hour_before"]["aqi"], 0);
    assert_eq!(day["change_on_hour_before"]["means"]["pm2_5_ug_m3"], 1);
    assert_eq!(day["change_on_same_hour_yesterday"]["aqi"], 21);
    assert_eq!(day["change_on_same_hour_yesterday"]["reason"], Value::Null);
}

#[tokio::test]
async fn decimals_are_written_as_they_are() {
    let text = over_dalian().get("/api/v1/areas/dalian/latest").await.text;
    assert!(text.contains("\"co_mg_m3\":1.0"), "{text}");
    assert!(text.contains("\"co_mg_m3\":0.9"), "{text}");
    for noise in ["00000", "99999"] {
        assert!(!text.contains(noise), "{noise}");
    }
}

#[tokio::test]
async fn no_aqi_is_null_with_its_reason() {
    let no_pm = |_| [None, Some(40), Some(6), Some(18), Some(4), Some(60)];
    let stations = vec![place("a", "甲", no_pm)];
    let area = area("x", "某市", hour("2026-11-23", 15), stations, &[]);
    let daemon = Daemon::over(View { areas: vec![Arc::new(area)], simulated: true });
    let json = daemon.get("/api/v1/areas/x/latest").await.json();
    let index = &json["latest"]["index"];
    assert_eq!(index["aqi"], Value::Null);
    assert_eq!(index["aqi_reason"], "missing_and_not_above_100");
    assert_eq!(index["category"], Value::Null);
    assert_eq!(index["missing"], json!(["pm2_5"]));
    assert_eq!(json["latest"]["concentrations"]["pm2_5_ug_m3"], Value::Null);
    assert_eq!(json["latest"]["simulated"], true);
}

#[tokio::test]
async fn before_the_first_hour_latest_is_null_with_its_reason() {
    let area = empty("dalian", "大连", hour("2026-11-23", 15));
    let daemon = Daemon::over(View { areas: vec![Arc::new(area)], simulated: false });
    let json = daemon.get("/api/v1/areas/dalian/latest").await.json();
    assert_eq!(json["latest"], Value::Null);
    assert_eq!(json["latest_reason"], "no_hour_published");
    assert_eq!(json["silent_stations"], json!([]), "nothing is due yet");
}

#[tokio::test]
async fn a_revised_hour_says_so() {
    let mut area = dalian();
    let last = area.sets[0].hours.last_mut().expect("held");
    (last.state, last.version) = (HourState::Revised, 2);
    let daemon = Daemon::over(View { areas: vec![Arc::new(area)], simulated: false });
    let json = daemon.get("/api/v1/areas/dalian/latest").await.json();
    assert_eq!(json["latest"]["state"], "revised");
    assert_eq!(json["latest"]["version"], 2);
}

#[tokio::test]
async fn stations_show_position_kind_and_silence() {
    let daemon = over_dalian();
    let all = daemon.get("/api/v1/stations").await.json();
    let all = all.as_array().expect("a list");
    assert_eq!(all.len(), 12);
    let find = |code: &str| all.iter().find(|s| s["station"] == code).expect("listed");
    assert_eq!(find("1077A")["latitude_deg"], 38.914);
    assert_eq!(find("1077A")["assessed"], true);
    assert_eq!(find("1086A")["silent"], true);
    assert_eq!(find("1086A")["last_hour"], "2026-11-22T08:00:00+08:00");
    assert_eq!(find("2101M")["kind"], "micro");
    assert_eq!(find("0999X")["in_operation"], false);
    let one = daemon.get("/api/v1/stations?area=dalian").await.json();
    assert_eq!(one.as_array().map(Vec::len), Some(12));
    assert_eq!(daemon.get("/api/v1/stations?area=x").await.problem(404).0, "not_found");
}

#[tokio::test]
async fn a_station_shows_figures_readings_and_meteorology() {
    let json = over_dalian().get("/api/v1/stations/1080A/latest").await.json();
    assert_eq!(json["station"]["name"], "周水子");
    assert_eq!(json["latest"]["concentrations"]["pm10_ug_m3"], Value::Null);
    assert_eq!(
        json["readings"]["pm10"],
        json!({"value": 412, "unit": "µg/m³", "validity": "flag_maintenance"})
    );
    assert_eq!(json["readings"]["co"]["validity"], "negative");
    assert_eq!(json["readings"]["wind_speed"]["value"], Value::Null);
    let json = over_dalian().get("/api/v1/stations/1077A/latest").await.json();
    assert_eq!(json["readings"]["wind_speed"]["value"], 2.1);
    assert_eq!(json["readings"]["pressure"]["unit"], "hPa");
    assert!(json["latest"]["day_so_far"]["change_on_same_hour_yesterday"]["aqi"].is_i64());
}

#[tokio::test]
async fn a_code_in_two_areas_asks_for_the_area() {
    let at = hour("2026-11-23", 15);
    let one =
        |code: &str| Arc::new(area(code, code, at, vec![place("7", "七", steady(CLEAN))], &[]));
    let daemon = Daemon::over(View { areas: vec![one("x"), one("y")], simulated: false });
    assert_eq!(daemon.get("/api/v1/stations/7/latest").await.problem(409).0, "conflict");
    let json = daemon.get("/api/v1/stations/7/latest?area=y").await.json();
    assert_eq!(json["station"]["area"], "y");
}

#[tokio::test]
async fn what_is_not_there_is_a_problem() {
    let daemon = over_dalian();
    for path in [
        "/nowhere",
        "/api/v1/areas/x/latest",
        "/api/v1/stations/x/latest",
        "/api/v1/areas/x/dead-letters",
        "/api/v1/series?entity=x&from=2026-11-23&to=2026-11-23",
        "/api/v1/series?entity=dalian/x&from=2026-11-23&to=2026-11-23",
    ] {
        assert_eq!(daemon.get(path).await.problem(404).0, "not_found", "{path}");
    }
    let (code, _) = daemon.post("/api/v1/areas", None).await.problem(405);
    assert_eq!(code, "method_not_allowed");
    assert_eq!(daemon.get("/api/v1/areas/%ff/latest").await.problem(400).0, "bad_parameter");
}

/// An archive of two days of one station.
pub(super) fn shelf() -> Shelf {
    let station = place("1077A", "甘井子", steady(CLEAN));
    let at = hour("2026-11-23", 24);
    Shelf {
        figures: (0..48).rev().map(|back| figures(&station, at, back)).collect(),
        ..Shelf::default()
    }
}

pub(super) fn with_shelf(shelf: Shelf) -> Daemon {
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    Daemon::with(view, shelf, Config::default())
}

#[tokio::test]
async fn a_series_gives_the_quantities_asked_for_with_their_units() {
    let daemon = with_shelf(shelf());
    let path = "/api/v1/series?entity=1077A&from=2026-11-23&to=2026-11-23\
                &quantity=pm2_5,aqi&quantity=co_day&practice=national_platform&hour_label=end\
                &dataset=realtime";
    let json = daemon.get(path).await.json();
    let hours = json["hours"].as_array().expect("a list");
    assert_eq!(hours.len(), 24);
    assert_eq!(
        hours[0],
        json!({
            "time": "2026-11-23T00:00:00+08:00", "label": "2026-11-23 01:00", "hour_ending": "1时",
            "edition": "hj633_2026", "aqi": 40, "aqi_reason": null, "pm2_5_ug_m3": 20,
            "co_day_mg_m3": 0.4, "reviewed": false
        })
    );
    assert_eq!(
        (&json["dataset"], &json["dataset_zh"]),
        (&json!("realtime"), &json!("实况数据(未审核)"))
    );
    assert_eq!(json["practice"], "national_platform");
    assert_eq!(json["quantities"], json!(["aqi", "pm2_5", "co_day"]));
    let asked = daemon.shelf.asked.lock().expect("not poisoned");
    let station = EntityId::Station { area: "dalian".into(), station: "1077A".into() };
    assert_eq!(asked[0].entity, station);
    assert_eq!(asked[0].dataset, Dataset::Realtime);
    assert_eq!(asked[0].practice, Practice::NationalPlatform);
    assert_eq!(asked[0].to.label(HourLabel::End), "2026-11-24 00:00");
}

#[tokio::test]
async fn a_series_of_a_set_is_asked_by_area_and_set() {
    let daemon = with_shelf(shelf());
    let span = "from=2026-11-23T00:00:00%2B08:00&to=2026-11-23T05:00:00%2B08:00";
    let answer = daemon.get(&format!("/api/v1/series?entity=dalian/urban&{span}")).await.json();
    assert_eq!(answer["hours"].as_array().map(Vec::len), Some(6), "both ends are included");
    assert_eq!(answer["quantities"].as_array().map(Vec::len), Some(23), "all without a choice");
    let asked = daemon.shelf.asked.lock().expect("not poisoned");
    assert_eq!(asked[0].entity, EntityId::Set { area: "dalian".into(), set: "urban".into() });
}

#[tokio::test]
async fn faults_of_a_query_name_the_parameter() {
    let daemon = with_shelf(shelf());
    for (query, named) in [
        ("from=2026-11-23&to=2026-11-23", "entity: "),
        ("entity=dalian&to=2026-11-23", "from: "),
        ("entity=dalian&from=today&to=2026-11-23", "from: "),
        ("entity=dalian&from=2026-11-23&to=2026-11-22", "to: "),
        ("entity=dalian&from=2026-01-01&to=2026-11-22", "to: "),
        ("entity=dalian&from=2026-11-23&to=2026-11-23&quantity=pm25", "quantity: "),
        ("entity=dalian&from=2026-11-23&to=2026-11-23&practice=mine", "practice: "),
        ("entity=dalian&from=2026-11-23&to=2026-11-23&hour_label=middle", "hour_label: "),
        ("entity=dalian&from=2026-11-23&to=2026-11-23&dataset=final", "dataset: "),
        ("entity=dalian&from=2026-11-23&to=2026-11-23&from=2026-11-23", "from: "),
        ("entity=dalian&from=2026-11-23&to=2026-11-23&quantitiy=aqi", "quantitiy: "),
    ] {
        let (code, detail) = daemon.get(&format!("/api/v1/series?{query}")).await.problem(400);
        assert_eq!(code, "bad_parameter");
        assert!(detail.starts_with(named), "{query}: {detail}");
    }
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_not_an_empty_series() {
    let daemon = with_shelf(Shelf { broken: true, ..Shelf::default() });
    let path = "/api/v1/series?entity=dalian&from=2026-11-23&to=2026-11-23";
    let (code, detail) = daemon.get(path).await.problem(503);
    assert_eq!(code, "unavailable");
    assert!(!detail.contains("fire"), "the cause goes to the log");
}

#[tokio::test]
async fn dead_letters_are_listed_with_their_reason() {
    let daemon = over_dalian();
    let json = daemon.get("/api/v1/areas/dalian/dead-letters").await.json();
    assert_eq!(json.as_array().map(Vec::len), Some(2));
    assert_eq!(json[0]["reason"], "not_json");
    assert_eq!(json[0]["station"], "1077A");
    assert_eq!(json[1]["station"], Value::Null);
    assert_eq!(json[0]["first_at"], "1970-01-01T08:00:00+08:00");
    let one = daemon.get("/api/v1/areas/dalian/dead-letters?limit=1").await.json();
    assert_eq!(one.as_array().map(Vec::len), Some(1));
    for limit in ["0", "1001", "many"] {
        let path = format!("/api/v1/areas/dalian/dead-letters?limit={limit}");
        assert_eq!(daemon.get(&path).await.problem(400).0, "bad_parameter");
    }
}

#[tokio::test]
async fn a_panic_is_one_failed_answer() {
    let at = hour("2026-11-23", 15);
    let view = View {
        areas: vec![Arc::new(area("panic", "某市", at, Vec::new(), &[]))],
        simulated: false,
    };
    let daemon = Daemon::over(view);
    let (code, detail) = daemon.get("/api/v1/areas/panic/dead-letters").await.problem(500);
    assert_eq!((code.as_str(), detail.as_str()), ("internal", "the answer failed"));
    assert_eq!(daemon.get("/healthz").await.text, "ok\n");
}

const CONFIRM: &str = "/api/v1/clock/confirm";

#[tokio::test]
async fn a_write_needs_a_person_with_a_role() {
    let mut daemon = over_dalian();
    assert_eq!(daemon.post(CONFIRM, None).await.problem(401).0, "unauthorized");
    assert_eq!(daemon.post(CONFIRM, Some("guess")).await.problem(401).0, "unauthorized");
    let (code, detail) = daemon.post(CONFIRM, Some("reads")).await.problem(403);
    assert_eq!(code, "forbidden");
    assert!(detail.contains("王工"));
    assert!(daemon.acts.try_recv().is_err(), "nothing was done");
    let request = Request::post(CONFIRM).header("authorization", "Basic cnVuczo=");
    let request = request.body(Body::empty()).expect("a request");
    assert_eq!(daemon.answer(request).await.problem(401).0, "unauthorized");
}

#[tokio::test]
async fn the_engine_decides_about_an_act() {
    for token in ["runs", "rules"] {
        let mut daemon = over_dalian();
        let acts = std::mem::replace(&mut daemon.acts, tokio::sync::mpsc::channel(1).1);
        let engine = tokio::spawn(async move {
            let mut acts = acts;
            let mut answers = [Ok(()), Err("no jump to confirm".to_owned())].into_iter();
            while let Some(Act::ConfirmClock { person, reply }) = acts.recv().await {
                assert_eq!(person, "王工");
                reply.send(answers.next().expect("two acts")).expect("somebody waits");
            }
        });
        let json = daemon.post(CONFIRM, Some(token)).await.json();
        assert_eq!(json, json!({"person": "王工", "done": true}));
        let (code, detail) = daemon.post(CONFIRM, Some(token)).await.problem(409);
        assert_eq!((code.as_str(), detail.as_str()), ("conflict", "no jump to confirm"));
        drop(daemon);
        engine.await.expect("the engine did not panic");
    }
}

#[tokio::test]
async fn without_an_engine_an_act_is_refused() {
    let mut daemon = over_dalian();
    daemon.acts.close();
    assert_eq!(daemon.post(CONFIRM, Some("runs")).await.problem(503).0, "unavailable");
}

#[tokio::test]
async fn bodies_and_times_are_bounded() {
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    let config = Config { answer_timeout: Duration::from_millis(20), ..Config::default() };
    let slow = Daemon::with(view.clone(), Shelf::default(), config);
    // The act is taken, and the engine never answers.
    let answer = slow.post(CONFIRM, Some("runs")).await;
    assert_eq!(answer.problem(503).1, "the answer took too long");
    let config = Config { max_answers: 0, ..Config::default() };
    let full = Daemon::with(view.clone(), Shelf::default(), config);
    assert_eq!(full.get("/healthz").await.problem(503).1, "too many requests");
    let request = Request::post(CONFIRM).header("content-length", "1000000");
    let request = request.body(Body::from(vec![b'x'; 1_000_000])).expect("a request");
    let daemon = Daemon::over(view);
    assert_eq!(daemon.answer(request).await.problem(413).0, "body_too_large");
}

/// Every route of the API.
const ROUTES: [&str; 63] = [
    "/api/v1/advisories",
    "/api/v1/areas",
    "/api/v1/areas/{area}/corrections",
    "/api/v1/areas/{area}/dead-letters",
    "/api/v1/areas/{area}/latest",
    "/api/v1/areas/{area}/reconciliation",
    "/api/v1/areas/{area}/reprocess",
    "/api/v1/areas/{area}/revisions",
    "/api/v1/areas/{area}/room",
    "/api/v1/assessment",
    "/api/v1/clock/confirm",
    "/api/v1/consultations",
    "/api/v1/days",
    "/api/v1/dispatch/{warning}",
    "/api/v1/dispatch/{warning}/steps",
    "/api/v1/drills",
    "/api/v1/drills/{drill}/air",
    "/api/v1/drills/{drill}/stop",
    "/api/v1/duty",
    "/api/v1/duty/done",
    "/api/v1/duty/entries",
    "/api/v1/duty/entries/{entry}/close",
    "/api/v1/duty/hand-over",
    "/api/v1/duty/records",
    "/api/v1/duty/take-over",
    "/api/v1/events",
    "/api/v1/evidence/{warning}",
    "/api/v1/explain",
    "/api/v1/instructions",
    "/api/v1/measures",
    "/api/v1/measures/editions",
    "/api/v1/notices",
    "/api/v1/notices/history",
    "/api/v1/notices/test",
    "/api/v1/notices/{notice}",
    "/api/v1/notices/{notice}/acknowledge",
    "/api/v1/outlook",
    "/api/v1/outlook/hours",
    "/api/v1/outlook/skill",
    "/api/v1/papers/kept",
    "/api/v1/papers/kept/{paper}",
    "/api/v1/papers/kept/{paper}/return",
    "/api/v1/papers/kept/{paper}/review",
    "/api/v1/papers/kept/{paper}/sign",
    "/api/v1/papers/{kind}",
    "/api/v1/power",
    "/api/v1/public/air",
    "/api/v1/public/warning",
    "/api/v1/rank",
    "/api/v1/ranks",
    "/api/v1/reports/district",
    "/api/v1/reports/district/file",
    "/api/v1/roster",
    "/api/v1/roster/replacements",
    "/api/v1/series",
    "/api/v1/sms/reply",
    "/api/v1/stations",
    "/api/v1/stations/{station}/latest",
    "/api/v1/warnings",
    "/api/v1/warnings/{warning}",
    "/api/v1/warnings/{warning}/approve",
    "/api/v1/warnings/{warning}/decline",
    "/api/v1/warnings/{warning}/issue",
];

#[tokio::test]
async fn the_description_holds_every_route_of_the_api() {
    let json = over_dalian().get("/api/v1/openapi.json").await.json();
    let paths: Vec<_> = json["paths"].as_object().expect("paths").keys().cloned().collect();
    assert_eq!(paths, ROUTES);
    let confirm = &json["paths"]["/api/v1/clock/confirm"]["post"];
    assert_eq!(confirm["security"], json!([{"person": []}]));
    let schemas = json["components"]["schemas"].as_object().expect("schemas");
    for name in ["AreaLatest", "FiguresDocument", "Series", "Problem", "DeadLetter"] {
        assert!(schemas.contains_key(name), "{name}");
    }
    // Every reference leads somewhere.
    let text = json.to_string();
    for reference in text.split("\"#/components/schemas/").skip(1) {
        let name = reference.split('"').next().expect("a name");
        assert!(schemas.contains_key(name), "{name}");
    }
}

#[tokio::test]
async fn it_serves_and_ends_when_told() {
    let daemon = over_dalian();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("bound");
    let cancel = daemon.cancel.clone();
    let services = daemon.services.clone();
    let config = Config::default();
    let served = tokio::spawn(lantian::http::serve(listener, services, config, cancel.clone()));
    let asked = tokio::task::spawn_blocking(move || {
        let mut answer = ureq::get(format!("http://{address}/healthz")).call().expect("an answer");
        answer.body_mut().read_to_string().expect("text")
    });
    assert_eq!(asked.await.expect("asked"), "ok\n");
    // An open live stream does not keep the daemon from ending.
    let stream = tokio::net::TcpStream::connect(address).await.expect("connected");
    let (mut reader, mut writer) = stream.into_split();
    writer.write_all(b"GET /events HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("written");
    let mut seen = String::new();
    while !seen.contains("event: view") {
        let mut chunk = vec![0; 65_536];
        let n = reader.read(&mut chunk).await.expect("read");
        assert!(n > 0, "ended early: {seen}");
        seen.push_str(&String::from_utf8_lossy(&chunk[..n]));
    }
    cancel.cancel();
    let served = tokio::time::timeout(Duration::from_secs(30), served).await;
    served.expect("in time").expect("no panic").expect("no fault");
}
