//! The feedback sheet (疑似异常反馈表): what is suspect or does not count in the stored hours, and why.
//!
//! Found anew from the stored cells by the thresholds that the store's area has adopted.

use std::io::Write;

use super::{Asked, Broken};
use crate::area::Registry;
use crate::observation::Validity;
use crate::quality::Finding;
use crate::store::Reader;
use crate::time::{Hour, HourLabel};

/// The columns; reasons and names are Chinese, as the sheet goes to people.
const HEADER: [&str; 13] = [
    "time",
    "station",
    "name",
    "kind",
    "property",
    "value",
    "unit",
    "rule",
    "rule_zh",
    "treatment",
    "reason",
    "neighbours",
    "neighbours_median",
];

pub(super) fn write(
    reader: &Reader,
    asked: Option<&Asked>,
    label: HourLabel,
    out: impl Write,
) -> Result<(), Broken> {
    let mut out = csv::Writer::from_writer(out);
    out.write_record(HEADER)?;
    let spanned = asked.and_then(|asked| Some((asked, asked.span?)));
    if let Some((Asked { registry, members, .. }, span)) = spanned {
        let wanted = registry.stations_of(members);
        reader.each_finding(registry, span, |hour, station, finding| {
            if wanted.contains(&station) {
                out.write_record(row(registry, (hour, label), station, finding))?;
            }
            Ok::<(), Broken>(())
        })?;
    }
    Ok(out.flush()?)
}

fn row(
    registry: &Registry,
    (hour, label): (Hour, HourLabel),
    at: usize,
    finding: &Finding,
) -> [String; HEADER.len()] {
    let station = &registry.stations[at];
    let property = finding.property;
    let shown = |amount| property.map(|p| p.show(amount)).unwrap_or_default();
    let number = finding.reading.validity != Validity::NotANumber;
    [
        hour.label(label),
        station.id.to_string(),
        station.name.clone(),
        station.kind.label().to_owned(),
        property.map_or("", |p| p.code()).to_owned(),
        if number { shown(finding.reading.amount) } else { String::new() },
        property.map_or("", |p| p.unit_text()).to_owned(),
        finding.rule.name().to_owned(),
        finding.rule.label().to_owned(),
        finding.treatment.label().to_owned(),
        finding.reason(|other| registry.stations[other].name.clone()),
        finding.neighbours.map(|n| n.count.to_string()).unwrap_or_default(),
        finding.neighbours.map(|n| shown(n.median)).unwrap_or_default(),
    ]
}
