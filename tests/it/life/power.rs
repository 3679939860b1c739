//! Electricity beside a running daemon: meters over MQTT, a file over the API, another one while no daemon
//! runs; kill -9 in between, and nothing of it on what the public sees.

use lantian::time::{Hour, HourLabel};
use serde_json::{Value, json};

use super::warning::{
    ISSUER, OPERATOR, get, get_as, get_text_as, papers, post, public, started, with_list,
};
use super::{Place, Running, STATIONS, audit_is_clean, lantian};

fn hour(text: &str) -> Hour {
    Hour::parse_label(&format!("2026-{text}:00"), HourLabel::Begin).unwrap()
}

fn message(meter: &str, hour: Hour, kwh: u32) -> (String, Vec<u8>) {
    let body = json!({ "meter": meter, "period": "PT1H", "time": hour.start().to_string(),
        "kwh": kwh });
    (format!("aq/x/power/{meter}"), body.to_string().into_bytes())
}

fn hours(from: &str, to: &str) -> impl Iterator<Item = Hour> {
    (hour(from).number()..hour(to).number()).map(Hour::from_number)
}

/// An orange response from the midnight of the 3rd on, by hand.
fn issued(daemon: &mut Running) -> Value {
    let orange = json!({ "target": "orange", "reason": "会商意见" });
    let (status, done) = post(daemon, "/api/v1/warnings", OPERATOR, &orange);
    assert_eq!(status, 200, "{done}");
    daemon.wait_until("proposed", |d| !get(d, "/api/v1/warnings")["proposal"].is_null());
    let standing = get(daemon, "/api/v1/warnings");
    let (warning, proposal) = (&standing["warning"], &standing["proposal"]["proposal"]);
    let (approval, notice) = papers(proposal);
    for (act, body) in [("approve", approval), ("issue", notice)] {
        let path = format!("/api/v1/warnings/{warning}/{act}");
        assert_eq!(post(daemon, &path, ISSUER, &body).0, 200, "{act}");
    }
    warning.clone()
}

/// The answers of a warning's lines, by meter.
fn answers(daemon: &Running, warning: &Value) -> Vec<(String, String, u64)> {
    let (status, found) = get_as(daemon, &format!("/api/v1/evidence/{warning}"), OPERATOR);
    assert_eq!(status, 200, "{found}");
    let districts = found["districts"].as_array().unwrap();
    let lines = districts.iter().flat_map(|district| district["lines"].as_array().unwrap());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    lines
        .map(|l| (text(&l["meters"][0]), text(&l["answer"]), l["counted_hours"].as_u64().unwrap()))
        .filter(|(meter, ..)| ["D-0007-01", "D-0011-01", "D-0008-01"].contains(&&**meter))
        .collect()
}

fn of(meter: &str, answer: &str, counted: u64) -> (String, String, u64) {
    (meter.to_owned(), answer.to_owned(), counted)
}

/// A file of hours labelled by their end: 50 kWh before the response, 5 since.
fn file(meter: &str) -> String {
    let begin = hour("11-03 00:00");
    let lines = hours("10-06 00:00", "11-03 06:00")
        .map(|hour| line(meter, hour, if hour < begin { 50 } else { 5 }));
    format!("meter,time,kwh\n{}", lines.collect::<String>())
}

fn line(meter: &str, hour: Hour, kwh: u32) -> String {
    format!("{meter},{},{kwh}\n", hour.label(HourLabel::End))
}

fn upload(daemon: &Running, text: &str, token: &str) -> (u16, String) {
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build();
    let url = format!("http://127.0.0.1:{}/api/v1/power?hour_label=end", daemon.port);
    let request = ureq::Agent::from(agent).post(&url);
    let request = request.header("authorization", &format!("Bearer {token}"));
    let mut answer = request.send(text).unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// Two files into a store while no daemon runs; with a fault in one of them neither is taken.
fn imported(place: &Place) {
    let (store, paths) = (place.store(), [place.path("a.csv"), place.path("b.csv")]);
    std::fs::write(&paths[0], file("D-0008-01")).unwrap();
    std::fs::write(&paths[1], "meter,time,kwh\nD-0008-01,2026-11-03 06:00,x\n").unwrap();
    let [store, a, b] = [&store, &paths[0], &paths[1]].map(|path| path.to_str().unwrap());
    let args = ["measures", "power", "--store", store, "--area", "x", "--hour-label", "end", a];
    let (code, told) = lantian(&[&args[..], &[b]].concat());
    assert_eq!(code, Some(65), "{told}");
    assert!(told.contains("b.csv第2行：kwh：“x”不是数字"), "{told}");
    let (code, told) = lantian(&args);
    assert_eq!((code, told.as_str()), (Some(0), "taken: 678 readings\n"));
}

#[test]
fn meters_tell_who_goes_on_by_feed_by_file_and_after_a_crash() {
    let Some(place) = Place::new() else { return };
    with_list(&place);
    let mut daemon = started(&place);
    place.publish(0..30);
    daemon.wait_until("taken", |d| d.accepted() == u64::from(30 * STATIONS));
    let before = hours("10-06 00:00", "11-02 05:00").map(|hour| message("D-0007-01", hour, 100));
    place.publish_all(before.collect());
    daemon.wait_until("metered", |d| d.accepted() == u64::from(30 * STATIONS) + 27 * 24 + 5);
    place.publish_all(vec![("aq/x/power/D-0007-01".to_owned(), b"{\"kwh\":-1}".to_vec())]);
    let warning = issued(&mut daemon);
    let path = format!("/api/v1/evidence/{warning}");
    assert_eq!(get_as(&daemon, &path, OPERATOR).0, 404, "issued, not in effect yet");
    daemon.end("-KILL");

    // The 3rd until 6: of its hours those from 4 on count.
    let mut daemon = place.start();
    place.publish(30..54);
    daemon.wait_until("in effect", |d| !get(d, "/api/v1/warnings")["in_force"].is_null());
    let during = hours("11-03 00:00", "11-03 06:00").map(|hour| message("D-0007-01", hour, 90));
    place.publish_all(during.collect());
    daemon.wait_until("suspected", |d| {
        answers(d, &warning).contains(&of("D-0007-01", "suspected", 2))
    });
    assert_eq!(get_as(&daemon, &path, "guess").0, 401, "it names enterprises");
    assert_eq!(upload(&daemon, &file("D-0011-01"), "guess").0, 401);
    let future = line("D-0011-01", hour("11-09 00:00"), 1);
    let (status, told) = upload(&daemon, &(file("D-0011-01") + &future), OPERATOR);
    assert!(status == 400 && told.contains("第680行：time：该小时尚未结束"), "{status} {told}");
    let (status, told) = upload(&daemon, &file("D-0011-01"), OPERATOR);
    assert_eq!((status, told.as_str()), (200, r#"{"person":"王值班","readings":678}"#));
    daemon.end("-KILL");

    let mut daemon = place.start();
    let seen = |d: &Running| get_text_as(d, "/evidence", OPERATOR).1.contains("示例涂料有限公司");
    daemon.wait_until("shown", seen);
    assert!(!daemon.get("/evidence").contains("示例涂料"), "without a token nobody is named");
    let page = get_text_as(&daemon, "/evidence", OPERATOR).1;
    assert!(page.contains("用电数据仅作线索，不作为认定依据"), "{page}");
    assert!(page.contains("疑似未落实，待核查 1 条") && !page.contains("0000-1000"), "{page}");
    let told = public(&place, &daemon).to_string();
    assert!(!told.contains("D-0007") && !told.contains("kwh"), "{told}");
    assert_eq!(daemon.end("-TERM"), Some(0));

    imported(&place);
    let mut daemon = place.start();
    daemon.wait_until("shown", seen);
    let mut found = answers(&daemon, &warning);
    found.sort();
    assert_eq!(
        found,
        [
            of("D-0007-01", "suspected", 2),
            of("D-0008-01", "reducing", 2),
            of("D-0011-01", "reducing", 2)
        ]
    );
    drop(daemon);
    audit_is_clean(&place.store());
}
