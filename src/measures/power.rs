//! What electricity meters read: a message of one meter and interval, or a file of hours a day later.
//!
//! In: payloads of `aq/{area}/power/{meter}`, or CSV files. Out: [`PowerReading`]s, or the fault: of a
//! message by its field, of files all at once by line, and then nothing of them is taken.
//!
//! Invariants: energy is whole watt-hours, digits below are rounded half to even once; an hour reads the same
//! from a message and from a file. Which of two values of one meter and interval holds is the store's rule:
//! the higher revision; of the same revision the first, and another one only leaves a mark.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::observation::{FeedFormat, Rejection, RejectionReason, interval_start, refuse_json};
use crate::quantity::parse_whole;
use crate::time::{AveragingPeriod, Hour, HourLabel, Instant};

/// Far above what any plant takes in an hour: ten million kWh.
const ENERGY_MAX_WH: i64 = 10_000_000_000;
const METER_MAX_CHARS: usize = 64;
/// Rows of all files that come at once: a week of a thousand meters.
const ROWS_MAX: usize = 200_000;
/// Faults that are told; the others are counted.
const FAULTS_MAX: usize = 200;

/// What one meter counted in one interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerReading {
    /// 电表编号.
    pub meter: String,
    /// Start of the interval, on the period's grid.
    pub start: Instant,
    /// PT15M, PT30M or PT1H.
    pub period: AveragingPeriod,
    /// Energy in watt-hours.
    pub wh: i64,
    /// 0 for the first report; a correction counts up.
    pub revision: u32,
}

/// A file of readings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerFile {
    /// By which faults name it; may be empty.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl PowerFile {
    /// A file from its bytes.
    ///
    /// # Errors
    /// The line that is not in UTF-8.
    pub fn read(name: String, bytes: Vec<u8>) -> Result<Self, PowerFault> {
        match String::from_utf8(bytes) {
            Ok(text) => Ok(Self { name, text }),
            Err(e) => {
                let valid = &e.as_bytes()[..e.utf8_error().valid_up_to()];
                let line = valid.split(|byte| *byte == b'\n').map(|_| 1).sum();
                let text = "不是UTF-8编码（请另存为“CSV UTF-8”）".to_owned();
                Err(PowerFault { file: name, line, text })
            }
        }
    }
}

/// Where a reading stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerRow {
    /// Number of the file.
    pub file: usize,
    /// The line, from 1.
    pub line: u64,
    /// What it says.
    pub reading: PowerReading,
}

/// What is wrong with a line of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PowerFault {
    /// The file's name; may be empty.
    pub file: String,
    /// The line, from 1.
    pub line: u64,
    /// What is wrong.
    pub text: String,
}

impl fmt::Display for PowerFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, text } = self;
        write!(f, "{file}第{line}行：{text}")
    }
}

/// A message as it stands; each field is read by itself, so that its fault names it.
#[derive(Deserialize)]
struct Fields<'a> {
    #[serde(borrow)]
    meter: Option<&'a RawValue>,
    #[serde(borrow)]
    period: Option<&'a RawValue>,
    #[serde(borrow)]
    time: Option<&'a RawValue>,
    #[serde(borrow)]
    kwh: Option<&'a RawValue>,
    #[serde(borrow)]
    revision: Option<&'a RawValue>,
}

fn field<'a, T: Deserialize<'a>>(name: &str, value: &'a RawValue) -> Result<T, Rejection> {
    serde_json::from_str(value.get()).map_err(|e| {
        let Rejection { reason, detail } = refuse_json(&e);
        Rejection::new(reason, format!("`{name}`: {detail}"))
    })
}

/// Decodes a message that came on the topic of `meter`.
///
/// # Errors
/// A [`Rejection`] naming the field and the fault.
pub fn decode_power(
    payload: &[u8],
    format: &FeedFormat,
    meter: &str,
) -> Result<PowerReading, Rejection> {
    let fields: Fields<'_> = serde_json::from_slice(payload).map_err(|e| refuse_json(&e))?;
    let needed = |name: &str, value: Option<&'_ RawValue>| match value {
        Some(_) => Ok(()),
        None => Err(Rejection::new(RejectionReason::MissingField, format!("no field `{name}`"))),
    };
    needed("period", fields.period)?;
    needed("time", fields.time)?;
    needed("kwh", fields.kwh)?;
    if let Some(said) = fields.meter {
        let said: Cow<'_, str> = field("meter", said)?;
        if said != meter {
            let detail = format!("payload is of meter {said:?}, topic is of {meter:?}");
            return Err(Rejection::new(RejectionReason::TopicMismatch, detail));
        }
    }
    if !is_meter(meter) {
        let detail = format!("`meter`: {meter:?} is no number of a meter");
        return Err(Rejection::new(RejectionReason::BadValue, detail));
    }
    let period: Cow<'_, str> = fields.period.map_or(Ok("".into()), |v| field("period", v))?;
    let minutes = |period: &AveragingPeriod| matches!(period.minutes(), 15 | 30 | 60);
    let period = AveragingPeriod::parse(&period).filter(minutes).ok_or_else(|| {
        let detail = format!("`period`: PT15M, PT30M or PT1H expected, got {period:?}");
        Rejection::new(RejectionReason::BadPeriod, detail)
    })?;
    let time: Cow<'_, str> = fields.time.map_or(Ok("".into()), |v| field("time", v))?;
    let start = interval_start(&time, period, format)?;
    let kwh = fields.kwh.map_or("", RawValue::get);
    let wh = energy(kwh).map_err(|fault| {
        Rejection::new(RejectionReason::BadValue, format!("`kwh`: {}, got {kwh}", fault.text()))
    })?;
    let revision = fields.revision.map_or(Ok(0), |value| field("revision", value))?;
    Ok(PowerReading { meter: meter.to_owned(), start, period, wh, revision })
}

/// Whether a text can be the number of a meter: it is a level of a topic, too.
fn is_meter(text: &str) -> bool {
    let fits = (1..=METER_MAX_CHARS).contains(&text.chars().count());
    fits && text.trim() == text && !text.contains(|c: char| c.is_control() || "/+#".contains(c))
}

/// Why a text is no energy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum EnergyFault {
    NotANumber,
    Negative,
    Absurd,
}

impl EnergyFault {
    const fn text(self) -> &'static str {
        match self {
            Self::NotANumber => "a number expected",
            Self::Negative => "energy is not negative",
            Self::Absurd => "more than 10000000 kWh",
        }
    }

    const fn text_zh(self) -> &'static str {
        match self {
            Self::NotANumber => "不是数字",
            Self::Negative => "电量不能为负",
            Self::Absurd => "超过1000万千瓦时",
        }
    }
}

/// Watt-hours from kWh as written.
fn energy(kwh: &str) -> Result<i64, EnergyFault> {
    let wh = match parse_whole(kwh.as_bytes(), 3) {
        Ok(wh) => wh,
        Err(crate::quantity::DecimalFault::NotANumber) => return Err(EnergyFault::NotANumber),
        Err(crate::quantity::DecimalFault::OutOfRange) if kwh.starts_with('-') => i64::MIN,
        Err(crate::quantity::DecimalFault::OutOfRange) => i64::MAX,
    };
    match wh {
        ..0 => Err(EnergyFault::Negative),
        0..=ENERGY_MAX_WH => Ok(wh),
        _ => Err(EnergyFault::Absurd),
    }
}

/// Faults as they are found; beyond the ones that are told they are counted.
#[derive(Debug, Default)]
pub(crate) struct PowerFaults {
    told: Vec<PowerFault>,
    more: usize,
}

impl PowerFaults {
    pub(crate) fn note(&mut self, file: &PowerFile, line: u64, text: impl Into<String>) {
        if self.told.len() < FAULTS_MAX {
            self.told.push(PowerFault { file: file.name.clone(), line, text: text.into() });
        } else {
            self.more += 1;
        }
    }

    /// `done` where there are none.
    pub(crate) fn or<T>(mut self, done: T) -> Result<T, Vec<PowerFault>> {
        if self.more > 0
            && let Some(last) = self.told.last_mut()
        {
            last.text += &format!("（另有{}处未列出）", self.more);
        }
        if self.told.is_empty() { Ok(done) } else { Err(self.told) }
    }
}

/// Reads files of hours: `meter,time,kwh`, also `revision`, under a line of these names in any order; times
/// `YYYY-MM-DD HH:MM` Beijing time, or RFC 3339, labelled as `label` says.
///
/// # Errors
/// Every fault of every file.
pub fn read_power_files(
    files: &[PowerFile],
    label: HourLabel,
) -> Result<Vec<PowerRow>, Vec<PowerFault>> {
    let (mut rows, mut faults) = (Vec::new(), PowerFaults::default());
    for (number, file) in files.iter().enumerate() {
        read_file((number, file), label, &mut rows, &mut faults);
    }
    let mut seen: BTreeMap<(&str, Instant, u32), &PowerRow> = BTreeMap::new();
    for row in &rows {
        let PowerReading { meter, start, revision, wh, .. } = &row.reading;
        let first = seen.entry((meter.as_str(), *start, *revision)).or_insert(row);
        if first.reading.wh != *wh {
            let before = &files[first.file].name;
            let place = if first.file == row.file { "" } else { before };
            let text = format!("与{place}第{}行为同一电表同一时段，电量不同", first.line);
            faults.note(&files[row.file], row.line, text);
        }
    }
    faults.or(rows)
}

fn read_file(
    (number, file): (usize, &PowerFile),
    label: HourLabel,
    rows: &mut Vec<PowerRow>,
    faults: &mut PowerFaults,
) {
    let text = file.text.strip_prefix('\u{FEFF}').unwrap_or(&file.text);
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut record = csv::StringRecord::new();
    let mut columns: Option<[Option<usize>; 4]> = None;
    let before = rows.len();
    loop {
        match reader.read_record(&mut record) {
            Ok(true) => {}
            Ok(false) => break,
            Err(e) => {
                let line = e.position().map_or(1, csv::Position::line);
                return faults.note(file, line, "不是UTF-8编码的CSV");
            }
        }
        let line = line_of(&record, text);
        let Some(at) = &columns else {
            match header(&record) {
                Ok(found) => columns = Some(found),
                Err(text) => return faults.note(file, line, text),
            }
            continue;
        };
        if rows.len() >= ROWS_MAX {
            return faults.note(file, line, format!("一次至多{ROWS_MAX}行"));
        }
        match read_row(&record, at, label) {
            Ok(reading) => rows.push(PowerRow { file: number, line, reading }),
            Err(texts) => faults.note(file, line, texts.join("；")),
        }
    }
    if columns.is_none() {
        faults.note(file, 1, "文件为空");
    } else if rows.len() == before && faults.told.is_empty() {
        faults.note(file, 1, "没有数据行");
    }
}

/// The line of a record; the reader passes over empty ones, which are lines all the same.
fn line_of(record: &csv::StringRecord, text: &str) -> u64 {
    let Some(position) = record.position() else { return 1 };
    let from = usize::try_from(position.byte()).unwrap_or(usize::MAX);
    let rest = text.as_bytes().get(from..).unwrap_or_default();
    let empty = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    position.line() + empty.filter(|byte| **byte == b'\n').map(|_| 1).sum::<u64>()
}

/// The names of the columns; the last one may be missing.
const COLUMNS: [&str; 4] = ["meter", "time", "kwh", "revision"];

fn header(record: &csv::StringRecord) -> Result<[Option<usize>; 4], String> {
    if let Some(unknown) = record.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(format!("表头中的“{unknown}”不是 meter、time、kwh、revision 之一"));
    }
    let of = |name: &str| record.iter().filter(move |column| *column == name).count();
    for (at, name) in COLUMNS.iter().enumerate() {
        match of(name) {
            0 if at < 3 => return Err(format!("表头缺少 {name}")),
            0 | 1 => {}
            _ => return Err(format!("表头中 {name} 出现两次")),
        }
    }
    Ok(COLUMNS.map(|name| record.iter().position(|column| column == name)))
}

/// All that is wrong with a row.
fn read_row(
    record: &csv::StringRecord,
    columns: &[Option<usize>; 4],
    label: HourLabel,
) -> Result<PowerReading, Vec<String>> {
    let cell = |at: usize| columns[at].and_then(|column| record.get(column)).unwrap_or_default();
    let [meter, time, kwh, revision] = [0, 1, 2, 3].map(cell);
    let mut faults = Vec::new();
    if !is_meter(meter) {
        faults.push(format!("meter：“{meter}”不是电表编号"));
    }
    let hour = Hour::parse_label(time, label);
    if hour.is_err() {
        faults.push(format!("time：“{time}”不是整点时间"));
    }
    let wh = energy(kwh);
    if let Err(fault) = wh {
        faults.push(format!("kwh：“{kwh}”{}", fault.text_zh()));
    }
    let number = if revision.is_empty() { Ok(0) } else { revision.parse() };
    if number.is_err() {
        faults.push(format!("revision：“{revision}”不是版本号"));
    }
    match (hour, wh, number) {
        (Ok(hour), Ok(wh), Ok(revision)) if faults.is_empty() => Ok(PowerReading {
            meter: meter.to_owned(),
            start: hour.start(),
            period: AveragingPeriod::HOUR,
            wh,
            revision,
        }),
        _ => Err(faults),
    }
}

#[cfg(test)]
mod tests;
