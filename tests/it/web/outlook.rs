//! The page of what is coming: official and built-in forecasts, evaluations, and how forecasts met the days.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use lantian::area::Figures;
use lantian::http::Config;
use lantian::observation::Pollutant;
use lantian::outlook::{AqiRange, Forecast, ForecastSpan, KeptForecast, Source};
use lantian::pipeline::{AreaView, View};
use lantian::time::{Day, Hour, Instant};
use lantian::warning::{Body as Told, Record, Warnings};

use super::sample::{dalian, figures, hour, place};
use super::{Daemon, Shelf};

/// What an office, or Lantian, says of some days of a zone.
fn issue(source: Source, issued: Instant, zone: &str, days: &[(Day, u16, u16)]) -> Forecast {
    let span = |(day, lower, upper): &(Day, u16, u16)| ForecastSpan {
        from: day.start(),
        hours: 24,
        aqi: AqiRange::new(*lower, *upper).expect("legal"),
        hourly: Vec::new(),
        primary: [Pollutant::Pm2_5].into_iter().collect(),
        cause: None,
        concentrations: BTreeMap::new(),
        weather: Some("西北风<3级".to_owned()),
    };
    let zones = BTreeMap::from([(zone.to_owned(), days.iter().map(span).collect())]);
    let office = match source {
        Source::Fed => "市气象台".to_owned(),
        Source::BuiltIn => "内置统计预报".to_owned(),
    };
    Forecast { office, issued, source, zones }
}

fn record(number: u64, forecast: Forecast) -> Record {
    let at = forecast.issued;
    Record { number, at, person: None, drill: None, body: Told::Forecast(forecast) }
}

/// Twenty days of one place, with three hours missing of the last two days.
fn past(newest: Hour) -> Vec<Figures> {
    let course = |back: i32| {
        if (5..8).contains(&back) {
            return [None; 6];
        }
        let of_day = back.rem_euclid(24);
        [60 + back % 31, 90 + of_day, 9, 30 + of_day, 8, 20 + 3 * of_day].map(Some)
    };
    let place = place("p", "某站", course);
    (0..480).rev().map(|back| figures(&place, newest, back)).collect()
}

/// The sample with issues in its book.
fn with_book(issues: Vec<Forecast>) -> AreaView {
    let mut area = dalian();
    let mut warnings = Warnings::default();
    for (number, forecast) in (1..).zip(issues) {
        warnings.book.keep(KeptForecast { number, received: forecast.issued, forecast });
    }
    area.warnings = Arc::new(warnings);
    area
}

fn day(text: &str) -> Day {
    text.parse().expect("a day")
}

fn daemon(area: AreaView, shelf: Shelf) -> Daemon {
    let view = View { areas: vec![Arc::new(area)], simulated: false };
    Daemon::with(view, shelf, Config::default())
}

#[tokio::test]
async fn the_official_forecast_stands_by_zone_as_issued_and_escaped() {
    let issued = hour("2026-11-23", 14).end();
    let tomorrow = day("2026-11-24");
    let zone = issue(Source::Fed, issued, "旅顺口区", &[(tomorrow, 80, 110)]);
    let built_in = issue(Source::BuiltIn, issued, "", &[(tomorrow, 90, 130)]);
    let page = daemon(with_book(vec![zone, built_in]), Shelf::default()).get("/outlook").await.text;
    let official = page.split("官方预报").nth(1).expect("a part").split("</section>").next();
    let official = official.expect("an end");
    for words in ["市气象台", "旅顺口区", "2026-11-23 14:00", "11月24日", "80～110", "PM2.5"]
    {
        assert!(official.contains(words), "{words}: {official}");
    }
    assert!(official.contains("西北风&#60;3级"), "escaped: {official}");
    assert!(!official.contains("90～130"), "nothing built in under an office's name");
    let none = daemon(dalian(), Shelf::default()).get("/outlook").await.text;
    assert!(none.contains("没有收到仍有效的官方预报"));
}

#[tokio::test]
async fn the_built_in_forecast_is_labelled_and_drawn_as_fans() {
    let newest = dalian().newest.expect("published");
    let shelf = Shelf { figures: past(newest), ..Shelf::default() };
    let daemon = daemon(dalian(), shelf);
    let page = daemon.get("/outlook").await.text;
    assert!(
        page.contains("内置统计预报（仅供参考）") && page.contains("依据20天历史数据"),
        "{page}"
    );
    let fans: Vec<_> = page.split("<svg class=\"chart graph\"").skip(1).collect();
    assert_eq!(fans.len(), 3, "AQI, PM2.5, ozone");
    for (fan, name) in fans.iter().zip(["AQI", "PM2.5", "O₃"]) {
        let fan = fan.split("</svg>").next().expect("an end");
        assert!(fan.contains(&format!("内置统计预报（仅供参考）：{name}")), "{fan}");
        assert_eq!(fan.matches("<polygon class=\"fan").count(), 2, "80 % and 50 %");
        assert_eq!(fan.matches("<polyline class=\"median\"").count(), 1);
        assert_eq!(fan.matches("class=\"gap\"").count(), 3, "hours that were not measured");
        assert_eq!(fan.matches("<polyline class=\"seen\"").count(), 2, "before and after them");
        assert_eq!(fan.matches("class=\"hint\"").count(), 48 + 72);
    }
    for words in ["2026-11-23 16时～2026-11-24 15时", "高于各级的可能性", "HJ 633—2026"]
    {
        assert!(page.contains(words), "{words}");
    }
    // It is made once an hour, however many look.
    let asked = || daemon.shelf.asked.lock().expect("not poisoned").len();
    let first = asked();
    let english = daemon.get("/outlook?lang=en").await.text;
    assert!(english.contains("Built-in statistical forecast (for reference only)"), "{english}");
    assert_eq!((first, asked()), (1, 1));
}

#[tokio::test]
async fn who_goes_away_leaves_the_forecast_for_the_others_and_midnight_makes_a_new_one() {
    let newest = dalian().newest.expect("published");
    let shelf = Shelf { figures: past(newest), ..Shelf::default() };
    let daemon = daemon(dalian(), shelf);
    let asked = || daemon.shelf.asked.lock().expect("not poisoned").len();
    let gone = tokio::time::timeout(Duration::ZERO, daemon.get("/outlook")).await;
    assert!(gone.is_err(), "nobody waits for a forecast without time");
    let (one, other) = tokio::join!(daemon.get("/outlook"), daemon.get("/outlook?lang=en"));
    assert_eq!([one.status.as_u16(), other.status.as_u16()], [200, 200]);
    assert_eq!(asked(), 1);
    // The newest hour is still one of yesterday.
    let now = newest.day().plus(1).start().start();
    let view = View { areas: vec![Arc::new(AreaView { now, ..dalian() })], simulated: false };
    daemon.view.send_replace(Arc::new(view));
    let page = daemon.get("/outlook").await.text;
    assert!(page.contains("2026-11-23 · 全市，日AQI"), "{page}");
    assert_eq!(asked(), 2);
}

#[tokio::test]
async fn too_little_history_is_said() {
    let newest = dalian().newest.expect("published");
    let hours = past(newest).split_off(480 - 72);
    let shelf = Shelf { figures: hours, ..Shelf::default() };
    let page = daemon(dalian(), shelf).get("/outlook").await.text;
    assert!(page.contains("暂不能作出：历史数据仅") && page.contains("至少需要240小时"), "{page}");
    assert!(!page.contains("<svg class=\"chart graph\""));
}

#[tokio::test]
async fn forecasts_stand_beside_the_day_that_came() {
    // PM2.5 of 99 µg/m³ yesterday: AQI 136.
    let yesterday = day("2026-11-22");
    let at = |days: i32| yesterday.plus(-days).start().plus(10).start();
    let shelf = Shelf {
        records: vec![
            record(1, issue(Source::Fed, at(2), "", &[(yesterday, 60, 90)])),
            record(2, issue(Source::Fed, at(1), "", &[(yesterday, 90, 110)])),
            record(3, issue(Source::Fed, at(1).plus_minutes(60), "", &[(yesterday, 120, 150)])),
            record(4, issue(Source::BuiltIn, at(1), "", &[(yesterday, 140, 170)])),
            record(5, issue(Source::Fed, at(1), "旅顺口区", &[(yesterday, 10, 20)])),
        ],
        ..Shelf::default()
    };
    let page = daemon(dalian(), shelf).get("/outlook").await.text;
    let part = page.split("aria-label=\"昨日预报与实况").nth(1).expect("a table");
    let rows: Vec<_> = part.split("</table>").next().expect("an end").split("<tr><th").collect();
    assert_eq!(rows.len(), 2 + 3, "two leads of the office, one built in: {part}");
    for (row, words) in rows[2..].iter().zip([
        ["市气象台", "120～150", ">136<", "范围内"],
        ["市气象台", "60～90", ">136<", "实况偏高"],
        ["内置统计预报（仅供参考）", "140～170", ">136<", "实况偏低"],
    ]) {
        assert!(words.iter().all(|word| row.contains(word)), "{words:?}: {row}");
    }
    let skill = page.split("aria-label=\"预报检验").nth(1).expect("a table");
    assert!(skill.contains("1/1（100%）") && skill.contains("0/1（0%）"), "{skill}");
}

#[tokio::test]
async fn forecasts_by_zone_alone_are_said_to_be_so() {
    let yesterday = day("2026-11-22");
    let issued = yesterday.plus(-1).start().plus(10).start();
    let zone = issue(Source::Fed, issued, "旅顺口区", &[(yesterday, 60, 90)]);
    let shelf = Shelf { records: vec![record(1, zone)], ..Shelf::default() };
    let page = daemon(dalian(), shelf).get("/outlook").await.text;
    assert!(page.contains("没有全市预报（仅有分区预报，不作比较）"), "{page}");
    let none = daemon(dalian(), Shelf::default()).get("/outlook").await.text;
    assert!(none.contains("没有对昨日的预报"));
}

#[tokio::test]
async fn an_area_that_is_not_there_is_refused() {
    let daemon = daemon(dalian(), Shelf::default());
    daemon.get("/outlook?area=nowhere").await.problem(404);
    daemon.get("/outlook?day=1").await.problem(400);
    let empty = super::sample::empty("x", "某市", hour("2026-11-23", 15));
    let view = View { areas: vec![Arc::new(empty)], simulated: false };
    let page = Daemon::over(view).get("/outlook").await.text;
    assert!(page.contains("尚无已发布的小时数据"), "{page}");
}
