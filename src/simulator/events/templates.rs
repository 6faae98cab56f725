//! What happens to templates. The template's name and language are put over these by whoever asks.

use serde_json::{Value, json};

use super::Scene;
use crate::simulator::{payload, state::locked, templates::Verdict};

pub const ID: &str = "message_template_id";

/// With the id of the template that the value names, if there is one: whoever hears of it asks for it by its id.
pub fn identified(scene: &Scene<'_>, mut value: Value) -> Value {
    let [name, language] = named(&value).map(Option::unwrap_or_default);
    let templates = locked(&scene.state.templates);
    if let Some(template) = templates.find(&scene.number.waba_id, name, language) {
        value[ID] = template.number();
    }
    value
}

/// What a change tells of a template is so when somebody asks.
pub fn take_to_heart(scene: &Scene<'_>, change: &Value) {
    let value = &change["value"];
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let [Some(name), Some(language)] = named(value) else { return };
    let verdict = Verdict { name: name.to_owned(), language: Some(language.to_owned()), ..Verdict::default() };
    let verdict = match change["field"].as_str() {
        Some("message_template_status_update") => {
            let reason = text(&value["other_info"]["title"]).or_else(|| text(&value["reason"]));
            Verdict { status: text(&value["event"]), reason, ..verdict }
        }
        Some("message_template_quality_update") => Verdict { quality: text(&value["new_quality_score"]), ..verdict },
        Some("template_category_update") => Verdict { category: text(&value["new_category"]), ..verdict },
        _ => return,
    };
    // the webhook is on its way already
    let _ = locked(&scene.state.templates).decide(&verdict);
}

fn named(value: &Value) -> [Option<&str>; 2] {
    ["message_template_name", "message_template_language"].map(|name| value[name].as_str())
}

fn template(more: Value) -> Value {
    let value = json!({
        ID: 500_000_000_000_001_i64,
        "message_template_name": "order_ready",
        "message_template_language": "en",
    });
    payload::with(value, more)
}

pub fn approved(_: &Scene<'_>) -> Value {
    template(json!({"event": "APPROVED", "reason": "NONE", "message_template_category": "UTILITY"}))
}

pub fn rejected(_: &Scene<'_>) -> Value {
    let info = json!({"reason": "Variables stand at the end of the body.", "recommendation": "Add text after them."});
    template(json!({"event": "REJECTED", "reason": "INVALID_FORMAT", "rejection_info": info}))
}

pub fn paused(_: &Scene<'_>) -> Value {
    let info = json!({"title": "FIRST_PAUSE", "description": "Users gave negative feedback (simulated)."});
    template(json!({"event": "PAUSED", "reason": null, "other_info": info}))
}

pub fn disabled(scene: &Scene<'_>) -> Value {
    let info = json!({"disable_date": scene.seconds()});
    template(json!({"event": "DISABLED", "reason": null, "disable_info": info}))
}

pub fn quality(_: &Scene<'_>) -> Value {
    template(json!({"previous_quality_score": "GREEN", "new_quality_score": "YELLOW"}))
}

pub fn components(_: &Scene<'_>) -> Value {
    let button = json!({
        "message_template_button_type": "URL",
        "message_template_button_text": "Track",
        "message_template_button_url": "https://example.com/t",
    });
    template(json!({
        "message_template_element": "Order {{1}} is ready since {{2}}.",
        "message_template_buttons": [button],
    }))
}

/// `new_category` is the present one until the day.
pub fn category_announced(scene: &Scene<'_>) -> Value {
    template(json!({
        "new_category": "UTILITY",
        "correct_category": "MARKETING",
        "category_update_timestamp": scene.seconds() + 86_400,
    }))
}

pub fn category_changed(_: &Scene<'_>) -> Value {
    template(json!({"previous_category": "UTILITY", "new_category": "MARKETING"}))
}
