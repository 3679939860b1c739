//! Whatever comes in, nothing panics, and each outcome says what it is.
//!
//! Six readers take what others wrote: messages of both kinds, readings of meters, configuration with its
//! lists, and stored days. Inputs follow from a seed: `LANTIAN_FUZZ` sets how many (the default keeps the
//! run short), `LANTIAN_FUZZ_SEED` from where. What fails is told with its seed and its smallest form.

mod meters;
mod mutation;

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::path::Path;
use std::sync::Arc;

use lantian::area::Value;
use lantian::average::{Incoming, StationDay};
use lantian::config;
use lantian::observation::{
    Code, FeedFormat, Observation, Property, Reading, RejectionReason, TimeFormat, Validity,
    decode, encode, read_amount,
};
use lantian::pipeline::{Batch, Input, LoadedDays, Message, Params, Pipeline};
use lantian::reconciliation::{self, Quantity};
use lantian::time::{HourLabel, Instant};

use super::month::{Dice, first_day, registry};
use mutation::{Grammar, fault, shrink};

fn number(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|n| n.parse().ok()).unwrap_or(default)
}

/// Gives `LANTIAN_FUZZ` inputs to `check`; counts outcomes by name.
fn run(
    name: &str,
    (grammar, short): (&Grammar<'_>, u64),
    mut check: impl FnMut(&[u8]) -> Result<String, String>,
) -> BTreeMap<String, u64> {
    let (count, seed) = (number("LANTIAN_FUZZ", short), number("LANTIAN_FUZZ_SEED", 1));
    let mut outcomes = BTreeMap::new();
    for at in 0..count {
        let input = grammar.input(&mut Dice(seed.rotate_left(32) ^ at));
        match fault(&mut check, &input) {
            Ok(outcome) => *outcomes.entry(outcome).or_default() += 1,
            Err(reason) => {
                let least = shrink(&mut check, input);
                let shown = String::from_utf8_lossy(&least);
                panic!("{name}, seed {seed}, input {at}: {reason}\n{shown}\n{least:?}");
            }
        }
    }
    println!("{name}: {count} inputs from seed {seed}: {outcomes:?}");
    outcomes
}

const MESSAGES: [&str; 5] = [
    r#"{"station":"s0","period":"PT1H","time":"2026-02-20T08:00:00+08:00","revision":0,
    "values":{"pm2_5":61,"pm10":88,"so2":9,"no2":31,"co":0.8,"o3":44},"flags":{"co":"M"}}"#,
    r#"{"station":"s1","period":"PT5M","time":"2026-02-20T08:55:00+08:00","revision":2,
    "values":{"pm2_5":-999,"pm10":null,"o3":"-","wind_speed":2.5,"temperature":-7.25}}"#,
    r#"{"station":"站\u0031","period":"PT1H","time":"202602200900","sent":[{"a":1}],
    "values":{"PM25":61.0005,"P":1013,"radon":{"x":[1,2]}},"flags":{"PM25":"N","P":"?"}}"#,
    r#"{"values":{"co":1e-3,"rain":0.0,"visibility":30},"station":"s5","time":
    "2026-02-20T00:00:00Z","period":"PT30M","flags":{"co":"T","rain":"D","o3":"B"}}"#,
    r#"{"station":"s4","period":"PT1H","time":"2026-02-20T08:00:00.000-05:30",
    "values":{"humidity":104.99,"wind_direction":360,"pressure":99.9}}"#,
];

const MESSAGE_WORDS: [&str; 30] = [
    "pm2_5",
    "pm10",
    "so2",
    "co",
    "o3",
    "wind_direction",
    "rain",
    "null",
    "true",
    "\"N\"",
    "\"S\"",
    "\"?\"",
    "PT1M",
    "PT15M",
    "PT60M",
    "PT1H",
    "+08:00",
    "Z",
    "9999-12-31T23:00:00+08:00",
    "-009999-01-01T00:00:00Z",
    "24:00:00",
    "23:59:60",
    "s0",
    "\\u0000",
    "\\ud800",
    "{}",
    "[[[[",
    "\"",
    ",",
    ":",
];

/// The default feed, and one in which everything is named otherwise.
fn formats() -> [FeedFormat; 2] {
    let codes = [("PM25", "pm2_5", 3), ("P", "pressure", 1), ("co", "co", 6)];
    let codes = codes.map(|(name, property, scale)| {
        (name.to_owned(), Code { property: Property::parse(property).unwrap(), scale })
    });
    let other = FeedFormat {
        hour_label: HourLabel::End,
        time: TimeFormat::Pattern { pattern: "%Y%m%d%H%M".to_owned(), offset_min: 480 },
        codes: codes.into(),
        missing: vec!["-".to_owned(), "-999".to_owned()],
        ..FeedFormat::default()
    };
    [FeedFormat::default(), other]
}

/// Decoding is total, and what was decoded comes back from its own message.
fn decoded(payload: &[u8], format: &FeedFormat) -> Result<String, String> {
    let observation = match decode(payload, format) {
        Err(rejection) if rejection.detail.is_empty() => return Err("no detail".to_owned()),
        Err(rejection) => return Ok(rejection.reason.name().to_owned()),
        Ok(observation) => observation,
    };
    // Under a feed's own codes, a name of ours is unknown; written down it would be known.
    if observation.unknown_values.iter().all(|u| Property::parse(&u.name).is_none()) {
        let meant = Observation { ignored_fields: 0, ..observation };
        let again = encode(&meant);
        let read = decode(&again, &FeedFormat::default());
        if read.as_ref() != Ok(&meant) {
            let written = String::from_utf8_lossy(&again);
            return Err(format!("{meant:?}\nis written as {written}\nand read as {read:?}"));
        }
    }
    Ok("observation".to_owned())
}

#[test]
fn every_message_is_an_observation_or_a_rejection_with_its_reason() {
    let seeds = MESSAGES.map(|m| m.as_bytes().to_vec());
    let grammar = Grammar { seeds: &seeds, words: &MESSAGE_WORDS };
    let formats = formats();
    let outcomes = run("decode", (&grammar, 50_000), |payload| {
        let outcome = decoded(payload, &formats[0])?;
        decoded(payload, &formats[1]).map(|other| format!("{outcome}, {other}"))
    });
    let met = |name: &str| outcomes.keys().any(|k| k.starts_with(name) || k.ends_with(name));
    assert!(met("observation"));
    use RejectionReason as R;
    let of_decode = [R::NotJson, R::WrongType, R::MissingField, R::BadPeriod, R::BadTime];
    for reason in of_decode.into_iter().chain([R::TimeWithoutOffset]) {
        assert!(met(reason.name()), "{} never came up", reason.name());
    }
}

const PUBLISHED: [&str; 2] = [
    r#"{"entity":"1109A","time":"2026-11-23T08:00:00+08:00","values":{"aqi":41,"category":"good",
       "primary":["pm10","o3"],"pm2_5":27,"co_24h":0.65,"o3_8h_max_today":null}}"#,
    r#"{"entity":"大连/core","time":"2026-11-23T00:00:00+08:00","values":{"radon":1}}"#,
];

#[test]
fn every_message_of_published_values_is_a_record_or_a_rejection_with_its_reason() {
    let seeds = PUBLISHED.map(|m| m.as_bytes().to_vec());
    let words = [&MESSAGE_WORDS[..], &["entity", "aqi", "primary", "pm10;o3", "good"]].concat();
    let grammar = Grammar { seeds: &seeds, words: &words };
    let outcomes = run("published", (&grammar, 20_000), |payload| {
        match reconciliation::decode(payload, &FeedFormat::default()) {
            Err(rejection) if rejection.detail.is_empty() => Err("no detail".to_owned()),
            Err(rejection) => Ok(rejection.reason.name().to_owned()),
            Ok(record) => {
                let read = |(quantity, value): &(Quantity, Value)| {
                    quantity.read(&quantity.show(*value)).is_ok()
                };
                let all = record.values.iter().all(read);
                all.then(|| "record".to_owned()).ok_or_else(|| format!("{record:?}"))
            }
        }
    });
    use RejectionReason as R;
    for reason in [R::NotJson, R::WrongType, R::MissingField, R::BadTime].map(R::name) {
        assert!(outcomes.contains_key(reason), "{reason} never came up");
    }
    assert!(outcomes.contains_key("record"));
}

/// How many messages a pipeline takes before a fresh one begins.
const OF_ONE_PIPELINE: u32 = 2048;

#[test]
fn every_topic_and_payload_is_taken_or_becomes_a_dead_letter() {
    let topics = ["s0", "s1", "站1", "s5", "s4"].map(|code| format!("aq/dalian/{code}/obs\n"));
    let mut seeds: Vec<Vec<u8>> =
        topics.iter().zip(MESSAGES).map(|(t, m)| (t.clone() + m).into()).collect();
    seeds.extend(meters::MESSAGES.map(|m| format!("aq/dalian/power/D-1\n{m}").into_bytes()));
    let words =
        [&MESSAGE_WORDS[..], &["aq/", "/obs", "dalian", "aq/dalian/s1/obs", "/power/", "/"]]
            .concat();
    let grammar = Grammar { seeds: &seeds, words: &words };
    let params = Params { payload_max_bytes: 256, formats: formats().into(), ..Params::default() };
    let registry = Arc::new(registry(first_day()));
    let now = first_day().start().start().plus_minutes(33 * 60);
    let days = (-4..3).map(|n| first_day().plus(n)).collect();
    let empty = LoadedDays { days, ..LoadedDays::default() };
    let begin = || {
        let mut pipeline = Pipeline::new(Arc::clone(&registry), params.clone());
        pipeline.handle(now, &[Input::Days(&empty)], &mut Batch::default());
        pipeline
    };
    let (mut pipeline, mut taken) = (begin(), 0_u32);
    let outcomes = run("pipeline", (&grammar, 50_000), |input| {
        if taken.is_multiple_of(OF_ONE_PIPELINE) {
            pipeline = begin();
        }
        taken += 1;
        take(&mut pipeline, now, input)
    });
    let expected =
        ["accepted", "repeated", "topic_mismatch", "oversized", "time_in_future", "bad_value"];
    for outcome in expected {
        assert!(outcomes.contains_key(outcome), "{outcome} never came up: {outcomes:?}");
    }
}

/// What became of one message, its topic in the first line.
fn take(pipeline: &mut Pipeline, now: Instant, input: &[u8]) -> Result<String, String> {
    let cut = input.iter().position(|b| *b == b'\n').unwrap_or(input.len());
    let (topic, payload) = input.split_at(cut);
    let topic = &*String::from_utf8_lossy(topic);
    let feed = payload.len() % 2;
    let message = Message { feed, topic, payload, length: payload.len() };
    let before = *pipeline.counts();
    let mut batch = Batch::default();
    pipeline.handle(now, &[Input::Message(message)], &mut batch);
    let after = pipeline.counts();
    let rejected = RejectionReason::ALL.into_iter().find(|r| {
        let at = r.index();
        after.rejected[at] > before.rejected[at]
    });
    let accepted = after.accepted - before.accepted;
    let repeated = after.repeated - before.repeated;
    let deferred = batch.deferred.len() as u64;
    if accepted + repeated + deferred + u64::from(rejected.is_some()) != 1 {
        return Err(format!("{accepted} {repeated} {deferred} {rejected:?}"));
    }
    let Some(reason) = rejected else {
        let names = [(accepted, "accepted"), (repeated, "repeated"), (deferred, "deferred")];
        return Ok(names.iter().find(|(n, _)| *n == 1).map(|(_, name)| *name).unwrap().into());
    };
    let told = batch.dead_letters.iter().any(|l| !l.detail.is_empty() && l.topic == topic);
    if !told || reason == RejectionReason::Internal {
        return Err(format!("{reason:?}: {:?}", batch.dead_letters));
    }
    Ok(reason.name().to_owned())
}

const STATIONS: &str = "station,name,lat,lon,area,district,kind,assessed,valid_from,valid_to\n\
                        1A,甘井子,38.9741,121.612,dalian,甘井子区,national,true,,2026-01-31\n\
                        2A,周水子,,,dalian,,city,false,2026-02-01,\n\
                        9A,沈阳,,,shenyang,,micro,true,,\n";
const SETS: &str = "set,name,area,station,valid_from,valid_to\n\
                    urban,市区,dalian,1A,,\nurban,市区,dalian,2A,2026-01-01,2026-12-31\n";
/// Every section; the values stand where the checks are narrow.
const CONFIGURATION: &str = "stations_file = 'stations.csv'
sets_file = 'sets.csv'
simulated = true
[areas.dalian]
name = '大连市'
[[feed]]
name = 'city'
broker = 'mqtt://localhost:1883'
client_id = 'lantian'
areas = ['dalian']
hour_label = 'begin'
protocol = 'v4'
inflight = 1000
keep_alive_s = 30
username = 'u'
password_file = 'password'
missing = ['-999', '-']
time_format = '%Y%m%d%H%M'
zone_offset_min = 480
[feed.codes]
PM25 = { property = 'pm2_5', unit = 'ug_m3' }
[[feed]]
name = 'north'
broker = 'mqtts://localhost'
client_id = 'other'
areas = ['shenyang']
hour_label = 'end'
[pipeline]
publish_after_min = 10
horizon_days = 400
open_hours = 96
[parameters]
practice = 'letter'
[store]
path = 'air.sqlite'
commit_max_ms = 50
[http]
listen = '127.0.0.1:8080'
push_interval_ms = 100
[log]
format = 'json'
filter = 'info'
";
const CONFIGURATION_WORDS: [&str; 34] = [
    "true",
    "false",
    "nan",
    "'v5'",
    "'end'",
    "'letter'",
    "'mg_m3'",
    "mqtt://",
    "mqtts://h:0",
    "[feed]",
    "[[feed]]",
    "[store]",
    "[areas.x]",
    "areas = []",
    "inflight = 1",
    "password_env =",
    "ca_file = 'sets.csv'",
    "username",
    "'%Q'",
    "%s",
    "%Y-%m-%dT%H:%M:%S",
    "1979-05-27",
    "''",
    "\"\"\"",
    "\\u0000",
    "{ a.b = 1 }",
    "dalian",
    "shenyang",
    "1A",
    "2026-02-30",
    "kind",
    "\"",
    ",",
    "\n",
];

/// Loads the configuration; every fault names its place and its reason.
fn loaded(directory: &Path) -> Result<String, String> {
    match config::load(&directory.join("lantian.toml")) {
        Ok(_) => Ok("configuration".to_owned()),
        Err(faults) if faults.is_empty() => Err("refused without a fault".to_owned()),
        Err(faults) => match faults.iter().find(|f| f.key.is_empty() || f.reason.is_empty()) {
            Some(dumb) => Err(format!("{dumb:?}")),
            None => Ok(if faults.len() == 1 { "one fault" } else { "faults" }.to_owned()),
        },
    }
}

/// One of the three files of a configuration under mutation, beside the others as they should be.
fn configuration(file: &str, content: &str, short: u64) {
    let directory = tempfile::tempdir().unwrap();
    let all = [("lantian.toml", CONFIGURATION), ("stations.csv", STATIONS), ("sets.csv", SETS)];
    for (name, content) in all.into_iter().chain([("password", "hunter2\n")]) {
        std::fs::write(directory.path().join(name), content).unwrap();
    }
    config::load(&directory.path().join("lantian.toml")).expect("legal");
    let seeds = [content.as_bytes().to_vec()];
    let grammar = Grammar { seeds: &seeds, words: &CONFIGURATION_WORDS };
    let path = directory.path().join(file);
    let outcomes = run(file, (&grammar, short), |input| {
        std::fs::write(&path, input).map_err(|e| e.to_string())?;
        loaded(directory.path())
    });
    for outcome in ["configuration", "one fault", "faults"] {
        assert!(outcomes.contains_key(outcome), "{outcome} never came up: {outcomes:?}");
    }
}

#[test]
fn every_configuration_is_one_or_has_faults_with_their_places() {
    configuration("lantian.toml", CONFIGURATION, 2000);
}

#[test]
fn every_list_of_stations_is_one_or_has_faults_with_their_places() {
    configuration("stations.csv", STATIONS, 1000);
}

#[test]
fn every_list_of_sets_is_one_or_has_faults_with_their_places() {
    configuration("sets.csv", SETS, 1000);
}

/// Days as they are stored: plain, with gaps and weather, with a past and minutes, and reviewed.
fn stored_days() -> Vec<Vec<u8>> {
    let amount = |p: Property, text: &str| read_amount(text.as_bytes(), Code::of(p));
    let property = |code| Property::parse(code).unwrap();
    let mut days = vec![StationDay::default(); 3];
    for (hour, code) in (0..24).flat_map(|h| ["pm2_5", "o3", "co"].map(|c| (h, c))) {
        let reading = amount(property(code), &format!("{}.{}", hour + 1, hour));
        let incoming =
            Incoming { property: property(code), hour, part: None, revision: 0, reading };
        days[0].take(&incoming);
        if hour % 3 == 0 {
            days[1].take(&Incoming { property: property("wind_speed"), ..incoming });
            days[1].take(&incoming);
            days[2].take(&Incoming { revision: 300, ..incoming });
            days[2].take(&Incoming { reading: Reading::default(), ..incoming });
            days[2].take(&Incoming { part: Some((15, 15)), ..incoming });
            let other = Reading { validity: Validity::FlagFault, ..reading };
            days[2].take(&Incoming { part: Some((15, 15)), reading: other, ..incoming });
        }
    }
    let mut reviewed = days[0].clone();
    reviewed.declare_reviewed(2..19);
    for hour in [3, 4, 7, 18] {
        let pollutant = lantian::observation::Pollutant::O3;
        let reading = days[0].reading(Property::Pollutant(pollutant), hour);
        reviewed.take_reviewed(pollutant, hour, reading);
    }
    days.push(reviewed);
    days.iter().flat_map(|d| [d.encode_day(), d.encode(6, 9)]).collect()
}

#[test]
fn every_stored_day_is_read_or_refused_and_stays_what_it_is() {
    let seeds = stored_days();
    let grammar = Grammar { seeds: &seeds, words: &["\u{1}", "\u{18}", "\u{7f}"] };
    let day = |bytes: &[u8]| {
        let mut day = StationDay::default();
        day.decode_into(bytes).map(|()| day)
    };
    let outcomes = run("stored day", (&grammar, 50_000), |bytes| match day(bytes) {
        Err(refused) => Ok(refused.to_string().split(' ').take(4).collect::<Vec<_>>().join(" ")),
        Ok(read) => {
            stays(&read, &day(&read.encode_day()))?;
            Ok("day".to_owned())
        }
    });
    assert!(outcomes.contains_key("day") && outcomes.len() >= 3, "{outcomes:?}");
}

fn stays<T: PartialEq + Debug, E: Debug>(was: &T, is: &Result<T, E>) -> Result<(), String> {
    match is {
        Ok(is) if is == was => Ok(()),
        other => Err(format!("{was:?}\nbecomes {other:?}")),
    }
}
