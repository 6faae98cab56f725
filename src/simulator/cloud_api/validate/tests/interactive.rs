//! Every kind of interactive message, each limit of it touched from both sides.

use super::*;

/// An interactive message of this kind with a body.
fn of(kind: &str, action: Value) -> Value {
    json!({"type": kind, "body": {"text": "What shall it be?"}, "action": action})
}

fn named(kind: &str, name: &str, parameters: Value) -> Value {
    of(kind, json!({"name": name, "parameters": parameters}))
}

fn button(id: &str, title: &str) -> Value {
    json!({"type": "reply", "reply": {"id": id, "title": title}})
}

#[test]
fn button_messages() {
    let two = of("button", json!({"buttons": [button("y", "Yes"), button("n", "No")]}));
    let buttons = |buttons: Value| with(two.clone(), "/action/buttons", buttons);
    let mut framed = two.clone();
    framed["header"] = json!({"type": "text", "text": "x".repeat(60)});
    framed["footer"] = json!({"text": "x".repeat(60)});
    table(
        "interactive",
        &[two.clone(), framed.clone(), buttons(json!([button(&"i".repeat(256), &"t".repeat(20))]))],
        &[
            (without(two.clone(), "", "type"), 131_008),
            (with(two.clone(), "/type", json!("hologram")), 131_009),
            (without(two.clone(), "", "action"), 131_008),
            (without(two.clone(), "", "body"), 131_008),
            (with(two.clone(), "/body/text", long(1_025)), 100),
            (with(framed.clone(), "/header/text", long(61)), 100),
            (with(framed.clone(), "/header/type", json!("audio")), 131_009),
            (with(framed, "/footer/text", long(61)), 100),
            (buttons(json!([])), 131_009),
            (buttons(Value::from(vec![button("y", "Yes"); 4])), 131_009),
            (buttons(json!([button("y", "Yes"), button("y", "No")])), 131_009),
            (buttons(json!([button("y", "Yes"), button("n", "Yes")])), 131_009),
            (buttons(json!([button("y", &"t".repeat(21))])), 100),
            (buttons(json!([button(&"i".repeat(257), "Yes")])), 100),
            (buttons(json!([{"type": "url"}])), 131_009),
        ],
    );
}

#[test]
fn list_messages() {
    let row = |id: usize| json!({"id": id.to_string(), "title": "Row", "description": "One of them"});
    let rows = |ids: std::ops::Range<usize>| Value::from(ids.map(row).collect::<Vec<_>>());
    let list = |sections: Value| of("list", json!({"button": "Choose", "sections": sections}));
    let one = list(json!([{"rows": rows(0..10)}]));
    let two = list(json!([{"title": "A", "rows": rows(0..5)}, {"title": "B", "rows": rows(5..10)}]));
    table(
        "interactive",
        &[one.clone(), two.clone(), with(one.clone(), "/body/text", long(4_096))],
        &[
            (with(one.clone(), "/body/text", long(4_097)), 100),
            (without(one.clone(), "/action", "button"), 131_008),
            (with(one.clone(), "/action/button", long(21)), 100),
            (with(one.clone(), "/action/sections/0/rows/0/title", long(25)), 100),
            (with(one.clone(), "/action/sections/0/rows/0/description", long(73)), 100),
            (with(one.clone(), "/action/sections/0/rows/0/id", long(201)), 100),
            (with(one.clone(), "/action/sections/0/rows/0/id", json!("1")), 131_009),
            (with(one, "/action/sections", json!([])), 131_009),
            (without(two.clone(), "/action/sections/1", "title"), 131_008),
            (with(two.clone(), "/action/sections/1/rows", rows(5..11)), 131_009),
            (with(two, "/action/sections/0/title", long(25)), 100),
        ],
    );
}

#[test]
fn link_and_phone_messages() {
    let link = named("cta_url", "cta_url", json!({"display_text": "Open", "url": "https://example.com/"}));
    let call = named("voice_call", "voice_call", json!({"display_text": "Call", "ttl_minutes": 60, "payload": "p"}));
    let permission = json!({"type": "call_permission_request", "action": {"name": "call_permission_request"}});
    let contact = of("request_contact_info", json!({"name": "request_contact_info"}));
    let location = of("location_request_message", json!({"name": "send_location"}));
    let mut headed = location.clone();
    headed["header"] = json!({"type": "text", "text": "Where?"});
    table(
        "interactive",
        &[link.clone(), call.clone(), permission.clone(), contact.clone(), location.clone()],
        &[
            (with(link.clone(), "/action/parameters/display_text", long(21)), 100),
            (with(link.clone(), "/action/parameters/url", json!("example")), 131_009),
            (without(link, "/action", "parameters"), 131_008),
            (with(call, "/action/parameters/ttl_minutes", json!(0)), 131_009),
            (with(permission, "/action/name", json!("call")), 131_009),
            (without(contact, "", "body"), 131_008),
            (without(location, "/action", "name"), 131_008),
            (headed, 131_009),
        ],
    );
}

#[test]
fn flow_messages() {
    let flow = named(
        "flow",
        "flow",
        json!({"flow_message_version": "3", "flow_id": "7", "flow_cta": "Book", "flow_token": "t", "mode": "draft",
            "flow_action": "navigate", "flow_action_payload": {"screen": "FIRST", "data": {"a": 1}}}),
    );
    let parameters = "/action/parameters";
    let mut by_both = flow.clone();
    by_both["action"]["parameters"]["flow_name"] = json!("booking");
    table(
        "interactive",
        &[
            flow.clone(),
            without(by_both.clone(), parameters, "flow_id"),
            without(flow.clone(), parameters, "flow_action"),
        ],
        &[
            (by_both, 100),
            (without(flow.clone(), parameters, "flow_id"), 131_008),
            (without(flow.clone(), parameters, "flow_cta"), 131_008),
            (with(flow.clone(), "/action/parameters/flow_message_version", json!("2")), 131_009),
            (with(flow.clone(), "/action/parameters/mode", json!("dry")), 131_009),
            (with(flow.clone(), "/action/parameters/flow_action", json!("data_exchange")), 131_009),
            (without(flow, "/action/parameters/flow_action_payload", "screen"), 131_008),
        ],
    );
}

#[test]
fn product_messages() {
    let item = json!({"product_retailer_id": "sku"});
    let items = |count: usize| Value::from(vec![item.clone(); count]);
    let product = json!({"type": "product", "action": {"catalog_id": "7", "product_retailer_id": "sku"}});
    let catalog = named("catalog_message", "catalog_message", json!({"thumbnail_product_retailer_id": "sku"}));
    let mut list = of(
        "product_list",
        json!({"catalog_id": "7", "sections": [{"title": "A", "product_items": items(15)},
            {"title": "B", "product_items": items(15)}]}),
    );
    list["header"] = json!({"type": "text", "text": "Goods"});
    table(
        "interactive",
        &[product.clone(), catalog.clone(), list.clone()],
        &[
            (without(product, "/action", "catalog_id"), 131_008),
            (with(catalog, "/action/name", json!("catalog")), 131_009),
            (without(list.clone(), "", "header"), 131_008),
            (with(list.clone(), "/header", json!({"type": "image", "image": {"id": "png"}})), 131_009),
            (without(list.clone(), "/action/sections/0", "title"), 131_008),
            (with(list.clone(), "/action/sections/0/product_items", items(16)), 131_009),
            (with(list, "/action/sections/0/product_items", json!([])), 131_009),
        ],
    );
}

#[test]
fn order_messages() {
    let money = json!({"value": 1_000, "offset": 100});
    let details = named(
        "order_details",
        "review_and_pay",
        json!({"reference_id": "order-7", "type": "digital-goods", "currency": "INR", "total_amount": money,
            "order": {"status": "pending", "subtotal": money, "tax": money,
                "items": [{"name": "Bread", "amount": money, "quantity": 1}]}}),
    );
    let status =
        named("order_status", "review_order", json!({"reference_id": "order-7", "order": {"status": "shipped"}}));
    table(
        "interactive",
        &[details.clone(), status.clone()],
        &[
            (with(details.clone(), "/action/parameters/type", json!("air")), 131_009),
            (with(details.clone(), "/action/parameters/total_amount/offset", json!(10)), 131_009),
            (with(details.clone(), "/action/parameters/order/items", json!([])), 131_009),
            (without(details, "/action/parameters/order", "subtotal"), 131_008),
            (with(status.clone(), "/action/parameters/order/status", json!("lost")), 131_009),
            (without(status, "/action/parameters", "reference_id"), 131_008),
        ],
    );
}

#[test]
fn address_messages() {
    let address = named(
        "address_message",
        "address_message",
        json!({"country": "IN", "values": {"name": "Kim", "in_pin_code": "400063"},
            "saved_addresses": [{"id": "a1", "value": {"city": "Mumbai"}}]}),
    );
    table(
        "interactive",
        &[address.clone(), without(address.clone(), "/action/parameters", "saved_addresses")],
        &[
            (with(address.clone(), "/action/parameters/country", json!("DE")), 131_009),
            (with(address.clone(), "/action/parameters/values/in_pin_code", json!("4000633")), 100),
            (without(address, "/action/parameters/saved_addresses/0", "id"), 131_008),
        ],
    );
}

#[test]
fn carousel_messages() {
    let card = |n: usize| {
        json!({"card_index": n, "type": "cta_url", "header": {"type": "image", "image": {"link": "https://example.com/a.png"}},
            "body": {"text": "One\ntwo\nthree"},
            "action": {"name": "cta_url", "parameters": {"display_text": "Open", "url": "https://example.com/"}}})
    };
    let quick = |n: usize, count: usize| {
        let button = json!({"type": "quick_reply", "quick_reply": {"id": "1", "title": "This"}});
        with(card(n), "/action", json!({"buttons": vec![button; count]}))
    };
    let product = |catalog: &str| {
        json!({"card_index": 0, "type": "product",
        "action": {"product_retailer_id": "sku", "catalog_id": catalog}})
    };
    let cards = |cards: Value| of("carousel", json!({ "cards": cards }));
    let two = cards(json!([card(0), card(1)]));
    let mut footed = two.clone();
    footed["footer"] = json!({"text": "no"});
    table(
        "interactive",
        &[two.clone(), cards(json!([quick(0, 2), quick(1, 2)])), cards(json!([product("7"), product("7")]))],
        &[
            (cards(json!([card(0)])), 131_009),
            (cards(Value::from((0..11).map(card).collect::<Vec<_>>())), 131_009),
            (cards(json!([card(0), quick(1, 1)])), 131_009),
            (cards(json!([quick(0, 1), quick(1, 2)])), 131_009),
            (cards(json!([product("7"), product("8")])), 131_009),
            (with(two.clone(), "/action/cards/0/body/text", json!("1\n2\n3\n4")), 131_009),
            (with(two.clone(), "/action/cards/0/body/text", long(161)), 100),
            (without(two, "/action/cards/0", "header"), 131_008),
            (footed, 131_009),
        ],
    );
}
