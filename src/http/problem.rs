//! Errors as RFC 9457 problem documents.

use std::fmt::Display;

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use super::ArchiveError;

/// The media type of a problem document.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// Why a request has no other answer.
///
/// `type` is always `about:blank`, so `title` is the phrase of the status; `code` tells programs
/// more.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
pub(super) struct Problem {
    /// `about:blank`.
    r#type: &'static str,
    /// The phrase of the status.
    title: &'static str,
    /// The status.
    status: u16,
    /// A stable word for programs.
    code: &'static str,
    /// What is wrong, for a person.
    detail: String,
    /// Several causes, where there are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        let title = status.canonical_reason().unwrap_or("Error");
        let (detail, reasons) = (detail.into(), Vec::new());
        Self { r#type: "about:blank", title, status: status.as_u16(), code, detail, reasons }
    }

    /// A problem of any status.
    pub(super) fn of(status: StatusCode, detail: impl Into<String>) -> Self {
        let code = match status {
            StatusCode::METHOD_NOT_ALLOWED => "method_not_allowed",
            StatusCode::PAYLOAD_TOO_LARGE => "body_too_large",
            s if s.is_client_error() => "bad_request",
            _ => "internal",
        };
        Self::new(status, code, detail)
    }

    /// 404.
    pub(super) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    /// 400: a parameter cannot be followed.
    pub(super) fn bad_parameter(name: &str, detail: impl Display) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_parameter", format!("{name}: {detail}"))
    }

    /// 401.
    pub(super) fn unauthorized(detail: &str) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "unauthorized", detail)
    }

    /// 403.
    pub(super) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, "forbidden", detail)
    }

    /// 409.
    pub(super) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, "conflict", detail)
    }

    /// 503.
    pub(super) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail)
    }

    /// 500. The cause goes to the log, not to the reader.
    pub(super) fn internal(detail: &str, cause: &dyn Display) -> Self {
        tracing::error!(error = %cause, "answer failed: {detail}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", detail)
    }

    /// Its status, and what is wrong, for who reads no JSON.
    pub(super) fn said(&self) -> (StatusCode, &str) {
        let status = StatusCode::from_u16(self.status);
        (status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), &self.detail)
    }

    /// The same status in better words, if it is `status`.
    pub(super) fn reworded(mut self, status: u16, detail: impl FnOnce() -> String) -> Self {
        if self.status == status {
            self.detail = detail();
        }
        self
    }

    /// The same with its causes.
    pub(super) fn because(mut self, reasons: Vec<String>) -> Self {
        self.reasons = reasons;
        self
    }
}

impl From<ArchiveError> for Problem {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::UnknownEntity | ArchiveError::NoFigure(_) => {
                Self::not_found(error.to_string())
            }
            ArchiveError::Unavailable(cause) => {
                tracing::warn!(error = %cause, "store cannot be read");
                Self::unavailable("the store cannot be read now")
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, Json(self)).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM_JSON));
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}
