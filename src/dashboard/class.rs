//! Classes as Grafana takes them: thresholds with their colours, and the names of values.
//!
//! In: the edition of HJ 633 that is in force last. Out: [`Step`]s and [`Value`]s of mappings.

use serde_json::{Value, json};

use super::text::{Language, Text, t};
use crate::observation::Pollutant;
use crate::standard::{Category, Class, IndexEdition, Indicator, Practice, ReportKind, standards};

/// From a value on, a colour; the first step has none.
#[derive(Clone, Copy, Debug)]
pub(super) struct Step {
    from: Option<f64>,
    colour: &'static str,
}

impl Step {
    pub(super) fn json(&self) -> Value {
        json!({ "color": self.colour, "value": self.from })
    }
}

/// Neither good nor bad.
pub(super) const PLAIN: &[Step] = &[Step { from: None, colour: "text" }];
/// 0 is well, and anything above is not.
pub(super) const NONE_IS_WELL: &[Step] =
    &[Step { from: None, colour: "green" }, Step { from: Some(1.0), colour: "red" }];
/// 1 is well, and 0 is not.
pub(super) const ONE_IS_WELL: &[Step] =
    &[Step { from: None, colour: "red" }, Step { from: Some(1.0), colour: "green" }];
/// Well until `worse`, bad from `bad` on.
pub(super) fn rising(worse: f64, bad: f64) -> Vec<Step> {
    let step = |from, colour| Step { from, colour };
    vec![step(None, "green"), step(Some(worse), "orange"), step(Some(bad), "red")]
}
/// Bad below `worse`, well from `well` on.
pub(super) fn falling(worse: f64, well: f64) -> Vec<Step> {
    let step = |from, colour| Step { from, colour };
    vec![step(None, "red"), step(Some(worse), "orange"), step(Some(well), "green")]
}

fn edition() -> &'static IndexEdition {
    let editions = standards().index_editions();
    editions.last().expect("the standards hold an edition, as their loader checks")
}

fn classes() -> impl Iterator<Item = &'static Class> {
    Category::ALL.into_iter().map(|category| edition().class(category))
}

/// The AQI in the colours of its class.
pub(super) fn aqi() -> Vec<Step> {
    let from = |class: &Class| (class.aqi.0 > 0).then(|| f64::from(class.aqi.0));
    classes().map(|class| Step { from: from(class), colour: class.colour }).collect()
}

/// An hour's concentration in the colour of the class of its individual index.
///
/// The index rounds a concentration to a whole step first, so a class begins half a step above its
/// breakpoint.
pub(super) fn hourly(pollutant: Pollutant) -> Vec<Step> {
    let report = edition().report(ReportKind::Hour, Practice::Letter);
    let row = report.iter().find(|row| row.indicator == Indicator::hourly(pollutant));
    let Some(column) = row.and_then(|row| row.column) else { return Vec::new() };
    let (breakpoints, digits) =
        (edition().column(column).breakpoints(), pollutant.unit().milli_digits());
    let half = if pollutant == Pollutant::Co { 0.05 } else { 0.5 };
    let step = |class: &Class| -> Option<Step> {
        let Some(below) = class.aqi.0.checked_sub(1) else {
            return Some(Step { from: None, colour: class.colour });
        };
        let found = breakpoints.iter().find(|point| point.iaqi == below)?;
        let from = f64::from(found.amount.milli()) / f64::from(10_u32.pow(digits)) + half;
        Some(Step { from: Some(from), colour: class.colour })
    };
    classes().filter_map(step).collect()
}

/// The name of a class in the place of an AQI.
pub(super) fn names(language: Language) -> Vec<Value> {
    let range = |(index, class): (usize, &Class)| {
        let name = match language {
            Language::Zh => class.name_zh,
            Language::En => class.name_en,
        };
        let result = json!({ "text": name, "color": class.colour, "index": index });
        let options = json!({ "from": class.aqi.0, "to": class.aqi.1, "result": result });
        json!({ "type": "range", "options": options })
    };
    classes().enumerate().map(range).collect()
}

/// What a panel's classes are called, for its description: a colour alone tells nobody anything.
pub(super) fn legend(language: Language) -> String {
    let one = |class: &Class| {
        let (low, high) = class.aqi;
        match language {
            Language::Zh => format!("{}（{low}—{high}，{}）", class.name_zh, class.colour_zh),
            Language::En => format!("{} ({low} to {high}, {})", class.name_en, class.colour_en),
        }
    };
    let all: Vec<String> = classes().map(one).collect();
    match language {
        Language::Zh => format!("级别：{}。", all.join("、")),
        Language::En => format!("Classes: {}.", all.join(", ")),
    }
}

/// Whole numbers as words.
pub(super) fn words(all: &[(u8, Text, &str)], language: Language) -> Vec<Value> {
    let one = |(index, (number, text, colour)): (usize, &(u8, Text, &str))| {
        let shown = json!({ "text": text.of(language), "color": colour, "index": index });
        (number.to_string(), shown)
    };
    let options: serde_json::Map<String, Value> = all.iter().enumerate().map(one).collect();
    vec![json!({ "type": "value", "options": options })]
}

/// The level of a warning: its colours are not those of classes.
pub(super) const LEVELS: &[(u8, Text, &str)] = &[
    (0, t("无预警", "none"), "text"),
    (1, t("黄色预警", "yellow"), "#F2CC0C"),
    (2, t("橙色预警", "orange"), "#FF780A"),
    (3, t("红色预警", "red"), "#C4162A"),
];
/// Whether a station reports.
pub(super) const SILENT: &[(u8, Text, &str)] =
    &[(0, t("在线", "reports"), "green"), (1, t("离线", "silent"), "red")];
/// Whether something is so.
pub(super) const YES: &[(u8, Text, &str)] =
    &[(0, t("否", "no"), "red"), (1, t("是", "yes"), "green")];
/// Whether something waits for a person.
pub(super) const WAITS: &[(u8, Text, &str)] =
    &[(0, t("无", "nothing"), "text"), (1, t("待会商、待批准", "waits"), "orange")];
/// Where the air comes from.
pub(super) const AIR: &[(u8, Text, &str)] =
    &[(0, t("实测", "measured"), "text"), (1, t("模拟数据", "SIMULATED"), "purple")];
