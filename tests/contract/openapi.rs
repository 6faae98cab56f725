//! Meta's OpenAPI file: its examples of sends, and its schemas as they read once what contradicts those examples is mended.
//! Must not know a command.

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::meta;

pub struct OpenApi(Value);

/// Types Meta sends, but that its file does not describe.
pub const NOT_DESCRIBED: [&str; 1] = ["pin"];

impl OpenApi {
    /// None when the file is not there.
    pub fn read() -> Option<Self> {
        meta::document().map(Self)
    }

    /// Name and body of every example of a send, with what stands for a value filled in.
    pub fn sends(&self) -> Vec<(String, Value)> {
        let examples = meta::examples(&self.0, "/{Version}/{Phone-Number-ID}/messages");
        examples.into_iter().map(|(name, body)| (name, filled(&body))).collect()
    }

    /// What Meta's file says of a message of this type.
    pub fn message(&self, kind: &str) -> Validator {
        let schemas = repaired(self.0["components"]["schemas"].clone());
        let reference = schemas["Message"]["discriminator"]["mapping"][kind].clone();
        assert!(reference.is_string(), "Meta's file does not describe {kind}");
        let schema = json!({"$ref": reference, "components": {"schemas": schemas}});
        jsonschema::draft202012::new(&schema).expect("Meta's schemas are schemas")
    }
}

/// `<MSGID…>`, `http(s)://…` and `<HEADER_TYPE>` are no values a send could carry.
fn filled(value: &Value) -> Value {
    match value {
        Value::String(text) if text.starts_with("<MSGID") => json!("wamid.HBgLMTU1NTAwMDA5OTkVAgARGBI5"),
        Value::String(text) if text == "<HEADER_TYPE>" => json!("text"),
        Value::String(text) if text.contains("http(s)://") => {
            json!(text.trim_matches(['<', '>']).replace("http(s)://", "https://"))
        }
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), filled(value))).collect(),
        Value::Array(items) => items.iter().map(filled).collect(),
        plain => plain.clone(),
    }
}

/// Every place where the file refuses what Meta's own examples or pages send.
fn repaired(mut schemas: Value) -> Value {
    // each type is the common part and its own, and its own allows nothing beside itself: not even the common part
    for (name, schema) in schemas.as_object_mut().expect("schemas") {
        if name.ends_with("Message") && schema["allOf"][1]["additionalProperties"] == false {
            schema["allOf"][1].as_object_mut().expect("an object").remove("additionalProperties");
        }
    }
    let mut set = |pointer: &str, value: Value| {
        *schemas.pointer_mut(pointer).unwrap_or_else(|| panic!("{pointer} is not there any more")) = value;
    };
    // users without a phone number are addressed by `recipient`
    set("/BaseMessageProperties/required", json!(["messaging_product", "recipient_type", "type"]));
    // its examples write numbers
    for name in ["latitude", "longitude"] {
        let pointer = format!("/LocationMessage/allOf/1/properties/location/properties/{name}/type");
        set(&pointer, json!(["number", "string"]));
    }
    // its examples leave the policy out, for there is one only
    set("/LanguageObject/required", json!(["code"]));
    // a pattern that its own examples' "0" does not match
    set("/TemplateComponent/properties/index/pattern", json!("^[0-9]$"));
    // kinds its pages know; its examples have CATALOG and flow
    set("/TemplateComponent/properties/sub_type", json!({"type": "string"}));
    let components = ["header", "body", "button", "carousel", "limited_time_offer", "order_status"];
    set("/TemplateComponent/properties/type/enum", json!(components));
    let named = [
        "cta_url",
        "send_location",
        "address_message",
        "voice_call",
        "request_contact_info",
        "review_and_pay",
        "review_order",
    ];
    set("/InteractiveObject/properties/type", json!({"type": "string"}));
    let actions = schemas["ActionObject"]["oneOf"].as_array_mut().expect("alternatives");
    actions.push(json!({"required": ["name"], "properties": {"name": {"enum": named}}}));
    actions.push(json!({"required": ["cards"]}));
    // free text on its page of contacts, and in what comes in
    schemas["PhoneObject"]["properties"]["type"] = json!({"type": "string"});
    schemas
}
