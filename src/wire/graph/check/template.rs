//! Templates as they are sent: the shape of every component and parameter there is. Which variables a template has is the
//! catalogue's affair.

use serde_json::Value;

use super::{
    action::order_status,
    carousel::alike,
    file, location,
    place::{Place, Problems},
};
use crate::wire::graph::limits::{
    BUTTON_INDEX, COUPON_CODE, HEADER_PARAMETERS, Limit, OFFER_CODE, TEMPLATE_CARDS, TEMPLATE_NAME,
};

const IN_HEADER: [&str; 9] =
    ["text", "image", "video", "document", "gif", "location", "product", "currency", "date_time"];

pub fn check(template: &Place<'_, '_>, problems: &mut Problems) {
    problems.text(&template.member("name"), &TEMPLATE_NAME);
    let list = template.member("components");
    let offer = list.items().any(|component| is(&component, "limited_time_offer"));
    components(&list, if offer { &OFFER_CODE } else { &COUPON_CODE }, problems);
}

fn is(component: &Place<'_, '_>, kind: &str) -> bool {
    component.member("type").text().is_some_and(|own| own.eq_ignore_ascii_case(kind))
}

fn components(list: &Place<'_, '_>, code: &Limit, problems: &mut Problems) {
    for component in list.items() {
        let parameters = component.member("parameters");
        match component.member("type").text().unwrap_or_default().to_ascii_lowercase().as_str() {
            "" => problems.required(&component.member("type")),
            "header" => {
                problems.within(&parameters, parameters.count(), &HEADER_PARAMETERS);
                for parameter in parameters.items() {
                    problems.one_of(&parameter.member("type"), &IN_HEADER);
                }
            }
            "button" => button(&component, problems),
            "carousel" => {
                let cards = component.member("cards");
                problems.within(&cards, cards.count(), &TEMPLATE_CARDS);
                alike(&cards, structure, problems);
                for card in cards.items() {
                    components(&card.member("components"), code, problems);
                }
            }
            _ => {}
        }
        for parameter in parameters.items() {
            self::parameter(&parameter, code, problems);
        }
    }
}

/// Kinds of components with their buttons, and of what a header shows.
fn structure(card: &Value) -> Vec<&str> {
    let components = card["components"].as_array().into_iter().flatten();
    let parts = components.flat_map(|component| {
        let shown = if component["type"] == "header" { &component["parameters"][0]["type"] } else { &Value::Null };
        [&component["type"], &component["sub_type"], shown]
    });
    parts.map(|part| part.as_str().unwrap_or_default()).collect()
}

fn button(button: &Place<'_, '_>, problems: &mut Problems) {
    let index = button.member("index");
    let number = index.value().as_i64().or_else(|| index.text()?.parse().ok());
    match number.map(usize::try_from) {
        Some(Ok(number)) => problems.at_most(&index, number, &BUTTON_INDEX),
        Some(Err(_)) | None => problems.add(&index, "is no position", "count the template's buttons from 0"),
    }
    problems.required(&button.member("sub_type"));
    let sub_type = button.member("sub_type").text().unwrap_or_default().to_ascii_lowercase();
    let Some(kinds) = parameters_of(&sub_type) else { return };
    for parameter in button.member("parameters").items() {
        problems.one_of(&parameter.member("type"), kinds);
    }
}

/// The parameters a button takes; `None` for one this release does not know.
fn parameters_of(sub_type: &str) -> Option<&'static [&'static str]> {
    match sub_type {
        // Meta's own example sends the payload as a text
        "quick_reply" => Some(&["payload", "text"]),
        "url" => Some(&["text"]),
        "copy_code" => Some(&["coupon_code"]),
        "catalog" | "mpm" | "flow" | "order_details" => Some(&["action"]),
        "voice_call" => Some(&["ttl_minutes", "payload"]),
        _ => None,
    }
}

fn parameter(parameter: &Place<'_, '_>, code: &Limit, problems: &mut Problems) {
    let kind = parameter.member("type").text().unwrap_or_default();
    let value = parameter.member(kind);
    match kind {
        "" => problems.required(&parameter.member("type")),
        "text" | "payload" | "ttl_minutes" | "action" => problems.required(&value),
        "coupon_code" => problems.text(&value, code),
        "currency" => members(&value, &["fallback_value", "code", "amount_1000"], problems),
        "date_time" => members(&value, &["fallback_value"], problems),
        "product" => members(&value, &["product_retailer_id", "catalog_id"], problems),
        "limited_time_offer" => members(&value, &["expiration_time_ms"], problems),
        "image" | "video" | "document" => file(kind, &value, problems),
        "location" => location(&value, problems),
        "order_status" => order_status(&value, problems),
        "tap_target_configuration" => {
            for target in value.items() {
                members(&target, &["url", "title"], problems);
            }
        }
        _ => {}
    }
}

fn members(value: &Place<'_, '_>, names: &[&str], problems: &mut Problems) {
    for name in names {
        problems.required(&value.member(name));
    }
}
