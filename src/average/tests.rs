//! Averages against sorted lists.

use std::collections::BTreeMap;

use super::*;
use crate::observation::{Dataset, PROPERTIES, Property, Reading, Validity};
use crate::quantity::Amount;
use crate::time::Day;
use proptest::prelude::*;

fn window(fill: impl Fn(usize) -> i32) -> Window {
    std::array::from_fn(|_| std::array::from_fn(&fill))
}

fn quotient(num: i128, den: i64) -> Option<Quotient> {
    Some(Quotient { num, den })
}

#[test]
fn a_24_h_mean_needs_20_hours() {
    let with = |missing: usize| window(|h| if h < missing { MISSING } else { 10_000 });
    let mean = |missing| Averages::at(&with(missing), 23).rolling_24h[0].mean(DAY_H_MIN);
    assert_eq!(mean(4), quotient(200_000, 20));
    assert_eq!(mean(5), None);
}

#[test]
fn an_8_h_mean_needs_6_hours() {
    let with = |missing: usize| window(|h| if h >= 24 - missing { MISSING } else { 60_000 });
    let mean = |missing| Averages::at(&with(missing), 10).o3_8h.mean(EIGHT_H_MIN);
    assert_eq!(mean(2), quotient(360_000, 6));
    assert_eq!(mean(3), None);
}

#[test]
fn the_days_largest_8_h_mean_uses_no_hour_of_the_day_before() {
    let yesterday_high = window(|h| if h < 16 { 300_000 } else { 50_000 });
    let at_seven = Averages::at(&yesterday_high, 6);
    assert_eq!((at_seven.o3_8h_max.count, at_seven.o3_8h_windows), (0, 0));
    let at_eight = Averages::at(&yesterday_high, 7);
    assert_eq!(at_eight.o3_8h_max, Sum { total: 400_000, count: 8 });
    assert_eq!(at_eight.o3_8h_windows, 1);
    assert_eq!(Averages::at(&window(|_| 1), 23).o3_8h_windows, 17);
}

#[test]
fn the_day_so_far_begins_at_midnight() {
    let hours = Averages::at(&window(|h| i32::try_from(h).expect("small")), 2);
    assert_eq!(hours.day[0], Sum { total: 21 + 22 + 23, count: 3 });
    assert_eq!(hours.day_hours, 0b111);
    assert_eq!(hours.o3_1h_max, 23);
}

#[test]
fn an_hour_from_minutes_needs_45_of_them() {
    let minutes = |count: u16| Sum { total: i64::from(count) * 61_000, count };
    assert_eq!(hour_from_minutes(minutes(45), 1).map(|(_, enough)| enough), Some(true));
    assert_eq!(hour_from_minutes(minutes(44), 1).map(|(_, enough)| enough), Some(false));
    assert_eq!(hour_from_minutes(minutes(9), 5).map(|(_, enough)| enough), Some(true));
    assert_eq!(hour_from_minutes(minutes(2), 20).map(|(_, enough)| enough), Some(false));
    assert_eq!(hour_from_minutes(Sum::default(), 1), None);
    let tie = Sum { total: 1_000_001, count: 2 };
    assert_eq!(hour_from_minutes(tie, 30).map(|(a, _)| a.milli()), Some(500_000));
}

fn pm(hour: usize, revision: u32, milli: i32) -> Incoming {
    let reading = Reading { amount: Amount::from_milli(milli), validity: Validity::Valid };
    Incoming { property: PROPERTIES[0], hour, part: None, revision, reading }
}

#[test]
fn one_value_holds_per_key() {
    let mut day = StationDay::default();
    let held = |day: &StationDay| day.reading(PROPERTIES[0], 5).amount.milli();
    assert_eq!(day.take(&pm(5, 0, 10)), Effect::New);
    assert_eq!(day.take(&pm(5, 0, 10)), Effect::Repeated);
    assert_eq!(day.take(&pm(5, 0, 12)), Effect::Conflict);
    assert_eq!(day.take(&pm(5, 0, 10)), Effect::Repeated, "a redelivery flips nothing");
    assert_eq!(held(&day), 12);
    assert!(day.is_conflict(PROPERTIES[0], 5));
    assert_eq!(day.take(&pm(5, 2, 20)), Effect::Revised);
    assert_eq!(day.take(&pm(5, 1, 15)), Effect::Superseded);
    assert_eq!(day.take(&pm(5, 0, 99)), Effect::Superseded);
    assert_eq!(held(&day), 20);
    assert!(!day.is_conflict(PROPERTIES[0], 5));
}

#[test]
fn a_correction_can_take_a_value_back_and_null_never_does() {
    let mut day = StationDay::default();
    let null = |revision| Incoming { reading: Reading::default(), ..pm(5, revision, 0) };
    day.take(&pm(5, 0, 10));
    assert_eq!(day.take(&null(0)), Effect::Repeated);
    assert_eq!(day.take(&null(1)), Effect::Revised);
    assert_eq!(day.take(&pm(5, 0, 10)), Effect::Superseded);
    assert!(!day.has_hour(5));
    assert_eq!(day.take(&pm(5, 1, 11)), Effect::New);
}

#[test]
fn a_reported_hour_stands_before_its_minutes_and_a_difference_is_marked() {
    let mut day = StationDay::default();
    for part in 0..9 {
        day.take(&Incoming { part: Some((part * 5, 5)), ..pm(3, 0, 40_000) });
    }
    let reading = |day: &StationDay| day.reading(PROPERTIES[0], 3);
    assert_eq!(reading(&day).validity, Validity::ValidFromMinutes);
    day.take(&pm(3, 0, 41_000));
    assert_eq!(reading(&day).amount.milli(), 41_000);
    assert!(day.differs_from_minutes(PROPERTIES[0], 3));
    day.take(&Incoming { reading: Reading::default(), ..pm(3, 1, 0) });
    assert_eq!(reading(&day).amount.milli(), 40_000, "taken back: the minutes hold again");
    assert!(!day.differs_from_minutes(PROPERTIES[0], 3));
}

fn incoming() -> impl Strategy<Value = Incoming> {
    let part = prop_oneof![
        3 => Just(None),
        1 => (0_u8..12).prop_map(|m| Some((m * 5, 5))),
        1 => (0_u8..4).prop_map(|m| Some((m * 15, 15))),
    ];
    let validity = prop_oneof![
        6 => Just(Validity::Valid),
        1 => Just(Validity::Missing),
        1 => Just(Validity::FlagMaintenance),
    ];
    (0..Property::COUNT, 0..DAY_H, part, 0_u32..3, 0_i32..400, validity).prop_map(
        |(property, hour, part, revision, amount, validity)| {
            let amount = if validity == Validity::Missing { 0 } else { amount * 500 };
            let reading = Reading { amount: Amount::from_milli(amount), validity };
            Incoming { property: PROPERTIES[property], hour, part, revision, reading }
        },
    )
}

fn act() -> impl Strategy<Value = Correction> {
    prop_oneof![
        (0_i32..400).prop_map(|n| Correction::Set(Amount::from_milli(n * 500))),
        Just(Correction::Invalidate),
        Just(Correction::Withdraw),
    ]
}

/// Reviewed hours with their rows.
type Review = (std::ops::Range<usize>, Vec<(Pollutant, usize, Reading)>);

fn review() -> impl Strategy<Value = Review> {
    let row = incoming().prop_filter_map("pollutants only", |i| match i.property {
        Property::Pollutant(p) => Some((p, i.hour, i.reading)),
        _ => None,
    });
    (0..=DAY_H, 0..=DAY_H, prop::collection::vec(row, 0..40))
        .prop_map(|(a, b, rows)| (a.min(b)..a.max(b), rows))
}

fn enter_review(day: &mut StationDay, (hours, rows): &Review) {
    day.declare_reviewed(hours.clone());
    for (pollutant, hour, reading) in rows {
        day.take_reviewed(*pollutant, *hour, *reading);
    }
}

#[test]
fn within_a_reviewed_span_the_reviewed_value_holds_or_none() {
    let mut day = StationDay::default();
    for hour in 4..8 {
        day.take(&pm(hour, 0, 10_000));
    }
    day.declare_reviewed(5..7);
    let valid = Reading { amount: Amount::from_milli(12_000), validity: Validity::Valid };
    day.take_reviewed(Pollutant::Pm2_5, 5, valid);
    day.take_reviewed(Pollutant::Pm2_5, 7, valid);
    let pm = Property::Pollutant(Pollutant::Pm2_5);
    let held = |day: &StationDay| [4, 5, 6, 7].map(|h| day.reading(pm, h));
    let realtime = Reading { amount: Amount::from_milli(10_000), validity: Validity::Valid };
    let none = Reading { validity: Validity::NotReviewed, ..Reading::default() };
    assert_eq!(
        held(&day),
        [realtime, valid, none, realtime],
        "nothing is filled, nor taken outside"
    );
    assert!(day.correct(pm, 6, Correction::Set(Amount::from_milli(7_000))));
    assert_eq!(day.reading(pm, 6), none, "a correction is one of real-time data");
    assert_eq!(day.realtime(pm, 6).validity, Validity::Corrected);
    day.declare_reviewed(5..6);
    assert_eq!(day.reading(pm, 5), none, "another review begins anew");
    assert_eq!((day.reviewed(pm, 4), day.reviewed(pm, 5)), (None, Some(none)));
    let silent = (20..24).all(|hour| !day.has_hour(hour));
    day.declare_reviewed(20..24);
    assert!(silent && (20..24).all(|h| !day.has_hour(h) && !day.was_heard(h) && day.holds(h)));
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_review_and_what_comes_in_real_time_never_touch_each_other(
        all in prop::collection::vec((incoming(), prop::option::weighted(0.1, act())), 0..150),
        first in review(), second in review(), at in 0_usize..150,
    ) {
        let [mut mixed, mut plain, mut after] = [(); 3].map(|()| StationDay::default());
        for (n, (incoming, act)) in all.iter().enumerate() {
            if n == at.min(all.len() - 1) {
                enter_review(&mut mixed, &first);
                enter_review(&mut mixed, &second);
            }
            for day in [&mut after, &mut plain] {
                day.take(incoming);
            }
            mixed.take(incoming);
            if let Some(act) = act {
                let (property, hour) = (incoming.property, incoming.hour);
                let changed = plain.correct(property, hour, *act);
                prop_assert_eq!(mixed.correct(property, hour, *act), changed);
                after.correct(property, hour, *act);
            }
        }
        if all.is_empty() {
            enter_review(&mut mixed, &first);
            enter_review(&mut mixed, &second);
        }
        enter_review(&mut after, &first);
        enter_review(&mut after, &second);
        prop_assert_eq!(mixed.encode_day(), after.encode_day(), "before or after: no difference");
        let mut model = BTreeMap::new();
        let none = Reading { validity: Validity::NotReviewed, ..Reading::default() };
        for (hours, rows) in [&first, &second] {
            let keys = hours.clone().flat_map(|h| POLLUTANTS.map(|p| (Property::Pollutant(p), h)));
            model.extend(keys.map(|key| (key, none)));
            for (pollutant, hour, reading) in rows {
                let held = model.get_mut(&(Property::Pollutant(*pollutant), *hour));
                let missing = reading.validity == Validity::Missing;
                held.into_iter().for_each(|held| *held = if missing { none } else { *reading });
            }
        }
        for key in PROPERTIES.into_iter().flat_map(|p| (0..DAY_H).map(move |h| (p, h))) {
            let realtime = plain.reading(key.0, key.1);
            prop_assert_eq!(mixed.realtime(key.0, key.1), realtime);
            let best = model.get(&key).copied().unwrap_or(realtime);
            prop_assert_eq!(mixed.reading(key.0, key.1), best);
        }
    }

    #[test]
    fn both_drivers_read_a_reviewed_day_as_it_reads(
        all in prop::collection::vec(incoming(), 0..150), reviewed in review(), from in 0..DAY_H,
    ) {
        let mut cells = StationDay::default();
        for incoming in &all {
            cells.take(incoming);
        }
        enter_review(&mut cells, &reviewed);
        let day = Day::from_number(20_000);
        let mut window = [[MISSING; DAY_H]; Pollutant::COUNT];
        cells.fill((from, 0), DAY_H - from, Dataset::Best, &mut window);
        for dataset in Dataset::ALL {
            let mut columns = Columns::new(day.hour(from), DAY_H - from);
            columns.put(day, &cells, dataset);
            let mut walk = columns.walk();
            for hour in from..DAY_H {
                walk.advance();
                prop_assert_eq!(
                    walk.averages().reviewed,
                    cells.is_reviewed(hour) && dataset != Dataset::Realtime
                );
                for p in POLLUTANTS {
                    let property = Property::Pollutant(p);
                    let reading = match dataset {
                        Dataset::Realtime => Some(cells.realtime(property, hour)),
                        Dataset::Reviewed => cells.reviewed(property, hour),
                        Dataset::Best => Some(cells.reading(property, hour)),
                    };
                    let amount = reading.filter(|r| r.validity.is_valid());
                    let amount = amount.map_or(MISSING, |r| r.amount.milli());
                    prop_assert_eq!(walk.averages().hour[p.index()], amount);
                    if dataset == Dataset::Best {
                        prop_assert_eq!(window[p.index()][hour - from], amount);
                    }
                }
            }
        }
    }

    #[test]
    fn corrections_never_change_what_the_feed_says(
        all in prop::collection::vec((incoming(), prop::option::weighted(0.2, act())), 0..200)
    ) {
        let (mut corrected, mut plain) = (StationDay::default(), StationDay::default());
        for (incoming, act) in &all {
            prop_assert_eq!(corrected.take(incoming), plain.take(incoming));
            if let Some(act) = act {
                corrected.correct(incoming.property, incoming.hour, *act);
            }
        }
        let keys = PROPERTIES.into_iter().flat_map(|p| (0..DAY_H).map(move |hour| (p, hour)));
        for (property, hour) in keys {
            prop_assert_eq!(corrected.fed(property, hour), plain.reading(property, hour));
            corrected.correct(property, hour, Correction::Withdraw);
        }
        prop_assert_eq!(corrected.encode_day(), plain.encode_day());
    }

    #[test]
    fn a_day_survives_its_bytes_whole_and_hour_by_hour(
        all in prop::collection::vec((incoming(), prop::option::weighted(0.1, act())), 0..200),
        reviewed in prop::option::of(review()),
    ) {
        let mut day = StationDay::default();
        if let Some(reviewed) = &reviewed {
            enter_review(&mut day, reviewed);
        }
        for (incoming, act) in &all {
            day.take(incoming);
            if let Some(act) = act {
                day.correct(incoming.property, incoming.hour, *act);
            }
        }
        let mut whole = StationDay::default();
        prop_assert_eq!(whole.decode_into(&day.encode_day()), Ok(()));
        let mut pieces = StationDay::default();
        for hour in 0..DAY_H {
            prop_assert_eq!(pieces.decode_into(&day.encode_hour(hour)), Ok(()));
        }
        prop_assert_eq!(whole.encode_day(), day.encode_day());
        prop_assert_eq!(pieces.encode_day(), day.encode_day());
        for property in PROPERTIES {
            for hour in 0..DAY_H {
                prop_assert_eq!(pieces.reading(property, hour), day.reading(property, hour));
                prop_assert_eq!(pieces.fed(property, hour), day.fed(property, hour));
                prop_assert_eq!(pieces.realtime(property, hour), day.realtime(property, hour));
            }
        }
    }

    #[test]
    fn damaged_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut bytes = bytes;
        if let Some(first) = bytes.first_mut() { *first = 1 + *first % 3; }
        let _ = StationDay::default().decode_into(&bytes);
    }

    #[test]
    fn both_drivers_give_the_same_averages(
        amounts in
            prop::collection::vec(prop_oneof![1 => Just(MISSING), 5 => 0_i32..500_000], 72 * 6)
    ) {
        let first = Day::from_number(20_000).start();
        let mut columns = Columns::new(first, 72);
        for p in POLLUTANTS {
            columns.amounts_mut(p).copy_from_slice(&amounts[p.index() * 72..][..72]);
        }
        let mut at = 0;
        columns.for_each(|hour, averages| {
            let window: Window = std::array::from_fn(|p| std::array::from_fn(|h| {
                (at + h).checked_sub(23).map_or(MISSING, |i| amounts[p * 72 + i])
            }));
            assert_eq!(*averages, Averages::at(&window, hour.of_day()));
            at += 1;
        });
        prop_assert_eq!(at, 72);
    }
}

/// Found by mutation: what no day can hold was read, and gone when the day was written again.
#[test]
fn a_stored_day_of_impossible_keys_is_damaged() {
    let of_version = |version: u8, tail: &[u8]| {
        let bytes = [&[version, 6, 9][..], tail].concat();
        StationDay::default().decode_into(&bytes)
    };
    let read = |tail: &[u8]| of_version(1, tail);
    assert_eq!(read(&[0, 1, 2, 6, 1, 0, 0]), Ok(()), "a past of hour 6");
    let damaged: [&[u8]; 8] = [
        &[0, 1, 2, 9, 1, 0, 0],                // an hour beyond the span
        &[0, 1, 13, 6, 1, 0, 0],               // no property
        &[0, 2, 2, 6, 1, 0, 2, 6, 1, 0, 0],    // twice
        &[0, 1, 2, 6, 1, 1, 0, 200, 0],        // a seen value without validity
        &[0, 0, 1, 0, 6, 7, 0, 1, 0, 0, 0, 0], // no period
        &[0, 0, 1, 0, 6, 5, 3, 1, 0, 0, 0, 0], // off the grid of its period
        &[1, 0, 0, 0, 0, 0, 0, 0],             // a column without a value
        &[1, 0x50, 0, 2, 0, 0, 0, 0],          // a mark that nobody gave
    ];
    for bytes in damaged {
        assert_eq!(read(bytes), Err(DecodeError::Damaged), "{bytes:?}");
    }
    let reviewed = |tail: &[u8]| of_version(3, &[&[0, 0, 0, 0][..], tail].concat());
    assert_eq!(
        reviewed(&[0xc0, 1, 1, 0, 1, 0, 0, 3, 2]),
        Ok(()),
        "hours 6 and 7, one without a value"
    );
    let damaged: [&[u8]; 6] = [
        &[0, 0],                               // no hour
        &[0x20, 0],                            // an hour beyond the span
        &[0x40, 1, 0, 0, 1, 0, 0, 2],          // a value of an hour that is not reviewed
        &[0x40, 1, 0x20, 1, 0, 0, 0, 2, 0, 0], // marks
        &[0x40, 1, 0, 17, 0, 0, 0, 2],         // a validity that is never stored
        &[0x40, 1, 6, 1, 0, 0, 0, 2],          // no pollutant
    ];
    for bytes in damaged {
        assert_eq!(reviewed(bytes), Err(DecodeError::Damaged), "{bytes:?}");
    }
}
