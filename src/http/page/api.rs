//! The page of the API: every operation and schema of its description, to read and to try.
//!
//! In: the description, and the view for values that fit this daemon. Out: one document without scripts.
//!
//! Invariants: nothing stands here that is not in the description; a link tries only what reads and needs no
//! token; everything is escaped by the template.
//!
//! Why not Swagger UI: with its files built in (utoipa-swagger-ui, feature `vendored`) it brings scripts and
//! styles of others, writes styles into the page, which the site's policy forbids, and shows nothing without
//! scripts. A description is text: links, tables and folded parts show it on any browser.
//!
//! Source: design section 3 (Page: no third-party script).

use askama::Template as _;
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::{Html, IntoResponse, Response};
use serde_json::{Map, Value};

use super::file;
use crate::http::App;
use crate::http::openapi::{DOCUMENT, GROUPS};
use crate::http::paper::encoded;
use crate::http::problem::Problem;
use crate::pipeline::View;

pub(super) const STYLE: &str = include_str!("api.css");

/// A type in words, and the schema that it names.
#[derive(askama::Template)]
#[template(
    source = "{% match schema %}{% when Some(name) %}<a href=\"#schema-{{ name }}\">\
              <code>{{ text }}</code></a>{% when None %}<code>{{ text }}</code>{% endmatch %}",
    ext = "html"
)]
struct Kind {
    text: String,
    schema: Option<String>,
}

/// A parameter, or a field of a schema.
struct Field {
    name: String,
    /// `query` or `path`; empty for fields.
    place: String,
    kind: Kind,
    required: bool,
    /// Ranges, words, examples.
    bounds: String,
    told: String,
}

struct AnswerRow {
    status: String,
    told: String,
    kinds: Vec<(String, Kind)>,
}

struct Operation {
    id: String,
    method: String,
    path: String,
    summary: String,
    told: String,
    /// Whose token it needs; empty for none.
    token: &'static str,
    parameters: Vec<Field>,
    body: Option<(String, Kind)>,
    answers: Vec<AnswerRow>,
    /// What a GET with values of this daemon is; `None` where a record has to be named.
    link: Option<String>,
    curl: String,
}

struct Group {
    name: &'static str,
    told: &'static str,
    operations: Vec<Operation>,
}

struct Schema {
    name: String,
    told: String,
    kind: Kind,
    fields: Vec<Field>,
}

#[derive(askama::Template)]
#[template(path = "api.html", config = "src/http/page/askama.toml")]
struct ApiPage {
    build: &'static str,
    told: String,
    count: usize,
    groups: Vec<Group>,
    schemas: Vec<Schema>,
}

/// `GET /api`.
pub(in crate::http) async fn api(
    State(app): State<App>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = app.services.view.borrow().clone();
    let host = headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or("127.0.0.1:8080");
    let sample = Sample { view: &view, rank: app.services.lists.ranks.first().map(|r| &*r.code) };
    let html = page(&DOCUMENT, &sample, host).render();
    let html = html.map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// `GET /api.css`.
pub(in crate::http) async fn api_style(headers: HeaderMap) -> Response {
    file(&headers, "text/css; charset=utf-8", STYLE)
}

/// Values of parameters that fit this daemon.
struct Sample<'a> {
    view: &'a View,
    rank: Option<&'a str>,
}

impl Sample<'_> {
    /// A value of a parameter; `None` where only a record of this daemon would do.
    fn value(&self, parameter: &Value) -> Option<String> {
        let area = self.view.area(None);
        let day = || area.and_then(|a| a.newest).map(|hour| hour.day().to_string());
        match parameter["name"].as_str().unwrap_or_default() {
            "area" | "entity" => area.map(|a| a.registry.area.to_string()),
            "station" => area.and_then(|a| Some(a.registry.stations.first()?.id.to_string())),
            "from" | "to" => day(),
            "time" => area.and_then(|a| a.newest).map(|hour| hour.start().to_string()),
            "set" => self.rank.map(str::to_owned),
            _ => {
                let schema = &parameter["schema"];
                let given = [&schema["examples"][0], &schema["default"], &schema["enum"][0]];
                let given = given.into_iter().find(|value| !value.is_null())?;
                Some(given.as_str().map_or_else(|| given.to_string(), str::to_owned))
            }
        }
    }
}

fn page(document: &Value, sample: &Sample<'_>, host: &str) -> ApiPage {
    let mut groups: Vec<Group> =
        GROUPS.iter().map(|(name, _, told)| Group { name, told, operations: Vec::new() }).collect();
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, operations) in paths {
        for (method, operation) in operations.as_object().into_iter().flatten() {
            let group = groups.iter_mut().find(|g| operation["tags"][0] == g.name);
            let shown = operation_of((method, path), operation, (document, sample, host));
            if let Some(group) = group {
                group.operations.push(shown);
            }
        }
    }
    groups.retain(|group| !group.operations.is_empty());
    let schemas = document["components"]["schemas"].as_object().into_iter().flatten();
    ApiPage {
        build: &super::BUILD,
        told: text(&document["info"]["description"]),
        count: groups.iter().map(|group| group.operations.len()).sum(),
        groups,
        schemas: schemas.map(|(name, schema)| schema_of(name, schema)).collect(),
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn operation_of(
    (method, path): (&str, &str),
    operation: &Value,
    (document, sample, host): (&Value, &Sample<'_>, &str),
) -> Operation {
    let parameters = operation["parameters"].as_array().map_or(&[][..], Vec::as_slice);
    let needs = operation["security"].as_array().map_or(&[][..], Vec::as_slice);
    let is_free =
        needs.is_empty() || needs.iter().any(|n| n.as_object().is_some_and(Map::is_empty));
    let token = match needs.iter().find_map(|need| need.as_object()?.keys().next()) {
        None => "",
        Some(who) if who == "gateway" => "需网关令牌 gateway's token",
        Some(_) if is_free => "部分需个人令牌 token for some",
        Some(_) => "需个人令牌 person's token",
    };
    let target = target(path, parameters, sample);
    let content = operation["requestBody"]["content"].as_object();
    let body = content.and_then(|content| content.iter().next());
    // A browser would wait for the end of a stream.
    let streams = !operation["responses"]["200"]["content"]["text/event-stream"].is_null();
    let mut curl = format!("curl '{}{}'", base(host), target.as_deref().unwrap_or(path));
    if !is_free {
        curl += " -H \"Authorization: Bearer $TOKEN\"";
    }
    if let Some((media, of)) = body {
        let example = match media.as_str() {
            "application/json" => example(&of["schema"], document, 0).to_string(),
            _ => "@FILE".to_owned(),
        };
        curl += &format!(" -H 'Content-Type: {media}' --data-binary '{example}'");
    } else if method == "post" {
        curl += " -X POST";
    }
    Operation {
        id: text(&operation["operationId"]),
        method: method.to_uppercase(),
        path: path.to_owned(),
        summary: text(&operation["summary"]),
        told: text(&operation["description"]),
        token,
        parameters: parameters.iter().map(parameter_of).collect(),
        body: body.map(|(media, of)| (media.clone(), kind(&of["schema"]))),
        answers: answers(&operation["responses"]),
        link: target.filter(|_| method == "get" && is_free && !streams),
        curl,
    }
}

/// Where the daemon is asked; a name that does not look like one is not shown.
fn base(host: &str) -> String {
    let plain = host.bytes().all(|b| b.is_ascii_alphanumeric() || b".:-[]".contains(&b));
    format!("http://{}", if plain { host } else { "127.0.0.1:8080" })
}

/// The path with what it needs filled in.
fn target(path: &str, parameters: &[Value], sample: &Sample<'_>) -> Option<String> {
    let (mut target, mut query) = (path.to_owned(), String::new());
    for parameter in parameters {
        let name = parameter["name"].as_str().unwrap_or_default();
        if parameter["in"] == "path" {
            target = target.replace(&format!("{{{name}}}"), &encoded(&sample.value(parameter)?));
        } else if parameter["required"] == true {
            let joint = if query.is_empty() { '?' } else { '&' };
            query += &format!("{joint}{name}={}", encoded(&sample.value(parameter)?));
        }
    }
    Some(target + &query)
}

/// A body by its schema, to be filled in.
fn example(schema: &Value, document: &Value, depth: u8) -> Value {
    let named = schema["$ref"].as_str().and_then(|r| document.pointer(r.trim_start_matches('#')));
    let schema = named.unwrap_or(schema);
    if depth > 4 {
        return Value::Null;
    }
    let first = [&schema["examples"][0], &schema["enum"][0]];
    if let Some(given) = first.into_iter().find(|value| !value.is_null()) {
        return given.clone();
    }
    let kind = schema["type"].as_str().or_else(|| schema["type"][0].as_str());
    match kind.unwrap_or_default() {
        "object" => {
            let needed = schema["required"].as_array().into_iter().flatten();
            let needed = needed.filter_map(Value::as_str);
            let of = |name: &str| example(&schema["properties"][name], document, depth + 1);
            Value::Object(needed.map(|name| (name.to_owned(), of(name))).collect())
        }
        "array" => Value::Array(vec![example(&schema["items"], document, depth + 1)]),
        "integer" | "number" => 1.into(),
        "boolean" => true.into(),
        _ if schema["format"] == "date-time" => "2026-11-23T14:00:00+08:00".into(),
        _ if schema["format"] == "date" => "2026-11-23".into(),
        _ => "…".into(),
    }
}

fn answers(responses: &Value) -> Vec<AnswerRow> {
    let rows = responses.as_object().into_iter().flatten();
    let row = |(status, answer): (&String, &Value)| {
        let content = answer["content"].as_object().into_iter().flatten();
        AnswerRow {
            status: status.clone(),
            told: text(&answer["description"]),
            kinds: content.map(|(media, of)| (media.clone(), kind(&of["schema"]))).collect(),
        }
    };
    rows.map(row).collect()
}

fn parameter_of(parameter: &Value) -> Field {
    Field {
        name: text(&parameter["name"]),
        place: text(&parameter["in"]),
        kind: kind(&parameter["schema"]),
        required: parameter["required"] == true,
        bounds: bounds(&parameter["schema"]),
        told: text(&parameter["description"]),
    }
}

fn schema_of(name: &str, schema: &Value) -> Schema {
    let needed = schema["required"].as_array().map_or(&[][..], Vec::as_slice);
    let own = std::iter::once(schema).chain(schema["allOf"].as_array().into_iter().flatten());
    let fields = own.flat_map(|part| part["properties"].as_object().into_iter().flatten());
    let field = |(name, of): (&String, &Value)| Field {
        name: name.clone(),
        place: String::new(),
        kind: kind(of),
        required: needed.iter().any(|n| n == name),
        bounds: bounds(of),
        told: text(&of["description"]),
    };
    Schema {
        name: name.to_owned(),
        told: text(&schema["description"]),
        kind: kind(schema),
        fields: fields.map(field).collect(),
    }
}

/// A type in words.
fn kind(schema: &Value) -> Kind {
    if let Some(name) = schema["$ref"].as_str().and_then(|r| r.rsplit('/').next()) {
        return Kind { text: name.to_owned(), schema: Some(name.to_owned()) };
    }
    for joined in ["oneOf", "anyOf", "allOf"] {
        if let Some(parts) = schema[joined].as_array() {
            let parts: Vec<Kind> = parts.iter().map(kind).collect();
            let text: Vec<&str> = parts.iter().map(|part| part.text.as_str()).collect();
            let text = text.join(if joined == "allOf" { " + " } else { " | " });
            return Kind { text, schema: parts.into_iter().find_map(|part| part.schema) };
        }
    }
    let listed = schema["type"].as_array().map_or_else(
        || text(&schema["type"]),
        |kinds| kinds.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(" | "),
    );
    if listed.starts_with("array") {
        let of = kind(&schema["items"]);
        return Kind { text: listed.replacen("array", &format!("[{}]", of.text), 1), ..of };
    }
    let listed = if listed.is_empty() { "any".to_owned() } else { listed };
    match schema["format"].as_str() {
        Some(format) => Kind { text: format!("{listed} ({format})"), schema: None },
        None => Kind { text: listed, schema: None },
    }
}

/// Words, ranges, the default and an example.
fn bounds(schema: &Value) -> String {
    let shown = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut told = Vec::new();
    if let Some(words) = schema["enum"].as_array() {
        told.push(words.iter().map(shown).collect::<Vec<_>>().join(" | "));
    }
    match (&schema["minimum"], &schema["maximum"]) {
        (Value::Null, Value::Null) => {}
        (least, Value::Null) => told.push(format!("≥ {least}")),
        (least, most) => told.push(format!("{least} … {most}")),
    }
    for (key, word) in [("default", "默认 default"), ("pattern", "形式 pattern")] {
        if !schema[key].is_null() {
            told.push(format!("{word} {}", shown(&schema[key])));
        }
    }
    if let Some(examples) = schema["examples"].as_array() {
        let all: Vec<String> = examples.iter().map(shown).collect();
        told.push(format!("例 e.g. {}", all.join("、")));
    }
    told.join("；")
}
