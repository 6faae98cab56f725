//! Media objects of messages. Must not fetch anything, and must not trust the sender's file name.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use crate::wire::{records::content::Media, webhook::json::Object};

/// Meta's types of messages with a file.
pub(super) const KINDS: [&str; 5] = ["image", "video", "audio", "document", "sticker"];

/// `None` without a media id: then there is nothing to fetch, and `errors` says why.
pub(super) fn read(kind: &str, members: &Object<'_>) -> Option<Media> {
    Some(Media {
        kind: kind.to_owned(),
        media_id: members.text("id")?,
        mime_type: members.text("mime_type").unwrap_or_default(),
        sha256: members.text("sha256").and_then(|digest| hex_digest(&digest)).unwrap_or_default(),
        caption: members.text("caption"),
        filename: members.text("filename"),
        voice: members.flag("voice").unwrap_or_default(),
        animated: members.flag("animated").unwrap_or_default(),
        size: members.int("file_size"),
        object_url: None,
    })
}

/// Webhooks write digests in base64, the Graph API in hex. `None` for what is neither: a wrong digest would condemn the file.
fn hex_digest(text: &str) -> Option<String> {
    let bytes = hex::decode(text).or_else(|_| STANDARD.decode(text).map_err(drop)).ok()?;
    (bytes.len() == 32).then(|| hex::encode(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_become_lowercase_hex() {
        let hex = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex_digest("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=").as_deref(), Some(hex));
        assert_eq!(hex_digest(&hex.to_uppercase()).as_deref(), Some(hex));
        assert_eq!(hex_digest("abcd"), None);
        assert_eq!(hex_digest("no digest"), None);
    }
}
