//! Evidence by electricity (用电核查) as data: what each listed line takes during a response.
//!
//! In: the list that the response rests on, records of warnings, and what meters read. Out: a document;
//! it names enterprises, so it needs the token of a person. The page renders the same figures, without
//! persons.
//!
//! Why results are kept: a look costs a second of a processor where a city has some thousand meters, and the
//! whole room looks at once.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, RawQuery, State};
use axum::http::HeaderMap;
use serde::Serialize;
use serde_json::Value;
use tokio::time::Instant as Moment;

use super::access::{Role, authorised};
use super::api::{one, parameters};
use super::archive::ArchiveError;
use super::edition::{UsedList, UsedListDocument};
use super::measures::edition;
use super::problem::Problem;
use super::warning::asked_area;
use super::{App, RecordsQuery, blocking};
use crate::measures::{Evidence, EvidenceAsked, EvidenceParams, Response};
use crate::measures::{evidence, meters, responses};
use crate::pipeline::AreaView;
use crate::time::Hour;

/// What stands above all of it.
pub(super) const NO_VERDICT_ZH: &str = "用电数据仅作线索，不作为认定依据";
/// Records of levels that are looked at, the newest ones: some years of them.
const RECORDS: usize = 1000;

/// What electricity says of a warning's response.
#[derive(Debug, Serialize)]
struct EvidenceDocument {
    area: String,
    simulated: bool,
    now: String,
    /// 用电数据仅作线索，不作为认定依据.
    no_verdict_zh: &'static str,
    /// The list that it rests on: that which the issue of the warning's last level names.
    list: UsedListDocument,
    /// By what it is judged.
    parameters: EvidenceParams,
    /// The levels of response, the span of the baseline, and the lines by district: `answer` is `suspected`,
    /// `silent` (with the reason) or `reducing`; energies in Wh.
    #[serde(flatten)]
    evidence: Evidence,
}

/// A result is used again for so many times as long as it took to make: however many look, and however often,
/// no larger part of a processor goes into it.
const USED_TIMES: u32 = 60;
/// Results that are kept: people look at the response that runs, and at the one before it.
const LOOKS_KEPT: usize = 4;

/// What a result follows from beside the readings.
#[derive(Clone, Debug, PartialEq, Eq)]
struct LookKey {
    area: String,
    warning: u64,
    /// The present hour.
    hour: Hour,
    /// The list's digest.
    list: String,
    responses: Vec<Response>,
}

/// The last results, the newest last. Each rests on the readings of all meters for weeks, so one is made at a
/// time.
#[derive(Debug, Default)]
pub(super) struct Looks(Vec<(LookKey, Arc<Evidence>, Moment)>);

impl Looks {
    fn of(&self, asked: &LookKey, now: Moment) -> Option<Arc<Evidence>> {
        let mut found = self.0.iter().filter(|(key, _, until)| key == asked && now < *until);
        found.next().map(|(_, found, _)| found.clone())
    }

    fn keep(&mut self, key: LookKey, found: Arc<Evidence>, (began, done): (Moment, Moment)) {
        let same = |of: &LookKey| of.area == key.area && of.warning == key.warning;
        self.0.retain(|(of, ..)| !same(of));
        if self.0.len() >= LOOKS_KEPT {
            self.0.remove(0);
        }
        self.0.push((key, found, done + (done - began) * USED_TIMES));
    }

    /// Readings came of which somebody wants to see what they come to.
    pub(super) fn forget(&mut self) {
        self.0.clear();
    }
}

/// The responses of an area, in their order.
pub(super) async fn all_responses(app: &App, area: &AreaView) -> Result<Vec<Response>, Problem> {
    let (code, archive) = (area.registry.area.to_string(), app.services.archive.clone());
    let asked = RecordsQuery {
        kinds: vec!["issued", "took_effect"],
        before: None,
        drill: Some(None),
        between: None,
        limit: RECORDS,
    };
    let mut records = blocking(move || archive.records(&code, &asked)).await??;
    records.reverse();
    Ok(responses(&records))
}

/// What electricity says of a warning, and by which list; `None` before a level of it took effect, and where
/// no list is in use.
pub(super) async fn gathered(
    app: &App,
    area: &AreaView,
    responses: Vec<Response>,
    warning: u64,
) -> Result<Option<(Arc<Evidence>, UsedList)>, Problem> {
    let (code, now) = (area.registry.area.to_string(), area.now);
    let last = responses.iter().rev().find(|response| response.warning == warning);
    let Some(named) = last.map(|response| response.list.clone()) else { return Ok(None) };
    let Some(used) = UsedList::of(app, named).await? else { return Ok(None) };
    let edition = used.edition.clone();
    let (archive, params) = (app.services.archive.clone(), app.services.lists.evidence);
    let (area, list) = (code.clone(), used.digest().to_owned());
    let key = LookKey { area, warning, hour: now.hour(), list, responses: responses.clone() };
    let mut looks = app.evidence.clone().lock_owned().await;
    if let Some(found) = looks.of(&key, Moment::now()) {
        return Ok(Some((found, used)));
    }
    let found = blocking(move || -> Result<Option<Arc<Evidence>>, ArchiveError> {
        // `looks` is held until the work is done, also when nobody waits for the answer any more.
        let began = Moment::now();
        let asked = EvidenceAsked { warning, responses: &responses, now, params: &params };
        let Some(span) = asked.span() else { return Ok(None) };
        let readings = archive.power(&code, span, &meters(&edition))?;
        let found = evidence(&edition, &asked, &readings).map(Arc::new);
        if let Some(found) = &found {
            looks.keep(key, found.clone(), (began, Moment::now()));
        }
        Ok(found)
    });
    Ok(found.await??.map(|found| (found, used)))
}

/// What electricity says of each listed line during a warning's response (用电核查): evidence, never a verdict.
/// It rests on the list that the issue of its last level names.
#[utoipa::path(
    get,
    path = "/api/v1/evidence/{warning}",
    params(
        ("warning" = u64, Path, description = "the number of its first recommendation"),
        ("area" = Option<String>, Query, description = "the area's code; the only one without"),
        ("hours" = Option<bool>, Query, description = "with every hour of every line")
    ),
    security(("person" = [])),
    responses(
        (status = 200, body = Object),
        (status = 400, body = Problem),
        (status = 401, description = "no token, or an unknown one", body = Problem),
        (status = 404, description = "no list, or no level took effect", body = Problem)
    )
)]
pub(super) async fn of_warning(
    State(app): State<App>,
    path: Result<Path<u64>, PathRejection>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Json<Value>, Problem> {
    authorised(&app, &headers, Role::Viewer).await?;
    let Path(warning) = path.map_err(|e| Problem::bad_parameter("path", e))?;
    let pairs = parameters(query.as_deref(), &["area", "hours"])?;
    let with_hours = match one(&pairs, "hours")? {
        None | Some("false") => false,
        Some("true") => true,
        Some(_) => return Err(Problem::bad_parameter("hours", "true or false expected")),
    };
    let view = app.services.view.borrow().clone();
    let area = asked_area(&view, &pairs)?;
    edition(&app)?;
    let responses = all_responses(&app, area).await?;
    let found = gathered(&app, area, responses, warning).await?;
    let none = || Problem::not_found(format!("no level of warning {warning} took effect yet"));
    let (found, used) = found.ok_or_else(none)?;
    let mut evidence = Evidence::clone(&found);
    if !with_hours {
        let lines = evidence.districts.iter_mut().flat_map(|district| &mut district.lines);
        lines.for_each(|line| line.hours.clear());
    }
    let document = EvidenceDocument {
        area: area.registry.area.to_string(),
        simulated: view.simulated,
        now: area.now.to_string(),
        no_verdict_zh: NO_VERDICT_ZH,
        list: used.document(),
        parameters: app.services.lists.evidence,
        evidence,
    };
    let document = serde_json::to_value(document);
    document.map(Json).map_err(|e| Problem::internal("the evidence cannot be written", &e))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_result_is_used_again_until_its_hour_its_list_or_its_time_is_over() {
        let key = |warning, hour| LookKey {
            area: "x".to_owned(),
            warning,
            hour: Hour::from_number(hour),
            list: "a".to_owned(),
            responses: Vec::new(),
        };
        let found = |warning| {
            let baseline = (Hour::default(), Hour::default());
            let (responses, districts) = (Vec::new(), Vec::new());
            Arc::new(Evidence { warning, responses, baseline, voluntary_lines: 0, districts })
        };
        let (mut looks, began) = (Looks::default(), Moment::now());
        let after = |seconds| began + Duration::from_secs(seconds);
        let of = |looks: &Looks, key: &LookKey, seconds| {
            looks.of(key, after(seconds)).map(|found| found.warning)
        };
        looks.keep(key(1, 8), found(1), (began, after(2)));
        assert_eq!(of(&looks, &key(1, 8), 121), Some(1));
        assert_eq!(of(&looks, &key(1, 8), 122), None, "sixty times two seconds later");
        assert_eq!((of(&looks, &key(1, 9), 3), of(&looks, &key(2, 8), 3)), (None, None));
        assert_eq!(of(&looks, &LookKey { list: "b".to_owned(), ..key(1, 8) }, 3), None);
        for warning in 2..=5 {
            looks.keep(key(warning, 8), found(warning), (began, after(2)));
        }
        assert_eq!((of(&looks, &key(1, 8), 3), of(&looks, &key(2, 8), 3)), (None, Some(2)));
        looks.keep(key(2, 9), found(2), (began, after(2)));
        assert_eq!((of(&looks, &key(2, 8), 3), of(&looks, &key(3, 8), 3)), (None, Some(3)));
        looks.forget();
        assert_eq!(of(&looks, &key(2, 9), 3), None);
    }
}
