//! Every limit at its edge: exactly at it a command can be sent, one beyond it cannot, and the error has field, limit and
//! value.

use serde_json::{Value, json};

use super::{build, command};
use crate::wire::graph::limits::{
    ADDRESS_PIN_CODE, ALL, BODY, BUTTON_ID, BUTTON_INDEX, BUTTON_TITLE, BUTTONS, CAPTION, CARD_BODY, CARD_BUTTON_ID,
    CARD_BUTTON_TITLE, CARD_LINE_BREAKS, CARDS, CONTACTS, COUPON_CODE, CTA_TEXT, FLOW_CTA, FOOTER, HEADER_PARAMETERS,
    HEADER_TEXT, LIST_BODY, LIST_BUTTON, LIST_ROWS, LIST_SECTIONS, Limit, OFFER_CODE, PIN_DAYS, PRODUCT_SECTIONS,
    PRODUCTS, ROW_DESCRIPTION, ROW_ID, ROW_TITLE, SECTION_TITLE, TEMPLATE_CARDS, TEMPLATE_NAME, TEXT_BODY,
};

/// A limit, where it is told of, and a content that reaches `n`.
type Edge = (&'static Limit, &'static str, fn(usize) -> Value);

/// Two bytes each, so that bytes are not what is counted.
fn chars(n: usize) -> String {
    "é".repeat(n)
}

fn many(n: usize, item: impl Fn(usize) -> Value) -> Vec<Value> {
    (0..n).map(item).collect()
}

fn interactive(kind: &str, members: Value) -> Value {
    let mut interactive = json!({"type": kind, "body": "?"});
    interactive.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json!({"interactive": interactive})
}

fn one_button(id: &str, title: &str) -> Value {
    interactive("button", json!({"buttons": [{"id": id, "title": title}]}))
}

fn list(button: &str, sections: Vec<Value>) -> Value {
    interactive("list", json!({"list": {"button": button, "sections": sections}}))
}

fn row(at: usize) -> Value {
    json!({"id": at.to_string(), "title": "t"})
}

fn rows_as(row: Value) -> Value {
    list("b", vec![json!({"rows": [row]})])
}

fn products(sections: Vec<Value>) -> Value {
    interactive("product_list", json!({"header": {"text": "h"}, "product": {"catalog_id": "1", "sections": sections}}))
}

fn cards(n: usize, body: Option<&str>, id: &str, title: &str) -> Value {
    let card =
        |_| json!({"media": {"kind": "image", "id": "1"}, "body": body, "buttons": [{"id": id, "title": title}]});
    interactive("carousel", json!({"cards": many(n, card)}))
}

fn template(members: Value) -> Value {
    let mut template = json!({"name": "n", "language": "en"});
    template.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    json!({"template": template})
}

fn code(n: usize, before: Vec<Value>) -> Value {
    let button = json!({"type": "button", "sub_type": "copy_code", "index": 0,
                        "parameters": [{"type": "coupon_code", "coupon_code": chars(n)}]});
    template(json!({"components": ([before, vec![button]].concat())}))
}

const EDGES: &[Edge] = &[
    (&TEXT_BODY, "text.body", |n| json!({"text": {"body": chars(n)}})),
    (&CAPTION, "media.caption", |n| json!({"media": {"kind": "image", "id": "1", "caption": chars(n)}})),
    (
        &CONTACTS,
        "contacts",
        |n| json!({"contacts": many(n, |_| json!({"name": {"formatted_name": "A", "first_name": "A"}}))}),
    ),
    (
        &PIN_DAYS,
        "pin.expiration_days",
        |n| json!({"to": "group:g", "pin": {"message_id": "wamid.A", "expiration_days": n}}),
    ),
    (&HEADER_TEXT, "interactive.header.text", |n| {
        interactive("button", json!({"header": {"text": chars(n)}, "buttons": [{"id": "a", "title": "a"}]}))
    }),
    (&BODY, "interactive.body", |n| interactive("call_permission_request", json!({"body": chars(n)}))),
    (&LIST_BODY, "interactive.body", |n| {
        interactive("list", json!({"body": chars(n), "list": {"button": "b", "sections": [{"rows": [row(0)]}]}}))
    }),
    (&FOOTER, "interactive.footer", |n| interactive("call_permission_request", json!({"footer": chars(n)}))),
    (&BUTTONS, "interactive.buttons", |n| {
        interactive("button", json!({"buttons": many(n, |at| json!({"id": at.to_string(), "title": at.to_string()}))}))
    }),
    (&BUTTON_ID, "interactive.buttons[0].id", |n| one_button(&chars(n), "t")),
    (&BUTTON_TITLE, "interactive.buttons[0].title", |n| one_button("i", &chars(n))),
    (&LIST_BUTTON, "interactive.list.button", |n| list(&chars(n), vec![json!({"rows": [row(0)]})])),
    (&LIST_SECTIONS, "interactive.list.sections", |n| {
        // an eleventh section without a row, or there would be too many of them too
        list("b", many(n, |at| json!({"title": "t", "rows": if at < 10 { vec![row(at)] } else { vec![] }})))
    }),
    (&LIST_ROWS, "interactive.list.sections.rows", |n| {
        list("b", vec![json!({"title": "t", "rows": many(n - 1, row)}), json!({"title": "u", "rows": [row(99)]})])
    }),
    (&SECTION_TITLE, "interactive.list.sections[0].title", |n| {
        list("b", vec![json!({"title": chars(n), "rows": [row(0)]})])
    }),
    (&ROW_ID, "interactive.list.sections[0].rows[0].id", |n| rows_as(json!({"id": chars(n), "title": "t"}))),
    (&ROW_TITLE, "interactive.list.sections[0].rows[0].title", |n| rows_as(json!({"id": "i", "title": chars(n)}))),
    (&ROW_DESCRIPTION, "interactive.list.sections[0].rows[0].description", |n| {
        rows_as(json!({"id": "i", "title": "t", "description": chars(n)}))
    }),
    (&PRODUCT_SECTIONS, "interactive.product.sections", |n| {
        products(many(n, |_| json!({"title": "t", "product_retailer_ids": ["a"]})))
    }),
    (&PRODUCTS, "interactive.product.sections.product_retailer_ids", |n| {
        products(vec![json!({"product_retailer_ids": vec!["a"; n]})])
    }),
    (&CTA_TEXT, "interactive.cta_url.display_text", |n| {
        interactive("cta_url", json!({"cta_url": {"display_text": chars(n), "url": "https://example.com"}}))
    }),
    (&FLOW_CTA, "interactive.flow.flow_cta", |n| {
        interactive("flow", json!({"flow": {"flow_id": "1", "flow_cta": chars(n)}}))
    }),
    (&CARDS, "interactive.cards", |n| cards(n, None, "i", "t")),
    (&CARD_BODY, "interactive.cards[0].body", |n| with_first_body(&chars(n))),
    (&CARD_LINE_BREAKS, "interactive.cards[0].body", |n| with_first_body(&format!("a{}", "\n".repeat(n)))),
    (&CARD_BUTTON_ID, "interactive.cards[0].buttons[0].id", |n| with_first_button(&chars(n), "t")),
    (&CARD_BUTTON_TITLE, "interactive.cards[0].buttons[0].title", |n| with_first_button("i", &chars(n))),
    (&ADDRESS_PIN_CODE, "interactive.action_json.parameters.values.in_pin_code", |n| {
        let action = json!({"name": "address_message",
                            "parameters": {"country": "IN", "values": {"in_pin_code": chars(n)}}});
        interactive("address_message", json!({"action_json": action.to_string()}))
    }),
    (&TEMPLATE_NAME, "template.name", |n| template(json!({"name": chars(n)}))),
    (&HEADER_PARAMETERS, "template.components[0].parameters", |n| {
        template(json!({"components": [
            {"type": "header", "parameters": many(n, |_| json!({"type": "text", "text": "t"}))},
        ]}))
    }),
    (&BUTTON_INDEX, "template.buttons[0].index", |n| {
        template(json!({"buttons": [{"index": n, "sub_type": "url", "value": "v"}]}))
    }),
    (&COUPON_CODE, "template.components[0].parameters[0].coupon_code", |n| code(n, vec![])),
    (&OFFER_CODE, "template.components[1].parameters[0].coupon_code", |n| {
        let offer = json!({"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": 1}});
        code(
            n,
            vec![json!({"type": "limited_time_offer", "parameters": [
                {"type": "limited_time_offer", "parameter_json": offer.to_string()},
            ]})],
        )
    }),
    (&TEMPLATE_CARDS, "template.components[0].cards", |n| {
        let card = |at| {
            json!({"card_index": at, "components": [{"type": "body", "parameters": [
                {"type": "text", "text": "t"},
            ]}]})
        };
        template(json!({"components": [{"type": "carousel", "cards": many(n, card)}]}))
    }),
];

/// Two cards, the first with this body.
fn with_first_body(body: &str) -> Value {
    let mut carousel = cards(2, None, "i", "t");
    carousel["interactive"]["cards"][0]["body"] = json!(body);
    carousel
}

fn with_first_button(id: &str, title: &str) -> Value {
    let mut carousel = cards(2, None, "i", "t");
    carousel["interactive"]["cards"][0]["buttons"][0] = json!({"id": id, "title": title});
    carousel
}

fn found(content: Value) -> Vec<(String, Option<i64>, Option<i64>)> {
    let problems = build(&command(content)).err().unwrap_or_default();
    problems.into_iter().map(|found| (found.field, found.limit, found.value)).collect()
}

fn number(n: usize) -> Option<i64> {
    Some(i64::try_from(n).unwrap())
}

#[test]
fn exactly_at_a_limit_passes_and_one_more_fails() {
    for (limit, field, content) in EDGES {
        assert_eq!(found(content(limit.max)), [], "{} at its limit", limit.field);
        let beyond = [((*field).to_owned(), number(limit.max), number(limit.max + 1))];
        assert_eq!(found(content(limit.max + 1)), beyond, "{}", limit.field);
    }
}

#[test]
fn fewer_than_the_least_fail_too() {
    for (limit, field, content) in EDGES.iter().filter(|(limit, ..)| limit.min > 1) {
        assert_eq!(found(content(limit.min)), [], "{} at its least", limit.field);
        let below = [((*field).to_owned(), number(limit.min), number(limit.min - 1))];
        assert_eq!(found(content(limit.min - 1)), below, "{}", limit.field);
    }
}

#[test]
fn every_limit_has_its_edge() {
    let tried: Vec<&str> = EDGES.iter().map(|(limit, ..)| limit.field).collect();
    let all: Vec<&str> = ALL.iter().map(|limit| limit.field).collect();
    assert_eq!(tried, all);
}
