//! What people answer to a text message, as the gateway hands it in: a word that they have read a notice.
//!
//! In: the gateway's token, a phone number and a text. Out: an acknowledgement, in the name of whose phone it
//! is.
//!
//! Invariants: a phone number is neither answered nor logged; without the token nothing is told, not even
//! whether a phone is known.
//!
//! Source: issue 7, Build 4.

use std::collections::BTreeMap;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Query, RawQuery, State};
use axum::http::{HeaderMap, Uri, header};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;

use super::{course, entered};
use crate::http::App;
use crate::http::access::bearer;
use crate::http::api::parameters;
use crate::http::problem::Problem;
use crate::http::warning::{asked_area, read};
use crate::notification::{Notice, NoticeAct, NoticeBody, Way};
use crate::pipeline::AreaView;

/// At most so many characters of an answer are kept.
const NOTE_CHARS: usize = 200;

/// Who may hand in answers, and whose phones are known.
#[derive(Clone)]
pub struct Replies {
    /// The SHA-256 digest of the gateway's token.
    pub token_sha256: [u8; 32],
    /// Persons by phone, as [`digits`] writes it.
    pub phones: BTreeMap<String, String>,
}

impl std::fmt::Debug for Replies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Replies of {} phones", self.phones.len())
    }
}

/// A phone number as its digits, without the country's `+86` or `0086`: `13800138000`.
#[must_use]
pub fn digits(phone: &str) -> String {
    let all: String = phone.chars().filter(char::is_ascii_digit).collect();
    let mobile = |rest: &&str| rest.len() == 11 && rest.starts_with('1');
    let bare = all.strip_prefix("0086").or_else(|| all.strip_prefix("86")).filter(mobile);
    bare.unwrap_or(&all).to_owned()
}

impl Replies {
    /// Whether a token is the gateway's. Digests are compared as a whole, so that time tells nothing.
    fn admits(&self, token: &str) -> bool {
        let given = Sha256::digest(token);
        let differing = given.iter().zip(&self.token_sha256).fold(0, |sum, (a, b)| sum | (a ^ b));
        differing == 0
    }

    fn person(&self, phone: &str) -> Option<&String> {
        self.phones.get(&digits(phone))
    }
}

/// An answer to a text message, as JSON or as a form. Other fields may stand beside.
#[derive(Debug, Deserialize, ToSchema)]
pub(in crate::http) struct Answered {
    /// Who sent it, with or without +86.
    phone: String,
    /// What they wrote. Its first number is taken for the notice.
    text: String,
}

/// The body, by the type that it says.
fn answer(headers: &HeaderMap, body: &Bytes) -> Result<Answered, Problem> {
    let media = headers.get(header::CONTENT_TYPE).and_then(|media| media.to_str().ok());
    if !media.is_some_and(|media| media.starts_with("application/x-www-form-urlencoded")) {
        return read(body);
    }
    let fault = || Problem::bad_parameter("body", "a form with phone and text expected");
    let text = std::str::from_utf8(body).map_err(|_| fault())?;
    let uri: Uri = format!("/?{text}").parse().map_err(|_| fault())?;
    Query::try_from_uri(&uri).map(|Query(answered)| answered).map_err(|_| fault())
}

/// The first whole number of a text.
fn first_number(text: &str) -> Option<u64> {
    let from = text.find(|c: char| c.is_ascii_digit())?;
    let rest = &text[from..];
    let until = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    rest[..until].parse().ok()
}

/// Whether a message of a notice went to somebody.
async fn was_told(app: &App, area: &AreaView, of: &Notice, person: &str) -> Result<bool, Problem> {
    if of.addressed.contains(person) {
        return Ok(true);
    }
    // Steps of the escalation go to others, and what was taken is no longer on its way.
    let (_, records) = course(app, area, of.number).await?;
    let told = |body: &NoticeBody| match body {
        NoticeBody::Planned(message) => {
            message.person.as_deref() == Some(person)
                || message.mentions.iter().any(|m| m == person)
        }
        _ => false,
    };
    Ok(records.iter().any(|record| told(&record.body)))
}

/// Which notice somebody means: the one that they name, else the newest that waits for them.
async fn meant(
    app: &App,
    area: &AreaView,
    (person, text): (&str, &str),
) -> Result<Option<u64>, Problem> {
    let named = first_number(text).filter(|number| area.notices.notice(*number).is_some());
    if named.is_some() {
        return Ok(named);
    }
    let has_read = |n: &Notice| n.is_read() || n.read.iter().any(|(_, ack)| ack.who == person);
    let unread = area.notices.open.values().rev().filter(|n| n.told.is_some() && !has_read(n));
    for notice in unread {
        if was_told(app, area, notice, person).await? {
            return Ok(Some(notice.number));
        }
    }
    Ok(None)
}

/// A word that was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(in crate::http) struct TakenDocument {
    /// The notice that was acknowledged.
    notice: u64,
}

/// Takes what somebody answered to a text message; the gateway's token authorises.
///
/// The first number of the text is the notice; without one that there is, it is the newest open notice that
/// the person was told of and has not read.
#[utoipa::path(
    post,
    path = "/api/v1/sms/reply",
    params(("area" = Option<String>, Query, description = "the area's code; the only one without")),
    request_body = Answered,
    security(("gateway" = [])),
    responses((status = 200, body = TakenDocument), (status = 400, body = Problem),
        (status = 401, body = Problem),
        (status = 404, description = "nobody has this phone, or no answers are taken",
            body = Problem),
        (status = 409, description = "nothing waits for this person", body = Problem))
)]
pub(in crate::http) async fn reply(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
    body: Bytes,
) -> Result<Json<TakenDocument>, Problem> {
    let refused = || Problem::unauthorized("the gateway's token is needed");
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = value.and_then(bearer).ok_or_else(refused)?;
    let replies = app.services.replies.clone();
    let replies = replies.ok_or_else(|| Problem::not_found("no answers are taken here"))?;
    if !replies.admits(token) {
        return Err(refused());
    }
    let Answered { phone, text } = answer(&headers, &body)?;
    let person = replies.person(&phone);
    let person = person.ok_or_else(|| Problem::not_found("nobody has this phone"))?.clone();
    let pairs = parameters(query.as_deref(), &["area"])?;
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let notice = meant(&app, area, (&person, &text)).await?;
    let notice = notice.ok_or_else(|| Problem::conflict("没有待该人员确认的通知"))?;
    let note = text.trim().chars().take(NOTE_CHARS).collect();
    let who = Some(person.clone());
    let act = NoticeAct::Acknowledge { notice, who, way: Way::Sms, said: None, note };
    let code = area.registry.area.to_string();
    entered(&app, (code, person), act).await.map(|_| Json(TakenDocument { notice }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phone_is_its_digits_however_it_is_written() {
        for written in ["13800138000", "+86 138-0013-8000", "86 13800138000", "008613800138000"] {
            assert_eq!(digits(written), "13800138000", "{written}");
        }
        assert_eq!(digits("0411-8360 1234"), "041183601234");
        assert_eq!(digits("8612345"), "8612345", "no country's number stands before it");
    }

    #[test]
    fn the_first_number_of_an_answer_is_found() {
        assert_eq!(first_number("收到12号，3分钟后到"), Some(12));
        assert_eq!(first_number("12"), Some(12));
        assert_eq!(first_number("收到"), None);
        assert_eq!(first_number("99999999999999999999999"), None, "no number of a record");
    }

    #[test]
    fn neither_token_nor_phones_are_shown_and_only_the_token_admits() {
        let token_sha256 = Sha256::digest("gateway").into();
        let phones = BTreeMap::from([("13800138000".to_owned(), "zhang".to_owned())]);
        let replies = Replies { token_sha256, phones };
        assert!(replies.admits("gateway") && !replies.admits("gatewaz") && !replies.admits(""));
        assert_eq!(format!("{replies:?}"), "Replies of 1 phones");
    }
}
