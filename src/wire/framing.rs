//! Confluent framing: a zero byte, the schema id as four bytes big-endian, the Avro body. Knows no schema.

/// Bytes in front of the body.
pub const HEADER: usize = 5;
const MAGIC: u8 = 0;

/// The bytes carry no Confluent frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the value is not framed as Confluent Avro")]
pub struct NotFramed;

/// The frame's header for `id`; the body follows it.
#[must_use]
pub fn header(id: u32) -> [u8; HEADER] {
    let [a, b, c, d] = id.to_be_bytes();
    [MAGIC, a, b, c, d]
}

/// Splits a value into schema id and Avro body.
///
/// # Errors
/// [`NotFramed`] when it is shorter than the header or does not start with the zero byte.
pub fn unframe(value: &[u8]) -> Result<(u32, &[u8]), NotFramed> {
    match value {
        [MAGIC, a, b, c, d, body @ ..] => Ok((u32::from_be_bytes([*a, *b, *c, *d]), body)),
        _ => Err(NotFramed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_framed_body_comes_back_with_its_id() {
        let mut value = header(0x0102_0304).to_vec();
        value.extend(b"body");
        assert_eq!(value[..5], [0, 1, 2, 3, 4]);
        assert_eq!(unframe(&value), Ok((0x0102_0304, &b"body"[..])));
        assert_eq!(unframe(&value[..5]), Ok((0x0102_0304, &b""[..])));
    }

    #[test]
    fn short_values_and_json_are_not_framed() {
        assert_eq!(unframe(b""), Err(NotFramed));
        assert_eq!(unframe(&[0, 0, 0, 1]), Err(NotFramed));
        assert_eq!(unframe(br#"{"to":"+1"}"#), Err(NotFramed));
    }
}
