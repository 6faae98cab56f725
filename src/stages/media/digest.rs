//! SHA-256 as Meta spells it: base64 in webhooks, hex in the answer to a media id. Reads both, writes hex.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

/// A SHA-256.
pub type Sum = [u8; 32];

/// `None` when it is neither 64 hex digits nor the base64 of 32 bytes.
#[must_use]
pub fn read(text: &str) -> Option<Sum> {
    let bytes = match text.len() {
        64 => hex::decode(text).ok()?,
        _ => STANDARD.decode(text).ok()?,
    };
    bytes.try_into().ok()
}

#[must_use]
pub fn of(bytes: &[u8]) -> Sum {
    Sha256::digest(bytes).into()
}

/// Whether `sum` is what was announced: the first announcement that can be read counts, and none at all is no mismatch,
/// since a third spelling of Meta's must not cost the file.
#[must_use]
pub fn fits(sum: &Sum, announced: [Option<&str>; 2]) -> bool {
    announced.into_iter().flatten().find_map(read).is_none_or(|expected| expected == *sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_of_one_digest_are_read() {
        let sum = of(b"file");
        assert_eq!(read(&hex::encode(sum)), Some(sum));
        assert_eq!(read(&hex::encode_upper(sum)), Some(sum));
        assert_eq!(read(&STANDARD.encode(sum)), Some(sum));
        assert_eq!(read(""), None);
        assert_eq!(read(&hex::encode(&sum[..31])), None);
    }

    #[test]
    fn the_first_readable_announcement_decides() {
        let (sum, other) = (of(b"file"), hex::encode(of(b"other")));
        let right = STANDARD.encode(sum);
        assert!(fits(&sum, [Some(&right), Some(&other)]));
        assert!(fits(&sum, [Some("unreadable"), Some(&right)]));
        assert!(!fits(&sum, [Some(&other), Some(&right)]));
        assert!(fits(&sum, [None, Some("unreadable")]));
    }
}
