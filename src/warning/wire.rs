//! An instruction of the province as it is sent: JSON to an [`Instruction`].
//!
//! ```json
//! {"office": "省重污染天气应急指挥部办公室", "document": "辽气办〔2026〕31号", "level": "yellow",
//!  "from": "2026-11-25T18:00:00+08:00", "text": "…"}
//! ```
//!
//! `"level": "lift"` takes back what holds. Source: design section 4; terms.md (floor).

use serde::Deserialize;

use super::record::{Instruction, Target};
use crate::observation::{Rejection, RejectionReason, refuse_json};
use crate::time::Instant;

#[derive(Deserialize)]
struct Written {
    office: String,
    document: String,
    level: String,
    from: String,
    #[serde(default)]
    text: String,
}

/// Decodes one instruction.
///
/// # Errors
/// A [`Rejection`] naming the field and the fault.
pub fn decode_instruction(payload: &[u8]) -> Result<Instruction, Rejection> {
    let written: Written = serde_json::from_slice(payload).map_err(|e| refuse_json(&e))?;
    let target = Target::parse(&written.level).ok_or_else(|| {
        let detail = format!("`level`: yellow, orange, red or lift, got {:?}", written.level);
        Rejection::new(RejectionReason::WrongType, detail)
    })?;
    let from = Instant::parse_rfc3339(&written.from)
        .map_err(|e| Rejection::new(RejectionReason::BadTime, format!("`from`: {e}")))?;
    let Written { office, document, text, .. } = written;
    Ok(Instruction { office, document, level: target.level(), from, text, file: None })
}
