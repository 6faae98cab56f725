//! What was really said, read back out of the request that said it. Builds no request.

use serde::Deserialize;
use serde_json::Value;

use super::records::{
    OutboundMessage, SentMessage,
    content::{Context, Text},
};
use crate::domain::event_id;

#[derive(Deserialize)]
struct Request {
    #[serde(default)]
    r#type: String,
    text: Option<TextJson>,
    context: Option<ContextJson>,
    /// Present in what is no message: marking as read, typing.
    status: Option<Value>,
}

#[derive(Deserialize)]
struct TextJson {
    body: String,
}

#[derive(Deserialize)]
struct ContextJson {
    message_id: Option<String>,
}

/// The message Meta accepted as `message_id`; `None` when the request said nothing to anybody.
#[must_use]
pub fn sent_message(message: &OutboundMessage, message_id: &str, occurred_at: i64) -> Option<SentMessage> {
    let request: Request = serde_json::from_str(&message.request_json).ok()?;
    if request.status.is_some() {
        return None;
    }
    let kind = if request.r#type.is_empty() { "text".to_owned() } else { request.r#type };
    Some(SentMessage {
        event_id: event_id::message(&message.phone_number_id, message_id).to_string(),
        message_id: message_id.to_owned(),
        conversation_key: message.lane.clone(),
        phone_number_id: message.phone_number_id.clone(),
        r#type: kind,
        occurred_at,
        account: Some(message.account.clone()),
        tenant: message.tenant.clone(),
        text: request.text.map(|text| Text { body: text.body }),
        context: request
            .context
            .and_then(|context| context.message_id)
            .map(|replied_to| Context { message_id: Some(replied_to), ..Context::default() }),
        labels: message.labels.clone(),
        raw: message.request_json.clone(),
        command_id: Some(message.command_id.clone()),
        ..SentMessage::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(request: &str) -> Option<SentMessage> {
        let message = OutboundMessage {
            command_id: "c1".into(),
            lane: "2:49170".into(),
            phone_number_id: "2".into(),
            account: "main".into(),
            request_json: request.into(),
            ..OutboundMessage::default()
        };
        sent_message(&message, "wamid.x", 5)
    }

    #[test]
    fn a_text_is_said_again_with_what_it_replied_to() {
        let sent = of(r#"{"type":"text","text":{"body":"hi"},"context":{"message_id":"wamid.y"}}"#).unwrap();
        assert_eq!((sent.r#type.as_str(), sent.text.map(|t| t.body)), ("text", Some("hi".into())));
        assert_eq!(sent.context.and_then(|c| c.message_id), Some("wamid.y".into()));
        assert_eq!((sent.origin.as_str(), sent.command_id), ("command", Some("c1".into())));
    }

    #[test]
    fn what_is_not_modelled_is_kept_as_it_was_posted() {
        let request = r#"{"type":"template","template":{"name":"hello"}}"#;
        let sent = of(request).unwrap();
        assert_eq!((sent.r#type.as_str(), sent.raw.as_str()), ("template", request));
    }

    #[test]
    fn marking_as_read_says_nothing() {
        assert_eq!(of(r#"{"status":"read","message_id":"wamid.y"}"#), None);
    }
}
