//! Which level a sequence of days comes to, by either rule set: tables, edges on both sides.

use super::*;
use Level::{Orange, Red, Yellow};

/// Forecast days after clean air, and the level by each of the sets.
#[test]
fn forecast_days_come_to_the_levels_of_the_documents() {
    let table: &[(&[u16], Option<Level>, Option<Level>)] = &[
        // days, 2024, 2018
        (&[150; 7], None, None),
        (&[200], None, None),
        (&[201], Some(Yellow), None),
        (&[151, 151], Some(Yellow), None),
        (&[151, 150, 100], None, None),
        (&[201, 201], Some(Orange), Some(Yellow)),
        (&[201, 200], Some(Yellow), None), // both above 150 for 48 h
        (&[200, 200], Some(Yellow), None),
        (&[151, 151, 151], Some(Orange), None),
        (&[201, 201, 201], Some(Orange), Some(Orange)),
        (&[201, 301, 201], Some(Red), Some(Orange)),
        (&[201, 300, 201], Some(Orange), Some(Orange)),
        (&[301, 301], Some(Orange), Some(Yellow)),
        (&[201, 201, 201, 201], Some(Orange), Some(Orange)),
        (&[201, 301, 301, 201], Some(Red), Some(Red)),
        // Days above 300 in one spell when less than 36 hours apart, in two when more.
        (&[301, 201, 301, 201], Some(Red), Some(Red)),
        (&[301, 201, 201, 301], Some(Red), Some(Orange)),
        (&[499], Some(Yellow), None),
        (&[500], Some(Yellow), Some(Red)),
        (&[], None, None),
    ];
    for (aqis, by_2024, by_2018) in table {
        for (name, expected) in [("2024", by_2024), ("2018", by_2018)] {
            let got = evaluate(&rules(name), &quiet(96), days(aqis)).level();
            assert_eq!(got, *expected, "{aqis:?} by {name}");
        }
    }
}

/// 48 hours from noon to noon: no natural day is above 200, two blocks of 24 hours are.
#[test]
fn hours_count_across_midnight() {
    let hourly = |aqis: [u16; 24]| aqis.iter().map(|a| AqiRange::new(*a, *a).unwrap()).collect();
    let day = |n: i32, (morning, evening): (u16, u16)| {
        let mut aqis = [morning; 24];
        aqis[12..].fill(evening);
        let mean = (morning + evening) / 2;
        let hourly = hourly(aqis);
        ForecastSpan { hourly, ..span(first_day().plus(n), (mean, mean), PM) }
    };
    let spans = || vec![day(0, (100, 201)), day(1, (201, 201)), day(2, (201, 100))];
    // The natural days are 150, 201, 150: one above 200.
    assert_eq!(evaluate(&rules("2018"), &quiet(96), spans()).level(), Some(Yellow));
    assert_eq!(evaluate(&rules("2024"), &quiet(96), spans()).level(), Some(Orange));
    let reached = evaluate(&rules("2018"), &quiet(96), spans()).recommended.unwrap();
    let spell = &reached.spells[0];
    assert_eq!((spell.from.of_day(), spell.hours), (12, 48), "{spell:?}");
    // Days without hours are not cut: what is said of a day is not said of half of it.
    let whole = days(&[110, 200, 110]);
    assert_eq!(evaluate(&rules("2024"), &quiet(96), whole).level(), None);
}

/// Two episodes whose gap is too short to lift, which is below 36 hours, are one.
#[test]
fn episodes_with_a_short_gap_are_one() {
    // A day between: 24 hours. One spell of 72 hours, 48 of them above.
    let spans = || days(&[201, 100, 201]);
    assert_eq!(evaluate(&rules("2018"), &quiet(96), spans()).level(), Some(Orange));
    let sum = RuleSet { joined: Joined::Sum, ..rules("2018") };
    assert_eq!(evaluate(&sum, &quiet(96), spans()).level(), Some(Yellow));
    // Two days between: 48 hours, long enough to lift.
    let spans = || days(&[210, 100, 100, 210]);
    assert_eq!(evaluate(&rules("2018"), &quiet(96), spans()).level(), None);
    // The border itself: at 24 hours a gap of 24 lifts, at 25 it does not.
    let at = |lifting_hours| RuleSet { lifting_hours, ..rules("2018") };
    let level = |hours| evaluate(&at(hours), &quiet(96), days(&[210, 100, 210])).level();
    assert_eq!((level(24), level(25)), (None, Some(Orange)));
}

/// The gap is of hours by the clock: those that are left out before the first forecast day pass, too.
#[test]
fn hours_that_are_left_out_pass_all_the_same() {
    // 24 heavy hours until 3:00 of the first day, then 13 clean ones; then a clean day and a heavy one.
    let four = first_day().start().plus(15);
    let mut seen = quiet(72);
    seen.extend(vec![Some(201); 24]);
    seen.extend(quiet(13));
    let book = book(vec![forecast_of(four.start(), days(&[0, 60, 201])[1..].to_vec())]);
    let line = Line::all(&observed(four, &seen), &book, (Source::Fed, ""));
    // On the line 13 + 24 hours lie between; with the 8 that are left out 45. Lifting takes less than that.
    let joins = |lifting_hours| {
        let set = RuleSet { lifting_hours, ..rules("2018") };
        Evaluation::of(&set, &line, Source::Fed).unwrap().level().is_some()
    };
    assert_eq!((joins(44), joins(45), joins(46)), (false, false, true));
}

/// A day that was forecast as a whole and has begun is forecast still.
#[test]
fn a_day_that_has_begun_does_not_vanish() {
    let spans = || days(&[210, 60, 60]);
    let issued = first_day().start().plus(-8).start();
    for hour in [0, 1, 9, 22] {
        let mut seen = quiet(96);
        seen.extend(quiet(hour + 1));
        let now = first_day().hour(hour);
        let book = book(vec![forecast_of(issued, spans())]);
        let line = Line::all(&observed(now, &seen), &book, (Source::Fed, ""));
        let evaluation = Evaluation::of(&rules("2024"), &line, Source::Fed).unwrap();
        let found = (evaluation.level(), evaluation.held);
        assert_eq!(found, (Some(Yellow), Some(Yellow)), "after {hour}:00 to {}:00", hour + 1);
    }
    // When it is over and came clean, it is no more.
    let book = book(vec![forecast_of(issued, spans())]);
    let line = Line::all(&observed(first_day().hour(23), &quiet(120)), &book, (Source::Fed, ""));
    let evaluation = Evaluation::of(&rules("2024"), &line, Source::Fed).unwrap();
    assert_eq!((evaluation.level(), evaluation.held, evaluation.keeps), (None, None, None));
}

/// No block spans hours that were left out, and those are not known ahead.
#[test]
fn hours_that_nobody_forecast_are_neither_bridged_nor_known() {
    let ten = first_day().hour(9);
    let hourly = vec![AqiRange::new(210, 210).unwrap(); 24];
    let spans = vec![ForecastSpan { hourly, ..span(first_day().plus(1), (210, 210), PM) }];
    let mut seen = quiet(72);
    seen.extend(vec![Some(210); 12]);
    let book = book(vec![forecast_of(ten.start(), spans)]);
    let line = Line::all(&observed(ten, &seen), &book, (Source::Fed, ""));
    let evaluation = Evaluation::of(&rules("2018"), &line, Source::Fed).unwrap();
    // 12 observed hours and 12 of tomorrow are not 24 consecutive ones: one block, not two.
    assert_eq!((evaluation.level(), evaluation.known_ahead_hours), (None, 0));
    assert_eq!(evaluation.keeps, Some(Keeps::ForecastTooShort));
}

/// What was declared as dust is dust when it has been observed, too.
#[test]
fn declared_dust_is_dust_when_it_has_been_observed() {
    let mut day = span(first_day(), (400, 500), PM10);
    day.cause = Some(Cause::Dust);
    let after = span(first_day().plus(1), (60, 60), PM);
    let issued = first_day().start().plus(-8).start();
    let book = book(vec![forecast_of(issued, vec![day, after])]);
    let mut seen = quiet(72);
    seen.extend(vec![Some(500); 24]);
    let line = Line::all(&observed(first_day().hour(23), &seen), &book, (Source::Fed, ""));
    let evaluation = Evaluation::of(&rules("2018"), &line, Source::Fed).unwrap();
    assert_eq!((evaluation.level(), evaluation.advised.map(|r| r.level)), (None, Some(Red)));
}

/// Each end of a forecast's range is looked at; the recommendation follows the upper one.
#[test]
fn a_range_is_looked_at_at_its_lower_middle_and_upper_end() {
    let spans = || (0..2).map(|n| span(first_day().plus(n), (140, 260), PM)).collect();
    let evaluation = evaluate(&rules("2024"), &quiet(96), spans());
    let at = |end| {
        let outcome = evaluation.outcomes.iter().find(|o| o.end == end);
        outcome.unwrap().ladder.iter().map(|r| r.level).max()
    };
    assert_eq!(RangeEnd::ALL.map(at), [None, Some(Yellow), Some(Orange)]);
    assert_eq!(evaluation.level(), Some(Orange));
    let middle = RuleSet { forecast_value: RangeEnd::Middle, ..rules("2024") };
    assert_eq!(evaluate(&middle, &quiet(96), spans()).level(), Some(Yellow));
    let lower = RuleSet { forecast_value: RangeEnd::Lower, ..rules("2024") };
    assert_eq!(evaluate(&lower, &quiet(96), spans()).level(), None);
    // A middle between two points is rounded up: 200.5 is above 200.
    assert_eq!(AqiRange::new(200, 201).unwrap().middle, 201);
}

/// A class stands for its bounds.
#[test]
fn a_class_stands_for_its_bounds() {
    use crate::index::Category::{Heavy, Light, Moderate};
    let range = |first, last| AqiRange::of_classes(first, last).map(|r| (r.lower, r.upper));
    assert_eq!(range(Light, Moderate), Some((101, 200)));
    assert_eq!(range(Heavy, Heavy), Some((201, 300)));
    assert_eq!(range(Moderate, Light), None, "the wrong way round");
}

/// What was observed and lasts joins what is forecast: the last 24 observed hours, then forecast days.
#[test]
fn observed_hours_join_forecast_days() {
    let mut seen = quiet(72);
    seen.extend(vec![Some(201); 24]);
    let evaluation = evaluate(&rules("2018"), &seen, days(&[220]));
    let reached = evaluation.recommended.unwrap();
    assert_eq!((reached.level, reached.basis), (Yellow, Basis::Joined));
    assert_eq!(reached.spells[0].from, first_day().start().plus(-24));
    // Neither alone is 48 hours.
    assert_eq!(evaluate(&rules("2018"), &seen, days(&[100])).level(), None);
    assert_eq!(evaluate(&rules("2018"), &quiet(96), days(&[220])).level(), None);
    // A forecast that begins only tomorrow follows the hours of today: what lies between counts for nothing.
    let noon = first_day().start().plus(11);
    let book = book(vec![forecast_of(noon.start(), days(&[0, 220])[1..].to_vec())]);
    let line = Line::all(&observed(noon, &seen), &book, (Source::Fed, ""));
    let reached = Evaluation::of(&rules("2018"), &line, Source::Fed).unwrap().recommended.unwrap();
    assert_eq!((reached.basis, reached.spells[0].hours), (Basis::Joined, 48));
}

/// Observation alone recommends while it lasts, and no longer.
#[test]
fn observed_air_alone_recommends_while_it_lasts() {
    let mut seen = quiet(48);
    seen.extend(vec![Some(210); 24]);
    let reached = evaluate(&rules("2024"), &seen, Vec::new()).recommended.unwrap();
    assert_eq!((reached.level, reached.basis), (Yellow, Basis::Observed));
    assert_eq!(evaluate(&rules("2018"), &seen, Vec::new()).level(), None);
    let mut two = quiet(24);
    two.extend(vec![Some(210); 48]);
    assert_eq!(evaluate(&rules("2018"), &two, Vec::new()).level(), Some(Yellow));
    // It is over: the last 24 hours are clean.
    let mut over = two;
    over.extend(quiet(24));
    assert_eq!(evaluate(&rules("2018"), &over, Vec::new()).level(), None);
}

/// A gap in the data is unknown: it neither makes a level nor ends one.
#[test]
fn a_gap_in_the_data_is_unknown() {
    // Five of 24 hours lack: the block is none.
    let mut seen = vec![Some(220); 24];
    seen[3..8].fill(None);
    assert_eq!(evaluate(&rules("2024"), &seen, Vec::new()).level(), None);
    // Four may lack.
    seen[3] = Some(220);
    assert_eq!(evaluate(&rules("2024"), &seen, Vec::new()).level(), Some(Yellow));
    // A day that nobody forecast is no clean day, and no dirty one either.
    let mut spans = days(&[220, 220, 220]);
    spans.remove(1);
    let evaluation = evaluate(&rules("2018"), &quiet(96), spans);
    assert_eq!(evaluation.level(), Some(Orange), "a gap of 24 unknown hours cannot have lifted");
    // The last hour is missing: nothing may be lifted.
    let mut seen = quiet(96);
    seen[95] = None;
    let evaluation = evaluate(&rules("2024"), &seen, days(&[50; 7]));
    assert_eq!((evaluation.held, evaluation.keeps), (None, Some(Keeps::NoObservation)));
}

/// What lies beyond the horizon is marked and never counts: red needs fed days.
#[test]
fn beyond_the_horizon_nothing_counts() {
    let evaluation = evaluate(&rules("2024"), &quiet(96), days(&[310, 310]));
    assert_eq!(evaluation.level(), Some(Orange));
    let upper = |o: &&Outcome| o.end == RangeEnd::Upper && o.daily_aqi == DailyAqi::AqiOfMeans;
    let outcome = evaluation.outcomes.iter().find(upper).unwrap();
    assert_eq!(outcome.beyond_horizon, Some(Red));
    // The third day says that it ends.
    let evaluation = evaluate(&rules("2024"), &quiet(96), days(&[310, 310, 80]));
    let outcome = evaluation.outcomes.iter().find(upper).unwrap();
    assert_eq!((evaluation.level(), outcome.beyond_horizon), (Some(Orange), None));
}

/// Ozone leads to advice; particulate matter beside it to a level; declared dust to advice.
#[test]
fn the_leading_pollutant_decides_what_follows() {
    let led = |primary, cause| {
        let day = |n| ForecastSpan { cause, ..span(first_day().plus(n), (210, 210), primary) };
        let evaluation = evaluate(&rules("2024"), &quiet(96), vec![day(0), day(1)]);
        (evaluation.level(), evaluation.advised.map(|r| r.level))
    };
    assert_eq!(led(PM, None), (Some(Orange), Some(Orange)));
    assert_eq!(led(OZONE, None), (None, Some(Orange)));
    assert_eq!(led(OZONE.with(Pollutant::Pm2_5), None), (Some(Orange), Some(Orange)));
    assert_eq!(led(PM10, None), (Some(Orange), Some(Orange)), "nobody declared dust");
    assert_eq!(led(PM10, Some(Cause::Dust)), (None, Some(Orange)));
    assert_eq!(led(PM, Some(Cause::Transboundary)), (None, Some(Orange)));
    assert_eq!(led(Pollutants::EMPTY, None), (Some(Orange), Some(Orange)), "nobody says");
}

/// A level is lowered or lifted only by known better air for 36 hours.
#[test]
fn lifting_needs_thirty_six_known_hours() {
    let gone = |seen: &[Option<u16>], spans| {
        let evaluation = evaluate(&rules("2024"), seen, spans);
        (evaluation.held, evaluation.keeps)
    };
    let mut heavy = vec![Some(230); 48];
    heavy.extend(quiet(6));
    // The last 24 hours still are above 150, as those before, with clean days to come.
    assert_eq!(gone(&heavy, days(&[60, 60])).0, Some(Yellow));
    assert_eq!(gone(&quiet(96), days(&[60, 60])), (None, None));
    assert_eq!(gone(&quiet(96), days(&[60])), (None, Some(Keeps::ForecastTooShort)));
    assert_eq!(gone(&quiet(96), Vec::new()), (None, Some(Keeps::ForecastTooShort)));
    // Heavy air again after 24 hours: the same episode. After two clean days: another one.
    assert_eq!(gone(&quiet(96), days(&[60, 210])).0, Some(Yellow));
    assert_eq!(gone(&quiet(96), days(&[60, 60, 210])), (None, None));
    let mut still = quiet(96);
    still[95] = Some(151);
    assert_eq!(gone(&still, days(&[60, 60])), (None, Some(Keeps::StillPolluted)));
}

/// Both AQIs of 24 hours are shown; the one that the rules name decides.
#[test]
fn both_aqis_of_24_hours_are_looked_at() {
    let last = first_day().start().plus(-1);
    let mut hours = observed(last, &[Some(190); 24]);
    hours[23].day = Some((205, PM));
    let line = Line::all(&hours, &ForecastBook::default(), (Source::Fed, ""));
    let by = |daily_aqi| {
        let set = RuleSet { daily_aqi, ..rules("2024") };
        let evaluation = Evaluation::of(&set, &line, Source::Fed).unwrap();
        assert_eq!(evaluation.outcomes.len(), 6);
        evaluation.level()
    };
    assert_eq!((by(DailyAqi::AqiOfMeans), by(DailyAqi::MeanOfAqis)), (Some(Yellow), None));
}

/// An episode far ahead is shown, and recommended when it comes near.
#[test]
fn an_episode_far_ahead_is_shown_and_not_yet_recommended() {
    let evaluation = evaluate(&rules("2024"), &quiet(96), days(&[60, 60, 60, 60, 210, 210]));
    let shown = evaluation.outcomes.iter().any(|o| !o.ladder.is_empty());
    assert!(shown && evaluation.level().is_none());
    let near = evaluate(&rules("2024"), &quiet(96), days(&[60, 60, 210, 210]));
    assert_eq!(near.level(), Some(Orange));
}

/// The newest issue counts for the days that it covers, an older one for the rest.
#[test]
fn the_newest_issue_counts() {
    let last = first_day().start().plus(-1);
    let older = forecast_of(last.start().plus_minutes(-600), days(&[210, 210, 210]));
    let newer = forecast_of(last.start(), days(&[100, 100]));
    let line = |issues| Line::all(&observed(last, &quiet(96)), &book(issues), (Source::Fed, ""));
    let level =
        |issues| Evaluation::of(&rules("2024"), &line(issues), Source::Fed).unwrap().level();
    assert_eq!(level(vec![older.clone()]), Some(Orange));
    assert_eq!(level(vec![older.clone(), newer.clone()]), Some(Yellow), "the third day stands");
    assert_eq!(level(vec![newer, older]), Some(Yellow), "in whatever order they came");
}

/// Across 2026-03-01 the thresholds keep their concentrations: each block has the edition of its last hour.
#[test]
fn a_block_has_the_edition_of_its_last_hour() {
    use crate::area::{Figures, Judge, SetMeans};
    use crate::average::Averages;
    use crate::standard::{Entity, Parameters};
    let parameters = Parameters::default();
    let judge = Judge { parameters: &parameters, entity: Entity::Area };
    let at = |last: Hour, pm: i32| {
        let mut window = [[crate::average::MISSING; 24]; Pollutant::COUNT];
        for (p, amounts) in window.iter_mut().enumerate() {
            let milli = if p == Pollutant::Pm2_5.index() { pm } else { 10_000 };
            amounts.fill(milli);
        }
        let averages = Averages::at(&window, last.of_day());
        let means = SetMeans::over(std::iter::once(&averages), parameters.practice);
        let hours: Vec<Figures> =
            (-23..=0).map(|n| Figures::of(&means, last.plus(n), judge)).collect();
        let hours: Vec<&Figures> = hours.iter().collect();
        ObservedHour::last_of(&hours, &parameters).unwrap().day.map(|(aqi, _)| aqi)
    };
    let before = Day::of(2026, 2, 28).unwrap().start().plus(23);
    // 75 µg/m³ is 100 by 2012 and more by 2026; 150 and 115 µg/m³ are 200 and 150 by both.
    assert_eq!(at(before, 75_000), Some(100));
    assert!(at(before.plus(1), 75_000) > Some(100));
    for (pm, aqi) in [(150_000, 200), (115_000, 150), (250_000, 300)] {
        assert_eq!((at(before, pm), at(before.plus(1), pm)), (Some(aqi), Some(aqi)));
    }
}
