//! What operators did, one record per act on `whatsapp.ops.audit`. Publishes nothing: whoever acts writes the record, in
//! the transaction of the act where it has one. Holds no message body and no phone number.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    runtime::{Outgoing, Record, ports::rfc3339},
    wire::topics::OPS_AUDIT,
};

/// One act on one thing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Act {
    /// RFC 3339 with milliseconds, UTC.
    pub at: String,
    /// `user@host`, or what `--by` said.
    pub by: String,
    /// `dlq_replay`, `pause` …
    pub action: String,
    /// What was acted on, and the record's key: `whatsapp.sender.dlq/3/42`, a stage, a command id.
    pub subject: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What else a reader of the audit wants to know; names and values belong to the action.
    #[serde(flatten)]
    pub details: Map<String, Value>,
}

impl Act {
    #[must_use]
    pub fn new(at_ms: i64, by: &str, action: &str, subject: impl Into<String>) -> Self {
        Self {
            at: rfc3339(at_ms),
            by: by.to_owned(),
            action: action.to_owned(),
            subject: subject.into(),
            reason: None,
            details: Map::new(),
        }
    }

    /// Why it was done, where the operator said so.
    #[must_use]
    pub fn because(mut self, reason: Option<String>) -> Self {
        self.reason = reason;
        self
    }

    /// One more detail; the names of [`Act`]'s own fields are taken.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.details.insert(name.to_owned(), value.into());
        self
    }

    /// Keyed by its subject: the acts on one thing lie in one partition, in order.
    #[must_use]
    pub fn record(&self) -> Outgoing {
        let json = serde_json::to_vec(self).expect("strings and JSON values are JSON");
        Outgoing::new(OPS_AUDIT, self.subject.clone(), json)
    }

    /// Reads a record of the audit topic; `None` for one of another shape.
    #[must_use]
    pub fn read(record: &Record) -> Option<Self> {
        serde_json::from_slice(record.value.as_ref()?).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::{Headers, Origin};

    fn received(out: Outgoing) -> Record {
        Record {
            origin: Origin { topic: out.topic, partition: 0, offset: 0 },
            key: out.key,
            value: out.value,
            headers: Headers::new(),
            timestamp_ms: 0,
        }
    }

    #[test]
    fn an_act_is_read_back_as_it_was_written() {
        let act = Act::new(1_780_000_000_123, "kim@host", "dlq_replay", "whatsapp.sender.dlq/3/42")
            .because(Some("the registry is back".to_owned()))
            .with("stage", "sender");
        let record = act.record();
        assert_eq!((&*record.topic, record.key.as_deref()), (OPS_AUDIT, Some(&b"whatsapp.sender.dlq/3/42"[..])));
        let json = String::from_utf8(record.value.clone().expect("a value").to_vec()).expect("UTF-8");
        assert_eq!(
            json,
            r#"{"at":"2026-05-28T20:26:40.123Z","by":"kim@host","action":"dlq_replay","subject":"whatsapp.sender.dlq/3/42","reason":"the registry is back","stage":"sender"}"#
        );
        assert_eq!(Act::read(&received(record)), Some(act));
    }

    #[test]
    fn what_is_no_act_is_none() {
        for value in ["", "{}", "[]", r#"{"at":"now","by":"kim","action":"pause"}"#] {
            assert_eq!(Act::read(&received(Outgoing::new(OPS_AUDIT, "k", value))), None, "{value}");
        }
    }
}
