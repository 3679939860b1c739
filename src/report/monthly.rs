//! The figures of a monthly report (空气质量月报), and of the ranks of a month (排名表).
//!
//! In: the days of a month, as far as it has ended, of the year before, of the month before, and since 1
//! January. Out: [`MonthlyFigures`] and [`RankingFigures`].
//!
//! Source: HJ 663 (composite index); terms.md (同比, 环比, 累计; 测算).

use serde::Serialize;
use utoipa::ToSchema;

use super::Head;
use super::account::{Account, PlanLine};
use super::asked::{DaysOf, ReportAsked};
use super::line::DayLine;
use crate::assessment::Span;
use crate::assessment::rank::{Rank, RankBy, RankSet};
use crate::observation::Pollutant;

/// The figures of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct MonthlyFigures {
    /// What stands above.
    pub head: Head,
    /// Whether the whole month has ended.
    pub over: bool,
    /// The month.
    pub month: Account,
    /// The days since 1 January.
    pub year: Account,
    /// The named sets inside the area; empty where the paper is of one of them.
    pub sets: Vec<Account>,
    /// The stations of the entity.
    pub stations: Vec<Account>,
    /// Each day of the month.
    pub days: Vec<DayLine>,
    /// Where the year stands against the plan.
    pub targets: Vec<PlanLine>,
    /// Why there is none: 未录入本年度目标.
    pub targets_reason_zh: Option<&'static str>,
    /// Places among reference cities, reckoned here (测算).
    pub ranks: Vec<Rank>,
}

/// The figures of a table of ranks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct RankingFigures {
    /// What stands above.
    pub head: Head,
    /// Whether the whole month has ended.
    pub over: bool,
    /// By composite index, PM2.5 and good days: of the month.
    pub month: Vec<Rank>,
    /// The same since 1 January.
    pub year: Vec<Rank>,
}

/// By what a table of ranks is.
const BY: [RankBy; 3] =
    [RankBy::Composite, RankBy::Concentration(Pollutant::Pm2_5), RankBy::GoodDays];

/// Whether a span ends with its month.
fn is_over(span: Span) -> bool {
    span.to.plus(1).date().2 == 1
}

/// From 1 January to the end of a span.
pub(super) fn to_date(span: Span) -> Span {
    Span::to_date(span.to).unwrap_or(span)
}

impl MonthlyFigures {
    pub(super) fn of<E>(asked: &ReportAsked<'_>, days_of: &mut DaysOf<'_, E>) -> Result<Self, E> {
        let (span, member) = (asked.span, asked.member);
        let held = asked.days(&[member], span, days_of)?;
        let held: Vec<_> = held.into_iter().flatten().collect();
        let (targets, targets_reason_zh) = asked.plan(days_of)?;
        let ranked = [(RankBy::Composite, span), (RankBy::Composite, to_date(span))];
        Ok(Self {
            head: asked.head(&held),
            over: is_over(span),
            month: asked.account(member, span, days_of)?,
            year: asked.account(member, to_date(span), days_of)?,
            sets: asked.accounts(asked.sets_inside(), span, days_of)?,
            stations: asked.accounts(asked.stations(span.to), span, days_of)?,
            days: asked.every_day(&held),
            targets,
            targets_reason_zh,
            ranks: asked.ranks(&ranked, days_of)?,
        })
    }
}

impl RankingFigures {
    pub(super) fn of<E>(asked: &ReportAsked<'_>, days_of: &mut DaysOf<'_, E>) -> Result<Self, E> {
        let span = asked.span;
        let days = asked.days(&[asked.member], span, days_of)?;
        let days: Vec<_> = days.into_iter().flatten().collect();
        // Reference cities first, then what lies inside the area.
        let inside = |set: &&RankSet| set.area == asked.registry.area;
        let inside = asked.lists.ranks.iter().filter(inside).map(|set| (set, asked.registry));
        let sets: Vec<_> = asked.own_sets().chain(inside).collect();
        let mut of = |span: Span| -> Result<Vec<Rank>, E> {
            let mut all = Vec::new();
            for set in &sets {
                for by in BY {
                    all.push(asked.rank(*set, by, span, days_of)?);
                }
            }
            Ok(all)
        };
        Ok(Self {
            head: asked.head(&days),
            over: is_over(span),
            month: of(span)?,
            year: of(to_date(span))?,
        })
    }
}
