//! What goes in and out of a stage: records as Kafka holds them, owned. Knows no client and no encoding.

use std::{fmt, sync::Arc};

use bytes::Bytes;

use super::headers::Headers;

/// Where a record lies in the log, by physical topic name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Origin {
    pub topic: Arc<str>,
    pub partition: i32,
    pub offset: i64,
}

impl fmt::Display for Origin {
    /// `topic/partition/offset`, the key of a retry entry.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", self.topic, self.partition, self.offset)
    }
}

impl Origin {
    /// Reads what [`Display`](fmt::Display) writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.rsplitn(3, '/');
        let offset = parts.next()?.parse().ok()?;
        let partition = parts.next()?.parse().ok()?;
        let topic = parts.next()?;
        (!topic.is_empty()).then(|| Self { topic: topic.into(), partition, offset })
    }
}

/// A consumed record. Cheap to clone: bytes are shared.
#[derive(Debug, Clone)]
pub struct Record {
    pub origin: Origin,
    pub key: Option<Bytes>,
    /// `None` is a tombstone.
    pub value: Option<Bytes>,
    pub headers: Headers,
    /// Kafka's timestamp, milliseconds since the epoch.
    pub timestamp_ms: i64,
}

impl Record {
    /// The key as text; keys of the pipeline are UTF-8.
    #[must_use]
    pub fn key_str(&self) -> Option<&str> {
        std::str::from_utf8(self.key.as_ref()?).ok()
    }

    /// Bytes this record holds in memory: key, value, headers, and what stands around them.
    #[must_use]
    pub fn size(&self) -> usize {
        AROUND + self.bytes()
    }

    /// Those of key, value and headers.
    #[must_use]
    pub fn bytes(&self) -> usize {
        bytes_of(self.key.as_ref(), self.value.as_ref(), &self.headers)
    }
}

fn bytes_of(key: Option<&Bytes>, value: Option<&Bytes>, headers: &Headers) -> usize {
    key.map_or(0, Bytes::len) + value.map_or(0, Bytes::len) + headers.size()
}

/// Itself, its place in a lane, allocations: 300 bytes took 1,000 when 100,000 of them were parked.
const AROUND: usize = 600;

/// A record to publish. `topic` is the logical name (`whatsapp.inbound.messages`); prefixes are applied when it is produced.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    pub topic: Arc<str>,
    pub key: Option<Bytes>,
    pub value: Option<Bytes>,
    pub headers: Headers,
    /// Set where the key must not choose the partition.
    pub partition: Option<i32>,
}

impl Outgoing {
    #[must_use]
    pub fn new(topic: impl Into<Arc<str>>, key: impl Into<Bytes>, value: impl Into<Bytes>) -> Self {
        Self {
            topic: topic.into(),
            key: Some(key.into()),
            value: Some(value.into()),
            headers: Headers::default(),
            partition: None,
        }
    }

    #[must_use]
    pub fn with_headers(mut self, headers: Headers) -> Self {
        self.headers = headers;
        self
    }

    #[must_use]
    pub fn to_partition(mut self, partition: i32) -> Self {
        self.partition = Some(partition);
        self
    }

    /// Bytes on the wire before compression: key, value and headers.
    #[must_use]
    pub fn size(&self) -> usize {
        bytes_of(self.key.as_ref(), self.value.as_ref(), &self.headers)
    }
}

/// A change of this partition's tables; `value: None` deletes the entry.
#[derive(Debug, Clone, PartialEq)]
pub struct Put {
    pub table: &'static str,
    pub key: String,
    pub value: Option<Bytes>,
    /// For a table that is also a product; they are not kept in the table.
    pub headers: Headers,
}

impl Put {
    #[must_use]
    pub fn new(table: &'static str, key: impl Into<String>, value: impl Into<Bytes>) -> Self {
        Self { table, key: key.into(), value: Some(value.into()), headers: Headers::new() }
    }

    #[must_use]
    pub fn tombstone(table: &'static str, key: impl Into<String>) -> Self {
        Self { table, key: key.into(), value: None, headers: Headers::new() }
    }

    #[must_use]
    pub fn with_headers(mut self, headers: Headers) -> Self {
        self.headers = headers;
        self
    }
}

/// A part of an input that cannot be used while the rest can: the runtime writes the *whole original record* to the
/// dead-letter topic with this cause.
#[derive(Debug, Clone, PartialEq)]
pub struct Reject {
    /// Bounded set, for metrics: `unknown_carrier`, `not_json` …
    pub code: &'static str,
    /// For a person; no message body, no phone number.
    pub detail: String,
}
