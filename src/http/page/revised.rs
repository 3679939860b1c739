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
        name: name(&quantity, lang),
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

/// How people call a quantity: `PM2.5 24小时滑动均值`.
fn name(quantity: &str, lang: Lang) -> String {
    let Some(property) = property(quantity) else {
        let known = match quantity {
            "aqi" => lang.of("小时AQI", "AQI of the hour"),
            "aqi_day" => lang.of("今日累计AQI", "AQI of the day so far"),
            "primary" | "primary_pollutants" => lang.of("首要污染物", "primary pollutants"),
            "primary_day" => lang.of("今日首要污染物", "primary pollutants of the day so far"),
            "hours_day" => lang.of("今日有效小时数", "hours of the day so far"),
            "stations_expected" => lang.of("应报点位数", "stations expected"),
            other => return other.replace('_', " "),
        };
        return known.to_owned();
    };
    let label = property.label();
    let basis = match quantity.strip_prefix(property.code()).unwrap_or_default() {
        "" => return label.to_owned(),
        "_24h" => lang.of("24小时滑动均值", "24 h rolling mean"),
        "_day" => lang.of("0时以来均值", "mean since 00:00"),
        "_8h" => lang.of("8小时滑动均值", "8 h rolling mean"),
        "_8h_max_today" => lang.of("今日8小时最大", "8 h max of the day so far"),
        "_1h_max_today" => lang.of("今日1小时最大", "1 h max of the day so far"),
        other => return format!("{label}{}", other.replace('_', " ")),
    };
    format!("{label} {basis}")
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::Quantity;

    #[test]
    fn every_quantity_has_a_chinese_name() {
        for quantity in Quantity::all() {
            let quantity = quantity.name();
            let name = name(&quantity, Lang::Zh);
            let is_short = property(&quantity).is_some_and(|p| p.code() == quantity);
            assert!(is_short || !name.is_ascii(), "{quantity}: {name}");
            assert!(!name.contains('_'), "{quantity}: {name}");
        }
        assert_eq!(name("o3_8h_max_today", Lang::Zh), "O₃ 今日8小时最大");
        assert_eq!(name("pm2_5_24h", Lang::En), "PM2.5 24 h rolling mean");
    }
}
