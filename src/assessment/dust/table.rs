//! The columns of dust beside each other, as people and programs read them.
//!
//! In: entries and official figures that touch a span of an entity, and its days in each column. Out: a
//! [`DustTable`].
//!
//! Invariants: figures stand as they are published, rounded once; an official one as it was entered.

use serde::Serialize;
use utoipa::ToSchema;

use super::{DustColumn, DustEntries, DustEntry, DustStage, EndingHour, OfficialFigure};
use crate::area::{Member, Registry};
use crate::assessment::document::{Shown, Subject};
use crate::assessment::target::TargetIndicator;
use crate::assessment::{DayFigures, Period, Span};
use crate::explanation::Decimal;
use crate::observation::Pollutant;
use crate::standard::{DustDays, DustDeducts, Parameters};
use crate::time::Day;

/// One column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DustColumnRow {
    /// `measured`, `dust_recognised`, `dust_reported` or `official`.
    pub column: &'static str,
    /// The same as people read it.
    pub column_zh: &'static str,
    /// Good days of the valid ones in percent, one decimal.
    pub good_day_ratio_percent: Option<Decimal>,
    /// Days with an AQI of at most 100.
    pub days_good: Option<Decimal>,
    /// Days with an AQI above 200.
    pub days_heavy: Option<Decimal>,
    /// Whole µg/m³.
    pub pm2_5_mean: Option<Decimal>,
    /// Days on which it rests; null of official figures.
    pub days_pm2_5: Option<u32>,
    /// Whole µg/m³.
    pub pm10_mean: Option<Decimal>,
    /// Days on which it rests; null of official figures.
    pub days_pm10: Option<u32>,
    /// Two decimals by the edition of 2012, three by that of 2026.
    pub composite_index: Option<Decimal>,
    /// Hours of stations whose PM2.5 or PM10 was deducted; null of official figures.
    pub station_hours: Option<u32>,
    /// Days on which there are such hours; null of official figures.
    pub days_deducted: Option<u32>,
    /// What it rests on.
    pub documents: Vec<String>,
}

/// One entry that touches the span.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DustEntryRow {
    /// `reported`, `recognised` or `rejected`.
    pub stage: &'static str,
    /// 市级申报, 总站认定 or 未认定.
    pub stage_zh: &'static str,
    /// The first hour by its end, `2025-04-11 03`.
    pub from: String,
    /// The last one, included; 24 ends a day.
    pub to: String,
    /// The stations' codes; empty for all of the area.
    pub stations: Vec<String>,
    /// Title and number.
    pub document: String,
    /// Anything else; may be empty.
    pub note: String,
}

/// All columns of a span, with what they rest on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DustTable {
    /// In the order of [`DustColumn::ALL`].
    pub columns: Vec<DustColumnRow>,
    /// In the order of the file.
    pub entries: Vec<DustEntryRow>,
    /// What is deducted and what is kept, in sentences.
    pub notes_zh: Vec<String>,
}

impl DustEntries {
    /// The table of a span; `None` where no entry touches it and no official figure is of it. `days_of` gives
    /// the entity's days in a column.
    ///
    /// # Errors
    /// What `days_of` gives up with.
    pub fn table<E>(
        &self,
        of: &Subject<'_>,
        (registry, member): (&Registry, Member),
        span: Span,
        mut days_of: impl FnMut(DustColumn) -> Result<Vec<DayFigures>, E>,
    ) -> Result<Option<DustTable>, E> {
        let touching: Vec<&DustEntry> =
            self.entries.iter().filter(|e| touches(e, registry, member, span)).collect();
        let same = |f: &&OfficialFigure| {
            (f.span.from, f.span.to) == (span.from, span.to) && f.entity == of.entity
        };
        let official: Vec<&OfficialFigure> = self.official.iter().filter(same).collect();
        if touching.is_empty() && official.is_empty() {
            return Ok(None);
        }
        let mut columns = Vec::new();
        for column in DustColumn::ALL {
            columns.push(match column {
                DustColumn::Official => DustColumnRow::official(&official),
                reckoned => {
                    let documents = touching.iter().filter(|e| rests_on(reckoned, e.stage));
                    let documents = documents.map(|e| e.document.as_str());
                    DustColumnRow::of(reckoned, documents, span, &days_of(reckoned)?, of)
                }
            });
        }
        let entries = touching.into_iter().map(DustEntryRow::of).collect();
        Ok(Some(DustTable { columns, entries, notes_zh: notes_zh(of.parameters) }))
    }
}

/// Whether one of its hours in the span is that of a station of the entity.
fn touches(entry: &DustEntry, registry: &Registry, member: Member, span: Span) -> bool {
    let (from, to) = (entry.from.day().max(span.from), entry.to.day().min(span.to));
    let names = |station: usize| entry.names(&registry.stations[station].id);
    let mut days = (from.number()..=to.number()).map(Day::from_number);
    entry.area == registry.area
        && days.any(|day| match member {
            Member::Set(set) => registry.sets[set].on(day).any(names),
            Member::Station(at) => registry.stations[at].valid.holds(day) && names(at),
        })
}

/// Whether a column deducts hours by entries of a stage.
fn rests_on(column: DustColumn, stage: DustStage) -> bool {
    match (column, stage) {
        (DustColumn::Recognised | DustColumn::Reported, DustStage::Recognised)
        | (DustColumn::Reported, DustStage::Reported) => true,
        (DustColumn::Measured | DustColumn::Official, _)
        | (DustColumn::Recognised, DustStage::Reported)
        | (_, DustStage::Rejected) => false,
    }
}

impl DustColumnRow {
    fn of<'a>(
        column: DustColumn,
        documents: impl Iterator<Item = &'a str>,
        span: Span,
        days: &[DayFigures],
        of: &Subject<'_>,
    ) -> Self {
        let ends = (span.from, span.to);
        let period = Period::judged_by(of.judged_by, ends, days, of.parameters, of.kind);
        let shown = Shown::of(&period, of.judged_by);
        let count = |days: u32| (period.days_valid > 0).then(|| Decimal::written(days.to_string()));
        let deducted = days.iter().filter_map(|day| day.deducted.as_ref());
        Self {
            good_day_ratio_percent: shown.good_day_ratio_percent,
            days_good: count(period.days_good),
            days_heavy: count(period.days_heavy),
            pm2_5_mean: shown.pm2_5_mean,
            days_pm2_5: Some(period.days_of_pollutant[Pollutant::Pm2_5.index()]),
            pm10_mean: shown.pm10_mean,
            days_pm10: Some(period.days_of_pollutant[Pollutant::Pm10.index()]),
            composite_index: shown.composite_index,
            station_hours: Some(deducted.clone().map(|one| one.station_hours).sum()),
            days_deducted: u32::try_from(deducted.count()).ok(),
            ..Self::empty(column, documents)
        }
    }

    fn official(entered: &[&OfficialFigure]) -> Self {
        let value = |figure: TargetIndicator| {
            let found = entered.iter().find(|one| one.figure == figure)?;
            Some(Decimal::written(found.value.to_string()))
        };
        Self {
            good_day_ratio_percent: value(TargetIndicator::GoodDayRatio),
            days_good: value(TargetIndicator::DaysGood),
            days_heavy: value(TargetIndicator::DaysHeavy),
            pm2_5_mean: value(TargetIndicator::Mean(Pollutant::Pm2_5)),
            pm10_mean: value(TargetIndicator::Mean(Pollutant::Pm10)),
            composite_index: value(TargetIndicator::CompositeIndex),
            ..Self::empty(DustColumn::Official, entered.iter().map(|one| one.document.as_str()))
        }
    }

    fn empty<'a>(column: DustColumn, from: impl Iterator<Item = &'a str>) -> Self {
        let mut documents: Vec<String> = Vec::new();
        for document in from {
            if !documents.iter().any(|held| held == document) {
                documents.push(document.to_owned());
            }
        }
        Self {
            column: column.code(),
            column_zh: column.zh(),
            good_day_ratio_percent: None,
            days_good: None,
            days_heavy: None,
            pm2_5_mean: None,
            days_pm2_5: None,
            pm10_mean: None,
            days_pm10: None,
            composite_index: None,
            station_hours: None,
            days_deducted: None,
            documents,
        }
    }
}

impl DustEntryRow {
    fn of(entry: &DustEntry) -> Self {
        let stations = entry.stations.iter().flatten().map(ToString::to_string);
        Self {
            stage: entry.stage.code(),
            stage_zh: entry.stage.zh(),
            from: EndingHour(entry.from).to_string(),
            to: EndingHour(entry.to).to_string(),
            stations: stations.collect(),
            document: entry.document.clone(),
            note: entry.note.clone(),
        }
    }
}

/// What the columns are, in the words of a bureau.
fn notes_zh(parameters: &Parameters) -> Vec<String> {
    let deducts = match parameters.dust_deducts {
        DustDeducts::Hours => {
            "扣沙时，所列点位受影响时段的PM2.5和PM10小时值不参与统计，其他项目不变"
        }
        DustDeducts::Days => "扣沙时，所列点位受影响日期的PM2.5和PM10全天不参与统计，其他项目不变",
    };
    let kept = match parameters.dust_days {
        DustDays::Kept => "优良天数、优良天数比率和重度及以上污染天按实况统计，不扣除沙尘日",
        DustDays::LeftOut => "因沙尘超标、扣除后不再超标的日不计入有效天数",
    };
    let columns = "扣沙（认定）只扣除总站认定的时段；扣沙（申报，估算）另扣除市级已申报、总站尚未认定的时段，\
                   未认定的不扣除，结果以总站认定为准；官方值为人工录入，不参与计算";
    [deducts, kept, columns].map(|text| format!("{text}。")).into()
}
