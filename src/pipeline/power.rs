//! Readings of electricity meters as inputs: messages of a feed, and files a day later.
//!
//! In: messages of `aq/{area}/power/{meter}`, and [`PowerInput`]s. Out: the readings in the batch; a message
//! that cannot be one becomes a dead letter, a file with a fault is refused whole.
//!
//! Invariants: nothing of the readings is kept in memory, and no figure follows from them. Which of several
//! values of a meter and interval holds is decided where they are stored, by a rule that looks at the two
//! values alone; so an audit that handles the same inputs comes to the same rows.
//!
//! Source: issue 5, Build 5 (evidence); design section 3 (one value per key).

use super::Pipeline;
use super::batch::{Batch, Message};
use crate::measures::{PowerFault, PowerFaults, PowerFile, decode_power, read_power_files};
use crate::observation::RejectionReason;
use crate::time::HourLabel;

/// Files of readings that a person hands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PowerInput<'a> {
    /// Who; empty where no daemon ran.
    pub person: &'a str,
    /// Which end of its hour a time names.
    pub label: HourLabel,
    /// The files: with one fault in one of them nothing is taken.
    pub files: &'a [PowerFile],
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
        let checked = decoded.and_then(|reading| {
            self.check_interval((reading.start, reading.period)).map(|()| reading)
        });
        match checked {
            Ok(reading) => {
                self.counts.accepted += 1;
                out.power.push(reading);
            }
            Err(rejection) => self.refuse(message, &rejection, out),
        }
        true
    }

    /// Takes files of readings, or tells all that is wrong with them.
    pub(super) fn take_power_files(&mut self, asked: &PowerInput<'_>, out: &mut Batch) {
        let read = read_power_files(asked.files, asked.label).and_then(|rows| {
            let mut faults = PowerFaults::default();
            for row in &rows {
                let reading = &row.reading;
                if let Err(fault) = self.check_interval((reading.start, reading.period)) {
                    let text = match fault.reason {
                        RejectionReason::TimeInFuture => "time：该小时尚未结束".to_owned(),
                        _ => format!("time：早于可接收的{}天", self.params.horizon_days),
                    };
                    faults.note(&asked.files[row.file], row.line, text);
                }
            }
            faults.or(rows)
        });
        out.power_taken.push(read.map(|rows| {
            let taken = rows.len();
            out.power.extend(rows.into_iter().map(|row| row.reading));
            taken
        }));
    }
}

/// How files of readings were taken: how many readings, or what is wrong with them.
pub type PowerTaken = Result<usize, Vec<PowerFault>>;
