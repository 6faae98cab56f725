//! One item of a webhook in our words, completed with what we know: account, tenant, where its media will lie.
//! Pure: neither encodes nor remembers.

use std::borrow::Cow;

use super::Ingress;
use crate::{
    domain::{account::Account, object_key},
    wire::{
        records::{
            AccountEvent, HistoryMessage, InboundMessage, MediaRequest, SentMessage, StatusEvent, content::Media,
        },
        webhook::{
            Envelope, Kind, Place, Unreadable, account, echo, history, message, status,
            value::{self, Part},
        },
    },
};

/// Meta keeps the media of webhooks for seven days.
const MEDIA_LIFE_MS: i64 = 7 * 24 * 60 * 60 * 1000;

/// What is published for one item.
#[derive(Debug)]
pub(super) enum Item {
    Message {
        message: Box<InboundMessage>,
        media: Option<Box<MediaRequest>>,
    },
    Status(Box<StatusEvent>),
    Account(Box<AccountEvent>),
    /// Written by the business in the WhatsApp Business app.
    Echo {
        message: Box<SentMessage>,
        media: Option<Box<MediaRequest>>,
    },
    /// Of the time before.
    Past {
        past: Box<HistoryMessage>,
        media: Option<Box<MediaRequest>>,
    },
}

impl Item {
    /// What a redelivery repeats. Under one message id Meta may say another thing later (`unsupported`, then the message
    /// itself), so a message's type counts too; the other event ids hold everything that tells two events apart.
    pub(super) fn identity(&self) -> Cow<'_, str> {
        match self {
            Self::Message { message, .. } => Cow::Owned(format!("{}/{}", message.event_id, message.r#type)),
            Self::Echo { message, .. } => Cow::Owned(format!("echo/{}/{}", message.event_id, message.r#type)),
            Self::Past { past, .. } => Cow::Owned(format!("past/{}/{}", past.message.event_id, past.message.r#type)),
            Self::Status(event) => Cow::Borrowed(&event.event_id),
            Self::Account(event) => Cow::Borrowed(&event.event_id),
        }
    }
}

/// Every item of a webhook, in order.
pub(super) fn items(envelope: &Envelope<'_>, received_ms: i64, ingress: &Ingress) -> Vec<Result<Item, Unreadable>> {
    let reader = Reader { received_ms, ingress };
    envelope.places().iter().flat_map(|place| reader.items(place)).collect()
}

/// Reads places, and knows the accounts.
struct Reader<'i> {
    received_ms: i64,
    ingress: &'i Ingress,
}

impl Reader<'_> {
    fn items(&self, place: &Place<'_, '_>) -> Vec<Result<Item, Unreadable>> {
        match place.kind {
            Kind::Message => vec![self.message(place)],
            Kind::Status => vec![self.status(place)],
            Kind::Value | Kind::Leftover | Kind::Change | Kind::Entry => {
                value::parts(place).iter().map(|part| self.part(place, part)).collect()
            }
        }
    }

    /// What names no number or no user is in no conversation, but it is kept.
    fn message(&self, place: &Place<'_, '_>) -> Result<Item, Unreadable> {
        let message = message::read(place, self.received_ms)?;
        let Some(mut message) = message else { return Ok(self.account(place, &place.raw)) };
        let sent_at = message.occurred_at;
        let media = self.complete(&mut message, sent_at).map(Box::new);
        Ok(Item::Message { message: Box::new(message), media })
    }

    fn status(&self, place: &Place<'_, '_>) -> Result<Item, Unreadable> {
        let Some(mut event) = status::read(place, self.received_ms)? else {
            return Ok(self.account(place, &place.raw));
        };
        if !self.ingress.settings.keep_raw {
            event.raw = None;
        }
        let account = event.phone_number_id.as_deref().and_then(|id| self.ingress.accounts.by_phone_number_id(id));
        event.account = account.map(|a| a.alias.clone());
        event.tenant = account.and_then(|a| a.tenant.clone());
        Ok(Item::Status(Box::new(event)))
    }

    fn part(&self, place: &Place<'_, '_>, part: &Part<'_>) -> Result<Item, Unreadable> {
        Ok(match part {
            Part::Account(raw) => self.account(place, raw),
            Part::Echo(raw) => match echo::read(place, raw, self.received_ms)? {
                Some((mut message, to)) => {
                    let media = self.complete(&mut message, self.received_ms).map(Box::new);
                    Item::Echo { message: Box::new(echo::sent(message, to)), media }
                }
                None => self.account(place, raw),
            },
            Part::Past(chunk, raw) => match history::read(place, chunk, raw, self.received_ms)? {
                Some(mut past) => {
                    let media = self.complete(&mut past.message, self.received_ms).map(Box::new);
                    Item::Past { past: Box::new(past), media }
                }
                None => self.account(place, raw),
            },
        })
    }

    /// What we know besides. Its file is asked for where it has one: Meta has it from `kept_from` on, which is when the
    /// message was written, or when the webhook came that tells of an old one.
    fn complete(&self, message: &mut InboundMessage, kept_from: i64) -> Option<MediaRequest> {
        message.received_at = Some(self.received_ms);
        if !self.ingress.settings.keep_raw {
            message.raw.clear();
        }
        let account = self.ingress.accounts.by_phone_number_id(&message.phone_number_id)?;
        message.account = Some(account.alias.clone());
        message.tenant = account.tenant.clone();
        let url = |media: &Media| self.ingress.objects.url_of(&object_key::media(&message.message_id, &media.media_id));
        let media = message.media.as_mut().or_else(|| message.edit.as_mut()?.media.as_mut())?;
        media.object_url = Some(url(media));
        let media = media.clone();
        let expires_at = kept_from.saturating_add(MEDIA_LIFE_MS);
        Some(MediaRequest { expires_at, ..request(message, &media, account) })
    }

    /// By the number it names, else by the WhatsApp Business Account.
    fn account(&self, place: &Place<'_, '_>, raw: &str) -> Item {
        let mut event = account::read(place, raw, self.received_ms);
        let accounts = &self.ingress.accounts;
        let by_number = event.phone_number_id.as_deref().and_then(|id| accounts.by_phone_number_id(id));
        let account = by_number.or_else(|| accounts.by_waba(&event.waba_id));
        event.account = account.map(|a| a.alias.clone());
        event.tenant = account.and_then(|a| a.tenant.clone());
        Item::Account(Box::new(event))
    }
}

/// Media of a number that is not configured cannot be fetched, for want of its token: then there is no URL either.
fn request(message: &InboundMessage, media: &Media, account: &Account) -> MediaRequest {
    MediaRequest {
        request_id: message.event_id.clone(),
        direction: "inbound".to_owned(),
        message_id: Some(message.message_id.clone()),
        lane: Some(message.conversation_key.clone()),
        account: account.alias.clone(),
        phone_number_id: message.phone_number_id.clone(),
        media_id: Some(media.media_id.clone()),
        object: media.object_url.clone(),
        mime_type: Some(media.mime_type.clone()).filter(|text| !text.is_empty()),
        sha256: Some(media.sha256.clone()).filter(|text| !text.is_empty()),
        ..MediaRequest::default()
    }
}
