//! What the business does in its own WhatsApp app, beside the API: history, echoes, its address book.

use serde_json::{Value, json};

use super::Scene;
use crate::simulator::payload;

pub fn history(scene: &Scene<'_>) -> Value {
    let message = json!({
        "from": scene.user(),
        "id": scene.message_id(),
        "timestamp": (scene.seconds() - 86_400).to_string(),
        "type": "text",
        "text": {"body": "long ago"},
        "history_context": {"status": "READ"},
    });
    let chunk = json!({
        "metadata": {"phase": 0, "chunk_order": 1, "progress": 100},
        "threads": [{"id": scene.user(), "messages": [message]}],
    });
    json!({"history": [chunk]})
}

/// Comes as a message, in the field of the history.
pub fn history_media(scene: &Scene<'_>) -> Value {
    let message = json!({
        "from": scene.user(),
        "id": scene.message_id(),
        "timestamp": (scene.seconds() - 86_400).to_string(),
        "type": "image",
        "image": {"mime_type": "image/png", "sha256": "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=", "id": "1234567890123456"},
    });
    json!({"contacts": scene.contacts(), "messages": [message]})
}

pub fn history_declined(_: &Scene<'_>) -> Value {
    let mut error = payload::brief_error(2_593_109);
    error["title"] = json!("History sync is turned off");
    error["message"] = error["title"].clone();
    json!({"history": [{"errors": [error]}]})
}

fn echoed(scene: &Scene<'_>, kind: &str, content: Value) -> Value {
    let mut echo = json!({"from": scene.business(), "to": scene.user(), "id": scene.message_id(),
        "timestamp": scene.timestamp(), "type": kind});
    echo[kind] = content;
    json!({"message_echoes": [echo]})
}

pub fn echo(scene: &Scene<'_>) -> Value {
    echoed(scene, "text", json!({"body": "said on the phone"}))
}

pub fn echo_revoke(scene: &Scene<'_>) -> Value {
    echoed(scene, "revoke", json!({"original_message_id": scene.message_id()}))
}

pub fn echo_edit(scene: &Scene<'_>) -> Value {
    let message = json!({"type": "text", "text": {"body": "said better"}});
    echoed(scene, "edit", json!({"original_message_id": scene.message_id(), "message": message}))
}

fn synced(scene: &Scene<'_>, action: &str, contact: Value) -> Value {
    let metadata = json!({"timestamp": scene.timestamp()});
    json!({"state_sync": [{"type": "contact", "contact": contact, "action": action, "metadata": metadata}]})
}

pub fn contact_added(scene: &Scene<'_>) -> Value {
    let contact =
        json!({"full_name": scene.person.name, "first_name": scene.person.name, "phone_number": scene.user()});
    synced(scene, "add", contact)
}

pub fn contact_removed(scene: &Scene<'_>) -> Value {
    synced(scene, "remove", json!({"phone_number": scene.user()}))
}
