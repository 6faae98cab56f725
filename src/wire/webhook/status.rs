//! A status item as our record. Must not judge the status word: the set is open.

use super::{
    error,
    json::Object,
    place::{Place, SECOND_MS},
    unreadable::Unreadable,
};
use crate::{
    domain::{callback::Callback, event_id},
    wire::records::{Pricing, StatusEvent, status_event::Conversation},
};

/// What Meta says. Account and tenant are the reader's to add. `otherwise_ms` is the time of an item that tells none.
///
/// # Errors
/// [`Unreadable`].
pub fn read(place: &Place<'_, '_>, otherwise_ms: i64) -> Result<StatusEvent, Unreadable> {
    let members = place.members().ok_or(Unreadable::NotAnObject)?;
    let wamid = members.text("id").ok_or(Unreadable::NoId)?;
    let status = members.text("status").ok_or(Unreadable::NoStatus)?;
    let number = place.number().unwrap_or_default();
    let participant =
        members.text("recipient_participant_id").or_else(|| members.text("recipient_participant_user_id"));
    let time = members.int("timestamp");
    let biz_data = members.text("biz_opaque_callback_data");
    let callback = biz_data.as_deref().and_then(Callback::parse);
    Ok(StatusEvent {
        event_id: event_id::status(&number, &wamid, &status, time, participant.as_deref().unwrap_or_default())
            .to_string(),
        status,
        occurred_at: place.time_ms(&members).unwrap_or(otherwise_ms),
        source: "meta".to_owned(),
        message_id: Some(wamid),
        command_id: callback.as_ref().map(|c| c.command_id.as_str().to_owned()),
        lane: callback.map(|c| c.lane),
        recipient: members.text("recipient_id").or_else(|| members.text("recipient_user_id")),
        error: error::list(&members).into_iter().next(),
        pricing: members.object("pricing").map(|p| pricing(&p)),
        conversation: members.object("conversation").map(|c| conversation(&c)),
        biz_data,
        raw: Some(place.raw.to_string()),
        phone_number_id: place.number(),
        conversation_key: place.conversation().map(|key| key.into_string()),
        test: place.is_test(),
        ..StatusEvent::default()
    })
}

fn pricing(members: &Object<'_>) -> Pricing {
    Pricing {
        billable: members.flag("billable"),
        pricing_model: members.text("pricing_model"),
        r#type: members.text("type"),
        category: members.text("category"),
    }
}

fn conversation(members: &Object<'_>) -> Conversation {
    Conversation {
        id: members.text("id"),
        expires_at: members.int("expiration_timestamp").and_then(|s| s.checked_mul(SECOND_MS)),
        origin_type: members.object("origin").and_then(|origin| origin.text("type")),
    }
}
