//! The way of a concentration: cells, sums, stations, rounding.

use super::decimal::{Decimal, mean_text};
use super::document::{
    Criterion, EightHours, Exclusion, Fed, Input, LeftOut, Mean, Rounded, StationMean,
};
use super::{Ground, Standing, cell_value, hour_ending};
use crate::area::{Member, Quantity, SetMeans, hides_8h, least_24h};
use crate::average::{Averages, EIGHT_H, EIGHT_H_MIN, HOUR_MIN_MINUTES, Sum};
use crate::index;
use crate::observation::{Pollutant, Property, Reading, Validity};
use crate::quantity::{Quotient, Rounding};
use crate::standard::{Practice, standards};
use crate::time::{DAY_H, Hour};

/// Why something has no value: a code, and as people read it.
pub(super) type Reason = (&'static str, &'static str);

/// The name of a rule of rounding, and as people read it.
pub(super) const fn rule(rounding: Rounding) -> Reason {
    match rounding {
        Rounding::HalfEven => ("half_even", "四舍六入五成双(GB/T 8170)"),
        Rounding::HalfUp => ("half_up", "四舍五入"),
        Rounding::Up => ("up", "向上进位取整数"),
    }
}

/// The exact mean of a quantity.
fn picked(means: &SetMeans, quantity: Quantity) -> Option<Quotient> {
    match quantity {
        Quantity::Concentration(p) => means.hour[p.index()],
        Quantity::Rolling24h(p) => means.rolling_24h[p.index()],
        Quantity::Day(p) => means.day[p.index()],
        Quantity::O3EightHours => means.o3_8h,
        Quantity::O3EightHoursMaxToday => means.o3_8h_max,
        Quantity::O3OneHourMaxToday => means.o3_1h_max,
        Quantity::Aqi
        | Quantity::Primary
        | Quantity::AqiDay
        | Quantity::PrimaryDay
        | Quantity::HoursDay => None,
    }
}

/// The exact sum beneath a station's mean.
fn sum(averages: &Averages, quantity: Quantity) -> Sum {
    let single = |amount: i32| Sum::of(&[amount]);
    match quantity {
        Quantity::Concentration(p) => single(averages.hour[p.index()]),
        Quantity::Rolling24h(p) => averages.rolling_24h[p.index()],
        Quantity::Day(p) => averages.day[p.index()],
        Quantity::O3EightHours => averages.o3_8h,
        Quantity::O3EightHoursMaxToday => averages.o3_8h_max,
        Quantity::O3OneHourMaxToday => single(averages.o3_1h_max),
        Quantity::Aqi
        | Quantity::Primary
        | Quantity::AqiDay
        | Quantity::PrimaryDay
        | Quantity::HoursDay => Sum::default(),
    }
}

impl Ground<'_> {
    /// How a concentration came about. `pollutant` is that of the quantity.
    pub(super) fn mean(&self, quantity: Quantity, pollutant: Pollutant) -> Mean {
        let from = self.window(quantity);
        let exact = picked(&self.means, quantity);
        let hidden = quantity == Quantity::O3EightHours
            && hides_8h(self.asked.hour, self.ctx.parameters.practice);
        let rounding = exact.filter(|_| !hidden).map(|e| self.rounded(quantity, pollutant, e));
        let station = |standing: &Standing| self.station(standing, (quantity, pollutant), from);
        let stations: Vec<StationMean> = self.standing.iter().map(station).collect();
        let reason = rounding.is_none().then(|| match (self.asked.member, stations.first()) {
            _ if hidden && exact.is_some() => ("hidden_by_practice", "国家平台此时不发布该项"),
            (Member::Station(_), Some(only)) => {
                (only.reason.unwrap_or_default(), only.reason_zh.unwrap_or_default())
            }
            (_, None) => ("no_station", "当日无点位参与"),
            (_, Some(_)) => ("no_valid_station", "各点位均无有效值"),
        });
        Mean {
            quantity: quantity.name(),
            pollutant: pollutant.code(),
            unit: Property::Pollutant(pollutant).unit_text(),
            from: from.start().to_string(),
            to: self.asked.hour.start().to_string(),
            criterion: self.criterion(quantity),
            stations_counted: stations.iter().filter(|s| s.counted).count(),
            stations,
            left_out: self.left_out(),
            exact: exact.map(|mean| mean_text(mean, pollutant)),
            exact_quotient_milli: exact.map(quotient_text),
            value: rounding.as_ref().map(|r| r.to.clone()),
            rounding,
            reason: reason.map(|r| r.0),
            reason_zh: reason.map(|r| r.1),
        }
    }

    /// The first hour of a quantity's window; the asked hour ends it.
    fn window(&self, quantity: Quantity) -> Hour {
        let back = match quantity {
            Quantity::Concentration(_) => 0,
            Quantity::Rolling24h(_) => DAY_H - 1,
            Quantity::O3EightHours => EIGHT_H - 1,
            _ => self.asked.hour.of_day(),
        };
        self.asked.hour.plus(-i32::try_from(back).unwrap_or(0))
    }

    fn criterion(&self, quantity: Quantity) -> Criterion {
        let hour = self.asked.hour;
        let so_far = u16::try_from(hour.of_day() + 1).unwrap_or(24);
        let practice = self.ctx.parameters.practice;
        let (figure, least, of, unit, note_zh) = match quantity {
            Quantity::Concentration(_) => ("hour", HOUR_MIN_MINUTES, 60, "min", None),
            Quantity::Rolling24h(_) => {
                let figure = match practice {
                    Practice::Letter => "rolling_24h",
                    Practice::NationalPlatform => "rolling_24h_platform",
                };
                (figure, least_24h(practice), 24, "h", None)
            }
            Quantity::O3EightHours => ("rolling_8h", EIGHT_H_MIN, 8, "h", None),
            Quantity::O3EightHoursMaxToday => {
                let note = "取当日8时起各8小时滑动均值的最大值，每个滑动窗口均须满足该要求";
                ("rolling_8h", EIGHT_H_MIN, 8, "h", Some(note))
            }
            Quantity::O3OneHourMaxToday => ("", 1, so_far, "h", None),
            _ => {
                let note = "今日累计自0时起，有1个有效小时即给出；全天日均值须满足所引条款";
                ("day", 1, so_far, "h", Some(note))
            }
        };
        let rows = standards().limit_edition(hour.day()).validity_rows();
        let source = rows.iter().find(|row| row.figure == figure).map(|row| row.source);
        Criterion { least, of, unit, source, note_zh }
    }

    fn rounded(&self, quantity: Quantity, pollutant: Pollutant, exact: Quotient) -> Rounded {
        let hourly = matches!(quantity, Quantity::Concentration(_));
        let row = index::rounding(hourly, &self.ctx);
        let step = row.step_of(pollutant);
        let to = index::rounded(exact, pollutant, hourly, &self.ctx);
        let (rule, rule_zh) = rule(row.concentration);
        Rounded {
            from: mean_text(exact, pollutant),
            to: Decimal::rounded(to, pollutant, step),
            step: Decimal::exact(step.into(), pollutant),
            rule,
            rule_zh,
            source: row.concentration_source,
        }
    }

    fn station(
        &self,
        standing: &Standing,
        (quantity, pollutant): (Quantity, Pollutant),
        from: Hour,
    ) -> StationMean {
        let registered = &self.asked.registry.stations[standing.station];
        let (sum, mean) = (sum(standing.last(), quantity), picked(&standing.means, quantity));
        let reason = mean.is_none().then(|| self.no_mean(standing, (quantity, pollutant), sum));
        let alone = matches!(self.asked.member, Member::Station(_));
        let inputs = self
            .inputs(standing.station, pollutant, from)
            .filter(|input| alone || input.hour == self.asked.hour || !input.is_plain());
        StationMean {
            station: registered.id.to_string(),
            name: registered.name.clone(),
            counted: mean.is_some(),
            reason: reason.map(|r| r.0),
            reason_zh: reason.map(|r| r.1),
            count: sum.count,
            sum: Decimal::exact(sum.total, pollutant),
            mean: mean.map(|mean| mean_text(mean, pollutant)),
            windows: if quantity == Quantity::O3EightHoursMaxToday {
                windows(standing, sum)
            } else {
                Vec::new()
            },
            inputs: inputs.collect(),
        }
    }

    /// Why a station has no mean.
    fn no_mean(
        &self,
        standing: &Standing,
        (quantity, pollutant): (Quantity, Pollutant),
        sum: Sum,
    ) -> Reason {
        let hour = self.asked.hour;
        match quantity {
            Quantity::Concentration(_) => {
                let validity =
                    self.cells(standing.station, hour).map_or(Validity::Missing, |day| {
                        day.reading(Property::Pollutant(pollutant), hour.of_day()).validity
                    });
                match self.excluded_by(standing.station, hour, pollutant) {
                    [] => (validity.name(), validity.label()),
                    _ => ("excluded", "经自动质控剔除"),
                }
            }
            Quantity::O3EightHoursMaxToday if hour.of_day() + 1 < EIGHT_H => {
                ("before_first_window", "8时之前没有完整的8小时窗口")
            }
            Quantity::O3EightHoursMaxToday => ("no_valid_window", "没有满足有效性要求的8小时窗口"),
            _ if sum.count == 0 => ("no_valid_hour", "没有有效小时值"),
            _ => ("below_criterion", "有效小时数不足"),
        }
    }

    /// The hours of a window of one station.
    fn inputs(
        &self,
        station: usize,
        pollutant: Pollutant,
        from: Hour,
    ) -> impl Iterator<Item = Input> {
        let property = Property::Pollutant(pollutant);
        let hours = (from.number()..=self.asked.hour.number()).map(Hour::from_number);
        hours.map(move |hour| {
            let (day, of_day) = (self.cells(station, hour), hour.of_day());
            let reading = day.map(|d| d.reading(property, of_day)).unwrap_or_default();
            let realtime = day.map(|d| d.realtime(property, of_day)).unwrap_or_default();
            let fed = day.map(|d| d.fed(property, of_day)).filter(|fed| *fed != realtime);
            let reviewed = day.is_some_and(|d| d.is_reviewed(of_day));
            let excluded = self.excluded_by(station, hour, pollutant).to_vec();
            let beneath = |reading: Reading| Fed {
                value: cell_value(reading, pollutant),
                validity: reading.validity.name(),
            };
            Input {
                hour,
                time: hour.start().to_string(),
                hour_ending: hour_ending(hour),
                value: cell_value(reading, pollutant),
                validity: reading.validity.name(),
                validity_zh: reading.validity.label(),
                counted: reading.validity.is_valid() && excluded.is_empty(),
                excluded,
                reviewed,
                conflict: day.is_some_and(|d| d.is_conflict(property, of_day)),
                differs_from_minutes: day.is_some_and(|d| d.differs_from_minutes(property, of_day)),
                minutes: day.and_then(|d| d.minutes_covered(property, of_day)),
                realtime: reviewed.then(|| beneath(realtime)),
                fed: fed.map(beneath),
                origins: Vec::new(),
                origins_reason: None,
            }
        })
    }

    /// The rules that take a value out; what came back from review stands above them.
    fn excluded_by(&self, station: usize, hour: Hour, pollutant: Pollutant) -> &[Exclusion] {
        let reviewed = self.cells(station, hour).is_some_and(|d| d.is_reviewed(hour.of_day()));
        let excluded = self.excluded.get(&(station, hour, pollutant)).filter(|_| !reviewed);
        excluded.map_or(&[], Vec::as_slice)
    }

    /// The stations of the area that a set does not count on the day.
    fn left_out(&self) -> Vec<LeftOut> {
        let Member::Set(set) = self.asked.member else { return Vec::new() };
        let registry = self.asked.registry;
        let members = &registry.sets[set].members;
        let mut out = Vec::new();
        for (at, station) in registry.stations.iter().enumerate() {
            if self.standing.iter().any(|s| s.station == at) {
                continue;
            }
            let (reason, reason_zh) = if members.iter().any(|m| m.station == at) {
                ("not_a_member_that_day", "当日不属于该点位集合或未运行")
            } else if set == 0 {
                ("not_assessed", "非评价点位，不参与计算")
            } else {
                continue; // never was of this set
            };
            let (station, name) = (station.id.to_string(), station.name.clone());
            out.push(LeftOut { station, name, reason, reason_zh });
        }
        out
    }
}

impl Input {
    /// Whether there is nothing to say of it but its value.
    fn is_plain(&self) -> bool {
        let valid = self.validity == Validity::Valid.name()
            || self.validity == Validity::ValidFromMinutes.name();
        let marked = self.conflict || self.differs_from_minutes || !self.excluded.is_empty();
        valid && !marked && !self.reviewed && self.fed.is_none()
    }
}

/// The 8-h windows of the day so far, the largest of them marked.
fn windows(standing: &Standing, largest: Sum) -> Vec<EightHours> {
    let mut found = false;
    let ends = standing.today.iter().skip(EIGHT_H - 1);
    ends.map(|(hour, averages)| {
        let window = averages.o3_8h;
        let counted = window.mean(EIGHT_H_MIN).is_some();
        let is_largest = counted && !found && window == largest;
        found |= is_largest;
        EightHours {
            hour_ending: hour_ending(*hour),
            count: window.count,
            sum: Decimal::exact(window.total, Pollutant::O3),
            counted,
            largest: is_largest,
        }
    })
    .collect()
}

/// `numerator/denominator` in lowest terms.
fn quotient_text(mean: Quotient) -> String {
    let (mut a, mut b) = (mean.num.abs(), i128::from(mean.den));
    while b != 0 {
        (a, b) = (b, a % b);
    }
    let common = a.max(1);
    format!("{}/{}", mean.num / common, i128::from(mean.den) / common)
}
