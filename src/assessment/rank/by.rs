//! By which figure entities are ranked, and what that figure of an entity is.

use std::fmt;
use std::str::FromStr;

use super::{Moment, RankFigure};
use crate::area::Figures;
use crate::assessment::compare::{Side, refusal};
use crate::assessment::document::is_2012;
use crate::assessment::{DayFigures, Exact, Period, Subject};
use crate::explanation::Decimal;
use crate::index::{Category, Index, NoAqi};
use crate::observation::Pollutant;
use crate::quantity::Amount;
use crate::time::Day;

/// The figure of a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RankBy {
    /// The composite index (综合指数).
    Composite,
    /// AQI of the hour, of the day so far, or of one day.
    Aqi,
    /// Concentration: of an hour its own, of the day so far its mean (ozone: the largest 8-h mean), of days
    /// the statistic that is assessed.
    Concentration(Pollutant),
    /// Share of good days (优良天数比率).
    GoodDays,
    /// Change of the composite index on the same dates of the year before (变化情况).
    Change,
    /// Change of the PM2.5 mean on the same dates of the year before.
    Pm25Change,
}

impl RankBy {
    /// Every figure, those of an hour among them.
    pub const ALL: [Self; 11] = [
        Self::Composite,
        Self::Aqi,
        Self::Concentration(Pollutant::Pm2_5),
        Self::Concentration(Pollutant::Pm10),
        Self::Concentration(Pollutant::O3),
        Self::Concentration(Pollutant::No2),
        Self::Concentration(Pollutant::So2),
        Self::Concentration(Pollutant::Co),
        Self::GoodDays,
        Self::Change,
        Self::Pm25Change,
    ];

    /// The code in options, queries and JSON.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Composite => "composite",
            Self::Aqi => "aqi",
            Self::Concentration(pollutant) => pollutant.code(),
            Self::GoodDays => "good_days",
            Self::Change => "change",
            Self::Pm25Change => "pm2_5_change",
        }
    }

    /// Whether the figure exists of an hour, or of days.
    #[must_use]
    pub fn is_of(self, moment: &Moment) -> bool {
        match (self, moment) {
            (Self::Concentration(_), _) => true,
            (Self::Aqi, Moment::Days(span)) => span.len() == 1,
            (Self::Aqi, _) => true,
            (_, Moment::Days(_)) => true,
            (_, Moment::Hour(_) | Moment::SoFar(_)) => false,
        }
    }

    /// Whether the other year has to be known.
    #[must_use]
    pub const fn is_change(self) -> bool {
        matches!(self, Self::Change | Self::Pm25Change)
    }

    pub(super) const fn higher_is_better(self) -> bool {
        matches!(self, Self::GoodDays)
    }

    /// `%`, `µg/m³`, `mg/m³`; empty of an index.
    #[must_use]
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Composite | Self::Aqi => "",
            Self::Concentration(Pollutant::Co) => "mg/m³",
            Self::Concentration(_) => "µg/m³",
            Self::GoodDays | Self::Change | Self::Pm25Change => "%",
        }
    }

    /// As people call it.
    #[must_use]
    pub const fn zh(self, moment: &Moment) -> &'static str {
        let days = matches!(moment, Moment::Days(_));
        match self {
            Self::Composite => "综合指数",
            Self::Aqi => "AQI",
            Self::Concentration(Pollutant::Pm2_5) => "PM2.5浓度",
            Self::Concentration(Pollutant::Pm10) => "PM10浓度",
            Self::Concentration(Pollutant::So2) => "SO2浓度",
            Self::Concentration(Pollutant::No2) => "NO2浓度",
            Self::Concentration(Pollutant::Co) if days => "CO第95百分位浓度",
            Self::Concentration(Pollutant::Co) => "CO浓度",
            Self::Concentration(Pollutant::O3) if days => "O3-8h第90百分位浓度",
            Self::Concentration(Pollutant::O3) => match moment {
                Moment::SoFar(_) => "O3最大8小时浓度",
                _ => "O3浓度",
            },
            Self::GoodDays => "优良天数比率",
            Self::Change => "综合指数同比变化",
            Self::Pm25Change => "PM2.5浓度同比变化",
        }
    }

    /// The same in English.
    #[must_use]
    pub const fn en(self) -> &'static str {
        match self {
            Self::Composite => "composite index",
            Self::Aqi => "AQI",
            Self::Concentration(pollutant) => pollutant.label(),
            Self::GoodDays => "good-day ratio",
            Self::Change => "change of the composite index",
            Self::Pm25Change => "change of PM2.5",
        }
    }

    /// The figure of an hour, or of the day up to it; figures are rounded already.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn of_hour(self, moment: &Moment, figures: &Figures) -> Result<RankFigure, String> {
        let so_far = matches!(moment, Moment::SoFar(_));
        let plain = |value: Option<(Exact, Decimal)>| {
            let (shown, text) = value.ok_or_else(|| "缺测".to_owned())?;
            Ok(RankFigure { shown, text, sides: None, category: None })
        };
        match self {
            Self::Aqi => of_index(if so_far { &figures.day_index } else { &figures.index }),
            Self::Concentration(pollutant) => {
                let p = pollutant.index();
                let amount = match (so_far, pollutant) {
                    (false, _) => figures.concentration[p],
                    (true, Pollutant::O3) => figures.o3_8h_max_today,
                    (true, _) => figures.day[p],
                };
                let written = |a: Amount| (a.into(), Decimal::exact(a.milli().into(), pollutant));
                plain(amount.map(written))
            }
            _ => Err("无小时值".to_owned()),
        }
    }

    /// The figure of a period and its days; `before` is the same of the year before, which a change needs.
    ///
    /// # Errors
    /// Why there is none, in words.
    pub fn of_days(
        self,
        now: (&Period, &[DayFigures]),
        before: Option<(&Period, &[DayFigures])>,
        of: &Subject<'_>,
    ) -> Result<RankFigure, String> {
        let (period, days) = now;
        if self == Self::Aqi {
            let [day] = days else { return Err("缺测".to_owned()) };
            return of_index(&day.index);
        }
        let side = |(period, days)| Side { period, days };
        let Some(shape) = self.shape(period.to, of) else {
            return Err("无日值".to_owned());
        };
        let value = |period: &Period| {
            let value = self.value(period).ok_or_else(|| no_value(shape.needs, period))?;
            Ok::<_, String>(value.as_shown(shape.scale, shape.decimals))
        };
        let text = |value: &Exact| Decimal::written(value.show(shape.scale, shape.decimals));
        let shown = value(period)?;
        if !self.is_change() {
            return Ok(RankFigure { text: text(&shown), shown, sides: None, category: None });
        }
        let none = || "没有上年同期数据".to_owned();
        let (then, days_then) = before.ok_or_else(none)?;
        if let Some(reason) = refusal(side((period, days)), side((then, days_then)), of) {
            return Err(reason);
        }
        let earlier = value(then).map_err(|reason| format!("上年同期{reason}"))?;
        let percent = shown.minus(&earlier).percent_of(&earlier).ok_or_else(none)?;
        let percent = percent.as_shown(0, 1);
        Ok(RankFigure {
            text: Decimal::written(percent.show(0, 1)),
            shown: percent,
            sides: Some((text(&shown), text(&earlier))),
            category: None,
        })
    }

    /// Days of a period with a value of what is ranked: of the composite index, those of the scarcest of six.
    pub(super) fn days_of(self, period: &Period) -> u32 {
        match self {
            Self::Aqi | Self::GoodDays => period.days_valid,
            Self::Composite | Self::Change => {
                period.days_of_pollutant.iter().copied().min().unwrap_or(0)
            }
            Self::Pm25Change => period.days_of_pollutant[Pollutant::Pm2_5.index()],
            Self::Concentration(pollutant) => period.days_of_pollutant[pollutant.index()],
        }
    }

    /// How the figure of days is shown, and what it needs; none of an AQI.
    fn shape(self, to: Day, of: &Subject<'_>) -> Option<Shape> {
        let one = |p: Pollutant| Shape {
            scale: p.unit().milli_digits(),
            decimals: u32::from(p == Pollutant::Co),
            needs: Needs::One(p),
        };
        Some(match self {
            Self::Aqi => return None,
            Self::Composite | Self::Change => {
                let decimals = if is_2012(of.judged_by, to) { 2 } else { 3 };
                Shape { scale: 0, decimals, needs: Needs::Six }
            }
            Self::GoodDays => Shape { scale: 0, decimals: 1, needs: Needs::Days },
            Self::Pm25Change => one(Pollutant::Pm2_5),
            Self::Concentration(pollutant) => one(pollutant),
        })
    }

    /// The figure before a change is taken of it: the mean of days, of ozone and CO the percentile assessed.
    fn value(self, period: &Period) -> Option<Exact> {
        match self {
            Self::Aqi => None,
            Self::Composite | Self::Change => period.composite_index.clone(),
            Self::GoodDays => period.good_day_ratio.as_ref().map(|ratio| ratio.times(100)),
            Self::Pm25Change => period.mean[Pollutant::Pm2_5.index()].clone(),
            Self::Concentration(p @ (Pollutant::Co | Pollutant::O3)) => {
                period.percentile[p.index()].clone()
            }
            Self::Concentration(p) => period.mean[p.index()].clone(),
        }
    }
}

/// What a figure needs, for the reason when it is missing.
#[derive(Clone, Copy)]
enum Needs {
    Six,
    Days,
    One(Pollutant),
}

/// How a figure is shown: in 10^-`scale` of what is reckoned, with so many decimals.
struct Shape {
    scale: u32,
    decimals: u32,
    needs: Needs,
}

fn of_index(index: &Index) -> Result<RankFigure, String> {
    let why = || index.no_aqi.map_or("无AQI", NoAqi::text_zh).to_owned();
    let aqi = index.aqi.ok_or_else(why)?;
    Ok(RankFigure {
        shown: Exact::count(aqi.into()),
        text: Decimal::whole(aqi),
        sides: None,
        category: Some(Category::of(aqi)),
    })
}

/// `缺少O3有效日均值，无综合指数`.
fn no_value(needs: Needs, period: &Period) -> String {
    let lacking = |p: &Pollutant| period.days_of_pollutant[p.index()] == 0;
    match needs {
        _ if period.days_of_pollutant.iter().all(|days| *days == 0) => "没有有效日".to_owned(),
        Needs::Days => "没有有效日".to_owned(),
        Needs::One(pollutant) => format!("没有{}有效日值", pollutant.label()),
        Needs::Six => {
            let all = crate::observation::POLLUTANTS;
            let lacking: Vec<&str> = all.iter().filter(|p| lacking(p)).map(|p| p.label()).collect();
            format!("缺少{}有效日值，无综合指数", lacking.join("、"))
        }
    }
}

impl fmt::Display for RankBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for RankBy {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|by| by.code() == text);
        let known = Self::ALL.map(Self::code).join(", ");
        found.ok_or_else(|| format!("one of {known} expected, got {text:?}"))
    }
}
