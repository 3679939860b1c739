//! The checks themselves: one hour of an area at a time.
//!
//! Both drivers, the live pipeline and the columns of history, come through here, so that what is marked and
//! what is taken out of figures cannot differ between them.

use std::collections::BTreeMap;

use super::finding::{Evidence, Finding, Neighbours, Treatment};
use super::near;
use super::{Action, Cells, Limits, Params, Rule};
use crate::average::{self, MISSING, StationDay, Window};
use crate::observation::{
    Dataset, POLLUTANTS, PROPERTIES, Pollutant, Property, StationKind, Validity,
};
use crate::time::{DAY_H, Hour};

/// Of a station, what a check asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Who owns it.
    pub kind: StationKind,
    /// Latitude and longitude in 0.000001 degrees.
    pub position: Option<(i32, i32)>,
}

/// The amounts of one hour of a station; [`MISSING`] where there is no valid one.
type Row = [i32; Pollutant::COUNT];

const NOTHING: Row = [MISSING; Pollutant::COUNT];
const PM2_5: usize = Pollutant::Pm2_5.index();
const PM10: usize = Pollutant::Pm10.index();

/// The checks of one area's stations.
#[derive(Clone, Debug)]
pub struct Checks {
    params: Params,
    /// By station: what each of [`Rule::CHECKS`] does.
    actions: Vec<[Action; Rule::CHECKS.len()]>,
    /// By station: its neighbours.
    near: Vec<Vec<usize>>,
    /// Hours before its own that an exclusion rests on; `None` where nothing is excluded.
    lookback: Option<u8>,
}

impl Checks {
    /// The checks of the stations at `places`, in the order of the registry.
    #[must_use]
    pub fn new(params: &Params, places: &[Place]) -> Self {
        let of = |p: &Place| Rule::CHECKS.map(|rule| params.action(p.kind, rule));
        let actions: Vec<_> = places.iter().map(of).collect();
        let excludes = |at: usize| actions.iter().any(|a| a[at] == Action::Exclude);
        let excluding = Rule::CHECKS.into_iter().enumerate().filter(|(at, _)| excludes(*at));
        let lookback = excluding.map(|(_, rule)| params.lookback(rule)).max();
        let near = near::lists(places, params.neighbour_km);
        Self { params: params.clone(), actions, near, lookback }
    }

    /// Hours before its own that an exclusion rests on: so much farther a change reaches. `None` where no
    /// value is taken out of figures.
    #[must_use]
    pub const fn lookback(&self) -> Option<u8> {
        self.lookback
    }

    /// How many days before its own an hour's figures rest on.
    #[must_use]
    pub fn days_back(&self) -> i32 {
        if self.lookback.unwrap_or(0) == 0 { 1 } else { 2 }
    }

    /// How many hours a changed cell reaches, its own included.
    #[must_use]
    pub fn reach(&self) -> usize {
        DAY_H + usize::from(self.lookback.unwrap_or(0))
    }

    /// What is found of every station for one hour, by station.
    #[must_use]
    pub fn findings(&self, cells: &impl Cells, hour: Hour) -> Vec<Vec<Finding>> {
        let mut found = vec![Vec::new(); self.actions.len()];
        let mut add = |station: usize, finding| found[station].push(finding);
        self.invalid(cells, hour, &mut add);
        self.look(cells, hour, Action::Mark, &mut add);
        found
    }

    /// Whether a station's pollutants are taken out of one hour: a bit by [`Pollutant::index`].
    fn excluded(&self, cells: &impl Cells, hour: Hour) -> Vec<u8> {
        let mut masks = vec![0; self.actions.len()];
        self.look(cells, hour, Action::Exclude, &mut |station, finding| {
            for p in POLLUTANTS.into_iter().filter(|p| finding.concerns(Property::Pollutant(*p))) {
                masks[station] |= 1 << p.index();
            }
        });
        masks
    }

    /// The values that are there but do not count.
    fn invalid(&self, cells: &impl Cells, hour: Hour, add: &mut impl FnMut(usize, Finding)) {
        for station in 0..self.actions.len() {
            let Some(day) = cells.day(hour.day(), station) else { continue };
            for property in PROPERTIES {
                let reading = day.realtime(property, hour.of_day());
                let Some(rule) = rule_of(reading.validity) else { continue };
                let rule = if reading.is_sentinel(property) { Rule::Sentinel } else { rule };
                add(
                    station,
                    Finding {
                        rule,
                        treatment: Treatment::Invalid,
                        property: Some(property),
                        reading,
                        evidence: Evidence::Invalid(reading.validity),
                        neighbours: None,
                    },
                );
            }
        }
    }

    /// Every rule that does `least` or more, for every station.
    fn look(
        &self,
        cells: &impl Cells,
        hour: Hour,
        least: Action,
        add: &mut impl FnMut(usize, Finding),
    ) {
        let of_day = |station| cells.day(hour.day(), station);
        let row = |station| of_day(station).map_or(NOTHING, |day| row(day, hour.of_day()));
        let rows: Vec<Row> = (0..self.actions.len()).map(row).collect();
        let twins = self.twins(&rows, least);
        for (station, actions) in self.actions.iter().enumerate() {
            let acts = actions.iter().any(|action| *action >= least);
            let Some(day) = of_day(station).filter(|_| acts && rows[station] != NOTHING) else {
                continue;
            };
            let window = average::window(hour, Dataset::Realtime, |day| cells.day(day, station));
            let look = Look { checks: self, rows: &rows, station, window: &window };
            for (rule, action) in Rule::CHECKS.into_iter().zip(actions) {
                if *action < least {
                    continue;
                }
                let twin = twins.get(&station).filter(|_| rule == Rule::Duplicate);
                if let Some(other) = twin {
                    let evidence = Evidence::Twin(*other);
                    add(station, look.finding(rule, *action, None, evidence, day, hour));
                }
                for p in POLLUTANTS {
                    let of_operator = is_of_operator(day, p, hour);
                    let evidence = look.judge(rule, p).filter(|_| !of_operator);
                    if let Some(evidence) = evidence {
                        add(station, look.finding(rule, *action, Some(p), evidence, day, hour));
                    }
                }
            }
        }
    }

    /// Stations with all values equal to those of another one: each with the first other.
    fn twins(&self, rows: &[Row], least: Action) -> BTreeMap<usize, usize> {
        let at = Rule::CHECKS.iter().position(|rule| *rule == Rule::Duplicate);
        let acts = at.is_some_and(|at| self.actions.iter().any(|actions| actions[at] >= least));
        let least = usize::from(self.params.duplicate_least).max(1);
        let is_full = |row: &Row| row.iter().filter(|amount| **amount != MISSING).count() >= least;
        let mut full: Vec<usize> = (0..rows.len()).filter(|s| acts && is_full(&rows[*s])).collect();
        full.sort_by_key(|station| rows[*station]);
        let mut twins = BTreeMap::new();
        let equal = full.chunk_by(|a, b| rows[*a] == rows[*b]);
        for stations in equal.filter(|stations| stations.len() > 1) {
            for station in stations {
                let other = if *station == stations[0] { stations[1] } else { stations[0] };
                twins.insert(*station, other);
            }
        }
        twins
    }
}

/// Why a value does not count, if the feed brought one that does not.
const fn rule_of(validity: Validity) -> Option<Rule> {
    match validity {
        Validity::Negative | Validity::Absurd | Validity::NotANumber | Validity::UnknownFlag => {
            Some(Rule::Unusable)
        }
        Validity::FlagStopped
        | Validity::FlagMaintenance
        | Validity::FlagManual
        | Validity::FlagFault
        | Validity::FlagCalibrating
        | Validity::FlagOverRange
        | Validity::FlagCommunication => Some(Rule::Flag),
        Validity::Missing
        | Validity::Valid
        | Validity::ValidFromMinutes
        | Validity::InsufficientMinutes
        | Validity::Corrected
        | Validity::Invalidated
        | Validity::NotReviewed => None,
    }
}

fn row(day: &StationDay, of_day: usize) -> Row {
    let mut row = NOTHING;
    for p in POLLUTANTS {
        let reading = day.realtime(Property::Pollutant(p), of_day);
        if reading.validity.is_valid() {
            row[p.index()] = reading.amount.milli();
        }
    }
    row
}

/// An operator has looked at the value already.
fn is_of_operator(day: &StationDay, p: Pollutant, hour: Hour) -> bool {
    day.realtime(Property::Pollutant(p), hour.of_day()).validity == Validity::Corrected
}

/// One station's hour.
struct Look<'a> {
    checks: &'a Checks,
    /// The hour's amounts of all stations.
    rows: &'a [Row],
    station: usize,
    window: &'a Window,
}

impl Look<'_> {
    fn judge(&self, rule: Rule, p: Pollutant) -> Option<Evidence> {
        let amount = self.rows[self.station][p.index()];
        if amount == MISSING {
            return None;
        }
        let limits = &self.checks.params.limits[p.index()];
        match rule {
            Rule::Range if amount < limits.least => Some(Evidence::Below(limits.least)),
            Rule::Range if amount > limits.most => Some(Evidence::Above(limits.most)),
            Rule::Stuck => stuck(amount, &self.window[p.index()], limits),
            Rule::Jump => self.jump(amount, p, limits),
            Rule::Neighbours => self.deviates(amount, p, limits),
            Rule::Inversion => self.inverted(p),
            Rule::Range | Rule::Duplicate | Rule::Sentinel | Rule::Flag | Rule::Unusable => None,
        }
    }

    fn jump(&self, amount: i32, p: Pollutant, limits: &Limits) -> Option<Evidence> {
        let params = &self.checks.params;
        let hours = params.lookback(Rule::Jump);
        let last = DAY_H - 1;
        let before = &self.window[p.index()][last.saturating_sub(hours.into())..last];
        let mut kept = [0; DAY_H];
        let valid = valid(before.iter().copied(), &mut kept);
        if valid.len() * 2 < before.len() {
            return None;
        }
        let (median, far) = (median(valid)?, (limits.jump, params.jump_percent));
        if !is_far(amount, median, far) {
            return None;
        }
        let goes_with_others =
            self.neighbours(p).is_some_and(|n| !is_far(amount, n.median.milli(), far));
        (!goes_with_others).then_some(Evidence::Before(median, hours))
    }

    fn deviates(&self, amount: i32, p: Pollutant, limits: &Limits) -> Option<Evidence> {
        let far = (limits.neighbours, self.checks.params.neighbour_percent);
        let median = self.neighbours(p)?.median.milli();
        is_far(amount, median, far).then_some(Evidence::Around)
    }

    /// Nobody can tell which of the two is wrong, so both are found.
    fn inverted(&self, p: Pollutant) -> Option<Evidence> {
        let (fine, coarse) = (self.rows[self.station][PM2_5], self.rows[self.station][PM10]);
        let params = &self.checks.params;
        let concerned = matches!(p, Pollutant::Pm2_5 | Pollutant::Pm10);
        if !concerned || fine == MISSING || coarse == MISSING {
            return None;
        }
        let above = i64::from(fine) - i64::from(coarse);
        let share = i64::from(coarse) * i64::from(params.inversion_percent) / 100;
        let allowed = share.max(params.inversion_tolerance.into());
        (above > allowed).then_some(Evidence::Inverted(fine, coarse))
    }

    fn neighbours(&self, p: Pollutant) -> Option<Neighbours> {
        let near = self.checks.near[self.station].iter().map(|at| self.rows[*at][p.index()]);
        let mut kept = [0; near::MOST];
        let amounts = valid(near, &mut kept);
        let count = u16::try_from(amounts.len()).unwrap_or(u16::MAX);
        let enough = count >= self.checks.params.neighbours_least.max(1);
        let median = enough.then(|| median(amounts)).flatten()?;
        Some(Neighbours { count, median: crate::quantity::Amount::from_milli(median) })
    }

    fn finding(
        &self,
        rule: Rule,
        action: Action,
        p: Option<Pollutant>,
        evidence: Evidence,
        day: &StationDay,
        hour: Hour,
    ) -> Finding {
        let property = p.map(Property::Pollutant);
        let reading = property.map(|property| day.realtime(property, hour.of_day()));
        Finding {
            rule,
            treatment: Treatment::of(action),
            property,
            reading: reading.unwrap_or_default(),
            evidence,
            neighbours: p.and_then(|p| self.neighbours(p)),
        }
    }
}

/// So many equal hours on end, the last one included; a gap ends them.
fn stuck(amount: i32, column: &[i32; DAY_H], limits: &Limits) -> Option<Evidence> {
    let same = column.iter().rev().take_while(|a| **a == amount).count();
    let hours = u8::try_from(same).unwrap_or(Limits::STUCK_HOURS_MAX);
    let longest = limits.stuck_hours.min(Limits::STUCK_HOURS_MAX);
    (amount > limits.detection && hours >= longest).then_some(Evidence::Same(hours))
}

/// Whether two amounts are `least` apart and one is `percent` of the other.
fn is_far(amount: i32, other: i32, (least, percent): (i32, u32)) -> bool {
    let (low, high) = (i64::from(amount.min(other)), i64::from(amount.max(other)));
    high - low >= i64::from(least) && high * 100 >= low * i64::from(percent)
}

/// Those that are there, of at most as many as `kept` has room for.
fn valid(amounts: impl Iterator<Item = i32>, kept: &mut [i32]) -> &mut [i32] {
    let there = amounts.filter(|amount| *amount != MISSING);
    let count = kept.iter_mut().zip(there).map(|(slot, amount)| *slot = amount).count();
    &mut kept[..count]
}

/// The middle one, or the mean of the two in the middle.
fn median(amounts: &mut [i32]) -> Option<i32> {
    amounts.sort_unstable();
    let middle = amounts.len() / 2;
    let upper = *amounts.get(middle)?;
    if amounts.len() % 2 == 1 {
        return Some(upper);
    }
    Some(amounts[middle - 1].midpoint(upper))
}

/// What is taken out of figures, each hour looked at once. Only for as long as the cells stay the same.
#[derive(Clone, Debug, Default)]
pub struct Masks(BTreeMap<Hour, Vec<u8>>);

impl Masks {
    /// Takes what is excluded out of a station's window that ends with `hour`; the review stands above it.
    pub fn clear(
        &mut self,
        (checks, cells): (&Checks, &impl Cells),
        (station, hour): (usize, Hour),
        window: &mut Window,
    ) {
        if checks.lookback.is_none() {
            return;
        }
        for (place, back) in (0..DAY_H).rev().enumerate() {
            let at = hour.plus(-i32::try_from(back).unwrap_or(0));
            let day = cells.day(at.day(), station);
            if day.is_some_and(|day| day.is_reviewed(at.of_day())) {
                continue;
            }
            for p in self.of((checks, cells), at, station) {
                window[p.index()][place] = MISSING;
            }
        }
    }

    /// A station's pollutants that are taken out of one hour.
    pub fn of(
        &mut self,
        (checks, cells): (&Checks, &impl Cells),
        hour: Hour,
        station: usize,
    ) -> Vec<Pollutant> {
        let masks = self.0.entry(hour).or_insert_with(|| checks.excluded(cells, hour));
        let mask = masks.get(station).copied().unwrap_or(0);
        POLLUTANTS.into_iter().filter(|p| mask & (1 << p.index()) != 0).collect()
    }
}
