//! Records in the words of the room: one sentence each, for time lines, papers and messages.
//!
//! In: a [`Record`]. Out: Chinese as a bureau writes it.
//!
//! Invariants: hours are named by their end, as people read them; what is a recommendation is called one; the
//! built-in forecast never stands without its name.
//!
//! Source: terms.md.

use std::fmt::Write as _;

use super::drill::DRILL_ZH;
use super::evaluation::{Evaluation, Reached, Spell};
use super::execution::{Count, DistrictDay, Step, TaskStep};
use super::record::{
    Approval, Body, Consultation, Ground, Instruction, Issue, Recommendation, Record, Target,
};
use super::rules::{RangeEnd, RuleSet};
use crate::index::Pollutants;
use crate::observation::Pollutant;
use crate::outlook::{Forecast, ForecastSpan, Source};
use crate::time::{Hour, Instant};

/// What the built-in forecast is called wherever it stands.
pub const BUILT_IN_ZH: &str = "内置统计预报（仅供参考）";

impl Source {
    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Fed => "官方预报",
            Self::BuiltIn => BUILT_IN_ZH,
        }
    }
}

/// `11月26日0时`, of the moment at which an hour begins.
fn begin(hour: Hour) -> String {
    let (_, month, day) = hour.day().date();
    format!("{month}月{day}日{}时", hour.of_day())
}

/// `11月27日24时`, of the moment at which an hour ends.
fn end(hour: Hour) -> String {
    let (_, month, day) = hour.day().date();
    format!("{month}月{day}日{}时", hour.ending())
}

/// `11月26日16时30分`; whole hours without minutes.
#[must_use]
pub fn moment_zh(at: Instant) -> String {
    let hour = at.hour();
    let minute = (at.millis() - hour.start().millis()) / 60_000;
    let text = begin(hour);
    if minute == 0 { text } else { format!("{text}{minute}分") }
}

pub(super) fn names(pollutants: Pollutants) -> String {
    pollutants.iter().map(Pollutant::label).collect::<Vec<_>>().join("、")
}

impl Spell {
    /// What it is: from when to when, above what, for how long.
    #[must_use]
    pub fn text_zh(&self) -> String {
        let above = self.condition.above;
        let border = if above >= 499 { "达到500".to_owned() } else { format!("大于{above}") };
        let blocks: Vec<String> = self.blocks.iter().map(|(_, aqi)| aqi.to_string()).collect();
        let (from, to, hours) = (begin(self.from), end(self.to), self.hours);
        let leads = names(self.leads);
        let leads = if leads.is_empty() { leads } else { format!("，首要污染物{leads}") };
        let blocks = blocks.join("、");
        format!("{from}至{to}连续24小时AQI{border}（{blocks}），计{hours}小时{leads}")
    }
}

impl Reached {
    /// On which basis which spells reach it.
    #[must_use]
    pub fn text_zh(&self) -> String {
        let spells: Vec<String> = self.spells.iter().map(Spell::text_zh).collect();
        format!("按{}，{}", self.basis.text_zh(), spells.join("；且"))
    }
}

impl Evaluation {
    /// The highest level at an end of the range by the AQI that the rules name, as it is written.
    #[must_use]
    pub fn at_end_zh(&self, rules: &RuleSet, end: RangeEnd) -> &'static str {
        let outcome = self.outcomes.iter().find(|o| (o.end, o.daily_aqi) == (end, rules.daily_aqi));
        let level = outcome.and_then(|o| o.ladder.iter().map(|reached| reached.level).max());
        level.map_or("未达到", super::Level::text_zh)
    }

    fn text_zh(&self) -> String {
        let mut text = format!("评估（{}，{}）：", self.rules, self.source.text_zh());
        match &self.recommended {
            Some(reached) => {
                let _ = write!(
                    text,
                    "达到{}预警条件。{}。",
                    reached.level.text_zh(),
                    reached.text_zh()
                );
            }
            None => match &self.advised {
                Some(reached) => {
                    let _ = write!(text, "不启动预警，宜作健康提示。{}。", reached.text_zh());
                }
                None => text.push_str("未达到预警条件。"),
            },
        }
        if let Some(horizon) = self.horizon {
            let _ = write!(text, "预报时效至{}。", end(horizon));
        }
        text
    }
}

fn of_span(span: &ForecastSpan) -> String {
    let (_, month, day) = span.from.day().date();
    let (lower, upper) = (span.aqi.lower, span.aqi.upper);
    let range = if lower == upper { lower.to_string() } else { format!("{lower}～{upper}") };
    let primary = names(span.primary);
    let primary = if primary.is_empty() { primary } else { format!("（{primary}）") };
    match span.day() {
        Some(_) => format!("{month}月{day}日AQI {range}{primary}"),
        None => format!("{}起{}小时AQI {range}{primary}", begin(span.from), span.hours),
    }
}

fn forecast(forecast: &Forecast) -> String {
    let zones = forecast.zones.iter().map(|(zone, spans)| {
        let days: Vec<String> = spans.iter().map(of_span).collect();
        let colon = if zone.is_empty() { "" } else { "：" };
        format!("{zone}{colon}{}", days.join("，"))
    });
    let zones: Vec<String> = zones.collect();
    let (office, issued) = (&forecast.office, moment_zh(forecast.issued));
    format!("{office}{issued}发布预报。{}。", zones.join("；"))
}

fn instruction(Instruction { office, document, level, from, .. }: &Instruction) -> String {
    let from = moment_zh(*from);
    match level {
        Some(level) => {
            format!("{office}（{document}）要求自{from}起不低于{}预警。", level.text_zh())
        }
        None => format!("{office}（{document}）自{from}起不再要求最低级别。"),
    }
}

fn recommendation(Recommendation { target, change, ground, .. }: &Recommendation) -> String {
    let what = match target {
        Target::Lift => "解除预警".to_owned(),
        Target::Level(level) => {
            format!("{}为{}预警", change.text_zh(), level.text_zh()).replace("启动为", "启动")
        }
    };
    match ground {
        Ground::Evaluation { reached: Some(reached), source, .. } => {
            let by = match source {
                Source::BuiltIn => format!("依据{BUILT_IN_ZH}。"),
                Source::Fed => String::new(),
            };
            format!("预警建议：{what}。{by}{}。", reached.text_zh())
        }
        Ground::Evaluation { reached: None, .. } => {
            format!("预警建议：{what}。现级别的启动条件已不具备，预计可持续到规定时长。")
        }
        Ground::Instruction { .. } => format!("预警建议：{what}。省级已要求，尚未发布。"),
        Ground::Person { reason } => format!("预警建议（人工提出）：{what}。理由：{reason}。"),
    }
}

fn consultation(consultation: &Consultation) -> String {
    let people: Vec<String> = consultation
        .participants
        .iter()
        .map(|p| {
            let colon = if p.opinion.is_empty() { "" } else { "：" };
            format!("{}{}{colon}{}", p.office, p.name, p.opinion)
        })
        .collect();
    let (held, conclusion) = (moment_zh(consultation.held), &consultation.conclusion);
    format!("{held}会商。{}。结论：{conclusion}。", people.join("；"))
}

fn approval(approval: &Approval) -> String {
    let Approval { target, approver, office, document, approved, .. } = approval;
    let what = match target {
        Target::Lift => "解除预警".to_owned(),
        Target::Level(level) => format!("{}预警", level.text_zh()),
    };
    format!("批准（登记）：{office}{approver}{}批准{what}，文号{document}。", moment_zh(*approved))
}

fn issue(issue: &Issue) -> String {
    let Issue { target, change, response, issuer, document, .. } = issue;
    let (issued, from) = (moment_zh(issue.issued), moment_zh(issue.effective_from));
    let response = response.map_or("", super::Level::response_zh);
    let what = match target {
        Target::Lift => format!("自{from}起解除重污染天气预警，终止应急响应"),
        Target::Level(level) => {
            let level = level.text_zh();
            let change = change.text_zh();
            format!("自{from}起{change}重污染天气{level}预警（{response}应急响应）")
                .replace("升级重", "升级为重")
                .replace("降级重", "降级为重")
        }
    };
    format!("{issuer}{issued}发布（{document}）：{what}。")
}

/// A note as a sentence of its own; nothing of none.
fn sentence(label: &str, text: &str) -> String {
    let text = text.trim().trim_end_matches('。');
    if text.is_empty() { String::new() } else { format!("{label}{text}。") }
}

fn task_step(of: &TaskStep) -> String {
    let TaskStep { issue, receiver, step, contact, at, means, note } = of;
    let (at, means, task) =
        (moment_zh(*at), means.text_zh(), format!("任务单（发布记录#{issue}）"));
    match step {
        Step::Delivered => {
            let note = sentence("备注：", note);
            format!("{task}{at}送达{receiver}，接收人{contact}，方式：{means}。{note}")
        }
        Step::Signed => {
            let note = sentence("备注：", note);
            format!("{task}{at}由{receiver}{contact}签收，方式：{means}。{note}")
        }
        Step::Returned => {
            let note = sentence("", note);
            format!("{task}{at}由{receiver}{contact}反馈，方式：{means}。反馈内容：{note}")
        }
    }
}

fn district_day(of: &DistrictDay) -> String {
    let (_, month, date) = of.day.date();
    let counts = Count::ALL.map(|count| {
        let (label, unit) = count.text_zh();
        format!("{label}{}{unit}", of.counts.of(count))
    });
    let (district, counts, reporter) = (&of.district, counts.join("、"), &of.reporter);
    let remark = sentence("备注：", &of.remark);
    format!("{district}{month}月{date}日应对日报：{counts}。报送人：{reporter}。{remark}")
}

impl Record {
    /// What happened, in one or two sentences; of a drill they say so first.
    #[must_use]
    pub fn text_zh(&self) -> String {
        let text = self.body.text_zh();
        match (self.drill, &self.body) {
            (None, _) => text,
            // Its forecast is of no office.
            (Some(_), Body::Evaluated(_)) => {
                format!("{DRILL_ZH}{}", text.replace(Source::Fed.text_zh(), "演练预报"))
            }
            (Some(_), _) => format!("{DRILL_ZH}{text}"),
        }
    }
}

impl Body {
    fn text_zh(&self) -> String {
        match self {
            Self::Forecast(body) => forecast(body),
            Self::Instruction(body) => instruction(body),
            Self::Evaluated(evaluation) => evaluation.text_zh(),
            Self::Recommended(body) => recommendation(body),
            Self::Lapsed { why, .. } => format!("预警建议失效：{}。", why.text_zh()),
            Self::Declined { reason, .. } => format!("未采纳：{reason}。"),
            Self::Consulted(body) => consultation(body),
            Self::Approved(body) => approval(body),
            Self::Issued(body) => issue(body),
            Self::TookEffect { .. } => "已生效。".to_owned(),
            Self::Advisory(advisory) => format!("{}：{}", advisory.sort.text_zh(), advisory.text),
            Self::ListAdopted(list) => list.text_zh(),
            Self::DrillStarted { level, seed, .. } => {
                let level = level.text_zh();
                format!("应急演练开始：设定为{level}预警情景，空气质量均为模拟（种子{seed}）。")
            }
            Self::DrillAir { .. } => "模拟空气质量转好，进入解除阶段。".to_owned(),
            Self::DrillEnded(end) => end.text_zh(),
            Self::TaskStep(body) => task_step(body),
            Self::DistrictDay(body) => district_day(body),
        }
    }
}
