//! Alarms as banners: silences of ours, the feed's, many stations' at once, and single stations'; AQIs that
//! are not those of the national platform.

use super::model::Banner;
use super::words::Lang;
use crate::area::Member;
use crate::pipeline::{Alarm, AreaView, Subject};
use crate::time::Instant;

/// Stations or sets named in one banner; the rest as a number.
const NAMED: usize = 4;

/// A banner for each alarm that lasts, silent stations together, and differing AQIs together.
pub(super) fn banners(area: &AreaView, lang: Lang) -> Vec<Banner> {
    let alarms = area.alarms.iter();
    let mut all: Vec<Banner> = alarms.filter_map(|alarm| banner(alarm, lang)).collect();
    let silent = named(area, lang, |subject| matches!(subject, Subject::Station(_)));
    let strong = lang.of("站点离线", "Stations off line");
    all.extend(silent.map(|text| Banner { class: "warn", strong, text }));
    let ahead = named(area, lang, |subject| matches!(subject, Subject::Clock(_)));
    let strong = lang.of("站点时钟超前，数据未采用", "Station clocks ahead, their data refused");
    all.extend(ahead.map(|text| Banner { class: "warn", strong, text }));
    let behind = named(area, lang, |subject| matches!(subject, Subject::Behind(_)));
    let strong = lang.of("站点时钟滞后或数据延迟", "Station clocks behind, or data held back");
    all.extend(behind.map(|text| Banner { class: "warn", strong, text }));
    let differing = named(area, lang, |subject| matches!(subject, Subject::Differs(_)));
    let strong = lang.of("AQI与国家平台不一致", "AQI differs from the national platform's");
    all.extend(differing.map(|text| Banner { class: "warn", strong, text }));
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
        (Subject::Station(_) | Subject::Clock(_), _) => return None,
        (Subject::Behind(_) | Subject::Differs(_), _) => return None,
    };
    Some(Banner { class: "alarm", strong, text })
}

/// Whose alarms of a kind last, and since when; `None` where none do.
fn named(area: &AreaView, lang: Lang, kind: impl Fn(Subject) -> bool) -> Option<String> {
    let alarms: Vec<&Alarm> = area.alarms.iter().filter(|alarm| kind(alarm.subject)).collect();
    let named = alarms.iter().take(NAMED).filter_map(|alarm| {
        let name = match alarm.subject {
            Subject::Station(at)
            | Subject::Clock(at)
            | Subject::Behind(at)
            | Subject::Differs(Member::Station(at)) => &area.registry.stations.get(at)?.name,
            Subject::Differs(Member::Set(at)) => match at {
                0 => &area.registry.name,
                _ => &area.registry.sets.get(at)?.name,
            },
            Subject::Daemon | Subject::Feed | Subject::Area => return None,
        };
        let since = minute(alarm.since);
        let lag = alarm.lag_min.map(|lag_min| lag(lag_min, lang)).unwrap_or_default();
        Some(match lang {
            Lang::Zh => format!("{name}（{lag}自{since}起）"),
            Lang::En => format!("{name} ({lag}since {since})"),
        })
    });
    let names = named.collect::<Vec<_>>().join(lang.of("、", ", "));
    let more = alarms.len().saturating_sub(NAMED);
    let more = match (more, lang) {
        (0, _) => String::new(),
        (more, Lang::Zh) => format!("，另有{more}个"),
        (more, Lang::En) => format!(", and {more} more"),
    };
    (!alarms.is_empty()).then(|| format!("{names}{more}"))
}

fn lag(lag_min: u32, lang: Lang) -> String {
    let (hours, minutes) = (lag_min / 60, lag_min % 60);
    match (hours, lang) {
        (0, Lang::Zh) => format!("慢{minutes}分钟，"),
        (_, Lang::Zh) => format!("慢{hours}小时{minutes}分钟，"),
        (0, Lang::En) => format!("{minutes} min behind, "),
        (_, Lang::En) => format!("{hours} h {minutes} min behind, "),
    }
}

/// Day, hour and minute in Beijing time.
fn minute(instant: Instant) -> String {
    let text = instant.to_string();
    text.get(5..16).unwrap_or(&text).replace('T', " ")
}
