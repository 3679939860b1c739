//! Where a year stands against its targets.

use super::super::ExitError;
use super::super::days_source::{Source, SourceArgs, Way};
use crate::area::{Judge, Member, Registry};
use crate::assessment::target::{Resampling, Target, TargetRow, Targets};
use crate::assessment::{Assessment, DayFigures, DustColumn};

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
    let ended = source.span().map(|span| span.to);
    let Some((from, until)) = ended.and_then(|ended| target.until(ended)) else { return Ok(None) };
    if target.dust == DustColumn::Official {
        return Ok(Some(TargetRow::official(target, &source.dust, until)));
    }
    let Target { dataset, judged_by, dust, .. } = *target;
    let way = Way { dataset, judged_by, dust };
    let days_of = |span| -> Result<Vec<DayFigures>, ExitError> {
        let all = source.days(args, way, (registry, &[member]), span, &parameters)?;
        Ok(all.into_iter().flatten().collect())
    };
    let days = days_of((from, until))?;
    let past = target.past().map_or_else(|| Ok(Vec::new()), days_of)?;
    let as_then = |day: DayFigures| {
        let by = target.judges(day.day);
        day.judged_by(by, &parameters, member.entity())
    };
    let past: Vec<DayFigures> = past.into_iter().map(as_then).collect();
    let judge = Judge { parameters: &parameters, entity: member.entity() };
    let by = Resampling::DEFAULT;
    Ok(Some(TargetRow::of(target, (&days, &past), until, judge, &by)))
}
