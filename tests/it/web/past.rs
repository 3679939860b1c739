//! The chart of the page by the dataset of the reader's choice.

use super::page::{between, one};
use super::sample::{dalian, hour};
use super::{Config, Daemon, Shelf};

/// A shelf with the 72 hours of the view, the first 24 of them reviewed.
fn shelf() -> Shelf {
    let newest = hour("2026-11-23", 15);
    let view = dalian();
    let figures = |back: i32| lantian::area::Figures {
        reviewed: back >= 48,
        ..view.sets[0].at(newest.plus(-back)).expect("held").figures.clone()
    };
    Shelf { figures: (0..72).rev().map(figures).collect(), ..Shelf::default() }
}

#[tokio::test]
async fn the_past_is_drawn_by_the_dataset_of_choice_and_says_which() {
    let daemon = Daemon::with(one(dalian()), shelf(), Config::default());
    let best = daemon.get("/").await.text;
    let trend = |page: &str| between(page, "<section class=\"card trend", "</section>").to_owned();
    assert!(trend(&best).contains("数据口径:实况数据(未审核)"), "{}", trend(&best));
    assert!(daemon.shelf.asked.lock().expect("not poisoned").is_empty(), "the view holds it");
    for (dataset, basis) in
        [("realtime", "数据口径:实况数据(未审核)"), ("reviewed", "数据口径:审核数据<")]
    {
        let page = daemon.get(&format!("/?dataset={dataset}")).await.text;
        let shown = trend(&page);
        assert!(shown.contains(basis), "{shown}");
        let link = format!("lang=zh&amp;dataset={dataset}\" aria-current=\"page\"");
        assert!(shown.contains(&link), "{shown}");
        assert!(
            page.contains(&format!("dataset={dataset}&amp;lang=en\"")),
            "the language keeps it"
        );
        assert!(page.contains(&format!(
            "data-events=\"/events?area=dalian&amp;lang=zh&amp;dataset={dataset}\""
        )));
        assert_eq!(
            between(&page, "card hero", "</section>"),
            between(&best, "card hero", "</section>")
        );
        let asked = daemon.shelf.asked.lock().expect("not poisoned").pop().expect("from the store");
        let newest = hour("2026-11-23", 15);
        assert_eq!((asked.from, asked.to), (newest.plus(-71), newest));
        assert_eq!(asked.dataset.name(), dataset);
        daemon.get(&format!("/?dataset={dataset}")).await;
        assert!(daemon.shelf.asked.lock().expect("not poisoned").is_empty(), "once for a view");
    }
    let (_, detail) = daemon.get("/?dataset=final").await.problem(400);
    assert!(detail.contains("dataset"), "{detail}");
}

#[tokio::test]
async fn reviewed_data_of_the_view_says_how_far_it_reaches() {
    let mut area = dalian();
    for shown in &mut area.sets[0].hours {
        shown.figures.reviewed = shown.figures.hour < hour("2026-11-22", 1);
    }
    let text = Daemon::over(one(area)).get("/").await.text;
    assert!(text.contains("数据口径:审核数据截至2026-11-21,其后为实况数据"), "{text}");
}

#[tokio::test]
async fn a_past_that_cannot_be_read_is_said_and_not_drawn() {
    let broken = Shelf { broken: true, ..Shelf::default() };
    let daemon = Daemon::with(one(dalian()), broken, Config::default());
    let text = daemon.get("/?dataset=realtime").await.text;
    assert!(text.contains("历史数据暂不可读") && !text.contains("<svg class=\"chart\""), "{text}");
    assert!(daemon.get("/").await.text.contains("<svg class=\"chart\""));
}

#[tokio::test]
async fn hours_that_the_store_does_not_hold_are_gaps() {
    let mut shelf = shelf();
    shelf.figures.retain(|f| f.reviewed);
    let daemon = Daemon::with(one(dalian()), shelf, Config::default());
    let text = daemon.get("/?dataset=reviewed").await.text;
    let chart = between(&text, "<svg class=\"chart\"", "</svg>");
    assert_eq!(chart.matches("class=\"gap\"").count(), 48, "{chart}");
}
