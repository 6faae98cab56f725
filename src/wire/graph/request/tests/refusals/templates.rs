//! Templates that Meta would refuse.

use serde_json::{Value, json};

use super::all_refused;

#[test]
fn of_templates_in_their_short_form() {
    let with = |members: Value| {
        let mut template = json!({"name": "a", "language": "en"});
        template.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        json!({"template": template})
    };
    let button = |sub_type: &str, value: &str| {
        with(
            json!({"header": {"text": "h"}, "body": ["x"], "buttons": [{"index": 1, "sub_type": sub_type, "value": value}]}),
        )
    };
    all_refused(&[
        (with(json!({"name": ""})), "template.name"),
        (with(json!({"language": ""})), "template.language"),
        (with(json!({"body": ["x", ""]})), "template.body[1]"),
        (with(json!({"header": {"text": "h"}, "named": {"x": "1", "y": ""}})), "template.named.y"),
        (with(json!({"body": ["x"], "named": {"y": "z"}})), "template.named"),
        (with(json!({"header": {}})), "template.header"),
        (with(json!({"header": {"text": ""}})), "template.header.text"),
        (with(json!({"header": {"media": {"kind": "audio", "id": "1"}}})), "template.header.media.kind"),
        (with(json!({"header": {"media": {"kind": "image", "link": "a.png"}}})), "template.header.media.link"),
        (
            with(json!({"header": {"location": {"latitude": 91.0, "longitude": 0.0}}})),
            "template.header.location.latitude",
        ),
        (button("mpm", "x"), "template.buttons[0].sub_type"),
        (button("quick_reply", ""), "template.buttons[0].value"),
        (button("copy_code", "12345678901234567890x"), "template.buttons[0].value"),
        (
            with(json!({"body": ["x"], "buttons": [{"index": -1, "sub_type": "url", "value": "v"}]})),
            "template.buttons[0].index",
        ),
        (with(json!({"body": ["x"], "components": [{"type": "body"}]})), "template.components"),
    ]);
}

#[test]
fn of_template_components() {
    let with = |component: Value| json!({"template": {"name": "a", "language": "en", "components": [component]}});
    let body = |parameter: Value| with(json!({"type": "body", "parameters": [parameter]}));
    let raw = |parameter: Value| body(json!({"type": parameter["type"], "parameter_json": parameter.to_string()}));
    let button = |sub_type: &str, parameter: Value| {
        with(json!({"type": "button", "sub_type": sub_type, "index": 0, "parameters": [parameter]}))
    };
    let at = |member: &str| format!("template.components[0].parameters[0].{member}");
    let card =
        |kind: &str| json!({"components": [{"type": "header", "parameters": [{"type": kind, kind: {"id": "1"}}]}]});
    let cases = [
        (with(json!({"type": ""})), "template.components[0].type".to_owned()),
        (with(json!({"type": "header"})), "template.components[0].parameters".to_owned()),
        (with(json!({"type": "button", "index": 0})), "template.components[0].sub_type".to_owned()),
        (with(json!({"type": "button", "sub_type": "url"})), "template.components[0].index".to_owned()),
        (
            with(json!({"type": "carousel", "cards": [card("image"), card("video")]})),
            "template.components[0].cards[1]".to_owned(),
        ),
        (body(json!({"type": "text", "text": ""})), at("text")),
        (body(json!({"type": ""})), at("type")),
        (
            body(json!({"type": "currency", "currency": {"fallback_value": "", "code": "EUR", "amount_1000": 1}})),
            at("currency.fallback_value"),
        ),
        (body(json!({"type": "date_time"})), at("date_time.fallback_value")),
        (body(json!({"type": "image", "image": {}})), at("image")),
        (body(json!({"type": "x", "parameter_json": "[]"})), at("parameter_json")),
        (raw(json!({"type": "product", "product": {"catalog_id": "1"}})), at("product.product_retailer_id")),
        (
            raw(json!({"type": "limited_time_offer", "limited_time_offer": {}})),
            at("limited_time_offer.expiration_time_ms"),
        ),
        (
            raw(json!({"type": "order_status", "order_status": {"reference_id": "r", "order": {"status": "lost"}}})),
            at("order_status.order.status"),
        ),
        (
            raw(json!({"type": "tap_target_configuration", "tap_target_configuration": [{"url": "https://a"}]})),
            at("tap_target_configuration[0].title"),
        ),
        (button("url", json!({"type": "payload", "payload": "p"})), at("type")),
        (button("copy_code", json!({"type": "coupon_code", "coupon_code": ""})), at("coupon_code")),
    ];
    all_refused(&cases.each_ref().map(|(content, field)| (content.clone(), field.as_str())));
}
