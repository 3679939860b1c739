//! Templates: texts of the room that become papers.
//!
//! In: Markdown with the figures' names in it (Jinja), and the figures. Out: a [`Document`], or a
//! [`TemplateFault`] with its line.
//!
//! Invariants: a name that the figures do not have is a fault, also where nothing would be shown; a null is
//! NA; a value stands as it is, whatever signs it holds; numbers keep the digits they are shown with.
//!
//! Why Markdown: one text gives every format, and people who change a sentence need to know no other sign.

use std::collections::BTreeMap;
use std::fmt;

use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Output, State, UndefinedBehavior, Value};
use serde::Serialize;
use serde_json::value::RawValue;

use super::markdown::{self, escaped};
use super::{Block, Chart, Document, ReportFigures, ReportKind, sample};

/// What is missing (HJ 633—2026, notes to Tables 4 and 5).
const MISSING: &str = "NA";

/// The templates that come with the program.
pub(super) const BUILT_IN: [(ReportKind, &str); ReportKind::ALL.len()] = [
    (ReportKind::Daily, include_str!("../../config/templates/daily.md")),
    (ReportKind::Brief, include_str!("../../config/templates/brief.md")),
    (ReportKind::Forecast, include_str!("../../config/templates/forecast.md")),
    (ReportKind::Weekly, include_str!("../../config/templates/weekly.md")),
    (ReportKind::Monthly, include_str!("../../config/templates/monthly.md")),
    (ReportKind::Ranking, include_str!("../../config/templates/ranking.md")),
    (ReportKind::Leader, include_str!("../../config/templates/leader.md")),
    (ReportKind::Consultation, include_str!("../../config/templates/consultation.md")),
    (ReportKind::Approval, include_str!("../../config/templates/approval.md")),
    (ReportKind::Notice, include_str!("../../config/templates/notice.md")),
    (ReportKind::Tasks, include_str!("../../config/templates/tasks.md")),
    (ReportKind::Response, include_str!("../../config/templates/response.md")),
    (ReportKind::Review, include_str!("../../config/templates/review.md")),
    (ReportKind::Feedback, include_str!("../../config/templates/feedback.md")),
    (ReportKind::Shift, include_str!("../../config/templates/shift.md")),
];

/// What is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct TemplateFault {
    /// The file, or the kind's code.
    pub origin: String,
    /// The line, from 1; none where it is not known.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub reason: String,
}

/// `daily.md:12: …`.
impl fmt::Display for TemplateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { origin, line, reason } = self;
        match line {
            Some(line) => write!(f, "{origin}:{line}: {reason}"),
            None => write!(f, "{origin}: {reason}"),
        }
    }
}

/// One template for each kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Templates(BTreeMap<ReportKind, Template>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Template {
    origin: String,
    text: String,
}

impl Default for Templates {
    /// Those that come with the program.
    fn default() -> Self {
        let one = |(kind, text): (ReportKind, &str)| {
            let origin = format!("{kind} (built in)");
            (kind, Template { origin, text: text.to_owned() })
        };
        Self(BUILT_IN.into_iter().map(one).collect())
    }
}

impl Templates {
    /// Puts a text of the room in the place of a built-in one; `origin` is its file.
    pub fn replace(&mut self, kind: ReportKind, origin: String, text: String) {
        self.0.insert(kind, Template { origin, text });
    }

    /// Tries every template with made-up figures: with everything, and with nothing.
    #[must_use]
    pub fn faults(&self) -> Vec<TemplateFault> {
        let all = sample::figures();
        let mut faults: Vec<TemplateFault> =
            all.iter().filter_map(|figures| self.document(figures).err()).collect();
        faults.dedup();
        faults
    }

    /// The paper that figures make.
    ///
    /// # Errors
    /// The [`TemplateFault`] of the kind's template.
    pub fn document(&self, figures: &ReportFigures) -> Result<Document, TemplateFault> {
        let kind = figures.kind();
        let template = self.0.get(&kind).ok_or_else(|| TemplateFault {
            origin: kind.to_string(),
            line: None,
            reason: "there is no template".to_owned(),
        })?;
        let fault = |line, reason| TemplateFault { origin: template.origin.clone(), line, reason };
        let values = values(figures).map_err(|e| fault(None, e.to_string()))?;
        let written = environment()
            .and_then(|jinja| jinja.render_named_str(kind.code(), &template.text, values))
            .map_err(|e| fault(e.line(), told(&e)))?;
        let (title, mut blocks) = markdown::read(&written).map_err(|found| {
            let line = written.lines().nth(found.line - 1).unwrap_or_default().to_owned();
            fault(None, format!("what it comes to {}: {line:?}", found.reason))
        })?;
        for block in &mut blocks {
            let Block::Chart(chart) = block else { continue };
            let Chart { name, caption, .. } = chart.clone();
            let found = figures.chart(&name);
            let none = || fault(None, format!("{kind} has no chart {name:?}"));
            *chart = Chart { caption, name: name.clone(), ..found.ok_or_else(none)? };
        }
        Ok(Document::new(figures.head(), &title, blocks))
    }
}

fn told(e: &minijinja::Error) -> String {
    match e.detail() {
        Some(detail) => format!("{}: {detail}", e.kind()),
        None => e.kind().to_string(),
    }
}

fn environment() -> Result<Environment<'static>, minijinja::Error> {
    let mut jinja = Environment::new();
    jinja.set_undefined_behavior(UndefinedBehavior::Strict);
    // Lines that hold only a tag leave no empty line, which would end a table.
    jinja.set_syntax(SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?);
    jinja.set_auto_escape_callback(|_| AutoEscape::Custom("markdown".into()));
    jinja.set_formatter(write);
    Ok(jinja)
}

fn write(
    out: &mut Output<'_>,
    _: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), minijinja::Error> {
    if value.is_none() {
        out.write_str(MISSING)?;
    } else if value.is_safe() {
        out.write_str(&value.to_string())?; // what a macro of the template came to
    } else {
        out.write_str(&escaped(&value.to_string()))?;
    }
    Ok(())
}

/// The figures under the names of their JSON. Decimals stay texts, so that 4.50 does not become 4.5.
fn values(figures: &impl Serialize) -> Result<Value, serde_json::Error> {
    value(&serde_json::value::to_raw_value(figures)?)
}

fn value(json: &RawValue) -> Result<Value, serde_json::Error> {
    let text = json.get();
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text)?;
            let fields = fields.into_iter().map(|(name, of)| Ok((name, value(&of)?)));
            Value::from(fields.collect::<Result<BTreeMap<String, Value>, serde_json::Error>>()?)
        }
        Some(b'[') => {
            let items: Vec<Box<RawValue>> = serde_json::from_str(text)?;
            let items = items.iter().map(|of| value(of));
            Value::from(items.collect::<Result<Vec<Value>, _>>()?)
        }
        Some(b'"') => Value::from(serde_json::from_str::<String>(text)?),
        Some(b'n') => Value::from(()),
        Some(b't' | b'f') => Value::from(text == "true"),
        _ => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
    })
}
