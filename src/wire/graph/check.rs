//! Whether Meta is documented to take a body, before it is posted: every violation, under its path in the body, and none
//! that quotes content. Knows no command; what Meta adds and this release does not know passes.

mod action;
mod carousel;
mod group;
mod interactive;
mod place;
mod template;

use serde_json::{Map, Value};

use self::place::{Place, Problems};
use super::limits::{CAPTION, CONTACTS, PIN_DAYS, TEXT_BODY};
use crate::wire::field_problem::FieldProblem;

/// Checks a body of `POST /<phone number id>/messages`.
#[must_use]
pub fn check(body: &Map<String, Value>) -> Vec<FieldProblem> {
    let mut problems = Problems::default();
    if let Some(id) = body.get("message_id") {
        wamid(&Place::root("message_id", Some(id)), &mut problems);
    }
    let context = Place::root("context", body.get("context"));
    if !context.is_absent() {
        wamid(&context.member("message_id"), &mut problems);
    }
    if let Some(kind) = body.get("type").and_then(Value::as_str) {
        let content = Place::root(kind, body.get(kind));
        of_kind(kind, &content, &mut problems);
        if kind == "reaction" && !context.is_absent() {
            problems.add(&context, "cannot go with a reaction", "leave it out: reaction.message_id names the message");
        }
        group::check(body, kind, &content, &mut problems);
    }
    problems.0
}

fn of_kind(kind: &str, content: &Place<'_, '_>, problems: &mut Problems) {
    match kind {
        "text" => problems.text(&content.member("body"), &TEXT_BODY),
        "image" | "video" | "audio" | "document" | "sticker" => file(kind, content, problems),
        "location" => location(content, problems),
        "contacts" => contacts(content, problems),
        "reaction" => wamid(&content.member("message_id"), problems),
        "pin" => pin(content, problems),
        "interactive" => interactive::check(content, problems),
        "template" => template::check(content, problems),
        _ => {}
    }
}

/// A command id of ours becomes a wamid only where commands are remembered.
fn wamid(id: &Place<'_, '_>, problems: &mut Problems) {
    match id.text().unwrap_or_default() {
        "" => problems.required(id),
        id if id.starts_with("wamid.") => {}
        _ => {
            let fix = "give the wamid; command ids are not resolved by this release";
            problems.0.push(FieldProblem::not_supported(id.path(), "is not a wamid", fix));
        }
    }
}

fn file(kind: &str, file: &Place<'_, '_>, problems: &mut Problems) {
    let (id, link) = (file.member("id"), file.member("link"));
    if id.is_absent() == link.is_absent() {
        let sources = usize::from(!id.is_absent()) + usize::from(!link.is_absent());
        problems.add(file, format!("names {sources} sources"), "name exactly one");
    }
    if link.text().is_some_and(|link| !is_web(link)) {
        problems.add(&link, "is not a web address", "begin it with https:// or http://");
    }
    let for_kinds =
        [("caption", &["image", "video", "document"][..]), ("filename", &["document"][..]), ("voice", &["audio"][..])];
    for (name, kinds) in for_kinds {
        let member = file.member(name);
        if !member.is_absent() && !kinds.contains(&kind) {
            problems.add(&member, "is not for this kind", format!("use it with {} only", kinds.join(", ")));
        }
    }
    problems.optional(&file.member("caption"), &CAPTION);
}

fn is_web(link: &str) -> bool {
    link.starts_with("https://") || link.starts_with("http://")
}

fn location(location: &Place<'_, '_>, problems: &mut Problems) {
    for (name, limit) in [("latitude", 90_u32), ("longitude", 180)] {
        let degrees = location.member(name);
        let number = degrees.value().as_f64().or_else(|| degrees.text()?.parse().ok());
        if !number.is_some_and(|number| number.abs() <= f64::from(limit)) {
            let fix = format!("use degrees between -{limit} and {limit}");
            let found = FieldProblem::invalid(degrees.path(), "is not on this planet", fix);
            problems.0.push(FieldProblem { limit: Some(i64::from(limit)), ..found });
        }
    }
}

fn contacts(contacts: &Place<'_, '_>, problems: &mut Problems) {
    problems.within(contacts, contacts.count(), &CONTACTS);
    for contact in contacts.items() {
        let name = contact.member("name");
        let given = |part: &&str| name.member(part).text().is_some_and(|text| !text.is_empty());
        let parts = ["first_name", "last_name", "middle_name", "suffix", "prefix"];
        if !given(&"formatted_name") || !parts.iter().any(given) {
            problems.add(&name, "is not complete", "give formatted_name and one more part, such as first_name");
        }
    }
}

fn pin(pin: &Place<'_, '_>, problems: &mut Problems) {
    problems.one_of(&pin.member("type"), &["pin", "unpin"]);
    wamid(&pin.member("message_id"), problems);
    let days = pin.member("expiration_days");
    if let Some(number) = days.value().as_i64() {
        // what is below 0 is as wrong as 0
        problems.within(&days, usize::try_from(number).unwrap_or_default(), &PIN_DAYS);
    }
}
