//! A message of a feed of published values.
//!
//! In: payload bytes and the feed's format. Out: the record, or why the message is refused. One value that
//! cannot be read refuses the message: it is somebody's bridge that is wrong, not an instrument.

use std::borrow::Cow;

use serde::Deserialize;

use super::Quantity;
use crate::area::Value;
use crate::observation::{
    FeedFormat, Named, Pairs, Rejection, RejectionReason, Text, UnknownValue, interval_start,
    refuse_json,
};
use crate::time::{AveragingPeriod, Hour};

/// What was published for one entity and hour.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedRecord<'a> {
    /// The area, `area/set`, or a station's code.
    pub entity: Cow<'a, str>,
    /// The hour.
    pub hour: Hour,
    /// What was published, in the order written; what is missing is not there.
    pub values: Vec<(Quantity, Value)>,
    /// Values under names that are not known here.
    pub unknown_values: Vec<UnknownValue>,
}

#[derive(Deserialize)]
// Of one lifetime: what is borrowed is borrowed exactly as long as the payload.
#[serde(bound(deserialize = "'a: 'de"))]
struct Fields<'a> {
    #[serde(borrow)]
    entity: Option<Text<'a>>,
    #[serde(borrow)]
    time: Option<Text<'a>>,
    #[serde(borrow)]
    values: Option<Pairs<Named<'a, &'a str>>>,
}

/// Decodes one message.
///
/// # Errors
/// A [`Rejection`] naming the field and the fault.
pub fn decode<'a>(
    payload: &'a [u8],
    format: &FeedFormat,
) -> Result<PublishedRecord<'a>, Rejection> {
    let text = std::str::from_utf8(payload)
        .map_err(|e| Rejection::new(RejectionReason::NotJson, e.to_string()))?;
    let fields: Fields<'a> = serde_json::from_str(text).map_err(|e| refuse_json(&e))?;
    let missing =
        |name| Rejection::new(RejectionReason::MissingField, format!("no field `{name}`"));
    let entity = fields.entity.ok_or_else(|| missing("entity"))?.0;
    let time = fields.time.ok_or_else(|| missing("time"))?.0;
    let written = fields.values.ok_or_else(|| missing("values"))?.0;
    let hour = interval_start(&time, AveragingPeriod::HOUR, format)?.hour();
    let (mut values, mut unknown_values) = (Vec::with_capacity(written.len()), Vec::new());
    for (name, text) in written {
        let Some(quantity) = Quantity::parse(&name) else {
            let text = text.to_owned();
            unknown_values.push(UnknownValue { name: name.into_owned(), text });
            continue;
        };
        if values.iter().any(|(known, _)| *known == quantity) {
            return Err(wrong(&name, "is given twice, once by its other name"));
        }
        let read = value(quantity, text, format).map_err(|fault| wrong(&name, &fault))?;
        values.extend(read.map(|value| (quantity, value)));
    }
    Ok(PublishedRecord { entity, hour, values, unknown_values })
}

fn wrong(name: &str, fault: &str) -> Rejection {
    Rejection::new(RejectionReason::WrongType, format!("`values`: {name}: {fault}"))
}

/// `None` where the value is missing.
fn value(quantity: Quantity, text: &str, format: &FeedFormat) -> Result<Option<Value>, String> {
    let bare = text.trim_matches('"');
    if text == "null" || format.missing.iter().any(|m| m == bare) {
        return Ok(None);
    }
    let written = match quantity {
        Quantity::Primary | Quantity::PrimaryDay => {
            let codes: Vec<String> = serde_json::from_str(text)
                .map_err(|_| format!("a list of codes of pollutants expected, got {text}"))?;
            return quantity.read(&codes.join(";")).map(Some);
        }
        Quantity::Category => bare,
        Quantity::Aqi
        | Quantity::Hour(_)
        | Quantity::Rolling24h(_)
        | Quantity::OzoneEightHours
        | Quantity::OzoneEightHoursMax
        | Quantity::OzoneOneHourMax
        | Quantity::Day(_)
        | Quantity::AqiDay => text,
    };
    quantity.read(written).map(Some)
}
