//! An item as records: which topics, under which key, with which headers. Must not decide what an item means.

use super::{Ingress, Item};
use crate::{
    domain::{
        identity::{ConversationKey, message_key},
        preference::Word,
    },
    runtime::{Fault, Headers, Outgoing},
    wire::{
        avro::AvroRecord,
        cloud_events::CloudEvent,
        preference::Preference,
        records::{AccountEvent, InboundMessage, MediaRequest, StatusEvent},
        sender_state::StateEntry as _,
        topics::{
            ACCOUNT_EVENTS, HISTORY, INBOUND_MESSAGES, MEDIA_REQUESTS, PREFERENCES, SEND_RECEIPTS, SENT_MESSAGES,
            STATUS_EVENTS,
        },
    },
};

const MESSAGE_EVENT: &str = "omnichannel.whatsapp.inbound.message";
const HISTORY_EVENT: &str = "omnichannel.whatsapp.history.message";
/// As the sender's own.
const SENT_EVENT: &str = "omnichannel.whatsapp.sent.message";
const ACCOUNT_EVENT: &str = "omnichannel.whatsapp.account.event";

/// What headers and keys say of a message.
struct Said<'a> {
    kind: &'a str,
    event_id: &'a str,
    number: &'a str,
    key: &'a str,
    time_ms: i64,
    account: Option<&'a str>,
}

impl<'a> Said<'a> {
    fn of(message: &'a InboundMessage, kind: &'a str) -> Self {
        Self {
            kind,
            event_id: &message.event_id,
            number: &message.phone_number_id,
            key: &message.conversation_key,
            time_ms: message.occurred_at,
            account: message.account.as_deref(),
        }
    }

    fn headers(&self, input: &Headers) -> Headers {
        CloudEvent {
            id: self.event_id,
            kind: self.kind,
            source: &format!("/whatsapp/{}", self.number),
            time_ms: self.time_ms,
            account: self.account,
        }
        .headers(input)
    }
}

impl Ingress {
    /// # Errors
    /// The codec's: poison when this item cannot be encoded, otherwise the registry is not available.
    pub(super) async fn publish(&self, item: &Item, input: &Headers) -> Result<Vec<Outgoing>, Fault> {
        match item {
            Item::Message { message, media } => {
                let said = Said::of(message, MESSAGE_EVENT);
                self.message(INBOUND_MESSAGES, &said, &**message, media.as_deref(), input).await
            }
            Item::Past { past, media } => {
                let said = Said::of(&past.message, HISTORY_EVENT);
                self.message(HISTORY, &said, &**past, media.as_deref(), input).await
            }
            Item::Echo { message, media } => {
                let said = Said {
                    kind: SENT_EVENT,
                    event_id: &message.event_id,
                    number: &message.phone_number_id,
                    key: &message.conversation_key,
                    time_ms: message.occurred_at,
                    account: message.account.as_deref(),
                };
                self.message(SENT_MESSAGES, &said, &**message, media.as_deref(), input).await
            }
            Item::Status(event) => self.status(event, input).await,
            Item::Account(event) => Ok(vec![self.account(event, input).await?]),
        }
    }

    async fn message<T: AvroRecord>(
        &self,
        topic: &'static str,
        said: &Said<'_>,
        value: &T,
        media: Option<&MediaRequest>,
        input: &Headers,
    ) -> Result<Vec<Outgoing>, Fault> {
        let mut records = vec![self.record(topic, said.key, value, said.headers(input)).await?];
        if let Some(request) = media {
            records.push(self.record(MEDIA_REQUESTS, said.key, request, trace(input)).await?);
        }
        Ok(records)
    }

    /// Of our own sends the sender hears too, in the lane it sent from.
    async fn status(&self, event: &StatusEvent, input: &Headers) -> Result<Vec<Outgoing>, Fault> {
        let wamid = event.message_id.as_deref().unwrap_or_default();
        let key = message_key(event.command_id.as_deref(), wamid);
        let mut records = vec![self.record(STATUS_EVENTS, key, event, trace(input)).await?];
        if let Some(lane) = &event.lane {
            records.push(self.record(SEND_RECEIPTS, lane, event, trace(input)).await?);
        }
        Ok(records)
    }

    async fn account(&self, event: &AccountEvent, input: &Headers) -> Result<Outgoing, Fault> {
        let headers = CloudEvent {
            id: &event.event_id,
            kind: ACCOUNT_EVENT,
            source: &format!("/whatsapp/{}", event.phone_number_id.as_deref().unwrap_or(&event.waba_id)),
            time_ms: event.occurred_at,
            account: event.account.as_deref(),
        }
        .headers(input);
        self.record(ACCOUNT_EVENTS, &event.waba_id, event, headers).await
    }

    async fn record<T: AvroRecord>(
        &self,
        topic: &'static str,
        key: &str,
        value: &T,
        headers: Headers,
    ) -> Result<Outgoing, Fault> {
        let value = self.codec.encode(topic, value).await?;
        Ok(Outgoing::new(topic, key.to_owned(), value).with_headers(headers))
    }
}

/// For the sender, in the lane of messages to this user.
pub(super) fn preference(key: ConversationKey, word: Word, input: &Headers) -> Outgoing {
    let value = Preference::new(word).to_bytes();
    Outgoing::new(PREFERENCES, key.into_string(), value).with_headers(trace(input))
}

/// Internal records carry the trace only.
fn trace(input: &Headers) -> Headers {
    let traceparent = input.get("traceparent").cloned();
    traceparent.map_or_else(Headers::new, |trace| Headers::new().with("traceparent", trace))
}
