//! MediaRequest: the Rust side of `schemas/MediaRequest.avsc`, which documents every field. Must not hold logic.

use serde::{Deserialize, Serialize};

/// A file to fetch from Meta, or to prepare for a send. Internal.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MediaRequest {
    pub request_id: String,
    pub direction: String,
    pub message_id: Option<String>,
    pub command_id: Option<String>,
    pub lane: Option<String>,
    pub account: String,
    pub phone_number_id: String,
    pub media_id: Option<String>,
    pub link: Option<String>,
    pub object: Option<String>,
    pub mime_type: Option<String>,
    pub sha256: Option<String>,
    pub convert_to: Option<String>,
    pub expires_at: i64,
}
