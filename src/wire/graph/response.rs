//! What Meta answers when it says yes. Judges the effect of nothing; what it says otherwise is [`refusal`](super::refusal)'s.

use serde::Deserialize;
use serde_json::{Value, value::RawValue};

/// A message that Meta accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// The wamid.
    pub message_id: String,
    pub wa_id: Option<String>,
    pub message_status: Option<String>,
}

/// Where a file is and what it should be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    pub url: String,
    pub mime_type: String,
    /// As Meta gave it: 64 hex characters, or base64.
    pub sha256: Option<String>,
    pub size: Option<u64>,
}

#[derive(Deserialize)]
struct SentJson<'a> {
    #[serde(borrow)]
    contacts: Option<&'a RawValue>,
    #[serde(borrow)]
    messages: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
struct ContactJson {
    wa_id: Option<Value>,
}

#[derive(Deserialize)]
struct MessageJson {
    id: String,
    message_status: Option<Value>,
}

/// The answer to a send, if it names a message. Nothing beside the id is worth doubting the send for, whatever it is.
#[must_use]
pub fn sent(body: &[u8]) -> Option<Sent> {
    let json: SentJson<'_> = serde_json::from_slice(body).ok()?;
    let message: MessageJson = serde_json::from_str(json.messages.first()?.get()).ok()?;
    let contacts: Option<Vec<ContactJson>> = json.contacts.and_then(|all| serde_json::from_str(all.get()).ok());
    (!message.id.is_empty()).then(|| Sent {
        message_id: message.id,
        wa_id: contacts.and_then(|all| all.into_iter().next()?.wa_id).and_then(text),
        message_status: message.message_status.and_then(text),
    })
}

fn text(value: Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// `{"success": true}`: how marking as read and typing are answered.
#[must_use]
pub fn succeeded(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body).is_ok_and(|json| json["success"] == Value::Bool(true))
}

#[derive(Deserialize)]
struct MediaJson {
    url: String,
    #[serde(default)]
    mime_type: String,
    sha256: Option<String>,
    file_size: Option<Value>,
}

/// The answer to `GET /<media id>`.
#[must_use]
pub fn media(body: &[u8]) -> Option<Media> {
    let json: MediaJson = serde_json::from_slice(body).ok()?;
    let size = json.file_size.as_ref().and_then(number).and_then(|size| u64::try_from(size).ok());
    Some(Media { url: json.url, mime_type: json.mime_type, sha256: json.sha256, size })
}

/// Meta writes the same field as a number in one place and as text in another.
pub(super) fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accepted_message_is_read_with_and_without_its_extras() {
        let full = br#"{"messaging_product":"whatsapp","contacts":[{"input":"+1","wa_id":"1"}],
            "messages":[{"id":"wamid.A","message_status":"accepted"}]}"#;
        let sent_full =
            Sent { message_id: "wamid.A".into(), wa_id: Some("1".into()), message_status: Some("accepted".into()) };
        assert_eq!(sent(full), Some(sent_full));
        let bare = sent(br#"{"messages":[{"id":"wamid.B"}]}"#).unwrap();
        assert_eq!((bare.message_id.as_str(), bare.wa_id), ("wamid.B", None));
    }

    #[test]
    fn what_is_odd_beside_the_id_leaves_no_doubt() {
        let message = r#""messages":[{"id":"wamid.A","message_status":{}},7]"#;
        for contacts in ["null", "{}", "[]", "[7]", r#"[{"wa_id":null}]"#, r#"[{"wa_id":{}}]"#] {
            let read = sent(format!(r#"{{"contacts":{contacts},{message}}}"#).as_bytes());
            let bare = Sent { message_id: "wamid.A".into(), wa_id: None, message_status: None };
            assert_eq!(read, Some(bare), "{contacts}");
        }
        let number = sent(br#"{"contacts":[{"wa_id":15550000999}],"messages":[{"id":"wamid.A"}]}"#);
        assert_eq!(number.and_then(|sent| sent.wa_id).as_deref(), Some("15550000999"));
    }

    #[test]
    fn an_answer_without_a_message_id_is_no_success() {
        for body in ["", "{}", r#"{"messages":[]}"#, r#"{"messages":[{"id":""}]}"#, "<html>"] {
            assert_eq!(sent(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_file_size_may_be_a_number_or_text() {
        let size = |json: &str| media(json.as_bytes()).unwrap().size;
        assert_eq!(size(r#"{"url":"u","mime_type":"image/png","sha256":"00","file_size":"12"}"#), Some(12));
        assert_eq!(size(r#"{"url":"u","mime_type":"image/png","file_size":12}"#), Some(12));
        assert_eq!(size(r#"{"url":"u","mime_type":"image/png"}"#), None);
    }
}
