//! A store's fault as an exit code.

use std::path::Path;

use super::ExitError;
use crate::store;

/// The exit code of a store's fault, with its file and what to do.
pub(super) fn store_fault(path: &Path, e: &store::Error) -> ExitError {
    let text = e.told(path);
    match e {
        _ if e.is_of_content() => ExitError::Data(text),
        store::Error::Locked { .. } => ExitError::Busy(text),
        store::Error::Unknown(_) => ExitError::Usage(text),
        store::Error::OutOfSequence { .. } => ExitError::Internal(text),
        _ => ExitError::Io(text),
    }
}
