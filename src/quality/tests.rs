//! Each rule on hours made for it.

use super::*;
use crate::average::{Columns, Correction, Incoming};
use crate::observation::{
    Dataset, POLLUTANTS, Pollutant, Property, Reading, StationKind, Validity,
};
use crate::quantity::Amount;
use crate::time::Hour;

const PM2_5: Pollutant = Pollutant::Pm2_5;

/// Hours of stations, counted from a midnight.
#[derive(Default)]
struct Room {
    held: Held,
}

fn hour(at: usize) -> Hour {
    Day::from_number(20_000).start().plus(i32::try_from(at).expect("small"))
}

fn valid(micro: i32) -> Reading {
    Reading { amount: Amount::from_milli(micro * 1000), validity: Validity::Valid }
}

impl Room {
    fn take(&mut self, station: usize, at: usize, p: Pollutant, reading: Reading) {
        let (day, hour) = (hour(at).day(), hour(at).of_day());
        let property = Property::Pollutant(p);
        let cells = self.held.0.entry((day, station)).or_default();
        cells.take(&Incoming { property, hour, part: None, revision: 0, reading });
    }

    /// The same pollutant hour by hour, from the first hour on.
    fn hours(mut self, station: usize, p: Pollutant, micro: &[i32]) -> Self {
        for (at, amount) in micro.iter().enumerate() {
            self.take(station, at, p, valid(*amount));
        }
        self
    }

    /// One hour of all six.
    fn six(mut self, station: usize, at: usize, micro: [i32; 6]) -> Self {
        for (p, amount) in POLLUTANTS.into_iter().zip(micro) {
            self.take(station, at, p, valid(amount));
        }
        self
    }

    /// Rules and properties of what is found of a station.
    fn found(&self, checks: &Checks, station: usize, at: usize) -> Vec<String> {
        let found = checks.findings(&self.held, hour(at)).swap_remove(station);
        let all = found.iter().map(|f| {
            let property = f.property.map_or("all", Property::code);
            let reason = f.reason(|station| format!("站{station}"));
            format!("{} {property} {} {reason}", f.rule.name(), f.treatment.name())
        });
        all.collect()
    }
}

fn checks(kinds: &[StationKind], params: &Params) -> Checks {
    let place = |kind: &StationKind| Place { kind: *kind, position: None };
    Checks::new(params, &kinds.iter().map(place).collect::<Vec<_>>())
}

fn national(count: usize) -> Checks {
    checks(&vec![StationKind::National; count], &Params::default())
}

#[test]
fn stuck_is_told_from_the_hour_that_completes_it_until_the_value_moves() {
    let room = Room::default().hours(0, PM2_5, &[40, 35, 35, 35, 35, 35, 35, 35, 36]);
    let checks = national(1);
    assert_eq!(room.found(&checks, 0, 5), [] as [&str; 0], "five hours");
    assert_eq!(room.found(&checks, 0, 6), ["stuck pm2_5 marked 连续6小时数值不变"]);
    assert_eq!(room.found(&checks, 0, 7), ["stuck pm2_5 marked 连续7小时数值不变"]);
    assert_eq!(room.found(&checks, 0, 8), [] as [&str; 0], "it moved");
}

#[test]
fn a_gap_or_clean_air_is_not_stuck_and_a_day_and_more_is() {
    let mut gap = Room::default().hours(0, PM2_5, &[35; 4]);
    for at in 5..9 {
        gap.take(0, at, PM2_5, valid(35));
    }
    assert_eq!(gap.found(&national(1), 0, 8), [] as [&str; 0]);
    let clean = Room::default().hours(0, PM2_5, &[5; 12]);
    assert_eq!(clean.found(&national(1), 0, 11), [] as [&str; 0], "at the detection limit");
    let long = Room::default().hours(0, PM2_5, &[35; 40]);
    assert_eq!(long.found(&national(1), 0, 39), ["stuck pm2_5 marked 连续24小时以上数值不变"]);
}

#[test]
fn a_value_outside_the_range_is_told_with_the_limit() {
    let room = Room::default().hours(0, PM2_5, &[0, 1, 1001]);
    assert_eq!(room.found(&national(1), 0, 0), ["range pm2_5 marked 低于下限1µg/m³"]);
    assert_eq!(room.found(&national(1), 0, 1), [] as [&str; 0]);
    assert_eq!(room.found(&national(1), 0, 2), ["range pm2_5 marked 高于上限1000µg/m³"]);
}

#[test]
fn a_jump_counts_unless_the_neighbours_go_with_it() {
    let course = [30, 33, 31, 29, 34, 30, 240];
    let told = ["jump pm2_5 marked 前6小时中位数为30.5µg/m³"];
    let alone = Room::default().hours(0, PM2_5, &course);
    assert_eq!(alone.found(&national(1), 0, 6), told);
    let with = |last: i32| {
        let room = Room::default().hours(0, PM2_5, &course);
        (1..4).fold(room, |room, at| room.hours(at, PM2_5, &[30, 31, 30, 28, 30, 31, last]))
    };
    assert_eq!(with(210).found(&national(4), 0, 6), [] as [&str; 0], "fireworks everywhere");
    let quiet = with(33).found(&national(4), 0, 6);
    assert_eq!(quiet, [told[0], "neighbours pm2_5 marked 周边3站同时次中位数为33µg/m³"]);
    let few = Room::default().hours(0, PM2_5, &[30, 33]).hours(0, PM2_5, &[30, 33, 240]);
    assert_eq!(few.found(&national(1), 0, 2), [] as [&str; 0], "two hours are no course");
}

#[test]
fn neighbours_are_judged_by_their_median_and_only_when_there_are_enough() {
    let room = |neighbours: &[i32]| {
        let room = Room::default().hours(0, PM2_5, &[300]);
        let each = neighbours.iter().enumerate();
        each.fold(room, |room, (at, v)| room.hours(at + 1, PM2_5, &[*v]))
    };
    let checks = national(5);
    assert_eq!(room(&[40, 50]).found(&checks, 0, 0), [] as [&str; 0], "two say nothing");
    let wild = room(&[40, 900, 50, 60]);
    let told = ["neighbours pm2_5 marked 周边4站同时次中位数为55µg/m³"];
    assert_eq!(wild.found(&checks, 0, 0), told, "one that is wrong itself is no measure");
    assert_eq!(room(&[150, 160, 170]).found(&checks, 0, 0), [] as [&str; 0], "not by the factor");
}

#[test]
fn more_fine_than_coarse_is_told_of_both() {
    let room = |fine, coarse| {
        Room::default().hours(0, PM2_5, &[fine]).hours(0, Pollutant::Pm10, &[coarse])
    };
    let told = [
        "inversion pm2_5 marked PM2.5(80)高于PM10(60)",
        "inversion pm10 marked PM2.5(80)高于PM10(60)",
    ];
    assert_eq!(room(80, 60).found(&national(1), 0, 0), told);
    assert_eq!(room(20, 15).found(&national(1), 0, 0), [] as [&str; 0], "within 5");
    assert_eq!(room(110, 100).found(&national(1), 0, 0), [] as [&str; 0], "within 10 %");
}

#[test]
fn two_stations_never_have_the_same_air_to_the_last_digit() {
    let six = [35, 60, 9, 31, 800, 44];
    let room = Room::default().six(0, 0, six).six(1, 0, [35, 60, 9, 31, 800, 45]).six(2, 0, six);
    let checks = national(3);
    assert_eq!(room.found(&checks, 0, 0), ["duplicate all marked 与站2同时次各项数据完全相同"]);
    assert_eq!(room.found(&checks, 1, 0), [] as [&str; 0]);
    assert_eq!(room.found(&checks, 2, 0), ["duplicate all marked 与站0同时次各项数据完全相同"]);
    let few = [0, 1].into_iter().fold(Room::default(), |room, at| room.hours(at, PM2_5, &[35]));
    assert_eq!(few.found(&national(2), 0, 0), [] as [&str; 0], "one pollutant is chance");
}

#[test]
fn what_never_counted_is_listed_with_its_reason() {
    let mut room = Room::default();
    let reading = |micro: i32, validity| Reading { validity, ..valid(micro) };
    room.take(0, 0, PM2_5, reading(-999, Validity::Negative));
    room.take(0, 0, Pollutant::So2, reading(-9999, Validity::Negative));
    room.take(0, 0, Pollutant::Pm10, reading(-3, Validity::Negative));
    room.take(0, 0, Pollutant::O3, reading(44, Validity::FlagMaintenance));
    let told = [
        "sentinel pm2_5 invalid 上报-999，表示无数据",
        "unusable pm10 invalid 负值",
        "sentinel so2 invalid 上报-9999，表示无数据",
        "flag o3 invalid 维护(M)",
    ];
    assert_eq!(room.found(&national(1), 0, 0), told);
}

#[test]
fn what_an_operator_set_is_not_checked_again() {
    let mut room = Room::default().hours(0, PM2_5, &[35; 7]);
    let cells = room.held.0.get_mut(&(hour(6).day(), 0)).expect("held");
    let set = Correction::Set(Amount::from_milli(35_000));
    assert!(cells.correct(Property::Pollutant(PM2_5), 6, set));
    assert_eq!(room.found(&national(1), 0, 6), [] as [&str; 0]);
    assert_eq!(room.found(&national(1), 0, 5).len(), 1);
}

fn params(kind: StationKind, rule: Rule, action: Action) -> Params {
    let actions = BTreeMap::from([(kind, BTreeMap::from([(rule, action)]))]);
    Params { actions, ..Params::default() }
}

#[test]
fn a_rule_is_off_marks_or_excludes_by_kind_of_station() {
    let room = Room::default().hours(0, PM2_5, &[35; 6]).hours(1, PM2_5, &[36; 6]);
    let kinds = [StationKind::City, StationKind::District];
    let off = checks(&kinds, &params(StationKind::City, Rule::Stuck, Action::Off));
    assert_eq!(room.found(&off, 0, 5), [] as [&str; 0]);
    assert_eq!(room.found(&off, 1, 5), ["stuck pm2_5 marked 连续6小时数值不变"]);
    let out = checks(&kinds, &params(StationKind::City, Rule::Stuck, Action::Exclude));
    assert_eq!(room.found(&out, 0, 5), ["stuck pm2_5 excluded 连续6小时数值不变"]);
    assert_eq!((out.lookback(), out.reach(), out.days_back()), (Some(23), 47, 2));
    let mut masks = Masks::default();
    assert_eq!(masks.of((&out, &room.held), hour(5), 0), [PM2_5]);
    assert_eq!(masks.of((&out, &room.held), hour(4), 0), []);
    assert_eq!(masks.of((&out, &room.held), hour(5), 1), []);
}

#[test]
fn an_exclusion_takes_just_its_value_out_of_the_window() {
    let room = Room::default().hours(0, PM2_5, &[35; 7]).hours(0, Pollutant::So2, &[20; 7]);
    let out =
        checks(&[StationKind::City], &params(StationKind::City, Rule::Stuck, Action::Exclude));
    let mut window =
        crate::average::window(hour(6), Dataset::Realtime, |day| room.held.day(day, 0));
    let before = window;
    Masks::default().clear((&out, &room.held), (0, hour(6)), &mut window);
    let left: Vec<i32> =
        window[0].iter().copied().filter(|a| *a != crate::average::MISSING).collect();
    assert_eq!(left, [35_000; 5], "hours 5 and 6 are the sixth and seventh equal ones");
    assert_eq!(window[Pollutant::So2.index()], before[Pollutant::So2.index()]);
}

#[test]
fn what_came_back_from_review_is_not_taken_out_again() {
    let mut room = Room::default().hours(0, PM2_5, &[35; 7]);
    let out =
        checks(&[StationKind::City], &params(StationKind::City, Rule::Stuck, Action::Exclude));
    let before = room.found(&out, 0, 6);
    let (day, of_day) = (hour(6).day(), hour(6).of_day());
    let cells = room.held.0.get_mut(&(day, 0)).expect("taken");
    cells.declare_reviewed(of_day..of_day + 1);
    cells.take_reviewed(PM2_5, of_day, valid(35));
    assert_eq!(room.found(&out, 0, 6), before, "checks are of real-time data");
    let cleared = |dataset| {
        let mut window = crate::average::window(hour(6), dataset, |day| room.held.day(day, 0));
        Masks::default().clear((&out, &room.held), (0, hour(6)), &mut window);
        window[PM2_5.index()][crate::time::DAY_H - 2..].to_vec()
    };
    assert_eq!(cleared(Dataset::Best), [crate::average::MISSING, 35_000]);
    for dataset in Dataset::ALL {
        let mut columns = Columns::new(hour(0), 7);
        columns.put(day, &room.held.0[&(day, 0)], dataset);
        columns.blank(PM2_5, hour(6));
        let left = columns.amounts_mut(PM2_5)[6];
        assert_eq!(left != crate::average::MISSING, dataset != Dataset::Realtime, "{dataset}");
    }
}

#[test]
fn national_and_provincial_data_are_never_excluded() {
    for kind in StationKind::ALL {
        for rule in Rule::CHECKS {
            let params = params(kind, rule, Action::Exclude);
            let excludes = params.excludes(kind);
            assert_eq!(excludes, !kind.is_reviewed_above(), "{kind:?}");
            assert_eq!(
                checks(&[kind], &params).lookback().is_some(),
                excludes,
                "{kind:?} {rule:?}"
            );
        }
    }
}

#[test]
fn only_rules_that_look_back_reach_farther() {
    let reach = |rule| {
        checks(&[StationKind::City], &params(StationKind::City, rule, Action::Exclude)).reach()
    };
    assert_eq!(national(3).reach(), 24);
    assert_eq!(Rule::CHECKS.map(reach), [24, 47, 30, 24, 24, 24]);
}
