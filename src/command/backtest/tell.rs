//! A backtest as text.

use std::io::{self, Write};

use super::Document;
use crate::time::{Hour, HourLabel};
use crate::warning::{Backtest, DaysTold, Episode, Level, Told};

pub(super) fn all(document: &Document<'_>, name: &str, out: &mut impl Write) -> io::Result<()> {
    let Document { from, to, step_hours, rules, .. } = document;
    writeln!(out, "{name} 预警回溯检验 {from} 至 {to}")?;
    match step_hours {
        0 => writeln!(out, "只用实况，不用预报")?,
        step => writeln!(
            out,
            "实况与内置统计预报（仅供参考），预报每{step}小时一次，只用当时已有的数据"
        )?,
    }
    rules.iter().try_for_each(|found| one(found, out))
}

fn one(found: &Backtest, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\n规则 {}：评估{}小时，预报{}次", found.rules, found.hours, found.forecasts)?;
    writeln!(out, "实际重污染过程（日AQI大于200）{}次：", found.episodes.len())?;
    for Episode { first, last, heavy_days, peak, level, told, told_in_full } in &found.episodes {
        let span = if first == last { first.to_string() } else { format!("{first}至{last}") };
        let level = level.map_or("未达预警条件", Level::text_zh);
        write!(out, "  {span}  {heavy_days}天  最高AQI {peak}  事后看{level}")?;
        match (told, told_in_full) {
            (None, _) => writeln!(out, "  未建议")?,
            (Some(told), Some(full)) if told == full => writeln!(out, "  {}", of(told))?,
            (Some(told), Some(full)) => writeln!(out, "  {}；{}", of(told), of(full))?,
            (Some(told), None) => writeln!(out, "  {}；未建议到该级别", of(told))?,
        }
    }
    let DaysTold { heavy, a_day_ahead, before, during, missed } = found.days;
    writeln!(
        out,
        "重污染日{heavy}天：提前24小时以上建议{a_day_ahead}天，当日0时前{before}天，当日{during}天，漏报{missed}天"
    )?;
    let times = found.recommended.len();
    writeln!(out, "建议时段{times}次，其中无重污染日的（空报）{}次：", found.false_alarms)?;
    for time in &found.recommended {
        let kind = if time.heavy_days == 0 { "空报" } else { "命中" };
        writeln!(
            out,
            "  {}起至{}  {}  首次依据{}  涉及{}至{}  其中重污染{}天  {kind}",
            when(time.from),
            when(time.to),
            time.level.text_zh(),
            time.basis.text_zh(),
            time.first_day,
            time.last_day,
            time.heavy_days
        )?;
    }
    Ok(())
}

fn when(hour: Hour) -> String {
    hour.label(HourLabel::End)
}

fn of(told: &Told) -> String {
    let (at, level) = (when(told.hour), told.level.text_zh());
    let lead = match told.lead_hours {
        lead if lead >= 0 => format!("提前{lead}小时"),
        late => format!("滞后{}小时", -late),
    };
    format!("{at}建议{level}（{}，{lead}）", told.basis.text_zh())
}
