//! The status stage: everything said about a message becomes one record that says how it stands, on the compacted topic
//! that is the stage's only table. It must not depend on the order in which it hears things: that is `merge`'s law.

mod merge;
#[cfg(test)]
mod tests;

use crate::{
    domain::identity::message_key,
    runtime::{
        Context, Emit, Fault, Headers, KeyOrder, Put, Record, Stage,
        stage::{Changelog, TableSpec},
    },
    wire::{
        cloud_events::CloudEvent,
        codec::Codec,
        records::{MessageStatus, StatusEvent},
        topics::{MESSAGE_STATUS, STATUS_EVENTS},
    },
};

pub use merge::merge;

const TABLE: &str = "status";
const KIND: &str = "omnichannel.whatsapp.message.status";
const SOURCE: &str = "/whatsapp/status";
/// As long as the topic keeps a projection that nothing changes any more.
const TTL_MS: i64 = 30 * 24 * 60 * 60 * 1_000;

/// Keeps the projection of every message sent.
pub struct Status {
    codec: Codec,
}

/// A status event with the key of the message it speaks of.
#[derive(Debug, Clone)]
pub struct Told {
    pub key: String,
    pub event: StatusEvent,
    /// The event's own, for the trace.
    pub headers: Headers,
}

impl Status {
    #[must_use]
    pub fn new(codec: Codec) -> Self {
        Self { codec }
    }
}

impl Stage for Status {
    const NAME: &'static str = "status";
    const ORDER: KeyOrder = KeyOrder::Strict;
    const INPUT: &'static str = STATUS_EVENTS;
    const TABLES: &'static [TableSpec] =
        &[TableSpec { name: TABLE, changelog: Changelog::Topic(MESSAGE_STATUS), ttl_ms: Some(TTL_MS) }];

    type Input = Told;

    async fn decode(&self, record: &Record) -> Result<Told, Fault> {
        let value = record.value.as_ref().ok_or_else(|| Fault::poison("no_value"))?;
        let event: StatusEvent = self.codec.decode(value).await?;
        // the record's key decides which partition remembers the message, so it decides the entry too
        let own = || message_key(event.command_id.as_deref(), event.message_id.as_deref().unwrap_or_default());
        let key = record.key_str().unwrap_or_else(own).to_owned();
        if key.is_empty() {
            return Err(Fault::poison("no_message_key"));
        }
        Ok(Told { key, event, headers: record.headers.clone() })
    }

    async fn handle(&self, Told { key, event, headers }: Told, cx: &Context) -> Result<Emit, Fault> {
        let current: Option<MessageStatus> = match cx.state(TABLE, &key) {
            Some(bytes) => Some(self.codec.decode(&bytes).await?),
            None => None,
        };
        let merged = merge(current.clone(), &key, &event);
        if current.as_ref() == Some(&merged) {
            return Ok(Emit::nothing("already_known"));
        }
        let bytes = self.codec.encode(MESSAGE_STATUS, &merged).await?;
        let headers = CloudEvent {
            id: &merged.last_event,
            kind: KIND,
            source: SOURCE,
            time_ms: merged.changed_at,
            account: merged.account.as_deref(),
        }
        .headers(&headers);
        Ok(Emit { state: vec![Put::new(TABLE, key, bytes).with_headers(headers)], ..Emit::default() })
    }

    /// `None` for a schema id that nothing was read with yet, as right after a restart: what was there then stays until it
    /// changes, or until the topic's own retention and the next restart take it.
    fn entry_time_ms(&self, _: &str, value: &[u8]) -> Option<i64> {
        let projection: MessageStatus = self.codec.decode_cached(value)?.ok()?;
        Some(projection.changed_at)
    }
}
