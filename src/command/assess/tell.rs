//! Assessments as people read them.

use std::fmt::Display;
use std::io::{self, Write};

use crate::assessment::{Assessment, DustColumn};

pub(super) fn all(assessments: &[Assessment], out: &mut impl Write) -> io::Result<()> {
    if assessments.is_empty() {
        return writeln!(out, "没有数据");
    }
    assessments.iter().try_for_each(|one| assessment(one, out))
}

fn assessment(a: &Assessment, out: &mut impl Write) -> io::Result<()> {
    let Assessment { shown, .. } = a;
    writeln!(out, "{}({}) {} 至 {},共{}天", a.name, a.entity, a.from, a.to, a.days_total)?;
    writeln!(out, "  评价标准  {}({})", a.edition, a.limits)?;
    writeln!(out, "  数据口径  {}", a.dataset_zh)?;
    if a.dust != DustColumn::Measured.code() {
        let reason = a.dust_reason_zh.map_or_else(String::new, |why| format!("：{why}"));
        writeln!(out, "  统计口径  {}{reason}", a.dust_zh)?;
    }
    let (good, valid) = (a.days_good, a.days_valid);
    let ratio = or_missing(shown.good_day_ratio_percent.as_ref());
    writeln!(out, "  优良天数比率  {ratio}%({good}天/有效{valid}天)")?;
    if a.days_partial > 0 {
        writeln!(out, "    其中{}天项目不全，比率可能偏高", a.days_partial)?;
    }
    let by = &a.days_by_category;
    writeln!(
        out,
        "  优{} 良{} 轻度{} 中度{} 重度{} 严重{};重度及以上污染天{}天",
        by.excellent, by.good, by.light, by.moderate, by.heavy, by.severe, a.days_heavy
    )?;
    writeln!(
        out,
        "  PM2.5 {}  PM10 {}  SO2 {}  NO2 {}  O3-8h-90% {} 微克/立方米;CO-95% {} 毫克/立方米",
        or_missing(shown.pm2_5_mean.as_ref()),
        or_missing(shown.pm10_mean.as_ref()),
        or_missing(shown.so2_mean.as_ref()),
        or_missing(shown.no2_mean.as_ref()),
        or_missing(shown.o3_mda8_p90.as_ref()),
        or_missing(shown.co_p95.as_ref()),
    )?;
    writeln!(out, "  综合指数  {}", or_missing(shown.composite_index.as_ref()))?;
    let p = &a.primary_pollutant_days;
    writeln!(
        out,
        "  首要污染物  PM2.5 {}天 PM10 {}天 O3 {}天 NO2 {}天 SO2 {}天 CO {}天",
        p.pm2_5, p.pm10, p.o3, p.no2, p.so2, p.co
    )?;
    dust(a, out)?;
    for (name, value) in &a.parameters {
        writeln!(out, "  参数  {name} = {value}")?;
    }
    if let Some(reason) = a.targets_reason_zh {
        writeln!(out, "  目标  {reason}")?;
    }
    for target in &a.targets {
        writeln!(out, "  目标  {}", target.sentence_zh)?;
    }
    for comparison in &a.comparisons {
        match (&comparison.refused_zh, &comparison.from, &comparison.to) {
            (Some(reason), ..) => writeln!(out, "  {reason}")?,
            (None, Some(from), Some(to)) => {
                writeln!(out, "  与{from}至{to}({}天)相比", comparison.days_total)?;
                for change in &comparison.changes {
                    writeln!(out, "    {}", change.text_zh)?;
                }
            }
            (None, ..) => {}
        }
    }
    Ok(())
}

/// The columns beside each other, and what they rest on.
fn dust(a: &Assessment, out: &mut impl Write) -> io::Result<()> {
    if a.dust_columns.is_empty() {
        return Ok(());
    }
    writeln!(out, "  沙尘")?;
    for row in &a.dust_columns {
        if row.station_hours.is_none() && row.documents.is_empty() {
            writeln!(out, "    {}  未录入", row.column_zh)?;
            continue;
        }
        write!(
            out,
            "    {}  优良{}天 {}% 重度及以上{}天 PM2.5 {}{} PM10 {}{} 综合指数{}",
            row.column_zh,
            or_missing(row.days_good.as_ref()),
            or_missing(row.good_day_ratio_percent.as_ref()),
            or_missing(row.days_heavy.as_ref()),
            or_missing(row.pm2_5_mean.as_ref()),
            on_days(row.days_pm2_5),
            or_missing(row.pm10_mean.as_ref()),
            on_days(row.days_pm10),
            or_missing(row.composite_index.as_ref()),
        )?;
        if let (Some(hours), Some(days)) = (row.station_hours, row.days_deducted)
            && hours > 0
        {
            write!(out, "；扣除{hours}个点位小时，涉及{days}天")?;
        }
        match row.documents.as_slice() {
            [] => writeln!(out)?,
            documents => writeln!(out, "；依据：{}", documents.join("、"))?,
        }
    }
    for entry in &a.dust_entries {
        let stations = match entry.stations.as_slice() {
            [] => "全部点位".to_owned(),
            listed => listed.join("、"),
        };
        let (from, to) = (&entry.from, &entry.to);
        writeln!(out, "    {from}时至{to}时 {stations} {} {}", entry.stage_zh, entry.document)?;
    }
    a.dust_notes_zh.iter().try_for_each(|note| writeln!(out, "    {note}"))
}

/// On how many days a mean rests.
fn on_days(days: Option<u32>) -> String {
    days.map_or_else(String::new, |days| format!("（{days}天）"))
}

fn or_missing(value: Option<&impl Display>) -> String {
    value.map_or_else(|| "—".to_owned(), ToString::to_string)
}
