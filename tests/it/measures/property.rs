//! Whatever the list: a dispatch holds nothing that is not in it, and its sums are those of the list.

use lantian::measures::{Cell, Dispatch, Edition, Sheet, dispatch};
use lantian::warning::Level;
use lantian::workbook::{default_map, sheets};
use proptest::prelude::*;

use super::{get, loaded, read, seed, set};

/// A line's grade, base emission in g/d, and percent per level from the mildest up.
type Drawn = (usize, [u32; 4], [u8; 3], bool);

fn drawn() -> impl Strategy<Value = Drawn> {
    let percents = [0_u8..=99, 0..=99, 0..=99].prop_map(|mut all| {
        all.sort_unstable();
        all
    });
    (0_usize..7, prop::array::uniform4(0_u32..2_000_000), percents, any::<bool>())
}

const GRADES: [&str; 7] = ["A", "B", "B-", "C", "D", "引领性", "非引领性"];

/// The name of a column from 0.
fn letters(column: usize) -> String {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n).unwrap());
    match column / 26 {
        0 => letter(column).to_string(),
        more => format!("{}{}", letter(more - 1), letter(column % 26)),
    }
}

/// The sample with drawn grades, figures and measures in each of its lines, and a society that holds them.
fn list(rows: &[Drawn]) -> Vec<Sheet> {
    let mut sheets = read(&seed("2025"));
    fill_down(&mut sheets);
    for ((grade, base, percents, stops), row) in rows.iter().zip(4..) {
        let mut write = |column: usize, text: &str| {
            set(&mut sheets, "industry", &format!("{}{row}", letters(column)), text);
        };
        write(9, GRADES[*grade]);
        write(13, "否");
        write(35, if *stops { "甲示例" } else { "乙示例" });
        let kg = |grams: u64| format!("{}.{:03}", grams / 1000, grams % 1000);
        for (at, base) in base.iter().enumerate() {
            write(15 + at, &kg(u64::from(*base)));
            for (level, percent) in percents.iter().enumerate() {
                let reduction = u64::from(*base) * u64::from(*percent) / 100;
                write(22 + at * 3 + level, &kg(reduction));
            }
        }
        for (level, percent) in percents.iter().enumerate() {
            let measure = match (percent, stops) {
                (0, _) => "不采取措施".to_owned(),
                (p, true) => format!("停产{p}%（以生产线计）"),
                (p, false) => format!("限产{p}%"),
            };
            write(19 + level, &measure);
        }
    }
    for column in ["B", "C", "D", "E"] {
        set(&mut sheets, "society", &format!("{column}3"), "1000000");
    }
    sheets
}

/// Every line of the sample with its enterprise and district written out.
fn fill_down(sheets: &mut [Sheet]) {
    let industry = sheets.iter_mut().find(|sheet| sheet.name == "industry").unwrap();
    let mut before: Vec<Cell> = Vec::new();
    for row in industry.rows.iter_mut().skip(3).filter(|row| row[0].shown() != "合计") {
        let goes_on = row[2].is_empty();
        for column in (1..14).chain(34..37) {
            if row[column].is_empty() && (goes_on || column == 1) {
                row[column] = before[column].clone();
            }
        }
        before.clone_from(row);
    }
}

fn holds(edition: &Edition, found: &Dispatch, level: Level) {
    let mut told = 0;
    for district in &found.districts {
        assert!(district.plants.is_sorted_by_key(|plant| plant.grade), "the lowest grade first");
        for plant in &district.plants {
            assert_eq!(plant.voluntary, plant.grade.is_voluntary());
            for task in &plant.lines {
                let row = edition.lines.iter().find(|row| {
                    let is_it = row.credit_code.as_str() == plant.credit_code;
                    is_it && row.line == task.line && row.district == district.district
                });
                let row = row.expect("a task is a row of the list");
                assert_eq!(row.measures.of(level).to_string(), task.measure_zh);
                assert_eq!(*row.reductions_g_per_day.of(level), task.reduction_g_per_day);
                assert_eq!((row.grade, &row.contact), (plant.grade, &plant.contact));
                told += 1;
            }
        }
        for task in &district.sources {
            let is_it = |s: &&lantian::measures::Source| {
                s.name == task.name && s.district == district.district
            };
            let row = edition.sources.iter().find(is_it).expect("a task is a row of the list");
            assert_eq!(*row.measures.of(level), task.measure_zh);
        }
    }
    let act = |line: &&lantian::measures::Line| {
        line.measures.of(level).act != lantian::measures::Act::Nothing
    };
    assert_eq!(told, edition.lines.iter().filter(act).count(), "each once, none left out");
    assert_eq!(found.reduction_g_per_day, edition.reduction_total(level));
    let sum = found.districts.iter().map(|district| district.reduction_g_per_day).sum();
    assert_eq!(found.reduction_g_per_day, sum);
    for task in &found.departments {
        for measure in &task.measures {
            let listed = edition.public.iter().any(|public| {
                public.level == level
                    && public.measure == measure.measure_zh
                    && public.department.contains(&task.department)
            });
            assert!(listed, "{measure:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_dispatch_is_the_list_and_nothing_else(rows in prop::collection::vec(drawn(), 31)) {
        let mut sheets = list(&rows);
        let edition = loaded(&sheets).unwrap().edition;
        for level in Level::ALL {
            holds(&edition, &dispatch(&edition, level), level);
        }
        // The order of the rows is no content.
        let industry = sheets.iter_mut().find(|sheet| sheet.name == "industry").unwrap();
        let last = industry.rows.len() - 1;
        industry.rows[3..last].reverse();
        prop_assert_eq!(loaded(&sheets).unwrap().edition.digest(), edition.digest());
    }
}

/// Texts that might stand anywhere.
const STRANGE: [&str; 14] = [
    "",
    "0",
    "-1",
    "1e9",
    "停产",
    "限产100%",
    "全市",
    "示例城区",
    "红色",
    "#DIV/0!",
    "合计",
    "（",
    "\u{1F300}",
    "99999999999999999999999999999999999999999999",
];

/// A sheet, a row, a column, and which strange text.
fn change() -> impl Strategy<Value = (usize, usize, usize, usize)> {
    (0_usize..6, 0_usize..40, 0_usize..40, 0..STRANGE.len())
}

fn region() -> impl Strategy<Value = lantian::measures::Region> {
    ((0_u32..40, 0_u32..40), (0_u32..40, 0_u32..2_000_000))
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn whatever_stands_in_the_cells_the_list_is_loaded_or_says_why_not(
        changes in prop::collection::vec(change(), 1..20),
        merged in prop::collection::vec(region(), 0..3),
    ) {
        let mut sheets = read(&seed("2025"));
        for (sheet, row, column, text) in changes {
            let rows = &mut sheets[sheet].rows;
            let row = row % rows.len();
            if let Some(cell) = rows[row].get_mut(column) {
                *cell = Cell::from_text(STRANGE[text]);
            }
        }
        sheets[1].merged = merged;
        match loaded(&sheets) {
            Ok(loaded) => Level::ALL.iter().for_each(|level| {
                holds(&loaded.edition, &dispatch(&loaded.edition, *level), *level);
            }),
            Err(findings) => prop_assert!(!findings.faults.is_empty(), "refused without a reason"),
        }
    }

    #[test]
    fn a_mangled_workbook_is_told_or_read(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = std::fs::read(seed("2025.xlsx")).unwrap();
        for (at, byte) in flips {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("mangled.xlsx");
        std::fs::write(&path, bytes).unwrap();
        if let Err(faults) = sheets(&[path], &default_map().unwrap()) {
            prop_assert!(faults.len() == 1 && !faults[0].is_io);
        }
    }
}

#[test]
fn the_drawn_lists_differ_from_the_sample() {
    let sheets = list(&[(4, [1_000, 2, 3, 4], [10, 20, 30], true)]);
    assert_eq!(get(&sheets, "industry", "P4"), "1.000");
    assert_eq!(get(&sheets, "industry", "V4"), "停产30%（以生产线计）");
    assert_eq!(get(&sheets, "industry", "B5"), "示例城区");
}
