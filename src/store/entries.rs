//! The inputs of an arrival row, read back.

use super::{InputLog, RulesDigest};
use crate::area::Value;
use crate::average::Correction;
use crate::duty::DutyAct;
use crate::index::Pollutants;
use crate::measures::PowerFile;
use crate::notification::{NoticeAct, TryEnd};
use crate::observation::Property;
use crate::pipeline::{Cause, CorrectionInput, FeedState, LetterDigest, Message};
use crate::quantity::Amount;
use crate::reconciliation::Quantity;
use crate::time::{Day, Hour, HourLabel, Instant};
use crate::warning::Act;

/// One entry of an [`InputLog`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry<'a> {
    /// A call of the pipeline begins.
    Now(Instant),
    Message(StoredMessage<'a>),
    /// A refused message, tried again.
    Retry(LetterDigest, StoredMessage<'a>),
    Tolerance(u32),
    Feed(FeedState),
    Correction(CorrectionInput<'a>),
    Rules(RulesDigest),
    Recompute(Cause),
    File {
        name: &'a str,
        sha256: [u8; 32],
        rows: u64,
    },
    /// What follows was declared reviewed over these hours.
    Reviewed((Hour, Hour)),
    Day {
        station: &'a str,
        day: Day,
        bytes: &'a [u8],
    },
    /// What an import took in as published.
    Published {
        entity: &'a str,
        hour: Hour,
        values: Vec<(Quantity, Value)>,
    },
    /// A person's act in the life of a warning.
    WarningAct(&'a str, Act),
    /// A person's act in the room.
    DutyAct(&'a str, DutyAct),
    /// A person's act on notices.
    NoticeAct(&'a str, NoticeAct),
    /// How a try to send ended.
    TryEnded(TryEnd),
    /// The daemon started: nobody reports on tries that were under way.
    Started,
    /// Files of electricity readings.
    Power {
        person: &'a str,
        label: HourLabel,
        files: Vec<PowerFile>,
    },
    /// A person's act, in words.
    Act,
}

/// A message as it was written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StoredMessage<'a> {
    pub(super) feed: usize,
    pub(super) length: usize,
    pub(super) topic: &'a str,
    pub(super) payload: &'a [u8],
}

impl<'a> StoredMessage<'a> {
    pub(super) const fn input(&self) -> Message<'a> {
        let Self { feed, length, topic, payload } = *self;
        Message { feed, topic, payload, length }
    }
}

impl InputLog {
    /// The entries of a log's bytes; `None` where they are not what a log writes.
    pub(super) fn entries(bytes: &[u8]) -> Option<Vec<Entry<'_>>> {
        let (mut rest, mut entries) = (Bytes(bytes), Vec::new());
        while !rest.0.is_empty() {
            entries.push(rest.entry()?);
        }
        Some(entries)
    }
}

struct Bytes<'a>(&'a [u8]);

impl<'a> Bytes<'a> {
    fn entry(&mut self) -> Option<Entry<'a>> {
        let [kind] = self.take()?;
        Some(match kind {
            b'T' => Entry::Now(Instant::from_millis(i64::from_le_bytes(self.take()?))),
            b'M' => Entry::Message(self.message()?),
            b'E' => {
                let letter = self.take()?;
                let [b'M'] = self.take()? else { return None };
                Entry::Retry(letter, self.message()?)
            }
            b'L' => Entry::Tolerance(u32::from_le_bytes(self.take()?)),
            b'F' => Entry::Feed(match self.take()? {
                [b'd'] => FeedState::Disconnected,
                [b'c'] => FeedState::CatchingUp,
                [b'u'] => FeedState::CaughtUp,
                _ => return None,
            }),
            b'O' => Entry::Correction(self.correction()?),
            b'C' => Entry::Rules(self.take()?),
            b'R' => {
                let name = self.text()?;
                Entry::Recompute(Cause::ALL.into_iter().find(|cause| cause.name() == name)?)
            }
            b'I' => {
                let (name, sha256) = (self.text()?, self.take()?);
                Entry::File { name, sha256, rows: u64::from_le_bytes(self.take()?) }
            }
            b'V' => {
                let mut hour = || Some(Hour::from_number(i32::from_le_bytes(self.take()?)));
                Entry::Reviewed((hour()?, hour()?))
            }
            b'D' => {
                let station = self.text()?;
                let day = Day::from_number(i32::from_le_bytes(self.take()?));
                Entry::Day { station, day, bytes: self.bytes()? }
            }
            b'P' => {
                let entity = self.text()?;
                let hour = Hour::from_number(i32::from_le_bytes(self.take()?));
                let values =
                    (0..self.length()?).map(|_| self.published()).collect::<Option<_>>()?;
                Entry::Published { entity, hour, values }
            }
            b'W' => {
                let person = self.text()?;
                Entry::WarningAct(person, serde_json::from_slice(self.bytes()?).ok()?)
            }
            b'Y' => {
                let person = self.text()?;
                Entry::DutyAct(person, serde_json::from_slice(self.bytes()?).ok()?)
            }
            b'N' => self.notice()?,
            b'K' => self.power()?,
            b'A' => {
                self.text()?;
                self.text()?;
                Entry::Act
            }
            _ => return None,
        })
    }

    fn notice(&mut self) -> Option<Entry<'a>> {
        let [kind] = self.take()?;
        let (person, body) = (self.text()?, self.bytes()?);
        Some(match kind {
            b'a' => Entry::NoticeAct(person, serde_json::from_slice(body).ok()?),
            b'e' => Entry::TryEnded(serde_json::from_slice(body).ok()?),
            b's' => Entry::Started,
            _ => return None,
        })
    }

    fn power(&mut self) -> Option<Entry<'a>> {
        let person = self.text()?;
        let label = match self.take()? {
            [b'b'] => HourLabel::Begin,
            [b'e'] => HourLabel::End,
            _ => return None,
        };
        let files = (0..self.length()?).map(|_| self.power_file()).collect::<Option<_>>()?;
        Some(Entry::Power { person, label, files })
    }

    fn message(&mut self) -> Option<StoredMessage<'a>> {
        let [feed] = self.take()?;
        let length = self.length()?;
        let (topic, payload) = (self.text()?, self.bytes()?);
        Some(StoredMessage { feed: feed.into(), length, topic, payload })
    }

    fn correction(&mut self) -> Option<CorrectionInput<'a>> {
        let at = Instant::from_millis(i64::from_le_bytes(self.take()?));
        let (person, reason, station) = (self.text()?, self.text()?, self.text()?);
        let property = Property::parse(self.text()?)?;
        let hour = Hour::from_number(i32::from_le_bytes(self.take()?));
        let (kind, amount) = (self.take()?, i32::from_le_bytes(self.take()?));
        let act = match kind {
            [b's'] => Correction::Set(Amount::from_milli(amount)),
            [b'i'] => Correction::Invalidate,
            [b'w'] => Correction::Withdraw,
            _ => return None,
        };
        Some(CorrectionInput { at, person, reason, station, property, hour, act })
    }

    fn published(&mut self) -> Option<(Quantity, Value)> {
        let quantity = Quantity::parse(self.text()?)?;
        let value = match self.take()? {
            [b'n'] => Value::Number(i64::from_le_bytes(self.take()?)),
            [b'p'] => Value::Primary(Pollutants::from_bits(u8::from_le_bytes(self.take()?))),
            [b'-'] => Value::Nothing,
            _ => return None,
        };
        Some((quantity, value))
    }

    fn power_file(&mut self) -> Option<PowerFile> {
        Some(PowerFile { name: self.text()?.to_owned(), text: self.text()?.to_owned() })
    }

    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*first)
    }

    fn length(&mut self) -> Option<usize> {
        usize::try_from(u32::from_le_bytes(self.take()?)).ok()
    }

    fn bytes(&mut self) -> Option<&'a [u8]> {
        let length = self.length()?;
        let (bytes, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(bytes)
    }

    fn text(&mut self) -> Option<&'a str> {
        std::str::from_utf8(self.bytes()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::{AreaId, Member, Registry};
    use crate::observation::StationId;
    use crate::pipeline::{PowerInput, PublishedRow, Retry, StoredDay};

    #[test]
    fn what_a_log_writes_is_read_back_and_nothing_else() {
        let mut log = InputLog::default();
        let message = Message { feed: 1, topic: "aq/x/a/obs", payload: b"{}", length: 2 };
        log.now(Instant::from_millis(-7));
        log.rules(&[3; 32]);
        log.tolerance(10);
        log.message(&message);
        log.retry(&Retry { letter: [5; 32], message });
        log.feed(FeedState::CaughtUp);
        log.act("张三", "confirmed the clock");
        let correction = |act| CorrectionInput {
            at: Instant::from_millis(8),
            person: "李四",
            reason: "校准未结束",
            station: "a",
            property: Property::Rain,
            hour: Hour::from_number(9),
            act,
        };
        let acts =
            [Correction::Set(Amount::from_milli(-5)), Correction::Invalidate, Correction::Withdraw];
        acts.iter().for_each(|act| log.correction(&correction(*act)));
        let files = vec![PowerFile { name: "p.csv".to_owned(), text: "meter\n".to_owned() }];
        let (person, label) = ("王五", HourLabel::End);
        log.power(&PowerInput { person, label, files: &files, rows: &[] });
        log.recompute(Cause::Rules);
        log.reviewed((Hour::from_number(-1), Hour::from_number(2)));
        log.file("a.csv", &[4; 32], 5);
        let primary = Value::Primary(Pollutants::ALL);
        let values = vec![(Quantity::Aqi, Value::Number(61)), (Quantity::Primary, primary)];
        let (member, hour, at) = (Member::Set(0), Hour::from_number(9), Instant::default());
        let area = AreaId::new("x").expect("legal");
        let registry = Registry::new(area, String::new(), Vec::new()).expect("legal");
        let row = PublishedRow { member, hour, values: values.clone(), at };
        log.published(&registry, &row);
        let bytes = vec![1, 2];
        let stored = StoredDay { day: Day::from_number(6), station: 0, bytes };
        log.day(&StationId::new("a").expect("legal"), &stored);
        let bytes = log.take();
        let Message { feed, topic, payload, length } = message;
        let stored_message = StoredMessage { feed, length, topic, payload };
        let expected = [
            Entry::Now(Instant::from_millis(-7)),
            Entry::Rules([3; 32]),
            Entry::Tolerance(10),
            Entry::Message(stored_message),
            Entry::Retry([5; 32], stored_message),
            Entry::Feed(FeedState::CaughtUp),
            Entry::Act,
            Entry::Correction(correction(acts[0])),
            Entry::Correction(correction(acts[1])),
            Entry::Correction(correction(acts[2])),
            Entry::Power { person, label, files },
            Entry::Recompute(Cause::Rules),
            Entry::Reviewed((Hour::from_number(-1), Hour::from_number(2))),
            Entry::File { name: "a.csv", sha256: [4; 32], rows: 5 },
            Entry::Published { entity: "x", hour, values },
            Entry::Day { station: "a", day: Day::from_number(6), bytes: &[1, 2] },
        ];
        assert_eq!(InputLog::entries(&bytes).as_deref(), Some(&expected[..]));
        assert_eq!(InputLog::entries(&bytes[..bytes.len() - 1]), None, "cut off");
        assert_eq!(InputLog::entries(b"Z"), None, "no kind of entry");
    }
}
