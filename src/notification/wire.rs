//! An acknowledgement as it comes over MQTT, on `aq/{area}/ack`.
//!
//! ```json
//! {"notice": 12, "person": "zhang", "note": "已通知值班领导"}
//! ```

use serde::Deserialize;

use super::act::NoticeAct;
use super::record::Way;
use crate::observation::{Rejection, refuse_json};

/// What is written; `note` may be left out.
#[derive(Deserialize)]
struct Written {
    notice: u64,
    person: String,
    #[serde(default)]
    note: String,
}

/// The act that a message stands for.
///
/// # Errors
/// The [`Rejection`] of a message that is none.
pub fn decode_acknowledgement(payload: &[u8]) -> Result<NoticeAct, Rejection> {
    let written: Written = serde_json::from_slice(payload).map_err(|e| refuse_json(&e))?;
    let Written { notice, person, note } = written;
    Ok(NoticeAct::Acknowledge { notice, who: Some(person), way: Way::Mqtt, said: None, note })
}
