//! The rows of a list, typed.
//!
//! In: what the reader found. Out: [`Line`], [`Source`], [`Sector`], [`PublicMeasure`], [`Removal`], with
//! their words in code and Chinese. Invariant: a row's place is no part of its content.
//! Source of grades and differentiation: 环办大气函〔2020〕340号.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::credit_code::CreditCode;
use super::emission::Amounts;
use super::map::Table;
use crate::warning::Level;

/// What a cell names that may name several.
pub(super) fn parts(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', ',', '，', ';', '；']).map(str::trim).filter(|part| !part.is_empty())
}

/// One of each for the three levels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PerLevel<T> {
    /// At 黄色.
    pub yellow: T,
    /// At 橙色.
    pub orange: T,
    /// At 红色.
    pub red: T,
}

impl<T> PerLevel<T> {
    /// That of one level.
    pub const fn of(&self, level: Level) -> &T {
        match level {
            Level::Yellow => &self.yellow,
            Level::Orange => &self.orange,
            Level::Red => &self.red,
        }
    }

    /// From what `each` says of every level.
    pub fn from_each(each: impl FnMut(Level) -> T) -> Self {
        let [yellow, orange, red] = Level::ALL.map(each);
        Self { yellow, orange, red }
    }
}

/// The performance grade (绩效等级), in the order in which a response calls on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Grade {
    /// D级: the strictest measures.
    D,
    /// C级.
    C,
    /// B-级.
    BMinus,
    /// B级.
    B,
    /// 非引领性, in industries without grades.
    NonLeading,
    /// Without a grade; only 保障类 and 小微.
    Ungraded,
    /// A级: 自主减排.
    A,
    /// 引领性: 自主减排.
    Leading,
}

impl Grade {
    /// Every grade.
    pub const ALL: [Self; 8] = [
        Self::D,
        Self::C,
        Self::BMinus,
        Self::B,
        Self::NonLeading,
        Self::Ungraded,
        Self::A,
        Self::Leading,
    ];

    /// As the list writes it.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::D => "D",
            Self::C => "C",
            Self::BMinus => "B-",
            Self::B => "B",
            Self::NonLeading => "非引领性",
            Self::Ungraded => "未评级",
            Self::A => "A",
            Self::Leading => "引领性",
        }
    }

    /// A grade from its text, also with 级 behind it or a full-width minus.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.replace(['－', '−', '–'], "-");
        let is_it = |grade: &Self| {
            let name = grade.text_zh();
            text == name || text.strip_suffix('级') == Some(name)
        };
        Self::ALL.into_iter().find(is_it)
    }

    /// Whether it reduces voluntarily (自主减排).
    #[must_use]
    pub const fn is_voluntary(self) -> bool {
        matches!(self, Self::A | Self::Leading)
    }
}

impl<'de> Deserialize<'de> for Grade {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom(format!("no grade {text:?}")))
    }
}

impl Serialize for Grade {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text_zh())
    }
}

/// Whether a plant runs at all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    /// 正常生产.
    Normal,
    /// 长期停产.
    LongStopped,
    /// 季节性生产.
    Seasonal,
}

impl Operation {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::Normal, Self::LongStopped, Self::Seasonal];

    /// As the list writes it.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Normal => "正常生产",
            Self::LongStopped => "长期停产",
            Self::Seasonal => "季节性生产",
        }
    }
}

/// What a line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "do", content = "percent")]
pub enum Act {
    /// 不采取措施.
    Nothing,
    /// 自主减排.
    Voluntary,
    /// 限产: so many percent less load.
    Limit(u8),
    /// 停产 of so many percent, counted by production lines (以生产线计).
    StopShare(u8),
    /// 停产.
    Stop,
}

/// Texts for doing nothing.
const NOTHING: [&str; 6] = ["不采取措施", "不采取", "无", "—", "-", "/"];

impl Act {
    /// What stands before the remark, such as `限产50%`, `停产50%`, `停产`, `自主减排`, `无`.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.replace('％', "%");
        let percent = |rest: &str| {
            let number: u8 = rest.strip_suffix('%')?.parse().ok()?;
            (1..=99).contains(&number).then_some(number)
        };
        match text.as_str() {
            "停产" | "停线" => Some(Self::Stop),
            "自主减排" => Some(Self::Voluntary),
            nothing if NOTHING.contains(&nothing) => Some(Self::Nothing),
            _ => match text.strip_prefix("限产") {
                Some(rest) => percent(rest).map(Self::Limit),
                None => text.strip_prefix("停产").and_then(percent).map(Self::StopShare),
            },
        }
    }

    /// How much of the line does not run, to compare levels: 0 to 100.
    pub(super) const fn strength(self) -> u8 {
        match self {
            Self::Nothing | Self::Voluntary => 0,
            Self::Limit(percent) | Self::StopShare(percent) => percent,
            Self::Stop => 100,
        }
    }

    /// Whether something is stopped.
    #[must_use]
    pub const fn stops(self) -> bool {
        matches!(self, Self::Stop | Self::StopShare(_))
    }

    /// Whether it is ordered, not left to the plant.
    #[must_use]
    pub const fn is_mandatory(self) -> bool {
        matches!(self, Self::Stop | Self::StopShare(_) | Self::Limit(_))
    }
}

/// As an order says it.
impl fmt::Display for Act {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("不采取措施"),
            Self::Voluntary => f.write_str("自主减排"),
            Self::Limit(percent) => write!(f, "限产{percent}%"),
            Self::StopShare(percent) => write!(f, "停产{percent}%（以生产线计）"),
            Self::Stop => f.write_str("停产"),
        }
    }
}

/// What a line does at a level, with the list's remark (`停产（停2#烧结机）`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Measure {
    /// What it does.
    #[serde(flatten)]
    pub act: Act,
    /// The remark; may be empty.
    pub remark: String,
}

impl Measure {
    /// Reads `停产` or `限产50%（停2台窑炉）`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.replace('(', "（").replace(')', "）");
        let (act, remark) = match text.split_once('（') {
            Some((act, rest)) => (act.trim(), rest.trim_end().strip_suffix('）')?.trim()),
            None => (text.trim(), ""),
        };
        let act = Act::parse(act)?;
        // What Display adds by itself.
        let own = matches!(act, Act::StopShare(_)) && remark == "以生产线计";
        Some(Self { act, remark: if own { String::new() } else { remark.to_owned() } })
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.act)?;
        if self.remark.is_empty() { Ok(()) } else { write!(f, "（{}）", self.remark) }
    }
}

/// A position in millionths of a degree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Position {
    /// East.
    pub longitude_e6: i32,
    /// North.
    pub latitude_e6: i32,
}

/// A production line of an enterprise (工业源).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// 企业名称.
    pub enterprise: String,
    /// 统一社会信用代码.
    pub credit_code: CreditCode,
    /// 排污许可证编号; may be empty.
    pub permit: String,
    /// 区县.
    pub district: String,
    /// 乡镇街道; may be empty.
    pub town: String,
    /// Where it stands, if the list says so.
    pub position: Option<Position>,
    /// 行业类型.
    pub industry: String,
    /// 绩效等级.
    pub grade: Grade,
    /// 保障类.
    pub protected: bool,
    /// 小微涉气.
    pub micro: bool,
    /// 生产状态.
    pub operation: Operation,
    /// 不可临时停产, for safety.
    pub no_short_stop: bool,
    /// 生产线.
    pub line: String,
    /// 基准排放量.
    pub base_g_per_day: Amounts,
    /// 应急减排措施.
    pub measures: PerLevel<Measure>,
    /// 减排量.
    pub reductions_g_per_day: PerLevel<Amounts>,
    /// 日均运输车辆数.
    pub trucks_per_day: Option<u32>,
    /// 应急联系人.
    pub contact: String,
    /// 联系电话.
    pub phone: String,
    /// 电表编号.
    pub meters: Vec<String>,
    /// 变更原因; empty unless the row was changed.
    #[serde(skip)]
    pub reason: String,
    /// Its row in the sheet, from 0.
    #[serde(skip)]
    pub(super) row: u32,
}

/// A mobile or dust source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Source {
    /// Of which sheet.
    #[serde(serialize_with = "table_name", deserialize_with = "table_of")]
    pub table: Table,
    /// 名称.
    pub name: String,
    /// 类型.
    pub category: String,
    /// 区县, or 全市.
    pub district: String,
    /// 乡镇街道; may be empty.
    pub town: String,
    /// 责任部门.
    pub department: String,
    /// 责任单位; may be empty.
    pub operator: String,
    /// 基准排放量.
    pub base_g_per_day: Amounts,
    /// 应急减排措施, in words; empty where there is none.
    pub measures: PerLevel<String>,
    /// 减排量.
    pub reductions_g_per_day: PerLevel<Amounts>,
    /// 联系人.
    pub contact: String,
    /// 联系电话.
    pub phone: String,
    /// 变更原因; empty unless the row was changed.
    #[serde(skip)]
    pub reason: String,
    /// Its row in the sheet, from 0.
    #[serde(skip)]
    pub(super) row: u32,
}

fn table_name<S: Serializer>(table: &Table, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(table.name())
}

fn table_of<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Table, D::Error> {
    let name = String::deserialize(deserializer)?;
    let found = [Table::Mobile, Table::Dust].into_iter().find(|table| table.name() == name);
    found.ok_or_else(|| de::Error::custom(format!("no table of sources {name:?}")))
}

/// A sector's part of the whole-society emission.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sector {
    /// 源类.
    pub sector: String,
    /// 排放量.
    pub emission_g_per_day: Amounts,
    /// 变更原因; empty unless the row was changed.
    #[serde(skip)]
    pub reason: String,
    /// Its row in the sheet, from 0.
    #[serde(skip)]
    pub(super) row: u32,
}

/// What kind of measure the public part names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PublicKind {
    /// 健康防护措施.
    Health,
    /// 倡议性减排措施.
    Advisory,
    /// 强制性减排措施.
    Mandatory,
}

impl PublicKind {
    /// In the order of a notice.
    pub const ALL: [Self; 3] = [Self::Health, Self::Advisory, Self::Mandatory];

    /// As notice and list call it.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Health => "健康防护措施",
            Self::Advisory => "倡议性减排措施",
            Self::Mandatory => "强制性减排措施",
        }
    }
}

/// A measure of the public part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicMeasure {
    /// At which level.
    pub level: Level,
    /// What kind.
    pub kind: PublicKind,
    /// 措施.
    pub measure: String,
    /// 责任部门; several are parted by 、.
    pub department: String,
    /// Its row in the sheet, from 0.
    #[serde(skip)]
    pub(super) row: u32,
}

/// Why a row of the edition before is no longer listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removal {
    /// From which sheet, by the sheet's name.
    pub table: Table,
    /// The enterprise, source or sector.
    pub name: String,
    /// 区县; empty of a sector.
    pub district: String,
    /// 生产线; empty of anything else.
    pub line: String,
    /// 变更原因.
    pub reason: String,
    /// Its row in the sheet, from 0.
    pub(super) row: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_read_as_lists_write_them_and_back() {
        let shown = |text: &str| Measure::parse(text).map(|m| m.to_string());
        let same = ["停产", "限产50%", "停产50%（以生产线计）", "自主减排", "停产（停2#烧结机）"];
        for text in same {
            assert_eq!(shown(text).as_deref(), Some(text));
        }
        assert_eq!(shown("限产30％(停1台窑)").as_deref(), Some("限产30%（停1台窑）"));
        assert_eq!(shown("停线").as_deref(), Some("停产"));
        assert_eq!(shown("/").as_deref(), Some("不采取措施"));
        for none in ["", "减产", "限产", "限产0%", "限产100%", "限产五成", "停产一半", "停产（未完"]
        {
            assert_eq!(shown(none), None, "{none}");
        }
    }

    #[test]
    fn the_lowest_grade_is_called_on_first() {
        let order: Vec<_> = Grade::ALL.iter().map(|g| g.text_zh()).collect();
        assert!(Grade::ALL.is_sorted());
        assert_eq!(order, ["D", "C", "B-", "B", "非引领性", "未评级", "A", "引领性"]);
        assert_eq!(Grade::parse("B－级"), Some(Grade::BMinus));
        assert_eq!(Grade::parse("E"), None);
        for grade in Grade::ALL {
            assert_eq!(Grade::parse(grade.text_zh()), Some(grade));
        }
    }
}
