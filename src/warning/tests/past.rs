//! A backtest over a few made-up days: what was told when, of which day, and what came of it.

use super::*;

/// A built-in forecast made when `origin` had ended: three blocks of one AQI each.
fn made(origin: Hour, aqis: [u16; 3]) -> (Hour, Forecast) {
    let block = |(n, aqi): (i32, u16)| ForecastSpan {
        from: origin.plus(1 + 24 * n),
        ..span(first_day(), (aqi, aqi), PM)
    };
    let spans = (0..).zip(aqis).map(block).collect();
    let forecast = forecast_of(origin.end(), spans);
    (origin, Forecast { source: Source::BuiltIn, ..forecast })
}

/// Clean days, one heavy one, clean ones; hour by hour.
fn seen() -> Vec<ObservedHour> {
    let mut aqis = quiet(72);
    aqis.extend(vec![Some(230); 24]);
    aqis.extend(quiet(96));
    observed(first_day().plus(8).start().plus(-1), &aqis)
}

fn days() -> Vec<(Day, u16)> {
    (0..8).map(|n| (first_day().plus(n), if n == 3 { 230 } else { 60 })).collect()
}

#[test]
fn a_day_that_was_forecast_is_told_ahead_and_one_that_never_came_is_a_false_alarm() {
    let evening = |n: i32| first_day().plus(n).hour(23);
    let forecasts = [
        made(evening(0), [60, 60, 60]),
        made(evening(1), [60, 230, 60]), // the heavy day, a day ahead
        made(evening(2), [230, 60, 60]),
        made(evening(3), [60, 60, 60]),
        made(evening(5), [60, 240, 60]), // never came
        made(evening(6), [60, 60, 60]),
    ];
    let forecasts = BTreeMap::from(forecasts);
    let found = backtest(&rules("2024"), &seen(), &forecasts, &days());
    let [episode] = found.episodes.as_slice() else { panic!("{:?}", found.episodes) };
    assert_eq!((episode.first, episode.last, episode.peak), (day(3), day(3), 230));
    assert_eq!(episode.level, Some(Level::Yellow));
    let told = episode.told.unwrap();
    assert_eq!((told.hour, told.level, told.lead_hours), (evening(1), Level::Yellow, 24));
    assert_eq!((found.days.heavy, found.days.a_day_ahead), (1, 1));
    assert_eq!((found.recommended.len(), found.false_alarms), (2, 1));
    assert_eq!(found.recommended[1].from, evening(5));
    // Without forecasts the day is told when 24 hours of it are nearly over.
    let blind = backtest(&rules("2024"), &seen(), &BTreeMap::new(), &days());
    assert_eq!((blind.days.during, blind.false_alarms), (1, 0));
    assert!(blind.episodes[0].told.unwrap().lead_hours < -12);
    // By 2018 one heavy day is none.
    let by_2018 = backtest(&rules("2018"), &seen(), &forecasts, &days());
    assert_eq!((by_2018.days.missed, by_2018.recommended.len()), (1, 0));
    assert_eq!(by_2018.episodes[0].level, None);
}

fn day(n: i32) -> Day {
    first_day().plus(n)
}

/// What comes later changes nothing of what was told before.
#[test]
fn a_backtest_does_not_look_ahead() {
    let forecasts = BTreeMap::from([made(day(1).hour(23), [60, 230, 60])]);
    let whole = backtest(&rules("2024"), &seen(), &forecasts, &days());
    let until = seen().iter().position(|hour| hour.hour == day(3).hour(5)).unwrap();
    let cut = backtest(&rules("2024"), &seen()[..until], &forecasts, &days()[..3]);
    let (a, b) = (&whole.recommended[0], &cut.recommended[0]);
    assert_eq!((a.from, a.level, a.basis), (b.from, b.level, b.basis));
}
