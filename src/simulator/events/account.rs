//! What happens to the account, its numbers, Flows and partners.

use serde_json::{Value, json};

use super::Scene;
use crate::simulator::payload;

pub fn quality(scene: &Scene<'_>) -> Value {
    json!({
        "display_phone_number": scene.business(),
        "event": "ONBOARDING",
        "max_daily_conversations_per_business": "TIER_2K",
        "current_limit": "TIER_2K",
    })
}

pub fn throughput(scene: &Scene<'_>) -> Value {
    json!({
        "display_phone_number": scene.business(),
        "event": "THROUGHPUT_UPGRADE",
        "max_daily_conversations_per_business": "TIER_UNLIMITED",
    })
}

pub fn name(scene: &Scene<'_>) -> Value {
    json!({
        "display_phone_number": scene.business(),
        "decision": "APPROVED",
        "requested_verified_name": "Simulated Business",
        "rejection_reason": null,
    })
}

pub fn violation(_: &Scene<'_>) -> Value {
    json!({"event": "ACCOUNT_VIOLATION", "violation_info": {"violation_type": "SPAM"}})
}

pub fn restriction(scene: &Scene<'_>) -> Value {
    let week = scene.seconds() + 7 * 86_400;
    let restriction = json!({"restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": week});
    json!({"event": "ACCOUNT_RESTRICTION", "restriction_info": [restriction]})
}

pub fn disabled(scene: &Scene<'_>) -> Value {
    let date = chrono::DateTime::from_timestamp_millis(scene.at_ms).unwrap_or_default().format("%B %-d, %Y");
    let ban = json!({"waba_ban_state": "DISABLE", "waba_ban_date": date.to_string()});
    json!({"event": "DISABLED_UPDATE", "ban_info": ban})
}

fn waba(scene: &Scene<'_>) -> Value {
    json!({"waba_id": scene.number.waba_id, "owner_business_id": "600000000000001"})
}

pub fn partner_added(scene: &Scene<'_>) -> Value {
    json!({"event": "PARTNER_ADDED", "waba_info": waba(scene)})
}

pub fn partner_removed(scene: &Scene<'_>) -> Value {
    let disconnection = json!({"reason": "USER_REQUEST", "initiated_by": "BUSINESS"});
    json!({"event": "PARTNER_REMOVED", "waba_info": waba(scene), "disconnection_info": disconnection})
}

pub fn volume_tier(scene: &Scene<'_>) -> Value {
    let tier = json!({
        "tier_update_time": scene.seconds(),
        "pricing_category": "UTILITY",
        "tier": "25000001:50000000",
        "effective_month": "2026-12",
        "region": "Simulated",
    });
    json!({"event": "VOLUME_BASED_PRICING_TIER_UPDATE", "volume_tier_info": tier})
}

pub fn auth_international(scene: &Scene<'_>) -> Value {
    let country = json!({"country_code": "XX", "start_time": scene.seconds()});
    let rate = json!({"start_time": scene.seconds(), "exception_countries": [country]});
    json!({"event": "AUTH_INTL_PRICE_ELIGIBILITY_UPDATE", "auth_international_rate_eligibility": rate})
}

pub fn alert(_: &Scene<'_>) -> Value {
    let alert = json!({
        "alert_severity": "INFORMATIONAL",
        "alert_status": "NONE",
        "alert_type": "OBA_APPROVED",
        "alert_description": "The account is an official business account (simulated).",
    });
    json!({"entity_type": "BUSINESS", "entity_id": "600000000000001", "alert_info": alert})
}

pub fn review(_: &Scene<'_>) -> Value {
    json!({"decision": "APPROVED"})
}

pub fn capability(_: &Scene<'_>) -> Value {
    json!({"max_daily_conversations_per_business": 2_000, "max_phone_numbers_per_waba": 25})
}

pub fn security(scene: &Scene<'_>) -> Value {
    json!({"display_phone_number": scene.business(), "event": "PIN_CHANGED", "requester": "600000000000009"})
}

pub fn flow_status(_: &Scene<'_>) -> Value {
    json!({
        "event": "FLOW_STATUS_CHANGE",
        "message": "The Flow is published (simulated).",
        "flow_id": "700000000000001",
        "old_status": "DRAFT",
        "new_status": "PUBLISHED",
    })
}

pub fn flow_errors(_: &Scene<'_>) -> Value {
    let error = json!({"error_type": "TIMEOUT", "error_rate": 14.28, "error_count": 3});
    json!({
        "event": "ENDPOINT_ERROR_RATE",
        "message": "The endpoint fails too often (simulated).",
        "flow_id": "700000000000001",
        "error_rate": 14.28,
        "threshold": 10,
        "alert_state": "ACTIVATED",
        "errors": [error],
    })
}

pub fn payment(scene: &Scene<'_>) -> Value {
    json!({
        "configuration_name": "shop",
        "provider_name": "examplepay",
        "provider_mid": "m-1",
        "status": "Needs Testing",
        "created_timestamp": scene.seconds(),
        "updated_timestamp": scene.seconds(),
    })
}

pub fn solution(_: &Scene<'_>) -> Value {
    json!({"event": "SOLUTION_CREATED", "solution_id": "900000000000001", "solution_status": "INITIATED"})
}

pub fn username(scene: &Scene<'_>) -> Value {
    json!({"display_phone_number": scene.business(), "username": "simulated.business", "status": "approved"})
}

/// An error of the account that stands beside no message.
pub fn error(_: &Scene<'_>) -> Value {
    json!({"errors": [payload::error(130_429)]})
}
