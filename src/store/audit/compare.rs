//! Two stores' rows of one area, side by side.

use std::cmp::Ordering;

use rusqlite::types::Value;
use rusqlite::{Connection, Rows};

use crate::time::{Day, Hour, HourLabel};

/// What is compared of one table: its name, how many of the columns are its key, and the query, in the order
/// of the key. Rows are named by codes, since numbers are given in the order of arrival.
const TABLES: [(&str, usize, &str); 22] = [
    (
        "station",
        1,
        "SELECT code, name, latitude_e6, longitude_e6, district, kind, assessed, valid_from,
                valid_until FROM station WHERE area = ?1 ORDER BY 1",
    ),
    ("station_set", 1, "SELECT code, name FROM station_set WHERE area = ?1 ORDER BY 1"),
    (
        "membership",
        4,
        "SELECT station_set.code, station.code, membership.valid_from, membership.valid_until
         FROM membership JOIN station_set ON station_set.id = membership.station_set
         JOIN station ON station.id = membership.station WHERE station_set.area = ?1
         ORDER BY 1, 2, 3, 4",
    ),
    ("parameter", 1, "SELECT name, value FROM parameter WHERE area = ?1 ORDER BY 1"),
    ("arrival", 1, "SELECT sequence, at_ms, digest FROM arrival WHERE area = ?1 ORDER BY 1"),
    (
        "hour",
        2,
        "SELECT hour, code AS station, cells FROM hour JOIN station ON station.id = hour.station
         WHERE area = ?1 ORDER BY 1, 2",
    ),
    (
        "station_day",
        2,
        "SELECT day, code AS station, cells FROM station_day
         JOIN station ON station.id = station_day.station WHERE area = ?1 ORDER BY 1, 2",
    ),
    (
        "area_hour",
        2,
        "SELECT hour, code AS station_set, area_hour.* FROM area_hour
         JOIN station_set ON station_set.id = area_hour.station_set WHERE area = ?1 ORDER BY 1, 2",
    ),
    (
        "imported",
        1,
        "SELECT sequence, first_day, last_day FROM imported WHERE area = ?1 ORDER BY 1",
    ),
    (
        "revision",
        4,
        "SELECT sequence, entity, day, cause, at_ms, changes FROM revision WHERE area = ?1
         ORDER BY 1, 2, 3, 4",
    ),
    (
        "correction",
        5,
        "SELECT sequence, at_ms, station, quantity, hour, person, reason, act, amount, refused
         FROM correction WHERE area = ?1 ORDER BY 1, 2, 3, 4, 5",
    ),
    (
        "warning",
        1,
        "SELECT number, sequence, at_ms, person, drill, kind, body FROM warning WHERE area = ?1
         ORDER BY 1",
    ),
    (
        "duty",
        1,
        "SELECT number, sequence, at_ms, person, kind, body FROM duty WHERE area = ?1 ORDER BY 1",
    ),
    (
        "notice",
        1,
        "SELECT number, sequence, at_ms, person, notice, kind, body FROM notice WHERE area = ?1
         ORDER BY 1",
    ),
    ("edition", 1, "SELECT digest, content FROM edition WHERE area = ?1 ORDER BY 1"),
    (
        "published",
        3,
        "SELECT hour, entity, quantity, first_value, first_ms, last_value, last_ms FROM published
         WHERE area = ?1 ORDER BY 1, 2, 3",
    ),
    (
        "power",
        3,
        "SELECT start_ms, meter, period_min, wh, revision, conflict FROM power WHERE area = ?1
         ORDER BY 1, 2, 3",
    ),
    (
        "alarm",
        3,
        "SELECT raised_ms, subject, station, since_ms, cleared_ms, lag_min FROM alarm
         WHERE area = ?1 ORDER BY 1, 2, 3",
    ),
    (
        "behind",
        1,
        "SELECT code AS station, hour, hours, first_ms, last_ms, least_ms, most_ms FROM behind
         JOIN station ON station.id = behind.station WHERE area = ?1 ORDER BY 1",
    ),
    (
        "dead_letter",
        1,
        "SELECT digest, station, reason, detail, topic, payload, count, first_ms, last_ms, feed,
                length FROM dead_letter WHERE area = ?1 ORDER BY 1",
    ),
    (
        "source_position",
        2,
        "SELECT feed, partition, position FROM source_position WHERE area = ?1 ORDER BY 1, 2",
    ),
    (
        "area",
        1,
        "SELECT code, name, sequence, chain, rules, now_ms, floor_hour, open_from_day,
                waiting_since_ms, caught_up, watch_hour, heard_from_hour, disconnected_since_ms,
                minutes_folded_before
         FROM area WHERE id = ?1",
    ),
];

/// Columns that are NULL in rows of an older schema.
const SINCE_SCHEMA_3: [&str; 2] = ["feed", "length"];

/// Tells each place where the two differ: the place, what is stored, what was expected.
pub(super) fn compare(
    (stored, stored_area): (&Connection, i64),
    (rebuilt, rebuilt_area): (&Connection, i64),
    found: &mut impl FnMut(String, &str, &str),
) -> rusqlite::Result<()> {
    for (table, keys, sql) in TABLES {
        let (mut ours, mut theirs) = (stored.prepare(sql)?, rebuilt.prepare(sql)?);
        let names: Vec<String> = ours.column_names().map(str::to_owned).collect();
        let table = Table { table, keys, names };
        let (mut ours, mut theirs) = (ours.query([stored_area])?, theirs.query([rebuilt_area])?);
        let (mut a, mut b) = (table.next(&mut ours)?, table.next(&mut theirs)?);
        loop {
            let order = match (&a, &b) {
                (None, None) => break,
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(a), Some(b)) => order(&a[..keys], &b[..keys]),
            };
            let row = if order == Ordering::Greater { &b } else { &a };
            let place = row.as_ref().map(|row| table.place(row)).unwrap_or_default();
            match order {
                Ordering::Less => found(place, "a row", "no row"),
                Ordering::Greater => found(place, "no row", "a row"),
                Ordering::Equal => table.columns(&place, (&a, &b), found),
            }
            if order != Ordering::Greater {
                a = table.next(&mut ours)?;
            }
            if order != Ordering::Less {
                b = table.next(&mut theirs)?;
            }
        }
    }
    Ok(())
}

type Row = Option<Vec<Value>>;

struct Table {
    table: &'static str,
    keys: usize,
    names: Vec<String>,
}

impl Table {
    fn next(&self, rows: &mut Rows<'_>) -> rusqlite::Result<Row> {
        let Some(row) = rows.next()? else { return Ok(None) };
        (0..self.names.len()).map(|at| row.get(at)).collect::<rusqlite::Result<_>>().map(Some)
    }

    fn place(&self, row: &[Value]) -> String {
        let mut place = self.table.to_owned();
        for (name, value) in self.names.iter().zip(row).take(self.keys) {
            let number = match value {
                Value::Integer(n) => i32::try_from(*n).ok(),
                _ => None,
            };
            let key = match (name.as_str(), number) {
                ("hour", Some(hour)) => Hour::from_number(hour).label(HourLabel::Begin),
                ("day", Some(day)) => Day::from_number(day).to_string(),
                _ => shown(value),
            };
            place = format!("{place} {key}");
        }
        place
    }

    fn columns(
        &self,
        place: &str,
        (a, b): (&Row, &Row),
        found: &mut impl FnMut(String, &str, &str),
    ) {
        let pairs = a.iter().flatten().zip(b.iter().flatten());
        for (name, (a, b)) in self.names.iter().zip(pairs).skip(self.keys) {
            // What an older schema did not write down; and the row's own number of its set, whose code
            // stands in the key.
            let older = *a == Value::Null && SINCE_SCHEMA_3.contains(&name.as_str());
            if a != b && !older && name != "station_set" {
                found(format!("{place} {name}"), &shown(a), &shown(b));
            }
        }
    }
}

fn order(a: &[Value], b: &[Value]) -> Ordering {
    let mut pairs = a.iter().zip(b);
    let unequal = pairs.find_map(|(a, b)| {
        let order = match (a, b) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => Ordering::Less,
            (_, Value::Null) => Ordering::Greater,
            (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) => a.as_bytes().cmp(b.as_bytes()),
            (Value::Blob(a), Value::Blob(b)) => a.cmp(b),
            _ => Ordering::Equal,
        };
        order.is_ne().then_some(order)
    });
    unequal.unwrap_or(Ordering::Equal)
}

/// A value as a person reads it.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Integer(n) => n.to_string(),
        Value::Real(x) => x.to_string(),
        Value::Text(text) => format!("{text:?}"),
        Value::Blob(bytes) => {
            let hex: String = bytes.iter().take(64).map(|byte| format!("{byte:02x}")).collect();
            format!("{} bytes {hex}", bytes.len())
        }
    }
}
