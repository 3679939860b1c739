//! Shortfall by hand, and what a second edition changes.

use lantian::measures::{Edition, Kind, Required, Sheet, Substance, difference, shortfall};
use lantian::warning::Level;

use super::{edition, get, lantian, loaded, read, seed, set};

/// Σ of a column of 工业源 and 移动源 in grams, read off the cells.
fn column(sheets: &[Sheet], industry: usize, mobile: usize) -> i64 {
    let grams = |text: &str| {
        let (kg, g) = text.split_once('.').unwrap_or((text, ""));
        kg.parse::<i64>().unwrap() * 1000 + format!("{g:0<3}").parse::<i64>().unwrap()
    };
    let of = |name: &str, column: usize| {
        let rows = &sheets.iter().find(|sheet| sheet.name == name).unwrap().rows[3..];
        let rows = rows.iter().filter(|row| row[0].shown() != "合计");
        rows.map(|row| grams(row[column].shown())).sum::<i64>()
    };
    of("industry", industry) + of("mobile", mobile)
}

#[test]
fn exactly_ten_percent_is_not_short_and_a_gram_less_is() {
    let mut sheets = read(&seed("2025"));
    // VOCs at yellow: column AF of 工业源 and X of 移动源; dust has none.
    let reduction = column(&sheets, 31, 23);
    assert_eq!(reduction % 20, 0, "so that a whole number of 0.001 t/a is ten times it");
    for row in 3..=7 {
        set(&mut sheets, "society", &format!("E{row}"), "0");
    }
    // Ten times as much a day, 365 days, in t/a.
    let milli_tonnes = reduction * 10 * 365 / 1000;
    let whole = format!("{}.{:03}", milli_tonnes / 1000, milli_tonnes % 1000);
    set(&mut sheets, "society", "E3", &whole);
    let row = |sheets: &[Sheet]| {
        let edition = loaded(sheets).unwrap().edition;
        shortfall(&edition, Level::Yellow, Required::DEFAULT).rows[3].clone()
    };
    let exact = row(&sheets);
    assert_eq!(exact.substance, Substance::Vocs);
    assert_eq!(exact.society_g_per_day.grams(), reduction * 10);
    assert_eq!((exact.short, exact.missing_g_per_day.grams()), (false, 0));
    assert_eq!(exact.reached_percent.to_string(), "10.0");
    // 溶剂型涂料线 reduces 300 kg; a gram less.
    assert_eq!(get(&sheets, "industry", "AF6"), "300");
    set(&mut sheets, "industry", "AF6", "299.999");
    let less = row(&sheets);
    assert_eq!((less.short, less.missing_g_per_day.grams()), (true, 1));
    assert_eq!(less.reached_percent.to_string(), "9.9");
}

#[test]
fn the_sample_falls_short_of_vocs_at_red() {
    let edition = edition(&seed("2025"));
    let short = |level| {
        let found = shortfall(&edition, level, Required::DEFAULT).rows;
        found.into_iter().filter(|row| row.short).map(|row| row.substance).collect::<Vec<_>>()
    };
    assert_eq!(Level::ALL.map(short), [vec![], vec![], vec![Substance::Vocs]]);
    let path = seed("2025.xlsx");
    let args = ["shortfall", path.to_str().unwrap(), "--level", "red", "--at", "2025-11-01"];
    let (code, told, _) = lantian(&args);
    assert_eq!(code, Some(0), "short is a finding, not a fault");
    let lines: Vec<&str> = told.lines().collect();
    assert_eq!(lines[1], "红色预警（Ⅰ级响应），减排比例应不低于30%，单位千克/日：");
    let vocs: Vec<&str> = lines[6].split_whitespace().collect();
    // 7123.288 + 1780.822 + 4109.589 + 712.329 kg a day, each from t/a; 30 % of them are 4117.8084 kg.
    let reduction = column(&read(&seed("2025")), 33, 25);
    assert_eq!(vocs[..2], ["VOCs", "13726.028"]);
    assert_eq!(vocs[2].parse::<f64>(), Ok(reduction as f64 / 1000.0));
    let missing = 4_117_809 - reduction;
    assert_eq!(vocs[4..], ["24.7%", &format!("{}.{:03}", missing / 1000, missing % 1000)]);
}

#[test]
fn the_second_edition_is_told_as_a_difference_with_reasons() {
    let (old, new) = (edition(&seed("2025.xlsx")), edition(&seed("2026")));
    let (found, findings) = difference(&old, &new);
    assert_eq!(findings.faults, []);
    assert_eq!(findings.notices, []);
    let names = |rows: Vec<&lantian::measures::RowName>| {
        rows.into_iter().map(|row| format!("{} {}", row.name, row.line)).collect::<Vec<_>>()
    };
    let added = names(found.added.iter().collect());
    assert_eq!(added, ["示例制药有限公司 发酵车间", "示例制药有限公司 提取车间"]);
    let removed = names(found.removed.iter().map(|removed| &removed.row).collect());
    assert_eq!(removed, ["示例沥青有限公司 1#搅拌楼", "示例沥青有限公司 2#搅拌楼"]);
    assert!(found.removed.iter().all(|r| r.reason == "企业关停，注销排污许可证"));
    let changed = names(found.changed.iter().map(|changed| &changed.row).collect());
    assert_eq!(changed.len(), 5, "two boilers, two kilns, one sector: {changed:?}");
    let boiler = found.changed.iter().find(|c| c.row.line == "1#锅炉").unwrap();
    let fields: Vec<_> =
        boiler.fields.iter().map(|f| (f.field.as_str(), f.old.as_str(), f.new.as_str())).collect();
    let expected = [("contact", "冯示例", "魏示例"), ("phone", "0000-10000010", "0000-10000110")];
    assert_eq!(fields, expected);
    let kiln = found.changed.iter().find(|c| c.row.line == "1#隧道窑").unwrap();
    let fields: Vec<_> = kiln.fields.iter().map(|f| f.field.as_str()).collect();
    let halves = ["reduction_so2_yellow", "reduction_nox_yellow", "reduction_pm_yellow"];
    assert_eq!(fields[..2], ["grade", "measure_yellow"]);
    assert_eq!(fields[2..], halves);
    assert_eq!(difference(&new, &new).0.changed, []);
}

#[test]
fn a_changed_or_removed_row_without_a_reason_is_a_fault() {
    let old = edition(&seed("2025"));
    let mut sheets = read(&seed("2026"));
    set(&mut sheets, "industry", "AM5", "");
    set(&mut sheets, "society", "G3", "");
    set(&mut sheets, "removals", "D3", "3#搅拌楼");
    set(&mut sheets, "basics", "B4", "2025-10-01");
    let new = loaded(&sheets).unwrap().edition;
    let (_, findings) = difference(&old, &new);
    let found: Vec<_> = findings.faults.iter().map(|f| (f.place.to_string(), f.kind)).collect();
    let expected = [
        ("清单信息", Kind::NotLater),
        ("工业源!AM5", Kind::ReasonMissing),
        ("全社会排放量!G3", Kind::ReasonMissing),
        ("调出清单", Kind::ReasonMissing),
    ];
    assert_eq!(found, expected.map(|(place, kind)| (place.to_owned(), kind)));
    let notices: Vec<_> = findings.notices.iter().map(|n| n.place.to_string()).collect();
    assert_eq!(notices, ["调出清单!B3"]);
}

#[test]
fn diff_shows_old_and_new_and_refuses_what_has_no_reason() {
    let (old, new) = (seed("2025.xlsx"), seed("2026.xlsx"));
    let (old, new) = (old.to_str().unwrap(), new.to_str().unwrap());
    let (code, told, _) = lantian(&["diff", old, new]);
    assert_eq!(code, Some(0));
    let boiler = "  工业源：示例城区 示例热电有限公司 1#锅炉（变更原因：更换应急联系人）\n    \
                  应急联系人：冯示例 → 魏示例\n    联系电话：0000-10000010 → 0000-10000110\n";
    assert!(told.contains("新增2项\n") && told.contains("调出2项\n"), "{told}");
    assert!(told.contains(boiler), "{told}");
    let (code, _, faults) = lantian(&["diff", new, old]);
    assert_eq!(code, Some(65));
    assert!(faults.starts_with("lantian: 应急减排清单有"), "{faults}");
    let late = "\n  清单信息：实施日期2025-10-01不晚于上一版的2026-10-01，应晚于它\n";
    assert!(faults.contains(late), "{faults}");
}

#[test]
fn an_edition_is_kept_as_json_under_its_digest() {
    for name in ["2025", "2026"] {
        let edition = edition(&seed(name));
        let (json, digest) = (edition.to_json(), edition.digest());
        let kept = Edition::from_json(&json, &digest).unwrap();
        assert_eq!(kept.digest(), digest);
        assert_eq!(
            (kept.lines.len(), kept.sources.len()),
            (edition.lines.len(), edition.sources.len())
        );
        // What a later one changes is the same against the kept one.
        let next = self::edition(&seed("2026"));
        assert_eq!(difference(&kept, &next).0, difference(&edition, &next).0);
        let other = json.replacen("限产", "停产", 1);
        assert!(Edition::from_json(&other, &digest).is_err() || other == json, "{name}");
        assert!(Edition::from_json("{", &digest).is_err());
    }
}
