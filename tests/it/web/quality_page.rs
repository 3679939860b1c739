//! The page of data quality: strips of hours, alarms, findings by rule, refused messages, revisions.

use std::sync::Arc;

use lantian::area::{Figures, Member};
use lantian::http::Config;
use lantian::pipeline::{Alarm, AreaView, Subject, View};
use lantian::quality::{Rule, Treatment};
use lantian::reconciliation::{Quantity, Reconciliation, Tally};
use lantian::time::Hour;

use super::quality::doubtful;
use super::sample::{CLEAN, area, dalian, figures, hour, place, steady};
use super::{Daemon, Shelf};

fn daemon(area: AreaView, shelf: Shelf) -> Daemon {
    let view = View { areas: vec![Arc::new(area)], simulated: false };
    Daemon::with(view, shelf, Config::default())
}

/// Every station's hours, as the archive has them: two hours missing, one without SO₂ and NO₂.
fn hours(newest: Hour) -> Vec<Figures> {
    let place = place("s", "某站", |back| match back {
        3 | 4 => [None; 6],
        30 => [Some(20), Some(40), None, None, Some(4), Some(60)],
        _ => CLEAN.map(Some),
    });
    (0..72).rev().map(|back| figures(&place, newest, back)).collect()
}

#[tokio::test]
async fn hours_that_are_missing_are_hatched_and_counted() {
    let newest = dalian().newest.expect("published");
    let shelf = Shelf { figures: hours(newest), ..Shelf::default() };
    let page = daemon(dalian(), shelf).get("/quality").await.text;
    let row = |name: &str| {
        let found = page.split("<tr>").find(|row| row.contains(&format!(">{name}</a>")));
        found.expect("a row").to_owned()
    };
    let station = row("甘井子");
    assert!(station.contains("132/144（91%）"), "two hours of six: {station}");
    assert!(station.contains("418/432（96%）"), "and two values: {station}");
    assert_eq!(station.matches("class=\"missing\"").count(), 1, "one run: {station}");
    assert_eq!(station.matches("class=\"part\"").count(), 1);
    assert_eq!(station.matches("class=\"full\"").count(), 3);
    assert!(station.contains("近24小时有效值132/144（91%），近72小时418/432（96%）"));
    // Out of operation is neither good nor missing.
    let retired = row("老站(迁移)");
    assert!(retired.contains("class=\"off\"") && !retired.contains("class=\"missing\""));
    assert!(retired.contains(">—<"), "{retired}");
    let bare = daemon(dalian(), Shelf::default()).get("/quality").await.text;
    let row = bare.split("<tr>").find(|row| row.contains(">甘井子</a>")).expect("a row");
    assert!(row.contains("n few\">0/144（0%）") && row.contains("class=\"missing\""), "{row}");
}

#[tokio::test]
async fn alarms_stand_with_how_long_they_last() {
    let mut area = dalian();
    let since = area.now.plus_minutes(-(26 * 60 + 5));
    let alarm = |subject, lag_min| Alarm { subject, since, raised: since, cleared: None, lag_min };
    area.alarms = vec![
        alarm(Subject::Feed, None),
        alarm(Subject::Station(1), None),
        alarm(Subject::Clock(2), None),
        alarm(Subject::Behind(3), Some(75)),
        alarm(Subject::Differs(Member::Set(0)), None),
    ];
    let daemon = daemon(area, Shelf::default());
    let page = daemon.get("/quality").await.text;
    for words in [
        "数据接收中断",
        "站点离线",
        "站点时钟超前，数据未采用",
        "站点时钟滞后或数据延迟",
        "AQI与国家平台不一致",
        "1天2小时",
        "1小时15分钟",
        "2026-11-22 13:05",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let english = daemon.get("/quality?lang=en").await.text;
    assert!(english.contains("1 d 2 h") && english.contains("1 h 15 min"), "{english}");
    let calm = Daemon::over(View { areas: vec![Arc::new(dalian())], simulated: false });
    assert!(calm.get("/quality").await.text.contains("无缺报、时钟等告警"));
}

#[tokio::test]
async fn findings_are_counted_by_rule_and_treatment_and_listed() {
    let area = doubtful();
    let newest = area.newest.expect("published");
    let found = |code: &str| {
        let at = area.registry.find(code).expect("listed");
        (at, area.stations[at].findings[0])
    };
    let (stuck, micro, flagged) = (found("1077A"), found("2101M"), found("1080A"));
    assert_eq!((stuck.1.rule, micro.1.treatment), (Rule::Stuck, Treatment::Excluded));
    let findings = [(newest.plus(-80), stuck), (newest.plus(-20), stuck), (newest.plus(-1), stuck)]
        .into_iter()
        .chain([(newest, micro), (newest, flagged)])
        .map(|(hour, (at, finding))| (hour, at, finding))
        .collect();
    let page = daemon(area, Shelf { findings, ..Shelf::default() }).get("/quality").await.text;
    let counts = |rule: &str| {
        let row = page.split("<tr>").find(|row| row.contains(&format!("\"row\">{rule}</th>")));
        let cells = row.expect("a row").split("<td class=\"n\">").skip(1);
        cells.map(|cell| cell.split('<').next().expect("text").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(counts("恒值"), ["2", "0", "0"], "the one of 80 hours ago is not of these hours");
    assert_eq!(counts("偏离周边"), ["0", "1", "0"]);
    assert_eq!(counts("仪器标识"), ["0", "0", "1"]);
    assert_eq!(counts("倒挂"), ["0", "0", "0"]);
    let list = page.split("aria-label=\"疑似异常与无效数据清单").nth(1).expect("a list");
    assert!(list.find("周水子") < list.find("甘井子"), "the newest first");
    assert!(list.contains("连续8小时数值不变") && list.contains("维护(M)"), "{list}");
}

#[tokio::test]
async fn refused_messages_revisions_and_published_figures_are_told() {
    let mut reconciliation = Reconciliation::default();
    let tally = Tally { compared: 240, equal: 237, ..Tally::default() };
    reconciliation.tallies.insert(Quantity::Aqi, tally);
    let last_published = Some(hour("2026-11-23", 14));
    let shelf = Shelf { reconciliation, last_published, ..Shelf::default() };
    let page = daemon(dalian(), shelf).get("/quality").await.text;
    for words in ["不是JSON", "not_json", "at byte 4", "aq/dalian/1077A/obs"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(page.contains("<td class=\"n\">2</td><td class=\"n\">6</td>"), "two, six times");
    assert!(page.contains("{&#34;st&#60;script&#62;") && !page.contains("st<script>"), "{page}");
    let revised = page.split("aria-label=\"发布后修订").nth(1).expect("revisions");
    for words in ["迟到数据", "2026-11-17 9时", ">40<", ">44.5<"] {
        assert!(revised.contains(words), "{words}: {revised}");
    }
    assert!(page.contains("截至2026-11-23 14时的72小时，比对240项，不一致3项。"), "{page}");
    let none = daemon(dalian(), Shelf::default()).get("/quality").await.text;
    assert!(none.contains("未接入国家平台发布数据"));
}

#[tokio::test]
async fn many_stations_are_shown_fifty_at_a_time() {
    let places = (0..120).map(|n| place(&format!("s{n:03}"), &format!("第{n}站"), steady(CLEAN)));
    let many = area("x", "某市", hour("2026-11-23", 15), places.collect(), &[]);
    let daemon = daemon(many, Shelf::default());
    let page = daemon.get("/quality?page=3").await.text;
    assert_eq!(page.matches("class=\"strip\"").count(), 20);
    assert!(page.contains("第119站") && !page.contains(">第99站<"), "{page}");
    assert!(page.contains("page=3&amp;lang=zh\" aria-current=\"page\""), "{page}");
    assert_eq!(*daemon.shelf.members.lock().expect("not poisoned"), [20], "only those are read");
    daemon.get("/quality?page=4").await.problem(400);
    daemon.get("/quality?area=nowhere").await.problem(404);
}
