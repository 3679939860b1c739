//! The list, its shortfall, difference and dispatch as a bureau writes them.
//!
//! In: what the core says. Out: Chinese text. Emission is shown in kg/d (千克/日) to the gram.

use std::io::{self, Write};

use crate::command::text::{left, right};
use crate::measures::{
    Amounts, Difference, Dispatch, DistrictTask, Edition, Finding, Loaded, Operation, PlantTask,
    PublicKind, RowName, Shortfall, SourceTask, Substance, Table,
};
use crate::time::Day;

fn day_zh(day: Day) -> String {
    let (year, month, day) = day.date();
    format!("{year}年{month}月{day}日")
}

fn amounts_zh(amounts: &Amounts) -> String {
    Substance::ALL.map(|s| format!("{}{}", s.text_zh(), amounts.of(s))).join("，")
}

/// The same without what is none.
fn planned_zh(amounts: &Amounts) -> String {
    let some = Substance::ALL.into_iter().filter(|s| !amounts.of(*s).is_zero());
    let some: Vec<String> = some.map(|s| format!("{}{}", s.text_zh(), amounts.of(s))).collect();
    if some.is_empty() { "无减排量".to_owned() } else { format!("减排{}", some.join("，")) }
}

pub(super) fn overdue(edition: &Edition, out: &mut impl Write) -> io::Result<()> {
    let since = day_zh(edition.in_force);
    writeln!(
        out,
        "【清单逾期】本清单{since}起实施，未在9月底前完成修订，请尽快修订；响应照常执行。"
    )
}

pub(super) fn notices(notices: &[Finding], out: &mut impl Write) -> io::Result<()> {
    if !notices.is_empty() {
        writeln!(out, "需核对{}处（不影响载入）：", notices.len())?;
    }
    notices.iter().try_for_each(|notice| writeln!(out, "  {notice}"))
}

pub(super) fn checked(
    loaded: &Loaded,
    shortfalls: &[Shortfall],
    out: &mut impl Write,
) -> io::Result<()> {
    let edition = &loaded.edition;
    let since = day_zh(edition.in_force);
    writeln!(out, "{}应急减排清单（{}，{since}起实施）核对无误", edition.city, edition.filing)?;
    let of = |table| edition.sources.iter().filter(|s| s.table == table).count();
    let (enterprises, lines) = (edition.enterprise_count(), edition.lines.len());
    writeln!(out, "  工业源      企业{enterprises}家，生产线{lines}条")?;
    writeln!(out, "  移动源      {}项", of(Table::Mobile))?;
    writeln!(out, "  扬尘源      {}项", of(Table::Dust))?;
    writeln!(out, "  公众措施    {}条", edition.public.len())?;
    writeln!(out, "  基准排放量  {}（千克/日）", amounts_zh(&edition.base_total()))?;
    writeln!(out, "  全社会      {}（千克/日）", amounts_zh(&edition.society_total()))?;
    writeln!(out, "  内容摘要    {}", edition.digest())?;
    for shortfall in shortfalls {
        writeln!(out, "  {}", sentence(shortfall))?;
    }
    notices(&loaded.notices, out)
}

/// Which substances fall short at a level, in one sentence.
fn sentence(shortfall: &Shortfall) -> String {
    let short: Vec<String> = shortfall
        .rows
        .iter()
        .filter(|row| row.short)
        .map(|row| format!("{}（缺{}千克/日）", row.substance.text_zh(), row.missing_g_per_day))
        .collect();
    let level = shortfall.level.text_zh();
    let required = shortfall.rows.first().map_or(0, |row| row.required_percent);
    match short.is_empty() {
        true => format!("{level}预警：四项污染物减排比例均达到{required}%"),
        false => format!("{level}预警：减排比例未达到{required}%的有{}", short.join("、")),
    }
}

pub(super) fn shortfalls(
    edition: &Edition,
    all: &[Shortfall],
    out: &mut impl Write,
) -> io::Result<()> {
    let since = day_zh(edition.in_force);
    writeln!(out, "{}应急减排清单（{}，{since}起实施）减排缺口", edition.city, edition.filing)?;
    for found in all {
        let (level, response) = (found.level.text_zh(), found.level.response_zh());
        let required = found.rows.first().map_or(0, |row| row.required_percent);
        writeln!(out, "{level}预警（{response}响应），减排比例应不低于{required}%，单位千克/日：")?;
        let heads = ["全社会排放量", "应急减排量", "其中自主减排", "减排比例", "减排缺口"];
        let head: String = heads.iter().map(|head| right(head, 15)).collect();
        writeln!(out, "  {}{head}", left("污染物", 10))?;
        for row in &found.rows {
            let cells = [
                row.society_g_per_day.to_string(),
                row.reduction_g_per_day.to_string(),
                row.voluntary_g_per_day.to_string(),
                format!("{}%", row.reached_percent),
                if row.short { row.missing_g_per_day.to_string() } else { "无".to_owned() },
            ];
            let cells: String = cells.iter().map(|cell| right(cell, 15)).collect();
            writeln!(out, "  {}{cells}", left(row.substance.text_zh(), 10))?;
        }
    }
    Ok(())
}

fn table_zh(name: &str) -> &'static str {
    match name {
        "industry" => "工业源",
        "mobile" => "移动源",
        "dust" => "扬尘源",
        "society" => "全社会排放量",
        _ => "公众措施",
    }
}

fn row_zh(row: &RowName) -> String {
    let parts = [&row.district, &row.name, &row.line];
    let parts: Vec<&str> =
        parts.into_iter().map(String::as_str).filter(|part| !part.is_empty()).collect();
    format!("{}：{}", table_zh(row.table), parts.join(" "))
}

pub(super) fn difference(found: &Difference, out: &mut impl Write) -> io::Result<()> {
    let (old, new) = (&found.old, &found.new);
    writeln!(out, "应急减排清单变更对照")?;
    writeln!(out, "  上一版  {}，{}起实施", old.filing, day_zh(old.in_force))?;
    writeln!(out, "  新一版  {}，{}起实施", new.filing, day_zh(new.in_force))?;
    writeln!(out, "新增{}项", found.added.len())?;
    for row in &found.added {
        writeln!(out, "  {}", row_zh(row))?;
    }
    writeln!(out, "调出{}项", found.removed.len())?;
    for removed in &found.removed {
        writeln!(out, "  {}{}", row_zh(&removed.row), reason_zh(&removed.reason))?;
    }
    writeln!(out, "变更{}项", found.changed.len())?;
    for changed in &found.changed {
        writeln!(out, "  {}{}", row_zh(&changed.row), reason_zh(&changed.reason))?;
        for field in &changed.fields {
            let or_empty =
                |text: &str| if text.is_empty() { "（空）".into() } else { text.to_owned() };
            let (before, after) = (or_empty(&field.old), or_empty(&field.new));
            writeln!(out, "    {}：{before} → {after}", field.field_zh)?;
        }
    }
    Ok(())
}

fn reason_zh(reason: &str) -> String {
    if reason.is_empty() { String::new() } else { format!("（变更原因：{reason}）") }
}

pub(super) fn dispatch(found: &Dispatch, out: &mut impl Write) -> io::Result<()> {
    let (level, response) = (found.level.text_zh(), found.level.response_zh());
    let since = day_zh(found.in_force);
    writeln!(out, "{}重污染天气{level}预警（{response}响应）任务单", found.city)?;
    writeln!(out, "依据：{}应急减排清单（{}，{since}起实施）", found.city, found.filing)?;
    writeln!(out, "计划减排（千克/日）：{}", amounts_zh(&found.reduction_g_per_day))?;
    writeln!(out, "\n一、区县任务")?;
    for district in &found.districts {
        tell_district(district, out)?;
    }
    writeln!(out, "\n二、部门任务")?;
    for department in &found.departments {
        writeln!(out, "【{}】", department.department)?;
        for kind in PublicKind::ALL {
            for measure in department.measures.iter().filter(|measure| measure.kind == kind) {
                writeln!(out, "  {}：{}", kind.text_zh(), measure.measure_zh)?;
            }
        }
        for source in &department.sources {
            writeln!(out, "  {}{}：{}", source.district, source.name, source.measure_zh)?;
        }
    }
    writeln!(out, "\n任务单摘要 {}", found.digest())
}

fn tell_district(task: &DistrictTask, out: &mut impl Write) -> io::Result<()> {
    let lines: usize = task.plants.iter().map(|plant| plant.lines.len()).sum();
    let (plants, sources) = (task.plants.len(), task.sources.len());
    let sums = amounts_zh(&task.reduction_g_per_day);
    writeln!(
        out,
        "【{}】企业{plants}家、生产线{lines}条，移动源和扬尘源{sources}项",
        task.district
    )?;
    writeln!(out, "  计划减排（千克/日）：{sums}")?;
    for plant in &task.plants {
        tell_plant(plant, out)?;
    }
    for source in &task.sources {
        tell_source(source, out)?;
    }
    Ok(())
}

fn tell_plant(plant: &PlantTask, out: &mut impl Write) -> io::Result<()> {
    let marks = [
        (plant.voluntary, "自主减排"),
        (plant.protected, "保障类"),
        (plant.micro, "小微涉气"),
        (plant.no_short_stop, "不可临时停产"),
        (plant.operation != Operation::Normal, plant.operation.text_zh()),
    ];
    let marks = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| format!("【{mark}】"));
    let marks: String = marks.collect();
    let (grade, name, code) = (plant.grade.text_zh(), &plant.enterprise, &plant.credit_code);
    let contact = format!("应急联系人{} {}", plant.contact, plant.phone);
    writeln!(out, "  {}{name}（{code}）{marks}{contact}", left(grade, 10))?;
    for line in &plant.lines {
        let planned = planned_zh(&line.reduction_g_per_day);
        writeln!(out, "            {}：{}；{planned}", line.line, line.measure_zh)?;
    }
    Ok(())
}

fn tell_source(source: &SourceTask, out: &mut impl Write) -> io::Result<()> {
    let planned = planned_zh(&source.reduction_g_per_day);
    let (department, contact) =
        (&source.department, format!("{} {}", source.contact, source.phone));
    let table = left(table_zh(source.table), 10);
    writeln!(out, "  {table}{}（{department}）联系人{contact}", source.name)?;
    writeln!(out, "            {}；{planned}", source.measure_zh)
}
