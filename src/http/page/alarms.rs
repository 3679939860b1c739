//! Silences as banners: ours, the feed's, many stations' at once, and single stations'.

use super::model::Banner;
use super::words::Lang;
use crate::pipeline::{Alarm, AreaView, Subject};
use crate::time::Instant;

/// Stations named in one banner; the rest as a number.
const NAMED: usize = 4;

/// A banner for each silence that lasts, those of stations together.
pub(super) fn banners(area: &AreaView, lang: Lang) -> Vec<Banner> {
    let (stations, others): (Vec<&Alarm>, Vec<&Alarm>) =
        area.alarms.iter().partition(|a| matches!(a.subject, Subject::Station(_)));
    let mut all: Vec<Banner> = others.into_iter().filter_map(|alarm| banner(alarm, lang)).collect();
    all.extend(of_stations(area, &stations, lang));
    all
}

fn banner(alarm: &Alarm, lang: Lang) -> Option<Banner> {
    let (since, raised) = (minute(alarm.since), minute(alarm.raised));
    let (strong, text) = match (alarm.subject, lang) {
        (Subject::Daemon, Lang::Zh) => {
            ("系统曾停止运行", format!("{since}至{raised}未处理数据，正在补收积压数据"))
        }
        (Subject::Daemon, Lang::En) => ("Was stopped", format!("{since} to {raised}")),
        (Subject::Feed, Lang::Zh) => ("数据接收中断", format!("自{since}起与数据源断开连接")),
        (Subject::Feed, Lang::En) => ("No connection to the feed", format!("since {since}")),
        (Subject::Area, Lang::Zh) => {
            ("多站同时缺报", format!("自{since}起多数站点无数据，请检查数据传输链路"))
        }
        (Subject::Area, Lang::En) => ("Many stations are silent", format!("since {since}")),
        (Subject::Station(_), _) => return None,
    };
    Some(Banner { class: "alarm", strong, text })
}

fn of_stations(area: &AreaView, alarms: &[&Alarm], lang: Lang) -> Option<Banner> {
    let named = alarms.iter().take(NAMED).filter_map(|alarm| {
        let Subject::Station(at) = alarm.subject else { return None };
        let name = &area.registry.stations.get(at)?.name;
        let since = minute(alarm.since);
        Some(match lang {
            Lang::Zh => format!("{name}（自{since}起）"),
            Lang::En => format!("{name} (since {since})"),
        })
    });
    let names = named.collect::<Vec<_>>().join(lang.of("、", ", "));
    let more = alarms.len().saturating_sub(NAMED);
    let more = match (more, lang) {
        (0, _) => String::new(),
        (more, Lang::Zh) => format!("，另有{more}个站点"),
        (more, Lang::En) => format!(", and {more} more"),
    };
    (!alarms.is_empty()).then(|| Banner {
        class: "warn",
        strong: lang.of("站点离线", "Stations off line"),
        text: format!("{names}{more}"),
    })
}

/// Day, hour and minute in Beijing time.
fn minute(instant: Instant) -> String {
    let text = instant.to_string();
    text.get(5..16).unwrap_or(&text).replace('T', " ")
}
