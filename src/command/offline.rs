//! Acts on a store while no daemon runs: a batch like any other, and its link of the chain.
//!
//! In: a store, an area and its rules. Out: committed batches. Nothing else happens with them: they are
//! handled at the time that the area's last batch had.

use std::sync::Arc;

use super::ExitError;
use super::fault::store_fault;
use crate::area::{AreaId, Registry};
use crate::clock;
use crate::pipeline::{Batch, Input, Pipeline};
use crate::store::{AreaCommit, Commit, Error, InputLog, Rules, Sqlite, Store};
use crate::time::Instant;

/// An area of a store that this process holds.
pub(super) struct Offline<'a> {
    store: &'a mut Sqlite,
    registry: Arc<Registry>,
    pipeline: Pipeline,
    now: Instant,
    log: InputLog,
}

/// The rules that an area's figures were last taken by, by this program.
pub(super) fn last_rules(store: &Sqlite, area: &AreaId) -> Result<Rules, ExitError> {
    let fault = |e: Error| store_fault(store.path(), &e);
    let before = store.rules(area).map_err(fault)?;
    let before = before.ok_or_else(|| fault(Error::Unknown(format!("rules of area {area}"))))?;
    Ok(Rules::new(before.registry, before.params, before.feeds))
}

impl<'a> Offline<'a> {
    /// Takes an area's state up; `None` when no daemon has run on the store yet.
    pub(super) fn begin(store: &'a mut Sqlite, rules: Rules) -> Result<Option<Self>, ExitError> {
        let path = store.path().to_owned();
        let fault = |e: Error| store_fault(&path, &e);
        let digest = store.adopt(&rules, clock::now()).map_err(fault)?;
        let registry = Arc::new(rules.registry);
        let tables = store.tables(&registry).map_err(fault)?;
        let Some(now) = tables.state.map(|state| state.now) else { return Ok(None) };
        let pipeline = Pipeline::rebuild(Arc::clone(&registry), rules.params, &tables)
            .map_err(|e| ExitError::Data(e.to_string()))?;
        let mut log = InputLog::default();
        log.rules(&digest);
        Ok(Some(Self { store, registry, pipeline, now, log }))
    }

    /// One batch with these inputs, which `write` writes down.
    pub(super) fn commit(
        &mut self,
        inputs: &[Input<'_>],
        write: impl FnOnce(&mut InputLog),
    ) -> Result<Batch, ExitError> {
        let path = self.store.path().to_owned();
        let fault = |e: Error| store_fault(&path, &e);
        let mut batch = Batch::default();
        let load = |days: &[_]| self.store.days(&self.registry, days);
        self.pipeline.handle_loading(self.now, inputs, &mut batch, load).map_err(fault)?;
        self.pipeline.settle(&mut batch);
        self.log.now(self.now);
        write(&mut self.log);
        let (area, inputs) = (self.registry.area.clone(), self.log.take());
        let part = AreaCommit { area, batch: batch.clone(), inputs, taken: Vec::new() };
        self.store.commit(&Commit::of(part)).map_err(fault)?;
        Ok(batch)
    }

    /// Dead letters of a reason, in the rows after `after`.
    pub(super) fn kept_letters(
        &self,
        reason: &str,
        after: (i64, usize),
    ) -> Result<crate::store::KeptLetters, ExitError> {
        let found = self.store.kept_letters(self.registry.area.as_str(), reason, after);
        found.map_err(|e| store_fault(self.store.path(), &e))
    }
}
