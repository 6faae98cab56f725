//! The object named like the message's type. Knows no recipient, and no limit.

use serde_json::{Map, Value, json};

use super::{interactive, media, template};
use crate::wire::{
    field_problem::FieldProblem,
    records::{contact::Contact, send_command::Text},
    send_command::Content,
};

/// `type` and the object of that name.
pub fn message(content: Content<'_>, problems: &mut Vec<FieldProblem>) -> Map<String, Value> {
    let (kind, object) = match content {
        Content::Text(Text { body, preview_url }) => ("text", json!({"body": body, "preview_url": preview_url})),
        Content::Media(content) => (media::kind(content, problems), media::object("media", content, problems)),
        Content::Location(content) => ("location", pruned(json!(content))),
        Content::Contacts(content) => ("contacts", contacts(content)),
        Content::Reaction(content) => ("reaction", json!(content)),
        Content::Interactive(content) => ("interactive", interactive::object(content, problems)),
        Content::Template(content) => ("template", template::object(content, problems)),
        Content::Pin(content) => ("pin", pruned(json!(content))),
        // they are bodies of their own
        Content::MarkRead(_) | Content::Typing(_) | Content::Raw(_) => return Map::new(),
    };
    Map::from_iter([("type".to_owned(), json!(kind)), (kind.to_owned(), object)])
}

/// Marks as read, perhaps with the typing sign; it has no recipient of its own.
pub fn read(id: &str, typing: bool) -> Map<String, Value> {
    let mut body = Map::from_iter([("status".to_owned(), json!("read")), ("message_id".to_owned(), json!(id))]);
    if typing {
        body.insert("typing_indicator".to_owned(), json!({"type": "text"}));
    }
    body
}

/// What the worker writes itself: `to` beside the `recipient` of a raw body would win at Meta, and the other way round.
const WORKERS: [&str; 4] = ["to", "recipient", "recipient_type", "biz_opaque_callback_data"];

/// A body as the command has it; what the worker owns is written over it.
pub fn raw(text: &str, problems: &mut Vec<FieldProblem>) -> Map<String, Value> {
    let mut body = json_object("raw_json", text, problems).unwrap_or_default();
    WORKERS.iter().for_each(|name| drop(body.remove(*name)));
    body
}

/// What a field holds as JSON text.
pub fn json_object(field: &str, text: &str, problems: &mut Vec<FieldProblem>) -> Option<Map<String, Value>> {
    let object = serde_json::from_str(text).ok();
    if object.is_none() {
        problems.push(FieldProblem::invalid(field, "is not a JSON object", "write one JSON object as text"));
    }
    object
}

/// Without what is null or an empty list: an absent field and Meta's `null` are not the same.
pub fn pruned(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let members = members.into_iter().map(|(name, value)| (name, pruned(value)));
            Value::Object(members.filter(|(_, value)| !value.is_null() && *value != json!([])).collect())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(pruned).collect()),
        plain => plain,
    }
}

fn contacts(content: &[Contact]) -> Value {
    // these two only ever come in
    let outbound = |contact: &Contact| pruned(json!(Contact { origin: None, vcard: None, ..contact.clone() }));
    Value::Array(content.iter().map(outbound).collect())
}
