//! Where a year stands against its targets, from the archive.

use crate::area::Judge;
use crate::assessment::DayFigures;
use crate::assessment::dust::DustEntries;
use crate::assessment::target::{Resampling, Target, TargetRow};
use crate::http::{Archive, ArchiveError, DaysQuery, EntityId};
use crate::standard::{Entity, Parameters};
use crate::time::Day;

/// What every row needs.
#[derive(Clone, Copy)]
pub(super) struct Plan<'a> {
    pub(super) archive: &'a dyn Archive,
    pub(super) parameters: &'a Parameters,
    pub(super) resampling: &'a Resampling,
    pub(super) dust: &'a DustEntries,
    /// The last day that has ended.
    pub(super) ended: Day,
}

impl Plan<'_> {
    /// The rows of targets; `entity` finds whose they are. Before a day of the year has ended there are none.
    pub(super) fn rows(
        &self,
        targets: &[&Target],
        entity: impl Fn(&str) -> Option<EntityId>,
    ) -> Result<Vec<TargetRow>, ArchiveError> {
        let mut rows = Vec::new();
        for target in targets {
            if let Some(id) = entity(&target.entity) {
                rows.extend(self.row(target, &id)?);
            }
        }
        Ok(rows)
    }

    fn row(&self, target: &Target, id: &EntityId) -> Result<Option<TargetRow>, ArchiveError> {
        let entity = match id {
            EntityId::Set { .. } => Entity::Area,
            EntityId::Station { .. } => Entity::Station,
        };
        let days_of = |(from, to): (Day, Day)| -> Result<Vec<DayFigures>, ArchiveError> {
            let query = DaysQuery {
                entity: id.clone(),
                from,
                to,
                parameters: *self.parameters,
                dataset: target.dataset,
                judged_by: target.judged_by,
                dust: target.dust,
            };
            Ok(self.archive.days(&query)?.into_iter().map(|day| day.figures).collect())
        };
        let judge = Judge { parameters: self.parameters, entity };
        TargetRow::reckoned(target, self.ended, judge, (self.dust, self.resampling), days_of)
    }
}
