//! The page of one station: figures with their basis, drawings with gaps, what was found and revised.

use std::sync::Arc;

use lantian::area::Figures;
use lantian::http::{Config, RevisionRow};
use lantian::pipeline::View;
use lantian::time::{Hour, Instant};

use super::quality::doubtful;
use super::sample::{CLEAN, area, dalian, figures, hour, place, steady};
use super::{Daemon, Shelf};

/// The hours of the year's first station as the archive gives them: rising, with three missing.
fn hours(newest: Hour) -> Vec<Figures> {
    let rising = place("1077A", "甘井子", |back| {
        if (10..13).contains(&back) {
            return [None; 6];
        }
        [Some(150 - back), Some(200 - back), Some(9), Some(40), Some(8), Some(30)]
    });
    (0..72).rev().map(|back| figures(&rising, newest, back)).collect()
}

/// 甘井子 of the sample, stuck and revised, over an archive of 72 hours.
fn over_a_station() -> Daemon {
    let area = doubtful();
    let newest = area.newest.expect("published");
    let at = area.registry.find("1077A").expect("listed");
    let finding = area.stations[at].findings[0];
    let changes = r#"[[8,"pm2_5",40000,44500],[9,"pm2_5",null,"negative"]]"#.to_owned();
    let revised = RevisionRow {
        at: Instant::from_millis(0),
        entity: "1077A".to_owned(),
        day: newest.day().plus(-1),
        cause: "late".to_owned(),
        changes,
    };
    let shelf = Shelf {
        revised: vec![revised],
        figures: hours(newest),
        findings: vec![(newest, at, finding), (newest, at + 1, finding)],
        ..Shelf::default()
    };
    let view = View { areas: vec![Arc::new(area)], simulated: false };
    Daemon::with(view, shelf, Config::default())
}

#[tokio::test]
async fn a_station_says_what_each_number_is_a_mean_of_and_on_how_many_hours_it_rests() {
    let page = over_a_station().get("/station?station=1077A").await.text;
    for words in [
        "甘井子",
        "1077A",
        "2026-11-23 15时",
        "14:00–15:00",
        "1小时均值",
        "24小时滑动均值",
        "8小时滑动均值",
        "HJ 633—2026",
        "GB 3095—2026",
        "实况(未审核)",
        "甘井子区",
        "国控",
        "评价点位",
        "北纬38.914000°，东经121.614800°",
        "2026-11-23 15时，10分钟前",
        "风速",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let explain = "/api/v1/explain?entity=1077A&amp;area=dalian&amp;quantity=pm2_5_24h";
    assert!(page.contains(explain), "{page}");
    assert!(page.contains("138（21/24）"), "three hours of the mean are missing: {page}");
    let missed = over_a_station().get("/station?station=1085A").await.text;
    assert!(missed.contains("cover short") && missed.contains("23/24 小时"), "{missed}");
    let english = over_a_station().get("/station?station=1077A&lang=en").await.text;
    for words in ["24 h rolling mean", "24/24 h", "Last 72 hours", "<html lang=\"en\">"] {
        assert!(english.contains(words), "{words}");
    }
}

#[tokio::test]
async fn its_drawings_have_bands_limits_gaps_and_marks() {
    let page = over_a_station().get("/station?station=1077A").await.text;
    let drawings: Vec<_> = page.split("<svg class=\"chart graph\"").skip(1).collect();
    assert_eq!(drawings.len(), 6);
    let pm2_5 = drawings[0].split("</svg>").next().expect("an end");
    assert!(pm2_5.contains("近72小时PM2.5"), "{pm2_5}");
    assert_eq!(pm2_5.matches("class=\"gap\"").count(), 3, "hours that are missing");
    assert_eq!(pm2_5.matches("<polyline class=\"hourly\"").count(), 2, "before and after them");
    assert!(pm2_5.contains("class=\"band c-moderate\"") && pm2_5.contains("class=\"limit\""));
    assert_eq!(pm2_5.matches("class=\"revised\"").count(), 2, "9时 and 10时 of yesterday");
    assert!(!drawings[1].contains("class=\"revised\""), "PM10 was not");
    // The limit of the day stands beside the drawing, whether it is on the axis or not.
    assert!(page.contains("限值 24小时60"), "{page}");
}

#[tokio::test]
async fn its_hours_tell_what_was_found_and_what_was_revised() {
    let page = over_a_station().get("/station?station=1077A").await.text;
    let table = page.split("aria-label=\"逐时数据").nth(1).expect("the table");
    let rows: Vec<_> = table.split("<tr><th scope=\"row\"").skip(1).take(72).collect();
    assert!(rows[0].contains("2026-11-23 15时") && rows[0].contains("PM2.5 恒值"), "{}", rows[0]);
    assert!(rows[0].contains("<td class=\"n\">150</td>"), "{}", rows[0]);
    assert!(rows[11].contains("缺测") && rows[11].contains("—"), "{}", rows[11]);
    assert!(rows[71].contains("2026-11-20 16时"), "{}", rows[71]);
    let found = page.split("aria-label=\"疑似异常与无效数据").nth(1).expect("what was found");
    assert!(found.contains("连续8小时数值不变") && found.contains("仅标记"), "{found}");
    let only_own = page.matches("连续8小时数值不变").count();
    assert_eq!(only_own, 1, "what was found of another station is not here");
    let revised = page.split("aria-label=\"发布后修订").nth(1).expect("revisions");
    for words in ["迟到数据", "2026-11-22 9时", ">40<", ">44.5<", ">缺测<", ">负值<"] {
        assert!(revised.contains(words), "{words}: {revised}");
    }
}

#[tokio::test]
async fn the_days_of_its_month_stand_by_their_aqi() {
    let page = over_a_station().get("/station?station=1077A").await.text;
    let month = page.split("aria-label=\"本月各日").nth(1).expect("the month");
    assert!(month.contains("2026-11-22") && !month.contains("2026-11-23<"), "{month}");
    let short = month.split("2026-11-13").nth(1).expect("the thirteenth");
    assert!(short.split("</tr>").next().expect("a row").contains("缺测"), "{short}");
    assert!(month.contains("已修订"), "the first");
}

#[tokio::test]
async fn what_is_missing_shows_as_missing() {
    let daemon = Daemon::over(View { areas: vec![Arc::new(dalian())], simulated: true });
    let silent = daemon.get("/station?station=1086A").await.text;
    for words in ["离线", "缺测", "不发布AQI", "模拟数据", "0/24 小时"] {
        assert!(silent.contains(words), "{words}: {silent}");
    }
    let drawing = silent.split("<svg class=\"chart graph\"").nth(1).expect("a drawing");
    let drawing = drawing.split("</svg>").next().expect("an end");
    assert_eq!(drawing.matches("class=\"gap\"").count(), 72);
    assert!(!drawing.contains("<polyline"), "{drawing}");
    let retired = daemon.get("/station?station=0999X").await.text;
    assert!(retired.contains("停用") && retired.contains("2025-12-31"), "{retired}");
    let maintained = daemon.get("/station?station=1080A").await.text;
    assert!(maintained.contains("维护(M)，上报值412"), "{maintained}");
}

#[tokio::test]
async fn an_archive_that_cannot_be_read_leaves_the_newest_hour() {
    let view = View { areas: vec![Arc::new(dalian())], simulated: false };
    let shelf = Shelf { broken: true, ..Shelf::default() };
    let page = Daemon::with(view, shelf, Config::default()).get("/station?station=1077A").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("历史数据暂不可读") && page.text.contains("24小时滑动均值"));
    assert!(!page.text.contains("<svg class=\"chart graph\""));
}

#[tokio::test]
async fn names_are_escaped_and_unknown_stations_refused() {
    let hostile = place("h1", "<img src=x onerror=alert(1)>", steady(CLEAN)).district("<b>区");
    let area = area("x", "某市", hour("2026-11-23", 15), vec![hostile], &[]);
    let daemon = Daemon::over(View { areas: vec![Arc::new(area)], simulated: false });
    let page = daemon.get("/station?station=h1").await.text;
    assert!(!page.contains("<img") && !page.contains("<b>区"), "{page}");
    assert!(page.contains("&#60;img src=x"), "{page}");
    daemon.get("/station?station=nowhere").await.problem(404);
    daemon.get("/station").await.problem(400);
    daemon.get("/station?station=h1&area=y").await.problem(404);
}
