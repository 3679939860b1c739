//! Lists as people and programs take them away: page after page by a link, and CSV beside JSON.
//!
//! In: the JSON that a handler answers. Out: the same with a `Link` to what comes next (RFC 8288), or its
//! rows as CSV where `format=csv` is asked for.
//!
//! Invariants: a cell says what the JSON says, digit for digit; what is missing is empty, never 0; a text
//! that a spreadsheet would take for a formula is text; only what stands in [`LISTS`] is a list.
//!
//! Why around the handlers: one table says which answers are lists, how they go on and which columns they
//! have; the description takes it from here too. No byte-order mark, as in `lantian export`: programs read
//! this, and a paper for a spreadsheet has one.
//!
//! Source: RFC 4180; RFC 8288.

use std::collections::BTreeMap;

use axum::body::{Body, to_bytes};
use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use super::api::ROWS;
use super::problem::Problem;
use super::{paper, series};

/// The media type of a table.
pub(super) const CSV: &str = "text/csv; charset=utf-8";

/// An answer that is a list.
struct List {
    path: &'static str,
    /// The field that holds the rows; empty where they are the answer, `.` where it is one row.
    rows: &'static str,
    /// The field of a row that `before` takes; empty where a list is whole.
    cursor: &'static str,
    /// Fields of a row, those of a field by a dot; empty where the answer names its quantities.
    columns: &'static str,
}

const RECORD: &str = "number,at,person,drill,what.kind,text_zh";

const fn list(
    path: &'static str,
    (rows, cursor): (&'static str, &'static str),
    columns: &'static str,
) -> List {
    List { path, rows, cursor, columns }
}

const LISTS: [List; 17] = [
    list(
        "/api/v1/areas/{area}/corrections",
        ("", "number"),
        "number,at,person,reason,station,quantity,time,act,amount_milli,refused",
    ),
    list(
        "/api/v1/areas/{area}/dead-letters",
        ("", "cursor"),
        "station,first_at,last_at,count,reason,detail,topic,payload",
    ),
    list("/api/v1/areas/{area}/revisions", ("", ""), "at,entity,day,cause,changes"),
    list(
        "/api/v1/areas/{area}/reconciliation",
        ("differences", ""),
        "time,hour_ending,entity,quantity,unit,ours,published,published_first,difference,cause,\
         cause_zh,evidence,evidence_zh",
    ),
    list(
        "/api/v1/stations",
        ("", ""),
        "station,area,name,district,kind,latitude_deg,longitude_deg,assessed,in_operation,\
         last_hour,silent,simulated",
    ),
    list(
        "/api/v1/stations/{station}/latest",
        (".", ""),
        "station.station,station.area,station.name,latest.time,latest.hour_ending,latest.state,\
         latest.dataset,latest.index.aqi,latest.index.aqi_reason,latest.index.category,\
         latest.index.primary_pollutants,latest.concentrations.pm2_5_ug_m3,\
         latest.concentrations.pm10_ug_m3,latest.concentrations.so2_ug_m3,\
         latest.concentrations.no2_ug_m3,latest.concentrations.co_mg_m3,\
         latest.concentrations.o3_ug_m3,latest.o3_8h_ug_m3,latest_reason,station.simulated",
    ),
    list("/api/v1/series", ("hours", ""), ""),
    list(
        "/api/v1/days",
        ("days", ""),
        "date,entity,aqi,category,primary,pm2_5_ug_m3,pm10_ug_m3,so2_ug_m3,no2_ug_m3,co_mg_m3,\
         o3_mda8_ug_m3,o3_max_1h_ug_m3,valid_hours_pm2_5,valid_hours_pm10,valid_hours_so2,\
         valid_hours_no2,valid_hours_co,valid_hours_o3,stations_valid,partial,dust_station_hours,\
         state,reason",
    ),
    list(
        "/api/v1/assessment",
        (".", ""),
        "entity,from,to,edition,practice,dataset,days_total,days_valid,days_partial,days_good,\
         good_day_ratio,days_by_category.excellent,days_by_category.good,days_by_category.light,\
         days_by_category.moderate,days_by_category.heavy,days_by_category.severe,days_heavy,\
         pm2_5_mean,pm10_mean,so2_mean,no2_mean,o3_mda8_p90,co_p95,pm2_5_p95,pm10_p95,so2_p98,\
         no2_p98,composite_index,dust,simulated",
    ),
    list(
        "/api/v1/rank",
        ("rows", ""),
        "rank,rank_from_last,tied,entity,name,own,value,now,before,category,days_valid,days_total,\
         thin,dust_station_hours,reason_zh",
    ),
    list("/api/v1/warnings", ("records", "number"), RECORD),
    list("/api/v1/consultations", ("", "number"), RECORD),
    list("/api/v1/advisories", ("released", "number"), RECORD),
    list("/api/v1/measures/editions", ("", "number"), RECORD),
    list("/api/v1/duty/records", ("", "number"), "number,at,person,what.kind,text_zh"),
    list(
        "/api/v1/notices/history",
        ("", "notice"),
        "notice,at,kind,kind_zh,title_zh,text_zh,drill,state_zh",
    ),
    list(
        "/api/v1/papers/kept",
        ("signed", "record"),
        "record,paper,number,title,signed_at,signer,person,file",
    ),
];

fn find(path: &str) -> Option<&'static List> {
    LISTS.iter().find(|list| list.path == path)
}

/// Says of an operation that reads a list how it goes on, and that it is CSV too.
pub(super) fn describe(path: &str, operation: &mut Map<String, Value>) {
    let Some(list) = find(path) else { return };
    let format = json!({"name": "format", "in": "query", "required": false,
        "description": "`json` (default), or `csv`: the rows in UTF-8; missing is empty",
        "schema": {"type": "string"}});
    let parameters = operation.entry("parameters").or_insert_with(|| json!([]));
    parameters.as_array_mut().into_iter().for_each(|all| all.push(format.clone()));
    let Some(answer) = operation.get_mut("responses").and_then(|all| all.get_mut("200")) else {
        return;
    };
    answer["content"]["text/csv"] = json!({"schema": {"type": "string"}});
    if !list.cursor.is_empty() {
        answer["headers"]["Link"] = json!({"schema": {"type": "string"},
            "description": "`rel=\"next\"`: the older rows, while there may be some (RFC 8288)"});
    }
}

/// Adds the link to what comes next, and writes CSV where it is asked for.
pub(super) async fn listed(mut request: Request, next: Next) -> Response {
    let path = request.extensions().get::<MatchedPath>();
    let list = path.and_then(|path| find(path.as_str()));
    let Some(list) = list.filter(|_| request.method() == Method::GET) else {
        return next.run(request).await;
    };
    let asked = request.uri().clone();
    let as_csv = match without_format(request.uri()) {
        Err(problem) => return problem.into_response(),
        Ok((uri, as_csv)) => {
            *request.uri_mut() = uri;
            as_csv
        }
    };
    let response = next.run(request).await;
    let is_asked = as_csv || !list.cursor.is_empty();
    if response.status() != StatusCode::OK || !is_asked {
        return response;
    }
    let (mut head, body) = response.into_parts();
    let Ok(body) = to_bytes(body, usize::MAX).await else {
        return Problem::internal("the list cannot be written", &"its body broke off")
            .into_response();
    };
    let Some((columns, rows)) = list.read(&body) else {
        return Response::from_parts(head, Body::from(body));
    };
    if let Some(link) = list.link(&asked, &rows) {
        head.headers.insert(header::LINK, link);
    }
    if !as_csv {
        return Response::from_parts(head, Body::from(body));
    }
    head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(CSV));
    head.headers.remove(header::CONTENT_LENGTH);
    match table(&columns, &rows) {
        Ok(text) => Response::from_parts(head, Body::from(text)),
        Err(e) => Problem::internal("the list cannot be written", &e).into_response(),
    }
}

/// The address without `format`, and whether that was CSV.
fn without_format(uri: &Uri) -> Result<(Uri, bool), Problem> {
    let pairs = || uri.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
    let mut formats = pairs().filter_map(|pair| pair.strip_prefix("format="));
    let as_csv = match (formats.next(), formats.next()) {
        (None, _) => return Ok((uri.clone(), false)),
        (Some("json"), None) => false,
        (Some("csv"), None) => true,
        (Some(_), None) => return Err(Problem::bad_parameter("format", "json or csv")),
        (Some(_), Some(_)) => return Err(Problem::bad_parameter("format", "stands twice")),
    };
    let rest: Vec<&str> = pairs().filter(|pair| !pair.starts_with("format=")).collect();
    let target = format!("{}?{}", uri.path(), rest.join("&"));
    let uri = target.parse().map_err(|e| Problem::bad_parameter("query", e))?;
    Ok((uri, as_csv))
}

/// A row: its fields as they are written.
type Row<'a> = BTreeMap<String, &'a RawValue>;

impl List {
    /// The columns and rows of an answer; `None` where it is not as the table says.
    fn read<'a>(&self, body: &'a [u8]) -> Option<(Vec<String>, Vec<Row<'a>>)> {
        let fixed = || self.columns.split(',').map(str::to_owned).collect();
        match self.rows {
            "" => Some((fixed(), serde_json::from_slice(body).ok()?)),
            "." => Some((fixed(), vec![serde_json::from_slice(body).ok()?])),
            rows => {
                let whole: Row<'_> = serde_json::from_slice(body).ok()?;
                let columns = match self.columns {
                    "" => series::columns(
                        &serde_json::from_str::<Vec<String>>(whole.get("quantities")?.get())
                            .ok()?,
                    ),
                    _ => fixed(),
                };
                Some((columns, serde_json::from_str(whole.get(rows)?.get()).ok()?))
            }
        }
    }

    /// Where older rows are; none after the last.
    fn link(&self, asked: &Uri, rows: &[Row<'_>]) -> Option<HeaderValue> {
        let pairs = || asked.query().unwrap_or_default().split('&').filter(|pair| !pair.is_empty());
        let limit = pairs().find_map(|pair| pair.strip_prefix("limit="));
        let limit = limit.map_or(Some(ROWS), |limit| limit.parse().ok())?;
        if self.cursor.is_empty() || rows.len() < limit {
            return None;
        }
        let cursor = cell(rows.last()?, self.cursor);
        let rest = pairs().filter(|pair| !pair.starts_with("before="));
        let before = format!("before={}", paper::encoded(&cursor));
        let query: Vec<&str> = rest.chain([before.as_str()]).collect();
        let link = format!("<{}?{}>; rel=\"next\"", asked.path(), query.join("&"));
        HeaderValue::from_str(&link).ok()
    }
}

/// Rows as CSV, with a header.
fn table(columns: &[String], rows: &[Row<'_>]) -> Result<Vec<u8>, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(columns.iter().map(|column| column.replace('.', "_")))?;
    for row in rows {
        writer.write_record(columns.iter().map(|column| cell(row, column)))?;
    }
    writer.into_inner().map_err(|e| e.into_error().into())
}

/// A field of a row as a cell.
fn cell(row: &Row<'_>, column: &str) -> String {
    let (field, inner) = column.split_once('.').map_or((column, None), |(f, i)| (f, Some(i)));
    let Some(value) = row.get(field) else { return String::new() };
    match inner {
        None => shown(value),
        Some(inner) => serde_json::from_str(value.get())
            .map_or_else(|_| String::new(), |row: Row<'_>| cell(&row, inner)),
    }
}

/// Texts as they are, lists of them joined by `;`, numbers as they are written, what is missing as nothing.
fn shown(value: &RawValue) -> String {
    let text = value.get();
    match text.as_bytes().first() {
        Some(b'n') => String::new(),
        Some(b'"') => inert(serde_json::from_str(text).unwrap_or_default()),
        Some(b'[') => match serde_json::from_str::<Vec<String>>(text) {
            Ok(words) => inert(words.join(";")),
            Err(_) => text.to_owned(),
        },
        _ => text.to_owned(),
    }
}

/// A text that a spreadsheet would take for a formula, marked as text.
fn inert(text: String) -> String {
    match text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{text}"),
        false => text,
    }
}

#[cfg(test)]
mod tests {
    use super::super::openapi::DOCUMENT;
    use super::*;

    fn resolved(schema: &Value) -> &Value {
        let named = schema["$ref"].as_str().map(|r| r.trim_start_matches('#'));
        named.and_then(|place| DOCUMENT.pointer(place)).unwrap_or(schema)
    }

    /// Whether a schema has a field, by a path of fields.
    fn has(schema: &Value, path: &str) -> bool {
        let schema = resolved(schema);
        let (field, inner) = path.split_once('.').map_or((path, None), |(f, i)| (f, Some(i)));
        let found = &schema["properties"][field];
        let here = !found.is_null() && inner.is_none_or(|inner| has(found, inner));
        let free = found.is_null() && schema["type"] == "object" && schema["properties"].is_null();
        let parts = ["allOf", "oneOf"].map(|key| schema[key].as_array().into_iter().flatten());
        here || free || parts.into_iter().flatten().any(|part| has(part, path))
    }

    /// A column that is misspelt would be empty for ever.
    #[test]
    fn every_column_and_cursor_is_a_field_of_the_description() {
        for list in &LISTS {
            let answer = &DOCUMENT["paths"][list.path]["get"]["responses"]["200"]["content"];
            let whole = resolved(&answer["application/json"]["schema"]);
            assert!(!whole.is_null(), "{}", list.path);
            let rows = match list.rows {
                "." => whole,
                "" => &whole["items"],
                rows => &resolved(whole)["properties"][rows]["items"],
            };
            let rows = if list.rows == "rows" {
                &DOCUMENT["components"]["schemas"]["RankRow"]
            } else {
                rows
            };
            let named =
                list.columns.split(',').chain([list.cursor]).filter(|name| !name.is_empty());
            for name in named {
                assert!(has(rows, name), "{}: {name}", list.path);
            }
        }
    }

    #[test]
    fn cells_say_what_the_json_says_and_run_nothing() {
        let list = list("", ("", ""), "a,b.c,d");
        let body = r#"[{"a":0.80,"b":{"c":null},"d":["pm10","no2"]},
            {"a":null,"b":null,"d":"=1+1"},{"a":true,"d":"晴, 微风"},{"d":[[8,"aqi",1,null]]}]"#;
        let (columns, rows) = list.read(body.as_bytes()).expect("rows");
        let text = String::from_utf8(table(&columns, &rows).expect("a table")).expect("text");
        let expected = "a,b_c,d\n0.80,,pm10;no2\n,,'=1+1\ntrue,,\"晴, 微风\"\n\
                        ,,\"[[8,\"\"aqi\"\",1,null]]\"\n";
        assert_eq!(text, expected);
    }

    #[test]
    fn the_format_is_taken_out_of_the_address() {
        let read = |query: &str| {
            let uri: Uri = format!("/x?{query}").parse().expect("an address");
            without_format(&uri).map(|(uri, csv)| (uri.query().unwrap_or_default().to_owned(), csv))
        };
        assert_eq!(read("a=1&format=csv&b=2").expect("read"), ("a=1&b=2".to_owned(), true));
        assert_eq!(read("a=1").expect("read"), ("a=1".to_owned(), false));
        assert!(read("format=xml").is_err() && read("format=csv&format=csv").is_err());
    }

    #[test]
    fn a_list_goes_on_until_a_page_is_not_full() {
        let list = list("", ("", "n"), "n");
        let (_, rows) = list.read(br#"[{"n":7},{"n":5}]"#).expect("rows");
        let link = |query: &str| {
            let uri: Uri = format!("/x?{query}").parse().expect("an address");
            list.link(&uri, &rows).map(|value| value.to_str().expect("text").to_owned())
        };
        assert_eq!(
            link("limit=2&before=9&area=d").as_deref(),
            Some("</x?limit=2&area=d&before=5>; rel=\"next\"")
        );
        assert_eq!(link("limit=3"), None);
        assert_eq!(link(""), None);
    }
}
