//! The duty officer's handbook (值班手册) as a page: the file that is shipped beside the configuration.
//!
//! Why here: who is asked at 3 a.m. what a banner means looks where the banner stands.

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd, html};

use super::frame::{Frame, Place};
use crate::http::App;
use crate::http::api::{one, parameters};
use crate::http::problem::Problem;

const HANDBOOK: &str = include_str!("../../../config/handbook/duty.md");

#[derive(askama::Template)]
#[template(path = "help.html", config = "src/http/page/askama.toml")]
struct Sheet {
    frame: Frame,
    html: String,
}

/// `GET /help`.
pub(in crate::http) async fn help(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "lang"])?;
    let view = app.services.view.borrow().clone();
    let area = view.area(one(&pairs, "area")?).map(|area| &**area);
    let frame = Frame::of(&app, Place::Help, area, &pairs);
    let html = Sheet { frame, html: rendered(HANDBOOK) }.render();
    let html = html.map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}

/// Markdown as HTML. Tables scroll by themselves on a telephone.
fn rendered(markdown: &str) -> String {
    let events = Parser::new_ext(markdown, Options::ENABLE_TABLES).flat_map(|event| match event {
        Event::Start(Tag::Table(_)) => {
            vec![Event::Html("<div class=\"scroll\" tabindex=\"0\">".into()), event]
        }
        Event::End(TagEnd::Table) => vec![event, Event::Html("</div>".into())],
        other => vec![other],
    });
    let mut text = String::new();
    html::push_html(&mut text, events);
    text
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::HeadingLevel;

    use super::*;

    #[test]
    fn the_handbook_begins_with_its_title_and_is_whole() {
        let mut headings = Parser::new(HANDBOOK);
        let first = headings.next();
        assert!(matches!(first, Some(Event::Start(Tag::Heading { level: HeadingLevel::H1, .. }))));
        let html = rendered("|a|b|\n|-|-|\n|1|<2|\n");
        assert!(html.starts_with("<div class=\"scroll\" tabindex=\"0\"><table>"), "{html}");
        assert!(html.contains("<td>&lt;2</td>") && html.trim_end().ends_with("</div>"), "{html}");
    }
}
