//! 工业源: production lines.
//!
//! In: the sheet and the districts. Out: [`Line`]s and what they emit. Source of the checks: 环办大气函
//! 〔2020〕340号 (grades), GB 32100-2015 (credit code).

use std::collections::BTreeMap;

use super::emitters::{Figures, district};
use crate::measures::credit_code::{CreditCode, CreditCodeFault};
use crate::measures::emission::Amounts;
use crate::measures::grid::{Cells, Grid};
use crate::measures::map;
use crate::measures::rows::{Act, Grade, Line, Measure, Operation, PerLevel, Position, parts};
use crate::measures::sheet::{Findings, Kind, Place};
use crate::warning::Level;

const GRADES: &str = "应为A、B、B-、C、D、引领性、非引领性之一（保障类、小微涉气可为未评级）";
const OPERATIONS: &str = "应为正常生产、长期停产或季节性生产";
const MEASURES: &str =
    "应为停产、停产N%（以生产线计）、限产N%、自主减排或不采取措施，说明写在其后的括号内";

pub(super) fn read(
    grid: &Grid<'_>,
    districts: &[String],
    out: &mut Findings,
) -> (Vec<Line>, Amounts) {
    let (mut lines, mut base) = (Vec::new(), Amounts::default());
    let mut seen: BTreeMap<(&str, &str), Place> = BTreeMap::new();
    let mut names: BTreeMap<&str, (&str, Place)> = BTreeMap::new();
    for cells in grid.rows() {
        let code = cells.text("credit_code", out);
        let line = cells.text("line", out);
        if let Some(key) = code.zip(line) {
            let place = cells.place("line");
            if let Some(first) = seen.get(&key) {
                let expected = format!("与{first}为同一企业的同一生产线，应只列一次");
                cells.fault("line", Kind::Duplicate, &expected, out);
            } else {
                seen.insert(key, place);
            }
        }
        if let Some((code, name)) = code.zip(cells.optional("enterprise", &mut Findings::default()))
        {
            let (first, place) = names.entry(code).or_insert((name, cells.place("enterprise")));
            if *first != name && !name.is_empty() {
                let expected = format!("已用于{place}的“{first}”，应核实企业名称和代码");
                cells.fault("credit_code", Kind::CreditCodeShared, &expected, out);
            }
        }
        let figures = Figures::read(cells, out);
        base = base + figures.emitted();
        let read = row(cells, (code, line), &figures, districts, out);
        lines.extend(read);
    }
    (lines, base)
}

/// A row; `None` when something in it was noted.
fn row(
    cells: Cells<'_>,
    (code, line): (Option<&str>, Option<&str>),
    figures: &Figures,
    districts: &[String],
    out: &mut Findings,
) -> Option<Line> {
    let code = code.and_then(|code| credit_code(cells, code, out));
    let enterprise = cells.text("enterprise", out);
    let district = district(cells, districts, false, out);
    let industry = cells.text("industry", out);
    let (contact, phone) = (cells.text("contact", out), cells.text("phone", out));
    let protected = cells.flag("protected", out);
    let micro = cells.flag("micro", out);
    // A flag that cannot be read is told itself.
    let grade = grade(cells, (protected, micro) != (Some(false), Some(false)), out);
    let operation = operation(cells, out);
    let no_short_stop = cells.flag("no_short_stop", out);
    let position = position(cells, out);
    let trucks = trucks(cells, out);
    let measures = Level::ALL.map(|level| measure(cells, level, out));
    let context = (grade, operation, no_short_stop);
    check_measures(cells, &measures, context, figures, out);
    let optional = |field, out: &mut Findings| cells.optional(field, out).map(str::to_owned);
    let permit = optional("permit", out);
    let town = optional("town", out);
    let meters = cells.optional("meters", out);
    let reason = optional("reason", out);
    let (base_g_per_day, reductions_g_per_day) = figures.complete()?;
    let [yellow, orange, red] = measures;
    Some(Line {
        enterprise: enterprise?.to_owned(),
        credit_code: code?,
        permit: permit?,
        district: district?.to_owned(),
        town: town?,
        position: position?,
        industry: industry?.to_owned(),
        grade: grade?,
        protected: protected?,
        micro: micro?,
        operation: operation?,
        no_short_stop: no_short_stop?,
        line: line?.to_owned(),
        base_g_per_day,
        measures: PerLevel { yellow: yellow?, orange: orange?, red: red? },
        reductions_g_per_day,
        trucks_per_day: trucks?,
        contact: contact?.to_owned(),
        phone: phone?.to_owned(),
        meters: parts(meters?).map(str::to_owned).collect(),
        reason: reason?,
        row: cells.number(),
    })
}

fn credit_code(cells: Cells<'_>, text: &str, out: &mut Findings) -> Option<CreditCode> {
    if cells.is_number("credit_code") {
        let expected = "以数字存放，末几位已失真，应将单元格改为文本后重新填写";
        cells.fault("credit_code", Kind::CreditCodeMalformed, expected, out);
        return None;
    }
    match CreditCode::parse(text) {
        Ok(code) => Some(code),
        Err(CreditCodeFault::Malformed) => {
            let expected = "应为18位数字和大写字母（不含I、O、S、V、Z），第3至8位为数字";
            cells.fault("credit_code", Kind::CreditCodeMalformed, expected, out);
            None
        }
        Err(CreditCodeFault::CheckDigit(right)) => {
            let expected = format!("校验码不符，按前17位末位应为“{right}”");
            cells.fault("credit_code", Kind::CreditCodeCheckDigit, &expected, out);
            None
        }
    }
}

/// The grade. Only 保障类 and 小微涉气 may be without one.
fn grade(cells: Cells<'_>, may_lack: bool, out: &mut Findings) -> Option<Grade> {
    let of = |text: &str| Grade::parse(text).filter(|g| *g != Grade::Ungraded || may_lack);
    cells.word("grade", (Kind::UnknownGrade, GRADES), of, out)
}

fn operation(cells: Cells<'_>, out: &mut Findings) -> Option<Operation> {
    let of = |text: &str| Operation::ALL.into_iter().find(|o| o.text_zh() == text);
    cells.word("operation", (Kind::UnknownWord, OPERATIONS), of, out)
}

fn measure(cells: Cells<'_>, level: Level, out: &mut Findings) -> Option<Measure> {
    cells.word(&map::measure(level), (Kind::UnknownWord, MEASURES), Measure::parse, out)
}

/// Millionths of a degree below `limit` degrees; digits beyond are cut off.
fn degrees(text: &str, limit: i32) -> Option<i32> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    if !(1..=3).contains(&whole.len()) || !is_digits(whole) || !is_digits(fraction) {
        return None;
    }
    let fraction: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let value = whole.parse::<i32>().ok()? * 1_000_000 + fraction.parse::<i32>().ok()?;
    (value < limit * 1_000_000).then_some(value)
}

/// Both or none; `None` when a fault was noted.
fn position(cells: Cells<'_>, out: &mut Findings) -> Option<Option<Position>> {
    let longitude = cells.optional("longitude", out)?;
    let latitude = cells.optional("latitude", out)?;
    if longitude.is_empty() && latitude.is_empty() {
        return Some(None);
    }
    let east = degrees(longitude, 180);
    let north = degrees(latitude, 90);
    for (field, found) in [("longitude", east), ("latitude", north)] {
        if found.is_none() {
            let expected = "应为以度计的小数，经度、纬度同填或同不填";
            cells.fault(field, Kind::NotANumber, expected, out);
        }
    }
    Some(Some(Position { longitude_e6: east?, latitude_e6: north? }))
}

/// A count of trucks; `None` when a fault was noted.
fn trucks(cells: Cells<'_>, out: &mut Findings) -> Option<Option<u32>> {
    let text = cells.optional("trucks_per_day", out)?;
    if text.is_empty() {
        return Some(None);
    }
    let count = text.parse::<u32>().ok().filter(|_| text.bytes().all(|b| b.is_ascii_digit()));
    if count.is_none() {
        let expected = "应为不小于0的整数";
        cells.fault("trucks_per_day", Kind::NotANumber, expected, out);
    }
    count.map(Some)
}

/// What measures must be beside each other, the grade and the plant.
fn check_measures(
    cells: Cells<'_>,
    measures: &[Option<Measure>; 3],
    (grade, operation, no_short_stop): (Option<Grade>, Option<Operation>, Option<bool>),
    figures: &Figures,
    out: &mut Findings,
) {
    let mut below: Option<(Level, &Measure)> = None;
    for (level, measure) in Level::ALL.into_iter().zip(measures) {
        let Some(measure) = measure else { continue };
        let field = map::measure(level);
        if let Some((lower, more)) = below.filter(|b| measure.act.strength() < b.1.act.strength()) {
            let expected = format!("弱于{}的“{more}”，应不弱于它", lower.text_zh());
            cells.fault(&field, Kind::NotMonotonic, &expected, out);
        }
        below = Some((level, measure));
        if no_short_stop == Some(true) && measure.act.stops() {
            let expected = "而该企业不可临时停产，应改为限产等可安全实施的措施";
            cells.fault(&field, Kind::UnsafeStop, expected, out);
        }
        if grade.is_some_and(Grade::is_voluntary) && measure.act.is_mandatory() {
            let grade = grade.map_or("", Grade::text_zh);
            let text =
                format!("绩效等级为“{grade}”，措施为“{measure}”，按规定应为自主减排，请核对");
            out.notice(cells.place(&field), Kind::VoluntaryGrade, text);
        }
        if measure.act == Act::Nothing {
            figures.without_measure(level, cells, out);
        }
    }
    if operation == Some(Operation::LongStopped) && figures.reduces() {
        let text = "该企业长期停产而列有减排量，计入减排比例前请核对";
        out.notice(cells.place("operation"), Kind::StandingStill, text);
    }
}
