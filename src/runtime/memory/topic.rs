//! One partition's log: records, control markers, holes, and what a reader of committed records may see of it.

use std::{collections::HashMap, sync::Arc};

use crate::runtime::record::{Origin, Outgoing, Record};

/// A transaction that was begun, by number.
pub(super) type Txn = u64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Open,
    Committed,
    Aborted,
}

#[derive(Debug)]
enum Entry {
    Data {
        record: Record,
        txn: Option<Txn>,
    },
    /// A control marker, or what compaction took away.
    Nothing,
}

/// Offsets are indexes.
#[derive(Debug, Default)]
pub(super) struct Partition {
    start: usize,
    entries: Vec<Entry>,
}

impl Partition {
    pub fn append(&mut self, topic: &Arc<str>, number: i32, out: Outgoing, now_ms: i64, txn: Option<Txn>) -> i64 {
        let offset = self.end();
        let record = Record {
            origin: Origin { topic: topic.clone(), partition: number, offset },
            key: out.key,
            value: out.value,
            headers: out.headers,
            timestamp_ms: now_ms,
        };
        self.entries.push(Entry::Data { record, txn });
        offset
    }

    pub fn mark(&mut self) {
        self.entries.push(Entry::Nothing);
    }

    pub fn start(&self) -> i64 {
        i64::try_from(self.start).unwrap_or(i64::MAX)
    }

    /// The high watermark, open transactions included.
    pub fn end(&self) -> i64 {
        i64::try_from(self.entries.len()).unwrap_or(i64::MAX)
    }

    /// Retention: what lies below is gone.
    pub fn expire(&mut self, below: i64) {
        self.start = usize::try_from(below).unwrap_or(0).min(self.entries.len());
    }

    /// What lies at and above `from` never was: a broker came back with less than it had said.
    pub fn truncate(&mut self, from: i64) {
        self.entries.truncate(usize::try_from(from).unwrap_or(0));
    }

    /// Compaction: of each key the last committed record stays, of a deleted one nothing.
    pub fn compact(&mut self, txns: &HashMap<Txn, Outcome>) {
        let mut last = HashMap::new();
        for (at, entry) in self.entries.iter().enumerate() {
            match entry {
                Entry::Data { record, txn } if outcome(txns, *txn) == Outcome::Committed => {
                    last.insert(record.key.clone(), at);
                }
                Entry::Data { .. } | Entry::Nothing => {}
            }
        }
        for (at, entry) in self.entries.iter_mut().enumerate() {
            let Entry::Data { record, txn } = entry else { continue };
            let old = last.get(&record.key) != Some(&at) || record.value.is_none();
            if old && outcome(txns, *txn) == Outcome::Committed {
                *entry = Entry::Nothing;
            }
        }
    }

    /// The next committed record at or after `from` below the first open transaction, and the position behind it; with no
    /// record left, the position behind what need not be read.
    pub fn next(&self, from: i64, txns: &HashMap<Txn, Outcome>) -> (Option<Record>, i64) {
        let mut position = from;
        for entry in self.entries.iter().skip(usize::try_from(from).unwrap_or(0)) {
            match entry {
                Entry::Data { record, txn } => match outcome(txns, *txn) {
                    Outcome::Open => break,
                    Outcome::Committed => return (Some(record.clone()), position + 1),
                    Outcome::Aborted => {}
                },
                Entry::Nothing => {}
            }
            position += 1;
        }
        (None, position)
    }
}

fn outcome(txns: &HashMap<Txn, Outcome>, txn: Option<Txn>) -> Outcome {
    txn.map_or(Outcome::Committed, |t| txns.get(&t).copied().unwrap_or(Outcome::Open))
}
