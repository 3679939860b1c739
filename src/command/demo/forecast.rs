//! The forecast of a made-up office, so that the demo has an outlook: what the simulated air will be, in the
//! range that an office would give.
//!
//! In: the air and a moment. Out: a message on `aq/{area}/forecast`, once a simulated day.

use crate::area::AreaId;
use crate::assessment::DayFigures;
use crate::average::{MISSING, Window};
use crate::observation::{POLLUTANTS, Pollutant, Property};
use crate::replay::publish::Message;
use crate::simulation::Air;
use crate::standard::Parameters;
use crate::time::{DAY_H, Day, Instant};

/// When the office issues: minutes of the day.
const AT_MIN: i64 = 16 * 60 + 30;
/// Days that it forecasts.
const DAYS: i32 = 7;
/// Half the range that it gives, in points of the AQI.
const HALF: u16 = 15;

/// What is issued between two moments: at most one issue, of the day of the later one.
pub(super) fn issued(
    air: &Air,
    area: &AreaId,
    (after, now): (Option<Instant>, Instant),
) -> Option<Message> {
    let today = now.hour().day();
    let at = today.start().start().plus_minutes(AT_MIN);
    if at > now || after.is_some_and(|after| at <= after) {
        return None;
    }
    let days: Vec<serde_json::Value> = (1..=DAYS).filter_map(|n| day(air, today.plus(n))).collect();
    let issue = serde_json::json!({ "office": "模拟预报（演示）", "issued": at, "days": days });
    Some(Message { topic: format!("aq/{area}/forecast"), payload: issue.to_string().into_bytes() })
}

fn day(air: &Air, day: Day) -> Option<serde_json::Value> {
    let mut windows: Vec<Window> = vec![[[MISSING; DAY_H]; Pollutant::COUNT]; air.stations().len()];
    for hour in (0..DAY_H).map(|of_day| day.hour(of_day)) {
        for (station, readings) in air.record(hour) {
            for p in POLLUTANTS {
                let reading = readings[Property::Pollutant(p).index()];
                if reading.validity.is_valid() {
                    windows[station][p.index()][hour.of_day()] = reading.amount.milli();
                }
            }
        }
    }
    let index = DayFigures::of_set(day, windows.iter(), &Parameters::default()).index;
    let aqi = index.aqi?;
    let range = [aqi.saturating_sub(HALF), (aqi + HALF).min(500)];
    let primary: Vec<&str> = index.primary.iter().map(Pollutant::code).collect();
    Some(serde_json::json!({ "date": day.to_string(), "aqi": range, "primary": primary }))
}
