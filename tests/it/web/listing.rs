//! Lists page by page and as CSV, and answers that are known already.

use std::sync::Arc;

use axum::body::Body;
use axum::http::Request;
use lantian::http::Config;
use lantian::pipeline::View;

use super::api::{over_dalian, shelf, with_shelf};
use super::execution::records;
use super::sample::dalian;
use super::{Answer, Daemon, Shelf};

const LETTERS: &str = "/api/v1/areas/dalian/dead-letters";
const TRAIL: &str = "/api/v1/areas/dalian/corrections";

async fn get(daemon: &Daemon, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = Request::get(path).header("authorization", "Bearer reads");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    daemon.answer(request.body(Body::empty()).expect("a request")).await
}

/// The address of a link `<…>; rel="next"`.
fn next(answer: &Answer) -> Option<String> {
    let link = answer.header("link").strip_prefix('<')?;
    link.strip_suffix(">; rel=\"next\"").map(str::to_owned)
}

#[tokio::test]
async fn a_list_goes_on_by_its_link_without_gap_or_repetition() {
    let daemon = over_dalian();
    for (path, key) in [(LETTERS, "cursor"), (TRAIL, "number")] {
        let whole = get(&daemon, path, &[]).await;
        assert_eq!(next(&whole), None, "a page that is not full is the last");
        let (mut rows, mut at) = (Vec::new(), Some(format!("{path}?limit=1")));
        while let Some(page) = at {
            let answer = get(&daemon, &page, &[]).await;
            rows.extend(answer.json().as_array().expect("a list").clone());
            at = next(&answer);
        }
        assert_eq!(serde_json::Value::from(rows.clone()), whole.json(), "{path}");
        assert_ne!(rows[0][key], rows[1][key]);
    }
    for wrong in ["x", "-", "5-x", "5-9223372036854775808"] {
        let path = format!("{LETTERS}?before={wrong}");
        assert_eq!(daemon.get(&path).await.problem(400).0, "bad_parameter", "{wrong}");
    }
}

/// Every list that the description says goes on takes the link that it gives, and the days that it names.
#[tokio::test]
async fn every_list_that_has_a_link_can_be_followed() {
    let description = over_dalian().get("/api/v1/openapi.json").await.json();
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    let shelf = Shelf { records: records(), ..Shelf::default() };
    let (letters, daemon) = (over_dalian(), Daemon::with(view, shelf, Config::default()));
    let paths = description["paths"].as_object().expect("paths");
    let (mut lists, mut followed) = (0, 0);
    for (path, operations) in paths {
        let read = &operations["get"];
        if read["responses"]["200"]["headers"]["Link"].is_null() {
            continue;
        }
        lists += 1;
        let at = path.replace("{area}", "dalian");
        let of_letters = path.ends_with("dead-letters");
        let daemon = if of_letters { &letters } else { &daemon };
        let before = if of_letters { "9-9" } else { "9" };
        let pages = [format!("{at}?limit=1"), format!("{at}?limit=1&before={before}")];
        let names = read["parameters"].as_array().expect("parameters").iter();
        let days = names.filter(|named| named["name"] == "from" || named["name"] == "to");
        let days: Vec<_> = days.map(|named| named["name"].as_str().expect("a name")).collect();
        assert_eq!(days, ["from", "to"], "{path}");
        for page in
            pages.into_iter().chain(days.iter().map(|name| format!("{at}?{name}=2026-11-22")))
        {
            let answer = get(daemon, &page, &[]).await;
            assert_eq!(answer.status.as_u16(), 200, "{page}: {}", answer.text);
            if let Some(next) = next(&answer) {
                followed += 1;
                let older = get(daemon, &next, &[]).await;
                assert_eq!(older.status.as_u16(), 200, "{next}: {}", older.text);
            }
        }
    }
    assert!(lists >= 8 && followed >= 3, "{lists} lists, {followed} links");
}

#[tokio::test]
async fn a_list_is_csv_where_it_is_asked_for() {
    let daemon = over_dalian();
    let answer = daemon.get(&format!("{LETTERS}?format=csv")).await;
    assert_eq!((answer.status.as_u16(), answer.media.as_str()), (200, "text/csv; charset=utf-8"));
    let mut lines = answer.text.lines();
    let header = "station,first_at,last_at,count,reason,detail,topic,payload";
    assert_eq!(lines.next(), Some(header));
    let first = "1077A,1970-01-01T08:00:00+08:00,1970-01-01T09:00:00+08:00,3,not_json,at byte 4,\
                 aq/dalian/1077A/obs,\"{\"\"st<script>\"";
    assert_eq!(lines.next(), Some(first));
    assert!(lines.next().is_some_and(|line| line.starts_with(",1970")), "missing is empty");
    let page = daemon.get(&format!("{LETTERS}?format=csv&limit=1")).await;
    assert!(next(&page).is_some_and(|link| link.contains("format=csv")));
    assert_eq!(daemon.get(&format!("{LETTERS}?format=xml")).await.problem(400).0, "bad_parameter");
    assert_eq!(daemon.get("/api/v1/areas?format=csv").await.problem(400).0, "bad_parameter");
    assert_eq!(daemon.get(&format!("{TRAIL}?format=csv")).await.problem(401).0, "unauthorized");
}

#[tokio::test]
async fn hours_as_csv_have_the_columns_of_the_quantities_in_their_order() {
    let daemon = with_shelf(shelf());
    let path = "/api/v1/series?entity=1077A&from=2026-11-23&to=2026-11-23&quantity=pm2_5,aqi,o3_8h";
    let text = daemon.get(&format!("{path}&format=csv")).await.text;
    let header = "time,label,hour_ending,edition,reviewed,aqi,aqi_reason,pm2_5_ug_m3,o3_8h_ug_m3";
    assert_eq!(text.lines().next(), Some(header));
    let json = daemon.get(path).await.json();
    let row = &json["hours"][0];
    let cells: Vec<&str> = text.lines().nth(1).expect("a row").split(',').collect();
    assert_eq!(cells[0], row["time"]);
    assert_eq!(cells[5], row["aqi"].to_string());
    assert_eq!(cells[6], "", "a null is nothing");
    assert_eq!(cells[7], row["pm2_5_ug_m3"].to_string());
    let none = daemon.get(&format!("{path}&format=csv").replace("11-23", "11-20")).await;
    assert_eq!(none.text.lines().collect::<Vec<_>>(), [header], "no hours, and still their header");
}

#[tokio::test]
async fn what_is_known_is_not_sent_again() {
    let daemon = over_dalian();
    for path in ["/api/v1/areas", "/api/v1/areas/dalian/latest", "/api/v1/openapi.json", TRAIL] {
        let first = get(&daemon, path, &[]).await;
        assert_eq!(first.header("cache-control"), "no-cache", "{path}");
        let weak = format!("\"else\", W/{}", first.tag);
        for known in [first.tag.as_str(), &weak, "*"] {
            let again = get(&daemon, path, &[("if-none-match", known)]).await;
            assert_eq!((again.status.as_u16(), again.text.as_str()), (304, ""), "{path} {known}");
            assert_eq!(again.tag, first.tag);
        }
        let other = get(&daemon, path, &[("if-none-match", "\"else\"")]).await;
        assert_eq!((other.status.as_u16(), &other.text), (200, &first.text));
    }
    let csv = daemon.get("/api/v1/stations?format=csv").await.tag;
    assert_ne!(csv, daemon.get("/api/v1/stations").await.tag, "other bytes, another tag");
}

#[tokio::test]
async fn another_answer_has_another_tag_and_who_may_not_read_is_told_so() {
    let daemon = over_dalian();
    let path = "/api/v1/areas/dalian/latest";
    let before = daemon.get(path).await.tag;
    let mut area = dalian();
    area.sequence += 1;
    daemon.view.send_replace(Arc::new(View { areas: vec![Arc::new(area)], simulated: false }));
    let after = get(&daemon, path, &[("if-none-match", &before)]).await;
    assert_eq!(after.status.as_u16(), 200);
    assert_ne!(after.tag, before);
    let tag = get(&daemon, TRAIL, &[]).await.tag;
    let request = Request::get(TRAIL).header("if-none-match", tag);
    let answer = daemon.answer(request.body(Body::empty()).expect("a request")).await;
    assert_eq!(answer.problem(401).0, "unauthorized");
}

#[tokio::test]
async fn a_head_has_the_tag_of_its_get() {
    let daemon = over_dalian();
    let request = Request::head("/api/v1/areas").body(Body::empty()).expect("a request");
    let head = daemon.answer(request).await;
    let get = daemon.get("/api/v1/areas").await;
    assert_eq!((head.tag.as_str(), head.text.as_str()), (get.tag.as_str(), ""));
    assert_eq!(head.header("content-length"), get.text.len().to_string());
}

#[tokio::test]
async fn records_are_of_the_days_that_are_asked_for() {
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    let shelf = Shelf { records: records(), ..Shelf::default() };
    let daemon = Daemon::with(view, shelf, Config::default());
    let count = async |span: &str| {
        let json = daemon.get(&format!("/api/v1/warnings?{span}")).await.json();
        json["records"].as_array().map(Vec::len)
    };
    let all = count("").await;
    assert!(all > Some(1));
    assert_eq!(count("from=2026-11-22&to=2026-11-22").await, all, "all are of the 22nd");
    assert_eq!(count("from=2026-11-22").await, all);
    assert_eq!(count("from=2026-11-23").await, Some(0));
    assert_eq!(count("to=2026-11-21").await, Some(0));
    for wrong in ["from=2026-11-23&to=2026-11-22", "from=today", "to="] {
        let path = format!("/api/v1/warnings?{wrong}");
        assert_eq!(daemon.get(&path).await.problem(400).0, "bad_parameter", "{wrong}");
    }
}
