//! What happens when the user taps: the action of each interactive type.

use std::collections::BTreeSet;

use super::{
    carousel, is_web,
    place::{Place, Problems},
};
use crate::wire::graph::limits::{
    ADDRESS_PIN_CODE, BUTTON_ID, BUTTON_TITLE, BUTTONS, CTA_TEXT, FLOW_CTA, LIST_BUTTON, LIST_ROWS, LIST_SECTIONS,
    Limit, PRODUCT_SECTIONS, PRODUCTS, ROW_DESCRIPTION, ROW_ID, ROW_TITLE, SECTION_TITLE,
};

const ORDER_STATES: [&str; 6] = ["pending", "processing", "partially_shipped", "shipped", "completed", "canceled"];

pub fn check(kind: &str, action: &Place<'_, '_>, problems: &mut Problems) {
    match kind {
        "button" => {
            problems.within(&action.member("buttons"), action.member("buttons").count(), &BUTTONS);
            buttons(&action.member("buttons"), "reply", (&BUTTON_ID, &BUTTON_TITLE), problems);
        }
        "list" => list(action, problems),
        "product" => product(action, problems),
        "product_list" => products(action, problems),
        "carousel" => carousel::check(&action.member("cards"), problems),
        "location_request_message" => name(action, "send_location", problems),
        "catalog_message" | "call_permission_request" | "voice_call" | "request_contact_info" => {
            name(action, kind, problems);
        }
        "cta_url" => cta_url(action, problems),
        "flow" => flow(action, problems),
        "address_message" => address(action, problems),
        "order_details" => order_details(action, problems),
        "order_status" => {
            name(action, "review_order", problems);
            order_status(&action.member("parameters"), problems);
        }
        _ => {}
    }
}

fn name(action: &Place<'_, '_>, name: &str, problems: &mut Problems) {
    problems.one_of(&action.member("name"), &[name]);
}

/// Reply buttons, and those of a carousel's cards: `{type, <type>: {id, title}}`.
pub fn buttons(buttons: &Place<'_, '_>, kind: &str, (id, title): (&Limit, &Limit), problems: &mut Problems) {
    let (mut ids, mut titles) = (BTreeSet::new(), BTreeSet::new());
    for button in buttons.items() {
        let inner = button.member(kind);
        problems.text(&inner.member("id"), id);
        problems.unique(&inner.member("id"), &mut ids);
        problems.text(&inner.member("title"), title);
        problems.unique(&inner.member("title"), &mut titles);
    }
}

fn list(action: &Place<'_, '_>, problems: &mut Problems) {
    problems.text(&action.member("button"), &LIST_BUTTON);
    let sections = action.member("sections");
    problems.within(&sections, sections.count(), &LIST_SECTIONS);
    let mut ids = BTreeSet::new();
    for section in sections.items() {
        section_title(&section, sections.count(), problems);
        for row in section.member("rows").items() {
            problems.text(&row.member("id"), &ROW_ID);
            problems.unique(&row.member("id"), &mut ids);
            problems.text(&row.member("title"), &ROW_TITLE);
            problems.optional(&row.member("description"), &ROW_DESCRIPTION);
        }
    }
    together(&sections, "rows", &LIST_ROWS, problems);
}

/// How many `name` there are in all sections.
fn together(sections: &Place<'_, '_>, name: &str, limit: &Limit, problems: &mut Problems) {
    if sections.count() > 0 {
        let count = sections.items().map(|section| section.member(name).count()).sum();
        problems.within(&sections.member(name), count, limit);
    }
}

fn section_title(section: &Place<'_, '_>, sections: usize, problems: &mut Problems) {
    let title = section.member("title");
    if sections > 1 {
        problems.text(&title, &SECTION_TITLE);
    } else {
        problems.optional(&title, &SECTION_TITLE);
    }
}

/// One of a catalogue's products.
pub fn product(action: &Place<'_, '_>, problems: &mut Problems) {
    problems.required(&action.member("catalog_id"));
    problems.required(&action.member("product_retailer_id"));
}

fn products(action: &Place<'_, '_>, problems: &mut Problems) {
    problems.required(&action.member("catalog_id"));
    let sections = action.member("sections");
    problems.within(&sections, sections.count(), &PRODUCT_SECTIONS);
    for section in sections.items() {
        section_title(&section, sections.count(), problems);
        for item in section.member("product_items").items() {
            problems.required(&item.member("product_retailer_id"));
        }
    }
    together(&sections, "product_items", &PRODUCTS, problems);
}

/// Of a message, and of a carousel's card.
pub fn cta_url(action: &Place<'_, '_>, problems: &mut Problems) {
    name(action, "cta_url", problems);
    let parameters = action.member("parameters");
    problems.text(&parameters.member("display_text"), &CTA_TEXT);
    let url = parameters.member("url");
    if !url.text().is_some_and(is_web) {
        problems.add(&url, "is not a web address", "begin it with https:// or http://");
    }
}

fn flow(action: &Place<'_, '_>, problems: &mut Problems) {
    name(action, "flow", problems);
    let parameters = action.member("parameters");
    problems.one_of(&parameters.member("flow_message_version"), &["3"]);
    let (id, by_name) = (parameters.member("flow_id"), parameters.member("flow_name"));
    if id.is_absent() == by_name.is_absent() {
        problems.add(&id, "must stand alone", "set exactly one of flow_id and flow_name");
    }
    problems.text(&parameters.member("flow_cta"), &FLOW_CTA);
    for (word, known) in [("mode", ["draft", "published"]), ("flow_action", ["navigate", "data_exchange"])] {
        if !parameters.member(word).is_absent() {
            problems.one_of(&parameters.member(word), &known);
        }
    }
    let payload = parameters.member("flow_action_payload");
    if payload.is_absent() {
        return;
    }
    match parameters.member("flow_action").text() {
        Some("data_exchange") => {
            problems.add(&payload, "does not go with data_exchange", "leave it out, or use navigate")
        }
        Some(_) | None => problems.required(&payload.member("screen")),
    }
}

fn address(action: &Place<'_, '_>, problems: &mut Problems) {
    name(action, "address_message", problems);
    let parameters = action.member("parameters");
    problems.one_of(&parameters.member("country"), &["IN"]);
    problems.optional(&parameters.member("values").member("in_pin_code"), &ADDRESS_PIN_CODE);
}

fn order_details(action: &Place<'_, '_>, problems: &mut Problems) {
    name(action, "review_and_pay", problems);
    let parameters = action.member("parameters");
    for member in ["reference_id", "currency", "total_amount"] {
        problems.required(&parameters.member(member));
    }
    problems.one_of(&parameters.member("type"), &["digital-goods", "physical-goods"]);
    problems.one_of(&parameters.member("order").member("status"), &["pending"]);
}

/// `{reference_id, order: {status}}`, in a message and in a template.
pub fn order_status(parameters: &Place<'_, '_>, problems: &mut Problems) {
    problems.required(&parameters.member("reference_id"));
    problems.one_of(&parameters.member("order").member("status"), &ORDER_STATES);
}
