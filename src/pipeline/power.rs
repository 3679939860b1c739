//! Readings of electricity meters as inputs: messages of a feed, and files a day later.
//!
//! In: messages of `aq/{area}/power/{meter}`, and [`PowerInput`]s. Out: the readings in the batch; a message
//! that cannot be one becomes a dead letter, a file with a fault is refused whole.
//!
//! Invariants: nothing of the readings is kept in memory, and no figure follows from them. Which of several
//! values of a meter and interval holds is decided where they are stored, by a rule that looks at the two
//! values alone; so an audit that handles the same inputs comes to the same rows. How long they are kept
//! follows from the area's time and is told with each batch.
//!
//! Source: issue 5, Build 5 (evidence); design section 3 (one value per key).

use super::Pipeline;
use super::batch::{Batch, Message};
use crate::measures::{PowerFault, PowerFaults, PowerFile, PowerReading, PowerRow, decode_power};
use crate::observation::{Rejection, RejectionReason};
use crate::time::{Day, HourLabel};

/// Files of readings that a person hands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerInput<'a> {
    /// Who; empty where no daemon ran.
    pub person: &'a str,
    /// Which end of its hour a time names.
    pub label: HourLabel,
    /// The files, as they are written down.
    pub files: &'a [PowerFile],
    /// What they say, as [`read_power_files`](crate::measures::read_power_files) read it: with one fault in
    /// one of them there is no such input.
    pub rows: &'a [PowerRow],
}

impl Pipeline {
    /// Takes a message of an electricity meter; says whether it is one.
    pub(super) fn take_power(&mut self, message: &Message<'_>, out: &mut Batch) -> bool {
        let rest = message.topic.strip_prefix("aq/");
        let rest = rest.and_then(|t| t.strip_prefix(self.registry.area.as_str()));
        let Some(meter) = rest.and_then(|t| t.strip_prefix("/power/")) else { return false };
        // A station that is called `power` has this topic.
        if meter == "obs" {
            return false;
        }
        let decoded =
            self.decode_with(message, |payload, format| decode_power(payload, format, meter));
        let checked = decoded.and_then(|reading| self.check_reading(&reading).map(|()| reading));
        match checked {
            Ok(reading) => {
                self.counts.accepted += 1;
                out.power.push(reading);
            }
            Err(rejection) => self.refuse(message, &rejection, out),
        }
        true
    }

    /// The first day of which readings are kept: earlier ones are let go, and no more are taken.
    pub(super) fn power_kept_from(&self) -> Option<Day> {
        let days = i32::try_from(self.params.keep_power_days?).unwrap_or(i32::MAX);
        Some(self.now?.hour().day().plus(-days))
    }

    /// Whether a reading is of an interval that is over, and of a day that is kept.
    fn check_reading(&self, reading: &PowerReading) -> Result<(), Rejection> {
        self.check_interval((reading.start, reading.period))?;
        let day = reading.start.hour().day();
        match self.power_kept_from().filter(|kept| day < *kept) {
            None => Ok(()),
            Some(kept) => {
                let detail = format!("interval before {kept}, which keep_power_days lets go");
                Err(Rejection::new(RejectionReason::TimeInPast, detail))
            }
        }
    }

    /// Takes files of readings, or tells which of them are of no time that is taken; then none is.
    pub(super) fn take_power_files(&mut self, asked: &PowerInput<'_>, out: &mut Batch) {
        let mut faults = PowerFaults::default();
        for row in asked.rows {
            let Err(fault) = self.check_reading(&row.reading) else { continue };
            let (horizon, kept) = (self.params.horizon_days, self.params.keep_power_days);
            let days = kept.map_or(horizon, |kept| kept.min(horizon));
            let text = match fault.reason {
                RejectionReason::TimeInFuture => "time：该小时尚未结束".to_owned(),
                _ => format!("time：早于可接收的{days}天"),
            };
            faults.note(&asked.files[row.file], row.line, text);
        }
        let taken = faults.or(asked.rows.len());
        if taken.is_ok() {
            out.power.extend(asked.rows.iter().map(|row| row.reading.clone()));
        }
        out.power_taken.push(taken);
    }
}

/// How files of readings were taken: how many readings, or what is wrong with them.
pub type PowerTaken = Result<usize, Vec<PowerFault>>;
