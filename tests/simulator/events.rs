//! Webhooks that are no messages, each laid beside its fixture; and those that somebody writes as JSON.

use omnichannel_whatsapp::simulator::{Event, events::HAPPENINGS};
use serde_json::{Map, Value, json};

use super::{
    fixtures::{But, assert_alike, fixture},
    harness::heard,
};

const SAME: But = But { lacks: &[], adds: &[] };

#[rustfmt::skip]
const ROWS: &[(&str, &str, &str, But)] = &[
    ("messages", "error", "063_value_error", SAME),
    ("message_template_status_update", "approved", "065_template_approved", SAME),
    ("message_template_status_update", "rejected", "066_template_rejected", SAME),
    ("message_template_status_update", "paused", "067_template_paused", SAME),
    ("message_template_status_update", "disabled", "068_template_disabled", SAME),
    ("message_template_quality_update", "yellow", "069_template_quality", SAME),
    ("message_template_components_update", "changed", "070_template_components", SAME),
    ("template_category_update", "announced", "071_category_announced", SAME),
    ("template_category_update", "changed", "072_category_done", SAME),
    ("phone_number_quality_update", "onboarding", "073_phone_quality", SAME),
    ("phone_number_quality_update", "throughput_upgrade", "074_throughput_upgrade", SAME),
    ("phone_number_name_update", "approved", "075_phone_name", SAME),
    ("account_update", "violation", "076_account_violation", SAME),
    ("account_update", "restriction", "077_account_restriction", SAME),
    ("account_update", "disabled", "078_account_disabled", SAME),
    ("account_update", "partner_added", "079_partner_added", SAME),
    ("account_update", "partner_removed", "080_partner_removed", SAME),
    ("account_update", "volume_tier", "081_volume_tier", SAME),
    ("account_update", "auth_international", "082_auth_international", SAME),
    ("account_alerts", "official_account_approved", "083_account_alert", SAME),
    ("account_review_update", "approved", "084_account_review", SAME),
    ("business_capability_update", "raised", "085_capability", SAME),
    ("security", "pin_changed", "086_security", SAME),
    ("flows", "published", "087_flow_status", SAME),
    ("flows", "endpoint_errors", "088_flow_endpoint_errors", SAME),
    ("user_preferences", "stop", "089a_preference_stop", SAME),
    ("user_preferences", "resume", "089b_preference_resume", SAME),
    ("user_preferences", "signup", "089c_preference_signup", SAME),
    ("history", "chunk", "090_history_chunk", SAME),
    ("history", "media", "091_history_media", SAME),
    ("history", "declined", "092_history_declined", SAME),
    ("smb_message_echoes", "text", "093_echo_text", SAME),
    ("smb_message_echoes", "revoke", "094_echo_revoke", SAME),
    ("smb_message_echoes", "edit", "095_echo_edit", SAME),
    ("smb_app_state_sync", "add", "096a_contact_sync_add", SAME),
    ("smb_app_state_sync", "remove", "096b_contact_sync_remove", SAME),
    ("calls", "answered", "097a_call_connect_business", SAME),
    ("calls", "connect", "097b_call_connect_user", SAME),
    // a call that went well has no errors beside it, and is one of the user's
    ("calls", "terminate", "098_call_terminate", But {
        lacks: &["errors[].code", "errors[].title", "errors[].message", "errors[].error_data.details", "calls[].direction"],
        adds: &["calls[].direction"],
    }),
    ("calls", "ringing", "099_call_status", SAME),
    ("group_lifecycle_update", "created", "100a_group_created", SAME),
    ("group_participants_update", "added", "100b_group_participants_added", SAME),
    ("group_participants_update", "join_request", "100c_group_join_request", SAME),
    ("group_settings_update", "subject", "100d_group_settings", SAME),
    ("group_status_update", "suspended", "100e_group_suspended", SAME),
    ("user_id_update", "changed", "101_user_id_update", SAME),
    ("automatic_events", "lead", "102_automatic_event", SAME),
    ("payment_configuration_update", "needs_testing", "103_payment_configuration", SAME),
    ("partner_solutions", "created", "104_partner_solution", SAME),
    ("business_username_update", "approved", "105_username_update", SAME),
];

fn event(field: &str, what: Option<&str>) -> Event {
    Event { field: field.to_owned(), what: what.map(str::to_owned), ..Event::default() }
}

#[tokio::test]
async fn everything_that_may_happen_looks_as_meta_writes_it() {
    let (world, receiver) = heard(|_| {}).await;
    for (n, (field, what, name, but)) in ROWS.iter().enumerate() {
        world.simulator.event(&event(field, Some(what))).unwrap();
        let posted = receiver.wait_for(n + 1).await.remove(n);
        assert!(posted.is_genuine(), "{field} {what}");
        let mut expected = fixture(name);
        if *what == "terminate" {
            expected["entry"][0]["changes"][0]["value"]["calls"][0]["direction"] = "USER_INITIATED".into();
        }
        assert_alike(&format!("{field} {what}"), &posted.json(), &expected, *but);
        let is_portfolio = *field == "partner_solutions";
        assert_eq!(posted.json()["entry"][0]["id"] != "100000000000001", is_portfolio, "{field}");
    }
}

#[test]
fn nothing_that_may_happen_is_left_out() {
    for happening in HAPPENINGS {
        let has_row = ROWS.iter().any(|row| (row.0, row.1) == (happening.field, happening.what));
        assert!(has_row, "{} {} has no row", happening.field, happening.what);
    }
}

#[tokio::test]
async fn members_are_put_over_the_usual_ones() {
    let (world, receiver) = heard(|_| {}).await;
    let members = Map::from_iter([
        ("message_template_name".to_owned(), json!("spring_sale")),
        ("event".to_owned(), json!("FLAGGED")),
    ]);
    world.simulator.event(&Event { members, ..event("message_template_status_update", None) }).unwrap();
    let value = receiver.wait_for(1).await[0].value();
    assert_eq!((&value["message_template_name"], &value["event"]), (&json!("spring_sale"), &json!("FLAGGED")));
    assert_eq!(value["message_template_language"], "en");
}

#[tokio::test]
async fn what_is_told_of_a_template_is_so_when_somebody_asks() {
    let (world, receiver) = heard(|_| {}).await;
    world.simulator.event(&event("message_template_status_update", Some("paused"))).unwrap();
    let value = receiver.wait_for(1).await[0].value();
    let id = Value::from(value["message_template_id"].to_string());
    let templates = world.simulator.templates();
    let asked = templates.iter().find(|one| one["id"] == id).expect("the one it names");
    assert_eq!([&asked["name"], &asked["language"], &asked["status"]], ["order_ready", "en", "PAUSED"]);
}

#[tokio::test]
async fn a_value_and_a_whole_webhook_are_posted_as_they_stand() {
    let (world, receiver) = heard(|_| {}).await;
    let value = Some(json!(["any", {"shape": 1.5}]));
    world.simulator.event(&Event { value, ..event("a_field_of_tomorrow", None) }).unwrap();
    let whole = fixture("050_batch_of_two_senders");
    world.simulator.event(&Event { value: Some(whole.clone()), ..Event::default() }).unwrap();
    let posted = receiver.wait_for(2).await;
    let change = posted[0].json()["entry"][0]["changes"][0].clone();
    assert_eq!(change, json!({"field": "a_field_of_tomorrow", "value": ["any", {"shape": 1.5}]}));
    assert_eq!(posted[1].json(), whole);
}

#[tokio::test]
async fn what_is_not_known_is_refused_with_what_is() {
    let (world, _receiver) = heard(|_| {}).await;
    let refused = |field: &str, what| world.simulator.event(&event(field, what)).unwrap_err().to_string();
    assert_eq!(refused("user_preferences", Some("pause")), "in user_preferences there is stop, resume, signup");
    assert_eq!(refused("nonsense", None), "nothing is known of the field nonsense: give its value");
}
