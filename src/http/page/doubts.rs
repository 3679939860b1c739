//! What is suspect (疑似异常) or does not count in the newest hour: the marks beside values, and their list.

use super::words::Lang;
use crate::http::quality::reason;
use crate::observation::{Property, Validity};
use crate::pipeline::{AreaView, StationView};
use crate::quality::{Evidence, Finding, Rule, Treatment};

/// Rows of the list; the rest as a number, and over the API.
const LISTED: usize = 40;

/// A row of the list.
#[derive(Debug)]
pub(super) struct Doubt {
    pub(super) station: String,
    pub(super) kind: &'static str,
    pub(super) property: &'static str,
    pub(super) value: String,
    pub(super) rule: &'static str,
    pub(super) reason: String,
    pub(super) around: String,
    pub(super) treatment: &'static str,
    /// The CSS class of the row.
    pub(super) class: &'static str,
}

/// The list: what is taken for valid first, then what is excluded, then what never counted.
#[derive(Debug)]
pub(super) struct Doubts {
    pub(super) rows: Vec<Doubt>,
    /// How many values are suspect: what never counted is none of them.
    pub(super) suspect: usize,
    /// How many more rows there are.
    pub(super) more: usize,
}

impl Doubts {
    pub(super) fn of(area: &AreaView, lang: Lang) -> Self {
        let stations = area.stations.iter().filter(|s| s.in_operation);
        let mut all: Vec<(&StationView, &Finding)> =
            stations.flat_map(|s| s.findings.iter().map(move |finding| (s, finding))).collect();
        all.sort_by_key(|(s, finding)| (finding.treatment, s.station, finding.rule));
        let suspect = all.iter().filter(|(_, f)| f.treatment != Treatment::Invalid).count();
        let rows = all.iter().take(LISTED).filter_map(|(s, f)| row(area, s, f, lang)).collect();
        Self { rows, suspect, more: all.len().saturating_sub(LISTED) }
    }
}

fn row(area: &AreaView, station: &StationView, finding: &Finding, lang: Lang) -> Option<Doubt> {
    let registered = area.registry.stations.get(station.station)?;
    let with_unit =
        |amount, property: Property| format!("{} {}", property.show(amount), property.unit_text());
    let dash = || "—".to_owned();
    let property = finding.property;
    let around = finding.neighbours.zip(property).map(|(n, p)| match lang {
        Lang::Zh => format!("{}（{}站）", with_unit(n.median, p), n.count),
        Lang::En => format!("{} ({} stations)", with_unit(n.median, p), n.count),
    });
    Some(Doubt {
        station: registered.name.clone(),
        kind: lang.kind(registered.kind),
        property: property.map_or(lang.of("全部项目", "all"), |property| property.label()),
        value: sent(finding),
        rule: lang.of(finding.rule.label(), finding.rule.name()),
        reason: said(area, finding, lang),
        around: around.unwrap_or_else(dash),
        treatment: lang.of(finding.treatment.label(), finding.treatment.name()),
        class: match finding.treatment {
            Treatment::Marked => "",
            Treatment::Excluded => "out",
            Treatment::Invalid => "void",
        },
    })
}

/// The mark beside a value and what it says to a pointer; empty where nothing was found.
pub(super) fn mark(
    area: &AreaView,
    station: &StationView,
    property: Property,
    lang: Lang,
) -> (&'static str, String) {
    let found = station.findings.iter().filter(|f| f.concerns(property));
    let found: Vec<&Finding> = found.filter(|f| f.treatment != Treatment::Invalid).collect();
    let excluded = found.iter().any(|f| f.treatment == Treatment::Excluded);
    let mark = match (found.is_empty(), excluded) {
        (true, _) => "",
        (false, true) => lang.of("剔", "out"),
        (false, false) => lang.of("疑", "?"),
    };
    let each = |f: &&Finding| {
        let (rule, reason) = (lang.of(f.rule.label(), f.rule.name()), said(area, f, lang));
        match lang {
            Lang::Zh => format!("\n疑似异常（{}）：{rule}，{reason}", f.treatment.label()),
            Lang::En => format!("\nsuspect ({}): {rule}, {reason}", f.treatment.name()),
        }
    };
    (mark, found.iter().map(each).collect())
}

/// The value as it came, with its unit; a dash where it was no number.
pub(super) fn sent(finding: &Finding) -> String {
    let number = finding.reading.validity != Validity::NotANumber;
    let value = finding.property.filter(|_| number);
    value.map_or_else(
        || "—".to_owned(),
        |p| format!("{} {}", p.show(finding.reading.amount), p.unit_text()),
    )
}

/// Why it was found.
pub(super) fn said(area: &AreaView, finding: &Finding, lang: Lang) -> String {
    if lang == Lang::Zh {
        return reason(area, finding);
    }
    match finding.evidence {
        Evidence::Below(_) => "below the lower limit".to_owned(),
        Evidence::Above(_) => "above the upper limit".to_owned(),
        Evidence::Same(hours) => format!("the same for {hours} h"),
        Evidence::Before(_, hours) => format!("far from the median of the last {hours} h"),
        Evidence::Around => "far from the neighbours".to_owned(),
        Evidence::Inverted(..) => "PM2.5 above PM10".to_owned(),
        Evidence::Twin(other) => {
            let name = area.registry.stations.get(other).map(|s| s.name.as_str());
            format!("all values as at {}", name.unwrap_or_default())
        }
        Evidence::Invalid(_) if finding.rule == Rule::Sentinel => "no-data mark".to_owned(),
        Evidence::Invalid(validity) => lang.validity(validity).to_owned(),
    }
}
