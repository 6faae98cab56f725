//! A status as Meta writes it: who, when, billed how, failed why. Decides not which status there is.

use serde_json::{Value, json};

use super::{Accepted, Message, Recipient};
use crate::simulator::{payload, people::Person};

/// What a status depends on besides its message.
#[derive(Debug, Clone)]
pub struct Circumstances {
    /// The recipient, or a group's members.
    pub people: Vec<Person>,
    pub takes_no_marketing: bool,
    pub window_open: bool,
    /// Free of charge until then, because of an ad.
    pub free_until_ms: Option<i64>,
}

/// `statuses` and what stands beside it: one status, or in a group one for each member who got or read the message.
pub fn write(
    accepted: &Accepted,
    word: &str,
    at_ms: i64,
    failure: Option<i64>,
    circumstances: &Circumstances,
) -> Value {
    let one = common(accepted, word, at_ms, failure, circumstances);
    let by_member = matches!(word, "delivered" | "read" | "played");
    match &accepted.message.recipient {
        Recipient::Group(group) => {
            let mut one = one;
            one["recipient_id"] = json!(group);
            one["recipient_type"] = json!("group");
            let members = circumstances.people.iter().map(|person| of_member(&one, person));
            json!({"statuses": if by_member { members.collect() } else { vec![one.clone()] }})
        }
        Recipient::Phone(id) => to_user(one, word, circumstances, Some(id)),
        Recipient::User(_) => to_user(one, word, circumstances, None),
    }
}

fn common(accepted: &Accepted, word: &str, at_ms: i64, failure: Option<i64>, circumstances: &Circumstances) -> Value {
    let message = &accepted.message;
    let mut status = json!({
        "id": accepted.message_id,
        "status": word,
        "timestamp": (at_ms / 1_000).to_string(),
    });
    if let Some(data) = &message.callback_data {
        status["biz_opaque_callback_data"] = json!(data);
    }
    match (word, failure) {
        ("failed", Some(code)) => status["errors"] = json!([payload::error(code)]),
        ("sent" | "delivered", _) => {
            status["pricing"] = pricing(message, circumstances);
            if let Some(until_ms) = circumstances.free_until_ms {
                status["conversation"] = conversation(message, word, until_ms);
            }
        }
        _ => {}
    }
    if let Some(hash) = message.identity_key_hash.as_ref().filter(|_| failure.is_none()) {
        status["recipient_identity_key_hash"] = json!(hash);
    }
    status
}

/// One user's: a failure says of them only what the request said.
fn to_user(mut status: Value, word: &str, circumstances: &Circumstances, wa_id: Option<&str>) -> Value {
    let failed = word == "failed";
    let person = circumstances.people.first();
    let user_id = person.and_then(|person| person.user_id.as_ref()).filter(|_| wa_id.is_none() || !failed);
    if let Some(wa_id) = wa_id {
        status["recipient_id"] = json!(wa_id);
    }
    if let Some(user_id) = user_id {
        status["recipient_user_id"] = json!(user_id);
    }
    let mut value = json!({"statuses": [status]});
    if let (Some(person), Some(_), false) = (person, user_id, failed) {
        let username = person.username.as_ref().filter(|_| word != "sent");
        value["contacts"] = json!([payload::contact(person, wa_id, username.map(String::as_str))]);
    }
    value
}

fn of_member(status: &Value, person: &Person) -> Value {
    let mut status = status.clone();
    for (name, id) in [("recipient_participant_id", &person.wa_id), ("recipient_participant_user_id", &person.user_id)]
    {
        if let Some(id) = id {
            status[name] = json!(id);
        }
    }
    status
}

/// Since July 2025 each message is billed for itself. Free are answers within the window, utility templates there too, and
/// everything after an ad.
fn pricing(message: &Message, circumstances: &Circumstances) -> Value {
    let category = message.category.as_deref();
    let (kind, category) = match category {
        _ if circumstances.free_until_ms.is_some() => ("free_entry_point", "referral_conversion"),
        None if message.kind == "template" => ("regular", "utility"),
        None => ("free_customer_service", "service"),
        Some("utility") if circumstances.window_open => ("free_customer_service", "utility"),
        Some("marketing") if matches!(message.recipient, Recipient::Group(_)) => ("regular", "group_marketing"),
        Some(category) => ("regular", category),
    };
    json!({"billable": kind == "regular", "pricing_model": "PMP", "type": kind, "category": category})
}

/// Since v24 only of conversations that began with an ad.
fn conversation(message: &Message, word: &str, until_ms: i64) -> Value {
    let id = format!("{}-{until_ms}", message.recipient.id());
    let mut conversation = json!({
        "id": uuid::Uuid::new_v5(&uuid::Uuid::NAMESPACE_OID, id.as_bytes()).simple().to_string(),
        "origin": {"type": "referral_conversion"},
    });
    if word == "sent" {
        conversation["expiration_timestamp"] = json!((until_ms / 1_000).to_string());
    }
    conversation
}
