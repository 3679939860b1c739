//! The description of the API, and the page that shows it.

use std::collections::BTreeSet;
use std::path::Path;

use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value, json};

use super::api::over_dalian;
use crate::parts::root;

/// Every operation: path, method, what is said of it.
async fn operations() -> (Value, Vec<(String, String, Value)>) {
    let document = over_dalian().get("/api/v1/openapi.json").await.json();
    let paths = document["paths"].as_object().expect("paths");
    let of = |(path, methods): (&String, &Value)| {
        let methods = methods.as_object().expect("operations").iter();
        let all: Vec<_> = methods.map(|(m, of)| (path.clone(), m.clone(), of.clone())).collect();
        all
    };
    let all = paths.iter().flat_map(of).collect();
    (document, all)
}

#[tokio::test]
async fn operations_have_a_name_of_their_own_and_a_group_that_is_listed() {
    let (document, all) = operations().await;
    let groups: BTreeSet<_> = document["tags"]
        .as_array()
        .expect("tags")
        .iter()
        .map(|t| t["name"].clone().to_string())
        .collect();
    let mut names = BTreeSet::new();
    for (path, method, of) in &all {
        assert!(names.insert(of["operationId"].to_string()), "{method} {path}");
        assert_ne!(of["operationId"], Value::Null, "{method} {path}");
        assert!(of["summary"].as_str().is_some_and(|s| s.len() > 9), "{method} {path}");
        let [group] = of["tags"].as_array().expect("a group").as_slice() else { panic!("{path}") };
        assert!(groups.contains(&group.to_string()), "{path}: {group}");
    }
    assert!(all.len() > 60, "{}", all.len());
}

#[tokio::test]
async fn every_parameter_says_what_it_may_be() {
    let says = ["enum", "minimum", "format", "pattern", "examples"];
    for (path, method, of) in operations().await.1 {
        for parameter in of["parameters"].as_array().into_iter().flatten() {
            let schema = &parameter["schema"];
            let told = says.iter().any(|key| !schema[key].is_null()) || schema["type"] == "boolean";
            assert!(told, "{method} {path}: {parameter}");
            assert!(schema["type"].is_string(), "a query has no null: {method} {path} {parameter}");
        }
        let named = path.matches('{').count();
        let in_path =
            of["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "path");
        assert_eq!(in_path.count(), named, "{method} {path}");
    }
}

#[tokio::test]
async fn every_refusal_is_described_as_a_problem() {
    for (path, method, of) in operations().await.1 {
        let answers = of["responses"].as_object().expect("answers");
        for (status, answer) in answers {
            assert_ne!(answer["description"], "", "{method} {path} {status}");
            if !status.starts_with('2') && !status.starts_with('3') {
                let content = json!({"application/problem+json":
                    {"schema": {"$ref": "#/components/schemas/Problem"}}});
                assert_eq!(answer["content"], content, "{method} {path} {status}");
            }
        }
        let has = |status: &str| answers.contains_key(status);
        assert!(has("503"), "{method} {path}");
        assert!(has("401") == of.get("security").is_some(), "{method} {path}");
        assert!(!of.get("requestBody").is_some_and(Value::is_object) || has("413") && has("400"));
        assert!(method != "post" || has("403") || path.ends_with("/sms/reply"), "{path}");
    }
}

fn sources(dir: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(dir).expect("a directory") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(std::fs::read_to_string(&path).expect("text"));
        }
    }
}

/// Two of one name would be one in the description.
#[test]
fn no_two_schemas_share_a_name() {
    let (mut texts, mut seen) = (Vec::new(), BTreeSet::new());
    sources(&root().join("src"), &mut texts);
    let derived = texts.iter().flat_map(|text| text.split("ToSchema)]").skip(1));
    for item in derived {
        let words = item.split(|c: char| !c.is_alphanumeric() && c != '_');
        let mut after = words.skip_while(|word| !matches!(*word, "struct" | "enum")).skip(1);
        let name = after.next().expect("a name");
        assert!(seen.insert(name.to_owned()), "{name}");
    }
    assert!(seen.len() > 80, "{}", seen.len());
}

#[tokio::test]
async fn a_method_that_is_not_there_is_told_with_those_that_are() {
    let daemon = over_dalian();
    let request = Request::delete("/api/v1/warnings").body(Body::empty()).expect("a request");
    let answer = daemon.answer(request).await;
    assert_eq!(answer.problem(405).0, "method_not_allowed");
    assert_eq!(answer.header("allow"), "GET,HEAD,POST");
    assert_eq!(daemon.get("/api/v1/nothing").await.problem(404).0, "not_found");
}

#[tokio::test]
async fn a_head_is_answered_as_its_get_without_a_body() {
    let daemon = over_dalian();
    for path in ["/api/v1/areas", "/", "/api", "/healthz", "/favicon.ico"] {
        let request = Request::builder().method(Method::HEAD).uri(path);
        let answer = daemon.answer(request.body(Body::empty()).expect("a request")).await;
        assert_eq!((answer.status.as_u16(), answer.text.as_str()), (200, ""), "{path}");
    }
    assert_eq!(daemon.get("/favicon.ico").await.media, "image/svg+xml");
}

#[tokio::test]
async fn the_page_shows_every_operation_and_schema_and_runs_nothing() {
    let page = over_dalian().get("/api").await;
    assert_eq!((page.status.as_u16(), page.media.as_str()), (200, "text/html; charset=utf-8"));
    let (document, all) = operations().await;
    for (_, method, of) in &all {
        let id = format!("<article id={}", of["operationId"]);
        assert!(page.text.contains(&id), "{id}");
        assert!(page.text.contains(&format!("m-{}\"", method.to_uppercase())));
    }
    for name in document["components"]["schemas"].as_object().expect("schemas").keys() {
        assert!(page.text.contains(&format!("<article id=\"schema-{name}\"")), "{name}");
    }
    for link in page.text.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(page.text.contains(&format!("id=\"{link}\"")), "{link} leads nowhere");
    }
    assert!(!page.text.contains("<script") && !page.text.contains("style=\""));
    assert!(!page.text.contains("src=\"http") && !page.text.contains("href=\"http"));
    assert!(page.text.contains("href=\"/api/v1/openapi.json\""));
}

#[tokio::test]
async fn what_the_page_offers_to_try_can_be_asked() {
    let daemon = over_dalian();
    let page = daemon.get("/api").await.text;
    let links: Vec<_> = page.split("Try: <a href=\"").skip(1).collect();
    for link in &links {
        let link =
            link.split('"').next().expect("a link").replace("&#38;", "&").replace("&amp;", "&");
        let answer = daemon.get(&link).await;
        // Something may not be there in this air; nothing is asked wrongly.
        assert!(matches!(answer.status.as_u16(), 200 | 404), "{link}: {}", answer.text);
    }
    assert!(links.len() > 15, "{}", links.len());
}

#[tokio::test]
async fn a_record_has_a_number_that_can_be_counted_to() {
    let daemon = over_dalian();
    for path in ["/api/v1/warnings", "/api/v1/duty/records", "/api/v1/notices/history"] {
        let most = format!("{path}?before={}", i64::MAX);
        assert_eq!(daemon.get(&most).await.status.as_u16(), 200, "{path}");
        for wrong in ["9223372036854775808", "-1", "1.5", ""] {
            let (code, told) = daemon.get(&format!("{path}?before={wrong}")).await.problem(400);
            assert!(
                code == "bad_parameter" && told.starts_with("before: "),
                "{path} {wrong}: {told}"
            );
        }
    }
}

/// Whether there is a gateway at all is not told to somebody who is none.
#[tokio::test]
async fn nobody_without_a_token_learns_whether_answers_are_taken() {
    let daemon = over_dalian();
    assert_eq!(daemon.post("/api/v1/sms/reply", None).await.problem(401).0, "unauthorized");
    assert_eq!(daemon.post("/api/v1/sms/reply", Some("x")).await.problem(404).0, "not_found");
}

#[tokio::test]
async fn what_asks_for_nothing_refuses_what_it_does_not_know() {
    for path in ["/api/v1/areas", "/api/v1/areas/dalian/latest", "/api/v1/areas/dalian/room"] {
        let (code, _) = over_dalian().get(&format!("{path}?offset=1")).await.problem(400);
        assert_eq!(code, "bad_parameter", "{path}");
    }
}
