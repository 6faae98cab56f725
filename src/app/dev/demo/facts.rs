//! A record in one line, decoded as any consumer of the topic would. Must not fail: what cannot be read says so.

use serde_json::Value;

use crate::{
    runtime::Record,
    wire::{
        avro::AvroRecord,
        codec::Codec,
        records::{
            InboundMessage, MediaRequest, MediaStored, MessageStatus, OutboundMessage, SentMessage, StatusEvent,
            TemplateState,
        },
        topics::{
            INBOUND_DEFAULT, INBOUND_MESSAGES, MEDIA_REQUESTS, MEDIA_STORED, MESSAGE_STATUS, Names, OUTBOUND_MESSAGES,
            SEND_COMMANDS_JSON, SEND_RECEIPTS, SENT_MESSAGES, STATUS_EVENTS, TEMPLATES, WEBHOOK_RAW,
        },
    },
};

/// What a record says, for people and for the checklist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Facts {
    /// Logical name.
    pub topic: String,
    /// A kind of inbound message, or a command's id.
    pub subject: String,
    pub says: String,
    pub text: String,
}

/// Decodes.
pub struct Reader {
    codec: Codec,
    names: Names,
}

/// Subject, word, line.
type Said = (String, String, String);

impl Reader {
    pub fn new(codec: Codec, names: Names) -> Self {
        Self { codec, names }
    }

    pub async fn read(&self, record: &Record) -> Facts {
        let topic = self.names.logical(&record.origin.topic);
        let (subject, says, text) = match topic.as_str() {
            WEBHOOK_RAW => raw(record),
            SEND_COMMANDS_JSON => json_command(record),
            INBOUND_MESSAGES | INBOUND_DEFAULT => self.avro(record, inbound).await,
            STATUS_EVENTS | SEND_RECEIPTS => self.avro(record, status_event).await,
            OUTBOUND_MESSAGES => self.avro(record, outbound).await,
            SENT_MESSAGES => self.avro(record, sent).await,
            MEDIA_REQUESTS => self.avro(record, media_request).await,
            MEDIA_STORED => self.avro(record, media_stored).await,
            MESSAGE_STATUS => self.avro(record, status).await,
            TEMPLATES => self.avro(record, template).await,
            _ => other(record),
        };
        Facts { topic, subject, says, text }
    }

    async fn avro<T: AvroRecord>(&self, record: &Record, say: fn(T) -> Said) -> Said {
        let Some(value) = &record.value else { return other(record) };
        match self.codec.decode(value).await {
            Ok(decoded) => say(decoded),
            Err(fault) => (String::new(), String::new(), format!("cannot be read: {fault}")),
        }
    }
}

fn said(subject: impl Into<String>, says: impl Into<String>, text: impl Into<String>) -> Said {
    (subject.into(), says.into(), text.into())
}

/// A dead letter says why; of anything else there is only its size.
fn other(record: &Record) -> Said {
    let text = match (record.headers.get_str("x-error-code"), record.headers.get_str("x-error-message")) {
        (Some(code), why) => format!("dead letter, {code}: {}", why.unwrap_or_default()),
        (None, _) => format!("{} bytes", record.value.as_ref().map_or(0, bytes::Bytes::len)),
    };
    said("", "", text)
}

fn raw(record: &Record) -> Said {
    let body: Value = serde_json::from_slice(record.value.as_deref().unwrap_or_default()).unwrap_or_default();
    let value = &body["entry"][0]["changes"][0]["value"];
    if let Some(kind) = value["messages"][0]["type"].as_str() {
        return said(kind, "message", format!("Meta's JSON: message of type {kind}"));
    }
    let status = &value["statuses"][0]["status"];
    said("", "status", format!("Meta's JSON: status {}", status.as_str().unwrap_or("unknown")))
}

fn json_command(record: &Record) -> Said {
    let command: Value = serde_json::from_slice(record.value.as_deref().unwrap_or_default()).unwrap_or_default();
    let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let content = if command["template"].is_object() {
        format!("template {} in {}", word(&command["template"]["name"]), word(&command["template"]["language"]))
    } else {
        format!("text {}", command["text"]["body"])
    };
    said(word(&command["command_id"]), "command", format!("{content} to {}", word(&command["to"])))
}

fn inbound(message: InboundMessage) -> Said {
    let content = match (&message.text, &message.media) {
        (Some(text), _) => format!(" {:?}", text.body),
        (None, Some(media)) => format!(" {} {:?}", media.mime_type, media.caption.as_deref().unwrap_or_default()),
        (None, None) => String::new(),
    };
    let account = message.account.as_deref().unwrap_or("none");
    let route = message.route.map_or_else(String::new, |route| format!(", by rule {}", route.rule));
    let text = format!("{}{content}, account {account}{route}", message.r#type);
    said(message.r#type, "inbound", text)
}

fn status_event(event: StatusEvent) -> Said {
    let text = format!("{} says {}", event.source, event.status);
    said(event.command_id.unwrap_or_default(), event.status, text)
}

fn outbound(message: OutboundMessage) -> Said {
    let text = format!("request of {} bytes, ready to post; account {}", message.request_json.len(), message.account);
    said(message.command_id, "request", text)
}

fn sent(message: SentMessage) -> Said {
    let text = format!("{} was said, by {}", message.r#type, message.origin);
    said(message.command_id.unwrap_or_default(), "sent", text)
}

fn media_request(request: MediaRequest) -> Said {
    let text = format!("{} {}", request.direction, request.mime_type.unwrap_or_default());
    said(request.direction, "request", text)
}

/// Of an inbound message only the picture brings one here.
fn media_stored(stored: MediaStored) -> Said {
    let size = stored.size.map_or_else(String::new, |size| format!(", {size} bytes"));
    let sha256 = stored.sha256.map_or_else(String::new, |sum| format!(", sha256 {:.8}…", sum));
    let error = stored.error.map_or_else(String::new, |error| format!(", {}: {}", error.code, error.title));
    let text = format!("{} {}{size}{sha256}{error}", stored.outcome, stored.mime_type.unwrap_or_default());
    said("image", stored.outcome, text)
}

fn template(state: TemplateState) -> Said {
    let quality = state.quality.map_or_else(String::new, |quality| format!(", quality {quality}"));
    let text = format!("template {} in {}: {}{quality}", state.name, state.language, state.status);
    said(format!("{}/{}", state.name, state.language), state.status, text)
}

fn status(status: MessageStatus) -> Said {
    let error = status.error.as_ref().map_or_else(String::new, |e| format!(", {}", crate::ops::send::explained(e)));
    let text = format!("{} (version {}){error}", status.status, status.version);
    said(status.command_id.unwrap_or(status.key), status.status, text)
}
