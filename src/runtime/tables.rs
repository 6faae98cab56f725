//! A partition's tables as they will be once everything produced is committed. Written by the worker's thread only, read
//! by handlers. An aborted transaction is published again from memory and a lost one drops the tables, so what is here
//! never has to be taken back.

use std::{
    cmp::Reverse,
    collections::{BinaryHeap, HashMap},
    sync::RwLock,
};

use bytes::Bytes;

use super::{
    record::Put,
    stage::{TableSpec, TableView},
};

type Entries = HashMap<String, Bytes>;
/// When (unix ms), in which table, under which key: the earliest first.
type Expiry = Reverse<(i64, &'static str, String)>;

/// The tables of one partition.
#[derive(Debug)]
pub struct Tables {
    tables: RwLock<HashMap<&'static str, Entries>>,
    specs: &'static [TableSpec],
    expiry: RwLock<BinaryHeap<Expiry>>,
}

/// When an entry was last touched (unix ms).
pub type EntryTime<'a> = &'a dyn Fn(&str, &[u8]) -> Option<i64>;

impl Tables {
    #[must_use]
    pub fn new(specs: &'static [TableSpec]) -> Self {
        let tables = specs.iter().map(|s| (s.name, Entries::new())).collect();
        Self { tables: RwLock::new(tables), specs, expiry: RwLock::new(BinaryHeap::new()) }
    }

    /// Applies one put; `false` for a table nobody declared.
    pub fn apply(&self, put: &Put, entry_time: EntryTime<'_>) -> bool {
        let Some(spec) = self.specs.iter().find(|s| s.name == put.table) else { return false };
        let mut tables = self.tables.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let entries = tables.entry(spec.name).or_default();
        match &put.value {
            Some(value) => {
                entries.insert(put.key.clone(), value.clone());
                if let (Some(ttl), Some(at)) = (spec.ttl_ms, entry_time(spec.name, value)) {
                    let mut expiry = self.expiry.write().unwrap_or_else(std::sync::PoisonError::into_inner);
                    expiry.push(Reverse((at.saturating_add(ttl), spec.name, put.key.clone())));
                }
            }
            None => {
                entries.remove(&put.key);
            }
        }
        true
    }

    /// Up to `limit` tombstones of entries that have expired; they are gone here at once.
    pub fn expire(&self, now_ms: i64, limit: usize, entry_time: EntryTime<'_>) -> Vec<Put> {
        let mut expiry = self.expiry.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut tables = self.tables.write().unwrap_or_else(std::sync::PoisonError::into_inner);
        let mut gone = Vec::new();
        while gone.len() < limit && expiry.peek().is_some_and(|Reverse((at, _, _))| *at <= now_ms) {
            let Some(Reverse((_, table, key))) = expiry.pop() else { break };
            let Some(spec) = self.specs.iter().find(|s| s.name == table) else { continue };
            let entries = tables.entry(table).or_default();
            let touched = entries.get(&key).and_then(|v| entry_time(table, v));
            // a newer put pushed a later date of its own
            if let (Some(ttl), Some(at)) = (spec.ttl_ms, touched)
                && at.saturating_add(ttl) <= now_ms
            {
                entries.remove(&key);
                gone.push(Put::tombstone(table, key));
            }
        }
        gone
    }

    /// Entries of all tables.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tables.read().unwrap_or_else(std::sync::PoisonError::into_inner).values().map(HashMap::len).sum()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl TableView for Tables {
    fn get(&self, table: &str, key: &str) -> Option<Bytes> {
        let tables = self.tables.read().unwrap_or_else(std::sync::PoisonError::into_inner);
        tables.get(table)?.get(key).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::stage::Changelog;

    const SPECS: &[TableSpec] = &[TableSpec { name: "seen", changelog: Changelog::Stage, ttl_ms: Some(100) }];

    fn time(_: &str, value: &[u8]) -> Option<i64> {
        std::str::from_utf8(value).ok()?.parse().ok()
    }

    #[test]
    fn an_entry_expires_by_its_latest_put() {
        let tables = Tables::new(SPECS);
        assert!(tables.apply(&Put::new("seen", "a", "1000"), &time));
        assert!(tables.apply(&Put::new("seen", "b", "1000"), &time));
        assert!(tables.apply(&Put::new("seen", "b", "1050"), &time));
        assert_eq!(tables.expire(1_100, 9, &time), [Put::tombstone("seen", "a")]);
        assert_eq!(tables.get("seen", "b").as_deref(), Some(&b"1050"[..]));
        assert_eq!(tables.expire(1_150, 9, &time), [Put::tombstone("seen", "b")]);
        assert!(tables.is_empty());
    }

    #[test]
    fn a_table_nobody_declared_is_refused() {
        assert!(!Tables::new(SPECS).apply(&Put::new("other", "a", "1"), &time));
    }
}
