//! The columns of dust on the page of a year.

use super::words::Lang;
use crate::area::Registry;
use crate::assessment::dust::{DustColumnRow, DustEntryRow};
use crate::assessment::{Assessment, DustColumn};
use crate::explanation::Decimal;
use crate::standard::{DustDays, DustDeducts, Parameters};

/// A column and its figures.
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) current: bool,
    pub(super) good: String,
    pub(super) ratio: String,
    pub(super) heavy: String,
    pub(super) pm2_5: String,
    pub(super) pm10: String,
    pub(super) composite: String,
    pub(super) deducted: String,
    pub(super) documents: String,
}

/// An entry that touches the span.
pub(super) struct Entry {
    pub(super) hours: String,
    pub(super) stations: String,
    pub(super) stage: &'static str,
    pub(super) document: String,
    pub(super) note: String,
}

/// What the page says of dust; empty where nothing is entered for the span.
#[derive(Default)]
pub(super) struct Dust {
    pub(super) lines: Vec<Line>,
    pub(super) entries: Vec<Entry>,
    pub(super) notes: Vec<String>,
}

impl Dust {
    pub(super) fn of(
        assessment: Option<&Assessment>,
        registry: &Registry,
        parameters: &Parameters,
        lang: Lang,
    ) -> Self {
        let Some(a) = assessment else { return Self::default() };
        Self {
            lines: a.dust_columns.iter().map(|row| line(row, a.dust, lang)).collect(),
            entries: a.dust_entries.iter().map(|row| entry(row, registry, lang)).collect(),
            notes: match lang {
                _ if a.dust_columns.is_empty() => Vec::new(),
                Lang::Zh => a.dust_notes_zh.clone(),
                Lang::En => notes_en(parameters),
            },
        }
    }
}

/// The head of a column.
pub(super) fn column(column: DustColumn, lang: Lang) -> &'static str {
    let en = match column {
        DustColumn::Measured => "as measured",
        DustColumn::Recognised => "without recognised dust",
        DustColumn::Reported => "without reported dust (estimate)",
        DustColumn::Official => "official (entered)",
    };
    lang.of(column.zh(), en)
}

/// Behind a target's name: its column of dust, where that is not the measured one.
pub(super) fn in_column(code: &str) -> String {
    let found = DustColumn::ALL.into_iter().find(|column| column.code() == code);
    match found.filter(|column| *column != DustColumn::Measured) {
        None => String::new(),
        Some(column) => format!(", {}", self::column(column, Lang::En)),
    }
}

/// Why a column that deducts is the measured one; empty where it is not.
pub(super) fn nothing_deducted(a: &Assessment, lang: Lang) -> &'static str {
    a.dust_reason_zh.map_or("", |zh| lang.of(zh, "no dust is entered: the same as measured"))
}

fn line(row: &DustColumnRow, current: &str, lang: Lang) -> Line {
    let text = |value: &Option<Decimal>| {
        value.as_ref().map_or_else(|| "—".to_owned(), ToString::to_string)
    };
    let found = DustColumn::ALL.into_iter().find(|column| column.code() == row.column);
    let deducted = match (row.station_hours, row.days_deducted, lang) {
        (Some(0), ..) => lang.of("无", "none").to_owned(),
        (Some(hours), Some(days), Lang::Zh) => format!("{hours}点位小时 / {days}天"),
        (Some(hours), Some(days), Lang::En) => format!("{hours} station hours / {days} d"),
        _ => "—".to_owned(),
    };
    Line {
        name: found.map_or(row.column_zh, |found| column(found, lang)),
        current: row.column == current,
        good: text(&row.days_good),
        ratio: match &row.good_day_ratio_percent {
            Some(ratio) => format!("{ratio}%"),
            None => "—".to_owned(),
        },
        heavy: text(&row.days_heavy),
        pm2_5: text(&row.pm2_5_mean) + &on_days(row.days_pm2_5, lang),
        pm10: text(&row.pm10_mean) + &on_days(row.days_pm10, lang),
        composite: text(&row.composite_index),
        deducted,
        documents: match row.documents.as_slice() {
            [] if row.station_hours.is_none() => lang.of("未录入", "not entered").to_owned(),
            [] => "—".to_owned(),
            documents => documents.join(lang.of("、", "; ")),
        },
    }
}

/// On how many days a mean rests: what is deducted may leave none.
fn on_days(days: Option<u32>, lang: Lang) -> String {
    match (days, lang) {
        (None, _) => String::new(),
        (Some(days), Lang::Zh) => format!("（{days}天）"),
        (Some(days), Lang::En) => format!(" ({days} d)"),
    }
}

fn entry(row: &DustEntryRow, registry: &Registry, lang: Lang) -> Entry {
    let name = |code: &String| {
        let at = registry.find(code);
        at.map_or_else(|| code.clone(), |at| registry.stations[at].name.clone())
    };
    let stations: Vec<String> = row.stations.iter().map(name).collect();
    Entry {
        hours: match lang {
            Lang::Zh => format!("{}时至{}时", row.from, row.to),
            Lang::En => format!("{} to {} (ends of hours)", row.from, row.to),
        },
        stations: if stations.is_empty() {
            lang.of("全部点位", "all stations").to_owned()
        } else {
            stations.join(lang.of("、", ", "))
        },
        stage: lang.of(row.stage_zh, row.stage),
        document: row.document.clone(),
        note: row.note.clone(),
    }
}

fn notes_en(parameters: &Parameters) -> Vec<String> {
    let deducts = match parameters.dust_deducts {
        DustDeducts::Hours => {
            "PM2.5 and PM10 of the stations named are left out in the affected hours"
        }
        DustDeducts::Days => "PM2.5 and PM10 of the stations named are left out on affected days",
    };
    let kept = match parameters.dust_days {
        DustDays::Kept => "Good and heavy days are counted as measured",
        DustDays::LeftOut => "Days above 100 for dust only do not count as valid days",
    };
    let columns = "What the national centre rejected is never left out; official figures are \
                   entered, not reckoned";
    [deducts, kept, columns].map(|text| format!("{text}.")).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_targets_column_stands_behind_its_name() {
        assert_eq!(in_column("measured"), "");
        assert_eq!(in_column("dust_recognised"), ", without recognised dust");
        assert_eq!(in_column("official"), ", official (entered)");
    }
}
