//! What changed after it was published, as pages list it.
//!
//! In: rows of the store. Out: one line a figure: when, of which hour, from what to what, and why.

use super::words::Lang;
use crate::http::RevisionRow;
use crate::observation::{Property, Validity};
use crate::quantity::Amount;
use crate::time::{DAY_H, Hour};

/// One figure that changed.
#[derive(Debug)]
pub(super) struct Revised {
    pub(super) at: String,
    pub(super) hour: Hour,
    /// The same as people say it.
    pub(super) when: String,
    /// The code of the property, or the name of the figure.
    pub(super) quantity: String,
    /// How people call it.
    pub(super) name: String,
    pub(super) old: String,
    pub(super) new: String,
    pub(super) cause: &'static str,
}

/// The figures of some rows, the newest change first. What cannot be read is left out, and logged.
pub(super) fn figures(rows: &[RevisionRow], lang: Lang) -> Vec<Revised> {
    let mut all: Vec<Revised> = rows.iter().flat_map(|row| of_row(row, lang)).collect();
    all.reverse();
    all
}

/// As stored: hour of the day, quantity, old, new.
type Stored = (usize, String, serde_json::Value, serde_json::Value);

fn of_row(row: &RevisionRow, lang: Lang) -> Vec<Revised> {
    let changes: Vec<Stored> = serde_json::from_str(&row.changes).unwrap_or_else(|e| {
        tracing::warn!(error = %e, "a stored revision cannot be read");
        Vec::new()
    });
    let revised = |(of_day, quantity, old, new): Stored| Revised {
        at: super::minute(row.at),
        hour: row.day.hour(of_day),
        when: lang.day_and_hour(row.day.hour(of_day)),
        name: name(&quantity),
        old: shown(&quantity, &old, lang),
        new: shown(&quantity, &new, lang),
        quantity,
        cause: cause(&row.cause, lang),
    };
    changes.into_iter().filter(|(of_day, ..)| *of_day < DAY_H).map(revised).collect()
}

/// The pollutant that a quantity is of, if its name begins with one.
fn property(quantity: &str) -> Option<Property> {
    let codes = ["_24h", "_8h_max_today", "_1h_max_today", "_8h", "_day"];
    let base = codes.iter().find_map(|end| quantity.strip_suffix(end)).unwrap_or(quantity);
    Property::parse(base)
}

fn name(quantity: &str) -> String {
    match (property(quantity), quantity) {
        (Some(property), code) if code == property.code() => property.label().to_owned(),
        (Some(property), code) => {
            let rest = code.strip_prefix(property.code()).unwrap_or_default();
            format!("{}{}", property.label(), rest.replace('_', " "))
        }
        (None, "aqi") => "AQI".to_owned(),
        (None, "aqi_day") => "AQI day".to_owned(),
        (None, other) => other.replace('_', " "),
    }
}

fn shown(quantity: &str, value: &serde_json::Value, lang: Lang) -> String {
    let milli = value.as_i64().and_then(|n| i32::try_from(n).ok());
    match (value, milli, property(quantity)) {
        (serde_json::Value::Null, ..) => lang.of("缺测", "missing").to_owned(),
        (_, Some(milli), Some(property)) => property.show(Amount::from_milli(milli)),
        (_, Some(number), None) => number.to_string(),
        (serde_json::Value::String(text), ..) => {
            let mut all = (0..=u8::MAX).filter_map(Validity::from_number);
            let validity = all.find(|validity| validity.name() == text);
            validity.map_or_else(|| text.clone(), |v| lang.validity(v).to_owned())
        }
        (other, ..) => other.to_string(),
    }
}

/// Why, as the monitoring room says it.
fn cause(name: &str, lang: Lang) -> &'static str {
    match name {
        "late" => lang.of("迟到数据", "late"),
        "corrected" => lang.of("上游更正", "corrected by the feed"),
        "operator" => lang.of("人工订正", "corrected by hand"),
        "import" => lang.of("历史导入", "import of history"),
        "reviewed" => lang.of("数据审核", "reviewed"),
        "stations" => lang.of("点位调整", "list of stations"),
        "rules" => lang.of("规则变更", "rules"),
        _ => lang.of("其他", "other"),
    }
}
