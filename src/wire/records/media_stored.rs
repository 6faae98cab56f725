//! MediaStored: the Rust side of `schemas/MediaStored.avsc`, which documents every field. Must not hold logic.

use serde::{Deserialize, Serialize};

use super::error::WhatsAppError;

/// What became of an inbound file. Published on `whatsapp.media.stored`, for failures too.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MediaStored {
    pub event_id: String,
    pub message_id: String,
    pub media_id: String,
    pub conversation_key: String,
    pub outcome: String,
    pub object_url: Option<String>,
    pub mime_type: Option<String>,
    pub size: Option<i64>,
    pub sha256: Option<String>,
    pub stored_at: i64,
    pub error: Option<WhatsAppError>,
}
