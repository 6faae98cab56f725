//! How the router and the sender tell a command's producer what became of it: status events, encoded. Says what it is
//! told to; which word is right is its callers' business.

use crate::{
    domain::{event_id, identity::message_key},
    runtime::{Fault, Headers, Outgoing},
    wire::{cloud_events::CloudEvent, codec::Codec, records::StatusEvent, topics::STATUS_EVENTS},
};

const KIND: &str = "omnichannel.whatsapp.status.event";

/// A status event of our own about a command: who says it, which word, at which attempt.
#[must_use]
pub fn own_event(source: &str, command_id: &str, word: &str, attempt: u32, at_ms: i64) -> StatusEvent {
    StatusEvent {
        event_id: event_id::own(command_id, word, attempt).to_string(),
        status: word.to_owned(),
        occurred_at: at_ms,
        source: source.to_owned(),
        command_id: Some(command_id.to_owned()),
        attempt: i32::try_from(attempt).unwrap_or(i32::MAX),
        ..StatusEvent::default()
    }
}

/// The record that carries `event`, keyed by the message it speaks of. `cause`: the headers of the record it answers.
///
/// # Errors
/// Those of [`Codec::encode`].
pub async fn publish(codec: &Codec, event: &StatusEvent, cause: &Headers) -> Result<Outgoing, Fault> {
    let key = message_key(event.command_id.as_deref(), event.message_id.as_deref().unwrap_or_default()).to_owned();
    let source = format!("/whatsapp/{}", event.source);
    let headers = CloudEvent {
        id: &event.event_id,
        kind: KIND,
        source: &source,
        time_ms: event.occurred_at,
        account: event.account.as_deref(),
    }
    .headers(cause);
    let value = codec.encode(STATUS_EVENTS, event).await?;
    Ok(Outgoing::new(STATUS_EVENTS, key, value).with_headers(headers))
}
