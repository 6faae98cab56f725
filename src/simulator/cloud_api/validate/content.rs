//! Which types there are, who may get them, and which file judges each.

use super::{Field, Known, Recipient, Refusal, files, interactive, plain, template};

const KINDS: &[&str] = &[
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "reaction",
    "interactive",
    "template",
    "pin",
];

/// What a group takes.
const OF_GROUPS: &[&str] = &["text", "image", "video", "audio", "document", "sticker", "template", "pin"];

pub fn is_known(kind: &str) -> Result<(), Refusal> {
    match KINDS.contains(&kind) {
        true => Ok(()),
        false => Err(Refusal::new(131_051, format!("Unsupported message type {kind}"))),
    }
}

pub fn may_go_to(kind: &str, recipient: &Recipient) -> Result<(), Refusal> {
    let is_group = matches!(recipient, Recipient::Group(_));
    match if is_group { OF_GROUPS.contains(&kind) } else { kind != "pin" } {
        true => Ok(()),
        false if is_group => Err(Refusal::new(131_051, format!("A group does not take messages of type {kind}"))),
        false => Err(Refusal::new(131_009, "Only a group takes messages of type pin")),
    }
}

/// `content` is the object named like `kind`.
pub fn check(kind: &str, content: &Field<'_>, known: &Known<'_>) -> Result<(), Refusal> {
    match kind {
        "text" => plain::text(content),
        "location" => plain::location(content),
        "contacts" => plain::contacts(content),
        "reaction" => plain::reaction(content),
        "pin" => plain::pin(content),
        "interactive" => interactive::check(content, known),
        "template" => template::check(content, known),
        media => files::message(media, content, known),
    }
}
