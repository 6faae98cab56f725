//! Requests as Meta gets them, and how problems are named. Limits at their edges are in `limits`, refusals in `refusals`.

mod limits;
mod refusals;

use serde_json::{Value, json};

use super::*;
use crate::wire::{records::WhatsAppError, send_command::validate};

fn command(content: Value) -> SendCommand {
    let mut command = json!({"command_id": "c1", "to": "+49 151 12345678"});
    command.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
    serde_json::from_value(command).unwrap()
}

fn build(command: &SendCommand) -> Result<GraphRequest, Vec<FieldProblem>> {
    super::build(&validate(command)?)
}

fn build_fallback(command: &SendCommand) -> Result<Option<GraphRequest>, Vec<FieldProblem>> {
    super::build_fallback(&validate(command)?)
}

fn built(content: Value) -> Value {
    let request = build(&command(content)).unwrap().with_callback("1:c1:7:4915112345678");
    serde_json::from_str(&request.to_json()).unwrap()
}

fn fields(content: Value) -> Vec<String> {
    build(&command(content)).unwrap_err().into_iter().map(|found| found.field).collect()
}

#[test]
fn a_text_with_a_quote() {
    insta::assert_json_snapshot!(built(json!({"text": {"body": "hi", "preview_url": true}, "reply_to": "wamid.A"})));
}

#[test]
fn a_template_in_its_short_form() {
    insta::assert_json_snapshot!(built(json!({"template": {
        "name": "order_ready",
        "language": "en",
        "header": {"media": {"kind": "image", "link": "https://example.com/a.png"}},
        "body": ["1042", "Ada"],
        "buttons": [
            {"index": 0, "sub_type": "url", "value": "1042"},
            {"index": 1, "sub_type": "quick_reply", "value": "late"},
        ],
    }})));
}

#[test]
fn a_template_with_named_values() {
    insta::assert_json_snapshot!(built(json!({"template": {
        "name": "hello", "language": "de", "header": {"text": "Hi"}, "named": {"who": "Ada", "order": "1042"},
    }})));
}

#[test]
fn a_template_with_metas_components() {
    insta::assert_json_snapshot!(built(json!({"template": {"name": "cards", "language": "en", "components": [
        {"type": "body", "parameters": [
            {"type": "text", "text": "Ada"},
            {"type": "currency", "currency": {"fallback_value": "1 €", "code": "EUR", "amount_1000": 1000}},
            {"type": "odd", "parameter_json": "{\"type\":\"odd\",\"odd\":{\"x\":1}}"},
        ]},
        {"type": "button", "sub_type": "quick_reply", "index": 0, "parameters": [{"type": "text", "text": "yes"}]},
        {"type": "carousel", "cards": [
            {"card_index": 0, "components": [{"type": "button", "sub_type": "quick_reply", "index": 0,
             "parameters": [{"type": "payload", "payload": "p"}]}]},
            {"card_index": 1, "components": [{"type": "button", "sub_type": "quick_reply", "index": 0,
             "parameters": [{"type": "payload", "payload": "q"}]}]},
        ]},
    ]}})));
}

#[test]
fn the_other_contents() {
    let all = [
        json!({"media": {"kind": "document", "id": "5", "caption": "look", "filename": "a.pdf"}}),
        json!({"media": {"kind": "audio", "link": "https://example.com/a.ogg", "voice": true}}),
        json!({"location": {"latitude": 52.5, "longitude": 13.4, "name": "Berlin"}}),
        json!({"contacts": [{"name": {"formatted_name": "Ada L", "first_name": "Ada"}, "phones": [{"phone": "+1"}]}]}),
        json!({"reaction": {"message_id": "wamid.A", "emoji": "👍"}}),
        json!({"interactive": {"type": "button", "body": "?", "footer": "f", "header": {"text": "h"},
               "buttons": [{"id": "y", "title": "Yes"}, {"id": "n", "title": "No"}]}}),
        json!({"interactive": {"type": "list", "body": "?",
               "list": {"button": "Pick", "sections": [{"rows": [{"id": "1", "title": "One"}]}]}}}),
        json!({"interactive": {"type": "product_list", "body": "b", "header": {"text": "h"},
               "product": {"catalog_id": "9", "sections": [{"title": "t", "product_retailer_ids": ["a", "b"]}]}}}),
        json!({"interactive": {"type": "cta_url", "body": "b",
               "cta_url": {"display_text": "Open", "url": "https://example.com"}}}),
        json!({"interactive": {"type": "flow", "body": "b", "flow": {"flow_id": "5", "flow_cta": "Start",
               "screen": "FIRST", "data_json": "{\"x\":null}"}}}),
        json!({"interactive": {"type": "carousel", "body": "b", "cards": [
            {"media": {"kind": "image", "id": "1"}, "body": "c", "buttons": [{"id": "a", "title": "A"}]},
            {"media": {"kind": "image", "id": "2"}, "buttons": [{"id": "b", "title": "B"}]},
        ]}}),
        json!({"interactive": {"type": "carousel", "body": "b", "cards": [
            {"product": {"catalog_id": "9", "product_retailer_id": "a"}},
            {"product": {"catalog_id": "9", "product_retailer_id": "b"}},
        ]}}),
        json!({"interactive": {"type": "catalog_message", "body": "b"}}),
        json!({"interactive": {"type": "location_request_message", "body": "b"}}),
        json!({"interactive": {"type": "call_permission_request"}}),
        json!({"interactive": {"type": "address_message", "body": "b",
               "action_json": "{\"name\":\"address_message\",\"parameters\":{\"country\":\"IN\"}}"}}),
        json!({"to": "group:Y2Fw", "pin": {"message_id": "wamid.A", "expiration_days": 7}}),
        json!({"text": {"body": "hi"}, "identity_key_hash": "DF2lS5v2W6x="}),
        json!({"mark_read": {"message_id": "wamid.A"}}),
        json!({"typing": {"message_id": "wamid.A"}}),
        json!({"raw_json": "{\"type\":\"pin\",\"pin\":{\"type\":\"pin\"},\"to\":\"ignored\",\"recipient\":\"US.1\"}"}),
    ];
    insta::assert_json_snapshot!(all.map(built));
}

#[test]
fn recipients_of_all_three_kinds() {
    let to = |to: &str| {
        let body = built(json!({"to": to, "text": {"body": "hi"}}));
        (body["recipient_type"].clone(), body.get("to").cloned(), body.get("recipient").cloned())
    };
    assert_eq!(to("49 (151) 1234"), (json!("individual"), Some(json!("+491511234")), None));
    assert_eq!(to("US.1234"), (json!("individual"), None, Some(json!("US.1234"))));
    assert_eq!(to("group:Y2Fw"), (json!("group"), Some(json!("Y2Fw")), None));
}

#[test]
fn a_problem_is_told_without_quoting_the_content() {
    let problems = build(&command(json!({"text": {"body": "s".repeat(5_000)}}))).unwrap_err();
    insta::assert_json_snapshot!(WhatsAppError::from(&problems[0]));
}

#[test]
fn everything_wrong_with_the_content_is_told_whatever_else_is_wrong() {
    let content = json!({"to": "?", "text": {"body": ""}, "reply_to": "c0"});
    let found: Vec<_> = content_problems(&command(content)).into_iter().map(|found| found.field).collect();
    assert_eq!(found, ["reply_to", "text.body"]);
    assert_eq!(content_problems(&command(json!({}))), []);
}

#[test]
fn the_window_is_asked_for_by_everything_but_templates_and_receipts() {
    let needs = |content| build(&command(content)).unwrap().needs_window;
    assert!(needs(json!({"text": {"body": "hi"}})));
    assert!(!needs(json!({"template": {"name": "a", "language": "en"}})));
    assert!(!needs(json!({"raw_json": "{\"type\":\"template\"}"})));
    assert!(needs(json!({"raw_json": "{\"type\":\"text\"}"})));
    assert!(!needs(json!({"typing": {"message_id": "wamid.A"}})));
}

#[test]
fn a_fallback_template_is_built_beside_and_named_in_its_problems() {
    let with = |template: Value| command(json!({"text": {"body": "hi"}, "fallback_template": template}));
    let fallback = build_fallback(&with(json!({"name": "a", "language": "en"}))).unwrap().unwrap();
    assert!(!fallback.needs_window && fallback.to_json().contains(r#""type":"template""#));
    let problems = build_fallback(&with(json!({"name": "a", "language": "en", "body": [""]}))).unwrap_err();
    assert_eq!(problems[0].field, "fallback_template.body[0]");
    assert_eq!(build_fallback(&command(json!({"text": {"body": "hi"}}))), Ok(None));
}

#[test]
fn callback_data_can_be_added_to_a_stored_request() {
    let request = build(&command(json!({"text": {"body": "hi"}}))).unwrap();
    let later = add_callback(&request.to_json(), "1:c1:k").unwrap();
    assert_eq!(later, request.with_callback("1:c1:k").to_json());
    assert_eq!(add_callback("nonsense", "1:c1:k"), None);
}

#[test]
fn what_carries_no_callback_data_has_no_statuses() {
    let id = MarkRead { message_id: "wamid.HBgLMTY".into() };
    let read = build(&SendCommand { mark_read: Some(id), ..command(json!({})) }).unwrap();
    assert!(!has_statuses(&read.with_callback("1:c1:k").to_json()));
    assert!(has_statuses(r#"{"type":"text","text":{"body":"hi"}}"#));
    assert!(has_statuses("nonsense"), "better to wait for one that never comes than to send twice");
}
