//! Which edition of the emergency-measures list a daemon goes by, from its start on.
//!
//! In: the edition of the configuration, and the one that was in use. Out: the one to go by, and the act by
//! which a new one comes into use; it stands in the chain, with what it changes.
//!
//! Invariants: an edition whose changed rows lack their reasons does not come into use: the one before is
//! gone by, and the faults are shown until the files are mended. Nothing is lost: that one is in the store.

use tokio::sync::{mpsc, oneshot};

use super::Failure;
use crate::area::AreaId;
use crate::http::{self, Lists};
use crate::measures::{Edition, difference};
use crate::pipeline::Pipeline;
use crate::store::{Error, Sqlite};
use crate::warning::{Act, ListAdopted, ListChange};

/// An edition that is to come into use, in the area whose records tell of it.
#[derive(Debug)]
pub(super) struct Adoption {
    area: AreaId,
    act: Act,
}

/// Settles the list of a start. A list is of one city: its records are those of the first area.
pub(super) fn settle(
    lists: &mut Lists,
    pipelines: &[Pipeline],
    store: &Sqlite,
) -> Result<Option<Adoption>, Error> {
    let first = pipelines.iter().find(|pipeline| !pipeline.registry().is_reference());
    let (Some(new), Some(pipeline)) = (lists.measures.clone(), first) else { return Ok(None) };
    let area = pipeline.registry().area.clone();
    let (used, digest) = (pipeline.view().warnings.list.clone(), new.digest());
    if used.as_ref() == Some(&digest) {
        return Ok(None);
    }
    let before = used.as_ref().map(|digest| store.edition(digest)).transpose()?;
    let changes = match before.flatten() {
        None => Vec::new(),
        Some(before) => {
            let (found, findings) = difference(&before, &new);
            if !findings.faults.is_empty() {
                lists.refused = findings.faults.iter().map(ToString::to_string).collect();
                for fault in &lists.refused {
                    let area = area.as_str();
                    tracing::error!(area, fault, "the new list of measures is not used");
                }
                lists.measures = Some(before.into());
                return Ok(None);
            }
            found.changes()
        }
    };
    Ok(Some(Adoption { area, act: adopted(&new, digest, used, changes) }))
}

/// Hands it to the engine, before anything else can wait there.
///
/// # Errors
/// [`Failure::ListUnrecorded`]: nobody goes by an edition of which no record tells.
pub(super) fn hand_over(
    adoption: Option<Adoption>,
    acts: &mpsc::Sender<http::Act>,
) -> Result<(), Failure> {
    let Some(Adoption { area, act }) = adoption else { return Ok(()) };
    // Whoever asked is not there to hear the answer; the record tells.
    let (reply, _) = oneshot::channel();
    let act = http::Act::Warning { area: area.to_string(), person: String::new(), act, reply };
    acts.try_send(act).map_err(|_| Failure::ListUnrecorded)
}

fn adopted(
    edition: &Edition,
    digest: String,
    before: Option<String>,
    changes: Vec<ListChange>,
) -> Act {
    let list = ListAdopted {
        filing: edition.filing.clone(),
        in_force: edition.in_force.to_string(),
        digest,
        before,
        changes,
    };
    Act::AdoptList { list, content: edition.to_json() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_edition_that_cannot_be_recorded_ends_the_start() {
        let adoption = || {
            let edition = ListAdopted {
                filing: "演算".to_owned(),
                in_force: "2026-10-01".to_owned(),
                digest: "a".to_owned(),
                before: None,
                changes: Vec::new(),
            };
            let act = Act::AdoptList { list: edition, content: "{}".to_owned() };
            Some(Adoption { area: AreaId::new("x").expect("a code"), act })
        };
        let (acts, mut taken) = mpsc::channel(1);
        assert!(hand_over(None, &acts).is_ok() && taken.try_recv().is_err());
        hand_over(adoption(), &acts).expect("there is room");
        assert!(matches!(hand_over(adoption(), &acts), Err(Failure::ListUnrecorded)));
        assert!(matches!(taken.try_recv(), Ok(http::Act::Warning { .. })));
    }
}
