//! When things are due in the room, and who may do what: the room's own choices, with the usual ones.
//!
//! Source: terms.md (fixed times); HJ 633—2026 5.1 (hourly values); issue 6, Build 3.

use serde::{Deserialize, Serialize};

use super::item::Fixed;

/// The room's choices. Times of day are minutes from 0:00, Beijing time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DutyRules {
    /// Minutes after the end of an hour within which the city's AQI of it is out.
    pub hourly_within_min: u16,
    /// When it is reminded of the 日报 of the day before.
    pub daily_report_remind: u16,
    /// When it is due.
    pub daily_report_due: u16,
    /// When it is reminded of the 预报.
    pub forecast_remind: u16,
    /// When it is due.
    pub forecast_due: u16,
    /// When districts have reported a day of a response.
    pub district_figures_due: u16,
    /// When it is reminded of the 应对日报.
    pub response_report_remind: u16,
    /// When it is due.
    pub response_report_due: u16,
    /// Days before 30 September from which it is reminded of the emergency-measures list.
    pub measures_list_remind_days: u16,
    /// Minutes after a fixed time has passed at which the leader on duty has to know.
    pub escalate_after_min: u16,
    /// Days after which what was not done is no longer waited for.
    pub give_up_days: u16,
    /// Whether who reviews a paper is another person than who made it.
    pub separate_reviewer: bool,
    /// What nobody waits for.
    pub off: Vec<Fixed>,
    /// The districts that report in a response; empty where none is known.
    pub districts: Vec<String>,
}

impl Default for DutyRules {
    fn default() -> Self {
        Self {
            hourly_within_min: 60,
            daily_report_remind: 10 * 60 + 30,
            daily_report_due: 12 * 60,
            forecast_remind: 16 * 60 + 30,
            forecast_due: 20 * 60,
            district_figures_due: 13 * 60,
            response_report_remind: 13 * 60,
            response_report_due: 14 * 60,
            measures_list_remind_days: 30,
            escalate_after_min: 30,
            give_up_days: 3,
            separate_reviewer: true,
            off: Vec::new(),
            districts: Vec::new(),
        }
    }
}
