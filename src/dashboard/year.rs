//! The year as the bureau is measured by it (年度与目标).
//!
//! Targets are rows of the store's configuration: none of their figures stands here.

use super::city::{MICRO, MILLI, limits};
use super::class::{aqi, falling};
use super::frame::{Choice, Dashboard};
use super::panel::{Kind, Panel, graph, sheet, stat};
use super::query::{Column, history, number, table, time, word};
use super::text::{Language, Text, same, t};
use crate::observation::Pollutant;
use crate::standard::{Category, standards};

/// 1 January to the end of the range.
const YEAR: &str = "/api/v1/assessment?entity=${set:percentencode}&area=${area:percentencode}\
                    &span=ytd:${__to:date:YYYY-MM-DD}&compare=year_before";
const DAYS: &str = "/api/v1/days?entity=${set:percentencode}&area=${area:percentencode}\
                    &from=${__from:date:YYYY-MM-DD}&to=${__to:date:YYYY-MM-DD}";
const STATIONS: &str = "/api/v1/rank?set=${area:percentencode}:stations&by=composite\
                        &span=ytd:${__to:date:YYYY-MM-DD}";
const SETS: &str = "/api/v1/rank?set=${area:percentencode}:sets&by=pm2_5\
                    &span=ytd:${__to:date:YYYY-MM-DD}";

pub(super) fn dashboard() -> Dashboard {
    let panels = [figures(), targets(), days(), ranks()].concat();
    Dashboard {
        name: "year",
        title: t("蓝天：年度与目标", "Lantian: the year and its targets"),
        about: t(
            "今年以来的优良天数比率、PM2.5、目标完成情况、剩余空间和名次（测算）。当日未结束，不计入。",
            "The year to date, its targets, what is left, ranks (reckoned here); without today.",
        ),
        // Today has not ended; on 1 January it is the year before.
        times: ("now-1d/y", "now-1d/d"),
        choice: Choice::Set,
        panels,
    }
}

fn figures() -> Vec<Panel> {
    let one = |title: Text, about: Text, column: Column, width: u8| {
        let unit = column.unit.unwrap_or("none");
        stat(title, about, (width, 4)).unit(unit).ask(table(YEAR, "", vec![column]))
    };
    vec![
        one(
            t("优良天数比率", "Good-day ratio"),
            t(
                "AQI不高于100的天数占有效天数的比例。",
                "Days with an AQI of at most 100, of valid days.",
            ),
            number("good_day_ratio", t("比率", "Ratio")).unit("percentunit"),
            4,
        ),
        one(
            t("优良天数", "Good days"),
            t("今年以来的优良天数。", "In the year so far."),
            number("days_good", t("天数", "Days")).unit("d"),
            3,
        ),
        one(
            t("有效天数", "Valid days"),
            t("比率的分母。", "The denominator of the ratio."),
            number("days_valid", t("天数", "Days")).unit("d"),
            3,
        ),
        one(
            t("重度及以上污染天", "Heavy days"),
            t("AQI大于200的天数。", "Days with an AQI above 200."),
            number("days_heavy", t("天数", "Days")).unit("d"),
            4,
        ),
        one(
            t("PM2.5平均浓度", "Mean of PM2.5"),
            t("今年以来日均值的平均，按发布规则修约。", "Mean of the days, rounded as published."),
            number("shown.pm2_5_mean", same("PM2.5")).unit(MICRO),
            4,
        ),
        one(
            t("综合指数", "Composite index"),
            t("六项单项指数之和。", "The sum of six single indices."),
            number("composite_index", t("综合指数", "Composite index")),
            3,
        ),
    ]
}

fn targets() -> Vec<Panel> {
    let against = |title: Text, about: Text, root: &'static str, unit: &'static str| {
        Panel::new(Kind::BarGauge, title, about, (6, 7)).unit(unit).ask(table(
            YEAR,
            root,
            vec![number("now", t("现值", "Now")), number("value", t("目标", "Target"))],
        ))
    };
    vec![
        against(
            t("优良天数比率与目标", "Good-day ratio against its target"),
            t("目标取自当年目标表。", "The target is that of the year's rows."),
            "targets.#(indicator==\"good_day_ratio\")",
            "percentunit",
        ),
        against(
            t("PM2.5与目标", "PM2.5 against its target"),
            t("目标取自当年目标表。", "The target is that of the year's rows."),
            "targets.#(indicator==\"pm2_5_mean\")",
            MICRO,
        ),
        sheet(
            t("目标完成情况和剩余空间", "Targets, and what is left"),
            t(
                "当年目标表各行：现值、是否已定、还可承受的天数、剩余时段允许均值、达标概率。",
                "Each row of the year: where it stands, and what it can still afford.",
            ),
            (12, 7),
        )
        .ask(table(
            YEAR,
            "targets",
            vec![
                word("indicator_zh", t("指标", "Indicator")).only(Language::Zh),
                word("indicator", t("指标", "Indicator")).only(Language::En),
                word("value_text", t("目标", "Target")),
                word("now_text", t("现值", "Now")),
                word("met", t("是否已定", "Decided")),
                number("days_can_afford", t("还可承受天数", "Days it can afford")).unit("d"),
                number("rest_mean_max", t("剩余允许均值", "Mean that the rest may have")),
                number("days_left", t("剩余天数", "Days left")).unit("d"),
                number("probability", t("达标概率", "Probability")).unit("percentunit"),
                word("document", t("依据", "Document")),
            ],
        )),
    ]
}

fn days() -> Vec<Panel> {
    let date = || time("date", t("日期", "Day"));
    let class = |category: Category| {
        let class = standards().index_editions().last().map(|e| e.class(category));
        let colour = class.map_or("text", |class| class.colour);
        let (selector, name) = match category {
            Category::Excellent => ("days_by_category.excellent", t("优", "excellent")),
            Category::Good => ("days_by_category.good", t("良", "good")),
            Category::Light => ("days_by_category.light", t("轻度污染", "light")),
            Category::Moderate => ("days_by_category.moderate", t("中度污染", "moderate")),
            Category::Heavy => ("days_by_category.heavy", t("重度污染", "heavy")),
            Category::Severe => ("days_by_category.severe", t("严重污染", "severe")),
        };
        number(selector, name).colour(colour)
    };
    let primary = |(selector, p): (&'static str, Pollutant)| number(selector, same(p.label()));
    let primaries = [
        ("primary_pollutant_days.pm2_5", Pollutant::Pm2_5),
        ("primary_pollutant_days.pm10", Pollutant::Pm10),
        ("primary_pollutant_days.so2", Pollutant::So2),
        ("primary_pollutant_days.no2", Pollutant::No2),
        ("primary_pollutant_days.co", Pollutant::Co),
        ("primary_pollutant_days.o3", Pollutant::O3),
    ];
    vec![
        Panel::new(
            Kind::StatusHistory,
            t("日历：逐日级别", "Calendar of days"),
            t(
                "一格一天，颜色和文字为当日级别。",
                "A cell a day, in the colour and words of its class.",
            ),
            (24, 5),
        )
        .class_names()
        .ask(history(DAYS, "days", vec![date(), number("aqi", t("级别", "Class"))])),
        graph(
            t("PM2.5日均值与限值", "Daily PM2.5, with its limit"),
            t("虚线为现行二级24小时限值。", "Dashed: the class II limit for 24 hours in force."),
            (12, 8),
        )
        .unit(MICRO)
        .ask(history(DAYS, "days", vec![date(), number("pm2_5_ug_m3", same("PM2.5"))]))
        .asks(limits(&[(Pollutant::Pm2_5, "day", t("PM2.5限值", "PM2.5 limit"))])),
        Panel::new(
            Kind::BarGauge,
            t("各级别天数", "Days by class"),
            t("今年以来有效天数按级别。", "Valid days of the year so far."),
            (6, 8),
        )
        .unit("d")
        .ask(table(YEAR, "", Category::ALL.map(class).to_vec())),
        Panel::new(
            Kind::BarGauge,
            t("首要污染物天数", "Days by primary pollutant"),
            t("并列时各计一天。", "Of equal ones each counts."),
            (6, 8),
        )
        .unit("d")
        .ask(table(YEAR, "", primaries.map(primary).to_vec())),
    ]
}

fn ranks() -> Vec<Panel> {
    let rank = || {
        vec![
            number("rank", t("名次", "Rank")),
            word("entity", t("对象", "Entity")),
            word("name", t("名称", "Name")),
            number("value", t("数值", "Value")),
            number("days_valid", t("有效天数", "Valid days")).unit("d"),
        ]
    };
    vec![
        sheet(
            t("站点名次（综合指数，测算）", "Stations by composite index (reckoned here)"),
            t("测算名次，不是官方排名。", "Reckoned here, never the official rank."),
            (12, 9),
        )
        .ask(table(STATIONS, "rows", rank())),
        sheet(
            t("片区名次（PM2.5，测算）", "Sets by PM2.5 (reckoned here)"),
            t("测算名次，不是官方排名。", "Reckoned here, never the official rank."),
            (12, 9),
        )
        .unit(MICRO)
        .ask(table(SETS, "rows", rank())),
        sheet(
            t("逐日数据", "Days"),
            t("所选时段逐日AQI、级别和主要浓度。", "AQI, class and means by day."),
            (24, 9),
        )
        .ask(table(
            DAYS,
            "days",
            vec![
                time("date", t("日期", "Day")),
                number("aqi", same("AQI")).steps(&aqi()),
                word("category_zh", t("级别", "Class")).only(Language::Zh),
                word("category", t("级别", "Class")).only(Language::En),
                number("pm2_5_ug_m3", same("PM2.5")).unit(MICRO),
                number("pm10_ug_m3", same("PM10")).unit(MICRO),
                number("co_mg_m3", same("CO")).unit(MILLI),
                number("o3_mda8_ug_m3", t("O₃日最大8小时", "O₃ MDA8")).unit(MICRO),
                number("stations_valid", t("有效点位", "Valid stations")),
                word("state", t("状态", "State")),
            ],
        )),
        stat(
            t("PM2.5数据有效率", "Coverage of PM2.5"),
            t("有效日占日历日的比例。", "Valid days of all days."),
            (24, 4),
        )
        .unit("percentunit")
        .steps(&falling(0.75, 0.9))
        .ask(table(YEAR, "", vec![number("coverage.pm2_5", same("PM2.5"))])),
    ]
}
