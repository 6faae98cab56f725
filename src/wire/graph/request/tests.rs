//! Requests as Meta gets them, and what keeps one from being sent.

use serde_json::{Value, json};

use super::*;

fn command(content: Value) -> SendCommand {
    let mut command = json!({"command_id": "c1", "to": "+49 151 12345678"});
    command.as_object_mut().unwrap().extend(content.as_object().unwrap().clone());
    serde_json::from_value(command).unwrap()
}

fn built(content: Value) -> Value {
    let request = build(&command(content)).unwrap().with_callback("1:c1:7:4915112345678");
    serde_json::from_str(&request.to_json()).unwrap()
}

/// `field: limit` of every problem.
fn problems(content: Value) -> Vec<(String, Option<usize>)> {
    let problems = build(&command(content)).unwrap_err();
    problems.into_iter().map(|problem| (problem.field, problem.limit)).collect()
}

fn fields(content: Value) -> Vec<String> {
    problems(content).into_iter().map(|(field, _)| field).collect()
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
        {"type": "carousel", "cards": [{"card_index": 0, "components": [
            {"type": "button", "sub_type": "quick_reply", "index": 0,
             "parameters": [{"type": "payload", "payload": "p"}]},
        ]}]},
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
        json!({"interactive": {"type": "cta_url", "body": "b", "action_json": "{\"name\":\"cta_url\"}"}}),
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
    assert_eq!(fields(json!({"to": "nobody", "text": {"body": "hi"}})), ["to"]);
}

#[test]
fn exactly_one_content_is_wanted() {
    assert_eq!(fields(json!({})), ["text"]);
    assert_eq!(fields(json!({"text": {"body": "a"}, "typing": {"message_id": "wamid.A"}})), ["typing"]);
}

#[test]
fn every_problem_is_named_with_its_limit() {
    let long = |count: usize| "é".repeat(count);
    assert!(build(&command(json!({"text": {"body": long(4_096)}}))).is_ok());
    let of_text = problems(json!({"to": "?", "text": {"body": long(4_097)}, "reply_to": "c0"}));
    let limited = [("to".to_owned(), None), ("text.body".to_owned(), Some(4_096)), ("reply_to".to_owned(), None)];
    assert_eq!(of_text, limited);
    let of_buttons = problems(json!({"interactive": {"type": "button", "body": "b", "buttons": [
        {"id": "a", "title": long(21)}, {"id": "a", "title": ""}, {"id": "c", "title": "c"}, {"id": "d", "title": "d"},
    ]}}));
    let limited = [
        ("interactive.buttons".to_owned(), Some(3)),
        ("interactive.buttons[0].title".to_owned(), Some(20)),
        ("interactive.buttons[1].title".to_owned(), None),
        ("interactive.buttons[1].id".to_owned(), None),
    ];
    assert_eq!(of_buttons, limited);
}

#[test]
fn what_meta_would_refuse_is_refused_here() {
    let cases = [
        (json!({"text": {"body": ""}}), "text.body"),
        (json!({"media": {"kind": "photo", "id": "1"}}), "media.kind"),
        (json!({"media": {"kind": "image"}}), "media"),
        (json!({"media": {"kind": "image", "id": "1", "link": "https://a"}}), "media"),
        (json!({"media": {"kind": "image", "link": "ftp://a"}}), "media.link"),
        (json!({"media": {"kind": "audio", "id": "1", "caption": "c"}}), "media.caption"),
        (json!({"media": {"kind": "image", "object": "s3://b/k"}}), "media.object"),
        (json!({"location": {"latitude": 91.0, "longitude": 0.0}}), "location.latitude"),
        (json!({"contacts": [{"name": {"formatted_name": "A"}}]}), "contacts[0].name"),
        (json!({"reaction": {"message_id": "", "emoji": "x"}}), "reaction.message_id"),
        (json!({"reaction": {"message_id": "wamid.A"}, "reply_to": "wamid.B"}), "reply_to"),
        (json!({"mark_read": {"message_id": "c0"}}), "mark_read.message_id"),
        (json!({"raw_json": "[]"}), "raw_json"),
        (json!({"template": {"name": "", "language": "en"}}), "template.name"),
        (json!({"template": {"name": "a"}}), "template.language"),
        (json!({"template": {"name": "a", "language": "en", "body": ["x", ""]}}), "template.body[1]"),
        (json!({"template": {"name": "a", "language": "en", "body": ["x"], "named": {"y": "z"}}}), "template.named"),
        (json!({"template": {"name": "a", "language": "en", "header": {}}}), "template.header"),
        (
            json!({"template": {"name": "a", "language": "en", "buttons": [{"index": 0, "sub_type": "mpm"}]}}),
            "template.buttons[0].sub_type",
        ),
        (
            json!({"template": {"name": "a", "language": "en", "body": ["x"], "components": [{"type": "body"}]}}),
            "template.components",
        ),
        (json!({"interactive": {"type": "flow", "body": "b"}}), "interactive.action_json"),
        (json!({"interactive": {"type": "button", "buttons": [{"id": "a", "title": "a"}]}}), "interactive.body"),
    ];
    for (content, field) in cases {
        assert_eq!(fields(content.clone()), [field], "{content}");
    }
}

#[test]
fn a_problem_is_told_without_quoting_the_content() {
    let error = build(&command(json!({"text": {"body": "s".repeat(5_000)}}))).unwrap_err()[0].error();
    insta::assert_json_snapshot!(error);
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
    let read = build(&SendCommand { mark_read: Some(id), ..SendCommand::default() }).unwrap();
    assert!(!has_statuses(&read.with_callback("1:c1:k").to_json()));
    assert!(has_statuses(r#"{"type":"text","text":{"body":"hi"}}"#));
    assert!(has_statuses("nonsense"), "better to wait for one that never comes than to send twice");
}
