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
    if change["field"] != "messages" {
        return vec![value.clone()];
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

fn array<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}
