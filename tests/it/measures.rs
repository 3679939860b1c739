//! The emergency-measures list from files to dispatch: the sample in `seeds/measures/`, in both its forms.

mod daily;
mod editions;
mod faults;
mod property;
mod workbook;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use lantian::measures::{Cell, Edition, Findings, Loaded, Sheet, dispatch, load};
use lantian::warning::Level;
use lantian::workbook::{default_map, sheets};

/// The sample of a year, as CSV files or as workbook.
fn seed(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds/measures").join(name)
}

fn read(path: &Path) -> Vec<Sheet> {
    sheets(&[path.to_owned()], &default_map().unwrap()).unwrap()
}

fn loaded(sheets: &[Sheet]) -> Result<Loaded, Findings> {
    load(sheets, &default_map().unwrap())
}

fn edition(path: &Path) -> Edition {
    loaded(&read(path)).unwrap().edition
}

/// Row and column from 0 of a cell such as `F12`.
fn at(cell: &str) -> (usize, usize) {
    let digits = cell.find(|c: char| c.is_ascii_digit()).unwrap();
    let (letters, row) = cell.split_at(digits);
    let column = letters.bytes().fold(0, |all, b| all * 26 + usize::from(b - b'A') + 1);
    (row.parse::<usize>().unwrap() - 1, column - 1)
}

/// Writes a text into a cell of a sheet that is called as its CSV file.
fn set(sheets: &mut [Sheet], sheet: &str, cell: &str, text: &str) {
    let (row, column) = at(cell);
    let sheet = sheets.iter_mut().find(|s| s.name == sheet).unwrap();
    sheet.rows[row][column] = Cell::from_text(text);
}

fn get(sheets: &[Sheet], sheet: &str, cell: &str) -> String {
    let (row, column) = at(cell);
    let sheet = sheets.iter().find(|s| s.name == sheet).unwrap();
    sheet.rows[row][column].shown().to_owned()
}

/// Exit code, standard output, standard error.
fn lantian(args: &[&str]) -> (Option<i32>, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_lantian"))
        .arg("measures")
        .args(args)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code(), text(done.stdout), text(done.stderr))
}

#[test]
fn the_sample_as_workbook_and_as_csv_is_one_list_with_one_dispatch() {
    for year in ["2025", "2026"] {
        let (csv, book) = (seed(year), seed(&format!("{year}.xlsx")));
        let merged: usize = read(&book).iter().map(|sheet| sheet.merged.len()).sum();
        assert!(merged > 100, "the workbook has merged cells: {merged}");
        assert!(read(&csv).iter().all(|sheet| sheet.merged.is_empty()));
        let (csv, book) = (loaded(&read(&csv)).unwrap(), loaded(&read(&book)).unwrap());
        assert_eq!((csv.notices.as_slice(), book.notices.as_slice()), (&[][..], &[][..]));
        let (csv, book) = (csv.edition, book.edition);
        assert_eq!((csv.lines.len(), csv.sources.len()), (31, 9));
        assert_eq!(csv.digest(), book.digest(), "{year}");
        for level in Level::ALL {
            let (of_csv, of_book) = (dispatch(&csv, level), dispatch(&book, level));
            assert_eq!(of_csv.digest(), of_book.digest(), "{year} {level}");
            assert_eq!(of_csv, of_book);
        }
    }
    assert_ne!(edition(&seed("2025")).digest(), edition(&seed("2026")).digest());
}

#[test]
fn the_sample_has_every_grade_and_all_seven_districts() {
    let edition = edition(&seed("2025"));
    let mut grades: Vec<_> = edition.lines.iter().map(|line| line.grade).collect();
    grades.sort();
    grades.dedup();
    assert_eq!(grades, lantian::measures::Grade::ALL);
    let inside = |name: &String| edition.lines.iter().any(|line| line.district == *name);
    assert!(edition.districts.len() == 7 && edition.districts.iter().all(inside));
    assert!(edition.lines.iter().all(|line| line.enterprise.starts_with("示例")));
}

#[test]
fn check_says_what_a_list_holds_and_that_it_is_overdue() {
    let path = seed("2025.xlsx");
    let path = path.to_str().unwrap();
    let (code, told, _) = lantian(&["check", path, "--at", "2026-09-30"]);
    assert_eq!(code, Some(0));
    let first = "示例市应急减排清单（示环函〔2025〕0号，2025年10月1日起实施）核对无误\n";
    assert!(told.starts_with(first), "{told}");
    assert!(told.contains("  工业源      企业17家，生产线31条\n"), "{told}");
    assert!(told.contains("  橙色预警：四项污染物减排比例均达到20%\n"), "{told}");
    assert!(told.contains("  红色预警：减排比例未达到30%的有VOCs（缺"), "{told}");
    let (code, told, _) = lantian(&["check", path, "--at", "2026-10-01"]);
    assert_eq!(code, Some(0), "a response goes on all the same");
    assert!(
        told.starts_with("【清单逾期】本清单2025年10月1日起实施，未在9月底前完成修订"),
        "{told}"
    );
    let (code, told, _) = lantian(&["check", path, "--at", "2026-10-01", "--json"]);
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    assert_eq!(
        (code, told["overdue"].as_bool(), told["lines"].as_u64()),
        (Some(0), Some(true), Some(31))
    );
}

#[test]
fn a_file_that_is_no_list_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name).to_str().unwrap().to_owned();
    std::fs::write(path("list.xlsx"), "no workbook").unwrap();
    std::fs::write(path("工业源.csv"), b"\xC6\xF3\xD2\xB5\n").unwrap();
    let files = [path("list.xlsx"), path("工业源.csv"), path("list.xls")];
    let mut args = vec!["check"];
    args.extend(files.iter().map(String::as_str));
    let (code, _, told) = lantian(&args);
    assert_eq!(code, Some(65));
    assert!(told.starts_with("lantian: 清单文件有3处错误\n"), "{told}");
    for part in ["不是可读取的XLSX工作簿", "第1行不是UTF-8编码", "既不是.xlsx也不是.csv文件"]
    {
        assert!(told.contains(part), "{told}");
    }
    let (code, ..) = lantian(&["check", &path("absent.xlsx")]);
    assert_eq!(code, Some(74));
}

#[test]
fn the_dispatch_reads_as_an_order() {
    let path = seed("2026.xlsx");
    let args = ["dispatch", path.to_str().unwrap(), "--level", "red", "--at", "2026-11-25"];
    let (code, told, _) = lantian(&args);
    assert_eq!(code, Some(0));
    assert!(told.starts_with("示例市重污染天气红色预警（Ⅰ级响应）任务单\n"), "{told}");
    for part in [
        "依据：示例市应急减排清单（示环函〔2026〕0号，2026年10月1日起实施）\n",
        "一、区县任务\n",
        "二、部门任务\n",
        "【市教育局】\n  健康防护措施：中小学校和幼儿园可采取停课措施\n",
        "示例热电有限公司（91999900FAKE00010",
        "【保障类】【不可临时停产】应急联系人魏示例 0000-10000110\n",
        "示例矿业有限公司（91999900FAKE00017J）【长期停产】应急联系人杨示例",
        "1#熟料线：停产（协同处置危险废物除外）；减排二氧化硫260，氮氧化物2100，颗粒物420\n",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(!told.contains("示例食品"), "nothing to do at any level");
    assert!(!told.contains("示例沥青"), "no longer listed");
    let sheets = sheets(&[seed("2026")], &default_map().unwrap()).unwrap();
    let expected = dispatch(&loaded(&sheets).unwrap().edition, Level::Red).digest();
    assert!(told.ends_with(&format!("任务单摘要 {expected}\n")));
}
