//! How a parked record looks in the retry table and a dead one in the dead-letter topic: original bytes, causes in
//! headers. Headers are read back as untrusted input.

use std::sync::Arc;

use bytes::Bytes;

use super::{
    fault::{FaultKind, Scope},
    headers::Headers,
    record::{Origin, Outgoing, Record},
};

const ATTEMPT: &str = "x-retry-attempt";
const DUE: &str = "x-retry-due-ms";
const JOINED: &str = "x-retry-joined";
const GATE: &str = "x-retry-gate";
const HOLD: &str = "x-retry-hold";
const DEADLINE: &str = "x-retry-deadline-ms";
const KEY: &str = "x-retry-key";
const NO_VALUE: &str = "x-retry-no-value";
const REPLAYED: &str = "x-retry-replayed";
const ENDING: &str = "x-retry-ending";
const ENDING_CLASS: &str = "x-retry-ending-class";
const ENDING_DETAIL: &str = "x-retry-ending-detail";
const FAILED: &str = "x-retry-failed-ms";
const COUNTED: &str = "x-retry-counted-ms";
const TIMESTAMP: &str = "x-origin-timestamp";
/// The one kind besides poison that ends as a dead letter.
const GAVE_UP: FaultKind = FaultKind::Transient;
const PREFIX: &str = "x-retry-";
/// An error's text never takes more than this of a record.
const MESSAGE_LIMIT: usize = 1024;

/// A parked record as the retry table remembers it.
#[derive(Debug, Clone)]
pub struct Parked {
    pub record: Record,
    pub attempt: u32,
    /// Unix ms; not before then.
    pub due_ms: i64,
    /// What it waits for: an account's recovery, or the end of a pause.
    pub gate: Option<Scope>,
    /// Unix ms: it runs again then, gate or no gate.
    pub deadline_ms: Option<i64>,
    /// The input's next offset when the record joined its lane: with the origin, its place in the lane.
    pub joined: i64,
    /// It came from the replay topic: it stands before the input record whose offset is its `joined`.
    pub replayed: bool,
    /// Unix ms of its last transient failure.
    pub failed_ms: Option<i64>,
    /// Unix ms of its first transient failure that cost an attempt.
    pub counted_ms: Option<i64>,
    /// It is a dead letter already, and only how it ends is left to be said.
    pub ending: Option<Cause>,
}

impl Parked {
    /// Not tried yet, not waiting for anything but its turn.
    #[must_use]
    pub fn new(record: Record, joined: i64) -> Self {
        Self {
            record,
            attempt: 0,
            due_ms: 0,
            gate: None,
            deadline_ms: None,
            joined,
            replayed: false,
            failed_ms: None,
            counted_ms: None,
            ending: None,
        }
    }

    /// Where it stands in its lane.
    #[must_use]
    pub fn order(&self) -> (i64, bool, &Origin) {
        (self.joined, !self.replayed, &self.record.origin)
    }

    /// The retry table's entry: key `topic/partition/offset`, value and headers of the original.
    #[must_use]
    pub fn to_entry(&self, topic: &Arc<str>) -> Outgoing {
        // ours to say, whatever the writer of the original called so
        let mut headers = self.record.headers.only(|name| !is_own(name));
        headers.set(ATTEMPT, self.attempt.to_string());
        headers.set(DUE, self.due_ms.to_string());
        headers.set(JOINED, self.joined.to_string());
        headers.set(TIMESTAMP, self.record.timestamp_ms.to_string());
        if let Some(key) = &self.record.key {
            headers.set(KEY, key.clone());
        }
        if self.record.value.is_none() {
            headers.set(NO_VALUE, "1");
        }
        match &self.gate {
            Some(Scope::Account(name)) => headers.set(GATE, name.clone()),
            Some(Scope::Hold(subject)) => headers.set(HOLD, subject.clone()),
            // that is waited for in place
            Some(Scope::Dependency(_)) | None => {}
        }
        if let Some(deadline) = self.deadline_ms {
            headers.set(DEADLINE, deadline.to_string());
        }
        if self.replayed {
            headers.set(REPLAYED, "1");
        }
        if let Some(failed) = self.failed_ms {
            headers.set(FAILED, failed.to_string());
        }
        if let Some(counted) = self.counted_ms {
            headers.set(COUNTED, counted.to_string());
        }
        if let Some(cause) = &self.ending {
            headers.set(ENDING, cause.code.clone());
            headers.set(ENDING_CLASS, cause.class);
            headers.set(ENDING_DETAIL, truncated(&cause.detail, MESSAGE_LIMIT).to_owned());
        }
        Outgoing {
            topic: topic.clone(),
            key: Some(self.record.origin.to_string().into()),
            value: Some(self.record.value.clone().unwrap_or_default()),
            headers,
            partition: None,
        }
    }

    /// Reads an entry back; `None` for a tombstone or something that is not an entry. It waits no longer from `now_ms` on
    /// than it was to wait when it was written: a reader's clock that is behind the writer's costs one delay at most.
    #[must_use]
    pub fn from_entry(entry: &Record, now_ms: i64) -> Option<Self> {
        let value = entry.value.clone()?;
        let origin = Origin::parse(entry.key_str()?)?;
        let h = &entry.headers;
        let original = h.only(|name| !is_own(name));
        let due_ms = h.get_i64(DUE).unwrap_or(0);
        let attempt = h.get_i64(ATTEMPT).and_then(|a| u32::try_from(a).ok()).unwrap_or(0);
        Some(Self {
            record: Record {
                origin,
                key: h.get(KEY).cloned(),
                value: h.get(NO_VALUE).is_none().then_some(value),
                headers: original,
                timestamp_ms: h.get_i64(TIMESTAMP).unwrap_or(entry.timestamp_ms),
            },
            attempt,
            due_ms: due_ms.min(now_ms.saturating_add(due_ms.saturating_sub(entry.timestamp_ms).max(0))),
            gate: gate_of(h),
            deadline_ms: h.get_i64(DEADLINE),
            joined: h.get_i64(JOINED).unwrap_or(0),
            replayed: h.get(REPLAYED).is_some(),
            failed_ms: h.get_i64(FAILED),
            counted_ms: h.get_i64(COUNTED),
            ending: h.get_str(ENDING).map(|code| Cause {
                class: if h.get_str(ENDING_CLASS) == Some(GAVE_UP.name()) { GAVE_UP } else { FaultKind::Poison }.name(),
                code: code.to_owned(),
                detail: h.get_str(ENDING_DETAIL).unwrap_or_default().to_owned(),
                scope: None,
                attempt,
            }),
        })
    }
}

fn gate_of(headers: &Headers) -> Option<Scope> {
    let named = |header| headers.get_str(header).map(str::to_owned);
    named(HOLD).map(Scope::Hold).or_else(|| named(GATE).map(Scope::Account))
}

fn is_own(header: &str) -> bool {
    header.starts_with(PREFIX) || header == TIMESTAMP
}

/// What a dead letter carries beside the headers of the record it was.
const CAUSE: [&str; 18] = [
    "x-error-class",
    "x-error-code",
    "x-error-message",
    "x-error-time-ms",
    ATTEMPT,
    "x-origin-topic",
    "x-origin-partition",
    "x-origin-offset",
    TIMESTAMP,
    "x-origin-group",
    "kafka_dlt-original-topic",
    "kafka_dlt-original-partition",
    "kafka_dlt-original-offset",
    "kafka_dlt-original-timestamp",
    "kafka_dlt-original-timestamp-type",
    "kafka_dlt-original-consumer-group",
    "kafka_dlt-exception-fqcn",
    "kafka_dlt-exception-message",
];

/// Whether a dead letter says it of its record, and not the record of itself.
pub(super) fn is_cause(header: &str) -> bool {
    CAUSE.contains(&header)
}

/// Why a record became a dead letter.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// `poison`, `transient` …
    pub class: &'static str,
    pub code: String,
    pub detail: String,
    pub scope: Option<Scope>,
    pub attempt: u32,
}

/// The dead letter of `record`: its bytes, key and headers, and the cause in ours and in Java tools' headers.
#[must_use]
pub fn dead_letter(topic: &Arc<str>, group: &str, record: &Record, cause: &Cause, now_ms: i64) -> Outgoing {
    let mut h = record.headers.clone();
    let detail = truncated(&cause.detail, MESSAGE_LIMIT);
    h.set("x-error-class", cause.class);
    h.set("x-error-code", cause.code.clone());
    h.set("x-error-message", detail.to_owned());
    h.set("x-error-time-ms", now_ms.to_string());
    h.set(ATTEMPT, cause.attempt.to_string());
    h.set("x-origin-topic", record.origin.topic.to_string());
    h.set("x-origin-partition", record.origin.partition.to_string());
    h.set("x-origin-offset", record.origin.offset.to_string());
    h.set(TIMESTAMP, record.timestamp_ms.to_string());
    h.set("x-origin-group", group.to_owned());
    h.set("kafka_dlt-original-topic", record.origin.topic.to_string());
    h.set("kafka_dlt-original-partition", be(&record.origin.partition.to_be_bytes()));
    h.set("kafka_dlt-original-offset", be(&record.origin.offset.to_be_bytes()));
    h.set("kafka_dlt-original-timestamp", be(&record.timestamp_ms.to_be_bytes()));
    h.set("kafka_dlt-original-timestamp-type", "CreateTime");
    h.set("kafka_dlt-original-consumer-group", group.to_owned());
    h.set("kafka_dlt-exception-fqcn", cause.code.clone());
    h.set("kafka_dlt-exception-message", detail.to_owned());
    Outgoing { topic: topic.clone(), key: record.key.clone(), value: record.value.clone(), headers: h, partition: None }
}

fn be(bytes: &[u8]) -> Bytes {
    Bytes::copy_from_slice(bytes)
}

fn truncated(text: &str, limit: usize) -> &str {
    let mut end = text.len().min(limit);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record() -> Record {
        Record {
            origin: Origin { topic: "in".into(), partition: 3, offset: 42 },
            key: Some(Bytes::from_static(b"k\xff")),
            value: Some(Bytes::from_static(b"body")),
            headers: Headers::new().with("traceparent", "00-1"),
            timestamp_ms: 7,
        }
    }

    /// Written at 99.
    fn read_at(entry: &Outgoing, now_ms: i64) -> Parked {
        let entry = Record {
            origin: Origin { topic: "retry".into(), partition: 3, offset: 0 },
            key: entry.key.clone(),
            value: entry.value.clone(),
            headers: entry.headers.clone(),
            timestamp_ms: 99,
        };
        Parked::from_entry(&entry, now_ms).expect("an entry")
    }

    fn read_back(entry: &Outgoing) -> Parked {
        read_at(entry, 99)
    }

    #[test]
    fn a_clock_that_is_behind_costs_one_delay_at_most() {
        let due_at = |due_ms, now_ms| {
            read_at(&Parked { due_ms, ..Parked::new(record(), 0) }.to_entry(&"retry".into()), now_ms).due_ms
        };
        assert_eq!(due_at(1_099, 500), 1_099, "the same clock, or one ahead");
        assert_eq!(due_at(1_099, 20), 1_020, "behind: the delay once more");
        assert_eq!((due_at(50, 20), due_at(0, -5)), (20, -5), "due when it was written");
    }

    #[test]
    fn a_parked_record_comes_back_as_it_was() {
        let mut parked = Parked {
            record: record(),
            attempt: 2,
            due_ms: 1_000,
            gate: Some(Scope::Account("main".into())),
            deadline_ms: Some(9),
            joined: 50,
            replayed: true,
            failed_ms: Some(5),
            counted_ms: Some(4),
            ending: Some(Cause {
                class: "poison",
                code: "output_refused".into(),
                detail: "why".into(),
                scope: None,
                attempt: 2,
            }),
        };
        for gate in [Scope::Account("main".into()), Scope::Hold("template/hello/en".into())] {
            parked.gate = Some(gate);
            let back = read_back(&parked.to_entry(&"retry".into()));
            assert_eq!(format!("{back:?}"), format!("{parked:?}"));
        }
    }

    #[test]
    fn a_record_without_value_is_not_mistaken_for_a_tombstone() {
        let mut parked = Parked::new(record(), 0);
        parked.record.value = None;
        parked.record.key = None;
        let back = read_back(&parked.to_entry(&"retry".into()));
        assert_eq!((back.record.value, back.record.key), (None, None));
    }

    #[test]
    fn headers_of_a_stranger_are_not_taken_for_ours() {
        let mut parked = Parked::new(record(), 0);
        parked.record.key = None;
        for (name, value) in
            [(NO_VALUE, "1"), (KEY, "other"), (GATE, "main"), (HOLD, "all"), (FAILED, "1"), (REPLAYED, "1")]
        {
            parked.record.headers.push(name, value);
        }
        parked.record.headers.push(DEADLINE, "1");
        let back = read_back(&parked.to_entry(&"retry".into()));
        assert_eq!(back.record.value.as_deref(), Some(&b"body"[..]));
        assert_eq!((back.record.key, back.gate, back.failed_ms, back.replayed), (None, None, None, false));
        assert_eq!(back.deadline_ms, None);
        assert_eq!(back.record.headers.get_str("traceparent"), Some("00-1"));
    }

    #[test]
    fn a_replay_stands_before_the_input_record_it_met() {
        let replay = Parked { replayed: true, ..Parked::new(record(), 43) };
        assert!(replay.order() < Parked::new(record(), 43).order());
        assert!(replay.order() > Parked::new(record(), 42).order());
    }

    #[test]
    fn a_dead_letter_keeps_the_bytes_and_says_where_it_came_from() {
        let cause =
            Cause { class: "poison", code: "not_avro".into(), detail: "é".repeat(2_000), scope: None, attempt: 1 };
        let dead = dead_letter(&"dlq".into(), "g", &record(), &cause, 8);
        assert_eq!((dead.key, dead.value), (record().key, record().value));
        let h = &dead.headers;
        assert_eq!(h.get_str("traceparent"), Some("00-1"));
        assert_eq!(h.get_i64("x-origin-offset"), Some(42));
        assert_eq!(h.get("kafka_dlt-original-offset").map(|b| b.as_ref()), Some(&42_i64.to_be_bytes()[..]));
        assert_eq!(h.get_str("x-error-message").map(str::len), Some(1024));
    }
}
