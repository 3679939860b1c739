//! Every format of one paper.

use std::io::{Cursor, Read as _};

use calamine::{Data, Reader as _, Xlsx};

use super::*;
use crate::report::{Block, Chart, ChartPoint, Column, Standing, Table};

fn paper() -> Document {
    let column = |name: &str, right| Column { name: name.to_owned(), right };
    let row = |cells: [&str; 4]| cells.map(str::to_owned).to_vec();
    let table = Table {
        caption: "表1　各点位（µg/m³）".to_owned(),
        columns: vec![
            column("点位", false),
            column("AQI", true),
            column("类别", false),
            column("CO", true),
        ],
        rows: vec![row(["甘井子<1>", "58", "良", "1.0"]), row(["007", "NA", "NA", "-0.5"])],
    };
    Document {
        title: "大连市空气质量日报".to_owned(),
        subtitle: "2022年3月5日".to_owned(),
        standing: Standing { number: Some("2022-064".to_owned()), ..Standing::default() },
        head: [("单位", "监测中心"), ("生成时间", "2022-03-06 08:00")]
            .map(|(label, value)| (label.to_owned(), value.to_owned()))
            .to_vec(),
        blocks: vec![
            Block::Heading("一、概况".to_owned()),
            Block::Paragraph("AQI为58，\"良\"。".to_owned()),
            Block::Table(table),
            Block::Note("注：NA为缺测。".to_owned()),
        ],
    }
}

fn utf8(format: Format) -> String {
    String::from_utf8(render(&paper(), format).expect("rendered")).expect("UTF-8")
}

#[test]
fn text_to_paste_has_no_columns() {
    let expected = "大连市空气质量日报\n2022年3月5日\n编号：2022-064　状态：草稿\n单位：监测中心\n\
                    生成时间：2022-03-06 08:00\n\n一、概况\n\n　　AQI为58，\"良\"。\n\n\
                    表1　各点位（µg/m³）\n甘井子<1>：AQI 58，类别良，CO 1.0。\n\
                    007：AQI NA，类别NA，CO -0.5。\n\n注：NA为缺测。\n\n\
                    制表：　　　　　　审核：　　　　　　签发：\n";
    assert_eq!(utf8(Format::Text), expected);
}

#[test]
fn a_page_to_print_is_whole_and_needs_nothing_else() {
    let page = utf8(Format::Html);
    for part in [
        "<h1>大连市空气质量日报</h1>",
        "编号：2022-064　状态：草稿",
        "<dt>单位</dt><dd>监测中心</dd>",
        "<h2>一、概况</h2>",
        "size: A4",
        "<th scope=\"col\">点位</th>",
        "<td class=\"n\">58</td>",
        "甘井子&#60;1&#62;",
        "<p class=\"note\">注：NA为缺测。</p>",
        "<span>制表：</span><span>审核：</span><span>签发：</span>",
    ] {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    for banned in ["<script", "http:", "https:", "src=", "href=", "url("] {
        assert!(!page.contains(banned), "{banned}");
    }
}

#[test]
fn a_spreadsheet_takes_the_csv_for_utf_8() {
    let csv = utf8(Format::Csv);
    let rest = csv.strip_prefix('\u{feff}').expect("a byte-order mark");
    let mut reader =
        ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(rest.as_bytes());
    let rows: Vec<Vec<String>> = reader
        .records()
        .map(|row| row.expect("a row").iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(rows[0][0], "大连市空气质量日报");
    assert!(rows.contains(&vec!["单位".to_owned(), "监测中心".to_owned()]), "{rows:?}");
    assert_eq!(rows[rows.len() - 3], ["点位", "AQI", "类别", "CO"]);
    assert_eq!(rows[rows.len() - 1], ["007", "NA", "NA", "-0.5"]);
}

#[test]
fn a_workbook_holds_numbers_as_numbers() {
    let bytes = render(&paper(), Format::Xlsx).expect("rendered");
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    assert_eq!(book.sheet_names(), ["正文", "表1 各点位"]);
    let sheet = book.worksheet_range("表1 各点位").expect("a sheet");
    let cell = |row, column| sheet.get_value((row, column)).cloned().unwrap_or_default();
    assert_eq!(cell(2, 1), Data::Float(58.0));
    assert_eq!(cell(2, 3), Data::Float(1.0));
    assert_eq!(cell(3, 3), Data::Float(-0.5));
    assert_eq!(cell(3, 0), Data::String("007".to_owned()));
    assert_eq!(cell(3, 1), Data::String("NA".to_owned()));
    assert_eq!(cell(4, 0), Data::String(format!("{} {}", paper().title, paper().subtitle)));
    assert_eq!(cell(6, 0), Data::String("单位：监测中心；生成时间：2022-03-06 08:00".to_owned()));
    let text = book.worksheet_range("正文").expect("a sheet");
    assert!(text.cells().any(|(_, _, v)| *v == Data::String("AQI为58，\"良\"。".to_owned())));
}

#[test]
fn tables_of_one_name_have_sheets_of_their_own() {
    let twice = Document { blocks: [paper().blocks, paper().blocks].concat(), ..paper() };
    let bytes = render(&twice, Format::Xlsx).expect("rendered");
    let book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).expect("a workbook");
    assert_eq!(book.sheet_names(), ["正文", "表1 各点位", "表1 各点位 2"]);
}

#[test]
fn the_same_paper_gives_the_same_workbook() {
    let of = || render(&paper(), Format::Xlsx).expect("rendered");
    assert!(of() == of());
}

#[test]
fn a_document_to_edit_holds_all_of_it() {
    let bytes = render(&paper(), Format::Docx).expect("rendered");
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("a zip");
    let mut xml = String::new();
    archive
        .by_name("word/document.xml")
        .expect("a document")
        .read_to_string(&mut xml)
        .expect("UTF-8");
    for part in [
        "大连市空气质量日报",
        "编号：2022-064　状态：草稿",
        "AQI为58",
        "甘井子&lt;1&gt;",
        ">1.0<",
        "签发：",
        "w:w=\"11906\" w:h=\"16838\"",
        "w:eastAsia=\"仿宋\"",
    ] {
        assert!(xml.contains(part), "{part} is not in {xml}");
    }
}

#[test]
fn only_plain_digits_are_a_number() {
    for (text, expected) in [
        ("58", Some((58.0, 0))),
        ("-0.50", Some((-0.5, 2))),
        ("0", Some((0.0, 0))),
        ("0.4", Some((0.4, 1))),
        ("007", None),
        ("1e5", None),
        ("5/6", None),
        ("88.9%", None),
        ("", None),
        (".5", None),
        ("5.", None),
        ("inf", None),
    ] {
        assert_eq!(number(text), expected, "{text}");
    }
}

#[test]
fn a_chart_is_drawn_on_the_page_told_in_the_text_and_left_out_elsewhere() {
    let point = |label: &str, value, mark: &str| ChartPoint {
        label: label.to_owned(),
        value,
        mark: mark.to_owned(),
    };
    let chart = Chart {
        name: "days".to_owned(),
        caption: "逐日AQI".to_owned(),
        points: vec![point("11-21", Some(230), "黄色"), point("11-22", None, "")],
        borders: [(50, "优"), (100, "良"), (300, "重度污染")]
            .map(|(upper, name)| (upper, name.to_owned()))
            .to_vec(),
    };
    let with = Document { blocks: vec![Block::Chart(chart)], ..paper() };
    let bytes = |format| render(&with, format).expect("rendered");
    let text = |format| String::from_utf8(bytes(format)).expect("UTF-8");
    assert!(text(Format::Text).contains("\n图　逐日AQI：11-21为230，黄色；11-22为NA。\n"));
    let page = text(Format::Html);
    assert_eq!(page.matches("<rect").count(), 1, "a day without a value has no column");
    for part in [">230</text>", ">NA</text>", ">黄色</text>", ">重度污染</text>", ">300</text>"]
    {
        assert!(page.contains(part), "{part} is not in {page}");
    }
    assert!(page.contains("<figcaption>逐日AQI</figcaption>"), "{page}");
    let without = Document { blocks: Vec::new(), ..paper() };
    for format in [Format::Csv, Format::Xlsx, Format::Docx] {
        assert!(bytes(format) == render(&without, format).expect("rendered"), "{format}");
    }
}

#[test]
fn a_row_to_be_filled_in_by_hand_has_room() {
    let column = |name: &str| Column { name: name.to_owned(), right: false };
    let row = |cells: [&str; 2]| cells.map(str::to_owned).to_vec();
    let table = Table {
        caption: String::new(),
        columns: vec![column("环节"), column("意见")],
        rows: vec![row(["审核意见", ""]), row(["审批意见", "同意"])],
    };
    let paper = Document { blocks: vec![Block::Table(table)], ..paper() };
    let text =
        |format| String::from_utf8(render(&paper, format).expect("rendered")).expect("UTF-8");
    assert!(text(Format::Text).contains("\n审核意见：\n审批意见：意见同意。\n"));
    assert_eq!(text(Format::Html).matches("<tr class=\"sign\">").count(), 1);
}
