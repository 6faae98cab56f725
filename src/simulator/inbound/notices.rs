//! What is told about a user or a message without the user writing anything: changes of who they are, edits, what the Cloud
//! API cannot show.

use serde_json::json;

use super::{Draft, Scene, Unusable};
use crate::simulator::payload;

pub fn number_change(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let (name, old) = (&scene.person.name, scene.person.wa_id.as_deref().unwrap_or("a hidden number"));
    let new = scene.option().map_or("15550000777", |number| number.trim_start_matches('+'));
    let body = format!("{name} changed from {old} to {new}");
    let system = json!({"body": body, "wa_id": new, "type": "user_changed_number"});
    Ok(Draft::message("system", system).without_contact())
}

pub fn user_id_change(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let body = format!("{} changed their user id", scene.person.name);
    let new = scene.option().unwrap_or("US.2000000000000000002");
    let system = json!({"body": body, "user_id": new, "type": "user_changed_user_id"});
    Ok(Draft::message("system", system).without_contact())
}

pub fn identity_change(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let body = format!("{}'s security code changed", scene.person.name);
    let hash = scene.option().unwrap_or("DF2lS5v2W6x=");
    let created = (scene.seconds() - 1).to_string();
    let identity = json!({"acknowledged": false, "created_timestamp": created, "hash": hash});
    let system = json!({"body": body, "type": "customer_identity_changed"});
    Ok(Draft::message("system", system).beside("identity", identity))
}

/// In a group it has a code of its own.
pub fn unsupported(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let code = if scene.asked.group.is_some() { 130_501 } else { 131_051 };
    let draft = match scene.option() {
        Some(kind) => Draft::message("unsupported", json!({ "type": kind })),
        None => Draft::bare("unsupported"),
    };
    Ok(draft.beside("errors", json!([payload::brief_error(code)])))
}

pub fn unreadable(_: &Scene<'_>) -> Result<Draft, Unusable> {
    Ok(Draft::bare("interactive").shared("errors", json!([payload::brief_error(131_000)])))
}

pub fn edit(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let message = json!({"type": "text", "text": {"body": scene.body_or("said better")}});
    Ok(Draft::message("edit", json!({"original_message_id": scene.target(), "message": message})))
}

pub fn revoke(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    Ok(Draft::message("revoke", json!({"original_message_id": scene.target()})))
}

pub fn request_welcome(_: &Scene<'_>) -> Result<Draft, Unusable> {
    Ok(Draft::bare("request_welcome"))
}

pub fn marketing_click(scene: &Scene<'_>) -> Result<Draft, Unusable> {
    let click = json!({"click_component": "cta", "click_id": "simulated-click", "tracking_token": "simulated-token"});
    let action = json!({
        "action_type": "marketing_messages_link_click",
        "timestamp": scene.seconds().to_string(),
        "marketing_messages_link_click_data": click,
    });
    Ok(Draft::nothing().shared("user_actions", json!([action])))
}
