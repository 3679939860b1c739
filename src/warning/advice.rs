//! Drafts of 污染天气提示 and 保良提示: what the official forecast asks for below the level of a warning.
//!
//! In: the forecasts, the warnings as they stand, the room of the day. Out: [`Draft`]s, which a person reads,
//! changes and releases ([`super::Advisory`]); none is kept, since it follows from what is kept.
//!
//! Invariants: a day belongs to one of the two, by its range: wholly above the good days, 污染天气提示; across
//! their border, 保良提示, since that day can still be kept. Only whole days of the official forecast count,
//! of each zone the newest issue. While a warning is open there are none: it says more. They use no word of a
//! response and name nothing mandatory.
//!
//! Source: terms.md (advisory); plan-dalian.md, three (1) (保良减污, 削峰保良); HJ 633 (advice by class).

use std::fmt::Write as _;

use super::record::AdvisorySort;
use super::state::Warnings;
use super::text::{moment_zh, names};
use crate::assessment::{Allowed, Room};
use crate::index::{Category, Pollutants};
use crate::observation::Pollutant;
use crate::outlook::{Cause, ForecastSpan, Source};
use crate::standard::standards;
use crate::time::{Day, Instant};

/// The highest AQI of a good day.
const GOOD_MOST: u16 = 100;
/// Days that a draft looks ahead, today included: later ones will be forecast anew.
const DAYS: i32 = 4;

/// An advisory as it may be released.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Which kind.
    pub sort: AdvisorySort,
    /// What it says.
    pub text: String,
    /// Until when: the end of its last day.
    pub until: Instant,
}

/// Days of one zone with the same forecast.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Run {
    zone: String,
    first: Day,
    last: Day,
    span: ForecastSpan,
}

impl Run {
    fn aqi(&self) -> (u16, u16) {
        (self.span.aqi.lower, self.span.aqi.upper)
    }

    /// Whether a day belongs to it.
    fn goes_on(&self, zone: &str, day: Day, span: &ForecastSpan) -> bool {
        let same = (span.aqi, span.primary, span.cause);
        self.zone == zone
            && self.last.plus(1) == day
            && (self.span.aqi, self.span.primary, self.span.cause) == same
    }

    fn text_zh(&self, area: &str) -> String {
        let who = if self.zone.is_empty() { area } else { &self.zone };
        let (lower, upper) = self.aqi();
        let class = classes(self.first, lower, upper);
        let primary = names(self.span.primary);
        let primary =
            if primary.is_empty() { primary } else { format!("，首要污染物{primary}") };
        let range = if lower == upper { lower.to_string() } else { format!("{lower}～{upper}") };
        format!("{who}{}空气质量{class}（AQI {range}{primary}）", days(self.first, self.last))
    }
}

/// `11月26日至28日`.
fn days(first: Day, last: Day) -> String {
    let ((_, month, day), (_, last_month, last_day)) = (first.date(), last.date());
    match (first == last, month == last_month) {
        (true, _) => format!("{month}月{day}日"),
        (false, true) => format!("{month}月{day}日至{last_day}日"),
        (false, false) => format!("{month}月{day}日至{last_month}月{last_day}日"),
    }
}

/// `轻度至中度污染`, `良至轻度污染`, `轻度污染`.
fn classes(day: Day, lower: u16, upper: u16) -> String {
    let name = |aqi: u16| standards().index_edition(day).class(Category::of(aqi)).name_zh;
    let (lower, upper) = (name(lower), name(upper));
    if lower == upper {
        return format!("为{upper}");
    }
    format!("为{}至{upper}", lower.trim_end_matches("污染"))
}

impl Warnings {
    /// What may be released now, for an area by its name and zones; `room` is that of its day.
    #[must_use]
    pub fn drafts(
        &self,
        (area, zones): (&str, &[String]),
        now: Instant,
        room: Option<&Room>,
    ) -> Vec<Draft> {
        if self.open.is_some() {
            return Vec::new();
        }
        let whole = [String::new()];
        let zones = if zones.is_empty() { &whole } else { zones };
        let runs: Vec<Run> = zones.iter().flat_map(|zone| self.runs(zone, now)).collect();
        let (polluted, border): (Vec<Run>, Vec<Run>) =
            runs.into_iter().partition(|run| run.span.aqi.lower > GOOD_MOST);
        let at_risk = room.filter(|room| is_at_risk(room));
        let pollution = self.pollution(area, now, &polluted);
        pollution.into_iter().chain(self.good_day(area, now, &border, at_risk)).collect()
    }

    /// Runs of days that are not surely good, by the official forecast.
    fn runs(&self, zone: &str, now: Instant) -> Vec<Run> {
        let today = now.hour().day();
        let mut runs: Vec<Run> = Vec::new();
        for day in (0..DAYS).map(|n| today.plus(n)) {
            let found = self.book.at(Source::Fed, zone, day.start());
            let Some((_, span)) = found.filter(|(_, span)| span.day() == Some(day)) else {
                continue;
            };
            if span.aqi.upper <= GOOD_MOST {
                continue;
            }
            match runs.last_mut().filter(|run| run.goes_on(zone, day, span)) {
                Some(run) => run.last = day,
                None => runs.push(Run {
                    zone: zone.to_owned(),
                    first: day,
                    last: day,
                    span: span.clone(),
                }),
            }
        }
        runs
    }

    /// When the newest of the forecasts was issued.
    fn issued(&self, runs: &[Run]) -> Option<Instant> {
        let issue = |run: &Run| {
            let days = (0..DAYS).map(|n| run.first.plus(n)).take_while(|day| *day <= run.last);
            let found = days.filter_map(|day| self.book.at(Source::Fed, &run.zone, day.start()));
            found.map(|(kept, _)| kept.forecast.issued).max()
        };
        runs.iter().filter_map(issue).max()
    }

    fn pollution(&self, area: &str, now: Instant, runs: &[Run]) -> Option<Draft> {
        let worst = runs.iter().max_by_key(|run| run.span.aqi.upper)?;
        let mut text = self.forecast_zh(area, now, runs);
        let edition = standards().index_edition(worst.first);
        let advice = edition.class(Category::of(worst.span.aqi.upper)).advice;
        let _ = write!(text, "建议{advice}。");
        let all = of_all(runs);
        if all.iter().any(|p| p == Pollutant::O3) {
            text += "臭氧浓度午后至傍晚较高，请尽量避开此时段剧烈运动。";
        }
        if runs.iter().any(|run| run.span.cause == Some(Cause::Dust)) {
            text += "沙尘影响期间请关好门窗，外出注意防护。";
        }
        text += "倡导公众绿色出行，减少机动车上路行驶，不露天焚烧，不燃放烟花爆竹。";
        let until = runs.iter().map(|run| run.last).max()?.plus(1).start().start();
        Some(Draft { sort: AdvisorySort::Pollution, text, until })
    }

    fn good_day(
        &self,
        area: &str,
        now: Instant,
        runs: &[Run],
        at_risk: Option<&Room>,
    ) -> Option<Draft> {
        let today = at_risk.map(|room| room.day);
        let last = runs.iter().map(|run| run.last).chain(today).max()?;
        let mut text = String::new();
        if let Some(room) = at_risk {
            let _ = write!(text, "{}。", room.sentence_zh());
        }
        if !runs.is_empty() {
            text += &self.forecast_zh(area, now, runs);
        }
        text += "为守住优良天，请各区县和有关部门提前做好保良减污工作：";
        let all = of_all(runs);
        let ozone = all == Pollutants::EMPTY.with(Pollutant::O3);
        text += if ozone {
            "加强挥发性有机物和氮氧化物排放的日常监管，引导错时装卸油和夜间加油。"
        } else {
            "加强道路保洁洒水、工地和堆场扬尘的日常管理，加密露天焚烧和餐饮油烟巡查。"
        };
        Some(Draft { sort: AdvisorySort::GoodDay, text, until: last.plus(1).start().start() })
    }

    fn forecast_zh(&self, area: &str, now: Instant, runs: &[Run]) -> String {
        let issued = moment_zh(self.issued(runs).unwrap_or(now));
        let days: Vec<String> = runs.iter().map(|run| run.text_zh(area)).collect();
        format!("据{issued}发布的空气质量预报，{}。", days.join("；"))
    }
}

/// Whether the day is good so far and will only stay so if the air gets better than its newest hour.
fn is_at_risk(room: &Room) -> bool {
    if room.left() == 0 || room.goal() != Some(Category::Good) {
        return false;
    }
    let must_fall = |margin: &crate::assessment::Margin| match margin.allowed(Category::Good) {
        Allowed::UpTo(level) => margin.now_shown.is_some_and(|now| now > margin.shown(level)),
        Allowed::Lost | Allowed::Safe | Allowed::NoValue => false,
    };
    room.pollutants.iter().any(must_fall)
}

fn of_all(runs: &[Run]) -> Pollutants {
    runs.iter().flat_map(|run| run.span.primary.iter()).collect()
}
