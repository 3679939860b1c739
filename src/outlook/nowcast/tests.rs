//! Of a forecast: what it may look at, what it needs, and figures that are known beforehand.

use super::*;
use crate::observation::POLLUTANTS;
use crate::time::Day;

/// 2013-03-01 00:00.
const FIRST: Hour = Day::from_number(15_765).start();
const DAYS: i32 = 40;
const DEFAULT: Parameters = Parameters::DEFAULT;

/// Air that goes up and down by the day and by spells of weather, in µg/m³ (CO too).
fn level(hour: i32, pollutant: usize) -> i32 {
    let wave = |period: i32, by: i32| {
        let place = (hour + 7 * i32::try_from(pollutant).expect("few")).rem_euclid(period);
        by * (place.min(period - place)) / period
    };
    10 + wave(24, 60) + wave(101, 150) + wave(67, 80)
}

fn amounts(hour: i32) -> [Option<Amount>; Pollutant::COUNT] {
    std::array::from_fn(|p| Some(Amount::from_milli(level(hour, p) * 1000)))
}

fn air(hours: i32, of: impl Fn(i32) -> [Option<Amount>; Pollutant::COUNT]) -> Series {
    let mut series = Series::new(FIRST);
    (0..hours).for_each(|n| series.put(FIRST.plus(n), of(n)));
    series
}

fn origin() -> Hour {
    FIRST.plus(DAYS * 24 - 1)
}

/// The same air in every hour from `from` on: PM2.5 as given in µg/m³, the others clean.
fn constant(from: Hour, hours: i32, pm2_5: i32) -> Series {
    let mut series = Series::new(from);
    let mut amounts = [Some(Amount::from_milli(10_000)); Pollutant::COUNT];
    amounts[Pollutant::Pm2_5.index()] = Some(Amount::from_milli(pm2_5 * 1000));
    amounts[Pollutant::Co.index()] = Some(Amount::from_milli(400_000));
    (0..hours).for_each(|n| series.put(from.plus(n), amounts));
    series
}

#[test]
fn the_future_of_an_origin_changes_nothing() {
    let known = air(DAYS * 24, amounts);
    let mut other = known.clone();
    for n in 0..200 {
        let wild = [Some(Amount::from_milli(900_000 - n)); Pollutant::COUNT];
        other.put(origin().plus(1 + n), wild);
    }
    let later = air((DAYS + 10) * 24, amounts);
    for method in Method::ALL {
        let forecast = Nowcast::by(method, &known, origin(), &DEFAULT);
        assert!(forecast.is_ok(), "{method}: {forecast:?}");
        for series in [&other, &later] {
            assert_eq!(Nowcast::by(method, series, origin(), &DEFAULT), forecast, "{method}");
        }
    }
}

#[test]
fn hours_before_the_first_value_are_no_history() {
    let known = air(DAYS * 24, amounts);
    let mut padded = Series::new(FIRST.plus(-24 * 400));
    (0..DAYS * 24).for_each(|n| padded.put(FIRST.plus(n), amounts(n)));
    let forecast = Nowcast::of(&padded, origin(), &DEFAULT);
    assert_eq!(forecast, Nowcast::of(&known, origin(), &DEFAULT));
    assert_eq!(forecast.map(|f| f.history_hours), Ok(960));
}

#[test]
fn quantiles_are_in_order_and_never_below_zero() {
    let series =
        air(DAYS * 24, |n| amounts(n).map(|a| a.map(|a| Amount::from_milli(a.milli() / 40))));
    for method in Method::ALL {
        let forecast = Nowcast::by(method, &series, origin(), &DEFAULT).expect("enough history");
        assert_eq!((forecast.hours.len(), forecast.blocks.len()), (HORIZON, BLOCKS));
        for (n, hour) in (1..).zip(&forecast.hours) {
            assert_eq!(hour.hour, origin().plus(n));
            for p in POLLUTANTS {
                let quantiles = hour.concentration[p.index()].expect("all are measured");
                assert!(
                    quantiles.is_sorted() && quantiles[0].milli() >= 0,
                    "{method} {quantiles:?}"
                );
            }
            assert!(hour.aqi.expect("all are measured").is_sorted(), "{method}");
        }
        for block in &forecast.blocks {
            assert!(block.aqi.expect("all are measured").is_sorted(), "{method}");
            assert!(block.above.iter().rev().is_sorted(), "{method} {block:?}");
        }
    }
}

#[test]
fn ten_days_are_needed_and_do() {
    let short = air(239, amounts);
    let last = FIRST.plus(238);
    let reason = NoNowcast::LittleHistory { hours: 239 };
    assert_eq!(Nowcast::of(&short, last, &DEFAULT), Err(reason));
    assert_eq!(reason.to_string(), "only 239 hours of history, at least 240 are needed");
    let enough = air(240, amounts);
    for method in Method::ALL {
        let forecast = Nowcast::by(method, &enough, last.plus(1), &DEFAULT).expect("just enough");
        assert_eq!(forecast.history_hours, 240);
        assert!(forecast.members > 0 && forecast.blocks[2].aqi.is_some(), "{method}");
    }
    // An origin before the series began.
    let before = Nowcast::of(&enough, FIRST.plus(-5), &DEFAULT);
    assert_eq!(before, Err(NoNowcast::LittleHistory { hours: 0 }));
}

#[test]
fn old_air_is_not_forecast_from() {
    let series = air(DAYS * 24, amounts);
    assert!(Nowcast::of(&series, origin().plus(11), &DEFAULT).is_ok());
    let stale = Nowcast::of(&series, origin().plus(12), &DEFAULT);
    assert_eq!(stale, Err(NoNowcast::NothingFresh));
}

#[test]
fn gaps_are_bridged_and_a_pollutant_that_ended_is_not_forecast() {
    let so2 = Pollutant::So2.index();
    let holes = |n: i32| {
        let mut all = amounts(n);
        if n % 7 == 0 || (400..430).contains(&n) {
            all = [None; Pollutant::COUNT];
        }
        if n > DAYS * 24 - 30 {
            all[so2] = None;
        }
        all
    };
    let series = air(DAYS * 24, holes);
    for method in Method::ALL {
        let forecast = Nowcast::by(method, &series, origin(), &DEFAULT).expect("enough history");
        for hour in &forecast.hours {
            for p in POLLUTANTS {
                assert_eq!(
                    hour.concentration[p.index()].is_some(),
                    p.index() != so2,
                    "{method} {p}"
                );
            }
        }
    }
}

#[test]
fn weeks_without_data_teach_nothing() {
    let some = |known: fn(i32) -> bool| {
        air(DAYS * 24, |n| if known(n) { amounts(n) } else { [None; Pollutant::COUNT] })
    };
    let by = |series: &Series| Nowcast::by(Method::Regression, series, origin(), &DEFAULT);
    let whole = by(&some(|_| true)).expect("enough history");
    // Days 10 to 27 are missing: the situations before them and in them are gone.
    let torn = by(&some(|n| !(240..670).contains(&n))).expect("enough history");
    assert!(
        torn.members > 10 && torn.members < whole.members,
        "{} {}",
        torn.members,
        whole.members
    );
    let new = by(&some(|n| !(100..DAYS * 24 - 120).contains(&n)));
    assert_eq!(new, Err(NoNowcast::NothingToLearn));
}

#[test]
fn constant_air_stays() {
    let series = constant(FIRST, DAYS * 24, 80);
    for method in Method::ALL {
        let forecast = Nowcast::by(method, &series, origin(), &DEFAULT).expect("enough history");
        for hour in &forecast.hours {
            let pm2_5 = hour.concentration[Pollutant::Pm2_5.index()];
            assert_eq!(pm2_5, Some([Amount::from_milli(80_000); 5]), "{method}");
        }
    }
}

/// PM2.5 of 100 µg/m³: by the edition of 2012 (100-75)/(115-75)×50+100 = 131.25, by that of 2026
/// (100-60)/(115-60)×50+100 = 136.4, both rounded up.
#[test]
fn a_block_is_judged_by_the_edition_on_its_last_day() {
    let last = Day::of(2026, 2, 26).expect("a day").hour(23);
    let series = constant(last.plus(1 - 480), 480, 100);
    let forecast = Nowcast::of(&series, last, &DEFAULT).expect("enough history");
    let aqi: Vec<_> = forecast.blocks.iter().map(|b| b.aqi).collect();
    assert_eq!(aqi, [Some([132; 3]), Some([132; 3]), Some([137; 3])]);
    let only_pm = Pollutants::EMPTY.with(Pollutant::Pm2_5);
    assert!(forecast.blocks.iter().all(|b| b.primary == only_pm && b.above == [100, 0, 0, 0]));
    assert_eq!((forecast.blocks[1].from, forecast.blocks[1].to), (last.plus(25), last.plus(48)));
}
