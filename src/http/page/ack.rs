//! The page behind the link of a message: what a notice says, and one button. It needs no script.

use askama::Template as _;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};

use super::BUILD;
use super::words::Lang;
use crate::http::guard::ForReaders;
use crate::http::problem::Problem;

/// As that of every page, but its form may be sent: it stands on its own.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; \
     frame-ancestors 'none'";

/// What the button sends back: the link itself.
pub(in crate::http) struct AckForm {
    pub(in crate::http) area: String,
    pub(in crate::http) notice: u64,
    pub(in crate::http) person: String,
    pub(in crate::http) until: i64,
    pub(in crate::http) sign: String,
}

/// The page.
#[derive(Default, askama::Template)]
#[template(path = "ack.html", config = "src/http/page/askama.toml")]
pub(in crate::http) struct AckPage {
    pub(in crate::http) lang: Lang,
    pub(in crate::http) simulated: bool,
    /// What the notice is about, or why there is none.
    pub(in crate::http) title: String,
    pub(in crate::http) lines: Vec<String>,
    /// Whether it is over, and who else has read it.
    pub(in crate::http) state: Vec<String>,
    /// Whose link it is.
    pub(in crate::http) person: String,
    /// The button; none where nothing is left to be said.
    pub(in crate::http) form: Option<AckForm>,
    /// That it was acknowledged; empty before.
    pub(in crate::http) said: String,
}

impl AckPage {
    /// The answer.
    ///
    /// # Errors
    /// [`Problem`] where it cannot be rendered.
    pub(in crate::http) fn response(&self, status: StatusCode) -> Result<Response, Problem> {
        let html = self.render();
        let html = html.map_err(|e| Problem::internal("page cannot be rendered", &e))?;
        let headers = [
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
            (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        ];
        let mut response = (status, headers, Html(html)).into_response();
        response.extensions_mut().insert(ForReaders);
        Ok(response)
    }

    fn build(&self) -> &'static str {
        &BUILD
    }
}
