//! Templates: which there are, and the shape of each component.

use super::*;

/// A template whose body has no variable, with these components.
fn with_components(components: Value) -> Value {
    json!({"name": "hello_world", "language": {"code": "en_US", "policy": "deterministic"}, "components": components})
}

fn with_component(component: Value) -> Value {
    with_components(json!([component]))
}

fn button(kind: &str, parameter: Value) -> Value {
    with_component(json!({"type": "button", "sub_type": kind, "index": "0", "parameters": [parameter]}))
}

fn header(parameter: Value) -> Value {
    with_component(json!({"type": "header", "parameters": [parameter]}))
}

fn body(parameters: Value) -> Value {
    json!({"name": "order_ready", "language": {"code": "en"}, "components": [{"type": "body", "parameters": parameters}]})
}

#[test]
fn name_language_and_count() {
    let hello = with_components(json!([]));
    let text = json!({"type": "text", "text": "x"});
    table(
        "template",
        &[hello.clone(), without(hello.clone(), "", "components"), body(json!([text, text]))],
        &[
            (without(hello.clone(), "", "name"), 131_008),
            (without(hello.clone(), "", "language"), 131_008),
            (with(hello.clone(), "/language/policy", json!("fallback")), 131_009),
            (with(hello.clone(), "/name", json!("no_such")), 132_001),
            (with(hello, "/language/code", json!("fr")), 132_001),
            (body(json!([text])), 132_000),
        ],
    );
}

#[test]
fn body_parameters() {
    let text = json!({"type": "text", "text": "x"});
    let named = |name: &str| json!({"type": "text", "text": "x", "parameter_name": name});
    let currency =
        json!({"type": "currency", "currency": {"fallback_value": "$1", "code": "USD", "amount_1000": 1_000}});
    let date = json!({"type": "date_time", "date_time": {"fallback_value": "today"}});
    table(
        "template",
        &[body(json!([currency, date])), body(json!([named("who"), named("when")]))],
        &[
            (body(json!([text, {"type": "image", "image": {"id": "png"}}])), 132_012),
            (body(json!([text, {"type": "currency", "text": "x"}])), 132_012),
            (body(json!([text, without(currency, "/currency", "code")])), 131_008),
            (body(json!([text, named("when")])), 132_012),
            (body(json!([text, {"type": "text"}])), 131_008),
        ],
    );
}

#[test]
fn header_parameters() {
    let image = json!({"type": "image", "image": {"id": "png"}});
    let product = json!({"type": "product", "product": {"product_retailer_id": "sku", "catalog_id": "7"}});
    let place = json!({"type": "location", "location": {"latitude": 1, "longitude": 2, "name": "n", "address": "a"}});
    let two = with_component(json!({"type": "header", "parameters": [image, image]}));
    table(
        "template",
        &[header(image.clone()), header(product.clone()), header(place), header(json!({"type": "text", "text": "x"}))],
        &[
            (header(with(image, "/image/id", json!("mp4"))), 131_053),
            (header(json!({"type": "video"})), 131_008),
            (header(json!({"type": "currency"})), 132_012),
            (header(without(product, "/product", "catalog_id")), 131_008),
            (two, 131_009),
        ],
    );
}

#[test]
fn buttons() {
    let payload = json!({"type": "payload", "payload": "OK"});
    let coupon = |code: &str| json!({"type": "coupon_code", "coupon_code": code});
    let sections = json!({"type": "action", "action": {"thumbnail_product_retailer_id": "sku",
        "sections": [{"title": "A", "product_items": [{"product_retailer_id": "sku"}]}]}});
    let quick = button("quick_reply", payload.clone());
    table(
        "template",
        &[
            quick.clone(),
            with(quick.clone(), "/components/0/index", json!(9)),
            button("url", json!({"type": "text", "text": "a/b"})),
            button("copy_code", coupon(&"c".repeat(20))),
            button("CATALOG", json!({"type": "action", "action": {"thumbnail_product_retailer_id": "sku"}})),
            button("mpm", sections.clone()),
            button("flow", json!({"type": "action", "action": {"flow_token": "t", "flow_action_data": {}}})),
            button("voice_call", json!({"type": "ttl_minutes", "ttl_minutes": 60})),
            with_component(json!({"type": "button", "sub_type": "spm", "index": 0})),
        ],
        &[
            (without(quick.clone(), "/components/0", "index"), 131_008),
            (with(quick.clone(), "/components/0/index", json!("10")), 131_009),
            (with(quick.clone(), "/components/0/index", json!("first")), 100),
            (without(quick, "/components/0", "parameters"), 131_008),
            (button("otp", json!({"type": "text", "text": "1234"})), 131_009),
            (button("url", payload), 131_009),
            (button("copy_code", coupon(&"c".repeat(21))), 100),
            (button("mpm", without(sections, "/action", "sections")), 131_008),
        ],
    );
}

#[test]
fn components_that_come_once() {
    let offer = json!({"type": "limited_time_offer", "parameters": [
        {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 1_780_000_000_000_i64}}]});
    let status = json!({"type": "order_status", "parameters": [{"type": "order_status",
        "order_status": {"reference_id": "order-7", "order": {"status": "shipped"}}}]});
    let target = json!({"type": "tap_target_configuration", "parameters": [{"type": "tap_target_configuration",
        "tap_target_configuration": [{"url": "https://example.com", "title": "t"}]}]});
    let card = |n: usize| {
        json!({"card_index": n, "components": [
        {"type": "header", "parameters": [{"type": "image", "image": {"id": "png"}}]},
        {"type": "button", "sub_type": "quick_reply", "index": "0", "parameters": [{"type": "payload", "payload": "a"}]}]})
    };
    let carousel = |cards: Value| with_component(json!({"type": "carousel", "cards": cards}));
    table(
        "template",
        &[with_components(json!([offer, status, target])), carousel(json!([card(0), card(1)]))],
        &[
            (with_component(json!({"type": "footer"})), 131_009),
            (with_component(without(offer, "", "parameters")), 131_008),
            (with_component(with(status, "/parameters/0/order_status/order/status", json!("lost"))), 131_009),
            (carousel(json!([card(0)])), 131_009),
            (carousel(json!([card(0), {"card_index": 1, "components": [{"type": "carousel"}]}])), 131_009),
        ],
    );
}
