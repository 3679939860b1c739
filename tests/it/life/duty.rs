//! The monitoring room of a running daemon: a paper from draft to signature with kill -9 between the steps,
//! its text the same ever after; the shift book.

use lantian::time::Day;
use serde_json::{Value, json};

use super::warning::{ISSUER, OPERATOR, get, get_as, post, started};
use super::{Place, Running, STATIONS, audit_is_clean};

#[test]
fn a_signed_paper_keeps_its_text_and_a_revision_has_a_number_of_its_own() {
    let Some(place) = Place::new() else { return };
    let mut daemon = started(&place);
    place.publish(0..30);
    daemon.wait_until("taken", |d| d.accepted() >= u64::from(30 * STATIONS));
    let ask = "/api/v1/papers/daily";
    assert_eq!(post(&daemon, ask, "nobody", &json!({})).0, 401);
    let addition = json!({ "addition": "甘井子点位8时停电。\n已恢复。" });
    let (code, kept) = post(&daemon, ask, OPERATOR, &addition);
    assert_eq!(code, 200, "{kept}");
    let paper = &kept["number"];
    let path = format!("/api/v1/papers/kept/{paper}");
    let text = |daemon: &Running| daemon.get(&format!("{path}?format=text"));
    let draft = text(&daemon);
    assert!(
        draft.contains("编号：未编号　状态：草稿") && draft.contains("制表：王值班"),
        "{draft}"
    );
    assert!(draft.contains("补充说明") && draft.contains("甘井子点位8时停电。"), "{draft}");
    daemon.end("-KILL");

    let daemon = place.start();
    assert_eq!(text(&daemon), draft, "as it was kept");
    let sign = json!({ "signer": "李主任", "file": "日报.pdf" });
    let (code, refused) = post(&daemon, &format!("{path}/sign"), ISSUER, &sign);
    assert_eq!(
        (code, refused["detail"].as_str().unwrap()),
        (409, "尚未审核，不得签发（not_reviewed）")
    );
    let (code, refused) = post(&daemon, &format!("{path}/review"), OPERATOR, &json!({}));
    assert_eq!(code, 409, "{refused}");
    assert!(refused["detail"].as_str().unwrap().contains("制表与审核不得为同一人"));
    assert_eq!(post(&daemon, &format!("{path}/review"), ISSUER, &json!({})).0, 200);
    let mut daemon = daemon;
    daemon.end("-KILL");

    let daemon = place.start();
    assert_eq!(get(&daemon, &path)["state"], "reviewed");
    assert_eq!(post(&daemon, &format!("{path}/sign"), OPERATOR, &sign).0, 403);
    assert_eq!(post(&daemon, &format!("{path}/sign"), ISSUER, &sign).0, 200);
    let signed = text(&daemon);
    let now = get(&daemon, "/api/v1/duty")["now"].clone();
    let year = &now.as_str().unwrap()[..4];
    let number = format!("日报〔{year}〕1号");
    assert!(signed.contains(&format!("编号：{number}　状态：已签发")), "{signed}");
    assert!(signed.contains("审核：赵签发") && signed.contains("签发：李主任"), "{signed}");
    let body = |text: &str| -> Vec<String> {
        let named = |line: &&str| !line.starts_with("编号：") && !line.starts_with("制表：");
        text.lines().filter(named).map(str::to_owned).collect()
    };
    assert_eq!(body(&signed), body(&draft), "not a word is other");

    revised(&daemon, &number, &path);
    assert_eq!(text(&daemon), signed, "the one before stays as it is");
    let mut daemon = daemon;
    assert_eq!(daemon.end("-TERM"), Some(0));
    audit_is_clean(&place.store());
}

/// The same day is told anew: with a reason, a number of its own, and the number of the one before.
fn revised(daemon: &Running, number: &str, before: &str) {
    let ask = "/api/v1/papers/daily";
    let again = post(daemon, ask, OPERATOR, &json!({}));
    assert_eq!(again.0, 409, "{}", again.1);
    let reason = json!({ "reason": "甘井子点位数据修订" });
    let (code, kept) = post(daemon, ask, OPERATOR, &reason);
    assert_eq!(code, 200, "{kept}");
    let second = format!("/api/v1/papers/kept/{}", kept["number"]);
    assert_eq!(post(daemon, &format!("{second}/review"), ISSUER, &json!({})).0, 200);
    let sign = json!({ "signer": "李主任" });
    assert_eq!(post(daemon, &format!("{second}/sign"), ISSUER, &sign).0, 200);
    let revised = daemon.get(&format!("{second}?format=text"));
    let cites = format!("本期为{number}的更正，以本期为准。更正理由：甘井子点位数据修订。");
    let own = number.replace("1号", "2号");
    assert!(revised.contains(&cites) && revised.contains(&own), "{revised}");
    assert_eq!(get(daemon, before)["number"], number);
    let all = get(daemon, "/api/v1/papers/kept");
    let numbers: Vec<&Value> =
        all["signed"].as_array().unwrap().iter().map(|of| &of["number"]).collect();
    assert_eq!(numbers, [&json!(own), &json!(number)]);
    let page = daemon.get("/papers");
    assert!(page.contains(number) && page.contains("，更正理由"), "{page}");
}

#[test]
fn a_forecast_is_the_same_paper_by_its_day_and_by_its_record() {
    let Some(place) = Place::new() else { return };
    let mut daemon = started(&place);
    place.publish(0..2);
    daemon.wait_until("taken", |d| d.accepted() >= u64::from(2 * STATIONS));
    let now = get(&daemon, "/api/v1/duty")["now"].as_str().unwrap().to_owned();
    let today: Day = now[..10].parse().unwrap();
    let day = json!({ "date": today.plus(1).to_string(), "aqi": [60, 90] });
    let forecast = json!({ "office": "市监测中心", "issued": now, "days": [day] });
    let (code, entered) = post(&daemon, "/api/v1/outlook", OPERATOR, &forecast);
    assert_eq!(code, 200, "{entered}");
    // What was due is settled by the forecast itself.
    let done = get(&daemon, "/api/v1/duty/records");
    let is_done = |of: &Value| of["what"]["fixed"] == "forecast" && of["what"]["kind"] == "done";
    assert!(done.as_array().unwrap().iter().any(is_done), "{done}");
    let by_day = format!("/api/v1/papers/forecast?day={today}");
    let by_record = format!("/api/v1/papers/forecast?record={}", entered["number"]);
    let subject = |path: &str| {
        let (code, kept) = post(&daemon, path, OPERATOR, &json!({}));
        assert_eq!(code, 200, "{kept}");
        get(&daemon, &format!("/api/v1/papers/kept/{}", kept["number"]))["subject"].clone()
    };
    assert_eq!(subject(&by_day), json!(format!("x {today}")));
    assert_eq!(subject(&by_record), json!(format!("x {today}")));
    let page = daemon.get("/papers");
    assert!(page.contains(&format!("forecast?area=x&#38;entity=x&#38;day={today}")), "{page}");
    let mut daemon = daemon;
    assert_eq!(daemon.end("-TERM"), Some(0));
}

#[test]
fn a_shift_is_handed_over_with_what_is_open() {
    let Some(place) = Place::new() else { return };
    let mut daemon = started(&place);
    place.publish(0..2);
    daemon.wait_until("taken", |d| d.accepted() >= u64::from(2 * STATIONS));
    let entry =
        json!({ "sort": "call", "from": "省厅值班室", "text": "核实昨日数据", "follow_up": true });
    let (code, wrong) =
        post(&daemon, "/api/v1/duty/entries", OPERATOR, &json!({ "sort": "x", "text": "y" }));
    assert_eq!(code, 400, "{wrong}");
    let (_, entered) = post(&daemon, "/api/v1/duty/entries", OPERATOR, &entry);
    assert_eq!(post(&daemon, "/api/v1/duty/take-over", OPERATOR, &json!({})).0, 200);
    let over = json!({ "to": "赵签发", "note": "注意庄河离线" });
    let (_, over) = post(&daemon, "/api/v1/duty/hand-over", OPERATOR, &over);
    daemon.end("-KILL");
    let daemon = place.start();
    let standing = get(&daemon, "/api/v1/duty");
    assert_eq!(standing["on_duty"], "王值班", "until it is taken");
    assert_eq!(standing["handed_over"]["note"], "注意庄河离线");
    assert_eq!(standing["entries"][0]["number"], entered["number"]);
    assert!(daemon.get("/duty").contains("王值班于"), "{}", daemon.get("/duty"));
    let take = json!({ "hand_over": over["number"] });
    assert_eq!(post(&daemon, "/api/v1/duty/take-over", ISSUER, &take).0, 200);
    let close = format!("/api/v1/duty/entries/{}/close", entered["number"]);
    assert_eq!(post(&daemon, &close, ISSUER, &json!({ "how": "已核实" })).0, 200);
    let standing = get(&daemon, "/api/v1/duty");
    assert_eq!((&standing["on_duty"], &standing["entries"]), (&json!("赵签发"), &json!([])));
    let (_, records) = get_as(&daemon, "/api/v1/duty/records", OPERATOR);
    let kinds: Vec<&str> =
        records.as_array().unwrap().iter().map(|r| r["what"]["kind"].as_str().unwrap()).collect();
    let by_hand: Vec<&&str> = kinds
        .iter()
        .filter(|kind| !["overdue", "escalated", "reminded", "done", "missed"].contains(kind))
        .collect();
    let book = daemon.get("/api/v1/papers/shift?format=text");
    for told in ["省厅值班室，核实昨日数据", "交班给赵签发。未办结", "办结待办#", "核实昨日数据"]
    {
        assert!(book.contains(told), "{told}: {book}");
    }
    assert_eq!(by_hand, [&"closed", &"taken_over", &"handed_over", &"taken_over", &"entered"]);
    let mut daemon = daemon;
    assert_eq!(daemon.end("-TERM"), Some(0));
    audit_is_clean(&place.store());
}
