//! The table of skill as people read it.

use std::io::{self, Write};

use super::document::{Alarms, Document, MethodRows, Row};
use crate::command::text::{left, right};

/// Width of a method's column.
const COLUMN: usize = 20;

pub(super) fn all(document: &Document, out: &mut impl Write) -> io::Result<()> {
    let d = document;
    writeln!(out, "{}（{}）{}检验", d.name, d.area, d.note_zh)?;
    let (Some(first), Some(last)) = (&d.first_origin, &d.last_origin) else {
        return writeln!(out, "没有可检验的时次：历史不足10天");
    };
    writeln!(
        out,
        "起报 {first} 至 {last}，每{}小时一次，有预报{}次，无预报{}次；在用方法{}",
        d.step_h, d.origins, d.origins_without_forecast, d.shipped_method
    )?;
    for (code, name) in [("pm2_5", "PM2.5"), ("o3", "O3")] {
        writeln!(out, "\n{name}（微克/立方米）：平均绝对误差 分位数损失 80%区间覆盖率")?;
        table(
            document,
            |m| &m.hours,
            out,
            |row| {
                let found = row.concentrations.iter().find(|c| c.pollutant == code)?;
                Some(scores(found.mae_ug_m3, found.pinball_ug_m3, found.band_80_covers_percent))
            },
        )?;
    }
    let aqi = |row: &Row| {
        let aqi = row.aqi.as_ref()?;
        Some(scores(aqi.mae, aqi.pinball, aqi.band_80_covers_percent))
    };
    writeln!(out, "\n小时AQI：平均绝对误差 分位数损失 80%区间覆盖率")?;
    table(document, |m| &m.hours, out, aqi)?;
    writeln!(out, "\n连续24小时AQI（由24小时平均浓度计算，时效为末小时）：同上")?;
    table(document, |m| &m.blocks, out, aqi)?;
    for (n, above) in [100, 150, 200].into_iter().enumerate() {
        writeln!(out, "\n小时AQI>{above}：命中率/空报率%（命中，漏报，空报），以中位数判")?;
        table(document, |m| &m.hours, out, |row| row.alarms.get(n).map(alarms))?;
    }
    for (n, above) in [100, 150, 200].into_iter().enumerate() {
        writeln!(out, "\n连续24小时AQI>{above}：命中率/空报率%（命中，漏报，空报），以中位数判")?;
        table(document, |m| &m.blocks, out, |row| row.alarms.get(n).map(alarms))?;
        writeln!(out, "  以80%区间上端判")?;
        table(document, |m| &m.blocks, out, |row| row.alarms_upper.get(n).map(alarms))?;
    }
    verdict(document, out)
}

fn table<'d>(
    document: &'d Document,
    rows: impl Fn(&'d MethodRows) -> &'d [Row],
    out: &mut impl Write,
    cell: impl Fn(&'d Row) -> Option<String>,
) -> io::Result<()> {
    let names: String =
        document.methods.iter().map(|m| format!("  {}", right(m.method, COLUMN))).collect();
    writeln!(out, "{}{names}", left("时效", 6))?;
    let leads = document.methods.first().map_or(0, |m| rows(m).len());
    for at in 0..leads {
        let mut line = String::new();
        for method in &document.methods {
            let row = &rows(method)[at];
            if line.is_empty() {
                line = format!("{:>4}h ", row.lead_h);
            }
            let text = cell(row).unwrap_or_else(|| "—".to_owned());
            line += &format!("  {}", right(&text, COLUMN));
        }
        writeln!(out, "{line}")?;
    }
    Ok(())
}

fn scores(mae: f64, pinball: f64, covers: f64) -> String {
    format!("{mae:.2} {pinball:.2} {covers:.1}%")
}

fn alarms(alarms: &Alarms) -> String {
    let rate = |rate: Option<f64>| rate.map_or("—".to_owned(), |r| format!("{r:.0}"));
    let Alarms { hits, misses, false_alarms, .. } = alarms;
    format!(
        "{}/{} ({hits},{misses},{false_alarms})",
        rate(alarms.hit_rate_percent),
        rate(alarms.false_alarm_ratio_percent)
    )
}

/// Where the method in use is not better than the plain ones.
fn verdict(document: &Document, out: &mut impl Write) -> io::Result<()> {
    let Document { shipped_method, compared, not_beaten, .. } = document;
    if *compared == 0 {
        return Ok(());
    }
    let better = compared - not_beaten.len();
    writeln!(
        out,
        "\n{shipped_method}与persistence、climatology比较{compared}项（PM2.5、O3、小时AQI、\
         连续24小时AQI，各时效，两种评分），{better}项更优"
    )?;
    for n in not_beaten {
        writeln!(
            out,
            "  未优于{}：{} {}h {} {:+.1}%",
            n.other, n.figure, n.lead_h, n.score, n.skill_percent
        )?;
    }
    Ok(())
}
