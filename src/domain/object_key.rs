//! Where a message's media lies in the object store: one name, so that ingress can announce the object before it exists.
//! Must not do IO or know a bucket.

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

/// `whatsapp/media/<message id>/<media id>`, the message id as base64url without padding: a wamid may hold `/`, `+` and `=`.
#[must_use]
pub fn media(message_id: &str, media_id: &str) -> String {
    format!("whatsapp/media/{}/{}", URL_SAFE_NO_PAD.encode(message_id), safe_segment(media_id))
}

/// Media ids are digits; whatever else one may hold must not add a path segment.
fn safe_segment(media_id: &str) -> String {
    let plain = !media_id.is_empty() && media_id.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_'));
    if plain { media_id.to_owned() } else { URL_SAFE_NO_PAD.encode(media_id) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wamid_becomes_one_segment() {
        assert_eq!(media("wamid.a/b+c==", "1234567890"), "whatsapp/media/d2FtaWQuYS9iK2M9PQ/1234567890");
    }

    #[test]
    fn a_media_id_cannot_climb() {
        assert_eq!(media("w", "../../etc"), format!("whatsapp/media/dw/{}", URL_SAFE_NO_PAD.encode("../../etc")));
        assert_eq!(media("w", "..").matches('/').count(), 3);
    }
}
