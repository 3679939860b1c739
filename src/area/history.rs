//! The figures of many stations over many hours: the driver for files, exports and the API.
//!
//! In: station days of a span and of the day before it. Out: for each hour, in the order of time, the
//! [`Figures`] of the sets and stations asked for.
//!
//! Invariants: the same kernels as for live air, so the same figures, digit for digit; memory is that of
//! the span, 576 bytes for a day of a station, so callers go over long histories in pieces.

use super::means::SetSums;
use super::{Figures, Judge, Registry, SetMeans};
use crate::average::{Columns, StationDay, Walk};
use crate::observation::Dataset;
use crate::quality::{Checks, Held, Masks};
use crate::standard::{Entity, Parameters};
use crate::time::{DAY_H, Day, Hour};

/// A station or a set of one registry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Member {
    /// Index in [`Registry::sets`].
    Set(usize),
    /// Index in [`Registry::stations`].
    Station(usize),
}

impl Member {
    /// Station or area: they are rounded differently by the platform.
    #[must_use]
    pub const fn entity(self) -> Entity {
        match self {
            Self::Set(_) => Entity::Area,
            Self::Station(_) => Entity::Station,
        }
    }
}

impl Registry {
    /// The set or station of a name: the area, `area/set`, or a station's code.
    ///
    /// A station that has the area's code is reached through no name; the area goes before it.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<Member> {
        let set = (0..self.sets.len()).find(|set| self.entity(*set) == name).map(Member::Set);
        set.or_else(|| self.find(name).map(Member::Station))
    }

    /// The name of a set or station, as [`Registry::member`] takes it.
    #[must_use]
    pub fn name_of(&self, member: Member) -> String {
        match member {
            Member::Set(set) => self.entity(set),
            Member::Station(station) => self.stations[station].id.to_string(),
        }
    }

    /// A set or station as people call it.
    #[must_use]
    pub fn called(&self, member: Member) -> &str {
        match member {
            Member::Set(0) => &self.name,
            Member::Set(set) => &self.sets[set].name,
            Member::Station(station) => &self.stations[station].name,
        }
    }

    /// Every set, then every station by its code: the order of files.
    #[must_use]
    pub fn members(&self) -> Vec<Member> {
        let sets = (0..self.sets.len()).map(Member::Set);
        sets.chain((0..self.stations.len()).map(Member::Station)).collect()
    }

    /// The stations on which the figures of `members` rest, ascending.
    #[must_use]
    pub fn stations_of(&self, members: &[Member]) -> Vec<usize> {
        let mut all = Vec::new();
        for member in members {
            match member {
                Member::Set(set) => all.extend(self.sets[*set].members.iter().map(|m| m.station)),
                Member::Station(station) => all.push(*station),
            }
        }
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// The hours of one area over a span.
#[derive(Debug)]
pub struct History<'a> {
    registry: &'a Registry,
    members: &'a [Member],
    from: Hour,
    hours: usize,
    /// By station; those that are not needed have no hours.
    columns: Vec<Columns>,
    /// What takes values out, with the cells that it looks at.
    excluding: Option<(&'a Checks, Held)>,
    dataset: Dataset,
}

impl<'a> History<'a> {
    /// The hours `from` to `to`, both included, of the sets and stations asked for; without what `excluding`
    /// takes out ([`Registry::excluding`]).
    #[must_use]
    pub fn new(
        registry: &'a Registry,
        members: &'a [Member],
        (from, to): (Hour, Hour),
        excluding: Option<&'a Checks>,
    ) -> Self {
        let first = first_day(from).start();
        let hours = usize::try_from(to.number() + 1 - first.number()).unwrap_or(0);
        let mut columns = vec![Columns::new(first, 0); registry.stations.len()];
        for station in registry.stations_of(members) {
            columns[station] = Columns::new(first, hours);
        }
        let excluding = excluding.map(|checks| (checks, Held::default()));
        let dataset = Dataset::Best;
        Self { registry, members, from, hours, columns, excluding, dataset }
    }

    /// The same of another dataset than the best one.
    #[must_use]
    pub fn of(self, dataset: Dataset) -> Self {
        Self { dataset, ..self }
    }

    /// The days that have to be put in, of all stations.
    #[must_use]
    pub fn days(&self) -> (Day, Day) {
        let back = self.excluding.as_ref().map_or(1, |(checks, _)| checks.days_back());
        let last = first_day(self.from).start().plus(i32::try_from(self.hours).unwrap_or(0) - 1);
        (self.from.day().plus(-back), last.day())
    }

    /// Puts a station's day in, in the place of what was put in for it before.
    pub fn put(&mut self, station: usize, day: Day, cells: &StationDay) {
        if let Some(columns) = self.columns.get_mut(station) {
            columns.put(day, cells, self.dataset);
        }
        if let Some((_, held)) = &mut self.excluding {
            held.put(station, day, cells);
        }
    }

    /// Takes out what is excluded.
    fn exclude(&mut self) {
        let Some((checks, held)) = &self.excluding else { return };
        let first = first_day(self.from).start();
        let mut masks = Masks::default();
        for (station, columns) in self.columns.iter_mut().enumerate() {
            for n in 0..columns.len() {
                let hour = first.plus(i32::try_from(n).unwrap_or(i32::MAX));
                for p in masks.of((*checks, held), hour, station) {
                    columns.blank(p, hour);
                }
            }
        }
    }

    /// Gives every hour with the figures of those asked for, in their order.
    ///
    /// A station that is not in operation on a day is left out of its hours.
    ///
    /// # Errors
    /// The first one of `each`, which ends it.
    pub fn for_each<E>(
        &mut self,
        parameters: &Parameters,
        mut each: impl FnMut(Hour, &[(Member, Figures)]) -> Result<(), E>,
    ) -> Result<(), E> {
        self.exclude();
        let mut walks: Vec<Walk<'_>> = self.columns.iter().map(Columns::walk).collect();
        let mut row = Vec::with_capacity(self.members.len());
        let mut hour = first_day(self.from).start();
        let mut left = self.hours;
        while left > 0 {
            let hours = left.min(DAY_H);
            left -= hours;
            let day = OnDay::new(hour.day(), self.registry, self.members);
            let mut figures = day.figures((hour, hours), self.from, &mut walks, parameters);
            for n in 0..hours {
                if hour >= self.from {
                    row.clear();
                    let of_hour = figures.iter_mut().map(|all| all[n].take());
                    let named = day.members.iter().zip(of_hour);
                    row.extend(named.filter_map(|((member, _), f)| Some((*member, f?))));
                    each(hour, &row)?;
                }
                hour = hour.plus(1);
            }
        }
        Ok(())
    }
}

/// The day before the first hour's: the 24-h windows of the first hours begin there.
fn first_day(from: Hour) -> Day {
    from.day().plus(-1)
}

/// Who counts on one day.
#[derive(Debug)]
struct OnDay {
    members: Vec<(Member, Vec<usize>)>,
    /// By station, where it counts among `members`.
    counts_in: Vec<Vec<usize>>,
}

impl OnDay {
    fn new(day: Day, registry: &Registry, members: &[Member]) -> Self {
        let stations = |member: &Member| match *member {
            Member::Set(set) => Some((*member, registry.sets[set].on(day).collect())),
            Member::Station(s) => registry.stations[s].valid.holds(day).then(|| (*member, vec![s])),
        };
        let members: Vec<(Member, Vec<usize>)> = members.iter().filter_map(stations).collect();
        let mut counts_in = vec![Vec::new(); registry.stations.len()];
        for (at, (_, stations)) in members.iter().enumerate() {
            stations.iter().for_each(|station| counts_in[*station].push(at));
        }
        Self { members, counts_in }
    }

    /// The figures of the day's hours from `from` on, by member, then by hour.
    ///
    /// One station goes through all the hours before the next one: so its hours are read from memory once.
    fn figures(
        &self,
        (first, hours): (Hour, usize),
        from: Hour,
        walks: &mut [Walk<'_>],
        parameters: &Parameters,
    ) -> Vec<Vec<Option<Figures>>> {
        let practice = parameters.practice;
        let judged = |means: &SetMeans, n: usize, entity| {
            let hour = first.plus(i32::try_from(n).unwrap_or(0));
            Figures::of(means, hour, Judge { parameters, entity })
        };
        let mut sums: Vec<Vec<SetSums>> = Vec::with_capacity(self.members.len());
        for (member, _) in &self.members {
            let hours = if matches!(member, Member::Set(_)) { hours } else { 0 };
            sums.push(vec![SetSums::EMPTY; hours]);
        }
        let mut figures = vec![vec![None; hours]; self.members.len()];
        let before = usize::try_from(from.number() - first.number()).unwrap_or(0);
        for (walk, counts_in) in walks.iter_mut().zip(&self.counts_in) {
            for n in 0..hours {
                walk.advance();
                for at in counts_in.iter().filter(|_| n >= before) {
                    match self.members[*at].0 {
                        Member::Set(_) => sums[*at][n].add(walk.averages(), practice),
                        Member::Station(_) => {
                            let means = SetMeans::of(walk.averages(), practice);
                            figures[*at][n] = Some(judged(&means, n, Entity::Station));
                        }
                    }
                }
            }
        }
        for (sums, figures) in sums.iter().zip(&mut figures) {
            for (n, (sums, slot)) in sums.iter().zip(figures).enumerate().skip(before) {
                *slot = Some(judged(&sums.means(), n, Entity::Area));
            }
        }
        figures
    }
}

/// How many days of `stations` stations are a piece of about ten megabytes.
#[must_use]
pub fn days_of_piece(stations: usize) -> usize {
    const STATION_DAYS: usize = 16 * 1024;
    (STATION_DAYS / stations.max(1)).clamp(1, 366)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::area::{AreaId, Span, Station, StationKind};
    use crate::average::{Averages, Incoming, MISSING, Window};
    use crate::observation::{POLLUTANTS, Pollutant, Property, Reading, StationId, Validity};
    use crate::quantity::Amount;
    use crate::standard::Practice;
    use proptest::prelude::*;

    const DAYS: usize = 3;
    /// Two days before the edition of 2026 is in force, so that the span crosses it.
    const FIRST: Day = Day::from_number(20_512);

    fn registry() -> Registry {
        let until = Span { from: None, until: Some(FIRST.plus(1)) };
        let stations = [("a", Span::default()), ("b", until), ("c", Span::default())];
        let stations = stations.map(|(code, valid)| Station {
            id: StationId::new(code).expect("legal"),
            name: code.to_owned(),
            position: None,
            district: String::new(),
            kind: StationKind::National,
            assessed: true,
            valid,
        });
        let area = AreaId::new("x").expect("legal");
        let mut r = Registry::new(area, "X".into(), stations.to_vec()).expect("legal");
        let members = [("a".to_owned(), until), ("c".to_owned(), Span::default())];
        r.add_set("core", "C", &members).expect("known");
        r
    }

    /// Amounts by station, pollutant and hour from the start of [`FIRST`].
    type Amounts = Vec<[Vec<i32>; Pollutant::COUNT]>;

    fn station_day(amounts: &[Vec<i32>; Pollutant::COUNT], day: usize) -> StationDay {
        let mut cells = StationDay::default();
        for p in POLLUTANTS {
            for hour in 0..DAY_H {
                let amount = amounts[p.index()][day * DAY_H + hour];
                if amount != MISSING {
                    let amount = Amount::from_milli(amount);
                    let reading = Reading { amount, validity: Validity::Valid };
                    let property = Property::Pollutant(p);
                    cells.take(&Incoming { property, hour, part: None, revision: 0, reading });
                }
            }
        }
        cells
    }

    /// The figures as the live driver takes them: one window and one set at a time.
    fn live(r: &Registry, amounts: &Amounts, at: usize, p: &Parameters) -> Vec<(Member, Figures)> {
        let hour = FIRST.start().plus(i32::try_from(at).expect("small"));
        let averages: Vec<Averages> = amounts
            .iter()
            .map(|station| {
                let window: Window = std::array::from_fn(|p| {
                    std::array::from_fn(|h| {
                        (at + h + 1).checked_sub(DAY_H).map_or(MISSING, |i| station[p][i])
                    })
                });
                Averages::at(&window, hour.of_day())
            })
            .collect();
        let figures = |stations: &[usize], entity| {
            let means = SetMeans::over(stations.iter().map(|s| &averages[*s]), p.practice);
            Figures::of(&means, hour, Judge { parameters: p, entity })
        };
        let mut all = Vec::new();
        for (at, set) in r.sets.iter().enumerate() {
            let stations: Vec<usize> = set.on(hour.day()).collect();
            all.push((Member::Set(at), figures(&stations, Entity::Area)));
        }
        for (at, station) in r.stations.iter().enumerate() {
            if station.valid.holds(hour.day()) {
                let figures = figures(&[at], Entity::Station);
                assert_eq!(super::super::station_index(&averages[at], hour, p), figures.index);
                all.push((Member::Station(at), figures));
            }
        }
        all
    }

    fn amount() -> impl Strategy<Value = i32> {
        prop_oneof![2 => Just(MISSING), 7 => (0_i32..4_000).prop_map(|n| n * 250)]
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None, cases: 24, ..ProptestConfig::default()
        })]

        #[test]
        fn history_gives_the_figures_of_live_air(
            flat in prop::collection::vec(amount(), 3 * Pollutant::COUNT * DAYS * DAY_H),
            platform in any::<bool>(), from in DAY_H..DAYS * DAY_H,
        ) {
            let practice = if platform { Practice::NationalPlatform } else { Practice::Letter };
            let parameters = Parameters { practice, ..Parameters::default() };
            let hours = DAYS * DAY_H;
            let amounts: Amounts = (0..3)
                .map(|s| std::array::from_fn(|p| flat[(s * 6 + p) * hours..][..hours].to_vec()))
                .collect();
            let (r, start) = (registry(), FIRST.start());
            let span = (FIRST.hour(from), start.plus(i32::try_from(hours).expect("small") - 1));
            let members = r.members();
            let mut history = History::new(&r, &members, span, None);
            let (mut day, last) = history.days();
            while day <= last {
                for (at, station) in amounts.iter().enumerate() {
                    let nth = usize::try_from(day.number() - FIRST.number()).expect("inside");
                    history.put(at, day, &station_day(station, nth));
                }
                day = day.plus(1);
            }
            let mut at = from;
            let checked: Result<(), TestCaseError> = history.for_each(&parameters, |hour, row| {
                prop_assert_eq!(hour, FIRST.hour(at));
                // Windows that begin before the first day put in are not asked for.
                prop_assert_eq!(row, live(&r, &amounts, at, &parameters));
                at += 1;
                Ok(())
            });
            checked?;
            prop_assert_eq!(at, hours);
        }
    }

    #[test]
    fn members_are_found_by_their_names() {
        let r = registry();
        let names: Vec<String> = r.members().into_iter().map(|m| r.name_of(m)).collect();
        assert_eq!(names, ["x", "x/core", "a", "b", "c"]);
        for member in r.members() {
            assert_eq!(r.member(&r.name_of(member)), Some(member));
        }
        assert_eq!(r.member("x/none"), None);
        assert_eq!(r.stations_of(&[Member::Set(1), Member::Station(0)]), [0, 2]);
    }
}
