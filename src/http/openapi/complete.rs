//! What every operation of the API has in common, said once in its description.
//!
//! In: the document that the handlers describe. Out: the same with names of operations, groups, the types,
//! ranges and examples of parameters and fields that recur, and the answers that come from the bounds around
//! every handler.
//!
//! Invariants: what a handler says of itself stands; nothing here depends on the air, so the document is one
//! for a build.
//!
//! Why after the handlers: a parameter such as `dataset` stands at ten operations, and a status such as 503
//! at all of them; each written ten times would differ ten ways.
//!
//! Source: OpenAPI 3.1; RFC 9457 (problem documents).

use serde_json::{Map, Value, json};

use crate::http::listing;
use crate::http::problem::PROBLEM_JSON;

/// Groups of operations: by how their paths begin, their name and what it says.
/// The longest beginning that fits counts.
pub(in crate::http) const GROUPS: [(&str, &[&str], &str); 12] = [
    ("now", &["areas", "stations"], "实况 Areas and stations, and their newest hour"),
    (
        "figures",
        &["series", "days", "assessment", "rank", "explain"],
        "小时值、日值、评价与排名 Hours, days, assessments, ranks, and why a figure is what it is",
    ),
    ("outlook", &["outlook"], "预报 What is forecast, and how well"),
    (
        "warnings",
        &["warnings", "consultations", "instructions", "advisories", "drills"],
        "预警、会商与演练 Warnings, consultations, drills",
    ),
    (
        "response",
        &["measures", "dispatch", "reports", "evidence", "power"],
        "应急响应 Measures, tasks, districts' reports, electricity",
    ),
    ("notices", &["notices", "roster", "sms"], "通知与值班表 Notices and the roster"),
    ("duty", &["duty"], "值班 The shift book"),
    ("papers", &["papers"], "报表 Papers, and those that are kept"),
    (
        "corrections",
        &["areas/{area}/corrections", "areas/{area}/revisions"],
        "人工订正与发布后变更 Corrections, and what changed after it was published",
    ),
    ("reconciliation", &["areas/{area}/reconciliation"], "对账 Against the national platform"),
    ("public", &["public"], "对外 What the public may know"),
    (
        "operation",
        &["areas/{area}/dead-letters", "areas/{area}/reprocess", "clock", "events"],
        "运行维护与事件 Refused messages, the clock, what happens",
    ),
];

/// Completes the document.
pub(super) fn complete(document: &mut Value) {
    let groups = GROUPS.map(|(name, _, text)| json!({"name": name, "description": text}));
    document["tags"] = json!(groups);
    for (schema, field, more) in FIELDS {
        let place = format!("/components/schemas/{schema}/properties/{field}");
        let more = words_or_format(more);
        if let Some(Value::Object(found)) = document.pointer_mut(&place) {
            found.extend(more);
        }
    }
    let Some(paths) = document["paths"].as_object_mut() else { return };
    for (path, operations) in paths {
        let parameters = operations["get"]["parameters"].clone();
        for (method, operation) in operations.as_object_mut().into_iter().flatten() {
            let Some(operation) = operation.as_object_mut() else { continue };
            // A paper is made by what it is asked for by.
            if method == "post" && path == "/api/v1/papers/{kind}" {
                let asked = parameters.as_array().into_iter().flatten();
                let asked = asked.filter(|p| p["name"] != "format").cloned();
                operation.insert("parameters".into(), asked.collect());
            }
            operation.insert("operationId".into(), json!(identifier(method, path)));
            operation.insert("tags".into(), json!([group(path)]));
            if method == "get" {
                listing::describe(path, operation);
            }
            complete_parameters(path, operation);
            complete_answers(method, path, operation);
        }
    }
}

/// The name of an operation: its method and its path.
fn identifier(method: &str, path: &str) -> String {
    let path = path.strip_prefix("/api/v1/").unwrap_or(path).replace(['{', '}'], "");
    format!("{method}_{}", path.replace(|c: char| !c.is_ascii_alphanumeric(), "_"))
}

/// The group of a path.
fn group(path: &str) -> &'static str {
    let path = path.strip_prefix("/api/v1/").unwrap_or(path);
    let of = |(name, begins, _): &(&'static str, &[&str], &str)| {
        let fits = begins.iter().filter(|begin| path.starts_with(**begin));
        fits.map(|begin| begin.len()).max().map(|length| (length, *name))
    };
    GROUPS.iter().filter_map(of).max_by_key(|(length, _)| *length).map_or("operation", |(_, n)| n)
}

fn complete_parameters(path: &str, operation: &mut Map<String, Value>) {
    let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) else {
        return;
    };
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap_or_default().to_owned();
        let is_text = parameter["schema"]["type"] == "string"
            || parameter["schema"]["type"] == json!(["string", "null"]);
        // Absent is said by `required`; a query has no null.
        if let Some(kinds) = parameter["schema"]["type"].as_array() {
            let kind = kinds.iter().find(|kind| **kind != "null").cloned();
            parameter["schema"]["type"] = kind.unwrap_or_default();
        }
        let more = parameter_schema(path, &name, is_text);
        if let Some(schema) = parameter["schema"].as_object_mut() {
            schema.extend(more);
        }
    }
}

/// What a parameter may be, where it stands in the query or the path.
fn parameter_schema(path: &str, name: &str, is_text: bool) -> Map<String, Value> {
    let end = path.rsplit('/').next().unwrap_or_default();
    let schema = match (end, name) {
        ("reconciliation", "limit") => {
            json!({"minimum": 1, "maximum": 10_000, "default": 1_000, "format": "int32"})
        }
        (_, "limit") => json!({"minimum": 1, "maximum": 1_000, "default": 100, "format": "int32"}),
        (_, "after") => json!({"examples": ["210200-1077A"]}),
        ("dead-letters", "before") => json!({"examples": ["1795503600000-17"]}),
        ("series", "from" | "to") => json!({"examples": ["2026-11-23", "2026-11-23 14:00"]}),
        (_, "from" | "to" | "day") => json!({"format": "date", "examples": ["2026-11-23"]}),
        (_, "month") => json!({"pattern": "^[0-9]{4}-[0-9]{2}$", "examples": ["2026-11"]}),
        (_, "area") => json!({"minLength": 1, "examples": ["dalian"]}),
        (_, "entity") => json!({"minLength": 1, "examples": ["dalian", "dalian/urban"]}),
        (_, "station") => json!({"minLength": 1, "examples": ["210200-1077A"]}),
        ("explain", "quantity") => json!({"minLength": 1, "examples": ["aqi", "pm2_5_24h"]}),
        (_, "quantity") => json!({"examples": ["aqi,pm2_5"]}),
        (_, "time") => json!({"examples": ["2026-11-23T14:00:00+08:00"]}),
        (_, "practice") => json!({"enum": ["letter", "national_platform"]}),
        (_, "dataset") => json!({"enum": ["realtime", "reviewed", "best"]}),
        (_, "edition") => json!({"enum": ["in_force", "2012", "2026"]}),
        (_, "dust") => json!({"enum": ["measured", "dust_recognised", "dust_reported"]}),
        (_, "hour_label") => json!({"enum": ["begin", "end"]}),
        (_, "by") => json!({"enum": ["aqi", "composite", "pm2_5", "pm10", "o3", "no2", "so2", "co",
            "good_days", "change", "pm2_5_change"]}),
        ("rank", "span") => json!({"examples": ["hour", "2026-11"]}),
        (_, "span") => json!({"examples": ["2026-11", "ytd:2026-11-22"]}),
        (_, "compare") => json!({"examples": ["year_before,period_before"]}),
        (_, "set") => json!({"minLength": 1, "examples": ["dalian"]}),
        (_, "kind") => {
            json!({"enum": ["daily", "brief", "forecast", "weekly", "monthly", "ranking",
            "leader", "consultation", "approval", "notice", "tasks", "review", "response",
            "feedback", "shift"]})
        }
        (_, "format") if !path.contains("/papers/{") => {
            json!({"enum": ["json", "csv"], "default": "json"})
        }
        (_, "format") => {
            json!({"enum": ["json", "html", "text", "csv", "xlsx", "docx"], "default": "json"})
        }
        (_, "last_event_id") => json!({"examples": ["19abf3c2e10-417"]}),
        (_, "cause") => json!({"enum": crate::reconciliation::Cause::ALL.map(|c| c.name())}),
        (_, "receiver") => json!({"minLength": 1, "examples": ["市工信局"]}),
        _ if is_text => json!({}),
        _ => return Map::new(),
    };
    schema.as_object().cloned().unwrap_or_default()
}

/// Fields of bodies that persons send: words that they may hold, or the form of a text.
const FIELDS: [(&str, &str, &str); 24] = [
    ("EnteredCorrection", "time", "date-time"),
    ("EnteredCorrection", "act", "set|invalidate|withdraw"),
    ("Proposed", "target", "yellow|orange|red|lift"),
    ("ApprovedOnPaper", "target", "yellow|orange|red|lift"),
    ("ApprovedOnPaper", "approved", "date-time"),
    ("IssuedByPerson", "issued", "date-time"),
    ("IssuedByPerson", "effective_from", "date-time"),
    ("IssuedByPerson", "response", "yellow|orange|red|"),
    ("Consulted", "held", "date-time"),
    ("Consulted", "proposes", "yellow|orange|red|lift|"),
    ("Instructed", "level", "yellow|orange|red|lift"),
    ("Instructed", "from", "date-time"),
    ("Advised", "sort", "pollution|good_day"),
    ("Advised", "until", "date-time"),
    ("EnteredStep", "step", "delivered|signed|returned"),
    ("EnteredStep", "at", "date-time"),
    ("EnteredStep", "means", "system|phone|fax|message|paper|in_person"),
    ("EnteredDay", "day", "date"),
    ("Written", "sort", "call|instruction|equipment|note"),
    ("Written", "happened", "date-time"),
    ("DoneElsewhere", "at", "date-time"),
    ("ReadBySomebody", "way", "phone|chat|in_person|"),
    ("ReadBySomebody", "said", "date-time"),
    ("Begun", "level", "yellow|orange|red"),
];

/// `a|b|c`: one of these, null where one is empty; else the form of a text.
fn words_or_format(more: &str) -> Map<String, Value> {
    let one = |word: &str| if word.is_empty() { Value::Null } else { json!(word) };
    let schema = match more.contains('|') {
        true => json!({"enum": more.split('|').map(one).collect::<Vec<_>>()}),
        false => json!({"format": more}),
    };
    schema.as_object().cloned().unwrap_or_default()
}

/// The answers that come from the bounds around every handler, and the form of all that refuse.
fn complete_answers(method: &str, path: &str, operation: &mut Map<String, Value>) {
    let takes_body = operation.contains_key("requestBody");
    let named = |parameters: &Value| {
        let all = parameters.as_array().into_iter().flatten();
        all.clone().any(|p| p["in"] == "path" || p["name"] == "area" || p["name"] == "entity")
    };
    let names_something = operation.get("parameters").is_some_and(named);
    let asks = operation.contains_key("parameters") || takes_body;
    let secured = operation.contains_key("security");
    let Some(answers) = operation.get_mut("responses").and_then(Value::as_object_mut) else {
        return;
    };
    let shared = [
        ("400", asks, "a parameter or the body cannot be followed; `detail` begins with its name"),
        ("401", secured, "no token, or an unknown one"),
        ("403", secured && method == "post", "the person's role does not allow it"),
        ("404", names_something, "no such area, entity or record"),
        ("409", false, "refused as things stand, with the reason"),
        (
            "304",
            method == "get" && !path.ends_with("/events"),
            "what `If-None-Match` names is still the answer",
        ),
        ("413", takes_body, "the body is too long"),
        (
            "503",
            true,
            "too many answers in work, too slow, or the store or the engine does not answer",
        ),
    ];
    for (status, always, why) in shared {
        if always {
            answers.entry(status).or_insert_with(|| json!({"description": why}));
        }
        if let Some(answer) = answers.get_mut(status).filter(|a| a["description"] == "") {
            answer["description"] = json!(why);
        }
    }
    for (status, answer) in answers.iter_mut() {
        if status.starts_with(['4', '5']) {
            let schema = json!({"schema": {"$ref": "#/components/schemas/Problem"}});
            answer["content"] = json!({ PROBLEM_JSON: schema });
        } else if answer["description"] == "" {
            answer["description"] = json!("as asked");
        }
    }
    if method == "get" && !path.ends_with("/events") {
        answers["200"]["headers"]["ETag"] = json!({"schema": {"type": "string"},
            "description": "names these bytes, for `If-None-Match`"});
    }
    if method == "get" && path.starts_with("/api/v1/papers/") && path.ends_with('}') {
        papers(&mut answers["200"]["content"]);
    }
}

/// A paper in its formats.
fn papers(content: &mut Value) {
    for format in crate::report::Format::ALL {
        content[format.media()] = json!({"schema": {"type": "string"}});
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_named_by_its_method_and_path() {
        assert_eq!(identifier("get", "/api/v1/areas/{area}/latest"), "get_areas_area_latest");
        assert_eq!(identifier("post", "/api/v1/duty/hand-over"), "post_duty_hand_over");
    }

    #[test]
    fn the_longer_beginning_of_a_path_decides_its_group() {
        assert_eq!(group("/api/v1/areas/{area}/corrections"), "corrections");
        assert_eq!(group("/api/v1/areas/{area}/latest"), "now");
        assert_eq!(group("/api/v1/ranks"), "figures");
    }
}
