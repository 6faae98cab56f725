//! SendCommand: the Rust side of `schemas/SendCommand.avsc`, which documents every field. Must not hold logic.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{contact::Contact, interactive::Interactive, template::Template};

/// An order to send one message. Exactly one content field is set. Published on `omnichannel.send.commands` (Avro),
/// `omnichannel.send.commands.json` (plain JSON, same names) and `omnichannel.outbound.<carrier>`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SendCommand {
    pub command_id: String,
    pub to: String,
    pub from: Option<String>,
    pub tenant: Option<String>,
    pub carrier: Option<String>,
    pub carriers: Vec<String>,
    pub text: Option<Text>,
    pub media: Option<Media>,
    pub location: Option<Location>,
    pub contacts: Vec<Contact>,
    pub reaction: Option<Reaction>,
    pub interactive: Option<Interactive>,
    pub template: Option<Template>,
    pub mark_read: Option<MarkRead>,
    pub typing: Option<Typing>,
    pub pin: Option<Pin>,
    pub raw_json: Option<String>,
    pub reply_to: Option<String>,
    pub identity_key_hash: Option<String>,
    pub fallback_template: Option<Template>,
    pub plain_text: Option<String>,
    pub expires_at: Option<i64>,
    pub created_at: Option<i64>,
    pub priority: String,
    pub unordered: bool,
    pub on_unknown: String,
    pub correlation_id: Option<String>,
    pub source: Option<String>,
    pub labels: BTreeMap<String, String>,
}

impl Default for SendCommand {
    fn default() -> Self {
        Self {
            command_id: String::new(),
            to: String::new(),
            from: None,
            tenant: None,
            carrier: None,
            carriers: Vec::new(),
            text: None,
            media: None,
            location: None,
            contacts: Vec::new(),
            reaction: None,
            interactive: None,
            template: None,
            mark_read: None,
            typing: None,
            pin: None,
            raw_json: None,
            reply_to: None,
            identity_key_hash: None,
            fallback_template: None,
            plain_text: None,
            expires_at: None,
            created_at: None,
            priority: "normal".to_owned(),
            unordered: false,
            on_unknown: "resend".to_owned(),
            correlation_id: None,
            source: None,
            labels: BTreeMap::new(),
        }
    }
}

/// A text message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Text {
    pub body: String,
    pub preview_url: bool,
}

/// An image, video, audio, document or sticker: exactly one of id, link and object.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Media {
    pub kind: String,
    pub id: Option<String>,
    pub link: Option<String>,
    pub object: Option<String>,
    pub caption: Option<String>,
    pub filename: Option<String>,
    pub voice: bool,
}

/// A place on the map.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Location {
    pub latitude: f64,
    pub longitude: f64,
    pub name: Option<String>,
    pub address: Option<String>,
}

/// An emoji on an earlier message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Reaction {
    pub message_id: String,
    pub emoji: String,
}

/// Marks an inbound message, and all before it, as read.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct MarkRead {
    pub message_id: String,
}

/// Shows that an answer is being typed, for 25 s or until it comes; also marks as read.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Typing {
    pub message_id: String,
}

/// Pins a message in a group, or takes the pin away.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pin {
    pub message_id: String,
    pub r#type: String,
    pub expiration_days: Option<i32>,
}

impl Default for Pin {
    fn default() -> Self {
        Self { message_id: String::new(), r#type: "pin".to_owned(), expiration_days: None }
    }
}
