//! An edition of the list, whole and checked.
//!
//! In: rows that hold together. Out: [`Edition`], its sums and its digest.
//! Invariants: only [`load`](super::load) makes one, or made it once and the store kept it; rows stand in an
//! order of their own, so that content alone decides the digest, whatever the file was.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use sha2::{Digest, Sha256};

use super::emission::Amounts;
use super::map::Table;
use super::rows::{Line, PublicMeasure, Removal, Sector, Source};
use super::sheet::Place;
use crate::time::Day;
use crate::warning::Level;

/// A district of mobile and dust sources that are everywhere.
pub const WHOLE_CITY: &str = "全市";

/// An edition (版次) of the emergency-measures list (应急减排清单).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edition {
    /// 城市.
    pub city: String,
    /// 备案文号.
    pub filing: String,
    /// 实施日期.
    #[serde(serialize_with = "shown", deserialize_with = "day")]
    pub in_force: Day,
    /// 区县, in the order of the list.
    pub districts: Vec<String>,
    /// 工业源, by district, enterprise and line.
    pub lines: Vec<Line>,
    /// 移动源 and 扬尘源, by sheet, district and name.
    pub sources: Vec<Source>,
    /// 全社会排放量, by sector.
    pub society: Vec<Sector>,
    /// 公众措施, by level and kind, in the order of the list.
    pub public: Vec<PublicMeasure>,
    /// 调出清单: reasons, no content.
    #[serde(skip)]
    pub removals: Vec<Removal>,
    /// The sheets, and the column that a finding about a row points at.
    #[serde(skip)]
    pub(super) sheets: BTreeMap<Table, SheetPlace>,
}

/// How the edition that a response rests on stands to the one in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ListStanding {
    /// It is the one in use.
    InUse,
    /// Another one came into use since.
    Replaced,
    /// The issue names none, or one that is not kept: it is the one in use.
    NotKept,
}

impl ListStanding {
    /// Which edition it is, in a sentence; `now` is 备案文号 of the one in use.
    #[must_use]
    pub fn text_zh(self, edition: &Edition, now: Option<&str>) -> String {
        let Edition { filing, in_force, .. } = edition;
        let of = format!("{filing}（实施日期{in_force}）");
        match self {
            Self::InUse => format!("依据应急减排清单：{of}"),
            Self::Replaced => {
                let now = now.map_or("目前未配置清单".to_owned(), |now| {
                    format!("现行清单已更新为{now}")
                });
                format!("依据发布时的应急减排清单：{of}；{now}")
            }
            Self::NotKept => {
                format!("发布时的清单版本未载明或未留存，依据现行应急减排清单：{of}")
            }
        }
    }
}

/// Where a table's rows and their reasons stand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SheetPlace {
    pub(super) place: Place,
    /// A place in the column of reasons (of names in 调出清单), or in none.
    pub(super) row: Place,
}

fn shown<S: Serializer>(day: &Day, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}

fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Day, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse().map_err(|_| de::Error::custom(format!("no day {text:?}")))
}

/// SHA-256 of a document's JSON, whose fields have a fixed order, in hexadecimal digits.
pub(super) fn digest(document: &impl Serialize) -> String {
    // Nothing in these documents can fail to be written: no map with keys that are no texts, no floats.
    let written = serde_json::to_vec(document).unwrap_or_default();
    Sha256::digest(written).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Edition {
    /// Puts the rows into the order that the content gives.
    pub(super) fn sorted(mut self) -> Self {
        let districts = self.districts.clone();
        let place = |name: &str| districts.iter().position(|d| d == name).map_or(0, |at| at + 1);
        self.lines.sort_by(|a, b| {
            let key = |l: &Line| (place(&l.district), l.enterprise.clone(), l.line.clone());
            key(a).cmp(&key(b)).then_with(|| a.credit_code.cmp(&b.credit_code))
        });
        self.sources.sort_by_key(|s| (s.table, place(&s.district), s.name.clone()));
        self.society.sort_by(|a, b| a.sector.cmp(&b.sector));
        self.public.sort_by_key(|measure| (measure.level, measure.kind));
        self
    }

    /// A digest of the content: the same for the same list as XLSX and as CSV.
    #[must_use]
    pub fn digest(&self) -> String {
        digest(self)
    }

    /// The content as it is kept: JSON, of which the digest is taken.
    #[must_use]
    pub fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default() // as in `digest`
    }

    /// An edition that was kept under a digest; without reasons and places, which belong to a file.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn from_json(written: &str, digest: &str) -> Result<Self, String> {
        let edition: Self = serde_json::from_str(written).map_err(|e| e.to_string())?;
        let found = edition.digest();
        if found == digest { Ok(edition) } else { Err(format!("its digest is {found}")) }
    }

    /// The whole-society emission: the denominator.
    #[must_use]
    pub fn society_total(&self) -> Amounts {
        self.society.iter().map(|sector| sector.emission_g_per_day).sum()
    }

    /// What all rows emit.
    #[must_use]
    pub fn base_total(&self) -> Amounts {
        let lines: Amounts = self.lines.iter().map(|line| line.base_g_per_day).sum();
        lines + self.sources.iter().map(|source| source.base_g_per_day).sum()
    }

    /// What all rows reduce at a level.
    #[must_use]
    pub fn reduction_total(&self, level: Level) -> Amounts {
        let lines: Amounts = self.lines.iter().map(|l| *l.reductions_g_per_day.of(level)).sum();
        lines + self.sources.iter().map(|s| *s.reductions_g_per_day.of(level)).sum()
    }

    /// How many enterprises there are.
    #[must_use]
    pub fn enterprise_count(&self) -> usize {
        let codes = self.lines.iter().map(|line| &line.credit_code);
        codes.collect::<std::collections::BTreeSet<_>>().len()
    }

    /// Whether it is overdue on a day.
    #[must_use]
    pub fn is_overdue(&self, today: Day) -> bool {
        is_overdue(self.in_force, today)
    }
}

/// Whether an edition in force since `in_force` is overdue on `today`: the list is revised by the end of
/// every September, so from 1 October on one that is older than 30 September is.
#[must_use]
pub fn is_overdue(in_force: Day, today: Day) -> bool {
    let (year, month, _) = today.date();
    let year = if month >= 10 { year } else { year - 1 };
    Day::of(year, 9, 30).is_some_and(|last| in_force < last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edition_is_overdue_from_1_october_on() {
        let day = |text: &str| text.parse::<Day>().expect("a day");
        let overdue = |in_force, today| is_overdue(day(in_force), day(today));
        assert!(!overdue("2025-10-01", "2026-09-30"), "not on the last day of September");
        assert!(overdue("2025-10-01", "2026-10-01"), "on the next it is");
        assert!(overdue("2026-09-29", "2026-10-01"));
        assert!(!overdue("2026-09-30", "2026-10-01"), "of 30 September itself");
        assert!(!overdue("2026-09-30", "2027-09-30") && overdue("2026-09-30", "2027-10-01"));
        assert!(!overdue("2026-10-01", "2026-12-31") && !overdue("2026-10-01", "2027-01-01"));
        assert!(overdue("2024-09-30", "2026-01-15"), "the year turns nothing back");
    }
}
