//! MessageStatus: the Rust side of `schemas/MessageStatus.avsc`, which documents every field. Must not hold logic.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{error::WhatsAppError, pricing::Pricing};

/// The state of one message we sent, as far as it is known. Published on the compacted topic
/// `whatsapp.message.status`; a newer version replaces an older one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MessageStatus {
    pub key: String,
    pub status: String,
    pub last_event: String,
    pub version: i64,
    pub changed_at: i64,
    pub message_id: Option<String>,
    pub command_id: Option<String>,
    pub conversation_key: Option<String>,
    pub account: Option<String>,
    pub tenant: Option<String>,
    pub to: Option<String>,
    pub queued_at: Option<i64>,
    pub accepted_at: Option<i64>,
    pub sent_at: Option<i64>,
    pub delivered_at: Option<i64>,
    pub read_at: Option<i64>,
    pub played_at: Option<i64>,
    pub failed_at: Option<i64>,
    pub attempts: i32,
    pub error: Option<WhatsAppError>,
    pub pricing: Option<Pricing>,
    pub template: Option<String>,
    pub fallback_used: bool,
    pub correlation_id: Option<String>,
    pub source: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub test: bool,
    pub violations: Vec<WhatsAppError>,
}
