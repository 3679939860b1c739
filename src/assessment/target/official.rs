//! A target that is held against official figures: entered, never reckoned.
//!
//! In: a [`Target`] and the official figures. Out: its [`TargetRow`] with the newest figure from 1 January.
//!
//! Invariant: there is a verdict only where that figure is of the whole year.

use super::row::{TargetRow, date_zh};
use super::{Direction, Goal, Target, Written};
use crate::assessment::dust::{DustEntries, OfficialFigure};
use crate::explanation::Decimal;
use crate::quantity::decimal;
use crate::time::Day;

impl TargetRow {
    /// The row of a target until a day that has ended.
    #[must_use]
    pub fn official(target: &Target, entries: &DustEntries, until: Day) -> Self {
        let (first, last) = target.span();
        let until = until.clamp(first, last);
        let found = entries.official_to_date(&target.entity, target.indicator, (first, until));
        let (met, met_reason) = match (found, &target.goal) {
            (None, _) => (None, Some("official_not_entered")),
            (_, Goal::Words(_)) => (None, Some("no_number_in_document")),
            (Some(figure), Goal::Number(goal)) if figure.span.to == last => {
                (Some(if target.is_met_by(figure.value, *goal) { "met" } else { "lost" }), None)
            }
            (Some(_), Goal::Number(_)) => (None, Some("official_to_date")),
        };
        let indicator = target.indicator;
        let in_json = |value: Written| {
            let scale = value.decimals + if indicator.is_ratio() { 2 } else { 0 };
            Decimal::written(decimal(value.digits.into(), scale, scale))
        };
        let now_text = found.map(|f| format!("{}{}", f.value, indicator.unit_zh()));
        Self {
            now: found.map(|figure| in_json(figure.value)),
            now_text,
            met,
            met_reason,
            ends_reason: Some("official"),
            probability_reason: Some("official"),
            official_document: found.map(|figure| figure.document.clone()),
            official_until: found.map(|figure| figure.span.to.to_string()),
            sentence_zh: sentence(target, found, met),
            ..Self::named(target, until)
        }
    }
}

impl Target {
    fn is_met_by(&self, figure: Written, goal: Written) -> bool {
        let (figure, goal) = (figure.to(Written::DECIMALS_MAX), goal.to(Written::DECIMALS_MAX));
        match self.indicator.direction() {
            Direction::AtLeast => figure >= goal,
            Direction::AtMost => figure <= goal,
        }
    }
}

fn sentence(target: &Target, found: Option<&OfficialFigure>, met: Option<&str>) -> String {
    let (name, value) = (target.indicator.zh(), target.value_text());
    let head = format!("{}{name}目标{value}：", target.district);
    let Some(OfficialFigure { span, value, document, .. }) = found else {
        return head + "官方值未录入";
    };
    let when = match met {
        Some(_) => "全年".to_owned(),
        None => format!("截至{}", date_zh(span.to)),
    };
    let unit = target.indicator.unit_zh();
    let verdict = match met {
        Some("met") => "，完成目标",
        Some(_) => "，未完成目标",
        None => "",
    };
    format!("{head}官方值{when}为{value}{unit}（{document}）{verdict}")
}
