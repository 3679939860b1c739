//! The description of the API, made from the handlers.

use axum::Json;
use utoipa::openapi::OpenApi as Document;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityScheme};
use utoipa::{Modify, OpenApi};

use super::problem::Problem;
use super::{
    api, assessment, correction, duty, evidence, execution, explain, kept, measures, notice,
    operator, paper, power, rank, reconciliation, reprocess, room, series, warning,
};

/// The token of a person, and that of a gateway for text messages.
struct Tokens;

impl Modify for Tokens {
    fn modify(&self, document: &mut Document) {
        if let Some(components) = document.components.as_mut() {
            for who in ["person", "gateway"] {
                let scheme = SecurityScheme::Http(Http::new(HttpAuthScheme::Bearer));
                components.add_security_scheme(who, scheme);
            }
        }
    }
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Lantian",
        description = "A city's air in real time. Times are the start of their hour, Beijing time; \
                       concentrations are in µg/m³, CO in mg/m³; null means missing, with a reason."
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
    components(schemas(Problem)),
    modifiers(&Tokens)
)]
struct Description;

/// The document.
pub(super) async fn document() -> Json<Document> {
    Json(Description::openapi())
}
