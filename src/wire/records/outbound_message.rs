//! OutboundMessage: the Rust side of `schemas/OutboundMessage.avsc`, which documents every field. Must not hold logic.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A request ready to be posted to the Graph API, so that the sender learns no content types. Internal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct OutboundMessage {
    pub command_id: String,
    pub lane: String,
    pub account: String,
    pub phone_number_id: String,
    pub request_json: String,
    pub fallback_request_json: Option<String>,
    pub needs_window: bool,
    pub template_key: Option<String>,
    pub category: Option<String>,
    pub needs_media: Vec<String>,
    pub expires_at: Option<i64>,
    pub priority: String,
    pub unordered: bool,
    pub on_unknown: String,
    pub content_hash: String,
    pub carriers: Vec<String>,
    pub correlation_id: Option<String>,
    pub source: Option<String>,
    pub labels: BTreeMap<String, String>,
    pub tenant: Option<String>,
}

impl Default for OutboundMessage {
    fn default() -> Self {
        Self {
            command_id: String::new(),
            lane: String::new(),
            account: String::new(),
            phone_number_id: String::new(),
            request_json: String::new(),
            fallback_request_json: None,
            needs_window: true,
            template_key: None,
            category: None,
            needs_media: Vec::new(),
            expires_at: None,
            priority: "normal".to_owned(),
            unordered: false,
            on_unknown: "resend".to_owned(),
            content_hash: String::new(),
            carriers: Vec::new(),
            correlation_id: None,
            source: None,
            labels: BTreeMap::new(),
            tenant: None,
        }
    }
}
