//! A drill beside a running daemon: by the command from beginning to end, and by hand over the API; marked
//! wherever it shows, and nowhere in public.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use super::warning::{ISSUER, OPERATOR, forecast, get, get_as, post, public, started, with_list};
use super::{Place, Running, STATIONS, audit_is_clean};

/// `lantian drill` over the place's configuration: exit code and what it told.
fn drill(place: &Place, token: &str) -> (Option<i32>, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lantian"))
        .args(["drill", "--level", "red", "--config"])
        .arg(place.path("lantian.toml"))
        .env("LANTIAN_TOKEN", token)
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

/// A daemon with a day of air.
fn with_air(place: &Place) -> Running {
    let mut daemon = started(place);
    place.publish(0..30);
    daemon.wait_until("taken", |d| d.accepted() >= u64::from(30 * STATIONS));
    daemon
}

#[test]
fn the_command_goes_the_whole_way_and_leaves_the_real_warnings_as_they_were() {
    let Some(place) = Place::new() else { return };
    with_list(&place);
    let mut daemon = with_air(&place);
    let (code, _, told) = drill(&place, "");
    assert_eq!(code, Some(1));
    assert!(told.contains("LANTIAN_TOKEN must give the token of an issuer"), "{told}");
    let (code, _, told) = drill(&place, "guess");
    assert_eq!((code, told.contains("401")), (Some(65), true), "{told}");
    let (code, told, faults) = drill(&place, ISSUER);
    assert_eq!(code, Some(0), "{told}{faults}");
    let lines: Vec<&str> = told.lines().collect();
    assert!(lines.iter().all(|line| line.contains("【演练】")), "{told}");
    for step in [
        "设定为红色预警情景",
        "预警建议：启动红色预警",
        "会商",
        "批准（登记）",
        "启动重污染天气红色预警（Ⅰ级应急响应）",
        "已生效",
        "个区县和部门签收并反馈",
        "解除重污染天气预警",
        "演练结束",
    ] {
        assert!(told.contains(step), "{step} is missing in {told}");
    }
    let standing = get(&daemon, "/api/v1/warnings?limit=200");
    assert_eq!((&standing["drill"], &standing["proposal"]), (&Value::Null, &Value::Null));
    let records = standing["records"].as_array().unwrap();
    let unmarked = records.iter().find(|r| !r["text_zh"].as_str().unwrap().starts_with("【演练】"));
    assert_eq!(unmarked, None, "nothing happened but the drill");
    assert_eq!(public(&place, &daemon)["in_force"], Value::Null);
    // Its tasks stand in its records, marked.
    let issued = records.iter().rfind(|r| r["what"]["kind"] == "issued").unwrap();
    let path = format!("/api/v1/dispatch/{}", issued["what"]["warning"]);
    let (status, tasks) = get_as(&daemon, &path, OPERATOR);
    assert_eq!((status, &tasks["drill"]), (200, &issued["drill"]), "{tasks}");
    assert_eq!(tasks["districts"][1]["step"], "returned", "{tasks}");
    assert!(!daemon.get("/response").contains("已反馈"), "nothing real was carried out");
    assert_eq!(daemon.end("-TERM"), Some(0));
    audit_is_clean(&place.store());
}

#[test]
fn without_a_daemon_the_command_runs_one_for_as_long_as_the_drill_lasts() {
    let Some(place) = Place::new() else { return };
    let (code, told, faults) = drill(&place, "");
    assert_eq!(code, Some(0), "{told}{faults}");
    assert!(told.contains("【演练】演练预警已解除，演练结束。"), "{told}");
    // Its own token is of no use any more.
    let players = lantian::store::Sqlite::open(&place.store()).unwrap().tokens().unwrap();
    assert_eq!(players.len(), 1);
    assert!(players[0].revoked.is_some());
    audit_is_clean(&place.store());
}

#[test]
fn a_drill_whose_own_daemon_is_ended_is_ended_before_it() {
    let Some(place) = Place::new() else { return };
    let mut child = Command::new(env!("CARGO_BIN_EXE_lantian"))
        .args(["drill", "--level", "yellow", "--by-hand", "--config"])
        .arg(place.path("lantian.toml"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut told = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(told.any(|line| line.contains("【演练】预警建议")), "it waits for a person");
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
    assert!(told.any(|line| line.ends_with("【演练】演练终止：演练程序被中断。")));
    assert_eq!(child.wait().unwrap().code(), Some(65), "not the whole way");
    let mut daemon = place.start();
    assert_eq!(get(&daemon, "/api/v1/warnings")["drill"], Value::Null);
    assert_eq!(daemon.end("-TERM"), Some(0));
}

#[test]
fn by_hand_it_shows_on_page_and_metrics_through_a_crash_until_a_real_warning_comes() {
    let Some(place) = Place::new() else { return };
    let mut daemon = with_air(&place);
    let begin = json!({ "level": "yellow" });
    assert_eq!(post(&daemon, "/api/v1/drills", "guess", &begin).0, 401);
    assert_eq!(post(&daemon, "/api/v1/drills", OPERATOR, &json!({ "level": "blue" })).0, 400);
    let (status, begun) = post(&daemon, "/api/v1/drills", OPERATOR, &begin);
    assert_eq!(status, 200, "{begun}");
    assert_eq!(post(&daemon, "/api/v1/drills", OPERATOR, &begin).0, 409, "one at a time");
    daemon.end("-KILL");
    let mut daemon = place.start();
    let standing = get(&daemon, "/api/v1/warnings");
    let of = &standing["drill"];
    assert_eq!((&of["drill"], &of["level_zh"]), (&begun["number"], &"黄色".into()));
    assert_eq!(standing["proposal"], Value::Null, "nothing real waits");
    let (warning, proposal) = (&of["warning"], &of["proposal"]["proposal"]);
    let approval = json!({ "proposal": proposal, "target": "yellow", "approver": "演练指挥长",
        "office": "演练指挥部", "document": "演练1号", "approved": standing["now"] });
    let path = format!("/api/v1/warnings/{warning}/approve");
    assert_eq!(post(&daemon, &path, ISSUER, &approval).0, 404, "no real warning has the number");
    let path = format!("{path}?drill=true");
    assert_eq!(post(&daemon, &path, OPERATOR, &approval).0, 403, "as in a real one");
    assert_eq!(post(&daemon, &path, ISSUER, &approval).0, 200);
    let page = daemon.get("/warnings");
    assert!(page.contains("【演练】应急演练进行中") && page.contains("【演练】预警建议"), "{page}");
    assert!(daemon.get("/").contains("【演练】应急演练进行中"));
    let metrics = daemon.get("/metrics");
    let waiting = |drill: &str| format!("lantian_warning_waiting{{area=\"x\",drill=\"{drill}\"}}");
    assert!(metrics.contains(&format!("{} 1", waiting("true"))), "{metrics}");
    assert!(metrics.contains(&format!("{} 0", waiting("false"))), "{metrics}");
    assert_eq!(public(&place, &daemon)["coming"], Value::Null);
    forecast(&place);
    daemon.wait_until("over", |d| get(d, "/api/v1/warnings")["drill"].is_null());
    let standing = get(&daemon, "/api/v1/warnings");
    assert_eq!(standing["proposal"]["target"], "orange", "the real one went first");
    assert_eq!(standing["records"][0]["text_zh"], "【演练】出现真实的预警建议，演练立即中止。");
    assert!(!daemon.get("/metrics").contains("drill=\"true\""));
    let (status, refused) = post(&daemon, "/api/v1/drills", OPERATOR, &begin);
    let told = refused["detail"].as_str().unwrap();
    assert_eq!((status, told.contains("真实的预警建议")), (409, true), "{told}");
    assert_eq!(daemon.end("-TERM"), Some(0));
    audit_is_clean(&place.store());
}
