//! From the line of hours to levels: on which basis, at which end of the forecast's range and by which AQI of
//! 24 hours each level is reached, with the numbers that decide it.
//!
//! In: a [`RuleSet`] and a [`Line`]. Out: an [`Evaluation`].
//!
//! Invariants: only known blocks of 24 hours count, so nothing beyond a forecast's horizon does; what could
//! still become a level beyond it is marked. A spell is made of blocks that do not overlap; blocks whose gap
//! is too short to lift count as one spell. What is observed counts while it lasts: a spell that has ended
//! leads to nothing.
//!
//! Source: warning-rules.md; standards.md section 5 (same-episode rule, the higher level counts, 36 hours).

use serde::{Deserialize, Serialize};

use super::Level;
use super::line::{Block, Line};
use super::rules::{Condition, DailyAqi, Joined, Path, RangeEnd, RuleSet};
use crate::index::Pollutants;
use crate::outlook::Source;
use crate::time::{DAY_H, Hour};

/// What a level rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// What is forecast.
    Forecast,
    /// What was observed and lasts: it can recommend an immediate start.
    Observed,
    /// Observed hours followed by forecast ones.
    Joined,
}

impl Basis {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Forecast, Self::Observed, Self::Joined];

    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::Forecast => "预报",
            Self::Observed => "实况",
            Self::Joined => "实况与预报衔接",
        }
    }
}

/// A spell that fulfils a condition.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Spell {
    /// What it fulfils.
    pub condition: Condition,
    /// Its first hour.
    pub from: Hour,
    /// Its last hour.
    pub to: Hour,
    /// How long it counts.
    pub hours: u16,
    /// The 24-hour AQIs above the border that make it: last hour and AQI, oldest first.
    pub blocks: Vec<(Hour, u16)>,
    /// What leads in its blocks.
    pub leads: Pollutants,
}

/// A level as one way of looking reaches it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// The level.
    pub level: Level,
    /// On what it rests.
    pub basis: Basis,
    /// A spell for each condition of the alternative that holds; the first is the longest.
    pub spells: Vec<Spell>,
}

/// What one end of the range and one AQI of 24 hours come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Outcome {
    /// The end of the forecast's range.
    pub end: RangeEnd,
    /// The AQI of 24 hours.
    pub daily_aqi: DailyAqi,
    /// The highest coloured level, by basis; what is not reached is left out.
    pub ladder: Vec<Reached>,
    /// The highest level by basis if air counted too that takes the advisory path.
    pub advisory: Vec<Reached>,
    /// The highest level that a spell running into the horizon could still become.
    pub beyond_horizon: Option<Level>,
}

/// What the air that was and is forecast comes to at one hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Evaluation {
    /// Name of the rule set.
    pub rules: String,
    /// Whose forecast was looked at.
    pub source: Source,
    /// The last observed hour.
    pub hour: Hour,
    /// The last hour that is forecast.
    pub horizon: Option<Hour>,
    /// For how many hours ahead all is forecast.
    pub known_ahead_hours: u16,
    /// The forecasts by the number of their record.
    pub forecasts: Vec<u64>,
    /// The AQI of the last observed hour.
    pub aqi: Option<u16>,
    /// For each end of the range and AQI of 24 hours, what it comes to.
    pub outcomes: Vec<Outcome>,
    /// What is to be recommended: by the end and the AQI that the rules name, beginning soon enough.
    pub recommended: Option<Reached>,
    /// As `recommended`, of air that takes the advisory path: no level, but advice.
    pub advised: Option<Reached>,
    /// The highest level for which the present spell goes on: below it, the spell is over.
    pub held: Option<Level>,
    /// Why nothing may be lowered or lifted although the condition is gone.
    pub keeps: Option<Keeps>,
}

/// Why a level is kept although its condition does not show.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeps {
    /// The last hour is missing.
    NoObservation,
    /// The forecast does not reach far enough.
    ForecastTooShort,
    /// All is known, and the last hour is still above the lowest border.
    StillPolluted,
}

impl Keeps {
    /// As it is written.
    #[must_use]
    pub const fn text_zh(self) -> &'static str {
        match self {
            Self::NoObservation => "最近一小时实况缺测，不得据此解除",
            Self::StillPolluted => "实况尚未改善到启动标准以下",
            Self::ForecastTooShort => "预报时效不足，无法判断改善能否持续",
        }
    }
}

/// How far a spell reaches back from its last block.
#[derive(Clone, Copy, Debug)]
struct Link {
    start: usize,
    blocks: u16,
    before: Option<usize>,
}

/// One way of looking: blocks of an end and an AQI, of the air that counts.
struct View<'a> {
    rules: &'a RuleSet,
    line: &'a Line,
    blocks: &'a [Option<Block>],
    /// Whether only air on the coloured path counts.
    path: Path,
}

impl Evaluation {
    /// Looks at an area's lines ([`Line::all`]) by a rule set: what any of them reaches counts.
    #[must_use]
    pub fn of(rules: &RuleSet, lines: &[Line], source: Source) -> Option<Self> {
        let mut each = lines.iter().map(|line| Self::of_line(rules, line, source));
        let first = each.next()?;
        Some(each.fold(first, Self::or))
    }

    /// This one, with what the other reaches beyond it.
    fn or(mut self, other: Self) -> Self {
        let higher = |a: Option<Reached>, b: Option<Reached>| {
            let level = |of: &Option<Reached>| of.as_ref().map(|reached| reached.level);
            if level(&b) > level(&a) { b } else { a }
        };
        let by_basis = |a: &[Reached], b: &[Reached]| {
            let of = |all: &[Reached], basis| all.iter().find(|r| r.basis == basis).cloned();
            let one = |basis| higher(of(a, basis), of(b, basis));
            Basis::ALL.into_iter().filter_map(one).collect::<Vec<_>>()
        };
        for (ours, theirs) in self.outcomes.iter_mut().zip(&other.outcomes) {
            ours.ladder = by_basis(&ours.ladder, &theirs.ladder);
            ours.advisory = by_basis(&ours.advisory, &theirs.advisory);
            let reached = ours.ladder.iter().map(|reached| reached.level).max();
            let beyond = ours.beyond_horizon.max(theirs.beyond_horizon);
            ours.beyond_horizon = beyond.filter(|level| Some(*level) > reached);
        }
        self.recommended = higher(self.recommended, other.recommended);
        self.advised = higher(self.advised, other.advised);
        self.held = self.held.max(other.held);
        self.forecasts.extend(other.forecasts);
        self.forecasts.sort_unstable();
        self.forecasts.dedup();
        self
    }

    fn of_line(rules: &RuleSet, line: &Line, source: Source) -> Self {
        let mut outcomes = Vec::new();
        let (mut recommended, mut advised, mut held) = (None, None, None);
        // By the clock: hours that are left out of the line pass all the same.
        let next = line.last_observed().map_or_else(Hour::default, |last| last.hour.plus(1));
        let soon = next.plus(i32::from(rules.recommend_within_hours));
        let same_spell = next.plus(i32::from(rules.lifting_hours));
        let ever = Hour::from_number(i32::MAX);
        for daily_aqi in DailyAqi::ALL {
            for end in RangeEnd::ALL {
                let blocks = line.blocks(daily_aqi, end);
                let view = |path| View { rules, line, blocks: &blocks, path };
                let (ladder, advisory) = (view(Path::Ladder), view(Path::Advisory));
                outcomes.push(Outcome {
                    end,
                    daily_aqi,
                    ladder: ladder.by_basis(ever),
                    advisory: advisory.by_basis(ever),
                    beyond_horizon: ladder.beyond_horizon(),
                });
                if (daily_aqi, end) == (rules.daily_aqi, rules.followed(source)) {
                    recommended = highest(ladder.by_basis(soon));
                    advised = highest(advisory.by_basis(soon));
                    held = highest(ladder.by_basis(same_spell)).map(|reached| reached.level);
                }
            }
        }
        let last = line.last_observed();
        let aqi = last.and_then(|last| last.aqi);
        Self {
            rules: rules.name.clone(),
            source,
            hour: last.map_or_else(Hour::default, |last| last.hour),
            horizon: line.horizon(),
            known_ahead_hours: line.known_ahead(),
            forecasts: line.forecasts(),
            aqi,
            outcomes,
            recommended,
            advised,
            held,
            keeps: keeps(rules, aqi, line.known_ahead()),
        }
    }

    /// The level that the rules recommend; `None` for none.
    #[must_use]
    pub fn level(&self) -> Option<Level> {
        self.recommended.as_ref().map(|reached| reached.level)
    }
}

fn keeps(rules: &RuleSet, aqi: Option<u16>, known_ahead: u16) -> Option<Keeps> {
    match aqi {
        None => Some(Keeps::NoObservation),
        Some(_) if known_ahead < rules.lifting_hours => Some(Keeps::ForecastTooShort),
        Some(aqi) if aqi > rules.lowest_border() => Some(Keeps::StillPolluted),
        Some(_) => None,
    }
}

/// The highest; of equals the first, since a forecast names its day ahead.
fn highest(reached: Vec<Reached>) -> Option<Reached> {
    reached.into_iter().rev().max_by_key(|reached| reached.level)
}

impl View<'_> {
    /// The highest level by basis, of spells that begin before `latest`.
    fn by_basis(&self, latest: Hour) -> Vec<Reached> {
        // Nearly every hour: no block is above anything that counts.
        let border = self.rules.lowest_border();
        if self.blocks.iter().flatten().all(|block| block.aqi <= border) {
            return Vec::new();
        }
        let of_basis = |basis: Basis| {
            let mut levels = Level::ALL.into_iter().rev();
            levels.find_map(|level| {
                let mut alternatives = self.rules.alternatives(level).iter();
                let spells = alternatives.find_map(|all| self.fulfils(all, basis, latest))?;
                Some(Reached { level, basis, spells })
            })
        };
        let counts = |basis: &Basis| *basis != Basis::Observed || !self.line.is_cut();
        Basis::ALL.into_iter().filter(counts).filter_map(of_basis).collect()
    }

    /// Spells that fulfil all conditions: the lowest border's, and within it those of the others.
    fn fulfils(&self, all: &[Condition], basis: Basis, latest: Hour) -> Option<Vec<Spell>> {
        let lowest = *all.iter().min_by_key(|c| (c.above, u16::MAX - c.hours))?;
        let from = if basis == Basis::Forecast { self.line.observed() } else { 0 };
        let links = self.links(lowest.above, (from, self.line.len()));
        let fits = |(last, link): &(usize, Link)| {
            let (observed, start) = (self.line.observed(), link.start);
            let of_basis = match basis {
                Basis::Forecast => true,
                Basis::Observed => last + 1 == observed,
                Basis::Joined => *last >= observed && start < observed,
            };
            of_basis && self.line.hour(start) < latest && self.hours(*last, link) >= lowest.hours
        };
        let mut spells: Vec<(usize, Link)> =
            links.iter().enumerate().filter_map(|(at, link)| Some((at, (*link)?))).collect();
        spells.retain(fits);
        // The longest first; of equals the earliest.
        spells.sort_by_key(|(last, link)| (u16::MAX - self.hours(*last, link), *last));
        spells.into_iter().find_map(|(last, link)| {
            let mut found = vec![self.spell(lowest, &links, last)];
            for condition in all.iter().filter(|c| **c != lowest) {
                let within = self.links(condition.above, (link.start, last + 1));
                let enough = |(at, link): (usize, &Option<Link>)| {
                    let link = link.as_ref()?;
                    (self.hours(at, link) >= condition.hours).then_some(at)
                };
                let at = within.iter().enumerate().find_map(enough)?;
                found.push(self.spell(*condition, &within, at));
            }
            Some(found)
        })
    }

    /// For each place, the spell above `border` whose last block ends there, of blocks within the places.
    fn links(&self, border: u16, (from, to): (usize, usize)) -> Vec<Option<Link>> {
        let mut links: Vec<Option<Link>> = vec![None; self.line.len()];
        let gap = self.rules.lifting_hours.max(1);
        for last in (from + DAY_H).saturating_sub(1)..to {
            let Some(block) = self.blocks[last].filter(|block| block.aqi > border) else {
                continue;
            };
            if self.path == Path::Ladder && self.path_of(&block) != Path::Ladder {
                continue;
            }
            let start = last + 1 - DAY_H;
            let mut best = Link { start, blocks: 1, before: None };
            // The block before it ends so short a time before this one starts that nothing could be lifted.
            let earliest = start.saturating_sub(usize::from(gap));
            for (n, link) in links[earliest..start].iter().enumerate() {
                let before = earliest + n;
                let between = self.line.hour(start).number() - self.line.hour(before).number() - 1;
                let joins = between < i32::from(gap);
                let Some(link) = link.filter(|link| joins && link.start >= from) else { continue };
                let longer =
                    Link { start: link.start, blocks: link.blocks + 1, before: Some(before) };
                let better = match self.rules.joined {
                    Joined::Span => (longer.start, best.blocks) < (best.start, longer.blocks),
                    Joined::Sum => longer.blocks > best.blocks,
                };
                if better {
                    best = longer;
                }
            }
            links[last] = Some(best);
        }
        links
    }

    fn path_of(&self, block: &Block) -> Path {
        if block.cause.is_some() { Path::Advisory } else { self.rules.path(block.leads) }
    }

    /// How long a spell counts.
    fn hours(&self, last: usize, link: &Link) -> u16 {
        match self.rules.joined {
            Joined::Span => u16::try_from(last + 1 - link.start).unwrap_or(u16::MAX),
            Joined::Sum => link.blocks * 24,
        }
    }

    fn spell(&self, condition: Condition, links: &[Option<Link>], last: usize) -> Spell {
        let (mut blocks, mut leads, mut from) = (Vec::new(), Pollutants::EMPTY, last);
        let mut hours = 0;
        let mut at = Some(last);
        while let Some(place) = at {
            let (Some(link), Some(block)) = (links[place], self.blocks[place]) else { break };
            if place == last {
                hours = self.hours(last, &link);
            }
            blocks.push((self.line.hour(place), block.aqi));
            block.leads.iter().for_each(|p| leads.insert(p));
            from = place + 1 - DAY_H;
            at = link.before;
        }
        blocks.reverse();
        let (from, to) = (self.line.hour(from), self.line.hour(last));
        Spell { condition, from, to, hours, blocks, leads }
    }

    /// The highest level one of whose conditions a spell reaches into the horizon for, too short so far.
    fn beyond_horizon(&self) -> Option<Level> {
        let last = self.line.len().checked_sub(1)?;
        if last < self.line.observed() {
            return None;
        }
        self.blocks[last].filter(|block| block.aqi > self.rules.lowest_border())?;
        let runs_on = |condition: &Condition| {
            let links = self.links(condition.above, (0, self.line.len()));
            links[last].is_some_and(|link| self.hours(last, &link) < condition.hours)
        };
        let reached = self.by_basis(Hour::from_number(i32::MAX));
        let mut levels = Level::ALL.into_iter().rev();
        levels.find(|level| {
            let below = reached.iter().all(|reached| reached.level < *level);
            // Every condition of an alternative must at least have begun, or hold.
            let may = |all: &Vec<Condition>| {
                let begun = |c: &Condition| {
                    let links = self.links(c.above, (0, self.line.len()));
                    links.iter().flatten().next().is_some()
                };
                all.iter().any(runs_on) && all.iter().all(begun)
            };
            below && self.rules.alternatives(*level).iter().any(may)
        })
    }
}
