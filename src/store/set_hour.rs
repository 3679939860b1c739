//! Rows of `area_hour`: a set's published hour.

use std::fmt::Write;
use std::sync::LazyLock;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, OptionalExtension, Statement, ToSql, params};

use crate::area::{Figures, Value, Values};
use crate::index::Pollutants;
use crate::observation::POLLUTANTS;
use crate::pipeline::HourState;
use crate::standard::standards;
use crate::time::Hour;

/// What stands before the figures in a row.
const HEAD: [&str; 6] = ["hour", "station_set", "version", "state", "rules_version", "edition"];

/// The first figure in [`Figures::NAMES`] whose column came with migration 2.
const FIRST_OF_MIGRATION_2: usize = 31;

/// Writes a row, in the place of the one that stands for the set and hour.
pub(super) static SET_HOUR: LazyLock<String> = LazyLock::new(|| {
    let columns: Vec<&str> = HEAD.into_iter().chain(Figures::NAMES).collect();
    let marks: Vec<String> = (1..=columns.len()).map(|n| format!("?{n}")).collect();
    let mut sql = format!(
        "INSERT INTO area_hour ({}) VALUES ({}) ON CONFLICT DO UPDATE SET version = ?3",
        columns.join(", "),
        marks.join(", ")
    );
    for (column, mark) in columns.iter().zip(&marks).skip(3) {
        let _ = write!(sql, ", {column} = {mark}"); // a text takes everything
    }
    sql
});

/// Binds a set's hour to [`SET_HOUR`], and runs it.
pub(super) fn write_set_hour(
    statement: &mut Statement<'_>,
    (set, program): (i64, &str),
    (version, state): (u32, HourState),
    figures: &Figures,
) -> rusqlite::Result<()> {
    let edition = standards().index_edition(figures.hour.day()).id();
    let head: [&dyn ToSql; HEAD.len()] =
        [&figures.hour.number(), &set, &version, &state.name(), &program, &edition];
    for (at, value) in head.into_iter().enumerate() {
        statement.raw_bind_parameter(at + 1, value)?;
    }
    for (at, value) in figures.values().into_iter().enumerate() {
        statement.raw_bind_parameter(HEAD.len() + at + 1, Column(value))?;
    }
    statement.raw_execute()?;
    Ok(())
}

/// A set's hour as stored.
pub(super) struct StoredRow {
    pub(super) version: u32,
    pub(super) state: HourState,
    pub(super) values: Values,
}

impl StoredRow {
    /// Whether it was written before some of its columns were there, and agrees in all others.
    pub(super) fn lacks_columns(&self, figures: &Figures) -> bool {
        let pairs = || self.values.iter().zip(figures.values());
        let new = FIRST_OF_MIGRATION_2;
        pairs().take(new).all(|(a, b)| *a == b)
            && pairs().skip(new).all(|(a, _)| *a == Value::Nothing)
    }
}

/// The row of a set and hour, if there is one.
pub(super) fn stored_row(
    db: &Connection,
    set: i64,
    hour: Hour,
) -> rusqlite::Result<Option<StoredRow>> {
    static SQL: LazyLock<String> = LazyLock::new(|| {
        let names = Figures::NAMES.join(", ");
        format!(
            "SELECT version, state, {names} FROM area_hour WHERE hour = ?1 AND station_set = ?2"
        )
    });
    db.prepare_cached(&SQL)?
        .query_row(params![hour.number(), set], |row| {
            let mut values = [Value::Nothing; Figures::NAMES.len()];
            for (at, value) in values.iter_mut().enumerate() {
                *value = read(row.get_ref(at + 2)?);
            }
            let state = HourState::of_stored(row.get_ref(1)?.as_str()?);
            Ok(StoredRow { version: row.get(0)?, state, values })
        })
        .optional()
}

fn read(stored: ValueRef<'_>) -> Value {
    match stored {
        ValueRef::Integer(n) => Value::Number(n),
        ValueRef::Text(codes) => {
            let codes = std::str::from_utf8(codes).unwrap_or_default().split(';');
            let of_code = |code| POLLUTANTS.into_iter().find(|p| p.code() == code);
            Value::Primary(codes.filter_map(of_code).collect::<Pollutants>())
        }
        ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Value::Nothing,
    }
}

/// A figure in its column.
struct Column(Value);

impl ToSql for Column {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self.0 {
            Value::Nothing => ToSqlOutput::from(rusqlite::types::Null),
            Value::Number(n) => ToSqlOutput::from(n),
            text @ (Value::Primary(_) | Value::Invalid(_)) => ToSqlOutput::from(text.to_string()),
        })
    }
}
