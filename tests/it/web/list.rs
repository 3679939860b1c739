//! A response whose list of measures is not today's: who carries it out, and what is told of it.

use lantian::measures::Edition;
use lantian::warning::{Body as Said, named_list};
use serde_json::json;

use super::Shelf;
use super::execution::{DAYS, Room, STEPS, day, edition, records, sheet, step};

/// The list of then has a district that today's has no more.
#[tokio::test]
async fn a_response_goes_on_by_the_list_of_its_issue() {
    let (mut then, mut records) = (Edition::clone(&edition()), records());
    then.filing = "示例环〔2025〕9号".to_owned();
    let renamed = |name: &mut String| *name = name.replace("示例港区", "示例旧区");
    then.districts.iter_mut().for_each(renamed);
    then.lines.iter_mut().map(|line| &mut line.district).for_each(renamed);
    then.sources.iter_mut().map(|source| &mut source.district).for_each(renamed);
    let Said::Issued(issue) = &mut records[2].body else { panic!("the issue") };
    issue.measures = Some(named_list(&then.filing, &then.digest()));
    let (measures, kept) = (Some(edition()), vec![then.clone()]);
    let room = Room::with(Shelf { records: records.clone(), measures, kept, ..Shelf::default() });
    for (district, status) in [("示例旧区", 200), ("示例港区", 400)] {
        let taken = room.post(STEPS, &step(district, "delivered")).await;
        assert_eq!(taken.status.as_u16(), status, "{district}: {}", taken.text);
        let taken = room.post(DAYS, &day(district, 1)).await;
        assert_eq!(taken.status.as_u16(), status, "{district}: {}", taken.text);
    }
    assert_eq!(room.send(sheet(&[("示例旧区", 2)])).await.json()["recorded"], json!(["示例旧区"]));
    let told = room.daemon.get(DAYS).await.json();
    assert_eq!(
        (&told["districts"][1]["district"], &told["district_count"]),
        (&json!("示例旧区"), &json!(7))
    );
    let list = &told["list"];
    assert_eq!((&list["filing"], &list["standing"]), (&json!(then.filing), &json!("replaced")));
    assert_eq!(list["digest"], then.digest());
    let dispatch = room.daemon.get_as("/api/v1/dispatch/1", "reads").await.json();
    assert_eq!((&dispatch["list"], &dispatch["filing"]), (list, &json!(then.filing)));
    let page = room.daemon.get("/response").await.text;
    let said = format!("现行清单已更新为{}", edition().filing);
    assert_eq!(page.matches(&said).count(), 2, "at the tasks and at the reports: {page}");
    assert!(page.contains("示例旧区（签收）") && !page.contains("示例港区"), "{page}");
    room.end().await;

    // Where that one is not kept, today's stands in, and it is said.
    let shelf = Shelf { records, measures: Some(edition()), ..Shelf::default() };
    let room = Room::with(shelf);
    let told = room.daemon.get(DAYS).await.json();
    assert_eq!(
        (&told["list"]["filing"], &told["list"]["standing"]),
        (&json!(edition().filing), &json!("not_kept"))
    );
    assert!(room.daemon.get("/response").await.text.contains("未载明或未留存"));
    room.end().await;
}
