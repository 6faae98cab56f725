//! What a user does: one table of its kinds, from a text to a changed phone number. The files below make the contents,
//! `draft` puts them into a webhook.

mod cards;
mod draft;
mod files;
mod notices;
mod samples;
mod taps;
mod words;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use self::draft::Draft;
use super::{
    handle::Unusable,
    offers::Offer,
    people::Person,
    settings::Number,
    state::{State, locked, now_ms},
};

/// A message of a user to be simulated.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Inbound {
    /// One of [`KINDS`], text where absent; with `content` any type of Meta's.
    pub kind: Option<String>,
    /// Digits, a leading plus sign is taken off; or a business-scoped user id (`US.1234`), whose phone number then stays
    /// hidden. Absent with `to`: whoever got that message.
    pub from: String,
    pub name: Option<String>,
    /// The first number where absent.
    pub phone_number_id: Option<String>,
    /// A text's body, a file's caption.
    pub body: Option<String>,
    /// A file's bytes in base64; a small sample where absent.
    pub data: Option<String>,
    pub mime_type: Option<String>,
    pub filename: Option<String>,
    /// The object named like `kind`, as it stands.
    pub content: Option<Value>,
    /// The message that is answered, tapped on, reacted to, edited or revoked.
    pub to: Option<String>,
    /// What is chosen: a button's or row's id, title or number; an emoji; accept or reject; what is not supported; the new
    /// number or user id.
    pub option: Option<String>,
    /// Written in this group.
    pub group: Option<String>,
    pub forwarded: bool,
    pub username: Option<String>,
    pub user_id: Option<String>,
    /// As with identity checks switched on.
    pub identity_key_hash: Option<String>,
}

/// What a simulated message got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Written {
    pub message_id: String,
    pub media_id: Option<String>,
}

/// Something a user can do.
pub struct Kind {
    pub name: &'static str,
    pub about: &'static str,
    make: fn(&Scene<'_>) -> Result<Draft, Unusable>,
}

const fn kind(name: &'static str, about: &'static str, make: fn(&Scene<'_>) -> Result<Draft, Unusable>) -> Kind {
    Kind { name, about, make }
}

/// All of them.
#[rustfmt::skip]
pub const KINDS: &[Kind] = &[
    kind("text", "a text", words::text),
    kind("reply", "a text that quotes a message", words::reply),
    kind("forwarded", "a forwarded text; any other kind takes `forwarded` too", words::forwarded),
    kind("much_forwarded", "a text forwarded more than five times", words::much_forwarded),
    kind("product_question", "a text about a product of the catalog", words::product_question),
    kind("ad", "the first text after tapping an ad with a picture; opens the free entry point", words::ad),
    kind("video_ad", "the same after an ad with a video", words::video_ad),
    kind("post", "the same after a post", words::post),
    kind("group_text", "a text in a group", words::group_text),
    kind("username", "a text of a user with a username and without a phone number", words::username),
    kind("identity_check", "a text with the user's identity key hash", words::identity_check),
    kind("image", "a picture", files::image),
    kind("video", "a video", files::video),
    kind("voice", "a voice note", files::voice),
    kind("audio", "an audio file", files::audio),
    kind("document", "a document", files::document),
    kind("sticker", "a static sticker", files::sticker),
    kind("animated_sticker", "an animated sticker", files::animated_sticker),
    kind("too_large", "a video that Meta could not fetch (131052)", files::too_large),
    kind("location", "a pin on the map", cards::pin),
    kind("place", "a named place", cards::place),
    kind("contacts", "a shared contact", cards::contacts),
    kind("full_contact", "a shared contact with everything a contact can have", cards::full_contact),
    kind("contact_info", "the user's own number, as an answer to a request for it", cards::contact_info),
    kind("order", "a cart sent from a catalog", cards::order),
    kind("reaction", "an emoji on a message; `option` is the emoji", taps::reaction),
    kind("reaction_removed", "the emoji taken back", taps::reaction_removed),
    kind("button", "a tap on a quick reply of a template", taps::template_button),
    kind("did_not_request_code", "a tap on «I didn't request a code» of an authentication template", taps::no_code),
    kind("button_reply", "a tap on a reply button; `option` says which", taps::button_reply),
    kind("list_reply", "a row chosen from a list; `option` says which", taps::list_reply),
    kind("flow", "a Flow filled in; `content` is its answers", taps::flow),
    kind("address", "an address filled in; `content` is its fields", taps::address),
    kind("call_permission", "a call allowed, or with `option` reject not", taps::call_permission),
    kind("number_change", "a changed phone number; `option` is the new one", notices::number_change),
    kind("user_id_change", "a changed business-scoped user id; `option` is the new one", notices::user_id_change),
    kind("identity_change", "a changed security code, as it was told before identity checks", notices::identity_change),
    kind("unsupported", "a message that the Cloud API has no type for; `option` names what it was", notices::unsupported),
    kind("unreadable", "an interactive message without content beside an error", notices::unreadable),
    kind("edit", "an edited message (coexistence numbers)", notices::edit),
    kind("revoke", "a message deleted for everyone (coexistence numbers)", notices::revoke),
    kind("request_welcome", "a chat opened for the first time (until March 2026)", notices::request_welcome),
    kind("marketing_click", "a tap on the link of a marketing message", notices::marketing_click),
];

/// Who does it, where, and to what.
struct Scene<'a> {
    state: &'a State,
    number: &'a Number,
    asked: &'a Inbound,
    person: Person,
    /// The business's message that is answered, where it is remembered.
    quoted: Option<Offer>,
    at_ms: i64,
}

impl Scene<'_> {
    fn seconds(&self) -> i64 {
        self.at_ms / 1_000
    }

    fn option(&self) -> Option<&str> {
        self.asked.option.as_deref()
    }

    fn body_or(&self, usual: &str) -> String {
        self.asked.body.clone().unwrap_or_else(|| usual.to_owned())
    }

    /// The message spoken of; where none is named, one that nobody remembers.
    fn target(&self) -> &str {
        self.asked.to.as_deref().unwrap_or("wamid.c2ltdWxhdGVk")
    }
}

/// A user does something, and the webhook of it goes into the outbox.
///
/// # Errors
/// No sender, an unknown kind, a file that is not base64, an option that was not offered.
pub fn write(state: &Arc<State>, number: &Number, asked: &Inbound) -> Result<Written, Unusable> {
    let quoted = asked.to.as_deref().and_then(|id| locked(&state.offers).get(id));
    let person = sender(state, asked, quoted.as_ref())?;
    let scene = Scene { state, number, asked, person, quoted, at_ms: now_ms() };
    let name = asked.kind.as_deref().unwrap_or("text");
    let draft = match (KINDS.iter().find(|kind| kind.name == name), &asked.content) {
        // as it stands, unless the kind knows how to wrap it
        (Some(kind), None) => (kind.make)(&scene)?,
        (Some(kind), Some(_)) if matches!(name, "flow" | "address") => (kind.make)(&scene)?,
        (_, Some(content)) => Draft::message(name, content.clone()),
        (None, None) => {
            let names: Vec<&str> = KINDS.iter().map(|kind| kind.name).collect();
            let problem = format!("there is no kind {name}: give content, or one of {}", names.join(", "));
            return Err(Unusable(problem));
        }
    };
    Ok(draft.send(&scene))
}

fn sender(state: &State, asked: &Inbound, quoted: Option<&Offer>) -> Result<Person, Unusable> {
    let from = match (asked.from.trim_start_matches('+'), quoted) {
        ("", Some(offer)) if !offer.group => offer.to.clone(),
        ("", _) if asked.to.is_some() => {
            return Err(Unusable("from is required: whoever got that message is not known".to_owned()));
        }
        ("", _) => return Err(Unusable("from is required".to_owned())),
        (from, _) => from.to_owned(),
    };
    let has_user_id = state.behaviour().user_ids;
    let mut person = locked(&state.people).find(&from, has_user_id, state.dice);
    let hidden = from.contains('.') || asked.kind.as_deref() == Some("username");
    if hidden {
        let user_id = person.user_id.take().or_else(|| Person::stranger(&from, true, state.dice).user_id);
        person = Person { wa_id: None, user_id, ..person };
        let name = if asked.kind.as_deref() == Some("username") { Some("simulated.user".to_owned()) } else { None };
        person.username = person.username.or(name);
    }
    if asked.kind.as_deref() == Some("identity_check") {
        person.identity_key_hash.get_or_insert_with(|| "DF2lS5v2W6x=".to_owned());
    }
    let Inbound { name, username, user_id, identity_key_hash, .. } = asked.clone();
    person.name = name.unwrap_or(person.name);
    person.username = username.or(person.username);
    person.user_id = user_id.or(person.user_id);
    person.identity_key_hash = identity_key_hash.or(person.identity_key_hash);
    locked(&state.people).remember(&person);
    Ok(person)
}
