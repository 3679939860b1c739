//! An assessment and the rows of a plan, from days that somebody else reads.
//!
//! In: whose days, and a way to get those of a span. Out: an [`Assessment`] beside the spans it is compared
//! with, and a [`TargetRow`].
//!
//! Why here: the command, the API and the papers ask for the same, each with a reader of its own; what is
//! done with the days must not differ.

use super::dust::DustEntries;
use super::target::{Resampling, Target, TargetRow};
use super::{Assessment, Comparison, DayFigures, DustColumn, Period, Span, Subject, Versus};
use crate::area::Judge;
use crate::time::Day;

impl Subject<'_> {
    /// What the days of a span come to, beside the other spans asked for.
    ///
    /// # Errors
    /// What `days_of` gives up with.
    pub fn assessed<E>(
        &self,
        (span, days): (Span, &[DayFigures]),
        compared: &[Versus],
        mut days_of: impl FnMut(Span) -> Result<Vec<DayFigures>, E>,
    ) -> Result<Assessment, E> {
        let period = |span: Span, days: &[DayFigures]| {
            let ends = (span.from, span.to);
            Period::judged_by(self.judged_by, ends, days, self.parameters, self.kind)
        };
        let now = period(span, days);
        let mut comparisons = Vec::with_capacity(compared.len());
        for versus in compared {
            let other = match versus {
                Versus::YearBefore => span.year_before(),
                Versus::PeriodBefore => span.period_before(),
            };
            let Some(other) = other else {
                comparisons.push(Comparison::none(*versus, self, "该时段没有上一期"));
                continue;
            };
            let before = days_of(other)?;
            let then = period(other, &before);
            comparisons.push(Comparison::of(*versus, (&now, days), (&then, &before), self));
        }
        Ok(Assessment { comparisons, ..Assessment::of(&now, days, self) })
    }
}

impl TargetRow {
    /// Where the year stands against a target when `ended` was the last day; `None` before its first day has
    /// ended. `days_of` gives the days of its entity, by its dataset, edition and column of dust.
    ///
    /// # Errors
    /// What `days_of` gives up with.
    pub fn reckoned<E>(
        target: &Target,
        ended: Day,
        judge: Judge<'_>,
        (dust, by): (&DustEntries, &Resampling),
        mut days_of: impl FnMut((Day, Day)) -> Result<Vec<DayFigures>, E>,
    ) -> Result<Option<Self>, E> {
        let Some((from, until)) = target.until(ended) else { return Ok(None) };
        if target.dust == DustColumn::Official {
            return Ok(Some(Self::official(target, dust, until)));
        }
        let days = days_of((from, until))?;
        let past = target.past().map_or_else(|| Ok(Vec::new()), days_of)?;
        let as_then = |day: DayFigures| {
            let then = target.judges(day.day);
            day.judged_by(then, judge.parameters, judge.entity)
        };
        let past: Vec<DayFigures> = past.into_iter().map(as_then).collect();
        Ok(Some(Self::of(target, (&days, &past), until, judge, by)))
    }
}
