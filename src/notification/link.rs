//! Signed links by which somebody says, away from the room, that they have read a notice.
//!
//! In: who, which notice, until when. Out: the signature of a link; and whether it is ours, and still counts.
//!
//! Invariants: a link is of one person and one notice, and expires; it may be opened again without effect,
//! since a word given twice counts once.
//!
//! Source: issue 7, Build 4.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::time::Instant;

/// The key that signs.
#[derive(Clone)]
pub struct LinkKey(Vec<u8>);

impl std::fmt::Debug for LinkKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("LinkKey")
    }
}

/// What a link says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AckLink {
    /// The area's code.
    pub area: String,
    /// The notice.
    pub notice: u64,
    /// Who, by short name.
    pub person: String,
    /// Until when it counts.
    pub until: Instant,
}

/// Why a link does not count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// We did not make it, or it was changed.
    Wrong,
    /// It has expired.
    Expired,
}

impl LinkKey {
    /// A key from a secret text.
    #[must_use]
    pub fn new(secret: &str) -> Self {
        Self(secret.as_bytes().to_vec())
    }

    fn mac(&self, link: &AckLink) -> Option<Hmac<Sha256>> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).ok()?;
        let AckLink { area, notice, person, until } = link;
        mac.update(format!("{area}\0{notice}\0{person}\0{}", until.millis()).as_bytes());
        Some(mac)
    }

    /// The signature of a link, in hexadecimal digits.
    #[must_use]
    pub fn sign(&self, link: &AckLink) -> String {
        let bytes = self.mac(link).map(|mac| mac.finalize().into_bytes().to_vec());
        bytes.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Whether a signature is ours, and still counts.
    ///
    /// # Errors
    /// [`LinkFault`].
    pub fn check(&self, link: &AckLink, sign: &str, now: Instant) -> Result<(), LinkFault> {
        let byte = |at: usize| u8::from_str_radix(sign.get(at..at + 2)?, 16).ok();
        let bytes: Option<Vec<u8>> = (0..sign.len()).step_by(2).map(byte).collect();
        let mac = self.mac(link).ok_or(LinkFault::Wrong)?;
        mac.verify_slice(&bytes.unwrap_or_default()).map_err(|_| LinkFault::Wrong)?;
        if now > link.until { Err(LinkFault::Expired) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_signed_counts_and_only_for_its_time() {
        let key = LinkKey::new("a secret");
        let until = Instant::from_millis(1_000_000);
        let link = AckLink { area: "dalian".into(), notice: 12, person: "zhang".into(), until };
        let sign = key.sign(&link);
        assert_eq!(key.check(&link, &sign, until), Ok(()));
        assert_eq!(key.check(&link, &sign, until.plus_minutes(1)), Err(LinkFault::Expired));
        let changed = [
            AckLink { area: "anshan".into(), ..link.clone() },
            AckLink { notice: 13, ..link.clone() },
            AckLink { person: "li".into(), ..link.clone() },
            AckLink { until: until.plus_minutes(60), ..link.clone() },
        ];
        for other in changed {
            assert_eq!(key.check(&other, &sign, until), Err(LinkFault::Wrong), "{other:?}");
        }
        for wrong in ["", "00", "zz", &sign[2..], "签名"] {
            assert_eq!(key.check(&link, wrong, until), Err(LinkFault::Wrong), "{wrong}");
        }
        assert_eq!(LinkKey::new("other").check(&link, &sign, until), Err(LinkFault::Wrong));
        assert!(!format!("{key:?}").contains("secret"));
    }
}
