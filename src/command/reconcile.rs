//! `lantian reconcile`: why do our figures differ from the national platform's?

use std::fmt::Write as _;
use std::io::Write;
use std::path::PathBuf;

use super::fault::store_fault;
use super::{ExitError, text};
use crate::area::{AreaId, Member, Registry};
use crate::http::ReconciliationDocument;
use crate::reconciliation::{Cause, Difference, Reconciliation, Tallies, in_order};
use crate::standard::{Parameters, Practice};
use crate::store::Reader;
use crate::time::{DAY_H, Day, Hour, HourLabel};

/// Compare stored figures with what the national platform published: what differs, and the likely cause.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The store. A daemon may be writing to it.
    #[arg(long, value_name = "FILE")]
    store: PathBuf,
    /// The area; may be left out when the store has one.
    #[arg(long, value_name = "AREA")]
    area: Option<String>,
    /// The first day, such as 2025-01-01.
    #[arg(long, value_name = "DAY")]
    from: Day,
    /// The last day, included.
    #[arg(long, value_name = "DAY")]
    to: Day,
    /// By which practice ours are taken [default: as the store's].
    #[arg(long, value_name = "letter|national_platform")]
    practice: Option<Practice>,
    /// One document.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args, out: &mut impl Write) -> Result<(), ExitError> {
    if !args.store.is_file() {
        return Err(ExitError::Io(format!("{}: there is no such store", args.store.display())));
    }
    if args.to < args.from {
        let Args { from, to, .. } = args;
        return Err(ExitError::Usage(format!("--to {to} is before --from {from}")));
    }
    let fault = |e| store_fault(&args.store, &e);
    let reader = Reader::open(&args.store).map_err(fault)?;
    let area = area_of(&reader.areas().map_err(fault)?, args.area.as_deref())?;
    let registry = reader.registry(&area).map_err(fault)?;
    let held = reader.rules(&area).map_err(fault)?;
    let held = held.map(|rules| rules.params.parameters).unwrap_or_default();
    let parameters = Parameters { practice: args.practice.unwrap_or(held.practice), ..held };
    let span = (args.from.start(), args.to.hour(DAY_H - 1));
    let mut found = Reconciliation::default();
    let mut lines = String::new();
    let tallies = reader.reconcile(&registry, span, &parameters, |member, difference| {
        if args.json {
            found.differences.push((member, difference.clone()));
        } else {
            lines += &line(&registry, member, difference);
        }
    });
    found.tallies = tallies.map_err(fault)?;
    if args.json {
        let document = ReconciliationDocument::new(&registry, span, parameters.practice, &found);
        let text = serde_json::to_string_pretty(&document);
        let text = text.map_err(|e| ExitError::Internal(e.to_string()))?;
        return text::written(writeln!(out, "{text}"));
    }
    lines += &totals(&found.tallies);
    text::written(out.write_all(lines.as_bytes()))
}

/// The area of a store: the one that is named, or the only one.
pub(super) fn area_of(areas: &[AreaId], named: Option<&str>) -> Result<AreaId, ExitError> {
    let list = || areas.iter().map(AreaId::as_str).collect::<Vec<_>>().join(", ");
    let found = match (named, areas) {
        (None, [only]) => Some(only),
        (None, _) => None,
        (Some(name), _) => areas.iter().find(|area| area.as_str() == name),
    };
    let text = || format!("--area: one of those in the store expected: {}", list());
    found.cloned().ok_or_else(|| ExitError::Usage(text()))
}

/// One difference: when, whose, what, ours, theirs, the difference, the cause and how it was found.
fn line(registry: &Registry, member: Member, difference: &Difference) -> String {
    let quantity = difference.published.quantity;
    let evidence = difference.evidence();
    let gap = difference.gap().map_or_else(String::new, |gap| quantity.show_number(gap));
    let shown = |value| match quantity.show(value) {
        text if text.is_empty() => "-".to_owned(),
        text => text,
    };
    format!(
        "{} {} {} {} {} {} {} {}\n",
        text::left(&label(difference.hour), 16),
        text::left(&registry.name_of(member), 14),
        text::left(quantity.name(), 18),
        text::right(&shown(difference.ours), 7),
        text::right(&shown(difference.published.last), 7),
        text::right(&gap, 6),
        text::left(evidence.cause().text_zh(), 9),
        evidence.text_zh(),
    )
}

/// As the platform labels it.
fn label(hour: Hour) -> String {
    hour.label(HourLabel::End)
}

fn totals(tallies: &Tallies) -> String {
    let mut text = String::new();
    for (quantity, tally) in in_order(tallies) {
        let differing = tally.compared - tally.equal;
        let _ = write!(
            text,
            "{} {} compared, {} equal, {differing} differ",
            text::left(quantity.name(), 18),
            tally.compared,
            tally.equal
        );
        for (cause, count) in Cause::ALL.into_iter().zip(tally.by_cause) {
            if count > 0 {
                let _ = write!(text, ", {} {count}", cause.text_zh());
            }
        }
        text.push('\n');
    }
    if tallies.is_empty() {
        text += "nothing was published in these days\n";
    }
    text
}
