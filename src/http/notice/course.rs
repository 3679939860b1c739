//! One notice with all that became of it.

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{MessageDocument, NoticeDocument, known_rules};
use crate::http::api::parameters;
use crate::http::problem::Problem;
use crate::http::warning::{asked_area, number};
use crate::http::{App, blocking};
use crate::notification::{NoticeRecord, Notices, Roster};
use crate::pipeline::AreaView;

/// One thing that happened to a notice.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct NoticeRecordDocument {
    /// Counts up in an area.
    number: u64,
    /// When, by the area's clock.
    at: String,
    /// Who; null for Lantian itself.
    person: Option<String>,
    /// In a sentence.
    text_zh: String,
    /// What happened; `kind` says of which kind it is. Of a message that was taken it holds the text that was
    /// sent, but not the signature of its link.
    #[schema(value_type = Object)]
    what: Value,
}

/// A text without the signatures of its links: whoever has one can acknowledge.
fn unsigned(text: &str) -> String {
    let mut parts = text.split("sign=");
    let mut all = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        all.push_str("sign=…");
        all.push_str(part.trim_start_matches(|c: char| c.is_ascii_hexdigit()));
    }
    all
}

impl NoticeRecordDocument {
    fn new(record: &NoticeRecord, roster: &Roster) -> Self {
        let mut what = serde_json::to_value(&record.body).unwrap_or_default(); // of no maps
        if let Some(Value::String(text)) = what.get_mut("text") {
            *text = unsigned(text);
        }
        Self {
            number: record.number,
            at: record.at.to_string(),
            person: record.person.clone(),
            text_zh: record.text_zh(roster),
            what,
        }
    }
}

/// A notice as it stands, and its records.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct CourseDocument {
    area: String,
    notice: NoticeDocument,
    /// Messages of it that nobody has taken yet.
    messages: Vec<MessageDocument>,
    /// All that happened, in order: each message, each try with its answer, words of people, escalation.
    records: Vec<NoticeRecordDocument>,
}

/// The records of a notice, in their order.
///
/// # Errors
/// 404 where there is none, 503 where the store cannot be read.
pub(in crate::http) async fn course(
    app: &App,
    area: &AreaView,
    number: u64,
) -> Result<(Notices, Vec<NoticeRecord>), Problem> {
    let (archive, code) = (app.services.archive.clone(), area.registry.area.to_string());
    let records = blocking(move || archive.notice_records(&code, number)).await??;
    let mut notices = Notices::default();
    records.iter().for_each(|record| notices.take(record));
    match notices.notice(number) {
        Some(_) => Ok((notices, records)),
        None => Err(Problem::not_found(format!("no notice {number}"))),
    }
}

/// One notice: what it is about, whom it was sent to with every try, who has read it, the escalation.
#[utoipa::path(
    get,
    path = "/api/v1/notices/{notice}",
    params(
        ("notice" = u64, Path, description = "the number of the record that raised it"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without")
    ),
    responses((status = 200, body = CourseDocument), (status = 400, body = Problem),
        (status = 404, body = Problem))
)]
pub(in crate::http) async fn notice(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    RawQuery(query): RawQuery,
) -> Result<Json<CourseDocument>, Problem> {
    let (number, pairs) = (number(path)?, parameters(query.as_deref(), &["area"])?);
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let (notices, records) = course(&app, area, number).await?;
    let rules = known_rules(area);
    let roster = &rules.roster;
    let of = notices.notice(number).map(|notice| NoticeDocument::new(notice, &rules));
    let of = of.ok_or_else(|| Problem::not_found(format!("no notice {number}")))?;
    Ok(Json(CourseDocument {
        area: area.registry.area.to_string(),
        notice: of,
        messages: notices.outbox.values().map(|o| MessageDocument::new(o, roster)).collect(),
        records: records.iter().map(|r| NoticeRecordDocument::new(r, roster)).collect(),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_not_shown() {
        let text = "确认：https://x/ack?notice=12&sign=0aF9 或 sign=ff。";
        assert_eq!(unsigned(text), "确认：https://x/ack?notice=12&sign=… 或 sign=…。");
        assert_eq!(unsigned("无链接"), "无链接");
    }
}
