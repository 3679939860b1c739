//! Faults by key, and what a legal file becomes.

use super::*;
use crate::observation::{Pollutant, Property, TimeFormat};
use crate::time::HourLabel;

const STATIONS: &str = "station,name,lat,lon,area,district,kind,assessed\n\
                        1A,甘井子,38.9741,121.612,dalian,甘井子区,national,true\n\
                        2A,周水子,,,dalian,,city,false\n\
                        9A,沈阳,,,shenyang,,national,true\n";
const SETS: &str = "set,name,area,station\nurban,市区,dalian,1A\nurban,市区,dalian,2A\n";

/// A file that names only what it must.
const LEAST: &str = "stations_file = 'stations.csv'
[store]
path = 'air.sqlite'
[[feed]]
name = 'city'
broker = 'mqtt://localhost'
client_id = 'lantian'
areas = ['dalian', 'shenyang']
hour_label = 'begin'
";

/// Loads a text beside the two lists and a password.
fn load_text(content: &str) -> Result<Config, Vec<Fault>> {
    let dir = tempfile::tempdir().expect("a directory");
    let files = [
        ("stations.csv", STATIONS),
        ("sets.csv", SETS),
        ("password", "hunter2\n"),
        ("empty", "\n"),
        ("lantian.toml", content),
    ];
    for (name, content) in files {
        std::fs::write(dir.path().join(name), content).expect("written");
    }
    load(&dir.path().join("lantian.toml"))
}

/// The faults of a text, one a line.
fn faults(content: &str) -> Vec<String> {
    load_text(content).expect_err("refused").iter().map(Fault::to_string).collect()
}

/// The faults of the least file with more lines in its feed.
fn feed_faults(lines: &str) -> Vec<String> {
    faults(&format!("{LEAST}{lines}\n"))
}

#[test]
fn what_is_absent_has_its_default() {
    let config = load_text(LEAST).expect("legal");
    let [feed] = config.feeds.as_slice() else { panic!("one feed") };
    let topics = ["+/obs", "clock", "forecast", "instruction", "power/+", "ack"];
    let of = |area| topics.map(|t| format!("aq/{area}/{t}"));
    assert_eq!(feed.ingest.topics, [of("dalian"), of("shenyang")].concat());
    assert_eq!((feed.ingest.inflight, feed.ingest.keep_alive_s), (1000, 30));
    assert!(feed.ingest.login.is_none() && !config.simulated);
    let rules = warning_rules("2024", Path::new("")).expect("built in");
    let warning = Some(pipeline::WarningParams { rules, zones: Vec::new() });
    let duty = Some(crate::duty::DutyRules::default());
    let defaults = pipeline::Params { warning, duty, ..pipeline::Params::default() };
    assert_eq!(format!("{:?}", config.pipeline), format!("{defaults:?}"));
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8080");
    assert_eq!((config.log.format, config.log.filter.as_str()), (LogFormat::Text, "info"));
    assert!(config.store.path.is_absolute() && config.store.path.ends_with("air.sqlite"));
    assert_eq!(config.ack_ceiling_per_s(feed), 1000 * 1000 / 50);
}

#[test]
fn other_origins_are_named_one_by_one() {
    let read = |lines: &str| load_text(&format!("{LEAST}[http]\n{lines}\n"));
    let none = read("").expect("legal").http;
    assert!(none.allowed_origins.is_empty() && !none.origins_may_write);
    assert_eq!(none.public_listen, None, "the public has no address unless one is named");
    let lines = "allowed_origins = ['https://a.example']\norigins_may_write = true";
    let some = read(lines).expect("legal").http;
    assert!(some.allowed_origins == ["https://a.example"] && some.origins_may_write);
    for wrong in ["'*'", "'https://a.example/'", "3"] {
        let told = read(&format!("allowed_origins = [{wrong}]")).expect_err("no origin");
        assert_eq!(told[0].key, "http.allowed_origins", "{told:?}");
    }
}

#[test]
fn areas_are_those_of_the_list_with_their_names_and_sets() {
    let more = "\nsets_file = 'sets.csv'\n[areas.dalian]\nname = '大连'\n[store]";
    let config = load_text(&LEAST.replacen("\n[store]", more, 1)).expect("legal");
    let registries: Vec<_> = config.areas.iter().map(|a| &a.registry).collect();
    assert_eq!(
        registries.iter().map(|r| r.name.as_str()).collect::<Vec<_>>(),
        ["大连", "shenyang"]
    );
    let dalian = registries[0];
    assert_eq!(dalian.stations[0].position, Some((38_974_100, 121_612_000)));
    assert_eq!(dalian.sets.iter().map(|s| s.members.len()).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(dalian.entity(1), "dalian/urban");
}

#[test]
fn ten_faults_are_told_in_one_run() {
    let told = faults(
        "simulated = 'yes'
stations_file = 'stations.csv'
speed = 3
[pipeline]
open_hours = 1
[parameters]
practice = 'ours'
[http]
listen = 'everywhere'
[log]
filter = 'lantian=loudest'
[store]
path = ''
[[feed]]
broker = 'http://localhost'
client_id = 'lantian'
areas = ['dalian', 'shenyang']
hour_label = 'middle'
inflight = 0
keep_alive_s = 4
zone_offset_min = 480
",
    );
    let expected = [
        "simulated: must be true or false, got a string",
        "feed[0].name: is missing",
        "feed[0].broker: a broker begins with mqtt:// or mqtts://, got \"http://localhost\"",
        "feed[0].inflight: must be 1 to 65535, got 0",
        "feed[0].keep_alive_s: must be 5 to 1200, got 4",
        "feed[0].hour_label: must be one of begin, end, got \"middle\"",
        "feed[0].zone_offset_min: has no effect on rfc3339, which carries its offset",
        "parameters.practice: expected one of: letter, national_platform, got \"ours\"",
        "pipeline.open_hours: must be 48 to 744, got 1",
        "store.path: must not be empty",
        "http.listen: invalid socket address syntax, got \"everywhere\"",
        "log.filter: error parsing level filter: expected one of \"off\", \"error\", \"warn\", \
         \"info\", \"debug\", \"trace\", or a number 0-5, got \"lantian=loudest\"",
        "speed: is not a known key (known here: simulated, stop_within_s, stations_file, \
         sets_file, cities_file, areas, feed, parameters, quality, protection, warning, pipeline, \
         targets, seasons, ranks, dust, measures, duty, reports, notify_file, store, http, \
         heartbeat, log)",
    ];
    assert_eq!(told, expected);
}

#[test]
fn faults_do_not_hide_each_other() {
    let told = load_text(
        "stations_file = 'nope.csv'
sets_file = 'none.csv'
[store]
commit_max_ms = 9000
[[feed]]
name = 'city'
broker = 'mqtt://localhost'
client_id = 'lantian'
areas = ['dalian']
hour_label = 'middle'
[[feed]]
name = 'city'
broker = 'mqtt://localhost'
client_id = 'lantian'
areas = ['dalian']
hour_label = 'begin'
time_format = '%H:%M'
[feed.codes]
A = { property = 'pm25', unit = 'grains' }
",
    );
    let told = told.expect_err("refused");
    let keys: Vec<_> = told.iter().map(|f| f.key.as_str()).collect();
    let expected = [
        "stations_file",
        "sets_file",
        "feed[0].hour_label",
        "feed[1].zone_offset_min",
        "feed[1].time_format",
        "feed[1].codes.A.property",
        "feed[1].codes.A.unit",
        "store.path",
        "feed[1].name",
        "feed[1].client_id",
        "feed[1].areas",
        "store.commit_max_ms",
    ];
    assert_eq!(keys, expected, "{told:?}");
    assert!(told[0].reason.contains("nope.csv: "), "{told:?}");
}

#[test]
fn readings_of_meters_are_kept_at_least_for_a_response_and_its_baseline() {
    let with = |days: u32, evidence: &str| {
        let store = format!("keep_power_days = {days}\n[[feed]]");
        LEAST.replacen("[[feed]]", &store, 1) + evidence
    };
    assert_eq!(load_text(LEAST).expect("legal").pipeline.keep_power_days, Some(400));
    assert_eq!(load_text(&with(58, "")).expect("legal").pipeline.keep_power_days, Some(58));
    assert_eq!(
        faults(&with(200, "[measures.evidence]\nbaseline_days = 180\n")),
        ["store.keep_power_days: must be 210 to 3660, got 200"]
    );
}

#[test]
fn checkpoints_are_hours_of_the_day() {
    let read = |text: &str| load_text(&format!("{LEAST}[protection]\ncheckpoints = {text}\n"));
    assert_eq!(read("[7, 24]").expect("legal").pipeline.checkpoints, [7, 24]);
    assert!(read("[]").expect("legal").pipeline.checkpoints.is_empty());
    for wrong in ["[0]", "[25]", "[\"10\"]", "10"] {
        let told = read(wrong).expect_err("no hour");
        assert_eq!(
            told[0].to_string(),
            "protection.checkpoints: must be a list of hours of the day, 1 to 24"
        );
    }
}

#[test]
fn unknown_keys_are_named_in_every_section() {
    let content = format!("{LEAST}inflights = 3\n[store2]\n[log]\nfilters = 'x'\n");
    let keys: Vec<_> =
        load_text(&content).expect_err("refused").into_iter().map(|f| f.key).collect();
    assert_eq!(keys, ["feed[0].inflights", "log.filters", "store2"]);
}

#[test]
fn a_file_that_is_no_toml_names_its_line() {
    let told = faults("simulated = true\nstations_file = \n");
    assert!(told.len() == 1 && told[0].contains("lantian.toml:2: "), "{told:?}");
}

#[test]
fn a_file_that_is_not_there_is_a_fault() {
    let told = load(Path::new("no/such/file.toml")).expect_err("refused");
    assert_eq!(told[0].key, "no/such/file.toml");
}

#[test]
fn a_list_and_what_it_holds_are_told_by_file_and_line() {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, content: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, content).expect("written");
        path
    };
    let line = "1A,,,,dalian,,national,true\n2A,b,,,dalian,,moon,true\n";
    let header = STATIONS.lines().next().unwrap_or_default();
    let stations = write("s.csv", &format!("{header}\n{line}"));
    let sets = write("sets.csv", "set,name,area,station\na,A,dalian\n");
    let told = registries(&stations, Some(&sets), &BTreeMap::new()).expect_err("refused");
    let keys: Vec<_> = told.iter().map(|f| f.key.rsplit('/').next().unwrap_or_default()).collect();
    assert_eq!(keys, ["s.csv:2", "s.csv:3", "sets.csv:2"], "{told:?}");
    let stations =
        write("s.csv", &format!("{header}\n2A,b,,,dalian,,moon,true\n3A,c,,,x,,city,true\n"));
    let sets = write("sets.csv", "set,name,area,station\na,A,y,2A\nb,B,x,9A\nb,C,x,3A\n");
    let told = registries(&stations, Some(&sets), &BTreeMap::new()).expect_err("refused");
    let told: Vec<_> =
        told.iter().map(|f| f.to_string().rsplit('/').next().unwrap_or_default().into()).collect();
    let told: Vec<String> = told;
    let kind = "s.csv:2: `kind` must be one of national, ";
    assert!(told[0].starts_with(kind) && told[0].contains("\"moon\""), "{told:?}");
    let rest = [
        "sets.csv:2: set a: area y has no station",
        "sets.csv:3: set b names station 9A, which area x does not have",
        "sets.csv:4: set b is called \"B\" and \"C\"",
    ];
    assert_eq!(told[1..], rest);
}

#[test]
fn a_password_comes_from_a_file_or_the_environment_and_is_never_shown() {
    let config = load_text(&format!("{LEAST}username = 'u'\npassword_file = 'password'\n"));
    let config = config.expect("legal");
    let (user, password) = config.feeds[0].ingest.login.clone().expect("a login");
    assert_eq!((user.as_str(), password.expose()), ("u", "hunter2"));
    let shown = format!("{config:?}");
    assert!(shown.contains("<secret>") && !shown.contains("hunter2"));
    // Cargo sets this one for every test.
    let from_env = format!("{LEAST}username = 'u'\npassword_env = 'CARGO_PKG_NAME'\n");
    let login = load_text(&from_env).expect("legal").feeds[0].ingest.login.clone();
    assert_eq!(login.map(|(_, p)| p.expose().to_owned()), Some("lantian".to_owned()));
}

#[test]
fn half_a_login_is_a_fault() {
    let first = |lines: &str| feed_faults(lines).swap_remove(0);
    let no_password = "feed[0].username: has no password: add password_file or password_env";
    assert_eq!(first("username = 'u'"), no_password);
    assert_eq!(first("password_file = 'password'"), "feed[0].password_file: has no username");
    let empty = first("username = 'u'\npassword_file = 'empty'");
    assert_eq!(empty, "feed[0].password_file: the password is empty");
    assert!(first("username = 'u'\npassword_file = 'none'").starts_with("feed[0].password_file: "));
    let unset = first("username = 'u'\npassword_env = 'LANTIAN_NO_SUCH_VARIABLE'");
    assert_eq!(unset, "feed[0].password_env: LANTIAN_NO_SUCH_VARIABLE is not set");
    let both = first("username = 'u'\npassword_file = 'password'\npassword_env = 'HOME'");
    assert!(both.starts_with("feed[0].password_env: stands beside password_file"), "{both}");
    let unknown = first("password = 'hunter2'");
    assert!(unknown.starts_with("feed[0].password: is not a known key"), "{unknown}");
    assert!(!unknown.contains("hunter2"), "a password in the wrong place is not repeated");
}

#[test]
fn certificates_are_looked_at() {
    let told = feed_faults("ca_file = 'password'");
    assert!(told[0].ends_with("password: holds no PEM certificate"), "{told:?}");
    assert!(told[1].starts_with("feed[0].ca_file: has no effect on mqtt://"), "{told:?}");
}

#[test]
fn a_feed_has_its_own_words() {
    let content = format!(
        "{}hour_label = 'end'\ntime_format = '%Y-%m-%d %H:%M'\nzone_offset_min = 480\n\
         missing = ['-999', '']\n\
         [feed.codes]\nPM25 = {{ property = 'pm2_5', unit = 'ug_m3' }}\n\
         CO = {{ property = 'co', unit = 'ug_m3' }}\n\
         P = {{ property = 'pressure', unit = 'kpa' }}\n",
        LEAST.replace("hour_label = 'begin'\n", "")
    );
    let config = load_text(&content).expect("legal");
    let format = &config.pipeline.formats[0];
    assert_eq!(format.hour_label, HourLabel::End);
    let pattern = TimeFormat::Pattern { pattern: "%Y-%m-%d %H:%M".into(), offset_min: 480 };
    assert_eq!((&format.time, format.missing.len()), (&pattern, 2));
    let scales: Vec<_> = format.codes.iter().map(|(n, c)| (n.as_str(), c.scale)).collect();
    assert_eq!(scales, [("CO", 3), ("P", 4), ("PM25", 3)]);
    assert_eq!(format.codes["PM25"].property, Property::Pollutant(Pollutant::Pm2_5));
}

#[test]
fn a_time_format_must_tell_every_minute() {
    for short in ["%Y-%m-%d", "%Y-%m-%d %H", "%H:%M", "%Q", "15"] {
        let told = feed_faults(&format!("time_format = '{short}'\nzone_offset_min = 480"));
        assert!(told[0].starts_with("feed[0].time_format: "), "{short}: {told:?}");
    }
    let told = feed_faults("time_format = '%Y%m%d%H%M'");
    assert_eq!(told, ["feed[0].zone_offset_min: is missing"]);
}

#[test]
fn names_of_properties_are_checked() {
    let told = feed_faults(
        "[feed.codes]\nA = { property = 'pm2_5', unit = 'ppb' }\n\
         B = { property = 'pm25', unit = 'ug_m3' }\n\
         C = { property = 'pm2_5', unit = 'ug_m3' }\nD = 3\n",
    );
    let expected = [
        "feed[0].codes.D: must be a table, got an integer",
        "feed[0].codes.A.unit: must be one of ug_m3, mg_m3, got \"ppb\"",
        "feed[0].codes.B.property: \"pm25\" is no property",
        "feed[0].codes.C.property: pm2_5 has another name already",
    ];
    assert_eq!(told, expected);
}

#[test]
fn feeds_must_agree_with_each_other_and_with_the_list() {
    let second = "[[feed]]\nname = 'city'\nbroker = 'mqtt://localhost'\nclient_id = 'lantian'\n\
                  areas = ['dalian', 'beijing']\nhour_label = 'end'\n";
    let first = LEAST.replace(", 'shenyang'", "");
    let expected = [
        "feed[1].name: \"city\" is the name of feed[0] too",
        "feed[1].client_id: is that of feed[0] at the same broker: one would end the other",
        "feed[1].areas: dalian is carried by feed[0] from the same broker already",
        "feed[1].areas: stations_file has no station in beijing",
        "feed: shenyang has stations, but no feed carries it: it would stay silent",
    ];
    assert_eq!(faults(&format!("{first}{second}")), expected);
}

#[test]
fn published_values_come_beside_the_observations_and_stand_for_none() {
    let published = |broker: &str, areas: &str| {
        format!(
            "[[feed]]\nname = 'platform'\nbroker = 'mqtt://{broker}'\nclient_id = 'beside'\n\
             areas = [{areas}]\nhour_label = 'end'\nkind = 'published'\n"
        )
    };
    let both = format!("{LEAST}{}", published("localhost", "'dalian'"));
    let config = load_text(&both).expect("one broker may carry both");
    assert_eq!(config.feeds[1].ingest.topics, ["aq/dalian/published/#"]);
    assert_eq!(config.pipeline.formats[1].kind, FeedKind::Published);
    let one = LEAST.replace("'dalian', 'shenyang'", "'dalian'");
    let alone = format!("{one}{}", published("localhost", "'shenyang'"));
    let told = "feed: shenyang has stations, but no feed carries it: it would stay silent";
    assert_eq!(faults(&alone), [told]);
    let codes = "[feed.codes.P]\nproperty = 'pm10'\nunit = 'ug_m3'\n";
    let told = "feed[1].codes: has no effect on published values, which have fixed names";
    assert_eq!(faults(&format!("{both}{codes}")), [told]);
}

#[test]
fn topics_never_reach_beyond_one_area() {
    for areas in ["[]", "['#']", "['+']", "['a/b']", "['dalian', 'dalian']"] {
        let told = faults(&LEAST.replace("['dalian', 'shenyang']", areas));
        assert!(told[0].starts_with("feed[0].areas: "), "{areas}: {told:?}");
    }
}

#[test]
fn evidence_goes_by_the_numbers_of_its_section() {
    use crate::measures::EvidenceParams;
    let with = |lines: &str| format!("{LEAST}[measures.evidence]\n{lines}\n");
    let usual = EvidenceParams::DEFAULT;
    assert_eq!(load_text(&with("")).expect("legal").evidence, usual);
    let other = load_text(&with("grace_hours = 0\nstop_percent_most = 5")).expect("legal");
    let expected = EvidenceParams { grace_hours: 0, stop_percent_most: 5, ..usual };
    assert_eq!(other.evidence, expected);
    assert_eq!(
        faults(&with("baseline_days = 6\ndata_percent_least = 0\nverdict = true")),
        [
            "measures.evidence.baseline_days: must be 7 to 180, got 6",
            "measures.evidence.data_percent_least: must be 1 to 100, got 0",
            "measures.evidence.verdict: is not a known key (known here: baseline_days, \
             comparable_hours_least, grace_hours, data_percent_least, stop_percent_most, \
             limit_margin_percent, other_percent_most)",
        ]
    );
}

#[test]
fn keys_must_make_sense_together() {
    let content = LEAST.replacen("[[feed]]", "commit_max_ms = 9000\n[[feed]]", 1);
    let content = format!("{content}[pipeline]\nopen_hours = 744\nhorizon_days = 30\n");
    let expected = [
        "pipeline.horizon_days: must cover open_hours, which is 744",
        "store.commit_max_ms: must be at most a quarter of the shortest keep_alive_s, 7500, \
         got 9000",
    ];
    assert_eq!(faults(&content), expected);
}

#[test]
fn a_strange_key_is_named_as_it_stands() {
    let told = faults(&format!("'' = 1\n'a b' = 2\n{LEAST}"));
    let keys: Vec<&str> = told.iter().filter_map(|f| f.split(": ").next()).collect();
    assert_eq!(keys, ["\"\"", "\"a b\""]);
}

#[test]
fn what_a_check_does_is_set_by_kind_of_station() {
    use crate::area::StationKind::{City, National};
    use crate::quality::{Action, Rule};
    let more = "[quality.city]\nstuck = 'exclude'\n[quality.national]\njump = 'off'\n\
                [quality.co]\nmost_mg_m3 = 12.5\nstuck_hours = 12\n";
    let quality = load_text(&format!("{LEAST}{more}")).expect("legal").pipeline.quality;
    assert_eq!(quality.action(City, Rule::Stuck), Action::Exclude);
    assert_eq!(quality.action(City, Rule::Jump), Action::Mark);
    assert_eq!(quality.action(National, Rule::Jump), Action::Off);
    let co = quality.limits[Pollutant::Co.index()];
    assert_eq!((co.most, co.stuck_hours, co.detection), (12_500_000, 12, 200_000));
}

#[test]
fn data_of_the_centres_above_cannot_be_excluded() {
    let told = faults(&format!(
        "{LEAST}[quality.national]\nstuck = 'exclude'\n[quality.provincial]\nrange = 'exclude'\n"
    ));
    let reason = |kind: &str| {
        format!(
            "must be off or mark: data of {kind} stations belong to the centre above and are never \
             excluded here, only marked"
        )
    };
    let national = format!("quality.national.stuck: {}", reason("national"));
    let provincial = format!("quality.provincial.range: {}", reason("provincial"));
    assert_eq!(told, [national, provincial]);
}

#[test]
fn faults_of_thresholds_are_told_with_their_key() {
    let more = "[pipeline]\nopen_hours = 72\n[quality.micro]\nrange = 'exclude'\njumps = 'off'\n\
                [quality.o3]\nleast_ug_m3 = 900\nmost_ug_m3 = -1\n";
    let told = faults(&format!("{LEAST}{more}"));
    let starts = [
        "quality.o3.most_ug_m3: must be a number from 0 to 10000",
        "quality.o3.least_ug_m3: must be below most_ug_m3",
        "quality.micro.jumps: is not a known key (known here: range, stuck, jump, neighbours, ",
        "pipeline.open_hours: must be at least 96 where a rule of quality excludes",
    ];
    assert_eq!(told.len(), starts.len(), "{told:?}");
    for (told, start) in told.iter().zip(starts) {
        assert!(told.starts_with(start), "{told}");
    }
}

#[test]
fn seasons_are_dates_of_every_year() {
    let config =
        load_text(&format!("{LEAST}[seasons]\nheating = '10-20..04-20'\n")).expect("legal");
    let heating = "10-20..04-20".parse().expect("a season");
    assert_eq!(config.seasons, Seasons { heating, ..Seasons::DEFAULT });
    let faults = load_text(&format!("{LEAST}[seasons]\nozone = '04-31..09-30'\n"));
    let told: Vec<_> = faults.expect_err("refused").iter().map(ToString::to_string).collect();
    let [told] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(told, "seasons.ozone: a season is MM-DD..MM-DD, got \"04-31..09-30\"");
}

#[test]
fn cities_keep_to_codes_of_their_own() {
    let head = "station,name,lat,lon,area,district,kind,assessed\n";
    let load = |row: &str| {
        let dir = tempfile::tempdir().expect("a directory");
        let path = dir.path().join("cities.csv");
        std::fs::write(&path, format!("{head}{row}\n")).expect("written");
        let text = format!("cities_file = '{}'\n{LEAST}", path.display());
        load_text(&text).map_err(|all| all.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let config = load("210200,大连,,,cities,,reference,true").expect("no feed is needed");
    assert_eq!(config.areas.len(), 3);
    for (row, word) in [
        ("dalian,大连,,,cities,,reference,true", "dalian is the code of an area or a station"),
        ("1A,大连,,,cities,,reference,true", "1A is the code of an area or a station"),
        ("210200,大连,,,dalian,,reference,true", "area dalian has stations in stations_file too"),
        ("210200,大连,,,cities,,national,true", "kind is not `reference`"),
    ] {
        let told = load(row).expect_err("refused");
        assert!(told.iter().any(|t| t.contains(word)), "{row}: {told:?}");
    }
}

#[test]
fn districts_report_at_a_time_of_day() {
    let due = |line: &str| load_text(&format!("{LEAST}[measures]\n{line}\n"));
    let minute = |line: &str| due(line).map(|config| config.district_report_due);
    assert_eq!(minute("").expect("legal"), 13 * 60);
    assert_eq!(minute("district_report_due = '00:00'").expect("legal"), 0);
    assert_eq!(minute("district_report_due = '23:59'").expect("legal"), 23 * 60 + 59);
    for text in ["24:00", "12:60", "9:00", "09.00", "+9:00", "09:00:00", ""] {
        let faults = due(&format!("district_report_due = '{text}'")).expect_err("refused");
        let told: Vec<_> = faults.iter().map(ToString::to_string).collect();
        let [told] = told.as_slice() else { panic!("{told:?}") };
        assert!(told.starts_with("measures.district_report_due: must"), "{text}: {told}");
    }
}

#[test]
fn times_of_the_room_are_read_and_a_reminder_comes_before_its_time() {
    let config =
        load_text(&format!("{LEAST}[duty]\nforecast_due = \"19:00\"\noff = [\"hourly\"]\n"));
    let rules = config.expect("sound").pipeline.duty.expect("a room");
    assert_eq!((rules.forecast_due, rules.daily_report_due), (19 * 60, 12 * 60));
    assert_eq!(rules.off, [crate::duty::Fixed::Hourly]);
    let lines = "daily_report_remind = \"12:00\"\nforecast_due = \"8 pm\"\noff = [\"tea\"]\n\
                 give_up_days = 0\n";
    let told = faults(&format!("{LEAST}[duty]\n{lines}"));
    assert_eq!(
        told,
        [
            "duty.forecast_due: must be a time of day such as \"13:00\", got \"8 pm\"",
            "duty.give_up_days: must be 1 to 30, got 0",
            "duty.off: must be one of hourly, daily_report, forecast, district_figures, \
             response_report, measures_list, got \"tea\"",
            "duty.daily_report_remind: must be before the time at which it is due",
        ]
    );
}
