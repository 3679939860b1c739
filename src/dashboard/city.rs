//! The city at a glance (城市总览): now, the last three days, what is coming.

use super::class::{LEVELS, NONE_IS_WELL, WAITS, aqi, falling, hourly};
use super::frame::{Choice, Dashboard};
use super::panel::{Kind, Panel, graph, sheet, stat};
use super::query::{
    Query, by_station, history, now, number, of_set, over_time, rows, series, table, time, word,
};
use super::text::{Language, Text, same, t};
use crate::observation::{POLLUTANTS, Pollutant};
use crate::telemetry::Metric;
use crate::telemetry::names::{
    AREA_AQI, AREA_CO, AREA_CONCENTRATION, AREA_COVERAGE, AREA_DAY_AQI, AREA_O3_8H, AREA_ROLLING,
    LIMIT, LIMIT_CO, STATION_AQI, STATION_CONCENTRATION, STATION_COVERAGE, STATION_LATITUDE,
    STATION_LONGITUDE, STATION_SILENT, WARNING_LEVEL, WARNING_WAITING,
};

/// Micrograms and milligrams in a cubic metre, as Grafana calls them.
pub(super) const MICRO: &str = "conμgm3";
pub(super) const MILLI: &str = "conmgm3";

/// The unit of a pollutant.
pub(super) const fn unit(pollutant: Pollutant) -> &'static str {
    match pollutant {
        Pollutant::Co => MILLI,
        _ => MICRO,
    }
}

/// The hourly concentrations of one entity, each in the colour of its own class.
pub(super) fn six(
    of: impl Fn(&Metric, &[(&str, &str)]) -> String,
    metrics: [&Metric; 2],
) -> Vec<Query> {
    let [micro, co] = metrics;
    let one = |p: Pollutant| {
        let expr = match p {
            Pollutant::Co => of(co, &[]),
            _ => of(micro, &[("pollutant", p.code())]),
        };
        now(expr, same(p.label())).unit(unit(p)).steps(hourly(p))
    };
    POLLUTANTS.map(one).to_vec()
}

/// Limits of class II that are in force, for a graph.
pub(super) fn limits(all: &[(Pollutant, &'static str, Text)]) -> Vec<Query> {
    let one = |(pollutant, average, name): &(Pollutant, &str, Text)| {
        let labels = [("pollutant", pollutant.code()), ("average", *average)];
        over_time(series(&LIMIT, &labels), *name).limit()
    };
    all.iter().map(one).collect()
}

pub(super) fn dashboard() -> Dashboard {
    let panels = [head(), air(), means(), stations(), coming()].concat();
    Dashboard {
        name: "city",
        title: t("蓝天：城市总览", "Lantian: the city"),
        about: t(
            "当前空气质量、近三日变化、预报和预警级别。",
            "The air now, over the last three days and in the days to come, and the warning level.",
        ),
        times: ("now-72h", "now"),
        choice: Choice::Set,
        panels,
    }
}

fn head() -> Vec<Panel> {
    let hour = t(
        "最近一个已发布小时的AQI，NA时为空，缺数不代表空气质量良好。",
        "AQI of the newest published hour; none where it is NA. What is missing is not good air.",
    );
    vec![
        stat(t("实时AQI", "AQI now"), hour, (4, 4))
            .aqi()
            .ask(now(of_set(&AREA_AQI, &[]), same("AQI"))),
        stat(t("空气质量级别", "Class now"), hour, (4, 4))
            .class_names()
            .ask(now(of_set(&AREA_AQI, &[]), same(""))),
        stat(
            t("今日累计AQI", "AQI of the day so far"),
            t("自0时起至最近一小时的累计AQI。", "From 00:00 to the newest hour."),
            (4, 4),
        )
        .aqi()
        .ask(now(of_set(&AREA_DAY_AQI, &[]), same("AQI"))),
        stat(
            t("预警级别", "Warning in effect"),
            t("已发布并生效的预警级别，演练不计。", "Issued and in effect; drills do not count."),
            (4, 4),
        )
        .words(LEVELS)
        .ask(now(series(&WARNING_LEVEL, &[("drill", "false")]), same(""))),
        stat(
            t("预警待办", "Waits for a person"),
            t("有预警建议待会商或待批准。", "A recommendation or an approval waits for a person."),
            (3, 4),
        )
        .words(WAITS)
        .ask(now(series(&WARNING_WAITING, &[("drill", "false")]), same(""))),
        stat(
            t("离线站点", "Silent stations"),
            t(
                "最近一小时未上报任何数据的站点数。",
                "Stations that reported nothing for the newest hour.",
            ),
            (2, 4),
        )
        .steps(NONE_IS_WELL)
        .ask(now(format!("sum({})", series(&STATION_SILENT, &[])), same(""))),
    ]
}

/// The hours of the range, as the store has them.
const HOURS: &str = "/api/v1/series?entity=${set:percentencode}&area=${area:percentencode}\
                     &from=${__from:date:YYYY-MM-DD}&to=${__to:date:YYYY-MM-DD}";

fn air() -> Vec<Panel> {
    let start = || time("time", t("时间", "Time"));
    vec![
        graph(
            t("小时AQI（72小时）", "Hourly AQI, 72 hours"),
            t(
                "背景色带为级别；时间轴为小时起点，15时的数据标在14:00。",
                "The bands are classes. Time is the start of an hour.",
            ),
            (16, 9),
        )
        .aqi()
        .ask(history(HOURS, "hours", vec![start(), number("aqi", same("AQI"))])),
        Panel::new(
            Kind::BarGauge,
            t("六项污染物（最近一小时）", "Six pollutants, newest hour"),
            t(
                "颜色为各项小时浓度对应的级别，按现行HJ 633分级。",
                "In the colour of the class of each hourly index, by the HJ 633 in force.",
            ),
            (8, 9),
        )
        .unit(MICRO)
        .aqi()
        .asks(six(of_set, [&AREA_CONCENTRATION, &AREA_CO])),
        Panel::new(
            Kind::StateTimeline,
            t("级别变化（72小时）", "Class, 72 hours"),
            t("逐小时级别名称。", "The name of the class, hour by hour."),
            (16, 5),
        )
        .class_names()
        .ask(history(HOURS, "hours", vec![start(), number("aqi", t("级别", "Class"))])),
        Panel::new(
            Kind::BarGauge,
            t("数据有效率（最近一小时）", "Coverage, newest hour"),
            t(
                "有有效数据的评价点位占应有点位的比例。",
                "Stations with a valid value, of those expected.",
            ),
            (8, 5),
        )
        .unit("percentunit")
        .steps(&falling(0.5, 0.75))
        .asks(
            POLLUTANTS
                .map(|p| now(of_set(&AREA_COVERAGE, &[("pollutant", p.code())]), same(p.label()))),
        ),
    ]
}

fn means() -> Vec<Panel> {
    let start = || time("time", t("时间", "Time"));
    let micro = |selector, name| number(selector, name).unit(MICRO);
    vec![
        graph(
            t("颗粒物24小时滑动平均与限值", "Particles, rolling 24 hours, with limits"),
            t(
                "虚线为现行GB 3095二级24小时限值，随标准自动更新。",
                "Dashed: the class II limits for 24 hours of the GB 3095 in force.",
            ),
            (12, 8),
        )
        .unit(MICRO)
        .ask(history(
            HOURS,
            "hours",
            vec![
                start(),
                micro("pm2_5_24h_ug_m3", same("PM2.5")),
                micro("pm10_24h_ug_m3", same("PM10")),
            ],
        ))
        .asks(limits(&[
            (Pollutant::Pm2_5, "day", t("PM2.5限值", "PM2.5 limit")),
            (Pollutant::Pm10, "day", t("PM10限值", "PM10 limit")),
        ])),
        graph(
            t("臭氧与二氧化氮及限值", "Ozone and NO₂, with limits"),
            t(
                "臭氧为8小时滑动平均，二氧化氮为小时值；虚线为现行二级限值。",
                "Ozone over 8 hours, NO₂ by the hour; dashed: the class II limits in force.",
            ),
            (12, 8),
        )
        .unit(MICRO)
        .ask(history(
            HOURS,
            "hours",
            vec![start(), micro("o3_8h_ug_m3", same("O₃ 8h")), micro("no2_ug_m3", same("NO₂"))],
        ))
        .asks(limits(&[
            (Pollutant::O3, "mda8", t("O₃限值", "O₃ limit")),
            (Pollutant::No2, "hour", t("NO₂限值", "NO₂ limit")),
        ])),
        graph(
            t("SO₂、CO 24小时滑动平均与限值", "SO₂ and CO, rolling 24 hours, with limits"),
            t(
                "CO单位为毫克/立方米；虚线为现行二级24小时限值。",
                "CO is in mg/m³; dashed: the class II limits for 24 hours in force.",
            ),
            (24, 7),
        )
        .unit(MICRO)
        .ask(history(
            HOURS,
            "hours",
            vec![
                start(),
                micro("so2_24h_ug_m3", same("SO₂")),
                number("co_24h_mg_m3", same("CO")).unit(MILLI),
            ],
        ))
        .asks(limits(&[(Pollutant::So2, "day", t("SO₂限值", "SO₂ limit"))]))
        .ask(
            over_time(series(&LIMIT_CO, &[("average", "day")]), t("CO限值", "CO limit"))
                .unit(MILLI)
                .limit(),
        ),
    ]
}

fn stations() -> Vec<Panel> {
    let of_aqi = || rows(by_station(&STATION_AQI, &[]), same("AQI")).steps(aqi());
    vec![
        Panel::new(
            Kind::XyChart,
            t("站点分布", "Stations on the map"),
            t(
                "按经纬度绘制，无底图，不需要互联网；颜色为级别。",
                "By longitude and latitude in class colours; no base map, so no internet.",
            ),
            (12, 10),
        )
        .aqi()
        .asks([
            rows(by_station(&STATION_LONGITUDE, &[]), t("经度", "Longitude")).unit("degree"),
            rows(by_station(&STATION_LATITUDE, &[]), t("纬度", "Latitude")).unit("degree"),
            of_aqi(),
        ]),
        sheet(
            t("站点实况", "Stations now"),
            t("各站最近一小时。", "Each station's newest hour."),
            (12, 10),
        )
        .aqi()
        .asks([
            of_aqi(),
            rows(by_station(&STATION_CONCENTRATION, &[("pollutant", "pm2_5")]), same("PM2.5"))
                .unit(MICRO),
            rows(by_station(&STATION_CONCENTRATION, &[("pollutant", "o3")]), same("O₃"))
                .unit(MICRO),
            rows(
                by_station(&STATION_COVERAGE, &[("pollutant", "pm2_5")]),
                t("PM2.5有效率（24小时）", "PM2.5 coverage, 24 h"),
            )
            .unit("percentunit"),
        ]),
    ]
}

fn whose_forecast() -> Panel {
    sheet(
        t("官方预报来源", "Whose forecast"),
        t(
            "左图预报的发布单位、时间和片区；片区空白为全市。",
            "Who issued it, when and of which zone; without one it is of the whole area.",
        ),
        (5, 8),
    )
    .ask(table(
        "/api/v1/outlook?area=${area:percentencode}",
        "forecasts.#(forecast.source==\"fed\").forecast",
        vec![
            word("office", t("发布单位", "Office")),
            time("issued", t("发布时间", "Issued")),
            // The zone that is drawn: the first of them.
            word("zones.@keys.0", t("片区", "Zone")),
        ],
    ))
}

fn coming() -> Vec<Panel> {
    vec![
        graph(
            t("官方预报AQI范围", "Official forecast, range of the AQI"),
            t(
                "最近一次官方预报逐日范围（下限、中值、上限），片区见右表；内置统计预报不在此列。",
                "The newest official issue by day, of one zone; the built-in one is not here.",
            ),
            (10, 8),
        )
        .aqi()
        .fan()
        .ask(history(
            "/api/v1/outlook?area=${area:percentencode}",
            "forecasts.#(forecast.source==\"fed\").forecast.zones.@values.0",
            vec![
                time("from", t("日期", "Day")),
                number("aqi.lower", t("下限", "Lower")),
                number("aqi.middle", t("中值", "Middle")),
                number("aqi.upper", t("上限", "Upper")),
            ],
        )),
        whose_forecast(),
        sheet(
            t("保良空间", "What the day can still afford"),
            t(
                "各点位集合今日还能保住的级别及条件。",
                "The class that each set can keep today, and how.",
            ),
            (9, 8),
        )
        .ask(table(
            "/api/v1/areas/${area:percentencode}/room",
            "sets",
            vec![
                word("name", t("集合", "Set")),
                word("newest.can_keep", t("可保级别", "Can keep")),
                word("newest.sentence_zh", t("条件", "Condition")).only(Language::Zh),
                word("newest.sentence_en", t("条件", "Condition")).only(Language::En),
            ],
        )),
        graph(
            t("当前滑动平均（采集值）", "Rolling means as scraped"),
            t(
                "与上面同一指标的采集值：两者不同，说明历史已修订。",
                "The same figures as they were scraped: where they differ, the past was revised.",
            ),
            (24, 7),
        )
        .unit(MICRO)
        .asks([
            over_time(of_set(&AREA_ROLLING, &[("pollutant", "pm2_5")]), same("PM2.5")),
            over_time(of_set(&AREA_ROLLING, &[("pollutant", "pm10")]), same("PM10")),
            over_time(of_set(&AREA_O3_8H, &[]), same("O₃ 8h")),
        ]),
    ]
}
