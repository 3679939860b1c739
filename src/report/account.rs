//! What a span comes to in a paper: an [`Assessment`] with what changed, laid out so that a template can
//! name it.
//!
//! Invariant: no figure is reckoned here; changes are those of the comparison, taken between shown figures.

use serde::Serialize;
use utoipa::ToSchema;

use crate::assessment::rank::Moment;
use crate::assessment::target::TargetRow;
use crate::assessment::{Assessment, Change, JudgedBy, Span, Versus};
use crate::index::Category;
use crate::time::Day;

/// What a span comes to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Account {
    /// As `lantian assess` gives it.
    #[serde(flatten)]
    pub assessment: Assessment,
    /// 2022年1月1日至3月5日.
    pub period_zh: String,
    /// What these days rest on (数据口径), as a paper writes it.
    pub basis_zh: String,
    /// The documents by which these days are judged, and whose limits hold.
    pub edition_zh: String,
    /// Calendar days without an AQI.
    pub days_without_aqi: u32,
    /// Valid days by class, the best first.
    pub classes: Vec<ClassDays>,
    /// Days by primary pollutant, the most first; none that never was one.
    pub primary: Vec<PrimaryLine>,
    /// On the same dates of the year before (同比).
    pub year_before: Against,
    /// On the period before (环比).
    pub period_before: Against,
}

/// A row of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PlanLine {
    /// As `lantian assess --targets` gives it.
    #[serde(flatten)]
    pub row: TargetRow,
    /// Whose it is, to stand before its sentence; empty where a district stands in it.
    pub of_zh: String,
}

/// Days of a class.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ClassDays {
    /// 优 to 严重污染.
    pub category_zh: &'static str,
    /// How many.
    pub days: u32,
}

/// Days of a primary pollutant; ties count for each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct PrimaryLine {
    /// `PM2.5`.
    pub pollutant: &'static str,
    /// How many.
    pub days: u32,
}

/// A span beside another one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Against {
    /// The other span; null where there is none.
    pub period_zh: Option<String>,
    /// Days of it with an AQI.
    pub days_valid: u32,
    /// Why nothing is compared.
    pub refused_zh: Option<String>,
    /// By figure.
    pub figures: Changes,
}

/// What changed, by the names of the figures; null where one side has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Changes {
    /// 优良天数比率.
    pub good_day_ratio: Option<ChangeLine>,
    /// 优良天数.
    pub days_good: Option<ChangeLine>,
    /// 重度及以上污染天.
    pub days_heavy: Option<ChangeLine>,
    /// PM2.5浓度.
    pub pm2_5_mean: Option<ChangeLine>,
    /// PM10浓度.
    pub pm10_mean: Option<ChangeLine>,
    /// SO2浓度.
    pub so2_mean: Option<ChangeLine>,
    /// NO2浓度.
    pub no2_mean: Option<ChangeLine>,
    /// O3-8h第90百分位浓度.
    pub o3_mda8_p90: Option<ChangeLine>,
    /// CO第95百分位浓度.
    pub co_p95: Option<ChangeLine>,
    /// 综合指数.
    pub composite_index: Option<ChangeLine>,
}

/// What changed of a figure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct ChangeLine {
    /// Now, before, difference and percent.
    #[serde(flatten)]
    pub change: Change,
    /// 同比下降4.4%, 同比持平.
    pub how_zh: String,
}

impl Account {
    pub(super) fn new(assessment: Assessment, span: Span, by: JudgedBy) -> Self {
        let edition = by.index_edition(span.to);
        let name = |category: Category| edition.class(category).name_zh;
        let d = &assessment.days_by_category;
        let days = [d.excellent, d.good, d.light, d.moderate, d.heavy, d.severe];
        let classes = Category::ALL.into_iter().zip(days);
        let classes = classes.map(|(c, days)| ClassDays { category_zh: name(c), days }).collect();
        let p = &assessment.primary_pollutant_days;
        let primary = [
            ("PM2.5", p.pm2_5),
            ("PM10", p.pm10),
            ("O3", p.o3),
            ("NO2", p.no2),
            ("SO2", p.so2),
            ("CO", p.co),
        ];
        let mut primary: Vec<PrimaryLine> =
            primary.map(|(pollutant, days)| PrimaryLine { pollutant, days }).into();
        primary.retain(|line| line.days > 0);
        primary.sort_by_key(|line| std::cmp::Reverse(line.days));
        Self {
            period_zh: Moment::Days(span).zh(),
            basis_zh: full_width(&assessment.dataset_zh),
            edition_zh: editions(by, span),
            days_without_aqi: assessment.days_total - assessment.days_valid,
            classes,
            primary,
            year_before: Against::of(&assessment, Versus::YearBefore),
            period_before: Against::of(&assessment, Versus::PeriodBefore),
            assessment,
        }
    }
}

/// `HJ 633—2012、GB 3095—2012`; of two editions both.
pub(super) fn editions(by: JudgedBy, span: Span) -> String {
    let mut all: Vec<&str> =
        [span.from, span.to].map(|day| by.index_edition(day).document()).into();
    all.push(by.limit_edition(span.to).document());
    all.dedup();
    all.join("、")
}

/// Signs of Chinese text.
pub(super) fn full_width(text: &str) -> String {
    let sign = |c| match c {
        '(' => '（',
        ')' => '）',
        ',' => '，',
        other => other,
    };
    text.chars().map(sign).collect()
}

impl Against {
    fn of(assessment: &Assessment, versus: Versus) -> Self {
        let of = assessment.comparisons.iter().find(|c| c.versus == versus.name());
        let changes = || of.iter().flat_map(|c| &c.changes);
        let line = |figure: &str| {
            let change = changes().find(|change| change.figure == figure)?.clone();
            // The sentence says the figure first and how it changed last.
            let how_zh = change.text_zh.rsplit('，').next().unwrap_or_default().to_owned();
            Some(ChangeLine { change, how_zh })
        };
        let days = of.and_then(|c| Some((c.from.as_ref()?, c.to.as_ref()?)));
        let span = days
            .and_then(|(from, to)| Span::days(from.parse::<Day>().ok()?, to.parse::<Day>().ok()?));
        Self {
            period_zh: span.map(|span| Moment::Days(span).zh()),
            days_valid: of.map_or(0, |comparison| comparison.days_valid),
            refused_zh: match of {
                Some(comparison) => comparison.refused_zh.clone(),
                None => Some("未作比较".to_owned()),
            },
            figures: Changes {
                good_day_ratio: line("good_day_ratio"),
                days_good: line("days_good"),
                days_heavy: line("days_heavy"),
                pm2_5_mean: line("pm2_5_mean"),
                pm10_mean: line("pm10_mean"),
                so2_mean: line("so2_mean"),
                no2_mean: line("no2_mean"),
                o3_mda8_p90: line("o3_mda8_p90"),
                co_p95: line("co_p95"),
                composite_index: line("composite_index"),
            },
        }
    }
}
