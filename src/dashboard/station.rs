//! One station (站点): its air, its coverage, its days.

use super::city::{MICRO, limits, six, unit};
use super::class::{SILENT, falling, rising};
use super::frame::{Choice, Dashboard};
use super::panel::{Kind, Panel, graph, sheet, stat};
use super::query::{history, now, number, of_station, series, table, time, word};
use super::text::{Language, same, t};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::telemetry::names::{
    AREA_VIEW, STATION_AQI, STATION_CO, STATION_CONCENTRATION, STATION_COVERAGE, STATION_DAY_AQI,
    STATION_EVENT, STATION_SILENT,
};

/// The hours of the range, as the store has them.
const HOURS: &str = "/api/v1/series?entity=${station:percentencode}&area=${area:percentencode}\
                     &from=${__from:date:YYYY-MM-DD}&to=${__to:date:YYYY-MM-DD}";
const DAYS: &str = "/api/v1/days?entity=${station:percentencode}&area=${area:percentencode}\
                    &from=${__from:date:YYYY-MM-DD}&to=${__to:date:YYYY-MM-DD}";

pub(super) fn dashboard() -> Dashboard {
    let panels = [head(), air(), concentrations(), record()].concat();
    Dashboard {
        name: "station",
        title: t("蓝天：站点", "Lantian: a station"),
        about: t(
            "一个站点的当前值、数据有效率和历史。",
            "A station's newest hour, coverage and past.",
        ),
        times: ("now-72h", "now"),
        choice: Choice::Station,
        panels,
    }
}

fn head() -> Vec<Panel> {
    let hour =
        t("最近一个已发布小时，NA时为空。", "Of the newest published hour; none where it is NA.");
    // By the area's own clock, which simulated and recorded hours have too.
    let age = format!(
        "{} - on (job, instance, area) group_right () {}",
        series(&AREA_VIEW, &[]),
        of_station(&STATION_EVENT, &[]),
    );
    vec![
        stat(t("实时AQI", "AQI now"), hour, (4, 4))
            .aqi()
            .ask(now(of_station(&STATION_AQI, &[]), same("AQI"))),
        stat(t("空气质量级别", "Class now"), hour, (5, 4))
            .class_names()
            .ask(now(of_station(&STATION_AQI, &[]), same(""))),
        stat(
            t("今日累计AQI", "AQI of the day so far"),
            t("自0时起至最近一小时。", "From 00:00 to the newest hour."),
            (4, 4),
        )
        .aqi()
        .ask(now(of_station(&STATION_DAY_AQI, &[]), same("AQI"))),
        stat(
            t("在线状态", "Reports"),
            t("最近一小时是否上报过数据。", "Whether it reported anything for the newest hour."),
            (4, 4),
        )
        .words(SILENT)
        .ask(now(of_station(&STATION_SILENT, &[]), same(""))),
        stat(
            t("距最近数据", "Age of its newest hour"),
            t(
                "以系统所依时钟计，最近一个有数据小时结束至今。",
                "Since the newest hour ended for which it reported anything, by the area's clock.",
            ),
            (4, 4),
        )
        .unit("s")
        .steps(&rising(5_400.0, 10_800.0))
        .ask(now(age, same(""))),
    ]
}

fn air() -> Vec<Panel> {
    let start = || time("time", t("时间", "Time"));
    vec![
        graph(
            t("小时AQI", "Hourly AQI"),
            t(
                "背景色带为级别；时间轴为小时起点，15时的数据标在14:00。",
                "The bands are classes. Time is the start of an hour.",
            ),
            (16, 8),
        )
        .aqi()
        .ask(history(HOURS, "hours", vec![start(), number("aqi", same("AQI"))])),
        Panel::new(
            Kind::BarGauge,
            t("六项污染物（最近一小时）", "Six pollutants, newest hour"),
            t("颜色为各项小时浓度对应的级别。", "In the colour of the class of each hourly index."),
            (8, 8),
        )
        .unit(MICRO)
        .aqi()
        .asks(six(of_station, [&STATION_CONCENTRATION, &STATION_CO])),
        Panel::new(
            Kind::StateTimeline,
            t("级别变化", "Class"),
            t("逐小时级别名称。", "The name of the class, hour by hour."),
            (16, 5),
        )
        .class_names()
        .ask(history(HOURS, "hours", vec![start(), number("aqi", t("级别", "Class"))])),
        Panel::new(
            Kind::BarGauge,
            t("数据有效率（24小时）", "Coverage, 24 hours"),
            t("最近24小时中有效小时的比例。", "Valid hours of the last 24."),
            (8, 5),
        )
        .unit("percentunit")
        .steps(&falling(0.5, 0.75))
        .asks(POLLUTANTS.map(|p| {
            now(of_station(&STATION_COVERAGE, &[("pollutant", p.code())]), same(p.label()))
        })),
    ]
}

fn concentrations() -> Vec<Panel> {
    let start = || time("time", t("时间", "Time"));
    let hourly = |p: Pollutant| {
        let selector = match p {
            Pollutant::Pm2_5 => "pm2_5_ug_m3",
            Pollutant::Pm10 => "pm10_ug_m3",
            Pollutant::So2 => "so2_ug_m3",
            Pollutant::No2 => "no2_ug_m3",
            Pollutant::Co => "co_mg_m3",
            Pollutant::O3 => "o3_ug_m3",
        };
        number(selector, same(p.label())).unit(unit(p))
    };
    let columns = std::iter::once(start()).chain(POLLUTANTS.map(hourly)).collect();
    vec![
        graph(
            t("小时浓度", "Hourly concentrations"),
            t("CO单位为毫克/立方米。", "CO is in mg/m³."),
            (12, 8),
        )
        .unit(MICRO)
        .ask(history(HOURS, "hours", columns)),
        graph(
            t("滑动平均与限值", "Rolling means, with limits"),
            t(
                "PM2.5为24小时、臭氧为8小时滑动平均；虚线为现行二级限值。",
                "PM2.5 over 24 hours, ozone over 8; dashed: the class II limits in force.",
            ),
            (12, 8),
        )
        .unit(MICRO)
        .ask(history(
            HOURS,
            "hours",
            vec![
                start(),
                number("pm2_5_24h_ug_m3", same("PM2.5 24h")),
                number("o3_8h_ug_m3", same("O₃ 8h")),
            ],
        ))
        .asks(limits(&[
            (Pollutant::Pm2_5, "day", t("PM2.5限值", "PM2.5 limit")),
            (Pollutant::O3, "mda8", t("O₃限值", "O₃ limit")),
        ])),
    ]
}

fn record() -> Vec<Panel> {
    vec![
        sheet(
            t("站点信息", "The station"),
            t("站点属性和最近上报时间。", "What it is, and when it last reported."),
            (24, 4),
        )
        .ask(table(
            "/api/v1/stations?area=${area:percentencode}",
            "#(station==\"${station}\")",
            vec![
                word("station", t("编码", "Code")),
                word("name", t("名称", "Name")),
                word("district", t("区县", "District")),
                word("kind", t("类别", "Kind")),
                word("assessed", t("评价点位", "Assessed")),
                word("in_operation", t("在运行", "In operation")),
                word("silent", t("离线", "Silent")),
                time("last_hour", t("最近有数据的小时（起）", "Newest hour, its start")),
            ],
        )),
        sheet(
            t("日评价", "Days"),
            t("所选时段逐日结果；当日未结束，仅供参考。", "By day; the present one has not ended."),
            (24, 8),
        )
        .ask(table(
            DAYS,
            "days",
            vec![
                time("date", t("日期", "Day")),
                number("aqi", same("AQI")).steps(&super::class::aqi()),
                word("category_zh", t("级别", "Class")).only(Language::Zh),
                word("category", t("级别", "Class")).only(Language::En),
                number("pm2_5_ug_m3", same("PM2.5")).unit(MICRO),
                number("o3_mda8_ug_m3", t("O₃日最大8小时", "O₃ MDA8")).unit(MICRO),
                number("valid_hours_pm2_5", t("PM2.5有效小时", "Valid hours of PM2.5")),
                word("state", t("状态", "State")),
                word("reason", t("无AQI的原因", "Why no AQI")),
            ],
        )),
    ]
}
