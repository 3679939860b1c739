//! Dead letters tried again: by the command while no daemon runs, over the API beside one.

use std::path::Path;

use lantian::area::{AreaId, Registry, Station};
use lantian::observation::StationId;
use lantian::pipeline::Params;
use lantian::store::{Reader, Sqlite};

use super::{Place, Running, STATIONS, audit_is_clean, lantian, message};
use crate::daemon::{Daemon, Said};
use crate::publishing::{at, pm, registry, report};

const LIST: &str = "station,name,lat,lon,area,district,kind,assessed\n\
                    a,a,,,x,,national,true\nb,b,,,x,,national,true\n\
                    c,c,,,x,,national,false\nz,z,,,x,,national,true\n";
const CONFIG: &str = "stations_file = \"stations.csv\"\n[store]\npath = \"air.sqlite\"\n\
                      [areas.x]\nname = \"某市\"\n[[feed]]\nname = \"feed\"\n\
                      broker = \"mqtt://localhost\"\nclient_id = \"c\"\nareas = [\"x\"]\n\
                      hour_label = \"begin\"\n";

/// Station, reason and count of every dead letter, in this order.
fn letters(store: &Path) -> Vec<(String, String, u64)> {
    let rows = Reader::open(store).unwrap().dead_letters("x", (None, None), 100).unwrap();
    let mut rows: Vec<_> = rows.into_iter().map(|r| (r.station, r.reason, r.count)).collect();
    rows.sort_unstable();
    rows
}

fn letter(station: &str, reason: &str, count: u64) -> (String, String, u64) {
    (station.to_owned(), reason.to_owned(), count)
}

/// Of a station that nobody knew: what can be used (twice), what is too old, what is kept in part; and a
/// value under a name that nobody knew.
fn refused(store: &Path) -> Daemon {
    let mut daemon = Daemon::start(Sqlite::open(store).unwrap(), registry(), Params::default());
    daemon.take(at("16T23:20"), &[]);
    let usable = pm("z", "16T23:00", 9);
    let old = r#"{"station":"z","period":"PT1H","time":"2020-01-01T00:00:00+08:00","values":{}}"#;
    let topic = || "aq/x/z/obs".to_owned();
    let old = Said::Message { topic: topic(), payload: old.as_bytes().to_vec() };
    let mut long = report("z", "16T22:00", 0, "\"pm2_5\":8");
    if let Said::Message { payload, .. } = &mut long {
        payload.extend(vec![b' '; 5000]);
    }
    daemon.take(at("17T00:05"), &[usable.clone(), old, long, pm("y", "16T23:00", 7)]);
    daemon.take(at("17T00:06"), &[usable, report("a", "16T23:00", 0, "\"pm3\":5,\"o3\":50")]);
    daemon
}

#[test]
fn what_can_be_taken_leaves_the_list_and_the_rest_stands_with_its_new_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    let store = path("air.sqlite");
    let daemon = refused(&store);
    std::fs::write(path("stations.csv"), LIST).unwrap();
    std::fs::write(path("lantian.toml"), CONFIG).unwrap();
    let moved = CONFIG.replace("\"feed\"", "\"other\"");
    std::fs::write(path("moved.toml"), moved).unwrap();
    let codes = "[feed.codes]\npm2_5 = { property = \"pm2_5\", unit = \"ug_m3\" }\n\
                 o3 = { property = \"o3\", unit = \"ug_m3\" }\n\
                 pm3 = { property = \"pm10\", unit = \"ug_m3\" }\n";
    std::fs::write(path("codes.toml"), format!("{CONFIG}{codes}")).unwrap();
    let shown = store.display().to_string();
    let run = |reason: &str, config: &str| {
        let config = path(config).display().to_string();
        let with = ["reprocess", "--store", &shown, "--reason", reason, "--config", &config];
        lantian(if config.ends_with("none") { &with[..5] } else { &with })
    };
    let ends = |(code, said): (Option<i32>, String), expected: &str| {
        assert_eq!(
            (code, said.as_str()),
            (Some(0), format!("x: {expected} configured\n").as_str())
        );
    };
    let (code, said) = run("unknown_station", "lantian.toml");
    assert_eq!(code, Some(75), "{said}");
    drop(daemon);

    let at_first = [
        letter("", "unknown_station", 1),
        letter("", "unknown_station", 1),
        letter("", "unknown_station", 1),
        letter("", "unknown_station", 2),
        letter("a", "unknown_pollutant", 1),
    ];
    assert_eq!(letters(&store), at_first);
    let still = "0 taken, 3 refused again; not tried: 1 kept only in part, 0 of a feed that is not";
    ends(run("unknown_station", "none"), still);
    assert_eq!(letters(&store), at_first);
    let none = "0 taken, 0 refused again; not tried: 1 kept only in part, 3 of a feed that is not";
    ends(run("unknown_station", "moved.toml"), none);
    let some = "1 taken, 2 refused again; not tried: 1 kept only in part, 0 of a feed that is not";
    ends(run("unknown_station", "lantian.toml"), some);
    let afterwards = [
        letter("", "unknown_station", 1), // y
        letter("", "unknown_station", 1), // cut
        letter("a", "unknown_pollutant", 1),
        letter("z", "time_in_past", 1),
    ];
    assert_eq!(letters(&store), afterwards);
    let value = "1 taken, 0 refused again; not tried: 0 kept only in part, 0 of a feed that is not";
    ends(run("unknown_pollutant", "codes.toml"), value);
    assert_eq!(letters(&store).len(), 3);
    assert_eq!(run("bad_luck", "lantian.toml").0, Some(1));
    audit_is_clean(&store);
    assert_eq!(Place::hours_in(&store), 2, "of z, and of a");

    // A daemon goes on from there.
    let sample = registry();
    let z = Station { id: StationId::new("z").unwrap(), ..sample.stations[0].clone() };
    let stations = [sample.stations, vec![z]].concat();
    let registry = Registry::new(AreaId::new("x").unwrap(), "某市".into(), stations).unwrap();
    let mut daemon = Daemon::start(Sqlite::open(&store).unwrap(), registry, Params::default());
    daemon.take(at("17T01:20"), &[pm("z", "17T00:00", 11)]);
    daemon.audit();
}

#[test]
fn beside_a_daemon_the_api_tries_again() {
    let Some(place) = Place::new() else { return };
    let mut daemon = place.start();
    let unknown = |hours: std::ops::Range<u32>| hours.map(|h| message(STATIONS, h, ""));
    place.publish(0..3);
    place.publish_all(unknown(0..3).collect());
    daemon.wait_until("taken", |d| d.accepted() == u64::from(3 * STATIONS));
    let refused = "lantian_rejected_total{area=\"x\",reason=\"unknown_station\"}";
    daemon.wait_until("refused", |d| d.metric(refused) == 3);
    assert_eq!(daemon.end("-TERM"), Some(0));
    drop(daemon);

    place.write_stations(STATIONS + 1);
    let store = place.store().display().to_string();
    let of = ["token", "--store", &store, "add", "--person", "王工", "--role", "operator"];
    let (code, said) = lantian(&of);
    assert_eq!(code, Some(0), "{said}");
    let token = said.lines().nth(1).unwrap();
    let mut daemon = place.start();
    let expected = r#"{"person":"王工","taken":3,"refused":0,"cut":0,"feed_gone":0,"more":false}"#;
    assert_eq!(ask(&daemon, token), expected);
    assert_eq!(daemon.get("/api/v1/areas/x/dead-letters"), "[]");
    assert_eq!(daemon.end("-TERM"), Some(0));
    assert_eq!(Place::hours_in(&place.store()), 3 * (STATIONS + 1));
    audit_is_clean(&place.store());
}

fn ask(daemon: &Running, token: &str) -> String {
    let url = format!("http://127.0.0.1:{}/api/v1/areas/x/reprocess", daemon.port);
    let agent = ureq::Agent::config_builder().http_status_as_error(false).build();
    let request = ureq::Agent::from(agent).post(&url);
    let request = request.header("authorization", &format!("Bearer {token}"));
    let answer = request.send(r#"{"reason":"unknown_station"}"#);
    answer.unwrap().body_mut().read_to_string().unwrap()
}
