//! What Meta answers: success, error object, or nothing that can be read. Judges the effect of nothing: that a readable
//! error means "not sent" is the caller's rule.

use serde::Deserialize;
use serde_json::Value;

use crate::domain::errors::MetaError;

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
struct SentJson {
    #[serde(default)]
    contacts: Vec<ContactJson>,
    messages: Vec<MessageJson>,
}

#[derive(Deserialize)]
struct ContactJson {
    wa_id: Option<String>,
}

#[derive(Deserialize)]
struct MessageJson {
    id: String,
    message_status: Option<String>,
}

/// The answer to a send, if it names a message.
#[must_use]
pub fn sent(body: &[u8]) -> Option<Sent> {
    let json: SentJson = serde_json::from_slice(body).ok()?;
    let message = json.messages.into_iter().next().filter(|message| !message.id.is_empty())?;
    Some(Sent {
        message_id: message.id,
        wa_id: json.contacts.into_iter().next().and_then(|contact| contact.wa_id),
        message_status: message.message_status,
    })
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

/// The error object of an answer, or of a webhook's `errors[]` when wrapped as `{"error": …}`.
#[must_use]
pub fn error(status: u16, retry_after_ms: Option<u64>, body: &[u8]) -> Option<MetaError> {
    let json: Value = serde_json::from_slice(body).ok()?;
    let error = json.get("error")?.as_object()?;
    let text = |name: &str| error.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(MetaError {
        code: number(error.get("code")?)?,
        subcode: error.get("error_subcode").and_then(number),
        title: text("message").unwrap_or_default(),
        details: error.get("error_data").and_then(details).or_else(|| text("error_user_msg")),
        fbtrace_id: text("fbtrace_id"),
        is_transient: error.get("is_transient").and_then(Value::as_bool),
        http_status: Some(status),
        retry_after_ms,
    })
}

/// `error_data` is an object with `details`, or plain text.
fn details(data: &Value) -> Option<String> {
    data.get("details").unwrap_or(data).as_str().map(str::to_owned)
}

/// Meta writes the same field as a number in one place and as text in another.
fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.parse().ok())
}

/// The longest wait that `X-Business-Use-Case-Usage` asks for, in milliseconds.
#[must_use]
pub fn regain_access_ms(header: &str) -> Option<u64> {
    let json: Value = serde_json::from_str(header).ok()?;
    let uses = json.as_object()?.values().filter_map(Value::as_array).flatten();
    let minutes = uses.filter_map(|used| number(used.get("estimated_time_to_regain_access")?)).max()?;
    u64::try_from(minutes).ok().filter(|minutes| *minutes > 0).map(|minutes| minutes.saturating_mul(60_000))
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
    fn an_answer_without_a_message_id_is_no_success() {
        for body in ["", "{}", r#"{"messages":[]}"#, r#"{"messages":[{"id":""}]}"#, "<html>"] {
            assert_eq!(sent(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn an_error_object_is_read_whatever_the_shape_of_its_data() {
        let body = br#"{"error":{"message":"(#131056) pair","type":"OAuthException","code":131056,
            "error_data":{"messaging_product":"whatsapp","details":"too many"},"fbtrace_id":"A1","is_transient":false}}"#;
        let read = error(400, Some(5), body).unwrap();
        assert_eq!((read.code, read.details.as_deref()), (131_056, Some("too many")));
        assert_eq!((read.http_status, read.retry_after_ms, read.is_transient), (Some(400), Some(5), Some(false)));
        let plain = error(400, None, br#"{"error":{"code":"100","error_subcode":33,"error_data":"no such"}}"#).unwrap();
        assert_eq!((plain.code, plain.subcode, plain.details.as_deref()), (100, Some(33), Some("no such")));
    }

    #[test]
    fn what_has_no_code_is_no_error_object() {
        for body in ["<html>502</html>", "{}", r#"{"error":"oops"}"#, r#"{"error":{"message":"no code"}}"#] {
            assert_eq!(error(502, None, body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn a_file_size_may_be_a_number_or_text() {
        let size = |json: &str| media(json.as_bytes()).unwrap().size;
        assert_eq!(size(r#"{"url":"u","mime_type":"image/png","sha256":"00","file_size":"12"}"#), Some(12));
        assert_eq!(size(r#"{"url":"u","mime_type":"image/png","file_size":12}"#), Some(12));
        assert_eq!(size(r#"{"url":"u","mime_type":"image/png"}"#), None);
    }

    #[test]
    fn the_usage_header_states_the_longest_wait() {
        let header = r#"{"1":[{"type":"whatsapp_business_management","estimated_time_to_regain_access":3},
            {"type":"other","estimated_time_to_regain_access":7}]}"#;
        assert_eq!(regain_access_ms(header), Some(420_000));
        assert_eq!(regain_access_ms(r#"{"1":[{"estimated_time_to_regain_access":0}]}"#), None);
        assert_eq!(regain_access_ms("nonsense"), None);
    }
}
