//! A status item as our record. Must not judge the status word: the set is open.

use super::{
    error,
    json::Object,
    message::person,
    place::{Place, unix_ms},
    unreadable::Unreadable,
};
use crate::{
    domain::{callback::Callback, event_id, identity::ConversationKey},
    wire::records::{Pricing, StatusEvent, content::Sender, status_event::Conversation},
};

/// Whether it says how a message fares. A payment's or a call's `failed` is not its message's.
#[must_use]
pub fn is_of_a_message(members: &Object<'_>) -> bool {
    members.text("type").is_none_or(|kind| kind == "message")
}

/// What Meta says, or `None` when it says it of something else than a message. Account and tenant are the reader's to add.
/// `otherwise_ms` is the time of an item that tells none.
///
/// # Errors
/// [`Unreadable`].
pub fn read(place: &Place<'_, '_>, otherwise_ms: i64) -> Result<Option<StatusEvent>, Unreadable> {
    let members = place.members().ok_or(Unreadable::NotAnObject)?;
    if !is_of_a_message(&members) {
        return Ok(None);
    }
    let wamid = members.text("id").ok_or(Unreadable::NoId)?;
    let status = members.text("status").ok_or(Unreadable::NoStatus)?;
    let number = place.number();
    let time = members.int("timestamp");
    let biz_data = members.text("biz_opaque_callback_data");
    let callback = biz_data.as_deref().and_then(Callback::parse);
    let Sides { group_id, person: named, participant } = Sides::read(&members);
    let ids = (number.as_deref().unwrap_or_default(), participant.as_deref().unwrap_or_default());
    Ok(Some(StatusEvent {
        event_id: event_id::status(ids.0, &wamid, &status, time, ids.1).to_string(),
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
        phone_number_id: number,
        conversation_key: place
            .user_in(&members)
            .and_then(|user| place.conversation_with(&user))
            .map(ConversationKey::into_string),
        test: place.is_test(),
        user: Some(person(named, place.contact_in(&members))).filter(|user| *user != Sender::default()),
        group_id,
        waba_id: place.entry.id.clone(),
        ..StatusEvent::default()
    }))
}

/// To whom the message went.
struct Sides {
    group_id: Option<String>,
    person: Sender,
    /// Of several people in a group, the id that tells their statuses apart.
    participant: Option<String>,
}

impl Sides {
    fn read(members: &Object<'_>) -> Self {
        let person = |phone, bsuid, parents: [&str; 2]| Sender {
            wa_id: members.text(phone),
            bsuid: members.text(bsuid),
            parent_bsuid: parents.into_iter().find_map(|name| members.text(name)),
            identity_key_hash: members.text("recipient_identity_key_hash"),
            ..Sender::default()
        };
        // earlier drafts of Meta's had the words of the parent's id the other way round
        let recipient =
            || person("recipient_id", "recipient_user_id", ["recipient_parent_user_id", "parent_recipient_user_id"]);
        let to_group = members.text("recipient_type").as_deref() == Some("group");
        let group_id = if to_group { members.text("recipient_id") } else { members.text("group_id") };
        let person = if to_group {
            let parents = ["recipient_participant_parent_user_id", "recipient_parent_user_id"];
            person("recipient_participant_id", "recipient_participant_user_id", parents)
        } else {
            recipient()
        };
        let participant = group_id.as_ref().and_then(|_| person.wa_id.clone().or_else(|| person.bsuid.clone()));
        Self { group_id, person, participant }
    }
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
        expires_at: members.int("expiration_timestamp").and_then(unix_ms),
        origin_type: members.object("origin").and_then(|origin| origin.text("type")),
    }
}
