//! What the API asks of the store, and the rows that come back.

use super::{
    ArchivedDay, DaysQuery, DutyQuery, ExplainQuery, Person, ReconciliationQuery, RecordsQuery,
    SeriesQuery,
};
use crate::area::{AreaId, Figures, Member};
use crate::assessment::{DayFigures, DustColumn, JudgedBy};
use crate::duty::DutyRecord;
use crate::explanation::Explanation;
use crate::measures::{Edition, MeterReading};
use crate::notification::NoticeRecord;
use crate::observation::Dataset;
use crate::pipeline::{DeadLetterReason, KeptLetter};
use crate::quality::Finding;
use crate::reconciliation::Reconciliation;
use crate::standard::Parameters;
use crate::time::{Day, Hour, Instant};
use crate::warning::Record;

/// What is stored, asked for from threads that may block.
pub trait Archive: Send + Sync {
    /// The figures of an entity, ascending by hour; hours without any may be left out.
    ///
    /// # Errors
    /// [`ArchiveError`] when the entity is not known or the store cannot be read.
    fn series(&self, query: &SeriesQuery) -> Result<Vec<Figures>, ArchiveError>;

    /// The natural days of an entity, ascending.
    ///
    /// # Errors
    /// [`ArchiveError`] when the entity is not known or the store cannot be read.
    fn days(&self, query: &DaysQuery) -> Result<Vec<ArchivedDay>, ArchiveError>;

    /// The natural days of several entities of one area, by entity, each ascending.
    ///
    /// # Errors
    /// [`ArchiveError`] when the area is not known or the store cannot be read.
    fn days_of_members(&self, query: &MembersQuery) -> Result<Vec<Vec<DayFigures>>, ArchiveError>;

    /// The figures of the hours of a span, its end included, of several entities of one area, by entity; none
    /// of a day on which one is not in operation.
    ///
    /// # Errors
    /// [`ArchiveError`] when the area is not known or the store cannot be read.
    fn hours_of_members(
        &self,
        query: &MembersQuery,
        span: (Hour, Hour),
    ) -> Result<Vec<Vec<Figures>>, ArchiveError>;

    /// Why a figure is what it is.
    ///
    /// # Errors
    /// [`ArchiveError`] when there is nothing to explain or the store cannot be read.
    fn explain(&self, query: &ExplainQuery) -> Result<Explanation, ArchiveError>;

    /// The newest dead letters of an area: by when each last came, and its number.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn dead_letters(
        &self,
        area: &str,
        range: Range<(Instant, u64)>,
        limit: usize,
    ) -> Result<Vec<DeadLetterRow>, ArchiveError>;

    /// The first `limit` dead letters of a reason, as they may be tried again.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn kept_letters(
        &self,
        area: &str,
        reason: DeadLetterReason,
        limit: usize,
    ) -> Result<Vec<KeptLetter>, ArchiveError>;

    /// What operators did in an area, or tried to: the newest first, by their numbers.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn corrections(
        &self,
        area: &str,
        range: Range<u64>,
        limit: usize,
    ) -> Result<Vec<CorrectionRow>, ArchiveError>;

    /// What changed of an entity on some days, both included, after it was published.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn revisions(
        &self,
        area: &str,
        entity: &str,
        days: (Day, Day),
    ) -> Result<Vec<RevisionRow>, ArchiveError>;

    /// Our figures of an area beside what the national platform published.
    ///
    /// # Errors
    /// [`ArchiveError`] when the area is not known or the store cannot be read.
    fn reconciliation(&self, query: &ReconciliationQuery) -> Result<Reconciliation, ArchiveError>;

    /// The last hour for which anything was published for an area.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn last_published(&self, area: &str) -> Result<Option<Hour>, ArchiveError>;

    /// Records of an area's warnings, the newest first.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn records(&self, area: &str, asked: &RecordsQuery) -> Result<Vec<Record>, ArchiveError>;

    /// One record of an area by its number.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn record(&self, area: &str, number: u64) -> Result<Option<Record>, ArchiveError>;

    /// The records of one warning, from its first recommendation to its end; none where there is none.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn warning(&self, area: &str, number: u64) -> Result<Vec<Record>, ArchiveError>;

    /// Records of an area's room, the newest first, drafts without their text.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn duty_records(&self, area: &str, asked: &DutyQuery) -> Result<Vec<DutyRecord>, ArchiveError>;

    /// One record of an area's room, whole.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn duty_record(&self, area: &str, number: u64) -> Result<Option<DutyRecord>, ArchiveError>;

    /// All records of one notice, in their order, with what was sent; none where there is none.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn notice_records(&self, area: &str, notice: u64) -> Result<Vec<NoticeRecord>, ArchiveError>;

    /// The records that raised notices, the newest first, with a lower number than `before`.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn raised_notices(
        &self,
        area: &str,
        range: Range<u64>,
        limit: usize,
    ) -> Result<Vec<NoticeRecord>, ArchiveError>;

    /// An edition of the list of measures that came into use, by its digest.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn edition(&self, digest: &str) -> Result<Option<Edition>, ArchiveError>;

    /// What checks find in the hours of a day of an area, in the order of time; stations by their place in
    /// its registry.
    ///
    /// # Errors
    /// [`ArchiveError`] when the area is not known or the store cannot be read.
    fn findings(&self, area: &str, day: Day) -> Result<Vec<(Hour, usize, Finding)>, ArchiveError>;

    /// What some meters of an area read in the intervals that begin in a span, its end not included.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn power(
        &self,
        area: &str,
        span: (Instant, Instant),
        meters: &[String],
    ) -> Result<Vec<MeterReading>, ArchiveError>;

    /// The person whose token this is.
    ///
    /// # Errors
    /// [`ArchiveError`] when the store cannot be read.
    fn person(&self, token: &str) -> Result<Option<Person>, ArchiveError>;
}

/// Of rows that are told from the newest on: only those before one of them, and only those of a span, its end
/// not included.
pub type Range<Row> = (Option<Row>, Option<(Instant, Instant)>);

/// A station, or a station set of an area.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EntityId {
    /// A station.
    Station {
        /// The area's code.
        area: String,
        /// The station's code.
        station: String,
    },
    /// A set; `set` is empty for the area's default set.
    Set {
        /// The area's code.
        area: String,
        /// The set's code.
        set: String,
    },
}

/// Which entities of one area are asked for together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembersQuery {
    /// The area's code.
    pub area: AreaId,
    /// Whose, as places in the area's registry.
    pub members: Vec<Member>,
    /// First and last day, of those who ask for days.
    pub days: (Day, Day),
    /// By what they are judged.
    pub parameters: Parameters,
    /// On which data they rest.
    pub dataset: Dataset,
    /// By which edition they are judged.
    pub judged_by: JudgedBy,
    /// In which column of dust days are.
    pub dust: DustColumn,
}

/// Why the archive has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ArchiveError {
    /// Nothing is stored under that name.
    #[error("no such entity in the store")]
    UnknownEntity,
    /// There is no such figure: what there is.
    #[error("{0}")]
    NoFigure(String),
    /// The store cannot be read now.
    #[error("store: {0}")]
    Unavailable(String),
}

/// A message that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetterRow {
    /// The station's code; empty where no known one was named.
    pub station: String,
    /// When it came first.
    pub first_at: Instant,
    /// When it came last.
    pub last_at: Instant,
    /// How often the same bytes came.
    pub count: u64,
    /// The name of its [reason](crate::observation::RejectionReason).
    pub reason: String,
    /// The place and what was found there.
    pub detail: String,
    /// The topic it came on.
    pub topic: String,
    /// The beginning of the payload; bytes that are not UTF-8 replaced.
    pub payload: String,
    /// Which of those that came last at the same time.
    pub number: u64,
}

/// An act of an operator, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CorrectionRow {
    /// Counts up.
    pub number: u64,
    /// When.
    pub at: Instant,
    /// Who.
    pub person: String,
    /// Why.
    pub reason: String,
    /// The station's code.
    pub station: String,
    /// The property's code.
    pub quantity: String,
    /// The hour.
    pub hour: Hour,
    /// `set`, `invalidate` or `withdraw`.
    pub act: String,
    /// In 0.001 of the property's unit.
    pub amount: Option<i32>,
    /// Why it was refused.
    pub refused: Option<String>,
}

/// What changed after it was published, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RevisionRow {
    /// When, by the area's clock.
    pub at: Instant,
    /// Whose figures.
    pub entity: String,
    /// The day of the hours that changed.
    pub day: Day,
    /// Why.
    pub cause: String,
    /// JSON: `[[hour of the day 0 to 23, quantity, old, new], …]`; amounts in 0.001 µg/m³.
    pub changes: String,
}
