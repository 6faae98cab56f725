//! One item of a webhook in our words, completed with what we know: account, tenant, where its media will lie.
//! Pure: neither encodes nor remembers.

use std::borrow::Cow;

use super::{Ingress, Webhook};
use crate::{
    domain::{account::Account, object_key},
    wire::{
        records::{AccountEvent, InboundMessage, MediaRequest, StatusEvent},
        webhook::{Envelope, Kind, Place, Unreadable, account, message, status},
    },
};

/// Meta keeps the media of webhooks for seven days.
const MEDIA_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What is published for one item.
#[derive(Debug)]
pub(super) enum Item {
    Message { message: Box<InboundMessage>, media: Option<Box<MediaRequest>> },
    Status(Box<StatusEvent>),
    Account(Box<AccountEvent>),
}

impl Item {
    pub(super) fn event_id(&self) -> &str {
        match self {
            Self::Message { message, .. } => &message.event_id,
            Self::Status(event) => &event.event_id,
            Self::Account(event) => &event.event_id,
        }
    }

    /// What a redelivery repeats. Under one message id Meta may say another thing later (`unsupported`, then the message
    /// itself), so a message's type counts too; the other event ids hold everything that tells two events apart.
    pub(super) fn identity(&self) -> Cow<'_, str> {
        match self {
            Self::Message { message, .. } => Cow::Owned(format!("{}/{}", message.event_id, message.r#type)),
            Self::Status(_) | Self::Account(_) => Cow::Borrowed(self.event_id()),
        }
    }
}

/// Every item of the webhook, in order.
pub(super) fn items(webhook: &Webhook, ingress: &Ingress) -> Vec<Result<Item, Unreadable>> {
    let envelope: Envelope<'_> = webhook.envelope();
    envelope.places().iter().map(|place| item(place, webhook.received_ms, ingress)).collect()
}

fn item(place: &Place<'_, '_>, received_ms: i64, ingress: &Ingress) -> Result<Item, Unreadable> {
    match place.kind {
        Kind::Message => {
            let message = message::read(place, received_ms)?;
            // without a number or a user it is in no conversation, but it is kept
            Ok(message.map_or_else(
                || account_event(place, received_ms, ingress),
                |message| inbound(message, received_ms, ingress),
            ))
        }
        Kind::Status => Ok(status_event(status::read(place, received_ms)?, ingress)),
        Kind::Value | Kind::Leftover | Kind::Change | Kind::Entry => Ok(account_event(place, received_ms, ingress)),
    }
}

fn inbound(mut message: InboundMessage, received_ms: i64, ingress: &Ingress) -> Item {
    message.received_at = Some(received_ms);
    if !ingress.settings.keep_raw {
        message.raw.clear();
    }
    let mut request = None;
    if let Some(account) = ingress.accounts.by_phone_number_id(&message.phone_number_id) {
        message.account = Some(account.alias.clone());
        message.tenant = account.tenant.clone();
        request = media(&mut message, account, ingress);
    }
    Item::Message { message: Box::new(message), media: request.map(Box::new) }
}

/// Media of a number that is not configured cannot be fetched, for want of its token: then there is no URL either.
fn media(message: &mut InboundMessage, account: &Account, ingress: &Ingress) -> Option<MediaRequest> {
    let media = message.media.as_mut()?;
    let url = ingress.objects.url_of(&object_key::media(&message.message_id, &media.media_id));
    media.object_url = Some(url.clone());
    Some(MediaRequest {
        request_id: message.event_id.clone(),
        direction: "inbound".to_owned(),
        message_id: Some(message.message_id.clone()),
        lane: Some(message.conversation_key.clone()),
        account: account.alias.clone(),
        phone_number_id: message.phone_number_id.clone(),
        media_id: Some(media.media_id.clone()),
        object: Some(url),
        mime_type: Some(media.mime_type.clone()).filter(|text| !text.is_empty()),
        sha256: Some(media.sha256.clone()).filter(|text| !text.is_empty()),
        expires_at: message.occurred_at.saturating_add(MEDIA_LIFE_MS),
        ..MediaRequest::default()
    })
}

fn status_event(mut event: StatusEvent, ingress: &Ingress) -> Item {
    if !ingress.settings.keep_raw {
        event.raw = None;
    }
    let account = event.phone_number_id.as_deref().and_then(|id| ingress.accounts.by_phone_number_id(id));
    event.account = account.map(|a| a.alias.clone());
    event.tenant = account.and_then(|a| a.tenant.clone());
    Item::Status(Box::new(event))
}

/// By the number it names, else by the WhatsApp Business Account.
fn account_event(place: &Place<'_, '_>, received_ms: i64, ingress: &Ingress) -> Item {
    let mut event = account::read(place, received_ms);
    let by_number = event.phone_number_id.as_deref().and_then(|id| ingress.accounts.by_phone_number_id(id));
    let account = by_number.or_else(|| ingress.accounts.by_waba(&event.waba_id));
    event.account = account.map(|a| a.alias.clone());
    event.tenant = account.and_then(|a| a.tenant.clone());
    Item::Account(Box::new(event))
}
