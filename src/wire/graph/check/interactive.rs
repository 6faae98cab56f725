//! Messages a user can tap: what stands around the action. Which type takes what is one table here.

use super::{
    action, file,
    place::{Place, Problems},
};
use crate::wire::graph::limits::{BODY, FOOTER, HEADER_TEXT, LIST_BODY};

const ANY_HEADER: &[&str] = &["text", "image", "video", "document"];

/// The kinds of header a type takes.
fn headers(kind: &str) -> &'static [&'static str] {
    match kind {
        "list" | "product_list" => &["text"],
        "order_details" => &["image"],
        "location_request_message" | "product" | "catalog_message" | "carousel" => &[],
        _ => ANY_HEADER,
    }
}

fn needs_body(kind: &str) -> bool {
    matches!(
        kind,
        "button"
            | "list"
            | "cta_url"
            | "location_request_message"
            | "flow"
            | "product_list"
            | "catalog_message"
            | "address_message"
            | "carousel"
            | "voice_call"
            | "request_contact_info"
            | "order_details"
            | "order_status"
    )
}

pub fn check(interactive: &Place<'_, '_>, problems: &mut Problems) {
    problems.required(&interactive.member("type"));
    let kind = interactive.member("type").text().unwrap_or_default();
    header(kind, &interactive.member("header"), problems);
    let body = interactive.member("body");
    if needs_body(kind) || !body.is_absent() {
        problems.text(&body.member("text"), if kind == "list" { &LIST_BODY } else { &BODY });
    }
    let footer = interactive.member("footer");
    problems.given(&footer.member("text"), &FOOTER);
    if kind == "carousel" && !footer.is_absent() {
        problems.add(&footer, "does not go with carousel", "leave it out");
    }
    action::check(kind, &interactive.member("action"), problems);
}

fn header(kind: &str, header: &Place<'_, '_>, problems: &mut Problems) {
    if header.is_absent() {
        if kind == "product_list" {
            problems.add(header, "is missing", "give a text");
        }
        return;
    }
    let taken = headers(kind);
    if taken.is_empty() {
        return problems.add(header, "does not go with this type", "leave it out");
    }
    problems.one_of(&header.member("type"), taken);
    match header.member("type").text() {
        Some("text") => problems.text(&header.member("text"), &HEADER_TEXT),
        Some(media @ ("image" | "video" | "document")) => file(media, &header.member(media), problems),
        _ => {}
    }
}
