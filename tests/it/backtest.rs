//! `lantian backtest` through the binary, over two winter months of Beijing.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

const DATA: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/beijing");

fn run(from: &str, to: &str, more: &[&str]) -> Option<Value> {
    let stations = format!("{DATA}/stations.csv");
    let hours = format!("{DATA}/stations_2013-03_2015-02.csv.gz");
    if !Path::new(&hours).exists() {
        println!("skipped: {DATA} is not there");
        return None;
    }
    let given = ["backtest", "--json", "--hour-label", "end", "--stations", &stations];
    let output = Command::new(env!("CARGO_BIN_EXE_lantian"))
        .args(given)
        .args(["--from", from, "--to", to])
        .args(more)
        .arg(&hours)
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

#[test]
fn every_episode_is_listed_with_what_was_recommended_and_how_early() {
    let Some(found) = run("2014-02-01", "2014-03-10", &["--step", "12"]) else { return };
    let [by_2024, by_2018] = found["rules"].as_array().unwrap().as_slice() else { panic!() };
    for (rules, levels) in [(by_2024, ["red", "red", "yellow"]), (by_2018, ["red", "red", ""])] {
        let episodes = rules["episodes"].as_array().unwrap();
        let of = |key: &str| -> Vec<&str> {
            episodes.iter().map(|e| e[key].as_str().unwrap_or_default()).collect()
        };
        assert_eq!(of("first"), ["2014-02-13", "2014-02-20", "2014-03-03"]);
        assert_eq!(of("last"), ["2014-02-16", "2014-02-24", "2014-03-03"]);
        assert_eq!(of("level"), levels);
        let days = &rules["days"];
        let told: u64 = ["a_day_ahead", "before", "during", "missed"]
            .map(|key| days[key].as_u64().unwrap())
            .iter()
            .sum();
        assert_eq!(days["heavy"].as_u64(), Some(told));
    }
    assert!(by_2024["days"]["missed"].as_u64().unwrap() <= 1, "{}", by_2024["days"]);
    // What comes later changes nothing of what was told before.
    let Some(cut) = run("2014-02-01", "2014-02-22", &["--step", "12", "--rules", "2024"]) else {
        return;
    };
    assert_eq!(cut["rules"][0]["episodes"][0]["told"], by_2024["episodes"][0]["told"]);
}
