//! What a value of another field than `messages` consists of: messages that are no news, and subjects of account events.
//! Must not leave any of its text to nobody.

use std::borrow::Cow;

use super::{
    Contacts, echo,
    history::{self, Chunk, Pieces},
    json::{Object, is_short, quoted},
    place::{Kind, Place, is_shared, only},
};

/// One of them, by its text.
#[derive(Debug)]
pub enum Part<'a> {
    Echo(&'a str),
    Past(Chunk, &'a str),
    /// An account event's `raw`: the value, or as much of it as is about one subject.
    Account(Cow<'a, str>),
}

/// The parts of an item that is no message and no status; all of it where it is of no known shape.
#[must_use]
pub fn parts<'p>(place: &'p Place<'_, '_>) -> Vec<Part<'p>> {
    let field = place.change.and_then(|(_, change)| change.field.as_deref());
    let mut parts = match (place.kind, field, place.members()) {
        (Kind::Value, Some(echo::FIELD), Some(value)) => echoes(&value),
        (Kind::Value, Some(history::FIELD), Some(value)) => past(&value),
        (Kind::Value | Kind::Leftover, Some(field), Some(value)) => subjects(field, &value),
        _ => Vec::new(),
    };
    if parts.is_empty() {
        parts.push(Part::Account(Cow::Borrowed(&place.raw)));
    }
    parts
}

fn echoes<'a>(value: &Object<'a>) -> Vec<Part<'a>> {
    let mut parts: Vec<_> = value.elements(echo::ARRAY).into_iter().map(|raw| Part::Echo(raw.get())).collect();
    if !parts.is_empty() {
        parts.extend(beside(value, &[echo::ARRAY]));
    }
    parts
}

fn past<'a>(value: &Object<'a>) -> Vec<Part<'a>> {
    let Pieces { messages, rest } = Pieces::of(value);
    if messages.is_empty() {
        return Vec::new();
    }
    let mut parts: Vec<_> = messages.into_iter().map(|(chunk, raw)| Part::Past(chunk, raw)).collect();
    parts.extend(rest.into_iter().map(|raw| Part::Account(Cow::Owned(raw))));
    parts.extend(beside(value, &["messages", history::FIELD]));
    parts
}

/// The arrays whose elements are subjects of their own.
#[must_use]
pub fn subject_arrays(field: &str) -> &'static [&'static str] {
    match field {
        "messages" => &["user_actions"],
        "user_preferences" => &["user_preferences"],
        "user_id_update" => &["user_id_update"],
        "automatic_events" => &["automatic_events"],
        "smb_app_state_sync" => &["state_sync"],
        "calls" => &["calls", "statuses"],
        field if field.starts_with("group_") => &["groups"],
        _ => &[],
    }
}

/// The first subject of a value, which is its only one once it was taken apart.
#[must_use]
pub fn subject<'a>(field: &str, value: &Object<'a>) -> Option<(&'static str, Object<'a>)> {
    subject_arrays(field).iter().find_map(|array| Some((*array, value.objects(array).into_iter().next()?)))
}

/// A value about several subjects as several values about one; nothing where it is about one as it stands.
fn subjects<'a>(field: &str, value: &Object<'a>) -> Vec<Part<'a>> {
    let arrays = subject_arrays(field);
    let count: usize = arrays.iter().map(|array| value.elements(array).len()).sum();
    if count < 2 {
        return Vec::new();
    }
    let contacts = Contacts::read(value);
    let shared = only(value, |name, raw| name != "contacts" && is_shared(name) && is_short(raw));
    let mut parts = Vec::with_capacity(count);
    for array in arrays {
        for raw in value.elements(array) {
            let contact = Object::read(raw).and_then(|subject| contact(&subject, &contacts));
            parts.push(Part::Account(Cow::Owned(value_of_one(shared.as_deref(), contact, array, raw.get()))));
        }
    }
    parts.extend(beside(value, arrays));
    parts
}

/// What is said of the person whom a subject names.
fn contact<'a>(subject: &Object<'_>, contacts: &Contacts<'a>) -> Option<&'a str> {
    let ids = ["wa_id", "user_id", "from", "from_user_id", "to", "to_user_id", "recipient_id", "recipient_user_id"];
    let contact = ids.iter().find_map(|name| contacts.of(Some(&subject.text(name)?), None));
    contact.map(|contact| contact.raw).filter(|raw| is_short(raw)).map(|raw| raw.get())
}

fn value_of_one(shared: Option<&str>, contact: Option<&str>, array: &str, subject: &str) -> String {
    // `{…}` without its last brace, so that it can go on
    let mut text = shared.map_or_else(|| "{".to_owned(), |shared| format!("{},", &shared[..shared.len() - 1]));
    if let Some(contact) = contact {
        text.push_str(&format!("\"contacts\":[{contact}],"));
    }
    text + &format!("{}:[{subject}]}}", quoted(array))
}

/// What stands beside the items of a value, where something does.
fn beside<'a>(value: &Object<'a>, items: &[&str]) -> Option<Part<'a>> {
    let leftover = |name: &str, raw: &serde_json::value::RawValue| {
        !items.contains(&name) && if is_shared(name) { name != "contacts" && !is_short(raw) } else { true }
    };
    only(value, leftover).map(|raw| Part::Account(Cow::Owned(raw)))
}
