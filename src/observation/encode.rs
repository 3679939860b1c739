//! An [`Observation`] to the JSON message that [`decode`](super::decode) reads.
//!
//! In: an observation. Out: payload bytes in the default format (label of the interval's start,
//! RFC 3339 with +08:00, exact decimals without trailing zeros). Pollutants without a value are
//! written as `null`, meteorological elements without one are left out.
//!
//! Invariant: decoding gives the same observation back, except `ignored_fields`, which are gone.
//! A validity that only Lantian gives (from minutes) is written as a plain value.

use std::io::Write as _;

use super::{Observation, PROPERTIES, Property, Qualifier, Reading, UnknownValue, Validity};

/// The message in the default payload format.
#[must_use]
pub fn encode(observation: &Observation<'_>) -> Vec<u8> {
    let mut out = Vec::with_capacity(320);
    out.extend_from_slice(b"{\"station\":");
    text(&mut out, &observation.station);
    put(&mut out, format_args!(",\"period\":\"{}\"", observation.period));
    put(&mut out, format_args!(",\"time\":\"{}\"", observation.start));
    put(&mut out, format_args!(",\"revision\":{},\"values\":{{", observation.revision));
    let mut first = true;
    for property in PROPERTIES {
        let reading = observation.readings[property.index()];
        if !observation.gives(property) {
            continue;
        }
        name(&mut out, property.code(), &mut first);
        value(&mut out, property, reading);
    }
    for UnknownValue { name: unknown, text: written } in &observation.unknown_values {
        name(&mut out, unknown, &mut first);
        out.extend_from_slice(written.as_bytes());
    }
    out.push(b'}');
    flags(&mut out, observation);
    out.push(b'}');
    out
}

fn put(out: &mut Vec<u8>, what: std::fmt::Arguments<'_>) {
    out.write_fmt(what).expect("a vector takes every byte");
}

fn text(out: &mut Vec<u8>, text: &str) {
    serde_json::to_writer(out, text).expect("a text is always JSON");
}

fn name(out: &mut Vec<u8>, code: &str, first: &mut bool) {
    if !std::mem::take(first) {
        out.push(b',');
    }
    text(out, code);
    out.push(b':');
}

fn value(out: &mut Vec<u8>, property: Property, reading: Reading) {
    match reading.validity {
        Validity::Missing => out.extend_from_slice(b"null"),
        Validity::NotANumber => out.extend_from_slice(b"\"?\""),
        // Too large to be held: any number beyond the fixed point says the same.
        Validity::Absurd if reading.amount.milli() == 0 => out.extend_from_slice(b"1e99"),
        _ => amount(out, reading.amount.milli(), property.wire_scale()),
    }
}

/// Exactly, in the unit of the wire, without trailing zeros.
fn amount(out: &mut Vec<u8>, milli: i32, scale: u32) {
    let one = 10_u32.pow(scale);
    let (sign, size) = (if milli < 0 { "-" } else { "" }, milli.unsigned_abs());
    put(out, format_args!("{sign}{}", size / one));
    let (mut rest, mut width) = (size % one, scale as usize);
    if rest == 0 {
        return;
    }
    while rest % 10 == 0 {
        rest /= 10;
        width -= 1;
    }
    put(out, format_args!(".{rest:0width$}"));
}

/// The flags of values that are invalid only because of their flag.
fn flags(out: &mut Vec<u8>, observation: &Observation<'_>) {
    let mut first = true;
    for property in PROPERTIES {
        let reading = observation.readings[property.index()];
        let letter = match reading.validity {
            Validity::UnknownFlag => Some("?"),
            other => Qualifier::letter_of(other),
        };
        let Some(letter) = letter else { continue };
        if first {
            out.extend_from_slice(b",\"flags\":{");
        }
        name(out, property.code(), &mut first);
        text(out, letter);
    }
    if !first {
        out.push(b'}');
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::observation::{Code, FeedFormat, decode, read_amount};
    use crate::quantity::Amount;
    use crate::time::{AveragingPeriod, Hour};

    /// A reading as some message could have brought it.
    fn reading(property: Property) -> impl Strategy<Value = Reading> {
        let flags = [
            Validity::UnknownFlag,
            Validity::FlagStopped,
            Validity::FlagMaintenance,
            Validity::FlagManual,
            Validity::FlagFault,
            Validity::FlagCalibrating,
            Validity::FlagOverRange,
            Validity::FlagCommunication,
        ];
        let scale = property.wire_scale();
        let judged = move |milli: i32| {
            let written = crate::quantity::decimal(i64::from(milli), scale, scale);
            read_amount(written.as_bytes(), Code::of(property))
        };
        prop_oneof![
            Just(Reading::default()),
            Just(Reading { amount: Amount::default(), validity: Validity::NotANumber }),
            Just(Reading { amount: Amount::default(), validity: Validity::Absurd }),
            (-i32::MAX..i32::MAX).prop_map(judged),
            (0..500_000_i32).prop_map(judged),
            ((0..500_000_i32).prop_map(judged), 0..flags.len()).prop_map(move |(r, i)| {
                if r.validity == Validity::Valid { Reading { validity: flags[i], ..r } } else { r }
            }),
        ]
    }

    fn observation() -> impl Strategy<Value = Observation<'static>> {
        let readings: Vec<_> = PROPERTIES.into_iter().map(reading).collect();
        let period = prop_oneof![Just(60_u8), Just(5), Just(1), Just(30)];
        let unknown = prop::collection::vec("[a-z\"\\\\é]{1,4}_x", 0..3);
        let absent = 0_u16..1 << Property::COUNT;
        let head = ("[^/+#,\u{0}-\u{20}]{1,12}", period, 0_i32..600_000, 0_u32..9);
        (readings, absent, head, unknown).prop_map(
            |(mut readings, absent, (station, minutes, hour, revision), mut unknown)| {
                for property in PROPERTIES {
                    if absent & 1 << property.index() != 0 {
                        readings[property.index()] = Reading::default();
                    }
                }
                unknown.sort();
                unknown.dedup();
                Observation {
                    station: station.into(),
                    period: AveragingPeriod::from_minutes(minutes).expect("a divisor"),
                    start: Hour::from_number(hour).start().plus_minutes(i64::from(minutes) % 60),
                    revision,
                    readings: readings.try_into().expect("one for each property"),
                    given: !absent & ((1 << Property::COUNT) - 1),
                    unknown_values: unknown
                        .into_iter()
                        .map(|name| UnknownValue { name, text: "[1,\"a\"]".to_owned() })
                        .collect(),
                    ignored_fields: 0,
                }
            },
        )
    }

    proptest! {
        #[test]
        fn what_was_encoded_decodes_to_the_same(o in observation()) {
            let payload = encode(&o);
            prop_assert_eq!(decode(&payload, &FeedFormat::default()), Ok(o));
        }
    }

    #[test]
    fn the_message_is_the_one_of_the_default_feed() {
        let message = concat!(
            r#"{"station":"210200-1077A","period":"PT1H","time":"2026-11-23T08:00:00+08:00","#,
            r#""revision":0,"values":{"pm2_5":61,"pm10":88,"so2":null,"no2":31,"co":0.8,"#,
            r#""o3":44,"wind_speed":2.5},"flags":{"pm10":"M"}}"#
        );
        let o = decode(message.as_bytes(), &FeedFormat::default()).expect("legal");
        assert_eq!(String::from_utf8(encode(&o)).expect("text"), message);
    }
}
