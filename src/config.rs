//! The configuration: a TOML file to validated types, all faults at once.
//!
//! In: the file, and the lists of stations and sets it names. Out: a [`Config`] that nothing checks
//! again, or every [`Fault`] with its key and reason.
//!
//! Invariants: a key nobody knows is a fault; each limit has a default and a hard ceiling; a
//! password comes from a file of its own or from the environment, never from this file or the
//! command line, and is never shown; topics are built per owned area, never over all of them.
//!
//! # Why no serde structs
//! Deserialisation ends at the first fault. A configuration is written by hand, often far from the
//! machine that will run it, so ten faults must be told in one run: a small reader walks the table,
//! notes what is wrong and goes on.

mod dust;
mod duty;
mod feed;
mod measures;
mod notify;
mod quality;
mod ranks;
mod reports;
mod section;
mod serving;
mod stations;
mod store;
mod rows;
mod targets;
mod warning;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

pub use dust::dust;
pub use feed::FeedConfig;
pub use measures::DISTRICT_REPORT_DUE;
pub use notify::{NotifyChannel, NotifyConfig, notify};
pub use ranks::ranks;
use stations::Found;
pub use stations::registries;
pub use store::StoreConfig;
pub use targets::targets;
pub use warning::warning_rules;

use crate::area::{AreaId, Registry, StationKind};
use crate::assessment::dust::DustEntries;
use crate::assessment::rank::RankSet;
use crate::assessment::target::{Resampling, Targets};
use crate::assessment::{RoomRules, Season, Seasons, SpanFault};
use crate::measures::{Edition, EvidenceParams};
use crate::observation::FeedKind;
use crate::report::ReportSettings;
use crate::standard::Parameters;
use crate::telemetry::{self, LogFormat};
use crate::{http, pipeline};
use feed::Seen;
use section::{Faults, Section, one_of, parsed, path_from, text, truth, whole};
use serving::read_http;

/// What is wrong with one key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// The key with its path (`feed[0].inflight`), or a file and line.
    pub key: String,
    /// What was expected and what was found.
    pub reason: String,
}

/// `KEY: REASON`.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.reason)
    }
}

/// Everything a daemon goes by.
#[derive(Clone, Debug)]
pub struct Config {
    /// The areas it owns, in the order of their codes.
    pub areas: Vec<AreaConfig>,
    /// Its feeds; their place is their number.
    pub feeds: Vec<FeedConfig>,
    /// What each area's pipeline goes by, with the feeds' formats.
    pub pipeline: pipeline::Params,
    /// What the plan asks for, by year.
    pub targets: Targets,
    /// How past years' days are drawn for the outlook of a target.
    pub resampling: Resampling,
    /// The sets that are ranked.
    pub ranks: Vec<RankSet>,
    /// When the seasons are that spans name.
    pub seasons: Seasons,
    /// What may be deducted for dust, and official figures.
    pub dust: DustEntries,
    /// The emergency-measures list.
    pub measures: Option<Arc<Edition>>,
    /// When districts report a day of a response (应对日报), as a minute of that day.
    pub district_report_due: u16,
    /// By what electricity is held against the list.
    pub evidence: EvidenceParams,
    /// Who hands papers on, and their templates.
    pub reports: ReportSettings,
    /// Who is told of what by which channel; `None` for nobody.
    pub notify: Option<NotifyConfig>,
    /// Where figures are kept, and how often they are committed.
    pub store: StoreConfig,
    /// How long a stop may take.
    pub stop_within: Duration,
    /// The page and the API.
    pub http: http::Config,
    /// How often each area's heartbeat is published; `None` for never.
    pub heartbeat: Option<Duration>,
    /// What is logged.
    pub log: telemetry::Config,
    /// Whether the air is simulated; then everything shown says so.
    pub simulated: bool,
}

/// One owned area.
#[derive(Clone, Debug)]
pub struct AreaConfig {
    /// Its stations and sets.
    pub registry: Registry,
}

impl Config {
    /// Messages per second that a feed can acknowledge at most: its window, once per commit.
    ///
    /// A v4 broker has a window of its own (Mosquitto: `max_inflight_messages`), which must be
    /// raised too.
    #[must_use]
    pub fn ack_ceiling_per_s(&self, feed: &FeedConfig) -> u64 {
        u64::from(feed.ingest.inflight) * 1000 / u64::from(self.store.commit_max_ms.max(1))
    }
}

/// Reads and checks a configuration. Relative paths in it start at its own directory.
///
/// # Errors
/// Every [`Fault`] of the file and of the lists it names.
pub fn load(path: &Path) -> Result<Config, Vec<Fault>> {
    let one = |key: String, reason: String| vec![Fault { key, reason }];
    let shown = || path.display().to_string();
    let written = std::fs::read_to_string(path).map_err(|e| one(shown(), e.to_string()))?;
    let table = written.parse::<toml::Table>().map_err(|e| {
        let before = e.span().and_then(|span| written.get(..span.start)).unwrap_or_default();
        let line = before.matches('\n').count() + 1;
        one(format!("{}:{line}", shown()), e.message().to_owned())
    })?;
    let faults = Faults::default();
    let base = path.parent().unwrap_or(Path::new(""));
    let config = read(Section::root(table, &faults), base);
    match (config, faults.into_list()) {
        (Some(config), faults) if faults.is_empty() => Ok(config),
        (_, faults) => Err(faults),
    }
}

/// Reads all sections; `None` when a fault left nothing to put in place.
fn read(mut root: Section<'_>, base: &Path) -> Option<Config> {
    let simulated = root.optional("simulated", truth).unwrap_or(false);
    let stop_within = Duration::from_secs(root.whole("stop_within_s", 1..=3600, 20));
    let areas = read_areas(&mut root, base);
    let feeds = read_feeds(&mut root, base);
    let pipeline = read_pipeline(&mut root, base);
    let (targets, resampling) =
        targets::read_section(root.section("targets"), (base, areas.as_ref()));
    let seasons = read_seasons(root.section("seasons"));
    let ranks = ranks::read_section(root.section("ranks"), (base, areas.as_ref()), &seasons);
    let dust = dust::read_section(root.section("dust"), (base, areas.as_ref()), &seasons);
    let (measures, district_report_due, evidence) =
        measures::read_section(root.section("measures"), base);
    let list = (measures.as_deref(), district_report_due);
    let duty = duty::read_section(root.section("duty"), list);
    let reports = reports::read_section(root.section("reports"), base);
    let notify = notify::read_file(&mut root, base);
    let store = store::read_section(root.section("store"), base, &evidence);
    let http = read_http(root.section("http"));
    let heartbeat = read_heartbeat(root.section("heartbeat"));
    let by_broker = notify.as_ref().is_some_and(NotifyConfig::tells_by_the_broker);
    if by_broker && heartbeat.is_none() {
        // That a level takes effect, or ends, goes out with the heartbeat alone.
        let reason = "must not be 0 where a channel of kind mqtt tells the level";
        root.faults().note("heartbeat.every_s", reason);
    }
    let log = read_log(root.section("log"));
    let faults = root.faults();
    root.finish();
    check_together(&feeds, areas.as_ref(), &store, faults);
    let feeds: Vec<FeedConfig> = feeds.into_iter().map(|f| f.config).collect::<Option<_>>()?;
    let payload_max_bytes = feeds.iter().map(|f| f.ingest.max_payload_bytes).max()?;
    let formats = feeds.iter().map(|f| f.format.clone()).collect();
    let pipeline = pipeline::Params {
        keep_minutes_days: store.keep_minutes_days,
        keep_power_days: Some(store.keep_power_days),
        duty: Some(duty),
        payload_max_bytes,
        formats,
        ..pipeline
    };
    let areas = areas?.registries.into_iter().map(|registry| AreaConfig { registry }).collect();
    Some(Config {
        areas,
        feeds,
        pipeline,
        targets,
        resampling,
        ranks,
        seasons,
        dust,
        measures,
        district_report_due,
        evidence,
        reports,
        notify,
        store,
        stop_within,
        http,
        heartbeat,
        log,
        simulated,
    })
}

fn read_seasons(mut section: Section<'_>) -> Seasons {
    // The fault of a season says by itself what it got.
    let mut season = |name, default: Season| {
        let read = |value: &_| text(value)?.parse().map_err(|e: SpanFault| e.to_string());
        section.optional(name, read).unwrap_or(default)
    };
    let d = Seasons::DEFAULT;
    let seasons = Seasons {
        heating: season("heating", d.heating),
        autumn_winter: season("autumn_winter", d.autumn_winter),
        ozone: season("ozone", d.ozone),
    };
    section.finish();
    seasons
}

/// The areas of the two lists; `None` without a list of stations.
fn read_areas(root: &mut Section<'_>, base: &Path) -> Option<Found> {
    let stations = root.required("stations_file", path_from(base));
    let sets = root.optional("sets_file", path_from(base));
    let cities = root.optional("cities_file", path_from(base));
    let mut names = BTreeMap::new();
    for (code, mut section) in root.section("areas").named() {
        if let Some(name) = section.required("name", text) {
            names.insert(code, name);
        }
        section.finish();
    }
    let stations = stations?;
    let noted = Faults::default();
    let mut found = stations::read(&stations, sets.as_deref(), &names, &noted);
    if let Some(cities) = &cities {
        found.add_cities(cities, &names, &noted);
    }
    for Fault { key, reason } in noted.into_list() {
        // A list as a whole is told by the key that names it.
        if Path::new(&key) == stations {
            root.fault("stations_file", format_args!("{key}: {reason}"));
        } else if sets.as_deref() == Some(Path::new(&key)) {
            root.fault("sets_file", format_args!("{key}: {reason}"));
        } else if cities.as_deref() == Some(Path::new(&key)) {
            root.fault("cities_file", format_args!("{key}: {reason}"));
        } else {
            root.faults().note(key, reason);
        }
    }
    let unknown = |code: &&String| found.registries.iter().all(|r| r.area.as_str() != *code);
    for code in names.keys().filter(unknown).filter(|_| found.complete) {
        root.fault("areas", format_args!("{code}: no station in stations_file is there"));
    }
    Some(found)
}

/// Every feed in its place, as far as it could be read.
fn read_feeds(root: &mut Section<'_>, base: &Path) -> Vec<Seen> {
    let sections = root.sections("feed");
    if sections.is_empty() {
        root.fault("feed", "is missing: at least one [[feed]] must bring observations");
    }
    sections.into_iter().enumerate().map(|(at, s)| feed::read(at, s, base)).collect()
}

fn read_pipeline(root: &mut Section<'_>, base: &Path) -> pipeline::Params {
    let d = pipeline::Params::default();
    let parameters = read_parameters(root.section("parameters"));
    let quality = quality::read(root.section("quality"));
    let checkpoints = read_protection(root.section("protection"));
    let warning = warning::read_section(root.section("warning"), base);
    let mut section = root.section("pipeline");
    let params = pipeline::Params {
        parameters,
        publish_after_min: section.whole("publish_after_min", 0..=720, d.publish_after_min),
        future_tolerance_min: section.whole("future_tolerance_min", 0..=60, d.future_tolerance_min),
        horizon_days: section.whole("horizon_days", 4..=3660, d.horizon_days),
        open_hours: section.whole("open_hours", 48..=744, d.open_hours),
        catch_up_max_min: section.whole("catch_up_max_min", 0..=60, d.catch_up_max_min),
        silent_hours: section.whole("silent_hours", 1..=72, d.silent_hours),
        silent_group_percent: section.whole(
            "silent_group_percent",
            1..=100,
            d.silent_group_percent,
        ),
        feed_silent_min: section.whole("feed_silent_min", 1..=1440, d.feed_silent_min),
        daemon_late_min: section.whole("daemon_late_min", 1..=1440, d.daemon_late_min),
        differ_above_aqi: section.whole("differ_above_aqi", 0..=500, d.differ_above_aqi),
        clock_behind_min: {
            let least = section.optional("clock_behind_min", whole(20..=1440));
            least.or(d.clock_behind_min)
        },
        differ_hours: section.whole("differ_hours", 1..=24, d.differ_hours),
        quality,
        warning,
        checkpoints,
        ..d
    };
    if params.horizon_days * 24 < params.open_hours {
        let hours = params.open_hours;
        section.fault("horizon_days", format_args!("must cover open_hours, which is {hours}"));
    }
    let excludes = StationKind::ALL.into_iter().any(|kind| params.quality.excludes(kind));
    if excludes && params.open_hours < OPEN_HOURS_EXCLUDING {
        let reason = "must be at least 96 where a rule of quality excludes: what is taken out of \
                      yesterday's figures rests on the days before it";
        section.fault("open_hours", reason);
    }
    section.finish();
    params
}

/// Views compare with yesterday, whose windows and their exclusions reach back another two days.
const OPEN_HOURS_EXCLUDING: u32 = 96;

/// The choices where the standards are silent, by the names that `lantian standards` shows.
fn read_parameters(mut section: Section<'_>) -> Parameters {
    let d = Parameters::default();
    let parameters = Parameters {
        practice: section.optional("practice", parsed).unwrap_or(d.practice),
        round_before_index: section
            .optional("round_before_index", parsed)
            .unwrap_or(d.round_before_index),
        missing_2012: section.optional("missing_2012", parsed).unwrap_or(d.missing_2012),
        station_share_day: section
            .optional("station_share_day", parsed)
            .unwrap_or(d.station_share_day),
        area_day_order: section.optional("area_day_order", parsed).unwrap_or(d.area_day_order),
        o3_max_1h_min_hours: section.whole("o3_max_1h_min_hours", 1..=24, d.o3_max_1h_min_hours),
        period_from: section.optional("period_from", parsed).unwrap_or(d.period_from),
        target_compare: section.optional("target_compare", parsed).unwrap_or(d.target_compare),
        dust_deducts: section.optional("dust_deducts", parsed).unwrap_or(d.dust_deducts),
        dust_days: section.optional("dust_days", parsed).unwrap_or(d.dust_days),
    };
    section.finish();
    parameters
}

/// Hours of the day at which its room is said.
fn read_protection(mut section: Section<'_>) -> Vec<u8> {
    let checkpoints = section.optional("checkpoints", |value| {
        let hour = |item: &toml::Value| {
            let hour = item.as_integer().and_then(|n| u8::try_from(n).ok());
            hour.filter(|hour| (1..=24).contains(hour))
        };
        let hours: Option<Vec<u8>> =
            value.as_array().and_then(|items| items.iter().map(hour).collect());
        hours.ok_or_else(|| "must be a list of hours of the day, 1 to 24".to_owned())
    });
    section.finish();
    checkpoints.unwrap_or_else(|| RoomRules::CHECKPOINTS.to_vec())
}

fn read_heartbeat(mut section: Section<'_>) -> Option<Duration> {
    let every_s = section.whole("every_s", 0..=3600, 30);
    section.finish();
    (every_s > 0).then_some(Duration::from_secs(every_s))
}

fn read_log(mut section: Section<'_>) -> telemetry::Config {
    let formats = [("text", LogFormat::Text), ("json", LogFormat::Json)];
    let format = section.optional("format", one_of(&formats)).unwrap_or_default();
    let filter = section.optional("filter", |value| {
        let written = text(value)?;
        match tracing_subscriber::EnvFilter::try_new(&written) {
            Ok(_) => Ok(written),
            Err(e) => Err(format!("{e}, got {written:?}")),
        }
    });
    section.finish();
    telemetry::Config { format, filter: filter.unwrap_or(telemetry::Config::default().filter) }
}

/// What each key by itself allows, but not beside the others.
///
/// Looks at whatever could be read, so that its faults are told in the same run as theirs.
fn check_together(feeds: &[Seen], areas: Option<&Found>, store: &StoreConfig, faults: &Faults) {
    for (at, feed) in feeds.iter().enumerate() {
        for earlier in feeds[..at].iter().enumerate() {
            check_pair(earlier, (at, feed), faults);
        }
        if let Some(Err(fault)) = feed.config.as_ref().map(|feed| feed.ingest.check()) {
            faults.note(format!("feed[{at}]"), fault);
        }
    }
    if let Some(areas) = areas {
        check_areas(feeds, areas, faults);
    }
    check_commit_time(feeds, store, faults);
}

fn check_areas(feeds: &[Seen], found: &Found, faults: &Faults) {
    let owned = |area: &AreaId| found.registries.iter().any(|r| r.area == *area);
    for (at, feed) in feeds.iter().enumerate().filter(|_| found.complete) {
        for area in feed.areas.iter().filter(|area| !owned(area)) {
            let reason = format!("stations_file has no station in {area}");
            faults.note(format!("feed[{at}].areas"), reason);
        }
    }
    let are_all = feeds.iter().all(|feed| feed.areas_complete);
    let observes = |feed: &Seen| feed.kind == FeedKind::Observations;
    let carried =
        |area: &AreaId| feeds.iter().any(|feed| observes(feed) && feed.areas.contains(area));
    // Reference cities may come by import alone.
    let watched = found.registries.iter().filter(|r| !r.is_reference()).map(|r| &r.area);
    for area in watched.filter(|area| are_all && !carried(area)) {
        let reason = format!("{area} has stations, but no feed carries it: it would stay silent");
        faults.note("feed", reason);
    }
}

fn check_pair((first, earlier): (usize, &Seen), (at, feed): (usize, &Seen), faults: &Faults) {
    if let Some(name) = feed.name.as_ref().filter(|_| feed.name == earlier.name) {
        faults
            .note(format!("feed[{at}].name"), format!("{name:?} is the name of feed[{first}] too"));
    }
    if feed.broker.is_none() || feed.broker != earlier.broker {
        return;
    }
    if feed.client_id.is_some() && feed.client_id == earlier.client_id {
        let reason =
            format!("is that of feed[{first}] at the same broker: one would end the other");
        faults.note(format!("feed[{at}].client_id"), reason);
    }
    // What is published comes on other topics than what is observed.
    let same_topics = feed.kind == earlier.kind;
    for area in feed.areas.iter().filter(|area| same_topics && earlier.areas.contains(area)) {
        let reason = format!("{area} is carried by feed[{first}] from the same broker already");
        faults.note(format!("feed[{at}].areas"), reason);
    }
}

/// Acknowledgements must come well within the time in which a broker expects a sign of life.
fn check_commit_time(feeds: &[Seen], store: &StoreConfig, faults: &Faults) {
    let shortest = feeds.iter().map(|f| f.keep_alive_s).min().unwrap_or(u16::MAX);
    let most_ms = u32::from(shortest) * 1000 / 4;
    if store.commit_max_ms > most_ms {
        let reason = format!(
            "must be at most a quarter of the shortest keep_alive_s, {most_ms}, got {}",
            store.commit_max_ms
        );
        faults.note("store.commit_max_ms", reason);
    }
}
