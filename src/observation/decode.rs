//! One JSON message to an [`Observation`], without copying what can be borrowed.
//!
//! In: payload bytes and the feed's format. Out: the observation, or the reason why the message is
//! refused. Duplicate fields, other shapes and unreadable times refuse the message; a bad value does
//! not.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::{PROPERTIES, Property, Reading, Rejection, RejectionReason, Validity};
use crate::quantity::{Amount, DecimalFault, parse_decimal, plain_decimal};
use crate::time::{AveragingPeriod, HourLabel, Instant, TimeFault};

/// How a feed writes its messages.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct FeedFormat {
    /// Whether `time` names the start or the end of the interval.
    pub hour_label: HourLabel,
    /// How `time` is written.
    pub time: TimeFormat,
    /// The feed's own names for properties; empty means Lantian's codes.
    pub codes: BTreeMap<String, Code>,
    /// Texts that stand for "no value", beside `null`.
    pub missing: Vec<String>,
    /// What the messages hold.
    #[serde(default)]
    pub kind: FeedKind,
}

/// What the messages of a feed hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub enum FeedKind {
    /// What stations measured.
    #[default]
    Observations,
    /// What the national platform published: kept for comparison, never used in arithmetic.
    Published,
}

/// What a feed's own name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct Code {
    /// The property.
    pub property: Property,
    /// Decimal digits between the unit on the wire and 0.001 of Lantian's unit (3: µg/m³; 6: mg/m³).
    pub scale: u32,
}

impl Code {
    /// A property in Lantian's own unit on the wire.
    #[must_use]
    pub const fn of(property: Property) -> Self {
        Self { property, scale: property.wire_scale() }
    }
}

/// How a feed writes `time`.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub enum TimeFormat {
    /// RFC 3339 with an offset.
    #[default]
    Rfc3339,
    /// A strftime pattern in a zone of fixed offset.
    Pattern {
        /// For example `%Y-%m-%d %H:%M`.
        pattern: String,
        /// Minutes east of UTC.
        offset_min: i32,
    },
}

/// One act of measuring: a station's values over one interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Observation<'a> {
    /// The station's code.
    pub station: Cow<'a, str>,
    /// Length of the interval.
    pub period: AveragingPeriod,
    /// Start of the interval (phenomenon time), on the period's grid.
    pub start: Instant,
    /// 0 for the first report; a correction counts up.
    pub revision: u32,
    /// By [`Property::index`].
    pub readings: [Reading; Property::COUNT],
    /// Which properties the message names (bit by index): one that it does not name is left as it is.
    pub given: u16,
    /// Values of properties that are not known here.
    pub unknown_values: Vec<UnknownValue>,
    /// How many fields were ignored.
    pub ignored_fields: u32,
}

impl<'a> Observation<'a> {
    /// An observation that names every pollutant, and the meteorological elements it has.
    #[must_use]
    pub fn of(
        station: &'a str,
        (period, start): (AveragingPeriod, Instant),
        revision: u32,
        readings: [Reading; Property::COUNT],
    ) -> Self {
        let mut given = 0;
        for property in PROPERTIES {
            let present = readings[property.index()].validity != Validity::Missing;
            if present || matches!(property, Property::Pollutant(_)) {
                given |= 1 << property.index();
            }
        }
        let (unknown_values, ignored_fields) = (Vec::new(), 0);
        let station = station.into();
        Self { station, period, start, revision, readings, given, unknown_values, ignored_fields }
    }

    /// Whether the message names the property, be it with `null`.
    #[must_use]
    pub const fn gives(&self, property: Property) -> bool {
        self.given & 1 << property.index() != 0
    }
}

/// A value under a name that is no known property.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownValue {
    /// The name as sent.
    pub name: String,
    /// The value as sent, as JSON text.
    pub text: String,
}

/// Decodes one message.
///
/// # Errors
/// A [`Rejection`] naming the field and the fault.
pub fn decode<'a>(payload: &'a [u8], format: &FeedFormat) -> Result<Observation<'a>, Rejection> {
    // Checked once as a whole, UTF-8 need not be checked text by text.
    let text = std::str::from_utf8(payload)
        .map_err(|e| Rejection::new(RejectionReason::NotJson, e.to_string()))?;
    let fields: Fields<'a> = serde_json::from_str(text).map_err(|e| refuse_json(&e))?;
    let missing =
        |name| Rejection::new(RejectionReason::MissingField, format!("no field `{name}`"));
    let station = fields.station.ok_or_else(|| missing("station"))?.0;
    let period_text = fields.period.ok_or_else(|| missing("period"))?.0;
    let time_text = fields.time.ok_or_else(|| missing("time"))?.0;
    let values = fields.values.ok_or_else(|| missing("values"))?;
    let period = AveragingPeriod::parse(&period_text).ok_or_else(|| {
        let detail = format!("`period`: PT1M to PT30M or PT1H expected, got {period_text:?}");
        Rejection::new(RejectionReason::BadPeriod, detail)
    })?;
    let mut observation = Observation {
        station,
        period,
        start: interval_start(&time_text, period, format)?,
        revision: fields.revision.unwrap_or(0),
        readings: [Reading::default(); Property::COUNT],
        given: 0,
        unknown_values: Vec::new(),
        ignored_fields: fields.ignored,
    };
    for (name, text) in values.0 {
        place(&mut observation, &name, text, format);
    }
    for (name, flag) in fields.flags.map(|f| f.0).unwrap_or_default() {
        apply_flag(&mut observation, &name, &flag, format);
    }
    Ok(observation)
}

pub(crate) fn refuse_json(e: &serde_json::Error) -> Rejection {
    let reason = if e.is_data() { RejectionReason::WrongType } else { RejectionReason::NotJson };
    Rejection::new(reason, e.to_string())
}

/// The start of the interval that `time` labels.
///
/// # Errors
/// Why it is none.
pub(crate) fn interval_start(
    text: &str,
    period: AveragingPeriod,
    format: &FeedFormat,
) -> Result<Instant, Rejection> {
    let read = match &format.time {
        TimeFormat::Rfc3339 => Instant::parse_rfc3339(text),
        TimeFormat::Pattern { pattern, offset_min } => {
            Instant::parse_pattern(text, pattern, *offset_min)
        }
    };
    let labelled = read.map_err(|fault| {
        let reason = match fault {
            TimeFault::NoOffset => RejectionReason::TimeWithoutOffset,
            TimeFault::Unreadable => RejectionReason::BadTime,
        };
        Rejection::new(reason, format!("`time`: {fault}: {text:?}"))
    })?;
    let start = match format.hour_label {
        HourLabel::Begin => labelled,
        HourLabel::End => labelled.plus_minutes(-i64::from(period.minutes())),
    };
    match start.minute_of_hour() {
        Some(_) if !start.has_four_digit_year() => {
            let detail = format!("`time`: {text:?} is not in the years 0000 to 9999");
            Err(Rejection::new(RejectionReason::BadTime, detail))
        }
        Some(minute) if minute % period.minutes() == 0 => Ok(start),
        _ => Err(Rejection::new(
            RejectionReason::BadTime,
            format!("`time`: {text:?} is not on the grid of {period}"),
        )),
    }
}

/// The property behind a name of this feed.
fn find(name: &str, format: &FeedFormat) -> Option<Code> {
    if format.codes.is_empty() {
        return Property::parse(name).map(Code::of);
    }
    format.codes.get(name).copied()
}

fn place(observation: &mut Observation<'_>, name: &str, text: &str, format: &FeedFormat) {
    let Some(code) = find(name, format) else {
        let unknown = UnknownValue { name: name.to_owned(), text: text.to_owned() };
        observation.unknown_values.push(unknown);
        return;
    };
    observation.given |= 1 << code.property.index();
    observation.readings[code.property.index()] = read_value(text, code, format);
}

fn read_value(text: &str, code: Code, format: &FeedFormat) -> Reading {
    let bare = text.trim_matches('"');
    if text == "null" || format.missing.iter().any(|m| m == bare) {
        return Reading::default();
    }
    read_amount(text.as_bytes(), code)
}

/// Reads and judges one amount as written: every source of values, message or file, does it here.
///
/// What is no usable amount comes back as an invalid reading with its reason.
#[must_use]
pub fn read_amount(text: &[u8], code: Code) -> Reading {
    let invalid = |validity| Reading { amount: Amount::default(), validity };
    match parse_decimal(text, code.scale) {
        Err(DecimalFault::NotANumber) => invalid(Validity::NotANumber),
        Err(DecimalFault::OutOfRange) => invalid(Validity::Absurd),
        Ok(amount) => judged(amount, code),
    }
}

/// What [`read_amount`] says of the number at the front of a text, and its length; `None` where only the
/// whole text could tell.
#[must_use]
pub fn read_plain_amount(text: &[u8], code: Code) -> Option<(Reading, usize)> {
    let (amount, read) = plain_decimal(text, code.scale)?;
    Some((judged(amount, code), read))
}

/// Whether an amount can be one.
fn judged(amount: Amount, code: Code) -> Reading {
    let (least, most) = code.property.plausible();
    let below = amount.milli() < least;
    let validity = match code.property {
        Property::Pollutant(_) if below => Validity::Negative,
        _ if below || amount.milli() > most => Validity::Absurd,
        _ => Validity::Valid,
    };
    Reading { amount, validity }
}

fn apply_flag(observation: &mut Observation<'_>, name: &str, flag: &str, format: &FeedFormat) {
    let Some(code) = find(name, format) else { return };
    let reading = &mut observation.readings[code.property.index()];
    *reading = reading.flagged(flag);
}

/// A text borrowed where it holds no escape.
pub(crate) struct Text<'a>(pub(crate) Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Borrowing;
        impl<'de> Visitor<'de> for Borrowing {
            type Value = Text<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Borrowing)
    }
}

/// An object as a list, in the order written; a name given twice is a fault.
pub(crate) struct Pairs<V>(pub(crate) V);

/// Names and values of an object.
pub(crate) type Named<'a, T> = Vec<(Cow<'a, str>, T)>;

macro_rules! pairs_of {
    ($item:ty, $read:ty, $take:expr) => {
        impl<'de> Deserialize<'de> for Pairs<Named<'de, $item>> {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Listing;
                impl<'de> Visitor<'de> for Listing {
                    type Value = Pairs<Named<'de, $item>>;

                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                        f.write_str("an object of names and values")
                    }

                    fn visit_map<A: MapAccess<'de>>(
                        self,
                        mut map: A,
                    ) -> Result<Self::Value, A::Error> {
                        let mut pairs: Named<'de, $item> = Vec::with_capacity(8);
                        while let Some((Text(name), value)) =
                            map.next_entry::<Text<'de>, $read>()?
                        {
                            if pairs.iter().any(|(known, _)| *known == name) {
                                return Err(de::Error::custom(format!("{name:?} is given twice")));
                            }
                            pairs.push((name, $take(value)));
                        }
                        Ok(Pairs(pairs))
                    }
                }
                deserializer.deserialize_map(Listing)
            }
        }
    };
}

pairs_of!(&'de str, &'de RawValue, RawValue::get);
pairs_of!(Cow<'de, str>, Text<'de>, |text: Text<'de>| text.0);

/// The fields of a message as they stand.
#[derive(Default)]
struct Fields<'a> {
    station: Option<Text<'a>>,
    period: Option<Text<'a>>,
    time: Option<Text<'a>>,
    revision: Option<u32>,
    values: Option<Pairs<Named<'a, &'a str>>>,
    flags: Option<Pairs<Named<'a, Cow<'a, str>>>>,
    ignored: u32,
}

impl<'de> Deserialize<'de> for Fields<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reading;
        impl<'de> Visitor<'de> for Reading {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an observation object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
                let mut fields = Fields::default();
                while let Some(Text(name)) = map.next_key::<Text<'de>>()? {
                    match &*name {
                        "station" => once(&mut fields.station, &mut map, "station")?,
                        "period" => once(&mut fields.period, &mut map, "period")?,
                        "time" => once(&mut fields.time, &mut map, "time")?,
                        "revision" => once(&mut fields.revision, &mut map, "revision")?,
                        "values" => once(&mut fields.values, &mut map, "values")?,
                        "flags" => once(&mut fields.flags, &mut map, "flags")?,
                        _ => {
                            map.next_value::<IgnoredAny>()?;
                            fields.ignored += 1;
                        }
                    }
                }
                Ok(fields)
            }
        }
        deserializer.deserialize_map(Reading)
    }
}

fn once<'de, T: Deserialize<'de>, A: MapAccess<'de>>(
    slot: &mut Option<T>,
    map: &mut A,
    name: &'static str,
) -> Result<(), A::Error> {
    if slot.is_some() {
        return Err(de::Error::duplicate_field(name));
    }
    *slot = Some(map.next_value().map_err(|e| named(name, &e))?);
    Ok(())
}

/// The fault with the field's name before it.
fn named<E: de::Error>(name: &str, e: &E) -> E {
    E::custom(format!("`{name}`: {e}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::Pollutant;

    const GOOD: &str = r#"{"station":"210200-1077A","period":"PT1H",
        "time":"2026-11-23T08:00:00+08:00","revision":2,
        "values":{"pm2_5":61,"pm10":88,"so2":9,"no2":31,"co":0.8,"o3":null,"wind_speed":2.5},
        "flags":{"pm10":"M"},"sent":1}"#;

    fn read(text: &str) -> Result<Observation<'_>, Rejection> {
        decode(text.as_bytes(), &FeedFormat::default())
    }

    fn reason(text: &str) -> RejectionReason {
        read(text).expect_err("refused").reason
    }

    #[test]
    fn a_message_is_read_whole() {
        let o = read(GOOD).expect("legal");
        assert_eq!(o.station, "210200-1077A");
        assert_eq!(o.start.to_string(), "2026-11-23T08:00:00+08:00");
        assert_eq!((o.revision, o.ignored_fields), (2, 1));
        let at = |p: Pollutant| o.readings[p.index()];
        assert_eq!(at(Pollutant::Pm2_5).amount.milli(), 61_000);
        assert_eq!(at(Pollutant::Co).amount.milli(), 800_000);
        assert_eq!(at(Pollutant::Pm10).validity, Validity::FlagMaintenance);
        assert_eq!(at(Pollutant::O3).validity, Validity::Missing);
        assert_eq!(o.given, 0b111_1111, "null is given, what is not named is not");
        assert_eq!(o.readings[Property::WindSpeed.index()].amount.milli(), 2500);
    }

    #[test]
    fn a_bad_value_is_invalid_and_leaves_the_others_alone() {
        let o = read(
            r#"{"station":"a","period":"PT1H","time":"2026-11-23T08:00:00+08:00",
            "values":{"pm2_5":-999,"pm10":1e9,"so2":"9","no2":31,"co":{},"o3":1e99,"radon":4}}"#,
        )
        .expect("legal");
        let of = |p: Pollutant| o.readings[p.index()].validity;
        assert_eq!(of(Pollutant::Pm2_5), Validity::Negative);
        assert_eq!(of(Pollutant::Pm10), Validity::Absurd);
        assert_eq!(of(Pollutant::So2), Validity::NotANumber);
        assert_eq!(of(Pollutant::No2), Validity::Valid);
        assert_eq!(of(Pollutant::Co), Validity::NotANumber);
        assert_eq!(of(Pollutant::O3), Validity::Absurd);
        assert_eq!(o.unknown_values[0].name, "radon");
        assert_eq!(o.unknown_values[0].text, "4");
    }

    #[test]
    fn a_bad_payload_is_refused_with_its_reason() {
        use RejectionReason as R;
        let with = |from: &str, to: &str| reason(&GOOD.replace(from, to));
        assert_eq!(reason("{"), R::NotJson);
        assert_eq!(reason("not json"), R::NotJson);
        assert_eq!(reason("[1]"), R::WrongType);
        assert_eq!(reason("{}"), R::MissingField);
        assert_eq!(with(r#""revision":2"#, r#""revision":"2""#), R::WrongType);
        assert_eq!(with(r#""revision":2"#, r#""revision":-1"#), R::WrongType);
        assert_eq!(with(r#"{"pm10":"M"}"#, "[]"), R::WrongType);
        assert_eq!(with(r#""sent":1"#, r#""time":"x""#), R::WrongType);
        assert_eq!(with(r#""pm10":88"#, r#""pm2_5":88"#), R::WrongType);
        assert_eq!(with("PT1H", "PT7M"), R::BadPeriod);
        assert_eq!(with("08:00:00+08:00", "08:30:00+08:00"), R::BadTime);
        assert_eq!(with("T08:00:00+08:00", "T08:00:00"), R::TimeWithoutOffset);
        assert_eq!(with("2026-11-23T", "2026-11-43T"), R::BadTime);
        assert_eq!(with("2026-11-23T08:00:00+08:00", "0000-01-01T00:00:00+09:00"), R::BadTime);
        assert_eq!(with("2026-11-23T08:00:00+08:00", "9999-12-31T20:00:00-05:00"), R::BadTime);
        assert_eq!(decode(b"\xff{}", &FeedFormat::default()).map_err(|r| r.reason), {
            Err(R::NotJson)
        });
    }

    #[test]
    fn a_feed_names_its_own_codes_times_and_missing_tokens() {
        let codes = [("PM25", Property::parse("pm2_5"), 3), ("CO", Property::parse("co"), 3)];
        let named = codes.into_iter().map(|(name, property, scale)| {
            (name.to_owned(), Code { property: property.expect("known"), scale })
        });
        let format = FeedFormat {
            hour_label: HourLabel::End,
            time: TimeFormat::Pattern { pattern: "%Y%m%d%H%M".into(), offset_min: 480 },
            codes: named.collect(),
            missing: vec!["-".into(), "-99".into()],
            kind: FeedKind::Observations,
        };
        let text = r#"{"station":"a","period":"PT5M","time":"202611230000",
            "values":{"PM25":-99,"CO":"-"}}"#;
        let o = decode(text.as_bytes(), &format).expect("legal");
        assert_eq!(o.start.to_string(), "2026-11-22T23:55:00+08:00");
        assert_eq!(o.readings[0].validity, Validity::Missing);
        assert_eq!(o.readings[Pollutant::Co.index()].validity, Validity::Missing);
        let micrograms = text.replace("\"-\"", "800");
        let o = decode(micrograms.as_bytes(), &format).expect("legal");
        assert_eq!(o.readings[Pollutant::Co.index()].amount.milli(), 800_000);
    }
}
