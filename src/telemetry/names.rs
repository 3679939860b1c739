//! Every metric that Lantian exposes: an API, frozen by a test.

/// What kind of series a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A value that goes up and down.
    Gauge,
    /// A count since the start.
    Counter,
    /// Quantiles with sum and count.
    Summary,
}

/// A metric: its name, kind, labels and help text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// The name.
    pub name: &'static str,
    /// What kind of series it is.
    pub kind: Kind,
    /// Its labels, in the order in which values are given.
    pub labels: &'static [&'static str],
    /// The help text.
    pub help: &'static str,
}

const fn gauge(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, labels, help }
}

const fn count(name: &'static str, labels: &'static [&'static str], help: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, labels, help }
}

const AREA: &[&str] = &["area"];
/// `average` is that of the limit: `hour`, `mda8`, `day`, `year`.
const AVERAGE: &[&str] = &["area", "average"];
const POLLUTANT_AVERAGE: &[&str] = &["area", "pollutant", "average"];
const CHANNEL_KIND: &[&str] = &["channel_kind"];
/// `channel` is its name in the configuration.
const CHANNEL: &[&str] = &["area", "channel"];
/// `drill` is `true` for what a drill comes to, on simulated air.
const DRILL: &[&str] = &["area", "drill"];
/// `set` is empty for the area's default set.
const SET: &[&str] = &["area", "set"];
const SET_POLLUTANT: &[&str] = &["area", "set", "pollutant"];
const STATION: &[&str] = &["area", "station"];
const STATION_POLLUTANT: &[&str] = &["area", "station", "pollutant"];

/// Declares metrics and a list of them at once, so that none can be left out.
macro_rules! metrics {
    ($(#[$about:meta])* $list:ident; $($id:ident = $metric:expr;)+) => {
        $(pub(crate) const $id: Metric = $metric;)+

        $(#[$about])*
        pub const $list: &[Metric] = &[$($id),+];
    };
}

metrics! {
    /// What [`Collector`](super::Collector) shows, in the order of exposition.
    METRICS;
    AREA_AQI = gauge("lantian_area_aqi", SET, "AQI of the newest published hour; absent when NA.");
    AREA_CO = gauge("lantian_area_co_mg_m3", SET, "CO of the newest published hour.");
    AREA_CONCENTRATION = gauge("lantian_area_concentration_ug_m3", SET_POLLUTANT,
        "Concentration of the newest published hour, CO excepted.");
    AREA_COVERAGE = gauge("lantian_area_coverage_ratio", SET_POLLUTANT,
        "Stations with a valid value in the newest published hour, of those expected.");
    AREA_DAY_AQI = gauge("lantian_area_day_aqi", SET, "AQI of the day so far; absent when NA.");
    AREA_DAY_CO = gauge("lantian_area_day_co_mg_m3", SET, "CO mean since 00:00.");
    AREA_DAY_CONCENTRATION = gauge("lantian_area_day_concentration_ug_m3", SET_POLLUTANT,
        "Mean since 00:00; none for ozone and CO.");
    AREA_DAY_COVERAGE = gauge("lantian_area_day_coverage_ratio", SET,
        "Hours of the day so far with at least one station, of those that have passed.");
    AREA_DAY_O3 = gauge("lantian_area_day_o3_8h_max_ug_m3", SET,
        "Largest 8-h ozone mean of the day so far; absent before hour 8.");
    AREA_EVENT = gauge("lantian_area_event_timestamp_seconds", AREA,
        "When the newest published hour ended.");
    AREA_O3_8H = gauge("lantian_area_o3_8h_ug_m3", SET, "Sliding 8-h ozone mean.");
    AREA_ROLLING_CO = gauge("lantian_area_rolling_24h_co_mg_m3", SET, "Rolling 24-h mean of CO.");
    AREA_ROLLING = gauge("lantian_area_rolling_24h_ug_m3", SET_POLLUTANT,
        "Rolling 24-h mean; none for ozone and CO.");
    AREA_SEQUENCE = gauge("lantian_area_committed_sequence", AREA, "Last committed sequence.");
    AREA_VIEW = gauge("lantian_area_view_timestamp_seconds", AREA,
        "The time by which the figures were made.");
    BUILD_INFO = gauge("lantian_build_info", &["version"], "Always 1; the running version.");
    CAUGHT_UP = gauge("lantian_feed_caught_up", AREA,
        "1 when the feed is connected and its backlog taken; absent before it has said so.");
    DIFFERENCES = gauge("lantian_difference_alarms", &["area"],
        "Entities whose AQI differs from the one that the national platform published.");
    CLOCKS = gauge("lantian_station_clock_alarms", AREA,
        "Stations whose clock runs ahead.");
    CLOCKS_BEHIND = gauge("lantian_station_clock_behind_alarms", AREA,
        "Stations whose clock runs behind, or whose data is held back for equally long each hour.");
    LIMIT_CO = gauge("lantian_limit_co_mg_m3", AVERAGE,
        "Class II limit of CO in force at the newest published hour.");
    LIMIT = gauge("lantian_limit_ug_m3", POLLUTANT_AVERAGE,
        "Class II limit in force at the newest published hour, CO excepted.");
    CHANNEL_FAILING = gauge("lantian_channel_failing_tries", CHANNEL,
        "Tries that failed since a message was taken.");
    NOTICES_OPEN = gauge("lantian_notices_open", AREA, "Notices that are open.");
    NOTICES_STUCK = gauge("lantian_notices_stuck", AREA,
        "Notices and messages without progress for longer than the rules allow.");
    NOTICES_UNREAD = gauge("lantian_notices_unread", AREA,
        "Notices that were told and wait for somebody's word.");
    OBSERVATIONS = count("lantian_observations_total", &["effect"],
        "What came in since the start, by effect.");
    OUTBOX_MESSAGES = gauge("lantian_outbox_messages", CHANNEL,
        "Messages that nobody has taken yet.");
    OUTBOX_OLDEST = gauge("lantian_outbox_oldest_seconds", CHANNEL,
        "How long the oldest of them has waited; absent when there is none.");
    QUALITY = gauge("lantian_quality_findings", &["area", "rule"],
        "Values of the newest published hour that are suspect or do not count, by rule.");
    REJECTED = count("lantian_rejected_total", &["area", "reason"], "Dead letters, by reason.");
    RESPONSE_REPORTS = gauge("lantian_response_reports", AREA,
        "Districts that reported of today in a response.");
    RESPONSE_TASKS = gauge("lantian_response_tasks", &["area", "step"],
        "Receivers of tasks of the newest issue, by the last step that they took.");
    SET_INFO = gauge("lantian_set_info", &["area", "set", "entity", "name"],
        "Always 1; what the API and people call a set of an area that is watched.");
    SILENCES = gauge("lantian_silence_alarms", &["area", "subject"],
        "Silences that last: of the daemon, the feed, the area (many at once), its stations.");
    SIMULATED = gauge("lantian_simulated", &[], "1 when the air is simulated.");
    STAGE_LATENCY = Metric {
        name: "lantian_stage_latency_seconds",
        kind: Kind::Summary,
        labels: &["stage"],
        help: "Durations of the stages since the start; quantile 1 is the longest.",
    };
    STATION_AQI = gauge("lantian_station_aqi", STATION, "AQI of the newest published hour.");
    STATION_CO = gauge("lantian_station_co_mg_m3", STATION, "CO of the newest published hour.");
    STATION_CONCENTRATION = gauge("lantian_station_concentration_ug_m3", STATION_POLLUTANT,
        "Concentration of the newest published hour, CO excepted.");
    STATION_COVERAGE = gauge("lantian_station_coverage_ratio", STATION_POLLUTANT,
        "Valid hours of the 24 that end with the newest published hour.");
    STATION_DAY_AQI = gauge("lantian_station_day_aqi", STATION, "AQI of the day so far.");
    STATION_EVENT = gauge("lantian_station_event_timestamp_seconds", STATION,
        "When the newest hour ended for which the station reported anything.");
    STATION_INFO = gauge("lantian_station_info", &["area", "station", "name", "district", "kind"],
        "Always 1; what people call a station in operation, and whose it is.");
    STATION_LATITUDE = gauge("lantian_station_latitude_degrees", STATION, "Where it stands.");
    STATION_LONGITUDE = gauge("lantian_station_longitude_degrees", STATION, "Where it stands.");
    STATION_O3_8H = gauge("lantian_station_o3_8h_ug_m3", STATION, "Sliding 8-h ozone mean.");
    STATION_ROLLING_CO = gauge("lantian_station_rolling_24h_co_mg_m3", STATION,
        "Rolling 24-h mean of CO.");
    STATION_ROLLING = gauge("lantian_station_rolling_24h_ug_m3", STATION_POLLUTANT,
        "Rolling 24-h mean; none for ozone and CO.");
    STATION_SILENT = gauge("lantian_station_silent", STATION,
        "1 when a station in operation reported nothing for the newest published hour.");
    SYSTEM_TIME = gauge("lantian_system_timestamp_seconds", &[],
        "The system's clock at the scrape.");
    WARNING_FLOOR = gauge("lantian_warning_floor_level", DRILL,
        "Lowest level that the province orders now: 0 none, 1 yellow, 2 orange, 3 red.");
    WARNING_LEVEL = gauge("lantian_warning_level", DRILL,
        "Level in effect: 0 none, 1 yellow, 2 orange, 3 red.");
    WARNING_WAITING = gauge("lantian_warning_waiting", DRILL,
        "1 when a recommendation or an approval waits for a person.");
    WARNING_WAITING_SINCE = gauge("lantian_warning_waiting_since_timestamp_seconds", DRILL,
        "Since when it waits; absent when nothing does.");
}

metrics! {
    /// What the parts of the daemon register themselves.
    OF_PARTS;
    ACK_WINDOW_USED = gauge("lantian_ack_window_used_ratio", &[],
        "Of the feed that is fullest, how much of its window is held without an acknowledgement.");
    HEARTBEAT_INTERVAL = gauge("lantian_heartbeat_interval_seconds", AREA,
        "How often a heartbeat is sent; absent where none is.");
    HEARTBEAT = gauge("lantian_heartbeat_timestamp_seconds", AREA,
        "When the broker last took a heartbeat; 0 before it took one, absent where none is sent.");
    INGEST_ACKS = count("lantian_ingest_acks_total", &[],
        "Messages acknowledged to the broker after commit.");
    INGEST_BYTES = count("lantian_ingest_payload_bytes_total", &[],
        "Payload bytes handed to the engine.");
    INGEST_CONNECTED = gauge("lantian_ingest_connected", &[],
        "Feeds with a connection to their broker.");
    INGEST_DROPPED = count("lantian_ingest_dropped_total", &[],
        "Messages left to the broker: the engine lags.");
    INGEST_MESSAGES = count("lantian_ingest_messages_total", &[], "Messages handed to the engine.");
    INGEST_OVERSIZED = count("lantian_ingest_oversized_total", &[],
        "Messages above the payload limit.");
    INGEST_RECONNECTS = count("lantian_ingest_reconnects_total", &[],
        "Attempts to connect again.");
    INGEST_UNACKED = gauge("lantian_ingest_unacked", &[],
        "Messages handed over and not yet acknowledged.");
    INGEST_WINDOW = gauge("lantian_ingest_window", &[],
        "Messages that brokers send at most without an acknowledgement, of all feeds.");
    MESSAGES_ACCEPTED = count("lantian_messages_accepted_total", CHANNEL_KIND,
        "Tries to send that the receiver took.");
    MESSAGES_FAILED = count("lantian_messages_failed_total", CHANNEL_KIND,
        "Tries to send that may succeed later.");
    MESSAGES_REFUSED = count("lantian_messages_refused_total", CHANNEL_KIND,
        "Tries to send that the receiver refused for good.");
    MESSAGES_UNKNOWN = count("lantian_messages_unknown_total", CHANNEL_KIND,
        "Tries to send of which nobody knows the end.");
    READY = gauge("lantian_ready", &[], "1 when `/readyz` says that figures are current.");
    STORE_SIZE = gauge("lantian_store_size_bytes", &["file"],
        "Size of the store's file, and of the log beside it.");
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The list as dashboards and alert rules know it. A line that changes here breaks them.
    const FROZEN: &[&str] = &[
        "lantian_area_aqi{area,set}",
        "lantian_area_co_mg_m3{area,set}",
        "lantian_area_concentration_ug_m3{area,set,pollutant}",
        "lantian_area_coverage_ratio{area,set,pollutant}",
        "lantian_area_day_aqi{area,set}",
        "lantian_area_day_co_mg_m3{area,set}",
        "lantian_area_day_concentration_ug_m3{area,set,pollutant}",
        "lantian_area_day_coverage_ratio{area,set}",
        "lantian_area_day_o3_8h_max_ug_m3{area,set}",
        "lantian_area_event_timestamp_seconds{area}",
        "lantian_area_o3_8h_ug_m3{area,set}",
        "lantian_area_rolling_24h_co_mg_m3{area,set}",
        "lantian_area_rolling_24h_ug_m3{area,set,pollutant}",
        "lantian_area_committed_sequence{area}",
        "lantian_area_view_timestamp_seconds{area}",
        "lantian_build_info{version}",
        "lantian_feed_caught_up{area}",
        "lantian_difference_alarms{area}",
        "lantian_station_clock_alarms{area}",
        "lantian_station_clock_behind_alarms{area}",
        "lantian_limit_co_mg_m3{area,average}",
        "lantian_limit_ug_m3{area,pollutant,average}",
        "lantian_channel_failing_tries{area,channel}",
        "lantian_notices_open{area}",
        "lantian_notices_stuck{area}",
        "lantian_notices_unread{area}",
        "lantian_observations_total{effect}",
        "lantian_outbox_messages{area,channel}",
        "lantian_outbox_oldest_seconds{area,channel}",
        "lantian_quality_findings{area,rule}",
        "lantian_rejected_total{area,reason}",
        "lantian_response_reports{area}",
        "lantian_response_tasks{area,step}",
        "lantian_set_info{area,set,entity,name}",
        "lantian_silence_alarms{area,subject}",
        "lantian_simulated{}",
        "lantian_stage_latency_seconds{stage}",
        "lantian_station_aqi{area,station}",
        "lantian_station_co_mg_m3{area,station}",
        "lantian_station_concentration_ug_m3{area,station,pollutant}",
        "lantian_station_coverage_ratio{area,station,pollutant}",
        "lantian_station_day_aqi{area,station}",
        "lantian_station_event_timestamp_seconds{area,station}",
        "lantian_station_info{area,station,name,district,kind}",
        "lantian_station_latitude_degrees{area,station}",
        "lantian_station_longitude_degrees{area,station}",
        "lantian_station_o3_8h_ug_m3{area,station}",
        "lantian_station_rolling_24h_co_mg_m3{area,station}",
        "lantian_station_rolling_24h_ug_m3{area,station,pollutant}",
        "lantian_station_silent{area,station}",
        "lantian_system_timestamp_seconds{}",
        "lantian_warning_floor_level{area,drill}",
        "lantian_warning_level{area,drill}",
        "lantian_warning_waiting{area,drill}",
        "lantian_warning_waiting_since_timestamp_seconds{area,drill}",
        "lantian_ack_window_used_ratio{}",
        "lantian_heartbeat_interval_seconds{area}",
        "lantian_heartbeat_timestamp_seconds{area}",
        "lantian_ingest_acks_total{}",
        "lantian_ingest_payload_bytes_total{}",
        "lantian_ingest_connected{}",
        "lantian_ingest_dropped_total{}",
        "lantian_ingest_messages_total{}",
        "lantian_ingest_oversized_total{}",
        "lantian_ingest_reconnects_total{}",
        "lantian_ingest_unacked{}",
        "lantian_ingest_window{}",
        "lantian_messages_accepted_total{channel_kind}",
        "lantian_messages_failed_total{channel_kind}",
        "lantian_messages_refused_total{channel_kind}",
        "lantian_messages_unknown_total{channel_kind}",
        "lantian_ready{}",
        "lantian_store_size_bytes{file}",
    ];

    fn all() -> impl Iterator<Item = &'static Metric> {
        METRICS.iter().chain(OF_PARTS)
    }

    #[test]
    fn the_list_of_names_is_frozen() {
        let shown = |m: &Metric| format!("{}{{{}}}", m.name, m.labels.join(","));
        assert_eq!(all().map(shown).collect::<Vec<_>>(), FROZEN);
    }

    /// The rules of promlint that a name alone can break.
    #[test]
    fn names_follow_the_conventions() {
        for Metric { name, kind, labels, help } in all() {
            let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
            assert!(name.starts_with("lantian_") && name.chars().all(legal), "{name}");
            assert_eq!(name.ends_with("_total"), *kind == Kind::Counter, "{name}");
            for unit in ["micrograms", "_days", "_hours", "_ms", "_percent", "_gauge", "_count"] {
                assert!(!name.contains(unit), "{name} contains {unit}");
            }
            for reserved in ["_bucket", "_sum", "_info_"] {
                assert!(!name.contains(reserved), "{name} contains {reserved}");
            }
            for label in *labels {
                assert!(label.chars().all(legal), "{name}{{{label}}}");
                assert!(!matches!(*label, "le" | "quantile" | "job" | "instance"), "{name}");
            }
            assert!(help.ends_with('.'), "{name}: {help}");
        }
    }
}
