//! A row of figures as CSV and as JSON.
//!
//! Concentrations stand as they are shown: whole µg/m³, CO in mg/m³ with the decimals of the edition's
//! rounding (one; two for areas by the national platform).

use std::io::Write;

use crate::area::{Figures, Member, Registry};
use crate::index::{Index, NoAqi, Pollutants};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::quantity::{Amount, Unit, decimal};
use crate::standard::{Entity, Practice, ReportKind, standards};
use crate::time::{Hour, HourLabel};

/// The columns, which are those of the JSON rows too, there with their units.
pub(super) const CSV_HEADER: &str = "time,entity,aqi,primary,pm2_5,pm10,so2,no2,co,o3,\
    pm2_5_24h,pm10_24h,so2_24h,no2_24h,co_24h,o3_8h,o3_8h_max_today,\
    pm2_5_day,pm10_day,so2_day,no2_day,co_day,aqi_day,primary_day,hours_day\n";

/// The five with a 24-h mean.
const WITH_24H: [Pollutant; 5] =
    [Pollutant::Pm2_5, Pollutant::Pm10, Pollutant::So2, Pollutant::No2, Pollutant::Co];

/// Writes rows; knows the names of whom they are about.
pub(super) struct Rows<'a> {
    registry: &'a Registry,
    practice: Practice,
    label: HourLabel,
    /// The hour last written, with its label: neighbouring rows share it.
    hour: Option<Hour>,
    time: String,
    sets: Vec<String>,
}

/// One column: its name, its amount, and the pollutant and report whose rounding made it.
type Cell = (&'static str, &'static str, Option<Amount>, Pollutant, ReportKind);

impl<'a> Rows<'a> {
    pub(super) fn new(registry: &'a Registry, practice: Practice, label: HourLabel) -> Self {
        let sets = (0..registry.sets.len()).map(|set| registry.entity(set)).collect();
        Self { registry, practice, label, hour: None, time: String::new(), sets }
    }

    fn begin(&mut self, hour: Hour) {
        if self.hour != Some(hour) {
            self.hour = Some(hour);
            self.time = hour.label(self.label);
        }
    }

    fn name(&self, member: Member) -> &str {
        match member {
            Member::Set(set) => &self.sets[set],
            Member::Station(station) => self.registry.stations[station].id.as_str(),
        }
    }

    /// One line, in the order of [`CSV_HEADER`].
    pub(super) fn csv(&mut self, member: Member, figures: &Figures, out: &mut Vec<u8>) {
        self.begin(figures.hour);
        out.extend_from_slice(self.time.as_bytes());
        out.push(b',');
        quoted(self.name(member), out);
        index(figures.index.aqi, figures.index.primary, out);
        let decimals = self.decimals(member, figures.hour);
        for (_, _, amount, pollutant, kind) in cells(figures) {
            out.push(b',');
            self.amount(amount, pollutant, decimals(pollutant, kind), out);
        }
        index(figures.day_index.aqi, figures.day_index.primary, out);
        push(out, format_args!(",{}\n", figures.hours_day));
    }

    /// One object.
    pub(super) fn json(&mut self, member: Member, figures: &Figures, out: &mut Vec<u8>) {
        self.begin(figures.hour);
        let name = serde_json::Value::from(self.name(member));
        push(out, format_args!("{{\"time\":\"{}\",\"entity\":{name}", self.time));
        json_index("", &figures.index, out);
        let decimals = self.decimals(member, figures.hour);
        for (code, after, amount, pollutant, kind) in cells(figures) {
            let unit = match pollutant.unit() {
                Unit::Micro => "ug_m3",
                Unit::Milli => "mg_m3",
            };
            push(out, format_args!(",\"{code}{after}_{unit}\":"));
            match amount {
                None => out.extend_from_slice(b"null"),
                some => self.amount(some, pollutant, decimals(pollutant, kind), out),
            }
        }
        json_index("_day", &figures.day_index, out);
        let Figures { hours_day, reviewed, .. } = figures;
        push(out, format_args!(",\"hours_day\":{hours_day},\"reviewed\":{reviewed}}}"));
    }

    /// How many decimals a pollutant's amounts have, by the rounding that made them.
    fn decimals(&self, member: Member, hour: Hour) -> impl Fn(Pollutant, ReportKind) -> u32 {
        let edition = standards().index_edition(hour.day());
        let entity = match member {
            Member::Set(_) => Entity::Area,
            Member::Station(_) => Entity::Station,
        };
        let practice = self.practice;
        move |pollutant, kind| {
            let step = edition.rounding(kind, practice, entity).step_of(pollutant);
            pollutant.unit().milli_digits().saturating_sub(step.unsigned_abs().max(1).ilog10())
        }
    }

    fn amount(
        &self,
        amount: Option<Amount>,
        pollutant: Pollutant,
        decimals: u32,
        out: &mut Vec<u8>,
    ) {
        let Some(amount) = amount else { return };
        let milli = amount.milli();
        if decimals == 0 && pollutant.unit() == Unit::Micro && milli % 1000 == 0 {
            push(out, format_args!("{}", milli / 1000));
        } else {
            let text = decimal(i64::from(milli), pollutant.unit().milli_digits(), decimals);
            out.extend_from_slice(text.as_bytes());
        }
    }
}

/// The amounts in the order of the columns between the two indices.
fn cells(figures: &Figures) -> impl Iterator<Item = Cell> {
    let hour = |p: Pollutant| (p.code(), "", figures.concentration[p.index()], p, ReportKind::Hour);
    let window =
        |p: Pollutant| (p.code(), "_24h", figures.rolling_24h[p.index()], p, ReportKind::Day);
    let day = |p: Pollutant| (p.code(), "_day", figures.day[p.index()], p, ReportKind::Day);
    let o3 = [
        ("o3", "_8h", figures.o3_8h, Pollutant::O3, ReportKind::Day),
        ("o3", "_8h_max_today", figures.o3_8h_max_today, Pollutant::O3, ReportKind::Day),
    ];
    let hours = POLLUTANTS.into_iter().map(hour);
    hours.chain(WITH_24H.into_iter().map(window)).chain(o3).chain(WITH_24H.into_iter().map(day))
}

fn index(aqi: Option<u16>, primary: Pollutants, out: &mut Vec<u8>) {
    match aqi {
        None => out.push(b','),
        Some(aqi) => push(out, format_args!(",{aqi}")),
    }
    push(out, format_args!(",{primary}"));
}

fn json_index(after: &str, index: &Index, out: &mut Vec<u8>) {
    match index.aqi {
        Some(aqi) => push(out, format_args!(",\"aqi{after}\":{aqi}")),
        None => {
            let reason = index.no_aqi.map_or("", NoAqi::code);
            push(out, format_args!(",\"aqi{after}\":null,\"aqi{after}_reason\":\"{reason}\""));
        }
    }
    push(out, format_args!(",\"primary{after}\":["));
    for (n, pollutant) in index.primary.iter().enumerate() {
        push(out, format_args!("{}\"{pollutant}\"", if n == 0 { "" } else { "," }));
    }
    out.push(b']');
}

/// A name, in quotation marks where it has some itself; codes have no comma.
fn quoted(name: &str, out: &mut Vec<u8>) {
    if name.contains('"') {
        push(out, format_args!("\"{}\"", name.replace('"', "\"\"")));
    } else {
        out.extend_from_slice(name.as_bytes());
    }
}

/// Writing to a vector does not fail.
fn push(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).unwrap_or_default();
}
