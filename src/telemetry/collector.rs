//! The metrics of the current view, built at scrape time.

use std::collections::BTreeMap;
use std::sync::Arc;

use prometheus::core::Desc;
use prometheus::proto::{
    Counter, Gauge, LabelPair, Metric as Series, MetricFamily, MetricType, Quantile, Summary,
};
use tokio::sync::watch;

use super::latency::{Latency, Stage};
use super::names::{self, Kind, METRICS, Metric};
use crate::area::Figures;
use crate::clock;
use crate::observation::{POLLUTANTS, Pollutant, RejectionReason};
use crate::pipeline::{Alarm, AreaView, Counts, SetView, StationView, Subject, View};
use crate::quality::Rule;
use crate::quantity::{Amount, Unit};
use crate::standard::{Average, LimitClass, standards};
use crate::time::{DAY_H, Day, Instant};
use crate::warning::{Level, Step, TaskStep, Warnings};

/// Shows the current view and the stage latencies; see the [module](super) for why it is one.
#[derive(Debug)]
pub struct Collector {
    view: watch::Receiver<Arc<View>>,
    latency: Latency,
    descriptions: Vec<Desc>,
}

impl Collector {
    /// A collector over the views that `view` receives.
    #[must_use]
    pub fn new(view: watch::Receiver<Arc<View>>, latency: Latency) -> Self {
        let describe = |m: &Metric| {
            let labels = m.labels.iter().map(|&label| label.to_owned()).collect();
            Desc::new(m.name.to_owned(), m.help.to_owned(), labels, std::iter::empty().collect())
        };
        let described: Result<_, _> = METRICS.iter().map(describe).collect();
        let descriptions = described.expect("the names are legal, as a test shows");
        Self { view, latency, descriptions }
    }
}

impl prometheus::core::Collector for Collector {
    fn desc(&self) -> Vec<&Desc> {
        self.descriptions.iter().collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let view = self.view.borrow().clone();
        let mut families = Families::default();
        families.put(&names::BUILD_INFO, &[env!("CARGO_PKG_VERSION")], 1.0);
        families.put(&names::SIMULATED, &[], f64::from(u8::from(view.simulated)));
        families.put(&names::SYSTEM_TIME, &[], seconds(clock::now()));
        families.counts(&view);
        for area in &view.areas {
            families.area(area);
        }
        for stage in Stage::ALL {
            families.stage(&self.latency, stage);
        }
        families.finish()
    }
}

/// Families by name, each with its series.
#[derive(Default)]
struct Families(BTreeMap<&'static str, Vec<Series>>);

/// Every name under which [`Counts`] are exposed.
fn effects(counts: &Counts) -> [(&'static str, u64); 6] {
    [
        ("accepted", counts.accepted),
        ("repeated", counts.repeated),
        ("superseded", counts.superseded),
        ("conflict", counts.conflicts),
        ("invalid_value", counts.invalid_values),
        ("ignored_field", counts.ignored_fields),
    ]
}

/// Counters are floats on the wire; one is exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "the exposition format knows only floats")]
const fn float(count: u64) -> f64 {
    count as f64
}

fn seconds(instant: Instant) -> f64 {
    float(instant.millis().unsigned_abs()) / 1000.0
}

/// In the unit of the name. One division of whole numbers, so that 0.8 is written `0.8`.
fn amount(amount: Amount, unit: Unit) -> f64 {
    f64::from(amount.milli()) / f64::from(10_u32.pow(unit.milli_digits()))
}

/// The hours of the day with at least one station, of those that have passed.
fn day_coverage(figures: &Figures) -> f64 {
    let passed = u8::try_from(figures.hour.of_day() + 1).unwrap_or(DAY_HOURS);
    f64::from(figures.hours_day) / f64::from(passed)
}

/// The label of the set that is called `area` or `area/set`.
fn code_of(entity: &str) -> &str {
    entity.split_once('/').map_or("", |(_, set)| set)
}

impl Families {
    fn push(&mut self, metric: &Metric, labels: &[&str], mut series: Series) {
        debug_assert_eq!(metric.labels.len(), labels.len(), "{}", metric.name);
        let pair = |(name, value): (&&str, &&str)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value((*value).to_owned());
            pair
        };
        series.set_label(metric.labels.iter().zip(labels).map(pair).collect());
        self.0.entry(metric.name).or_default().push(series);
    }

    fn put(&mut self, metric: &Metric, labels: &[&str], value: f64) {
        let mut series = Series::default();
        if metric.kind == Kind::Counter {
            let mut counter = Counter::default();
            counter.set_value(value);
            series.set_counter(counter);
        } else {
            let mut gauge = Gauge::default();
            gauge.set_value(value);
            series.set_gauge(gauge);
        }
        self.push(metric, labels, series);
    }

    fn maybe(&mut self, metric: &Metric, labels: &[&str], value: Option<f64>) {
        if let Some(value) = value {
            self.put(metric, labels, value);
        }
    }

    fn counts(&mut self, view: &View) {
        let mut totals: BTreeMap<&str, u64> = BTreeMap::new();
        for (effect, _) in effects(&Counts::default()) {
            totals.insert(effect, 0);
        }
        for area in &view.areas {
            for (effect, count) in effects(&area.counts) {
                *totals.entry(effect).or_default() += count;
            }
            for (reason, &count) in RejectionReason::ALL.into_iter().zip(&area.counts.rejected) {
                let labels = [area.registry.area.as_str(), reason.name()];
                self.put(&names::REJECTED, &labels, float(count));
            }
        }
        for (effect, count) in totals {
            self.put(&names::OBSERVATIONS, &[effect], float(count));
        }
    }

    fn area(&mut self, area: &AreaView) {
        let code = area.registry.area.as_str();
        self.put(&names::AREA_SEQUENCE, &[code], float(area.sequence));
        self.put(&names::AREA_VIEW, &[code], seconds(area.now));
        for subject in Subject::SILENCES {
            let count = area.alarms.iter().filter(|a| a.subject.name() == subject).count();
            self.put(&names::SILENCES, &[code, subject], float(count as u64));
        }
        let differs = |a: &&Alarm| matches!(a.subject, Subject::Differs(_));
        let differing = area.alarms.iter().filter(differs).count();
        self.put(&names::DIFFERENCES, &[code], float(differing as u64));
        let clocks = area.alarms.iter().filter(|a| matches!(a.subject, Subject::Clock(_))).count();
        self.put(&names::CLOCKS, &[code], float(clocks as u64));
        let behind = |a: &&Alarm| matches!(a.subject, Subject::Behind(_));
        let behind = area.alarms.iter().filter(behind).count();
        self.put(&names::CLOCKS_BEHIND, &[code], float(behind as u64));
        // Reference cities may come by import alone.
        let caught_up = area.caught_up.filter(|_| !area.registry.is_reference());
        let caught_up = caught_up.map(|yes| f64::from(u8::from(yes)));
        self.maybe(&names::CAUGHT_UP, &[code], caught_up);
        if area.warning.is_some() && !area.registry.is_reference() {
            let real = (&*area.warnings, "false");
            let drill = area.warnings.drill.as_ref().map(|drill| (&drill.warnings, "true"));
            for (warnings, drill) in [Some(real), drill].into_iter().flatten() {
                self.warnings(warnings, [code, drill], area.now);
            }
            self.response(area);
        }
        self.notices(area);
        if !area.registry.is_reference() {
            self.sets(area);
        }
        let Some(newest) = area.newest else { return };
        self.put(&names::AREA_EVENT, &[code], seconds(newest.end()));
        // Reference cities are series to be ranked with, no air of ours.
        if area.registry.is_reference() {
            return;
        }
        self.limits(code, newest.day());
        for set in &area.sets {
            if let Some(hour) = set.at(newest) {
                self.set(code, set, &hour.figures);
            }
        }
        for rule in Rule::ALL {
            let found = area.stations.iter().flat_map(|s| &s.findings);
            let count = found.filter(|finding| finding.rule == rule).count();
            self.put(&names::QUALITY, &[code, rule.name()], float(count as u64));
        }
        for station in &area.stations {
            self.station(area, station);
        }
    }

    /// What every set is called, also before an hour is published: so that its figures can be missed.
    fn sets(&mut self, area: &AreaView) {
        let registry = &area.registry;
        for (at, set) in registry.sets.iter().enumerate() {
            let entity = registry.entity(at);
            let labels = [registry.area.as_str(), code_of(&entity), &entity, &set.name];
            self.put(&names::SET_INFO, &labels, 1.0);
        }
    }

    fn warnings(&mut self, warnings: &Warnings, labels: [&str; 2], now: Instant) {
        let level = |level: Option<Level>| level.map_or(0.0, |level| f64::from(level as u8) + 1.0);
        self.put(&names::WARNING_FLOOR, &labels, level(warnings.floor(now)));
        self.put(&names::WARNING_LEVEL, &labels, level(warnings.in_force().map(|of| of.level)));
        let waiting = warnings.proposal();
        self.put(&names::WARNING_WAITING, &labels, f64::from(u8::from(waiting.is_some())));
        let since = waiting.map(|proposal| seconds(proposal.since));
        self.maybe(&names::WARNING_WAITING_SINCE, &labels, since);
    }

    /// What a response has come to; without one every number is a zero.
    fn response(&mut self, area: &AreaView) {
        let (code, execution) = (area.registry.area.as_str(), &area.warnings.execution);
        let newest = execution.tasks.values().next_back();
        let last = |steps: &[(u64, TaskStep)]| steps.last().map(|(_, taken)| taken.step);
        for step in Step::ALL {
            let receivers = newest.iter().flat_map(|tasks| tasks.steps.values());
            let count = receivers.filter(|steps| last(steps) == Some(step)).count();
            self.put(&names::RESPONSE_TASKS, &[code, step.name()], float(count as u64));
        }
        let today = execution.days.get(&area.now.hour().day());
        let reports = today.map_or(0, BTreeMap::len);
        self.put(&names::RESPONSE_REPORTS, &[code], float(reports as u64));
    }

    fn limits(&mut self, area: &str, day: Day) {
        let edition = standards().limit_edition(day);
        for average in [Average::Hour, Average::Mda8, Average::Day, Average::Year] {
            for p in POLLUTANTS {
                let limit = edition.limit(p, average, LimitClass::II);
                let value = limit.map(|limit| amount(limit, p.unit()));
                match p {
                    Pollutant::Co => self.maybe(&names::LIMIT_CO, &[area, average.code()], value),
                    _ => self.maybe(&names::LIMIT, &[area, p.code(), average.code()], value),
                }
            }
        }
    }

    fn set(&mut self, area: &str, set: &SetView, figures: &Figures) {
        let code = code_of(&set.entity);
        let labels = [area, code];
        self.maybe(&names::AREA_AQI, &labels, figures.index.aqi.map(f64::from));
        self.maybe(&names::AREA_DAY_AQI, &labels, figures.day_index.aqi.map(f64::from));
        self.put(&names::AREA_DAY_COVERAGE, &labels, day_coverage(figures));
        let micro = |value: Option<Amount>| value.map(|a| amount(a, Unit::Micro));
        self.maybe(&names::AREA_O3_8H, &labels, micro(figures.o3_8h));
        self.maybe(&names::AREA_DAY_O3, &labels, micro(figures.o3_8h_max_today));
        let (one, co) = (&names::AREA_CONCENTRATION, &names::AREA_CO);
        self.each((one, co), &labels, &figures.concentration);
        let (rolling, rolling_co) = (&names::AREA_ROLLING, &names::AREA_ROLLING_CO);
        self.each((rolling, rolling_co), &labels, &figures.rolling_24h);
        let (day, day_co) = (&names::AREA_DAY_CONCENTRATION, &names::AREA_DAY_CO);
        self.each((day, day_co), &labels, &figures.day);
        for p in POLLUTANTS {
            let coverage = figures.coverage[p.index()];
            if coverage.expected > 0 {
                let share = f64::from(coverage.present) / f64::from(coverage.expected);
                self.put(&names::AREA_COVERAGE, &[area, code, p.code()], share);
            }
        }
    }

    fn notices(&mut self, area: &AreaView) {
        let Some(rules) = area.notice_rules.as_deref() else { return };
        let (code, notices) = (area.registry.area.as_str(), &area.notices);
        let unread = notices.open.values().filter(|notice| notice.waits(rules)).count();
        let stuck = notices.stuck(rules, area.now).len();
        self.put(&names::NOTICES_OPEN, &[code], float(notices.open.len() as u64));
        self.put(&names::NOTICES_UNREAD, &[code], float(unread as u64));
        self.put(&names::NOTICES_STUCK, &[code], float(stuck as u64));
        for channel in &rules.channels {
            let labels = [code, channel.name.as_str()];
            let waiting = notices.outbox.values().filter(|o| o.message.channel == channel.name);
            let planned: Vec<Instant> = waiting.map(|outgoing| outgoing.at).collect();
            self.put(&names::OUTBOX_MESSAGES, &labels, float(planned.len() as u64));
            let oldest = planned.into_iter().min();
            let age = |at: Instant| area.now.millis().saturating_sub(at.millis()).max(0);
            let age = oldest.map(|at| float(age(at).unsigned_abs()) / 1000.0);
            self.maybe(&names::OUTBOX_OLDEST, &labels, age);
            let failing = notices.channels.get(&channel.name).map_or(0, |state| state.failing);
            self.put(&names::CHANNEL_FAILING, &labels, f64::from(failing));
        }
    }

    fn station(&mut self, area: &AreaView, station: &StationView) {
        let Some(registered) = area.registry.stations.get(station.station) else { return };
        let labels = [area.registry.area.as_str(), registered.id.as_str()];
        let reported = station.last.map(|hour| seconds(hour.end()));
        self.maybe(&names::STATION_EVENT, &labels, reported);
        if !station.in_operation {
            return; // retired: its series end
        }
        let (name, district) = (registered.name.as_str(), registered.district.as_str());
        let info = [labels[0], labels[1], name, district, registered.kind.name()];
        self.put(&names::STATION_INFO, &info, 1.0);
        let degrees = |micro: i32| f64::from(micro) / 1_000_000.0;
        let (latitude, longitude) = registered.position.unzip();
        self.maybe(&names::STATION_LATITUDE, &labels, latitude.map(degrees));
        self.maybe(&names::STATION_LONGITUDE, &labels, longitude.map(degrees));
        self.put(&names::STATION_SILENT, &labels, f64::from(u8::from(station.is_silent())));
        let figures = &station.figures;
        self.maybe(&names::STATION_AQI, &labels, figures.index.aqi.map(f64::from));
        self.maybe(&names::STATION_DAY_AQI, &labels, figures.day_index.aqi.map(f64::from));
        let o3_8h = figures.o3_8h.map(|a| amount(a, Unit::Micro));
        self.maybe(&names::STATION_O3_8H, &labels, o3_8h);
        let (one, co) = (&names::STATION_CONCENTRATION, &names::STATION_CO);
        self.each((one, co), &labels, &figures.concentration);
        let (rolling, rolling_co) = (&names::STATION_ROLLING, &names::STATION_ROLLING_CO);
        self.each((rolling, rolling_co), &labels, &figures.rolling_24h);
        for p in POLLUTANTS {
            // Whole numbers up to 24: exact in a float.
            let share = f64::from(figures.hours_24h[p.index()]) / f64::from(DAY_HOURS);
            self.put(&names::STATION_COVERAGE, &[labels[0], labels[1], p.code()], share);
        }
    }

    /// The six pollutants of one entity: CO under its own name and unit.
    fn each(
        &mut self,
        (micro, co): (&Metric, &Metric),
        entity: &[&str; 2],
        amounts: &[Option<Amount>; Pollutant::COUNT],
    ) {
        for p in POLLUTANTS {
            let value = amounts[p.index()].map(|a| amount(a, p.unit()));
            match p {
                Pollutant::Co => self.maybe(co, entity, value),
                _ => self.maybe(micro, &[entity[0], entity[1], p.code()], value),
            }
        }
    }

    fn stage(&mut self, latency: &Latency, stage: Stage) {
        let Some(recorded) = latency.summary(stage) else { return };
        let quantile = |(share, seconds): (f64, f64)| {
            let mut quantile = Quantile::default();
            quantile.set_quantile(share);
            quantile.set_value(seconds);
            quantile
        };
        let mut summary = Summary::default();
        summary.set_quantile(recorded.quantiles.map(quantile).to_vec());
        summary.set_sample_sum(recorded.sum);
        summary.set_sample_count(recorded.count);
        let mut series = Series::default();
        series.set_summary(summary);
        self.push(&names::STAGE_LATENCY, &[stage.name()], series);
    }

    fn finish(mut self) -> Vec<MetricFamily> {
        let mut families = Vec::new();
        for metric in METRICS {
            let Some(series) = self.0.remove(metric.name) else { continue };
            let mut family = MetricFamily::default();
            family.set_name(metric.name.to_owned());
            family.set_help(metric.help.to_owned());
            family.set_field_type(match metric.kind {
                Kind::Gauge => MetricType::GAUGE,
                Kind::Counter => MetricType::COUNTER,
                Kind::Summary => MetricType::SUMMARY,
            });
            family.set_metric(series);
            families.push(family);
        }
        families
    }
}

/// [`DAY_H`] as a number that becomes a float without loss.
const DAY_HOURS: u8 = {
    assert!(DAY_H == 24);
    24
};
