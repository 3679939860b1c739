//! The first screen's days, weather and picture of stations; the wall; the page of all stations.

use std::collections::BTreeMap;
use std::sync::Arc;

use lantian::outlook::{AqiRange, Forecast, ForecastSpan, KeptForecast, Source};
use lantian::pipeline::{AreaView, View};
use lantian::warning::{Body, Record, Warnings};
use tokio_stream::StreamExt as _;

use super::page::{between, one};
use super::sample::{CLEAN, area, dalian, hour, place, steady};
use super::{Config, Daemon, Shelf};

const YESTERDAY: &str = "2026-11-22";

fn forecast(office: &str, source: Source, (day, ending): (&str, usize), of: &str) -> Forecast {
    let (of, range) = of.split_once(' ').expect("a day and a range");
    let (lower, upper) = range.split_once('-').expect("a range");
    let span = ForecastSpan {
        from: hour(of, 1),
        hours: 24,
        aqi: AqiRange::new(lower.parse().expect("a number"), upper.parse().expect("a number"))
            .expect("legal"),
        hourly: Vec::new(),
        primary: lantian::index::Pollutants::EMPTY,
        cause: None,
        concentrations: BTreeMap::new(),
        weather: None,
    };
    Forecast {
        office: office.to_owned(),
        issued: hour(day, ending).end(),
        source,
        zones: BTreeMap::from([(String::new(), vec![span])]),
    }
}

fn shelf(told: &[Forecast]) -> Shelf {
    let record = |(at, forecast): (usize, &Forecast)| Record {
        number: u64::try_from(at).expect("few") + 1,
        at: forecast.issued,
        person: None,
        drill: None,
        body: Body::Forecast(forecast.clone()),
    };
    Shelf { records: told.iter().enumerate().map(record).collect(), ..Shelf::default() }
}

/// A tile of the first screen by its title.
fn tile<'a>(text: &'a str, title: &str) -> &'a str {
    let tiles = text.split("<div class=\"card fact\">").skip(1);
    let found = tiles.map(|tile| between(tile, "", "</div>")).find(|tile| tile.contains(title));
    found.unwrap_or_else(|| panic!("no tile {title}: {text}"))
}

async fn aqi_of_yesterday() -> u16 {
    let daemon = Daemon::over(one(dalian()));
    let days = format!("/api/v1/days?entity=dalian&from={YESTERDAY}&to={YESTERDAY}");
    let aqi = daemon.get(&days).await.json()["days"][0]["aqi"].as_u64().expect("an AQI");
    u16::try_from(aqi).expect("an AQI")
}

#[tokio::test]
async fn yesterday_stands_against_the_last_official_forecast_before_it() {
    let aqi = aqi_of_yesterday().await;
    for (lower, upper, verdict) in [
        (aqi - 10, aqi + 20, "在预报范围内".to_owned()),
        (aqi - 20, aqi - 5, "实况高于上限5".to_owned()),
        (aqi + 7, aqi + 30, "实况低于下限7".to_owned()),
    ] {
        let of = format!("{YESTERDAY} {lower}-{upper}");
        let far = format!("{YESTERDAY} 400-450");
        let told = [
            forecast("市监测中心", Source::Fed, ("2026-11-20", 17), &far),
            forecast("市监测中心", Source::Fed, ("2026-11-21", 17), &of),
            forecast("内置统计预报", Source::BuiltIn, ("2026-11-21", 23), &far),
            forecast("市监测中心", Source::Fed, (YESTERDAY, 9), &far),
        ];
        let daemon = Daemon::with(one(dalian()), shelf(&told), Config::default());
        let text = daemon.get("/").await.text;
        let tile = tile(&text, "昨日 11月22日");
        assert!(tile.contains(&format!(">{aqi}</span>")), "{tile}");
        assert!(tile.contains(&format!("预报{lower}～{upper}，{verdict}")), "{tile}");
        assert!(tile.contains("市监测中心 11-21 17:00发布"), "{tile}");
    }
    let daemon = Daemon::over(one(dalian()));
    let text = daemon.get("/").await.text;
    assert!(tile(&text, "昨日").contains("前一日无官方预报"), "{text}");
    let english = daemon.get("/?lang=en").await.text;
    assert!(tile(&english, "Yesterday 11-22").contains("no official forecast the day before"));
}

#[tokio::test]
async fn tomorrow_is_the_offices_and_the_built_in_forecast_says_what_it_is() {
    let with = |told: &[Forecast]| {
        let mut warnings = Warnings::default();
        for (at, forecast) in told.iter().enumerate() {
            warnings.book.keep(KeptForecast {
                number: u64::try_from(at).expect("few"),
                received: forecast.issued,
                forecast: forecast.clone(),
            });
        }
        Daemon::over(one(AreaView { warnings: Arc::new(warnings), ..dalian() }))
    };
    let built_in =
        forecast("内置统计预报", Source::BuiltIn, ("2026-11-23", 15), "2026-11-24 70-160");
    let text = with(std::slice::from_ref(&built_in)).get("/").await.text;
    let shown = tile(&text, "明日预报 11月24日");
    assert!(shown.contains("尚无官方预报"), "{shown}");
    assert!(shown.contains("内置统计预报（仅供参考）70～160"), "{shown}");
    assert!(!shown.contains("class=\"chip"), "no colour without an office: {shown}");
    let fed = forecast("市监测中心", Source::Fed, ("2026-11-23", 9), "2026-11-24 95-125");
    let text = with(&[fed, built_in]).get("/").await.text;
    let shown = tile(&text, "明日预报");
    assert!(shown.contains("c-good\">95<") && shown.contains("c-light\">125<"), "{shown}");
    assert!(shown.contains("良至轻度污染") && shown.contains("市监测中心 11-23 09:00发布"));
    assert!(!shown.contains("内置"), "{shown}");
}

#[tokio::test]
async fn the_year_so_far_is_that_of_the_assessment() {
    let daemon = Daemon::over(one(dalian()));
    let span = format!("ytd:{YESTERDAY}");
    let asked = format!("/api/v1/assessment?entity=dalian&span={span}&compare=year_before");
    let json = daemon.get(&asked).await.json();
    let text = daemon.get("/").await.text;
    let good = tile(&text, "今年优良天数");
    assert!(good.contains(&format!("<b>{}</b>", json["days_good"])), "{good}");
    assert!(good.contains(&format!("有效{}天，截至11-22", json["days_valid"])), "{good}");
    let pm2_5 = tile(&text, "今年PM2.5均值");
    assert!(pm2_5.contains(&format!("<b>{}</b>", json["shown"]["pm2_5_mean"])), "{pm2_5}");
    let heavy = tile(&text, "重度及以上污染天");
    assert!(heavy.contains(&format!("<b>{}</b>", json["days_heavy"])), "{heavy}");
    // The days before 1 March rest on another edition than those of the year before's end.
    let refused = json["comparisons"][0]["refused_zh"].is_string();
    assert_eq!(good.contains("口径不同，不作同比"), refused, "{good}");
}

#[tokio::test]
async fn a_store_that_cannot_be_read_is_said_and_the_rest_stands() {
    let broken = Shelf { records_broken: true, ..Shelf::default() };
    let daemon = Daemon::with(one(dalian()), broken, Config::default());
    let answer = daemon.get("/").await;
    assert_eq!(answer.status, 200);
    for title in ["昨日", "今年优良天数", "今年PM2.5均值", "重度及以上污染天"] {
        let tile = tile(&answer.text, title);
        assert!(tile.contains("<b>—</b>") && tile.contains("数据库暂不可读"), "{tile}");
    }
    assert!(answer.text.contains("首要污染物"));
}

#[tokio::test]
async fn what_is_due_next_stands_with_its_time() {
    let text = Daemon::over(one(dalian())).get("/").await.text;
    let tile = tile(&text, "下一时限");
    assert!(tile.contains("<b>20:00</b>") && tile.contains("11月23日空气质量预报"), "{tile}");
    assert!(tile.contains("11-24 12:00 11月23日空气质量日报"), "{tile}");
}

#[tokio::test]
async fn the_weather_is_the_middle_of_the_stations() {
    let of = |code, degrees, speed, humidity| {
        place(code, code, steady(CLEAN)).weather(degrees, speed, -15, humidity)
    };
    let at = hour("2026-11-23", 15);
    // One stuck vane and one wet hygrometer change nothing.
    let places = vec![of("a", 310, 21, 60), of("b", 320, 24, 62), of("c", 90, 300, 99)];
    let text = Daemon::over(one(area("x", "某市", at, places, &[]))).get("/").await.text;
    assert!(text.contains("西北风 2.4m/s，湿度 62%，气温 -1.5℃"), "{text}");
    let places = vec![place("a", "a", steady(CLEAN))];
    let text = Daemon::over(one(area("x", "某市", at, places, &[]))).get("/").await.text;
    assert!(text.contains("无气象数据"), "{text}");
}

#[tokio::test]
async fn every_station_stands_on_the_picture_and_a_missing_one_is_hatched() {
    let at = hour("2026-11-23", 15);
    let silent = place("b", "<乙>", |_| [None; 6]);
    let places = vec![place("a", "甲", steady(CLEAN)), silent];
    let text = Daemon::over(one(area("x", "某市", at, places, &[]))).get("/").await.text;
    let map = between(&text, "<svg class=\"map\"", "</svg>");
    assert!(map.contains(">甲</text>") && map.contains(">&lt;乙&gt;</text>"), "{map}");
    assert_eq!(map.matches("<rect class=\"c-na\"").count(), 1, "{map}");
    assert!(map.contains("aqi-of c-na") && map.contains(">缺测</text>"), "{map}");
    let many = (0..50).map(|n| place(&format!("s{n:02}"), "站", steady(CLEAN))).collect();
    let text = Daemon::over(one(area("x", "某市", at, many, &[]))).get("/").await.text;
    let map = between(&text, "<svg class=\"map\"", "</svg>");
    assert_eq!(map.matches("<circle class=\"c-").count(), 50, "points where names have no room");
}

#[tokio::test]
async fn the_wall_shows_the_same_and_is_kept_up_to_date() {
    let daemon = Daemon::over(one(dalian()));
    let text = daemon.get("/wall").await.text;
    let first = daemon.get("/").await.text;
    let aqi = between(&first, "<span class=\"number\">", "</span>");
    assert!(text.contains(&format!("<p class=\"number\">{aqi}</p>")), "{text}");
    for word in [
        "首要污染物",
        "今日累计",
        "截至15时",
        "24小时均值",
        "8小时均值",
        "离线 / 缺报",
        "实况(未审核)",
    ] {
        assert!(text.contains(word), "{word}");
    }
    assert!(text.contains("data-events=\"/events?area=dalian&amp;lang=zh&amp;view=wall\""));
    let request = axum::http::Request::get("/events?area=dalian&lang=zh&view=wall");
    let request = request.body(axum::body::Body::empty()).expect("a request");
    let response = tower::ServiceExt::oneshot(daemon.router.clone(), request).await;
    let mut events = response.expect("infallible").into_body().into_data_stream();
    let mut heard = String::new();
    while !heard.contains("event: view") {
        let chunk = events.next().await.expect("a chunk").expect("no error");
        heard.push_str(std::str::from_utf8(&chunk).expect("text"));
    }
    assert!(heard.contains("w-aqi") && !heard.contains("card hero"), "{heard}");
    daemon.get("/wall?area=nowhere").await.problem(404);
    daemon.get("/events?view=ceiling").await.problem(400);
}

#[tokio::test]
async fn a_large_network_has_a_page_of_its_own() {
    let at = hour("2026-11-23", 15);
    let station = |n: usize| {
        let district = if n.is_multiple_of(2) { "东区" } else { "西区" };
        place(&format!("s{n:03}"), &format!("站{n}"), steady(CLEAN)).district(district)
    };
    let view = area("x", "某市", at, (0..250).map(station).collect(), &[]);
    let daemon = Daemon::over(one(view));
    let rows = |text: &str| text.matches("<th scope=\"row\" class=\"pin\"").count();
    let first = daemon.get("/").await.text;
    assert_eq!(rows(&first), 40);
    assert!(first.contains("另有210个点位，查看全部"), "{first}");
    let text = daemon.get("/stations").await.text;
    assert!(rows(&text) == 100 && text.contains("共250个点位"), "{text}");
    let last = daemon.get("/stations?page=3").await.text;
    assert_eq!(rows(&last), 50);
    assert!(last.contains("page=2&amp;lang=zh\">2</a>"), "{last}");
    let east = daemon.get("/stations?text=%E4%B8%9C%E5%8C%BA&page=2").await.text;
    assert!(rows(&east) == 25 && east.contains("共125个点位"), "{east}");
    assert_eq!(rows(&daemon.get("/stations?text=s007").await.text), 1);
    let text = daemon.get("/stations?text=%22%3E%3Cscript%3E").await.text;
    assert!(!text.contains("\"><script>"), "what is sought is escaped");
    daemon.get("/stations?page=0").await.problem(400);
}

#[tokio::test]
async fn a_day_that_is_not_held_is_a_dash() {
    let places = vec![place("a", "甲", steady(CLEAN))];
    let view = View {
        areas: vec![Arc::new(area("x", "某市", hour("2024-01-01", 15), places, &[]))],
        simulated: false,
    };
    let text = Daemon::over(view).get("/").await.text;
    assert!(tile(&text, "昨日 12月31日").contains("缺测"), "{text}");
    for title in ["今年优良天数", "今年PM2.5均值", "重度及以上污染天"] {
        let tile = tile(&text, title);
        assert!(tile.contains("<b>—</b>") && tile.contains("尚无已结束的日期"), "{tile}");
    }
}

#[tokio::test]
async fn the_place_among_cities_is_reckoned_and_says_so() {
    let text = super::rank::daemon().get("/").await.text;
    assert!(text.contains("第1位 / 3（四市，15时AQI由低到高，测算）"), "{text}");
    let alone = Daemon::over(one(dalian())).get("/").await.text;
    assert!(!alone.contains("城市排名"), "no other city is held");
}

#[tokio::test]
async fn the_handbook_stands_where_the_banners_are() {
    let daemon = Daemon::over(one(dalian()));
    let text = daemon.get("/help").await.text;
    assert!(text.contains("<h1>值班手册</h1>") && text.contains("<th>"), "{text}");
    assert!(daemon.get("/").await.text.contains("href=\"/help?area=dalian&amp;lang=zh\""));
}
