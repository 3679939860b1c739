//! The room in one sentence, as the monitoring room says it.
//!
//! An advisory (保良提示) speaks of air and hours; it never names a warning or a measure.

use super::{Allowed, Margin, Room};
use crate::index::Pollutants;
use crate::observation::{Pollutant, Property};
use crate::quantity::Amount;
use crate::standard::{Category, Entity, standards};

/// Hours that a 24-h mean needs and windows that MDA8 needs, as people name them.
const CAPTURE: [&str; 2] = ["20小时", "14个8小时均值"];

impl Room {
    /// `截至14时PM2.5均值58，后10小时均值须≤64方可保良`; of a day that is lost, safe or over, that.
    #[must_use]
    pub fn sentence_zh(&self) -> String {
        let (until, left) = (format!("截至{}时", self.past), self.left());
        let lost = self.binding(Category::Good).filter(|m| m.allowed(Category::Good).is_lost());
        if lost.is_none() && self.short() == Pollutants::ALL {
            return format!("{until}有效数据不足，今日各项均已达不到有效性要求");
        }
        let unjudged = self.is_not_judged(Category::Good);
        let mut said = match (lost, self.tightest(Category::Good)) {
            _ if left == 0 => format!("{until}今日已结束，{}", self.ended_zh()),
            (Some(lost), _) => {
                let even = match (lost.pollutant, self.goal()) {
                    (Pollutant::O3, Some(_)) => "今日已不能保良".to_owned(),
                    (Pollutant::O3, None) => "今日已为重度及以上污染".to_owned(),
                    (_, Some(_)) => format!("{}即使降至0，今日也已不能保良", hours_zh(left)),
                    (_, None) => format!("{}即使降至0，今日仍为重度及以上污染", hours_zh(left)),
                };
                format!("{until}{}，{even}", lost.state_zh())
            }
            (None, Some((binding, level))) => {
                let need = binding.need_zh(level, left, false);
                let keep = if unjudged { "方可使AQI不大于100" } else { "方可保良" };
                format!("{until}{}，{need}{keep}", binding.state_zh())
            }
            (None, None) if unjudged => format!("{until}今日AQI不会大于100"),
            (None, None) => format!("{until}今日已可保良，后{left}小时浓度高低均不改变"),
        };
        if left > 0 {
            let next = self.next_goal().map(|class| format!("；{}", self.next_zh(class)));
            said.push_str(&next.unwrap_or_default());
        }
        said.push_str(&self.short_zh());
        said
    }

    /// The same in English.
    #[must_use]
    pub fn sentence_en(&self) -> String {
        let (until, left) = (format!("By {:02}:00", self.past), self.left());
        let lost = self.binding(Category::Good).filter(|m| m.allowed(Category::Good).is_lost());
        if lost.is_none() && self.short() == Pollutants::ALL {
            return format!("{until} there are too few valid data for any daily value");
        }
        let unjudged = self.is_not_judged(Category::Good);
        let mut said = match (lost, self.tightest(Category::Good)) {
            _ if left == 0 => format!("{until} the day is over: {}", self.ended_en()),
            (Some(lost), _) => {
                let is = match self.goal() {
                    Some(_) => "the day can no longer be good",
                    None => "the day is heavily polluted or worse, whatever comes",
                };
                format!("{until} {}; {is}", lost.state_en())
            }
            (None, Some((binding, level))) => {
                let need = binding.need_en(level, left);
                let keep = if unjudged { "to stay at AQI 100" } else { "to keep the day good" };
                format!("{until} {}; {need} {keep}", binding.state_en())
            }
            (None, None) if unjudged => format!("{until} the AQI will not be above 100"),
            (None, None) => format!("{until} the day stays good, whatever the rest brings"),
        };
        if left > 0 {
            let next = self.next_goal().map(|class| format!("; {}", self.next_en(class)));
            said.push_str(&next.unwrap_or_default());
        }
        said.push_str(&self.short_en());
        said
    }

    /// The pollutant that binds and the level it may have.
    fn tightest(&self, class: Category) -> Option<(&Margin, Amount)> {
        let binding = self.binding(class)?;
        match binding.allowed(class) {
            Allowed::UpTo(level) => Some((binding, level)),
            Allowed::Lost | Allowed::Safe | Allowed::NoValue => None,
        }
    }

    /// Whether a class is bound by the pollutant of which the need for 良 has just been said.
    fn same_binds(&self, class: Category) -> bool {
        let of = |class: Category| self.tightest(class).map(|(margin, _)| margin.pollutant);
        of(class).is_some() && of(class) == of(Category::Good)
    }

    fn next_zh(&self, class: Category) -> String {
        let name = standards().index_edition(self.day).class(class).name_zh;
        match self.tightest(class) {
            Some((binding, level)) if self.same_binds(class) => {
                format!("≤{}则不超{name}", binding.amount(binding.shown(level)))
            }
            Some((binding, level)) => {
                format!("{}方可不超{name}", binding.need_zh(level, self.left(), true))
            }
            None => format!("今日不会超过{name}"),
        }
    }

    fn next_en(&self, class: Category) -> String {
        let name = standards().index_edition(self.day).class(class).name_en.to_lowercase();
        match self.tightest(class) {
            Some((binding, level)) if self.same_binds(class) => {
                format!("≤ {} to stay within {name}", binding.amount(binding.shown(level)))
            }
            Some((binding, level)) => {
                format!("{} to stay within {name}", binding.need_en(level, self.left()))
            }
            None => format!("it will not get worse than {name}"),
        }
    }

    fn ended_zh(&self) -> String {
        if self.reached().is_some_and(|class| self.is_not_judged(class)) {
            return "因数据缺失无AQI".to_owned();
        }
        let class = self.reached().map(|c| standards().index_edition(self.day).class(c).name_zh);
        format!("空气质量为{}", class.unwrap_or("重度及以上污染"))
    }

    fn ended_en(&self) -> String {
        if self.reached().is_some_and(|class| self.is_not_judged(class)) {
            return "no AQI, since data are missing".to_owned();
        }
        let class = self.reached().map(|c| standards().index_edition(self.day).class(c).name_en);
        class.map_or("heavily polluted or worse".to_owned(), str::to_lowercase)
    }

    /// What is said of pollutants whose data capture cannot be reached.
    fn short_zh(&self) -> String {
        let ozone = Pollutants::EMPTY.with(Pollutant::O3);
        let short = self.short();
        let (means, ozone) = (short.without(Pollutant::O3), short.minus(short.minus(ozone)));
        let mut said = String::new();
        for (short, capture) in [means, ozone].into_iter().zip(CAPTURE) {
            let names: Vec<&str> = short.iter().map(plain).collect();
            let cannot = match self.entity {
                Entity::Station => format!("有效数据已达不到{capture}"),
                Entity::Area => format!("有效数据可达{capture}的点位不足"),
            };
            if !names.is_empty() {
                said.push_str(&format!("；{}{cannot}", names.join("、")));
            }
        }
        match self.na_unless_above {
            _ if self.without_value().is_empty() => {}
            Some(above) => said.push_str(&format!("，今日AQI不大于{above}时不作评价")),
            None => said.push_str("，今日按其余项目评价"),
        }
        said
    }

    fn short_en(&self) -> String {
        let names: Vec<&str> = self.short().iter().map(plain).collect();
        if names.is_empty() {
            return String::new();
        }
        let short = format!("; too few data of {}", names.join(", "));
        match self.na_unless_above {
            _ if self.without_value().is_empty() => short,
            Some(above) => format!("{short}: no AQI unless it is above {above}"),
            None => format!("{short}: the day is judged by the others"),
        }
    }
}

impl Allowed {
    const fn is_lost(self) -> bool {
        matches!(self, Self::Lost)
    }
}

impl Margin {
    fn amount(&self, amount: Amount) -> String {
        let shown = Property::Pollutant(self.pollutant).show(amount);
        let unit = if self.pollutant == Pollutant::Co { "mg/m³" } else { "" };
        format!("{shown}{unit}")
    }

    fn state_zh(&self) -> String {
        let name = plain(self.pollutant);
        match (self.so_far_shown, self.pollutant) {
            (Some(mean), Pollutant::O3) => format!("O3-8h最大值{}", self.amount(mean)),
            (Some(mean), _) => format!("{name}均值{}", self.amount(mean)),
            (None, Pollutant::O3) => "O3尚无8小时均值".to_owned(),
            (None, _) => format!("{name}尚无数据"),
        }
    }

    fn need_zh(&self, level: Amount, left: usize, named: bool) -> String {
        let hours = hours_zh(left);
        let ozone = self.pollutant == Pollutant::O3;
        let name = if named || ozone { plain(self.pollutant) } else { "" };
        let what = if ozone || left == 1 { "浓度" } else { "均值" };
        format!("{hours}{name}{what}须≤{}", self.amount(self.shown(level)))
    }

    fn state_en(&self) -> String {
        let name = plain(self.pollutant);
        match (self.so_far_shown, self.pollutant) {
            (Some(mean), Pollutant::O3) => format!("the largest 8-h O3 is {}", self.amount(mean)),
            (Some(mean), _) => format!("{name} averages {}", self.amount(mean)),
            (None, Pollutant::O3) => "O3 has no 8-h mean yet".to_owned(),
            (None, _) => format!("{name} has no data yet"),
        }
    }

    fn need_en(&self, level: Amount, left: usize) -> String {
        let (name, level) = (plain(self.pollutant), self.amount(self.shown(level)));
        let hours =
            if left == 1 { "the last hour".to_owned() } else { format!("the {left} hours left") };
        match self.pollutant {
            Pollutant::O3 => format!("{name} must stay ≤ {level} for {hours}"),
            _ if left == 1 => format!("{name} of {hours} must be ≤ {level}"),
            _ => format!("{name} of {hours} must average ≤ {level}"),
        }
    }
}

fn hours_zh(left: usize) -> String {
    if left == 1 { "最后1小时".to_owned() } else { format!("后{left}小时") }
}

/// The name in a message: no lowered digits.
const fn plain(pollutant: Pollutant) -> &'static str {
    match pollutant {
        Pollutant::So2 => "SO2",
        Pollutant::No2 => "NO2",
        Pollutant::O3 => "O3",
        other => other.label(),
    }
}
