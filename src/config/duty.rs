//! `[duty]`: when things are due in the room, and who may do what.
//!
//! In: the section; when districts report, and which ones, from the list of measures. Out: [`DutyRules`], or
//! every fault by its key.

use super::measures::minute_of_day;
use super::section::{Section, one_of, truth};
use crate::duty::{DutyRules, Fixed};
use crate::measures::Edition;

pub(super) fn read_section(
    mut section: Section<'_>,
    (list, district_figures_due): (Option<&Edition>, u16),
) -> DutyRules {
    let d = DutyRules::default();
    let mut time = |name, default: u16| section.optional(name, minute_of_day).unwrap_or(default);
    let rules = DutyRules {
        daily_report_remind: time("daily_report_remind", d.daily_report_remind),
        daily_report_due: time("daily_report_due", d.daily_report_due),
        forecast_remind: time("forecast_remind", d.forecast_remind),
        forecast_due: time("forecast_due", d.forecast_due),
        response_report_remind: time("response_report_remind", d.response_report_remind),
        response_report_due: time("response_report_due", d.response_report_due),
        district_figures_due,
        hourly_within_min: section.whole("hourly_within_min", 10..=720, d.hourly_within_min),
        measures_list_remind_days: section.whole(
            "measures_list_remind_days",
            1..=180,
            d.measures_list_remind_days,
        ),
        escalate_after_min: section.whole("escalate_after_min", 1..=720, d.escalate_after_min),
        give_up_days: section.whole("give_up_days", 1..=30, d.give_up_days),
        separate_reviewer: section
            .optional("separate_reviewer", truth)
            .unwrap_or(d.separate_reviewer),
        off: section.optional("off", fixed).unwrap_or(d.off),
        districts: list.map_or_else(Vec::new, |list| list.districts.clone()),
    };
    let times = [
        ("daily_report_remind", rules.daily_report_remind, rules.daily_report_due),
        ("forecast_remind", rules.forecast_remind, rules.forecast_due),
        ("response_report_remind", rules.response_report_remind, rules.response_report_due),
    ];
    for (name, remind, due) in times {
        if remind >= due {
            section.fault(name, "must be before the time at which it is due");
        }
    }
    section.finish();
    rules
}

/// `["forecast"]`.
fn fixed(value: &toml::Value) -> Result<Vec<Fixed>, String> {
    let words = Fixed::ALL.map(|fixed| (fixed.name(), fixed));
    let items = value.as_array().ok_or("must be a list such as [\"forecast\"]")?;
    items.iter().map(|item| one_of(&words)(item)).collect()
}
