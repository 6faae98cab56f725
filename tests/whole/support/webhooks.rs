//! Meta's side of a webhook, written anew: signing, and which items a body holds. It must not use the worker's own reading of
//! webhooks, or a mistake there would prove itself right.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::Sha256;

/// The value of `X-Hub-Signature-256`.
pub fn signature(secret: &str, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// Half of a surrogate pair, which Meta may cut, is nothing that a JSON value can hold.
pub fn readable(text: &str) -> Option<Value> {
    serde_json::from_str(&text.replace("\\ud83d ", "? ")).ok()
}

/// Every item of a body, as JSON: each message and status, what stands beside them, and each other change's value.
pub fn items(body: &Value) -> Vec<Value> {
    if body["object"] != "whatsapp_business_account" {
        return Vec::new();
    }
    array(body, "entry").iter().flat_map(items_of_entry).collect()
}

fn items_of_entry(entry: &Value) -> Vec<Value> {
    match entry["changes"].as_array() {
        Some(changes) => changes.iter().flat_map(items_of_change).collect(),
        None => vec![entry.clone()],
    }
}

fn items_of_change(change: &Value) -> Vec<Value> {
    let Some(value) = change.get("value").filter(|_| change["field"].is_string()) else { return vec![change.clone()] };
    match change["field"].as_str() {
        Some("messages") => {}
        Some("smb_message_echoes") => return echoes(value),
        Some("history") => return past(value),
        Some("user_preferences") => return one_by_one(value, "user_preferences"),
        _ => return vec![value.clone()],
    }
    let mut items: Vec<Value> = array(value, "messages").iter().chain(array(value, "statuses")).cloned().collect();
    let shared = ["messaging_product", "metadata", "contacts", "messages", "statuses"];
    let members = value.as_object().cloned().unwrap_or_default();
    let beside: Map<String, Value> = members.into_iter().filter(|(name, _)| !shared.contains(&name.as_str())).collect();
    if items.is_empty() {
        items.push(value.clone());
    } else if !beside.is_empty() {
        items.push(Value::Object(beside));
    }
    items
}

/// What the business wrote in its app, and what stands beside it.
fn echoes(value: &Value) -> Vec<Value> {
    let beside = value.get("novelty").map(|novelty| serde_json::json!({ "novelty": novelty }));
    array(value, "message_echoes").iter().cloned().chain(beside).collect()
}

/// Messages of the past, and what is none: odd chunks and threads, and what they say besides.
fn past(value: &Value) -> Vec<Value> {
    let mut items = array(value, "messages").to_vec();
    for chunk in array(value, "history") {
        let threads = array(chunk, "threads");
        if threads.is_empty() {
            let mut rest = chunk.clone();
            rest.as_object_mut().and_then(|members| members.remove("threads"));
            items.push(rest);
        }
        for thread in threads {
            let messages = array(thread, "messages");
            items.extend(messages.iter().cloned());
            if messages.is_empty() || thread.get("novelty").is_some() {
                let mut rest = thread.clone();
                rest.as_object_mut().and_then(|members| members.remove("messages"));
                items.push(rest);
            }
        }
    }
    let messages = items.iter().any(|item| item.get("timestamp").is_some());
    if messages { items } else { vec![value.clone()] }
}

/// A value about several subjects, as values about one.
fn one_by_one(value: &Value, array_name: &str) -> Vec<Value> {
    let subjects = array(value, array_name);
    if subjects.len() < 2 {
        return vec![value.clone()];
    }
    let with = |subject: &Value| {
        let mut value = value.clone();
        value[array_name] = serde_json::json!([subject]);
        value
    };
    subjects.iter().map(with).collect()
}

fn array<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}
