//! What makes a command valid, in whichever form it came. Pure; must not know accounts, carriers' workers or Meta's
//! templates: those are the router's checks.
//!
//! No problem ever quotes a value: commands hold phone numbers and message bodies.

use serde_json::{Map, Value};

use super::{
    problem,
    records::{
        SendCommand, WhatsAppError,
        interactive::Interactive,
        send_command::{Location, Media, Text},
        template::Template,
    },
};
use crate::domain::{
    errors::own::INVALID_FIELD,
    identity::{CommandId, User},
};

/// Something wrong with a field of a command: what, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// Path of the field, such as `template.body[1]`; empty for the command as a whole.
    pub field: String,
    pub problem: String,
    pub fix: String,
    /// The limit exceeded, in the field's own unit.
    pub limit: Option<i64>,
}

impl FieldError {
    #[must_use]
    pub fn new(field: impl Into<String>, problem: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into(), fix: fix.into(), limit: None }
    }

    fn too_many(field: impl Into<String>, unit: &str, limit: usize) -> Self {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let error = Self::new(field, format!("has more than {limit} {unit}"), format!("shorten it to {limit} {unit}"));
        Self { limit: Some(limit), ..error }
    }
}

/// The outcome a `rejected` status carries.
impl From<&FieldError> for WhatsAppError {
    fn from(error: &FieldError) -> Self {
        let field = Some(error.field.clone()).filter(|field| !field.is_empty());
        let subject = field.as_deref().unwrap_or("the command");
        let details = format!("{subject} {}: {}", error.problem, error.fix);
        Self { field, limit: error.limit, ..problem::own(&INVALID_FIELD, Some(details)) }
    }
}

const KINDS: [&str; 5] = ["image", "video", "audio", "document", "sticker"];
const PRIORITIES: [&str; 3] = ["high", "normal", "bulk"];
const ON_UNKNOWN: [&str; 2] = ["resend", "report"];
const TEXT_MAX: usize = 4096;
const CAPTION_MAX: usize = 1024;
const BUTTONS_MAX: usize = 3;
const ROWS_MAX: usize = 10;

/// Checks everything that can be known from the command alone.
///
/// # Errors
/// Every problem found, never none.
pub fn validate(command: &SendCommand) -> Result<(), Vec<FieldError>> {
    let mut errors = Vec::new();
    check_envelope(command, &mut errors);
    check_one_content(command, &mut errors);
    check_content(command, &mut errors);
    if let Some(template) = &command.fallback_template {
        check_template("fallback_template", template, &mut errors);
    }
    if errors.is_empty() { Ok(()) } else { Err(errors) }
}

fn check_envelope(command: &SendCommand, errors: &mut Vec<FieldError>) {
    if CommandId::parse(&command.command_id).is_none() {
        errors.push(FieldError {
            limit: i64::try_from(CommandId::MAX).ok(),
            ..FieldError::new("command_id", "is not an idempotency key", "use 1 to 128 characters of A-Z a-z 0-9 . _ -")
        });
    }
    if User::from_address(&command.to).is_none() {
        errors.push(FieldError::new(
            "to",
            "is not an address",
            "use a phone number with + and country code, a business-scoped user id, or group:<id>",
        ));
    }
    one_of("priority", &command.priority, &PRIORITIES, errors);
    one_of("on_unknown", &command.on_unknown, &ON_UNKNOWN, errors);
    if let Some(carrier) = &command.carrier {
        check_carrier("carrier", carrier, errors);
    }
    for (n, carrier) in command.carriers.iter().enumerate() {
        check_carrier(&format!("carriers[{n}]"), carrier, errors);
    }
}

/// A carrier's name becomes part of a topic's name.
fn check_carrier(field: &str, carrier: &str, errors: &mut Vec<FieldError>) {
    let allowed = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_');
    if !((1..=64).contains(&carrier.len()) && carrier.bytes().all(allowed)) {
        errors.push(FieldError::new(field, "is not a carrier's name", "use a-z 0-9 - _, such as whatsapp or sms"));
    }
}

/// The content fields that are set, by name.
#[must_use]
pub fn contents(command: &SendCommand) -> Vec<&'static str> {
    let set = [
        ("text", command.text.is_some()),
        ("media", command.media.is_some()),
        ("location", command.location.is_some()),
        ("contacts", !command.contacts.is_empty()),
        ("reaction", command.reaction.is_some()),
        ("interactive", command.interactive.is_some()),
        ("template", command.template.is_some()),
        ("mark_read", command.mark_read.is_some()),
        ("typing", command.typing.is_some()),
        ("raw_json", command.raw_json.is_some()),
    ];
    set.into_iter().filter_map(|(name, set)| set.then_some(name)).collect()
}

fn check_one_content(command: &SendCommand, errors: &mut Vec<FieldError>) {
    const FIX: &str = "set exactly one of text, media, location, contacts, reaction, interactive, template, mark_read, \
                       typing, raw_json";
    match contents(command)[..] {
        [] => errors.push(FieldError::new("", "has no content", FIX)),
        [_] => {}
        [ref first @ .., last] => {
            let problem = format!("has more than one content: {} and {last}", first.join(", "));
            errors.push(FieldError::new(last, problem, FIX));
        }
    }
}

fn check_content(command: &SendCommand, errors: &mut Vec<FieldError>) {
    if let Some(text) = &command.text {
        check_text(text, errors);
    }
    if let Some(media) = &command.media {
        check_media("media", media, errors);
    }
    if let Some(location) = &command.location {
        check_location("location", location, errors);
    }
    if let Some(interactive) = &command.interactive {
        check_interactive(interactive, errors);
    }
    if let Some(template) = &command.template {
        check_template("template", template, errors);
    }
    if let Some(json) = &command.raw_json {
        check_json::<Map<String, Value>>("raw_json", json, errors);
    }
    let named = [
        ("reaction.message_id", command.reaction.as_ref().map(|c| &c.message_id)),
        ("mark_read.message_id", command.mark_read.as_ref().map(|c| &c.message_id)),
        ("typing.message_id", command.typing.as_ref().map(|c| &c.message_id)),
    ];
    for (field, id) in named {
        if let Some(id) = id {
            not_empty(field, id, "name the message it is about", errors);
        }
    }
}

fn check_text(text: &Text, errors: &mut Vec<FieldError>) {
    not_empty("text.body", &text.body, "write a text", errors);
    at_most("text.body", &text.body, TEXT_MAX, errors);
}

fn check_media(path: &str, media: &Media, errors: &mut Vec<FieldError>) {
    one_of(&format!("{path}.kind"), &media.kind, &KINDS, errors);
    let sources = [&media.id, &media.link, &media.object].into_iter().filter(|source| source.is_some()).count();
    if sources != 1 {
        errors.push(FieldError::new(
            path,
            format!("names {sources} sources"),
            "set exactly one of id, link and object",
        ));
    }
    if let Some(caption) = &media.caption {
        at_most(&format!("{path}.caption"), caption, CAPTION_MAX, errors);
    }
}

fn check_location(path: &str, location: &Location, errors: &mut Vec<FieldError>) {
    for (name, degrees, limit) in [("latitude", location.latitude, 90.0), ("longitude", location.longitude, 180.0)] {
        // written so that NaN fails
        if !(-limit..=limit).contains(&degrees) {
            errors.push(FieldError::new(
                format!("{path}.{name}"),
                "is not on this planet",
                format!("use degrees between -{limit} and {limit}"),
            ));
        }
    }
}

fn check_interactive(interactive: &Interactive, errors: &mut Vec<FieldError>) {
    not_empty("interactive.type", &interactive.r#type, "name Meta's interactive type, such as button", errors);
    if interactive.buttons.len() > BUTTONS_MAX {
        errors.push(FieldError::too_many("interactive.buttons", "buttons", BUTTONS_MAX));
    }
    if let Some(list) = &interactive.list
        && list.sections.iter().map(|section| section.rows.len()).sum::<usize>() > ROWS_MAX
    {
        errors.push(FieldError::too_many("interactive.list.sections", "rows", ROWS_MAX));
    }
    if let Some(media) = interactive.header.as_ref().and_then(|header| header.media.as_ref()) {
        check_media("interactive.header.media", media, errors);
    }
    if let Some(json) = &interactive.action_json {
        check_json::<Map<String, Value>>("interactive.action_json", json, errors);
    }
}

fn check_template(path: &str, template: &Template, errors: &mut Vec<FieldError>) {
    not_empty(&format!("{path}.name"), &template.name, "name the template", errors);
    let short = !template.body.is_empty()
        || !template.named.is_empty()
        || template.header.is_some()
        || !template.buttons.is_empty();
    if short && !template.components.is_empty() {
        errors.push(FieldError::new(
            format!("{path}.components"),
            "stands beside the short form",
            "use either components, or body, named, header and buttons",
        ));
    }
    if !template.body.is_empty() && !template.named.is_empty() {
        errors.push(FieldError::new(
            format!("{path}.named"),
            "stands beside body",
            "a template's variables are either positional (body) or named",
        ));
    }
    if let Some(media) = template.header.as_ref().and_then(|header| header.media.as_ref()) {
        check_media(&format!("{path}.header.media"), media, errors);
    }
    if let Some(location) = template.header.as_ref().and_then(|header| header.location.as_ref()) {
        check_location(&format!("{path}.header.location"), location, errors);
    }
}

fn check_json<T: serde::de::DeserializeOwned>(field: &str, text: &str, errors: &mut Vec<FieldError>) {
    if serde_json::from_str::<T>(text).is_err() {
        errors.push(FieldError::new(field, "is not a JSON object", "write one JSON object as text"));
    }
}

fn one_of(field: &str, value: &str, allowed: &[&str], errors: &mut Vec<FieldError>) {
    if !allowed.contains(&value) {
        let known = allowed.join(", ");
        errors.push(FieldError::new(field, "is not a known word", format!("use one of {known}")));
    }
}

fn not_empty(field: &str, value: &str, fix: &str, errors: &mut Vec<FieldError>) {
    if value.trim().is_empty() {
        errors.push(FieldError::new(field, "is empty", fix));
    }
}

fn at_most(field: &str, value: &str, limit: usize, errors: &mut Vec<FieldError>) {
    // a text of so many bytes cannot have more characters
    if value.len() > limit && value.chars().count() > limit {
        errors.push(FieldError::too_many(field, "characters", limit));
    }
}

#[cfg(test)]
mod tests;
