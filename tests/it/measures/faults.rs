//! Every fault of a list by sheet and cell, in the workbook and in the CSV files alike.

use std::path::Path;

use lantian::measures::{Cell, Kind, Sheet};

use super::{get, lantian, loaded, read, seed, set, workbook};

/// Findings as place and kind.
type Short = Vec<(String, Kind)>;

/// Faults and notices.
fn found(sheets: &[Sheet]) -> (Short, Short) {
    let short = |all: Vec<lantian::measures::Finding>| {
        all.into_iter().map(|one| (one.place.to_string(), one.kind)).collect()
    };
    match loaded(sheets) {
        Ok(loaded) => (Vec::new(), short(loaded.notices)),
        Err(findings) => (short(findings.faults), short(findings.notices)),
    }
}

/// Where a change is made, what is written there, and where which fault is found for it.
type Case = (&'static str, &'static str, &'static str, &'static str, Kind);

/// One change for each kind of fault that one cell can make. Rows of 工业源 start at 4: 1#锅炉 and 2#锅炉 of the
/// power plant, then the two lines of the paint plant, the printing line, and those of the port.
const CASES: [Case; 33] = [
    ("industry", "J4", "E", "工业源!J4", Kind::UnknownGrade),
    ("industry", "J6", "未评级", "工业源!J6", Kind::UnknownGrade),
    ("industry", "D6", "91999900FAKE0000", "工业源!D6", Kind::CreditCodeMalformed),
    ("industry", "D6", "91999900FAKE00008A", "工业源!D6", Kind::CreditCodeCheckDigit),
    ("industry", "D6", "91999900FAKE000110", "工业源!D8", Kind::CreditCodeShared),
    ("industry", "P4", "三百八十", "工业源!P4", Kind::NotANumber),
    ("industry", "Q4", "-720", "工业源!Q4", Kind::NotANumber),
    ("industry", "R4", "", "工业源!R4", Kind::Empty),
    ("industry", "S6", "#REF!", "工业源!S6", Kind::FormulaError),
    ("industry", "C6", "#N/A", "工业源!C6", Kind::FormulaError),
    ("industry", "AH6", "300.001", "工业源!AH6", Kind::ReductionAboveBase),
    ("industry", "AG6", "299.999", "工业源!AG6", Kind::NotMonotonic),
    ("industry", "O5", "1#锅炉", "工业源!O5", Kind::Duplicate),
    ("industry", "B4", "示例县", "工业源!B4", Kind::UnknownDistrict),
    ("industry", "V6", "限产90%", "工业源!V6", Kind::NotMonotonic),
    ("industry", "V4", "停产", "工业源!V4", Kind::UnsafeStop),
    ("industry", "U4", "不采取措施", "工业源!X4", Kind::ReductionWithoutMeasure),
    ("industry", "T6", "酌情减产", "工业源!T6", Kind::UnknownWord),
    ("industry", "K4", "对", "工业源!K4", Kind::UnknownWord),
    ("industry", "M4", "生产中", "工业源!M4", Kind::UnknownWord),
    ("industry", "G4", "东经121度", "工业源!G4", Kind::NotANumber),
    ("industry", "AI4", "七十", "工业源!AI4", Kind::NotANumber),
    ("industry", "AK6", "", "工业源!AK6", Kind::Empty),
    ("mobile", "B4", "全省", "移动源!B4", Kind::UnknownDistrict),
    ("dust", "C5", "房屋建筑和市政工地", "扬尘源!C5", Kind::Duplicate),
    ("dust", "L4", "", "扬尘源!U4", Kind::ReductionWithoutMeasure),
    ("basics", "B4", "去年秋天", "清单信息!B4", Kind::DateUnreadable),
    ("basics", "B3", "", "清单信息!B3", Kind::Empty),
    ("society", "B3", "1e4", "全社会排放量!B3", Kind::NotANumber),
    ("society", "A4", "工业源", "全社会排放量!A4", Kind::Duplicate),
    ("public", "A8", "蓝色", "公众措施!A8", Kind::UnknownWord),
    ("public", "C3", "", "公众措施!C3", Kind::Empty),
    ("public", "B2", "娱乐", "公众措施!B2", Kind::UnknownWord),
];

#[test]
fn each_kind_of_fault_is_found_at_its_cell() {
    let sample = read(&seed("2025"));
    for (sheet, cell, text, place, kind) in CASES {
        let mut sheets = sample.clone();
        assert_ne!(get(&sheets, sheet, cell), text, "{sheet}!{cell}: the case changes nothing");
        set(&mut sheets, sheet, cell, text);
        let (faults, _) = found(&sheets);
        let expected = (place.to_owned(), kind);
        assert!(faults.contains(&expected), "{sheet}!{cell} = {text}: {faults:?}");
        assert!(faults.is_sorted_by(|a, b| a != b), "a cell that rows below go on with once");
        let others = faults.iter().filter(|(_, found)| *found != kind);
        let implied = others.filter(|(_, other)| {
            !matches!((kind, *other), (Kind::UnknownWord, Kind::LevelMissing | Kind::Duplicate))
                && !matches!((kind, *other), (Kind::ReductionWithoutMeasure, Kind::NotMonotonic))
        });
        assert_eq!(implied.collect::<Vec<_>>(), Vec::<&(String, Kind)>::new(), "{sheet}!{cell}");
    }
}

fn sheet<'s>(sheets: &'s mut [Sheet], name: &str) -> &'s mut Sheet {
    sheets.iter_mut().find(|sheet| sheet.name == name).unwrap()
}

#[test]
fn missing_sheets_columns_levels_and_denominators_are_faults() {
    let sample = read(&seed("2025"));
    let one = |change: &dyn Fn(&mut Vec<Sheet>)| {
        let mut sheets = sample.clone();
        change(&mut sheets);
        found(&sheets).0
    };
    let fault = |place: &str, kind| (place.to_owned(), kind);
    let without = one(&|sheets| sheets.retain(|sheet| sheet.name != "dust"));
    assert_eq!(without, [fault("扬尘源", Kind::SheetMissing)]);
    let twice = one(&|sheets| sheets.push(sheets[0].clone()));
    assert!(twice.iter().all(|(_, kind)| *kind == Kind::SheetMissing) && !twice.is_empty());
    let header = one(&|sheets| set(sheets, "industry", "J2", "等级"));
    assert_eq!(header, [fault("工业源!2", Kind::ColumnMissing)]);
    let unit = one(&|sheets| set(sheets, "society", "C2", "氮氧化物（kg/a）"));
    assert_eq!(
        unit,
        [fault("全社会排放量!2", Kind::ColumnMissing)],
        "another unit, another column"
    );
    let again = one(&|sheets| set(sheets, "industry", "A2", "绩效分级"));
    assert_eq!(again.first(), Some(&fault("工业源!J2", Kind::Duplicate)));
    let zero = one(&|sheets| {
        for row in 3..=7 {
            set(sheets, "society", &format!("B{row}"), "0");
        }
    });
    assert_eq!(zero, [fault("全社会排放量!B2", Kind::DenominatorMissing)]);
    let empty = one(&|sheets| sheet(sheets, "society").rows.truncate(2));
    let places: Vec<_> = empty.iter().map(|(place, _)| place.as_str()).collect();
    assert_eq!(places, ["B2", "C2", "D2", "E2"].map(|cell| format!("全社会排放量!{cell}")));
    let small = one(&|sheets| set(sheets, "society", "E3", "1"));
    assert_eq!(small, [], "the others still hold what is listed");
    let small = one(&|sheets| {
        set(sheets, "society", "B3", "2000");
        set(sheets, "society", "B6", "0");
    });
    assert_eq!(small, [fault("全社会排放量!B2", Kind::BaseAboveDenominator)]);
    let twice = one(&|sheets| {
        let rows = &mut sheet(sheets, "public").rows;
        let mut again = rows[1].clone();
        again[2] = Cell::from_text("佩戴口罩");
        rows.push(again);
    });
    let place = format!("公众措施!A{}", sheet(&mut sample.clone(), "public").rows.len() + 1);
    assert_eq!(twice, [(place, Kind::LevelTwice)]);
    let date = one(&|sheets| drop(sheet(sheets, "basics").rows.remove(3)));
    assert_eq!(date, [fault("清单信息", Kind::Empty)]);
    assert_eq!(found(&[]).0.len(), 6, "every sheet but the one that may be absent");
}

#[test]
fn what_only_needs_a_look_is_no_fault() {
    let mut sheets = read(&seed("2025"));
    // 常减压装置 of grade A; the mine that stands still; a column and a sheet that nobody asked for.
    let row = |sheets: &[Sheet], line: &str| {
        let rows = &sheets.iter().find(|sheet| sheet.name == "industry").unwrap().rows;
        rows.iter().position(|row| row[14].shown() == line).unwrap() + 1
    };
    let (refinery, mine) = (row(&sheets, "常减压装置"), row(&sheets, "破碎线"));
    set(&mut sheets, "industry", &format!("V{refinery}"), "限产30%");
    set(&mut sheets, "industry", &format!("R{mine}"), "10");
    set(&mut sheets, "industry", &format!("AE{mine}"), "10");
    set(&mut sheets, "society", "F2", "数据年份");
    sheets.push(Sheet { name: "草稿".to_owned(), ..Sheet::default() });
    let (faults, notices) = found(&sheets);
    assert_eq!(faults, []);
    let expected = [
        (format!("工业源!M{mine}"), Kind::StandingStill),
        (format!("工业源!V{refinery}"), Kind::VoluntaryGrade),
        ("全社会排放量!F2".to_owned(), Kind::ColumnUnused),
        ("草稿".to_owned(), Kind::SheetUnused),
    ];
    for notice in &expected {
        assert!(notices.contains(notice), "{notice:?}: {notices:?}");
    }
    assert_eq!(notices.len(), expected.len());
}

#[test]
fn a_code_that_became_a_number_is_not_taken_for_one() {
    let mut sheets = read(&seed("2025"));
    let (row, column) = super::at("D6");
    let cell = Cell::Number("912102007873094000".to_owned());
    sheet(&mut sheets, "industry").rows[row][column] = cell;
    let findings = loaded(&sheets).unwrap_err();
    let text = "统一社会信用代码为“912102007873094000”，以数字存放，末几位已失真，应将单元格改为文本后重新填写";
    assert_eq!(findings.faults[0].to_string(), format!("工业源!D6：{text}"));
}

/// What a bureau might hand in: twelve kinds of faults in one list.
fn faulty() -> Vec<Sheet> {
    let mut sheets = read(&seed("2025"));
    for (sheet, cell, text) in [
        ("basics", "B4", "十月一日"),
        ("industry", "J9", "E"),
        ("industry", "D6", "91999900FAKE00008A"),
        ("industry", "D9", "0000-10000005"),
        ("industry", "P4", "约380"),
        ("industry", "Q5", "-710"),
        ("industry", "S6", "#REF!"),
        ("industry", "O5", "1#锅炉"),
        ("industry", "AH8", "100"),
        ("industry", "V7", "限产10%"),
        ("industry", "V4", "停产"),
        ("mobile", "B7", "示例县"),
        ("dust", "R5", ""),
        ("society", "B3", "0"),
        ("society", "B4", "0"),
        ("society", "B6", "0"),
        ("public", "A14", "黄色"),
    ] {
        set(&mut sheets, sheet, cell, text);
    }
    sheets
}

fn write_csv(directory: &Path, sheets: &[Sheet]) {
    for sheet in sheets {
        let path = directory.join(format!("{}.csv", sheet.name));
        let mut out = csv::Writer::from_path(path).unwrap();
        for row in &sheet.rows {
            out.write_record(row.iter().map(Cell::shown)).unwrap();
        }
        out.flush().unwrap();
    }
}

const TOLD: &str = "\
lantian: 应急减排清单有17处错误，未载入
  清单信息!B4：内容为“十月一日”，不是可识别的日期，应为如“2026-09-28”的日期
  工业源!P4：基准排放量（kg/d）/二氧化硫为“约380”，不是数字，应为不小于0的数字
  工业源!V4：应急减排措施/红色为“停产”，而该企业不可临时停产，应改为限产等可安全实施的措施
  工业源!O5：生产线为“1#锅炉”，与工业源!O4为同一企业的同一生产线，应只列一次
  工业源!Q5：基准排放量（kg/d）/氮氧化物为“-710”，为负数，应为不小于0的数字
  工业源!D6：统一社会信用代码为“91999900FAKE00008A”，校验码不符，按前17位末位应为“L”
  工业源!S6：基准排放量（kg/d）/VOCs为“#REF!”，公式出错，应为填写的内容
  工业源!V7：应急减排措施/红色为“限产10%”，弱于橙色的“限产30%”，应不弱于它
  工业源!AH8：VOCs减排量（kg/d）/红色为“100”，大于基准排放量96千克/日，应不大于它
  工业源!D9：统一社会信用代码为“0000-10000005”，应为18位数字和大写字母（不含I、O、S、V、Z），第3至8位为数字
  工业源!J9：绩效等级为“E”，应为A、B、B-、C、D、引领性、非引领性之一（保障类、小微涉气可为未评级）
  移动源!B7：区县为“示例县”，不在清单的区县之列，应为示例城区、示例港区、示例新区、示例湾区、示例河市、示例庄市、示例岛县之一
  扬尘源!R5：氮氧化物减排量（kg/d）/黄色为空，应为数字，没有的填0
  全社会排放量!B2：二氧化硫全社会排放量合计为0，无法计算减排比例，应大于0
  公众措施：缺少红色预警的措施，应列出
  公众措施!A14：预警级别为“黄色”，该级别重复，应集中列出一次
  公众措施!C17：措施内容为“工业企业按应急减排清单采取措施”，该措施重复，应只列一次
";

#[test]
fn a_workbook_with_merged_cells_and_many_faults_names_each_of_them() {
    let dir = tempfile::tempdir().unwrap();
    let book = dir.path().join("清单.xlsx");
    workbook::write(&book, &faulty());
    let (code, out, told) = lantian(&["check", book.to_str().unwrap()]);
    assert_eq!((code, out.as_str()), (Some(65), ""));
    assert_eq!(told, TOLD, "{told}");
    let csv = dir.path().join("csv");
    std::fs::create_dir(&csv).unwrap();
    write_csv(&csv, &faulty());
    let (code, out, of_csv) = lantian(&["check", csv.to_str().unwrap(), "--json"]);
    assert_eq!((code, of_csv), (Some(65), told), "the same of CSV files");
    let document: serde_json::Value = serde_json::from_str(&out).unwrap();
    let kinds: std::collections::BTreeSet<_> =
        document["faults"].as_array().unwrap().iter().map(|f| f["kind"].to_string()).collect();
    assert!(kinds.len() >= 10, "{kinds:?}");
}

#[test]
fn a_number_that_is_merged_over_rows_is_not_counted_for_each() {
    let mut sheets = read(&seed("2025"));
    // The base emission of both boilers in one merged cell.
    set(&mut sheets, "industry", "P5", "");
    sheet(&mut sheets, "industry").merged.push(((3, 15), (4, 15)));
    let findings = loaded(&sheets).unwrap_err();
    let text = findings.faults[0].to_string();
    let expected = "工业源!P5：基准排放量（kg/d）/二氧化硫为空（单元格已合并，不能分到各行），应为数字，没有的填0";
    assert_eq!(text, expected);
}
