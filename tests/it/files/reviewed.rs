//! `import --dataset reviewed` and `export --dataset` through the binary.

use super::{HEADER, Place, file, lantian};

fn review(place: &Place, span: &str, rows: &[&str]) -> (Option<i32>, String, String) {
    place.write("reviewed.csv", &(HEADER.to_owned() + &rows.join("\n")));
    let more = ["--area", "dalian", "--dataset", "reviewed", "--span", span];
    place.import("a.db", &more, &["reviewed.csv"])
}

/// Two stations over two days: PM2.5 of 40 and 60.
fn imported() -> Place {
    let place = Place::new();
    let hours = (1..3).flat_map(|day| (0..24).map(move |hour| (day, hour)));
    let row = |(day, hour): (u32, u32), (station, value)| {
        format!("2025-01-{day:02} {hour:02}:00,{station},{value},,,,,")
    };
    let rows: Vec<String> =
        hours.flat_map(|at| [("1A", 40), ("2A", 60)].map(|of| row(at, of))).collect();
    place.write("air.csv", &file(&rows));
    place.imported("a.db", &["air.csv"]);
    place
}

/// PM2.5 of the area by label, where there is one, and the line 数据口径.
fn area(place: &Place, dataset: &str) -> (Vec<String>, String) {
    let store = place.path("a.db").display().to_string();
    let args = ["export", "--store", &store, "--what", "hours", "--entity", "dalian", "--dataset"];
    let (code, out, told) = lantian(&[&args[..], &[dataset]].concat());
    assert_eq!(code, Some(0), "{told}");
    let row = |row: &str| {
        let fields: Vec<&str> = row.split(',').collect();
        (!fields[4].is_empty()).then(|| format!("{} {}", &fields[0][8..13], fields[4]))
    };
    (out.lines().skip(1).filter_map(row).collect(), told)
}

#[test]
fn reviewed_hours_hold_and_what_the_review_left_out_is_missing() {
    let place = imported();
    assert_eq!(area(&place, "best").1, "数据口径:实况数据(未审核)\n");
    let rows = ["2025-01-01 08:00,1A,30,,,,,", "2025-01-01 08:00,2A,32,,,,,"];
    let (code, out, told) = review(&place, "2025-01-01..2025-01-01", &rows);
    assert_eq!((code, told.as_str()), (Some(0), ""));
    assert_eq!(
        out,
        "2 rows: 2 new, 0 repeated, 0 conflicting\nreviewed from 2025-01-01T00:00:00+08:00 to \
         2025-01-02T00:00:00+08:00 for 3 stations\n"
    );
    let (best, basis) = area(&place, "best");
    assert_eq!((best.len(), best[0].as_str(), best[1].as_str()), (25, "01 08 31", "02 00 50"));
    assert_eq!(basis, "数据口径:审核数据截至2025-01-01,其后为实况数据\n");
    let (realtime, basis) = area(&place, "realtime");
    assert_eq!((realtime.len(), basis.as_str()), (48, "数据口径:实况数据(未审核)\n"));
    assert_eq!(area(&place, "reviewed"), (vec!["01 08 31".into()], "数据口径:审核数据\n".into()));
    let json = place.export("a.db", &["--format", "json", "--to", "2025-01-01"]);
    assert!(
        json.contains("\"dataset\":\"best\"") && json.ends_with("\"dataset_zh\":\"审核数据\"}\n")
    );
    assert!(json.contains("\"reviewed\":true") && !json.contains("\"reviewed\":false"));
    let again = review(&place, "2025-01-01..2025-01-01", &rows);
    assert!(again.1.starts_with("2 rows: 0 new, 2 repeated, 0 conflicting\n"), "{}", again.1);
    // Another review takes the place of the first one, as far as its span reaches.
    let rows = ["2025-01-01 07:00,1A,20,,,,,", "2025-01-01 07:00,1A,21,,,,,"];
    let (_, out, _) = review(&place, "2025-01-01 07:00..2025-01-01 08:00", &rows);
    assert!(out.starts_with("2 rows: 1 new, 0 repeated, 1 conflicting\n"), "{out}");
    let best = area(&place, "best").0;
    assert_eq!((best.len(), best[0].as_str(), best[1].as_str()), (25, "01 07 21", "02 00 50"));
    let store = place.path("a.db").display().to_string();
    let (code, told, _) = lantian(&["audit", "--store", &store]);
    assert!(code == Some(0) && told.ends_with(": 0 differences\n"), "{told}");
}

#[test]
fn what_cannot_be_a_review_is_refused_with_its_reason() {
    let place = imported();
    place.write("reviewed.csv", HEADER);
    for (more, reason) in [
        (&["--span", "2025-01-01..2025-01-01"][..], "--span: only with --dataset reviewed"),
        (&["--dataset", "reviewed"], "--dataset reviewed: --span FROM..TO says what it covers"),
        (&["--dataset", "best"], "realtime or reviewed expected, got best"),
        (&["--dataset", "reviewed", "--span", "2025-01-01"], "FROM..TO expected"),
        (&["--dataset", "reviewed", "--span", "2025-01-01 00:30..2025-01-02"], "FROM..TO expected"),
        (&["--dataset", "reviewed", "--span", "2025-01-02..2025-01-01"], "ends before it begins"),
        (&["--dataset", "reviewed", "--span", "2025-01-02..2099-01-01"], "ends in the future"),
        (&["--dataset", "reviewed", "--span", "1025-01-02..2025-01-01"], "longer than 3700 days"),
    ] {
        let (code, out, told) = place.import("a.db", more, &["reviewed.csv"]);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{told}");
        assert!(told.contains(reason), "{reason}: {told}");
    }
    let rows = ["2025-01-01 23:00,1A,30,,,,,", "2025-01-02 00:00,1A,30,,,,,"];
    let (code, out, told) = review(&place, "2025-01-01..2025-01-01", &rows);
    assert_eq!(code, Some(65), "{told}");
    assert!(
        told.contains("reviewed.csv:3: outside_span: the hour does not lie in --span"),
        "{told}"
    );
    assert!(out.starts_with("1 rows: 1 new"), "{out}");
}
