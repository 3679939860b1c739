//! A period as a document: its names are those of the JSON, of files and of the API.
//!
//! In: a [`Period`] and its days. Out: an [`Assessment`].
//!
//! Invariants: concentrations in µg/m³, CO in mg/m³, ratios 0 to 1. The figures of a period stand with six
//! decimals; `shown` holds them as they are published, rounded once, half to even. The column of dust is
//! always named.

use serde::Serialize;
use utoipa::ToSchema;

use super::dust::{DustColumnRow, DustEntryRow, DustTable};
use super::target::TargetRow;
use super::{Comparison, DayFigures, DustColumn, Exact, JudgedBy, Period};
use crate::explanation::Decimal;
use crate::observation::{Basis, Dataset, Pollutant};
use crate::standard::{Entity, Parameters};
use crate::time::Day;

/// Decimals of exact figures.
pub(super) const EXACT: u32 = 6;

/// Whose figures, and by what they were taken.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The area's code.
    pub area: &'a str,
    /// The area, `area/set`, or a station's code.
    pub entity: &'a str,
    /// Its name as people say it.
    pub name: &'a str,
    /// Station or area: they are rounded differently by the platform.
    pub kind: Entity,
    /// What the sources leave open.
    pub parameters: &'a Parameters,
    /// The edition.
    pub judged_by: JudgedBy,
    /// The dataset.
    pub dataset: Dataset,
    /// The column of dust.
    pub dust: DustColumn,
}

/// The order of names in documents.
pub(super) const BY_NAME: [Pollutant; Pollutant::COUNT] = [
    Pollutant::Pm2_5,
    Pollutant::Pm10,
    Pollutant::So2,
    Pollutant::No2,
    Pollutant::Co,
    Pollutant::O3,
];

/// Days on which a pollutant was primary; ties count for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PrimaryDays {
    /// PM2.5.
    pub pm2_5: u32,
    /// PM10.
    pub pm10: u32,
    /// SO2.
    pub so2: u32,
    /// NO2.
    pub no2: u32,
    /// CO.
    pub co: u32,
    /// Ozone.
    pub o3: u32,
}

/// Days with a valid daily value of all calendar days, 0 to 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct DayCoverage {
    /// PM2.5.
    pub pm2_5: Option<Decimal>,
    /// PM10.
    pub pm10: Option<Decimal>,
    /// SO2.
    pub so2: Option<Decimal>,
    /// NO2.
    pub no2: Option<Decimal>,
    /// CO.
    pub co: Option<Decimal>,
    /// Ozone.
    pub o3: Option<Decimal>,
}

/// Valid days by class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ByCategory {
    /// 优
    pub excellent: u32,
    /// 良
    pub good: u32,
    /// 轻度污染
    pub light: u32,
    /// 中度污染
    pub moderate: u32,
    /// 重度污染
    pub heavy: u32,
    /// 严重污染
    pub severe: u32,
}

/// Figures as they are published, rounded once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Shown {
    /// In percent, one decimal.
    pub good_day_ratio_percent: Option<Decimal>,
    /// Whole µg/m³.
    pub pm2_5_mean: Option<Decimal>,
    /// Whole µg/m³.
    pub pm10_mean: Option<Decimal>,
    /// Whole µg/m³.
    pub so2_mean: Option<Decimal>,
    /// Whole µg/m³.
    pub no2_mean: Option<Decimal>,
    /// Whole µg/m³.
    pub o3_mda8_p90: Option<Decimal>,
    /// mg/m³, one decimal.
    pub co_p95: Option<Decimal>,
    /// Two decimals by the edition of 2012, three by that of 2026.
    pub composite_index: Option<Decimal>,
}

/// What the days of a span come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Assessment {
    /// The area's code.
    pub area: String,
    /// The area, `area/set`, or a station's code.
    pub entity: String,
    /// Its name.
    pub name: String,
    /// First day.
    pub from: String,
    /// Last day, included.
    pub to: String,
    /// The editions that judged the days: `hj633_2012`, or two joined by `+`.
    pub edition: String,
    /// The edition of the limits.
    pub limits: &'static str,
    /// `in_force`, `2012` or `2026`.
    pub judged_by: &'static str,
    /// `letter` or `national_platform`.
    pub practice: &'static str,
    /// `realtime`, `reviewed` or `best`.
    pub dataset: &'static str,
    /// What the days rest on, in words (数据口径).
    pub dataset_zh: String,
    /// The column of dust: `measured`, `dust_recognised` or `dust_reported`.
    pub dust: &'static str,
    /// The same as people read it.
    pub dust_zh: &'static str,
    /// Why a column that deducts is the measured one here.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dust_reason_zh: Option<&'static str>,
    /// Open choices that are not the default.
    pub parameters: std::collections::BTreeMap<&'static str, String>,
    /// Calendar days.
    pub days_total: u32,
    /// Days with an AQI: the denominator of the ratio.
    pub days_valid: u32,
    /// Of them, days whose AQI rests on fewer pollutants than were due.
    pub days_partial: u32,
    /// Days with an AQI of at most 100.
    pub days_good: u32,
    /// Good days of the valid ones.
    pub good_day_ratio: Option<Decimal>,
    /// Valid days by class.
    pub days_by_category: ByCategory,
    /// Days with an AQI above 200.
    pub days_heavy: u32,
    /// Mean of the daily values.
    pub pm2_5_mean: Option<Decimal>,
    /// Mean of the daily values.
    pub pm10_mean: Option<Decimal>,
    /// Mean of the daily values.
    pub so2_mean: Option<Decimal>,
    /// Mean of the daily values.
    pub no2_mean: Option<Decimal>,
    /// Mean of the daily values.
    pub co_mean: Option<Decimal>,
    /// Mean of MDA8.
    pub o3_mda8_mean: Option<Decimal>,
    /// 90th percentile of MDA8.
    pub o3_mda8_p90: Option<Decimal>,
    /// 95th percentile.
    pub co_p95: Option<Decimal>,
    /// 95th percentile.
    pub pm2_5_p95: Option<Decimal>,
    /// 95th percentile.
    pub pm10_p95: Option<Decimal>,
    /// 98th percentile.
    pub so2_p98: Option<Decimal>,
    /// 98th percentile.
    pub no2_p98: Option<Decimal>,
    /// The plain sum of six single indices.
    pub composite_index: Option<Decimal>,
    /// The variant with weights (PM2.5 three times, NO2 and ozone twice).
    pub composite_index_weighted_2026: Option<Decimal>,
    /// Days on which a pollutant was primary; ties count for each.
    pub primary_pollutant_days: PrimaryDays,
    /// Days with a valid daily value of all days.
    pub coverage: DayCoverage,
    /// The same figures as they are published.
    pub shown: Shown,
    /// Where the year stands against its targets; empty of spans that are no year to date.
    pub targets: Vec<TargetRow>,
    /// Why there are none: 未录入本年度目标.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub targets_reason_zh: Option<&'static str>,
    /// 同比 and 环比, where they were asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub comparisons: Vec<Comparison>,
    /// All columns of dust, where entries touch the span or official figures are of it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dust_columns: Vec<DustColumnRow>,
    /// The entries that touch the span.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dust_entries: Vec<DustEntryRow>,
    /// What is deducted and what is kept, in sentences.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub dust_notes_zh: Vec<String>,
}

impl Assessment {
    /// The header of a file; the columns of [`Assessment::csv`].
    pub const CSV_HEADER: &str = "entity,from,to,edition,practice,dataset,\
        days_total,days_valid,days_partial,days_good,good_day_ratio,\
        category_excellent,category_good,category_light,\
        category_moderate,category_heavy,category_severe,\
        days_heavy,pm2_5_mean,pm10_mean,so2_mean,no2_mean,o3_mda8_p90,co_p95,\
        pm2_5_p95,pm10_p95,so2_p98,no2_p98,composite_index,\
        primary_days_pm2_5,primary_days_pm10,primary_days_so2,primary_days_no2,primary_days_co,\
        primary_days_o3,dust\n";

    /// The fields of a line, in the order of [`Assessment::CSV_HEADER`].
    #[must_use]
    pub fn csv(&self) -> Vec<String> {
        let names = [&self.entity, &self.from, &self.to, &self.edition].map(String::clone);
        let mut fields = names.to_vec();
        fields.extend([self.practice, self.dataset].map(str::to_owned));
        let count = |fields: &mut Vec<String>, counts: &[u32]| {
            fields.extend(counts.iter().map(u32::to_string));
        };
        let text =
            |value: &Option<Decimal>| value.as_ref().map(Decimal::to_string).unwrap_or_default();
        count(&mut fields, &[self.days_total, self.days_valid, self.days_partial, self.days_good]);
        fields.push(text(&self.good_day_ratio));
        let ByCategory { excellent, good, light, moderate, heavy, severe } = self.days_by_category;
        count(&mut fields, &[excellent, good, light, moderate, heavy, severe, self.days_heavy]);
        fields.extend(
            [
                &self.pm2_5_mean,
                &self.pm10_mean,
                &self.so2_mean,
                &self.no2_mean,
                &self.o3_mda8_p90,
                &self.co_p95,
                &self.pm2_5_p95,
                &self.pm10_p95,
                &self.so2_p98,
                &self.no2_p98,
                &self.composite_index,
            ]
            .map(text),
        );
        let PrimaryDays { pm2_5, pm10, so2, no2, co, o3 } = self.primary_pollutant_days;
        count(&mut fields, &[pm2_5, pm10, so2, no2, co, o3]);
        fields.push(self.dust.to_owned());
        fields
    }

    /// The same with the columns of dust.
    #[must_use]
    pub fn with_dust(self, table: Option<DustTable>) -> Self {
        let Some(DustTable { columns, entries, notes_zh }) = table else { return self };
        Self { dust_columns: columns, dust_entries: entries, dust_notes_zh: notes_zh, ..self }
    }

    /// The document of a period. `days` are those that it was taken from.
    #[must_use]
    pub fn of(period: &Period, days: &[DayFigures], of: &Subject<'_>) -> Self {
        let span = (period.from, period.to);
        let of_milli = |value: &Option<Exact>, pollutant: Pollutant| {
            exact(value.as_ref(), pollutant.unit().milli_digits())
        };
        let mean = |p: Pollutant| of_milli(&period.mean[p.index()], p);
        let percentile = |p: Pollutant| of_milli(&period.percentile[p.index()], p);
        let [excellent, good, light, moderate, heavy, severe] = period.days_by_category;
        let open = of.parameters.list().into_iter().filter(|p| p.value != p.default);
        Self {
            area: of.area.to_owned(),
            entity: of.entity.to_owned(),
            name: of.name.to_owned(),
            from: period.from.to_string(),
            to: period.to.to_string(),
            edition: of.judged_by.editions(span),
            limits: of.judged_by.limit_edition(period.to).id(),
            judged_by: of.judged_by.name(),
            practice: of.parameters.practice.code(),
            dataset: of.dataset.name(),
            dataset_zh: basis(days).zh(of.dataset),
            dust: of.dust.code(),
            dust_zh: of.dust.zh(),
            dust_reason_zh: of
                .dust
                .nothing_zh()
                .filter(|_| days.iter().all(|day| day.deducted.is_none())),
            parameters: open.map(|p| (p.name, p.value)).collect(),
            days_total: period.days_total,
            days_valid: period.days_valid,
            days_partial: period.days_partial,
            days_good: period.days_good,
            good_day_ratio: exact(period.good_day_ratio.as_ref(), 0),
            days_by_category: ByCategory { excellent, good, light, moderate, heavy, severe },
            days_heavy: period.days_heavy,
            pm2_5_mean: mean(Pollutant::Pm2_5),
            pm10_mean: mean(Pollutant::Pm10),
            so2_mean: mean(Pollutant::So2),
            no2_mean: mean(Pollutant::No2),
            co_mean: mean(Pollutant::Co),
            o3_mda8_mean: mean(Pollutant::O3),
            o3_mda8_p90: percentile(Pollutant::O3),
            co_p95: percentile(Pollutant::Co),
            pm2_5_p95: percentile(Pollutant::Pm2_5),
            pm10_p95: percentile(Pollutant::Pm10),
            so2_p98: percentile(Pollutant::So2),
            no2_p98: percentile(Pollutant::No2),
            composite_index: exact(period.composite_index.as_ref(), 0),
            composite_index_weighted_2026: exact(period.composite_index_weighted.as_ref(), 0),
            primary_pollutant_days: PrimaryDays::of(period),
            coverage: DayCoverage::of(period),
            shown: Shown::of(period, of.judged_by),
            targets: Vec::new(),
            targets_reason_zh: None,
            comparisons: Vec::new(),
            dust_columns: Vec::new(),
            dust_entries: Vec::new(),
            dust_notes_zh: Vec::new(),
        }
    }
}

impl PrimaryDays {
    fn of(period: &Period) -> Self {
        let [pm2_5, pm10, so2, no2, co, o3] = BY_NAME.map(|p| period.primary_days[p.index()]);
        Self { pm2_5, pm10, so2, no2, co, o3 }
    }
}

impl DayCoverage {
    fn of(period: &Period) -> Self {
        let share = |p: Pollutant| {
            exact(Exact::ratio(period.days_of_pollutant[p.index()], period.days_total).as_ref(), 0)
        };
        let [pm2_5, pm10, so2, no2, co, o3] = BY_NAME.map(share);
        Self { pm2_5, pm10, so2, no2, co, o3 }
    }
}

impl Shown {
    pub(super) fn of(period: &Period, by: JudgedBy) -> Self {
        let show = |value: &Option<Exact>, scale: u32, decimals: u32| {
            value.as_ref().map(|v| Decimal::written(v.show(scale, decimals)))
        };
        let mean = |p: Pollutant| show(&period.mean[p.index()], p.unit().milli_digits(), 0);
        let percentile = |p: Pollutant, decimals| {
            show(&period.percentile[p.index()], p.unit().milli_digits(), decimals)
        };
        Self {
            good_day_ratio_percent: period
                .good_day_ratio
                .as_ref()
                .map(|ratio| Decimal::written(ratio.times(100).show(0, 1))),
            pm2_5_mean: mean(Pollutant::Pm2_5),
            pm10_mean: mean(Pollutant::Pm10),
            so2_mean: mean(Pollutant::So2),
            no2_mean: mean(Pollutant::No2),
            o3_mda8_p90: percentile(Pollutant::O3, 0),
            co_p95: percentile(Pollutant::Co, 1),
            composite_index: show(
                &period.composite_index,
                0,
                if is_2012(by, period.to) { 2 } else { 3 },
            ),
        }
    }
}

/// Whether a span that ends on a day shows two decimals of its composite index, not three.
pub(super) fn is_2012(by: JudgedBy, to: Day) -> bool {
    by.index_edition(to).id() == "hj633_2012"
}

fn exact(value: Option<&Exact>, scale: u32) -> Option<Decimal> {
    value.map(|value| Decimal::written(value.show(scale, EXACT)))
}

/// How far days rest on reviewed data.
fn basis(days: &[DayFigures]) -> Basis {
    let mut basis = Basis::default();
    days.iter().for_each(|day| day.note(&mut basis));
    basis
}
