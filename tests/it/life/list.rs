//! Editions of the emergency-measures list over restarts of a daemon: what each one changes stands in the
//! records, what lacks its reasons is not used, and a dispatch stays what it was.

use serde_json::{Value, json};

use super::warning::{ISSUER, OPERATOR, get, get_as, post, started};
use super::{Place, Running, STATIONS, audit_is_clean};

/// The place's configuration with a sample of the list.
fn listed(place: &Place, without: &str, year: &str) {
    let sample = format!("{}/seeds/measures/{year}.xlsx", env!("CARGO_MANIFEST_DIR"));
    std::fs::copy(sample, place.path("list.xlsx")).unwrap();
    let with_list = format!("{without}[measures]\nfiles = [\"list.xlsx\"]\n");
    std::fs::write(place.path("lantian.toml"), with_list).unwrap();
}

/// Proposes, approves and issues; the number of the warning.
fn issued(daemon: &Running) -> Value {
    let proposed = json!({ "target": "orange", "reason": "演算" });
    assert_eq!(post(daemon, "/api/v1/warnings", OPERATOR, &proposed).0, 200);
    let standing = get(daemon, "/api/v1/warnings");
    let (now, warning) = (&standing["now"], &standing["warning"]);
    let proposal = &standing["proposal"]["proposal"];
    let approval = json!({ "proposal": proposal, "target": "orange", "approver": "李副市长",
        "office": "市人民政府", "document": "3号", "approved": now });
    let notice = json!({ "proposal": proposal, "issuer": "指挥部办公室", "document": "3号",
        "issued": now, "effective_from": now });
    for (act, body) in [("approve", &approval), ("issue", &notice)] {
        let path = format!("/api/v1/warnings/{warning}/{act}");
        assert_eq!(post(daemon, &path, ISSUER, body).0, 200);
    }
    warning.clone()
}

#[test]
fn a_new_edition_is_told_as_a_difference_and_one_that_does_not_hold_is_not_used() {
    let Some(place) = Place::new() else { return };
    let config = std::fs::read_to_string(place.path("lantian.toml")).unwrap();
    listed(&place, &config, "2025");
    let mut daemon = started(&place);
    place.publish(0..3);
    daemon.wait_until("taken", |d| d.accepted() >= u64::from(3 * STATIONS));
    let warning = issued(&daemon);
    let dispatch = format!("/api/v1/dispatch/{warning}");
    let (_, before) = get_as(&daemon, &dispatch, OPERATOR);
    let first = get(&daemon, "/api/v1/measures");
    assert_eq!(before["edition_digest"], first["digest"]);
    daemon.end("-KILL");

    listed(&place, &config, "2026");
    let mut daemon = place.start();
    daemon.wait_until("adopted", |d| {
        get(d, "/api/v1/measures/editions").as_array().is_some_and(|all| all.len() == 2)
    });
    let second = get(&daemon, "/api/v1/measures");
    assert_ne!(second["digest"], first["digest"]);
    let all = get(&daemon, "/api/v1/measures/editions");
    let (newest, oldest) = (&all[0]["what"], &all[1]["what"]);
    assert_eq!((&oldest["before"], &oldest["changes"]), (&Value::Null, &json!([])));
    assert_eq!((&newest["before"], &newest["digest"]), (&first["digest"], &second["digest"]));
    let changes = newest["changes"].as_array().unwrap();
    let changed = changes.iter().find(|c| c["kind"] == "changed").unwrap();
    assert!(!changed["reason"].as_str().unwrap().is_empty(), "{changed}");
    assert!(changed["fields"][0].as_str().unwrap().contains('→'), "{changed}");
    assert!(daemon.get("/warnings").contains("较上一版新增"));
    // What was issued goes on by the edition of then.
    let then = get_as(&daemon, &dispatch, OPERATOR).1;
    assert_eq!(then["edition_digest"], first["digest"]);
    assert_eq!(
        (&then["list"]["standing"], &then["list"]["filing"]),
        (&json!("replaced"), &first["filing"])
    );
    let now = format!("现行清单已更新为{}", second["filing"].as_str().unwrap());
    for page in ["/response", "/evidence"] {
        assert!(daemon.get(page).contains(&now), "{page}");
    }
    assert_eq!(daemon.end("-TERM"), Some(0));

    // The older one again: its date is not later, so it is not taken into use.
    listed(&place, &config, "2025");
    let mut daemon = place.start();
    daemon.wait_until("told", |d| d.get("/warnings").contains("新版应急减排清单未启用"));
    let shown = get(&daemon, "/api/v1/measures");
    assert_eq!(shown["digest"], second["digest"]);
    let told = shown["refused"][0].as_str().unwrap();
    assert!(told.contains("实施日期"), "{told}");
    assert_eq!(get(&daemon, "/api/v1/measures/editions").as_array().unwrap().len(), 2);
    assert_eq!(daemon.end("-TERM"), Some(0));
    audit_is_clean(&place.store());
}
