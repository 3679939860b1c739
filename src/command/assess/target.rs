//! Where a year stands against its targets.

use super::super::ExitError;
use super::super::days_source::{Source, SourceArgs, Way};
use crate::area::{Judge, Member, Registry};
use crate::assessment::target::{Resampling, Target, TargetRow, Targets};
use crate::assessment::{Assessment, DayFigures};

/// Adds the rows of an entity to its assessment, where the span is a year to date.
pub(super) fn judge(
    args: &SourceArgs,
    source: &Source<'_>,
    (registry, member): (&Registry, Member),
    targets: &Targets,
    assessment: &mut Assessment,
) -> Result<(), ExitError> {
    let Some(year) = source.span().and_then(|span| span.year_to_date()) else { return Ok(()) };
    match targets.of_entity(&assessment.entity, year) {
        Err(none) => assessment.targets_reason_zh = Some(none.zh()),
        Ok(found) => {
            for target in found {
                assessment.targets.extend(row(args, source, (registry, member), target)?);
            }
        }
    }
    Ok(())
}

fn row(
    args: &SourceArgs,
    source: &Source<'_>,
    (registry, member): (&Registry, Member),
    target: &Target,
) -> Result<Option<TargetRow>, ExitError> {
    let parameters = args.parameters()?;
    let Some(ended) = source.span().map(|span| span.to) else { return Ok(None) };
    let Target { dataset, judged_by, dust, .. } = *target;
    let way = Way { dataset, judged_by, dust };
    let days_of = |span| -> Result<Vec<DayFigures>, ExitError> {
        let all = source.days(args, way, (registry, &[member]), span, &parameters)?;
        Ok(all.into_iter().flatten().collect())
    };
    let judge = Judge { parameters: &parameters, entity: member.entity() };
    TargetRow::reckoned(target, ended, judge, (&source.dust, &Resampling::DEFAULT), days_of)
}
