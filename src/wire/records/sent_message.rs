//! SentMessage: the Rust side of `schemas/SentMessage.avsc`, which documents every field. Must not hold logic.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{
    contact::Contact,
    content::{
        Context, Edit, Location, Media, Order, Reaction, Referral, Reply, Revoke, Route, Sender, System, Text,
        Unsupported,
    },
    error::WhatsAppError,
};

/// A message that was really said to a user, in the shape of InboundMessage. Published on `whatsapp.sent.messages`;
/// echoes of other tools' messages too.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SentMessage {
    pub event_id: String,
    pub message_id: String,
    pub conversation_key: String,
    pub phone_number_id: String,
    pub r#type: String,
    pub occurred_at: i64,
    pub waba_id: Option<String>,
    pub account: Option<String>,
    pub tenant: Option<String>,
    pub display_phone_number: Option<String>,
    pub carrier: String,
    pub test: bool,
    pub from: Sender,
    pub group_id: Option<String>,
    pub received_at: Option<i64>,
    pub text: Option<Text>,
    pub media: Option<Media>,
    pub location: Option<Location>,
    pub contacts: Vec<Contact>,
    pub reaction: Option<Reaction>,
    pub order: Option<Order>,
    pub reply: Option<Reply>,
    pub system: Option<System>,
    pub edit: Option<Edit>,
    pub revoke: Option<Revoke>,
    pub unsupported: Option<Unsupported>,
    pub referral: Option<Referral>,
    pub errors: Vec<WhatsAppError>,
    pub context: Option<Context>,
    pub route: Option<Route>,
    pub labels: BTreeMap<String, String>,
    pub raw: String,
    pub command_id: Option<String>,
    pub origin: String,
    pub to: Option<Sender>,
}

impl Default for SentMessage {
    fn default() -> Self {
        Self {
            event_id: String::new(),
            message_id: String::new(),
            conversation_key: String::new(),
            phone_number_id: String::new(),
            r#type: String::new(),
            occurred_at: 0,
            waba_id: None,
            account: None,
            tenant: None,
            display_phone_number: None,
            carrier: "whatsapp".to_owned(),
            test: false,
            from: Sender::default(),
            group_id: None,
            received_at: None,
            text: None,
            media: None,
            location: None,
            contacts: Vec::new(),
            reaction: None,
            order: None,
            reply: None,
            system: None,
            edit: None,
            revoke: None,
            unsupported: None,
            referral: None,
            errors: Vec::new(),
            context: None,
            route: None,
            labels: BTreeMap::new(),
            raw: String::new(),
            command_id: None,
            origin: "command".to_owned(),
            to: None,
        }
    }
}
