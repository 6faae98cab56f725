//! Every type against what Meta documents: bodies it takes, and bodies it refuses with their codes.

mod files;
mod interactive;
mod plain;
mod template;

use bytes::Bytes;
use serde_json::{Value, json};

use super::*;
use crate::simulator::{settings::Settings, templates::Templates};

/// Media ids of files that the number has, by what they are.
fn file(id: &str) -> Option<File> {
    let (mime_type, size) = match id {
        "png" => ("image/png", 10),
        "large png" => ("image/png", (5 << 20) + 1),
        "webp" => ("image/webp", 100 << 10),
        "large webp" => ("image/webp", (100 << 10) + 1),
        "mp4" => ("video/mp4", 10),
        "opus" => ("audio/ogg; codecs=opus", 10),
        "mp3" => ("audio/mpeg", 10),
        "pdf" => ("application/pdf", 10),
        _ => return None,
    };
    Some(File { phone_number_id: "7".into(), mime_type: mime_type.into(), bytes: Bytes::from(vec![0; size]) })
}

fn checked_at(body: &Value, marketing: bool) -> Result<Request, i64> {
    let settings = Settings::default();
    let number = &settings.numbers[0];
    let mut ids = (1..).map(|id: u64| id.to_string());
    let templates = Templates::seeded(&settings.templates, &settings.numbers, || ids.next().unwrap_or_default());
    let template = |content: &Value| templates.takes(&number.waba_id, content, 0).map_err(Refusal::from);
    let known = Known { number, template: &template, file: &file, marketing };
    request(Some(body), &known).map_err(|refusal| refusal.code)
}

fn checked(body: &Value) -> Result<Request, i64> {
    checked_at(body, false)
}

fn message(kind: &str, content: Value) -> Value {
    let mut body = json!({"messaging_product": "whatsapp", "to": "+15550000999", "type": kind});
    body[kind] = content;
    body
}

/// `content` with `value` at this path.
fn with(mut content: Value, path: &str, value: Value) -> Value {
    *content.pointer_mut(path).unwrap_or_else(|| panic!("{path} in the test's own content")) = value;
    content
}

fn without(mut content: Value, parent: &str, name: &str) -> Value {
    let parent = content.pointer_mut(parent).and_then(Value::as_object_mut).expect("an object");
    assert!(parent.remove(name).is_some(), "{name} in the test's own content");
    content
}

/// All of one type: those that are taken, and those that are refused.
fn table(kind: &str, taken: &[Value], refused: &[(Value, i64)]) {
    for content in taken {
        assert!(
            checked(&message(kind, content.clone())).is_ok(),
            "{content}: {:?}",
            checked(&message(kind, content.clone()))
        );
    }
    for (content, code) in refused {
        assert_eq!(checked(&message(kind, content.clone())).err(), Some(*code), "{content}");
    }
}

fn long(count: usize) -> Value {
    json!("é".repeat(count))
}

#[test]
fn a_text_with_a_formatted_number_is_taken_as_it_is() {
    let mut body = message("text", json!({"body": "hi"}));
    body["to"] = json!("+1 (555) 000-0999");
    body["biz_opaque_callback_data"] = json!("1:c1:lane");
    let expected = Message {
        recipient: Recipient::Phone("15550000999".into()),
        input: "+1 (555) 000-0999".into(),
        kind: "text".into(),
        category: None,
        voice: false,
        callback_data: Some("1:c1:lane".into()),
        identity_key_hash: None,
        fate: None,
    };
    assert_eq!(checked(&body), Ok(Request::Message(Box::new(expected))));
}

#[test]
fn what_all_types_share_is_checked() {
    let hi = || message("text", json!({"body": "hi"}));
    let and = |name: &str, value: Value| {
        let mut body = hi();
        body[name] = value;
        body
    };
    let refused = [
        (json!([]), 100),
        (without(hi(), "", "messaging_product"), 100),
        (and("messaging_product", json!("messenger")), 100),
        (without(hi(), "", "to"), 100),
        (without(hi(), "", "text"), 131_008),
        (and("type", json!("hologram")), 131_051),
        (and("to", json!("15550000001")), 131_021),
        (and("to", json!("nobody")), 131_009),
        (and("recipient_type", json!("crowd")), 100),
        (and("biz_opaque_callback_data", long(513)), 100),
        (and("context", json!({})), 131_008),
        (and("context", json!({"message_id": "7"})), 131_009),
        (and("recipient_identity_key_hash", json!(7)), 100),
    ];
    for (body, code) in refused {
        assert_eq!(checked(&body).err(), Some(code), "{body}");
    }
    let taken = [
        without(hi(), "", "type"),
        and("biz_opaque_callback_data", long(512)),
        and("context", json!({"message_id": "wamid.A"})),
        and("recipient_identity_key_hash", json!("DF2lS5v2W6x=")),
        and("recipient", json!("not even an id, and to wins")),
    ];
    for body in taken {
        assert!(checked(&body).is_ok(), "{body}");
    }
}

fn to_user(id: &str, kind: &str, content: Value) -> Value {
    let mut body = without(message(kind, content), "", "to");
    body["recipient"] = json!(id);
    body
}

#[test]
fn users_are_addressed_by_their_business_scoped_id() {
    for (id, code) in [
        ("US.12", None),
        ("DE.ENT.a1b2", None),
        ("us.12", Some(131_009)),
        ("US.", Some(131_009)),
        ("15550000999", Some(131_009)),
    ] {
        assert_eq!(checked(&to_user(id, "text", json!({"body": "hi"}))).err(), code, "{id}");
    }
    let code = json!({"name": "login_code", "language": {"code": "en"},
        "components": [{"type": "body", "parameters": [{"type": "text", "text": "1234"}]}]});
    assert_eq!(checked(&to_user("US.12", "template", code)).err(), Some(131_062));
}

#[test]
fn groups_take_text_files_templates_and_pins() {
    let to_group = |kind: &str, content: Value| {
        let mut body = message(kind, content);
        body["recipient_type"] = json!("group");
        body["to"] = json!("Y2FwaQ==");
        body
    };
    assert!(checked(&to_group("text", json!({"body": "hi"}))).is_ok());
    assert!(checked(&to_group("image", json!({"id": "png"}))).is_ok());
    assert_eq!(checked(&to_group("location", json!({"latitude": 1, "longitude": 2}))).err(), Some(131_051));
    let pin = json!({"type": "pin", "message_id": "wamid.A", "expiration_days": 7});
    assert!(checked(&to_group("pin", pin.clone())).is_ok());
    assert_eq!(checked(&message("pin", pin.clone())).err(), Some(131_009));
    assert_eq!(checked(&to_group("pin", with(pin.clone(), "/expiration_days", json!(31)))).err(), Some(131_009));
    assert_eq!(checked(&to_group("pin", with(pin, "/type", json!("hang")))).err(), Some(131_009));
}

#[test]
fn marking_as_read_may_come_with_the_typing_sign() {
    let read = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.A"});
    let typing = |kind: &str| {
        let mut body = read.clone();
        body["typing_indicator"] = json!({"type": kind});
        body
    };
    assert_eq!(checked(&read), Ok(Request::Read));
    assert_eq!(checked(&typing("text")), Ok(Request::Read));
    assert_eq!(checked(&typing("voice")).err(), Some(131_009));
    assert_eq!(checked(&with(read.clone(), "/message_id", json!("7"))).err(), Some(131_009));
    assert_eq!(checked(&with(read.clone(), "/status", json!("unread"))).err(), Some(100));
    assert_eq!(checked(&without(read, "", "message_id")).err(), Some(131_008));
}

#[test]
fn the_marketing_endpoint_takes_marketing_templates_only() {
    let template = |name: &str, count: usize| {
        let parameters = vec![json!({"type": "text", "text": "x"}); count];
        message(
            "template",
            json!({"name": name, "language": {"code": "en"},
            "components": [{"type": "body", "parameters": parameters}]}),
        )
    };
    let Ok(Request::Message(sale)) = checked_at(&template("spring_sale", 1), true) else { panic!("not taken") };
    assert_eq!(sale.category.as_deref(), Some("marketing_lite"));
    assert_eq!(checked_at(&template("order_ready", 2), true).err(), Some(134_100));
    assert_eq!(checked_at(&message("text", json!({"body": "hi"})), true).err(), Some(131_055));
    let mut sale = template("spring_sale", 1);
    sale["product_policy"] = json!("LENIENT");
    assert_eq!(checked_at(&sale, true).err(), Some(131_009));
}
