//! What only groups take, and what they do not take.

use serde_json::{Map, Value};

use super::place::{Place, Problems};

const TAKEN: [&str; 8] = ["text", "image", "video", "audio", "document", "sticker", "template", "pin"];
const FIX: &str = "groups take text, media, templates of text and media, and pins";

pub fn check(body: &Map<String, Value>, kind: &str, content: &Place<'_, '_>, problems: &mut Problems) {
    let to_group = body.get("recipient_type").is_some_and(|kind| kind == "group");
    match kind {
        "pin" if !to_group => problems.add(content, "is for groups", "send it to group:<id>"),
        "template" if to_group => template(content, problems),
        _ if to_group && !TAKEN.contains(&kind) => problems.add(content, "does not go to groups", FIX),
        _ => {}
    }
}

fn template(template: &Place<'_, '_>, problems: &mut Problems) {
    for component in template.member("components").items() {
        let kind = component.member("type");
        if kind.text().is_some_and(|kind| ["carousel", "limited_time_offer", "order_status"].contains(&kind)) {
            problems.add(&kind, "does not go to groups", FIX);
        }
        for parameter in component.member("parameters").items() {
            let kind = parameter.member("type");
            if kind.text().is_some_and(|kind| ["location", "product"].contains(&kind)) {
                problems.add(&kind, "does not go to groups", FIX);
            }
        }
    }
}
