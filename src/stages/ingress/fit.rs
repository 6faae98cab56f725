//! An item's records within what their topics take: Meta's body does, but a record holds most of an item twice, as `raw`
//! and typed. Must not leave out what stands nowhere else, and must not fail an item's siblings.

use std::sync::Arc;

use super::{Ingress, Item};
use crate::{
    domain::errors::{Action, own::NOT_SUPPORTED},
    runtime::{Fault, FaultKind, Headers, Outgoing, Reject},
    wire::{
        problem,
        records::{
            AccountEvent, InboundMessage, SentMessage, StatusEvent, WhatsAppError,
            content::{Edit, Media},
        },
        topics::catalogue,
    },
};

/// What those after us may add to a record before they pass it on: a route, labels, headers.
const ROOM: usize = 64 * 1024;

/// Why an item has no records.
pub(super) enum Unpublished {
    /// It alone is at fault.
    Item(Reject),
    Fault(Fault),
}

impl Ingress {
    /// The records of `item`, if need be without what they hold twice.
    pub(super) async fn fit(&self, item: &mut Item, input: &Headers) -> Result<Vec<Outgoing>, Unpublished> {
        let records = self.publish(item, input).await.map_err(unpublished)?;
        let Some(over) = over(&records) else { return Ok(records) };
        if !item.leave_out_doubles(over.limit) {
            return Err(Unpublished::Item(over.reject()));
        }
        let records = self.publish(item, input).await.map_err(unpublished)?;
        self::over(&records).map_or(Ok(records), |over| Err(Unpublished::Item(over.reject())))
    }
}

fn unpublished(fault: Fault) -> Unpublished {
    match fault.kind {
        FaultKind::Poison => Unpublished::Item(Reject { code: "not_encodable", detail: fault.detail() }),
        FaultKind::Transient
        | FaultKind::Throttled(_)
        | FaultKind::Unavailable
        | FaultKind::Unknown { .. }
        | FaultKind::Rejected
        | FaultKind::Fatal => Unpublished::Fault(fault),
    }
}

/// A record that is too large.
struct Over {
    size: usize,
    limit: usize,
    topic: Arc<str>,
}

impl Over {
    fn reject(&self) -> Reject {
        let detail = format!("an item of {} bytes for {}, which takes {}", self.size, self.topic, self.limit);
        Reject { code: "item_too_large", detail }
    }
}

fn over(records: &[Outgoing]) -> Option<Over> {
    records.iter().find_map(|record| {
        let (size, limit) = (record.size(), catalogue().max_message_bytes(&record.topic).saturating_sub(ROOM));
        (size > limit).then(|| Over { size, limit, topic: record.topic.clone() })
    })
}

impl Item {
    /// `false` where nothing is held twice.
    fn leave_out_doubles(&mut self, limit: usize) -> bool {
        match self {
            Self::Message { message, .. } if !message.raw.is_empty() => leave_to_raw(message, limit),
            Self::Past { past, .. } if !past.message.raw.is_empty() => leave_to_raw(&mut past.message, limit),
            Self::Echo { message, .. } if !message.raw.is_empty() => leave_echo_to_raw(message, limit),
            Self::Status(event) if event.raw.is_some() => cut_status(event),
            Self::Account(event) => cut_account(event),
            Self::Message { .. } | Self::Echo { .. } | Self::Past { .. } | Self::Status(_) => return false,
        }
        true
    }
}

/// The content goes, but for the ids by which others act; `errors` says so.
fn leave_to_raw(message: &mut InboundMessage, limit: usize) {
    (message.text, message.location, message.order, message.reply) = (None, None, None, None);
    (message.system, message.referral) = (None, None);
    message.contacts.clear();
    shorten(&mut message.media, &mut message.edit);
    message.errors = vec![left_out(limit)];
}

/// As with an inbound one, as far as the business says such things.
fn leave_echo_to_raw(message: &mut SentMessage, limit: usize) {
    (message.text, message.location) = (None, None);
    message.contacts.clear();
    shorten(&mut message.media, &mut message.edit);
    message.errors = vec![left_out(limit)];
}

fn shorten(media: &mut Option<Media>, edit: &mut Option<Edit>) {
    let edited = edit.as_mut().map(|edit| {
        (edit.text, edit.caption) = (None, None);
        &mut edit.media
    });
    for media in [Some(media), edited].into_iter().flatten().flatten() {
        (media.caption, media.filename) = (None, None);
    }
}

fn left_out(limit: usize) -> WhatsAppError {
    let details = "the content is left out here, since the record would be too large with it; raw has it";
    WhatsAppError {
        limit: i64::try_from(limit).ok(),
        action: Action::None.name().to_owned(),
        ..problem::own(&NOT_SUPPORTED, Some(details.to_owned()))
    }
}

/// The status, its ids and its error's code stay, so that the message and its sender still hear of it.
fn cut_status(event: &mut StatusEvent) {
    event.biz_data = None;
    if let Some(error) = &mut event.error {
        error.details = None;
    }
}

fn cut_account(event: &mut AccountEvent) {
    (event.previous, event.current, event.reason) = (None, None, None);
    (event.name, event.details, event.request_id) = (None, None, None);
}
