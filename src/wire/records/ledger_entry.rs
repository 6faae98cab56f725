//! LedgerEntry: the Rust side of `schemas/LedgerEntry.avsc`, which documents every field. Must not hold logic.

use serde::{Deserialize, Serialize};

use super::error::WhatsAppError;

/// What the sender remembers of a command: the intent, then the outcome. State of the sender, readable by the
/// previous release. Internal.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct LedgerEntry {
    pub command_id: String,
    pub status: String,
    pub at: i64,
    pub content_hash: String,
    pub attempt: i32,
    pub lane: Option<String>,
    pub outcome: Option<String>,
    pub message_id: Option<String>,
    pub error: Option<WhatsAppError>,
    pub carriers: Vec<String>,
    pub fallback_request_json: Option<String>,
}
