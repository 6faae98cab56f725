//! StatusEvent: the Rust side of `schemas/StatusEvent.avsc`, which documents every field. Must not hold logic.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{content::Sender, error::WhatsAppError, pricing::Pricing};

/// Something that happened to a message we sent. Input of the status projection, and the sender's receipts. Internal.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct StatusEvent {
    pub event_id: String,
    pub status: String,
    pub occurred_at: i64,
    pub source: String,
    pub message_id: Option<String>,
    pub command_id: Option<String>,
    pub lane: Option<String>,
    pub recipient: Option<String>,
    pub error: Option<WhatsAppError>,
    pub pricing: Option<Pricing>,
    pub conversation: Option<Conversation>,
    pub biz_data: Option<String>,
    pub raw: Option<String>,
    pub account: Option<String>,
    pub phone_number_id: Option<String>,
    pub conversation_key: Option<String>,
    pub tenant: Option<String>,
    pub to: Option<String>,
    pub attempt: i32,
    pub template: Option<String>,
    pub fallback_used: bool,
    pub correlation_id: Option<String>,
    pub command_source: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub test: bool,
    pub user: Option<Sender>,
    pub group_id: Option<String>,
    pub waba_id: Option<String>,
    pub violations: Vec<WhatsAppError>,
}

/// What Meta says about the conversation a message was billed in.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Conversation {
    pub id: Option<String>,
    pub expires_at: Option<i64>,
    pub origin_type: Option<String>,
}
