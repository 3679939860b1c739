//! One feed: how it reaches its broker, which areas it carries, and how its stations write.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::section::{Section, one_of, parsed, path_from, text, texts, whole};
use crate::area::AreaId;
use crate::ingest::{self, Broker, Protocol};
use crate::observation::{Code, FeedFormat, FeedKind, PROPERTIES, Property, TimeFormat};
use crate::telemetry::Secret;
use crate::time::{Hour, HourLabel, Instant};

/// Half a day beyond any zone in use.
const ZONE_OFFSET_MAX_MIN: i32 = 14 * 60;
/// Hard ceiling of a payload: far above any list of values, far below what memory bears.
const PAYLOAD_MAX_BYTES: usize = 4 * 1024 * 1024;
/// Four weeks: a session that nobody takes up fills the broker's disk.
const SESSION_EXPIRY_MAX_S: u32 = 28 * 86_400;
/// The client pings at this interval at least (rumqttc refuses less).
const KEEP_ALIVE_MIN_S: u16 = 5;
const KEEP_ALIVE_MAX_S: u16 = 1200;

/// One feed: its connection, its areas and its format.
#[derive(Clone, Debug)]
pub struct FeedConfig {
    /// How it reaches its broker; the topics are those of [`FeedConfig::areas`].
    pub ingest: ingest::Config,
    /// The areas whose stations it carries.
    pub areas: Vec<AreaId>,
    /// How its stations write.
    pub format: FeedFormat,
}

/// What could be read of one feed, for what it must be beside the others.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) name: Option<String>,
    pub(super) broker: Option<Broker>,
    pub(super) client_id: Option<String>,
    /// The legal areas among those it names.
    pub(super) areas: Vec<AreaId>,
    /// Whether it names no others.
    pub(super) areas_complete: bool,
    pub(super) keep_alive_s: u16,
    pub(super) kind: FeedKind,
    /// All of it; `None` when something could not be read, which was noted.
    pub(super) config: Option<FeedConfig>,
}

/// Reads one `[[feed]]`.
pub(super) fn read(number: usize, mut section: Section<'_>, base: &Path) -> Seen {
    let name = section.required("name", text);
    let broker = section.required("broker", parsed::<Broker>);
    let client_id = section.required("client_id", text);
    let (areas, areas_complete) = areas(&mut section);
    let protocols = [("v5", Protocol::V5), ("v4", Protocol::V4)];
    let protocol = section.optional("protocol", one_of(&protocols)).unwrap_or_default();
    let login = login(&mut section, base);
    let ca_file = section.optional("ca_file", path_from(base));
    if let Some(path) = &ca_file {
        check_certificates(path, broker.as_ref(), &section);
    }
    // Any broker: only what does not depend on it is taken from here.
    let nowhere = Broker { host: String::new(), port: 0, tls: false };
    let defaults = ingest::Config::new("", nowhere, "", Vec::new());
    let ingest = ingest::Config {
        feed: number,
        protocol,
        login,
        ca_file,
        inflight: section.whole("inflight", 1..=u16::MAX, defaults.inflight),
        max_payload_bytes: section.whole(
            "max_payload_bytes",
            256..=PAYLOAD_MAX_BYTES,
            defaults.max_payload_bytes,
        ),
        keep_alive_s: section.whole(
            "keep_alive_s",
            KEEP_ALIVE_MIN_S..=KEEP_ALIVE_MAX_S,
            defaults.keep_alive_s,
        ),
        session_expiry_s: section.whole(
            "session_expiry_s",
            60..=SESSION_EXPIRY_MAX_S,
            defaults.session_expiry_s,
        ),
        ..defaults
    };
    let kinds = [("observations", FeedKind::Observations), ("published", FeedKind::Published)];
    let kind = section.optional("kind", one_of(&kinds)).unwrap_or_default();
    let format = format(&mut section, kind);
    section.finish();
    let mut seen = Seen {
        name,
        broker,
        client_id,
        areas,
        areas_complete,
        keep_alive_s: ingest.keep_alive_s,
        kind,
        config: None,
    };
    seen.config = whole_feed(&seen, ingest, format);
    seen
}

fn whole_feed(
    seen: &Seen,
    ingest: ingest::Config,
    format: Option<FeedFormat>,
) -> Option<FeedConfig> {
    let ingest = ingest::Config {
        name: seen.name.clone()?,
        broker: seen.broker.clone()?,
        client_id: seen.client_id.clone()?,
        topics: seen.areas.iter().flat_map(|area| topics(area, seen.kind)).collect(),
        ..ingest
    };
    let areas = seen.areas_complete.then(|| seen.areas.clone())?;
    Some(FeedConfig { ingest, areas, format: format? })
}

/// What a feed subscribes to for one area; never all areas.
fn topics(area: &AreaId, kind: FeedKind) -> Vec<String> {
    match kind {
        FeedKind::Observations => ["+/obs", "clock", "forecast", "instruction", "power/+", "ack"]
            .map(|topic| format!("aq/{area}/{topic}"))
            .to_vec(),
        FeedKind::Published => vec![format!("aq/{area}/published/#")],
    }
}

/// The legal areas, and whether they are all.
fn areas(section: &mut Section<'_>) -> (Vec<AreaId>, bool) {
    let Some(codes) = section.required("areas", texts) else { return (Vec::new(), false) };
    if codes.is_empty() {
        section.fault("areas", "must name at least one area");
    }
    let mut found = Vec::new();
    for code in &codes {
        match AreaId::new(code) {
            None => section.fault("areas", format_args!("{code:?} is no code of an area")),
            Some(area) if found.contains(&area) => {
                section.fault("areas", format_args!("{code} stands twice"));
            }
            Some(area) => found.push(area),
        }
    }
    let complete = !codes.is_empty() && found.len() == codes.len();
    (found, complete)
}

/// User and password; the password stands in a file of its own or in the environment.
pub(super) fn login(section: &mut Section<'_>, base: &Path) -> Option<(String, Secret)> {
    let user = section.optional("username", text);
    let password = section.kept_apart(["password_file", "password_env"], base).ok()?;
    match (user, password) {
        (Some(_), Some((key, password))) if password.is_empty() => {
            section.fault(key, "the password is empty");
            None
        }
        (Some(user), Some((_, password))) => Some((user, Secret::new(password))),
        (Some(_), None) => {
            section.fault("username", "has no password: add password_file or password_env");
            None
        }
        (None, Some((key, _))) => {
            section.fault(key, "has no username");
            None
        }
        (None, None) => None,
    }
}

fn check_certificates(path: &Path, broker: Option<&Broker>, section: &Section<'_>) {
    match std::fs::read(path) {
        Err(e) => section.fault("ca_file", format_args!("{}: {e}", path.display())),
        Ok(pem) if !String::from_utf8_lossy(&pem).contains("-----BEGIN CERTIFICATE-----") => {
            section.fault("ca_file", format_args!("{}: holds no PEM certificate", path.display()));
        }
        Ok(_) => {}
    }
    if broker.is_some_and(|b| !b.tls) {
        section.fault("ca_file", "has no effect on mqtt://, which is not encrypted: use mqtts://");
    }
}

fn format(section: &mut Section<'_>, kind: FeedKind) -> Option<FeedFormat> {
    let labels = [("begin", HourLabel::Begin), ("end", HourLabel::End)];
    let hour_label = section.required("hour_label", one_of(&labels));
    let time = time_format(section);
    let missing = section.optional("missing", texts).unwrap_or_default();
    let codes = codes(section.section("codes"));
    if kind == FeedKind::Published && !codes.is_empty() {
        section.fault("codes", "has no effect on published values, which have fixed names");
    }
    Some(FeedFormat { hour_label: hour_label?, time: time?, codes, missing, kind })
}

fn time_format(section: &mut Section<'_>) -> Option<TimeFormat> {
    let is_absent = !section.holds("time_format");
    let pattern = section.optional("time_format", text);
    let range = -ZONE_OFFSET_MAX_MIN..=ZONE_OFFSET_MAX_MIN;
    let Some(pattern) = pattern.or_else(|| is_absent.then(|| "rfc3339".to_owned())) else {
        // Whether the offset is needed cannot be told, only whether it is one.
        section.optional("zone_offset_min", whole(range));
        return None;
    };
    if pattern == "rfc3339" {
        if section.optional("zone_offset_min", whole(range)).is_some() {
            section.fault("zone_offset_min", "has no effect on rfc3339, which carries its offset");
        }
        return Some(TimeFormat::Rfc3339);
    }
    let offset_min = section.required("zone_offset_min", whole(range));
    if let Err(reason) = check_pattern(&pattern) {
        section.fault("time_format", reason);
        return None;
    }
    Some(TimeFormat::Pattern { pattern, offset_min: offset_min? })
}

/// A pattern must tell two instants apart that differ in any part that matters.
fn check_pattern(pattern: &str) -> Result<(), String> {
    let known = Hour::from_number(400_000).start().plus_minutes(37);
    let civil = known.to_string();
    let written = civil
        .get(..19)
        .and_then(|local| local.parse::<jiff::civil::DateTime>().ok())
        .and_then(|local| jiff::fmt::strtime::format(pattern, local).ok());
    let written = written.ok_or_else(|| format!("{pattern:?} is no strftime pattern"))?;
    match Instant::parse_pattern(&written, pattern, 8 * 60) {
        Ok(read) if read == known => Ok(()),
        _ => Err(format!("{pattern:?} must hold year, month, day, hour and minute, as %Y%m%d%H%M")),
    }
}

/// Units on the wire, with the decimal digits between each and 0.001 of Lantian's own unit.
fn units(property: Property) -> &'static [(&'static str, u32)] {
    match property {
        // No ppb: that needs the state of the gas (298 K in GB 3095), which the sender knows.
        Property::Pollutant(_) => &[("ug_m3", 3), ("mg_m3", 6)],
        Property::WindSpeed => &[("m_s", 3)],
        Property::WindDirection => &[("deg", 3)],
        Property::Temperature => &[("deg_c", 3)],
        Property::Humidity => &[("percent", 3)],
        Property::Pressure => &[("hpa", 3), ("kpa", 4), ("pa", 1)],
        Property::Rain => &[("mm", 3)],
        Property::Visibility => &[("km", 3), ("m", 0)],
    }
}

/// The feed's own names for properties, each with property and unit.
fn codes(section: Section<'_>) -> BTreeMap<String, Code> {
    let mut found = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let mut any_unit: Vec<(&str, u32)> = Vec::new();
    for unit in PROPERTIES.into_iter().flat_map(units) {
        if any_unit.iter().all(|(name, _)| *name != unit.0) {
            any_unit.push(*unit);
        }
    }
    for (name, mut section) in section.named() {
        let property = section.required("property", |value| {
            let code = text(value)?;
            Property::parse(&code).ok_or_else(|| format!("{code:?} is no property"))
        });
        let scale = match property {
            Some(property) => section.required("unit", one_of(units(property))),
            None => section.required("unit", one_of(&any_unit)),
        };
        if let Some(property) = property
            && !taken.insert(property)
        {
            section.fault("property", format_args!("{property} has another name already"));
        }
        if let (Some(property), Some(scale)) = (property, scale) {
            found.insert(name, Code { property, scale });
        }
        section.finish();
    }
    found
}
