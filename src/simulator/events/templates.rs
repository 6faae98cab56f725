//! What happens to templates. The template's name and language are put over these by whoever asks.

use serde_json::{Value, json};

use super::Scene;
use crate::simulator::payload;

fn template(more: Value) -> Value {
    let value = json!({
        "message_template_id": 500_000_000_000_001_i64,
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
