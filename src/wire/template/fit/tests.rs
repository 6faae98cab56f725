//! Commands that fit a template and commands that do not, in a row each.

use serde_json::{Value, json};

use super::*;
use crate::domain::template::{NAMED, POSITIONAL};

fn shape(components: Value, parameter_format: &str) -> Shape {
    Shape::of(&components, parameter_format, "UTILITY").expect("components")
}

fn full() -> Shape {
    let components = json!([
        {"type": "HEADER", "format": "IMAGE"},
        {"type": "BODY", "text": "{{1}} {{2}}"},
        {"type": "BUTTONS", "buttons": [
            {"type": "QUICK_REPLY", "text": "Stop"},
            {"type": "URL", "text": "Track", "url": "https://example.invalid/{{1}}"},
            {"type": "URL", "text": "Shop", "url": "https://example.invalid/"},
        ]},
    ]);
    shape(components, POSITIONAL)
}

/// What is said, one problem a line.
fn told(template: Value, shape: &Shape) -> String {
    let template: Template = serde_json::from_value(template).expect("a template");
    let all = problems(&template, shape, "template");
    assert!(all.iter().all(|problem| problem.code == &TEMPLATE_PARAMS));
    all.iter().map(|found| format!("{} {}", found.field, found.problem)).collect::<Vec<_>>().join("\n")
}

fn fitting() -> Value {
    json!({
        "header": {"media": {"kind": "image", "id": "7"}},
        "body": ["secret one", "secret two"],
        "buttons": [{"index": 1, "sub_type": "url", "value": "x"}],
    })
}

#[test]
fn what_fits_has_no_problem_in_either_form() {
    assert_eq!(told(fitting(), &full()), "");
    let text = json!({"type": "text", "text": "x"});
    let long = json!({"components": [
        {"type": "header", "parameters": [{"type": "image", "image": {"id": "7"}}]},
        {"type": "body", "parameters": [text, {"type": "currency"}]},
        {"type": "button", "sub_type": "url", "index": 1, "parameters": [text]},
        {"type": "button", "sub_type": "quick_reply", "index": 0, "parameters": [{"type": "payload", "payload": "x"}]},
    ]});
    assert_eq!(told(long, &full()), "");
}

#[test]
fn each_mismatch_is_told_with_its_field_and_what_the_template_takes() {
    let cases = [
        ("body", json!(["secret"]), "template.body gives 1 values, and the template takes 2"),
        ("body", json!([]), "template.body gives 0 values, and the template takes 2"),
        ("header", Value::Null, "template.header is required: the template's header takes image"),
        ("header", json!({"text": "secret"}), "template.header is of another kind: the template's header takes image"),
        ("buttons", json!([]), "template.buttons lacks a value for button 1, which takes url"),
        (
            "buttons",
            json!([{"index": 1, "sub_type": "copy_code", "value": "secret"}]),
            "template.buttons gives button 1 a value of another kind: it takes url",
        ),
        (
            "buttons",
            json!([{"index": 1, "sub_type": "url", "value": "x"}, {"index": 2, "sub_type": "url", "value": "x"}]),
            "template.buttons gives a value for button 2, whose address takes none",
        ),
        (
            "buttons",
            json!([{"index": 1, "sub_type": "url", "value": "x"}, {"index": 5, "sub_type": "url", "value": "x"}]),
            "template.buttons gives a value for button 5, and the template has 3",
        ),
    ];
    for (field, value, expected) in cases {
        let mut template = fitting();
        template[field] = value;
        assert_eq!(told(template, &full()), expected);
    }
}

#[test]
fn names_and_positions_do_not_stand_for_each_other() {
    let by_name = shape(json!([{"type": "BODY", "text": "{{first}} {{last}}"}]), NAMED);
    let by_place = shape(json!([{"type": "BODY", "text": "{{1}} {{2}}"}]), POSITIONAL);
    let named = json!({"named": {"first": "x", "last": "y"}});
    assert_eq!(told(named.clone(), &by_name), "");
    assert_eq!(told(named, &by_place), "template.body gives names, and the template takes 2 values by position");
    let placed = json!({"body": ["x", "y"]});
    assert_eq!(told(placed, &by_name), "template.named lacks first, last: the template's values have names");
    let partly = json!({"named": {"first": "x", "lst": "y"}});
    assert_eq!(told(partly, &by_name), "template.named lacks last: the template's values have names");
    let more = json!({"named": {"first": "x", "last": "y", "middle": "z"}});
    let expected = "template.named gives 1 values that the template has no name for; it takes first, last";
    assert_eq!(told(more, &by_name), expected);
}

#[test]
fn a_header_without_a_variable_takes_no_value() {
    let plain =
        shape(json!([{"type": "HEADER", "format": "TEXT", "text": "Hi"}, {"type": "BODY", "text": "x"}]), POSITIONAL);
    assert_eq!(told(json!({}), &plain), "");
    let told = told(json!({"header": {"text": "x"}}), &plain);
    assert_eq!(told, "template.header gives a value, and the template's header takes none");
}

#[test]
fn a_one_time_code_goes_to_the_button_as_to_an_address() {
    let components =
        json!([{"type": "BODY"}, {"type": "BUTTONS", "buttons": [{"type": "OTP", "otp_type": "COPY_CODE"}]}]);
    let shape = Shape::of(&components, POSITIONAL, "AUTHENTICATION").expect("components");
    let code = json!({"body": ["1"], "buttons": [{"index": 0, "sub_type": "url", "value": "1"}]});
    assert_eq!(told(code, &shape), "");
}

#[test]
fn a_parameter_that_is_given_whole_has_its_name_inside() {
    let named = shape(json!([{"type": "BODY", "text": "Hi {{first_name}}!"}]), NAMED);
    let whole = |name: &str| {
        let parameter = json!({"type": "text", "text": "secret", "parameter_name": name}).to_string();
        json!({"components": [{"type": "body", "parameters": [{"type": "text", "parameter_json": parameter}]}]})
    };
    assert_eq!(told(whole("first_name"), &named), "");
    assert!(told(whole("last_name"), &named).contains("lacks first_name"));
}

#[test]
fn a_header_whose_variable_has_a_name_wants_it() {
    let components = json!([{"type": "HEADER", "format": "TEXT", "text": "{{order}}"}, {"type": "BODY", "text": "Hi"}]);
    let named = shape(components.clone(), NAMED);
    let lacks = "lacks order: the template's values have names";
    assert_eq!(told(json!({"header": {"text": "7"}}), &named), format!("template.header {lacks}"));
    let long = |name: Value| {
        let value = json!({"type": "text", "text": "7", "parameter_name": name});
        told(json!({"components": [{"type": "header", "parameters": [value]}]}), &named)
    };
    assert_eq!((long(json!("order")), long(Value::Null)), (String::new(), format!("template.components {lacks}")));
    assert_eq!(told(json!({"header": {"text": "7"}}), &shape(components, POSITIONAL)), "", "by position it needs none");
}
