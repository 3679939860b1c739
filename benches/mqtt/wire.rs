//! The little of MQTT 3.1.1 and 5.0 that a generator needs.

/// Type of a packet, the upper half of its first byte.
pub(crate) const CONNECT: u8 = 1;
pub(crate) const PUBACK: u8 = 4;
pub(crate) const SUBSCRIBE: u8 = 8;
pub(crate) const PINGREQ: u8 = 12;
pub(crate) const DISCONNECT: u8 = 14;

/// Appends a PUBLISH at QoS 1.
pub(crate) fn publish(out: &mut Vec<u8>, v5: bool, id: u16, topic: &str, payload: &[u8]) {
    out.push(0x32);
    let mut rest = 2 + topic.len() + 2 + usize::from(v5) + payload.len();
    loop {
        let low = u8::try_from(rest % 128).expect("below 128");
        rest /= 128;
        out.push(if rest > 0 { low | 128 } else { low });
        if rest == 0 {
            break;
        }
    }
    text(out, topic);
    out.extend_from_slice(&id.to_be_bytes());
    if v5 {
        out.push(0);
    }
    out.extend_from_slice(payload);
}

/// Appends a text with its length.
pub(crate) fn text(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(&u16::try_from(text.len()).expect("a short text").to_be_bytes());
    out.extend_from_slice(text.as_bytes());
}

/// Splits the first whole packet off: type, content, length of the packet.
pub(crate) fn packet(bytes: &[u8]) -> Option<(u8, &[u8], usize)> {
    let (mut rest, mut at) = (0_usize, 1);
    loop {
        let byte = *bytes.get(at)?;
        rest |= usize::from(byte & 127) << (7 * (at - 1));
        at += 1;
        if byte & 128 == 0 {
            break;
        }
    }
    Some((bytes[0] >> 4, bytes.get(at..at + rest)?, at + rest))
}

/// The answer to a CONNECT, and whether it speaks version 5.
pub(crate) fn connack(connect: &[u8]) -> (&'static [u8], bool) {
    let v5 = connect[6] == 5;
    (if v5 { &[0x20, 3, 0, 0, 0] } else { &[0x20, 2, 0, 0] }, v5)
}

/// The answer to a SUBSCRIBE: QoS 1 for every filter.
pub(crate) fn suback(subscribe: &[u8], v5: bool) -> Vec<u8> {
    let mut filters = &subscribe[2 + usize::from(v5)..];
    let mut codes = Vec::new();
    while let [high, low, rest @ ..] = filters {
        filters = &rest[usize::from(u16::from_be_bytes([*high, *low])) + 1..];
        codes.push(1);
    }
    let length = 2 + usize::from(v5) + codes.len();
    let mut out = vec![0x90, u8::try_from(length).expect("few filters")];
    out.extend_from_slice(&subscribe[..2]);
    out.extend_from_slice(if v5 { &[0] } else { &[] });
    out.extend(codes);
    out
}
