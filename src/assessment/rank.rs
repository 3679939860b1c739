//! Ranks: what a set's entities come to beside each other, the best first.
//!
//! In: the hours or days of each entity of a set. Out: a [`Rank`] with a row for each of them.
//!
//! Invariants: figures are compared as they are shown, so equal ones share a rank and the next one is
//! counted past them (1, 1, 3); who has no figure has no rank but its reason; both sides of a change are
//! judged by one edition and rest on one dataset, or it is refused; a rank that we reckon says so (测算).
//!
//! Source: HJ 663 as the monthly notices apply it (the lower composite index is the better; equal values
//! share a rank; 变化情况 is the change of the composite index on the year before in percent).

mod by;
mod moment;
mod set;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

pub use by::RankBy;
pub use moment::Moment;
pub use set::{OfficialRank, RankSet};

use super::{DayFigures, DustColumn, Exact, JudgedBy, Period, Span, Subject};
use crate::area::{Figures, Member, Registry};
use crate::explanation::Decimal;
use crate::index::Category;
use crate::observation::{Basis, Dataset};
use crate::standard::Parameters;
use crate::time::{DAY_H, Day, Hour};

/// A figure that is ranked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RankFigure {
    /// Rounded as it is shown.
    pub(super) shown: Exact,
    /// Its text.
    pub(super) text: Decimal,
    /// Of a change: the figure now and before, as shown.
    pub(super) sides: Option<(Decimal, Decimal)>,
    /// Of an AQI: its class.
    pub(super) category: Option<Category>,
}

/// What is ranked, and by what.
#[derive(Clone, Copy, Debug)]
pub struct RankAsked<'a> {
    /// The set's area or list of reference cities.
    pub registry: &'a Registry,
    /// Whose.
    pub set: &'a RankSet,
    /// By which figure.
    pub by: RankBy,
    /// Of which hour or days.
    pub moment: Moment,
    /// On which data it rests.
    pub dataset: Dataset,
    /// In which column of dust.
    pub dust: DustColumn,
    /// The edition.
    pub judged_by: JudgedBy,
    /// What the sources leave open.
    pub parameters: &'a Parameters,
}

/// First and last day of a span, and its days by member of a set.
pub type DaysOfSpan<'a> = ((Day, Day), &'a [Vec<DayFigures>]);

/// What an entity comes to.
#[derive(Clone, Debug)]
struct Candidate {
    member: Member,
    /// As it is shown, or why there is none, in words.
    figure: Result<RankFigure, String>,
    /// Days with a value of the figure, of those of the span; of an hour none.
    days: Option<(u32, u32)>,
    /// Hours of stations deducted for dust.
    deducted: u32,
}

/// One entity's place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RankRow {
    /// From the best, 1 on; equal figures share it. Null where there is no figure.
    pub rank: Option<u32>,
    /// From the worst (倒数), 1 on.
    pub rank_from_last: Option<u32>,
    /// Whether others have the same figure.
    pub tied: bool,
    /// The area, `area/set`, or a code.
    pub entity: String,
    /// Its name.
    pub name: String,
    /// Whether it is the one that the set is looked at for.
    pub own: bool,
    /// The figure as shown.
    pub value: Option<Decimal>,
    /// Of a change: the figure now, as shown.
    pub now: Option<Decimal>,
    /// Of a change: the figure of the year before.
    pub before: Option<Decimal>,
    /// Of an AQI: its class.
    pub category: Option<&'static str>,
    /// Days with a value of what is ranked, of the composite index those of the scarcest of six; null of an
    /// hour.
    pub days_valid: Option<u32>,
    /// Days of the span; null of an hour.
    pub days_total: Option<u32>,
    /// Whether these are fewer than a month needs (GB 3095 Table 4: 27 of 31), of a span as long as a month:
    /// the rank then says little.
    pub thin: bool,
    /// Hours of stations that the column of dust deducts; null of an hour.
    pub dust_station_hours: Option<u32>,
    /// Why there is no figure.
    pub reason_zh: Option<String>,
}

/// A set's entities beside each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Rank {
    /// The set's code.
    pub set: String,
    /// Its name.
    pub set_name: String,
    /// The figure's code.
    pub by: &'static str,
    /// What it is called.
    pub by_zh: &'static str,
    /// Its unit; empty of an index.
    pub unit: &'static str,
    /// `lower` or `higher`: which figure is the better.
    pub better: &'static str,
    /// `hour`, `so_far` (the day up to an hour) or `days`.
    pub span: &'static str,
    /// The start of the hour; null of days.
    pub hour: Option<String>,
    /// First day.
    pub from: String,
    /// Last day, included.
    pub to: String,
    /// The hour or days as people say them.
    pub span_zh: String,
    /// The editions that judged: `hj633_2012`, or two joined by `+`.
    pub edition: String,
    /// `letter` or `national_platform`.
    pub practice: &'static str,
    /// Open choices that are not the default.
    pub parameters: BTreeMap<&'static str, String>,
    /// `realtime`, `reviewed` or `best`.
    pub dataset: &'static str,
    /// What the figures rest on, in words (数据口径).
    pub dataset_zh: String,
    /// The column of dust.
    pub dust: &'static str,
    /// Its head: 实况, 扣沙(认定), 扣沙(申报,估算).
    pub dust_zh: &'static str,
    /// Whose hours a column deducts, or that it deducts none; null of the measured one.
    pub dust_note_zh: Option<String>,
    /// Whether it is the official rank; one that is reckoned here never is (测算).
    pub official: bool,
    /// The rank of the set's own entity as it was published (官方值), where it was entered.
    pub official_rank: Option<u32>,
    /// Where it was published.
    pub official_document: Option<String>,
    /// Entities of the set.
    pub members: u32,
    /// Of them, those with a rank.
    pub ranked: u32,
    /// The place of the set's own entity in a sentence; null where it has none.
    pub sentence_zh: Option<String>,
    /// The best first; those without a rank last.
    pub rows: Vec<RankRow>,
}

impl RankAsked<'_> {
    /// The rank, from what it needs: figures of an hour, or days of a span, by member of the set.
    ///
    /// # Errors
    /// What `hour_of` and `days_of` give up with.
    pub fn reckon<E>(
        &self,
        hour_of: impl FnOnce(Hour) -> Result<Vec<Option<Figures>>, E>,
        mut days_of: impl FnMut(Span) -> Result<Vec<Vec<DayFigures>>, E>,
    ) -> Result<Rank, E> {
        match self.moment {
            Moment::Hour(hour) | Moment::SoFar(hour) => Ok(self.of_hour(&hour_of(hour)?)),
            Moment::Days(span) => {
                let then = span.year_before().filter(|_| self.by.is_change());
                let before = then.map(|then| days_of(then).map(|days| (then, days))).transpose()?;
                let before = before.as_ref();
                let before = before.map(|(then, days)| ((then.from, then.to), days.as_slice()));
                Ok(self.of_days(&days_of(span)?, before))
            }
        }
    }

    /// The rank of an hour, or of the day up to it: figures by member of the set, none where an entity is not
    /// in operation.
    #[must_use]
    pub fn of_hour(&self, figures: &[Option<Figures>]) -> Rank {
        let mut all = Vec::with_capacity(figures.len());
        let mut reviewed = Vec::new();
        for (member, figures) in self.set.members.iter().zip(figures) {
            let figure = match figures {
                Some(figures) => self.by.of_hour(&self.moment, figures),
                None => Err("未投运".to_owned()),
            };
            reviewed.extend(figures.iter().filter(|_| figure.is_ok()).map(|f| f.reviewed));
            all.push(Candidate { member: *member, figure, days: None, deducted: 0 });
        }
        let (any, every) = (reviewed.contains(&true), !reviewed.contains(&false));
        let mut basis = Basis::default();
        if let Some(hour) = self.moment.hour() {
            basis.note(hour, any && every);
        }
        self.rank(all, &self.basis_zh(&basis, any && !every))
    }

    /// The rank of days: those of the span by member of the set, and for a change those of the year before
    /// with their span.
    #[must_use]
    pub fn of_days(&self, now: &[Vec<DayFigures>], before: Option<DaysOfSpan<'_>>) -> Rank {
        let span = self.moment.days();
        let mut all = Vec::with_capacity(now.len());
        for (at, (member, days)) in self.set.members.iter().zip(now).enumerate() {
            let kind = member.entity();
            let subject = Subject {
                area: self.registry.area.as_str(),
                entity: &self.registry.name_of(*member),
                name: self.registry.called(*member),
                kind,
                parameters: self.parameters,
                judged_by: self.judged_by,
                dataset: self.dataset,
                dust: self.dust,
            };
            let period = |span: (Day, Day), days: &[DayFigures]| {
                Period::judged_by(self.judged_by, span, days, self.parameters, kind)
            };
            let period_now = period(span, days);
            let then = before.and_then(|(span, all)| Some((span, all.get(at)?)));
            let then = then.map(|(span, days)| (period(span, days), days.as_slice()));
            let then = then.as_ref().map(|(period, days)| (period, *days));
            let figure = self.by.of_days((&period_now, days), then, &subject);
            let valid = (self.by.days_of(&period_now), period_now.days_total);
            let deducted = days.iter().filter_map(|day| day.deducted.as_ref());
            let deducted = deducted.map(|one| one.station_hours).sum();
            all.push(Candidate { member: *member, figure, days: Some(valid), deducted });
        }
        self.rank(all, &self.basis_zh(&basis(now), differ(now)))
    }

    /// The line 数据口径; entities on different data are not silently beside each other.
    fn basis_zh(&self, basis: &Basis, differ: bool) -> String {
        let note = if differ { "；各对象审核进度不一，名次仅供参考" } else { "" };
        basis.zh(self.dataset) + note
    }

    /// Whose hours a column of dust deducts.
    fn dust_note(&self, candidates: &[Candidate]) -> Option<String> {
        if self.dust == DustColumn::Measured {
            return None;
        }
        let with = candidates.iter().filter(|c| c.deducted > 0);
        let names: Vec<&str> = with.map(|c| self.registry.called(c.member)).collect();
        Some(match names.as_slice() {
            [] => "没有可扣除的沙尘时段，与实况相同".to_owned(),
            some => format!("有扣除的为{}，其余与实况相同", some.join("、")),
        })
    }

    /// Ranks what entities come to; equal ones stay in the order of the set.
    fn rank(&self, mut candidates: Vec<Candidate>, basis_zh: &str) -> Rank {
        let figure = |c: &Candidate| c.figure.as_ref().ok().map(|f| f.shown.clone());
        // Who has no figure comes last.
        candidates.sort_by(|a, b| match (figure(a), figure(b)) {
            (Some(a), Some(b)) if self.by.higher_is_better() => b.cmp(&a),
            (Some(a), Some(b)) => a.cmp(&b),
            (a, b) => a.is_none().cmp(&b.is_none()),
        });
        let figures: Vec<Exact> = candidates.iter().filter_map(figure).collect();
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let place = |shown: &Exact| {
            let first = figures.iter().position(|f| f == shown).unwrap_or(0);
            let same = figures[first..].iter().take_while(|f| *f == shown).count();
            Place {
                rank: count(first + 1),
                from_last: count(figures.len() - first - same + 1),
                tied: same > 1,
            }
        };
        let dust_note_zh = self.dust_note(&candidates);
        let rows = candidates.into_iter().map(|c| {
            let placed = c.figure.as_ref().ok().map(|f| place(&f.shown));
            self.row(c, placed)
        });
        let rank = self.head(rows.collect(), count(figures.len()), basis_zh);
        Rank { sentence_zh: rank.sentence(self.dust), dust_note_zh, ..rank }
    }

    fn head(&self, rows: Vec<RankRow>, ranked: u32, basis_zh: &str) -> Rank {
        let (from, to) = self.moment.days();
        let official = self.set.official(self.by, &self.moment);
        let changed = self.parameters.list().into_iter().filter(|p| p.value != p.default);
        Rank {
            set: self.set.code.clone(),
            set_name: self.set.name.clone(),
            by: self.by.code(),
            by_zh: self.by.zh(&self.moment),
            unit: self.by.unit(),
            better: if self.by.higher_is_better() { "higher" } else { "lower" },
            span: self.moment.name(),
            hour: self.moment.hour().map(|hour| hour.start().to_string()),
            from: from.to_string(),
            to: to.to_string(),
            span_zh: self.moment.zh(),
            edition: self.judged_by.editions((from, to)),
            practice: self.parameters.practice.code(),
            parameters: changed.map(|p| (p.name, p.value)).collect(),
            dataset: self.dataset.name(),
            dataset_zh: basis_zh.to_owned(),
            dust: self.dust.code(),
            dust_zh: self.dust.zh(),
            dust_note_zh: None,
            official: false,
            official_rank: official.map(|o| o.rank),
            official_document: official.map(|o| o.document.clone()),
            members: u32::try_from(rows.len()).unwrap_or(u32::MAX),
            ranked,
            sentence_zh: None,
            rows,
        }
    }

    fn row(&self, candidate: Candidate, placed: Option<Place>) -> RankRow {
        let Candidate { member, figure, days, deducted } = candidate;
        let (figure, reason_zh) = match figure {
            Ok(figure) => (Some(figure), None),
            Err(reason) => (None, Some(reason)),
        };
        let (now, before) = figure.as_ref().and_then(|f| f.sides.clone()).unzip();
        RankRow {
            rank: placed.map(|p| p.rank),
            rank_from_last: placed.map(|p| p.from_last),
            tied: placed.is_some_and(|p| p.tied),
            entity: self.registry.name_of(member),
            name: self.registry.called(member).to_owned(),
            own: self.set.own == Some(member),
            category: figure.as_ref().and_then(|f| f.category).map(Category::code),
            value: figure.map(|f| f.text),
            now,
            before,
            days_valid: days.map(|(valid, _)| valid),
            days_total: days.map(|(_, total)| total),
            thin: days.is_some_and(is_thin),
            dust_station_hours: days.map(|_| deducted),
            reason_zh,
        }
    }
}

/// Fewer valid days than a month needs, 27 of 31, of a span as long as a month.
fn is_thin((valid, total): (u32, u32)) -> bool {
    total >= 28 && valid * 31 < total * 27
}

/// Whether days rest on reviewed data for some entities and not for others.
fn differ(days: &[Vec<DayFigures>]) -> bool {
    let mut by_day: BTreeMap<Day, (bool, bool)> = BTreeMap::new();
    for day in days.iter().flatten().filter(|day| day.means.stations_valid > 0) {
        let (some, others) = by_day.entry(day.day).or_default();
        *some |= day.is_reviewed();
        *others |= !day.is_reviewed();
    }
    by_day.into_values().any(|(some, others)| some && others)
}

/// Where a figure stands.
#[derive(Clone, Copy)]
struct Place {
    rank: u32,
    from_last: u32,
    tied: bool,
}

/// How far days rest on reviewed data: an hour does when those of every entity with data do.
fn basis(days: &[Vec<DayFigures>]) -> Basis {
    let mut reviewed: BTreeMap<Day, u32> = BTreeMap::new();
    for day in days.iter().flatten().filter(|day| day.means.stations_valid > 0) {
        *reviewed.entry(day.day).or_insert(u32::MAX) &= day.reviewed;
    }
    let mut basis = Basis::default();
    for (day, bits) in reviewed {
        (0..DAY_H).for_each(|hour| basis.note(day.hour(hour), bits & (1 << hour) != 0));
    }
    basis
}

impl Rank {
    /// `大连2025年1月综合指数4.21，由好到差列全省14市并列第3位；参与排名14个，测算`.
    fn sentence(&self, dust: DustColumn) -> Option<String> {
        let row = self.rows.iter().find(|row| row.own)?;
        let (rank, value) = row.rank.zip(row.value.as_ref())?;
        let Self { span_zh, by_zh, unit, set_name, ranked, .. } = self;
        let unit = match *unit {
            "µg/m³" => "微克/立方米",
            "mg/m³" => "毫克/立方米",
            other => other,
        };
        let tied = if row.tied { "并列" } else { "" };
        let figure = match (&row.now, value.to_string()) {
            (Some(now), value) => {
                let what = by_zh.trim_end_matches("同比变化");
                format!("{what}{now}，同比{}，变化情况由好到差", risen_or_fallen(&value))
            }
            (None, value) => format!("{by_zh}{value}{unit}，由好到差"),
        };
        let name = &row.name;
        let place = format!("列{set_name}{tied}第{rank}位");
        let official = self.official_rank.map(|rank| format!("；官方值（录入）第{rank}位"));
        let official = official.unwrap_or_default();
        let column = dust.before_zh();
        Some(format!("{column}{name}{span_zh}{figure}{place}；参与排名{ranked}个，测算{official}"))
    }
}

/// `上升4.4%`, `下降4.4%`, `持平`.
fn risen_or_fallen(percent: &str) -> String {
    match (percent.strip_prefix('-'), percent) {
        (_, "0.0") => "持平".to_owned(),
        (Some(percent), _) => format!("下降{percent}%"),
        (None, percent) => format!("上升{percent}%"),
    }
}
