//! HistoryMessage: the Rust side of `schemas/HistoryMessage.avsc`, which documents every field. Must not hold logic.

use serde::{Deserialize, Serialize};

use super::{content::Sender, inbound_message::InboundMessage};

/// A message of the time before the number came to the Cloud API. Published on `whatsapp.history`.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct HistoryMessage {
    pub direction: String,
    pub message: InboundMessage,
    pub to: Option<Sender>,
    pub status: Option<String>,
    pub phase: Option<i32>,
    pub chunk_order: Option<i32>,
    pub progress: Option<i32>,
}
