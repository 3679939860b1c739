//! The JSON form of figures: snake_case, units in the names, exact decimals, reasons beside nulls.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};

use super::change::{self, DayChange, Refusal};
use crate::area::Figures;
use crate::index::{Index, Pollutants};
use crate::observation::{Dataset, PROPERTIES, Pollutant, Property, Reading, Validity};
use crate::pipeline::{HourView, SetView};
use crate::quantity::Amount;
use crate::standard::{Parameters, standards};
use crate::time::Hour;

/// The dataset that an hour's own values rest on, and its name on the page.
pub(super) const fn dataset(figures: &Figures) -> (Dataset, &'static str) {
    if figures.reviewed {
        (Dataset::Reviewed, "审核")
    } else {
        (Dataset::Realtime, "实况(未审核)")
    }
}

/// An exact decimal: a JSON number without float noise.
#[derive(Clone, Debug)]
pub(super) struct Decimal(Box<RawValue>);

impl Decimal {
    /// From the text of a decimal.
    fn new(text: String) -> Option<Self> {
        RawValue::from_string(text).ok().map(Self)
    }

    /// An amount of a property, with the digits it has.
    pub(super) fn amount(amount: Amount, property: Property) -> Option<Self> {
        Self::new(shown(amount, property))
    }

    /// From 0.000001 degrees.
    pub(super) fn degrees(micro: i32) -> Option<Self> {
        Self::new(crate::quantity::decimal(i64::from(micro), 6, 6))
    }

    /// A concentration.
    pub(super) fn concentration(amount: Option<Amount>, pollutant: Pollutant) -> Option<Self> {
        Self::amount(amount?, Property::Pollutant(pollutant))
    }
}

impl Serialize for Decimal {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl utoipa::PartialSchema for Decimal {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new().schema_type(Type::Number).into()
    }
}

impl ToSchema for Decimal {}

/// An amount as it is written: CO with at least one decimal, the others with none that is zero.
pub(super) fn shown(amount: Amount, property: Property) -> String {
    property.show(amount)
}

/// Concentrations of the six pollutants; null where there is no valid one.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct Concentrations {
    pm2_5_ug_m3: Option<Decimal>,
    pm10_ug_m3: Option<Decimal>,
    so2_ug_m3: Option<Decimal>,
    no2_ug_m3: Option<Decimal>,
    co_mg_m3: Option<Decimal>,
    o3_ug_m3: Option<Decimal>,
}

impl Concentrations {
    fn of(amounts: &[Option<Amount>; Pollutant::COUNT]) -> Self {
        let of = |p: Pollutant| Decimal::concentration(amounts[p.index()], p);
        Self {
            pm2_5_ug_m3: of(Pollutant::Pm2_5),
            pm10_ug_m3: of(Pollutant::Pm10),
            so2_ug_m3: of(Pollutant::So2),
            no2_ug_m3: of(Pollutant::No2),
            co_mg_m3: of(Pollutant::Co),
            o3_ug_m3: of(Pollutant::O3),
        }
    }
}

/// Means of five pollutants (a mean of ozone over a day has no meaning in the standard).
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct DayMeans {
    pm2_5_ug_m3: Option<Decimal>,
    pm10_ug_m3: Option<Decimal>,
    so2_ug_m3: Option<Decimal>,
    no2_ug_m3: Option<Decimal>,
    co_mg_m3: Option<Decimal>,
}

impl DayMeans {
    fn of(amounts: &[Option<Amount>; Pollutant::COUNT]) -> Self {
        let Concentrations { pm2_5_ug_m3, pm10_ug_m3, so2_ug_m3, no2_ug_m3, co_mg_m3, .. } =
            Concentrations::of(amounts);
        Self { pm2_5_ug_m3, pm10_ug_m3, so2_ug_m3, no2_ug_m3, co_mg_m3 }
    }
}

/// One number for each of the six pollutants.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ByPollutant<T> {
    pm2_5: T,
    pm10: T,
    so2: T,
    no2: T,
    co: T,
    o3: T,
}

impl<T> ByPollutant<T> {
    fn of(of: impl Fn(Pollutant) -> T) -> Self {
        Self {
            pm2_5: of(Pollutant::Pm2_5),
            pm10: of(Pollutant::Pm10),
            so2: of(Pollutant::So2),
            no2: of(Pollutant::No2),
            co: of(Pollutant::Co),
            o3: of(Pollutant::O3),
        }
    }
}

/// An AQI with all that belongs to it.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct IndexDocument {
    /// Null is NA.
    aqi: Option<u16>,
    /// Why there is none.
    aqi_reason: Option<&'static str>,
    /// Whether the AQI rests on fewer pollutants than were due.
    partial: bool,
    category: Option<&'static str>,
    category_zh: Option<&'static str>,
    /// 1 to 6.
    level: Option<u8>,
    /// `#RRGGBB` of the category.
    colour: Option<&'static str>,
    /// At the AQI, if that is above 50.
    primary_pollutants: Vec<&'static str>,
    /// The largest individual index of each pollutant.
    iaqi: ByPollutant<Option<u16>>,
    /// The largest individual index, also where no AQI may be given.
    max_iaqi: Option<u16>,
    /// Due, but without an average.
    missing: Vec<&'static str>,
    /// Above the top of the scale, counted as 500.
    beyond_index: Vec<&'static str>,
}

fn codes(pollutants: Pollutants) -> Vec<&'static str> {
    pollutants.iter().map(Pollutant::code).collect()
}

impl IndexDocument {
    fn of(index: &Index, hour: Hour) -> Self {
        let edition = standards().index_edition(hour.day());
        let class = index.category().map(|category| edition.class(category));
        Self {
            aqi: index.aqi,
            aqi_reason: index.no_aqi.map(crate::index::NoAqi::code),
            partial: index.partial,
            category: class.map(|c| c.category.code()),
            category_zh: class.map(|c| c.name_zh),
            level: class.map(|c| c.category.level()),
            colour: class.map(|c| c.colour),
            primary_pollutants: codes(index.primary),
            iaqi: ByPollutant::of(|p| index.of_pollutant(p)),
            max_iaqi: index.max_iaqi,
            missing: codes(index.missing),
            beyond_index: codes(index.beyond),
        }
    }
}

/// Differences of two days so far; nulls where one side has no figure.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ChangeDocument {
    /// Why nothing is compared.
    reason: Option<&'static str>,
    aqi: Option<i32>,
    o3_8h_max_ug_m3: Option<Decimal>,
    means: DayMeans,
}

impl ChangeDocument {
    fn of(change: Result<DayChange, Refusal>) -> Self {
        let reason = change.err().map(Refusal::code);
        let change = change.unwrap_or_default();
        Self {
            reason,
            aqi: change.aqi,
            o3_8h_max_ug_m3: Decimal::concentration(change.o3_8h_max, Pollutant::O3),
            means: DayMeans::of(&change.means),
        }
    }
}

/// The day so far (今日累计), from 00:00 to the end of the hour.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct DaySoFar {
    /// `YYYY-MM-DD`.
    day: String,
    /// Up to which hour, as people read it.
    until_hour_ending: String,
    /// Hours with at least one station.
    hours_counted: u8,
    means: DayMeans,
    /// Largest 8-h ozone; null before hour 8.
    o3_8h_max_ug_m3: Option<Decimal>,
    /// Largest hourly ozone.
    o3_1h_max_ug_m3: Option<Decimal>,
    index: IndexDocument,
    change_on_hour_before: ChangeDocument,
    change_on_same_hour_yesterday: ChangeDocument,
}

/// How many of the stations expected gave a value.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct CoverageDocument {
    present: u16,
    expected: u16,
}

/// All figures of one entity for one hour.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct FiguresDocument {
    /// When the hour starts.
    pub(super) time: String,
    /// The hour as people read it: 15时 is 14:00 to 15:00.
    pub(super) hour_ending: String,
    /// `provisional`, `published`, `revised` or `reviewed`; of a station, that of its area.
    state: &'static str,
    /// Counts up with each change after publishing.
    version: u32,
    dataset: &'static str,
    dataset_zh: &'static str,
    simulated: bool,
    /// The edition of the index in force.
    edition: &'static str,
    pub(super) edition_document: &'static str,
    practice: &'static str,
    pub(super) index: IndexDocument,
    pub(super) concentrations: Concentrations,
    rolling_24h: DayMeans,
    /// Valid hours of the 24 in the rolling windows.
    hours_24h: ByPollutant<u8>,
    /// Sliding 8-h ozone.
    o3_8h_ug_m3: Option<Decimal>,
    pub(super) day_so_far: DaySoFar,
    /// Stations with a valid value in the hour.
    pub(super) coverage: ByPollutant<CoverageDocument>,
}

/// What the figures are seen with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'a> {
    pub(super) parameters: &'a Parameters,
    pub(super) simulated: bool,
}

/// Figures with those they are compared with.
#[derive(Clone, Copy, Debug)]
pub(super) struct Compared<'a> {
    pub(super) now: &'a Figures,
    pub(super) hour_before: Option<&'a Figures>,
    pub(super) yesterday: Option<&'a Figures>,
}

impl<'a> Compared<'a> {
    /// An hour of a set, with the hours that the view still holds.
    pub(super) fn of_set(set: &'a SetView, hour: &'a HourView) -> Self {
        let at = |back: i32| set.at(hour.figures.hour.plus(back)).map(|h| &h.figures);
        Self { now: &hour.figures, hour_before: at(-1), yesterday: at(-24) }
    }
}

/// `15时`.
pub(super) fn hour_ending(hour: Hour) -> String {
    format!("{}时", hour.ending())
}

impl FiguresDocument {
    pub(super) fn of(compared: Compared<'_>, hour: (&'static str, u32), frame: Frame<'_>) -> Self {
        let figures = compared.now;
        let edition = standards().index_edition(figures.hour.day());
        let coverage = |p: Pollutant| {
            let c = figures.coverage[p.index()];
            CoverageDocument { present: c.present, expected: c.expected }
        };
        Self {
            time: figures.hour.start().to_string(),
            hour_ending: hour_ending(figures.hour),
            state: hour.0,
            version: hour.1,
            dataset: dataset(figures).0.name(),
            dataset_zh: dataset(figures).1,
            simulated: frame.simulated,
            edition: edition.id(),
            edition_document: edition.document(),
            practice: frame.parameters.practice.code(),
            index: IndexDocument::of(&figures.index, figures.hour),
            concentrations: Concentrations::of(&figures.concentration),
            rolling_24h: DayMeans::of(&figures.rolling_24h),
            hours_24h: ByPollutant::of(|p| figures.hours_24h[p.index()]),
            o3_8h_ug_m3: Decimal::concentration(figures.o3_8h, Pollutant::O3),
            day_so_far: day_so_far(compared),
            coverage: ByPollutant::of(coverage),
        }
    }
}

fn day_so_far(compared: Compared<'_>) -> DaySoFar {
    let Compared { now, hour_before, yesterday } = compared;
    let o3 = |amount| Decimal::concentration(amount, Pollutant::O3);
    DaySoFar {
        day: now.hour.day().to_string(),
        until_hour_ending: hour_ending(now.hour),
        hours_counted: now.hours_day,
        means: DayMeans::of(&now.day),
        o3_8h_max_ug_m3: o3(now.o3_8h_max_today),
        o3_1h_max_ug_m3: o3(now.o3_1h_max_today),
        index: IndexDocument::of(&now.day_index, now.hour),
        change_on_hour_before: ChangeDocument::of(change::on_hour_before(now, hour_before)),
        change_on_same_hour_yesterday: ChangeDocument::of(change::on_yesterday(now, yesterday)),
    }
}

/// A reading as it came, with its validity.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub(super) struct ReadingDocument {
    /// As sent; null when missing or not a number.
    value: Option<Decimal>,
    unit: &'static str,
    /// `valid`, or why the value does not count.
    validity: &'static str,
}

/// Every property's reading, by its code.
pub(super) fn readings(
    readings: &[Reading; Property::COUNT],
) -> BTreeMap<&'static str, ReadingDocument> {
    let document = |property: Property| {
        let Reading { amount, validity } = readings[property.index()];
        let there = !matches!(validity, Validity::Missing | Validity::NotANumber);
        let value = if there { Decimal::amount(amount, property) } else { None };
        let unit = property.unit_text();
        (property.code(), ReadingDocument { value, unit, validity: validity.name() })
    };
    PROPERTIES.into_iter().map(document).collect()
}

/// The name of a pollutant's figure with its unit: `pm2_5_24h_ug_m3`.
pub(super) fn unit_suffix(pollutant: Pollutant) -> &'static str {
    if pollutant == Pollutant::Co { "mg_m3" } else { "ug_m3" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::POLLUTANTS;

    #[test]
    fn amounts_are_written_without_noise() {
        let co = Property::Pollutant(Pollutant::Co);
        let pm = Property::Pollutant(Pollutant::Pm2_5);
        let of = |milli, property| shown(Amount::from_milli(milli), property);
        assert_eq!(of(800_000, co), "0.8");
        assert_eq!(of(1_000_000, co), "1.0");
        assert_eq!(of(850_000, co), "0.85");
        assert_eq!(of(0, co), "0.0");
        assert_eq!(of(61_000, pm), "61");
        assert_eq!(of(60_500, pm), "60.5");
        assert_eq!(of(-3_000, pm), "-3");
        assert_eq!(of(-5_250, Property::Temperature), "-5.25");
    }

    #[test]
    fn a_decimal_is_a_json_number_of_the_same_digits() {
        let json = |d: Option<Decimal>| serde_json::to_string(&d).expect("serialises");
        let co = Decimal::concentration(Some(Amount::from_milli(700_000)), Pollutant::Co);
        assert_eq!(json(co), "0.7");
        assert_eq!(json(Decimal::concentration(None, Pollutant::O3)), "null");
    }

    #[test]
    fn names_carry_their_unit_for_every_pollutant() {
        let all = Concentrations::of(&[Some(Amount::from_milli(1_000_000)); Pollutant::COUNT]);
        let json = serde_json::to_value(&all).expect("serialises");
        for p in POLLUTANTS {
            assert!(json.get(format!("{p}_{}", unit_suffix(p))).is_some(), "{p}");
        }
    }
}
