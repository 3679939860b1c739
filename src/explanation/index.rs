//! The way of an AQI: each average through its column, then the largest of them.

use super::Ground;
use super::decimal::{Decimal, endless, mean_text};
use super::document::{IaqiSteps, IndexSteps, Point, Rounded, RuleCited};
use super::mean::{Reason, rule};
use crate::area::{Quantity, daily_means, due_today, hourly_means};
use crate::index::{self, Index, Indicator, NoAqi, Pollutants, Step};
use crate::observation::Pollutant;
use crate::quantity::Quotient;
use crate::standard::{Breakpoint, Column, ColumnIndex, Line, ReportKind, RoundingRow};

/// The rules of an edition that lead from individual indices to the AQI.
const RULES: [&str; 3] = ["primary_above", "exceeding_above", "na_unless_above"];

/// The figure whose mean an indicator of a report is.
const fn quantity(indicator: Indicator, kind: ReportKind) -> Quantity {
    let pollutant = indicator.pollutant();
    match (indicator, kind) {
        (Indicator::O3_8h, ReportKind::Hour) => Quantity::O3EightHours,
        (Indicator::O3_8h, ReportKind::Day) => Quantity::O3EightHoursMaxToday,
        (Indicator::O3Max1h, _) => Quantity::O3OneHourMaxToday,
        (
            Indicator::Pm2_5_24h
            | Indicator::Pm10_24h
            | Indicator::So2_24h
            | Indicator::No2_24h
            | Indicator::Co24h,
            ReportKind::Hour,
        ) => Quantity::Rolling24h(pollutant),
        (
            Indicator::Pm2_5_24h
            | Indicator::Pm10_24h
            | Indicator::So2_24h
            | Indicator::No2_24h
            | Indicator::Co24h,
            ReportKind::Day,
        ) => Quantity::Day(pollutant),
        (
            Indicator::Pm2_5_1h
            | Indicator::Pm10_1h
            | Indicator::So2_1h
            | Indicator::No2_1h
            | Indicator::Co1h
            | Indicator::O3_1h,
            _,
        ) => Quantity::Concentration(pollutant),
    }
}

fn codes(pollutants: Pollutants) -> Vec<&'static str> {
    pollutants.iter().map(Pollutant::code).collect()
}

impl Ground<'_> {
    /// How the index of a report came about.
    pub(super) fn index(&self, kind: ReportKind, index: &Index) -> IndexSteps {
        let (means, due) = match kind {
            ReportKind::Hour => (hourly_means(&self.means), Pollutants::ALL),
            ReportKind::Day => (daily_means(&self.means), due_today(self.asked.hour)),
        };
        let parts =
            index::steps(kind, &means, &self.ctx).map(|step| self.part(kind, &step)).collect();
        let cited = |name: &&str| self.ctx.edition.rules().iter().find(|r| r.name == *name);
        let rules = RULES.iter().filter_map(cited);
        let category = index.category();
        IndexSteps {
            report: kind.code(),
            parts,
            due: codes(due),
            missing: codes(index.missing),
            beyond_index: codes(index.beyond),
            max_iaqi: index.max_iaqi,
            rules: rules
                .map(|r| RuleCited { rule: r.name, value: r.value, source: r.source })
                .collect(),
            aqi: index.aqi,
            aqi_reason: index.no_aqi.map(NoAqi::code),
            aqi_reason_zh: index.no_aqi.map(NoAqi::text_zh),
            partial: index.partial,
            category: category.map(|c| c.code()),
            category_zh: category.map(|c| self.ctx.edition.class(c).name_zh),
            primary: codes(index.primary),
            primary_reason_zh: match (index.aqi, index.primary.len()) {
                (None, _) => "无AQI，不确定首要污染物",
                (Some(_), 0) => "AQI不大于50，无首要污染物",
                (Some(_), 1) => "AQI大于50，分指数最大者为首要污染物",
                (Some(_), _) => "AQI大于50，分指数并列最大，均为首要污染物",
            },
        }
    }

    fn part(&self, kind: ReportKind, step: &Step<'_>) -> IaqiSteps {
        let indicator = step.row.indicator;
        let pollutant = indicator.pollutant();
        let rounding =
            self.ctx.edition.rounding(kind, self.ctx.parameters.practice, self.ctx.entity);
        let line = step.entered.zip(step.row.column).and_then(|(entered, column)| {
            self.ctx.edition.column(column).line(entered).map(|line| (line, entered))
        });
        let point = |b: &Breakpoint| Point {
            iaqi: b.iaqi,
            concentration: Decimal::exact(b.amount.milli().into(), pollutant),
            source: b.source,
        };
        let iaqi = match step.found {
            Some(ColumnIndex::Iaqi(iaqi) | ColumnIndex::Beyond(iaqi)) => Some(iaqi),
            Some(ColumnIndex::None) | None => None,
        };
        let above_top = step.entered.zip(step.row.column).filter(|_| line.is_none());
        let above_top = above_top.and_then(|(_, column)| {
            let column = self.ctx.edition.column(column);
            column.above_top(self.ctx.parameters.practice).map(|(_, source)| source)
        });
        let reason = iaqi.is_none().then(|| no_iaqi(step));
        IaqiSteps {
            indicator: indicator.code(),
            source: step.row.source,
            mean: self.mean(quantity(indicator, kind), pollutant),
            entered: step.entered.map(|entered| mean_text(entered, pollutant)),
            column: step.row.column.map(Column::code),
            low: line.map(|(line, _)| point(line.low)),
            high: line.map(|(line, _)| point(line.high)),
            formula: line.map(|(line, entered)| formula(&line, entered, pollutant)),
            rounding: line.zip(iaqi).map(|((line, _), iaqi)| rounded(&line, iaqi, rounding)),
            above_top,
            iaqi,
            reason: reason.map(|r| r.0),
            reason_zh: reason.map(|r| r.1),
        }
    }
}

/// Why an average has no individual index.
const fn no_iaqi(step: &Step<'_>) -> Reason {
    match (step.mean, step.row.column) {
        (None, _) => ("missing", "缺测"),
        (Some(_), None) => ("no_column_for_1h_pm", "1小时均值无分指数，用24小时均值"),
        (Some(_), Some(_)) => ("above_800", "大于800，不计算分指数"),
    }
}

/// The unrounded index on a line.
fn unrounded(line: &Line<'_>) -> String {
    endless(i128::from(line.low.iaqi) * line.den + line.num, line.den, 0)
}

/// `(100-50)/(115-60)×(96-60)+50=82.727…`.
fn formula(line: &Line<'_>, entered: Quotient, pollutant: Pollutant) -> String {
    let of = |b: &Breakpoint| Decimal::exact(b.amount.milli().into(), pollutant);
    let (low, high) = (line.low, line.high);
    format!(
        "({}-{})/({}-{})×({}-{})+{}={}",
        high.iaqi,
        low.iaqi,
        of(high),
        of(low),
        mean_text(entered, pollutant),
        of(low),
        low.iaqi,
        unrounded(line)
    )
}

fn rounded(line: &Line<'_>, iaqi: u16, row: &RoundingRow) -> Rounded {
    let (rule, rule_zh) = rule(row.index);
    Rounded {
        from: unrounded(line),
        to: Decimal::whole(iaqi),
        step: Decimal::whole(1),
        rule,
        rule_zh,
        source: row.index_source,
    }
}
