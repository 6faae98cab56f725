//! Cards side by side in a message: media with a button below, or products of one catalogue.

use serde_json::Value;

use super::{
    action, file,
    place::{Place, Problems},
};
use crate::wire::graph::limits::{BUTTONS, CARD_BODY, CARD_BUTTON_ID, CARD_BUTTON_TITLE, CARD_LINE_BREAKS, CARDS};

pub fn check(cards: &Place<'_, '_>, problems: &mut Problems) {
    problems.within(cards, cards.count(), &CARDS);
    alike(cards, structure, problems);
    for card in cards.items() {
        match card.member("type").text() {
            Some("product") => action::product(&card.member("action"), problems),
            _ => media(&card, problems),
        }
    }
}

/// Every card has the parts that the first one has, as `structure` tells them.
pub fn alike(cards: &Place<'_, '_>, structure: impl Fn(&Value) -> Vec<&str>, problems: &mut Problems) {
    let mut all = cards.items().map(|card| structure(card.value()));
    let Some(first) = all.next() else { return };
    for (card, parts) in cards.items().skip(1).zip(all) {
        if parts != first {
            problems.add(&card, "is not built like the first card", "give every card the same parts");
        }
    }
}

/// Kind of card, header and buttons; of a product its catalogue, for all cards show one.
fn structure(card: &Value) -> Vec<&str> {
    let action = &card["action"];
    let buttons = action["buttons"].as_array().into_iter().flatten().map(|button| &button["type"]);
    let parts = [&card["type"], &card["header"]["type"], &action["name"], &action["catalog_id"]];
    parts.into_iter().chain(buttons).map(|part| part.as_str().unwrap_or_default()).collect()
}

fn media(card: &Place<'_, '_>, problems: &mut Problems) {
    let header = card.member("header");
    problems.one_of(&header.member("type"), &["image", "video"]);
    if let Some(kind @ ("image" | "video")) = header.member("type").text() {
        file(kind, &header.member(kind), problems);
    }
    let body = card.member("body");
    let text = body.member("text");
    problems.given(&text, &CARD_BODY);
    let breaks = text.text().unwrap_or_default().matches('\n').count();
    problems.at_most(&text, breaks, &CARD_LINE_BREAKS);
    let action = card.member("action");
    let buttons = action.member("buttons");
    if buttons.is_absent() {
        return action::cta_url(&action, problems);
    }
    problems.within(&buttons, buttons.count(), &BUTTONS);
    action::buttons(&buttons, "quick_reply", (&CARD_BUTTON_ID, &CARD_BUTTON_TITLE), problems);
}
