//! What goes into a pipeline, and the rows that come out for one transaction.

use super::{
    ActInput, Alarm, CorrectionInput, CorrectionRow, DutyInput, Late, NoticeInput, PowerInput,
    PowerTaken, PublishedAqi, PublishedRow, Retried, Retry, Revision, SetHourRow, StoredDay,
    StoredSetHour, Watch,
};
use std::collections::BTreeSet;

use crate::duty::{DutyRecord, DutyRefusal};
use crate::measures::PowerReading;
use crate::notification::{NoticeRecord, NoticeRefusal};
use crate::observation::RejectionReason;
use crate::time::{Day, Hour, Instant};
use crate::warning::{Record, Refusal};

/// Something that happens to an area.
#[derive(Clone, Copy, Debug)]
pub enum Input<'a> {
    /// A message of a feed.
    Message(Message<'a>),
    /// Stored days that [`Batch::needs`] asked for.
    Days(&'a LoadedDays),
    /// A feed's connection changed.
    Feed(FeedState),
    /// An operator's act.
    Correction(CorrectionInput<'a>),
    /// A refused message, tried again.
    Retry(Retry<'a>),
    /// A person's act in the life of a warning.
    Act(ActInput<'a>),
    /// Files of electricity readings.
    Power(PowerInput<'a>),
    /// A person's act in the room.
    Duty(DutyInput<'a>),
    /// A person's act on notices, or how a try to send ended.
    Notice(NoticeInput<'a>),
}

/// Closed days, read from the store for a late observation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LoadedDays {
    /// The days that were asked for.
    pub days: Vec<Day>,
    /// What is stored for them.
    pub stations: Vec<StoredDay>,
    /// Their hours of the sets.
    pub set_hours: Vec<StoredSetHour>,
    /// What the national platform published for their hours.
    pub published: Vec<PublishedAqi>,
}

/// One message as it came from the broker.
#[derive(Clone, Copy, Debug)]
pub struct Message<'a> {
    /// Number of the feed in [`Params::formats`](super::Params::formats).
    pub feed: usize,
    /// The topic.
    pub topic: &'a str,
    /// The payload, or its first bytes when it is longer than is decoded.
    pub payload: &'a [u8],
    /// The payload's true length in bytes.
    pub length: usize,
}

/// How a feed stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FeedState {
    /// No connection.
    Disconnected,
    /// Connected; the backlog is being taken.
    CatchingUp,
    /// Connected, and nothing waits at the broker.
    CaughtUp,
}

/// A message, or a value in one, that could not be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeadLetter {
    /// The station's code where the topic or payload names a known one.
    pub station: Option<usize>,
    /// The kind of fault.
    pub reason: DeadLetterReason,
    /// The place and what was found there.
    pub detail: String,
    /// The topic.
    pub topic: String,
    /// The payload, cut to 4 KiB.
    pub payload: Vec<u8>,
    /// The payload's true length in bytes.
    pub length: usize,
    /// Number of the feed by which it came.
    pub feed: usize,
    /// When it was handled.
    pub at: Instant,
}

/// The kind of a dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeadLetterReason {
    /// The whole message was refused.
    Message(RejectionReason),
    /// One value stands under a name that is no known property; the others were taken.
    UnknownPollutant,
}

impl DeadLetterReason {
    /// Every reason.
    pub fn all() -> impl Iterator<Item = Self> {
        RejectionReason::ALL.into_iter().map(Self::Message).chain([Self::UnknownPollutant])
    }

    /// Finds a reason by its name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::all().find(|reason| reason.name() == name)
    }

    /// The name in JSON and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Message(reason) => reason.name(),
            Self::UnknownPollutant => "unknown_pollutant",
        }
    }
}

/// What came in, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Messages in which at least one value was new.
    pub accepted: u64,
    /// Messages that changed nothing.
    pub repeated: u64,
    /// Values that a higher revision had replaced already.
    pub superseded: u64,
    /// Values that met another of the same revision.
    pub conflicts: u64,
    /// Values kept as invalid, unknown pollutants included.
    pub invalid_values: u64,
    /// Fields that are not part of an observation.
    pub ignored_fields: u64,
    /// Dead letters of whole messages, by [`RejectionReason::index`].
    pub rejected: [u64; RejectionReason::ALL.len()],
}

/// The small mutable state of an area, one row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AreaState {
    /// The time by which the last batch was handled.
    pub now: Instant,
    /// Every earlier hour is published, or lies before the start.
    pub floor: Hour,
    /// The oldest open day: what lies before it is closed. It never moves back.
    pub open_from: Day,
    /// Since when hours wait for a feed to catch up.
    pub waiting_since: Option<Instant>,
    /// Whether the feed had its backlog taken.
    pub caught_up: Option<bool>,
    /// What the watch over silence goes by.
    pub watch: Watch,
}

/// The rows of one transaction for one area.
#[derive(Clone, Debug, Default)]
pub struct Batch {
    /// The area's sequence number of this batch.
    pub sequence: u64,
    /// Open station-hours that changed: hour, station, bytes of the hour.
    pub hours: Vec<(Hour, usize, Vec<u8>)>,
    /// Closed station-days that changed or were just closed.
    pub station_days: Vec<StoredDay>,
    /// Open hours of days before this one are closed: their rows go.
    pub closed_before: Option<Day>,
    /// Published and revised hours of sets.
    pub set_hours: Vec<SetHourRow>,
    /// What changed of what was published before.
    pub revisions: Vec<Revision>,
    /// What operators did, or tried to.
    pub corrections: Vec<CorrectionRow>,
    /// What happened in the life of warnings.
    pub records: Vec<Record>,
    /// For each act of a person, in their order, the number of its record, or why it was refused.
    pub acted: Vec<Result<u64, Refusal>>,
    /// What happened in the room.
    pub duty: Vec<DutyRecord>,
    /// For each act in the room, in their order, the number of its record, or why it was refused.
    pub duty_acted: Vec<Result<u64, DutyRefusal>>,
    /// What happened to notices: the outbox, and what became of it.
    pub notices: Vec<NoticeRecord>,
    /// For each act on notices, in their order, the number of its record, or why it was refused.
    pub noticed: Vec<Result<u64, NoticeRefusal>>,
    /// Editions of the list of measures that came into use: digest and content.
    pub editions: Vec<(String, String)>,
    /// What the national platform published.
    pub published: Vec<PublishedRow>,
    /// What electricity meters read.
    pub power: Vec<PowerReading>,
    /// For each input of files of readings, in their order, what was taken.
    pub power_taken: Vec<PowerTaken>,
    /// What meters read on days before this one is let go.
    pub power_kept_from: Option<Day>,
    /// Alarms that began or ended.
    pub alarms: Vec<Alarm>,
    /// Stations whose hours began or ceased to come late, or came late again.
    pub late: Vec<(usize, Option<Late>)>,
    /// What could not be used.
    pub dead_letters: Vec<DeadLetter>,
    /// What was tried again.
    pub retried: Vec<Retried>,
    /// Parts of hours of closed days before this one are to be folded away.
    pub fold_before: Option<Day>,
    /// The area's state after the batch.
    pub state: Option<AreaState>,
    /// Days that must be handed in before the messages of `deferred` can be taken.
    pub needs: BTreeSet<Day>,
    /// Inputs (by position in the call) to be handed in again, after the days of `needs`.
    pub deferred: Vec<usize>,
}
