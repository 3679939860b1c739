//! The stack of compose.yaml: every file it mounts is there, versions are pinned, nothing is open or has a
//! password.
//!
//! Images are not pulled and nothing is started here.

use std::path::Path;

use serde_json::Value;

use super::{ends_well, list, text};
use crate::parts::{python, root};

/// A YAML file as JSON, by Python's reader.
fn yaml(name: &str) -> Option<Value> {
    let to_json = "import json, sys, yaml; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let mut python = python("python3")?;
    let said = ends_well(python.args(["-c", to_json]).arg(root().join(name)));
    Some(serde_json::from_str(&said).unwrap())
}

fn services(compose: &Value) -> impl Iterator<Item = (&String, &Value)> {
    compose["services"].as_object().unwrap().iter()
}

#[test]
fn every_mounted_file_is_there() {
    let Some(compose) = yaml("config/compose.yaml") else { return };
    let volumes = compose["volumes"].as_object().unwrap();
    let mut files = 0;
    for (name, service) in services(&compose) {
        for volume in list(&service["volumes"]).iter().map(text) {
            let (from, to) = volume.split_once(':').unwrap();
            if from.starts_with('.') {
                let there = root().join("config").join(from);
                assert!(there.exists(), "{name}: {from} is not there");
                assert!(to.ends_with(":ro"), "{name}: {volume} can be written");
                files += 1;
            } else {
                assert!(volumes.contains_key(from), "{name}: no volume {from}");
            }
        }
        for secret in list(&service["secrets"]).iter().map(text) {
            let file = text(&compose["secrets"][secret]["file"]);
            assert_eq!(file, format!("./secrets/{secret}"), "{name}");
        }
    }
    assert!(files > 10, "{files}");
    let build = &compose["services"]["lantian"]["build"];
    let context = root().join("config").join(text(&build["context"]));
    assert!(context.join(text(&build["dockerfile"])).exists());
    let ignored = std::fs::read_to_string(root().join(".gitignore")).unwrap();
    assert!(ignored.lines().any(|line| line == "/config/secrets"), "secrets could be committed");
}

#[test]
fn versions_are_pinned_and_only_this_machine_reaches_it() {
    let Some(compose) = yaml("config/compose.yaml") else { return };
    for (name, service) in services(&compose) {
        let (_, version) = text(&service["image"]).split_once(':').unwrap();
        let parts: Vec<&str> = version.trim_start_matches('v').split('.').collect();
        let pinned = parts.len() == 3 && parts.iter().all(|part| part.parse::<u32>().is_ok());
        assert!(pinned, "{name}: {version}");
        let ports = list(&service["ports"]);
        assert!(!ports.is_empty(), "{name}");
        for port in ports.iter().map(text) {
            assert!(port.starts_with("127.0.0.1:"), "{name}: {port}");
        }
        assert!(!list(&service["healthcheck"]["test"]).is_empty(), "{name}: nobody asks how it is");
        for (key, value) in service["environment"].as_object().into_iter().flatten() {
            let secret = key.contains("PASSWORD") || key.contains("TOKEN");
            assert!(!secret || text(value).starts_with("/run/secrets/"), "{name}: {key}");
        }
    }
    let plugin = text(&compose["services"]["grafana"]["environment"]["GF_PLUGINS_PREINSTALL_SYNC"]);
    assert!(plugin.starts_with("yesoreyeram-infinity-datasource@"), "{plugin}");
}

#[test]
fn grafana_finds_its_data_and_its_dashboards() {
    let Some(compose) = yaml("config/compose.yaml") else { return };
    let grafana = &compose["services"]["grafana"];
    let sources = yaml("config/grafana/provisioning/datasources/lantian.yml").unwrap();
    let kinds: Vec<&str> = list(&sources["datasources"]).iter().map(|s| text(&s["type"])).collect();
    assert_eq!(kinds, ["prometheus", "yesoreyeram-infinity-datasource"]);
    for source in list(&sources["datasources"]) {
        let variable = text(&source["url"]).trim_start_matches("${").trim_end_matches('}');
        assert!(!grafana["environment"][variable].is_null(), "nobody says what {variable} is");
    }
    let providers = yaml("config/grafana/provisioning/dashboards/lantian.yml").unwrap();
    let mounted: Vec<&str> = list(&grafana["volumes"]).iter().map(text).collect();
    for provider in list(&providers["providers"]) {
        let path = text(&provider["options"]["path"]);
        let under = mounted.iter().filter(|m| m.contains(&format!(":{path}")));
        let found = under.filter(|m| {
            let from = root().join("config").join(m.split(':').next().unwrap());
            from.is_dir() || from.extension().is_some_and(|e| e == "json")
        });
        assert!(found.count() >= 1, "nothing is mounted at {path}");
    }
    let of_zh = mounted.iter().filter(|m| m.contains(":/var/lib/grafana/dashboards/zh/"));
    assert_eq!(of_zh.count(), super::dashboard::all(super::Language::Zh).len());
}

/// The configurations of the containers are those that are shipped, but for names and paths.
#[test]
fn the_containers_are_configured_like_everybody_else() {
    let read = |name: &str| std::fs::read_to_string(root().join(name)).unwrap();
    let bare = |name: &str| -> Vec<String> {
        let text = read(name).replace("alertmanager:9093", "localhost:9093");
        let text = text.replace("lantian:8080", "localhost:8080");
        let lines = text.lines().filter(|line| !line.trim_start().starts_with('#'));
        lines.filter(|line| !line.is_empty()).map(str::to_owned).collect()
    };
    assert_eq!(bare("config/compose/prometheus.yml"), bare("config/prometheus/prometheus.yml"));
    let broker = bare("config/compose/mosquitto.conf");
    let own = |line: &String| {
        ["listener", "allow_anonymous", "persistence_location", "connection_messages"]
            .iter()
            .any(|key| line.starts_with(key))
    };
    for line in bare("config/mosquitto.conf").iter().filter(|line| !own(line)) {
        assert!(broker.contains(line), "{line}");
    }
    assert!(broker.contains(&"allow_anonymous false".to_owned()));

    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, "x").unwrap();
    let seeds = root().join("seeds").display().to_string();
    let config = read("config/compose/lantian.toml")
        .replace("/run/secrets/mqtt_password", &password.display().to_string())
        .replace("../../seeds", &seeds);
    let path: &Path = &folder.path().join("lantian.toml");
    std::fs::write(path, config).unwrap();
    let (code, said) = crate::life::lantian(&["check", "--config", &path.display().to_string()]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("area dalian 大连市: 10 stations"), "{said}");
}
