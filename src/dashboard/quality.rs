//! Data quality and silence (数据质量与离线).

use super::class::{NONE_IS_WELL, SILENT, falling, rising};
use super::frame::{Choice, Dashboard};
use super::panel::{Kind, NAME, Panel, graph, sheet, stat};
use super::query::{
    by_station, increase, now, number, of_set, of_stations, over_time, rate, rows, series, table,
    time, word,
};
use super::text::{Text, same, t};
use crate::observation::POLLUTANTS;
use crate::telemetry::Metric;
use crate::telemetry::names::{
    AREA_COVERAGE, AREA_VIEW, CLOCKS, CLOCKS_BEHIND, DIFFERENCES, OBSERVATIONS, QUALITY, REJECTED,
    SILENCES, STATION_COVERAGE, STATION_EVENT, STATION_SILENT,
};

pub(super) fn dashboard() -> Dashboard {
    let panels = [head(), silence(), coverage(), faults()].concat();
    Dashboard {
        name: "quality",
        title: t("蓝天：数据质量与离线", "Lantian: data quality and silence"),
        about: t(
            "离线、数据有效率、疑似异常、时钟和死信。缺数按缺测处理，不代表空气质量良好。",
            "Silence, coverage, suspect values, clocks. What is missing is not good air.",
        ),
        times: ("now-24h", "now"),
        choice: Choice::Set,
        panels,
    }
}

fn head() -> Vec<Panel> {
    let count = |metric: &Metric, title: Text, about: Text| {
        stat(title, about, (4, 4)).steps(NONE_IS_WELL).ask(now(series(metric, &[]), same("")))
    };
    let silent = series(&STATION_SILENT, &[]);
    vec![
        stat(
            t("离线站点比例", "Share of silent stations"),
            t("最近一小时未上报任何数据的站点比例。", "Reported nothing for the newest hour."),
            (5, 4),
        )
        .unit("percentunit")
        .steps(&rising(0.1, 0.3))
        .ask(now(format!("avg({silent})"), same(""))),
        stat(
            t("离线报警", "Silences that last"),
            t("本系统、数据源、成片离线和单站。", "Of the daemon, the feed, the area, stations."),
            (4, 4),
        )
        .steps(NONE_IS_WELL)
        .ask(now(format!("sum({})", series(&SILENCES, &[])), same(""))),
        count(
            &CLOCKS,
            t("时钟超前站点", "Clocks ahead"),
            t("站点时钟超前，其数据未采用。", "Their messages of the future are not taken."),
        ),
        count(
            &CLOCKS_BEHIND,
            t("时钟滞后站点", "Clocks behind"),
            t("站点时钟滞后或数据固定延迟。", "Or held back for equally long each hour."),
        ),
        count(
            &DIFFERENCES,
            t("与国家平台不符", "Differ from the platform"),
            t("AQI与国家平台发布值不符的对象数。", "Entities whose AQI is not the published one."),
        ),
    ]
}

fn silence() -> Vec<Panel> {
    // By the area's own clock, which simulated and recorded hours have too.
    let age = format!(
        "{} - on (job, instance, area) group_right () ({})",
        series(&AREA_VIEW, &[]),
        of_stations(&STATION_EVENT, &[]),
    );
    vec![
        Panel::new(
            Kind::StateTimeline,
            t("各站在线情况", "Who reports"),
            t("逐站在线、离线，随时间。", "Each station over time."),
            (16, 9),
        )
        .words(SILENT)
        .ask(over_time(of_stations(&STATION_SILENT, &[]), NAME)),
        Panel::new(
            Kind::BarGauge,
            t("距最近数据", "Age of the newest hour"),
            t("以系统所依时钟计。", "By the area's own clock."),
            (8, 9),
        )
        .unit("s")
        .steps(&rising(5_400.0, 10_800.0))
        .ask(now(age, NAME)),
        graph(
            t("离线报警（按对象）", "Silences, by subject"),
            t(
                "本系统、数据源、成片、单站的离线报警数。",
                "Of the daemon, the feed, the area, stations.",
            ),
            (12, 7),
        )
        .steps(NONE_IS_WELL)
        .ask(over_time(series(&SILENCES, &[]), same("{{subject}}"))),
    ]
}

fn coverage() -> Vec<Panel> {
    let column = |p: crate::observation::Pollutant| {
        let expr = by_station(&STATION_COVERAGE, &[("pollutant", p.code())]);
        rows(expr, same(p.label())).steps(falling(0.5, 0.75))
    };
    let of_set = |p: crate::observation::Pollutant| {
        over_time(of_set(&AREA_COVERAGE, &[("pollutant", p.code())]), same(p.label()))
    };
    vec![
        graph(
            t("点位集合数据有效率", "Coverage of the set"),
            t(
                "有有效数据的点位占应有点位的比例。",
                "Stations with a valid value, of those expected.",
            ),
            (12, 7),
        )
        .unit("percentunit")
        .steps(&falling(0.5, 0.75))
        .asks(POLLUTANTS.map(of_set)),
        sheet(
            t("各站数据有效率（24小时）", "Coverage of each station, 24 hours"),
            t("最近24小时中有效小时的比例。", "Valid hours of the last 24."),
            (12, 9),
        )
        .unit("percentunit")
        .asks(POLLUTANTS.map(column)),
        sheet(
            t("站点", "Stations"),
            t(
                "站点属性、最近有数据的小时和疑似异常。",
                "What they are, their newest hour, what is suspect.",
            ),
            (12, 9),
        )
        .ask(table(
            "/api/v1/stations?area=${area:percentencode}",
            "",
            vec![
                word("station", t("编码", "Code")),
                word("name", t("名称", "Name")),
                word("district", t("区县", "District")),
                word("kind", t("类别", "Kind")),
                word("silent", t("离线", "Silent")),
                time("last_hour", t("最近有数据的小时（起）", "Newest hour, its start")),
                number("quality.#", t("疑似异常", "Suspect values")),
            ],
        )),
    ]
}

fn faults() -> Vec<Panel> {
    vec![
        graph(
            t("疑似异常（按规则）", "Suspect values, by rule"),
            t(
                "最近一小时疑似异常或无效的数值个数。",
                "Values of the newest hour that are suspect or do not count.",
            ),
            (8, 8),
        )
        .steps(NONE_IS_WELL)
        .ask(over_time(series(&QUALITY, &[]), same("{{rule}}"))),
        graph(
            t("死信（按原因）", "Dead letters, by reason"),
            t("每个时间间隔内新增的死信。", "New ones between two points."),
            (8, 8),
        )
        .steps(NONE_IS_WELL)
        .ask(over_time(increase(&REJECTED), same("{{reason}}"))),
        graph(
            t("数据处理（按结果）", "Observations, by effect"),
            t(
                "采用、重复、被替代、冲突、无效值、未知字段，每秒。",
                "Accepted, repeated, superseded, in conflict, invalid; per second.",
            ),
            (8, 8),
        )
        .unit("cps")
        .ask(over_time(rate(&OBSERVATIONS), same("{{effect}}"))),
    ]
}
