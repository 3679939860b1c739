//! What a message of a forecast says, and what is wrong with one that is refused.

use super::*;
use crate::index::Pollutants;
use crate::observation::Pollutant;
use crate::time::{Day, Instant};

fn decoded(days: &str) -> Result<Forecast, String> {
    let message = format!(
        r#"{{"office":"市监测中心","issued":"2026-11-25T16:30:00+08:00","days":{days},"more":1}}"#
    );
    decode_forecast(message.as_bytes()).map_err(|e| format!("{}: {}", e.reason.name(), e.detail))
}

#[test]
fn a_forecast_is_read_with_ranges_classes_hours_and_causes() {
    let hours = vec!["[90,120]"; 24].join(",");
    let forecast = decoded(&format!(
        r#"[{{"date":"2026-11-26","aqi":[110,141],"primary":["pm2_5","pm10"]}},
            {{"date":"2026-11-27","class":["轻度","moderate"],"cause":"dust","hours":[{hours}],
              "concentrations":{{"pm2_5":[70,95.5],"co":[0.8,1.2]}},"weather":" 偏南风2级 "}},
            {{"date":"2026-11-29","class":"重度污染"}}]"#
    ))
    .unwrap();
    let spans = &forecast.zones[""];
    let range = |n: usize| (spans[n].aqi.lower, spans[n].aqi.middle, spans[n].aqi.upper);
    assert_eq!([range(0), range(1), range(2)], [(110, 126, 141), (101, 151, 200), (201, 251, 300)]);
    assert_eq!(spans[0].primary, [Pollutant::Pm2_5, Pollutant::Pm10].into_iter().collect());
    assert_eq!((spans[1].cause, spans[1].hourly.len()), (Some(Cause::Dust), 24));
    assert_eq!(spans[1].concentrations["pm2_5"], (70_000, 95_500));
    assert_eq!(spans[1].concentrations["co"], (800_000, 1_200_000));
    assert_eq!(spans[1].weather.as_deref(), Some("偏南风2级"));
    assert_eq!(spans[2].day(), Day::of(2026, 11, 29));
    // It comes back from what is kept as it was.
    let kept = serde_json::to_string(&forecast).unwrap();
    assert_eq!(serde_json::from_str::<Forecast>(&kept).unwrap(), forecast);
}

#[test]
fn what_is_wrong_is_named_by_place_and_reason() {
    let table = [
        (r#"[{"date":"2026-11-26"}]"#, "wrong_type: `days[0]`: `aqi` or `class` is needed"),
        (r#"[{"date":"2026-11-26","aqi":[140,110]}]"#, "wrong_type: `days[0].aqi`: 0 to 500"),
        (r#"[{"date":"2026-11-26","aqi":[1,501]}]"#, "wrong_type: `days[0].aqi`: 0 to 500"),
        (
            r#"[{"date":"2026-11-26","aqi":[1,2],"class":"good"}]"#,
            "wrong_type: `days[0]`: `aqi` or",
        ),
        (
            r#"[{"date":"2026-11-26","class":["heavy","light"]}]"#,
            "wrong_type: `days[0].class`: the",
        ),
        (r#"[{"date":"2026-11-26","class":"hazy"}]"#, "wrong_type: `days[0].class`: \"hazy\""),
        (r#"[{"date":"26.11.","aqi":[1,2]}]"#, "wrong_type: `days[0].date`:"),
        (r#"[{"date":"2026-11-24","aqi":[1,2]}]"#, "wrong_type: `days[0].date`: is not among"),
        (
            r#"[{"date":"2026-11-27","aqi":[1,2]},{"date":"2026-11-27","aqi":[1,2]}]"#,
            "wrong_type: `days[1].date`: days must ascend",
        ),
        (
            r#"[{"date":"2026-11-26","aqi":[1,2],"primary":["pm1"]}]"#,
            "wrong_type: `days[0].primary`",
        ),
        (
            r#"[{"date":"2026-11-26","aqi":[1,2],"hours":[[1,2]]}]"#,
            "wrong_type: `days[0].hours`: 24",
        ),
        (r#"[{"date":"2026-11-26","aqi":[1,2],"cause":"fog"}]"#, "wrong_type: `days[0].cause`:"),
        (
            r#"[{"date":"2026-11-26","aqi":[1,2],"concentrations":{"pm2_5":[5,1]}}]"#,
            "wrong_type: `days[0].concentrations.pm2_5`:",
        ),
        ("[]", "missing_field: no field `zones`"),
        (r#"[{"date":"2026-11-26","aqi":"110-140"}]"#, "wrong_type: invalid type"),
    ];
    for (days, expected) in table {
        let got = decoded(days).unwrap_err();
        assert!(got.starts_with(expected), "{days}: {got}");
    }
    let zones = r#"{"office":"x","issued":"2026-11-25T16:30:00+08:00","zones":[
        {"zone":"a","days":[{"date":"2026-11-26","aqi":[1,2]}]},
        {"zone":"a","days":[{"date":"2026-11-26","aqi":[1,2]}]}]}"#;
    let twice = decode_forecast(zones.as_bytes()).unwrap_err();
    assert_eq!(twice.detail, "`zones[1].zone`: is given twice");
}

#[test]
fn the_book_keeps_every_issue_until_it_says_nothing_any_more() {
    let first =
        decoded(r#"[{"date":"2026-11-26","aqi":[10,20]},{"date":"2026-11-27","aqi":[10,20]}]"#);
    let second = decoded(r#"[{"date":"2026-11-26","aqi":[30,40]}]"#);
    let mut book = ForecastBook::default();
    for (number, forecast) in [(7, first.unwrap()), (9, second.unwrap())] {
        book.keep(KeptForecast { number, received: forecast.issued, forecast });
    }
    let day = Day::of(2026, 11, 26).unwrap();
    let says = |book: &ForecastBook, day: Day| {
        let (kept, span) = book.at(Source::Fed, "", day.hour(13))?;
        Some((kept.number, span.aqi.lower))
    };
    // Of two issues of one minute the one that came last counts.
    assert_eq!((says(&book, day), says(&book, day.plus(1))), (Some((9, 30)), Some((7, 10))));
    assert_eq!((says(&book, day.plus(2)), book.at(Source::BuiltIn, "", day.start())), (None, None));
    assert_eq!(book.horizon(Source::Fed, ""), Some(day.plus(1).hour(23)));
    book.drop_before(day.plus(1).start());
    assert_eq!((book.all().count(), says(&book, day.plus(1))), (1, Some((7, 10))));
    assert_eq!(
        book.find(&Forecast {
            issued: Instant::default(),
            ..book.all().next().unwrap().forecast.clone()
        }),
        None
    );
    assert_eq!(Pollutants::EMPTY, book.all().next().unwrap().forecast.zones[""][0].primary);
}

/// AQI range, class with its bias, primary pollutant, heavy days: each on both sides of its border.
#[test]
fn forecasts_are_held_against_the_days_that_came() {
    let day = |n: i32| Day::of(2026, 11, 25).unwrap().plus(n);
    let came = |n, aqi, p| DayThatCame { day: day(n), aqi, primary: Pollutants::EMPTY.with(p) };
    let days = [
        came(1, 110, Pollutant::Pm2_5), // in the range
        came(2, 150, Pollutant::O3),    // above it, of its class; another pollutant
        came(3, 99, Pollutant::Pm2_5),  // better than forecast
        came(4, 201, Pollutant::Pm2_5), // worse than forecast: missed
        came(5, 200, Pollutant::Pm2_5), // forecast heavy as a whole: false
        came(6, 230, Pollutant::Pm2_5), // a range that reaches above 200: hit
        came(7, 40, Pollutant::Pm10),   // no primary pollutant
    ];
    let one = |date: &str, low: u16, high: u16| {
        format!(r#"{{"date":"2026-{date}","aqi":[{low},{high}],"primary":["pm2_5"]}}"#)
    };
    let written = [
        one("11-26", 110, 140),
        one("11-27", 110, 140),
        one("11-28", 110, 140),
        one("11-29", 170, 200),
        one("11-30", 201, 230),
        one("12-01", 190, 220),
        one("12-02", 30, 60),
    ];
    let forecast = decoded(&format!("[{}]", written.join(","))).unwrap();
    let rows = verify([&forecast], &days);
    assert_eq!(rows.iter().map(|row| row.lead_days).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 7]);
    let of = |n: usize| {
        let r = &rows[n];
        (r.range_hit, r.class_hit, r.class_high, r.class_low)
    };
    assert_eq!([of(0), of(1)], [(1, 1, 0, 0), (0, 1, 0, 0)]);
    assert_eq!([of(2), of(3)], [(0, 0, 1, 0), (0, 0, 0, 1)]);
    let heavy = |n: usize| (rows[n].heavy_hit, rows[n].heavy_missed, rows[n].heavy_false);
    assert_eq!([heavy(3), heavy(4), heavy(5)], [(0, 1, 0), (0, 0, 1), (1, 0, 0)]);
    let primary = |n: usize| (rows[n].primary_days, rows[n].primary_hit);
    assert_eq!([primary(0), primary(1), primary(6)], [(1, 1), (1, 0), (0, 0)]);
    // A later issue of the same day and lead stands in the place of the first, whatever the order.
    let later = Forecast { issued: forecast.issued.plus_minutes(60), ..forecast.clone() };
    let mut later = later;
    later.zones.get_mut("").unwrap().truncate(1);
    later.zones.get_mut("").unwrap()[0].aqi = AqiRange::new(10, 20).unwrap();
    for order in [[&forecast, &later], [&later, &forecast]] {
        let rows = verify(order, &days);
        assert_eq!((rows[0].days, rows[0].range_hit, rows[0].class_low), (1, 0, 1));
    }
    assert!(verify([&forecast], &[]).is_empty(), "nothing is judged before the day is over");
}
