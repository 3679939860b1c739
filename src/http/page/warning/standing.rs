//! What is issued, and what waits for a person: of the real warnings, and of the drill that runs beside them.
//!
//! In: an area's view. Out: the rows of the page at `/warnings`, and the banners of the first page.
//!
//! Invariants: what is real stands first; what is of a drill carries its mark in its title.

use super::{Mark, mark, minute, target};
use crate::http::page::model::Banner;
use crate::http::page::words::Lang;
use crate::measures::{Edition, Required, shortfall};
use crate::pipeline::AreaView;
use crate::warning::{DRILL_ZH, Level, Proposal, Record, Target, Warnings};

/// What stands before whatever is of a drill.
pub(super) const fn mark_of(drill: bool, lang: Lang) -> &'static str {
    if drill { lang.of(DRILL_ZH, "[drill] ") } else { "" }
}

/// What is in effect, or will be.
pub(super) struct Standing {
    pub(super) mark: Mark,
    pub(super) response: String,
    pub(super) issued: String,
    pub(super) from: String,
    pub(super) title: &'static str,
    /// What stands before it: nothing, or the mark of a drill.
    pub(super) drill: &'static str,
}

/// What waits for a decision.
pub(super) struct Waiting {
    /// What stands before it: nothing, or the mark of a drill.
    pub(super) drill: &'static str,
    pub(super) warning: u64,
    pub(super) number: u64,
    pub(super) mark: Mark,
    pub(super) change: &'static str,
    pub(super) since: String,
    pub(super) why: String,
    pub(super) state: String,
    pub(super) ordered: bool,
    pub(super) approved: bool,
    pub(super) target: &'static str,
    /// What the list of measures comes to at the level; empty for lifting, and without a list.
    pub(super) shortfall: Vec<Short>,
}

/// One substance of the list of measures.
pub(super) struct Short {
    pub(super) substance: String,
    pub(super) reached: String,
    pub(super) required: u8,
    pub(super) short: bool,
    pub(super) missing: String,
}

/// What the first page says of warnings: what is issued, and what waits for a person.
pub(in crate::http::page) fn banners(area: &AreaView, lang: Lang) -> Vec<Banner> {
    let mut all = Vec::new();
    for of in standing(&area.warnings, false, lang) {
        let name = of.mark.name;
        let text = match lang {
            Lang::Zh => format!("{name}，{}，自{}起", of.response, of.from),
            Lang::En => format!("{name}, {}, from {}", of.response, of.from),
        };
        let text = text.replace("，，", "，").replace(", ,", ",");
        all.push(Banner { class: of.mark.class, strong: of.title, text });
    }
    if let Some(of) = waiting(&area.warnings, None, None, lang) {
        let (strong, ordered) = match (of.ordered, lang) {
            (true, Lang::Zh) => ("省级已要求，尚未发布", "按省级最低级别"),
            (true, Lang::En) => ("Ordered, not issued", ""),
            (false, _) => (lang.of("预警建议", "Recommended"), ""),
        };
        let text = match lang {
            Lang::Zh => format!("{ordered}{}{}预警：{}", of.change, of.mark.name, of.state)
                .replace("解除解除预警", "解除预警"),
            Lang::En => format!("{}: {}", of.mark.name, of.state),
        };
        all.push(Banner { class: "alarm", strong, text });
    }
    if let Some(drill) = &area.warnings.drill {
        let level = mark(drill.level, lang).name;
        let text = match lang {
            Lang::Zh => {
                format!("{level}预警情景，空气质量均为模拟，自{}起", minute(drill.since))
            }
            Lang::En => format!("{level}, on simulated air, since {}", minute(drill.since)),
        };
        let strong = lang.of("【演练】应急演练进行中", "[drill] A drill runs");
        all.push(Banner { class: "drill", strong, text });
    }
    all
}

/// What is issued of the real warnings, or of a drill's.
pub(super) fn standing(warnings: &Warnings, drill: bool, lang: Lang) -> Vec<Standing> {
    let drill = mark_of(drill, lang);
    let response = |level: Option<Level>| match (level, lang) {
        (None, _) => String::new(),
        (Some(level), Lang::Zh) => format!("{}应急响应", level.response_zh()),
        (Some(level), Lang::En) => {
            format!("response {}", level.response_zh().trim_end_matches('级'))
        }
    };
    let in_force = warnings.in_force().map(|of| Standing {
        mark: mark(of.level, lang),
        response: response(Some(of.response)),
        issued: minute(of.issued),
        from: minute(of.effective_from),
        title: lang.of("重污染天气预警生效中", "Warning in effect"),
        drill,
    });
    let coming = warnings.coming().map(|of| Standing {
        mark: target(of.target, lang),
        response: response(of.response),
        issued: minute(of.issued),
        from: minute(of.effective_from),
        title: lang.of("已发布，尚未生效", "Issued, not in effect yet"),
        drill,
    });
    in_force.into_iter().chain(coming).collect()
}

/// What was approved; until then what is recommended.
fn decided(proposal: &Proposal) -> Target {
    let approved = proposal.approval.as_ref().map(|(_, approval)| approval.target);
    approved.unwrap_or(proposal.recommendation.target)
}

/// What waits of the real warnings, or of a drill's.
pub(super) fn waiting(
    warnings: &Warnings,
    drill: Option<u64>,
    edition: Option<&Edition>,
    lang: Lang,
) -> Option<Waiting> {
    let proposal = warnings.proposal()?;
    let recommendation = &proposal.recommendation;
    let record = Record {
        number: proposal.number,
        at: proposal.since,
        person: None,
        drill,
        body: crate::warning::Body::Recommended(recommendation.clone()),
    };
    let state = match &proposal.approval {
        None => lang.of("待会商、报批", "to be consulted on and approved").to_owned(),
        Some((_, approval)) => match lang {
            Lang::Zh => {
                format!("已登记批准（{}，{}），待发布", approval.approver, approval.document)
            }
            Lang::En => format!("approved ({}), to be issued", approval.document),
        },
    };
    let shortfall = match (edition, decided(proposal).level()) {
        (Some(edition), Some(level)) => short(edition, level),
        _ => Vec::new(),
    };
    Some(Waiting {
        drill: mark_of(drill.is_some(), lang),
        warning: warnings.open.as_ref().map_or(0, |open| open.warning),
        number: proposal.number,
        mark: target(decided(proposal), lang),
        change: match (warnings.open.as_ref().and_then(|o| o.change_to(decided(proposal))), lang) {
            (Some(change), Lang::Zh) => change.text_zh(),
            _ => "",
        },
        since: minute(proposal.since),
        why: record.text_zh(),
        state,
        ordered: proposal.is_ordered(),
        approved: proposal.approval.is_some(),
        target: recommendation.target.name(),
        shortfall,
    })
}

fn short(edition: &Edition, level: Level) -> Vec<Short> {
    let found = shortfall(edition, level, Required::DEFAULT);
    let row = |row: &crate::measures::ShortfallRow| Short {
        substance: row.substance.text_zh().to_owned(),
        reached: row.reached_percent.to_string(),
        required: row.required_percent,
        short: row.short,
        missing: row.missing_g_per_day.to_string(),
    };
    found.rows.iter().map(row).collect()
}
