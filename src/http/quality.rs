//! What checks have found: of a station's newest hour as JSON, and of the last hours for pages.

use serde::Serialize;
use utoipa::ToSchema;

use super::document::Decimal;
use super::{Archive, ArchiveError};
use crate::observation::Validity;
use crate::pipeline::{AreaView, StationView};
use crate::quality::Finding;
use crate::time::{Day, Hour};

/// A value that is suspect, or does not count, and why.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct FindingDocument {
    /// `range`, `stuck`, `jump`, `neighbours`, `inversion`, `duplicate`, `sentinel`, `flag` or `unusable`.
    rule: &'static str,
    /// The rule as the monitoring room says it.
    rule_zh: &'static str,
    /// The property's code; null for all pollutants of the hour.
    property: Option<&'static str>,
    /// The value as sent; null when it was no number.
    value: Option<Decimal>,
    unit: Option<&'static str>,
    /// `marked` (it counts), `excluded` (taken out of figures) or `invalid` (it never counted).
    treatment: &'static str,
    reason_zh: String,
    /// What the neighbours had; null where too few say anything.
    neighbours_median: Option<Decimal>,
    /// How many neighbours that is.
    neighbours: Option<u16>,
}

/// What was found of a station, as far as its area has published an hour.
pub(super) fn findings(area: &AreaView, station: &StationView) -> Vec<FindingDocument> {
    let found = station.findings.iter().filter(|_| area.newest.is_some());
    found.map(|finding| document(area, finding)).collect()
}

/// What was found in the hours `from` to `to`, in the order of time: from the view, and from the archive what
/// lies before the hours that it holds.
pub(super) fn found(
    archive: &dyn Archive,
    area: &AreaView,
    (from, to): (Hour, Hour),
) -> Result<Vec<(Hour, usize, Finding)>, ArchiveError> {
    let held_from = area.found.keys().next().copied().unwrap_or(to.plus(1)).clamp(from, to.plus(1));
    let (mut all, code) = (Vec::new(), area.registry.area.as_str());
    if from < held_from {
        let before = from..held_from;
        for day in (from.day().number()..=held_from.plus(-1).day().number()).map(Day::from_number) {
            let of_day = archive.findings(code, day)?;
            all.extend(of_day.into_iter().filter(|(hour, ..)| before.contains(hour)));
        }
    }
    all.extend(area.found((held_from, to)).map(|(hour, at, finding)| (hour, at, *finding)));
    Ok(all)
}

/// Why a value was found, with other stations by their names.
pub(super) fn reason(area: &AreaView, finding: &Finding) -> String {
    let stations = &area.registry.stations;
    finding.reason(|at| stations.get(at).map(|s| s.name.clone()).unwrap_or_default())
}

fn document(area: &AreaView, finding: &Finding) -> FindingDocument {
    let property = finding.property;
    let shown = |amount| property.and_then(|property| Decimal::amount(amount, property));
    let number = finding.reading.validity != Validity::NotANumber;
    FindingDocument {
        rule: finding.rule.name(),
        rule_zh: finding.rule.label(),
        property: property.map(|property| property.code()),
        value: if number { shown(finding.reading.amount) } else { None },
        unit: property.map(|property| property.unit_text()),
        treatment: finding.treatment.name(),
        reason_zh: reason(area, finding),
        neighbours_median: finding.neighbours.and_then(|n| shown(n.median)),
        neighbours: finding.neighbours.map(|n| n.count),
    }
}
