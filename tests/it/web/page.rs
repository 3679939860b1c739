//! The page: words, colours, what is missing, and live updates.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use lantian::index::Category;
use lantian::pipeline::{AreaView, HourState, View};
use lantian::standard::standards;
use tokio_stream::StreamExt as _;
use tower::ServiceExt as _;

use super::sample::{CLEAN, area, dalian, dalian_at, empty, hour, place, steady};
use super::{Config, Daemon, Shelf};

pub(super) fn one(area: AreaView) -> View {
    View { areas: vec![Arc::new(area)], simulated: false }
}

async fn page(area: AreaView) -> String {
    let daemon = Daemon::over(one(area));
    let answer = daemon.get("/").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    answer.text
}

/// The text between two marks.
pub(super) fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    let start = text.find(from).unwrap_or_else(|| panic!("{from:?} is not on the page"));
    let rest = &text[start + from.len()..];
    &rest[..rest.find(to).unwrap_or(rest.len())]
}

/// A city of one station with these six values in every hour.
fn city(six: [i32; 6]) -> AreaView {
    area("x", "某市", hour("2026-11-23", 15), vec![place("a", "甲", steady(six))], &[])
}

#[tokio::test]
async fn the_page_says_what_the_duty_officer_needs() {
    let text = page(dalian()).await;
    for word in
        ["2026-11-23 15时", "14:00–15:00", "今日累计", "截至15时", "首要污染物", "数据有效率"]
    {
        assert!(text.contains(word), "{word}");
    }
    for word in ["市区", "中心城区", "HJ 633—2026", "按标准条文", "已发布", "近72小时", "8/10 站"]
    {
        assert!(text.contains(word), "{word}");
    }
    assert!(!text.contains("模拟"), "measured air is not called simulated");
    assert!(!text.contains("数据缺报"), "fresh data is not called missing");
}

/// The rows of the terms table that concern this page, and the words the room would not use.
#[tokio::test]
async fn the_words_are_those_of_the_room() {
    let text = page(dalian()).await;
    for word in ["实况(未审核)", "数据有效率", "离线", "缺报", "评价点位", "今日累计", "截至15时"]
    {
        assert!(text.contains(word), "{word}");
    }
    assert!(text.contains("数据口径:实况数据(未审核)"));
    let reviewed_until = Some(hour("2026-10-31", 24));
    let text = page(AreaView { reviewed_until, ..dalian() }).await;
    assert!(text.contains("数据口径:审核数据截至2026-10-31,其后为实况数据"));
    let text = text.split("<main").nth(1).expect("a main part");
    for word in ["预警", "响应", "应急", "达标", "掉线", "完整率", "日累计AQI"] {
        assert!(!text.contains(word), "{word} has no place on this page");
    }
}

#[tokio::test]
async fn the_room_of_the_day_stands_on_the_first_screen() {
    let air = [58, 70, 6, 18, 4, 60];
    let at = |ending| {
        area("x", "某市", hour("2026-11-23", ending), vec![place("a", "甲", steady(air))], &[])
    };
    let text = page(at(14)).await;
    let panel = between(&text, "<section class=\"card room\"", "</section>");
    for word in ["保良空间", "截至14时，今日余10小时", "保良: 后10小时须", "不超轻度: 后10小时须"]
    {
        assert!(panel.contains(word), "{word}: {panel}");
    }
    assert!(panel.contains("截至14时PM2.5均值58，后10小时均值须≤64方可保良"), "{panel}");
    assert!(panel.contains("<b class=\"\">≤64</b>") && !panel.contains("上一节点"), "{panel}");
    assert!(text.find("card room") < text.find("class=\"tiles\""), "above the tiles");
    // An hour later the sentence of the checkpoint stays beside that of the newest hour.
    let text = page(at(15)).await;
    let panel = between(&text, "<section class=\"card room\"", "</section>");
    assert!(panel.contains("上一节点</small> 截至14时PM2.5均值58，"), "{panel}");
    assert!(panel.contains("sentence\">截至15时PM2.5均值58，"), "{panel}");
    // What must fall is marked, and what is lost says so.
    let text = page(city([64, 70, 6, 18, 4, 60])).await;
    let panel = between(&text, "<section class=\"card room\"", "</section>");
    assert!(panel.contains("<b class=\"up\">≤54</b>"), "{panel}");
    let text = page(city([150, 190, 6, 18, 4, 60])).await;
    assert!(between(&text, "card room", "</section>").contains("<b class=\"up\">已超</b>"));
    let daemon = Daemon::over(one(at(14)));
    let english = daemon.get("/?lang=en").await.text;
    assert!(english.contains("Room left today") && english.contains("By 14:00 PM2.5 averages 58"));
}

#[tokio::test]
async fn each_class_has_its_name_its_colour_and_a_text_that_can_be_read() {
    let style = Daemon::over(View::default()).get("/style.css").await.text;
    let edition = standards().index_edition("2026-11-23".parse().expect("a day"));
    // PM2.5 that gives each class.
    for (pm2_5, category) in [20, 50, 90, 130, 200, 400].into_iter().zip(Category::ALL) {
        let [_, rest @ ..] = CLEAN;
        let text = page(city([pm2_5, rest[0], rest[1], rest[2], rest[3], rest[4]])).await;
        let class = edition.class(category);
        let css = format!("c-{}", category.code());
        let hero = between(&text, "<div class=\"aqi ", "</div>");
        assert!(hero.starts_with(&css), "{hero}");
        assert!(hero.contains(class.name_zh), "{hero}");
        assert!(text.contains(class.health) && text.contains(class.advice), "{category}");
        let rule = between(&style, &format!("\n.{css} {{"), "}");
        let colour = class.colour.to_lowercase();
        assert!(rule.contains(&format!("--c: {colour};")), "{category}: {rule}");
        let ink = between(rule, "--t: ", ";");
        let contrast = contrast(&colour, ink);
        assert!(contrast >= 3.99, "{category}: contrast {contrast:.2}"); // bold and large: 3 is due
    }
}

/// WCAG 2 contrast of two `#rrggbb`.
fn contrast(a: &str, b: &str) -> f64 {
    let luminance = |colour: &str| {
        let part = |at: usize| {
            let byte = u8::from_str_radix(&colour[at..at + 2], 16).expect("hex");
            let share = f64::from(byte) / 255.0;
            if share <= 0.040_45 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * part(1) + 0.7152 * part(3) + 0.0722 * part(5)
    };
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[tokio::test]
async fn a_missing_aqi_is_grey_with_its_reason_and_never_good() {
    let no_pm = |_| [None, Some(40), Some(6), Some(18), Some(4), Some(60)];
    let stations = vec![place("a", "甲", no_pm)];
    let text = page(area("x", "某市", hour("2026-11-23", 15), stations, &[])).await;
    let hero = between(&text, "<section class=\"card hero", "</section>");
    assert!(hero.contains("aqi c-na") && hero.contains("缺测"), "{hero}");
    assert!(hero.contains("PM2.5 缺测，且其余污染物的AQI不大于100"), "{hero}");
    assert!(!hero.contains("c-excellent") && !hero.contains("各类人群可正常活动"), "{hero}");
}

/// A city of `present` stations that report and others, to ten, that do not.
fn city_of(present: usize) -> AreaView {
    let mut places: Vec<_> =
        (0..present).map(|n| place(&format!("a{n}"), &format!("站{n}"), steady(CLEAN))).collect();
    for n in present..10 {
        // Silent in the newest hour and the eight before.
        let course = |back: i32| if back < 9 { [None; 6] } else { CLEAN.map(Some) };
        places.push(place(&format!("b{n}"), &format!("默{n}"), course));
    }
    let pair: &[&str] = if present < 10 { &["b9", "a0"] } else { &["a9", "a0"] };
    area("x", "某市", hour("2026-11-23", 15), places, &[("pair", "两站", pair)])
}

#[tokio::test]
async fn few_stations_are_said_instead_of_advice() {
    let text = page(city_of(3)).await;
    let hero = between(&text, "<section class=\"card hero", "</section>");
    assert!(hero.contains("仅3/10站有数据，代表性不足"), "{hero}");
    assert!(hero.contains("aqi c-excellent thin"), "the AQI stays, hatched: {hero}");
    assert!(!hero.contains("各类人群可正常活动"), "{hero}");
    let day = between(&text, "<section class=\"card day\"", "</section>");
    assert!(day.contains("<em class=\"few\">有效小时 15/15，其中9小时不足半数站"), "{day}");
    assert!(day.contains("3/10站") && day.contains("chip big c-excellent thin"), "{day}");
    assert_eq!(text.matches("<rect class=\"thin\"").count(), 9);
    let sets = between(&text, "<section class=\"card sets\"", "</section>");
    assert!(sets.contains("<td class=\"n few\">1/2站"), "{sets}");
    let table = between(&text, "<section class=\"card stations\">", "</section>");
    assert_eq!(table.matches("<small class=\"hours\">6/15</small>").count(), 7);
}

#[tokio::test]
async fn a_missing_station_stands_beside_the_hour() {
    let text = page(city_of(8)).await;
    let hero = between(&text, "<section class=\"card hero", "</section>");
    assert!(hero.contains("<b class=\"few\">8/10站</b>"), "{hero}");
    assert!(hero.contains("各类人群可正常活动") && !hero.contains("thin"), "{hero}");
    assert!(hero.contains("</span> 无</p>") && hero.contains("优 <small>一级</small>"), "{hero}");
    let text = page(city_of(10)).await;
    assert!(!text.contains("class=\"few\"") && !text.contains(" thin"), "all are there");
}

#[tokio::test]
async fn no_station_is_both_highest_and_lowest() {
    for (present, highest, lowest) in [(1, 1, 0), (4, 2, 2), (5, 3, 2), (8, 3, 3)] {
        let text = page(city_of(present)).await;
        let ranks = between(&text, "<section class=\"card ranks\">", "离线 / 缺报");
        let (high, low) = ranks.split_once("最低").expect("two lists");
        let count = |part: &str| part.matches("class=\"name\"").count();
        assert_eq!((count(high), count(low)), (highest, lowest), "{present}");
    }
}

#[tokio::test]
async fn silence_is_never_good_air() {
    let silent = |_| [None; 6];
    let stations = vec![place("a", "甲", silent), place("b", "乙", silent)];
    let text = page(area("x", "某市", hour("2026-11-23", 15), stations, &[])).await;
    let main = between(&text, "<main", "</main>");
    assert!(main.contains("各项污染物均缺测"));
    for good in ["c-excellent", "c-good", ">优<", ">良<"] {
        assert!(!main.contains(good), "{good}");
    }
    assert_eq!(main.matches("class=\"gap\"").count(), 72, "every hour of the chart is a gap");
}

#[tokio::test]
async fn silent_stations_are_named_with_their_last_hour() {
    let text = page(dalian()).await;
    let quiet = between(&text, "<ul class=\"quiet\">", "</ul>");
    assert!(quiet.contains("缺报</span><a class=\"name\" href=\"/station?area=dalian"), "{quiet}");
    assert!(quiet.contains("station=1085A&amp;lang=zh\">开发区</a>"), "{quiet}");
    assert!(quiet.contains("末次上报 2026-11-23 14时"), "{quiet}");
    assert!(quiet.contains("lang=zh\">双D港</a>"), "{quiet}");
    let table = between(&text, "<section class=\"card stations\">", "</section>");
    let first = between(table, "<tbody>", "</tr>");
    assert!(first.contains("class=\"silent\""), "silent stations come first: {first}");
    let retired = table.rfind("停用").expect("the retired station is marked");
    assert!(table[retired..].find("<tr").is_none(), "and comes last");
}

#[tokio::test]
async fn a_value_that_does_not_count_says_why() {
    let text = page(dalian()).await;
    assert!(text.contains("PM10 维护(M)，上报值 412"), "flagged");
    assert!(text.contains("CO 负值，上报值 -0.2"), "negative");
}

#[tokio::test]
async fn lines_of_the_chart_break_where_data_is_missing() {
    let text = page(dalian()).await;
    let chart = between(&text, "<svg", "</svg>");
    assert_eq!(chart.matches("<polyline class=\"line-pm\"").count(), 2, "one gap of four hours");
    assert_eq!(chart.matches("class=\"gap\"").count(), 4);
    assert_eq!(chart.matches("class=\"midnight\"").count(), 3);
    assert!(chart.contains(">24时</text>"), "hours are named by their end");
    assert!(!chart.contains(">0时</text>"));
}

#[tokio::test]
async fn changes_are_shown_with_their_direction() {
    let at = hour("2026-11-23", 15);
    // 30 for days, then 90 in the newest hour: the mean of 15 hours rises from 30 to 34.
    let rising = |back: i32| {
        let pm2_5 = if back == 0 { 90 } else { 30 };
        [Some(pm2_5), Some(40), Some(6), Some(18), Some(4), Some(60)]
    };
    let text = page(area("x", "某市", at, vec![place("a", "甲", rising)], &[])).await;
    let day = between(&text, "<section class=\"card day\"", "</section>");
    let row = between(day, "PM2.5 <small>均值</small>", "</tr>");
    assert!(row.contains(">34<") && row.matches("↑4").count() == 2, "{row}");
    let so2 = between(day, "SO₂ <small>均值</small>", "</tr>");
    assert_eq!(so2.matches("持平").count(), 2, "{so2}");
    assert!(day.contains("有效小时 15/15"));
}

#[tokio::test]
async fn the_first_hour_of_a_day_has_no_hour_before() {
    let stations = vec![place("a", "甲", steady(CLEAN))];
    let text = page(area("x", "某市", hour("2026-11-23", 1), stations, &[])).await;
    let day = between(&text, "<section class=\"card day\"", "</section>");
    assert!(day.contains("当日第一个小时"));
    assert!(day.contains("截至1时"));
}

#[tokio::test]
async fn days_of_two_editions_are_not_compared() {
    let stations = vec![place("a", "甲", steady(CLEAN))];
    let text = page(area("x", "某市", hour("2026-03-01", 15), stations, &[])).await;
    let day = between(&text, "<section class=\"card day\"", "</section>");
    assert!(day.contains("两个时次执行的标准不同，不作比较"));
}

#[tokio::test]
async fn old_data_is_called_missing() {
    let mut area = dalian();
    let ended = area.newest.expect("published").end();
    area.now = ended.plus_minutes(120);
    assert!(!page(area.clone()).await.contains("数据缺报"), "two hours may pass");
    area.now = ended.plus_minutes(181);
    let text = page(area).await;
    assert!(text.contains("数据缺报</strong> 最新时次为2026-11-23 15时，距今已超过3小时"));
}

#[tokio::test]
async fn a_feed_that_has_not_caught_up_is_said() {
    let mut area = dalian();
    area.caught_up = Some(false);
    assert!(page(area).await.contains("数据接收未就绪"));
}

#[tokio::test]
async fn simulated_air_is_marked() {
    let daemon = Daemon::over(View { areas: vec![Arc::new(dalian())], simulated: true });
    let text = daemon.get("/").await.text;
    assert!(text.contains("模拟数据</strong> 非真实监测结果"));
    assert!(text.contains("<title>【模拟】"));
}

#[tokio::test]
async fn before_the_first_hour_the_page_says_so() {
    let text = page(empty("dalian", "大连", hour("2026-11-23", 15))).await;
    assert!(text.contains("尚无已发布的小时数据"));
    let text = Daemon::over(View::default()).get("/").await.text;
    assert!(text.contains("尚未配置任何区域"));
}

#[tokio::test]
async fn a_revised_hour_shows_its_version() {
    let mut area = dalian();
    let last = area.sets[0].hours.last_mut().expect("held");
    (last.state, last.version) = (HourState::Revised, 3);
    assert!(page(area).await.contains("已修订(第3版)"));
}

#[tokio::test]
async fn names_cannot_carry_markup() {
    let evil = "<script>alert(1)</script>\"'&\r\n";
    let stations = vec![place("a\"><b>", evil, steady(CLEAN)).district("<i>区</i>")];
    let members: &[&str] = &["a\"><b>"];
    let sets: [(&str, &str, &[&str]); 1] = [("s", "<img src=x>", members)];
    let text = page(area("x", "<b>市</b>", hour("2026-11-23", 15), stations, &sets)).await;
    for raw in ["<script>alert", "<i>区", "<b>市", "<img", "a\"><b>"] {
        assert!(!text.contains(raw), "{raw}");
    }
    assert!(text.contains("&#60;script&#62;alert(1)"));
}

#[tokio::test]
async fn english_by_switch() {
    let daemon = Daemon::over(one(dalian()));
    let text = daemon.get("/?lang=en").await.text;
    for word in ["Day so far", "until 15:00", "Primary pollutant", "Data capture", "not reviewed"] {
        assert!(text.contains(word), "{word}");
    }
    assert!(text.contains("<html lang=\"en\">") && text.contains(">中文</a>"));
    let main = between(&text, "<main", "</main>");
    for word in ["今日", "数据", "缺测", "离线", "均值", "站点"] {
        assert!(!main.contains(word), "{word}");
    }
}

#[tokio::test]
async fn several_areas_have_a_switch() {
    let yingkou = area("yingkou", "营口", hour("2026-11-23", 15), Vec::new(), &[]);
    let areas = vec![Arc::new(dalian()), Arc::new(yingkou)];
    let daemon = Daemon::over(View { areas, simulated: false });
    let first = daemon.get("/").await.text;
    assert!(first.contains("<a href=\"/?area=dalian&amp;lang=zh\" aria-current=\"true\">大连</a>"));
    let second = daemon.get("/?area=yingkou").await.text;
    assert!(second.contains("<title>营口 环境空气质量实况"), "{second}");
    assert_eq!(daemon.get("/?area=nowhere").await.problem(404).0, "not_found");
    assert_eq!(daemon.get("/?arae=dalian").await.problem(400).0, "bad_parameter");
}

#[tokio::test]
async fn nothing_foreign_or_inline_is_loaded() {
    let daemon = Daemon::over(one(dalian()));
    let answer = daemon.get("/").await;
    assert!(answer.policy.contains("default-src 'none'") && !answer.policy.contains("unsafe"));
    for inline in [" style=\"", "<style", " onclick", "javascript:"] {
        assert!(!answer.text.contains(inline), "{inline}");
    }
    let outside = answer.text.matches("http").count();
    assert_eq!(outside, answer.text.matches("http://www.w3.org/2000/svg").count());
}

#[tokio::test]
async fn files_are_named_by_their_content() {
    let daemon = Daemon::over(one(dalian()));
    let text = daemon.get("/").await.text;
    let address = format!("/style.css?v={}", between(&text, "/style.css?v=", "\""));
    let style = daemon.get(&address).await;
    assert_eq!(style.media, "text/css; charset=utf-8");
    let again = Request::get("/live.js").header("if-none-match", &style.tag);
    let again = daemon.answer(again.body(Body::empty()).expect("a request")).await;
    assert_eq!(again.status, StatusCode::NOT_MODIFIED);
}

/// Reads events until one of that name has come; its data.
async fn event(stream: &mut axum::body::BodyDataStream, name: &str) -> Option<String> {
    let mut text = String::new();
    while let Some(chunk) = stream.next().await {
        text.push_str(std::str::from_utf8(&chunk.expect("a chunk")).expect("text"));
        for event in text.split_inclusive("\n\n").filter(|e| e.ends_with("\n\n")) {
            if event.starts_with(&format!("event: {name}\n")) {
                let lines = event.lines().filter_map(|l| l.strip_prefix("data: "));
                return Some(lines.collect::<Vec<_>>().join("\n"));
            }
        }
    }
    None
}

async fn watch(daemon: &Daemon, path: &str) -> axum::body::BodyDataStream {
    let request = Request::get(path).body(Body::empty()).expect("a request");
    let response = daemon.router.clone().oneshot(request).await.expect("infallible");
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    response.into_body().into_data_stream()
}

#[tokio::test]
async fn watchers_get_the_build_the_picture_and_each_new_one() {
    let daemon = Daemon::over(one(city(CLEAN)));
    let mut stream = watch(&daemon, "/events?area=x&lang=zh").await;
    let build = event(&mut stream, "build").await.expect("the build");
    assert!(daemon.get("/").await.text.contains(&format!("data-build=\"{build}\"")));
    let first = event(&mut stream, "view").await.expect("the picture now");
    assert!(first.contains("c-excellent"), "{first}");
    let [_, rest @ ..] = CLEAN;
    let heavy = city([200, rest[0], rest[1], rest[2], rest[3], rest[4]]);
    daemon.view.send_replace(Arc::new(one(heavy)));
    let second = event(&mut stream, "view").await.expect("the new picture");
    assert!(second.contains("aqi c-heavy"), "{second}");
    daemon.cancel.cancel();
    assert_eq!(event(&mut stream, "view").await, None, "the stream ends with the daemon");
}

#[tokio::test]
async fn pictures_come_at_a_bounded_pace() {
    let config = Config { push_interval: Duration::from_secs(3600), ..Config::default() };
    let daemon = Daemon::with(one(city(CLEAN)), Shelf::default(), config);
    let mut stream = watch(&daemon, "/events").await;
    event(&mut stream, "view").await.expect("the picture now");
    for pm2_5 in [90, 130, 200] {
        let [_, rest @ ..] = CLEAN;
        let six = [pm2_5, rest[0], rest[1], rest[2], rest[3], rest[4]];
        daemon.view.send_replace(Arc::new(one(city(six))));
        tokio::task::yield_now().await;
    }
    event(&mut stream, "view").await.expect("one of the new pictures");
    let more = tokio::time::timeout(Duration::from_millis(50), event(&mut stream, "view")).await;
    assert!(more.is_err(), "the next picture waits for the interval");
}

#[tokio::test]
async fn watchers_are_bounded() {
    let config = Config { max_watchers: 1, ..Config::default() };
    let daemon = Daemon::with(one(city(CLEAN)), Shelf::default(), config);
    let first = watch(&daemon, "/events").await;
    assert_eq!(daemon.get("/events").await.problem(503).0, "unavailable");
    drop(first);
    assert!(event(&mut watch(&daemon, "/events").await, "build").await.is_some());
}

/// Writes pages to look at under the target directory, styles inlined.
#[tokio::test]
async fn pages_can_be_looked_at() {
    let mut stale = dalian_at(hour("2026-11-24", 2), 38);
    stale.now = stale.now.plus_minutes(300);
    stale.caught_up = Some(false);
    let no_pm = |_| [None, Some(40), Some(6), Some(18), Some(4), Some(60)];
    let stations = vec![place("a", "甲", no_pm), place("b", "乙", no_pm)];
    let na = area("x", "某市", hour("2026-11-23", 15), stations, &[]);
    let waiting = empty("dalian", "大连", hour("2026-11-23", 15));
    let pages = [("now", dalian()), ("heavy", stale), ("na", na), ("waiting", waiting)];
    for (name, area) in pages {
        let simulated = name == "heavy";
        let daemon = Daemon::over(View { areas: vec![Arc::new(area)], simulated });
        for lang in ["zh", "en"] {
            let page = daemon.get(&format!("/?lang={lang}")).await.text;
            let style = daemon.get("/style.css").await.text;
            let link = between(&page, "<link rel=\"stylesheet\"", ">");
            let link = format!("<link rel=\"stylesheet\"{link}>");
            let html = page.replace(&link, &format!("<style>{style}</style>"));
            let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{lang}.html"));
            std::fs::write(path, html).expect("the target directory can be written");
        }
    }
}
