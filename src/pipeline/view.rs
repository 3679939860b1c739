//! What others see of an area: an immutable picture, made after each commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Alarm, Counts, HeldDays, HourFound, Pipeline, WarningParams};
use crate::area::{Figures, Judge, Registry, SetMeans};
use crate::assessment::RoomRules;
use crate::average::{Averages, Window};
use crate::duty::{Duty, DutyRules};
use crate::notification::{NoticeRules, Notices};
use crate::observation::{PROPERTIES, Property, Reading, Validity};
use crate::outlook::Source;
use crate::quality::{Checks, Finding, Masks};
use crate::standard::Entity;
use crate::time::{DAY_H, Hour, Instant};
use crate::warning::{Evaluation, Warnings};

/// Hours that a set's view holds: the chart's 72, and as many more as the comparison with yesterday needs.
pub(super) const VIEW_H: i32 = 72;

/// How far an hour's figures have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HourState {
    /// Stations may still report; no row is kept.
    Provisional,
    /// Every assessed station has reported, or the waiting time is over.
    Published,
    /// Changed after it was published.
    Revised,
    /// Every station counted rests on reviewed data.
    Reviewed,
}

impl HourState {
    /// From the name in the store, where no hour is provisional.
    #[must_use]
    pub fn of_stored(name: &str) -> Self {
        let all = [Self::Published, Self::Reviewed];
        all.into_iter().find(|state| state.name() == name).unwrap_or(Self::Revised)
    }

    /// Of figures that were published.
    #[must_use]
    pub const fn of_published(version: u32, figures: &Figures) -> Self {
        match (figures.reviewed, version) {
            (true, _) => Self::Reviewed,
            (false, 1) => Self::Published,
            (false, _) => Self::Revised,
        }
    }

    /// The name in JSON and in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Provisional => "provisional",
            Self::Published => "published",
            Self::Revised => "revised",
            Self::Reviewed => "reviewed",
        }
    }
}

/// One hour of a set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HourView {
    /// Its figures.
    pub figures: Figures,
    /// How far they have come.
    pub state: HourState,
    /// 0 while provisional, 1 when published, counting up with each change after.
    pub version: u32,
}

/// A station set and its last hours.
#[derive(Clone, Debug)]
pub struct SetView {
    /// The area, or `area/set`.
    pub entity: String,
    /// The name on the page.
    pub name: String,
    /// Its hours without a gap, oldest first; the last is the area's newest hour.
    pub hours: Vec<HourView>,
}

/// A station and its newest hour.
#[derive(Clone, Debug)]
pub struct StationView {
    /// Index in the registry.
    pub station: usize,
    /// The newest hour for which it reported anything.
    pub last: Option<Hour>,
    /// Its figures for the area's newest published hour.
    pub figures: Figures,
    /// Its figures one hour before.
    pub hour_before: Figures,
    /// Its figures at the same hour yesterday.
    pub yesterday: Figures,
    /// Its readings in that hour, by [`Property::index`]: validity, reasons and meteorology.
    pub readings: [Reading; Property::COUNT],
    /// The hours of that hour's day, from 00:00 to it: what counts, without what is excluded.
    pub today: Window,
    /// What is wrong, or looks so, with its values of that hour.
    pub findings: Vec<Finding>,
    /// Whether it is assessed on that day.
    pub assessed: bool,
    /// Whether it is in operation on that day.
    pub in_operation: bool,
}

/// One area as it stands after a commit.
#[derive(Clone, Debug)]
pub struct AreaView {
    /// Its stations and sets.
    pub registry: Arc<Registry>,
    /// The time by which it was made.
    pub now: Instant,
    /// The newest published hour: what the page shows. `None` before one is.
    pub newest: Option<Hour>,
    /// The default set first.
    pub sets: Vec<SetView>,
    /// In the registry's order.
    pub stations: Vec<StationView>,
    /// What is wrong, or looks so, in the hours that sets hold, as far as all that it rests on is in memory.
    pub found: BTreeMap<Hour, Arc<HourFound>>,
    /// By which checks.
    pub checks: Arc<Checks>,
    /// What was measured on the days in memory.
    pub days: Arc<HeldDays>,
    /// What the room of the day is taken by.
    pub room_rules: RoomRules,
    /// What came in since the start.
    pub counts: Counts,
    /// Whether the feed is connected and its backlog taken; `None` before it has said so.
    pub caught_up: Option<bool>,
    /// Silences that last: ours first, then the feed's, the area's, the stations'.
    pub alarms: Vec<Alarm>,
    /// The last hour of the area that rests on reviewed data.
    pub reviewed_until: Option<Hour>,
    /// Where its warnings stand.
    pub warnings: Arc<Warnings>,
    /// What the air and each source's forecast come to now.
    pub evaluations: Arc<BTreeMap<Source, Evaluation>>,
    /// By which rules; `None` where nothing is recommended.
    pub warning: Option<WarningParams>,
    /// Where its room stands.
    pub duty: Arc<Duty>,
    /// What the room goes by; `None` where nothing of it is watched.
    pub duty_rules: Option<DutyRules>,
    /// Who was told of what, and what is on its way.
    pub notices: Arc<Notices>,
    /// What notices go by; `None` where nobody is told.
    pub notice_rules: Option<Arc<NoticeRules>>,
    /// The last committed sequence number.
    pub sequence: u64,
}

impl StationView {
    /// Whether it is in operation and reported nothing at all for the hour shown.
    #[must_use]
    pub fn is_silent(&self) -> bool {
        self.in_operation && self.readings.iter().all(|r| r.validity == Validity::Missing)
    }
}

impl SetView {
    /// The view of one hour, if it is among those kept.
    #[must_use]
    pub fn at(&self, hour: Hour) -> Option<&HourView> {
        let first = self.hours.first()?.figures.hour;
        let offset = usize::try_from(hour.number() - first.number()).ok()?;
        self.hours.get(offset)
    }
}

/// All areas of the daemon.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// By area code.
    pub areas: Vec<Arc<AreaView>>,
    /// Whether the air is simulated: then every page and answer says so.
    pub simulated: bool,
}

impl View {
    /// The areas that are watched, with their places: without lists of reference cities.
    pub fn watched(&self) -> impl Iterator<Item = (usize, &Arc<AreaView>)> {
        self.areas.iter().enumerate().filter(|(_, area)| !area.registry.is_reference())
    }

    /// The area of a code; without one the first that is watched.
    #[must_use]
    pub fn area(&self, code: Option<&str>) -> Option<&Arc<AreaView>> {
        match code {
            None => self.watched().map(|(_, area)| area).next(),
            Some(code) => self.areas.iter().find(|a| a.registry.area.as_str() == code),
        }
    }
}

impl Pipeline {
    /// A picture of the area. Costs about a microsecond per station and hour shown.
    #[must_use]
    pub fn view(&self) -> AreaView {
        let now = self.now.unwrap_or_default();
        let newest = self.newest_published();
        let sets = newest.map(|newest| self.set_views(newest)).unwrap_or_default();
        let found = newest.map(|newest| self.found(newest)).unwrap_or_default();
        let hour = newest.unwrap_or_else(|| now.hour().plus(-1));
        let of_hour = found.get(&hour).map(Arc::clone).unwrap_or_default();
        let of_hour = of_hour.get((&*self.checks, &self.days), hour);
        AreaView {
            registry: Arc::clone(&self.registry),
            now,
            newest,
            sets,
            stations: self.station_views(hour, of_hour),
            found,
            checks: Arc::clone(&self.checks),
            days: Arc::new(self.days.held()),
            room_rules: self.room_rules(),
            counts: self.counts,
            caught_up: self.caught_up,
            alarms: self.alarms.open().copied().collect(),
            reviewed_until: self.reviewed_until,
            warnings: Arc::clone(&self.warner.state),
            evaluations: Arc::clone(&self.warner.latest),
            warning: self.params.warning.clone(),
            duty: Arc::clone(&self.desk.state),
            duty_rules: self.params.duty.clone(),
            notices: Arc::clone(&self.notifier.state),
            notice_rules: self.notice_rules.clone(),
            sequence: self.sequence,
        }
    }

    pub(super) fn newest_published(&self) -> Option<Hour> {
        self.published.last_key_value().map(|(hour, _)| *hour)
    }

    fn set_views(&self, newest: Hour) -> Vec<SetView> {
        let sets = self.registry.sets.iter().enumerate();
        let mut views: Vec<SetView> = sets
            .map(|(at, set)| SetView {
                entity: self.registry.entity(at),
                name: set.name.clone(),
                hours: Vec::new(),
            })
            .collect();
        let mut masks = Masks::default();
        for hour in (1 - VIEW_H..=0).map(|back| newest.plus(back)) {
            match self.published.get(&hour).filter(|sets| !sets.is_empty()) {
                Some(held) => {
                    for (view, set) in views.iter_mut().zip(held) {
                        let (state, version) = (set.state, set.version);
                        let figures = set.figures.clone();
                        view.hours.push(HourView { figures, state, version });
                    }
                }
                None => {
                    let figures = self.set_figures(hour, &mut masks);
                    for (view, figures) in views.iter_mut().zip(figures) {
                        let state = HourState::Provisional;
                        view.hours.push(HourView { figures, state, version: 0 });
                    }
                }
            }
        }
        views
    }

    fn station_views(&self, hour: Hour, found: &[(usize, Finding)]) -> Vec<StationView> {
        let parameters = &self.params.parameters;
        let mut masks = Masks::default();
        let mut figures = |hour: Hour| -> Vec<Figures> {
            let judge = Judge { parameters, entity: Entity::Station };
            let one = |a: &Averages| SetMeans::over(std::iter::once(a), parameters.practice);
            self.averages(hour, &mut masks)
                .iter()
                .map(|a| Figures::of(&one(a), hour, judge))
                .collect()
        };
        let day = hour.day();
        let (now, before, yesterday) =
            (figures(hour), figures(hour.plus(-1)), figures(hour.plus(-24)));
        let today = self.today(hour, &mut masks);
        let mut found = found.iter().peekable();
        let all = now.into_iter().zip(before).zip(yesterday).zip(today).enumerate();
        all.map(|(station, (((figures, hour_before), yesterday), today))| {
            let mut own = Vec::new();
            while let Some((_, finding)) = found.next_if(|(at, _)| *at == station) {
                own.push(*finding);
            }
            let record = &self.registry.stations[station];
            let in_operation = record.valid.holds(day);
            let reading = |p: Property| {
                let of_day = self.days.get(day, station);
                of_day.map_or_else(Reading::default, |d| d.reading(p, hour.of_day()))
            };
            StationView {
                station,
                last: self.last_reported(station),
                figures,
                hour_before,
                yesterday,
                readings: PROPERTIES.map(reading),
                today,
                findings: own,
                assessed: record.assessed && in_operation,
                in_operation,
            }
        })
        .collect()
    }

    /// The newest hour in memory for which a station reported anything.
    fn last_reported(&self, station: usize) -> Option<Hour> {
        self.days.newest_first().find_map(|(day, block)| {
            let of_day = block.get(station)?.as_deref()?;
            (0..DAY_H).rev().find(|h| of_day.was_heard(*h)).map(|h| day.hour(h))
        })
    }
}
