//! Made-up figures, with which templates are tried before anybody needs a paper.
//!
//! Out: for each kind, figures with everything in them, and figures of a city that has nothing: a day without
//! AQI, no year before, no targets, no reference cities, a drill in place of a warning.

mod story;

use std::convert::Infallible;

use super::asked::{DaysWanted, Made, ReportAsked, ReportLists};
use super::feedback::Found;
use super::sources::{DutyWanted, RecordsWanted, Sources};
use super::{Every, ReportFigures, ReportKind};
use crate::area::{AreaId, Member, Registry, Span as Validity, Station};
use crate::assessment::dust::DustEntries;
use crate::assessment::rank::RankSet;
use crate::assessment::target::{Goal, Resampling, Target, TargetIndicator, Targets, Written};
use crate::assessment::{DayFigures, DustColumn, JudgedBy, Span};
use crate::average::{MISSING, Window};
use crate::duty::DutyRecord;
use crate::measures::Edition;
use crate::observation::{
    self, Dataset, POLLUTANTS, Pollutant, Property, Reading, StationId, StationKind,
};
use crate::quality::{Evidence, Finding, Rule, Treatment};
use crate::quantity::Amount;
use crate::standard::Parameters;
use crate::time::{DAY_H, Day};
use crate::warning::Record;

/// The last day that has ended where everything is there, and where nothing is.
const ENDED: [(i32, u8, u8); 2] = [(2026, 11, 24), (2024, 2, 29)];
/// Usual levels by [`Pollutant::index`], in 0.001 µg/m³.
const LEVELS: [i32; Pollutant::COUNT] = [40_000, 70_000, 9_000, 30_000, 700_000, 90_000];

/// Both figures of every kind.
pub(super) fn figures() -> Vec<ReportFigures> {
    let both = |kind| [true, false].map(|whole| figures_of(kind, whole));
    ReportKind::ALL.into_iter().flat_map(both).flatten().collect()
}

/// `None` never: the lists below are legal.
fn figures_of(kind: ReportKind, whole: bool) -> Option<ReportFigures> {
    let city = registry("sample", StationKind::National)?;
    let cities = registry("cities", StationKind::Reference)?;
    let (year, month, date) = ENDED[usize::from(!whole)];
    let ended = Day::of(year, month, date)?;
    let ranks = [RankSet {
        code: "sample".to_owned(),
        name: "示例各市".to_owned(),
        area: cities.area.clone(),
        members: (0..cities.stations.len()).map(Member::Station).collect(),
        own: Some(Member::Station(0)),
        official: Vec::new(),
    }];
    let targets = Targets { rows: if whole { targets(year) } else { Vec::new() } };
    let parameters = Parameters::default();
    let list = story::list()?;
    let mut bare = list.clone();
    (bare.lines, bare.sources, bare.public) = (Vec::new(), Vec::new(), Vec::new());
    let records = match (whole, kind) {
        (true, _) => story::records(ended, &list)?,
        // A page for the leaders has none of it.
        (false, ReportKind::Leader) => Vec::new(),
        (false, _) => story::bare_records(ended)?,
    };
    let span = match kind.every() {
        Every::Record => Span::day(ended.plus(1)),
        _ => kind.span(&kind.usual(ended), ended).ok()?,
    };
    let asked = ReportAsked {
        kind,
        registry: &city,
        member: Member::Set(0),
        span,
        parameters: &parameters,
        dataset: Dataset::Best,
        judged_by: JudgedBy::InForce,
        dust: DustColumn::Measured,
        lists: ReportLists {
            registries: &[&city, &cities],
            ranks: if whole { &ranks } else { &[] },
            targets: &targets,
            resampling: &Resampling { paths: 100, ..Resampling::DEFAULT },
            dust: &DustEntries::default(),
            measures: Some(if whole { &list } else { &bare }),
            district_report_due: 13 * 60,
        },
        record: story::record_of(kind, whole),
        receiver: None,
        made: Made {
            unit: "示例市生态环境监测中心",
            at: ended.plus(1).hour(8).start(),
            simulated: !whole,
        },
    };
    asked.reckon(&mut City { ended, whole, records }).ok()
}

/// What a made-up city has.
struct City {
    ended: Day,
    whole: bool,
    /// The oldest first.
    records: Vec<Record>,
}

impl Sources for City {
    type Fault = Infallible;

    fn days(&mut self, wanted: &DaysWanted<'_>) -> Result<Vec<Vec<DayFigures>>, Infallible> {
        Ok(days(wanted, (self.ended, self.whole)))
    }

    fn records(&mut self, wanted: &RecordsWanted) -> Result<Vec<Record>, Infallible> {
        let asked = |record: &&Record| {
            wanted.kinds.contains(&record.body.kind())
                && wanted.before.is_none_or(|before| record.number < before)
                && record.drill == wanted.drill
        };
        Ok(self.records.iter().rev().filter(asked).cloned().collect())
    }

    fn record(&mut self, number: u64) -> Result<Option<Record>, Infallible> {
        Ok(self.records.iter().find(|record| record.number == number).cloned())
    }

    fn warning(&mut self, number: u64) -> Result<Vec<Record>, Infallible> {
        Ok(self.records.iter().filter(|record| record.number >= number).cloned().collect())
    }

    fn edition(&mut self, _: &str) -> Result<Option<Edition>, Infallible> {
        Ok(None)
    }

    fn duty(&mut self, wanted: &DutyWanted) -> Result<Vec<DutyRecord>, Infallible> {
        let day = self.ended.plus(1);
        let all = if self.whole { story::duty(day) } else { Vec::new() };
        let (from, to) = wanted.between;
        let asked = |record: &DutyRecord| {
            from <= record.at
                && record.at < to
                && wanted.before.is_none_or(|before| record.number < before)
                && (wanted.kinds.is_empty() || wanted.kinds.contains(&record.body.kind()))
        };
        Ok(all.into_iter().rev().filter(asked).collect())
    }

    /// One value that is suspect, and an hour that is as another station's.
    fn findings(&mut self, _: &Registry, day: Day) -> Result<Vec<Found>, Infallible> {
        let reading =
            Reading { amount: Amount::from_milli(35_000), validity: observation::Validity::Valid };
        let stuck = Finding {
            rule: Rule::Stuck,
            treatment: Treatment::Marked,
            property: Some(Property::Pollutant(Pollutant::Pm2_5)),
            reading,
            evidence: Evidence::Same(6),
            neighbours: None,
        };
        let twin =
            Finding { rule: Rule::Duplicate, property: None, evidence: Evidence::Twin(1), ..stuck };
        let all = [(day.hour(6), 0, stuck), (day.hour(7), 2, twin)];
        Ok(all.into_iter().filter(|_| self.whole).collect())
    }
}

/// Three stations and a set of two; names with signs that Markdown knows.
fn registry(area: &str, kind: StationKind) -> Option<Registry> {
    let station = |(code, name): (&str, &str)| {
        Some(Station {
            id: StationId::new(code)?,
            name: name.to_owned(),
            position: None,
            district: String::new(),
            kind,
            assessed: true,
            valid: Validity::default(),
        })
    };
    let stations = [("a", "示例市"), ("b", "乙|站*"), ("c", "丙_站")].map(station);
    let stations = stations.into_iter().collect::<Option<Vec<_>>>()?;
    let mut registry = Registry::new(AreaId::new(area)?, "示例市".to_owned(), stations).ok()?;
    let members = ["a", "b"].map(|code| (code.to_owned(), Validity::default()));
    registry.add_set("urban", "市区", &members).ok()?;
    Some(registry)
}

fn targets(year: i32) -> Vec<Target> {
    let target = |indicator, goal| Target {
        year,
        entity: "sample".to_owned(),
        indicator,
        goal,
        judged_by: JudgedBy::InForce,
        dataset: Dataset::Best,
        dust: DustColumn::Measured,
        document: "示例方案".to_owned(),
        district: String::new(),
    };
    let number = |text| Written::parse(text).map(Goal::Number);
    let mut all = Vec::new();
    all.extend(number("88.9").map(|goal| target(TargetIndicator::GoodDayRatio, goal)));
    all.extend(number("29.8").map(|goal| target(TargetIndicator::Mean(Pollutant::Pm2_5), goal)));
    all.push(target(TargetIndicator::DaysHeavy, Goal::Words("基本消除".to_owned())));
    all
}

/// Days that differ, some heavy; or one day without ozone and none before it.
fn days(wanted: &DaysWanted<'_>, (ended, whole): (Day, bool)) -> Vec<Vec<DayFigures>> {
    let (from, to) = wanted.days;
    let all = || (from.number()..=to.number()).map(Day::from_number);
    let held = |day: &Day| whole || *day == ended;
    let of = |member: &Member| {
        let day = |day| figures_on(day, *member, wanted, whole);
        all().filter(held).map(day).collect()
    };
    wanted.members.iter().map(of).collect()
}

fn figures_on(day: Day, member: Member, wanted: &DaysWanted<'_>, whole: bool) -> DayFigures {
    let window = |station: usize| -> Window {
        let shift = i32::try_from(station).unwrap_or(0) * 3;
        let percent = if day.number() % 41 == 0 { 500 } else { 50 + (day.number() + shift) % 70 };
        let level = |p: Pollutant| match p {
            Pollutant::O3 if !whole => MISSING,
            _ => LEVELS[p.index()] / 100 * percent,
        };
        POLLUTANTS.map(|p| [level(p); DAY_H])
    };
    let day = match member {
        Member::Station(at) => DayFigures::of_station(day, &window(at), wanted.parameters),
        Member::Set(set) => {
            let windows: Vec<Window> = wanted.registry.sets[set].on(day).map(window).collect();
            DayFigures::of_set(day, windows.iter(), wanted.parameters)
        }
    };
    day.judged_by(wanted.judged_by, wanted.parameters, member.entity())
}
