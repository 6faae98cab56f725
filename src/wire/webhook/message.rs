//! A message item as our record. What is not typed keeps its `type` and its `raw`; a member of an unexpected shape leaves its
//! field empty and the message whole.

use super::{Contact, content, error, json::Object, place::Place, unreadable::Unreadable};
use crate::{
    domain::{event_id, identity::User},
    wire::records::{InboundMessage, content::Sender},
};

/// What Meta says, or `None` when the item tells no business number or no user: then it is no part of a conversation.
/// Account, tenant and the object's URL are the reader's to add. `otherwise_ms` is the time of an item that tells none.
///
/// # Errors
/// [`Unreadable`].
pub fn read(place: &Place<'_, '_>, otherwise_ms: i64) -> Result<Option<InboundMessage>, Unreadable> {
    let members = place.members().ok_or(Unreadable::NotAnObject)?;
    let from = sender(&members, place.contact_in(&members));
    said(place, &members, &place.raw, place.user_in(&members).map(|user| (user, from)), otherwise_ms)
}

/// A message that stands in `place`, whoever of the two sides wrote it: `sides` is the user of the conversation, and the
/// writer.
///
/// # Errors
/// [`Unreadable`].
pub(super) fn said(
    place: &Place<'_, '_>,
    members: &Object<'_>,
    raw: &str,
    sides: Option<(User, Sender)>,
    otherwise_ms: i64,
) -> Result<Option<InboundMessage>, Unreadable> {
    let message_id = members.text("id").ok_or(Unreadable::NoId)?;
    let (Some(phone_number_id), Some((user, from))) = (place.number(), sides) else { return Ok(None) };
    let Some(key) = place.conversation_with(&user) else { return Ok(None) };
    let mut message = InboundMessage {
        event_id: event_id::message(&phone_number_id, &message_id).to_string(),
        message_id,
        conversation_key: key.into_string(),
        phone_number_id,
        r#type: members.text("type").unwrap_or_else(|| "unknown".to_owned()),
        occurred_at: place.time_ms(members).unwrap_or(otherwise_ms),
        waba_id: place.entry.id.clone(),
        display_phone_number: place.change.and_then(|(_, change)| change.display_number.clone()),
        test: place.is_test(),
        from,
        group_id: members.text("group_id"),
        errors: error::list(members),
        raw: raw.to_owned(),
        ..InboundMessage::default()
    };
    content::fill(&mut message, members);
    Ok(Some(message))
}

/// The message's own ids first; the contact adds what only it tells.
pub(super) fn sender(members: &Object<'_>, contact: Option<&Contact<'_>>) -> Sender {
    let identity = members.object("identity").unwrap_or_default();
    person(
        Sender {
            wa_id: members.text("from"),
            bsuid: members.text("from_user_id"),
            parent_bsuid: members.text("from_parent_user_id"),
            // where Graph before 12 has it
            identity_key_hash: identity.text("hash"),
            ..Sender::default()
        },
        contact,
    )
}

/// `named`, and what its contact tells besides.
pub(super) fn person(named: Sender, contact: Option<&Contact<'_>>) -> Sender {
    let Some(contact) = contact else { return named };
    Sender {
        wa_id: named.wa_id.or_else(|| contact.wa_id.clone()),
        bsuid: named.bsuid.or_else(|| contact.bsuid.clone()),
        parent_bsuid: named.parent_bsuid.or_else(|| contact.parent_bsuid.clone()),
        username: contact.username.clone(),
        display_name: contact.display_name.clone(),
        identity_key_hash: named.identity_key_hash.or_else(|| contact.identity_key_hash.clone()),
    }
}
