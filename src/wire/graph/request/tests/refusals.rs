//! What Meta would refuse is refused here, under the field it is about. One row, one mistake.

mod templates;

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
        (
            with("flow", json!({"flow": {"flow_id": "1", "flow_cta": "t", "data_json": "{}"}})),
            "interactive.flow.screen",
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
