//! The live state from the stored rows, and its digest.

use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::batch::AreaState;
use super::duty::Desk;
use super::lateness::Lateness;
use super::notification::Notifier;
use super::silence::Alarms;
use super::warning::Warner;
use super::{Alarm, Late, Params, Pipeline, PublishedAqi, StoredDay, StoredSetHour};
use crate::area::Registry;
use crate::average::DecodeError;
use crate::duty::DutyRecord;
use crate::notification::NoticeRecord;
use crate::time::{Day, Hour};
use crate::warning::Record;

/// The rows from which an area's live state is rebuilt.
#[derive(Clone, Debug, Default)]
pub struct Tables {
    /// Number of the last batch.
    pub sequence: u64,
    /// The area's state; `None` before the first batch.
    pub state: Option<AreaState>,
    /// Open station-hours: hour, station, bytes.
    pub hours: Vec<(Hour, usize, Vec<u8>)>,
    /// The last day for which anything may be stored; `None` when nothing is.
    pub stored_until: Option<Day>,
    /// The last two closed days: the first open hours rest on them.
    pub days_before: Vec<StoredDay>,
    /// Published hours of the open days; earlier ones are left out.
    pub set_hours: Vec<StoredSetHour>,
    /// Alarms that last.
    pub alarms: Vec<Alarm>,
    /// Stations whose last hour came late.
    pub late: Vec<(usize, Late)>,
    /// What the national platform published for the open hours.
    pub published: Vec<PublishedAqi>,
    /// The last hour of the area that rests on reviewed data.
    pub reviewed_until: Option<Hour>,
    /// All records of warnings and forecasts.
    pub records: Vec<Record>,
    /// All records of the room, drafts without their text.
    pub duty: Vec<DutyRecord>,
    /// All records of notices.
    pub notices: Vec<NoticeRecord>,
}

/// A stored hour that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("hour {hour}, station {station}: {fault}")]
pub struct RebuildError {
    /// The hour, as its begin label.
    pub hour: String,
    /// The station's code.
    pub station: String,
    /// What is wrong.
    pub fault: DecodeError,
}

impl Pipeline {
    /// The state as it stood after the last stored batch.
    ///
    /// # Errors
    /// [`RebuildError`] for the first row that cannot be read.
    pub fn rebuild(
        registry: Arc<Registry>,
        params: Params,
        tables: &Tables,
    ) -> Result<Self, RebuildError> {
        let mut pipeline = Self::new(registry, params);
        pipeline.sequence = tables.sequence;
        pipeline.days.stored_until(tables.stored_until.unwrap_or(Day::from_number(i32::MIN)));
        pipeline.reviewed_until = tables.reviewed_until;
        // Persons may have acted before anybody told the time.
        let floor = tables.state.map_or_else(Hour::default, |state| state.floor);
        pipeline.warner = Warner::rebuilt(&tables.records, floor);
        pipeline.desk = Desk::rebuilt(&tables.duty);
        pipeline.notifier = Notifier::rebuilt(&tables.notices);
        let Some(state) = tables.state else { return Ok(pipeline) };
        pipeline.now = Some(state.now);
        pipeline.floor = state.floor;
        pipeline.waiting_since = state.waiting_since;
        pipeline.caught_up = state.caught_up;
        pipeline.watch = state.watch;
        pipeline.alarms = Alarms::rebuilt(&tables.alarms);
        pipeline.lateness = Lateness::rebuilt(&tables.late);
        for (hour, station, bytes) in &tables.hours {
            pipeline.decode_cells(*hour, *station, bytes)?;
        }
        for stored in &tables.days_before {
            pipeline.decode_cells(stored.day.start(), stored.station, &stored.bytes)?;
        }
        let from = state.open_from.start();
        let open = tables.set_hours.iter().filter(|s| s.hour >= from);
        pipeline.hold_published(&open.copied().collect::<Vec<_>>());
        pipeline.days.drop_before(state.open_from);
        pipeline.take_published_aqis(&tables.published);
        let mut day = state.open_from;
        while day <= state.now.hour().day().plus(1) {
            pipeline.days.mark_known(day);
            day = day.plus(1);
        }
        for day in pipeline.days.all() {
            pipeline.count_reports(day);
        }
        Ok(pipeline)
    }

    fn decode_cells(
        &mut self,
        hour: Hour,
        station: usize,
        bytes: &[u8],
    ) -> Result<(), RebuildError> {
        let Some(day) = self.days.get_mut(hour.day(), station) else { return Ok(()) };
        day.decode_into(bytes).map_err(|fault| RebuildError {
            hour: hour.label(crate::time::HourLabel::Begin),
            station: self.registry.stations[station].id.to_string(),
            fault,
        })
    }

    /// SHA-256 of everything that the next input's effect depends on.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update(self.sequence.to_le_bytes());
        hash.update(self.now.unwrap_or_default().millis().to_le_bytes());
        hash.update(self.floor.number().to_le_bytes());
        hash.update(self.days.open_from().number().to_le_bytes());
        hash.update(self.waiting_since.map_or(0, |i| i.millis()).to_le_bytes());
        hash.update([self.caught_up.map_or(2, u8::from)]);
        hash.update(format!("{:?}", self.watch).as_bytes());
        for alarm in self.alarms.open() {
            hash.update(format!("{alarm:?}").as_bytes());
        }
        self.lateness.digest_into(&mut hash);
        self.beside.digest_into(&mut hash);
        hash.update(format!("{:?}", self.warner.state).as_bytes());
        hash.update(format!("{:?}", self.desk.state).as_bytes());
        hash.update(format!("{:?}", self.notifier.state).as_bytes());
        for (day, block) in self.days.iter() {
            for (station, of_day) in block.iter().enumerate() {
                let Some(of_day) = of_day else { continue };
                let bytes = of_day.encode_day();
                hash.update(day.number().to_le_bytes());
                hash.update((station as u64).to_le_bytes());
                hash.update((bytes.len() as u64).to_le_bytes());
                hash.update(bytes);
            }
        }
        for (hour, sets) in &self.published {
            for (set, held) in sets.iter().enumerate() {
                let text = format!("{} {set} {held:?}", hour.number());
                hash.update(text.as_bytes());
            }
        }
        for (hour, (reported, _)) in &self.reported {
            hash.update(format!("{} {reported}", hour.number()).as_bytes());
        }
        hash.finalize().into()
    }
}
