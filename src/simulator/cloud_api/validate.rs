//! What Meta checks before it accepts a message. Pure: JSON in, a recipient and kind or a refusal out.

mod content;

use serde_json::Value;

use super::refusal::Refusal;
use crate::simulator::{phone::Recipient, settings::Number};

/// A request of the messages endpoint that Meta would take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    Message {
        recipient: Recipient,
        input: String,
        kind: String,
        callback_data: Option<String>,
    },
    /// Marked as read, perhaps with the typing sign.
    Read,
}

/// What the checks need to know besides the request.
pub struct Known<'a> {
    pub number: &'a Number,
    /// Whether this `template` object can be sent.
    pub template: &'a dyn Fn(&Value) -> Result<(), Refusal>,
    /// Whether a media id is this number's.
    pub has_media: &'a dyn Fn(&str) -> bool,
}

/// Checks a body of `POST …/messages`.
///
/// # Errors
/// What Meta refuses it with.
pub fn request(body: Option<&Value>, known: &Known<'_>) -> Result<Request, Refusal> {
    let body = body.filter(|body| body.is_object()).ok_or_else(|| Refusal::parameter("Invalid JSON"))?;
    match text(body, "messaging_product") {
        Some("whatsapp") => {}
        Some(_) => return Err(Refusal::parameter("Param messaging_product must be one of {whatsapp}")),
        None => return Err(Refusal::parameter("The parameter messaging_product is required.")),
    }
    if body.get("status").is_some() {
        return read(body);
    }
    let (recipient, input) = recipient(body, known.number)?;
    let kind = text(body, "type").unwrap_or("text");
    let content = body.get(kind).ok_or_else(|| missing(kind))?;
    content::check(kind, content, known)?;
    let callback_data = text(body, "biz_opaque_callback_data").map(str::to_owned);
    at_most("biz_opaque_callback_data", callback_data.as_deref(), 512)?;
    if kind == "reaction" && body.get("context").is_some() {
        return Err(Refusal::new(131_009, "A reaction cannot have a context"));
    }
    Ok(Request::Message { recipient, input, kind: kind.to_owned(), callback_data })
}

fn read(body: &Value) -> Result<Request, Refusal> {
    if text(body, "status") != Some("read") {
        return Err(Refusal::parameter("Param status must be one of {READ}"));
    }
    match text(body, "message_id") {
        Some(id) if id.starts_with("wamid.") => Ok(Request::Read),
        Some(_) => Err(Refusal::new(131_009, "Parameter message_id is not a valid message id")),
        None => Err(missing("message_id")),
    }
}

fn recipient(body: &Value, number: &Number) -> Result<(Recipient, String), Refusal> {
    let Some(to) = text(body, "to").filter(|to| !to.is_empty()) else {
        let user = text(body, "recipient").ok_or_else(|| Refusal::parameter("The parameter to is required."))?;
        return Ok((Recipient::User(user.to_owned()), user.to_owned()));
    };
    if text(body, "recipient_type") == Some("group") {
        return Ok((Recipient::Group(to.to_owned()), to.to_owned()));
    }
    let digits: String = to.chars().filter(|c| !matches!(c, '+' | '-' | '(' | ')' | ' ')).collect();
    if !(7..=15).contains(&digits.len()) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(Refusal::new(131_009, "Parameter to is not a valid phone number"));
    }
    if digits == number.display_phone_number {
        return Err(Refusal::new(131_021, "Recipient cannot be sender"));
    }
    Ok((Recipient::Phone(digits), to.to_owned()))
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn missing(name: &str) -> Refusal {
    Refusal::new(131_008, format!("Required parameter is missing: {name}"))
}

fn required<'a>(value: &'a Value, name: &str) -> Result<&'a str, Refusal> {
    text(value, name).filter(|text| !text.is_empty()).ok_or_else(|| missing(name))
}

fn at_most(name: &str, text: Option<&str>, limit: usize) -> Result<(), Refusal> {
    match text.is_some_and(|text| text.chars().count() > limit) {
        true => Err(Refusal::parameter(&format!("Param {name} must be at most {limit} characters long."))),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::simulator::{settings::Settings, templates::Templates};

    fn checked(body: &Value) -> Result<Request, i64> {
        let settings = Settings::default();
        let mut ids = 1..;
        let id = || ids.next().map(|id| id.to_string()).unwrap_or_default();
        let templates = Templates::seeded(&settings.templates, &settings.numbers, id);
        let number = &settings.numbers[0];
        let template = |content: &Value| templates.takes(&number.waba_id, content, 0).map_err(Refusal::from);
        let known = Known { number, template: &template, has_media: &|id| id == "5" };
        request(Some(body), &known).map_err(|refusal| refusal.code)
    }

    fn message(kind: &str, content: Value) -> Value {
        let mut body = json!({"messaging_product": "whatsapp", "to": "+15550000999", "type": kind});
        body[kind] = content;
        body
    }

    #[test]
    fn a_text_with_a_formatted_number_is_taken() {
        let mut body = message("text", json!({"body": "hi"}));
        body["to"] = json!("+1 (555) 000-0999");
        body["biz_opaque_callback_data"] = json!("1:c1:lane");
        let expected = Request::Message {
            recipient: Recipient::Phone("15550000999".into()),
            input: "+1 (555) 000-0999".into(),
            kind: "text".into(),
            callback_data: Some("1:c1:lane".into()),
        };
        assert_eq!(checked(&body), Ok(expected));
    }

    #[test]
    fn what_meta_refuses_is_refused_with_its_code() {
        let text = |body: String| message("text", json!({"body": body}));
        let template = |name: &str, language: &str, count: usize| {
            let parameters: Vec<Value> = (0..count).map(|n| json!({"type": "text", "text": n.to_string()})).collect();
            let components = json!([{"type": "body", "parameters": parameters}]);
            message("template", json!({"name": name, "language": {"code": language}, "components": components}))
        };
        let with = |mut body: Value, name: &str, value: Value| {
            body[name] = value;
            body
        };
        let cases = [
            (json!([]), 100),
            (json!({"to": "+15550000999", "text": {"body": "hi"}}), 100),
            (json!({"messaging_product": "whatsapp", "text": {"body": "hi"}}), 100),
            (json!({"messaging_product": "whatsapp", "to": "+15550000999"}), 131_008),
            (text(String::new()), 131_008),
            (text("é".repeat(4_097)), 100),
            (with(text("hi".into()), "to", json!("15550000001")), 131_021),
            (with(text("hi".into()), "to", json!("nobody")), 131_009),
            (with(text("hi".into()), "biz_opaque_callback_data", json!("x".repeat(513))), 100),
            (message("hologram", json!({})), 131_051),
            (template("no_such", "en", 0), 132_001),
            (template("order_ready", "fr", 2), 132_001),
            (template("order_ready", "en", 1), 132_000),
            (message("image", json!({"caption": "no file"})), 131_008),
            (message("image", json!({"id": "6"})), 131_009),
            (message("image", json!({"id": "5", "caption": "c".repeat(1_025)})), 100),
            (message("location", json!({"latitude": 1.0})), 131_008),
            (message("reaction", json!({"message_id": "nothing", "emoji": "x"})), 131_009),
            (json!({"messaging_product": "whatsapp", "status": "read", "message_id": "7"}), 131_009),
        ];
        for (body, code) in cases {
            assert_eq!(checked(&body), Err(code), "{body}");
        }
        assert!(checked(&text("é".repeat(4_096))).is_ok());
        assert!(checked(&template("order_ready", "en", 2)).is_ok());
    }

    #[test]
    fn users_and_groups_are_recipients_too() {
        let content = json!({"body": "hi"});
        let user = json!({"messaging_product": "whatsapp", "recipient": "US.12", "type": "text", "text": content});
        assert!(matches!(checked(&user), Ok(Request::Message { recipient: Recipient::User(_), .. })));
        let group = json!({
            "messaging_product": "whatsapp", "recipient_type": "group", "to": "Y2FwaQ", "type": "text", "text": content,
        });
        assert!(matches!(checked(&group), Ok(Request::Message { recipient: Recipient::Group(_), .. })));
    }

    #[test]
    fn marking_as_read_needs_a_message_id() {
        let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.A"});
        assert_eq!(checked(&read), Ok(Request::Read));
    }
}
