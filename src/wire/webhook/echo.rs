//! Messages that the business wrote in the WhatsApp Business app (coexistence): field `smb_message_echoes`. Must not lose
//! what stands beside them.

use super::{
    json::Object,
    message::{person, said},
    place::Place,
    unreadable::Unreadable,
};
use crate::{
    domain::identity::User,
    wire::records::{InboundMessage, SentMessage, content::Sender},
};

/// The webhook field.
pub const FIELD: &str = "smb_message_echoes";
/// Its items.
pub const ARRAY: &str = "message_echoes";
const ORIGIN: &str = "echo";

/// One of the value's [`ARRAY`], in the shape of an inbound message, and whom it went to; `None` where it names no user or no
/// number of ours.
///
/// # Errors
/// [`Unreadable`].
pub fn read(
    place: &Place<'_, '_>,
    raw: &str,
    otherwise_ms: i64,
) -> Result<Option<(InboundMessage, Sender)>, Unreadable> {
    let members: Object<'_> = serde_json::from_str(raw).map_err(|_| Unreadable::NotAnObject)?;
    let to = recipient(place, &members);
    let user = User::choose(to.wa_id.as_deref(), to.bsuid.as_deref(), members.text("group_id").as_deref());
    let message = said(place, &members, raw, user.map(|user| (user, business(&members))), otherwise_ms)?;
    Ok(message.map(|message| (message, to)))
}

/// The business as the writer of a message.
pub(super) fn business(members: &Object<'_>) -> Sender {
    Sender { wa_id: members.text("from"), ..Sender::default() }
}

/// Whom a message of the business went to.
pub(super) fn recipient(place: &Place<'_, '_>, members: &Object<'_>) -> Sender {
    let (wa_id, bsuid) = (members.text("to"), members.text("to_user_id"));
    let contact = place.change.and_then(|(_, change)| change.contacts().of(wa_id.as_deref(), bsuid.as_deref()));
    person(Sender { wa_id, bsuid, parent_bsuid: members.text("to_parent_user_id"), ..Sender::default() }, contact)
}

/// A sent message has the shape of an inbound one.
#[must_use]
pub fn sent(message: InboundMessage, to: Sender) -> SentMessage {
    SentMessage {
        origin: ORIGIN.to_owned(),
        to: Some(to),
        event_id: message.event_id,
        message_id: message.message_id,
        conversation_key: message.conversation_key,
        phone_number_id: message.phone_number_id,
        r#type: message.r#type,
        occurred_at: message.occurred_at,
        waba_id: message.waba_id,
        account: message.account,
        tenant: message.tenant,
        display_phone_number: message.display_phone_number,
        carrier: message.carrier,
        test: message.test,
        from: message.from,
        group_id: message.group_id,
        received_at: message.received_at,
        text: message.text,
        media: message.media,
        location: message.location,
        contacts: message.contacts,
        reaction: message.reaction,
        order: message.order,
        reply: message.reply,
        system: message.system,
        edit: message.edit,
        revoke: message.revoke,
        unsupported: message.unsupported,
        referral: message.referral,
        errors: message.errors,
        context: message.context,
        route: message.route,
        labels: message.labels,
        raw: message.raw,
        ..SentMessage::default()
    }
}
