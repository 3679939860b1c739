//! `lantian standards`: the editions with their citations, the open points and what was chosen.
//!
//! In: nothing. Out: every number with document, table and clause, for people or as one JSON
//! document.

use std::io::{self, Write};

use serde_json::{Value, json};

use crate::index::Pollutants;
use crate::observation::{Pollutant, Property};
use crate::quantity::{Amount, Rounding, Unit};
use crate::standard::{
    BreakpointColumn, DECISIONS, Entity, InForce, IndexEdition, LimitEdition, ParameterRow,
    Parameters, Practice, ReportKind, RoundingRow, Source, standards,
};

use super::ExitError;
use super::text::{left, right, written};

/// Editions, clauses, open points and chosen defaults.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// One JSON document instead of text.
    #[arg(long)]
    json: bool,
}

/// Runs the command.
pub(super) fn run(args: &Args, out: &mut dyn Write) -> Result<(), ExitError> {
    if !args.json {
        return written(write(out));
    }
    let document = serde_json::to_string_pretty(&document());
    let document = document.map_err(|e| ExitError::Internal(e.to_string()))?;
    written(writeln!(out, "{document}"))
}

const KINDS: [ReportKind; 2] = [ReportKind::Hour, ReportKind::Day];

fn whole_units(amount: Amount, of: Pollutant) -> i32 {
    amount.milli() / 10_i32.pow(of.unit().milli_digits())
}

const fn rounding_code(rounding: Rounding) -> &'static str {
    match rounding {
        Rounding::HalfEven => "half_even",
        Rounding::HalfUp => "half_up",
        Rounding::Up => "up",
    }
}

fn document() -> Value {
    let s = standards();
    json!({
        "index_editions": s.index_editions().iter().map(index_edition).collect::<Vec<_>>(),
        "limit_editions": s.limit_editions().iter().map(limit_edition).collect::<Vec<_>>(),
        "parameters": Parameters::default().list(),
        "decisions": DECISIONS,
    })
}

fn in_force(span: &InForce) -> Value {
    json!({
        "from": span.from.to_string(),
        "until": span.until.map(|d| d.to_string()),
        "source": span.source,
    })
}

fn index_edition(edition: &IndexEdition) -> Value {
    let classes = edition.classes().iter().map(|c| {
        json!({
            "category": c.category, "category_zh": c.name_zh, "category_en": c.name_en,
            "level": c.category.level(), "level_zh": c.level_zh,
            "aqi_from": c.aqi.0, "aqi_to": c.aqi.1,
            "colour": c.colour, "colour_name": c.colour_en, "colour_name_zh": c.colour_zh,
            "rgb": c.rgb, "cmyk": c.cmyk, "health": c.health, "advice": c.advice,
            "source": c.source, "text_source": c.text_source, "colour_source": c.colour_source,
        })
    });
    let rules = edition.rules().iter();
    let rules = rules.map(|r| json!({"rule": r.name, "value": r.value, "source": r.source}));
    let groups = edition
        .sensitive_groups()
        .iter()
        .map(|g| json!({"pollutant": g.pollutant.code(), "group": g.group, "source": g.source}));
    json!({
        "id": edition.id(), "document": edition.document(), "title": edition.title(),
        "in_force": in_force(&edition.in_force()),
        "sources": edition.sources(),
        "breakpoints": edition.columns().iter().map(column).collect::<Vec<_>>(),
        "reports": reports(edition),
        "rules": rules.collect::<Vec<_>>(),
        "categories": classes.collect::<Vec<_>>(),
        "sensitive_groups": groups.collect::<Vec<_>>(),
    })
}

fn column(column: &BreakpointColumn) -> Value {
    let pollutant = column.column().pollutant();
    let rows = column.breakpoints().iter().map(|b| {
        let concentration = whole_units(b.amount, pollutant);
        json!({"iaqi": b.iaqi, "concentration": concentration, "source": b.source})
    });
    let notes = Practice::ALL.iter().filter_map(|practice| {
        let (iaqi, source) = column.above_top(*practice)?;
        Some(json!({"practice": practice, "iaqi": iaqi, "source": source}))
    });
    json!({
        "column": column.column().code(),
        "unit": Property::Pollutant(pollutant).unit_text(),
        "rows": rows.collect::<Vec<_>>(),
        "above_top": notes.collect::<Vec<_>>(),
    })
}

fn reports(edition: &IndexEdition) -> Vec<Value> {
    let mut reports = Vec::new();
    for kind in KINDS {
        for practice in Practice::ALL {
            let rows = edition.report(kind, *practice).iter().map(|r| {
                let column = r.column.map(crate::standard::Column::code);
                json!({"indicator": r.indicator.code(), "column": column, "source": r.source})
            });
            let rounding = Entity::ALL.iter().map(|entity| {
                let row = edition.rounding(kind, *practice, *entity);
                json!({
                    "entity": entity,
                    "concentration": rounding_code(row.concentration),
                    "concentration_steps": steps(row),
                    "concentration_source": row.concentration_source,
                    "index": rounding_code(row.index),
                    "index_source": row.index_source,
                })
            });
            reports.push(json!({
                "period": kind.code(), "practice": practice,
                "indicators": rows.collect::<Vec<_>>(),
                "rounding": rounding.collect::<Vec<_>>(),
            }));
        }
    }
    reports
}

/// `1 µg/m³, CO 0.1 mg/m³`.
fn steps(row: &RoundingRow) -> String {
    let co = Amount::from_milli(row.step_co);
    let decimals = 6_u32.saturating_sub(row.step_co.ilog10());
    format!("{} µg/m³, CO {} mg/m³", Amount::from_milli(row.step), co.show(Unit::Milli, decimals))
}

fn limit_edition(edition: &LimitEdition) -> Value {
    let limits = edition.limits().iter().map(|l| {
        json!({
            "substance": l.substance, "average": l.average.code(), "unit": l.unit,
            "class_1": l.printed[0], "class_2": l.printed[1], "source": l.source,
        })
    });
    let validity = edition.validity_rows().iter().map(|v| {
        json!({
            "figure": v.figure, "minimum": v.minimum, "of": v.of, "unit": v.unit,
            "pollutants": v.pollutants, "source": v.source,
        })
    });
    json!({
        "id": edition.id(), "document": edition.document(), "title": edition.title(),
        "in_force": in_force(&edition.in_force()),
        "sources": edition.sources(),
        "limits": limits.collect::<Vec<_>>(),
        "data_validity": validity.collect::<Vec<_>>(),
    })
}

fn write(out: &mut dyn Write) -> io::Result<()> {
    for edition in standards().index_editions() {
        heading(out, edition.document(), edition.title(), &edition.in_force())?;
        write_breakpoints(out, edition)?;
        write_reports(out, edition)?;
        write_rules(out, edition)?;
    }
    for edition in standards().limit_editions() {
        heading(out, edition.document(), edition.title(), &edition.in_force())?;
        write_limits(out, edition)?;
    }
    write_open_points(out)
}

fn heading(out: &mut dyn Write, document: &str, title: &str, span: &InForce) -> io::Result<()> {
    let until = span.until.map_or("今后".to_owned(), |d| d.to_string());
    writeln!(out, "{document} {title}")?;
    writeln!(out, "  有效期 {} 至 {until}（{}）", span.from, span.source)
}

fn write_breakpoints(out: &mut dyn Write, edition: &IndexEdition) -> io::Result<()> {
    let columns = edition.columns();
    let cited = columns[0].breakpoints()[0].source;
    writeln!(out, "\n  分指数与浓度限值（µg/m³，CO mg/m³；{cited}）")?;
    write!(out, "  {}", right("IAQI", 4))?;
    for column in columns {
        write!(out, "{}", right(column.column().code(), 10))?;
    }
    writeln!(out)?;
    let longest = columns.iter().max_by_key(|c| c.breakpoints().len());
    for (n, row) in longest.map_or(&[][..], |c| c.breakpoints()).iter().enumerate() {
        write!(out, "  {}", right(&row.iaqi.to_string(), 4))?;
        for column in columns {
            let cell = column.breakpoints().get(n);
            let of = column.column().pollutant();
            let text = cell.map_or("注".to_owned(), |b| whole_units(b.amount, of).to_string());
            write!(out, "{}", right(&text, 10))?;
        }
        writeln!(out)?;
    }
    for column in columns {
        for practice in Practice::ALL {
            if let Some((iaqi, source)) = column.above_top(*practice) {
                let counts =
                    iaqi.map_or("不计算分指数".to_owned(), |n| format!("分指数计为{n}"));
                let code = column.column().code();
                writeln!(out, "  注 {code} 大于表列上限：{counts}（{practice}；{source}）")?;
            }
        }
    }
    Ok(())
}

fn write_reports(out: &mut dyn Write, edition: &IndexEdition) -> io::Result<()> {
    writeln!(out, "\n  报告指标与修约")?;
    for kind in KINDS {
        for practice in Practice::ALL {
            let rows = edition.report(kind, *practice);
            let text = |r: &crate::standard::ReportRow| match r.column {
                Some(column) => format!("{}→{}", r.indicator, column.code()),
                None => format!("{}→无分指数", r.indicator),
            };
            let rows_text = rows.iter().map(text).collect::<Vec<_>>().join(" ");
            let cited = rows.first().map_or(String::new(), |r| r.source.to_string());
            writeln!(out, "  {} {practice}（{cited}）", left(kind.code(), 4))?;
            writeln!(out, "    {rows_text}")?;
            for entity in Entity::ALL {
                let r = edition.rounding(kind, *practice, *entity);
                writeln!(
                    out,
                    "    {} 浓度 {} {}（{}）；指数 {}（{}）",
                    left(entity.code(), 7),
                    rounding_code(r.concentration),
                    steps(r),
                    r.concentration_source,
                    rounding_code(r.index),
                    r.index_source
                )?;
            }
        }
    }
    Ok(())
}

fn write_rules(out: &mut dyn Write, edition: &IndexEdition) -> io::Result<()> {
    writeln!(out, "\n  规则")?;
    for rule in edition.rules() {
        let value = rule.value.map_or("-".to_owned(), |v| v.to_string());
        writeln!(out, "  {}{}  {}", left(rule.name, 20), right(&value, 4), cited(&rule.source))?;
    }
    writeln!(out, "\n  级别")?;
    for c in edition.classes() {
        let range = format!("{}~{}", c.aqi.0, c.aqi.1);
        writeln!(
            out,
            "  {}{} {} {}{} {}  {}",
            left(&range, 8),
            c.level_zh,
            left(c.name_zh, 8),
            left(c.colour_zh, 5),
            c.colour,
            left(c.category.code(), 9),
            c.source
        )?;
        writeln!(out, "    健康影响：{}（{}）", c.health, c.text_source)?;
        writeln!(out, "    建议措施：{}", c.advice)?;
    }
    for p in Pollutants::ALL.iter() {
        if let Some(group) = edition.sensitive_groups().iter().find(|g| g.pollutant == p) {
            writeln!(
                out,
                "  敏感人群 {}：{}（{}）",
                left(p.label(), 5),
                group.group,
                group.source
            )?;
        }
    }
    writeln!(out)
}

/// A source with its note.
fn cited(source: &Source) -> String {
    source.note.map_or_else(|| source.to_string(), |note| format!("{source}；{note}"))
}

fn write_limits(out: &mut dyn Write, edition: &LimitEdition) -> io::Result<()> {
    writeln!(
        out,
        "\n  {}{}{}{}  {}  来源",
        left("项目", 8),
        left("平均时间", 19),
        right("一级", 8),
        right("二级", 8),
        left("单位", 6)
    )?;
    for l in edition.limits() {
        write!(out, "  {}{}", left(l.substance, 8), left(l.average.label(), 19))?;
        write!(out, "{}{}", right(l.printed[0], 8), right(l.printed[1], 8))?;
        writeln!(out, "  {}  {}", left(l.unit, 6), l.source)?;
    }
    writeln!(out, "\n  数据有效性（最少数量）")?;
    for v in edition.validity_rows() {
        let of = v.of.map_or(String::new(), |n| format!("/{n}"));
        let minimum = format!("{}{of} {}", v.minimum, v.unit);
        write!(out, "  {}{}", left(v.figure, 22), left(&minimum, 16))?;
        writeln!(out, "{}；{}", v.pollutants, cited(&v.source))?;
    }
    writeln!(out)
}

fn write_open_points(out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "未决之处的参数（名称 = 默认值；其他取值；理由）")?;
    for ParameterRow { name, default, alternatives, why, .. } in Parameters::default().list() {
        writeln!(out, "  {name} = {default}；{}", alternatives.join("、"))?;
        writeln!(out, "    {why}")?;
    }
    writeln!(out, "\n未决之处的选择（无开关）")?;
    for d in DECISIONS {
        writeln!(out, "  {}：{}", d.name, d.chosen)?;
        writeln!(out, "    {}", d.why)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: bool) -> String {
        let mut out = Vec::new();
        run(&Args { json }, &mut out).expect("writes to memory");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn people_read_every_edition_clause_and_default() {
        let text = text(false);
        for part in [
            "HJ 633—2012",
            "HJ 633—2026",
            "GB 3095—2012",
            "有效期 2026-03-01 至 2030-12-31（GB 3095—2026 4.4）",
            "有效期 2031-01-01 至 今后",
            "so2_1h 大于表列上限：分指数计为200（letter；HJ 633—2026 表3 注b 4.2.4）",
            "practice = letter；national_platform",
            "missing_2012 = available；na100",
            "all_zero",
        ] {
            assert!(text.contains(part), "{part}");
        }
        let row = text.lines().filter(|l| l.trim_start().starts_with("100 ")).collect::<Vec<_>>();
        let cells = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        let common = ["100", "150", "500", "80", "200", "4", "10", "200", "160"];
        assert_eq!(cells(row[0]), [&common[..], &["150", "75"]].concat());
        assert_eq!(cells(row[1]), [&common[..], &["120", "60"]].concat());
    }

    #[test]
    fn the_document_cites_every_number() {
        let document: Value = serde_json::from_str(&text(true)).expect("one document");
        let mut cells = 0;
        for edition in document["index_editions"].as_array().expect("a list") {
            for column in edition["breakpoints"].as_array().expect("a list") {
                for row in column["rows"].as_array().expect("a list") {
                    assert!(row["source"]["document"].is_string());
                    assert!(row["source"]["table"].is_string());
                    cells += 1;
                }
            }
        }
        assert_eq!(cells, 150);
        let names = document["limit_editions"].as_array().expect("a list").iter();
        let names = names.map(|e| e["id"].as_str().unwrap_or("")).collect::<Vec<_>>();
        assert_eq!(names, ["gb3095_2012", "gb3095_2026_transitional", "gb3095_2026_full"]);
        assert_eq!(document["limit_editions"][1]["limits"][13]["class_2"], "60");
        assert_eq!(document["parameters"][0]["default"], "letter");
    }
}
