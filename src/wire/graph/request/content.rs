//! The object named like the message's type, and the quote. Knows no recipient.

use serde_json::{Map, Value, json};

use super::{Content, interactive, media, template};
use crate::wire::{
    graph::limits::{CONTACTS, FieldProblem, Problems, TEXT_BODY},
    records::{
        contact::Contact,
        send_command::{Location, Reaction, Text},
    },
};

/// Writes `type` and the object of that name.
pub fn fill(body: &mut Map<String, Value>, content: Content<'_>, problems: &mut Problems) {
    let (kind, object) = match content {
        Content::Text(content) => ("text", text(content, problems)),
        Content::Media(content) => (content.kind.as_str(), media::object("media", content, problems)),
        Content::Location(content) => ("location", location("location", content, problems)),
        Content::Contacts(content) => ("contacts", contacts(content, problems)),
        Content::Reaction(content) => ("reaction", reaction(content, problems)),
        Content::Interactive(content) => ("interactive", interactive::object(content, problems)),
        Content::Template(content) => ("template", template::object(content, problems)),
        // they are bodies of their own
        Content::MarkRead(_) | Content::Typing(_) | Content::Raw(_) => return,
    };
    body.insert("type".to_owned(), json!(kind));
    body.insert(kind.to_owned(), object);
}

/// Writes the quoted message.
pub fn quote(body: &mut Map<String, Value>, reply_to: Option<&str>, problems: &mut Problems) {
    let Some(id) = reply_to else { return };
    if body.get("type").is_some_and(|kind| kind == "reaction") {
        return problems.add(FieldProblem::invalid("reply_to", "cannot go with a reaction"));
    }
    message_id("reply_to", id, problems);
    body.insert("context".to_owned(), json!({"message_id": id}));
}

/// Marks as read, perhaps with the typing sign; it has no recipient of its own.
pub fn read(field: &str, id: &str, typing: bool, problems: &mut Problems) -> Map<String, Value> {
    message_id(&format!("{field}.message_id"), id, problems);
    let mut body = Map::from_iter([("status".to_owned(), json!("read")), ("message_id".to_owned(), json!(id))]);
    if typing {
        body.insert("typing_indicator".to_owned(), json!({"type": "text"}));
    }
    body
}

/// What the worker writes itself: `to` beside the `recipient` of a raw body would win at Meta, and the other way round.
const WORKERS: [&str; 4] = ["to", "recipient", "recipient_type", "biz_opaque_callback_data"];

/// A body as the command has it; what the worker owns is written over it.
pub fn raw(text: &str, problems: &mut Problems) -> Map<String, Value> {
    match serde_json::from_str(text) {
        Ok(Value::Object(mut body)) => {
            WORKERS.iter().for_each(|name| drop(body.remove(*name)));
            body
        }
        Ok(_) | Err(_) => {
            problems.add(FieldProblem::invalid("raw_json", "is not a JSON object"));
            Map::new()
        }
    }
}

pub fn location(field: &str, content: &Location, problems: &mut Problems) -> Value {
    for (name, value, limit) in [("latitude", content.latitude, 90.0), ("longitude", content.longitude, 180.0)] {
        if !value.is_finite() || value.abs() > limit {
            problems.add(FieldProblem::invalid(format!("{field}.{name}"), format!("is not within ±{limit} degrees")));
        }
    }
    pruned(json!(content))
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

fn text(content: &Text, problems: &mut Problems) -> Value {
    problems.text("text.body", &content.body, TEXT_BODY);
    json!({"body": content.body, "preview_url": content.preview_url})
}

fn reaction(content: &Reaction, problems: &mut Problems) -> Value {
    message_id("reaction.message_id", &content.message_id, problems);
    json!({"message_id": content.message_id, "emoji": content.emoji})
}

fn contacts(content: &[Contact], problems: &mut Problems) -> Value {
    problems.at_most_items("contacts", content.len(), CONTACTS);
    for (index, contact) in content.iter().enumerate() {
        let name = contact.name.as_ref().filter(|name| !name.formatted_name.is_empty());
        let parts = |name: &crate::wire::records::contact::ContactName| {
            [&name.first_name, &name.last_name, &name.middle_name, &name.suffix, &name.prefix]
                .iter()
                .any(|part| part.is_some())
        };
        if !name.is_some_and(parts) {
            let field = format!("contacts[{index}].name");
            problems.add(FieldProblem::invalid(field, "needs formatted_name and one more part"));
        }
    }
    // these two only ever come in
    let outbound = |contact: &Contact| pruned(json!(Contact { origin: None, vcard: None, ..contact.clone() }));
    Value::Array(content.iter().map(outbound).collect())
}

/// A command id of ours becomes a wamid only where commands are remembered.
fn message_id(field: &str, id: &str, problems: &mut Problems) {
    if id.is_empty() {
        problems.add(FieldProblem::invalid(field, "is required"));
    } else if !id.starts_with("wamid.") {
        problems.add(FieldProblem::not_supported(field, "is not a wamid; command ids are not resolved yet"));
    }
}
