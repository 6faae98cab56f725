//! What Meta would refuse is refused here, under the field it is about. One row, one mistake.

use serde_json::{Value, json};

use super::{build, command, fields};

fn all_refused(cases: &[(Value, &str)]) {
    for (content, field) in cases {
        assert_eq!(fields(content.clone()), [*field], "{content}");
    }
}

#[test]
fn of_plain_contents() {
    all_refused(&[
        (json!({"text": {"body": ""}}), "text.body"),
        (json!({"text": {"body": " \n"}}), "text.body"),
        (json!({"text": {"body": "hi"}, "reply_to": "c0"}), "reply_to"),
        (json!({"media": {"kind": "photo", "id": "1"}}), "media.kind"),
        (json!({"media": {"kind": "image"}}), "media"),
        (json!({"media": {"kind": "image", "id": "1", "link": "https://a"}}), "media"),
        (json!({"media": {"kind": "image", "id": "1", "object": "s3://b/k"}}), "media"),
        (json!({"media": {"kind": "image", "link": "ftp://a"}}), "media.link"),
        (json!({"media": {"kind": "audio", "id": "1", "caption": "c"}}), "media.caption"),
        (json!({"media": {"kind": "image", "id": "1", "filename": "f"}}), "media.filename"),
        (json!({"media": {"kind": "video", "id": "1", "voice": true}}), "media.voice"),
        (json!({"media": {"kind": "image", "object": "s3://b/k"}}), "media.object"),
        (json!({"location": {"latitude": 91.0, "longitude": 0.0}}), "location.latitude"),
        (json!({"location": {"latitude": 0.0, "longitude": -180.5}}), "location.longitude"),
        (json!({"contacts": [{"name": {"formatted_name": "A"}}]}), "contacts[0].name"),
        (json!({"reaction": {"message_id": "", "emoji": "x"}}), "reaction.message_id"),
        (json!({"reaction": {"message_id": "wamid.A"}, "reply_to": "wamid.B"}), "reply_to"),
        (json!({"mark_read": {"message_id": "c0"}}), "mark_read.message_id"),
        (json!({"typing": {"message_id": ""}}), "typing.message_id"),
        (json!({"raw_json": "[]"}), "raw_json"),
        (json!({"to": "group:g", "pin": {"message_id": "wamid.A", "type": "stick"}}), "pin.type"),
        (json!({"to": "group:g", "pin": {"message_id": "wamid.A", "expiration_days": -1}}), "pin.expiration_days"),
    ]);
}

#[test]
fn a_place_that_is_no_number_is_nowhere() {
    let mut nowhere = command(json!({"location": {"latitude": 0.0, "longitude": 0.0}}));
    nowhere.location.as_mut().unwrap().latitude = f64::NAN;
    assert_eq!(build(&nowhere).unwrap_err()[0].field, "location.latitude");
}

#[test]
fn of_recipients() {
    let to_group = |mut content: Value| {
        content["to"] = json!("group:Y2Fw");
        content
    };
    let template =
        |component: Value| to_group(json!({"template": {"name": "a", "language": "en", "components": [component]}}));
    all_refused(&[
        (json!({"pin": {"message_id": "wamid.A"}}), "pin"),
        (to_group(json!({"location": {"latitude": 0.0, "longitude": 0.0}})), "location"),
        (to_group(json!({"contacts": [{"name": {"formatted_name": "A", "first_name": "A"}}]})), "contacts"),
        (to_group(json!({"reaction": {"message_id": "wamid.A"}})), "reaction"),
        (to_group(json!({"interactive": {"type": "call_permission_request"}})), "interactive"),
        (
            template(
                json!({"type": "header", "parameters": [{"type": "location", "location": {"latitude": 0.0, "longitude": 0.0}}]}),
            ),
            "template.components[0].parameters[0].type",
        ),
        (template(json!({"type": "limited_time_offer"})), "template.components[0].type"),
    ]);
    for content in [json!({"text": {"body": "hi"}}), json!({"media": {"kind": "sticker", "id": "1"}})] {
        assert!(build(&command(to_group(content))).is_ok());
    }
}

#[test]
fn of_interactive_messages() {
    let with = |kind: &str, members: Value| {
        let mut interactive = json!({"type": kind, "body": "b"});
        interactive.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        json!({"interactive": interactive})
    };
    let button = json!([{"id": "a", "title": "a"}]);
    let file = json!({"media": {"kind": "image", "id": "1"}});
    let menu = json!({"button": "b", "sections": [{"rows": [{"id": "a", "title": "a"}]}]});
    let two = json!({"button": "b", "sections": [{"rows": [{"id": "a", "title": "a"}]}, {"title": "t", "rows": [{"id": "a", "title": "a"}]}]});
    let action = |action: Value| action.to_string();
    all_refused(&[
        (with("", json!({})), "interactive.type"),
        (with("button", json!({"body": null, "buttons": button})), "interactive.body"),
        (with("button", json!({"buttons": []})), "interactive.buttons"),
        (
            with("button", json!({"buttons": [{"id": "a", "title": "a"}, {"id": "b", "title": "a"}]})),
            "interactive.buttons[1].title",
        ),
        (
            with("button", json!({"buttons": [{"id": "a", "title": "a"}, {"id": "a", "title": "b"}]})),
            "interactive.buttons[1].id",
        ),
        (with("button", json!({"buttons": button, "list": menu})), "interactive.list"),
        (with("button", json!({"buttons": button, "header": {}})), "interactive.header"),
        (
            with("button", json!({"buttons": button, "header": {"text": "t", "media": file["media"]}})),
            "interactive.header",
        ),
        (
            with("button", json!({"buttons": button, "header": {"media": {"kind": "audio", "id": "1"}}})),
            "interactive.header.media.kind",
        ),
        (
            with("button", json!({"buttons": button, "header": {"media": {"kind": "image"}}})),
            "interactive.header.media",
        ),
        (
            with(
                "button",
                json!({"buttons": button, "action_json": "{\"buttons\":[{\"reply\":{\"id\":\"a\",\"title\":\"a\"}}]}"}),
            ),
            "interactive.buttons",
        ),
        (
            with("button", json!({"action_json": "{\"buttons\":[{\"reply\":{\"id\":\"a\"}}]}"})),
            "interactive.action_json.buttons[0].reply.title",
        ),
        (with("list", json!({"list": menu, "header": file})), "interactive.header.media.kind"),
        (with("product", json!({"product": {"catalog_id": "1"}})), "interactive.product.product_retailer_id"),
        (
            with(
                "product",
                json!({"product": {"catalog_id": "1", "product_retailer_id": "a"}, "header": {"text": "t"}}),
            ),
            "interactive.header",
        ),
        (
            with(
                "product_list",
                json!({"product": {"catalog_id": "1", "sections": [{"product_retailer_ids": ["a"]}]}}),
            ),
            "interactive.header",
        ),
        (
            with(
                "product_list",
                json!({"header": {"text": "t"}, "product": {"catalog_id": "1", "sections": [{"product_retailer_ids": ["a", ""]}]}}),
            ),
            "interactive.product.sections[0].product_retailer_ids[1]",
        ),
        (with("location_request_message", json!({"header": {"text": "t"}})), "interactive.header"),
        (with("cta_url", json!({"cta_url": {"display_text": "t", "url": "example.com"}})), "interactive.cta_url.url"),
        (with("flow", json!({"flow": {"flow_cta": "t"}})), "interactive.flow.flow_id"),
        (
            with("flow", json!({"flow": {"flow_id": "1", "flow_name": "n", "flow_cta": "t"}})),
            "interactive.flow.flow_id",
        ),
        (with("flow", json!({"flow": {"flow_id": "1", "flow_cta": "t", "mode": "live"}})), "interactive.flow.mode"),
        (
            with(
                "flow",
                json!({"flow": {"flow_id": "1", "flow_cta": "t", "flow_action": "data_exchange", "screen": "S"}}),
            ),
            "interactive.flow.screen",
        ),
        (
            with("flow", json!({"flow": {"flow_id": "1", "flow_cta": "t", "data_json": "[]"}})),
            "interactive.flow.data_json",
        ),
        (with("new_kind", json!({})), "interactive.action_json"),
        (with("voice_call", json!({"action_json": action(json!({"name": "call"}))})), "interactive.action_json.name"),
        (
            with(
                "order_status",
                json!({"action_json": action(json!({"name": "review_order", "parameters": {"reference_id": "r", "order": {"status": "lost"}}}))}),
            ),
            "interactive.action_json.parameters.order.status",
        ),
        (
            with(
                "address_message",
                json!({"action_json": action(json!({"name": "address_message", "parameters": {"country": "DE"}}))}),
            ),
            "interactive.action_json.parameters.country",
        ),
    ]);
    assert_eq!(
        fields(with("list", json!({"list": two}))),
        ["interactive.list.sections[0].title", "interactive.list.sections[1].rows[0].id"]
    );
    assert_eq!(fields(with("list", json!({}))), ["interactive.list.button", "interactive.list.sections"]);
}

#[test]
fn of_carousels() {
    let with = |second: Value| {
        let first = json!({"media": {"kind": "image", "id": "1"}, "buttons": [{"id": "a", "title": "a"}]});
        json!({"interactive": {"type": "carousel", "body": "b", "cards": [first, second]}})
    };
    let mut tapped_twice = with(json!({"media": {"kind": "image", "id": "1"}, "buttons": [{"id": "a", "title": "a"}]}));
    tapped_twice["interactive"]["cards"][1]["cta_url"] = json!({"display_text": "t", "url": "https://a"});
    let mut with_footer = with(json!({"media": {"kind": "image", "id": "1"}, "buttons": [{"id": "a", "title": "a"}]}));
    with_footer["interactive"]["footer"] = json!("f");
    all_refused(&[
        (tapped_twice, "interactive.cards[1]"),
        (with_footer, "interactive.footer"),
        (
            with(json!({"media": {"kind": "video", "id": "1"}, "buttons": [{"id": "a", "title": "a"}]})),
            "interactive.cards[1]",
        ),
        (
            with(json!({"media": {"kind": "image", "id": "1"}, "cta_url": {"display_text": "t", "url": "https://a"}})),
            "interactive.cards[1]",
        ),
        (
            with(json!({"media": {"kind": "image"}, "buttons": [{"id": "a", "title": "a"}]})),
            "interactive.cards[1].media",
        ),
    ]);
    let two_catalogues = json!({"interactive": {"type": "carousel", "body": "b", "cards": [
        {"product": {"catalog_id": "1", "product_retailer_id": "a"}},
        {"product": {"catalog_id": "2", "product_retailer_id": ""}},
    ]}});
    assert_eq!(fields(two_catalogues), ["interactive.cards[1]", "interactive.cards[1].product.product_retailer_id"]);
}

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
        (body(json!({"type": "x", "parameter_json": "[]"})), at("parameter_json")).clone(),
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
