//! Rules of Prometheus and the routes of Alertmanager: read by their own programs, and tested by promtool.

use std::collections::BTreeMap;

use super::lint::{metric_of, selectors};
use super::{debian, ends_well};
use crate::parts::root;

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// The alerts of the rules by name, each with its lines.
pub(super) fn alerts() -> BTreeMap<String, String> {
    let text = read("config/prometheus/alerts.yml");
    let mut all = BTreeMap::new();
    for block in text.split("      - alert: ").skip(1) {
        let (name, lines) = block.split_once('\n').unwrap();
        all.insert(name.to_owned(), lines.to_owned());
    }
    assert!(all.len() >= 15, "{}", all.len());
    all
}

#[test]
fn promtool_takes_configuration_and_rules() {
    let Some(mut promtool) = debian("promtool") else { return };
    let folder = root().join("config/prometheus");
    let said = ends_well(promtool.args(["check", "config"]).arg(folder.join("prometheus.yml")));
    assert!(said.contains("alerts.yml") && said.contains("records.yml"), "{said}");
}

#[test]
fn every_alarm_fires_when_it_should_and_not_before() {
    let Some(mut promtool) = debian("promtool") else { return };
    ends_well(promtool.args(["test", "rules"]).arg(root().join("tests/prometheus/alerts.yml")));
    let tests = read("tests/prometheus/alerts.yml");
    let cases = |of: &str| tests.lines().filter(|l| l.trim() == of).count();
    for name in alerts().keys() {
        assert!(cases(&format!("- name: {name} fires")) == 1, "{name} never fires in a test");
        // The watchdog always does.
        let quiet = cases(&format!("- name: {name} does not")) == 1;
        assert!(quiet || name == "LantianWatchdog", "{name} is always quiet in tests");
    }
}

#[test]
fn every_alarm_tells_what_it_means_and_what_to_do_in_both_languages() {
    let readme = read("README.md");
    for (name, lines) in alerts() {
        let graded = ["critical", "warning", "none"];
        let severity = graded.iter().any(|of| lines.contains(&format!("severity: {of} }}")));
        assert!(severity, "{name} has no severity");
        for told in ["summary", "description", "action"] {
            for key in [told.to_owned(), format!("{told}_en")] {
                let (_, said) = lines
                    .split_once(&format!("          {key}: >-\n"))
                    .unwrap_or_else(|| panic!("{name} has no {key}"));
                let chinese = said.lines().next().unwrap().chars().any(|c| c > '\u{4e00}');
                assert_eq!(chinese, !key.ends_with("_en"), "{name}: {key}");
            }
        }
        assert!(readme.contains(&format!("`{name}`")), "README does not tell of {name}");
    }
}

#[test]
fn rules_ask_for_metrics_of_the_list() {
    let mut seen = 0;
    for file in ["config/prometheus/records.yml", "config/prometheus/alerts.yml"] {
        let text = read(file);
        // Recorded names hold a colon before ours.
        for (name, _) in selectors(&text).into_iter().filter(|(name, _)| !name.contains(':')) {
            assert!(metric_of(name).is_some(), "{file}: {name}");
            seen += 1;
        }
    }
    assert!(seen > 25, "{seen}");
}

/// What is common to alarms that differ is nothing; and one city's silence says nothing of another's.
#[test]
fn mails_have_a_subject_and_cities_do_not_mute_each_other() {
    let text = read("config/prometheus/alertmanager.yml");
    assert!(!text.contains(".CommonAnnotations"), "a mail of two alarms has no subject");
    assert_eq!(text.matches("(index .Alerts 0).Annotations.summary").count(), 2);
    let rules: Vec<_> = text.split("  - source_matchers: ").skip(1).collect();
    assert!(rules.len() >= 4, "{}", rules.len());
    for rule in rules {
        let source = rule.lines().next().unwrap();
        let of_one_city = source.contains("FeedSilent") || source.contains("AreaSilent");
        assert_eq!(rule.contains("equal: [job, instance, area]"), of_one_city, "{source}");
    }
}

#[test]
fn amtool_takes_the_routes() {
    let Some(mut amtool) = debian("amtool") else { return };
    let file = root().join("config/prometheus/alertmanager.yml");
    let said = ends_well(amtool.arg("check-config").arg(&file));
    assert!(said.contains("SUCCESS"), "{said}");
    for (labels, receiver) in [
        ("alertname=LantianDown severity=critical", "on-call"),
        ("alertname=LantianStoreSlow severity=warning", "operators"),
        ("alertname=LantianWatchdog severity=none", "watchdog"),
    ] {
        let Some(mut amtool) = debian("amtool") else { return };
        let routed = amtool.args(["config", "routes", "test", "--config.file"]).arg(&file);
        let said = ends_well(routed.args(labels.split(' ')));
        // Behind it a warning on options.
        assert_eq!(said.lines().next(), Some(receiver), "{labels}");
    }
}
