//! A message item as our record. What is not typed keeps its `type` and its `raw`; a member of an unexpected shape leaves its
//! field empty and the message whole.

use super::{content, error, json::Object, place::Place, unreadable::Unreadable};
use crate::{
    domain::{event_id, identity::ConversationKey},
    wire::records::{InboundMessage, content::Sender},
};

/// What Meta says, or `None` when the item tells no business number or no user: then it is no part of a conversation.
/// Account, tenant and the object's URL are the reader's to add. `otherwise_ms` is the time of an item that tells none.
///
/// # Errors
/// [`Unreadable`].
pub fn read(place: &Place<'_, '_>, otherwise_ms: i64) -> Result<Option<InboundMessage>, Unreadable> {
    let members = place.members().ok_or(Unreadable::NotAnObject)?;
    let message_id = members.text("id").ok_or(Unreadable::NoId)?;
    let (Some(phone_number_id), Some(key)) = (place.number(), place.conversation()) else { return Ok(None) };
    let mut message = InboundMessage {
        event_id: event_id::message(&phone_number_id, &message_id).to_string(),
        message_id,
        phone_number_id,
        ..envelope(place, &members, key)
    };
    message.occurred_at = place.time_ms(&members).unwrap_or(otherwise_ms);
    content::fill(&mut message, &members);
    Ok(Some(message))
}

fn envelope(place: &Place<'_, '_>, members: &Object<'_>, key: ConversationKey) -> InboundMessage {
    InboundMessage {
        conversation_key: key.into_string(),
        r#type: members.text("type").unwrap_or_else(|| "unknown".to_owned()),
        waba_id: place.entry.id.clone(),
        display_phone_number: place.change.and_then(|(_, change)| change.display_number()),
        test: place.is_test(),
        from: sender(place, members),
        group_id: members.text("group_id"),
        errors: error::list(members),
        raw: place.raw.to_string(),
        ..InboundMessage::default()
    }
}

/// The message's own ids first; the contact adds what only it tells.
fn sender(place: &Place<'_, '_>, members: &Object<'_>) -> Sender {
    let (wa_id, bsuid) = (members.text("from"), members.text("from_user_id"));
    let parent_bsuid = members.text("from_parent_user_id");
    match place.contact() {
        None => Sender { wa_id, bsuid, parent_bsuid, ..Sender::default() },
        Some(contact) => Sender {
            wa_id: wa_id.or_else(|| contact.wa_id.clone()),
            bsuid: bsuid.or_else(|| contact.bsuid.clone()),
            parent_bsuid: parent_bsuid.or_else(|| contact.parent_bsuid.clone()),
            username: contact.username.clone(),
            display_name: contact.display_name.clone(),
            identity_key_hash: contact.identity_key_hash.clone(),
        },
    }
}
