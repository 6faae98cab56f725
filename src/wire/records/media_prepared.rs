//! MediaPrepared: the Rust side of `schemas/MediaPrepared.avsc`, which documents every field. Must not hold logic.

use serde::{Deserialize, Serialize};

use super::error::WhatsAppError;

/// A file is ready at Meta for a send, or cannot be. Internal.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MediaPrepared {
    pub command_id: String,
    pub lane: String,
    pub outcome: String,
    pub media_id: Option<String>,
    pub mime_type: Option<String>,
    pub size: Option<i64>,
    pub expires_at: Option<i64>,
    pub error: Option<WhatsAppError>,
}
