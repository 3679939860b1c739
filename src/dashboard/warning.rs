//! Warnings, dispatch and execution (预警、调度与执行), and who was told.

use super::class::{LEVELS, NONE_IS_WELL, PLAIN, WAITS, rising};
use super::frame::{Choice, Dashboard};
use super::panel::{Kind, Panel, sheet, stat};
use super::query::{now, number, over_time, series, table, time, word};
use super::text::{Language, Text, same, t};
use crate::telemetry::Metric;
use crate::telemetry::names::{
    AREA_VIEW, NOTICES_OPEN, NOTICES_STUCK, NOTICES_UNREAD, RESPONSE_REPORTS, RESPONSE_TASKS,
    WARNING_FLOOR, WARNING_LEVEL, WARNING_WAITING, WARNING_WAITING_SINCE,
};

/// What is real.
const REAL: &[(&str, &str)] = &[("drill", "false")];

pub(super) fn dashboard() -> Dashboard {
    let panels = [state(), response(), records(), notices()].concat();
    Dashboard {
        name: "warning",
        title: t("蓝天：预警、调度与执行", "Lantian: warnings, dispatch, execution"),
        about: t(
            "预警级别、待办、任务单和区县日报进度、通知送达。预警以发布的正式文件为准，预警建议不等于预警。",
            "Levels, what waits, tasks and reports, notices. A recommendation is no warning.",
        ),
        times: ("now-7d", "now"),
        choice: Choice::Nothing,
        panels,
    }
}

fn state() -> Vec<Panel> {
    // By the area's own clock; nothing waits: 0.
    let waited = format!(
        "({} - on (job, instance, area) group_right () {}) or {} * 0",
        series(&AREA_VIEW, &[]),
        series(&WARNING_WAITING_SINCE, REAL),
        series(&WARNING_WAITING, REAL),
    );
    vec![
        stat(
            t("预警级别", "Warning in effect"),
            t("已发布并生效的级别，演练不计。", "Issued and in effect; drills do not count."),
            (5, 4),
        )
        .words(LEVELS)
        .ask(now(series(&WARNING_LEVEL, REAL), same(""))),
        stat(
            t("省级最低级别", "Floor ordered by the province"),
            t("省级指令要求的最低级别。", "The lowest level that the province orders."),
            (5, 4),
        )
        .words(LEVELS)
        .ask(now(series(&WARNING_FLOOR, REAL), same(""))),
        stat(
            t("预警待办", "Waits for a person"),
            t("有预警建议待会商或待批准。", "A recommendation or an approval waits for a person."),
            (5, 4),
        )
        .words(WAITS)
        .ask(now(series(&WARNING_WAITING, REAL), same(""))),
        stat(
            t("已等待", "Has waited for"),
            t(
                "预警建议或批准已等待的时间，无待办为0。",
                "How long it has waited; 0 where nothing does.",
            ),
            (6, 4),
        )
        .unit("s")
        .steps(&rising(3_600.0, 14_400.0))
        .ask(now(waited, same(""))),
        Panel::new(
            Kind::StateTimeline,
            t("级别变化", "Level over time"),
            t("预警级别和省级最低级别。", "The level in effect and the province's floor."),
            (24, 5),
        )
        .words(LEVELS)
        .asks([
            over_time(series(&WARNING_LEVEL, REAL), t("预警级别", "In effect")),
            over_time(series(&WARNING_FLOOR, REAL), t("省级最低级别", "Floor")),
        ]),
    ]
}

fn response() -> Vec<Panel> {
    let step = |step: &str, name: Text| now(series(&RESPONSE_TASKS, &[("step", step)]), name);
    let reached = |selector, name| number(selector, name).unit("percent");
    vec![
        Panel::new(
            Kind::BarGauge,
            t("任务单进度", "Tasks by last step"),
            t(
                "最近一次发布的任务单，按接收单位的最后一步计；没有响应时为0。",
                "Receivers of the newest issue's tasks by their last step; 0 without a response.",
            ),
            (8, 7),
        )
        .steps(PLAIN)
        .asks([
            step("delivered", t("送达", "delivered")),
            step("signed", t("签收", "signed")),
            step("returned", t("反馈", "reported back")),
        ]),
        stat(
            t("今日已报区县", "Districts that reported today"),
            t("应急响应期间当日已报应对情况的区县数。", "In a response, of today."),
            (4, 7),
        )
        .ask(now(series(&RESPONSE_REPORTS, &[]), same(""))),
        sheet(
            t("应急减排清单：各级别可减排比例", "What the measures list removes at each level"),
            t(
                "各级别对应的减排比例，与规定比例10%、20%、30%比较。",
                "Of each substance, in percent; 10, 20 and 30 % are asked for.",
            ),
            (12, 7),
        )
        .unit("percent")
        .ask(table(
            "/api/v1/measures?area=${area:percentencode}",
            "shortfall",
            vec![
                word("level", t("级别", "Level")),
                reached("rows.#(substance==\"so2\").reached_percent", same("SO₂")),
                reached("rows.#(substance==\"nox\").reached_percent", same("NOx")),
                reached("rows.#(substance==\"pm\").reached_percent", t("颗粒物", "PM")),
                reached("rows.#(substance==\"vocs\").reached_percent", same("VOCs")),
                reached("rows.0.required_percent", t("规定比例", "Asked for")),
            ],
        )),
    ]
}

fn records() -> Vec<Panel> {
    vec![
        sheet(
            t("预警评估", "Evaluations"),
            t(
                "各预报来源现在达到的级别，由规则算出，是建议依据，不是预警。",
                "The level that each forecast reaches by the rules; it is no warning.",
            ),
            (24, 5),
        )
        .ask(table(
            "/api/v1/outlook?area=${area:percentencode}",
            "evaluations",
            vec![
                word("source", t("预报来源", "Source")),
                word("rules", t("规则", "Rules")),
                time("hour", t("评估小时", "Hour")),
                number("aqi", same("AQI")).steps(&super::class::aqi()),
                word("recommended.level", t("达到级别", "Level reached")),
                word("recommended.basis", t("依据", "Basis")),
                time("horizon", t("预报至", "Known until")),
            ],
        )),
        sheet(
            t("预警记录", "Records"),
            t(
                "建议、会商、批准、发布、解除，最新的在前。",
                "What was recommended, decided and issued, newest first.",
            ),
            (24, 8),
        )
        .ask(table(
            "/api/v1/warnings?area=${area:percentencode}&limit=100",
            "records",
            vec![
                number("number", t("序号", "Number")),
                time("at", t("时间", "Time")),
                word("what.kind", t("类别", "Kind")),
                word("person", t("登记人", "Person")),
                word("text_zh", t("内容", "In words")),
                number("drill", t("演练号", "Drill")),
            ],
        )),
    ]
}

fn notices() -> Vec<Panel> {
    let count = |metric: &Metric, title: Text, about: Text| {
        stat(title, about, (4, 8)).steps(NONE_IS_WELL).ask(now(series(metric, &[]), same("")))
    };
    vec![
        count(
            &NOTICES_OPEN,
            t("未办结通知", "Open notices"),
            t("尚未关闭的通知。", "Notices that are open."),
        )
        .steps(PLAIN),
        count(
            &NOTICES_UNREAD,
            t("待确认通知", "Unread notices"),
            t("已发出、尚无人确认的通知。", "Told, and waiting for somebody's word."),
        ),
        count(
            &NOTICES_STUCK,
            t("无进展通知", "Stuck notices"),
            t(
                "超过规定时间没有进展的通知和消息。",
                "Without progress for longer than the rules allow.",
            ),
        ),
        sheet(
            t("值班待办", "What the room has to do"),
            t("值班事项和时限。", "What is due, and when."),
            (12, 8),
        )
        .ask(table(
            "/api/v1/duty?area=${area:percentencode}",
            "coming",
            vec![
                word("text_zh", t("事项", "In Chinese")),
                word("fixed", t("事项", "What")).only(Language::En),
                time("due", t("时限", "Due")),
                word("stage_zh", t("状态", "Stage")),
            ],
        )),
        sheet(
            t("通知", "Notices"),
            t("最近的通知及其状态。", "The newest notices, and how they stand."),
            (24, 8),
        )
        .ask(table(
            "/api/v1/notices/history?area=${area:percentencode}&limit=50",
            "",
            vec![
                number("notice", t("号", "Number")),
                time("at", t("时间", "Time")),
                word("kind", t("类别", "Kind")).only(Language::En),
                word("kind_zh", t("类别", "Kind")).only(Language::Zh),
                word("text_zh", t("内容", "In Chinese")),
                word("state_zh", t("状态", "State")),
            ],
        )),
    ]
}
