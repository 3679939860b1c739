//! The daemon (系统运行): rates, latencies, acknowledgements, outbox, store.

use super::class::{NONE_IS_WELL, ONE_IS_WELL, YES, rising};
use super::frame::{Choice, Dashboard};
use super::panel::{Panel, graph, stat};
use super::query::{increase, now, over_time, rate, series};
use super::text::{same, t};
use crate::telemetry::names::{
    ACK_WINDOW_USED, AREA_SEQUENCE, BUILD_INFO, CHANNEL_FAILING, HEARTBEAT, INGEST_ACKS,
    INGEST_BYTES, INGEST_CONNECTED, INGEST_DROPPED, INGEST_MESSAGES, INGEST_OVERSIZED,
    INGEST_RECONNECTS, INGEST_UNACKED, INGEST_WINDOW, MESSAGES_ACCEPTED, MESSAGES_FAILED,
    MESSAGES_REFUSED, MESSAGES_UNKNOWN, NOTICES_STUCK, OUTBOX_MESSAGES, OUTBOX_OLDEST, READY,
    STAGE_LATENCY, STORE_SIZE, SYSTEM_TIME,
};

pub(super) fn dashboard() -> Dashboard {
    let panels = [head(), taking(), store(), sending()].concat();
    Dashboard {
        name: "daemon",
        title: t("蓝天：系统运行", "Lantian: the daemon"),
        about: t(
            "接收、入库、确认、发送和心跳。报警含义和处置见README“Grafana and Prometheus”一节。",
            "Taking, committing, acknowledging, sending. What alarms mean stands in README.",
        ),
        times: ("now-6h", "now"),
        choice: Choice::Nothing,
        panels,
    }
}

fn head() -> Vec<Panel> {
    let skew = format!("abs({0} - timestamp({0}))", series(&SYSTEM_TIME, &[]));
    // Without a heartbeat by the configuration there is none to miss: shown as 0 by the system's clock.
    let beat = format!(
        "(time() - {}) or on (job, instance) {} * 0",
        series(&HEARTBEAT, &[]),
        series(&READY, &[]),
    );
    vec![
        stat(
            t("就绪", "Ready"),
            t("与/readyz一致：数据是否为现行。", "As /readyz says: whether figures are current."),
            (3, 4),
        )
        .words(YES)
        .steps(ONE_IS_WELL)
        .ask(now(series(&READY, &[]), same(""))),
        stat(t("版本", "Version"), t("正在运行的版本。", "The running version."), (4, 4))
            .names()
            .ask(now(series(&BUILD_INFO, &[]), same("{{version}}"))),
        stat(
            t("已连接数据源", "Connected feeds"),
            t("与消息服务器保持连接的数据源数。", "Feeds with a connection to their broker."),
            (3, 4),
        )
        .steps(ONE_IS_WELL)
        .ask(now(series(&INGEST_CONNECTED, &[]), same(""))),
        stat(
            t("确认窗口占用", "Window in use"),
            t(
                "未确认消息占窗口的比例，取最高的数据源；长期接近100%说明入库跟不上。",
                "Unacknowledged, of the fullest feed; near 100 % commits do not keep up.",
            ),
            (4, 4),
        )
        .unit("percentunit")
        .steps(&rising(0.5, 0.8))
        .ask(now(series(&ACK_WINDOW_USED, &[]), same(""))),
        stat(
            t("距上次心跳", "Since the last heartbeat"),
            t(
                "消息服务器最近一次收下心跳至今；未配置心跳时为0。",
                "Since the broker took one; 0 where none is configured.",
            ),
            (4, 4),
        )
        .unit("s")
        .steps(&rising(60.0, 120.0))
        .ask(now(beat, same("{{area}}"))),
        stat(
            t("时钟偏差", "Clock skew"),
            t(
                "本机时钟与Prometheus主机时钟之差。",
                "Between this host's clock and that of Prometheus.",
            ),
            (3, 4),
        )
        .unit("s")
        .steps(&rising(2.0, 10.0))
        .ask(now(skew, same(""))),
    ]
}

fn taking() -> Vec<Panel> {
    let ceiling = format!(
        "{} / {}",
        series(&INGEST_WINDOW, &[]),
        "on (job, instance) ".to_owned()
            + &series(&STAGE_LATENCY, &[("stage", "commit"), ("quantile", "0.99")]),
    );
    vec![
        graph(
            t("接收与确认速率", "Messages and acknowledgements"),
            t(
                "确认在入库之后发出，应与接收相等。",
                "Acknowledged after the commit: the two should be equal.",
            ),
            (12, 8),
        )
        .unit("cps")
        .asks([
            over_time(rate(&INGEST_MESSAGES), t("接收", "taken")),
            over_time(rate(&INGEST_ACKS), t("确认", "acknowledged")),
            over_time(rate(&INGEST_DROPPED), t("留在消息服务器", "left to the broker")),
        ]),
        graph(
            t("接收能力上限", "Ceiling"),
            t(
                "窗口除以入库耗时（99%分位）：每秒最多能接收的消息数。",
                "Window by commit time (99th percentile): messages that can be taken in a second.",
            ),
            (12, 8),
        )
        .unit("cps")
        .ask(over_time(ceiling, t("上限", "ceiling"))),
        graph(
            t("未确认消息与窗口", "Unacknowledged messages"),
            t("虚线为窗口。", "Dashed: the window."),
            (8, 7),
        )
        .asks([
            over_time(series(&INGEST_UNACKED, &[]), t("未确认", "unacknowledged")),
            over_time(series(&INGEST_WINDOW, &[]), t("窗口", "window")).limit(),
        ]),
        graph(
            t("接收流量", "Payload"),
            t("消息正文，不含协议开销。", "Payload bytes, without the protocol's."),
            (8, 7),
        )
        .unit("Bps")
        .ask(over_time(rate(&INGEST_BYTES), t("正文", "payload"))),
        graph(
            t("重连与超长消息", "Reconnects and oversized messages"),
            t("每个时间间隔内的次数。", "Between two points."),
            (8, 7),
        )
        .steps(NONE_IS_WELL)
        .asks([
            over_time(increase(&INGEST_RECONNECTS), t("重连", "reconnects")),
            over_time(increase(&INGEST_OVERSIZED), t("超长消息", "oversized")),
        ]),
    ]
}

fn store() -> Vec<Panel> {
    let of_stages = |suffix: &str| {
        let plain = series(&STAGE_LATENCY, &[]);
        let of = plain.replacen(STAGE_LATENCY.name, &format!("{}{suffix}", STAGE_LATENCY.name), 1);
        format!("rate({of}[$__rate_interval])")
    };
    vec![
        graph(
            t("各环节耗时（99%分位）", "Stages, 99th percentile"),
            t("自启动以来。", "Since the start."),
            (8, 8),
        )
        .unit("s")
        .ask(over_time(series(&STAGE_LATENCY, &[("quantile", "0.99")]), same("{{stage}}"))),
        graph(t("入库速率", "Commits"), t("每秒完成的环节次数。", "Per second, by stage."), (8, 8))
            .unit("ops")
            .ask(over_time(of_stages("_count"), same("{{stage}}"))),
        graph(
            t("数据库大小", "Size of the store"),
            t("数据库文件及其日志。", "The file, and the log beside it."),
            (8, 8),
        )
        .unit("bytes")
        .ask(over_time(series(&STORE_SIZE, &[]), same("{{file}}"))),
        graph(
            t("入库序号", "Committed sequence"),
            t(
                "每城市最后一次入库的序号，停止增长说明不再入库。",
                "By area; where it stands still nothing is committed.",
            ),
            (8, 7),
        )
        .ask(over_time(series(&AREA_SEQUENCE, &[]), same("{{area}}"))),
    ]
}

fn sending() -> Vec<Panel> {
    let oldest =
        format!("{} or {} * 0", series(&OUTBOX_OLDEST, &[]), series(&OUTBOX_MESSAGES, &[]),);
    vec![
        graph(
            t("待发消息", "Outbox"),
            t("各通道尚未被接收的消息数。", "Messages that nobody has taken yet, by channel."),
            (8, 7),
        )
        .steps(&rising(10.0, 100.0))
        .ask(over_time(series(&OUTBOX_MESSAGES, &[]), same("{{channel}}"))),
        graph(
            t("最早待发消息等待时间", "Oldest message in the outbox"),
            t("没有待发消息时为0。", "0 where there is none."),
            (8, 7),
        )
        .unit("s")
        .steps(&rising(300.0, 900.0))
        .ask(over_time(oldest, same("{{channel}}"))),
        graph(
            t("发送结果", "Tries to send"),
            t("各通道类别每秒的发送尝试，按结果。", "Per second, by outcome and kind of channel."),
            (12, 7),
        )
        .unit("cps")
        .asks([
            over_time(
                rate(&MESSAGES_ACCEPTED),
                t("已接收 {{channel_kind}}", "taken {{channel_kind}}"),
            ),
            over_time(
                rate(&MESSAGES_FAILED),
                t("失败 {{channel_kind}}", "failed {{channel_kind}}"),
            ),
            over_time(
                rate(&MESSAGES_REFUSED),
                t("拒收 {{channel_kind}}", "refused {{channel_kind}}"),
            ),
            over_time(
                rate(&MESSAGES_UNKNOWN),
                t("结果不明 {{channel_kind}}", "unknown {{channel_kind}}"),
            ),
        ]),
        graph(
            t("通道连续失败与无进展通知", "Failing channels, stuck notices"),
            t(
                "自上次成功以来的失败次数；无进展的通知和消息数。",
                "Failed tries since a message was taken; notices without progress.",
            ),
            (12, 7),
        )
        .steps(NONE_IS_WELL)
        .asks([
            over_time(
                series(&CHANNEL_FAILING, &[]),
                t("连续失败 {{channel}}", "failing {{channel}}"),
            ),
            over_time(series(&NOTICES_STUCK, &[]), t("无进展", "stuck")),
        ]),
    ]
}
