//! Papers: which figures and sentences a report of a kind holds. The shell renders it.
//!
//! In: a [`ReportAsked`] with [`Sources`] to read from, and the [`Templates`] of the room. Out:
//! [`ReportFigures`], and from them a [`Document`], the same for every format.
//!
//! Invariants: figures are those of `assess`, of `rank` and of the page of the year, made by the same
//! functions and never a second time; a template can show, leave out and put in order, but not reckon; a name
//! that a template does not know is a fault; what is missing is NA.
//!
//! Why figures and text apart: the room changes its sentences, and must not be able to change its numbers.
//!
//! Source: HJ 633—2026 5.1, 5.2 and 5.3 (daily report, NA); terms.md (同比, 环比, 持平, 测算); the city's plan,
//! chapter nine (2).

mod account;
mod asked;
mod chart;
mod course;
mod daily;
mod document;
mod feedback;
mod forecast;
mod kind;
mod leader;
mod line;
mod markdown;
mod monthly;
mod record;
mod response;
mod review;
mod sample;
mod shift;
mod sources;
mod task;
mod template;
mod weekly;
#[cfg(test)]
mod tests;

use serde::Serialize;
use utoipa::ToSchema;

pub use account::{Account, Against, ChangeLine, Changes, ClassDays, PlanLine, PrimaryLine};
pub use asked::{DaysOf, DaysWanted, Made, ReportAsked, ReportLists};
pub use chart::{Chart, ChartPoint};
pub use course::{DistrictLine, DistrictsOfDay, LevelLine, TaskLine, TasksDone};
pub use daily::{BriefFigures, DailyFigures, DateWords, HealthWords};
pub use document::{Block, Column, Document, Format, SIGNATURES, Standing, State, Table};
pub use feedback::{FeedbackFigures, FeedbackRow, Found};
pub use forecast::{ForecastDay, ForecastFigures, ForecastLine, ForecastRow, range_of};
pub use kind::{Every, Given, ReportKind};
pub use leader::{Deed, ForecastWords, LeaderFigures};
pub use line::{DayLine, IndicatorLine};
pub use monthly::{MonthlyFigures, RankingFigures};
pub use record::{
    ApprovalFigures, ApprovalWords, ConsultationFigures, ConsultationWords, NoticeFigures,
    ParticipantLine, RecordWords,
};
pub use response::ResponseFigures;
pub use review::{ReviewDay, ReviewFigures, ReviewLevel, ReviewReports};
pub use shift::{ShiftFigures, ShiftLine};
pub use sources::{DutyWanted, RECORDS_MAX, RecordsWanted, Sources, Unmade};
pub use task::{
    DepartmentRow, DepartmentSheet, DistrictSheet, DistrictSum, PlantRow, Reduction, SourceRow,
    TasksFigures,
};
pub use template::{TemplateFault, Templates};
pub use weekly::WeeklyFigures;

/// What stands at the head of every paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Head {
    /// The kind's code.
    pub kind: &'static str,
    /// The same as people call it.
    pub kind_zh: &'static str,
    /// Who hands it on.
    pub unit: String,
    /// The area's code.
    pub area: String,
    /// The area or `area/set` whose figures stand first.
    pub entity: String,
    /// Its name.
    pub name: String,
    /// Its name with the number of its stations.
    pub range_zh: String,
    /// First day.
    pub from: String,
    /// Last day, included.
    pub to: String,
    /// The days as people say them.
    pub period_zh: String,
    /// `realtime`, `reviewed` or `best`.
    pub dataset: &'static str,
    /// What the figures of these days rest on (数据口径); empty where the paper has none.
    pub dataset_zh: String,
    /// The column of dust.
    pub dust: &'static str,
    /// The same as people read it; empty as above.
    pub dust_zh: &'static str,
    /// The documents by which days are judged, and whose limits hold; empty as above.
    pub edition_zh: String,
    /// When it was made, Beijing time.
    pub made_at: String,
    /// Whether it is of a drill (应急演练).
    pub drill: bool,
    /// Whether the air is simulated.
    pub simulated: bool,
}

/// What the room has settled for its papers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReportSettings {
    /// Who hands them on.
    pub unit: String,
    /// What stands before the kind in a number: 大环监 gives 大环监日报〔2025〕64号.
    pub series: String,
    /// What they say.
    pub templates: Templates,
}

impl Default for ReportSettings {
    /// A unit without a name of its own, and the templates that come with the program.
    fn default() -> Self {
        let unit = "生态环境监测中心".to_owned();
        Self { unit, series: String::new(), templates: Templates::default() }
    }
}

/// Every kind with its figures.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident: $figures:ident),* $(,)?) => {
        /// The figures of a paper, as they are shown.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
        #[serde(untagged)]
        pub enum ReportFigures {
            $($(#[$doc])* $kind(Box<$figures>)),*
        }

        impl ReportFigures {
            /// Which kind they are of.
            #[must_use]
            pub const fn kind(&self) -> ReportKind {
                match self {
                    $(Self::$kind(_) => ReportKind::$kind),*
                }
            }

            /// The head of the paper.
            #[must_use]
            pub const fn head(&self) -> &Head {
                match self {
                    $(Self::$kind(figures) => &figures.head),*
                }
            }
        }

        $(impl From<$figures> for ReportFigures {
            fn from(figures: $figures) -> Self {
                Self::$kind(Box::new(figures))
            }
        })*
    };
}

kinds! {
    /// Of a day.
    Daily: DailyFigures,
    /// A day in one text message.
    Brief: BriefFigures,
    /// Of a forecast.
    Forecast: ForecastFigures,
    /// Of a week.
    Weekly: WeeklyFigures,
    /// Of a month.
    Monthly: MonthlyFigures,
    /// Ranks.
    Ranking: RankingFigures,
    /// For the leaders.
    Leader: LeaderFigures,
    /// Of a consultation.
    Consultation: ConsultationFigures,
    /// Of a proposal.
    Approval: ApprovalFigures,
    /// Of an issue.
    Notice: NoticeFigures,
    /// The tasks of an issue.
    Tasks: TasksFigures,
    /// Of a day of a response.
    Response: ResponseFigures,
    /// Of a whole warning.
    Review: ReviewFigures,
    /// Of suspect data.
    Feedback: FeedbackFigures,
    /// The shift book.
    Shift: ShiftFigures,
}

impl ReportFigures {
    /// The chart that templates of the kind call by a name.
    fn chart(&self, name: &str) -> Option<Chart> {
        match (self, name) {
            (Self::Weekly(of), "days") => Some(Chart::of(of.days.iter().map(|of| (&of.line, "")))),
            (Self::Monthly(of), "days") => Some(Chart::of(of.days.iter().map(|line| (line, "")))),
            (Self::Review(of), "days") => {
                Some(Chart::of(of.days.iter().map(|of| (&of.line, of.levels_zh.as_str()))))
            }
            _ => None,
        }
    }
}
