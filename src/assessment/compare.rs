//! 同比 and 环比: what changed against the year or the period before.
//!
//! In: two [`Period`]s with their days. Out: a [`Comparison`], or why there is none.
//!
//! Invariants: both sides are judged by one edition and rest on one dataset, or the comparison is refused;
//! both stand in one column of dust, which is named; changes are taken between figures as they are shown.
//!
//! Source: terms.md (同比, 环比; µg/m³ and %, ratios in 百分点, days as ±N 天, 持平 when equal).

use std::cmp::Ordering;

use serde::Serialize;
use utoipa::ToSchema;

use super::document::{Subject, is_2012};
use super::{DayFigures, Exact, Period};
use crate::explanation::Decimal;
use crate::observation::{Dataset, Pollutant};
use crate::time::Day;

/// With what a period is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Versus {
    /// The same dates of the year before (同比).
    YearBefore,
    /// The period before (环比).
    PeriodBefore,
}

impl Versus {
    /// Both.
    pub const ALL: [Self; 2] = [Self::YearBefore, Self::PeriodBefore];

    /// The name in options, queries and JSON.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::YearBefore => "year_before",
            Self::PeriodBefore => "period_before",
        }
    }

    /// As people say it.
    #[must_use]
    pub const fn zh(self) -> &'static str {
        match self {
            Self::YearBefore => "同比",
            Self::PeriodBefore => "环比",
        }
    }
}

/// One figure against the one before.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Change {
    /// The figure of the assessment that changed.
    pub figure: &'static str,
    /// As shown, now.
    pub now: Decimal,
    /// As shown, before.
    pub before: Decimal,
    /// The difference, in the figure's unit; of a ratio in percentage points.
    pub change: Decimal,
    /// The difference in percent of what was before, one decimal; null of ratios and days.
    pub change_percent: Option<Decimal>,
    /// `PM2.5浓度28微克/立方米,同比下降4.4%`.
    pub text_zh: String,
}

/// A period against another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Comparison {
    /// `year_before` or `period_before`.
    pub versus: &'static str,
    /// First day of the other period; null where there is none.
    pub from: Option<String>,
    /// Its last day.
    pub to: Option<String>,
    /// Its calendar days.
    pub days_total: u32,
    /// Its days with an AQI.
    pub days_valid: u32,
    /// The column of dust in which both stand.
    pub dust: &'static str,
    /// Why there is no comparison.
    pub refused_zh: Option<String>,
    /// What changed; figures missing on one side are left out.
    pub changes: Vec<Change>,
}

/// One side.
#[derive(Clone, Copy, Debug)]
pub(super) struct Side<'a> {
    pub(super) period: &'a Period,
    pub(super) days: &'a [DayFigures],
}

impl Comparison {
    /// Compares two periods of one entity.
    #[must_use]
    pub fn of(
        versus: Versus,
        (now, days_now): (&Period, &[DayFigures]),
        (before, days_before): (&Period, &[DayFigures]),
        of: &Subject<'_>,
    ) -> Self {
        let (now, before) =
            (Side { period: now, days: days_now }, Side { period: before, days: days_before });
        let refused_zh = refusal(now, before, of);
        let changes = match refused_zh {
            None => changes(versus, now.period, before.period, of),
            Some(_) => Vec::new(),
        };
        Self {
            versus: versus.name(),
            from: Some(before.period.from.to_string()),
            to: Some(before.period.to.to_string()),
            days_total: before.period.days_total,
            days_valid: before.period.days_valid,
            dust: of.dust.code(),
            refused_zh,
            changes,
        }
    }

    /// A comparison that cannot be made.
    #[must_use]
    pub fn none(versus: Versus, of: &Subject<'_>, reason_zh: &str) -> Self {
        Self {
            versus: versus.name(),
            from: None,
            to: None,
            days_total: 0,
            days_valid: 0,
            dust: of.dust.code(),
            refused_zh: Some(reason_zh.to_owned()),
            changes: Vec::new(),
        }
    }
}

pub(super) fn refusal(now: Side<'_>, before: Side<'_>, of: &Subject<'_>) -> Option<String> {
    let ends = |side: Side<'_>| [side.period.from, side.period.to];
    let editions = |side| ends(side).map(|day| of.judged_by.index_edition(day).document());
    let (here, there) = (editions(now), editions(before));
    if here != there || here[0] != here[1] {
        let named = |of: [&str; 2]| if of[0] == of[1] { of[0].to_owned() } else { of.join("、") };
        let (here, there) = (named(here), named(there));
        let ways = "可统一按一个版本评价后再比较";
        return Some(format!("两期评价标准不同（{here}与{there}），不作比较；{ways}"));
    }
    if now.period.days_valid == 0 {
        return Some("本期没有有效数据，不作比较".to_owned());
    }
    if before.period.days_valid == 0 {
        return Some("对比时段没有有效数据，不作比较".to_owned());
    }
    let mixed = "两期数据口径不同（审核与实况），不作比较；可指定一种数据口径";
    let basis = |side: Side<'_>| {
        let with_data = side.days.iter().filter(|d| d.means.stations_valid > 0);
        let reviewed = with_data.map(DayFigures::is_reviewed);
        reviewed.fold((true, true), |(all, none), one| (all && one, none && !one))
    };
    let differs = of.dataset == Dataset::Best
        && !matches!((basis(now), basis(before)), ((true, _), (true, _)) | ((_, true), (_, true)));
    differs.then(|| mixed.to_owned())
}

/// A figure that is compared: its name, what it is called, its unit, and how many decimals are shown.
struct Figure {
    name: &'static str,
    zh: &'static str,
    unit_zh: &'static str,
    scale: u32,
    decimals: u32,
    kind: Kind,
    value: fn(&Period) -> Option<Exact>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Concentration,
    Index,
    Ratio,
    Days,
}

fn mean(period: &Period, pollutant: Pollutant) -> Option<Exact> {
    period.mean[pollutant.index()].clone()
}

fn percentile(period: &Period, pollutant: Pollutant) -> Option<Exact> {
    period.percentile[pollutant.index()].clone()
}

fn figures(to: Day, of: &Subject<'_>) -> Vec<Figure> {
    const UG: &str = "微克/立方米";
    let concentration = |name, zh, value| Figure {
        name,
        zh,
        unit_zh: UG,
        scale: 3,
        decimals: 0,
        kind: Kind::Concentration,
        value,
    };
    let days = |name, zh, value| Figure {
        name,
        zh,
        unit_zh: "天",
        scale: 0,
        decimals: 0,
        kind: Kind::Days,
        value,
    };
    vec![
        Figure {
            name: "good_day_ratio",
            zh: "优良天数比率",
            unit_zh: "%",
            scale: 0,
            decimals: 1,
            kind: Kind::Ratio,
            value: |p| p.good_day_ratio.as_ref().map(|ratio| ratio.times(100)),
        },
        days("days_good", "优良天数", |p| Some(Exact::count(p.days_good))),
        days("days_heavy", "重度及以上污染天", |p| Some(Exact::count(p.days_heavy))),
        concentration("pm2_5_mean", "PM2.5浓度", |p| mean(p, Pollutant::Pm2_5)),
        concentration("pm10_mean", "PM10浓度", |p| mean(p, Pollutant::Pm10)),
        concentration("so2_mean", "SO2浓度", |p| mean(p, Pollutant::So2)),
        concentration("no2_mean", "NO2浓度", |p| mean(p, Pollutant::No2)),
        concentration("o3_mda8_p90", "O3-8h第90百分位浓度", |p| percentile(p, Pollutant::O3)),
        Figure {
            name: "co_p95",
            zh: "CO第95百分位浓度",
            unit_zh: "毫克/立方米",
            scale: 6,
            decimals: 1,
            kind: Kind::Concentration,
            value: |p| percentile(p, Pollutant::Co),
        },
        Figure {
            name: "composite_index",
            zh: "综合指数",
            unit_zh: "",
            scale: 0,
            decimals: if is_2012(of.judged_by, to) { 2 } else { 3 },
            kind: Kind::Index,
            value: |p| p.composite_index.clone(),
        },
    ]
}

fn changes(versus: Versus, now: &Period, before: &Period, of: &Subject<'_>) -> Vec<Change> {
    let change = |figure: Figure| {
        let Figure { scale, decimals, .. } = figure;
        let shown = |period| Some((figure.value)(period)?.as_shown(scale, decimals));
        let (now, before) = (shown(now)?, shown(before)?);
        let difference = now.minus(&before);
        let percent = match figure.kind {
            Kind::Concentration | Kind::Index => difference.percent_of(&before),
            Kind::Ratio | Kind::Days => None,
        };
        Some(Change {
            figure: figure.name,
            text_zh: of.dust.before_zh().to_owned()
                + &sentence(versus, &figure, &now, &difference, percent.as_ref()),
            now: Decimal::written(now.show(scale, decimals)),
            before: Decimal::written(before.show(scale, decimals)),
            change: Decimal::written(difference.show(scale, decimals)),
            change_percent: percent.map(|p| Decimal::written(p.show(0, 1))),
        })
    };
    figures(now.to, of).into_iter().filter_map(change).collect()
}

fn sentence(
    versus: Versus,
    figure: &Figure,
    now: &Exact,
    difference: &Exact,
    percent: Option<&Exact>,
) -> String {
    let Figure { zh, unit_zh, scale, decimals, kind, .. } = figure;
    let (now, by) = (now.show(*scale, *decimals), difference.magnitude().show(*scale, *decimals));
    let rises = difference.sign() == Ordering::Greater;
    let how = match (difference.sign(), kind) {
        (Ordering::Equal, _) => "持平".to_owned(),
        (_, Kind::Ratio) if rises => format!("上升{by}个百分点"),
        (_, Kind::Ratio) => format!("下降{by}个百分点"),
        (_, Kind::Days) if rises => format!("增加{by}天"),
        (_, Kind::Days) => format!("减少{by}天"),
        (_, Kind::Concentration | Kind::Index) => {
            let way = if rises { "上升" } else { "下降" };
            match percent {
                Some(percent) => format!("{way}{}%", percent.magnitude().show(0, 1)),
                None => format!("{way}{by}{unit_zh}"),
            }
        }
    };
    format!("{zh}{now}{unit_zh}，{}{how}", versus.zh())
}
