//! Signatures by HMAC-SHA256.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// The code of `message` under `key`, in base64.
pub(super) fn base64(key: &str, message: &str) -> String {
    BASE64_STANDARD.encode(code(key, message.as_bytes()))
}

/// The same in small hexadecimal digits.
pub(super) fn hex(key: &str, message: &[u8]) -> String {
    code(key, message).iter().map(|b| format!("{b:02x}")).collect()
}

fn code(key: &str, message: &[u8]) -> Vec<u8> {
    // A key of any length is legal.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key.as_bytes()) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_rfc_4231() {
        let text = b"what do ya want for nothing?";
        let expected = "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(hex("Jefe", text), expected);
        let long = "k".repeat(200);
        assert_eq!(hex(&long, b"x").len(), 64);
        assert_eq!(base64("Jefe", "what do ya want for nothing?").len(), 44);
    }
}
