//! The words of the page, in two languages; the Chinese ones are those of the monitoring room.

use crate::area::{Figures, StationKind};
use crate::assessment::JudgedBy;
use crate::http::document::dataset;
use crate::http::edition::UsedList;
use crate::index::{Category, Index, NoAqi, Pollutants};
use crate::observation::{Basis, Dataset, Pollutant, Validity};
use crate::pipeline::HourState;
use crate::standard::{Practice, standards};
use crate::time::{Day, Hour};

/// The editions that judge a span: `HJ 633—2012`, or two of them.
pub(super) fn editions(by: JudgedBy, (from, to): (Day, Day)) -> String {
    let document = |day| by.index_edition(day).document();
    let (first, last) = (document(from), document(to));
    if first == last { first.to_owned() } else { format!("{first}、{last}") }
}

/// The language of a page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::http) enum Lang {
    /// Chinese, first.
    #[default]
    Zh,
    /// English, by switch.
    En,
}

impl Lang {
    /// Both.
    pub(super) const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// From `?lang=`; anything else is Chinese.
    pub(super) fn parse(text: Option<&str>) -> Self {
        if text == Some("en") { Self::En } else { Self::Zh }
    }

    /// The code in `?lang=`.
    pub(super) const fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    /// The language tag of the document.
    pub(super) const fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// The word of this language.
    pub(super) const fn of(self, zh: &'static str, en: &'static str) -> &'static str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }

    /// `15时`, `15:00`.
    pub(super) fn hour_ending(self, hour: Hour) -> String {
        match self {
            Self::Zh => format!("{}时", hour.ending()),
            Self::En => format!("{:02}:00", hour.ending()),
        }
    }

    /// `2026-11-23 15时`.
    pub(super) fn day_and_hour(self, hour: Hour) -> String {
        format!("{} {}", hour.day(), self.hour_ending(hour))
    }

    /// `14:00–15:00`.
    pub(super) fn interval(hour: Hour) -> String {
        format!("{:02}:00–{:02}:00", hour.of_day(), hour.ending())
    }

    /// The name of a class by the edition of the hour.
    pub(super) fn class(self, category: Category, hour: Hour) -> &'static str {
        let class = standards().index_edition(hour.day()).class(category);
        self.of(class.name_zh, class.name_en)
    }

    /// `轻度污染至中度污染`: the classes of an AQI's range.
    pub(super) fn classes(self, (lower, upper): (u16, u16), hour: Hour) -> String {
        let (first, last) = (Category::of(lower), Category::of(upper));
        let name = |category| self.class(category, hour);
        if first == last {
            return name(first).to_owned();
        }
        format!("{}{}{}", name(first), self.of("至", " to "), name(last))
    }

    /// `三级`, `Level 3`.
    pub(super) fn level(self, category: Category, hour: Hour) -> String {
        match self {
            Self::Zh => standards().index_edition(hour.day()).class(category).level_zh.to_owned(),
            Self::En => format!("Level {}", category.level()),
        }
    }

    /// What the class means for health, and what to do. The English text is a translation in short.
    pub(super) fn health(self, category: Category, hour: Hour) -> (&'static str, &'static str) {
        let class = standards().index_edition(hour.day()).class(category);
        match self {
            Self::Zh => (class.health, class.advice),
            Self::En => health_en(category),
        }
    }

    /// `PM2.5、O₃`, or a dash.
    pub(super) fn pollutants(self, pollutants: Pollutants) -> String {
        let names: Vec<_> = pollutants.iter().map(Pollutant::label).collect();
        if names.is_empty() { "—".to_owned() } else { names.join(self.of("、", ", ")) }
    }

    /// The primary pollutants: 无 up to 50, a dash without AQI.
    pub(super) fn primary(self, index: &Index) -> String {
        if index.aqi.is_some() && index.primary.is_empty() {
            return self.of("无", "none").to_owned();
        }
        self.pollutants(index.primary)
    }

    /// Why there is no AQI.
    pub(super) fn no_aqi(self, reason: NoAqi, missing: Pollutants) -> String {
        let missing = self.pollutants(missing);
        match (self, reason) {
            (Self::Zh, NoAqi::MissingAndNotAbove100) => {
                format!("{missing} 缺测，且其余污染物的AQI不大于100")
            }
            (Self::Zh, other) => other.text_zh().to_owned(),
            (Self::En, NoAqi::AllMissing) => "no pollutant was measured".to_owned(),
            (Self::En, NoAqi::MissingAndNotAbove100) => {
                format!("{missing} missing and the AQI of the rest is not above 100")
            }
            (Self::En, NoAqi::NoIaqi) => "what was measured has no individual index".to_owned(),
            (Self::En, NoAqi::DustLeftOut) => "above 100 for dust only, left out".to_owned(),
        }
    }

    /// Why a value does not count, in full; the letter is the flag of HJ 212.
    pub(super) const fn validity(self, validity: Validity) -> &'static str {
        let en = match validity {
            Validity::Missing => "missing",
            Validity::Valid => "valid",
            Validity::ValidFromMinutes => "from minutes",
            Validity::InsufficientMinutes => "less than 45 minutes",
            Validity::Negative => "negative",
            Validity::Absurd => "absurd",
            Validity::NotANumber => "not a number",
            Validity::UnknownFlag => "unknown flag",
            Validity::FlagStopped => "stopped (F)",
            Validity::FlagMaintenance => "maintenance (M)",
            Validity::FlagManual => "entered by hand (S)",
            Validity::FlagFault => "fault (D)",
            Validity::FlagCalibrating => "calibrating (C)",
            Validity::FlagOverRange => "over range (T)",
            Validity::FlagCommunication => "communication (B)",
            Validity::Corrected => "corrected by hand",
            Validity::Invalidated => "invalidated by hand",
            Validity::NotReviewed => "not in the reviewed data",
        };
        self.of(validity.label(), en)
    }

    /// The same in one or two characters, for a cell.
    pub(super) const fn validity_mark(self, validity: Validity) -> &'static str {
        let (zh, en) = match validity {
            Validity::Missing => ("—", "—"),
            Validity::Valid | Validity::ValidFromMinutes => ("", ""),
            Validity::InsufficientMinutes => ("不足", "<45′"),
            Validity::Negative => ("负值", "neg."),
            Validity::Absurd => ("异常值", "absurd"),
            Validity::NotANumber => ("非数", "NaN"),
            Validity::UnknownFlag => ("不明", "flag?"),
            Validity::FlagStopped => ("停运", "F"),
            Validity::FlagMaintenance => ("维护", "M"),
            Validity::FlagManual => ("手工", "S"),
            Validity::FlagFault => ("故障", "D"),
            Validity::FlagCalibrating => ("校准", "C"),
            Validity::FlagOverRange => ("超量程", "T"),
            Validity::FlagCommunication => ("通讯", "B"),
            Validity::Corrected => ("订正", "corr."),
            Validity::Invalidated => ("无效", "inval."),
            Validity::NotReviewed => ("未审", "not rev."),
        };
        self.of(zh, en)
    }

    /// Who owns a station.
    pub(super) const fn kind(self, kind: StationKind) -> &'static str {
        let en = match kind {
            StationKind::National => "national",
            StationKind::Provincial => "provincial",
            StationKind::City => "city",
            StationKind::District => "district",
            StationKind::Enterprise => "enterprise",
            StationKind::Micro => "micro",
            StationKind::Reference => "reference city",
        };
        self.of(kind.label(), en)
    }

    /// How far an hour has come.
    pub(super) fn state(self, state: HourState, version: u32) -> String {
        match (self, state) {
            (Self::Zh, HourState::Provisional) => "待发布".to_owned(),
            (Self::Zh, HourState::Published) => "已发布".to_owned(),
            (Self::Zh, HourState::Reviewed) => "已审核".to_owned(),
            (Self::Zh, HourState::Revised) => format!("已修订(第{version}版)"),
            (Self::En, HourState::Revised) => format!("revised (version {version})"),
            (Self::En, _) => state.name().to_owned(),
        }
    }

    /// What an hour's own values rest on.
    pub(super) const fn dataset(self, figures: &Figures) -> &'static str {
        let (dataset, zh) = dataset(figures);
        match dataset {
            Dataset::Reviewed => self.of(zh, "reviewed"),
            Dataset::Realtime | Dataset::Best => self.of(zh, "real time (not reviewed)"),
        }
    }

    /// How far an area's figures rest on reviewed data.
    pub(super) fn basis(self, basis: Basis, dataset: Dataset) -> String {
        match self {
            Self::Zh => format!("数据口径:{}", basis.zh(dataset)),
            Self::En => format!("Data: {}", basis.en(dataset)),
        }
    }

    /// A dataset as a choice.
    pub(super) const fn dataset_choice(self, dataset: Dataset) -> &'static str {
        match dataset {
            Dataset::Best => self.of("审核优先", "Reviewed first"),
            Dataset::Realtime => self.of("实况", "Real time"),
            Dataset::Reviewed => self.of("审核", "Reviewed"),
        }
    }

    /// By which practice figures are judged.
    pub(super) const fn practice(self, practice: Practice) -> &'static str {
        match practice {
            Practice::Letter => self.of("按标准条文", "by the letter"),
            Practice::NationalPlatform => self.of("按国家平台做法", "as the national platform"),
        }
    }

    /// `西北风`, `NW`.
    pub(super) fn wind(self, milli_degrees: i32) -> &'static str {
        const ZH: [&str; 8] =
            ["北风", "东北风", "东风", "东南风", "南风", "西南风", "西风", "西北风"];
        const EN: [&str; 8] = ["N", "NE", "E", "SE", "S", "SW", "W", "NW"];
        // 22.5° to either side of each of the eight directions.
        let eighth = (milli_degrees.rem_euclid(360_000) + 22_500) / 45_000 % 8;
        let at = usize::try_from(eighth).unwrap_or(0);
        self.of(ZH[at], EN[at])
    }
}

/// A short translation of the texts of HJ 633-2026 table 1.
const fn health_en(category: Category) -> (&'static str, &'static str) {
    match category {
        Category::Excellent => ("Air quality is satisfactory.", "Everyone may be active as usual."),
        Category::Good => (
            "Acceptable; some pollutants may weakly affect very few, unusually sensitive people.",
            "Very few, unusually sensitive people should reduce outdoor activity.",
        ),
        Category::Light => (
            "Symptoms of sensitive people worsen slightly; healthy people feel irritation.",
            "Children, the elderly and people with heart or lung disease should cut down on long, \
             strenuous exercise outdoors.",
        ),
        Category::Moderate => (
            "Symptoms of sensitive people worsen further; healthy people may be affected.",
            "Children, the elderly and people with heart or lung disease should avoid long, \
             strenuous exercise outdoors; others should reduce it.",
        ),
        Category::Heavy => (
            "Symptoms of heart and lung patients worsen clearly; healthy people show symptoms.",
            "Children, the elderly and patients should stay indoors and stop exercise outdoors; \
             others should reduce it.",
        ),
        Category::Severe => (
            "Healthy people show strong symptoms; some diseases appear early.",
            "Children, the elderly and patients should stay indoors and avoid exertion; others \
             should avoid being outdoors.",
        ),
    }
}

/// Which list of measures something rests on.
pub(super) struct ListLine {
    pub(super) text: String,
    /// Whether it is not simply the one in use.
    pub(super) is_other: bool,
}

impl ListLine {
    pub(super) fn of(used: &UsedList, lang: Lang) -> Self {
        let text = match lang {
            Lang::Zh => used.text_zh(),
            Lang::En => used.text_en(),
        };
        Self { text, is_other: used.is_other() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wind_comes_from_eight_directions() {
        let of = |degrees: i32| Lang::Zh.wind(degrees * 1000);
        assert_eq!(
            [0, 22, 23, 90, 315, 337, 338, 360].map(of),
            ["北风", "北风", "东北风", "东风", "西北风", "西北风", "北风", "北风"]
        );
    }

    #[test]
    fn hours_are_named_by_their_end() {
        let hour = Hour::parse_label("2026-11-23 14:00", crate::time::HourLabel::Begin);
        let hour = hour.expect("legal");
        assert_eq!(Lang::Zh.day_and_hour(hour), "2026-11-23 15时");
        assert_eq!(Lang::interval(hour), "14:00–15:00");
        assert_eq!(Lang::Zh.hour_ending(hour.day().hour(23)), "24时");
    }
}
