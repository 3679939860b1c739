//! The description of the API, made from the handlers.
//!
//! In: what stands beside each handler. Out: an OpenAPI 3.1 document; the page `/api` shows the same one.
//!
//! Invariants: every route of the API is in it (a test holds the two together), and every refusal is a
//! problem document.
//!
//! Source: design section 3 (OpenAPI by utoipa).

mod complete;

use std::sync::LazyLock;

use axum::Json;
use serde_json::Value;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::problem::Problem;
use super::{
    api, assessment, correction, duty, events, evidence, execution, explain, kept, measures,
    notice, operator, paper, power, public, rank, reconciliation, reprocess, room, series, warning,
};

pub(super) use complete::GROUPS;
use complete::complete;

/// The token of a person, and that of a gateway for text messages.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut Document) {
        if let Some(components) = document.components.as_mut() {
            for (who, told) in [
                ("person", "the token of a person with a role, from `lantian token`"),
                ("gateway", "the token of the gateway for text messages, from the configuration"),
            ] {
                let mut bearer = Http::new(HttpAuthScheme::Bearer);
                bearer.description = Some(told.to_owned());
                components.add_security_scheme(who, SecurityScheme::Http(bearer));
            }
        }
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Lantian",
        description = "A city's air in real time. Times are the start of their hour, Beijing \
                       time; concentrations are in µg/m³, CO in mg/m³; null means missing, with \
                       a reason. Every refusal is a problem document (RFC 9457) whose `code` is \
                       for programs. A parameter that is not known is refused. A path that is \
                       not here answers 404, a method 405 with `Allow`; GET answers HEAD too. \
                       Reading needs no token unless it says so; every write needs that of a \
                       person."
    ),
    paths(
        api::areas,
        api::area_latest,
        api::stations,
        api::station_latest,
        series::series,
        assessment::days,
        assessment::assessment,
        rank::sets,
        rank::rank,
        paper::paper,
        explain::explain,
        events::events,
        correction::correct,
        correction::corrections,
        correction::revisions,
        reconciliation::reconciliation,
        kept::keep,
        kept::all,
        kept::one_kept,
        kept::review,
        kept::send_back,
        kept::sign,
        duty::duty,
        duty::records,
        duty::enter,
        duty::close,
        duty::hand_over,
        duty::take_over,
        duty::done,
        notice::notices,
        notice::history,
        notice::notice,
        notice::acknowledge,
        notice::test,
        notice::roster,
        notice::replace,
        notice::reply,
        operator::dead_letters,
        operator::confirm_clock,
        reprocess::reprocess,
        room::area_room,
        measures::measures,
        measures::editions,
        measures::of_warning,
        execution::step,
        execution::days,
        execution::report,
        execution::report_file,
        evidence::of_warning,
        power::files,
        warning::outlook,
        warning::enter_forecast,
        warning::skill,
        warning::hours,
        public::air,
        warning::public,
        warning::consultations,
        warning::consult,
        warning::instruct,
        warning::advise,
        warning::advisories,
        warning::begin,
        warning::clear,
        warning::stop,
        warning::warnings,
        warning::propose,
        warning::warning,
        warning::decline,
        warning::approve,
        warning::issue
    ),
    components(schemas(
        Problem,
        events::StateEvent,
        events::HourEvent,
        events::WarningEvent,
        events::ProposalEvent,
        events::AlarmsEvent,
        events::NoticesEvent
    )),
    modifiers(&Tokens)
)]
struct Description;

/// The document, the same for every answer of this build.
pub(super) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = serde_json::to_value(Description::openapi()).unwrap_or_default();
    complete(&mut document);
    document
});

/// `GET /api/v1/openapi.json`.
pub(super) async fn document() -> Json<&'static Value> {
    Json(&DOCUMENT)
}
