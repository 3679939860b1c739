//! What districts report of a day, as a sheet: any order of columns, every fault by its cell, XLSX and CSV
//! alike.

use lantian::measures::{Cell, Findings, Kind, Sheet, daily, daily_columns};
use lantian::time::Day;
use lantian::warning::{Count, DistrictDay};
use lantian::workbook::sheets_in;
use rust_xlsxwriter::{Format, Formula, Workbook};

const DISTRICTS: [&str; 3] = ["示例甲区", "示例乙区", "示例丙市"];

fn day() -> Day {
    "2026-11-26".parse().unwrap()
}

fn read(sheets: &[Sheet]) -> Result<Vec<DistrictDay>, Findings> {
    daily(sheets, day(), &DISTRICTS.map(str::to_owned))
}

/// The sheet as the office keeps it: a title, the header as it is told, two districts, and their sum.
fn rows() -> Vec<Vec<String>> {
    let line = |district: &str, from: u32| {
        let counts = (0..11).map(|n| (from + 20 - n).to_string());
        let texts = |text: &str| std::iter::once(text.to_owned());
        texts(district).chain(counts).chain(texts("王某")).chain(texts("")).collect()
    };
    vec![
        vec!["示例市重污染天气应对日报".to_owned()],
        daily_columns(),
        line("示例甲区", 0),
        line("示例丙市", 100),
        line("合计", 100),
    ]
}

fn csv(rows: &[Vec<String>]) -> Vec<u8> {
    let lines: Vec<String> = rows.iter().map(|row| row.join(",")).collect();
    format!("\u{FEFF}{}\r\n", lines.join("\r\n")).into_bytes()
}

/// As a workbook whose numbers are numbers, beside an empty second sheet.
fn workbook(rows: &[Vec<String>], name: &str) -> Workbook {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.set_name(name).unwrap();
    for (row, cells) in (0_u32..).zip(rows) {
        for (column, text) in (0_u16..).zip(cells) {
            match text.parse::<f64>() {
                Ok(number) => sheet.write_number(row, column, number),
                Err(_) if text.starts_with('#') => {
                    let broken = Formula::new("=1/0").set_result(text);
                    sheet.write_formula(row, column, broken)
                }
                Err(_) => sheet.write_string(row, column, text),
            }
            .unwrap();
        }
    }
    book.add_worksheet().set_name("说明").unwrap();
    book
}

fn xlsx(rows: &[Vec<String>]) -> Vec<u8> {
    workbook(rows, "日报").save_to_buffer().unwrap()
}

fn faults(bytes: Vec<u8>) -> Vec<String> {
    let findings = read(&sheets_in(bytes).unwrap()).unwrap_err();
    findings.faults.iter().map(ToString::to_string).collect()
}

#[test]
fn a_sheet_gives_the_same_days_as_workbook_and_as_text_in_any_order_of_columns() {
    let told = read(&sheets_in(xlsx(&rows())).unwrap()).unwrap();
    let names: Vec<&str> = told.iter().map(|of| &*of.district).collect();
    assert_eq!(names, ["示例甲区", "示例丙市"], "the sum is passed over");
    assert_eq!((told[1].day, told[1].reporter.as_str()), (day(), "王某"));
    let counts = Count::ALL.map(|count| told[1].counts.of(count));
    assert_eq!(counts, [120, 119, 118, 117, 116, 115, 114, 113, 112, 111, 110]);
    assert_eq!(read(&sheets_in(csv(&rows())).unwrap()).unwrap(), told);
    // Columns the other way round, under their other names, numbered, without remarks.
    let mut turned = rows();
    for row in &mut turned[1..] {
        row.pop();
        row.reverse();
        row.insert(0, "1".to_owned());
    }
    turned[1][0] = "序号".to_owned();
    for header in &mut turned[1] {
        *header = header.replace('（', " (").replace('）', ")");
    }
    turned[1][2] = "整改问题数".to_owned();
    assert_eq!(read(&sheets_in(xlsx(&turned)).unwrap()).unwrap(), told);
    assert_eq!(read(&sheets_in(csv(&turned)).unwrap()).unwrap(), told);
}

/// Eleven kinds of faults in one sheet: all are told, each with its cell, and nothing is taken.
#[test]
fn every_fault_is_told_at_once_with_its_cell() {
    let mut rows = rows();
    rows[1][13] = "电话".to_owned(); // another column than 备注
    rows[2][1] = "-1".to_owned();
    rows[2][3] = "17.5".to_owned();
    rows[2][5] = "约20".to_owned();
    rows[2][6] = String::new();
    rows[2][8] = "#DIV/0!".to_owned();
    rows[2][12] = String::new();
    rows[3][2] = "121".to_owned(); // more than the 120 that are to stop
    rows[3][4] = "119".to_owned(); // more than the 118 that are to be limited
    rows.insert(4, rows[3].clone());
    (rows[4][0], rows[4][2], rows[4][4]) = ("甲区".into(), "0".into(), "0".into());
    rows.insert(5, rows[4].clone());
    rows[5][0] = "示例甲区".to_owned();
    rows.insert(6, rows[5].clone());
    rows[6][0] = String::new();
    let told = faults(xlsx(&rows));
    let expected = [
        "日报!N2：“电话”列不属于本表，请删去或改名",
        "日报!B3：应停产企业（家）为“-1”，应为不小于0的整数",
        "日报!D3：应限产企业（家）为“17.5”，应为不小于0的整数",
        "日报!F3：检查企业（家次）为“约20”，应为不小于0的整数",
        "日报!G3：停工工地（个）为空，应为数字，没有的填0",
        "日报!I3：洒水作业（车次）为“#DIV/0!”，公式出错，应为填写的内容",
        "日报!M3：填报人为空，应填写",
        "日报!C4：已停产企业（家）为“121”，不应大于应停产企业（120家）",
        "日报!E4：已限产企业（家）为“119”，不应大于应限产企业（118家）",
        "日报!A5：区县为“甲区”，不是清单中的区县，应为示例甲区、示例乙区、示例丙市之一",
        "日报!A6：区县为“示例甲区”，与日报!A3重复，每个区县应只有一行",
        "日报!A7：区县为空，应填写",
    ];
    assert_eq!(told, expected);
    assert_eq!(faults(csv(&rows)), expected, "as text the same");
}

#[test]
fn a_sheet_that_is_none_is_told() {
    let without = |column: usize| {
        let mut rows = rows();
        rows[1..].iter_mut().for_each(|row| drop(row.remove(column)));
        faults(csv(&rows))
    };
    assert_eq!(without(0), ["日报：前10行中没有含“区县”列的表头"]);
    assert_eq!(without(11), ["日报!2：缺少“整改问题（个）”列"]);
    assert_eq!(without(12), ["日报!2：缺少“填报人”列"]);
    let twice = {
        let mut rows = rows();
        rows[1][13] = "出动人员数".to_owned();
        faults(csv(&rows))
    };
    assert_eq!(twice, ["日报!N2：“出动人员数”列重复，应只有一列"]);
    let none = faults(csv(&rows()[..2]));
    assert_eq!(none, ["日报：没有数据行，每个填报的区县应有一行"]);
    let only_sum = [&rows()[..2], &rows()[4..]].concat();
    assert_eq!(faults(csv(&only_sum)), none);
    assert_eq!(faults(Vec::new()), ["日报：没有内容"]);
    let mut two = workbook(&rows(), "日报");
    two.add_worksheet().set_name("昨日").unwrap().write_string(0, 0, "x").unwrap();
    let two = faults(two.save_to_buffer().unwrap());
    assert_eq!(two, ["日报：有2张工作表填有内容（日报、昨日），应只有一张"]);
    for (bytes, told) in [
        (&b"PK\x03\x04 and no more"[..], "不是可读取的XLSX工作簿"),
        (&b"\xD0\xCF\x11\xE0\xA1"[..], ".xls文件请另存为.xlsx"),
        (&b"\xC7\xF8\xCF\xD8,\n"[..], "第1行不是UTF-8编码"),
    ] {
        let fault = sheets_in(bytes.to_vec()).unwrap_err();
        assert!(fault.contains(told), "{fault}");
    }
}

#[test]
fn a_merged_count_stands_for_no_row_but_a_merged_name_for_its_rows() {
    let mut rows = rows();
    (rows[2][12], rows[3][12]) = ("王某".into(), String::new());
    rows[3][11] = String::new();
    let mut book = workbook(&rows, "日报");
    let sheet = book.worksheet_from_index(0).unwrap();
    let plain = Format::new();
    sheet.merge_range(2, 12, 3, 12, "王某", &plain).unwrap();
    sheet.merge_range(2, 11, 3, 11, "", &plain).unwrap();
    sheet.write_number(2, 11, 10).unwrap();
    let sheets = sheets_in(book.save_to_buffer().unwrap()).unwrap();
    assert_eq!(sheets[0].cell(3, 12), &Cell::Empty);
    let findings = read(&sheets).unwrap_err();
    let told: Vec<_> = findings.faults.iter().map(|f| (f.kind, f.to_string())).collect();
    let text = "日报!L4：整改问题（个）为空（单元格已合并，不能分到各行），应为数字，没有的填0";
    assert_eq!(told, [(Kind::Empty, text.to_owned())]);
}
