//! How the day's value of one pollutant follows from the level of the hours to come.
//!
//! In: the hours measured until now. Out: the daily values that [`DayFigures`](crate::assessment::DayFigures)
//! would give if every hour to come had one level, and the largest level that keeps them within a class.
//!
//! Invariants: a day's value never falls when the level rises, as long as the same stations count. Those
//! whose windows of ozone do not suffice count only above the limit that keeps MDA8; where one of them
//! joins, the search begins anew.

use super::Allowed;
use crate::area::MeanOfMeans;
use crate::assessment::day::{Needs, area_hours, mean_of, suffices};
use crate::average::{EIGHT_H, EIGHT_H_MIN, MISSING, Sum, Window};
use crate::index::{self, Context, Indicator, Means};
use crate::observation::Pollutant;
use crate::quantity::{Amount, Quotient};
use crate::standard::{AreaDayOrder, Category, ColumnIndex, Entity, ReportKind, StationShareDay};
use crate::time::{DAY_H, Day};

const O3: usize = Pollutant::O3.index();

/// A day of which `past` hours are over.
#[derive(Clone, Copy, Debug)]
pub(super) struct Until<'a> {
    pub(super) day: Day,
    pub(super) past: usize,
    pub(super) needs: Needs,
    pub(super) ctx: Context<'a>,
}

/// One pollutant of a station or a set, on its way to midnight.
#[derive(Debug)]
pub(super) struct Course<'a> {
    pollutant: Pollutant,
    until: Until<'a>,
    stations: Values,
    /// Where the area's published hours make its day: those hours, as if they were one station.
    area: Option<Values>,
}

/// Daily values of stations, and how many of them a set needs.
#[derive(Debug)]
struct Values {
    share: StationShareDay,
    expected: u16,
    left: u16,
    of: Of,
}

#[derive(Debug)]
enum Of {
    /// What is there of the 24-h means that can still become valid.
    Mean(Vec<Alike>),
    Ozone {
        eight: Vec<EightHours>,
        /// Of each station that can still have enough hours.
        peaks: Peaks,
    },
}

/// What stations with equally many hours have measured: they are added up once, not at each level.
#[derive(Clone, Copy, Debug)]
struct Alike {
    /// Of all of them.
    total: i64,
    /// Hours of each.
    count: u16,
    stations: u16,
}

impl Alike {
    /// By the number of hours, those that can still reach `least` with `left` more.
    fn groups(sums: impl Iterator<Item = Sum>, least: u16, left: u16) -> Vec<Self> {
        let mut groups = [Self { total: 0, count: 0, stations: 0 }; DAY_H + 1];
        for sum in sums.filter(|sum| sum.count + left >= least) {
            let group = &mut groups[usize::from(sum.count)];
            group.total += sum.total;
            group.count = sum.count;
            group.stations += 1;
        }
        groups.into_iter().filter(|group| group.stations > 0).collect()
    }

    /// The same with `left` hours of a level at each station.
    fn at(self, level: i32, left: u16) -> Self {
        let coming = i64::from(self.stations) * i64::from(left) * i64::from(level);
        Self { total: self.total + coming, count: self.count + left, ..self }
    }
}

/// The largest hour so far of stations; [`MISSING`] where there is none.
#[derive(Debug)]
struct Peaks {
    ascending: Vec<i32>,
    /// The total of the peaks from each place on; one more than there are peaks.
    above: Vec<i64>,
}

impl Peaks {
    fn of(peaks: impl Iterator<Item = i32>) -> Self {
        let mut ascending: Vec<i32> = peaks.collect();
        ascending.sort_unstable();
        let mut above = vec![0; ascending.len() + 1];
        for (at, peak) in ascending.iter().enumerate().rev() {
            above[at] = above[at + 1] + i64::from(*peak);
        }
        Self { ascending, above }
    }

    /// All of them when the hours to come have a level; `None`: no hour is to come.
    fn at(&self, level: Option<i32>) -> Alike {
        let below = self.ascending.partition_point(|peak| *peak <= level.unwrap_or(MISSING));
        let raised = if level.is_some() { below } else { 0 };
        let stations = self.ascending.len() - (below - raised);
        let raised = i64::try_from(raised).unwrap_or(0) * i64::from(level.unwrap_or(0));
        let total = raised + self.above[below];
        Alike { total, count: 1, stations: u16::try_from(stations).unwrap_or(u16::MAX) }
    }
}

/// The 8-h windows of a station's day that are valid if every hour to come is.
#[derive(Debug)]
struct EightHours {
    /// Of those that are over only the largest.
    windows: Vec<Windowed>,
    /// Whether there are as many as MDA8 needs.
    enough: bool,
    /// MDA8 stands in any case above this.
    kept_above: i64,
}

/// A window of hours measured and to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Windowed {
    measured: Sum,
    coming: u16,
}

impl Windowed {
    fn at(self, level: i32) -> Sum {
        let total = self.measured.total + i64::from(self.coming) * i64::from(level);
        Sum { total, count: self.measured.count + self.coming }
    }
}

impl EightHours {
    /// `None` for a station that can have no valid window.
    fn of(hours: &[i32; DAY_H], past: usize, needs: Needs) -> Option<Self> {
        let (mut windows, mut over, mut count) = (Vec::new(), Sum::default(), 0);
        for end in EIGHT_H..=DAY_H {
            let from = end - EIGHT_H;
            let measured = Sum::of(&hours[from..end.min(past).max(from)]);
            let coming = u16::try_from(end - past.clamp(from, end)).unwrap_or(0);
            if measured.count + coming < EIGHT_H_MIN {
                continue;
            }
            count += 1;
            if coming > 0 {
                windows.push(Windowed { measured, coming });
            } else if over.count == 0 || measured.exceeds(over) {
                over = measured;
            }
        }
        windows.dedup(); // those of which all is to come
        if over.count > 0 {
            windows.push(Windowed { measured: over, coming: 0 });
        }
        let kept_above = i64::from(needs.validity.mda8_kept_above.milli());
        let enough = count >= needs.validity.mda8_min_windows;
        (count > 0).then_some(Self { windows, enough, kept_above })
    }

    fn largest(&self, level: i32) -> Option<Sum> {
        let sums = self.windows.iter().map(|w| w.at(level));
        sums.reduce(|a, b| if b.exceeds(a) { b } else { a })
    }

    fn mda8(&self, level: i32) -> Option<Sum> {
        let kept = |sum: &Sum| sum.total > self.kept_above * i64::from(sum.count);
        self.largest(level).filter(|sum| self.enough || kept(sum))
    }

    /// The lowest level at which MDA8 stands though its windows do not suffice.
    fn stands_from(&self) -> Option<i32> {
        let from = |window: &Windowed| {
            let sum = window.at(0);
            let missing = self.kept_above * i64::from(sum.count) - sum.total;
            match window.coming {
                _ if missing < 0 => Some(0),
                0 => None,
                coming => i32::try_from(missing.div_euclid(i64::from(coming)) + 1).ok(),
            }
        };
        self.windows.iter().filter_map(from).min().filter(|_| !self.enough)
    }
}

impl Values {
    fn of(
        pollutant: Pollutant,
        stations: &[&Window],
        until: &Until<'_>,
        share: StationShareDay,
    ) -> Self {
        let (past, needs) = (until.past, until.needs);
        let left = u16::try_from(DAY_H - past).unwrap_or(0);
        let hours = stations.iter().map(|hours| &hours[pollutant.index()]);
        let of = if pollutant == Pollutant::O3 {
            let least = needs.o3_max_1h_min_hours.max(1);
            let can = |hours: &&[i32; DAY_H]| Sum::of(&hours[..past]).count + left >= least;
            let peak = |hours: &[i32; DAY_H]| hours[..past].iter().copied().max();
            Of::Ozone {
                eight: hours.clone().filter_map(|h| EightHours::of(h, past, needs)).collect(),
                peaks: Peaks::of(hours.filter(can).map(|h| peak(h).unwrap_or(MISSING))),
            }
        } else {
            let least = needs.validity.day_min_hours.max(1);
            let sums = hours.map(|hours| Sum::of(&hours[..past]));
            Of::Mean(Alike::groups(sums, least, left))
        };
        let expected = u16::try_from(stations.len()).unwrap_or(u16::MAX);
        Self { share, expected, left, of }
    }

    fn mean(&self, sums: impl Iterator<Item = Sum>) -> Option<Quotient> {
        mean_of(sums, self.expected, self.share).0
    }

    fn mean_of_groups(&self, groups: impl Iterator<Item = Alike>) -> Option<Quotient> {
        let mut mean = MeanOfMeans::EMPTY;
        groups.for_each(|all| mean.add_alike(all.total, all.count, all.stations));
        mean.mean().filter(|_| suffices(mean.stations(), self.expected, self.share))
    }

    /// The daily value, and of ozone the largest hour.
    fn at(&self, level: i32) -> [Option<Quotient>; 2] {
        match &self.of {
            Of::Mean(groups) => {
                let day = |all: &Alike| all.at(level, self.left);
                [self.mean_of_groups(groups.iter().map(day)), None]
            }
            Of::Ozone { eight, peaks } => {
                let mda8 = self.mean(eight.iter().filter_map(|e| e.mda8(level)));
                let peak = peaks.at((self.left > 0).then_some(level));
                [mda8, self.mean_of_groups(std::iter::once(peak))]
            }
        }
    }

    /// Whether enough stations can have enough hours, of ozone enough windows.
    fn reaches(&self) -> bool {
        let zero = Sum { total: 0, count: 1 };
        match &self.of {
            Of::Mean(groups) => {
                let hour = |all: &Alike| Alike { total: 0, count: 1, ..*all };
                self.mean_of_groups(groups.iter().map(hour)).is_some()
            }
            Of::Ozone { eight, .. } => {
                self.mean(eight.iter().filter(|e| e.enough).map(|_| zero)).is_some()
            }
        }
    }

    /// The levels at which a station joins.
    fn joins(&self) -> Vec<i32> {
        match &self.of {
            Of::Mean(_) => Vec::new(),
            Of::Ozone { eight, .. } => eight.iter().filter_map(EightHours::stands_from).collect(),
        }
    }
}

impl<'a> Course<'a> {
    pub(super) fn of(pollutant: Pollutant, stations: &[&Window], until: Until<'a>) -> Self {
        let (parameters, entity) = (until.ctx.parameters, until.ctx.entity);
        let share = match entity {
            Entity::Station => StationShareDay::Any,
            Entity::Area => parameters.station_share_day,
        };
        let by_hours =
            entity == Entity::Area && parameters.area_day_order == AreaDayOrder::HoursFirst;
        let area = by_hours.then(|| {
            let hours = area_hours(until.day, stations, parameters);
            Values::of(pollutant, &[&hours], &until, StationShareDay::Any)
        });
        let stations = Values::of(pollutant, stations, &until, share);
        Self { pollutant, until, stations, area }
    }

    /// Whether the day can have a value at every level of the hours to come.
    pub(super) fn reaches(&self) -> bool {
        self.stations.reaches() && self.area.as_ref().is_none_or(Values::reaches)
    }

    /// The day's values when every hour to come has this level.
    fn at(&self, level: i32) -> [Option<Quotient>; 2] {
        let [value, peak] = self.stations.at(level);
        let Some(area) = &self.area else { return [value, peak] };
        let published = Quotient::whole(Amount::from_milli(level));
        let published = index::rounded(published, self.pollutant, true, &self.until.ctx);
        let [of_hours, peak_of_hours] = area.at(published.milli());
        [value.and(of_hours), peak.and(peak_of_hours)]
    }

    /// Whether nothing of this pollutant takes the day above an index.
    fn keeps(&self, highest: u16, level: i32) -> bool {
        let [value, peak] = self.at(level);
        let mut means = Means::default();
        means.by_indicator[Indicator::daily(self.pollutant).index()] = value;
        if self.pollutant.index() == O3 {
            means.by_indicator[Indicator::O3Max1h.index()] = peak;
        }
        index::steps(ReportKind::Day, &means, &self.until.ctx).all(|step| match step.found {
            None => true,
            Some(ColumnIndex::Iaqi(iaqi)) => iaqi <= highest,
            Some(ColumnIndex::Beyond(_) | ColumnIndex::None) => false, // far above a column's end
        })
    }

    /// Up to which level of the hours to come the day stays within a class; `most` is the highest there is.
    pub(super) fn allowed(&self, class: Category, most: Amount) -> Allowed {
        let highest = self.until.ctx.edition.class(class).aqi.1;
        let most = most.milli().max(0);
        if self.at(most).iter().all(Option::is_none) {
            return Allowed::NoValue;
        }
        if !self.keeps(highest, 0) {
            return Allowed::Lost;
        }
        let mut joins = self.stations.joins();
        joins.sort_unstable();
        let ends = joins.into_iter().map(|join| join - 1).filter(|end| (1..most).contains(end));
        let mut kept = 0;
        for end in ends.chain([most]) {
            if self.keeps(highest, end) {
                kept = end;
                continue;
            }
            let mut broken = end;
            while broken - kept > 1 {
                let middle = kept + (broken - kept) / 2;
                if self.keeps(highest, middle) { kept = middle } else { broken = middle }
            }
            return Allowed::UpTo(Amount::from_milli(kept));
        }
        Allowed::Safe
    }
}
