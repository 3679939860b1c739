//! All stations as a page: a hundred at a time, found by name, code or district.
//!
//! Why a page of its own: a network of two thousand stations is too long for the first screen, which is sent
//! anew with every commit; this one is fetched anew once a minute.

use askama::Template as _;
use axum::extract::{RawQuery, State};
use axum::http::header;
use axum::response::{Html, IntoResponse, Response};

use super::frame::{Frame, Link, Place, href};
use super::minute;
use super::rows::{self, Row};
use super::words::Lang;
use crate::http::App;
use crate::http::api::{one, parameters};
use crate::http::problem::Problem;
use crate::http::warning::asked_area;

/// Stations of a page.
const PAGE: usize = 100;

#[derive(askama::Template)]
#[template(path = "stations.html", config = "src/http/page/askama.toml")]
struct Sheet<'a> {
    lang: Lang,
    frame: Frame,
    code: &'a str,
    name: &'a str,
    now: String,
    /// The hour shown, or that there is none.
    hour: String,
    interval: String,
    text: &'a str,
    counted: String,
    rows: Vec<Row>,
    /// Links to the pages; empty where there is one.
    pages: Vec<Link>,
}

/// `GET /stations`.
pub(in crate::http) async fn stations(
    State(app): State<App>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let pairs = parameters(query.as_deref(), &["area", "text", "page", "lang"])?;
    let lang = Lang::parse(one(&pairs, "lang")?);
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    let text = one(&pairs, "text")?.unwrap_or_default().trim();
    let page = one(&pairs, "page")?.map_or(Ok(1), |page| {
        let page = page.parse().ok().filter(|page| (1..=10_000).contains(page));
        page.ok_or_else(|| Problem::bad_parameter("page", "1 to 10000"))
    })?;
    let from = (page - 1) * PAGE;
    let (rows, all) = match area.newest {
        Some(hour) => rows::page(area, (text, from, PAGE), hour, lang),
        None => (Vec::new(), 0),
    };
    let code = area.registry.area.as_str();
    let link = |at: usize| {
        let number = at.to_string();
        let query = [("area", code), ("text", text), ("page", &number), ("lang", lang.code())];
        let href = href("/stations", query.into_iter());
        Link { href, name: number, current: at == page }
    };
    let last = all.div_ceil(PAGE);
    let sheet = Sheet {
        lang,
        frame: Frame::of(&app, Place::Stations, Some(area), &pairs),
        code,
        name: &area.registry.name,
        now: minute(area.now),
        hour: match area.newest {
            Some(hour) => lang.day_and_hour(hour),
            None => lang.of("尚无已发布的小时数据", "no hour is published yet").to_owned(),
        },
        interval: area.newest.map(Lang::interval).unwrap_or_default(),
        text,
        counted: match lang {
            Lang::Zh => format!("共{all}个点位"),
            Lang::En => format!("{all} stations"),
        },
        rows,
        pages: if last > 1 { (1..=last).map(link).collect() } else { Vec::new() },
    };
    let html = sheet.render().map_err(|e| Problem::internal("page cannot be rendered", &e))?;
    Ok(([(header::CACHE_CONTROL, "no-store")], Html(html)).into_response())
}
