//! What users do besides writing: preferences, ids, calls, groups, what an ad led to.

use serde_json::{Value, json};

use super::Scene;
use crate::simulator::payload;

fn preference(scene: &Scene<'_>, word: &str, detail: &str) -> Value {
    json!({"wa_id": scene.user(), "detail": detail, "category": "marketing_messages", "value": word,
        "timestamp": scene.seconds()})
}

fn preferred(scene: &Scene<'_>, preference: &Value) -> Value {
    json!({"contacts": scene.contacts(), "user_preferences": [preference]})
}

pub fn stop(scene: &Scene<'_>) -> Value {
    preferred(scene, &preference(scene, "stop", "User requested to stop marketing messages"))
}

pub fn resume(scene: &Scene<'_>) -> Value {
    preferred(scene, &preference(scene, "resume", "User requested to resume marketing messages"))
}

pub fn signup(scene: &Scene<'_>) -> Value {
    let mut signup = preference(scene, "signup", "User signed up for marketing messages");
    signup["signup_id"] = json!("800000000000001");
    preferred(scene, &signup)
}

pub fn user_id(scene: &Scene<'_>) -> Value {
    let ids = json!({"previous": scene.person.user_id, "current": "US.2000000000000000002"});
    let update = json!({"wa_id": scene.user(), "detail": "The user's id changed", "user_id": ids,
        "timestamp": scene.seconds()});
    json!({"user_id_update": [update]})
}

const CALL: &str = "wacid.c2ltdWxhdGVk";

fn call(from: &str, to: &str, direction: &str, event: &str, scene: &Scene<'_>) -> Value {
    json!({"id": CALL, "from": from, "to": to, "event": event, "timestamp": scene.timestamp(), "direction": direction})
}

fn session(kind: &str) -> Value {
    json!({"sdp_type": kind, "sdp": "v=0\r\n"})
}

pub fn call_from_user(scene: &Scene<'_>) -> Value {
    let mut call = call(scene.user(), scene.business(), "USER_INITIATED", "connect", scene);
    call["session"] = session("offer");
    json!({"contacts": scene.contacts(), "calls": [call]})
}

pub fn call_answered(scene: &Scene<'_>) -> Value {
    let mut call = call(scene.business(), scene.user(), "BUSINESS_INITIATED", "connect", scene);
    call["session"] = session("answer");
    json!({"contacts": scene.contacts(), "calls": [call]})
}

pub fn call_ended(scene: &Scene<'_>) -> Value {
    let mut call = call(scene.user(), scene.business(), "USER_INITIATED", "terminate", scene);
    call["status"] = json!("COMPLETED");
    call["start_time"] = json!((scene.seconds() - 95).to_string());
    call["end_time"] = json!(scene.timestamp());
    call["duration"] = json!(95);
    json!({"calls": [call]})
}

pub fn call_rings(scene: &Scene<'_>) -> Value {
    let status = json!({"id": CALL, "type": "call", "status": "RINGING", "timestamp": scene.timestamp(),
        "recipient_id": scene.user()});
    json!({"statuses": [status]})
}

fn group(scene: &Scene<'_>, kind: &str, more: Value) -> Value {
    let group = json!({"timestamp": scene.timestamp(), "group_id": "c2ltdWxhdGVkLWdyb3Vw", "type": kind});
    json!({"groups": [payload::with(group, more)]})
}

pub fn group_created(scene: &Scene<'_>) -> Value {
    let more = json!({"request_id": "r-1", "subject": "Simulated group", "invite_link": "https://example.com/invite"});
    group(scene, "group_create", more)
}

pub fn group_joined(scene: &Scene<'_>) -> Value {
    group(scene, "group_participants_add", json!({"added_participants": [{"wa_id": scene.user()}]}))
}

pub fn group_asked(scene: &Scene<'_>) -> Value {
    group(scene, "group_join_request_created", json!({"join_request_id": "j-1", "wa_id": scene.user()}))
}

pub fn group_subject(scene: &Scene<'_>) -> Value {
    let subject = json!({"text": "Another subject", "update_successful": true});
    group(scene, "group_settings_update", json!({ "group_subject": subject }))
}

pub fn group_suspended(scene: &Scene<'_>) -> Value {
    group(scene, "group_suspend", json!({}))
}

pub fn lead(scene: &Scene<'_>) -> Value {
    let event = json!({"id": scene.message_id(), "event_name": "LeadSubmitted", "timestamp": scene.seconds(),
        "ctwa_clid": "simulated-click"});
    json!({"automatic_events": [event]})
}
